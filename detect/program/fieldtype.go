package program

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// FieldType is what an index mapping says of a field's values, and with it, how a literal is compared
// with them. A term query converts its literal to the type of the field: that read_only == "false" is
// true of the JSON value false is Elasticsearch's doing, and rules rely on it. Functions do not: they
// are scripts, and get each value as it is.
type FieldType uint8

// The types of Elasticsearch's that fields of events have.
const (
	// Unmapped is for a field of which nothing is known: a value has the type that the document
	// gives it, and 5 is not "5".
	Unmapped FieldType = iota
	// Dynamic is a field that is not in the mapping either, in a language that has no types: values
	// are compared as text, and two numbers in the order of numbers.
	Dynamic
	// Keyword is text. A number or a boolean is its text: 22 is "22", true is "true".
	Keyword
	// Flattened is a leaf of a flattened structure: a keyword that has no order.
	Flattened
	// Boolean is true or false; the texts "true" and "false" are the same values.
	Boolean
	// Long is a 64-bit integer, or its decimal text.
	Long
	// Date is a point in time, to the millisecond: text as in RFC 3339, or a number of milliseconds
	// since 1970. A literal can be less precise, and then is a period: 2026-08-20 is that day.
	Date
	// IP is an IPv4 or IPv6 address. Its spelling does not count. A literal can be a block of them.
	IP
	// FullText is text that is searched by its words, which this package does not do: a test of such
	// a field is refused.
	FullText
	// GeoPoint is a place on Earth. There is nothing here to compare it with.
	GeoPoint
)

var fieldTypeNames = [...]string{
	"unmapped", "dynamic", "keyword", "flattened", "boolean", "long", "date", "ip", "text", "geo_point",
}

// String returns the name that Elasticsearch has for the type.
func (t FieldType) String() string {
	if int(t) < len(fieldTypeNames) {
		return fieldTypeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

// isText says whether values of the type are compared as text.
func (t FieldType) isText() bool { return t == Keyword || t == Flattened || t == Dynamic }

// takes says what a literal for a field of the type can be.
func (t FieldType) takes() string {
	switch t {
	case Boolean:
		return "true or false"
	case Long:
		return "a whole number"
	case Date:
		return `a date, such as "2026-08-20" or "2026-08-20T10:00:00Z"`
	case IP:
		return "an address or a block, such as 10.0.0.0/8"
	}
	return "text"
}

// maxName is how much of a field's name an error shows.
const maxName = 120

// misplaced is the error about a literal that the field's type does not have. Elasticsearch aborts
// each search with such a query.
func (t FieldType) misplaced(at Span, x Operand, v Value) *Error {
	return fail(at, "cannot compare %s, of the type %s, with %s: compare it with %s", shortenTo(maxName, x.name), t, shorten(v.String()), t.takes())
}

// cannot is the error about a test that values of the type do not have.
func (t FieldType) cannot(do string, at Span, x Operand, why string) *Error {
	return fail(at, "cannot %s %s, of the type %s%s", do, shortenTo(maxName, x.name), t, why)
}

// equal makes the test of whether a field equals one of the values, none of which is null.
func (t FieldType) equal(at Span, x Operand, values []Value) (test, error) {
	switch t {
	case FullText, GeoPoint:
		return nil, t.cannot("compare", at, x, ": that is not supported")
	case Boolean:
		var out booleanTest
		for _, v := range values {
			b, ok := asBoolean(v)
			if !ok {
				return nil, t.misplaced(at, x, v)
			}
			out.wants(b)
		}
		return &out, nil
	case Long:
		var numbers []Value
		for _, v := range values {
			n, ok := asLong(v)
			if !ok {
				return nil, t.misplaced(at, x, v)
			}
			numbers = append(numbers, n)
		}
		return &longTest{newSetTest(numbers)}, nil
	case Date:
		var spans []dateSpan
		for _, v := range values {
			d, ok := asDate(v)
			if !ok {
				return nil, t.misplaced(at, x, v)
			}
			spans = append(spans, d)
		}
		return &dateTest{spans}, nil
	case IP:
		var blocks []netip.Prefix
		for _, v := range values {
			block, err := ParseBlock(string(v.text))
			if v.kind != KindText || err != nil {
				return nil, t.misplaced(at, x, v)
			}
			blocks = append(blocks, block)
		}
		return &cidrTest{blocks}, nil
	}
	texts := make([]Value, len(values))
	for i, v := range values {
		texts[i] = textOf(v)
	}
	if len(texts) == 1 {
		return textTest(texts[0].text), nil
	}
	return newSetTest(texts), nil
}

// ordered makes the test of an order.
func (t FieldType) ordered(at Span, x Operand, o Order, v Value) (test, error) {
	switch t {
	case FullText, GeoPoint, Boolean:
		return nil, t.cannot("order", at, x, "")
	case Flattened:
		return nil, t.cannot("order", at, x, ": Elasticsearch cannot either")
	case Long:
		n, ok := asLong(v)
		if !ok {
			return nil, t.misplaced(at, x, v)
		}
		return &longTest{&orderTest{order: o, v: n}}, nil
	case Date:
		d, ok := asDate(v)
		if !ok {
			return nil, t.misplaced(at, x, v)
		}
		return &dateTest{[]dateSpan{d.ordered(o)}}, nil
	case IP:
		addr, err := netip.ParseAddr(string(v.text))
		if v.kind != KindText || err != nil || addr.Zone() != "" {
			return nil, t.misplaced(at, x, v)
		}
		return &addressOrderTest{o, addr.Unmap()}, nil
	case Dynamic:
		out := &dynamicOrderTest{text: orderTest{order: o, v: textOf(v)}}
		if n, ok := asNumber(v); ok {
			out.number, out.isNumber = orderTest{order: o, v: n}, true
		}
		return out, nil
	}
	return &orderTest{order: o, v: textOf(v)}, nil
}

// text says whether a field of the type can be searched as text: with patterns, in any case.
func (t FieldType) text(at Span, x Operand) error {
	switch t {
	case Boolean, Long, Date:
		return t.cannot("search", at, x, ", as text: compare it with "+t.takes())
	case IP:
		return t.cannot("search", at, x, ", as text: compare it with "+t.takes()+", or use source.address")
	case FullText, GeoPoint:
		return t.cannot("search", at, x, ": that is not supported")
	}
	return nil
}

// textOf is a value that is neither null nor a list as text.
func textOf(v Value) Value {
	if v.kind == KindText {
		return Text(bytes.Clone(v.text))
	}
	return Text(v.appendPlain(nil))
}

func asBoolean(v Value) (b, ok bool) {
	switch {
	case v.kind == KindBool:
		return v.Bool(), true
	case v.kind == KindText && string(v.text) == "true":
		return true, true
	case v.kind == KindText && string(v.text) == "false":
		return false, true
	}
	return false, false
}

// asLong is a number, or text with a number in it. A number with a fraction is one that no long equals.
func asLong(v Value) (n Value, ok bool) {
	n, ok = asNumber(v)
	if n.kind == KindInt || !ok {
		return n, ok
	}
	return n, !isNaN(n)
}

func isNaN(v Value) bool { f := v.Float(); return f != f }

// asNumber is a number, or the number that a text is. It does not allocate for a text that is an
// integer.
func asNumber(v Value) (n Value, ok bool) {
	switch v.kind {
	case KindInt, KindFloat:
		return v, true
	case KindText:
		if i, ok := parseInteger(v.text); ok {
			return Int(i), true
		}
		s := string(v.text)
		if len(s) > 40 || s == "" || strings.Trim(s, "+-.0123456789eE") != "" {
			return Value{}, false // Go reads more as a float: inf, nan, 0x1p-2, 1_000
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return Float(f), true
		}
	}
	return Value{}, false
}

// parseInteger reads a decimal integer of at most 18 digits.
func parseInteger(s []byte) (int64, bool) {
	digits := s
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if s[0] == '-' {
		n = -n
	}
	return n, true
}

// booleanTest is Equal and In with booleans.
type booleanTest struct{ yes, no bool }

func (t *booleanTest) wants(b bool) {
	if b {
		t.yes = true
	} else {
		t.no = true
	}
}

func (t *booleanTest) check(v Value) Verdict {
	b, ok := asBoolean(v)
	return verdictOf(ok && (b && t.yes || !b && t.no))
}

// longTest gives a test the number that a value is.
type longTest struct{ test }

func (t *longTest) check(v Value) Verdict {
	n, ok := asLong(v)
	if !ok {
		return False
	}
	return t.test.check(n)
}

// addressOrderTest is Ordered of addresses, which are in the order of their 128 bits: an IPv4 address
// is the IPv6 one that stands for it.
type addressOrderTest struct {
	order Order
	addr  netip.Addr
}

func (t *addressOrderTest) check(v Value) Verdict {
	addr, ok := addressOf(v)
	if !ok {
		return False
	}
	a, b := addr.As16(), t.addr.As16()
	return t.order.holds(bytes.Compare(a[:], b[:]))
}

// dynamicOrderTest is Ordered of numbers where both are numbers, and of text otherwise.
type dynamicOrderTest struct {
	text, number orderTest
	isNumber     bool
}

func (t *dynamicOrderTest) check(v Value) Verdict {
	if t.isNumber && v.isNumber() {
		return t.number.check(v)
	}
	if v.kind != KindText {
		return checkAsText(&t.text, v)
	}
	return t.text.check(v)
}

var trueText, falseText = []byte("true"), []byte("false")

// checkAsText gives a test the text of a number or a boolean. It does not allocate, but for tests
// that are not about text alone.
func checkAsText(t test, v Value) Verdict {
	var digits [32]byte // of a float, at most: -2.2250738585072014E-308
	var text []byte
	switch {
	case v.kind != KindBool:
		text = v.appendPlain(digits[:0])
	case v.Bool():
		text = trueText
	default:
		text = falseText
	}
	switch t := t.(type) { // by their types, so that the digits stay on the stack
	case textTest:
		return verdictOf(string(text) == string(t))
	case *setTest:
		return verdictOf(t.has(text))
	case *foldTest:
		return verdictOf(t.has(text))
	case *patternTest:
		return verdictOf(t.has(text))
	case *prefixTest:
		return verdictOf(t.has(text))
	case *orderTest:
		return t.order.holds(bytes.Compare(text, t.v.text))
	case *dynamicOrderTest:
		return t.check(v)
	}
	return t.check(Text(bytes.Clone(text)))
}
