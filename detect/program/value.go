package program

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of value that a document can hold.
const (
	KindNull  Kind = iota // nothing: the field is missing
	KindBool              // true or false
	KindInt               // a 64-bit signed integer
	KindFloat             // a 64-bit floating point number
	KindText              // text: UTF-8, by convention and not by guarantee
	KindList              // several values in one field
)

// String names the kind the way error messages do.
func (k Kind) String() string {
	switch k {
	case KindNull:
		return "null"
	case KindBool:
		return "boolean"
	case KindInt, KindFloat:
		return "number"
	case KindText:
		return "text"
	case KindList:
		return "list"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Value is one field's value in one document. It is small, is passed by value and refers to the
// document's bytes without copying them: a Value is good for as long as the bytes are. The zero
// Value is null.
type Value struct {
	kind Kind
	bits uint64 // the boolean, the integer or the float's bits
	text []byte
	list []Value
}

// Document answers for the fields of one event. A Program asks it by slot: slot i is the field that
// Program.Fields names at index i. Value is called only for the fields that a verdict depends on,
// possibly several times for one field, and returns null for a field that the event does not have.
type Document interface {
	Value(slot int) Value
}

// Null is the value of a field that is not there.
func Null() Value { return Value{} }

// Bool is a boolean value.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.bits = 1
	}
	return v
}

// Int is an integer value.
func Int(n int64) Value { return Value{kind: KindInt, bits: uint64(n)} }

// Float is a floating point value.
func Float(f float64) Value { return Value{kind: KindFloat, bits: math.Float64bits(f)} }

// Text is a text value. It keeps the slice: the bytes must not change while the value is in use.
func Text(b []byte) Value { return Value{kind: KindText, text: b} }

// List is the value of a field that has several values, which may be lists themselves: as in
// Elasticsearch, only the values in them count, not how they are nested. An empty list is a missing
// field. List keeps the slice.
func List(vs []Value) Value { return Value{kind: KindList, list: vs} }

// Kind says what the value holds.
func (v Value) Kind() Kind { return v.kind }

// Bool returns the boolean of a KindBool value, and false for every other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits != 0 }

// Int returns the integer of a KindInt value, and 0 for every other kind.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.bits)
}

// Float returns the number of a KindFloat or KindInt value, and 0 for every other kind.
func (v Value) Float() float64 {
	switch v.kind {
	case KindFloat:
		return math.Float64frombits(v.bits)
	case KindInt:
		return float64(int64(v.bits))
	}
	return 0
}

// Text returns the bytes of a KindText value, and nil for every other kind. They are the document's
// own.
func (v Value) Text() []byte { return v.text }

// List returns the values of a KindList value, and nil for every other kind.
func (v Value) List() []Value { return v.list }

// String renders the value for people, as Explain's output wants it: text is quoted, a list is in
// brackets, a missing field is null.
func (v Value) String() string { return string(v.Append(nil)) }

// Append appends what String returns.
func (v Value) Append(b []byte) []byte {
	switch v.kind {
	case KindText:
		return appendQuoted(b, v.text)
	case KindList:
		b = append(b, '[')
		for i, e := range v.list {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = e.Append(b)
		}
		return append(b, ']')
	}
	return v.appendPlain(b)
}

// appendQuoted appends what strconv.AppendQuote does, which looks up every character
// in a table of Unicode's. Nearly all text of an event is printable ASCII, and needs no look.
func appendQuoted(b, text []byte) []byte {
	b = append(b, '"')
	for {
		n := plainLength(text)
		if b = append(b, text[:n]...); n == len(text) {
			return append(b, '"')
		}
		c := text[n]
		if c < ' ' || c > '~' {
			return appendQuotedByTable(b, text[n:])
		}
		b = append(b, '\\', c)
		text = text[n+1:]
	}
}

// appendQuotedByTable goes on where the characters may be any.
func appendQuotedByTable(b, rest []byte) []byte {
	rest = strconv.AppendQuote(nil, string(rest))
	return append(b, rest[1:]...)
}

// plainLength is how many bytes at the begin of a text are quoted as they are: printable ASCII
// but for the quotation mark and the backslash. It looks at eight at a time.
func plainLength(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(text)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(text[n:])
		// Each of these has the high bit of the first byte that is so: a quotation mark, a backslash, one
		// below the space, above the tilde, or above ASCII. A bit above the first that is set may be wrong.
		special := (x ^ '"'*ones - ones) | (x ^ '\\'*ones - ones) | (x - ' '*ones) | (x + ones) | x
		if special &= highs; special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for ; n < len(text); n++ {
		if c := text[n]; c == '"' || c == '\\' || c < ' ' || c > '~' {
			break
		}
	}
	return n
}

// appendPlain renders a scalar the way string() and concat() do, which is the way Java does: a
// float always has a fraction, and an exponent from ten million up and below a thousandth.
func (v Value) appendPlain(b []byte) []byte {
	switch v.kind {
	case KindNull:
		return append(b, "null"...)
	case KindBool:
		return strconv.AppendBool(b, v.Bool())
	case KindInt:
		return strconv.AppendInt(b, v.Int(), 10)
	case KindFloat:
		return appendJavaFloat(b, v.Float())
	case KindText:
		return append(b, v.text...)
	}
	return b
}

func appendJavaFloat(b []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case f == 0 || abs >= 1e-3 && abs < 1e7:
		start := len(b)
		b = strconv.AppendFloat(b, f, 'f', -1, 64)
		for _, c := range b[start:] {
			if c == '.' {
				return b
			}
		}
		return append(b, ".0"...)
	}
	var scratch [32]byte
	s := strconv.AppendFloat(scratch[:0], f, 'e', -1, 64)
	dot := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '.':
			dot = true
			b = append(b, '.')
		case 'e':
			if !dot {
				b = append(b, ".0"...)
			}
			exp, _ := strconv.Atoi(string(s[i+1:])) // AppendFloat wrote it: always an integer
			return strconv.AppendInt(append(b, 'E'), int64(exp), 10)
		default:
			b = append(b, s[i])
		}
	}
	return b
}

// isNumber says whether the value can take part in arithmetic.
func (v Value) isNumber() bool { return v.kind == KindInt || v.kind == KindFloat }

// missing says whether there is no value at all: null, or a list with nothing in it but nulls.
func (v Value) missing() bool {
	switch v.kind {
	case KindNull:
		return true
	case KindList:
		for _, e := range v.list {
			if !e.missing() {
				return false
			}
		}
		return true
	}
	return false
}

// compareNumbers orders two numbers. It reports false if there is no order, which is where
// either is not a number (NaN). Integers are not squeezed through a float, so that two 64-bit ids
// that differ in the last digit stay different.
func compareNumbers(a, b Value) (order int, ok bool) {
	switch {
	case a.kind == KindInt && b.kind == KindInt:
		x, y := a.Int(), b.Int()
		switch {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	case a.kind == KindInt:
		return compareIntFloat(a.Int(), b.Float())
	case b.kind == KindInt:
		order, ok = compareIntFloat(b.Int(), a.Float())
		return -order, ok
	}
	x, y := a.Float(), b.Float()
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	case x == y:
		return 0, true
	}
	return 0, false
}

func compareIntFloat(n int64, f float64) (order int, ok bool) {
	switch {
	case math.IsNaN(f):
		return 0, false
	case f >= 1<<63:
		return -1, true
	case f < -1<<63:
		return 1, true
	}
	whole := math.Trunc(f) // fits an int64: the cases above took what does not
	m := int64(whole)
	switch {
	case n < m:
		return -1, true
	case n > m:
		return 1, true
	case whole < f:
		return -1, true
	case whole > f:
		return 1, true
	}
	return 0, true
}

// equal says whether two scalars are the same value. Values of different types never are.
func equal(a, b Value) bool {
	switch {
	case a.isNumber() && b.isNumber():
		order, ok := compareNumbers(a, b)
		return ok && order == 0
	case a.kind != b.kind:
		return false
	case a.kind == KindText:
		return string(a.text) == string(b.text)
	case a.kind == KindBool:
		return a.bits == b.bits
	}
	return false
}
