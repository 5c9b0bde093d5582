package alert_test

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

const (
	payARN   = "arn:aws:lambda:eu-west-1:111122223333:function:pay"
	aliceARN = "arn:aws:iam::111122223333:user/alice"
	outside  = "999988887777"
)

var opened = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// payStory is the grant that the alerts of these tests are about.
func payStory() alert.GrantStory {
	return alert.GrantStory{
		Resource: payARN, ResourceType: "AWS::Lambda::Function", Principal: outside, Account: outside, Relation: string(policy.RelationCrossAccount),
		Actions: []string{"lambda:InvokeFunction"}, StatementID: "partner", Means: "policy",
		OpenedAt: opened, OpenedBy: aliceARN, OpenedEventID: "e-open", DedupKey: "r:e-open:0123456789abcdef",
	}
}

// payUse is the first of two uses of it.
func payUse() alert.Used {
	return alert.Used{
		Grant: payStory(), Action: "lambda:InvokeFunction", TakesOut: true, Account: outside, Principal: "AROAEXAMPLE:ci",
		First: opened.Add(3 * time.Hour), Last: opened.Add(4 * time.Hour), Count: 2, Addresses: []string{"198.51.100.7", "203.0.113.9"}, EventID: "e-use",
	}
}

// payClosing is the end of it, after five uses.
func payClosing() alert.Closed {
	story := payStory()
	story.ClosedAt = opened.Add(3 * time.Hour)
	return alert.Closed{
		Grant: story, At: story.ClosedAt, Stood: 3 * time.Hour, Used: true, How: alert.HowRemoved,
		Uses: []alert.UseCount{{"lambda:InvokeFunction", 4, opened.Add(time.Hour), opened.Add(2 * time.Hour)}, {"lambda:GetFunction", 1, opened.Add(time.Hour), opened.Add(time.Hour)}},
	}
}

// calledByAlice is an alert that says nothing yet of a grant.
func calledByAlice(t testing.TB, names map[string]string) alert.Alert {
	t.Helper()
	body, err := document.AppendFromJSON(nil, []byte(`{"eventTime":"2026-03-01T12:00:00Z","eventID":"e-1","eventSource":"lambda.amazonaws.com",`+
		`"eventName":"RemovePermission20150331v2","userIdentity":{"type":"IAMUser","arn":"`+aliceARN+`","accountId":"111122223333"}}`))
	if err != nil {
		t.Fatal(err)
	}
	var event cloudtrail.Event
	event.Reset(body, cloudtrail.Raw)
	r := &rule.Rule{ID: "r", Name: "A rule", Severity: "low", RiskScore: 21, Version: 1}
	return alert.NewTemplate(r).Alert(&event, new(alert.Facts), alert.Granted{Names: names}, alert.CoverRule, opened)
}

func TestTheReasonOfAUseSaysWhoDidWhatWithWhichGrant(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*alert.Used)
		names  map[string]string
		want   string
	}{
		"the first of two": {func(*alert.Used) {}, nil,
			"account 999988887777 invoked Lambda function pay with the grant that alice opened 3 hours earlier, the first of 2 uses"},
		"the only one, by an account with a name": {func(u *alert.Used) { u.Count = 1 }, map[string]string{outside: "Example Corp"},
			"account 999988887777 (Example Corp) invoked Lambda function pay with the grant that alice opened 3 hours earlier"},
		"by a session": {func(u *alert.Used) {
			u.Count = 1
			u.Grant.OpenedBy = "arn:aws:sts::111122223333:assumed-role/Admin/bob"
		}, nil,
			"account 999988887777 invoked Lambda function pay with the grant that bob of role Admin opened 3 hours earlier"},
		"before the call that opened was done": {func(u *alert.Used) { u.Count = 1; u.First = opened.Add(-90 * time.Second) }, nil,
			"account 999988887777 invoked Lambda function pay with the grant that alice opened 90 seconds later"},
		"at once": {func(u *alert.Used) { u.Count = 1; u.First = opened }, nil,
			"account 999988887777 invoked Lambda function pay with the grant that alice opened a moment earlier"},
		"by somebody who had access before": {func(u *alert.Used) { u.Count = 1; u.Grant.GrantedBefore = true }, nil,
			"account 999988887777 invoked Lambda function pay with the grant that alice opened 3 hours earlier; it had access before this grant was seen"},
		"of a grant that is forgotten": {func(u *alert.Used) {
			u.Count = 1
			u.Grant = alert.GrantStory{Resource: payARN, ResourceType: "AWS::Lambda::Function", Account: outside, Forgotten: true}
		}, nil, "account 999988887777 invoked Lambda function pay with a grant of which no more is remembered"},
		"an action without a word": {func(u *alert.Used) { u.Count = 1; u.Action = "lambda:GetFunction" }, nil,
			"account 999988887777 called lambda:GetFunction on Lambda function pay with the grant that alice opened 3 hours earlier"},
		"by a federated identity of a role": {func(u *alert.Used) {
			u.Count, u.Account, u.Principal, u.Action = 1, "", "repo:example/app@token.actions.githubusercontent.com", "sts:AssumeRoleWithWebIdentity"
			u.Grant.Resource, u.Grant.ResourceType = "arn:aws:iam::111122223333:role/deploy", "AWS::IAM::Role"
		}, nil, "principal repo:example/app@token.actions.githubusercontent.com assumed IAM role deploy with the grant that alice opened 3 hours earlier"},
		"unsigned": {func(u *alert.Used) {
			u.Count, u.Account, u.Principal, u.Action = 1, "", "", "s3:GetObject"
			u.Grant.Resource, u.Grant.ResourceType = "arn:aws:s3:::reports", "AWS::S3::Bucket"
		}, nil, "somebody without an account read from S3 bucket reports with the grant that alice opened 3 hours earlier"},
		"hostile texts": {func(u *alert.Used) {
			u.Count, u.Account, u.Principal, u.Action = 1, "", "a\x1b[2Jb", "\n"
			u.Grant.Resource, u.Grant.ResourceType, u.Grant.OpenedBy = "\r", "", "arn:aws:iam::1:user/"
		}, nil, "principal a\ufffd[2Jb called \ufffd on resource \ufffd with the grant that arn:aws:iam::1:user/ opened 3 hours earlier"},
	} {
		u := payUse()
		test.change(&u)
		a := calledByAlice(t, test.names)
		if a.Use(&u); a.Reason != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, a.Reason, test.want)
		}
	}
}

func TestTheReasonOfAClosingSaysHowLongAGrantWasOpenAndWhetherItWasUsed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*alert.Closed)
		want   string
	}{
		"used": {func(*alert.Closed) {},
			"alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: it was used 5 times"},
		"used once": {func(c *alert.Closed) { c.Uses = c.Uses[1:] },
			"alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: it was used once"},
		"used twice": {func(c *alert.Closed) { c.Uses = []alert.UseCount{{Count: 2}} },
			"alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: it was used twice"},
		"used, but not counted any longer": {func(c *alert.Closed) { c.Uses = nil },
			"alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: it was used"},
		"not used": {func(c *alert.Closed) { c.Uses, c.Used = nil, false },
			"alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: no use was seen"},
		"replaced": {func(c *alert.Closed) { c.Uses, c.Used, c.How = nil, false, alert.HowReplaced },
			"alice replaced what held the grant to account 999988887777 on Lambda function pay after 3 hours: no use was seen"},
		"deleted": {func(c *alert.Closed) { c.Uses, c.Used, c.How, c.Stood = nil, false, alert.HowDeleted, 36*time.Hour },
			"alice deleted Lambda function pay, which was open to account 999988887777, after 36 hours: no use was seen"},
		"of everyone": {func(c *alert.Closed) { c.Grant.Relation, c.Grant.Principal, c.Grant.Account = "public", "*", "" },
			"alice removed the grant to anyone on Lambda function pay after 3 hours: it was used 5 times"},
		"of a provider": {func(c *alert.Closed) {
			c.Grant.Relation, c.Grant.Principal, c.Grant.Account = "federated", "token.actions.githubusercontent.com", ""
		}, "alice removed the grant to identities of token.actions.githubusercontent.com on Lambda function pay after 3 hours: it was used 5 times"},
		"nobody knows since when": {func(c *alert.Closed) { c.Stood = 0 },
			"alice removed the grant to account 999988887777 on Lambda function pay: it was used 5 times"},
	} {
		c := payClosing()
		test.change(&c)
		a := calledByAlice(t, nil)
		if a.Close(&c); a.Reason != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, a.Reason, test.want)
		}
	}
}

func TestAlertsOfOneEventAboutDifferentGrantsAreNotDuplicates(t *testing.T) {
	about := func(change func(*alert.Alert)) (key, content string) {
		a := calledByAlice(t, nil)
		change(&a)
		return a.DedupKey, string(a.AppendContent(nil))
	}
	use := func(change func(*alert.Used)) func(*alert.Alert) {
		return func(a *alert.Alert) { u := payUse(); change(&u); a.Use(&u) }
	}
	closing := func(change func(*alert.Closed)) func(*alert.Alert) {
		return func(a *alert.Alert) { c := payClosing(); change(&c); a.Close(&c) }
	}
	same := func(*alert.Used) {}
	for name, test := range map[string]struct {
		one, other func(*alert.Alert)
		differ     bool
	}{
		"a use of another grant":           {use(same), use(func(u *alert.Used) { u.Grant.DedupKey = "r:x:0" }), true},
		"another action":                   {use(same), use(func(u *alert.Used) { u.Action = "lambda:GetFunction" }), true},
		"the same use, with another count": {use(same), use(func(u *alert.Used) { u.Count = 9; u.Last = opened; u.Addresses = nil }), false},
		"a use and the event by itself":    {use(same), func(*alert.Alert) {}, true},
		"a use and a closing":              {use(same), closing(func(*alert.Closed) {}), true},
		"the end of another grant":         {closing(func(*alert.Closed) {}), closing(func(c *alert.Closed) { c.Grant.StatementID = "other" }), true},
		"the same end":                     {closing(func(*alert.Closed) {}), closing(func(c *alert.Closed) { c.Uses = nil }), false},
		"with other related calls":         {use(same), func(a *alert.Alert) { use(same)(a); a.Relate([]alert.Related{{Action: "CreateUser"}}) }, false},
	} {
		key, content := about(test.one)
		otherKey, otherContent := about(test.other)
		if (key != otherKey) != test.differ || (content != otherContent) != test.differ {
			t.Errorf("%s: %s and %s, want different: %t", name, key, otherKey, test.differ)
		}
	}
}
