package conformance

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// reasonRule is a rule file whose line 7 is the reason.
func reasonRule(reason string) string {
	return `[rule]
name = "A test"
rule_id = "r"
type = "eql"
risk_score = 21
severity = "low"
reason = ` + strconv.Quote(reason) + `
query = 'any where event.action : "*"'
`
}

// reasonOf is what the alert of an event says, by a template.
func reasonOf(t *testing.T, template string, event object, changes ...func(*detect.Options)) string {
	t.Helper()
	r, err := rule.Parse("r.toml", []byte(reasonRule(template)))
	if err != nil {
		t.Fatal(err)
	}
	got := inFormat(t, alert.FormatNative, event, append(changes, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })...)
	return textAt(got, "alert", "reason")
}

func TestAReasonHasTheValuesOfItsFields(t *testing.T) {
	resources := func(n int) object {
		var all []any
		for i := range n {
			all = append(all, object{"ARN": "arn:aws:s3:::b" + strconv.Itoa(i)})
		}
		return crossAccountGrant(object{"resources": all})
	}
	for _, test := range []struct {
		name, template string
		event          object
		want           string
	}{
		{"fields and text", "{aws.cloudtrail.user_identity.arn} called {event.action} in {cloud.region}", crossAccountGrant(nil),
			"arn:aws:iam::111122223333:user/alice called AddPermission20150331v2 in eu-west-1"},
		{"white space in the braces", "in { cloud.region }", crossAccountGrant(nil), "in eu-west-1"},
		{"text alone", "Look at this.", crossAccountGrant(nil), "Look at this."},
		{"a field alone", "{event.outcome}", crossAccountGrant(nil), "success"},
		{"two braces are one", "{{{cloud.region}}} and {{x}}", crossAccountGrant(nil), "{eu-west-1} and {x}"},
		{"a parameter", "statement {aws.cloudtrail.flattened.request_parameters.statementId}", crossAccountGrant(nil), "statement partner"},
		{"a boolean", "read only: {aws.cloudtrail.read_only}", crossAccountGrant(object{"readOnly": false}), "read only: false"},
		{"a number", "port {aws.cloudtrail.flattened.request_parameters.port}", crossAccountGrant(object{"requestParameters": object{"port": 22}}), "port 22"},
		{"a missing value", "{user.name} opened {aws.cloudtrail.resources.arn}", crossAccountGrant(nil), "unknown opened unknown"},
		{"an empty value", "{user.name}", crossAccountGrant(object{"userIdentity": object{"userName": ""}}), "unknown"},
		{"what a grant let whom do", "open to {trailwire.grant.principal_account}", crossAccountGrant(nil), "open to 444455556666"},
		{"two values", "{aws.cloudtrail.resources.arn}", resources(2), "arn:aws:s3:::b0, arn:aws:s3:::b1"},
		{"many values", "{aws.cloudtrail.resources.arn}", resources(2000), "arn:aws:s3:::b0, arn:aws:s3:::b1, arn:aws:s3:::b2 and 1997 more"},
		{"a value that looks like a field", "{user_agent.original}", crossAccountGrant(object{"userAgent": "{user.name}"}), "{user.name}"},
		{"characters that end a line or turn the writing", "by {user_agent.original}", crossAccountGrant(object{"userAgent": "a\r\nb\x1b[2J\u202ec"}), "by a��b�[2J�c"},
		{"a long value", "{user_agent.original}.", crossAccountGrant(object{"userAgent": strings.Repeat("a", 10_000)}), strings.Repeat("a", 256) + "…."},
	} {
		if got := reasonOf(t, test.template, test.event); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAReasonIsBoundedAndInEveryFormat(t *testing.T) {
	event := crossAccountGrant(object{"userAgent": strings.Repeat("é", 10_000)})
	if got := reasonOf(t, strings.Repeat("{user_agent.original} ", 16), event); len(got) > 2048 || len(got) < 2040 {
		t.Errorf("it has %d bytes", len(got))
	}
	r, err := rule.Parse("r.toml", []byte(reasonRule("{event.action} was called")))
	if err != nil {
		t.Fatal(err)
	}
	const want = "AddPermission20150331v2 was called"
	for path, format := range map[string]alert.Format{"alert.reason": alert.FormatNative, "event.reason": alert.FormatECS, "message": alert.FormatOCSF} {
		got := inFormat(t, format, crossAccountGrant(nil), func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
		if text := textAt(got, strings.Split(path, ".")...); text != want {
			t.Errorf("%s is %q, want %q", path, text, want)
		}
	}
}

func TestAReasonThatIsWrongIsOneLine(t *testing.T) {
	for _, test := range []struct{ name, template, want string }{
		{"a field that nobody knows", "{user.nam} did it", `r.toml:7:12: rule.reason: no CloudTrail event has the field user.nam: did you mean user.name?`},
		{"CloudTrail's own name", "by {eventName}", `r.toml:7:15: rule.reason: no CloudTrail event has the field eventName: did you mean event.action?`},
		{"no name", "by {}", `r.toml:7:15: rule.reason: no CloudTrail event has the field`},
		{"an open brace", "by {user.name", `r.toml:7:14: rule.reason: this brace is not closed: a field is written {user.name}, a brace {{`},
		{"a closing brace alone", "by user.name}", `r.toml:7:23: rule.reason: this brace closes nothing: a field is written {user.name}, a brace }}`},
		{"an empty text", " ", `r.toml:7:10: rule.reason is empty: it must be a sentence with fields in braces, such as {user.name} stopped a trail`},
		{"two lines", "a\nb", `r.toml:7:12: rule.reason: the character '\n' cannot be in a reason: it must be one line of printable text`},
		{"a long text", strings.Repeat("a", 501), `r.toml:7:10: rule.reason has 501 bytes: it must have 500 at most`},
		{"many fields", strings.Repeat("{event.id}", 17), `r.toml:7:171: rule.reason: there are more than 16 fields`},
	} {
		_, err := rule.Parse("r.toml", []byte(reasonRule(test.template)))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant %s", test.name, err, test.want)
		}
	}
	_, err := rule.Parse("r.toml", []byte(strings.Replace(reasonRule("x"), `"x"`, "7", 1)))
	if want := `r.toml:7:10: rule.reason is an integer: it must be a sentence with fields in braces, such as {user.name} stopped a trail`; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestAReasonOfARuleAboutSeveralEventsSaysWhatCameTogether(t *testing.T) {
	e := aboutPast(t, nil, strings.Replace(newCaller, "[rule]", "[rule]\nreason = \"{user.name} is new to {event.provider}\"", 1))
	found := e.ThoroughEvaluator().Record(pack(t, secret(0, "bob", "a")), time.Time{})
	if len(found) != 1 {
		t.Fatalf("%d alerts", len(found))
	}
	if got, want := found[0].Alerts[0].Reason, "bob is new to signin.amazonaws.com: the first in 5d with user.name bob"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q and more", got, want)
	}
}

func TestEachEventHasItsOwnReason(t *testing.T) {
	r, err := rule.Parse("r.toml", []byte(reasonRule("{event.id}")))
	if err != nil {
		t.Fatal(err)
	}
	v := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} }).ThoroughEvaluator()
	for _, id := range []string{"a", "b"} {
		found := v.Record(pack(t, granted(id, "2026-06-18T10:00:00Z")), time.Time{})
		if len(found) != 1 || found[0].Alerts[0].Reason != id {
			t.Errorf("the reason of event %s is %q", id, found[0].Alerts[0].Reason)
		}
	}
}

// The template is filled once for all alerts of a rule about an event.
func TestAReasonOfManyAlertsCostsInProportion(t *testing.T) {
	two := strings.Replace(newCaller, `"user.name", `, `"aws.cloudtrail.resources.account_id", `, 1)
	e := aboutPast(t, nil, strings.Replace(two, "[rule]", "[rule]\nreason = \"{aws.cloudtrail.resources.arn}\"", 1))
	event := secret(0, "bob", "a")
	var resources []any
	for i := range 3000 {
		resources = append(resources, object{"ARN": "arn:aws:s3:::b" + strconv.Itoa(i), "accountId": strconv.Itoa(i)})
	}
	event["resources"] = resources
	start := time.Now()
	found := e.ThoroughEvaluator().Record(pack(t, event), time.Time{})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(found) != 1 || len(found[0].Alerts) != 3000 {
		t.Fatalf("%d records", len(found))
	}
}
