package eql

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// reference evaluates the syntax tree as it stands, one value at a time. It is slow and says what
// the compiled form has to come to. It shares with it what has tests of its own: the functions, the
// comparison of two values, the translation of regular expressions.
type reference struct {
	strict bool
	event  map[string]Value // scalars, once a leaf has been reached
}

func (r *reference) verdict(e expr) Verdict {
	switch e := e.(type) {
	case *logical:
		out := r.verdict(e.terms[0])
		for _, t := range e.terms[1:] {
			if v := r.verdict(t); e.op == "and" {
				out = min(out, v)
			} else {
				out = max(out, v)
			}
		}
		return out
	case *complement:
		return r.not(r.verdict(e.x), e.x)
	case *lookup:
		if e.negate {
			positive := *e
			positive.negate = false
			return r.not(r.verdict(&positive), &positive)
		}
	case *comparison:
		if e.op == "!=" {
			positive := *e
			positive.op = "=="
			return r.not(r.verdict(&positive), &positive)
		}
		for _, sides := range [2][2]expr{{e.left, e.right}, {e.right, e.left}} {
			if l, ok := sides[1].(*literal); ok && e.op == "==" && l.value.kind == KindBool && isCondition(sides[0]) {
				if v := r.verdict(sides[0]); !l.value.Bool() {
					return r.not(v, sides[0])
				} else {
					return v
				}
			}
			if l, ok := sides[1].(*literal); ok && e.op == "==" && l.value.kind == KindNull {
				if f, ok := sides[0].(*field); ok {
					return verdictOf(r.event[f.name].missing())
				}
			}
		}
	}
	return r.leaf(e, r.names(e, nil))
}

// not is true of what is unknown because of the event. What is unknown because of the query, as a
// comparison with a literal null is, stays so.
func (r *reference) not(v Verdict, e expr) Verdict {
	if v == Unknown && !r.strict {
		c := compiler{slots: map[string]int{}}
		if k, err := c.condition(e); err == nil && k.op != opFixed {
			return True
		}
	}
	return negate(v, Unknown)
}

// leaf goes through the values of the fields that are lists, one field after the other.
func (r *reference) leaf(e expr, names []string) Verdict {
	if len(names) == 0 {
		return r.scalar(e)
	}
	v := r.event[names[0]]
	if v.kind != KindList {
		return r.leaf(e, names[1:])
	}
	out := Unknown
	for _, one := range append(flatten(v), Null()) {
		if one.kind == KindNull && !v.missing() {
			continue
		}
		r.event[names[0]] = one
		switch r.leaf(e, names[1:]) {
		case True:
			out = True
		case False:
			if out == Unknown {
				out = False
			}
		}
	}
	r.event[names[0]] = v
	return out
}

func flatten(v Value) []Value {
	if v.kind != KindList {
		return []Value{v}
	}
	var all []Value
	for _, e := range v.list {
		all = append(all, flatten(e)...)
	}
	return all
}

func (r *reference) scalar(e expr) Verdict {
	switch e := e.(type) {
	case *comparison:
		x, y := r.value(e.left), r.value(e.right)
		if isNull(e.left) || isNull(e.right) {
			if e.op == "==" {
				return verdictOf(x.kind == y.kind)
			}
			return Unknown
		}
		if x.kind == KindNull || y.kind == KindNull {
			return Unknown
		}
		if e.op == "==" {
			return verdictOf(equal(x, y))
		}
		return (&orderTest{e.op, y}).check(x)
	case *lookup:
		x := r.value(e.x)
		if x.kind == KindNull {
			return Unknown
		}
		out := Unknown
		for _, item := range e.list {
			y := r.value(item)
			if y.kind == KindNull {
				continue
			}
			if r.found(e.op, x, y) {
				return True
			}
			out = False
		}
		return out
	case *call:
		x := r.value(e)
		return truthTest{}.verdict(x)
	}
	return truthTest{}.verdict(r.value(e))
}

func (r *reference) found(op string, x, y Value) bool {
	if op == "in" {
		return equal(x, y)
	}
	if x.kind != KindText {
		return false
	}
	switch op {
	case "in~":
		return string(foldText(x.text)) == string(foldText(y.text))
	case ":", "like~":
		return matchSlowly(y.text, x.text, true, false)
	case "like":
		return matchSlowly(y.text, x.text, false, false)
	}
	re, _, err := compileRegex([]string{string(y.text)}, op == "regex~")
	return err == nil && re.Match(x.text)
}

func isNull(e expr) bool {
	l, ok := e.(*literal)
	return ok && l.value.kind == KindNull
}

func (r *reference) value(e expr) Value {
	switch e := e.(type) {
	case *literal:
		return e.value
	case *field:
		return r.event[e.name]
	case *negation:
		return negationOperand{constant{r.value(e.x)}}.value(nil)
	case *arithmetic:
		return arithmeticOperand{e.op, constant{r.value(e.left)}, constant{r.value(e.right)}}.value(nil)
	case *call:
		f := functions[strings.ToLower(e.name)]
		args := make([]operand, max(len(f.params), len(e.args)))
		var values []Value
		for i, a := range e.args {
			v := r.value(a)
			args[i] = constant{v}
			values = append(values, v)
		}
		for _, v := range values {
			if f.result == boolType && v.kind == KindNull {
				return Null()
			}
		}
		switch f.name {
		case "cidrMatch":
			out := False
			for _, v := range values[1:] {
				b, _ := parseBlock(string(v.text))
				out = max(out, (&cidrTest{[]netip.Prefix{b}}).check(values[0]))
			}
			return out.value()
		case "stringContains", "endsWith", "startsWith":
			_, isField := e.args[0].(*field)
			if !isField || len(r.names(e.args[1], nil)) > 0 {
				break
			}
			if values[0].kind != KindText {
				return Bool(false)
			}
			pattern := "*" + string(values[1].text)
			if f.name == "startsWith" {
				break
			}
			if f.name == "stringContains" {
				pattern += "*"
			}
			return Bool(matchSlowly([]byte(pattern), values[0].text, e.fold, true))
		}
		return f.build(args, e.fold).value(nil)
	}
	return r.verdict(e).value()
}

func (r *reference) names(e expr, names []string) []string {
	c := compiler{slots: map[string]int{}}
	c.slotsOf(e, nil)
	for _, f := range c.fields {
		names = append(names, f.Name)
	}
	return names
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

func (c composer) value() Value {
	switch c.IntN(9) {
	case 0:
		return Null()
	case 1:
		return Int(int64(c.IntN(3) - 1))
	case 2:
		return Float(float64(c.IntN(6)) / 2)
	case 3:
		return Bool(c.IntN(2) == 0)
	case 4:
		var vs []Value
		for range c.IntN(3) {
			vs = append(vs, c.value())
		}
		return List(vs)
	}
	return Text([]byte(c.of("a", "A", "ab", "abc", "ABB", "a*", "", "*", "\\", "10.0.0.1", "1", "ẞ", "xaby")))
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
			r := reference{strict: strict, event: map[string]Value{}}
			for i := range d {
				d[i] = c.value()
				r.event[p.Fields()[i].Name] = d[i]
			}
			want := r.verdict(q.where)
			if !q.any {
				want = min(want, r.leaf(&comparison{op: "==", left: &field{name: "d"}, right: &literal{value: Text([]byte(q.category))}}, []string{"d"}))
			}
			got := p.Match(d)
			if got != (want == True) {
				t.Fatalf("%s (strict %v) on %v of %v: got %v, want %v\n%s", query, strict, d, p.Fields(), got, want, p.Explain(d))
			}
			if got {
				matched++
				if err := unsound(p, d); err != nil {
					t.Fatalf("%s on %v: %v", query, d, err)
				}
			}
			if explained := p.Explain(d).Verdict; (explained == True) != got {
				t.Fatalf("%s on %v: Match %v, Explain %v", query, d, got, explained)
			}
		}
	}
	if compiled < 5_000 || matched < 5_000 {
		t.Errorf("of the queries %d compiled and %d matched: the test says little", compiled, matched)
	}
	t.Logf("%d queries compiled, %d matches", compiled, matched)
}
