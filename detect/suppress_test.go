package detect_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
)

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
			t.Errorf("%s: its copy is %s, suppressed %q", name, again[0].DedupKey, again[0].Suppressed)
		}
	}
}
