package property

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/version"
)

// StartLine says in one line what an engine watches for.
func StartLine(e *detect.Engine) string {
	rules := e.Rules()
	if len(rules) == 1 {
		return fmt.Sprintf("%s, watching for %q (%s, risk %d)", version.Number, rules[0].Name, rules[0].Severity, rules[0].RiskScore)
	}
	return fmt.Sprintf("%s, watching with %d rules", version.Number, len(rules))
}

// Report says when a plugin is to log its counters. It has no timer: an idle
// pipeline reports nothing and costs nothing. Safe for concurrent use.
type Report struct {
	engine *detect.Engine
	every  time.Duration
	next   atomic.Int64
	rare   atomic.Int64
	told   atomic.Uint64 // troubles, when Trouble last said so
	chunks atomic.Uint64
	bytes  atomic.Uint64

	noEventTold atomic.Uint64 // records without an event, when NoEvent last said so
	noEventLine atomic.Int64  // when it may be told of again

	notTaken     atomic.Uint64
	notTakenLine atomic.Int64 // when it may be told of again

	stale     atomic.Pointer[error] // what is wrong with the settings that are not in use
	staleLine atomic.Int64          // when it may be told of again
}

// NewReport reports on e at most once in every period; never where it is zero.
func NewReport(e *detect.Engine, every time.Duration) *Report {
	r := &Report{engine: e, every: every}
	r.next.Store(time.Now().Add(every).UnixNano())
	return r
}

// Saw counts a chunk of so many bytes. Only where statistics are wanted is
// every chunk counted.
func (r *Report) Saw(bytes int) {
	r.chunks.Add(1)
	r.bytes.Add(uint64(bytes))
}

// Counts returns how many chunks were counted, and how many bytes in all.
func (r *Report) Counts() (chunks, bytes uint64) { return r.chunks.Load(), r.bytes.Load() }

// Due reports whether it is time to log the counters.
func (r *Report) Due() bool { return r.every != 0 && passed(&r.next, r.every) }

// Wanted reports whether the user asked for statistics at all.
func (r *Report) Wanted() bool { return r.every != 0 }

// Line returns the counters in one line: what came (chunks, bytes), what was
// looked into because the search found something in it (records, events), and
// what became of that.
func (r *Report) Line() string {
	s := r.engine.Stats()
	return fmt.Sprintf("chunks=%d bytes=%d records=%d events=%d matches=%d suppressed=%d excepted=%d no_event=%d malformed=%d over_limit=%d",
		r.chunks.Load(), r.bytes.Load(), s.Records, s.Events, s.Alerts, s.Suppressed, s.Excepted, s.NoEvent, s.Malformed, s.OverLimit)
}

// Rare reports whether a line that could come with every record may be logged
// now: once a minute.
func (r *Report) Rare() bool { return passed(&r.rare, time.Minute) }

// Trouble returns the line to log where more could not be read, or was over a
// limit, than when it was last asked for, once a minute at most, together with
// what asks for [Report.Rare]. What passed unseen is counted in any case; the
// line is for those who look at no counters.
func (r *Report) Trouble() (line string, due bool) {
	s := r.engine.Stats()
	troubles := s.Malformed + s.OverLimit
	if troubles == r.told.Load() || !r.Rare() {
		return "", false
	}
	r.told.Store(troubles)
	return fmt.Sprintf("what could not be read was left as it was: %d malformed; what would become too large was not split: %d over a limit so far", s.Malformed, s.OverLimit), true
}

// NoEvent returns the line to log where there were more records than when it last
// did that mention what a rule looks for and hold no event, once a minute at most.
func (r *Report) NoEvent() (line string, due bool) {
	n := r.engine.Stats().NoEvent
	if n == r.noEventTold.Load() || !passed(&r.noEventLine, time.Minute) {
		return "", false
	}
	r.noEventTold.Store(n)
	return NoEventLine(n, r.engine.TakeMentions()), true
}

// NoEventLine says that so many records hold no event, and what they mention.
func NoEventLine(records uint64, mentions []detect.Mention) string {
	var b strings.Builder
	fmt.Fprintf(&b, "records that mention what a rule looks for and hold no CloudTrail event that is recognised: %d so far", records)
	for i, m := range mentions {
		b.WriteString([]string{" (", ", "}[min(i, 1)])
		b.WriteString(m.String())
	}
	if len(mentions) > 0 {
		b.WriteString(")")
	}
	return b.String() + "; see json_keys"
}

// NotTaken counts records with alerts that the input trailwire does not have, and
// returns the line to log, once a minute at most. They are where tagging puts them.
func (r *Report) NotTaken(records uint64, why string) (line string, due bool) {
	n := r.notTaken.Add(records)
	if !passed(&r.notTakenLine, time.Minute) {
		return "", false
	}
	return fmt.Sprintf("alerts are in their records and not under alert_tag: %s (%d records so far)", why, n), true
}

// CountNotTaken returns how many records [Report.NotTaken] has counted.
func (r *Report) CountNotTaken() uint64 { return r.notTaken.Load() }

// SettingsAreStale says that a reload's settings are not in use, and why not.
func (r *Report) SettingsAreStale(why error) { r.stale.Store(&why) }

// IsStale reports whether a reload's settings are not in use.
func (r *Report) IsStale() bool { return r.stale.Load() != nil }

// Stale returns the line to log where the settings are stale, at once and then
// once a minute.
func (r *Report) Stale() (line string, due bool) {
	why := r.stale.Load()
	if why == nil || !passed(&r.staleLine, time.Minute) {
		return "", false
	}
	return fmt.Sprintf("the settings of the last reload are not in use, those from before it are: %v", *why), true
}

// passed reports whether the time in next has come, to one caller alone, and
// puts it off by every.
func passed(next *atomic.Int64, every time.Duration) bool {
	now := time.Now().UnixNano()
	then := next.Load()
	return now >= then && next.CompareAndSwap(then, now+int64(every))
}
