package terminal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

// afterAlerts is what is printed after alerts about grants to these accounts.
func afterAlerts(colors Colors, alerts ...*alert.Alert) string {
	var b strings.Builder
	p := NewAlertPrinter(&b, colors)
	for _, a := range alerts {
		p.Print(a, "")
	}
	_ = p.Flush()
	b.Reset()
	p.PrintGrants()
	_ = p.Flush()
	return b.String()
}

func openingTo(principal, event string) *alert.Alert {
	return &alert.Alert{
		Rule: &rule.Rule{ID: "r"}, EventID: event, DedupKey: "r:" + event + ":0123456789abcdef",
		Visible: []string{"Invoke by the other account.", "The trail must log data events."}, NotVisible: []string{"What it does inside."},
		Grant: &grant.Grant{
			FunctionName: "pay", FunctionAccount: "111122223333", Region: "eu-west-1", StatementID: "s1", Action: "lambda:InvokeFunction",
			Principal: principal, PrincipalAccount: "444455556666", Relation: grant.RelationCrossAccount,
		},
		Actor: alert.Actor{ARN: "arn:aws:iam::111122223333:user/alice"}, Source: alert.Source{Address: "198.51.100.7"},
		Event: alert.Event{Time: "2026-06-18T09:00:00Z"},
	}
}

// useAndClosing are the alerts about what became of such a grant.
func useAndClosing(opening *alert.Alert, text string) (use, closing *alert.Alert) {
	at := time.Date(2026, time.June, 18, 9, 5, 0, 0, time.UTC)
	of := alert.GrantStory{
		Resource: "arn:aws:lambda:eu-west-1:111122223333:function:pay" + text, ResourceType: "AWS::Lambda::Function", Principal: opening.Grant.Principal,
		Account: "444455556666", StatementID: "s1", Actions: []string{"lambda:InvokeFunction" + text}, OpenedEventID: opening.EventID, DedupKey: opening.DedupKey,
		OpenedAt: at.Add(-5 * time.Minute),
	}
	use = &alert.Alert{Rule: opening.Rule, EventID: "u", Used: &alert.Used{
		Grant: of, Action: "lambda:InvokeFunction" + text, Account: "444455556666", Principal: "AROAEXAMPLE:ci" + text, First: at, Last: at, Count: 1,
		Addresses: []string{"203.0.113.7" + text}, EventID: "u",
	}}
	closing = &alert.Alert{
		Rule: opening.Rule, EventID: "c", Actor: alert.Actor{ARN: "arn:aws:iam::111122223333:user/bob" + text}, Source: alert.Source{Address: "198.51.100.8" + text},
		Closed: &alert.Closed{
			Grant: of, How: alert.HowRemoved + text, At: at.Add(time.Hour), Stood: 65 * time.Minute, Used: true,
			Uses: []alert.UseCount{{Action: "lambda:InvokeFunction" + text, Count: 7, First: at, Last: at.Add(time.Minute)}},
		},
	}
	return use, closing
}

func TestAfterTheAlertsTheStoryOfEachGrantIsTold(t *testing.T) {
	one := openingTo("444455556666", "e1")
	use, closing := useAndClosing(one, "")
	const head = `Grants
  arn:aws:lambda:eu-west-1:111122223333:function:pay (AWS::Lambda::Function) to 444455556666 for lambda:InvokeFunction `
	const opened = `
    2026-06-18T09:00:00Z  opened by arn:aws:iam::111122223333:user/alice from 198.51.100.7
`
	for _, test := range []struct {
		name   string
		alerts []*alert.Alert
		want   string
	}{
		{"no alert", nil, ""},
		{"one that is open and was not used says what would be seen", []*alert.Alert{one}, head + "(no use was seen, still open)" + opened +
			`                          would be seen: Invoke by the other account. The trail must log data events.
                          would not be seen: What it does inside.

`},
		{"one that was used and is open", []*alert.Alert{one, use}, head + "(used, still open)" + opened +
			`    2026-06-18T09:05:00Z  used   for lambda:InvokeFunction by account 444455556666 (AROAEXAMPLE:ci) from 203.0.113.7, 1 use or more

`},
		{"one that was used and closed", []*alert.Alert{one, use, closing}, head + "(used, closed)" + opened +
			`    2026-06-18T09:05:00Z  used   for lambda:InvokeFunction by account 444455556666 (AROAEXAMPLE:ci) from 203.0.113.7, 7 uses until 2026-06-18T09:06:00Z
    2026-06-18T10:05:00Z  closed by arn:aws:iam::111122223333:user/bob from 198.51.100.8, removed after 65 minutes, 7 uses for lambda:InvokeFunction

`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := afterAlerts(false, test.alerts...); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestTheStoriesOfFiftyGrantsAreTold(t *testing.T) {
	var all []*alert.Alert
	for i := range 60 {
		all = append(all, openingTo(fmt.Sprintf("arn:aws:iam::444455556666:role/r%d", i), fmt.Sprint("e", i)))
	}
	got := afterAlerts(false, all...)
	if n := strings.Count(got, "still open"); n != maxStories || !strings.HasSuffix(got, "  10 more grants are not listed. Those that were used come first, then those that are open.\n\n") {
		t.Errorf("%d stories\n%s", n, got[len(got)-200:])
	}
}

func TestAStoryOfManyStepsIsCut(t *testing.T) {
	one := openingTo("444455556666", "e1")
	all := []*alert.Alert{one}
	for i := range 100 {
		use, _ := useAndClosing(one, "")
		use.Used.EventID = fmt.Sprint("u", i)
		all = append(all, use)
	}
	if got := afterAlerts(false, all...); strings.Count(got, "\n") != 2+maxStepLines+2 || !strings.Contains(got, "89 more steps") {
		t.Errorf("got\n%s", got)
	}
}

func TestAHostileStoryIsInertOnATerminal(t *testing.T) {
	one := openingTo("444455556666\x1b[2J", "e1")
	use, closing := useAndClosing(one, "\x1b[2J\r\n\u202e"+strings.Repeat("x", 1<<20))
	got := afterAlerts(false, one, use, closing)
	if strings.ContainsAny(got, "\x1b\r\u202e") || len(got) > 16<<10 || strings.Count(got, "\n") != 6 {
		t.Errorf("%d bytes: %q", len(got), got[:min(len(got), 2000)])
	}
}
