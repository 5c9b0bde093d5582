package detect

import (
	"fmt"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestTheMemoryOfPastAlertsIsBounded(t *testing.T) {
	var s suppressor
	judged := &compiledRule{Rule: &rule.Rule{LookBack: time.Hour, Interval: time.Hour, MaxSignals: 1 << 30}}
	noon := time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)
	judge := func(key string) alert.Suppression {
		return s.judge(judged, &alert.Alert{DedupKey: key}, noon, &Options{})
	}
	for i := range 100_000 {
		if got := judge(fmt.Sprint("event-", i)); got != alert.NotSuppressed {
			t.Fatalf("event %d is suppressed: %s", i, got)
		}
	}
	if len(s.seen) > 16_384 || len(s.order) > 16_384 {
		t.Errorf("%d events are remembered, %d in order, want 16384 at most", len(s.seen), len(s.order))
	}
	if got := judge("event-99999"); got != alert.Duplicate {
		t.Errorf("the last event comes again as %q, want a duplicate", got)
	}
	if got := judge("event-0"); got != alert.NotSuppressed {
		t.Errorf("the first event, long forgotten, comes again as %q", got)
	}
	// The oldest of those that are known is the next to be forgotten.
	oldest := 100_000 - 16_384 + 1 // event-0 took the place of the one before
	judge("one more")
	if got := judge(fmt.Sprint("event-", oldest+1)); got != alert.Duplicate {
		t.Errorf("the second oldest event is forgotten before its turn: %q", got)
	}
	if got := judge(fmt.Sprint("event-", oldest)); got != alert.NotSuppressed {
		t.Errorf("the oldest event is still known: %q", got)
	}
}

func TestTheMemoryOfFirstGrantsIsBounded(t *testing.T) {
	var s suppressor
	judged := &compiledRule{Rule: &rule.Rule{ID: "r", Interval: time.Hour, MaxSignals: 1}}
	noon := time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)
	judge := func(account int) alert.Suppression {
		g := &grant.Grant{Relation: grant.RelationCrossAccount, PrincipalAccount: fmt.Sprintf("%012d", account)}
		return s.judge(judged, &alert.Alert{Grant: g}, noon, &Options{DedupWindow: -1})
	}
	for i := range 10_000 {
		if got := judge(i); got != alert.NotSuppressed {
			t.Fatalf("the first grant to account %d is suppressed: %s", i, got)
		}
	}
	if len(s.firsts.known) > 4096 || len(s.firsts.order) > 4096 {
		t.Errorf("%d grants are remembered, %d in order, want 4096 at most", len(s.firsts.known), len(s.firsts.order))
	}
	if got := judge(9_999); got != alert.OverMaxSignals {
		t.Errorf("the second grant to an account is %q, want max_signals", got)
	}
	if got := judge(0); got != alert.NotSuppressed {
		t.Errorf("a grant that was forgotten is %q: it must be an alert too many", got)
	}
}
