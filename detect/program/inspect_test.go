package program

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheTestsOfAProgramSayWhichTextsAreAllowed(t *testing.T) {
	b := NewBuilder("abcdefghij")
	f := b.Field(Span{0, 1}, "f", false)
	other := b.Field(Span{1, 2}, "g", true)
	k := must[Condition](t)
	part := func(i int) Span { return Span{i, i + 1} }
	text := func(s string) Value { return Text([]byte(s)) }
	length := must[Operand](t)(b.Call(part(9), LookupFunction("length"), false, []Operand{f}))
	p := must[*Program](t)(b.Program(b.And(Span{0, 10},
		k(b.Equal(part(0), f, text("A"))),
		b.Opposite(k(b.In(part(1), other, []Value{text("A"), text("b")}))),
		b.Not(part(2), b.Or(part(3), k(b.InFold(part(3), f, []string{"Aé", "x"})), k(b.Like(part(4), f, []string{"Ab"}, true)))),
		k(b.Like(part(5), f, []string{"a*"}, false)),
		k(b.Equal(part(6), f, Int(5))),
		k(b.In(part(7), f, []Value{text("a"), Int(5)})),
		b.Missing(part(8), f),
		k(b.Equal(part(9), length, Int(5))),
	)))
	var got []string
	for _, test := range p.Tests() {
		got = append(got, fmt.Sprint(p.Source()[test.At.Start:test.At.End], " ", p.Fields()[test.Slot].Name, " ", test.Negated, " ", test.Texts, " ", test.Fold, " ", test.Holds(text("A")), " ", test.Holds(Int(5))))
	}
	const want = `a f false [A] false true false
b g true [A b] false true false
d f false [] false false false
e f false [ab] true false false
f f false [] false false false
g f false [] false false true
h f false [] false false true`
	if strings.Join(got, "\n") != want {
		t.Errorf("the tests are\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if p.Mention(0) != part(0) || p.Mention(1) != part(1) {
		t.Errorf("the fields are mentioned at %v and %v", p.Mention(0), p.Mention(1))
	}
}

func TestImpossibleFindsTheSmallestPartWithoutWhichNothingMatches(t *testing.T) {
	const source = "f=a and (g=b and not h=c) and (f=x or h=y)"
	span := func(part string) Span {
		at := strings.Index(source, part)
		return Span{at, at + len(part)}
	}
	b := NewBuilder(source)
	is := func(field, value string) Condition {
		at := span(field + "=" + value)
		return must[Condition](t)(b.Equal(at, b.Field(at, field, false), Text([]byte(value))))
	}
	p := must[*Program](t)(b.Program(b.And(span(source), is("f", "a"),
		b.And(span("g=b and not h=c"), is("g", "b"), b.Not(span("not h=c"), is("h", "c"))),
		b.Or(span("f=x or h=y"), is("f", "x"), is("h", "y")))))
	for _, test := range []struct {
		name  string
		known map[string]string // the value of a field; - for none
		want  string
	}{
		{"of nothing known", nil, ""},
		{"of what may match", map[string]string{"f": "a", "g": "b"}, ""},
		{"of what matches", map[string]string{"f": "a", "g": "b", "h": "y"}, ""},
		{"a comparison", map[string]string{"f": "b"}, "f=a"},
		{"a comparison inside", map[string]string{"g": "a"}, "g=b"},
		{"a negation", map[string]string{"h": "c"}, "not h=c"},
		{"an alternative, where both sides are false", map[string]string{"f": "a", "h": "z"}, "f=x or h=y"},
		{"a comparison with a field that is missing", map[string]string{"g": "-"}, "g=b"},
		{"no negation of a comparison with a missing field", map[string]string{"h": "-"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, found := p.Impossible(func(slot int) (Value, bool) {
				value, known := test.known[p.Fields()[slot].Name]
				if value == "-" {
					return Null(), known
				}
				return Text([]byte(value)), known
			})
			if got := source[at.Start:at.End]; got != test.want || found != (test.want != "") {
				t.Errorf("found %v: %q, want %q", found, got, test.want)
			}
		})
	}
}
