package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// failedLogin is a rule about ten failures of one account within six minutes.
const failedLogin = `
[rule]
name = "Many failed logins"
rule_id = "failed-logins"
type = "threshold"
severity = "high"
risk_score = 73
query = 'event.action: ConsoleLogin and event.outcome: failure'
[rule.threshold]
field = ["cloud.account.id", "source.ip"]
value = 3
`

// manySecrets is a rule about one caller and many secrets.
const manySecrets = `
[rule]
name = "Many secrets"
rule_id = "many-secrets"
type = "threshold"
language = "kuery"
from = "now-10m"
severity = "medium"
risk_score = 47
query = 'event.action: GetSecretValue'
[rule.threshold]
field = ["user.name"]
value = 1
[[rule.threshold.cardinality]]
field = "aws.cloudtrail.flattened.request_parameters.secretId"
value = 3
`

// newCaller is a rule about those who have not called before.
const newCaller = `
[rule]
name = "New caller"
rule_id = "new-caller"
type = "new_terms"
severity = "low"
risk_score = 21
query = 'event.action: GetSecretValue and event.outcome: success'
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name", "aws.cloudtrail.resources.arn"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-5d"
`

// reconnaissance is a rule about a call that follows another.
const reconnaissance = `
[rule]
name = "Models listed, then invoked"
rule_id = "recon"
type = "eql"
language = "eql"
severity = "high"
risk_score = 73
query = '''
sequence by aws.cloudtrail.user_identity.access_key_id with maxspan=15m
  [any where event.action == "ListFoundationModels" and event.outcome == "success"]
  [any where event.action : ("InvokeModel", "Converse") and event.outcome == "success"]
'''
`

// called is an event of this call, so long after noon.
func called(name string, after time.Duration, more object) object {
	event := object{
		"eventVersion": "1.09", "eventTime": time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC).Add(after).Format(time.RFC3339),
		"eventSource": "signin.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
		"userIdentity":       object{"type": "IAMUser", "accountId": "111122223333", "userName": "alice", "accessKeyId": "AKIA1"},
		"eventID":            fmt.Sprintf("id-%s-%s", name, after),
		"recipientAccountId": "111122223333",
	}
	for key, value := range more {
		event[key] = value
	}
	return event
}

func failed(after time.Duration, more object) object {
	event := called("ConsoleLogin", after, object{"errorMessage": "Failed authentication", "errorCode": "x", "responseElements": object{"ConsoleLogin": "Failure"}})
	for key, value := range more {
		event[key] = value
	}
	return event
}

// secret is a call for a secret by somebody.
func secret(after time.Duration, user string, secrets ...string) object {
	var resources []any
	for _, s := range secrets {
		resources = append(resources, object{"ARN": s})
	}
	return called("GetSecretValue", after, object{
		"userIdentity": object{"type": "IAMUser", "accountId": "111122223333", "userName": user},
		"eventID":      fmt.Sprint(user, secrets, after), "resources": resources,
		"requestParameters": object{"secretId": strings.Join(secrets, " ")},
	})
}

// aboutPast returns an engine with these rules, whose learning is over.
func aboutPast(t testing.TB, change func(*detect.Options), rules ...string) *detect.Engine {
	t.Helper()
	return newEngine(t, func(o *detect.Options) {
		o.Rules, o.LearningPeriod = nil, -1
		for _, text := range rules {
			r, err := rule.Parse("r.toml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			o.Rules = append(o.Rules, r)
		}
		if change != nil {
			change(o)
		}
	})
}

// counts returns how many alerts each of the events raises, in order.
func counts(t testing.TB, e *detect.Engine, events ...object) string {
	t.Helper()
	var all []string
	for _, event := range events {
		all = append(all, fmt.Sprint(len(alerts(t, e, event))))
	}
	return strings.Join(all, " ")
}

const minute, day = time.Minute, 24 * time.Hour

func TestAThresholdCountsEventsThatHaveItsFieldsInCommon(t *testing.T) {
	from := func(address string) object { return object{"sourceIPAddress": address, "eventID": address} }
	for _, test := range []struct {
		why    string
		events []object
		want   string
	}{
		{"three in six minutes", []object{failed(0, nil), failed(minute, nil), failed(6*minute, nil)}, "0 0 1"},
		{"three in more than six minutes", []object{failed(0, nil), failed(minute, nil), failed(6*minute+time.Second, nil)}, "0 0 0"},
		{"an alert uses up its events", []object{failed(0, nil), failed(1*minute, nil), failed(2*minute, nil), failed(3*minute, nil), failed(4*minute, nil), failed(5*minute, nil)}, "0 0 1 0 0 1"},
		{"the same event three times", []object{failed(0, nil), failed(0, nil), failed(0, nil)}, "0 0 0"},
		{"duplicates of used events", []object{failed(0, nil), failed(1*minute, nil), failed(2*minute, nil), failed(0, nil), failed(1*minute, nil), failed(2*minute, nil)}, "0 0 1 0 0 0"},
		{"events without an id are never duplicates", []object{failed(0, object{"eventID": ""}), failed(0, object{"eventID": ""}), failed(0, object{"eventID": ""})}, "0 0 1"},
		{"a forged event with the same id and another content does not hide the real one", []object{failed(0, nil), failed(minute, nil), failed(2*minute, object{"userAgent": "forged", "sourceIPAddress": "203.0.113.1"}), failed(2*minute, nil)}, "0 0 0 1"},
		{"three addresses", []object{failed(0, from("198.51.100.1")), failed(0, from("198.51.100.2")), failed(0, from("198.51.100.3"))}, "0 0 0"},
		{"one address in three spellings", []object{failed(0, from("2001:db8::1")), failed(0, from("2001:DB8:0:0:0:0:0:1")), failed(0, from("2001:0db8::0001"))}, "0 0 1"},
		{"no address", []object{failed(0, from("signin.amazonaws.com")), failed(1, from("signin.amazonaws.com")), failed(2, from("signin.amazonaws.com"))}, "0 0 0"},
		{"events that the query does not match", []object{failed(0, nil), called("ConsoleLogin", minute, nil), failed(2*minute, nil), failed(3*minute, nil)}, "0 0 0 1"},
		{"events in any order", []object{failed(4*minute, nil), failed(0, nil), failed(2*minute, nil)}, "0 0 1"},
		{"a forged time far ahead hides nothing", []object{failed(0, nil), failed(0, object{"eventTime": "2099-01-01T00:00:00Z", "eventID": "f"}), failed(minute, nil), failed(2*minute, nil)}, "0 0 0 1"},
		{"a forged time long ago hides nothing", []object{failed(0, nil), failed(0, object{"eventTime": "1970-01-01T00:00:00Z", "eventID": "f"}), failed(minute, nil), failed(2*minute, nil)}, "0 0 0 1"},
	} {
		if got := counts(t, aboutPast(t, nil, failedLogin), test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}

func TestACardinalityCountsDifferentValues(t *testing.T) {
	for _, test := range []struct {
		why    string
		events []object
		want   string
	}{
		{"three values", []object{secret(0, "bob", "a"), secret(minute, "bob", "b"), secret(2*minute, "bob", "c")}, "0 0 1"},
		{"one value many times", []object{secret(0, "bob", "a"), secret(minute, "bob", "a"), secret(2*minute, "bob", "a"), secret(3*minute, "bob", "b"), secret(4*minute, "bob", "c")}, "0 0 0 0 1"},
		{"two callers", []object{secret(0, "bob", "a"), secret(minute, "eve", "b"), secret(2*minute, "bob", "c")}, "0 0 0"},
		{"beyond the look-back of ten minutes", []object{secret(0, "bob", "a"), secret(minute, "bob", "b"), secret(11*minute, "bob", "c"), secret(11*minute, "bob", "d")}, "0 0 0 1"},
		{"three values in one event", []object{func() object {
			e := secret(0, "bob", "a")
			e["requestParameters"] = object{"secretId": []any{"a", "a", "a", "b", "b", "b", "c", "c", "c"}}
			return e
		}()}, "1"},
	} {
		if got := counts(t, aboutPast(t, nil, manySecrets), test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}

func TestAThresholdWithoutFieldsCountsAllEvents(t *testing.T) {
	all := strings.Replace(failedLogin, `["cloud.account.id", "source.ip"]`, "[]", 1)
	e := aboutPast(t, nil, all)
	if got := counts(t, e, failed(0, object{"sourceIPAddress": "a"}), failed(1*minute, object{"sourceIPAddress": "b"}), failed(2*minute, nil)); got != "0 0 1" {
		t.Error(got)
	}
}

func TestNewTermsAreTold(t *testing.T) {
	for _, test := range []struct {
		why    string
		events []object
		want   string
	}{
		{"the first time", []object{secret(0, "bob", "a"), secret(minute, "bob", "a"), secret(minute, "bob", "b"), secret(minute, "eve", "a")}, "1 0 1 1"},
		{"after the history window", []object{secret(0, "bob", "a"), secret(5*day, "bob", "a"), secret(10*day+time.Second, "bob", "a")}, "1 0 1"},
		{"a late event is not new", []object{secret(10*day, "bob", "a"), secret(0, "bob", "a"), secret(11*day, "bob", "a")}, "1 0 0"},
		{"each combination of several values", []object{secret(0, "bob", "a", "b", "a"), secret(minute, "bob", "b", "c")}, "2 1"},
		{"an event without a field is not history", []object{secret(0, "bob"), secret(minute, "bob", "a")}, "0 1"},
		{"an event that the query does not match is not history", []object{func() object {
			e := secret(0, "bob", "a")
			e["errorCode"] = "AccessDenied"
			return e
		}(), secret(minute, "bob", "a")}, "0 1"},
		{"the same event again", []object{secret(0, "bob", "a"), secret(0, "bob", "a")}, "1 0"},
	} {
		if got := counts(t, aboutPast(t, nil, newCaller), test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}

func TestRulesAboutNewTermsLearnFirst(t *testing.T) {
	noon := time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		why    string
		change func(*detect.Options)
		events []object
		want   string
	}{
		{"a day from the first event", func(o *detect.Options) { o.LearningPeriod = 0 },
			[]object{secret(0, "bob", "a"), secret(day-time.Second, "eve", "a"), secret(day, "bob", "a"), secret(day, "tom", "a")}, "0 0 0 1"},
		{"from the first event, whatever it is", func(o *detect.Options) { o.LearningPeriod = 0 },
			[]object{called("ConsoleLogin", 0, nil), secret(2*day, "bob", "a")}, "0 1"},
		{"a period of their own", func(o *detect.Options) { o.LearningPeriod = time.Hour },
			[]object{secret(0, "bob", "a"), secret(time.Hour, "eve", "a")}, "0 1"},
		{"no longer than the history window", func(o *detect.Options) { o.LearningPeriod = 100 * day },
			[]object{secret(0, "bob", "a"), secret(5*day-time.Second, "eve", "a"), secret(5*day, "tom", "a")}, "0 0 1"},
		{"from a time that was named", func(o *detect.Options) { o.LearningPeriod, o.LearnFrom = time.Hour, noon },
			[]object{secret(-100*day, "bob", "a"), secret(time.Hour-time.Second, "eve", "a"), secret(time.Hour, "tom", "a")}, "0 0 1"},
		{"a first event with a time far ahead silences nothing", func(o *detect.Options) { o.LearningPeriod = time.Hour },
			[]object{called("ConsoleLogin", 0, object{"eventTime": "2099-01-01T00:00:00Z"}), secret(0, "bob", "a"), secret(time.Hour, "tom", "a")}, "0 0 1"},
	} {
		e := aboutPast(t, test.change, newCaller)
		if got := counts(t, e, test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
		silent := uint64(0)
		for i, event := range test.events {
			if event["eventName"] == "GetSecretValue" && strings.Fields(test.want)[i] == "0" && event["eventID"] != fmt.Sprint("bob", []string{"a"}, day) {
				silent++
			}
		}
		if learned := e.Stats().Learned; learned != silent {
			t.Errorf("%s: %d new terms were learned, want %d", test.why, learned, silent)
		}
	}
}

func TestSequencesOfEventsAreFound(t *testing.T) {
	list := func(after time.Duration, key string) object {
		return called("ListFoundationModels", after, object{"userIdentity": object{"type": "IAMUser", "accessKeyId": key}})
	}
	invoke := func(after time.Duration, key string) object {
		return called("InvokeModel", after, object{"userIdentity": object{"type": "IAMUser", "accessKeyId": key}})
	}
	for _, test := range []struct {
		why    string
		events []object
		want   string
	}{
		{"one after the other", []object{list(0, "A"), invoke(minute, "A"), invoke(2*minute, "A")}, "0 1 0"},
		{"another key", []object{list(0, "A"), invoke(minute, "B")}, "0 0"},
		{"no key", []object{list(0, ""), invoke(minute, "")}, "0 0"},
		{"at the end of the span, and after it", []object{list(0, "A"), invoke(15*minute, "A"), list(20*minute, "A"), invoke(35*minute+time.Second, "A")}, "0 1 0 0"},
		{"the first event arrives last", []object{invoke(minute, "A"), list(0, "A")}, "0 1"},
		{"the other order", []object{invoke(0, "A"), list(minute, "A")}, "0 0"},
		{"the same events again", []object{list(0, "A"), invoke(minute, "A"), list(0, "A"), invoke(minute, "A")}, "0 1 0 0"},
		{"any case, where the query has the colon", []object{list(0, "A"), called("invokemodel", minute, object{"userIdentity": object{"accessKeyId": "A"}})}, "0 1"},
		{"a forged time far ahead hides nothing", []object{list(0, "A"), called("ListFoundationModels", 0, object{"eventTime": "2099-01-01T00:00:00Z", "userIdentity": object{"accessKeyId": "A"}}), invoke(minute, "A")}, "0 0 1"},
	} {
		if got := counts(t, aboutPast(t, nil, reconnaissance), test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}

func TestAlertsSayWhatHasComeTogether(t *testing.T) {
	at := func(after time.Duration) time.Time {
		return time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC).Add(after)
	}
	for _, test := range []struct {
		rule   string
		events []object
		want   alert.Filled
		reason string
	}{
		{failedLogin, []object{failed(0, nil), failed(minute, nil), failed(2*minute, nil)}, alert.Filled{
			Kind: "threshold", Window: 6 * minute, Count: 3, First: at(0),
			Terms: []alert.Term{{Field: "cloud.account.id", Value: "111122223333"}, {Field: "source.ip", Value: "198.51.100.7"}},
		}, "user alice of account 111122223333 called ConsoleLogin of signin.amazonaws.com in account 111122223333: 3 such events since 2026-06-18T12:00:00Z with cloud.account.id 111122223333, source.ip 198.51.100.7"},
		{manySecrets, []object{secret(0, "bob", "a"), secret(minute, "bob", "b"), secret(2*minute, "bob", "b"), secret(3*minute, "bob", "c")}, alert.Filled{
			Kind: "threshold", Window: 10 * minute, Count: 4, Cardinality: 3, First: at(0),
			CardinalityField: "aws.cloudtrail.flattened.request_parameters.secretId",
			Terms:            []alert.Term{{Field: "user.name", Value: "bob"}},
		}, "user bob of account 111122223333 called GetSecretValue of signin.amazonaws.com in account 111122223333: 4 such events since 2026-06-18T12:00:00Z with user.name bob, and 3 values of aws.cloudtrail.flattened.request_parameters.secretId"},
		{newCaller, []object{secret(0, "bob", "arn:a")}, alert.Filled{
			Kind: "new_terms", Window: 5 * day,
			Terms: []alert.Term{{Field: "user.name", Value: "bob"}, {Field: "aws.cloudtrail.resources.arn", Value: "arn:a"}},
		}, "user bob of account 111122223333 called GetSecretValue of signin.amazonaws.com in account 111122223333: the first in 5d with user.name bob, aws.cloudtrail.resources.arn arn:a"},
		{reconnaissance, []object{called("ListFoundationModels", 0, nil), called("Converse", minute, nil)}, alert.Filled{
			Kind: "sequence", Window: 15 * minute, First: at(0), Events: []string{"id-ListFoundationModels-0s"},
			Terms: []alert.Term{{Field: "aws.cloudtrail.user_identity.access_key_id", Value: "AKIA1"}},
		}, "user alice of account 111122223333 called Converse of signin.amazonaws.com in account 111122223333, after 1 other event since 2026-06-18T12:00:00Z with aws.cloudtrail.user_identity.access_key_id AKIA1"},
	} {
		for _, format := range []alert.Format{alert.FormatNative, alert.FormatECS, alert.FormatOCSF} {
			e := aboutPast(t, func(o *detect.Options) { o.AlertFormat = format }, test.rule)
			v := e.ThoroughEvaluator()
			var last []detect.Output
			for _, event := range test.events {
				last = v.Record(pack(t, event), time.Time{})
			}
			if len(last) != 1 || len(last[0].Alerts) != 1 {
				t.Fatalf("%s: no alert", test.want.Kind)
			}
			a := last[0].Alerts[0]
			if !reflect.DeepEqual(a.Filled, &test.want) || a.Reason != test.reason {
				t.Errorf("%s: %+v\n%s", test.want.Kind, a.Filled, a.Reason)
			}
			read := alert.Read(last[0].Body, format, "alert")
			if len(read) != 1 || !reflect.DeepEqual(read[0].Filled, &test.want) {
				t.Errorf("%s, in format %d, is read as %+v", test.want.Kind, format, read)
			}
			if format == alert.FormatNative {
				said := unpack(t, last[0].Body)["alert"].(object)["state"].(object)
				if said["scope"] != "this collector" {
					t.Errorf("%s: %v", test.want.Kind, said)
				}
			}
		}
	}
}

func TestTwoNewTermsOfOneEventAreNoDuplicates(t *testing.T) {
	e := aboutPast(t, nil, newCaller)
	found := alerts(t, e, secret(0, "bob", "a", "b"))
	if len(found) != 2 || found[0].DedupKey == found[1].DedupKey || found[0].Suppressed != 0 || found[1].Suppressed != 0 {
		t.Errorf("%+v", found)
	}
}

// The filter evaluates a chunk twice where its alerts go two ways, and the output where
// they could not be delivered.
func TestWhatIsEvaluatedAgainComesTogetherAsBefore(t *testing.T) {
	rules := []string{failedLogin, newCaller, reconnaissance}
	events := []object{
		failed(0, nil), secret(0, "bob", "a", "b"), failed(1*minute, nil), called("ListFoundationModels", 0, nil), failed(2*minute, nil),
		secret(minute, "bob", "b"), called("InvokeModel", minute, nil), failed(3*minute, object{"eventID": ""}),
	}
	e := aboutPast(t, nil, rules...)
	var m detect.Verdicts
	evaluate := func(m *detect.Verdicts) (said []string) {
		v := e.Evaluator()
		defer v.Release()
		v.Remember(m)
		for _, event := range events {
			for _, o := range v.Raise(pack(t, event), time.Time{}) {
				for _, a := range o.Alerts {
					said = append(said, fmt.Sprint(a.DedupKey, a.Reason, a.Suppressed, *a.Filled))
				}
			}
		}
		return said
	}
	first := evaluate(&m)
	if len(first) != 4 {
		t.Fatalf("%d alerts: %q", len(first), first)
	}
	m.Rewind()
	for name, again := range map[string]*detect.Verdicts{"rewound": &m, "as bytes": detect.VerdictsOf(m.AppendBytes(nil))} {
		if got := evaluate(again); !reflect.DeepEqual(got, first) {
			t.Errorf("%s: %q\nwant %q", name, got, first)
		}
	}
	if got := evaluate(nil); len(got) != 0 {
		t.Errorf("without verdicts: %q", got)
	}
	if n := e.Stats().Alerts; n != 4 {
		t.Errorf("%d alerts are counted", n)
	}
}

func TestAGrantThatIsExceptedIsNoHistory(t *testing.T) {
	const opened = `
[rule]
name = "New account let in"
rule_id = "new-account"
type = "new_terms"
severity = "high"
risk_score = 73
query = 'trailwire.grant.relation: cross_account'
[rule.new_terms]
field = "new_terms_fields"
value = ["trailwire.grant.principal_account"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-10d"
`
	e := aboutPast(t, func(o *detect.Options) { o.Exceptions.Accounts = []string{"999988887777"} }, opened)
	grant := func(id, account string) object {
		return crossAccountGrant(object{"eventID": id, "requestParameters.principal": account})
	}
	if got := counts(t, e, grant("1", "444455556666"), grant("2", "444455556666"), grant("3", "999988887777"), grant("4", "555566667777")); got != "1 0 0 1" {
		t.Error(got)
	}
}

// A list of thousands in each of two fields has millions of combinations.
func TestAnEventWithManyCombinationsCostsInProportion(t *testing.T) {
	two := strings.Replace(newCaller, `"user.name", `, `"aws.cloudtrail.resources.account_id", `, 1)
	e := aboutPast(t, nil, two)
	event := secret(0, "bob", "a")
	var resources []any
	for i := range 3000 {
		resources = append(resources, object{"ARN": fmt.Sprint("arn", i), "accountId": fmt.Sprint(i)})
	}
	event["resources"] = resources
	start := time.Now()
	found := e.ThoroughEvaluator().Record(pack(t, event), time.Time{})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(found) != 1 || len(found[0].Alerts) != 3000 || e.Stats().OverLimit != 1 {
		t.Errorf("%d alerts, over the limit %d", len(found[0].Alerts), e.Stats().OverLimit)
	}
	few := secret(0, "bob", "a")
	few["resources"] = []any{object{"ARN": "x", "accountId": "1"}, object{"ARN": "y", "accountId": "2"}}
	if n := len(alerts(t, e, few)); n != 4 || e.Stats().OverLimit != 1 {
		t.Errorf("two by two are %d", n)
	}
}

func TestWhatARuleGivesUpIsCounted(t *testing.T) {
	e := aboutPast(t, func(o *detect.Options) { o.StateMemory = 1 << 20 }, newCaller)
	v := e.ThoroughEvaluator()
	for i := range 20_000 {
		v.Record(pack(t, secret(0, fmt.Sprint("user", i), strings.Repeat("x", 200))), time.Time{})
	}
	s := e.RuleStats()[0]
	if e.Stats().Evicted != 20_000-uint64(s.Remembered) || s.Evicted != e.Stats().Evicted || s.Remembered != 1<<20/64 {
		t.Errorf("%d evicted, %d remembered", s.Evicted, s.Remembered)
	}
}

func TestARuleWithAPastIsRefusedWhereItIsIncomplete(t *testing.T) {
	for _, test := range []struct{ why, text, from, to, want string }{
		{"no table", failedLogin, "[rule.threshold]", "[rule.other]", "rule.threshold.value is missing: it must be a whole number from 1 to 10000"},
		{"a count of zero", failedLogin, "value = 3", "value = 0", "rule.threshold.value is 0: it must be a whole number from 1 to 10000"},
		{"too many fields", failedLogin, `["cloud.account.id", "source.ip"]`, `["a", "b", "c", "d", "e", "f"]`, "rule.threshold.field has 6 fields: it must have 0 to 5"},
		{"a field that is a number", failedLogin, `["cloud.account.id", "source.ip"]`, `[1]`, "rule.threshold.field has an integer in it: it must be a list of strings"},
		{"a cardinality without a field", manySecrets, `field = "aws.cloudtrail.flattened.request_parameters.secretId"`, "", "rule.threshold.cardinality.field is missing: it must be the name of a field"},
		{"a cardinality that is too high", manySecrets, "\nvalue = 3", "\nvalue = 1001", "rule.threshold.cardinality.value is 1001: it must be a whole number from 1 to 1000"},
		{"no terms", newCaller, `["user.name", "aws.cloudtrail.resources.arn"]`, "[]", "rule.new_terms.value has 0 fields: it must have 1 to 3"},
		{"no list of terms", newCaller, `value = ["user.name", "aws.cloudtrail.resources.arn"]`, "", "rule.new_terms.value is missing: it must be a list of fields"},
		{"another word for terms", newCaller, `field = "new_terms_fields"`, `field = "terms"`, `rule.new_terms.field is "terms": it must be new_terms_fields`},
		{"no history", newCaller, "history_window_start]]", "other]]", "rule.new_terms.history_window_start is missing: it must be a table [[rule.new_terms.history_window_start]] with field and value, such as now-10d"},
		{"a history that is not a period", newCaller, "now-5d", "5 days", `rule.new_terms.history_window_start.value is "5 days": it must be now- and a period, such as now-10d`},
		{"a history within the look-back", newCaller, "now-5d", "now-6m", "rule.new_terms.history_window_start is 6m: it must be longer ago than rule.from, which is 6m"},
		{"a sequence without a field", reconnaissance, "by aws.cloudtrail.user_identity.access_key_id", "", "rule.query: a sequence without by is not supported: every event would have to be remembered"},
	} {
		_, err := rule.Parse("r.toml", []byte(strings.Replace(test.text, test.from, test.to, 1)))
		if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
			t.Errorf("%s: %v", test.why, err)
		}
	}
	for _, field := range []string{"user.nam", "aws.cloudtrail.user_identity.access_key"} {
		for _, text := range []string{failedLogin, newCaller, reconnaissance} {
			text = strings.NewReplacer(`"source.ip"`, `"`+field+`"`, `"user.name"`, `"`+field+`"`, "sequence by aws.cloudtrail.user_identity.access_key_id", "sequence by "+field).Replace(text)
			r, err := rule.Parse("r.toml", []byte(text))
			if err != nil || len(r.Warnings()) != 1 || !strings.Contains(r.Warnings()[0].Msg, "no CloudTrail event has the field "+field+": did you mean") {
				t.Errorf("%s: %v %v", field, err, r.Warnings())
			}
		}
	}
}

func TestWhatARuleIsAboutIsSaidInWords(t *testing.T) {
	for text, want := range map[string]string{
		failedLogin:    "3 or more events within 6m, with the same cloud.account.id, source.ip",
		manySecrets:    "1 or more events within 10m, with the same user.name and 3 or more different values of aws.cloudtrail.flattened.request_parameters.secretId",
		newCaller:      "the first event in 5d with these values of user.name, aws.cloudtrail.resources.arn",
		reconnaissance: "2 events in this order within 15m, with the same aws.cloudtrail.user_identity.access_key_id",
	} {
		r, err := rule.Parse("r.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Past().String(); got != want {
			t.Errorf("%s", got)
		}
	}
}

// Elastic's own rules with a past, from the checkout.
func TestElasticsRulesWithAPastLoadUnmodified(t *testing.T) {
	byID := elasticRules(t)
	found := map[rule.PastKind]int{}
	for _, r := range byID {
		if p := r.Past(); p != nil {
			found[p.Kind]++
			if r.Needles() == nil {
				t.Logf("%s has no must-contain string", r.Name)
			}
		}
	}
	if found[rule.Threshold] != 5 || found[rule.NewTerms] != 49 || found[rule.Sequence] != 1 {
		t.Errorf("%v are loaded, want 5 thresholds, 49 about new terms, 1 sequence", found)
	}
	if _, err := os.Stat(filepath.Join("testdata", "aws-rules")); err != nil {
		t.Error(err)
	}
}

func BenchmarkRulesWithAPast(b *testing.B) {
	for name, test := range map[string]struct {
		rule  string
		event func(i int) object
	}{
		"a known term": {newCaller, func(i int) object {
			return secret(time.Duration(i)*time.Second, "bob", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x")
		}},
		"counted":              {failedLogin, func(i int) object { return failed(time.Duration(i)*time.Hour, nil) }},
		"a step of a sequence": {reconnaissance, func(i int) object { return called("ListFoundationModels", time.Duration(i)*time.Second, nil) }},
	} {
		b.Run(name, func(b *testing.B) {
			e := aboutPast(b, nil, test.rule)
			var events [][]byte
			for i := range 1000 {
				events = append(events, pack(b, test.event(i)))
			}
			v := e.ThoroughEvaluator()
			v.Record(events[0], time.Time{})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				v.Record(events[i%1000], time.Time{})
				i++
			}
		})
	}
}
