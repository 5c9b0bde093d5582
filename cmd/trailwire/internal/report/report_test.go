package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

// permission is an AddPermission for the tests of the report.
type permission struct {
	account, function, principal, action, statement, qualifier string
	time, id, actor, agent                                     string
}

// json is the event of the permission, with defaults for what is not set.
func (p permission) json(t testing.TB) string {
	t.Helper()
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	account := or(p.account, "111122223333")
	parameters := map[string]any{
		"functionName": or(p.function, "billing-export"), "statementId": or(p.statement, "s1"),
		"action": or(p.action, "lambda:InvokeFunction"), "principal": or(p.principal, "444455556666"),
	}
	if p.qualifier != "" {
		parameters["qualifier"] = p.qualifier
	}
	text, err := json.Marshal(map[string]any{
		"eventVersion": "1.08", "eventTime": or(p.time, "2026-06-18T12:00:00Z"), "eventSource": "lambda.amazonaws.com",
		"eventName": "AddPermission20150331v2", "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
		"userAgent": or(p.agent, "aws-cli/2.15"), "eventID": or(p.id, "6c0f"), "recipientAccountId": account,
		"userIdentity":      map[string]any{"arn": or(p.actor, "arn:aws:iam::"+account+":user/mallory"), "accountId": account},
		"requestParameters": parameters,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// reportOn evaluates events, one record, and returns the page about them, and its path.
func reportOn(t testing.TB, events []string) (page, path string) {
	t.Helper()
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	options := detect.DefaultOptions()
	options.Rules, options.Coverage, options.MaxSignals = rules, alert.CoverExtended, 1_000_000
	engine, err := detect.New(options)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "report.html")
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	evaluator := engine.ThoroughEvaluator()
	for i, event := range events {
		record, err := document.AppendFromJSON(nil, []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range evaluator.Record(record, time.Time{}) {
			r.Add(o.Alerts, o.Body, fmt.Sprintf("standard input:%d", i+1))
		}
	}
	about := About{
		Made: time.Date(2026, time.June, 18, 12, 30, 0, 0, time.UTC), Version: "0.1.0", Stats: engine.Stats(),
		Files: 1, Rules: rules, Settings: []string{"--coverage=extended"},
	}
	if _, err := r.Write(about); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), path
}

func TestAReportSaysWhatHappened(t *testing.T) {
	page, _ := reportOn(t, []string{
		permission{id: "a"}.json(t),
		permission{id: "b", principal: "777788889999", action: "lambda:*", function: "relay", qualifier: "$LATEST"}.json(t),
	})
	for _, want := range []string{
		"<h1>2 alerts</h1>",
		"18 June 2026 12:00 UTC. 2 events in 1 file were read.",
		"111122223333 let account 444455556666 invoke Lambda function billing-export",
		"<code>aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id s1 --region eu-west-1<",
		"<code>aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:relay --statement-id s1 --qualifier '$LATEST' --region eu-west-1<",
		"<dt>Evasion</dt><dd><bdi>wildcard_action</bdi>",
		`<option value="cross_account">Another account (2)</option>`,
		`data-account="777788889999"`,
		`<li>Do you know the account?`,
		`<a href="https://attack.mitre.org/techniques/T1578/005/" rel="noopener noreferrer">T1578.005</a>`,
		"<code>--coverage=extended</code>",
	} {
		if !strings.Contains(strings.ReplaceAll(html.UnescapeString(page), "\u00a0", " "), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// What is suppressed may be a duplicate, or past max_signals.
func TestAReportCountsSuppressedAlerts(t *testing.T) {
	same := permission{id: "a"}.json(t)
	page, _ := reportOn(t, []string{same, same})
	for _, want := range []string{"<dt>Suppressed alerts</dt><dd>1</dd>", `checked> Suppressed alerts</label>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAReportWithoutAlertsSaysSo(t *testing.T) {
	for _, test := range []struct{ name, event, want string }{
		{"nothing matched", `{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"2"}`, "No event matched a rule."},
		{"nothing was CloudTrail", `{"hello":"world"}`, "No CloudTrail event was found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			page, _ := reportOn(t, []string{test.event})
			if !strings.Contains(page, "<h1>No alerts</h1>") || !strings.Contains(page, test.want) {
				t.Errorf("the page does not say %q", test.want)
			}
		})
	}
}

func TestAReportOf5000AlertsStaysUsable(t *testing.T) {
	page, _ := reportOn(t, manyPermissions(t, 5000))
	t.Logf("5,000 alerts make a page of %s", shortSize(len(page)))
	if len(page) > 16<<20 {
		t.Errorf("5,000 alerts make %s, want 16 MB at most", shortSize(len(page)))
	}
	table, rest, _ := strings.Cut(page, `<script type="text/html" id="rest">`)
	if inTable, waiting := strings.Count(table, `id="alert-`), strings.Count(rest, `id="alert-`); inTable != firstRows || waiting != 5000-firstRows {
		t.Errorf("%d rows in the table and %d in waiting, want %d and %d", inTable, waiting, firstRows, 5000-firstRows)
	}
	if n := strings.Count(page, `class="card`); n > 2*(mostGrantor+mostGrantee+2) {
		t.Errorf("the graph has %d cards", n)
	}
}

// manyPermissions are events of 40 accounts that let in 400 others, and each
// other, over a month.
func manyPermissions(t testing.TB, n int) []string {
	start := time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)
	events := make([]string, n)
	for i := range events {
		events[i] = permission{
			account: fmt.Sprintf("1111%08d", i%40), principal: fmt.Sprintf("1111%08d", (i*7919)%440),
			function: fmt.Sprintf("function-%d", i%300), statement: fmt.Sprintf("s%d", i), id: fmt.Sprintf("event-%d", i),
			time: start.Add(time.Duration(i*i%2_592_000) * time.Second).Format(time.RFC3339),
		}.json(t)
	}
	return events
}

func TestBeyondItsLimitAReportCountsAlerts(t *testing.T) {
	r := &Report{}
	for range maxReported + 2 {
		r.Add([]alert.Alert{{Rule: &rule.Rule{ID: "8f98"}}}, nil, "")
	}
	if len(r.alerts) != maxReported || r.left != 2 {
		t.Fatalf("%d alerts and %d left out", len(r.alerts), r.left)
	}
	var b strings.Builder
	if err := r.render(&b, About{Stats: detect.Stats{Alerts: maxReported + 2}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "2 more are left out") {
		t.Error("the page does not say so")
	}
}

// hostile are texts that try to be more than text.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'"` + "`" + `</textarea></title></style></script><svg onload=alert(1)>`,
	`javascript:alert(1)`, "</template><h1>in</h1>", "--><script>x</script>", `{{.Alerts}}`, "\u202egnp.exe\u202c\u2066", "\x1b[2J\x07\x00\r\n$(reboot)`reboot`; reboot",
	"&lt;script&gt;", "\u2028\u2029]]>", strings.Repeat("A", 1<<20), strings.Repeat("\u0301", 10_000), "\ufeff\u200b\u200d",
}

func TestHostileTextIsInertInAReport(t *testing.T) {
	clean, _ := reportOn(t, []string{permission{}.json(t)})
	for i, text := range hostile {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			every := permission{
				function: text, statement: text, qualifier: text, principal: text, action: "lambda:InvokeFunction" + text,
				id: text, actor: text, agent: text, account: text, time: text,
			}
			page, _ := reportOn(t, []string{
				every.json(t),
				permission{id: text, actor: text, agent: text, function: text}.json(t),
				permission{id: "q", statement: text, qualifier: text, principal: "arn:aws:iam::444455556666:role/" + text}.json(t),
			})
			if !strings.Contains(page, `id="alert-1"`) {
				t.Fatal("no alert on the page")
			}
			inert(t, page, clean)
			if urls := regexp.MustCompile(`(?i)href="([^"]*)"`).FindAllStringSubmatch(page, -1); len(urls) > 0 {
				for _, url := range urls {
					if !strings.HasPrefix(url[1], "#") && !strings.HasPrefix(url[1], "https://") && url[1] != "data:," {
						t.Errorf("a link to %q", url[1])
					}
				}
			}
		})
	}
}

func TestTheCommandThatTakesAGrantBack(t *testing.T) {
	for _, test := range []struct{ name, respond, want string }{
		{"is the engine's, to the byte", `aws lambda remove-permission --qualifier '$LATEST'`, `aws lambda remove-permission --qualifier '$LATEST'`},
		{"is left out if it cannot be shown unchanged", "aws\x1b[2J", ""},
		{"is left out if it would be cut off", strings.Repeat("a", maxCommand+1), ""},
		{"is not there", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := commandFor(test.respond); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTheGraphOfGrants(t *testing.T) {
	link := func(from, to, relation string) reportedAlert {
		g := &reportedGrant{FunctionAccount: from, Account: to, Relation: relation, Function: "f"}
		return reportedAlert{Grant: g, Grants: []*reportedGrant{g}, Relation: relation}
	}
	tests := []struct {
		name   string
		alerts []reportedAlert
		want   string // the layers from left to right
	}{
		{"one grant", []reportedAlert{link("1", "2", "cross_account")}, "1 | 2"},
		{"a chain is a row", []reportedAlert{link("2", "3", "cross_account"), link("1", "2", "cross_account")}, "1 | 2 | 3"},
		{"a grant past one of the chain", []reportedAlert{link("1", "2", "cross_account"), link("2", "3", "cross_account"), link("1", "3", "cross_account")}, "1 | 2 ~ | 3"},
		{"a grant to oneself", []reportedAlert{link("1", "1", "same_account")}, "1 | 1"},
		{"grants to each other", []reportedAlert{link("1", "2", "cross_account"), link("2", "1", "cross_account")}, "1 | 2 | 1"},
		{
			"a chain that is too long", []reportedAlert{
				link("1", "2", "cross_account"), link("2", "3", "cross_account"), link("3", "4", "cross_account"), link("4", "5", "cross_account"),
			},
			"1 2 3 4 | 2 3 4 5",
		},
		{"anyone", []reportedAlert{link("1", "", "public")}, "1 | Anyone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var layers []string
			for _, c := range newGrantGraph(collectLinks(test.alerts)).Columns {
				if c.Layer == nil {
					continue
				}
				var labels []string
				for i, n := range c.Layer.Nodes {
					labels = append(labels, n.Label)
					if i > 0 && n.Y-c.Layer.Nodes[i-1].Y < cardHeight {
						t.Errorf("%s overlaps the card above", n.Label)
					}
				}
				for range c.Layer.Pass {
					labels = append(labels, "~")
				}
				layers = append(layers, strings.Join(labels, " "))
			}
			if got := strings.Join(layers, " | "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheTimelineHasEveryAlertOnce(t *testing.T) {
	start := time.Date(2026, time.June, 18, 12, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{0, time.Second, time.Minute, time.Hour, day, 30 * day, 500 * day} {
		t.Run(step.String(), func(t *testing.T) {
			var alerts []reportedAlert
			for i := range 20 {
				alerts = append(alerts, reportedAlert{Time: start.Add(time.Duration(i) * step), Severity: []string{"high", "low"}[i%2]})
			}
			alerts = append(alerts, reportedAlert{Severity: "high"})
			line := newTimeline(alerts)
			inBars := 0
			for _, l := range line.Lanes {
				for _, b := range l.Bars {
					inBars += b.Count
				}
			}
			if inBars != 20 || line.Untimed != 1 || len(line.Lanes) != 2 {
				t.Errorf("%d alerts in %d lanes, %d without a time", inBars, len(line.Lanes), line.Untimed)
			}
			if len(line.Ticks) == 0 || len(line.Ticks) > 9 {
				t.Errorf("%d ticks", len(line.Ticks))
			}
		})
	}
}

func TestThePolicyNamesTheStyleAndTheScript(t *testing.T) {
	page, _ := reportOn(t, []string{permission{}.json(t)})
	for _, element := range []string{"style", "script"} {
		parts := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
		if len(parts) != 1 {
			t.Fatalf("%d elements %s", len(parts), element)
		}
		sum := sha256.Sum256([]byte(parts[0][1]))
		want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the policy does not have %s", want)
		}
	}
	if strings.Contains(page, "unsafe-") || !strings.Contains(html.UnescapeString(page), "default-src 'none'") {
		t.Error("the policy allows more than the page needs")
	}
	if regexp.MustCompile(`(?i)\s(style|on[a-z]+)=`).MatchString(page) {
		t.Error("the page has an attribute that its policy forbids")
	}
}

// The colors are read from the style sheet, so that a change of one is checked.
func TestColorsHaveEnoughContrast(t *testing.T) {
	sheet, err := pageFiles.ReadFile("page/report.css")
	if err != nil {
		t.Fatal(err)
	}
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(sheet), -1)
	colors := make(map[string]string)
	schemes := map[string]string{}
	for i, name := range []string{"light", "dark"} {
		schemes[name] = roots[i][1]
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, m := range regexp.MustCompile(`--([a-z_]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(schemes[scheme], -1) {
			colors[m[1]] = m[2]
		}
		check := func(text, on string, least float64) {
			if got := contrast(t, colors[text], colors[on]); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, text, on, got, least)
			}
		}
		for _, text := range []string{"ink", "soft", "accent", "critical", "high", "medium", "low", "other"} {
			for _, on := range []string{"page", "panel", "hover"} {
				check(text, on, 4.5)
			}
		}
		check("ink", "code", 4.5)
		for _, badge := range []string{"critical", "high", "medium", "low", "other"} {
			check("on", badge, 4.5)
		}
		for _, part := range []string{"field", "public", "cross_account", "organization", "unknown", "service", "same_account"} {
			check(part, "panel", 3)
		}
	}
}

// contrast is the contrast ratio of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(color string) float64 {
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			if len(color) != 7 {
				t.Fatalf("%q is not a color", color)
			}
			n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			c := float64(n) / 255
			if c <= 0.04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+0.055)/1.055, 2.4)
			}
			sum += weight * c
		}
		return sum
	}
	light, dark := luminance(a), luminance(b)
	return (max(light, dark) + 0.05) / (min(light, dark) + 0.05)
}

func TestThePageShowsResourcesOfEveryKind(t *testing.T) {
	opened := &call.Opening{
		Resource: "arn:aws:s3:::payroll", ResourceType: "AWS::S3::Bucket", Account: "111122223333", Region: "eu-west-1",
		Grants: []policy.Grant{
			{Relation: policy.RelationPublic, Principal: "*", Actions: []string{"s3:GetObject", "s3:ListBucket"}, Reason: "no condition"},
			{Relation: policy.RelationCrossAccount, Principal: "arn:aws:iam::444455556666:root", PrincipalAccount: "444455556666", Actions: []string{"s3:*"}},
		},
		Rest: 3,
	}
	a := newReportedAlert(&alert.Alert{
		Rule: &rule.Rule{ID: "r1", Name: "A bucket is opened", Severity: "high"}, Opened: opened,
		Event:   alert.Event{Account: "111122223333", Provider: "s3.amazonaws.com", Action: "PutBucketPolicy"},
		Respond: "aws s3api delete-bucket-policy --bucket payroll", Inspect: "aws s3api get-bucket-policy --bucket payroll",
	}, "x")
	b := reportedAlert{RuleID: "r2", RuleName: "Another", Provider: "kms.amazonaws.com"}
	r := Report{alerts: []reportedAlert{a, b}}
	var page strings.Builder
	if err := r.render(&page, About{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<dt>Resource</dt><dd>payroll</dd>`, `<dt>of type</dt><dd>AWS::S3::Bucket</dd>`, `<dt>Action</dt><dd>s3:GetObject, s3:ListBucket</dd>`,
		`<dt>Also granted</dt><dd>Another account: arn:aws:iam::444455556666:root, s3:*</dd>`, `<dt>And</dt><dd>3 more grants</dd>`,
		`<code>aws s3api delete-bucket-policy --bucket payroll</code>`, `<code>aws s3api get-bucket-policy --bucket payroll</code>`,
		`<option value="s3.amazonaws.com">s3.amazonaws.com (1)</option>`, `<option value="r1">A bucket is opened (1)</option>`,
		`data-service="s3.amazonaws.com" data-rule="r1"`, `<dt>Resources opened</dt><dd>1</dd>`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := a.About(); got != "111122223333 444455556666" {
		t.Errorf("the account filter finds it by %q", got)
	}
	if links := collectLinks(r.alerts); len(links) != 2 || links[0].relation != "public" || links[1].to != "444455556666" {
		t.Errorf("%d links in the graph", len(links))
	}
}

func TestThePageLeadsToTheConsoleAndSaysWhichResourceAndSession(t *testing.T) {
	base := alert.Alert{
		Rule: &rule.Rule{ID: "r1", Name: "A trail is stopped", Severity: "high"}, ResourceARN: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all",
		Actor: alert.Actor{MFA: alert.WithoutMFA, SessionCreated: time.Date(2026, time.June, 18, 11, 0, 0, 0, time.UTC)},
		Event: alert.Event{URL: "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/63bdd2e9-0000-4000-8000-000000000001"},
	}
	onGrant := base
	onGrant.Grant = &grant.Grant{FunctionName: "pay", FunctionAccount: "111122223333", Region: "eu-west-1"}
	onStory := base
	onStory.Closed = &alert.Closed{Grant: alert.GrantStory{Resource: base.ResourceARN}}
	hostile := base
	hostile.Event.URL = "javascript:alert(1)"
	const (
		console  = `<dt>Console</dt><dd><a href="` + "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/63bdd2e9-0000-4000-8000-000000000001" + `" rel="noopener noreferrer">`
		session  = `<dt>Session</dt><dd>since 2026-06-18T11:00:00Z, without MFA</dd>`
		resource = `<dt>Resource</dt><dd>arn:aws:cloudtrail:eu-west-1:111122223333:trail/all</dd>`
		arn      = `<dt>ARN</dt><dd>arn:aws:cloudtrail:eu-west-1:111122223333:trail/all</dd>`
	)
	for _, test := range []struct {
		name       string
		alert      alert.Alert
		has, lacks []string
	}{
		{"an alert without a grant", base, []string{console, session, resource}, []string{arn}},
		{"an alert about a grant has the ARN beside the name", onGrant, []string{console, session, arn}, []string{resource}},
		{"an alert about what became of one names it there", onStory, []string{console, session}, []string{arn, resource}},
		{"an address that is not of the web is not a link", hostile, []string{session}, []string{"<dt>Console</dt>", "javascript:"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Report{alerts: []reportedAlert{newReportedAlert(&test.alert, "x")}}
			var page strings.Builder
			if err := r.render(&page, About{}); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.has {
				if !strings.Contains(page.String(), want) {
					t.Errorf("the page lacks %s", want)
				}
			}
			for _, text := range test.lacks {
				if strings.Contains(page.String(), text) {
					t.Errorf("the page has %s", text)
				}
			}
		})
	}
}
