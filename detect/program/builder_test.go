package program

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// slots is a document that has its values by slot.
type slots []Value

func (s slots) Value(slot int) Value { return s[slot] }

var here = Span{}

func must[T any](t *testing.T) func(x T, err error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// TestConditions has a row for each test that the builder makes, on the values of a field a.
func TestConditions(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(b *Builder, a Operand) (Condition, error)
		// The values on which the condition is true, false and unknown.
		yes, no, unknown []any
	}{
		{"a field as a condition", func(b *Builder, a Operand) (Condition, error) { return b.Truth(a) },
			[]any{true, []any{"x", true}}, []any{false, "true", 1}, []any{nil, []any{}}},
		{"missing", func(b *Builder, a Operand) (Condition, error) { return b.Missing(here, a), nil },
			[]any{nil, []any{}, []any{nil, []any{}}}, []any{"", false, 0, []any{nil, ""}}, nil},
		{"there", func(b *Builder, a Operand) (Condition, error) { return b.Opposite(b.Missing(here, a)), nil },
			[]any{"", false, 0, []any{nil, ""}}, []any{nil, []any{}}, nil},
		{"equal to text", func(b *Builder, a Operand) (Condition, error) { return b.Equal(here, a, Text([]byte("5"))) },
			[]any{"5", []any{"6", "5"}}, []any{5, "55", true, []any{"6", nil}}, []any{nil, []any{nil}}},
		{"equal to a number", func(b *Builder, a Operand) (Condition, error) { return b.Equal(here, a, Int(5)) },
			[]any{5, 5.0}, []any{"5", 6, true}, []any{nil}},
		{"equal to a boolean", func(b *Builder, a Operand) (Condition, error) { return b.Equal(here, a, Bool(false)) },
			[]any{false}, []any{true, "false", 0}, []any{nil}},
		{"equal to null is unknown", func(b *Builder, a Operand) (Condition, error) { return b.Equal(here, a, Null()) },
			nil, nil, []any{nil, 5, "x"}},
		{"the opposite of equal", func(b *Builder, a Operand) (Condition, error) {
			k, err := b.Equal(here, a, Int(5))
			return b.Opposite(k), err
		}, []any{6, "5", nil, []any{}}, []any{5, []any{6, 5}}, nil},
		{"less", func(b *Builder, a Operand) (Condition, error) { return b.Ordered(here, a, Less, Int(5)) },
			[]any{4, 4.9}, []any{5, 6, "4"}, []any{nil}},
		{"less or equal", func(b *Builder, a Operand) (Condition, error) { return b.Ordered(here, a, LessOrEqual, Int(5)) },
			[]any{4, 5}, []any{5.1}, []any{nil}},
		{"greater", func(b *Builder, a Operand) (Condition, error) { return b.Ordered(here, a, Greater, Text([]byte("b"))) },
			[]any{"ba", "c"}, []any{"b", "B", 7}, []any{nil}},
		{"greater or equal", func(b *Builder, a Operand) (Condition, error) { return b.Ordered(here, a, GreaterOrEqual, Int(5)) },
			[]any{5, 6}, []any{4.9}, []any{nil}},
		{"less, whatever the type", func(b *Builder, a Operand) (Condition, error) { return b.OrderedNumber(here, a, Less, Float(5.5)) },
			[]any{5, "5", "-1e3", []any{"x", 5}}, []any{5.5, "6", "x", "", true}, []any{nil}},
		{"the same text as itself", func(b *Builder, a Operand) (Condition, error) { return b.SameText(here, a, a, WholeText, false) },
			[]any{"x", 5, true, []any{"x", "y"}}, nil, []any{nil, []any{}}},
		{"the opposite of that", func(b *Builder, a Operand) (Condition, error) {
			k, err := b.SameText(here, a, a, PartOfText, true)
			return b.Opposite(k), err
		}, []any{nil, []any{}}, []any{"x", 5, []any{"x", "y"}}, nil},
		{"in a list", func(b *Builder, a Operand) (Condition, error) {
			return b.In(here, a, []Value{Text([]byte("x")), Null(), Int(2), Bool(true)})
		}, []any{"x", 2, true, []any{"y", 2}}, []any{"X", "2", 1, false}, []any{nil}},
		{"in a long list", func(b *Builder, a Operand) (Condition, error) {
			var list []Value
			for _, s := range strings.Fields("a b c d e f g h i j k") {
				list = append(list, Text([]byte(s)))
			}
			return b.In(here, a, list)
		}, []any{"a", "k"}, []any{"l", "", 1}, []any{nil}},
		{"in a list of nulls is unknown", func(b *Builder, a Operand) (Condition, error) { return b.In(here, a, []Value{Null()}) },
			nil, nil, []any{nil, "x"}},
		{"in a list in any case", func(b *Builder, a Operand) (Condition, error) { return b.InFold(here, a, []string{"äx*", "y"}) },
			[]any{"ÄX*", "Y"}, []any{"äxx", 5}, []any{nil}},
		{"like a pattern", func(b *Builder, a Operand) (Condition, error) {
			return b.Like(here, a, []string{"A*b?", "*S3 Browser*"}, false)
		},
			[]any{"Abx", "Axxbé", "an S3 Browser 11"}, []any{"abx", "Ab", 5}, []any{nil}},
		{"like a pattern in any case", func(b *Builder, a Operand) (Condition, error) { return b.Like(here, a, []string{"A*b?"}, true) },
			[]any{"aBX"}, []any{"xaBX"}, []any{nil}},
		{"like a quoted pattern", func(b *Builder, a Operand) (Condition, error) {
			return b.Like(here, a, []string{QuotePattern(`a*b?\`)}, false)
		}, []any{`a*b?\`}, []any{`axbx\`, `a*b?`}, []any{nil}},
		{"like an escaped letter", func(b *Builder, a Operand) (Condition, error) { return b.Like(here, a, []string{`\a\ä*`}, false) },
			[]any{"aäx"}, []any{`\aä`}, []any{nil}},
		{"a prefix", func(b *Builder, a Operand) (Condition, error) { return b.HasPrefix(here, a, "a*", false) },
			[]any{"a*", "a*b"}, []any{"ab", "A*", 5}, []any{nil}},
		{"a prefix in any case", func(b *Builder, a Operand) (Condition, error) { return b.HasPrefix(here, a, "aÄ", true) },
			[]any{"AäX"}, []any{"xaä"}, []any{nil}},
		{"a regular expression", func(b *Builder, a Operand) (Condition, error) {
			return b.Matches(here, a, regexp.MustCompile(`b+`))
		}, []any{"abbc"}, []any{"B", 5}, []any{nil}},
		{"an address", func(b *Builder, a Operand) (Condition, error) {
			return b.InBlocks(here, a, []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8"), netip.MustParsePrefix("::ffff:192.0.2.0/120")})
		}, []any{"10.9.9.9", "::ffff:10.0.0.1", "192.0.2.7"}, []any{"11.0.0.1", "lambda.amazonaws.com", 10}, []any{nil}},
		{"no blocks is unknown", func(b *Builder, a Operand) (Condition, error) { return b.InBlocks(here, a, nil) },
			nil, nil, []any{nil, "10.0.0.1"}},
		{"a call", func(b *Builder, a Operand) (Condition, error) {
			x, err := b.Call(here, LookupFunction("STRINGCONTAINS"), true, []Operand{a, b.Constant(here, Text([]byte("b*d")))})
			if err != nil {
				return Condition{}, err
			}
			return b.Truth(x)
		}, []any{"aBcDe"}, []any{"abc", 5}, []any{nil}},
		{"arithmetic", func(b *Builder, a Operand) (Condition, error) {
			x, err := b.Arithmetic(here, a, '+', b.Constant(here, Int(1)))
			if err != nil {
				return Condition{}, err
			}
			if x, err = b.Negative(here, x); err != nil {
				return Condition{}, err
			}
			return b.Equal(here, x, Int(-3))
		}, []any{2, []any{"x", 2}}, []any{3}, []any{nil, "2"}},
		{"a condition as a value", func(b *Builder, a Operand) (Condition, error) {
			k, err := b.Equal(here, a, Int(5))
			if err != nil {
				return Condition{}, err
			}
			return b.Equal(here, b.ValueOf(k), Bool(false))
		}, []any{6, "5"}, []any{5}, []any{nil}},
		{"no terms of and", func(b *Builder, _ Operand) (Condition, error) { return b.And(here), nil }, []any{nil, 5}, nil, nil},
		{"no terms of or", func(b *Builder, _ Operand) (Condition, error) { return b.Or(here), nil }, nil, []any{nil, 5}, nil},
		{"the zero condition", func(*Builder, Operand) (Condition, error) { return Condition{}, nil }, nil, []any{nil, true}, nil},
		{"the zero operand", func(b *Builder, _ Operand) (Condition, error) { return b.Missing(here, Operand{}), nil }, []any{nil, 5}, nil, nil},
		{"a constant list counts as null", func(b *Builder, _ Operand) (Condition, error) {
			return b.Missing(here, b.Constant(here, List([]Value{Int(1)}))), nil
		}, []any{nil, 5}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBuilder("")
			p := must[*Program](t)(b.Program(must[Condition](t)(c.make(b, b.Field(here, "a", false)))))
			for want, values := range map[Verdict][]any{True: c.yes, False: c.no, Unknown: c.unknown} {
				for _, x := range values {
					d := slots{valueOf(x)}
					if got := p.Explain(d).Verdict; got != want {
						t.Errorf("%v: got %v, want %v", d[0], got, want)
					}
					if got := p.Match(d); got != (want == True) {
						t.Errorf("%v: Match says %v, the verdict is %v", d[0], got, want)
					}
				}
			}
		})
	}
}

// The verdicts of and, or and not are those of Kleene's logic, but for not unknown.
func TestLogic(t *testing.T) {
	b := NewBuilder("")
	x, y := must[Condition](t)(b.Truth(b.Field(here, "x", false))), must[Condition](t)(b.Truth(b.Field(here, "y", false)))
	strict := NewBuilder("")
	strict.StrictNull = true
	z := must[Condition](t)(strict.Truth(strict.Field(here, "x", false)))
	programs := map[string]*Program{}
	for name, c := range map[string]Condition{"and": b.And(here, x, y), "or": b.Or(here, x, y), "not": b.Not(here, x), "opposite": b.Opposite(x)} {
		programs[name] = must[*Program](t)(b.Program(c))
	}
	programs["strict not"] = must[*Program](t)(strict.Program(strict.Not(here, z)))
	programs["strict opposite"] = must[*Program](t)(strict.Program(strict.Opposite(z)))
	for _, c := range []struct {
		x, y any
		want map[string]Verdict
	}{
		{true, true, map[string]Verdict{"and": True, "or": True, "not": False, "opposite": False, "strict not": False, "strict opposite": False}},
		{true, false, map[string]Verdict{"and": False, "or": True}},
		{false, true, map[string]Verdict{"and": False, "or": True, "not": True, "opposite": True, "strict not": True, "strict opposite": True}},
		{false, false, map[string]Verdict{"and": False, "or": False}},
		{nil, true, map[string]Verdict{"and": Unknown, "or": True, "not": True, "opposite": True, "strict not": Unknown, "strict opposite": Unknown}},
		{nil, false, map[string]Verdict{"and": False, "or": Unknown}},
		{true, nil, map[string]Verdict{"and": Unknown, "or": True}},
		{false, nil, map[string]Verdict{"and": False, "or": Unknown}},
		{nil, nil, map[string]Verdict{"and": Unknown, "or": Unknown}},
	} {
		for name, want := range c.want {
			if got := programs[name].Explain(slots{valueOf(c.x), valueOf(c.y)}).Verdict; got != want {
				t.Errorf("%s of %v and %v: got %v, want %v", name, c.x, c.y, got, want)
			}
		}
	}
	if v, ok := b.Not(here, b.Always(here, Unknown)).Fixed(); !ok || v != Unknown {
		t.Errorf("not of what the query leaves unknown: got %v, want null", v)
	}
}

// With SingleValue a test of several different values is unknown, and so is its negation.
func TestSeveralValuesAreUnknownWhereOneIsWanted(t *testing.T) {
	b := NewBuilder("")
	b.StrictNull, b.SingleValue = true, true
	a, c := b.Field(here, "a", false), b.Field(here, "c", false)
	equal := must[Condition](t)(b.Equal(here, a, Text([]byte("x"))))
	same := must[Condition](t)(b.SameText(here, a, c, WholeText, false))
	length := must[Condition](t)(b.Equal(here, must[Operand](t)(b.Call(here, LookupFunction("length"), false, []Operand{a})), Int(1)))
	programs := map[string]*Program{}
	for name, c := range map[string]Condition{
		"equal": equal, "not equal": b.Not(here, equal), "opposite": b.Opposite(equal), "same": same, "not same": b.Not(here, same),
		"length": length, "not length": b.Not(here, length), "missing": b.Missing(here, a),
	} {
		programs[name] = must[*Program](t)(b.Program(c))
	}
	list := func(texts ...string) Value {
		var all []Value
		for _, s := range texts {
			all = append(all, Text([]byte(s)))
		}
		return List(all)
	}
	x := Text([]byte("x"))
	for _, c := range []struct {
		name string
		a, c Value
		want map[string]Verdict
	}{
		{"one value", x, x, map[string]Verdict{"equal": True, "not equal": False, "opposite": False, "same": True, "not same": False, "length": True, "not length": False}},
		{"one in a list", list("x"), list("x"), map[string]Verdict{"equal": True, "not equal": False, "same": True, "length": True, "missing": False}},
		{"the same twice", List([]Value{x, list("x")}), x, map[string]Verdict{"equal": True, "not equal": False, "same": True, "length": True}},
		{"two", list("x", "y"), x, map[string]Verdict{"equal": Unknown, "not equal": Unknown, "opposite": Unknown, "same": Unknown, "not same": Unknown, "length": Unknown, "not length": Unknown, "missing": False}},
		{"two in the other field", x, list("x", "y"), map[string]Verdict{"equal": True, "same": Unknown, "not same": Unknown}},
		{"none in a list", list(), x, map[string]Verdict{"equal": Unknown, "not equal": Unknown, "same": Unknown, "length": Unknown, "missing": True}},
	} {
		for name, want := range c.want {
			p := programs[name]
			d := make(slots, len(p.Fields()))
			for i, f := range p.Fields() {
				d[i] = map[string]Value{"a": c.a, "c": c.c}[f.Name]
			}
			if got := p.Explain(d).Verdict; got != want {
				t.Errorf("%s, %s: got %v, want %v", c.name, name, got, want)
			}
		}
	}
}

// One condition can be in two places, and one of them negated.
func TestAConditionCanBePartOfSeveralOthers(t *testing.T) {
	b := NewBuilder("")
	x := must[Condition](t)(b.Equal(here, b.Field(here, "a", false), Int(1)))
	b.Opposite(x)
	p := must[*Program](t)(b.Program(b.And(here, x, b.Or(here, x, b.Opposite(x)))))
	if !p.Match(slots{Int(1)}) || p.Match(slots{Int(2)}) {
		t.Error("the opposite of a condition changed the condition")
	}
}

func TestWhatTheBuilderIsGivenMayChange(t *testing.T) {
	b := NewBuilder("")
	text := []byte("abc")
	a := b.Field(here, "a", false)
	constant := b.Constant(here, Text(text))
	terms := []Condition{
		must[Condition](t)(b.Ordered(here, a, LessOrEqual, Text(text))),
		must[Condition](t)(b.Equal(here, a, Text(text))),
		must[Condition](t)(b.In(here, a, []Value{Text(text)})),
	}
	and := b.And(here, terms...)
	copy(text, "aaa")
	clear(terms)
	if v, _ := constant.Constant(); v.String() != `"abc"` {
		t.Errorf("the constant became %v", v)
	}
	if p := must[*Program](t)(b.Program(and)); !p.Match(slots{valueOf("abc")}) {
		t.Error("the program changed with what it was made of")
	}
}

func TestTheBuilderRefusesWhatCannotHold(t *testing.T) {
	b := NewBuilder("a == b")
	at := Span{2, 4}
	a := b.Field(Span{0, 1}, "a", false)
	text, number, yes := Text([]byte("x")), Int(1), Bool(true)
	textAt, numberAt := b.Constant(Span{5, 6}, text), b.Constant(Span{5, 6}, number)
	length := must[Operand](t)(b.Call(Span{0, 1}, LookupFunction("length"), false, []Operand{a}))
	condition := func(_ Condition, err error) error { return err }
	operand := func(_ Operand, err error) error { return err }
	for _, c := range []struct {
		name string
		err  error
		at   Span
		want string
	}{
		{"text as a condition", condition(b.Truth(textAt)), Span{5, 6}, "expected a condition, found text"},
		{"a number compared with text", condition(b.Equal(at, length, text)), at, "cannot compare a number with text"},
		{"a number in a list with text", condition(b.In(at, length, []Value{number, text})), at, "cannot compare a number with text"},
		{"a number in an order with text", condition(b.Ordered(at, length, Less, text)), at, "cannot compare a number with text"},
		{"an order of booleans", condition(b.Ordered(at, a, Less, yes)), at, "compares numbers or text, not booleans"},
		{"an unknown order of numbers", condition(b.OrderedNumber(at, a, 9, number)), at, "9 is not an order"},
		{"a text as a number", condition(b.OrderedNumber(at, a, Less, text)), at, `"x" is not a number`},
		{"a field and what is calculated", condition(b.SameText(at, a, length, WholeText, false)), at, "compares a field with a field"},
		{"an unknown search", condition(b.SameText(at, a, a, 9, false)), at, "9 is not a search"},
		{"an unknown order", condition(b.Ordered(at, a, 9, number)), at, "9 is not an order"},
		{"a pattern for a number", condition(b.Like(at, length, []string{"*"}, false)), at, "cannot compare a number with text"},
		{"a prefix of a number", condition(b.HasPrefix(at, length, "1", false)), at, "cannot compare a number with text"},
		{"a list of texts for a number", condition(b.InFold(at, length, []string{"1"})), at, "cannot compare a number with text"},
		{"a regular expression for a number", condition(b.Matches(at, length, regexp.MustCompile("1"))), at, "cannot compare a number with text"},
		{"a block for a number", condition(b.InBlocks(at, length, []netip.Prefix{netip.MustParsePrefix("::/0")})), at, "cannot compare a number with text"},
		{"the zero block", condition(b.InBlocks(at, a, make([]netip.Prefix, 1))), at, "one of the blocks is not a CIDR block"},
		{"a sum with text", operand(b.Arithmetic(at, a, '+', textAt)), Span{5, 6}, "+ calculates with numbers, found text"},
		{"an unknown operator", operand(b.Arithmetic(at, a, '^', numberAt)), at, "'^' is not an operator of arithmetic"},
		{"minus text", operand(b.Negative(at, textAt)), Span{5, 6}, "- calculates with numbers, found text"},
		{"an argument of the wrong type", operand(b.Call(at, LookupFunction("length"), false, []Operand{numberAt})), Span{5, 6}, "argument 1 of length has to be text, found a number"},
		{"too many arguments", operand(b.Call(at, LookupFunction("length"), false, []Operand{a, a})), at, "length takes 1 argument, found 2"},
		{"a block that depends on a field", operand(b.Call(at, LookupFunction("cidrMatch"), false, []Operand{a, a})), Span{0, 1}, "cidrMatch takes constant blocks"},
		{"an address with a zone for a block", operand(b.Call(at, LookupFunction("cidrMatch"), false, []Operand{a, b.Constant(at, Text([]byte("fe80::1%eth0")))})), at, `"fe80::1%eth0" is not a CIDR block, as 10.0.0.0/8 is`},
		{"a text that is not a block", operand(b.Call(at, LookupFunction("cidrMatch"), false, []Operand{a, textAt})), Span{5, 6}, `"x" is not a CIDR block, as 10.0.0.0/8 is`},
	} {
		e, ok := c.err.(*Error)
		if !ok || e.Msg != c.want || e.Error() != c.want || e.At != c.at {
			t.Errorf("%s: got %#v, want %q at %v", c.name, c.err, c.want, c.at)
		}
	}
	if f := LookupFunction("wildcard"); f != nil {
		t.Errorf("there is a function %s", f.Name())
	}
}

func TestAProgramHasItsLimits(t *testing.T) {
	b := NewBuilder("a")
	a := Span{0, 1}
	k := must[Condition](t)(b.Truth(b.Field(a, "a", false)))
	for range MaxDepth - 2 {
		k = b.Not(a, k)
	}
	p, err := b.Program(k)
	if err != nil || !p.Match(slots{Bool(true)}) || p.Match(slots{Bool(false)}) {
		t.Fatalf("a program of %d levels does not do what it says: %v", MaxDepth, err)
	}
	for name, tall := range map[string]Condition{"not": b.Not(a, k), "and": b.And(a, k, k), "a value": b.Missing(a, b.ValueOf(k))} {
		if _, err := b.Program(tall); err == nil || err.Error() != "the query nests deeper than the 512 levels allowed" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	x := b.Field(a, "a", false)
	for range MaxDepth {
		x = must[Operand](t)(b.Negative(a, x))
	}
	if _, err := b.Program(b.Missing(a, x)); err == nil {
		t.Error("a program of tall arithmetic was made")
	}
	for _, bad := range []Span{{0, 2}, {-1, 1}, {1, 0}} {
		outer := b.Not(a, must[Condition](t)(b.Truth(b.Field(bad, "b", false))))
		if _, err := b.Program(outer); err == nil {
			t.Errorf("a clause at %v of a source of one byte was taken", bad)
		}
	}
}

// A field is optional as long as each mention of it is, and has one slot.
func TestFieldsAreCountedOnce(t *testing.T) {
	b := NewBuilder("")
	b.Field(here, "a", true)
	b.Field(here, "b", true)
	b.Field(here, "a", false)
	b.Field(here, "b", true)
	p := must[*Program](t)(b.Program(b.Always(here, True)))
	b.Field(here, "b", false)
	if got := p.Fields(); len(got) != 2 || got[0] != (Field{"a", false}) || got[1] != (Field{"b", true}) {
		t.Errorf("got %v", got)
	}
}

// An operand that is in two others keeps the fields of the two apart.
func TestAnOperandCanBePartOfSeveralOthers(t *testing.T) {
	b := NewBuilder("")
	plus := func(x, y Operand) Operand { return must[Operand](t)(b.Arithmetic(here, x, '+', y)) }
	field := func(name string) Operand { return b.Field(here, name, false) }
	sum := plus(plus(field("a"), field("b")), field("c"))
	one, other := plus(sum, field("d")), plus(sum, field("e"))
	p := must[*Program](t)(b.Program(b.And(here, b.Missing(here, one), b.Missing(here, other))))
	for i, want := range []string{"abcd", "abce"} {
		got := ""
		for _, f := range p.Explain(make(slots, 5)).Children[i].Fields {
			got += f.Name
		}
		if got != want {
			t.Errorf("sum %d reads %s, want %s", i, got, want)
		}
	}
}

// Each test that knows which text it needs says so, to a language that is not EQL as well.
func TestRequiredOfWhatTheBuilderMakes(t *testing.T) {
	b := NewBuilder("")
	a := b.Field(here, "a", false)
	for _, c := range []struct {
		name string
		c    Condition
		want []Literal
	}{
		{"equal", must[Condition](t)(b.Equal(here, a, Text([]byte("X")))), []Literal{{Text: "X", Whole: true}}},
		{"in any case", must[Condition](t)(b.InFold(here, a, []string{"X"})), []Literal{{Text: "x", Fold: true, Whole: true}}},
		{"a quoted pattern", must[Condition](t)(b.Like(here, a, []string{QuotePattern("x*y")}, false)), []Literal{{Text: "x*y", Whole: true}}},
		{"a prefix", must[Condition](t)(b.HasPrefix(here, a, "xy", false)), []Literal{{Text: "xy", Begins: true}}},
	} {
		p := must[*Program](t)(b.Program(c.c))
		got := p.Required()
		if len(got) != 1 || len(got[0]) != len(c.want) || got[0][0] != c.want[0] {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if p = must[*Program](t)(b.Program(b.Opposite(c.c))); len(p.Required()) != 0 {
			t.Errorf("the opposite of %s requires %v", c.name, p.Required())
		}
	}
}
