package detect

import (
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

// Evaluator evaluates records one after the other. It keeps buffers between
// records and is for one goroutine at a time; evaluators of one engine share
// its memory of past alerts and its counters.
type Evaluator struct {
	engine *Engine
	pooled bool
	finder *cloudtrail.Finder
	inner  *cloudtrail.Finder // of what a split record's parts become
	event  cloudtrail.Event
	view   rule.View
	grants call.Fields // what the event at hand opened, once a rule asks
	covers call.Covers
	terms  terms
	facts  alert.Facts // of the event at hand, once there is an alert

	now time.Time // when the record came
	at  time.Time // when the event at hand happened, once somebody asks; see when

	said struct { // the reason for alerts of a rule about the event at hand
		rule   *compiledRule
		reason string
	}

	found   []alert.Alert // alerts of the record at hand
	outputs []Output      // what replaces the record
	buffer  []byte        // the last of the outputs' bodies

	onlyCalls bool // see OnlyCalls

	mode     mode      // what the caller wants
	verdicts *Verdicts // where alerts' suppressions are kept, or nil

	observe   func(*cloudtrail.Event, []Decision) // mostly nil
	decisions []Decision                          // about the event at hand
}

// mode is what an evaluation is for.
type mode uint8

const (
	modeRecord mode = iota // the records that take a record's place
	modeAlerts             // those of them that have alerts
	modeRaise              // a record of its own for each event with alerts
)

// Output is one of the records that replace an evaluated one.
type Output struct {
	// Body is the record's MessagePack map.
	Body []byte
	// Alerts are the alerts it was tagged with, the most severe first.
	Alerts []alert.Alert
}

func newEvaluator(e *Engine, mayMatch func([]byte) bool) *Evaluator {
	v := &Evaluator{
		engine: e,
		finder: cloudtrail.NewFinder(e.options.JSONKeys, mayMatch),
		inner:  cloudtrail.NewFinder(e.options.JSONKeys, mayMatch),
	}
	if mayMatch != nil {
		v.finder.SearchBy(e.options.SearchFrom)
		v.inner.SearchBy(e.options.SearchFrom)
	}
	v.event.Locate(e.options.Databases)
	v.view.UseGrants(&v.grants)
	v.view.Keep(&e.fields)
	v.covers = func(o *call.Opening, g *policy.Grant) bool {
		property := e.options.Exceptions.coveringOf(o, g, &v.event)
		if property != "" && v.observe != nil {
			v.decide(Decision{Granted: o.Describe(g, e.options.KnownAccounts), Exception: property})
		}
		return property != ""
	}
	return v
}

// Release gives an evaluator back to its engine. What it returned before is no
// longer valid.
func (v *Evaluator) Release() {
	v.verdicts, v.observe, v.onlyCalls = nil, nil, false
	// A thorough evaluator is not one that the engine hands out, and a huge
	// record must not pin its buffers for the life of the pipeline.
	if !v.pooled || cap(v.buffer) > keptBuffer || v.finder.Footprint()+v.inner.Footprint() > keptBuffer || v.event.Footprint()+v.terms.footprint()+v.facts.Footprint() > keptBuffer {
		return
	}
	v.engine.evaluators.Put(v)
}

const keptBuffer = 4 << 20

// Noted is where somebody who has walked over a record may note a list in it for the next call of
// Record, Alerts or Raise, which then does not walk over it again.
func (v *Evaluator) Noted() *document.List { return v.finder.Noted() }

// OnlyCalls tells the evaluator whether names of calls are the only needles ([Options.Needles]) in the next record. If
// so, rules that look for other texts are not tried. Call it before each record: it holds until it is called again, and
// is false at first.
func (v *Evaluator) OnlyCalls(only bool) { v.onlyCalls = only }

// Malformed returns how many JSON texts in the last record, or values in them, could
// not be read or nest too deep: there may be events in them.
func (v *Evaluator) Malformed() int { return v.finder.Malformed() }

// Record evaluates one record: body is its MessagePack map, when its
// timestamp, which counts if an event has none of its own (zero: now).
//
// It returns nil if the record is to be left as it is, byte for byte:
// because it is not CloudTrail, because nothing in it matches, because it is
// malformed, or because it is tagged already. Else the outputs
// take its place, in order. They are valid until the next call.
func (v *Evaluator) Record(body []byte, when time.Time) []Output {
	e := v.engine
	v.found, v.outputs, v.buffer = v.found[:0], v.outputs[:0], v.buffer[:0]
	v.facts.BeginRecord()
	events := v.finder.Find(body)
	if events > 0 {
		v.now = e.now()
	}
	if !v.verdicts.replays() {
		e.stats.looked(events, v.finder.Malformed(), v.finder.OverLimit())
		if events > 0 {
			e.stats.eventSeen(v.now)
		}
		if events == 0 && e.mentions.noted(body, e.options.AlertKey) {
			e.stats.noEvent.Add(1)
		}
	}
	if events == 0 {
		return nil
	}
	parts := v.finder.Parts()
	switch {
	case v.finder.Splits() && (e.options.Split || v.mode == modeRaise):
		return v.split(when)
	case v.mode == modeRaise && len(parts) > 1:
		return v.apart(parts, when)
	}
	for _, p := range parts {
		v.evaluate(p, when)
	}
	v.output(body, v.found)
	if len(v.outputs) == 0 {
		return nil
	}
	return v.outputs
}

// apart makes an output of each event that has alerts, of a record with several
// that cannot be split: JSON text that is an array.
func (v *Evaluator) apart(parts []cloudtrail.Part, when time.Time) []Output {
	for _, p := range parts {
		alerts := len(v.found)
		v.evaluate(p, when)
		v.output(p.Event, v.found[alerts:len(v.found):len(v.found)])
	}
	return v.outputs
}

// output adds body with these alerts to the outputs. It adds nothing if there
// are none, and if body carries them already, unless they are all that is
// wanted.
func (v *Evaluator) output(body []byte, found []alert.Alert) {
	if len(found) == 0 {
		return
	}
	if tagged, ok := v.tag(body, found); ok || v.mode == modeAlerts {
		v.outputs = append(v.outputs, Output{Body: tagged, Alerts: found})
	}
}

// split makes one output of every list element of the record.
func (v *Evaluator) split(when time.Time) []Output {
	for parts := v.finder.Parts(); len(parts) > 0; {
		same := 1
		for same < len(parts) && parts[same].SameRecord(&parts[0]) {
			same++
		}
		alerts := len(v.found)
		body := v.evaluateSplit(parts[:same], when)
		made := len(v.outputs)
		v.output(body, v.found[alerts:len(v.found):len(v.found)])
		if len(v.outputs) == made && v.mode == modeRecord {
			v.outputs = append(v.outputs, Output{Body: body})
		}
		parts = parts[same:]
	}
	return v.outputs
}

// evaluateSplit returns the record that parts of one list element become, and
// evaluates it: as it leaves us, with what was beside the list, so that anybody who
// reads it later, we among them, comes to the same verdict.
func (v *Evaluator) evaluateSplit(parts []cloudtrail.Part, when time.Time) (body []byte) {
	body, ok := v.finder.IsElement(&parts[0])
	if !ok {
		body = v.keep(v.finder.AppendBody(v.room(4<<10), parts[0]))
		if !v.finder.MayMatch(parts[0]) {
			return body
		}
		v.inner.Find(body)
		parts = v.inner.Parts()
	}
	for _, p := range parts {
		v.evaluate(p, when)
	}
	return body
}

// evaluate adds to v.found the alerts that the event raises.
func (v *Evaluator) evaluate(p cloudtrail.Part, when time.Time) {
	if p.Event == nil {
		return
	}
	p.Show(&v.event)
	v.view.Begin(&v.event)
	v.at = time.Time{}
	v.said.rule = nil
	v.facts.BeginEvent()
	if v.engine.learnsFromFirst {
		v.engine.earliest(v.when(when))
	}
	v.grants.Reset(&v.event, v.covers, v.engine.options.KnownAccounts)
	extended, from := v.engine.extended, len(v.found)
	isFound, isExcepted := false, false // by the rule about AddPermission
	candidates := v.engine.dispatch.find(&v.event, v.onlyCalls)
	if len(candidates.onGrants) > 0 && v.grants.Opening() == nil {
		candidates.onGrants = nil // most calls that can let somebody in let in nobody from outside
		v.opensNothing()
	}
	for i, ok := candidates.next(); ok; i, ok = candidates.next() {
		r := &v.engine.rules[i]
		if isFound && r.IsAboutGrants() {
			continue // one call raises one alert about it
		}
		if v.view.Matches(r.query, r.fields) {
			raised := v.raise(r, alert.CoverRule, when)
			if r.ID == rule.CrossAccountID {
				isFound, isExcepted = true, !raised
			}
			if r == extended {
				extended = nil // the rule has spoken
			}
		}
	}
	if extended != nil && grant.IsAddPermission(&v.event) && string(v.event.ReadText(&cloudtrail.FieldOutcome)) == "success" {
		v.raise(extended, alert.CoverExtended, when)
	}
	if !isExcepted && v.grants.IsRead() && v.grants.Opening() == nil && v.grants.Covered() > 0 && !v.verdicts.replays() {
		v.engine.stats.excepted.Add(1)
	}
	if v.engine.ledger != nil {
		v.followGrants(from, when)
	}
	v.observed()
}

// raise makes an alert of the event at hand, unless an exception drops it, the rule waits
// for further events or, under extended coverage, the grant is not one to report. It
// returns whether it did.
func (v *Evaluator) raise(rule *compiledRule, coverage alert.Coverage, when time.Time) (raised bool) {
	e := v.engine
	g, _ := grant.Of(&v.event)
	if coverage == alert.CoverExtended && (g == nil || !g.Extended()) {
		return false
	}
	if exception := e.options.Exceptions.covering(g, &v.event); exception != "" {
		v.decide(Decision{Rule: rule.Rule, Coverage: coverage, Exception: exception})
		if !v.verdicts.replays() {
			e.stats.excepted.Add(1)
			rule.counters.excepted.Add(1)
		}
		return false
	}
	at := v.when(when)
	if rule.past == nil {
		v.add(rule, coverage, g, nil, at)
		return true
	}
	filled := v.filled(rule.past, at)
	for i := range filled {
		v.add(rule, coverage, g, func(a *alert.Alert) { a.Fill(&filled[i]) }, at)
	}
	if len(filled) == 0 && v.observe != nil { // to say what it waits for takes a text
		v.decide(Decision{Rule: rule.Rule, Coverage: coverage, Awaits: rule.past.String()})
	}
	return len(filled) > 0
}

// filled returns what is complete with the event at hand: an alert is due for each. Where
// records are evaluated again it is what it was.
func (v *Evaluator) filled(p *past, at time.Time) []alert.Filled {
	if v.verdicts.replays() {
		return v.verdicts.recallFilled()
	}
	filled := v.together(p, at)
	v.verdicts.keepFilled(filled)
	return filled
}

// add adds an alert about the event at hand. fill adds what is of more than the event; it may be nil.
func (v *Evaluator) add(rule *compiledRule, coverage alert.Coverage, g *grant.Grant, fill func(*alert.Alert), at time.Time) {
	e := v.engine
	granted := alert.Granted{Lambda: g, Names: e.options.KnownAccounts}
	if e.options.Coverage == alert.CoverAll || rule.ReadsGrants() {
		granted.Opened = v.grants.Opening()
	}
	a := rule.template.Alert(&v.event, &v.facts, granted, coverage, at)
	if fill != nil {
		fill(&a)
	}
	if rule.ReasonParts() != nil {
		a.Say(v.reason(rule))
	}
	if e.ledger != nil {
		a.Relate(e.related.Of(&v.event, at))
		v.showUses(&a)
	}
	recalled := false
	if a.Suppressed, a.RaisedAt, recalled = v.verdicts.recall(); !recalled {
		a.Suppressed = e.suppressor.judge(rule, &a, at, &e.options)
		if a.Collector != "" {
			a.RaisedAt = v.now.UTC().Truncate(time.Millisecond)
		}
		v.verdicts.keep(a.Suppressed, a.RaisedAt)
		rule.counters.raised(a.Suppressed)
		e.stats.alertRaised(a.Suppressed, at, v.now)
	}
	v.found = append(v.found, a)
	v.decide(Decision{Rule: rule.Rule, Coverage: coverage, Alert: &v.found[len(v.found)-1]})
}

// when is [eventTime] of the event at hand. It is read once, however many rules ask for it.
func (v *Evaluator) when(record time.Time) time.Time {
	if v.at.IsZero() {
		v.at = eventTime(&v.event, record, v.now)
	}
	return v.at
}

// eventTime is when the event happened: by its own word, else by its record's
// timestamp, else now. A time in the future is taken for now, so that one bad
// event does not move the window that duplicates are looked for in.
func eventTime(event *cloudtrail.Event, when, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, string(event.ReadText(&cloudtrail.FieldTimestamp)))
	if err != nil {
		at = when
	}
	if at.IsZero() || at.After(now) {
		return now
	}
	return at
}

// tag returns body with the alerts added, or body itself and false if it is
// to be left alone because it carries this verdict already.
func (v *Evaluator) tag(body []byte, found []alert.Alert) (tagged []byte, ok bool) {
	alert.SortBySeverity(found)
	e, room := v.engine, v.room(len(body)+len(found)*alertSize)
	if tagged, ok = e.options.AlertFormat.Append(room, body, found, e.options.AlertKey, v.now); !ok {
		return body, false
	}
	return v.keep(tagged), true
}

// alertSize is about how many bytes an alert has.
const alertSize = 4 << 10

// room returns an empty slice, mostly with room for n bytes, to write an output to
// and [Evaluator.keep] it. Outputs are never moved: to have them in one slice would
// take five times the room while it grows.
func (v *Evaluator) room(n int) []byte {
	if cap(v.buffer)-len(v.buffer) < n {
		v.buffer = make([]byte, 0, max(n, min(2*cap(v.buffer), maxRoom)))
	}
	return v.buffer[len(v.buffer):len(v.buffer):cap(v.buffer)]
}

// maxRoom bounds how much is set aside beyond what was asked for.
const maxRoom = 256 << 10

// keep keeps what was written to the room, which may have outgrown it.
func (v *Evaluator) keep(written []byte) []byte {
	if used := len(v.buffer) + len(written); used <= cap(v.buffer) {
		v.buffer = v.buffer[:used]
	}
	return written[:len(written):len(written)]
}
