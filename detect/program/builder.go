package program

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"unicode/utf8"
)

// MaxDepth is the height of the tallest program that [Builder.Program] makes. An evaluation recurses
// as deep as the program is tall.
const MaxDepth = 512

// Span is the part of a query's source that a node comes from: source[Start:End], in bytes.
type Span struct{ Start, End int }

// Error says which part of a query has no meaning, and why.
type Error struct {
	At  Span
	Msg string // in lower case, without the place
}

func (e *Error) Error() string { return e.Msg }

// Type is what is known about a value before there is a document.
type Type uint8

// The types of operands.
const (
	AnyType    Type = iota // a field: each document has its own
	NullType               // a constant null
	BoolType               // a boolean or null
	NumberType             // an integer, a float or null
	TextType               // text or null
)

// String names the type the way error messages do, with its article.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "an unknown type"
}

var typeNames = [...]string{"a field", "null", "a boolean", "a number", "text"}

// typeOf is the type of a constant.
func typeOf(v Value) Type {
	switch v.kind {
	case KindBool:
		return BoolType
	case KindInt, KindFloat:
		return NumberType
	case KindText:
		return TextType
	}
	return NullType
}

// Operand is a part of a program that yields a value. The zero Operand is the constant null.
type Operand struct {
	node   operand
	typ    Type
	at     Span
	slots  []int // of the fields that it depends on, each once
	height int
	name   string    // of a field
	mapped FieldType // of a field
}

// At is the operand's place in the source.
func (x Operand) At() Span { return x.at }

// Type is what is known about the operand's values. A document can make each of them null.
func (x Operand) Type() Type {
	if x.node == nil {
		return NullType
	}
	return x.typ
}

// Constant returns the value of an operand that depends on no field.
func (x Operand) Constant() (v Value, ok bool) {
	if x.node == nil {
		return Null(), true
	}
	c, ok := x.node.(constant)
	return c.v, ok
}

// IsField reports whether the operand is a field as it is, with nothing calculated from it.
func (x Operand) IsField() bool {
	_, ok := x.node.(fieldOperand)
	return ok
}

// Condition is a part of a program that is true, false or unknown. The zero Condition is false.
type Condition struct {
	clause
	height int
}

// Fixed returns the verdict of a condition that depends on no field.
func (c Condition) Fixed() (v Verdict, ok bool) { return c.fixed, c.op == opFixed }

// As returns the same condition as the meaning of another part of the source.
func (c Condition) As(at Span) Condition {
	c.at = at
	return c
}

// Builder makes a program out of operands and conditions. It is what the compiler of a query
// language writes to: the compiler says what a query asks, the builder checks types, calculates what
// depends on no field, and prepares each test for the way it is carried out.
//
// The methods that make operands and conditions take the part of the source that the result stands
// for. Their errors are of type *[Error]; its place is that of the operand that is wrong. They keep
// no slice that they are given, and Values given to them may change after the call.
//
// An operand or a condition belongs to the builder that made it. It can be part of several others.
// A Builder is for one goroutine.
type Builder struct {
	// StrictNull makes the negation of unknown unknown, as in SQL. Without it, the negation of a test
	// of a field that is missing is true, as in Elasticsearch. It is set before the first condition
	// is made.
	StrictNull bool
	// SingleValue makes each test of a field with several different values unknown, as ES|QL has
	// it. Without it, one value that passes is enough. It is set before the first condition is made.
	SingleValue bool
	// Mapping says which type a field has. Literals that are compared with the field are converted to
	// it, and a literal that cannot be is an error. Without it, all fields are [Unmapped]. It is set
	// before the first field is made.
	Mapping func(field string) FieldType

	source string
	fields []Field
	slots  map[string]int

	mentions []Span
}

// NewBuilder starts a program. Explain quotes the source.
func NewBuilder(source string) *Builder {
	return &Builder{source: source, slots: make(map[string]int)}
}

// Program returns the program whose events are those for which the condition is true. It refuses
// one that is taller than [MaxDepth], and one with a clause that is not a part of the source.
func (b *Builder) Program(root Condition) (*Program, error) {
	if root.height > MaxDepth {
		return nil, fail(root.at, "the query nests deeper than the %d levels allowed", MaxDepth)
	}
	if bad, ok := quotable(&root.clause, b.source); !ok {
		return nil, fail(Span{}, "the query has no part from byte %d to %d", bad.Start, bad.End)
	}
	p := &Program{source: b.source, fields: slices.Clone(b.fields), root: root.clause, mentions: slices.Clone(b.mentions)}
	p.order = conjuncts(&p.root, nil)
	return p, nil
}

// quotable looks for a clause that Explain could not quote from the source.
func quotable(c *clause, source string) (bad Span, ok bool) {
	if c.at.Start < 0 || c.at.End < c.at.Start || c.at.End > len(source) {
		return c.at, false
	}
	for i := range c.clauses {
		if bad, ok = quotable(&c.clauses[i], source); !ok {
			return bad, false
		}
	}
	return Span{}, true
}

func fail(at Span, format string, args ...any) *Error {
	return &Error{At: at, Msg: fmt.Sprintf(format, args...)}
}

// shorten keeps an error message on one line whatever a query holds.
func shorten(s string) string { return shortenTo(40, s) }

func shortenTo(limit int, s string) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// negatedUnknown is what the negation makes of what is unknown because of the document.
func (b *Builder) negatedUnknown() Verdict {
	if b.StrictNull {
		return Unknown
	}
	return True
}

// Constant is a value that is written in the query. A list is not a single value and counts as null.
func (b *Builder) Constant(at Span, v Value) Operand {
	switch v.kind {
	case KindText:
		v = Text(bytes.Clone(v.text))
	case KindList:
		v = Null()
	}
	return Operand{node: constant{v}, typ: typeOf(v), at: at, height: 1}
}

// Field is a field's value. A field gets its slot when it is first mentioned, and is optional as
// long as each mention of it is.
func (b *Builder) Field(at Span, name string, optional bool) Operand {
	slot, seen := b.slots[name]
	if !seen {
		slot = len(b.fields)
		b.slots[name] = slot
		b.fields = append(b.fields, Field{Name: name, Optional: optional})
		b.mentions = append(b.mentions, at)
	}
	if !optional {
		b.fields[slot].Optional = false
	}
	x := Operand{node: fieldOperand(slot), typ: AnyType, at: at, slots: []int{slot}, height: 1, name: name}
	if b.Mapping != nil {
		x.mapped = b.Mapping(name)
	}
	return x
}

// Negative is -x. It is null if x is null or not a number, and where the result overflows.
func (b *Builder) Negative(at Span, x Operand) (Operand, error) {
	if err := wantNumber("-", x); err != nil {
		return Operand{}, err
	}
	return calculated(at, negationOperand{x.operand()}, NumberType, x), nil
}

// Arithmetic is x + y, x - y, x * y, x / y or x % y. Two integers give an integer. The result is
// null if a side is null or not a number, where an integer is divided by zero and where the
// result overflows 64 bits.
func (b *Builder) Arithmetic(at Span, x Operand, op byte, y Operand) (Operand, error) {
	if bytes.IndexByte([]byte("+-*/%"), op) < 0 {
		return Operand{}, fail(at, "%q is not an operator of arithmetic", op)
	}
	for _, side := range []Operand{x, y} {
		if err := wantNumber(string(op), side); err != nil {
			return Operand{}, err
		}
	}
	return calculated(at, arithmeticOperand{op, x.operand(), y.operand()}, NumberType, x, y), nil
}

func wantNumber(op string, x Operand) error {
	if !agree(x.Type(), NumberType) {
		return fail(x.at, "%s calculates with numbers, found %s", op, x.Type())
	}
	return nil
}

// agree says whether values of one type can be values of the other.
func agree(t, want Type) bool {
	return t == want || t == AnyType || t == NullType || want == AnyType
}

// Call is a function's result. The error is about the number of arguments, their types, or constants
// that the function cannot work with.
func (b *Builder) Call(at Span, f *Function, fold bool, args []Operand) (Operand, error) {
	if err := f.Takes(len(args), fold); err != nil {
		return Operand{}, fail(at, "%s", err)
	}
	nodes := make([]operand, max(len(args), len(f.params)))
	for i, a := range args {
		want := f.params[min(i, len(f.params)-1)]
		if !agree(a.Type(), want) {
			return Operand{}, fail(a.at, "argument %d of %s has to be %s, found %s", i+1, f.name, want, a.Type())
		}
		nodes[i] = a.operand()
	}
	if f.condition != nil {
		c, err := f.condition(b, at, args, fold)
		return b.ValueOf(c), err
	}
	return calculated(at, f.build(nodes, fold), f.result, args...), nil
}

// ValueOf is a condition in the place of a value: true, false, or null if it is unknown.
func (b *Builder) ValueOf(c Condition) Operand {
	if c.op == opFixed {
		return b.Constant(c.at, c.fixed.value())
	}
	return Operand{node: &conditionOperand{c}, typ: BoolType, at: c.at, slots: slotsOf(&c.clause, nil), height: c.height}
}

// slotsOf adds the slots of all fields that a clause reads to those of seen.
func slotsOf(c *clause, seen []int) []int {
	if c.op == opLeaf {
		seen = union(seen, c.leaf.slots)
	}
	for i := range c.clauses {
		seen = slotsOf(&c.clauses[i], seen)
	}
	return seen
}

// calculated is an operand that is made of others. What depends on no field is calculated here.
func calculated(at Span, x operand, t Type, from ...Operand) Operand {
	known := true
	out := Operand{node: x, typ: t, at: at}
	for _, o := range from {
		_, ok := o.Constant()
		known = known && ok
		out.slots = union(out.slots, o.slots)
		out.height = max(out.height, o.height)
	}
	out.height++
	if known {
		v := x.value(nil)
		return Operand{node: constant{v}, typ: typeOf(v), at: at, height: 1}
	}
	return out
}

// union adds the slots of more to all.
func union(all, more []int) []int {
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func (x Operand) operand() operand {
	if x.node == nil {
		return constant{}
	}
	return x.node
}

// Always is a condition with the same verdict for each document.
func (b *Builder) Always(at Span, v Verdict) Condition {
	return Condition{clause: clause{at: at, op: opFixed, fixed: v}, height: 1}
}

// Truth is a value as a condition: true if the value is the boolean true, unknown if it is
// null, and false for everything else that a field can have.
func (b *Builder) Truth(x Operand) (Condition, error) {
	if !agree(x.Type(), BoolType) {
		return Condition{}, fail(x.at, "expected a condition, found %s", x.Type())
	}
	if c, ok := x.node.(*conditionOperand); ok {
		return c.Condition.As(x.at), nil
	}
	if x.mapped == Boolean {
		return b.test(x.at, x, &booleanTest{yes: true}), nil
	}
	return b.test(x.at, x, truthTest{}), nil
}

// Missing is true if the operand is null and false otherwise. Its [Builder.Opposite] is true
// if there is a value. A field of several values is missing where all of them are.
func (b *Builder) Missing(at Span, x Operand) Condition { return b.test(at, x, nil) }

// Equal is true if the operand is the value: of the same type, text of the same case. The value is
// converted to the type of a field that has one.
func (b *Builder) Equal(at Span, x Operand, v Value) (Condition, error) {
	if err := checkTypes(at, x, v); err != nil {
		return Condition{}, err
	}
	switch {
	case x.Type() == NullType || typeOf(v) == NullType:
		return b.Always(at, Unknown), nil
	case x.mapped != Unmapped:
		t, err := x.mapped.equal(at, x, []Value{v})
		return b.typed(at, x, t, err)
	}
	return b.test(at, x, equalTo(v)), nil
}

func checkTypes(at Span, x Operand, v Value) error {
	if !agree(x.Type(), typeOf(v)) && typeOf(v) != NullType {
		return fail(at, "cannot compare %s with %s", x.Type(), typeOf(v))
	}
	return nil
}

// Order is one of the comparisons that put values in order.
type Order uint8

// The orders.
const (
	Less           Order = iota // x < v
	LessOrEqual                 // x <= v
	Greater                     // x > v
	GreaterOrEqual              // x >= v
)

// Ordered is true if the operand is before or after the value. Numbers are in the order of
// numbers, text is in the order of its bytes; values of different types are in no order.
func (b *Builder) Ordered(at Span, x Operand, o Order, v Value) (Condition, error) {
	if err := checkTypes(at, x, v); err != nil {
		return Condition{}, err
	}
	switch {
	case o > GreaterOrEqual:
		return Condition{}, fail(at, "%d is not an order", o)
	case x.Type() == NullType || typeOf(v) == NullType:
		return b.Always(at, Unknown), nil
	case x.mapped != Unmapped:
		t, err := x.mapped.ordered(at, x, o, v)
		return b.typed(at, x, t, err)
	case typeOf(v) == BoolType:
		return Condition{}, fail(at, "compares numbers or text, not booleans")
	}
	if v.kind == KindText {
		v = Text(bytes.Clone(v.text))
	}
	return b.test(at, x, &orderTest{order: o, v: v}), nil
}

// OrderedNumber is [Builder.Ordered] with a number, whatever the type of a field: text in which a number
// is written is that number, and other values are in no order with it.
func (b *Builder) OrderedNumber(at Span, x Operand, o Order, v Value) (Condition, error) {
	switch {
	case o > GreaterOrEqual:
		return Condition{}, fail(at, "%d is not an order", o)
	case !v.isNumber():
		return Condition{}, fail(at, "%s is not a number", v)
	case x.Type() == NullType:
		return b.Always(at, Unknown), nil
	}
	return b.test(at, x, &longTest{&orderTest{order: o, v: v}}), nil
}

// Search says where one text is in another.
type Search uint8

// The searches.
const (
	WholeText   Search = iota // it is the other
	PartOfText                // the other contains it
	StartOfText               // the other begins with it
	EndOfText                 // the other ends with it
)

// SameText is true if the text of one field is that of another, or a part of it: y in x. A number
// or a boolean is its text. It is unknown where a field is missing, and its negation is true there: it
// is a test of fields, and not a script.
func (b *Builder) SameText(at Span, x, y Operand, where Search, fold bool) (Condition, error) {
	if !x.IsField() || !y.IsField() {
		return Condition{}, fail(at, "compares a field with a field")
	}
	search := map[Search]searchText{WholeText: isText, PartOfText: contains, StartOfText: startsWith, EndOfText: endsWith}[where]
	if search == nil {
		return Condition{}, fail(at, "%d is not a search", where)
	}
	same := calculated(at, sameTextOperand{search, x.operand(), y.operand(), fold}, BoolType, x, y)
	c := b.test(at, same, truthTest{})
	c.leaf.script = false
	return c, nil
}

// In is true if the operand equals one of the values, as [Builder.Equal] has it. Nulls in the
// list have no effect.
func (b *Builder) In(at Span, x Operand, values []Value) (Condition, error) {
	var some []Value
	for _, v := range values {
		if err := checkTypes(at, x, v); err != nil {
			return Condition{}, err
		}
		if typeOf(v) != NullType {
			some = append(some, v)
		}
	}
	switch {
	case len(some) == 0 || x.Type() == NullType:
		return b.Always(at, Unknown), nil
	case x.mapped != Unmapped:
		t, err := x.mapped.equal(at, x, some)
		return b.typed(at, x, t, err)
	}
	return b.test(at, x, newSetTest(some)), nil
}

// InFold is true if the operand is one of the texts, ignoring case. Stars and question marks in
// them are ordinary characters.
func (b *Builder) InFold(at Span, x Operand, texts []string) (Condition, error) {
	return b.textTest(at, x, len(texts), func() test { return newFoldTest(texts) })
}

// Like is true if one of the patterns covers the operand's whole text. In a pattern * is any
// text, also the empty one, ? is one character, and a backslash before a character makes it an
// ordinary one; [QuotePattern] does that for all of a text. With fold, case does not count.
//
// A test takes time in proportion to the text's length times the pattern's at worst.
func (b *Builder) Like(at Span, x Operand, patterns []string, fold bool) (Condition, error) {
	return b.textTest(at, x, len(patterns), func() test { return newPatternTest(patterns, fold) })
}

// HasPrefix is true if the operand's text starts with the prefix, in which no character is
// special.
func (b *Builder) HasPrefix(at Span, x Operand, prefix string, fold bool) (Condition, error) {
	return b.textTest(at, x, 1, func() test { return newPrefixTest(prefix, fold) })
}

// Matches is true if the regular expression matches the operand's text, or a part of it: one that
// has to cover the whole is anchored. [CompileLucene] makes such an expression of Lucene's syntax.
// The text can be invalid UTF-8.
func (b *Builder) Matches(at Span, x Operand, re *regexp.Regexp) (Condition, error) {
	return b.textTest(at, x, 1, func() test { return newRegexTest(re) })
}

// InBlocks is true if the operand's text is an address in one of the blocks. Text that is not an
// address is in none. [ParseBlock] reads a block.
func (b *Builder) InBlocks(at Span, x Operand, blocks []netip.Prefix) (Condition, error) {
	own := make([]netip.Prefix, len(blocks))
	for i, block := range blocks {
		if !block.IsValid() {
			return Condition{}, fail(at, "one of the blocks is not a CIDR block")
		}
		own[i] = ordinaryBlock(block)
	}
	if x.mapped == IP && len(own) > 0 {
		return b.test(at, x, &cidrTest{own}), nil
	}
	return b.textTest(at, x, len(own), func() test { return &cidrTest{own} })
}

// textTest makes the condition that tests text. It is unknown if there is nothing to compare with.
func (b *Builder) textTest(at Span, x Operand, n int, prepare func() test) (Condition, error) {
	switch {
	case !agree(x.Type(), TextType):
		return Condition{}, fail(at, "cannot compare %s with text", x.Type())
	case n == 0 || x.Type() == NullType:
		return b.Always(at, Unknown), nil
	}
	return b.typed(at, x, prepare(), x.mapped.text(at, x))
}

// typed makes the clause of a test that was made for the type of a field.
func (b *Builder) typed(at Span, x Operand, t test, err error) (Condition, error) {
	if err != nil {
		return Condition{}, err
	}
	c := b.test(at, x, t)
	if c.op == opLeaf {
		c.leaf.asText = x.mapped.isText()
	}
	return c, nil
}

// test makes the clause that tests what the operand yields, or with no test, whether it is null. A
// clause of constants is decided here.
func (b *Builder) test(at Span, x Operand, t test) Condition {
	l := &leaf{slot: -1, operand: x.operand(), test: t, null: t == nil, unknown: b.negatedUnknown(), slots: x.slots, single: b.SingleValue}
	l.script = t != nil && !x.IsField()
	if v, ok := x.Constant(); ok {
		return b.Always(at, l.one(v))
	}
	if f, ok := x.node.(fieldOperand); ok {
		l.slot = int(f)
	}
	return Condition{clause: clause{at: at, op: opLeaf, leaf: l}, height: x.height + 1}
}

// And is true if all of the terms are, false if one is false, and unknown otherwise. Without
// terms it is true.
func (b *Builder) And(at Span, terms ...Condition) Condition { return chain(at, opAnd, terms) }

// Or is true if one of the terms is, false if all are false, and unknown otherwise. Without
// terms it is false.
func (b *Builder) Or(at Span, terms ...Condition) Condition { return chain(at, opOr, terms) }

func chain(at Span, op clauseOp, terms []Condition) Condition {
	out := Condition{clause: clause{at: at, op: op, clauses: make([]clause, 0, len(terms))}}
	known := true
	for _, t := range terms {
		known = known && t.op == opFixed
		out.clauses = append(out.clauses, t.clause)
		out.height = max(out.height, t.height)
	}
	out.height++
	if known {
		return Condition{clause: clause{at: at, op: opFixed, fixed: out.eval(nil, false)}, height: 1}
	}
	return out
}

// Not is the negation of a condition, as a clause with the condition in it. What it makes of unknown
// is said at StrictNull.
func (b *Builder) Not(at Span, c Condition) Condition {
	if c.op == opFixed {
		// A null that is written in the query stays null under not, in Elasticsearch too.
		return b.Always(at, negate(c.fixed, Unknown))
	}
	return Condition{
		clause: clause{at: at, op: opNot, clauses: []clause{c.clause}},
		height: c.height + 1,
	}
}

// Opposite is the negation of a condition in the condition's own place. That of a single test is a
// single test: x != v is the opposite of x == v.
func (b *Builder) Opposite(c Condition) Condition {
	if c.op != opLeaf {
		return b.Not(c.at, c)
	}
	l := *c.leaf
	l.negate = !l.negate
	c.leaf = &l
	return c
}

// operand is a compiled expression that yields a value. Its fields yield single values: the clause
// that it belongs to goes through the lists.
type operand interface {
	value(d Document) Value
}

type constant struct{ v Value }

func (c constant) value(Document) Value { return c.v }

// fieldOperand is a slot.
type fieldOperand int

func (f fieldOperand) value(d Document) Value { return d.Value(int(f)) }

// conditionOperand is a condition in the place of a value, as in string(a == 1).
type conditionOperand struct{ Condition }

func (o *conditionOperand) value(d Document) Value { return o.eval(d, false).value() }
