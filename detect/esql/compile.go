package esql

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/program"
)

// Option adjusts how Compile reads a query.
type Option func(*compiler)

// Mapping gives fields the types of an index mapping. Without one, and for a field that the mapping
// does not know, a value has the type that the document gives it.
func Mapping(typeOf func(field string) program.FieldType) Option {
	return func(c *compiler) { c.build.Mapping, c.typeOf = typeOf, typeOf }
}

// Indices are those that events go to. A query is about them if one of the names or patterns after
// from fits one. Without the option a query may be about any.
func Indices(names []string) Option {
	return func(c *compiler) { c.indices = names }
}

// Compile resolves the fields of a query to slots and its constants to the form in which they are
// compared, so that nothing is left to be parsed, looked up or converted when events come. The error is
// an *Error.
func Compile(q *Query, opts ...Option) (*program.Program, error) {
	c := compiler{src: q.src, build: program.NewBuilder(q.src), typeOf: func(string) program.FieldType { return program.Unmapped }}
	c.build.StrictNull, c.build.SingleValue = true, true
	for _, o := range opts {
		o(&c)
	}
	p, err := c.query(q)
	if err != nil {
		return nil, c.located(err)
	}
	return p, nil
}

// compiler turns the syntax tree into a program. Its methods return two kinds of errors: its own,
// and those of the builder, which name a part of the source as well.
type compiler struct {
	src     string
	build   *program.Builder
	typeOf  func(field string) program.FieldType
	indices []string
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

func (c *compiler) query(q *Query) (*program.Program, error) {
	if err := c.sources(q.sources); err != nil {
		return nil, err
	}
	var terms []program.Condition
	for _, n := range q.where {
		k, err := c.condition(n)
		if err != nil {
			return nil, err
		}
		terms = append(terms, k)
	}
	switch len(terms) {
	case 0:
		return c.build.Program(c.build.Always(program.Span{}, program.True))
	case 1:
		return c.build.Program(terms[0])
	}
	whole := program.Span{Start: q.where[0].where().Start, End: q.where[len(q.where)-1].where().End}
	return c.build.Program(c.build.And(whole, terms...))
}

// sources refuses a query that is about none of the indices.
func (c *compiler) sources(names []token) error {
	if c.indices == nil {
		return nil
	}
	for _, t := range names {
		pattern := t.text
		if _, local, remote := strings.Cut(pattern, ":"); remote { // of another cluster, or data or failures
			pattern = strings.TrimPrefix(local, ":")
		}
		for _, index := range c.indices {
			if program.HasParts(index, strings.Split(pattern, "*")) {
				return nil
			}
		}
	}
	return newError(c.src, names[0].Start, "%s is not an index of CloudTrail events", shorten(names[0].text)).needs("indices without CloudTrail events")
}

func (c *compiler) condition(n node) (program.Condition, error) {
	at := n.where()
	switch n := n.(type) {
	case *logical:
		terms := make([]program.Condition, 0, len(n.terms))
		for _, t := range n.terms {
			k, err := c.condition(t)
			if err != nil {
				return k, err
			}
			terms = append(terms, k)
		}
		if n.or {
			return c.build.Or(at, terms...), nil
		}
		return c.build.And(at, terms...), nil
	case *complement:
		x, err := c.condition(n.x)
		return c.build.Not(at, x), err
	case *comparison:
		return c.comparison(n)
	case *membership:
		k, err := c.membership(n)
		return c.negatedIf(n.negated, k), err
	case *likeness:
		k, err := c.each(n.x, at, func(s subject) (program.Condition, error) { return c.like(n, s) })
		return c.negatedIf(n.negated, k), err
	case *nullness:
		k, err := c.missing(n.x, at)
		return c.negatedIf(n.negated, k), err
	case *field:
		if t := c.typeOf(n.name); t != program.Boolean && t != program.Unmapped {
			return program.Condition{}, c.fail(n, "expected a condition, found %s, of the type %s", n, t)
		}
		return c.build.Truth(c.build.Field(at, n.name, false))
	case *literal:
		switch n.value.Kind() {
		case program.KindBool:
			return c.build.Always(at, map[bool]program.Verdict{true: program.True, false: program.False}[n.value.Bool()]), nil
		case program.KindNull:
			return c.build.Always(at, program.Unknown), nil
		}
		return program.Condition{}, c.fail(n, "expected a condition, found %s", n.value.Kind())
	case *call:
		return c.call(n)
	}
	return program.Condition{}, c.fail(n, "expected a condition")
}

func (c *compiler) negatedIf(negated bool, k program.Condition) program.Condition {
	if !negated {
		return k
	}
	return c.build.Opposite(k)
}

// letters says what a function makes of the case of a text.
type letters uint8

const (
	asTheyAre letters = iota
	lower
	upper
)

// subject is what is compared: a field, or something that is made of one.
type subject struct {
	node
	x   program.Operand
	typ program.FieldType
	letters
}

func (s subject) isText() bool {
	return s.typ == program.Keyword || s.typ == program.Flattened || s.typ == program.Unmapped
}

// each makes a condition of a value. Of coalesce it is about the first of the values that is there.
func (c *compiler) each(n node, at program.Span, test func(subject) (program.Condition, error)) (program.Condition, error) {
	f, ok := n.(*call)
	if !ok || f.name != "coalesce" {
		s, err := c.subject(n)
		if err != nil {
			return program.Condition{}, err
		}
		return test(s)
	}
	if len(f.args) == 0 {
		return program.Condition{}, c.fail(f, "coalesce takes at least one value")
	}
	if len(f.args) > maxDepth {
		return program.Condition{}, c.fail(f, "coalesce has more than the %d values allowed", maxDepth)
	}
	last := len(f.args) - 1
	out, err := c.each(f.args[last], at, test)
	for i := last - 1; i >= 0 && err == nil; i-- {
		var missing, k program.Condition
		if missing, err = c.missing(f.args[i], f.args[i].where()); err != nil {
			break
		}
		if k, err = c.each(f.args[i], at, test); err != nil {
			break
		}
		out = c.build.Or(at, c.build.And(at, c.build.Opposite(missing), k), c.build.And(at, missing, out))
	}
	return out, err
}

// missing is whether a value is null.
func (c *compiler) missing(n node, at program.Span) (program.Condition, error) {
	switch n := n.(type) {
	case *field:
		return c.build.Missing(at, c.build.Field(n.Span, n.name, false)), nil
	case *literal:
		return c.build.Missing(at, c.build.Constant(n.Span, n.value)), nil
	case *call:
		if n.name != "coalesce" || len(n.args) == 0 {
			break
		}
		var terms []program.Condition
		for _, a := range n.args {
			k, err := c.missing(a, at)
			if err != nil {
				return k, err
			}
			terms = append(terms, k)
		}
		return c.build.And(at, terms...), nil
	}
	return program.Condition{}, c.fail(n, "is null is about fields, and coalesce of fields").needs("is null of what is calculated")
}

// subject resolves what can be compared with a constant.
func (c *compiler) subject(n node) (subject, error) {
	switch n := n.(type) {
	case *field:
		return subject{node: n, x: c.build.Field(n.Span, n.name, false), typ: c.typeOf(n.name)}, nil
	case *literal:
		return subject{node: n, x: c.build.Constant(n.Span, n.value)}, nil
	case *call:
		return c.calculated(n)
	}
	return subject{}, c.fail(n, "expected a value, found a condition")
}

// calculated resolves a function whose result is compared.
func (c *compiler) calculated(f *call) (subject, error) {
	switch f.name {
	case "to_lower", "to_upper", "to_string", "length":
	default:
		return subject{}, c.unknownFunction(f)
	}
	if len(f.args) != 1 {
		return subject{}, c.fail(f, "%s takes one value, found %d", f.name, len(f.args))
	}
	s, err := c.subject(f.args[0])
	if err != nil {
		return subject{}, err
	}
	if !s.isText() {
		return subject{}, c.fail(f, "%s of a value of the type %s is not supported", f.name, s.typ).needs("the function " + f.name + " of " + s.typ.String())
	}
	s.node = f
	switch f.name {
	case "to_lower":
		s.letters = lower
	case "to_upper":
		s.letters = upper
	case "length":
		if s.x, err = c.build.Call(f.Span, program.LookupFunction("length"), false, []program.Operand{s.x}); err != nil {
			return subject{}, err
		}
		s.typ, s.letters = program.Long, asTheyAre
	}
	return s, nil
}

// otherFunctions are those that ask for what no filter has, with what that is.
var otherFunctions = map[string]string{
	"kql": "is a query in another language", "qstr": "is a query in another language", "match": "searches for words", "match_phrase": "searches for words",
	"now": "is the time of a search", "count": "counts events", "count_distinct": "counts events", "values": "collects the values of several events",
}

// unknownFunction is the error about a function that is not evaluated.
func (c *compiler) unknownFunction(f *call) *Error {
	if does := otherFunctions[f.name]; does != "" {
		return c.fail(f, "the function %s, which %s, is not supported", f.name, does).needs("the function " + f.name)
	}
	return c.fail(f, "the function %s is not supported: there are starts_with, ends_with, contains, cidr_match, to_lower, to_upper, to_string, length and coalesce",
		shorten(f.name)).needs("the function " + shorten(f.name))
}

// mirrored are the comparisons with their sides changed.
var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

var orders = map[string]program.Order{
	"<": program.Less, "<=": program.LessOrEqual, ">": program.Greater, ">=": program.GreaterOrEqual,
}

func (c *compiler) comparison(n *comparison) (program.Condition, error) {
	x, y, op := n.x, n.y, n.op
	if _, ok := x.(*literal); ok {
		x, y, op = y, x, mirrored[op]
	}
	v, ok := y.(*literal)
	if !ok {
		return c.twoValues(n)
	}
	if isCondition(x) {
		return c.withTruth(n, x, v, op)
	}
	k, err := c.each(x, n.Span, func(s subject) (program.Condition, error) {
		if order, ok := orders[op]; ok {
			return c.ordered(n, s, order, v)
		}
		return c.equal(n.Span, s, []*literal{v})
	})
	return c.negatedIf(op == "!=", k), err
}

// isCondition reports whether a node is true or false by its form.
func isCondition(n node) bool {
	switch n := n.(type) {
	case *logical, *complement, *comparison, *membership, *likeness, *nullness:
		return true
	case *call:
		_, ok := searches[n.name]
		return ok || n.name == "cidr_match"
	}
	return false
}

// withTruth compares a condition with true or false.
func (c *compiler) withTruth(n *comparison, x node, v *literal, op string) (program.Condition, error) {
	k, err := c.condition(x)
	switch {
	case err != nil:
		return k, err
	case v.value.Kind() == program.KindNull:
		return c.build.Always(n.Span, program.Unknown), nil
	case v.value.Kind() != program.KindBool || op != "==" && op != "!=":
		return k, c.fail(n, "a condition is compared with == or != and true or false")
	case v.value.Bool() == (op == "=="):
		return k.As(n.Span), nil
	}
	return c.build.Not(n.Span, k), nil
}

// twoValues compares two values neither of which is a constant: texts, for being the same.
func (c *compiler) twoValues(n *comparison) (program.Condition, error) {
	if isCondition(n.x) || isCondition(n.y) {
		return program.Condition{}, c.fail(n, "a condition can be compared with true or false alone").needs("a comparison of conditions")
	}
	x, err := c.subject(n.x)
	if err != nil {
		return program.Condition{}, err
	}
	y, err := c.subject(n.y)
	if err != nil {
		return program.Condition{}, err
	}
	if n.op != "==" && n.op != "!=" || !x.isText() || !y.isText() || x.letters != y.letters {
		return program.Condition{}, c.fail(n, "two fields can be compared with == and != where both are text, with the same function around both").needs("a comparison of fields that are not text")
	}
	k, err := c.build.SameText(n.Span, x.x, y.x, program.WholeText, x.letters != asTheyAre)
	return c.negatedIf(n.op == "!=", k), err
}

// equal is whether a value is one of some constants. null is none: it makes unknown what is not true.
func (c *compiler) equal(at program.Span, s subject, constants []*literal) (program.Condition, error) {
	var values []program.Value
	null := false
	for _, l := range constants {
		if l.value.Kind() == program.KindNull {
			null = true
			continue
		}
		v, err := c.constant(s, l)
		if err != nil {
			return program.Condition{}, err
		}
		values = append(values, v)
	}
	var k program.Condition
	var err error
	switch {
	case len(values) == 0:
		return c.build.Always(at, program.Unknown), nil
	case s.letters != asTheyAre:
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = string(v.Text())
		}
		k, err = c.build.InFold(at, s.x, texts)
	case len(values) == 1:
		k, err = c.build.Equal(at, s.x, values[0])
	default:
		k, err = c.build.In(at, s.x, values)
	}
	if err == nil && null {
		k = c.build.Or(at, k, c.build.Always(at, program.Unknown))
	}
	return k, err
}

func (c *compiler) ordered(n *comparison, s subject, order program.Order, l *literal) (program.Condition, error) {
	if l.value.Kind() == program.KindNull {
		return c.build.Always(n.Span, program.Unknown), nil
	}
	if s.letters != asTheyAre {
		return program.Condition{}, c.fail(s, "an order of texts in one case is not supported").needs("an order of texts in one case")
	}
	v, err := c.constant(s, l)
	if err != nil {
		return program.Condition{}, err
	}
	if s.typ == program.Boolean {
		return program.Condition{}, c.fail(n, "booleans have no order")
	}
	return c.build.Ordered(n.Span, s.x, order, v)
}

// constant is a constant that is compared with a value: it has to be of the value's type, or text
// that can be read as one.
func (c *compiler) constant(s subject, l *literal) (program.Value, error) {
	v, text := l.value, string(l.value.Text())
	isText := v.Kind() == program.KindText
	misplaced := func(wanted string) (program.Value, error) {
		return v, c.fail(l, "cannot compare a value of the type %s with %s: compare it with %s", s.typ, shorten(v.String()), wanted)
	}
	switch s.typ {
	case program.Keyword, program.Flattened:
		if !isText {
			return misplaced("text in quotes")
		}
		return v, c.inCase(s, l, text)
	case program.Unmapped:
		return v, c.inCase(s, l, text)
	case program.Boolean:
		if v.Kind() != program.KindBool && text != "true" && text != "false" {
			return misplaced("true or false")
		}
	case program.Long:
		if v.Kind() != program.KindInt && v.Kind() != program.KindFloat {
			return misplaced("a number")
		}
	case program.IP:
		if addr, err := netip.ParseAddr(text); err != nil || addr.Zone() != "" {
			if strings.Contains(text, "/") {
				return v, c.fail(l, "a block of addresses is compared with cidr_match(field, %s)", shorten(v.String()))
			}
			return misplaced("an address")
		}
	case program.Date:
		instant, ok := instantOf(text)
		if !ok {
			return misplaced(`a date in quotes, such as "2026-08-20" or "2026-08-20T10:00:00Z"`)
		}
		return program.Text([]byte(instant)), nil
	}
	return v, nil
}

// instantOf completes a date to the millisecond.
func instantOf(text string) (string, bool) {
	for _, layout := range [...]string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 0 {
			return t.UTC().Format("2006-01-02T15:04:05.000Z"), true
		}
	}
	return "", false
}

// inCase refuses a constant that a function never gives, as to_lower never gives "A".
func (c *compiler) inCase(s subject, l *literal, text string) error {
	var right string
	switch s.letters {
	case lower:
		right = strings.ToLower(text)
	case upper:
		right = strings.ToUpper(text)
	default:
		return nil
	}
	if l.value.Kind() != program.KindText {
		return c.fail(l, "text in one case is compared with text")
	}
	if right != text {
		return c.fail(l, "%s never gives %s: write %s", s.node.(*call).name, shorten(l.value.String()), shorten(program.Text([]byte(right)).String()))
	}
	return nil
}

func (c *compiler) membership(n *membership) (program.Condition, error) {
	var constants []*literal
	var others []node
	for _, item := range n.list {
		if l, ok := item.(*literal); ok {
			constants = append(constants, l)
		} else {
			others = append(others, item)
		}
	}
	_, isConstant := n.x.(*literal)
	var terms []program.Condition
	if isConstant || isCondition(n.x) {
		others, constants = n.list, nil
	}
	if constants != nil {
		k, err := c.each(n.x, n.Span, func(s subject) (program.Condition, error) { return c.equal(n.Span, s, constants) })
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	for _, item := range others {
		k, err := c.comparison(&comparison{at{item.where()}, "==", n.x, item})
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	if len(terms) == 1 {
		return terms[0].As(n.Span), nil
	}
	return c.build.Or(n.Span, terms...), nil
}

func (c *compiler) like(n *likeness, s subject) (program.Condition, error) {
	if !s.isText() {
		word := map[bool]string{true: "rlike", false: "like"}[n.regex]
		return program.Condition{}, c.fail(n.x, "%s searches text, and this is of the type %s", word, s.typ)
	}
	patterns := make([]string, len(n.patterns))
	for i, l := range n.patterns {
		patterns[i] = string(l.value.Text())
		text := patterns[i]
		if n.regex {
			text = strings.NewReplacer(`\S`, "", `\W`, "", `\D`, "").Replace(text)
		}
		if err := c.inCase(s, &literal{l.at, program.Text([]byte(text))}, text); err != nil {
			return program.Condition{}, err
		}
	}
	fold := s.letters != asTheyAre
	if !n.regex {
		return c.build.Like(n.Span, s.x, patterns, fold)
	}
	re, bad, err := program.CompileLucene(patterns, fold)
	if err != nil {
		e := c.fail(n.patterns[bad], "%s", err)
		if strings.Contains(err.Error(), "not supported") || strings.Contains(err.Error(), "Go's regexp") {
			e.Unsupported = "a regular expression that cannot be translated"
		}
		return program.Condition{}, e
	}
	return c.build.Matches(n.Span, s.x, re)
}

// searches are the functions that look for one text in another.
var searches = map[string]program.Search{
	"starts_with": program.StartOfText, "ends_with": program.EndOfText, "contains": program.PartOfText,
}

// call compiles a function that is true or false.
func (c *compiler) call(f *call) (program.Condition, error) {
	if f.name == "cidr_match" {
		return c.cidrMatch(f)
	}
	where, ok := searches[f.name]
	if !ok {
		if f.name == "coalesce" {
			return program.Condition{}, c.fail(f, "coalesce by itself is not a condition: compare it with true").needs("coalesce as a condition")
		}
		s, err := c.calculated(f)
		if err != nil {
			return program.Condition{}, err
		}
		return program.Condition{}, c.fail(f, "expected a condition, found what %s gives: compare it with a value", s.node.(*call).name)
	}
	if len(f.args) != 2 {
		return program.Condition{}, c.fail(f, "%s takes two texts, found %d values", f.name, len(f.args))
	}
	return c.each(f.args[0], f.Span, func(s subject) (program.Condition, error) { return c.search(f, s, where) })
}

func (c *compiler) search(f *call, s subject, where program.Search) (program.Condition, error) {
	if !s.isText() {
		return program.Condition{}, c.fail(s, "%s searches text, and this is of the type %s", f.name, s.typ)
	}
	l, ok := f.args[1].(*literal)
	if !ok {
		y, err := c.subject(f.args[1])
		if err != nil {
			return program.Condition{}, err
		}
		if !y.isText() || y.letters != s.letters {
			return program.Condition{}, c.fail(f, "%s searches for text in text, with the same function around both", f.name).needs("a search for what is not text")
		}
		return c.build.SameText(f.Span, s.x, y.x, where, s.letters != asTheyAre)
	}
	switch l.value.Kind() {
	case program.KindNull:
		return c.build.Always(f.Span, program.Unknown), nil
	case program.KindText:
	default:
		return program.Condition{}, c.fail(l, "%s searches for text, found %s", f.name, l.value.Kind())
	}
	text := string(l.value.Text())
	if err := c.inCase(s, l, text); err != nil {
		return program.Condition{}, err
	}
	fold := s.letters != asTheyAre
	pattern := program.QuotePattern(text)
	switch where {
	case program.StartOfText:
		return c.build.HasPrefix(f.Span, s.x, text, fold)
	case program.EndOfText:
		return c.build.Like(f.Span, s.x, []string{"*" + pattern}, fold)
	}
	return c.build.Like(f.Span, s.x, []string{"*" + pattern + "*"}, fold)
}

func (c *compiler) cidrMatch(f *call) (program.Condition, error) {
	if len(f.args) < 2 {
		return program.Condition{}, c.fail(f, "cidr_match takes an address and blocks of them, found %d values", len(f.args))
	}
	var blocks []netip.Prefix
	for _, a := range f.args[1:] {
		l, ok := a.(*literal)
		if !ok || l.value.Kind() != program.KindText {
			return program.Condition{}, c.fail(a, `cidr_match takes blocks in quotes, such as "10.0.0.0/8"`)
		}
		block, err := program.ParseBlock(string(l.value.Text()))
		if err != nil {
			return program.Condition{}, c.fail(a, "%s", err)
		}
		blocks = append(blocks, block)
	}
	return c.each(f.args[0], f.Span, func(s subject) (program.Condition, error) {
		if s.letters != asTheyAre || s.typ != program.IP && !s.isText() {
			return program.Condition{}, c.fail(s, "cidr_match is about an address, and this is of the type %s", s.typ)
		}
		return c.build.InBlocks(f.Span, s.x, blocks)
	})
}
