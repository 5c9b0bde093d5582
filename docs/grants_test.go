package docs

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/rule"
)

// whatOpensWhat is the table of docs/grants.md: a section for each kind of resource,
// a row for each call. How an alert reads is what the verdict in testdata says.
func whatOpensWhat(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, kind := range []call.Kind{call.KindIdentity, call.KindSecret, call.KindData, call.KindCode, call.KindMessage, call.KindNetwork} {
		fmt.Fprintf(&b, "### %s\n\n| call | opens | what an attacker gains | how an alert reads | known from |\n| --- | --- | --- | --- | --- |\n", kind)
		var rows []*call.Call
		for i := range call.Table {
			if call.Table[i].Kind == kind {
				rows = append(rows, &call.Table[i])
			}
		}
		slices.SortFunc(rows, func(a, b *call.Call) int {
			return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Name, b.Name))
		})
		for _, c := range rows {
			service, _, _ := strings.Cut(c.Source, ".")
			fmt.Fprintf(&b, "| %s %s | %s | %s | %s | %s |\n", service, strings.TrimSuffix(c.Name, "*"), c.Noun, c.Gain, reasonInTestdata(t, service, c), c.Basis)
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// reasonInTestdata is the reason in the verdict of a call's file.
func reasonInTestdata(t *testing.T, service string, c *call.Call) string {
	t.Helper()
	var name strings.Builder
	text := strings.TrimSuffix(c.Name, "*")
	isUpper := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= 'A' && text[i] <= 'Z' }
	for i := range len(text) {
		if isUpper(i) && i > 0 && (!isUpper(i-1) || i+1 < len(text) && !isUpper(i+1)) {
			name.WriteByte('-')
		}
		name.WriteString(strings.ToLower(text[i : i+1]))
	}
	path := filepath.Join(top, "testdata", "grants-"+string(c.Kind), service+"-"+name.String()+".toml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var verdict struct {
		Run []struct {
			Reason []string `toml:"reason"`
		} `toml:"run"`
	}
	if err := toml.Unmarshal(data, &verdict); err != nil {
		t.Fatal(err)
	}
	return verdict.Run[0].Reason[0]
}

// The marks between which the page has the table.
const (
	tableBegins = "<!-- The table is written by go test ./docs -run SaysWhatOpensWhat with UPDATE=1 in the environment. -->\n\n"
	tableEnds   = "\n<!-- The end of the table. -->"
)

func TestThePageSaysWhatOpensWhat(t *testing.T) {
	page := read(t, "docs/grants.md")
	before, rest, found := strings.Cut(page, tableBegins)
	have, after, closed := strings.Cut(rest, tableEnds)
	if !found || !closed {
		t.Fatal("docs/grants.md has no place for the table")
	}
	want := whatOpensWhat(t)
	if have == want {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(filepath.Join(top, "docs/grants.md"), []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	haveLines, wantLines := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range min(len(haveLines), len(wantLines)) {
		if haveLines[i] != wantLines[i] {
			t.Fatalf("the table is not the code's any more (UPDATE=1 go test ./docs -run SaysWhatOpensWhat): it has\n%s\nwant\n%s", haveLines[i], wantLines[i])
		}
	}
	t.Fatalf("the table has %d lines, want %d", len(haveLines), len(wantLines))
}

func TestThePageOfGrantsHasEveryFieldAndEveryRule(t *testing.T) {
	page := read(t, "docs/grants.md")
	for _, name := range cloudtrail.GrantFieldNames() {
		if short := strings.TrimPrefix(name, cloudtrail.GrantPrefix); !strings.HasPrefix(short, "worst.") && !strings.Contains(page, "| `"+short+"`") {
			t.Errorf("the page does not have the field %s", name)
		}
	}
	rules, err := rule.AboutGrants()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if row := fmt.Sprintf("| %s %d | %s |", r.Severity, r.RiskScore, r.Name); !strings.Contains(page, row) {
			t.Errorf("the page does not have %q", row)
		}
	}
}

func TestTheQueriesAboutWhoWasLetInAreOnesThatNeedAGrant(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "docs/rules.md"), "## Rules about who was let in")
	section, _, _ = strings.Cut(section, "\n## ")
	var queries []string
	for _, line := range strings.Split(section, "\n") {
		switch text, isShown := strings.CutPrefix(line, "    "); {
		case !isShown:
		case strings.HasPrefix(text, "any where"):
			queries = append(queries, text)
		default:
			queries[len(queries)-1] += "\n" + text
		}
	}
	if len(queries) != 3 {
		t.Fatalf("the page shows %d queries", len(queries))
	}
	for _, query := range queries {
		r, err := rule.Parse("shown.toml", []byte("[rule]\nrule_id = \"shown\"\nname = \"Shown\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 1\nquery = '''"+query+"'''\n"))
		if err != nil {
			t.Error(err)
			continue
		}
		if !r.NeedsGrant() || len(r.Warnings()) > 0 {
			t.Errorf("%s: that it needs a grant is %t, and there are the warnings %v", query, r.NeedsGrant(), r.Warnings())
		}
	}
}

func TestTheQueryAboutGuardsMatchesWhatTakesOneAway(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "docs/grants.md"), "## What takes a guard away")
	section, _, _ = strings.Cut(section, "\n## ")
	var query strings.Builder
	for line := range strings.Lines(section) {
		if text, isShown := strings.CutPrefix(line, "    "); isShown {
			query.WriteString(text)
		}
	}
	r, err := rule.Parse("shown.toml", []byte("[rule]\nrule_id = \"shown\"\nname = \"Shown\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 1\nquery = '''"+query.String()+"'''\n"))
	if err != nil {
		t.Fatal(err)
	}
	const block = `{"bucketName":"b","PublicAccessBlockConfiguration":{"BlockPublicAcls":%t,"IgnorePublicAcls":true,"BlockPublicPolicy":%t,"RestrictPublicBuckets":true}}`
	for _, test := range []struct {
		source, call, parameters string
		want                     bool
	}{
		{"s3", "DeleteBucketPublicAccessBlock", `{"bucketName":"b"}`, true},
		{"s3", "DeleteAccountPublicAccessBlock", `{}`, true},
		{"s3", "PutBucketPublicAccessBlock", fmt.Sprintf(block, true, false), true},
		{"s3", "PutBucketPublicAccessBlock", fmt.Sprintf(block, true, true), false},
		{"s3", "PutAccountPublicAccessBlock", fmt.Sprintf(block, false, false), true},
		{"s3", "GetBucketPublicAccessBlock", `{"bucketName":"b"}`, false},
		{"ec2", "DisableSnapshotBlockPublicAccess", `{}`, true},
		{"ec2", "DisableImageBlockPublicAccess", `{}`, true},
		{"ram", "UpdateResourceShare", `{"allowExternalPrincipals":true}`, true},
		{"ram", "UpdateResourceShare", `{"allowExternalPrincipals":false}`, false},
		{"quicksight", "UpdatePublicSharingSettings", `{"awsAccountId":"111122223333","publicSharingEnabled":true}`, true},
	} {
		body, err := document.AppendFromJSON(nil, fmt.Appendf(nil, `{"eventSource":"%s.amazonaws.com","eventName":%q,"requestParameters":%s}`, test.source, test.call, test.parameters))
		if err != nil {
			t.Fatal(err)
		}
		e := new(cloudtrail.Event)
		e.Reset(body, cloudtrail.Raw)
		if got := r.Match(e); got != test.want {
			t.Errorf("%s %s: %t, want %t", test.call, test.parameters, got, test.want)
		}
		if o := call.Read(e, nil); o != nil {
			t.Errorf("%s opens %s", test.call, o.Resource)
		}
	}
}
