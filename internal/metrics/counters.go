package metrics

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/version"
)

// namedRules is how many rules the start line names.
const namedRules = 10

// longestName is how many characters of a rule's name the start line has: Fluent Bit
// cuts off a line of more than some thousand bytes.
const longestName = 100

// StartLine says in one line what an engine watches for: the rules, the first ten by
// name, and how many texts the search looks for before anything is parsed.
func StartLine(e *detect.Engine) string {
	rules := e.Rules()
	if len(rules) == 1 {
		return fmt.Sprintf("%s, watching for %q (%s, risk %d), %s",
			version.Number, shortened(rules[0].Name), rules[0].Severity, rules[0].RiskScore, searchText(e))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, watching with %d rules, %s", version.Number, len(rules), searchText(e))
	for i, r := range rules[:min(len(rules), namedRules)] {
		b.WriteString([]string{": ", ", "}[min(i, 1)])
		fmt.Fprintf(&b, "%q", shortened(r.Name))
	}
	if more := len(rules) - namedRules; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// searchText says how many texts an engine's search looks for.
func searchText(e *detect.Engine) string {
	switch n := e.SearchedTexts(); n {
	case 0:
		return "evaluating every record"
	case 1:
		return "searching for 1 text"
	default:
		return fmt.Sprintf("searching for %d texts", n)
	}
}

// shortened returns a rule's name, cut to the length that the start line has room for.
func shortened(name string) string {
	if runes := []rune(name); len(runes) > longestName {
		return string(runes[:longestName-1]) + "…"
	}
	return name
}

// Counters counts what an instance's engine does not see, and says when a line is
// due in the log. It has no timer: the owner of one asks [Counters.TickDue], and chunks
// ask [Counters.LineDue]. It is safe for concurrent use.
type Counters struct {
	engine   *detect.Engine
	every    time.Duration
	next     atomic.Int64
	warning  atomic.Int64  // when the next warning may be logged
	troubles atomic.Uint64 // as many as Trouble has reported
	chunks   atomic.Uint64
	bytes    atomic.Uint64

	noEvents    atomic.Uint64 // as many records as NoEvent has reported
	noEventLine atomic.Int64  // when the next line may be logged

	evicted       atomic.Uint64 // as many keys as Evicted has reported
	forgotten     atomic.Uint64 // as many grants as Forgotten has reported
	evictedLine   atomic.Int64  // when the next line may be logged
	forgottenLine atomic.Int64  // when the next line may be logged

	notTaken     atomic.Uint64
	notTakenLine atomic.Int64 // when the next line may be logged

	stale     atomic.Pointer[error] // what is wrong with the settings that are not in use
	staleLine atomic.Int64          // when the next line may be logged
}

// NewCounters returns the counters of an instance with this engine. Their line is due
// at most once in each period; never if every is zero.
func NewCounters(e *detect.Engine, every time.Duration) *Counters {
	c := &Counters{engine: e, every: every}
	c.next.Store(time.Now().Add(every).UnixNano())
	return c
}

// CountChunk counts a chunk of so many bytes. Every chunk is counted only if
// statistics are wanted.
func (c *Counters) CountChunk(bytes int) {
	c.chunks.Add(1)
	c.bytes.Add(uint64(bytes))
}

// Chunks returns how many chunks were counted, and how many bytes in all.
func (c *Counters) Chunks() (chunks, bytes uint64) { return c.chunks.Load(), c.bytes.Load() }

// LineDue reports whether it is time to log the counters.
func (c *Counters) LineDue() bool { return c.every != 0 && passed(&c.next, c.every) }

// TickDue reports, each time that a timer of the same period fires, whether it is time to
// log the counters: chunks have not asked for a line just now. A timer may fire a little
// early.
func (c *Counters) TickDue() bool {
	now, then := time.Now().UnixNano(), c.next.Load()
	return c.every != 0 && then-now < int64(c.every)/2 && c.next.CompareAndSwap(then, now+int64(c.every))
}

// TimerMilliseconds is the period of a timer for [Counters.TickDue]. It is 0 for none: no
// line is wanted, or the period is longer than Fluent Bit's timers can have.
func (c *Counters) TimerMilliseconds() int32 {
	if ms := c.every.Milliseconds(); ms <= math.MaxInt32 {
		return int32(ms)
	}
	return 0
}

// NoTimerLine says that the host fires no timer for a plugin.
const NoTimerLine = `property "stats_interval": there is no timer here, so a line is logged when a chunk comes, and none while nothing comes`

// LinesWanted reports whether the user asked for statistics at all.
func (c *Counters) LinesWanted() bool { return c.every != 0 }

// Line returns the counters in one line: what came (chunks, bytes), what was
// looked into because the search found something in it (records, events), and
// what became of that.
func (c *Counters) Line() string {
	s := c.engine.Stats()
	line := fmt.Sprintf("chunks=%d bytes=%d records=%d events=%d matches=%d suppressed=%d excepted=%d no_event=%d malformed=%d over_limit=%d",
		c.chunks.Load(), c.bytes.Load(), s.Records, s.Events, s.Alerts, s.Suppressed, s.Excepted, s.NoEvent, s.Malformed, s.OverLimit)
	if c.engine.Remembers() {
		line += fmt.Sprintf(" learned=%d evicted=%d", s.Learned, s.Evicted)
	}
	if c.engine.FollowsGrants() {
		s := c.engine.GrantStats()
		line += fmt.Sprintf(" open_grants=%d forgotten_grants=%d", s.Resources, s.Evicted)
	}
	return line
}

// WarningDue reports whether a line that could come with every record may be logged
// now: once a minute.
func (c *Counters) WarningDue() bool { return passed(&c.warning, time.Minute) }

// Trouble returns the line to log if more could not be read, or was over a limit,
// since the last line. The line is due once a minute at most, together with those
// that ask [Counters.WarningDue]. It is for users who look at no counters.
func (c *Counters) Trouble() (line string, due bool) {
	s := c.engine.Stats()
	troubles := s.Malformed + s.OverLimit
	if troubles == c.troubles.Load() || !c.WarningDue() {
		return "", false
	}
	c.troubles.Store(troubles)
	return fmt.Sprintf("what could not be read was left as it was: %d malformed; what would become too large was not split: %d over a limit so far", s.Malformed, s.OverLimit), true
}

// NoEvent returns the line to log if, since the last line, more records mentioned
// what a rule looks for and held no event. The line is due once a minute at most.
func (c *Counters) NoEvent() (line string, due bool) {
	n := c.engine.Stats().NoEvent
	if n == c.noEvents.Load() || !passed(&c.noEventLine, time.Minute) {
		return "", false
	}
	c.noEvents.Store(n)
	return NoEventLine(n, c.engine.TakeMentions()), true
}

// NoEventLine is the line about so many records without an event, with what
// they mention.
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

// Evicted returns the line to log if, since the last line, rules have given up what they
// remember. The line is due once a minute at most.
func (c *Counters) Evicted() (line string, due bool) {
	n := c.engine.Stats().Evicted
	if n == c.evicted.Load() || !passed(&c.evictedLine, time.Minute) {
		return "", false
	}
	c.evicted.Store(n)
	var most detect.RuleStats
	for _, s := range c.engine.RuleStats() {
		if s.Evicted > most.Evicted {
			most = s
		}
	}
	return fmt.Sprintf("rules have forgotten %d keys so far, because state_memory is full; most of them (%d) are of %q (%s): it may miss events, or take known terms for new ones",
		n, most.Evicted, most.Rule.Name, most.Rule.ID), true
}

// Forgotten returns the line to log if, since the last line, open grants were given up. The
// line is due once a minute at most.
func (c *Counters) Forgotten() (line string, due bool) {
	s := c.engine.GrantStats()
	n := s.Evicted + s.Dropped + s.Unwatched
	if n == c.forgotten.Load() || !passed(&c.forgottenLine, time.Minute) {
		return "", false
	}
	c.forgotten.Store(n)
	return fmt.Sprintf("grants are followed only in part: those of %d resources were given up because state_memory is full, %d grants and uses were over a bound, %d accounts are not looked for, so far",
		s.Evicted, s.Dropped, s.Unwatched), true
}

// LearningLine says at the start which rules raise no alerts yet. It is empty if there are
// none.
func LearningLine(e *detect.Engine, now time.Time) string {
	learning := 0
	var until time.Time
	for _, s := range e.RuleStats() {
		if s.LearnsTo.After(now) {
			learning++
			if s.LearnsTo.After(until) {
				until = s.LearnsTo
			}
		}
	}
	if learning == 0 {
		return ""
	}
	rules := "rules learn: they raise"
	if learning == 1 {
		rules = "rule learns: it raises"
	}
	return fmt.Sprintf("%d new_terms %s no alert about events before %s (learning_period)", learning, rules, until.Format(time.RFC3339))
}

// NotTaken counts records with alerts that the input trailwire did not take. They
// were tagged in place. It returns the line to log, once a minute at most.
func (c *Counters) NotTaken(records uint64, why string) (line string, due bool) {
	n := c.notTaken.Add(records)
	if !passed(&c.notTakenLine, time.Minute) {
		return "", false
	}
	return fmt.Sprintf("alerts are in their records and not under alert_tag: %s (%d records so far)", why, n), true
}

// CountNotTaken returns how many records [Counters.NotTaken] has counted.
func (c *Counters) CountNotTaken() uint64 { return c.notTaken.Load() }

// SettingsAreStale records that the last reload's settings are not in use, and
// why.
func (c *Counters) SettingsAreStale(why error) { c.stale.Store(&why) }

// IsStale reports whether the last reload's settings are not in use.
func (c *Counters) IsStale() bool { return c.stale.Load() != nil }

// Stale returns the line to log if the settings are stale, at once and then
// once a minute.
func (c *Counters) Stale() (line string, due bool) {
	why := c.stale.Load()
	if why == nil || !passed(&c.staleLine, time.Minute) {
		return "", false
	}
	return fmt.Sprintf("the settings of the last reload are not in use, those from before it are: %v", *why), true
}

// passed reports, to one caller alone, whether the time in next has come, and
// moves it on by every.
func passed(next *atomic.Int64, every time.Duration) bool {
	now := time.Now().UnixNano()
	then := next.Load()
	return now >= then && next.CompareAndSwap(then, now+int64(every))
}
