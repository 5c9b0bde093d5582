package document

import (
	"encoding/binary"
	"math"
)

// Kind is the type of a MessagePack value.
type Kind uint8

// The kinds of values. KindInvalid is what an empty slice and the byte 0xc1
// have.
const (
	KindInvalid Kind = iota
	KindNil
	KindBool
	KindInt
	KindUint
	KindFloat
	KindText
	KindBinary
	KindArray
	KindMap
	KindExtension
)

// head describes the first bytes of a value: how long they are, how many
// payload bytes follow, and how many values are inside.
type head struct {
	kind     Kind
	size     int // bytes of the header
	payload  int // bytes after the header that belong to this value alone
	children int // values inside: elements, or keys and values
}

// KindOf returns the kind of the value at the start of b.
func KindOf(b []byte) Kind {
	if len(b) > 0 && shorts[b[0]].size > 0 {
		return shorts[b[0]].kind
	}
	return longKind(b)
}

// longKind is KindOf of what has a length beside its first byte.
func longKind(b []byte) Kind {
	h, err := readHead(b)
	if err != nil {
		return KindInvalid
	}
	return h.kind
}

// IsMap reports whether b starts with a map.
func IsMap(b []byte) bool { return KindOf(b) == KindMap }

// IsArray reports whether b starts with an array.
func IsArray(b []byte) bool { return KindOf(b) == KindArray }

// readHead reads the header at the start of b. It does not check that all of
// the payload is there, only that its length is one that could be.
func readHead(b []byte) (head, error) {
	if len(b) == 0 {
		return head{}, ErrShort
	}
	c := b[0]
	switch {
	case c <= 0x7f:
		return head{kind: KindInt, size: 1}, nil
	case c <= 0x8f:
		return head{kind: KindMap, size: 1, children: 2 * int(c&0x0f)}, nil
	case c <= 0x9f:
		return head{kind: KindArray, size: 1, children: int(c & 0x0f)}, nil
	case c <= 0xbf:
		return head{kind: KindText, size: 1, payload: int(c & 0x1f)}, nil
	case c >= 0xe0:
		return head{kind: KindInt, size: 1}, nil
	}
	switch c {
	case 0xc0:
		return head{kind: KindNil, size: 1}, nil
	case 0xc2, 0xc3:
		return head{kind: KindBool, size: 1}, nil
	case 0xc4, 0xc5, 0xc6:
		return sized(b, KindBinary, c-0xc4, 0)
	case 0xc7, 0xc8, 0xc9:
		return sized(b, KindExtension, c-0xc7, 1)
	case 0xca:
		return head{kind: KindFloat, size: 1, payload: 4}, nil
	case 0xcb:
		return head{kind: KindFloat, size: 1, payload: 8}, nil
	case 0xcc, 0xcd, 0xce, 0xcf:
		return head{kind: KindUint, size: 1, payload: 1 << (c - 0xcc)}, nil
	case 0xd0, 0xd1, 0xd2, 0xd3:
		return head{kind: KindInt, size: 1, payload: 1 << (c - 0xd0)}, nil
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return head{kind: KindExtension, size: 1, payload: 1 + 1<<(c-0xd4)}, nil
	case 0xd9, 0xda, 0xdb:
		return sized(b, KindText, c-0xd9, 0)
	case 0xdc, 0xdd:
		return counted(b, KindArray, c-0xdc, 1)
	case 0xde, 0xdf:
		return counted(b, KindMap, c-0xde, 2)
	}
	return head{}, ErrInvalid
}

// sized reads a header with a byte length of 1<<width bytes; extra bytes of
// the payload come on top (the type byte of an extension).
func sized(b []byte, kind Kind, width byte, extra int) (head, error) {
	var n int
	switch width {
	case 0:
		if len(b) < 2 {
			return head{}, ErrShort
		}
		n = int(b[1])
	case 1:
		if len(b) < 3 {
			return head{}, ErrShort
		}
		n = int(binary.BigEndian.Uint16(b[1:]))
	default:
		if len(b) < 5 {
			return head{}, ErrShort
		}
		n = int(binary.BigEndian.Uint32(b[1:]))
	}
	if uint(n) > uint(len(b)) { // so that no sum of lengths can overflow
		return head{}, ErrShort
	}
	return head{kind: kind, size: 1 + 1<<width, payload: n + extra}, nil
}

// counted reads a header with a count of 2<<width bytes, each entry of which
// is per values.
func counted(b []byte, kind Kind, width byte, per int) (head, error) {
	var n int
	if width == 0 {
		if len(b) < 3 {
			return head{}, ErrShort
		}
		n = int(binary.BigEndian.Uint16(b[1:]))
	} else {
		if len(b) < 5 {
			return head{}, ErrShort
		}
		n = int(binary.BigEndian.Uint32(b[1:]))
	}
	if uint(n) > uint(len(b)) {
		return head{}, ErrShort
	}
	return head{kind: kind, size: 1 + 2<<width, children: per * n}, nil
}

// Skip returns what follows the value at the start of b. It counts open values
// instead of recursing, so depth costs nothing, and it stops as soon as more
// values are promised than there are bytes left.
//
// Most values in a log are short: their first byte alone says how long they
// are, so that one look into a table and one addition pass them over.
func Skip(b []byte) (rest []byte, err error) {
	end, err := endOf(b, 0)
	if err != nil {
		return nil, err
	}
	return b[end:], nil
}

// endOf returns the offset after the value at an offset of b.
func endOf(b []byte, at int) (end int, err error) {
	for open := 1; open > 0; {
		if uint(at) >= uint(len(b)) {
			return 0, ErrShort
		}
		short := shorts[b[at]]
		if short.size > 0 {
			at += int(short.size)
			open += int(short.children) - 1
			continue
		}
		if b[at] == str8 && at+1 < len(b) { // ARNs, agents and ids are of this kind
			at += 2 + int(b[at+1])
			open--
			continue
		}
		h, err := readHead(b[at:])
		if err != nil {
			return 0, err
		}
		at += h.size + h.payload
		open += h.children - 1
		if open > len(b) {
			return 0, ErrShort
		}
	}
	if at > len(b) {
		return 0, ErrShort
	}
	return at, nil
}

// shortTextEnd is endOf for text of up to 31 bytes, as nearly every key and most values are; 0 if there
// is something else, or less than all of it.
func shortTextEnd(b []byte, at int) (end int) {
	if at < len(b) {
		if n := int(b[at]) - 0x9f; uint(n-1) < 32 && n <= len(b)-at {
			return at + n
		}
	}
	return 0
}

// str8 begins text of up to 255 bytes, whose length is the next byte.
const str8 = 0xd9

// shorts has, for each first byte that tells all about its value, how many
// bytes the value itself takes, how many values are inside, and its kind.
var shorts = func() (table [256]struct {
	size, children uint8
	kind           Kind
}) {
	for c := range table {
		b := [1]byte{byte(c)}
		if h, err := readHead(b[:]); err == nil {
			table[c].size, table[c].children = uint8(h.size+h.payload), uint8(h.children)
			table[c].kind = h.kind
		}
	}
	return table
}()

// Next splits b after its first value.
func Next(b []byte) (value, rest []byte, err error) {
	end, err := endOf(b, 0)
	if err != nil {
		return nil, nil, err
	}
	return b[:end], b[end:], nil
}

// ReadMapHeader returns how many pairs the map at the start of b has and the
// bytes of the first of them.
func ReadMapHeader(b []byte) (pairs int, rest []byte, err error) {
	h, err := readHead(b)
	if err != nil {
		return 0, nil, err
	}
	if h.kind != KindMap {
		return 0, nil, ErrType
	}
	if h.children > len(b)-h.size {
		return 0, nil, ErrShort
	}
	return h.children / 2, b[h.size:], nil
}

// ReadArrayHeader returns how many elements the array at the start of b has
// and the bytes of the first of them.
func ReadArrayHeader(b []byte) (elements int, rest []byte, err error) {
	h, err := readHead(b)
	if err != nil {
		return 0, nil, err
	}
	if h.kind != KindArray {
		return 0, nil, ErrType
	}
	if h.children > len(b)-h.size {
		return 0, nil, ErrShort
	}
	return h.children, b[h.size:], nil
}

// Text returns the bytes of the str value at the start of b. They need not be
// valid UTF-8. A bin value is not text.
func Text(b []byte) (text []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	if end := int(b[0]) - 0x9f; uint(end-1) < 32 && end <= len(b) { // nearly every key
		return b[1:end], true
	}
	return longText(b)
}

// longText is Text of what is not of 31 bytes at most. It is apart so that Text stays small.
func longText(b []byte) (text []byte, ok bool) {
	if b[0] == str8 && len(b) > 1 { // ARNs, agents and ids are of this kind
		if end := 2 + int(b[1]); end <= len(b) {
			return b[2:end], true
		}
		return nil, false
	}
	h, err := readHead(b)
	if err != nil || h.kind != KindText || h.payload > len(b)-h.size {
		return nil, false
	}
	return b[h.size : h.size+h.payload], true
}

// Int returns the integer at the start of b, if it is one that fits.
func Int(b []byte) (n int64, ok bool) {
	h, err := readHead(b)
	if err != nil || h.payload > len(b)-h.size {
		return 0, false
	}
	switch p := b[h.size:]; h.kind {
	case KindInt:
		switch h.payload {
		case 0:
			return int64(int8(b[0])), true
		case 1:
			return int64(int8(p[0])), true
		case 2:
			return int64(int16(binary.BigEndian.Uint16(p))), true
		case 4:
			return int64(int32(binary.BigEndian.Uint32(p))), true
		default:
			return int64(binary.BigEndian.Uint64(p)), true
		}
	case KindUint:
		u, _ := Uint(b)
		return int64(u), u <= math.MaxInt64
	}
	return 0, false
}

// Uint returns the value of an unsigned integer encoding (uint 8 to 64) at the
// start of b.
func Uint(b []byte) (n uint64, ok bool) {
	h, err := readHead(b)
	if err != nil || h.kind != KindUint || h.payload > len(b)-h.size {
		return 0, false
	}
	switch p := b[h.size:]; h.payload {
	case 1:
		return uint64(p[0]), true
	case 2:
		return uint64(binary.BigEndian.Uint16(p)), true
	case 4:
		return uint64(binary.BigEndian.Uint32(p)), true
	default:
		return binary.BigEndian.Uint64(p), true
	}
}

// Float returns the floating point number at the start of b.
func Float(b []byte) (f float64, ok bool) {
	h, err := readHead(b)
	if err != nil || h.kind != KindFloat || h.payload > len(b)-h.size {
		return 0, false
	}
	if h.payload == 4 {
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[1:]))), true
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[1:])), true
}

// Bool returns the boolean at the start of b.
func Bool(b []byte) (v, ok bool) {
	if len(b) == 0 || (b[0] != 0xc2 && b[0] != 0xc3) {
		return false, false
	}
	return b[0] == 0xc3, true
}
