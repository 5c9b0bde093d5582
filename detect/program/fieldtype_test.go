package program

import (
	"net/netip"
	"strings"
	"testing"
)

// typedBuilder has one field for each type, which is called as the type.
func typedBuilder() *Builder {
	b := NewBuilder("")
	b.Mapping = func(field string) FieldType {
		for t := Unmapped; t <= GeoPoint; t++ {
			if t.String() == field {
				return t
			}
		}
		return Unmapped
	}
	return b
}

// typedTest makes a condition about a field.
type typedTest func(b *Builder, x Operand) (Condition, error)

func equals(v any) typedTest {
	return func(b *Builder, x Operand) (Condition, error) { return b.Equal(here, x, valueOf(v)) }
}

func isIn(vs ...any) typedTest {
	return func(b *Builder, x Operand) (Condition, error) { return b.In(here, x, valueOf(vs).List()) }
}

func inOrder(o Order, v any) typedTest {
	return func(b *Builder, x Operand) (Condition, error) { return b.Ordered(here, x, o, valueOf(v)) }
}

func isLike(pattern string, fold bool) typedTest {
	return func(b *Builder, x Operand) (Condition, error) { return b.Like(here, x, []string{pattern}, fold) }
}

func TestALiteralIsConvertedToTheTypeOfItsField(t *testing.T) {
	for _, c := range []struct {
		name, field string
		make        typedTest
		yes, no     []any
	}{
		{"a keyword is text", "keyword", equals("x"), []any{"x", []any{"y", "x"}}, []any{"X", "xx", nil, []any{}}},
		{"a keyword's boolean is its text", "keyword", equals("true"), []any{true, "true"}, []any{false, "True", 1}},
		{"a boolean literal is its text", "keyword", equals(false), []any{false, "false"}, []any{true, "False", nil}},
		{"an integer literal is its text", "keyword", equals(111122223333), []any{"111122223333", 111122223333}, []any{"0111122223333", 111122223333.5, nil}},
		{"a float literal keeps its fraction", "keyword", equals(1.0), []any{"1.0", 1.0}, []any{"1", 1}},
		{"a keyword's number is its text", "keyword", equals("22"), []any{22, "22"}, []any{22.0, "22.0", 2, -22}},
		{"one of a few texts", "keyword", isIn("22", true, "x"), []any{22, true, "true", "x"}, []any{23, false, "22.0"}},
		{"one of many texts", "keyword", isIn("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), []any{9, "0"}, []any{10, "", nil}},
		{"a keyword is in the order of bytes", "keyword", inOrder(GreaterOrEqual, "a"), []any{"a", "b", true}, []any{"Z", 7}},
		{"numbers too", "keyword", inOrder(Less, 5), []any{"10", 10, "4"}, []any{"5", 6, "a"}},
		{"a pattern covers a number's text", "keyword", isLike("2*", false), []any{22, "2x"}, []any{32, nil}},
		{"a pattern in any case covers a boolean's", "keyword", isLike("TR?E", true), []any{true, "TrUe"}, []any{false}},
		{"a prefix too", "keyword", func(b *Builder, x Operand) (Condition, error) { return b.HasPrefix(here, x, "-1", false) }, []any{-17, -1.5, "-1"}, []any{17}},
		{"a list in any case too", "keyword", func(b *Builder, x Operand) (Condition, error) { return b.InFold(here, x, []string{"FALSE", "x"}) }, []any{false, "X"}, []any{true, 0}},
		{"a regular expression too", "keyword", func(b *Builder, x Operand) (Condition, error) {
			re, _, err := CompileLucene([]string{"[0-9]+|tr.*"}, false)
			if err != nil {
				return Condition{}, err
			}
			return b.Matches(here, x, re)
		}, []any{22, true, "3"}, []any{-22, false, 2.5}},

		{"a flattened leaf is a keyword", "flattened", equals("false"), []any{false, "false"}, []any{true, "False", nil}},
		{"a boolean", "boolean", equals(false), []any{false, "false", []any{true, false}}, []any{true, "true", "False", 0, nil}},
		{"a boolean from text", "boolean", equals("true"), []any{true, "true"}, []any{false, "True", 1}},
		{"either boolean", "boolean", isIn("true", false), []any{true, false, "false"}, []any{"yes", nil}},
		{"a boolean as a condition", "boolean", func(b *Builder, x Operand) (Condition, error) { return b.Truth(x) }, []any{true, "true"}, []any{false, "x"}},
		{"a number", "long", equals("16509"), []any{16509, "16509", 16509.0}, []any{1650, "x", true, nil}},
		{"a number with leading zeros", "long", equals("016509"), []any{16509}, []any{"x16509"}},
		{"one of a few numbers", "long", isIn(1, "2"), []any{1, 2, "2"}, []any{3, "12"}},
		{"a number that no long equals", "long", equals(1.5), nil, []any{1, 2, "x"}},
		{"numbers are in the order of numbers", "long", inOrder(Greater, "9"), []any{10, "10"}, []any{9, "9", 8.5, "x"}},
		{"an address in another spelling", "ip", equals("2001:db8::1"), []any{"2001:DB8:0:0:0:0:0:1"}, []any{"2001:db8::2", "x", 1, nil}},
		{"an IPv4 address in IPv6", "ip", equals("::ffff:10.0.0.1"), []any{"10.0.0.1", "::FFFF:10.0.0.1"}, []any{"10.0.0.2"}},
		{"a block", "ip", equals("10.0.0.0/8"), []any{"10.1.2.3"}, []any{"11.0.0.1"}},
		{"one of a few blocks", "ip", isIn("10.0.0.0/8", "2001:db8::/32"), []any{"10.1.2.3", "2001:db8:1::"}, []any{"11.0.0.1", "AWS Internal"}},
		{"addresses are in order", "ip", inOrder(GreaterOrEqual, "10.0.0.2"), []any{"10.0.0.2", "10.0.0.10", "9000::"}, []any{"10.0.0.1", "::1", "z"}},
		{"addresses in blocks", "ip", func(b *Builder, x Operand) (Condition, error) {
			block, err := ParseBlock("10.0.0.0/8")
			if err != nil {
				return Condition{}, err
			}
			return b.InBlocks(here, x, []netip.Prefix{block})
		}, []any{"10.1.2.3"}, []any{"11.0.0.1"}},
		{"a millisecond", "date", equals("2026-08-20T10:00:00.000Z"), []any{"2026-08-20T10:00:00Z", 1787220000000, "1787220000000"}, []any{"2026-08-20T10:00:00.001Z", "x", true, nil}},
		{"a day", "date", equals("2026-08-20"), []any{"2026-08-20T00:00:00Z", "2026-08-20T23:59:59.999Z"}, []any{"2026-08-21T00:00:00Z", "2026-08-19T23:59:59Z"}},
		{"a number is milliseconds", "date", inOrder(GreaterOrEqual, 2026), []any{"2026-08-20T10:00:00Z"}, []any{"1970-01-01T00:00:02Z"}},
		{"after a day is after its end", "date", inOrder(Greater, "2026-08-20"), []any{"2026-08-21T00:00:00Z"}, []any{"2026-08-20T23:59:59Z"}},
		{"up to a day is up to its end", "date", inOrder(LessOrEqual, "2026-08-20"), []any{"2026-08-20T23:59:59Z"}, []any{"2026-08-21T00:00:00Z"}},
		{"before a day is before its start", "date", inOrder(Less, "2026-08-20"), []any{"2026-08-19T23:59:59Z"}, []any{"2026-08-20T00:00:00Z"}},
		{"a zone counts", "date", inOrder(GreaterOrEqual, "2026-08-20T12:00:00+02:00"), []any{"2026-08-20T10:00:00Z"}, []any{"2026-08-20T09:59:59Z"}},
		{"a field of which nothing is known is compared as text", "dynamic", equals("22"), []any{22, "22"}, []any{"x"}},
		{"and in the order of numbers where there are two", "dynamic", inOrder(GreaterOrEqual, "1024"), []any{2000, "2000"}, []any{22, 22.5}},
		{"and of text where there are not", "dynamic", inOrder(Less, "b"), []any{"a", 5}, []any{"c", true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := typedBuilder()
			k := must[Condition](t)(c.make(b, b.Field(here, c.field, false)))
			p, opposite := must[*Program](t)(b.Program(k)), must[*Program](t)(b.Program(b.Opposite(k)))
			for want, values := range map[bool][]any{true: c.yes, false: c.no} {
				for _, x := range values {
					d := slots{valueOf(x)}
					if got := p.Match(d); got != want {
						t.Errorf("%v: got %t", d[0], got)
					}
					if got := opposite.Match(d); got == want {
						t.Errorf("the opposite on %v: got %t", d[0], got)
					}
				}
			}
		})
	}
}

func TestALiteralThatItsFieldCannotHaveIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, field string
		make        typedTest
		want        string
	}{
		{"another word for true", "boolean", equals("True"), `cannot compare boolean, of the type boolean, with "True": compare it with true or false`},
		{"a number for a boolean", "boolean", isIn(true, 1), `cannot compare boolean, of the type boolean, with 1: compare it with true or false`},
		{"a pattern for a boolean", "boolean", isLike("tru*", false), `cannot search boolean, of the type boolean, as text: compare it with true or false`},
		{"an order of booleans", "boolean", inOrder(Less, true), `cannot order boolean, of the type boolean`},
		{"a word for a number", "long", equals("AS1"), `cannot compare long, of the type long, with "AS1": compare it with a whole number`},
		{"a boolean for a number", "long", inOrder(Less, true), `cannot compare long, of the type long, with true: compare it with a whole number`},
		{"a pattern for a number", "long", isLike("1*", true), `cannot search long, of the type long, as text: compare it with a whole number`},
		{"no address", "ip", equals("AWS Internal"), `cannot compare ip, of the type ip, with "AWS Internal": compare it with an address or a block, such as 10.0.0.0/8`},
		{"a number for an address", "ip", isIn("10.0.0.1", 5), `cannot compare ip, of the type ip, with 5: compare it with an address or a block, such as 10.0.0.0/8`},
		{"a block in an order", "ip", inOrder(Less, "10.0.0.0/8"), `cannot compare ip, of the type ip, with "10.0.0.0/8": compare it with an address or a block, such as 10.0.0.0/8`},
		{"an address with a zone in an order", "ip", inOrder(Less, "fe80::1%eth0"), `cannot compare ip, of the type ip, with "fe80::1%eth0": compare it with an address or a block, such as 10.0.0.0/8`},
		{"an address with a zone", "ip", equals("fe80::1%eth0"), `cannot compare ip, of the type ip, with "fe80::1%eth0": compare it with an address or a block, such as 10.0.0.0/8`},
		{"a pattern for an address", "ip", isLike("10.*", false), `cannot search ip, of the type ip, as text: compare it with an address or a block, such as 10.0.0.0/8, or use source.address`},
		{"no date", "date", equals("now-5m"), `cannot compare date, of the type date, with "now-5m": compare it with a date, such as "2026-08-20" or "2026-08-20T10:00:00Z"`},
		{"a pattern for a date", "date", isLike("2026*", false), `cannot search date, of the type date, as text: compare it with a date, such as "2026-08-20" or "2026-08-20T10:00:00Z"`},
		{"an order of flattened leaves", "flattened", inOrder(GreaterOrEqual, 22), `cannot order flattened, of the type flattened: Elasticsearch cannot either`},
		{"a word of a text", "text", equals("x"), `cannot compare text, of the type text: that is not supported`},
		{"a pattern for a text", "text", isLike("x*", false), `cannot search text, of the type text: that is not supported`},
		{"a place", "geo_point", equals("1,2"), `cannot compare geo_point, of the type geo_point: that is not supported`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := typedBuilder()
			_, err := c.make(b, b.Field(here, c.field, false))
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFunctionsKeepTheTypesOfValues(t *testing.T) {
	b := typedBuilder()
	x := must[Operand](t)(b.Call(here, LookupFunction("string"), false, []Operand{b.Field(here, "ip", false)}))
	p := must[*Program](t)(b.Program(must[Condition](t)(b.Equal(here, x, Text([]byte("10.0.0.0/8"))))))
	if p.Match(slots{Text([]byte("10.1.2.3"))}) {
		t.Error("the text of a function was compared as an address")
	}
	length := must[Operand](t)(b.Call(here, LookupFunction("length"), false, []Operand{b.Field(here, "keyword", false)}))
	p = must[*Program](t)(b.Program(b.Missing(here, length)))
	if !p.Match(slots{Value{}, Bool(true)}) {
		t.Error("a boolean has the length of its text")
	}
}

func TestADateIsThePeriodThatItsTextLeavesOpen(t *testing.T) {
	for _, c := range []struct {
		text     string
		from, to int64
	}{
		{"2026-08-20T10:00:00.000Z", 1787220000000, 1787220000000},
		{"2026-08-20T10:00:00.123456789Z", 1787220000123, 1787220000123},
		{"2026-08-20T10:00:00,5Z", 1787220000500, 1787220000500},
		{"2026-08-20T10:00:00Z", 1787220000000, 1787220000999},
		{"2026-08-20T10:00:00", 1787220000000, 1787220000999},
		{"2026-08-20T10:00", 1787220000000, 1787220059999},
		{"2026-08-20T10Z", 1787220000000, 1787223599999},
		{"2026-08-20T", 1787184000000, 1787270399999},
		{"2026-08-20", 1787184000000, 1787270399999},
		{"2026-08", 1785542400000, 1788220799999},
		{"2026", 1767225600000, 1798761599999},
		{"2024-02-29", 1709164800000, 1709251199999},
		{"2026-08-20T12:00:00+02:00", 1787220000000, 1787220000999},
		{"2026-08-20T12:00:00+0200", 1787220000000, 1787220000999},
		{"2026-08-20T04:30:00-05:30", 1787220000000, 1787220000999},
		{"2026-08-20T12:00:00+02", 1787220000000, 1787220000999},
		{"1969-12-31T23:59:59.999Z", -1, -1},
		{"1787220000000", 1787220000000, 1787220000000},
		{"12", 12, 12},
	} {
		if d, ok := asDate(Text([]byte(c.text))); !ok || d.from != c.from || d.to != c.to {
			t.Errorf("%s: got %d to %d (%t), want %d to %d", c.text, d.from, d.to, ok, c.from, c.to)
		}
	}
	for _, text := range []string{
		"", "x", "2026-", "2026-8-20", "2026-13", "2026-00", "2026-02-30", "2025-02-29", "2026-08-20T24", "2026-08-20T10:60", "2026-08-20T10:00:60Z",
		"2026-08-20 10:00:00", "2026-08-20T10:00:00.Z", "2026-08-20T10:00:00.1234567890Z", "2026-08-20T10:00:00z", "2026-08-20T10:00:00+2", "2026-08-20T10:00:00+99:00",
		"2026-08-20Z", "2026-08-20T10:00:00ZZ", "20260820T100000Z", strings.Repeat("9", 30),
	} {
		if d, ok := asDate(Text([]byte(text))); ok {
			t.Errorf("%q is read as %d to %d", text, d.from, d.to)
		}
	}
}

// A keyword's value can be a number or a boolean, of which the event does not contain the text.
func TestRequiredClaimsNoTextThatANumberOrABooleanCanBe(t *testing.T) {
	for _, c := range []struct {
		name string
		make typedTest
		want string
	}{
		{"a word", equals("success"), "success"},
		{"a boolean's text", equals("true"), ""},
		{"a number", equals("111122223333"), ""},
		{"a number with an exponent", equals("1e400"), ""},
		{"a number and more", equals("111122223333:user"), "111122223333:user"},
		{"a list with a number", isIn("x", "5"), ""},
		{"a list of words", isIn("xyz", "uvw"), "xyz uvw"},
		{"a word in a pattern", isLike("*Browser*", false), "Browser"},
		{"a part of a boolean", isLike("*alse*", false), ""},
		{"a part of what is not a number", isLike("*infinit*", false), "infinit"},
		{"but may be in any case", isLike("*infinit*", true), ""},
		{"letters of booleans in another order", isLike("*salaries*", false), "salaries"},
		{"a part of a number", isLike("*-12*", false), ""},
		{"a part of a number, and of more", isLike("*12*ami-*", false), "ami-"},
		{"in any case", isLike("TRUE", true), ""},
	} {
		b := typedBuilder()
		p := must[*Program](t)(b.Program(must[Condition](t)(c.make(b, b.Field(here, "keyword", false)))))
		var got []string
		for _, either := range p.Required() {
			for _, l := range either {
				got = append(got, l.Text)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s requires %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTestsOfTypedFieldsDoNotAllocate(t *testing.T) {
	for _, c := range []struct {
		name, field string
		make        typedTest
		value       any
	}{
		{"a text", "keyword", equals("x"), "x"},
		{"a boolean as text", "keyword", equals("true"), true},
		{"a number as text", "keyword", equals("22"), 22},
		{"a float as text", "keyword", isIn("22.5", "x"), 22.5},
		{"a number in a pattern", "keyword", isLike("*2?", true), 1122},
		{"a number in an order", "keyword", inOrder(Less, "3"), 22},
		{"a boolean", "boolean", equals(true), "true"},
		{"a number", "long", equals(5), "5"},
		{"a date", "date", equals("2026-08-20"), "2026-08-20T10:00:00Z"},
	} {
		b := typedBuilder()
		p := must[*Program](t)(b.Program(must[Condition](t)(c.make(b, b.Field(here, c.field, false)))))
		var d Document = slots{valueOf(c.value)}
		if !p.Match(d) {
			t.Errorf("%s does not match", c.name)
		}
		if n := testing.AllocsPerRun(100, func() { p.Match(d) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}
