package eql

import (
	"github.com/trailwire/trailwire/detect/program"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"unicode"
	"unicode/utf8"
)

// reference evaluates the syntax tree as it stands, one value at a time. It is slow and says what
// the compiled form has to come to. What has tests of its own it leaves to the builder, with
// constants in the place of fields: the functions, the comparison of two values, the translation of
// regular expressions.
type reference struct {
	strict bool
	event  map[string]program.Value // scalars, once a leaf has been reached
}

// verdict is that on the expression or, with not, on its negation, which goes down to the leaves: of a
// query it is that no value passes, of a script that one value does not.
func (r *reference) verdict(e expr, not bool) program.Verdict {
	switch e := e.(type) {
	case *logical:
		out := r.verdict(e.terms[0], not)
		for _, t := range e.terms[1:] {
			if v := r.verdict(t, not); (e.op == "and") != not {
				out = min(out, v)
			} else {
				out = max(out, v)
			}
		}
		return out
	case *complement:
		return r.verdict(e.x, !not)
	case *lookup:
		if e.negate {
			positive := *e
			positive.negate = false
			return r.verdict(&positive, !not)
		}
	case *comparison:
		if e.op == "!=" {
			positive := *e
			positive.op = "=="
			return r.verdict(&positive, !not)
		}
		for _, sides := range [2][2]expr{{e.left, e.right}, {e.right, e.left}} {
			if l, ok := sides[1].(*literal); ok && e.op == "==" && l.value.Kind() == program.KindBool && isCondition(sides[0]) {
				return r.verdict(sides[0], not == l.value.Bool())
			}
			if l, ok := sides[1].(*literal); ok && e.op == "==" && l.value.Kind() == program.KindNull {
				v := r.leaf(e, r.names(e, nil), false)
				if f, ok := sides[0].(*field); ok {
					v = verdict(missing(r.event[f.name]))
				}
				return opposite(v, not)
			}
		}
	}
	if k := compiled(e); k != nil {
		if v, fixed := k.Fixed(); fixed {
			return opposite(v, not)
		}
	}
	if !not || r.isScript(e) {
		return r.leaf(e, r.names(e, nil), not)
	}
	v := r.leaf(e, r.names(e, nil), false)
	if v == program.Unknown && !r.strict {
		return program.True
	}
	return opposite(v, true)
}

// compiled is a condition by itself, nil if it has no meaning.
func compiled(e expr) *program.Condition {
	c := compiler{build: program.NewBuilder("")}
	if k, err := c.condition(e); err == nil {
		return &k
	}
	return nil
}

// opposite negates a verdict, and leaves unknown as it is.
func opposite(v program.Verdict, not bool) program.Verdict {
	if not && v != program.Unknown {
		return program.True - v
	}
	return v
}

// isScript says whether Elasticsearch runs a script for a leaf: one that tests something calculated.
func (r *reference) isScript(e expr) bool {
	isField := func(e expr) bool { _, ok := e.(*field); return ok }
	switch e := e.(type) {
	case *comparison:
		return !isField(e.left) && !isField(e.right)
	case *lookup:
		return !isField(e.x)
	case *call:
		switch f := program.LookupFunction(e.name); f.Name() {
		case "cidrMatch":
			return !isField(e.args[0])
		case "stringContains", "startsWith", "endsWith":
			return !isField(e.args[0]) || len(r.names(e.args[1], nil)) > 0
		}
		return true
	}
	return !isField(e)
}

// leaf goes through the values of the fields that are lists, one field after the other.
func (r *reference) leaf(e expr, names []string, not bool) program.Verdict {
	if len(names) == 0 {
		return opposite(r.scalar(e), not)
	}
	v := r.event[names[0]]
	if v.Kind() != program.KindList {
		return r.leaf(e, names[1:], not)
	}
	out := program.Unknown
	for _, one := range append(flatten(v), program.Null()) {
		if one.Kind() == program.KindNull && !missing(v) {
			continue
		}
		r.event[names[0]] = one
		switch r.leaf(e, names[1:], not) {
		case program.True:
			out = program.True
		case program.False:
			if out == program.Unknown {
				out = program.False
			}
		}
	}
	r.event[names[0]] = v
	return out
}

func flatten(v program.Value) []program.Value {
	if v.Kind() != program.KindList {
		return []program.Value{v}
	}
	var all []program.Value
	for _, e := range v.List() {
		all = append(all, flatten(e)...)
	}
	return all
}

func (r *reference) scalar(e expr) program.Verdict {
	switch e := e.(type) {
	case *comparison:
		x, y := r.value(e.left), r.value(e.right)
		if isNull(e.left) || isNull(e.right) {
			if e.op == "==" {
				return verdict(x.Kind() == y.Kind())
			}
			return program.Unknown
		}
		if x.Kind() == program.KindNull || y.Kind() == program.KindNull {
			return program.Unknown
		}
		b := program.NewBuilder("")
		if e.op == "==" {
			return fixed(b.Equal(program.Span{}, constant(x), y))
		}
		return fixed(b.Ordered(program.Span{}, constant(x), orders[e.op], y))
	case *lookup:
		x := r.value(e.x)
		if x.Kind() == program.KindNull {
			return program.Unknown
		}
		out := program.Unknown
		for _, item := range e.list {
			y := r.value(item)
			if y.Kind() == program.KindNull {
				continue
			}
			if r.found(e.op, x, y) {
				return program.True
			}
			out = program.False
		}
		return out
	case *call:
		return truth(r.value(e))
	}
	return truth(r.value(e))
}

func (r *reference) found(op string, x, y program.Value) bool {
	b := program.NewBuilder("")
	if op == "in" {
		return fixed(b.Equal(program.Span{}, constant(x), y)) == program.True
	}
	if x.Kind() != program.KindText {
		return false
	}
	switch op {
	case "in~":
		return fixed(b.InFold(program.Span{}, constant(x), []string{string(y.Text())})) == program.True
	case ":", "like~":
		return matchSlowly(y.Text(), x.Text(), true, false)
	case "like":
		return matchSlowly(y.Text(), x.Text(), false, false)
	}
	re, _, err := program.CompileLucene([]string{string(y.Text())}, op == "regex~")
	return err == nil && re.Match(x.Text())
}

func isNull(e expr) bool {
	l, ok := e.(*literal)
	return ok && l.value.Kind() == program.KindNull
}

func (r *reference) value(e expr) program.Value {
	switch e := e.(type) {
	case *literal:
		return e.value
	case *field:
		return r.event[e.name]
	case *negation:
		return calculated(program.NewBuilder("").Negative(program.Span{}, constant(r.value(e.x))))
	case *arithmetic:
		return calculated(program.NewBuilder("").Arithmetic(program.Span{}, constant(r.value(e.left)), e.op, constant(r.value(e.right))))
	case *call:
		return r.called(e)
	}
	return asValue(r.verdict(e, false))
}

func (r *reference) called(e *call) program.Value {
	f := program.LookupFunction(e.name)
	var values []program.Value
	var args []program.Operand
	for _, a := range e.args {
		v := r.value(a)
		values = append(values, v)
		args = append(args, constant(v))
	}
	for _, v := range values {
		if f.Result() == program.BoolType && v.Kind() == program.KindNull {
			return program.Null()
		}
	}
	switch f.Name() {
	case "cidrMatch":
		if values[0].Kind() != program.KindText {
			return program.Bool(false)
		}
	case "stringContains", "endsWith", "startsWith":
		_, isField := e.args[0].(*field)
		if !isField || len(r.names(e.args[1], nil)) > 0 {
			break
		}
		if values[0].Kind() != program.KindText {
			return program.Bool(false)
		}
		pattern := "*" + string(values[1].Text())
		if f.Name() == "startsWith" {
			break
		}
		if f.Name() == "stringContains" {
			pattern += "*"
		}
		return program.Bool(matchSlowly([]byte(pattern), values[0].Text(), e.fold, true))
	}
	return calculated(program.NewBuilder("").Call(program.Span{}, f, e.fold, args))
}

// calculated is what the builder makes of constants. It refuses those of a wrong type, where a
// field's value of that type gives null.
func calculated(x program.Operand, err error) program.Value {
	if err != nil {
		return program.Null()
	}
	v, ok := x.Constant()
	if !ok {
		panic("constants make something that is not one")
	}
	return v
}

// fixed is the verdict on constants. Of different types, which the builder refuses to compare, the
// verdict on a field's value is false.
func fixed(c program.Condition, err error) program.Verdict {
	if err != nil {
		return program.False
	}
	v, ok := c.Fixed()
	if !ok {
		panic("a condition on constants is not decided")
	}
	return v
}

func constant(v program.Value) program.Operand {
	return program.NewBuilder("").Constant(program.Span{}, v)
}

func verdict(b bool) program.Verdict {
	if b {
		return program.True
	}
	return program.False
}

func truth(v program.Value) program.Verdict {
	if v.Kind() == program.KindNull {
		return program.Unknown
	}
	return verdict(v.Bool())
}

func asValue(v program.Verdict) program.Value {
	if v == program.Unknown {
		return program.Null()
	}
	return program.Bool(v == program.True)
}

// missing says whether there is no value at all: null, or a list with nothing in it but nulls.
func missing(v program.Value) bool {
	for _, one := range flatten(v) {
		if one.Kind() != program.KindNull {
			return false
		}
	}
	return true
}

func (r *reference) names(e expr, names []string) []string {
	switch e := e.(type) {
	case *field:
		if !slices.Contains(names, e.name) {
			names = append(names, e.name)
		}
	case *call:
		return r.namesOfAll(e.args, names)
	case *logical:
		return r.namesOfAll(e.terms, names)
	case *negation:
		return r.names(e.x, names)
	case *complement:
		return r.names(e.x, names)
	case *arithmetic:
		return r.names(e.right, r.names(e.left, names))
	case *comparison:
		return r.names(e.right, r.names(e.left, names))
	case *lookup:
		return r.names(e.x, names)
	}
	return names
}

func (r *reference) namesOfAll(es []expr, names []string) []string {
	for _, e := range es {
		names = r.names(e, names)
	}
	return names
}

// matchSlowly is the definition of a wildcard pattern, in as few words as possible. In the patterns
// of : and like a backslash is an ordinary character, in those of stringContains and endsWith it
// escapes the next one.
func matchSlowly(pattern, s []byte, fold, escape bool) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	r, n := utf8.DecodeRune(pattern)
	switch {
	case r == '*':
		for i := 0; i <= len(s); i++ {
			if matchSlowly(pattern[1:], s[i:], fold, escape) {
				return true
			}
		}
		return false
	case len(s) == 0:
		return false
	case r == '?':
		_, m := utf8.DecodeRune(s)
		return matchSlowly(pattern[1:], s[m:], fold, escape)
	case r == '\\' && escape && n < len(pattern):
		pattern = pattern[1:]
		r, n = utf8.DecodeRune(pattern)
	}
	c, m := utf8.DecodeRune(s)
	same := r == c && (r != utf8.RuneError || pattern[0] == s[0])
	if fold && (r < utf8.RuneSelf) == (c < utf8.RuneSelf) {
		for f := unicode.SimpleFold(r); f != r && !same; f = unicode.SimpleFold(f) {
			same = f == c
		}
	}
	return same && matchSlowly(pattern[n:], s[m:], fold, escape)
}

// composer writes random queries that parse and mostly compile.
type composer struct{ *rand.Rand }

func (c composer) of(choices ...string) string { return choices[c.IntN(len(choices))] }

func (c composer) condition(depth int) string {
	if depth > 0 {
		switch c.IntN(4) {
		case 0:
			return "not " + c.condition(depth-1)
		case 1:
			return "(" + c.condition(depth-1) + c.of(" and ", " or ") + c.condition(depth-1) + ")"
		}
	}
	switch c.IntN(8) {
	case 0:
		return c.text() + c.of(" == ", " != ", " < ", " >= ") + c.quoted()
	case 1:
		return c.number() + c.of(" == ", " != ", " < ", " >= ") + c.of("0", "1", "2.5", "-1")
	case 2:
		return c.text() + c.of(" in ", " not in ", " in~ ", " : ", " like ", " like~ ", " regex~ ") + "(" + c.quoted() + ", " + c.quoted() + ")"
	case 3:
		return c.of("stringContains", "startsWith", "endsWith") + c.of("", "~") + "(" + c.text() + ", " + c.of(c.quoted(), c.quoted(), c.text()) + ")"
	case 4:
		return "(" + c.of(c.text(), c.number(), "(a == \"a\")") + ")" + c.of(" == ", " != ") + "null"
	case 5:
		return c.of("a", "b", "true", "false", "null", "a in (1, \"a\", null)", "not a in (null)")
	case 6:
		return "(" + c.of("a == 1", "b : \"*\"", "startsWith(a, b)") + ")" + c.of(" == ", " != ") + c.of("true", "false")
	}
	return "cidrMatch(" + c.text() + ", \"10.0.0.0/8\")"
}

func (c composer) text() string {
	return c.of("a", "b", "?c", "a", "b", "substring(a, 1)", "concat(a, b)", "between~(a, \"a\", b)", "string(b)", "`d`")
}

func (c composer) number() string {
	return c.of("a", "b", "length(c)", "a + 1", "-b", "a / b", "indexOf(a, b)", "number(c)", "a % 2")
}

func (c composer) quoted() string {
	return strconv.Quote(c.of("a", "A", "ab*", "*b", "a?c", "*", "", "\\*", "10.0.0.1", "ab", "a\\", "ß"))
}

func (c composer) value() program.Value {
	switch c.IntN(9) {
	case 0:
		return program.Null()
	case 1:
		return program.Int(int64(c.IntN(3) - 1))
	case 2:
		return program.Float(float64(c.IntN(6)) / 2)
	case 3:
		return program.Bool(c.IntN(2) == 0)
	case 4:
		var vs []program.Value
		for range c.IntN(3) {
			vs = append(vs, c.value())
		}
		return program.List(vs)
	}
	return program.Text([]byte(c.of("a", "A", "ab", "abc", "ABB", "a*", "", "*", "\\", "10.0.0.1", "1", "ẞ", "xaby")))
}

func TestCompiledQueriesDoWhatTheSyntaxTreeSays(t *testing.T) {
	c := composer{rand.New(rand.NewPCG(3, 4))}
	var compiled, matched int
	for range 20_000 {
		query := c.of("any", "any", "k") + " where " + c.condition(4)
		q, err := Parse(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		strict := c.IntN(2) == 0
		opts := []Option{CategoryField("d")}
		if strict {
			opts = append(opts, StrictNull())
		}
		p, err := Compile(q, opts...)
		if err != nil {
			continue
		}
		compiled++
		for range 5 {
			d := make(row, len(p.Fields()))
			r := reference{strict: strict, event: map[string]program.Value{}}
			for i := range d {
				d[i] = c.value()
				r.event[p.Fields()[i].Name] = d[i]
			}
			want := r.verdict(q.where, false)
			if !q.any {
				want = min(want, r.leaf(&comparison{op: "==", left: &field{name: "d"}, right: &literal{value: program.Text([]byte(q.category))}}, []string{"d"}, false))
			}
			got := p.Match(d)
			if got != (want == program.True) {
				t.Fatalf("%s (strict %v) on %v of %v: got %v, want %v\n%s", query, strict, d, p.Fields(), got, want, p.Explain(d))
			}
			if got {
				matched++
				if err := unsound(p, d); err != nil {
					t.Fatalf("%s on %v: %v", query, d, err)
				}
			}
			if explained := p.Explain(d).Verdict; (explained == program.True) != got {
				t.Fatalf("%s on %v: Match %v, Explain %v", query, d, got, explained)
			}
		}
	}
	if compiled < 5_000 || matched < 5_000 {
		t.Errorf("of the queries %d compiled and %d matched: the test says little", compiled, matched)
	}
	t.Logf("%d queries compiled, %d matches", compiled, matched)
}
