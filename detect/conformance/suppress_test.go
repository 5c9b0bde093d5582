package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
)

// asText returns a value as JSON text.
func asText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// granted is the event with this id at this time.
func granted(id, at string) object {
	return crossAccountGrant(object{"eventID": id, "eventTime": at})
}

func TestSuppression(t *testing.T) {
	type seen struct {
		id, at string
		want   string
	}
	for _, test := range []struct {
		name   string
		change func(*detect.Options)
		events []seen
	}{
		{"an event is a duplicate within the look-back of six minutes", nil, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"a", "2026-06-18T10:00:00Z", "duplicate"},
			{"b", "2026-06-18T10:06:00Z", ""},
			{"a", "2026-06-18T10:00:00Z", "duplicate"},
			{"c", "2026-06-18T10:06:01Z", ""},
			{"a", "2026-06-18T10:00:00Z", ""},
		}},
		{"files replayed out of order find their duplicates too", nil, []seen{
			{"late", "2026-06-18T12:00:00Z", ""},
			{"early", "2020-01-01T00:00:00Z", ""},
			{"early", "2020-01-01T00:00:00Z", "duplicate"},
		}},
		{"a window of its own", func(o *detect.Options) { o.DedupWindow = time.Minute }, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"b", "2026-06-18T10:01:01Z", ""},
			{"a", "2026-06-18T10:00:00Z", ""},
		}},
		{"no window", func(o *detect.Options) { o.DedupWindow = -1 }, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"a", "2026-06-18T10:00:00Z", ""},
		}},
		{"max_signals counts by interval of event time", func(o *detect.Options) { o.MaxSignals = 2 }, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"b", "2026-06-18T10:01:00Z", ""},
			{"c", "2026-06-18T10:04:59Z", "max_signals"},
			{"d", "2026-06-18T10:05:00Z", ""},
			{"e", "2026-06-18T10:02:00Z", "max_signals"},
		}},
		{"an event from the future does not move the window", nil, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"future", "2999-01-01T00:00:00Z", ""},
			{"future", "2999-01-01T00:00:00Z", "duplicate"},
		}},
		{"a time in the future is taken for now", func(o *detect.Options) { o.DedupWindow = 24 * 365 * 100 * time.Hour }, []seen{
			{"a", "2026-06-18T10:00:00Z", ""},
			{"future", "2999-01-01T00:00:00Z", ""},
			{"a", "2026-06-18T10:00:00Z", "duplicate"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newEngine(t, test.change)
			for i, e := range test.events {
				found := alerts(t, engine, granted(e.id, e.at))
				if len(found) != 1 {
					t.Fatalf("event %d raises %d alerts: a suppressed one is raised all the same", i, len(found))
				}
				if got := found[0].Suppressed.String(); got != e.want {
					t.Errorf("event %d (%s at %s): suppressed %q, want %q", i, e.id, e.at, got, e.want)
				}
			}
		})
	}
}

func TestADuplicateHasTheSameContent(t *testing.T) {
	same := object{"eventID": "known", "eventTime": "2026-06-18T10:00:00Z"}
	with := func(changes object) object {
		all := object{}
		for _, o := range []object{same, changes} {
			for key, value := range o {
				all[key] = value
			}
		}
		return all
	}
	alice := func(key string, value any) object {
		return object{"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice", key: value}
	}
	for _, test := range []struct {
		name    string
		changes object
		want    string
	}{
		{"the event again", nil, "duplicate"},
		{"by the same user", object{"userIdentity": alice("type", "IAMUser")}, "duplicate"},
		{"with something beside its members", object{"collector": "edge-7"}, "duplicate"},
		{"with another principal", object{"requestParameters.principal": "777788889999"}, ""},
		{"on another function", object{"requestParameters.functionName": "payroll"}, ""},
		{"by somebody else", object{"userIdentity": object{"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/mallory"}}, ""},
		{"by another service", object{"userIdentity": alice("invokedBy", "cloudformation.amazonaws.com")}, ""},
		{"for a user of Identity Center", object{"userIdentity": alice("onBehalfOf", object{"userId": "544894e8"})}, ""},
		{"for a user of another identity store", object{"userIdentity": alice("onBehalfOf", object{"identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"})}, ""},
		{"by a user of another identity provider", object{"userIdentity": alice("identityProvider", "accounts.google.com")}, ""},
		{"with another user agent", object{"userAgent": "curl/8"}, ""},
		{"from another address", object{"sourceIPAddress": "198.51.100.1"}, ""},
		{"at another time", object{"eventTime": "2026-06-18T10:00:01Z"}, ""},
		{"in another account", object{"recipientAccountId": "999900001111"}, ""},
		{"with a parameter whose text looks like two", object{"requestParameters.sourceArn": "arn:aws:s3:::a, principal=444455556666"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newEngine(t, nil)
			forged := alerts(t, engine, crossAccountGrant(with(test.changes)))
			if len(forged) != 1 {
				t.Fatalf("%d alerts", len(forged))
			}
			found := alerts(t, engine, crossAccountGrant(same))
			if len(found) != 1 || found[0].Suppressed.String() != test.want {
				t.Errorf("after it the event is suppressed as %q, want %q", found[0].Suppressed, test.want)
			}
			if isSame := found[0].DedupKey == forged[0].DedupKey; isSame != (test.want != "") {
				t.Errorf("their keys are %s and %s", forged[0].DedupKey, found[0].DedupKey)
			}
		})
	}
	// One text under two members is two things.
	engine := newEngine(t, nil)
	for _, member := range []string{"invokedBy", "identityProvider"} {
		if found := alerts(t, engine, crossAccountGrant(with(object{"userIdentity": alice(member, "x.example")}))); len(found) != 1 || found[0].Suppressed != alert.NotSuppressed {
			t.Errorf("the same text under %s: %v", member, found)
		}
	}
	// However it is wrapped, an event is the same.
	engine = newEngine(t, nil)
	event := crossAccountGrant(same)
	key := alerts(t, engine, event)[0].DedupKey
	for _, wrapped := range []object{{"Records": []any{event}}, {"log": asText(t, event)}, {"detail-type": "AWS API Call via CloudTrail", "detail": event}} {
		if found := alerts(t, engine, wrapped); len(found) != 1 || found[0].Suppressed != alert.Duplicate || found[0].DedupKey != key {
			t.Errorf("wrapped in %v it is not a duplicate", wrapped)
		}
	}
}

// What an attacker does first must not hide what he does then.
func TestTheFirstGrantToAnAccountIsNeverOneTooMany(t *testing.T) {
	grantTo := func(id, principal string) object {
		return crossAccountGrant(object{"eventID": id, "eventTime": "2026-06-18T10:00:00Z", "requestParameters.principal": principal})
	}
	engine := newEngine(t, func(o *detect.Options) { o.MaxSignals = 3 })
	for i := range 20 {
		alerts(t, engine, grantTo(fmt.Sprint("noise-", i), "111122223333"))
	}
	for _, e := range []struct{ id, principal, want string }{
		{"first", "444455556666", ""},
		{"second", "arn:aws:iam::444455556666:role/x", "max_signals"},
		{"other", "777788889999", ""},
		{"noise", "111122223333", "max_signals"},
	} {
		if found := alerts(t, engine, grantTo(e.id, e.principal)); len(found) != 1 || found[0].Suppressed.String() != e.want {
			t.Errorf("%s: suppressed as %q, want %q", e.id, found[0].Suppressed, e.want)
		}
	}
	quiet := newEngine(t, func(o *detect.Options) { o.MaxSignals, o.Exceptions.SameAccount = 3, true })
	for i := range 20 {
		alerts(t, quiet, grantTo(fmt.Sprint("excepted-", i), "111122223333"))
	}
	for i := range 3 {
		if found := alerts(t, quiet, grantTo(fmt.Sprint("again-", i), "444455556666")); len(found) != 1 || found[0].Suppressed != alert.NotSuppressed {
			t.Errorf("what an exception covers counts: alert %d is suppressed as %q", i, found[0].Suppressed)
		}
	}
}

func TestHundredAlertsInAnInterval(t *testing.T) {
	engine := newEngine(t, nil)
	for i := range 150 {
		alerts(t, engine, granted(fmt.Sprint("event-", i), "2026-06-18T10:00:00Z"))
	}
	s := engine.Stats()
	if s.Alerts != 150 || s.Suppressed != 50 {
		t.Errorf("%d alerts of which %d suppressed, want 150 and 50", s.Alerts, s.Suppressed)
	}
}

func TestConcurrentCallersSeeEachEventOnce(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) { o.MaxSignals = 1_000_000 })
	const callers, events = 8, 200
	bodies := make([][]byte, events)
	for i := range bodies {
		bodies[i] = pack(t, granted(fmt.Sprint("event-", i), "2026-06-18T10:00:00Z"))
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			v := engine.Evaluator()
			defer v.Release()
			for _, body := range bodies {
				if outputs := v.Record(body, time.Time{}); len(outputs) != 1 {
					t.Errorf("%d outputs", len(outputs))
				}
			}
		})
	}
	wg.Wait()
	s := engine.Stats()
	if fresh := s.Alerts - s.Suppressed; fresh != events {
		t.Errorf("%d alerts are not suppressed, want %d: one for each event", fresh, events)
	}
}

// CloudTrail's ids have 36 characters. One of megabytes must not make every alert
// as large.
func TestTheDedupKeyIsShortWhateverTheIDOfTheEvent(t *testing.T) {
	engine := newEngine(t, nil)
	huge := strings.Repeat("x", 1<<20)
	keys := make(map[string]string)
	for name, id := range map[string]string{
		"one of CloudTrail's": "5d0ff5a1-0000-4000-8000-000000000001", "a huge one": huge, "another": huge + "y",
		"none of CloudTrail's": "e1",
	} {
		found := alerts(t, engine, granted(id, "2026-06-18T10:00:00Z"))
		if len(found) != 1 || found[0].Suppressed != alert.NotSuppressed {
			t.Fatalf("%s: %d alerts, or taken for a duplicate", name, len(found))
		}
		key := found[0].DedupKey
		if len(key) > 200 || !utf8.ValidString(key) || len(found[0].EventID) > 2048 {
			t.Errorf("%s: the key has %d bytes, the id %d", name, len(key), len(found[0].EventID))
		}
		if other, taken := keys[key]; taken {
			t.Errorf("%s and %s have one key", name, other)
		}
		keys[key] = name
		if again := alerts(t, engine, granted(id, "2026-06-18T10:00:00Z")); again[0].DedupKey != key || again[0].Suppressed != alert.Duplicate {
			t.Errorf("%s: its duplicate is %s, suppressed %q", name, again[0].DedupKey, again[0].Suppressed)
		}
	}
}
