package document

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// plainJSON reads JSON as it mostly is: well-formed, with no surrogate in an escape. It
// allocates nothing but for numbers that are not whole. Of any other text it says so, and [AppendFromJSON] begins anew with a
// reader that forgives or says what is wrong: no text is read more than twice.
type plainJSON struct {
	text []byte
	at   int
	dst  []byte
}

// appendPlain appends a text as MessagePack. It returns false if the text is not plain.
func appendPlain(dst, text []byte) ([]byte, bool) {
	p := plainJSON{text: text, dst: dst}
	ok := p.value(0) && p.next() == 0 && p.at == len(text)
	return p.dst, ok
}

// next moves over white space and returns the byte after it, zero at the end.
func (p *plainJSON) next() byte {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// take moves over white space and this byte after it, if it is there.
func (p *plainJSON) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

func (p *plainJSON) value(depth int) bool {
	if depth > MaxDepth {
		return false
	}
	switch c := p.next(); c {
	case '"':
		return p.string()
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case 't':
		p.dst = msgp.AppendBool(p.dst, true)
		return p.word("true")
	case 'f':
		p.dst = msgp.AppendBool(p.dst, false)
		return p.word("false")
	case 'n':
		p.dst = msgp.AppendNil(p.dst)
		return p.word("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	}
	return false
}

func (p *plainJSON) word(word string) bool {
	if len(p.text)-p.at < len(word) || string(p.text[p.at:p.at+len(word)]) != word {
		return false
	}
	p.at += len(word)
	return true
}

func (p *plainJSON) object(depth int) bool {
	p.at++
	header, n := len(p.dst), uint32(0)
	p.dst = append(p.dst, 0xdf, 0, 0, 0, 0)
	if p.take('}') {
		return true
	}
	for {
		if p.next() != '"' || !p.string() || !p.take(':') || !p.value(depth+1) {
			return false
		}
		if n++; !p.take(',') {
			break
		}
	}
	binary.BigEndian.PutUint32(p.dst[header+1:], n)
	return p.take('}')
}

func (p *plainJSON) array(depth int) bool {
	p.at++
	header, n := len(p.dst), uint32(0)
	p.dst = append(p.dst, 0xdd, 0, 0, 0, 0)
	if p.take(']') {
		return true
	}
	for {
		if !p.value(depth + 1) {
			return false
		}
		if n++; !p.take(',') {
			break
		}
	}
	binary.BigEndian.PutUint32(p.dst[header+1:], n)
	return p.take(']')
}

// number reads a number: most are integers of a few digits.
func (p *plainJSON) number() bool {
	start := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	n, digits := int64(0), p.at
	for ; p.at < len(p.text) && p.text[p.at]-'0' < 10; p.at++ {
		n = 10*n + int64(p.text[p.at]-'0') // which may overflow: not with so few digits as below
	}
	digits = p.at - digits
	if p.at < len(p.text) && ofNumber[p.text[p.at]] || digits == 0 || digits > 18 {
		return p.otherNumber(start)
	}
	if p.text[start] == '-' {
		n = -n
	}
	p.dst = msgp.AppendInt64(p.dst, n)
	return true
}

func (p *plainJSON) otherNumber(start int) bool {
	for p.at < len(p.text) && ofNumber[p.text[p.at]] {
		p.at++
	}
	dst, err := appendNumberText(p.dst, string(p.text[start:p.at]))
	p.dst = dst
	return err == nil
}

// ofNumber are the bytes of a number.
var ofNumber = [256]bool{
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'+': true, '-': true, '.': true, 'e': true, 'E': true,
}

// string reads a string, at its first quotation mark.
func (p *plainJSON) string() bool {
	p.at++
	n := PlainLength(p.text[p.at:])
	text := p.text[p.at : p.at+n]
	if p.at += n; p.at == len(p.text) {
		return false
	}
	switch p.text[p.at] {
	case '"':
		p.at++
		p.dst = msgp.AppendStringFromBytes(p.dst, text)
		return true
	case '\\':
		return p.escaped(text)
	}
	return false
}

// escaped reads a string that has escapes in it, from the first one on. What is before it is
// begin. The text is written first, with room before it for the longest header that it can
// have, and is moved to its header when its length is known.
func (p *plainJSON) escaped(begin []byte) bool {
	const room = 5
	header := len(p.dst)
	p.dst = append(p.dst, make([]byte, room)...)
	p.dst = append(p.dst, begin...)
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '"':
			p.at++
			text := p.dst[header+room:]
			var short [room]byte
			h := appendStringHeader(short[:0], len(text))
			end := header + len(h) + len(text)
			copy(p.dst[header+len(h):], text)
			copy(p.dst[header:], h)
			p.dst = p.dst[:end]
			return true
		case '\\':
			if !p.escape() {
				return false
			}
		default: // a control character
			return false
		}
		n := PlainLength(p.text[p.at:])
		p.dst = append(p.dst, p.text[p.at:p.at+n]...)
		p.at += n
	}
	return false
}

// appendStringHeader is what msgp writes before a string.
func appendStringHeader(dst []byte, n int) []byte {
	switch {
	case n < 32:
		return append(dst, 0xa0|byte(n))
	case n < 1<<8:
		return append(dst, 0xd9, byte(n))
	case n < 1<<16:
		return append(dst, 0xda, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
}

// escape reads what begins with a backslash.
func (p *plainJSON) escape() bool {
	if p.at+1 == len(p.text) {
		return false
	}
	c := p.text[p.at+1]
	p.at += 2
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return p.unicode()
	default:
		return false
	}
	p.dst = append(p.dst, c)
	return true
}

// unicode reads the four digits of an escape.
func (p *plainJSON) unicode() bool {
	if len(p.text)-p.at < 4 {
		return false
	}
	r := rune(0)
	for _, c := range p.text[p.at : p.at+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return false
		}
	}
	if utf16.IsSurrogate(r) {
		return false
	}
	p.at += 4
	p.dst = utf8.AppendRune(p.dst, r)
	return true
}

// PlainLength returns how many bytes at the begin of a text are a string's as they are: none
// of them ends it, begins an escape or is a control character. It looks at eight at a time.
func PlainLength(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(text)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(text[n:])
		// Each of these has the high bit of the first byte that is so, and none below it.
		quote := x ^ '"'*ones
		backslash := x ^ '\\'*ones
		special := (quote-ones)&^quote | (backslash-ones)&^backslash | (x-' '*ones)&^x
		if special &= highs; special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for ; n < len(text); n++ {
		if c := text[n]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return n
}
