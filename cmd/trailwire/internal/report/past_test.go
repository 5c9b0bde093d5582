package report

import (
	"html"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// pageAbout returns the page about alerts.
func pageAbout(t testing.TB, alerts ...alert.Alert) string {
	t.Helper()
	return pageOf(t, About{}, alerts...)
}

// pageOf is the same, with what the page says about the scan.
func pageOf(t testing.TB, about About, alerts ...alert.Alert) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Add(alerts, nil, "a.json:7")
	about.Made = time.Date(2026, time.June, 18, 12, 30, 0, 0, time.UTC)
	if _, err := r.Write(about); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pastAlerts are an alert about a use and one about the end of a grant, with a text in
// each place that somebody else writes.
func pastAlerts(text string) []alert.Alert {
	at := time.Date(2026, time.June, 18, 9, 0, 0, 0, time.UTC)
	story := alert.GrantStory{
		Resource: "arn:aws:sns:eu-west-1:111122223333:orders" + text, ResourceType: "AWS::SNS::Topic" + text, Principal: "444455556666" + text, Account: "444455556666",
		Relation: "cross_account" + text, Actions: []string{"sns:Publish" + text}, StatementID: "s1" + text, Means: "policy" + text,
		OpenedAt: at, OpenedBy: "alice" + text, OpenedEventID: "e-open" + text, DedupKey: "r:e-open:0" + text,
	}
	event := alert.Event{ID: "e", Time: "2026-06-18T12:00:00Z", Action: "Publish", Provider: "sns.amazonaws.com", Account: "111122223333"}
	one := &rule.Rule{ID: "r", Name: "R", Severity: "high", RiskScore: 73}
	return []alert.Alert{
		{
			Rule: one, Reason: "It was used", Event: event, Used: &alert.Used{
				Grant: story, Action: "sns:Publish" + text, Account: "444455556666" + text, Principal: "AROAEXAMPLE:ci" + text,
				First: at, Last: at, Count: 1, Addresses: []string{"198.51.100.7" + text}, EventID: "e-use" + text,
			},
			Visible: []string{"publishing" + text}, NotVisible: []string{"deliveries" + text},
			Related: []alert.Related{{Time: at, Action: "CreateTopic" + text, Provider: "sns.amazonaws.com" + text, Target: "orders" + text, Address: "198.51.100.7" + text}},
		},
		{
			Rule: one, Reason: "It was closed", Event: event, Closed: &alert.Closed{
				Grant: story, How: alert.HowReplaced + text, At: at.Add(time.Hour), Stood: time.Hour, Used: true,
				Uses: []alert.UseCount{{Action: "sns:Publish" + text, Count: 3, First: at, Last: at.Add(time.Minute)}},
			},
		},
	}
}

func TestAReportTellsThePastOfAnAlert(t *testing.T) {
	page := strings.ReplaceAll(html.UnescapeString(pageAbout(t, pastAlerts("")...)), "\u00a0", " ")
	for _, want := range []string{
		"<dt>Use</dt><dd><bdi>sns:Publish by 444455556666 (AROAEXAMPLE:ci)</bdi><br><bdi>1 use, 2026-06-18T09:00:00Z</bdi><br><bdi>from 198.51.100.7</bdi><br><bdi>event e-use</bdi></dd>",
		"<dt>Closing</dt><dd><bdi>replaced 2026-06-18T10:00:00Z after 1 hour</bdi><br><bdi>sns:Publish, 3 uses, 2026-06-18T09:00:00Z to 2026-06-18T09:01:00Z</bdi></dd>",
		"<dt>Grant</dt><dd><bdi>arn:aws:sns:eu-west-1:111122223333:orders (AWS::SNS::Topic)</bdi><br><bdi>sns:Publish to 444455556666 (cross_account)</bdi><br><bdi>policy, statement s1</bdi><br>" +
			"<bdi>opened 2026-06-18T09:00:00Z by alice (event e-open)</bdi><br><bdi>alert r:e-open:0</bdi></dd>",
		"<dt>Would be seen</dt><dd><bdi>publishing</bdi></dd>",
		"<dt>Would not be seen</dt><dd><bdi>deliveries</bdi></dd>",
		"<dt>Related calls before</dt><dd><bdi>09:00:00 CreateTopic of sns.amazonaws.com on orders, 198.51.100.7</bdi></dd>",
		`data-accounts="111122223333 444455556666"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAHostilePastIsInertInAReport(t *testing.T) {
	clean := pageAbout(t, pastAlerts("")...)
	for i, text := range hostile {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			page := pageAbout(t, pastAlerts(text)...)
			inert(t, page, clean)
		})
	}
}
