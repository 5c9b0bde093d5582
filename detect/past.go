package detect

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/detect/state"
)

// DefaultLearningPeriod is how long rules about new terms learn before they raise alerts.
const DefaultLearningPeriod = 24 * time.Hour

// past is what a rule remembers of earlier events.
type past struct {
	*rule.Past
	set    *state.Set
	places []int // where a view keeps the values of what events have in common; see [rule.Shared]

	period  time.Duration // of learning, zero for none
	learned atomic.Int64  // when the period ends, in milliseconds
}

// unknown is when a learning period ends that has not begun.
const unknown = math.MaxInt64

// newPast returns what the rule remembers in memory; nothing if it is about single events.
func newPast(r *rule.Rule, o *Options, memory *state.Memory, now time.Time) *past {
	spec := r.Past()
	if spec == nil {
		return nil
	}
	p := &past{Past: spec, set: memory.Set(r.Identity(), spec.Window, now)}
	if spec.Kind != rule.NewTerms || o.LearningPeriod < 0 {
		return p
	}
	p.period = DefaultLearningPeriod
	if o.LearningPeriod > 0 {
		p.period = o.LearningPeriod
	}
	p.period = min(p.period, spec.Window)
	p.learned.Store(unknown)
	if !o.LearnFrom.IsZero() {
		p.learnFrom(p.set.Since(o.LearnFrom))
	}
	return p
}

// learnFrom begins the learning period at a time.
func (p *past) learnFrom(at time.Time) { p.learned.Store(at.Add(p.period).UnixMilli()) }

// learns reports whether an event at this time is one to learn from only.
func (p *past) learns(at time.Time) bool { return p.period > 0 && at.UnixMilli() < p.learned.Load() }

// earliest moves the beginning of the learning periods to the earliest event that there
// is. It is not the first one that comes: a single event with a time far ahead would keep
// the rules silent about all others.
func (e *Engine) earliest(at time.Time) {
	for ms := at.UnixMilli(); ; {
		before := e.firstEvent.Load()
		if ms >= before {
			return
		}
		if e.firstEvent.CompareAndSwap(before, ms) {
			break
		}
	}
	for _, p := range e.pasts {
		if p.period > 0 {
			p.learnFrom(at)
		}
	}
}

// terms are the values of an event that a rule about several events goes by.
type terms struct {
	text   []byte   // of all of them
	values [][]span // by field: where they are in text
	hashes []uint64
	key    []byte
	chosen []int // a combination: the number of a value for each field
}

// footprint returns how many bytes are kept for the next event.
func (t *terms) footprint() int {
	n := cap(t.text) + cap(t.key) + 8*cap(t.hashes)
	for _, v := range t.values[:cap(t.values)] {
		n += 16 * cap(v)
	}
	return n
}

// span is a part of a text.
type span struct{ start, end int }

// read reads the values of the fields that view shows. It returns false if one of them
// has none.
func (t *terms) read(view *rule.View, fields []cloudtrail.Field) bool {
	t.text, t.values = t.text[:0], slices.Grow(t.values[:0], len(fields))[:len(fields)]
	for slot := range fields {
		t.values[slot] = t.values[slot][:0]
		t.add(slot, view.Value(slot), fields[slot].Type())
		if len(t.values[slot]) == 0 {
			return false
		}
		t.once(slot)
	}
	return true
}

// once leaves each value of a field once: an event counts once for it.
func (t *terms) once(slot int) {
	if len(t.values[slot]) == 1 {
		return
	}
	text := func(s span) []byte { return t.text[s.start:s.end] }
	slices.SortFunc(t.values[slot], func(a, b span) int { return bytes.Compare(text(a), text(b)) })
	t.values[slot] = slices.CompactFunc(t.values[slot], func(a, b span) bool { return bytes.Equal(text(a), text(b)) })
}

// add adds a value of a field, or each of several.
func (t *terms) add(slot int, v program.Value, kind program.FieldType) {
	switch v.Kind() {
	case program.KindNull:
		return
	case program.KindList:
		for _, one := range v.List() {
			t.add(slot, one, kind)
		}
		return
	}
	start := len(t.text)
	t.text = appendTerm(t.text, v, kind)
	t.values[slot] = append(t.values[slot], span{start, len(t.text)})
}

// appendTerm appends a value as terms are compared: addresses and numbers by what they
// are, all else by its text.
func appendTerm(dst []byte, v program.Value, kind program.FieldType) []byte {
	switch v.Kind() {
	case program.KindBool:
		return strconv.AppendBool(dst, v.Bool())
	case program.KindInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case program.KindFloat:
		return strconv.AppendFloat(dst, v.Float(), 'g', -1, 64)
	}
	if kind == program.IP && bytes.IndexByte(v.Text(), ':') >= 0 { // an address of IPv4 has one spelling
		if a, err := netip.ParseAddr(string(v.Text())); err == nil {
			return a.Unmap().AppendTo(dst)
		}
	}
	return append(dst, v.Text()...)
}

// maxSpare is how many combinations an event may have beyond a few for each value.
const maxSpare = 64

// combinations calls visit with each combination of values, as their numbers. Where there
// are far more than values, it visits some in which each value is at least once, and
// returns false: what an event costs must stay in proportion to its size.
func (t *terms) combinations(visit func(numbers []int)) (all bool) {
	product, values, longest := 1, 0, 1
	for _, v := range t.values {
		values += len(v)
		longest = max(longest, len(v))
	}
	for _, v := range t.values {
		if product *= len(v); product > 4*values+maxSpare {
			break
		}
	}
	t.chosen = append(t.chosen[:0], make([]int, len(t.values))...)
	numbers := t.chosen
	if len(t.values) > 1 && product > 4*values+maxSpare {
		for i := range longest {
			for f, v := range t.values {
				numbers[f] = i % len(v)
			}
			visit(numbers)
		}
		return false
	}
	for {
		visit(numbers)
		f := len(numbers) - 1
		for ; f >= 0; f-- {
			if numbers[f]++; numbers[f] < len(t.values[f]) {
				break
			}
			numbers[f] = 0
		}
		if f < 0 {
			return true
		}
	}
}

// The first byte of what is hashed says what a key is of.
const (
	keyOfTerms byte = iota
	keyOfEvent
	keyOfValue
)

// keyOf returns the key of a combination.
func (t *terms) keyOf(set *state.Set, numbers []int) state.Key {
	t.key = append(set.Begin(t.key[:0]), keyOfTerms)
	for f, i := range numbers {
		s := t.values[f][i]
		t.key = state.AppendValue(t.key, t.text[s.start:s.end])
	}
	return state.KeyOf(t.key)
}

// named are the fields of a combination, with their values.
func (t *terms) named(fields []cloudtrail.Field, numbers []int) []alert.Term {
	all := make([]alert.Term, len(numbers))
	for f, i := range numbers {
		s := t.values[f][i]
		all[f] = alert.Term{Field: fields[f].Name(), Value: grant.Bounded(string(t.text[s.start:s.end]))}
	}
	return all
}

// different returns the hashes of the values in a field, each once, in no order.
func (t *terms) different(set *state.Set, v program.Value, f cloudtrail.Field) []uint64 {
	t.hashes = t.hashes[:0]
	var one func(v program.Value)
	one = func(v program.Value) {
		switch v.Kind() {
		case program.KindNull:
		case program.KindList:
			for _, each := range v.List() {
				one(each)
			}
		default:
			t.key = appendTerm(append(set.Begin(t.key[:0]), keyOfValue), v, f.Type())
			t.hashes = append(t.hashes, state.KeyOf(t.key).Hash())
		}
	}
	one(v)
	slices.Sort(t.hashes)
	t.hashes = slices.Compact(t.hashes)
	return t.hashes
}

// isCopy reports whether the event has come before: one with its id and its content. An
// event without an id never has.
func (v *Evaluator) isCopy(p *past, at, now time.Time) bool {
	id := v.event.Text(cloudtrail.FieldEventID)
	if len(id) == 0 {
		return false
	}
	t := &v.terms
	t.key = state.AppendValue(append(p.set.Begin(t.key[:0]), keyOfEvent), id)
	t.key = alert.AppendEvent(t.key, &v.event)
	return p.set.Seen(state.KeyOf(t.key), at, now)
}

// together adds the event at hand to what the rule remembers, and returns what is complete
// with it: an alert is due for each.
func (v *Evaluator) together(p *past, at time.Time) (filled []alert.Filled) {
	e, t, now := v.engine, &v.terms, v.now
	p.Show(&v.view, &v.event, p.places)
	if !t.read(&v.view, p.Fields) {
		return nil
	}
	if p.Kind != rule.NewTerms && v.isCopy(p, at, now) {
		return nil
	}
	var values []uint64
	var roles uint16
	switch {
	case p.Distinct > 0:
		p.Show(&v.view, &v.event, p.places)
		values = t.different(p.set, v.view.Value(len(p.Fields)), p.DistinctField)
	case p.Kind == rule.Sequence:
		roles = p.Roles(&v.view, &v.event)
	}
	all := t.combinations(func(numbers []int) {
		key := t.keyOf(p.set, numbers)
		f := alert.Filled{Kind: p.Kind.String(), Window: p.Window}
		switch p.Kind {
		case rule.NewTerms:
			if p.set.Seen(key, at, now) {
				return
			}
			if p.learns(at) {
				e.stats.learned.Add(1)
				return
			}
			f.Terms = t.named(p.Fields, numbers)
			filled = append(filled, f)
		case rule.Threshold:
			counted, reached := p.set.Count(key, values, state.Threshold{Count: p.Count, Distinct: p.Distinct}, at, now)
			if !reached {
				return
			}
			f.Terms, f.Count, f.First = t.named(p.Fields, numbers), counted.Count, counted.First
			if p.Distinct > 0 {
				f.Cardinality, f.CardinalityField = counted.Distinct, p.DistinctField.Name()
			}
			filled = append(filled, f)
		case rule.Sequence:
			id := grant.Bounded(string(v.event.Text(cloudtrail.FieldEventID)))
			for _, earlier := range p.set.Follow(key, roles, p.Steps(), id, p.Window, at, now) {
				f.Terms, f.First, f.Events = t.named(p.Fields, numbers), earlier[0].At, nil
				for _, o := range earlier {
					f.Events = append(f.Events, o.ID)
				}
				filled = append(filled, f)
			}
		}
	})
	if !all {
		e.stats.overLimit.Add(1)
	}
	return filled
}
