package detect

import (
	"fmt"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestTheMemoryOfPastAlertsIsBounded(t *testing.T) {
	var s suppressor
	rule := &compiledRule{Rule: &rule.Rule{LookBack: time.Hour, Interval: time.Hour, MaxSignals: 1 << 30}}
	noon := time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		if got := s.judge(rule, fmt.Sprint("event-", i), noon, &Options{}); got != alert.NotSuppressed {
			t.Fatalf("event %d is suppressed: %s", i, got)
		}
	}
	if len(s.seen) > 16_384 || len(s.order) > 16_384 {
		t.Errorf("%d events are remembered, %d in order, want 16384 at most", len(s.seen), len(s.order))
	}
	if got := s.judge(rule, "event-99999", noon, &Options{}); got != alert.Duplicate {
		t.Errorf("the last event comes again as %q, want a duplicate", got)
	}
	if got := s.judge(rule, "event-0", noon, &Options{}); got != alert.NotSuppressed {
		t.Errorf("the first event, long forgotten, comes again as %q", got)
	}
}
