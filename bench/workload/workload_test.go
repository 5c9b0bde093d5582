package workload

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestEveryRecordIsJSON(t *testing.T) {
	for _, w := range All {
		for i, record := range w.Records(1, 500) {
			if !json.Valid([]byte(record)) {
				t.Fatalf("%s: record %d is not JSON: %.300s", w.Name, i, record)
			}
		}
	}
}

func TestSameSeedGivesTheSameRecords(t *testing.T) {
	for _, w := range All {
		if !slices.Equal(w.Records(7, 200), w.Records(7, 200)) {
			t.Errorf("%s differs", w.Name)
		}
	}
}

func TestSizesAreThoseOfRealEvents(t *testing.T) {
	var sizes []int
	for _, record := range Mixed.Records(1, 20_000) {
		sizes = append(sizes, len(record))
	}
	slices.Sort(sizes)
	at := func(share float64) int { return sizes[int(share*float64(len(sizes)-1))] }
	for _, test := range []struct {
		name             string
		got, least, most int
	}{
		{"least", at(0), 490, 600},
		{"median", at(0.5), 1250, 1350},
		{"95th percentile", at(0.95), 2250, 2550},
		{"largest", at(1), 64_000, 68_000},
	} {
		if test.got < test.least || test.got > test.most {
			t.Errorf("%s: %d bytes, want %d to %d", test.name, test.got, test.least, test.most)
		}
		t.Logf("%s: %d bytes", test.name, test.got)
	}
}

func TestAHundredRulesMatchNothingInTheMixedAccount(t *testing.T) {
	if got := alertsOf(t, Rules(100)); got != 0 {
		t.Errorf("%d events raise an alert, want none", got)
	}
}

func TestTheMatchingRulesMatchOneEventIn20(t *testing.T) {
	if got := alertsOf(t, MatchingRules()); got < 430 || got > 570 {
		t.Errorf("%d events in 10,000 raise an alert, want 500 or so", got)
	}
}

// alertsOf returns how many of 10,000 events of the mixed account raise an
// alert, without a search before.
func alertsOf(t *testing.T, rules []*rule.Rule) (n int) {
	t.Helper()
	o := detect.DefaultOptions()
	o.Rules, o.DedupWindow = rules, -1
	engine, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	v := engine.ThoroughEvaluator()
	for _, record := range Mixed.Packed(1, 10_000) {
		if v.Record(record, time.Time{}) != nil {
			n++
		}
	}
	return n
}

func TestNoTwoMatchesAmongFewOtherEventsAreTheSame(t *testing.T) {
	seen := make(map[string]int)
	for _, record := range MatchingAmongFew("few", 100, 50).Records(1, 1000) {
		seen[record]++
	}
	once := 0
	for _, n := range seen {
		if n == 1 {
			once++
		}
	}
	if once != 10 || len(seen) > 60 {
		t.Errorf("%d records come once, want 10; %d are different, want at most 60", once, len(seen))
	}
}
