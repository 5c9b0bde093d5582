package conformance

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// Elastic's own rules about several events, as their files are, on events of ours in an engine.

// engineOf is an engine with one of Elastic's rules, whose learning is over.
func engineOf(t *testing.T, r *rule.Rule) *detect.Engine {
	t.Helper()
	return newEngine(t, func(o *detect.Options) {
		o.Rules, o.LearningPeriod, o.Databases = []*rule.Rule{r}, -1, placeDatabases(t)
	})
}

// firstMatch is the first event of ours that a rule is about.
func firstMatch(t *testing.T, tests []ruleCase) object {
	t.Helper()
	for _, c := range tests {
		if c.Expected && c.inRawEvents() {
			return eventOf(t, c)
		}
	}
	t.Fatal("no raw event matches")
	return nil
}

func eventOf(t *testing.T, c ruleCase) (event object) {
	t.Helper()
	if err := json.Unmarshal(jsonOf(t, c.Record), &event); err != nil {
		t.Fatal(err)
	}
	return event
}

// another is an event of the same kind as another, so many seconds later, with a difference.
func another(event object, seconds int, difference object) object {
	return merged(merged(event, object{
		"eventTime": time.Date(2026, 6, 18, 12, 0, seconds, 0, time.UTC).Format(time.RFC3339),
		"eventID":   fmt.Sprintf("5f0d8f0c-7e5b-4b0f-8f4d-%012d", seconds),
	}), difference)
}

func TestElasticsThresholdsFillAndStayOneShort(t *testing.T) {
	byID, tests := elasticRules(t), awsRuleTests(t)
	secret := func(i int) object {
		return object{"requestParameters": object{"secretId": fmt.Sprintf("orders-%d", i)}}
	}
	key := func(i int) object {
		return object{"requestParameters": object{"key": fmt.Sprintf("%d.csv", i)}}
	}
	for _, test := range []struct {
		id    string
		count int                // how many events it takes
		one   func(i int) object // what event i has of its own
		other object             // what an event has that counts for another caller, or bucket
	}{
		{"185c782e-f86a-11ee-9d9f-f661ea17fbce", 20, secret, object{"userIdentity": object{"principalId": "AROAEXAMPLEOPERATE01:eve"}}},
		{"4d50a94f-2844-43fa-8395-6afbd5e1c5ef", 10, nil, object{"userIdentity": object{"accountId": "444455556666"}}},
		{"ea248a02-bc47-4043-8e94-2885b19b2636", 25, nil, object{"sourceIPAddress": "198.51.100.8"}},
		{"5f0234fd-7f21-42af-8391-511d5fd11d5c", 40, key, object{"tlsDetails": object{"clientProvidedHostHeader": "shop.s3.eu-west-1.amazonaws.com"}}},
		{"909bf7c8-d371-11ef-bcc3-f661ea17fbcd", 20, key, object{"tlsDetails": object{"clientProvidedHostHeader": "shop.s3.eu-west-1.amazonaws.com"}}},
	} {
		r, first := byID[test.id], firstMatch(t, tests[test.id])
		for _, last := range []struct {
			why        string
			difference object
			at         int // seconds after the first event
			want       int
		}{
			{"the last one fills it", nil, 300, 1},
			{"the last one is of another", test.other, 300, 0},
			{"the last one comes when the first one is out of sight", nil, 361, 0},
			{"the last one is not one of the query", object{"eventSource": "portal.example.com"}, 300, 0},
		} {
			e, raised := engineOf(t, r), 0
			for i := range test.count - 1 {
				difference := object(nil)
				if test.one != nil {
					difference = test.one(i)
				}
				raised += len(alerts(t, e, another(first, i, difference)))
			}
			if raised != 0 {
				t.Errorf("%s: %s: %d alerts before the last event", r.Name, last.why, raised)
			}
			difference := last.difference
			if test.one != nil {
				difference = merged(test.one(test.count), difference)
			}
			found := alerts(t, e, another(first, last.at, difference))
			if len(found) != last.want || last.want == 1 && (found[0].Rule.ID != r.ID || found[0].Filled.Count != test.count) {
				t.Errorf("%s: %s: alerts of %v, want %d", r.Name, last.why, found, last.want)
			}
		}
	}
}

func TestElasticsRulesAboutNewTermsTellTheFirstAlone(t *testing.T) {
	tests := awsRuleTests(t)
	for id, r := range elasticRules(t) {
		if r.Past() == nil || r.Past().Kind != rule.NewTerms {
			continue
		}
		raised := make(map[string]bool) // by form
		for _, test := range tests[id] {
			forms := map[string][]byte{"ECS documents": pack(t, test.ecsDocument(t))}
			if test.inRawEvents() {
				forms["raw events"] = test.Record
			}
			for form, record := range forms {
				e := engineOf(t, r)
				first, second := raisedOn(e, record), raisedOn(e, record)
				if len(first) > 0 && !test.Expected || len(second) > 0 {
					t.Errorf("%s: %s, on %s: %d alerts, and on the same event %d", r.Name, test.Why, form, len(first), len(second))
				}
				raised[form] = raised[form] || len(first) > 0
			}
		}
		if !raised["ECS documents"] {
			t.Errorf("%s (%s) raises no alert on an ECS document", r.Name, id)
		}
		if _, excused := onlyInDocuments[id]; raised["raw events"] == excused {
			t.Errorf("%s (%s) raises an alert on a raw event: %t, but is among those that cannot: %t", r.Name, id, raised["raw events"], excused)
		}
	}
}

func raisedOn(e *detect.Engine, record []byte) (found []alert.Alert) {
	for _, o := range e.ThoroughEvaluator().Record(record, time.Time{}) {
		found = append(found, o.Alerts...)
	}
	return found
}

func TestARuleAboutNewTermsOfElasticsLearns(t *testing.T) {
	byID, tests := elasticRules(t), awsRuleTests(t)
	const id = "288a198e-9b9b-11ef-a0a8-f661ea17fbcd" // AWS STS Role Assumption by User
	first := firstMatch(t, tests[id])
	deploy := object{"resources": []any{object{"ARN": "arn:aws:iam::111122223333:role/deploy"}}}
	e := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{byID[id]} }) // a day, as by default
	got := counts(t, e,
		another(first, 0, nil), another(first, 3600, nil), // learned, and known
		another(first, 90_000, nil),       // still known
		another(first, 90_001, deploy),    // a role that is new
		another(first, 90_002, deploy),    // and no longer is
		another(first, 6*86_400, nil),     // last seen less than five days ago
		another(first, 12*86_400, deploy), // forgotten after five days
	)
	if want := "0 0 0 1 0 0 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if learned := e.Stats().Learned; learned != 1 {
		t.Errorf("%d new terms were learned, want 1", learned)
	}
}

func TestElasticsSequenceIsFoundInOrder(t *testing.T) {
	byID, tests := elasticRules(t), awsRuleTests(t)
	const id = "a17f2e5f-de52-49e8-9d86-ccfe91cd54d4"
	list := firstMatch(t, tests[id])
	invoke := merged(list, object{"eventName": "InvokeModel", "requestParameters": object{"modelId": "anthropic.claude-3-haiku-20240307-v1:0"}})
	session := object{"userIdentity": object{"accessKeyId": "ASIAEXAMPLEBOB000001"}}
	for _, test := range []struct {
		why    string
		events []object
		want   string
	}{
		{"in order", []object{another(list, 0, nil), another(invoke, 60, nil)}, "0 1"},
		{"out of order", []object{another(invoke, 0, nil), another(list, 60, nil)}, "0 0"},
		{"in order, but delivered out of it", []object{another(invoke, 60, nil), another(list, 0, nil)}, "0 1"},
		{"with another key", []object{another(list, 0, nil), another(invoke, 60, object{"userIdentity": object{"accessKeyId": "AKIAEXAMPLEEVE000001"}})}, "0 0"},
		{"with the key of a session", []object{another(list, 0, session), another(invoke, 60, session)}, "0 0"},
		{"a second longer than a quarter of an hour", []object{another(list, 0, nil), another(invoke, 901, nil)}, "0 0"},
		{"a denied call between, which is not one of them", []object{another(list, 0, nil), another(invoke, 30, object{"errorCode": "AccessDenied"}), another(invoke, 900, nil)}, "0 0 1"},
	} {
		if got := counts(t, engineOf(t, byID[id]), test.events...); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}
