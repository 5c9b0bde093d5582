package eql

import (
	"strconv"
	"time"

	"github.com/trailwire/trailwire/detect/program"
)

// Sequence is a parsed query about events that follow each other and have the values of
// some fields in common. It is immutable.
type Sequence struct {
	src     string
	by      []*field
	maxSpan time.Duration
	steps   []*Query
}

// maxSteps is how many events a sequence may have.
const maxSteps = 16

// maxJoinFields is how many fields the events of a sequence may have in common.
const maxJoinFields = 8

// MaxSpan is the longest span of a sequence: a year. Elasticsearch has no limit; the span
// says how long an event has to be remembered.
const MaxSpan = 366 * 24 * time.Hour

// IsSequence reports whether a query begins as a sequence does. It may still be broken.
func IsSequence(src string) bool {
	l := lexer{src: src}
	t, err := l.next()
	return err == nil && t.is(tokenKeyword, "sequence")
}

// ParseSequence reads a query about several events:
//
//	sequence by field, … with maxspan=15m
//	  [category where condition]
//	  [category where condition]
//
// The error is a *SyntaxError. What Elasticsearch has beyond this is refused by name: until,
// runs, missing events (![…]), join fields of each event by itself, and pipes. A sequence
// without by or maxspan is refused too: it would have to remember every event, for ever.
func ParseSequence(src string) (*Sequence, error) {
	if err := checkText(src); err != nil {
		return nil, err
	}
	p := parser{lexer: lexer{src: src}}
	s, err := p.sequence()
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Steps returns the queries about each of the events, in the order in which they happen.
func (s *Sequence) Steps() []*Query { return s.steps }

// By returns the names of the fields that the events have in common.
func (s *Sequence) By() []string {
	names := make([]string, len(s.by))
	for i, f := range s.by {
		names[i] = f.name
	}
	return names
}

// Mention returns where the i-th field of [Sequence.By] is written.
func (s *Sequence) Mention(i int) program.Span { return s.by[i].at }

// MaxSpan is the longest time from the first of the events to the last one.
func (s *Sequence) MaxSpan() time.Duration { return s.maxSpan }

// Source returns the text that was parsed.
func (s *Sequence) Source() string { return s.src }

// sequence reads a whole query.
func (p *parser) sequence() (*Sequence, *SyntaxError) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect(tokenKeyword, "sequence"); err != nil {
		return nil, err
	}
	s := &Sequence{src: p.src}
	if err := p.sequenceHead(s); err != nil {
		return nil, err
	}
	for p.token.is(tokenOperator, "[") {
		if len(s.steps) == maxSteps {
			return nil, p.fail("the sequence has more than the %d events allowed", maxSteps)
		}
		step, err := p.step()
		if err != nil {
			return nil, err
		}
		s.steps = append(s.steps, step)
	}
	switch t := p.token; {
	case t.is(tokenOperator, "!"):
		return nil, aboutSeveral(p.fail("events that must be missing (![…]) are not supported"))
	case t.is(tokenKeyword, "until"):
		return nil, aboutSeveral(p.fail("until is not supported"))
	case t.is(tokenOperator, "|"):
		return nil, p.trailing()
	case t.kind != tokenEnd:
		return nil, p.expected("[ and another event, or the end of the query")
	case len(s.steps) < 2:
		return nil, p.fail("a sequence has two events at least: [category where condition] [category where condition]")
	}
	return s, nil
}

// sequenceHead reads by and with maxspan, which Elasticsearch takes in either order.
func (p *parser) sequenceHead(s *Sequence) *SyntaxError {
	start := p.token.start
	for {
		switch t := p.token; {
		case t.is(tokenKeyword, "by") && s.by == nil:
			if err := p.joinFields(s); err != nil {
				return err
			}
		case t.is(tokenKeyword, "with") && s.maxSpan == 0:
			if err := p.withMaxSpan(s); err != nil {
				return err
			}
		case s.by == nil:
			return aboutSeveral(p.lexer.fail(start, "a sequence without by is not supported: every event would have to be remembered"))
		case s.maxSpan == 0:
			return aboutSeveral(p.lexer.fail(start, "a sequence without maxspan is not supported: events would have to be remembered for ever"))
		default:
			return nil
		}
	}
}

func (p *parser) joinFields(s *Sequence) *SyntaxError {
	p.joins = true
	defer func() { p.joins = false }()
	for more := true; more; more = p.token.is(tokenOperator, ",") {
		if err := p.advance(); err != nil {
			return err
		}
		if len(s.by) == maxJoinFields {
			return p.fail("the sequence has more than the %d join fields allowed", maxJoinFields)
		}
		at := p.token
		e, err := p.primary()
		if err != nil {
			return err
		}
		f, ok := e.(*field)
		if !ok {
			return p.lexer.fail(at.start, "by needs a field")
		}
		if f.optional {
			return aboutSeveral(p.lexer.fail(at.start, "an optional join field (?%s) is not supported: events without the field would be one sequence", f.name))
		}
		s.by = append(s.by, f)
	}
	return nil
}

// withMaxSpan reads with maxspan=15m.
func (p *parser) withMaxSpan(s *Sequence) *SyntaxError {
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.expect(tokenKeyword, "maxspan"); err != nil {
		return err
	}
	if err := p.expect(tokenOperator, "="); err != nil {
		return err
	}
	number := p.token
	if number.kind != tokenInteger {
		return p.expected("a period such as 15m")
	}
	if err := p.advance(); err != nil {
		return err
	}
	unit, known := spanUnits[p.token.text]
	if p.token.kind != tokenIdentifier || !known || p.token.start != number.end {
		return p.lexer.fail(number.end, "expected a unit after %s: ms, s, m, h or d", number.text)
	}
	n, err := strconv.ParseInt(number.text, 10, 64)
	if err != nil || n <= 0 || n > int64(MaxSpan/unit) {
		return p.lexer.fail(number.start, "maxspan must be from 1 to %d%s", MaxSpan/unit, p.token.text)
	}
	s.maxSpan = time.Duration(n) * unit
	return p.advance()
}

// spanUnits are the units of a maxspan, as Elasticsearch has them.
var spanUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// step reads [category where condition].
func (p *parser) step() (*Query, *SyntaxError) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if !p.token.is(tokenOperator, "]") {
		return nil, p.expected("and, or or ] after the condition")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch t := p.token; {
	case t.is(tokenKeyword, "by"):
		return nil, aboutSeveral(p.fail("join fields of a single event are not supported: put them after sequence by"))
	case t.is(tokenKeyword, "with"):
		return nil, aboutSeveral(p.fail("with runs is not supported"))
	}
	return q, nil
}

// CompiledSequence is a sequence that is ready to be evaluated.
type CompiledSequence struct {
	// Any matches an event that is one of the sequence, whichever.
	Any *program.Program
	// Steps match each of the events, in the order in which they happen.
	Steps []*program.Program
}

// CompileSequence compiles the queries of a sequence as [Compile] does. The error is a
// *CompileError.
func CompileSequence(s *Sequence, opts ...Option) (*CompiledSequence, error) {
	var compiled CompiledSequence
	for _, q := range s.steps {
		p, err := Compile(q, opts...)
		if err != nil {
			return nil, err
		}
		compiled.Steps = append(compiled.Steps, p)
	}
	c := newCompiler(s.src, opts)
	steps := make([]program.Condition, len(s.steps))
	for i, q := range s.steps {
		var err error
		if steps[i], err = c.whole(q); err != nil {
			return nil, c.located(err)
		}
	}
	at := program.Span{Start: s.steps[0].head.Start, End: s.steps[len(s.steps)-1].where.where().End}
	var err error
	if compiled.Any, err = c.build.Program(c.build.Or(at, steps...)); err != nil {
		return nil, c.located(err)
	}
	return &compiled, nil
}
