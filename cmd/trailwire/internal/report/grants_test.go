package report

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

// openingOf is an alert about a queue that was opened to an account, with a text in each
// place that somebody else writes.
func openingOf(text string) alert.Alert {
	return alert.Alert{
		Rule: &rule.Rule{ID: "r1", Name: "A queue is opened", Severity: "high"}, Reason: "opened", EventID: "e-open" + text, DedupKey: "r1:e-open" + text + ":0123456789abcdef",
		Event: alert.Event{Time: "2026-06-18T09:00:00Z", Account: "111122223333"}, Actor: alert.Actor{ARN: "arn:aws:iam::111122223333:user/alice" + text},
		Source:  alert.Source{Address: "198.51.100.7" + text},
		Visible: []string{"ReceiveMessage" + text}, NotVisible: []string{"what reads it" + text},
		Opened: &call.Opening{
			Resource: "arn:aws:sqs:eu-west-1:111122223333:orders" + text, ResourceType: "AWS::SQS::Queue", Account: "111122223333", Region: "eu-west-1",
			Grants: []policy.Grant{{
				Relation: policy.RelationCrossAccount, Principal: "444455556666" + text, PrincipalAccount: "444455556666", StatementID: "s1" + text,
				Actions: []string{"sqs:ReceiveMessage" + text},
			}},
		},
	}
}

// storyAlerts are the alerts about one grant: opened, used, closed.
func storyAlerts(text string) []alert.Alert {
	opening := openingOf(text)
	at := time.Date(2026, time.June, 18, 9, 5, 0, 0, time.UTC)
	of := alert.GrantStory{
		Resource: opening.Opened.Resource, ResourceType: "AWS::SQS::Queue", Principal: grant.Bounded("444455556666" + text), Account: "444455556666",
		Relation: "cross_account", StatementID: grant.Bounded("s1" + text), Actions: []string{"sqs:ReceiveMessage" + text}, OpenedAt: at.Add(-5 * time.Minute),
		OpenedEventID: opening.EventID, DedupKey: opening.DedupKey,
	}
	closing := of
	closing.ClosedAt = at.Add(time.Hour)
	event := alert.Event{Time: "2026-06-18T12:00:00Z", Account: "111122223333"}
	return []alert.Alert{
		opening,
		{
			Rule: &rule.Rule{ID: "r2", Name: "A grant is used", Severity: "critical"}, Reason: "used", EventID: "u", DedupKey: "r2:u", Event: event,
			Used: &alert.Used{
				Grant: of, Action: "sqs:ReceiveMessage" + text, Account: "444455556666", Principal: "AROAEXAMPLE:ci" + text, First: at, Last: at, Count: 1,
				Addresses: []string{"203.0.113.7" + text}, EventID: "u" + text,
			},
		},
		{
			Rule: &rule.Rule{ID: "r3", Name: "A grant is closed", Severity: "low"}, Reason: "closed", EventID: "c", DedupKey: "r3:c", Event: event,
			Actor: alert.Actor{ARN: "arn:aws:iam::111122223333:user/bob" + text}, Source: alert.Source{Address: "198.51.100.8" + text},
			Closed: &alert.Closed{Grant: closing, How: alert.HowReplaced + text, At: closing.ClosedAt, Stood: 65 * time.Minute, Used: true,
				Uses: []alert.UseCount{{Action: "sqs:ReceiveMessage" + text, Count: 7, First: at, Last: at.Add(time.Minute)}}},
		},
	}
}

func readable(page string) string {
	return strings.ReplaceAll(html.UnescapeString(page), "\u00a0", " ")
}

func TestAReportTellsTheStoryOfEachGrant(t *testing.T) {
	page := readable(pageAbout(t, storyAlerts("")...))
	for _, want := range []string{
		`<details class="story" id="grant-1" open>`,
		`arn:aws:sqs:eu-west-1:111122223333:orders</bdi>`, `to <bdi>444455556666 for sqs:ReceiveMessage</bdi>`, `<span class="badge sev-high">used, closed</span>`,
		`<strong>opened</strong> <bdi>by arn:aws:iam::111122223333:user/alice from 198.51.100.7</bdi> <a href="#alert-3">alert 3</a>`,
		`<strong>used</strong> <bdi>for sqs:ReceiveMessage by account 444455556666 (AROAEXAMPLE:ci) from 203.0.113.7, 7 uses until 2026-06-18T09:06:00Z</bdi> <span class="later">5 minutes later</span>`,
		`<strong>closed</strong> <bdi>by arn:aws:iam::111122223333:user/bob from 198.51.100.8, replaced after 65 minutes, 7 uses for sqs:ReceiveMessage</bdi>`,
		`<dt>Grants used</dt><dd>1</dd>`, `<dt>Grants still open</dt><dd>0</dd>`,
		`<a href="#grant-1">What became of the grant</a>`,
		`<td role="cell" class="rule"><bdi>A grant is used</bdi></td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	at := 0
	for _, step := range []string{"<strong>opened", "<strong>used", "<strong>closed"} {
		i := strings.Index(page[at:], step)
		if i < 0 {
			t.Fatalf("%s is not in order of time", step)
		}
		at += i
	}
	if strings.Contains(page, `class="unseen"`) || strings.Contains(page, "step-open\"") {
		t.Error("a grant that was used and closed says that it was not")
	}
}

func TestAGrantThatIsOpenIsMarkedAndSaysWhatWouldBeSeen(t *testing.T) {
	page := readable(pageAbout(t, openingOf("")))
	for _, want := range []string{
		`<span class="badge sev-medium">no use was seen, still open</span>`, "No closing was seen: the grant is still open.",
		"<li><bdi>would be seen: ReceiveMessage</bdi></li>", `<div class="stories">`, "<li><bdi>would not be seen: what reads it</bdi></li>",
		`<dt>Grants used</dt><dd>0</dd>`, `<dt>Grants still open</dt><dd>1</dd>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWithoutFollowedGrantsThereIsNoSectionAboutThem(t *testing.T) {
	a := openingOf("")
	a.Visible, a.NotVisible = nil, nil
	if page := pageAbout(t, a); strings.Contains(page, `id="grants"`) || strings.Contains(page, "Grants used") {
		t.Error("the page tells of grants that nobody follows")
	}
}

func TestAHostileStoryIsInertInAReport(t *testing.T) {
	clean := pageAbout(t, storyAlerts("")...)
	for i, text := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) { inert(t, pageAbout(t, storyAlerts(text)...), clean, "<a ") })
	}
}

// The rows that wait are text in an element that no browser runs. Nothing in an event may end
// that element, or begin one in it.
func TestRowsThatWaitAreInertToo(t *testing.T) {
	rows := func(text string) string {
		var all []alert.Alert
		for i := range firstRows + 2 {
			a := storyAlerts(text)[0]
			a.DedupKey, a.EventID = fmt.Sprint(i), fmt.Sprint(i, text)
			a.Reason, a.Rule = "opened"+text, &rule.Rule{ID: "r1" + text, Name: "A queue is opened" + text, Severity: "high" + text}
			all = append(all, a)
		}
		page := pageAbout(t, all...)
		_, rest, _ := strings.Cut(page, `<script type="text/html" id="rest">`)
		rest, _, _ = strings.Cut(rest, "</table>")
		rest, _, _ = strings.Cut(rest, "</section>")
		return rest
	}
	clean := rows("")
	if strings.Count(clean, "<tr role=") != 2 || strings.Count(clean, "</script") != 1 {
		t.Fatalf("%d rows wait", strings.Count(clean, "<tr role="))
	}
	for i, text := range append([]string{"<!--<script>", "</script >", `"><tr role="row" id="alert-7">`}, hostile...) {
		text = text[:min(len(text), 1000)]
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if got, want := strings.Count(rows(text), "<"), strings.Count(clean, "<"); got != want {
				t.Errorf("%d elements, %d without hostile text", got, want)
			}
		})
	}
}

// inert checks that a page with hostile texts has the elements of a clean one, and no others; more
// names further ones to count.
func inert(t *testing.T, page, clean string, more ...string) {
	t.Helper()
	for _, tag := range append([]string{"<script", "<style", "<img", "<svg onload", "<template", "<h1", "<meta", "</body"}, more...) {
		if got, want := strings.Count(strings.ToLower(page), tag), strings.Count(clean, tag); got != want {
			t.Errorf("%s is there %d times, %d without hostile text", tag, got, want)
		}
	}
	for _, r := range page {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			t.Fatalf("the character %U is on the page", r)
		}
	}
	if len(page) > len(clean)+64<<10 {
		t.Errorf("the page has %d bytes, %d without hostile text", len(page), len(clean))
	}
}

func TestAPageTellsTheStoriesOfTwoHundredGrants(t *testing.T) {
	var all []alert.Alert
	for i := range 300 {
		a := openingOf("")
		a.EventID = fmt.Sprint("e", i)
		a.Opened.Resource += fmt.Sprint("-", i)
		a.DedupKey = fmt.Sprintf("r1:e%d:0123456789abcdef", i)
		all = append(all, a)
	}
	page := pageAbout(t, all...)
	if n := strings.Count(page, `class="story"`); n != maxStories || !strings.Contains(page, "100 more grants are not listed") ||
		strings.Count(page, `open>`) != shownStories || !strings.Contains(page, "<dt>Listed grants still open</dt><dd>200</dd>") {
		t.Errorf("%d stories", n)
	}
}

// Two rules about one call, a delivery of it once more, and the alert about the end of what
// it opened: it is one grant all the same.
func TestTheTilesAndTheGraphCountTheSame(t *testing.T) {
	all := storyAlerts("")
	all[2].Opened = all[0].Opened // as it is where the closing came in first
	sibling, again := all[0], all[0]
	sibling.Rule, sibling.DedupKey = &rule.Rule{ID: "r9"}, "r9:e-open:0123456789abcdef"
	again.Suppressed = alert.Duplicate
	elsewhere := openingOf("")
	opening := *elsewhere.Opened
	opening.Region = "us-east-1" // another queue of the same name
	elsewhere.Opened, elsewhere.DedupKey = &opening, "r1:e-2:0123456789abcde0"
	lambda := alert.Alert{Rule: &rule.Rule{}, DedupKey: ":e-3:0123456789abcde1", Grant: &grant.Grant{
		FunctionName: "pay", FunctionAccount: "111122223333", Region: "eu-west-1", Principal: "444455556666", PrincipalAccount: "444455556666", Relation: "cross_account",
	}}
	qualified := lambda
	version := *lambda.Grant
	version.Qualifier = "live"
	qualified.Grant, qualified.DedupKey = &version, ":e-4:0123456789abcde2"
	within := lambda
	same := *lambda.Grant
	same.Principal, same.PrincipalAccount, same.Relation = "111122223333", "111122223333", "same_account"
	within.Grant, within.DedupKey = &same, ":e-5:0123456789abcde3"
	page := readable(pageAbout(t, append(all, sibling, again, elsewhere, lambda, qualified, within)...))
	for _, want := range []string{"<dt>Resources opened</dt><dd>3</dd>", "<dt>Principals let in</dt><dd>1</dd>", "opened 3 resources", "Another account<tspan class=\"minor\">, 4 grants"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAnAlertThatCameLateHasTheTimeOfWhatHappened(t *testing.T) {
	all := storyAlerts("")
	late := all[1]
	late.Used.Late = true
	r := newReportedAlert(&late, "")
	if got := r.Stamp(); got != "2026-06-18T09:05:00Z" {
		t.Errorf("the use is at %s", got)
	}
	if r.Relation != "cross_account" || r.Grant != nil {
		t.Errorf("relation %q, grant %v", r.Relation, r.Grant)
	}
}
