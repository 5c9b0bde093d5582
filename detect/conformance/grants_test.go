package conformance

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

// grantShape is what an alert says of a grant in any service.
var grantShape = map[string]shape{
	"resource":           optional{aText},
	"resource_type":      aText,
	"kind":               aText,
	"service":            aText,
	"account":            optional{aText},
	"region":             optional{aText},
	"relation":           aText,
	"binding":            optional{aText},
	"principal":          optional{aText},
	"principal_type":     aText,
	"not_principal":      optional{aBoolean},
	"principal_account":  optional{aText},
	"principal_name":     optional{aText},
	"accounts":           optional{textList{}},
	"organizations":      optional{textList{}},
	"statement_id":       optional{aText},
	"actions":            optional{textList{}},
	"not_action":         optional{aBoolean},
	"action_classes":     optional{textList{}},
	"conditions":         optional{textList{}},
	"bound_by":           optional{aText},
	"deny_beside":        optional{aBoolean},
	"reason":             aText,
	"actions_rest":       optional{aNumber{}},
	"conditions_rest":    optional{aNumber{}},
	"accounts_rest":      optional{aNumber{}},
	"organizations_rest": optional{aNumber{}},
}

// aNumber is a whole number.
type aNumber struct{}

// checkAlertsAboutGrants checks the alerts of a run with coverage all.
func checkAlertsAboutGrants(t *testing.T, s *sample, r *run) {
	t.Run(s.path+" "+r.String(), func(t *testing.T) {
		engine, options := r.engine(t)
		for _, o := range evaluate(engine, s.records).outputs() {
			for _, a := range alertsIn(t, o, options.AlertKey) {
				granted, _ := a["grant"].(map[string]any)
				want := maps.Clone(grantShape)
				if _, isLambda := granted["covers_invoke"]; isLambda {
					maps.Copy(want, alertShape["grant"].(map[string]shape))
					want["reason"], want["resource_type"] = aText, aText
				}
				for _, problem := range compare("alert.grant", granted, want) {
					t.Error(problem)
				}
				if key := textAt(a, "dedup_key"); !strings.HasPrefix(key, textAt(a, "rule", "id")+":") {
					t.Errorf("alert.dedup_key is %q: it must begin with the rule's id", key)
				}
				list, _ := a["grants"].([]any)
				for i, one := range list {
					for _, problem := range compare("alert.grants", one, grantShape) {
						t.Errorf("%d: %s", i, problem)
					}
				}
			}
		}
	})
}

func TestEveryCallOfTheTableHasItsFileInTestdata(t *testing.T) {
	found := make(map[*call.Call]string)
	for _, s := range readSamples(t) {
		if !strings.HasPrefix(s.path, "grants-") {
			continue
		}
		for _, record := range s.records {
			source, _ := document.GetText(record, "eventSource")
			name, _ := document.GetText(record, "eventName")
			c := call.Find(string(source), string(name))
			if c == nil {
				t.Errorf("%s: %s %s is not in the table", s.path, source, name)
				continue
			}
			if folder := "grants-" + string(c.Kind); filepath.Dir(s.path) != folder {
				t.Errorf("%s is about a resource of the kind %s", s.path, c.Kind)
			}
			found[c] = s.path
		}
		if len(s.verdict.Runs) == 0 || len(s.verdict.Runs[0].Alerts) != 1 || s.verdict.Runs[0].Properties["coverage"] != "all" {
			t.Errorf("%s: the first run must raise one alert with coverage all", s.path)
		}
	}
	for i := range call.Table {
		if c := &call.Table[i]; found[c] == "" {
			t.Errorf("%s %s has no file in testdata/grants-%s", c.Source, c.Name, c.Kind)
		}
	}
}

// aboutGrants are the rules of coverage all.
func aboutGrants(t testing.TB) []*rule.Rule {
	t.Helper()
	rules, err := rule.AboutGrants()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// aboutStories are the rules about grants that are followed.
func aboutStories(t testing.TB) []*rule.Rule {
	t.Helper()
	rules, err := rule.AboutStories()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestTheUnitTestsBesideTheBuiltInRulesHold(t *testing.T) {
	for _, r := range append(aboutGrants(t), aboutStories(t)...) {
		path := filepath.Join("..", "rule", "builtin", rule.TestFile(r.File))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s has no unit tests: %v", r.Name, err)
			continue
		}
		tests, err := rule.ParseTests(path, text)
		if err != nil {
			t.Error(err)
			continue
		}
		matched := 0
		for _, test := range tests {
			matches, _, err := detect.Try(r, &test)
			if err != nil || matches != test.Expected {
				t.Errorf("%s:%d: %s: it matches: %t, %v", path, test.Line, test.Why, matches, err)
			}
			if matches {
				matched++
			}
		}
		if matched == 0 || matched == len(tests) {
			t.Errorf("%s: of %d tests %d match: there must be some of either", path, len(tests), matched)
		}
	}
}

func TestABuiltInRuleSaysAllThatAnAnalystNeeds(t *testing.T) {
	for _, r := range append(aboutGrants(t), aboutStories(t)...) {
		if r.Description == "" || len(r.FalsePositives) == 0 || !strings.Contains(r.Note, "## Triage") || !strings.Contains(r.Note, "## Response") ||
			len(r.Threat) == 0 || len(r.References) == 0 || r.License != "Apache-2.0" || !r.BuiltIn() {
			t.Errorf("%s lacks a description, false positives, steps, a technique, references or its license", r.Name)
		}
		least := map[string]int{"low": 1, "medium": 22, "high": 48, "critical": 74}[r.Severity]
		if r.RiskScore < least {
			t.Errorf("%s is %s with a risk score of %d", r.Name, r.Severity, r.RiskScore)
		}
		if !r.NeedsGrant() && !r.NeedsStory() || r.IsAboutGrants() != r.NeedsGrant() || r.Needles() == nil {
			t.Errorf("%s is evaluated where nothing was opened", r.Name)
		}
	}
}

// withCoverage adds the rules that a coverage has.
func withCoverage(c alert.Coverage) func(*detect.Options) {
	return func(o *detect.Options) {
		o.Coverage = c
		if c == alert.CoverAll {
			about, err := rule.AboutGrants()
			if err != nil {
				panic(err)
			}
			o.Rules = append(o.Rules, about...)
		}
	}
}

// changes makes all of some changes.
func changes(all ...func(*detect.Options)) func(*detect.Options) {
	return func(o *detect.Options) {
		for _, change := range all {
			change(o)
		}
	}
}

func TestTheRulesOfCoverageAllExcludeEachOtherAndLeaveNothingOut(t *testing.T) {
	everyday := map[string]bool{"same_account ": true, "service own_account": true, "federated provider": true}
	relations := []string{"public ", "cross_account ", "organization ", "network ", "unknown ", "same_account "}
	for _, binding := range []policy.Binding{"unbound", "unknown", "secret", "organization", "foreign_account", "own_account"} {
		relations = append(relations, "service "+string(binding))
	}
	for _, binding := range []policy.Binding{"unbound", "unknown", "network", "provider", "subject"} {
		relations = append(relations, "federated "+string(binding))
	}
	rules := aboutGrants(t)
	for _, kind := range []call.Kind{call.KindIdentity, call.KindSecret, call.KindData, call.KindCode, call.KindMessage, call.KindNetwork} {
		for _, pair := range relations {
			relation, binding, _ := strings.Cut(pair, " ")
			var fields call.Fields
			fields.Show(&call.Opening{Kind: kind, Grants: []policy.Grant{{Relation: policy.Relation(relation), Binding: policy.Binding(binding)}}})
			var view rule.View
			view.UseGrants(&fields)
			var matching []string
			for _, r := range rules {
				if r.MatchIn(&view, new(cloudtrail.Event)) {
					matching = append(matching, r.Name)
				}
			}
			want := 1
			if everyday[pair] {
				want = 0
			}
			if len(matching) != want {
				t.Errorf("%s, %s: %q match, want %d", kind, pair, matching, want)
			}
		}
	}
}

func TestOneCallRaisesOneAlertWhateverItGrants(t *testing.T) {
	engine := newEngine(t, withCoverage(alert.CoverAll))
	for _, s := range readSamples(t) {
		if !strings.HasPrefix(s.path, "grants-") {
			continue
		}
		for i, o := range evaluate(engine, s.records).outputs() {
			if len(o.Alerts) > 1 {
				t.Errorf("%s, record %d raises %d alerts", s.path, i, len(o.Alerts))
			}
		}
	}
	// What the built-in rule matches raises that rule's alert and no other.
	found := alerts(t, engine, crossAccountGrant(nil))
	if len(found) != 1 || found[0].Rule.ID != rule.CrossAccountID {
		t.Fatalf("a grant to another account raises %d alerts", len(found))
	}
	if found[0].Opened == nil || found[0].Opened.Resource != "arn:aws:lambda:eu-west-1:111122223333:function:billing-export" {
		t.Errorf("the alert does not say what was opened: %+v", found[0].Opened)
	}
}

func TestCoverageRuleAndExtendedSayNothingOfOtherCalls(t *testing.T) {
	for _, c := range []alert.Coverage{alert.CoverRule, alert.CoverExtended} {
		engine := newEngine(t, withCoverage(c))
		for _, s := range readSamples(t) {
			if !strings.HasPrefix(s.path, "grants-") {
				continue
			}
			for _, o := range evaluate(engine, s.records).outputs() {
				t.Errorf("%s raises %s", s.path, o.Alerts[0].Reason)
			}
		}
		if found := alerts(t, engine, crossAccountGrant(nil)); found[0].Opened != nil || found[0].Inspect != "" {
			t.Error("an alert of the built-in rule has gained something")
		}
	}
}

// bucketPolicy is a PutBucketPolicy with statements for these principals.
func bucketPolicy(principals ...string) object {
	var statements []any
	for _, p := range principals {
		statements = append(statements, map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": p}, "Action": "s3:GetObject", "Resource": "*"})
	}
	return object{
		"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy", "responseElements": nil,
		"requestParameters": map[string]any{"bucketName": "orders", "bucketPolicy": map[string]any{"Statement": statements}},
	}
}

func TestExceptionsMustCoverEveryGrantOfACall(t *testing.T) {
	partner, other, everyone := "444455556666", "555566667777", "*"
	orders := detect.Exceptions{Resources: []string{"arn:aws:s3:::orders"}}
	for _, c := range []struct {
		name       string
		exceptions detect.Exceptions
		principals []string
		listed     string // of the alert, empty for none
		excepted   uint64
	}{
		{"none", detect.Exceptions{}, []string{partner}, "444455556666", 0},
		{"a trusted account", detect.Exceptions{Accounts: []string{partner}}, []string{partner}, "", 1},
		{"a trusted account beside another", detect.Exceptions{Accounts: []string{partner}}, []string{partner, other}, "555566667777", 0},
		{"two trusted accounts", detect.Exceptions{Accounts: []string{partner, other}}, []string{partner, other}, "", 1},
		{"a trusted account beside everyone", detect.Exceptions{Accounts: []string{partner}}, []string{partner, everyone}, "*", 0},
		{"a trusted actor", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:user/*"}}, []string{partner}, "", 1},
		{"a trusted actor does not vouch for everyone", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:user/*"}}, []string{everyone}, "*", 0},
		{"a trusted resource", orders, []string{partner, other}, "", 1},
		{"a trusted resource is not open to everyone", orders, []string{everyone}, "*", 0},
		{"another resource", detect.Exceptions{Resources: []string{"arn:aws:s3:::order?x"}}, []string{partner}, "444455556666", 0},
		{"the own account needs no exception", detect.Exceptions{}, []string{"111122223333"}, "", 0},
		{"an unknown principal is never trusted", detect.Exceptions{Accounts: []string{partner}, Actors: []string{"*"}, Resources: []string{"*"}}, []string{"AIDACKCEVSQ6C2EXAMPLE"}, "AIDACKCEVSQ6C2EXAMPLE", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newEngine(t, changes(withCoverage(alert.CoverAll), func(o *detect.Options) { o.Exceptions = c.exceptions }))
			found := alerts(t, engine, crossAccountGrant(bucketPolicy(c.principals...)))
			var listed []string
			for _, a := range found {
				for _, g := range a.Opened.Grants {
					listed = append(listed, g.Principal)
				}
			}
			if got := strings.Join(listed, " "); got != c.listed {
				t.Errorf("the alert lists %q, want %q", got, c.listed)
			}
			if got := engine.Stats().Excepted; got != c.excepted {
				t.Errorf("%d were excepted, want %d", got, c.excepted)
			}
		})
	}
}

func TestATrustedAccountIsNotTakenForAllOfAListThatIsTooLong(t *testing.T) {
	// 100 principals of strangers do not fit into a list; that none of the trusted ones
	// crowds them out is the point.
	principals := slices.Repeat([]string{"444455556666"}, 100)
	principals = append(principals, "555566667777")
	engine := newEngine(t, changes(withCoverage(alert.CoverAll), func(o *detect.Options) { o.Exceptions.Accounts = []string{"444455556666"} }))
	found := alerts(t, engine, crossAccountGrant(bucketPolicy(principals...)))
	if len(found) != 1 || found[0].Opened.Worst().PrincipalAccount != "555566667777" {
		t.Fatalf("%d alerts", len(found))
	}
}

func TestAConditionWithMoreAccountsThanAreListedIsNotCovered(t *testing.T) {
	var accounts, listed []string
	for i := range 20 {
		accounts = append(accounts, fmt.Sprintf("4444555566%02d", i))
	}
	listed = accounts[:16]
	event := bucketPolicy("*")
	statement := event["requestParameters"].(map[string]any)["bucketPolicy"].(map[string]any)["Statement"].([]any)[0].(map[string]any)
	statement["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": accounts}}
	engine := newEngine(t, changes(withCoverage(alert.CoverAll), func(o *detect.Options) { o.Exceptions.Accounts = listed }))
	if found := alerts(t, engine, crossAccountGrant(event)); len(found) != 1 || found[0].Opened.Worst().AccountsRest != 4 {
		t.Errorf("%d alerts", len(found))
	}
}

func TestAccountsAreCalledByTheirNames(t *testing.T) {
	names := func(o *detect.Options) { o.KnownAccounts = map[string]string{"444455556666": "Example Backups"} }
	for _, c := range []struct {
		event  object
		reason string
	}{
		{crossAccountGrant(nil), "111122223333 let account 444455556666 (Example Backups) invoke Lambda function billing-export"},
		{crossAccountGrant(bucketPolicy("444455556666")), "111122223333 let account 444455556666 (Example Backups) use s3:GetObject on S3 bucket orders"},
		{crossAccountGrant(bucketPolicy("arn:aws:iam::444455556666:role/r")), "111122223333 let role r of account 444455556666 (Example Backups) use s3:GetObject on S3 bucket orders"},
	} {
		engine := newEngine(t, changes(withCoverage(alert.CoverAll), names))
		record := pack(t, c.event)
		outputs := engine.ThoroughEvaluator().Record(record, arrival)
		if len(outputs) != 1 || outputs[0].Alerts[0].Reason != c.reason {
			t.Fatalf("%d outputs, the first with %q, want %q", len(outputs), outputs[0].Alerts[0].Reason, c.reason)
		}
		if name := textAt(decode(t, outputs[0].Body), "alert", "grant", "principal_name"); name != "Example Backups" {
			t.Errorf("alert.grant.principal_name is %q", name)
		}
	}
}

func TestARulesOwnerCanAskAboutGrants(t *testing.T) {
	for _, c := range []struct {
		query   string
		matches bool
		needs   bool
	}{
		{`any where trailwire.grant.relation == "cross_account" and trailwire.grant.resource_type == "AWS::S3::Bucket"`, true, true},
		{`any where trailwire.grant.relation == "public"`, false, true},
		{`any where trailwire.grant.relation != null`, true, true},
		{`any where trailwire.grant.relation == null`, false, false},
		{`any where event.action == "PutBucketPolicy" and trailwire.grant.principal_account in ("444455556666", "555566667777")`, true, true},
		{`any where trailwire.grant.principal_account == "444455556666" or trailwire.grant.relation == "public"`, true, true},
		{`any where trailwire.grant.relation == "public" or event.action == "PutBucketPolicy"`, true, false},
		{`any where not trailwire.grant.relation == "public"`, true, false},
		{`any where trailwire.grant.actions : "s3:get*" and trailwire.grant.action_classes == "read"`, true, true},
		{`any where trailwire.grant.resource : "arn:aws:s3:::ord*" and trailwire.grant.account == "111122223333"`, true, true},
		{`any where trailwire.grant.typo == "x"`, false, true},
	} {
		r, err := rule.Parse("own.toml", []byte("[rule]\nrule_id = \"own\"\nname = \"Own\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 1\nquery = '''"+c.query+"'''\n"))
		if err != nil {
			t.Fatal(err)
		}
		engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
		found := alerts(t, engine, crossAccountGrant(bucketPolicy("444455556666")))
		if (len(found) == 1) != c.matches {
			t.Errorf("%s: %d alerts", c.query, len(found))
		}
		if c.matches && c.needs && found[0].Opened == nil {
			t.Errorf("%s: the alert does not say what was opened", c.query)
		}
		if r.NeedsGrant() != c.needs {
			t.Errorf("%s: that it needs a grant is %t", c.query, r.NeedsGrant())
		}
	}
}
