package eql

import (
	"bytes"
	"net/netip"
	"strings"
)

// Field is a field that a program reads.
type Field struct {
	Name string // its full name, with dots
	// Optional is true where the query marks the field with a question mark wherever it mentions
	// it: the rule's author expects that some sources do not have it at all.
	Optional bool
}

// Option adjusts how Compile reads a query.
type Option func(*compiler)

// CategoryField names the field that holds an event's category, which is what stands before where.
// It is event.category unless this option says otherwise.
func CategoryField(name string) Option {
	return func(c *compiler) { c.categoryField = name }
}

// StrictNull makes null contagious: not null is null, and so is null != "a", and null never
// matches. Without it a program does as Elasticsearch does, where a clause about a missing field
// does not hold and its negation does.
func StrictNull() Option {
	return func(c *compiler) { c.negatedUnknown = Unknown }
}

// Program is a compiled query. It is immutable: any number of goroutines may use one at the same
// time, each with its own document.
type Program struct {
	query  *Query
	fields []Field
	root   clause
}

// Compile resolves the fields of a query to slots and its literals to the form in which they are
// compared, so that nothing is left to be parsed, looked up or converted when events come. The
// error is a *CompileError.
func Compile(q *Query, opts ...Option) (*Program, error) {
	c := compiler{
		src:            q.src,
		categoryField:  "event.category",
		negatedUnknown: True,
		slots:          make(map[string]int),
	}
	for _, o := range opts {
		o(&c)
	}
	p := &Program{query: q}
	var category clause
	if !q.any { // first, so that the category has slot 0
		slot := c.slot(&field{name: c.categoryField})
		category = clause{at: q.head, leaf: &leaf{slot: slot, slots: []int{slot}, test: textTest(q.category)}}
	}
	where, err := c.condition(q.where)
	if err != nil {
		return nil, err
	}
	p.root = where
	if !q.any {
		p.root = clause{at: span{q.head.start, q.where.where().end}, op: opAnd, clauses: []clause{category, where}}
	}
	p.fields = c.fields
	return p, nil
}

// Fields lists the fields that the program reads. A field's index is the slot that a Document is
// asked for. The slice belongs to the program.
func (p *Program) Fields() []Field { return p.fields }

type compiler struct {
	src            string
	categoryField  string
	negatedUnknown Verdict
	fields         []Field
	slots          map[string]int
}

func (c *compiler) slot(f *field) int {
	i, seen := c.slots[f.name]
	if !seen {
		i = len(c.fields)
		c.slots[f.name] = i
		c.fields = append(c.fields, Field{Name: f.name, Optional: f.optional})
	}
	if !f.optional {
		c.fields[i].Optional = false
	}
	return i
}

func (c *compiler) fail(e expr, format string, args ...any) *CompileError {
	return compileError(c.src, e.where().start, format, args...)
}

// condition compiles an expression that has to be true or false.
func (c *compiler) condition(e expr) (clause, *CompileError) {
	at := e.where()
	switch e := e.(type) {
	case *logical:
		out := clause{at: at, op: opAnd, clauses: make([]clause, 0, len(e.terms))}
		if e.op == "or" {
			out.op = opOr
		}
		known := true
		for _, t := range e.terms {
			k, err := c.condition(t)
			if err != nil {
				return clause{}, err
			}
			known = known && k.op == opFixed
			out.clauses = append(out.clauses, k)
		}
		if known {
			return clause{at: at, op: opFixed, fixed: out.eval(nil)}, nil
		}
		return out, nil
	case *complement:
		x, err := c.condition(e.x)
		if err != nil {
			return clause{}, err
		}
		if x.op == opFixed {
			// A null that is written in the query stays null under not, in Elasticsearch too.
			return clause{at: at, op: opFixed, fixed: negate(x.fixed, Unknown)}, nil
		}
		return clause{at: at, op: opNot, clauses: []clause{x}, unknown: c.negatedUnknown}, nil
	case *comparison:
		return c.comparison(e)
	case *lookup:
		return c.lookup(e)
	case *call:
		return c.booleanCall(e)
	case *literal:
		switch e.value.kind {
		case KindBool:
			return clause{at: at, op: opFixed, fixed: verdictOf(e.value.Bool())}, nil
		case KindNull:
			return clause{at: at, op: opFixed, fixed: Unknown}, nil
		}
		return clause{}, c.fail(e, "expected a condition, found %s", typeOf(e.value))
	case *field:
		return c.leaf(e, fieldOperand(c.slot(e)), truthTest{}), nil
	}
	return clause{}, c.fail(e, "expected a condition, found a number")
}

// leaf makes the clause that tests what the operand yields, or with no test, whether it is null. A
// clause of constants is decided here.
func (c *compiler) leaf(e expr, x operand, t test) clause {
	l := &leaf{slot: -1, operand: x, test: t, null: t == nil, unknown: c.negatedUnknown}
	switch x := x.(type) {
	case constant:
		return clause{at: e.where(), op: opFixed, fixed: l.one(x.v)}
	case fieldOperand:
		l.slot = int(x)
	}
	l.slots = c.slotsOf(e, nil)
	return clause{at: e.where(), leaf: l}
}

// negated turns a clause that is one leaf, or a constant, into its opposite.
func (c *compiler) negated(k clause) clause {
	if k.op == opFixed {
		k.fixed = negate(k.fixed, Unknown)
	} else {
		k.leaf.negate = !k.leaf.negate
	}
	return k
}

// slotsOf lists the slots of all fields in e, each once.
func (c *compiler) slotsOf(e expr, slots []int) []int {
	switch e := e.(type) {
	case *field:
		s := c.slot(e)
		for _, seen := range slots {
			if seen == s {
				return slots
			}
		}
		return append(slots, s)
	case *call:
		return c.slotsOfAll(e.args, slots)
	case *negation:
		return c.slotsOf(e.x, slots)
	case *complement:
		return c.slotsOf(e.x, slots)
	case *arithmetic:
		return c.slotsOf(e.right, c.slotsOf(e.left, slots))
	case *comparison:
		return c.slotsOf(e.right, c.slotsOf(e.left, slots))
	case *lookup:
		return c.slotsOf(e.x, slots)
	case *logical:
		return c.slotsOfAll(e.terms, slots)
	}
	return slots
}

func (c *compiler) slotsOfAll(es []expr, slots []int) []int {
	for _, e := range es {
		slots = c.slotsOf(e, slots)
	}
	return slots
}

// mirrored are the comparison operators with their sides changed.
var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (c *compiler) comparison(e *comparison) (clause, *CompileError) {
	left, right, op := e.left, e.right, e.op
	if _, ok := left.(*literal); ok {
		left, right, op = right, left, mirrored[op]
	}
	if lit, ok := right.(*literal); ok && (op == "==" || op == "!=") {
		switch {
		case lit.value.kind == KindNull:
			x, _, err := c.operand(left)
			if err != nil {
				return clause{}, err
			}
			k := c.leaf(e, x, nil)
			if op == "!=" {
				k = c.negated(k)
			}
			return k, nil
		case lit.value.kind == KindBool && isCondition(left):
			k, err := c.condition(left)
			if err != nil || (op == "==") == lit.value.Bool() {
				k.at = e.where()
				return k, err
			}
			return c.condition(&complement{node: e.node, x: left})
		}
	}
	x, xt, err := c.operand(left)
	if err != nil {
		return clause{}, err
	}
	y, yt, err := c.operand(right)
	if err != nil {
		return clause{}, err
	}
	if _, ok := x.(constant); ok {
		x, y, xt, yt, op = y, x, yt, xt, mirrored[op]
	}
	fixed, ok := y.(constant)
	if !ok {
		return clause{}, c.fail(e, "%s compares a field with a field: one side has to be a constant, as in Elasticsearch", e.op)
	}
	if yt == nullType || xt == nullType {
		return clause{at: e.where(), op: opFixed, fixed: Unknown}, nil
	}
	if xt != anyType && xt != yt {
		return clause{}, c.fail(e, "%s cannot compare %s with %s", e.op, xt, yt)
	}
	switch op {
	case "==":
		return c.leaf(e, x, equalTo(fixed.v)), nil
	case "!=":
		return c.negated(c.leaf(e, x, equalTo(fixed.v))), nil
	}
	if yt == boolType {
		return clause{}, c.fail(e, "%s compares numbers or text, not booleans", e.op)
	}
	return c.leaf(e, x, &orderTest{op: op, v: fixed.v}), nil
}

// isCondition says whether an expression is true or false by its form. Compared with true it is
// itself, compared with false its opposite.
func isCondition(e expr) bool {
	switch e := e.(type) {
	case *logical, *complement, *comparison, *lookup:
		return true
	case *call:
		f := functions[strings.ToLower(e.name)]
		return f != nil && f.result == boolType
	}
	return false
}

func (c *compiler) lookup(e *lookup) (clause, *CompileError) {
	x, xt, err := c.operand(e.x)
	if err != nil {
		return clause{}, err
	}
	values := make([]Value, 0, len(e.list))
	for _, item := range e.list {
		y, yt, err := c.operand(item)
		if err != nil {
			return clause{}, err
		}
		fixed, ok := y.(constant)
		switch {
		case !ok:
			return clause{}, c.fail(item, "%s takes constants: an element of its list cannot depend on a field", e.op)
		case e.op != "in" && yt != textType:
			return clause{}, c.fail(item, "%s compares text, found %s", e.op, describe(yt, e.op))
		case xt != anyType && xt != nullType && yt != nullType && xt != yt:
			return clause{}, c.fail(item, "%s cannot compare %s with %s", e.op, xt, yt)
		case yt != nullType: // nothing equals null: in a list it has no effect
			values = append(values, fixed.v)
		}
	}
	if len(values) == 0 {
		return clause{at: e.where(), op: opFixed, fixed: Unknown}, nil
	}
	var t test
	switch e.op {
	case "in":
		t = newSetTest(values)
	case "in~":
		t = newFoldTest(values)
	case ":", "like~":
		t = newPatternTest(values, true)
	case "like":
		t = newPatternTest(values, false)
	default:
		patterns := make([]string, len(values))
		for i, v := range values {
			patterns[i] = string(v.text)
		}
		re, bad, err := compileRegex(patterns, e.op == "regex~")
		if err != nil {
			return clause{}, c.fail(e.list[bad], "%s", err)
		}
		t = regexTest{re}
	}
	k := c.leaf(e, x, t)
	if e.negate {
		k = c.negated(k)
	}
	return k, nil
}

func describe(t valueType, op string) string {
	if t == nullType {
		return "null: a missing field is == null"
	}
	if op == ":" {
		return t.String() + ": use =="
	}
	return t.String()
}

// booleanCall compiles a call that stands where a condition is wanted. Where the second argument of
// a search is a constant, it is prepared once: this is where most rules spend their time.
func (c *compiler) booleanCall(e *call) (clause, *CompileError) {
	f, args, err := c.arguments(e)
	if err != nil {
		return clause{}, err
	}
	if f.result != boolType {
		return clause{}, c.fail(e, "expected a condition, found %s, which is what %s returns", f.result, f.name)
	}
	if f.name == "cidrMatch" {
		return c.cidrMatch(e, args)
	}
	other, ok := args[1].(constant)
	if !ok {
		return c.leaf(e, f.build(args, e.fold), truthTest{}), nil
	}
	if other.v.kind == KindNull {
		return clause{at: e.where(), op: opFixed, fixed: Unknown}, nil
	}
	if _, ok := args[0].(fieldOperand); ok {
		switch text := other.v.text; f.name {
		case "stringContains":
			return c.leaf(e, args[0], newWildcardTest("*", text, "*", e.fold)), nil
		case "endsWith":
			return c.leaf(e, args[0], newWildcardTest("*", text, "", e.fold)), nil
		case "startsWith":
			return c.leaf(e, args[0], newPrefixTest(text, e.fold)), nil
		}
	}
	if x, ok := args[0].(constant); ok {
		v := f.build([]operand{x, other}, e.fold).value(nil)
		return clause{at: e.where(), op: opFixed, fixed: truthTest{}.verdict(v)}, nil
	}
	return c.leaf(e, f.build(args, e.fold), truthTest{}), nil
}

func (c *compiler) cidrMatch(e *call, args []operand) (clause, *CompileError) {
	var blocks []netip.Prefix
	for i, a := range args[1:] {
		fixed, ok := a.(constant)
		if !ok {
			return clause{}, c.fail(e.args[i+1], "cidrMatch takes constant blocks")
		}
		if fixed.v.kind == KindNull {
			return clause{at: e.where(), op: opFixed, fixed: Unknown}, nil
		}
		b, ok := parseBlock(string(fixed.v.text))
		if !ok {
			return clause{}, c.fail(e.args[i+1], "%q is not a CIDR block, as 10.0.0.0/8 is", shorten(string(fixed.v.text)))
		}
		blocks = append(blocks, b)
	}
	return c.leaf(e, args[0], &cidrTest{blocks}), nil
}

// operand compiles an expression that yields a value.
func (c *compiler) operand(e expr) (operand, valueType, *CompileError) {
	switch e := e.(type) {
	case *literal:
		return constant{e.value}, typeOf(e.value), nil
	case *field:
		return fieldOperand(c.slot(e)), anyType, nil
	case *negation:
		x, err := c.number(e.x, "-")
		if err != nil {
			return nil, 0, err
		}
		return folded(negationOperand{x}, numberType, x)
	case *arithmetic:
		left, err := c.number(e.left, string(e.op))
		if err != nil {
			return nil, 0, err
		}
		right, err := c.number(e.right, string(e.op))
		if err != nil {
			return nil, 0, err
		}
		return folded(arithmeticOperand{e.op, left, right}, numberType, left, right)
	case *call:
		if isCondition(e) {
			break
		}
		f, args, err := c.arguments(e)
		if err != nil {
			return nil, 0, err
		}
		return folded(f.build(args, e.fold), f.result, args...)
	}
	k, err := c.condition(e)
	if err != nil {
		return nil, 0, err
	}
	if k.op == opFixed {
		v := k.fixed.value()
		return constant{v}, typeOf(v), nil
	}
	return &conditionOperand{k}, boolType, nil
}

func (c *compiler) number(e expr, op string) (operand, *CompileError) {
	x, t, err := c.operand(e)
	if err == nil && t != anyType && t != nullType && t != numberType {
		err = c.fail(e, "%s calculates with numbers, found %s", op, t)
	}
	return x, err
}

// folded calculates what does not depend on a document.
func folded(x operand, t valueType, args ...operand) (operand, valueType, *CompileError) {
	for _, a := range args {
		if _, ok := a.(constant); !ok && a != nil {
			return x, t, nil
		}
	}
	v := x.value(nil)
	return constant{v}, typeOf(v), nil
}

// conditionOperand is a condition in the place of a value, as in string(a == 1).
type conditionOperand struct{ k clause }

func (o *conditionOperand) value(d Document) Value { return o.k.eval(d).value() }

// arguments looks up the function and checks and compiles what it is called with.
func (c *compiler) arguments(e *call) (*function, []operand, *CompileError) {
	f := functions[strings.ToLower(e.name)]
	switch {
	case f == nil && formerFunctions[strings.ToLower(e.name)] != "":
		return nil, nil, c.fail(e, "there is no function %s: %s", e.name, formerFunctions[strings.ToLower(e.name)])
	case f == nil:
		return nil, nil, c.fail(e, "there is no function %s", shorten(e.name))
	case e.fold && !f.tilde:
		return nil, nil, c.fail(e, "%s has no form that ignores case (%s~)", f.name, f.name)
	}
	least, most := len(f.params)-f.optional, len(f.params)
	switch n := len(e.args); {
	case n < least && f.variadic:
		return nil, nil, c.fail(e, "%s takes at least %s, found %d", f.name, plural(least), n)
	case n > most && f.variadic || n >= least && n <= most:
	case f.optional > 0:
		return nil, nil, c.fail(e, "%s takes %d or %s, found %d", f.name, least, plural(most), n)
	default:
		return nil, nil, c.fail(e, "%s takes %s, found %d", f.name, plural(most), n)
	}
	args := make([]operand, max(len(e.args), len(f.params)))
	for i, a := range e.args {
		x, t, err := c.operand(a)
		if err != nil {
			return nil, nil, err
		}
		want := f.params[min(i, len(f.params)-1)]
		if want != anyType && t != anyType && t != nullType && t != want {
			return nil, nil, c.fail(a, "argument %d of %s has to be %s, found %s", i+1, f.name, want, t)
		}
		args[i] = x
	}
	return f, args, nil
}

func plural(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return string(rune('0'+n)) + " arguments"
}

func newPrefixTest(s []byte, fold bool) *prefixTest {
	t := &prefixTest{prefix: bytes.Clone(s), fold: fold}
	if fold {
		t.prefix = foldText(s)
	}
	return t
}
