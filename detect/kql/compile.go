package kql

import (
	"errors"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// Option adjusts how Compile reads a query.
type Option func(*compiler)

// Mapping gives fields the types of an index mapping. The literals that they are compared with are
// converted to these. Without a mapping, and for a field that the mapping does not know, values are
// compared as text, and two numbers in the order of numbers.
func Mapping(typeOf func(field string) program.FieldType) Option {
	return func(c *compiler) { c.typeOf = typeOf }
}

// Fields are the names that a field with a star in it stands for.
func Fields(names []string) Option {
	return func(c *compiler) { c.names = names }
}

// maxTests is how many tests a query can have, in which a field with a star counts as often as it fits.
const maxTests = 1 << 14

// Compile resolves the fields of a query to slots and its literals to the form in which they are
// compared, so that nothing is left to be parsed, looked up or converted when events come. The error is
// an *Error.
func Compile(q *Query, opts ...Option) (*program.Program, error) {
	c := compiler{src: q.src, build: program.NewBuilder(q.src)}
	for _, o := range opts {
		o(&c)
	}
	c.build.Mapping = c.fieldType
	root := c.build.Always(program.Span{}, program.True)
	if q.where != nil {
		var err error
		if root, err = c.condition(q.where); err != nil {
			return nil, c.located(err)
		}
	}
	p, err := c.build.Program(root)
	if err != nil {
		return nil, c.located(err)
	}
	return p, nil
}

// compiler turns the syntax tree into a program. Its methods return two kinds of errors: its own,
// and those of the builder, which name a part of the source as well.
type compiler struct {
	src    string
	typeOf func(field string) program.FieldType
	names  []string
	build  *program.Builder
	tests  int
}

func (c *compiler) fieldType(name string) program.FieldType {
	if c.typeOf != nil {
		if t := c.typeOf(name); t != program.Unmapped {
			return t
		}
	}
	return program.Dynamic
}

func (c *compiler) fail(n node, format string, args ...any) *Error {
	return newError(c.src, n.where().Start, format, args...)
}

// located turns an error of the builder into one with a line and a column.
func (c *compiler) located(err error) error {
	var e *program.Error
	if errors.As(err, &e) {
		return newError(c.src, e.At.Start, "%s", e.Msg)
	}
	return err
}

func (c *compiler) condition(n node) (program.Condition, error) {
	switch n := n.(type) {
	case *logical:
		return c.logical(n, c.condition)
	case *complement:
		x, err := c.condition(n.x)
		return c.build.Not(n.Span, x), err
	case *comparison:
		return c.eachField(n.field, n.Span, func(x program.Operand) (program.Condition, error) { return c.ordered(n, x) })
	case *clause:
		return c.clause(n)
	}
	return program.Condition{}, c.fail(n, "a value needs a field")
}

func (c *compiler) logical(n *logical, compile func(node) (program.Condition, error)) (program.Condition, error) {
	terms := make([]program.Condition, 0, len(n.terms))
	for _, t := range n.terms {
		k, err := compile(t)
		if err != nil {
			return program.Condition{}, err
		}
		terms = append(terms, k)
	}
	if n.or {
		return c.build.Or(n.Span, terms...), nil
	}
	return c.build.And(n.Span, terms...), nil
}

func (c *compiler) clause(n *clause) (program.Condition, error) {
	if n.field == nil {
		return program.Condition{}, c.alone(n)
	}
	if l, ok := n.values.(*literal); ok && l.isAny() && n.field.isAny() {
		return c.build.Always(n.Span, program.True), nil
	}
	return c.eachField(n.field, n.Span, func(x program.Operand) (program.Condition, error) {
		k, err := c.values(n.values, x)
		return k.As(n.Span), err
	})
}

// alone is the error about a value without a field.
func (c *compiler) alone(n *clause) error {
	text := n.values.(*literal).text()
	why := habit(text)
	if why == "" {
		why = "a value without a field would be looked for in all fields, which is not supported: write field: value"
		if text != "*" && !strings.Contains(text, ".") {
			why += "; several values of a field are field: (a or b)"
		}
	}
	err := c.fail(n, "%s", why)
	err.Unsupported = true
	return err
}

// eachField makes a condition of a field, or of each field whose name fits one with a star: one of
// these has to hold. A name that fits none is taken as it is.
func (c *compiler) eachField(f *literal, span program.Span, test func(program.Operand) (program.Condition, error)) (program.Condition, error) {
	if !f.quoted && strings.Contains(f.text(), " ") {
		why := habit(f.text())
		if why == "" {
			why = "the name of a field has no spaces: clauses are joined with and or or"
		}
		return program.Condition{}, c.fail(f, "%s", why)
	}
	names := []string{f.text()}
	if f.hasStar() {
		if fit := c.fit(f); len(fit) > 0 {
			names = fit
		}
	}
	var terms []program.Condition
	for _, name := range names {
		k, err := test(c.build.Field(f.Span, name, false))
		if err != nil {
			return program.Condition{}, err
		}
		terms = append(terms, k)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return c.build.Or(span, terms...), nil
}

// fit returns the names that fit a field with a star.
func (c *compiler) fit(f *literal) []string {
	var fit []string
	for _, name := range c.names {
		if program.HasParts(name, f.parts) {
			fit = append(fit, name)
		}
	}
	slices.Sort(fit)
	return fit
}

// values compiles what is after the colon. The field is distributed over a list.
func (c *compiler) values(n node, x program.Operand) (program.Condition, error) {
	switch n := n.(type) {
	case *logical:
		if n.or {
			if k, ok, err := c.alternatives(n, x); ok || err != nil {
				return k, err
			}
		}
		return c.logical(n, func(n node) (program.Condition, error) { return c.values(n, x) })
	case *complement:
		k, err := c.values(n.x, x)
		return c.build.Not(n.Span, k), err
	}
	l := n.(*literal)
	if err := c.counted(l); err != nil {
		return program.Condition{}, err
	}
	switch {
	case l.isAny():
		return c.build.Opposite(c.build.Missing(l.Span, x)), nil
	case l.hasStar():
		return c.build.Like(l.Span, x, []string{l.pattern()}, false)
	}
	v, err := c.constant(l)
	if err != nil {
		return program.Condition{}, err
	}
	return c.build.Equal(l.Span, x, v)
}

// alternatives makes one test of a list of plain values, or of one of patterns.
func (c *compiler) alternatives(n *logical, x program.Operand) (k program.Condition, ok bool, err error) {
	var values []program.Value
	var patterns []string
	for _, t := range n.terms {
		l, isLiteral := t.(*literal)
		switch {
		case !isLiteral || l.isAny():
			return k, false, nil
		case l.hasStar():
			patterns = append(patterns, l.pattern())
		default:
			v, err := c.constant(l)
			if err != nil {
				return k, false, err
			}
			values = append(values, v)
		}
	}
	if patterns != nil && values != nil {
		return k, false, nil
	}
	for _, t := range n.terms {
		if err := c.counted(t); err != nil {
			return k, false, err
		}
	}
	if patterns != nil {
		k, err = c.build.Like(n.Span, x, patterns, false)
	} else {
		k, err = c.build.In(n.Span, x, values)
	}
	return k, true, err
}

func (c *compiler) counted(n node) error {
	if c.tests++; c.tests > maxTests {
		return c.fail(n, "the query has more than the %d tests allowed: a field with a star counts for each field that fits", maxTests)
	}
	return nil
}

// constant is a literal without a star as a value.
func (c *compiler) constant(l *literal) (program.Value, error) {
	switch {
	case l.is("true"):
		return program.Bool(true), nil
	case l.is("false"):
		return program.Bool(false), nil
	case l.is("null"):
		return program.Value{}, c.fail(l, `nothing equals null: a missing field is not field: *, and the text is "null"`)
	}
	return program.Text([]byte(l.text())), nil
}

func (c *compiler) ordered(n *comparison, x program.Operand) (program.Condition, error) {
	if n.value.hasStar() {
		return program.Condition{}, c.fail(n.value, "a range has no wildcards")
	}
	if err := c.counted(n); err != nil {
		return program.Condition{}, err
	}
	v, err := c.constant(n.value)
	if err != nil {
		return program.Condition{}, err
	}
	if v.Kind() == program.KindBool {
		v = program.Text([]byte(n.value.text()))
	}
	return c.build.Ordered(n.Span, x, n.order, v)
}
