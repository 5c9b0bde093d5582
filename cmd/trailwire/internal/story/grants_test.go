package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

// start is when the first grant of a test is opened.
var start = time.Date(2026, time.June, 18, 9, 0, 0, 0, time.UTC)

// keyOf is the dedup_key of a rule's alert about an event.
func keyOf(rule, event string) string {
	return rule + ":" + event + ":" + fmt.Sprintf("%016x", len(event))
}

// opens is an alert about an AddPermission to an account, so many minutes after the start.
func opens(by, event, to string, minute int) *alert.Alert {
	return &alert.Alert{
		Rule: &rule.Rule{ID: by}, EventID: event, DedupKey: keyOf(by, event), Visible: []string{"Invoke"},
		Grant: &grant.Grant{
			FunctionName: "pay", FunctionAccount: "111122223333", Region: "eu-west-1", StatementID: "s1", Action: "lambda:InvokeFunction",
			Principal: to, PrincipalAccount: to, Relation: grant.RelationCrossAccount,
		},
		Actor: alert.Actor{ARN: "arn:aws:iam::111122223333:user/alice"}, Source: alert.Source{Address: "198.51.100.7"},
		Event: alert.Event{Time: start.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)},
	}
}

// storyOf is what a use or a closing says of the grant of such an alert.
func storyOf(a *alert.Alert) alert.GrantStory {
	return alert.GrantStory{
		Resource: "arn:aws:lambda:eu-west-1:111122223333:function:pay", Principal: a.Grant.Principal, Account: a.Grant.PrincipalAccount, StatementID: "s1",
		Relation: "cross_account", OpenedAt: timeOf(a), OpenedBy: "alice", OpenedEventID: a.EventID, DedupKey: a.DedupKey,
	}
}

func uses(opening *alert.Alert, event string, minute int) *alert.Alert {
	at := start.Add(time.Duration(minute) * time.Minute)
	return &alert.Alert{Rule: &rule.Rule{}, EventID: event, DedupKey: "used:" + event, Used: &alert.Used{
		Grant: storyOf(opening), Action: "lambda:InvokeFunction", Account: opening.Grant.Principal, First: at, Last: at, Count: 1, EventID: event,
	}}
}

func closes(opening *alert.Alert, event string, minute, counted int) *alert.Alert {
	at := start.Add(time.Duration(minute) * time.Minute)
	c := &alert.Closed{Grant: storyOf(opening), How: alert.HowRemoved, At: at, Stood: at.Sub(timeOf(opening)), Used: counted > 0}
	c.Grant.ClosedAt = at
	if counted > 0 {
		c.Uses = []alert.UseCount{{Action: "lambda:InvokeFunction", Count: counted, First: start, Last: at.Add(-time.Minute)}}
	}
	return &alert.Alert{Rule: &rule.Rule{}, EventID: event, DedupKey: "closed:" + event, Closed: c, Actor: alert.Actor{ARN: "bob"}}
}

// told is all stories in a few words: a line for each grant, a word for each step.
func told(g *Grants, most int) string {
	stories, more := g.Stories(most)
	var lines []string
	for _, s := range stories {
		line := s.Grant.Account
		for _, step := range s.Steps {
			word := []string{"", "opened", "used", "closed"}[step.Kind]
			if step.Kind == Used {
				word += fmt.Sprint(step.Count)
			}
			if step.AtLeast {
				word += "+"
			}
			if step.Again {
				word += "-again"
			}
			if step.AfterClosing {
				word += "-after-closing"
			}
			line += " " + word + step.At.Format("@15:04")
		}
		if !s.IsClosed() {
			line += " open"
		}
		lines = append(lines, line)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("%d more", more))
	}
	return strings.Join(lines, "\n")
}

func TestAlertsBecomeTheStoryOfTheirGrant(t *testing.T) {
	one, other := opens("r1", "e1", "444455556666", 0), opens("r1", "e2", "777788889999", 5)
	sibling := opens("r2", "e1", "444455556666", 0)
	again := opens("r1", "e3", "444455556666", 30)
	unseen := opens("r1", "e9", "444455556666", 0)
	unseen.Visible = nil
	withoutKey := uses(one, "u1", 3)
	withoutKey.Used.Grant.DedupKey = ""
	unnamed := opens("r1", "e1", "444455556666", 0)
	unnamed.Grant.StatementID = ""
	second := opens("r1", "e1", "444455556666", 0)
	second.Grant.StatementID = "s2"
	for _, test := range []struct {
		name   string
		alerts []*alert.Alert
		want   string
	}{
		{"the closing has a name for the grant that the opening has not", []*alert.Alert{unnamed, closes(one, "c1", 40, 0)}, "444455556666 opened@09:00 closed@09:40"},
		{"and comes first", []*alert.Alert{closes(one, "c1", 40, 0), unnamed}, "444455556666 opened@09:00 closed@09:40"},
		{"two statements of one policy are two grants", []*alert.Alert{one, second, closes(one, "c1", 40, 0)},
			"444455556666 opened@09:00 closed@09:40\n444455556666 opened@09:00 open"},
		{"a grant that is open", []*alert.Alert{one}, "444455556666 opened@09:00 open"},
		{"steps are in order of time, whatever comes first", []*alert.Alert{closes(one, "c1", 40, 2), uses(one, "u1", 3), one},
			"444455556666 opened@09:00 used2@09:03 closed@09:40"},
		{"without a closing there may have been more uses", []*alert.Alert{one, uses(one, "u1", 3)}, "444455556666 opened@09:00 used1+@09:03 open"},
		{"uses of two days are counted apart", []*alert.Alert{one, uses(one, "u1", 3), uses(one, "u2", 5), closes(one, "c1", 40, 9)},
			"444455556666 opened@09:00 used1+@09:03 used1+@09:05 closed@09:40"},
		{"the alerts of several rules about one opening are one step", []*alert.Alert{one, sibling, uses(sibling, "u1", 3)},
			"444455556666 opened@09:00 used1+@09:03 open"},
		{"an event that is delivered twice is one step", []*alert.Alert{one, one, uses(one, "u1", 3), uses(one, "u1", 3), closes(one, "c1", 40, 0), closes(one, "c2", 40, 1)},
			"444455556666 opened@09:00 used1@09:03 closed@09:40"},
		{"grants are in order of their opening", []*alert.Alert{other, uses(other, "u2", 6), one},
			"444455556666 opened@09:00 open\n777788889999 opened@09:05 used1+@09:06 open"},
		{"the same grant written once more is one story", []*alert.Alert{one, again, uses(one, "u1", 35)},
			"444455556666 opened@09:00 opened-again@09:30 used1+@09:35 open"},
		{"a grant that is opened after it was closed is another one", []*alert.Alert{one, closes(one, "c1", 20, 0), again},
			"444455556666 opened@09:00 closed@09:20\n444455556666 opened@09:30 open"},
		{"a use after the closing says so", []*alert.Alert{one, closes(one, "c1", 20, 0), uses(one, "u1", 25)},
			"444455556666 opened@09:00 closed@09:20 used1+-after-closing@09:25"},
		{"a grant whose opening raised no alert", []*alert.Alert{withoutKey}, "444455556666 opened@09:00 used1+@09:03 open"},
		{"alerts whose grants are not followed have no story", []*alert.Alert{unseen}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var g Grants
			for _, a := range test.alerts {
				g.Add(a)
			}
			if got := told(&g, 10); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestOfTooManyGrantsThoseThatWereUsedStay(t *testing.T) {
	var g Grants
	used := opens("r1", "used", "777788889999", 0)
	g.Add(used)
	g.Add(uses(used, "u1", 3))
	for i := range MaxGrants + 1000 {
		g.Add(opens("r1", fmt.Sprintf("noise-%d", i), fmt.Sprintf("%012d", i), i))
	}
	if got := told(&g, 1); got != fmt.Sprintf("777788889999 opened@09:00 used1+@09:03 open\n%d more", MaxGrants+1000) {
		t.Error(got)
	}
	if g.stories > MaxGrants || len(g.byOpening) > MaxGrants || len(g.unused) > MaxGrants {
		t.Errorf("%d stories, %d openings, %d unused", g.stories, len(g.byOpening), len(g.unused))
	}
}

func TestTheStepsOfAGrantAreBounded(t *testing.T) {
	var g Grants
	one := opens("r1", "e1", "444455556666", 0)
	g.Add(one)
	for i := range 1000 {
		g.Add(uses(one, fmt.Sprint("u", i), i))
	}
	stories, _ := g.Stories(1)
	if len(stories[0].Steps) != maxSteps || stories[0].Left != 1001-maxSteps {
		t.Errorf("%d steps and %d left", len(stories[0].Steps), stories[0].Left)
	}
}

// Who closed a grant is not known where the event of the closing came first: the alert's
// own event is the one that opened it.
func TestALateClosingDoesNotNameWhoOpenedAsWhoClosed(t *testing.T) {
	one := opens("r1", "e1", "444455556666", 0)
	late := closes(one, "e1", 20, 0)
	late.Source.Address = "198.51.100.7"
	var g Grants
	g.Add(one)
	g.Add(late)
	stories, _ := g.Stories(1)
	if last := stories[0].Steps[1]; last.Kind != Closed || last.Who != "" || last.Addresses != nil || !last.Late {
		t.Errorf("got %+v", last)
	}
}

func TestAFunctionHasTheARNOfItsPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":     "arn:aws:lambda:eu-west-1:111122223333:function:pay",
		"cn-north-1":    "arn:aws-cn:lambda:cn-north-1:111122223333:function:pay",
		"us-gov-west-1": "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:pay",
		"":              "pay",
	} {
		a := &alert.Alert{Grant: &grant.Grant{FunctionName: "pay", FunctionAccount: "111122223333", Region: region}}
		if got := Resource(a); got != want {
			t.Errorf("in %q it is %s, want %s", region, got, want)
		}
	}
}
