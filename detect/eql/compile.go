package eql

import (
	"errors"
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// Option adjusts how Compile reads a query.
type Option func(*compiler)

// CategoryField names the field that holds an event's category, which is what is before where. It
// is event.category unless this option says otherwise.
func CategoryField(name string) Option {
	return func(c *compiler) { c.categoryField = name }
}

// StrictNull makes null contagious: not null is null, and so is null != "a", and null never
// matches. Without it a program does as Elasticsearch does, where a clause about a missing field
// does not hold and its negation does.
func StrictNull() Option {
	return func(c *compiler) { c.build.StrictNull = true }
}

// Mapping gives fields the types of an index mapping. The literals that they are compared with are
// converted to these, as Elasticsearch's term queries do it: flag == "true" is true of a boolean, and
// a date without a time of day is that day. Without a mapping, a value has the type that the
// document gives it.
func Mapping(typeOf func(field string) program.FieldType) Option {
	return func(c *compiler) { c.build.Mapping = typeOf }
}

// Compile resolves the fields of a query to slots and its literals to the form in which they are
// compared, so that nothing is left to be parsed, looked up or converted when events come. If the
// query asks for a category, the root of what the program explains has two children, the category
// and the condition. The error is a *CompileError.
func Compile(q *Query, opts ...Option) (*program.Program, error) {
	c := newCompiler(q.src, opts)
	root, err := c.whole(q)
	if err != nil {
		return nil, c.located(err)
	}
	p, err := c.build.Program(root)
	if err != nil {
		return nil, c.located(err)
	}
	return p, nil
}

func newCompiler(src string, opts []Option) *compiler {
	c := &compiler{src: src, categoryField: "event.category", build: program.NewBuilder(src)}
	for _, o := range opts {
		o(c)
	}
	return c
}

// compiler turns the syntax tree into a program. Its methods return two kinds of errors: its own,
// and those of the builder, which name a part of the source as well.
type compiler struct {
	src           string
	categoryField string
	build         *program.Builder
}

// whole compiles a query: its category, and its condition.
func (c *compiler) whole(q *Query) (program.Condition, error) {
	if q.any {
		return c.condition(q.where)
	}
	// The category comes first, so that it has slot 0.
	field := c.build.Field(q.head, c.categoryField, false)
	category, err := c.build.Equal(q.head, field, program.Text([]byte(q.category)))
	if err != nil {
		return program.Condition{}, err
	}
	where, err := c.condition(q.where)
	if err != nil {
		return program.Condition{}, err
	}
	whole := program.Span{Start: q.head.Start, End: q.where.where().End}
	return c.build.And(whole, category, where), nil
}

func (c *compiler) fail(e expr, format string, args ...any) error {
	return compileError(c.src, e.where().Start, format, args...)
}

// located turns an error of the builder into one with a line and a column.
func (c *compiler) located(err error) error {
	var e *program.Error
	if errors.As(err, &e) {
		return compileError(c.src, e.At.Start, "%s", e.Msg)
	}
	return err
}

// named puts the operator before what the builder says of its operands.
func (c *compiler) named(op string, err error) error {
	var e *program.Error
	if errors.As(err, &e) {
		return compileError(c.src, e.At.Start, "%s %s", op, e.Msg)
	}
	return err
}

// condition compiles an expression that has to be true or false.
func (c *compiler) condition(e expr) (program.Condition, error) {
	at := e.where()
	switch e := e.(type) {
	case *logical:
		terms := make([]program.Condition, 0, len(e.terms))
		for _, t := range e.terms {
			k, err := c.condition(t)
			if err != nil {
				return program.Condition{}, err
			}
			terms = append(terms, k)
		}
		if e.op == "or" {
			return c.build.Or(at, terms...), nil
		}
		return c.build.And(at, terms...), nil
	case *complement:
		x, err := c.condition(e.x)
		if err != nil {
			return program.Condition{}, err
		}
		return c.build.Not(at, x), nil
	case *comparison:
		return c.comparison(e)
	case *lookup:
		return c.lookup(e)
	case *negation, *arithmetic: // also one that is always null
		return program.Condition{}, c.fail(e, "expected a condition, found %s", program.NumberType)
	}
	x, err := c.operand(e)
	if err != nil {
		return program.Condition{}, err
	}
	if call, ok := e.(*call); ok {
		if f := program.LookupFunction(call.name); f.Result() != program.BoolType {
			return program.Condition{}, c.fail(e, "expected a condition, found %s, which is what %s returns", f.Result(), f.Name())
		}
	}
	return c.build.Truth(x)
}

// orders are the comparison operators that put values in order.
var orders = map[string]program.Order{
	"<": program.Less, "<=": program.LessOrEqual, ">": program.Greater, ">=": program.GreaterOrEqual,
}

// mirrored are the comparison operators with their sides changed.
var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (c *compiler) comparison(e *comparison) (program.Condition, error) {
	left, right, op := e.left, e.right, e.op
	if _, ok := left.(*literal); ok {
		left, right, op = right, left, mirrored[op]
	}
	if lit, ok := right.(*literal); ok && (op == "==" || op == "!=") {
		switch {
		case lit.value.Kind() == program.KindNull:
			return c.nullTest(e, left, op)
		case lit.value.Kind() == program.KindBool && isCondition(left):
			if (op == "==") != lit.value.Bool() {
				return c.condition(&complement{node: e.node, x: left})
			}
			k, err := c.condition(left)
			return k.As(e.where()), err
		}
	}
	x, err := c.operand(left)
	if err != nil {
		return program.Condition{}, err
	}
	y, err := c.operand(right)
	if err != nil {
		return program.Condition{}, err
	}
	if _, ok := x.Constant(); ok {
		x, y, op = y, x, mirrored[op]
	}
	fixed, ok := y.Constant()
	if !ok {
		return program.Condition{}, c.fail(e, "%s compares a field with a field: one side has to be a constant, as in Elasticsearch", e.op)
	}
	var k program.Condition
	switch op {
	case "==", "!=":
		k, err = c.build.Equal(e.where(), x, fixed)
	default:
		k, err = c.build.Ordered(e.where(), x, orders[op], fixed)
	}
	if err != nil {
		return program.Condition{}, c.named(e.op, err)
	}
	if op == "!=" {
		k = c.build.Opposite(k)
	}
	return k, nil
}

// nullTest compiles x == null and x != null.
func (c *compiler) nullTest(e *comparison, x expr, op string) (program.Condition, error) {
	value, err := c.operand(x)
	if err != nil {
		return program.Condition{}, err
	}
	k := c.build.Missing(e.where(), value)
	if op == "!=" {
		k = c.build.Opposite(k)
	}
	return k, nil
}

// isCondition says whether an expression is true or false by its form. Compared with true it is
// itself, compared with false its opposite.
func isCondition(e expr) bool {
	switch e := e.(type) {
	case *logical, *complement, *comparison, *lookup:
		return true
	case *call:
		f := program.LookupFunction(e.name)
		return f != nil && f.Result() == program.BoolType
	}
	return false
}

func (c *compiler) lookup(e *lookup) (program.Condition, error) {
	x, err := c.operand(e.x)
	if err != nil {
		return program.Condition{}, err
	}
	values, err := c.list(e, x.Type())
	if err != nil {
		return program.Condition{}, err
	}
	k, err := c.search(e, x, values)
	if err != nil {
		return program.Condition{}, c.named(e.op, err)
	}
	if e.negate {
		k = c.build.Opposite(k)
	}
	return k, nil
}

// list compiles the list of a lookup. Nothing equals null: in a list it has no effect.
func (c *compiler) list(e *lookup, xt program.Type) ([]program.Value, error) {
	values := make([]program.Value, 0, len(e.list))
	for _, item := range e.list {
		y, err := c.operand(item)
		if err != nil {
			return nil, err
		}
		fixed, ok := y.Constant()
		yt := y.Type()
		switch {
		case !ok:
			return nil, c.fail(item, "%s takes constants: an element of its list cannot depend on a field", e.op)
		case e.op != "in" && yt != program.TextType:
			return nil, c.fail(item, "%s compares text, found %s", e.op, insteadOfText(yt, e.op))
		case yt == program.NullType:
			continue
		case xt != program.AnyType && xt != program.NullType && xt != yt:
			return nil, c.fail(item, "%s cannot compare %s with %s", e.op, xt, yt)
		}
		values = append(values, fixed)
	}
	return values, nil
}

func insteadOfText(t program.Type, op string) string {
	if t == program.NullType {
		return "null: a missing field is == null"
	}
	if op == ":" {
		return t.String() + ": use =="
	}
	return t.String()
}

// search compiles a lookup whose list is known.
func (c *compiler) search(e *lookup, x program.Operand, values []program.Value) (program.Condition, error) {
	at := e.where()
	if e.op == "in" {
		return c.build.In(at, x, values)
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v.Text())
	}
	switch e.op {
	case "in~":
		return c.build.InFold(at, x, texts)
	case ":", "like~":
		return c.build.Like(at, x, patterns(texts), true)
	case "like":
		return c.build.Like(at, x, patterns(texts), false)
	}
	re, bad, err := program.CompileLucene(texts, e.op == "regex~")
	if err != nil {
		return program.Condition{}, c.fail(e.list[bad], "%s", err)
	}
	return c.build.Matches(at, x, re)
}

// patterns translates the patterns of : and like, where a backslash is an ordinary character.
func patterns(texts []string) []string {
	for i, s := range texts {
		texts[i] = strings.ReplaceAll(s, `\`, `\\`)
	}
	return texts
}

// operand compiles an expression that yields a value.
func (c *compiler) operand(e expr) (program.Operand, error) {
	switch e := e.(type) {
	case *literal:
		return c.build.Constant(e.where(), e.value), nil
	case *field:
		return c.build.Field(e.where(), e.name, e.optional), nil
	case *negation:
		x, err := c.operand(e.x)
		if err != nil {
			return program.Operand{}, err
		}
		return c.build.Negative(e.where(), x)
	case *arithmetic:
		left, err := c.operand(e.left)
		if err != nil {
			return program.Operand{}, err
		}
		right, err := c.operand(e.right)
		if err != nil {
			return program.Operand{}, err
		}
		return c.build.Arithmetic(e.where(), left, e.op, right)
	case *call:
		return c.call(e)
	}
	k, err := c.condition(e)
	if err != nil {
		return program.Operand{}, err
	}
	return c.build.ValueOf(k), nil
}

func (c *compiler) call(e *call) (program.Operand, error) {
	f := program.LookupFunction(e.name)
	if f == nil {
		if instead := formerFunctions[strings.ToLower(e.name)]; instead != "" {
			return program.Operand{}, c.fail(e, "there is no function %s: %s", e.name, instead)
		}
		return program.Operand{}, c.fail(e, "there is no function %s", shorten(e.name))
	}
	if err := f.Takes(len(e.args), e.fold); err != nil { // before what is wrong with the arguments
		return program.Operand{}, c.fail(e, "%s", err)
	}
	args := make([]program.Operand, len(e.args))
	for i, a := range e.args {
		x, err := c.operand(a)
		if err != nil {
			return program.Operand{}, err
		}
		args[i] = x
	}
	return c.build.Call(e.where(), f, e.fold, args)
}

// formerFunctions are those of other dialects of EQL, with what to write instead.
var formerFunctions = map[string]string{
	"wildcard":      "use like or : with a list of patterns",
	"match":         "use regex",
	"matchlite":     "use regex",
	"arraycontains": "a comparison with a field that has several values holds if it holds for one of them",
	"arraycount":    "Elasticsearch does not support it either",
	"arraysearch":   "Elasticsearch does not support it either",
	"safe":          "Elasticsearch does not support it either",
}
