package needle

import "bytes"

// The name of a call is the value of one of these keys: eventName, as Athena writes it, or
// the last part of event.action.
var callKeys = [...]string{"eventName", "eventname", "action"}

// calls are the needles that are names of calls, or parts of names. Each event has such a name, and most
// often one: it is looked for by its key, however many needles there are.
type calls []Needle

func callsOf(needles []Needle) (c calls) {
	for _, n := range needles {
		if n.Call {
			c = append(c, n)
		}
	}
	return c
}

// in returns the first needle that is in data after the key of a name, any of them where a key
// has a value of which that cannot be told. It returns the zero Needle if there is neither.
func (c calls) in(data []byte) (found Needle) {
	if len(c) == 0 {
		return Needle{}
	}
	for _, key := range callKeys {
		for from := 0; ; {
			i := bytes.Index(data[from:], []byte(key))
			if i < 0 {
				break
			}
			from += i + len(key)
			if found = c.after(data, from-len(key), from); found != (Needle{}) {
				return found
			}
		}
	}
	return Needle{}
}

// after is in for a key from start to end.
func (c calls) after(data []byte, start, end int) Needle {
	if !beginsKey(data, start, end) || end == len(data) {
		return Needle{}
	}
	name, value := nameAfter(data, start, end)
	for _, n := range c {
		if value == valueUnclear || value == valueText && n.InName(name) {
			return n
		}
	}
	return Needle{}
}

// InName reports whether the name of a call is the needle, begins with it, or has it in it, as the needle says.
func (n *Needle) InName(name []byte) bool {
	switch {
	case n.Whole && len(name) != len(n.Text):
		return false
	case n.Whole || n.Begins:
		name = name[:min(len(name), len(n.Text))]
	}
	return (&Needle{Text: n.Text, Fold: n.Fold}).in(name)
}

// beginsKey reports whether a key can begin before the bytes from start to end: with its
// MessagePack header, a quotation mark, or the dot of event.action.
func beginsKey(data []byte, start, end int) bool {
	if start == 0 {
		return false
	}
	before, length := data[start-1], end-start
	return before == '"' || before == '.' || before == byte(length) || before == byte(0xa0|length)
}

// value says what a key has.
type value uint8

const (
	valueNone    value = iota // nothing that can be a name
	valueText                 // a text
	valueUnclear              // something in which there can be a name
)

// nameAfter returns the text after the key from start to end.
func nameAfter(data []byte, start, end int) (name []byte, v value) {
	switch c := data[end]; {
	case c == '"' || c == '\\':
		return nameInJSON(data[end:])
	case c >= 0xa0 && c < 0xc0, c == 0xd9 && end+1 < len(data):
		after, length := data[end+1:], int(c&0x1f)
		if c == 0xd9 {
			after, length = after[1:], int(after[0])
		}
		if isValueOfKey(data[:start]) {
			return nil, valueUnclear
		}
		if length > len(after) {
			return nil, valueNone
		}
		return after[:length], valueText
	case mayHaveName(c):
		return nil, valueUnclear
	}
	return nil, valueNone
}

// isValueOfKey reports whether what begins after before can be the value of a pair that is called key.
// In the JSON encoding of OpenTelemetry's protocol a key is one: its own value comes later.
func isValueOfKey(before []byte) bool {
	if bytes.HasSuffix(before, []byte(".")) {
		before = before[:max(0, len(before)-len("event."))]
	}
	for header := 1; header <= longestHeader; header++ {
		if bytes.HasSuffix(before[:max(0, len(before)-header)], []byte("key")) {
			return true
		}
	}
	return false
}

// longestHeader is how many bytes the header of a text has at most.
const longestHeader = 5

// mayHaveName reports whether there can be a name in what begins so: a list or a long text
// of MessagePack, or what is neither MessagePack nor JSON.
func mayHaveName(c byte) bool {
	switch {
	case c >= 0x90 && c < 0xa0, c == 0xdc, c == 0xdd, c == 0xda, c == 0xdb:
		return true
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == '_':
		return false // a longer key
	}
	return ' ' <= c && c <= '~'
}

// nameInJSON is nameAfter for JSON text, from the end of the key on. In JSON text in a text of JSON, backslashes
// are before quotation marks, and white space may be written as \n.
func nameInJSON(text []byte) (name []byte, v value) {
	_, text, ok := afterQuotationMark(text)
	if !ok {
		return nil, valueUnclear
	}
	text = skipWhiteSpace(text)
	if len(text) == 0 || text[0] == '}' || text[0] == ']' {
		return nil, valueNone // it is not a key
	}
	if text[0] != ':' {
		return nil, valueUnclear
	}
	text = skipWhiteSpace(text[1:])
	if len(text) == 0 {
		return nil, valueNone
	}
	switch c := text[0]; {
	case c == '"' || c == '\\':
		return quotedIn(text)
	case '0' <= c && c <= '9', c == '-', c == 't', c == 'f', c == 'n', c == '{':
		return nil, valueNone
	}
	return nil, valueUnclear
}

// quotedIn returns the text in quotation marks that text begins with. It ends with as many backslashes
// as it begins with: another number of them is a character of the text.
func quotedIn(text []byte) (name []byte, v value) {
	before, text, ok := afterQuotationMark(text)
	if !ok {
		return nil, valueUnclear
	}
	end := bytes.IndexAny(text, `"\`)
	if end < 0 {
		return nil, valueNone
	}
	if after, _, ok := afterQuotationMark(text[end:]); !ok || after != before {
		return nil, valueUnclear
	}
	return text[:end], valueText
}

// afterQuotationMark returns how many backslashes are before the quotation mark that text begins
// with, and what follows it.
func afterQuotationMark(text []byte) (backslashes int, rest []byte, ok bool) {
	rest = bytes.TrimLeft(text, `\`)
	if len(rest) == 0 || rest[0] != '"' {
		return 0, nil, false
	}
	return len(text) - len(rest), rest[1:], true
}

// skipWhiteSpace returns what follows the white space that text begins with.
func skipWhiteSpace(text []byte) []byte {
	for {
		rest := bytes.TrimLeft(text, " \t\n\r")
		if escaped := bytes.TrimLeft(rest, `\`); len(escaped) < len(rest) && len(escaped) > 0 && bytes.IndexByte([]byte("nrt"), escaped[0]) >= 0 {
			rest = escaped[1:]
		}
		if len(rest) == len(text) {
			return rest
		}
		text = rest
	}
}
