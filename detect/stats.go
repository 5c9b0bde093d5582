package detect

import "sync/atomic"

// Stats counts what an engine has done since it was made. Records and events
// that the prefilter let pass without looking are not among them.
type Stats struct {
	Records    uint64 // records that were looked into
	Events     uint64 // CloudTrail events found in them
	Alerts     uint64 // alerts raised, suppressed ones included
	Suppressed uint64 // alerts marked as duplicate or over max_signals
	Excepted   uint64 // matches that an exception dropped
	Malformed  uint64 // records and texts that could not be read
	OverLimit  uint64 // records that were over a limit
}

type counters struct {
	records, events, alerts, suppressed, excepted, malformed, overLimit atomic.Uint64
}

// Stats returns the counters.
func (e *Engine) Stats() Stats {
	c := &e.stats
	return Stats{
		Records: c.records.Load(), Events: c.events.Load(), Alerts: c.alerts.Load(),
		Suppressed: c.suppressed.Load(), Excepted: c.excepted.Load(),
		Malformed: c.malformed.Load(), OverLimit: c.overLimit.Load(),
	}
}

// CountMalformed adds records that the caller could not even hand over.
func (e *Engine) CountMalformed(n uint64) { e.stats.malformed.Add(n) }
