package detect

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// Stats counts what an engine has done since it was made. Records and events
// that the prefilter let pass without looking are not among them.
type Stats struct {
	Records    uint64 // records that were looked into
	Events     uint64 // CloudTrail events found in them
	Alerts     uint64 // alerts raised, suppressed ones included
	Suppressed uint64 // alerts marked as duplicate or over max_signals
	Excepted   uint64 // matches that an exception dropped
	Learned    uint64 // new terms that raised no alert, because their rules were learning
	Evicted    uint64 // keys that rules about several events gave up, because their memory was full
	NoEvent    uint64 // records that mention what a rule looks for, and hold no event that is recognised
	Malformed  uint64 // records and texts that could not be read
	OverLimit  uint64 // lists of events that stay one record, because splitting would repeat too much; events with too many combinations of terms

	// When they were, by this machine's clock, to the millisecond; zero if there was none.
	LastEvent time.Time // the last record with a CloudTrail event was looked into
	LastAlert time.Time // the last alert was raised, suppressed or not
	// DeliveryLag is the time from the event of the last alert, by its own word, to the
	// alert. It is never negative; a time in the future counts as now.
	DeliveryLag time.Duration
}

type counters struct {
	records, events, alerts, suppressed, excepted, learned, noEvent, malformed, overLimit atomic.Uint64

	lastEvent, lastAlert, deliveryLag atomic.Int64 // in milliseconds
}

// eventSeen notes when an event was looked into.
func (c *counters) eventSeen(now time.Time) { c.lastEvent.Store(now.UnixMilli()) }

// alertRaised counts an alert about an event that happened at a time.
func (c *counters) alertRaised(s alert.Suppression, at, now time.Time) {
	c.alerts.Add(1)
	if s != alert.NotSuppressed {
		c.suppressed.Add(1)
	}
	c.lastAlert.Store(now.UnixMilli())
	c.deliveryLag.Store(max(0, now.UnixMilli()-at.UnixMilli()))
}

// timeOf returns a time of counters, or the zero time if it was never noted.
func timeOf(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}

// looked counts a record that was looked into, and what was found in it.
func (c *counters) looked(events, malformed int, overLimit bool) {
	c.records.Add(1)
	if malformed > 0 {
		c.malformed.Add(uint64(malformed))
	}
	if overLimit {
		c.overLimit.Add(1)
	}
	if events > 0 {
		c.events.Add(uint64(events))
	}
}

// Stats returns the counters.
func (e *Engine) Stats() Stats {
	c := &e.stats
	return Stats{
		Records: c.records.Load(), Events: c.events.Load(), Alerts: c.alerts.Load(),
		Suppressed: c.suppressed.Load(), Excepted: c.excepted.Load(),
		Learned: c.learned.Load(), Evicted: e.evicted(),
		NoEvent: c.noEvent.Load(), Malformed: c.malformed.Load(), OverLimit: c.overLimit.Load(),
		LastEvent: timeOf(c.lastEvent.Load()), LastAlert: timeOf(c.lastAlert.Load()), DeliveryLag: milliseconds(c.deliveryLag.Load()),
	}
}

// milliseconds returns a duration. One of an event from another millennium, which is longer
// than a duration can be, is the longest.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// evicted returns how many keys all rules have given up.
func (e *Engine) evicted() (n uint64) {
	for _, p := range e.pasts {
		n += p.set.Evicted()
	}
	return n
}

// Remembers reports whether a rule is about several events, and so has a memory.
func (e *Engine) Remembers() bool { return e.memory != nil }

// MemoryUsed returns how many bytes the rules about several events remember.
func (e *Engine) MemoryUsed() int64 {
	if e.memory == nil {
		return 0
	}
	return e.memory.Used()
}

// RuleStats counts what has become of the matches of one rule.
type RuleStats struct {
	Rule           *rule.Rule
	Alerts         uint64 // alerts raised, suppressed ones included
	Duplicates     uint64 // those marked as duplicate
	OverMaxSignals uint64 // those marked as over max_signals
	Excepted       uint64 // matches that an exception dropped

	// Of a rule about several events.
	Remembered int       // keys in its memory
	Evicted    uint64    // keys that it gave up, because the memory was full
	LearnsTo   time.Time // a rule about new terms raises no alert about earlier events; zero if it does not learn, or waits for the first event
}

type ruleCounters struct {
	alerts, duplicates, overMaxSignals, excepted atomic.Uint64
}

// raised counts an alert.
func (c *ruleCounters) raised(s alert.Suppression) {
	c.alerts.Add(1)
	switch s {
	case alert.Duplicate:
		c.duplicates.Add(1)
	case alert.OverMaxSignals:
		c.overMaxSignals.Add(1)
	}
}

// RuleStats returns the counters of each rule, in the order of the rules.
func (e *Engine) RuleStats() []RuleStats {
	all := make([]RuleStats, len(e.rules))
	for i := range e.rules {
		c := e.rules[i].counters
		all[i] = RuleStats{
			Rule: e.rules[i].Rule, Alerts: c.alerts.Load(), Duplicates: c.duplicates.Load(),
			OverMaxSignals: c.overMaxSignals.Load(), Excepted: c.excepted.Load(),
		}
		if p := e.rules[i].past; p != nil {
			s := p.set.Stats()
			all[i].Remembered, all[i].Evicted = s.Keys, s.Evicted
			if until := p.learned.Load(); p.period > 0 && until != unknown {
				all[i].LearnsTo = time.UnixMilli(until).UTC()
			}
		}
	}
	return all
}

// CountMalformed adds records that the caller could not even hand over.
func (e *Engine) CountMalformed(n uint64) { e.stats.malformed.Add(n) }
