package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
)

// verdictsOn returns the suppressions of the alerts of some events.
func verdictsOn(e *detect.Engine, m *detect.Verdicts, bodies ...[]byte) (given []string) {
	v := e.Evaluator()
	defer v.Release()
	v.Remember(m)
	for _, b := range bodies {
		for _, o := range v.Alerts(b, time.Time{}) {
			given = append(given, o.Alerts[0].Suppressed.String())
		}
	}
	return given
}

func TestVerdictsAreTheSameForTheSameRecords(t *testing.T) {
	e := newEngine(t, func(o *detect.Options) { o.MaxSignals = 2 })
	a, b, c := pack(t, granted("a", "2026-06-18T10:00:00Z")), pack(t, granted("b", "2026-06-18T10:00:00Z")), pack(t, granted("c", "2026-06-18T10:00:00Z"))
	var m detect.Verdicts
	want := []string{"", "duplicate", "", "max_signals"}
	for i := range 3 {
		m.Rewind()
		if got := verdictsOn(e, &m, a, a, b, c); !slices.Equal(got, want) {
			t.Errorf("time %d: %q, want %q", i, got, want)
		}
	}
	if s := e.Stats(); m.Len() != 4*9 || s.Alerts != 4 || s.Suppressed != 2 {
		t.Errorf("%d verdicts, %d alerts, %d suppressed", m.Len(), s.Alerts, s.Suppressed)
	}
	if got := verdictsOn(e, nil, a); fmt.Sprint(got) != "[duplicate]" {
		t.Errorf("without verdicts: %q", got)
	}
}

// The filter evaluates a chunk again if the input does not take its alerts, and the output if they
// could not be delivered. What leaves then is what would have left the first time.
func TestAlertsOfRecordsThatAreEvaluatedAgainAreTheSameByteForByte(t *testing.T) {
	for name, format := range map[string]alert.Format{"native": alert.FormatNative, "ecs": alert.FormatECS, "ocsf": alert.FormatOCSF} {
		at := time.Date(2026, time.June, 18, 10, 4, 3, 0, time.UTC)
		e := newEngine(t, func(o *detect.Options) {
			o.AlertFormat, o.Collector = format, "collector-7"
			o.Clock = func() time.Time { at = at.Add(time.Minute); return at }
		})
		var m detect.Verdicts
		written := func(m *detect.Verdicts) (all []byte) {
			v := e.Evaluator()
			defer v.Release()
			v.Remember(m)
			for _, id := range []string{"a", "b"} {
				for _, o := range v.Raise(pack(t, granted(id, "2026-06-18T10:00:00Z")), time.Time{}) {
					all = append(all, o.Body...)
				}
			}
			return all
		}
		first := written(&m)
		m.Rewind()
		for how, again := range map[string]*detect.Verdicts{"rewound": &m, "as bytes": detect.VerdictsOf(m.AppendBytes(nil))} {
			if got := written(again); !bytes.Equal(got, first) {
				t.Errorf("%s, %s: the alerts are\n%q\nand were\n%q", name, how, got, first)
			}
		}
		if got := written(nil); bytes.Equal(got, first) {
			t.Errorf("%s: a second delivery has the time of the first", name)
		}
	}
}

func TestARecordThatAnotherCollectorHasTaggedKeepsItsAlert(t *testing.T) {
	for name, format := range map[string]alert.Format{"native": alert.FormatNative, "ecs": alert.FormatECS} {
		collector := func(host string, at time.Time) *detect.Evaluator {
			return newEngine(t, func(o *detect.Options) {
				o.AlertFormat, o.Collector, o.Clock = format, host, func() time.Time { return at }
			}).ThoroughEvaluator()
		}
		at := time.Date(2026, time.June, 18, 10, 4, 3, 0, time.UTC)
		first := collector("collector-7", at).Record(pack(t, crossAccountGrant(nil)), time.Time{})[0].Body
		if again := collector("collector-8", at.Add(time.Hour)).Record(first, time.Time{}); again != nil {
			t.Errorf("%s: it becomes %v", name, unpack(t, again[0].Body))
		}
	}
}

func TestAlertsLeavesOutRecordsWithoutAlerts(t *testing.T) {
	e := newEngine(t, nil)
	v := e.Evaluator()
	defer v.Release()
	list := pack(t, object{"Records": []any{
		granted("a", "2026-06-18T10:00:00Z"),
		crossAccountGrant(object{"eventID": "b", "errorCode": "AccessDenied"}),
		granted("c", "2026-06-18T10:00:00Z"),
	}})
	if n := len(v.Alerts(list, time.Time{})); n != 2 {
		t.Errorf("%d records with alerts, want 2", n)
	}
	if n := len(v.Record(list, time.Time{})); n != 3 {
		t.Errorf("%d records of the list, want 3", n)
	}
}

func TestAlertsReturnsARecordThatIsTaggedAlreadyAsItIs(t *testing.T) {
	e := newEngine(t, nil)
	v := e.Evaluator()
	defer v.Release()
	tagged := slices.Clone(v.Record(pack(t, granted("a", "2026-06-18T10:00:00Z")), time.Time{})[0].Body)
	again := v.Alerts(tagged, time.Time{})
	if len(again) != 1 || string(again[0].Body) != string(tagged) {
		t.Error("it is not there, or it is not as it was")
	}
	if v.Record(tagged, time.Time{}) != nil {
		t.Error("a filter would tag it again")
	}
}
