package cloudtrail

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/document"
)

// visitText looks for events in text that has JSON in it. Mostly it is one JSON
// value. It may also be several, one after the other or on a line each, begin
// with a byte order mark, have words before the JSON (a time, a stream's name, a
// syslog header), or be JSON text that was escaped once more.
func (f *Finder) visitText(text []byte, at place, depth int) {
	text = skipSpace(text)
	if len(text) == 0 || depth > MaxWraps {
		return
	}
	switch {
	case text[0] == '"':
		if value, ok := f.parse(text); ok {
			if inner, isText := document.Text(value); isText {
				f.visitText(inner, at, depth+1)
			}
			return
		}
	case isEscapedJSON(text):
		if inner, ok := f.unescape(text); ok {
			f.visitText(inner, at, depth+1)
			return
		}
	case len(text) > 1 && (text[0] == '{' || text[0] == '['):
		if value, ok := f.parse(text); ok {
			f.look(value, at, depth)
			return
		}
	}
	// To split the record by a list in here would lose what else the text has.
	lists := f.lists
	f.visitPieces(text, at, depth)
	f.whole = f.whole || f.lists > lists
}

// parse turns text, which is one JSON value, into MessagePack. The room that it
// takes is never moved, so that what was parsed before stays valid.
func (f *Finder) parse(text []byte) (value []byte, ok bool) {
	room := f.roomFor(len(text) + len(text)/4 + 64)
	value, err := document.AppendFromJSON(room, text)
	if err != nil {
		return nil, false
	}
	f.use(value)
	return value, true
}

// roomFor returns an empty slice with room for at least n bytes.
func (f *Finder) roomFor(n int) []byte {
	if cap(f.text)-len(f.text) < n {
		f.text = make([]byte, 0, max(n, min(2*cap(f.text), maxRoom)))
	}
	return f.text[len(f.text):len(f.text):cap(f.text)]
}

// maxRoom bounds how much is set aside beyond what was asked for.
const maxRoom = 256 << 10

// use keeps what was written to the room: all of it or, if it has outgrown
// that, nothing, as it has been moved then.
func (f *Finder) use(written []byte) {
	if used := len(f.text) + len(written); used <= cap(f.text) {
		f.text = f.text[:used]
	}
}

// isEscapedJSON reports whether text begins like a JSON object or list that was
// escaped and has lost the quotation marks around it: {\"eventVersion\":\"1.11\"…
func isEscapedJSON(text []byte) bool {
	if text[0] == '[' {
		text = skipSpace(text[1:])
	}
	return len(text) > 2 && text[0] == '{' && text[1] == '\\' && (text[2] == '"' || text[2] == '\\')
}

// unescape reads text as the inside of a JSON string.
func (f *Finder) unescape(text []byte) (inner []byte, ok bool) {
	text = bytes.TrimRight(text, spaces)
	quoted := append(f.roomFor(len(text)+2), '"')
	quoted = append(append(quoted, text...), '"')
	f.use(quoted)
	value, ok := f.parse(quoted)
	if !ok {
		return nil, false
	}
	return document.Text(value)
}

// visitPieces looks for events in text that is not one JSON value: in each of
// the objects and lists that are in it, one after the other. What of them cannot
// be read is counted if the text begins with one. Among words a brace may mean
// anything: there it is counted if it speaks of an event.
func (f *Finder) visitPieces(text []byte, at place, depth int) {
	begins := nextJSON(text) == 0
	broken, rubbish, lines := 0, false, false
	escaped := 0 // how many pieces were taken for escaped ones
	line := 0    // how much of text is left after its line, where lines are told apart
	for {
		text = skipBetween(text)
		start := nextJSON(text)
		rubbish = rubbish || start != 0 && len(text) > 0
		if start < 0 {
			break
		}
		text = text[start:]
		if isEscapedJSON(text) {
			n := 1 // what is broken is passed over by its brace
			if escaped < maxEscaped {
				escaped++
				n = f.visitEscaped(text, at, depth)
			}
			text = text[n:]
			continue
		}
		piece := text
		if lines {
			if line >= len(text) {
				line = len(text) - len(lineOf(text, begins))
			}
			piece = text[:len(text)-line]
		}
		end, closed := endOfJSON(piece)
		if !closed && !lines && len(lineOf(text, begins)) < len(text) {
			// A line is broken, and the next ones would count as part of it.
			lines, line = true, len(text)
			continue
		}
		if n := f.visitPiece(piece[:end], closed, at, depth); n > 0 && (begins || speaksOfEvent(piece[:end])) {
			broken += n
		}
		text = text[end:]
	}
	if begins && rubbish {
		broken = max(broken, 1)
	}
	f.malformed += broken
}

// speaksOfEvent reports whether a text has a key that events of CloudTrail have.
func speaksOfEvent(text []byte) bool {
	for _, key := range [...]string{"eventVersion", "eventSource", "eventName"} {
		if bytes.Contains(text, []byte(key)) {
			return true
		}
	}
	return false
}

// maxEscaped is how many escaped pieces of one text are looked into.
const maxEscaped = 4

// visitEscaped looks for events in an object or list that was escaped, as a logfmt
// line has it: msg="{\"eventVersion\":\"1.11\"…}". It returns how long that is.
func (f *Finder) visitEscaped(text []byte, at place, depth int) (n int) {
	for n = 0; n < len(text) && text[n] != '"'; n++ {
		if text[n] == '\\' {
			n++
		}
	}
	n = min(n, len(text))
	inner, ok := f.unescape(text[:n])
	if !ok {
		return 1
	}
	f.visitText(inner, at, depth+1)
	return n
}

// visitPiece looks for events in an object or list, and returns how many values of
// it are broken.
func (f *Finder) visitPiece(piece []byte, closed bool, at place, depth int) (broken int) {
	if closed && len(piece) < minEventText {
		return 0
	}
	if closed {
		if value, ok := f.parse(piece); ok {
			f.look(value, at, depth)
			return 0
		}
	}
	return f.salvage(piece, at, depth, maxSalvage)
}

// minEventText is how many bytes of JSON text the smallest event takes, see
// minEvent.
const minEventText = 36

// spaces are what JSON allows between its values.
const spaces = " \t\r\n"

// byteOrderMark is what Windows programs put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// skipSpace returns text without the white space and the byte order mark before
// it.
func skipSpace(text []byte) []byte {
	text = bytes.TrimLeft(text, spaces)
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		text = bytes.TrimLeft(text[len(byteOrderMark):], spaces)
	}
	return text
}

// skipBetween returns text without what may be between two JSON values: white
// space, byte order marks, commas, and the record separator of RFC 7464.
func skipBetween(text []byte) []byte {
	for {
		rest := bytes.TrimLeft(skipSpace(text), ",\x1e\x00")
		if len(rest) == len(text) {
			return text
		}
		text = rest
	}
}

// nextJSON returns where in text an object, or a list of something other than
// numbers, begins next; -1 for nowhere.
func nextJSON(text []byte) int {
	for i, c := range text {
		if c != '{' && c != '[' {
			continue
		}
		switch next := skipSpace(text[i+1:]); {
		case len(next) == 0:
		case c == '{' && (next[0] == '"' || next[0] == '}' || isEscapedJSON(text[i:])):
			return i
		case c == '[' && (next[0] == '{' || next[0] == '[' || next[0] == '"'):
			return i
		}
	}
	return -1
}

// lineOf returns the part of text before its next line, or where lines begin with
// JSON before the next one that begins with an object.
func lineOf(text []byte, begins bool) []byte {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return text
		}
		at += i + 1
		if !begins {
			return text[:at]
		}
		if next := bytes.TrimPrefix(text[at:], []byte(byteOrderMark)); len(next) > 0 && next[0] == '{' {
			return text[:at]
		}
	}
}

// endOfJSON returns where the object or list at the start of text ends, by its
// brackets and quotation marks alone. It returns how far there is sense in it, and
// false, if the text ends before it does or a string goes on in another line.
func endOfJSON(text []byte) (end int, closed bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n, ok := endOfString(text[i:])
			if !ok {
				return len(text), false
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// endOfString returns how long the JSON string at the start of text is.
func endOfString(text []byte) (n int, ok bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		case '\n':
			return i, false
		}
	}
	return len(text), false
}

// maxSalvage is in how many lists and maps around it a broken value is looked for.
const maxSalvage = 4

// salvage looks for events beside what is broken in a JSON object or list that
// cannot be read, because of a syntax error, because it nests too deep or is cut
// off: in the elements of its lists, one by one. It returns how many values are
// broken, at least one.
func (f *Finder) salvage(text []byte, at place, depth, levels int) (broken int) {
	if levels == 0 || depth > MaxWraps {
		return 1
	}
	c := cursor{text: text[1:]}
	inMap := text[0] == '{'
	for c.next(inMap) {
		switch {
		case inMap && !f.leadsOn(c.key):
		case c.value[0] == '"':
			if value, ok := f.parse(c.value); ok {
				inner, _ := document.Text(value)
				f.visitText(inner, at, depth+1)
			}
		case c.value[0] == '{':
			broken += f.salvageOne(c.value, c.key, at, depth+1, levels-1)
		case inMap:
			broken += f.salvage(c.value, at, depth, levels-1)
		}
	}
	return max(broken, 1)
}

// salvageOne looks into a value inside a broken one.
func (f *Finder) salvageOne(text, parent []byte, at place, depth, levels int) (broken int) {
	if len(text) < minEventText {
		return 0
	}
	if value, ok := f.parse(text); ok {
		at.parent = parent
		f.look(value, at, depth)
		return 0
	}
	return f.salvage(text, at, depth, levels)
}

// leadsOn reports whether an event could be under a key.
func (f *Finder) leadsOn(key []byte) bool {
	switch meaningOf(key, nil) {
	case meansList, meansWrap, meansECSWrap:
		return true
	}
	return isOneOf(f.jsonKeys, key)
}

// cursor goes through the members of a JSON object or the elements of a list, as
// far as brackets and quotation marks tell them apart.
type cursor struct {
	text  []byte // what is ahead
	key   []byte // without its quotation marks; escapes stay
	value []byte // an object, a list or a string
}

// next moves to the next value that is an object, a list or a string.
func (c *cursor) next(keyed bool) bool {
	for key := []byte(nil); len(c.text) > 0; {
		switch c.text[0] {
		case '"':
			n, ok := endOfString(c.text)
			if !ok {
				return false
			}
			value := c.text[:n]
			c.text = c.text[n:]
			if after := skipSpace(c.text); keyed && key == nil && len(after) > 0 && after[0] == ':' {
				key, c.text = value[1:n-1], after[1:]
				continue
			}
			c.key, c.value = key, value
			return true
		case '{', '[':
			n, _ := endOfJSON(c.text)
			c.key, c.value, c.text = key, c.text[:n], c.text[n:]
			return true
		case '}', ']':
			return false
		case ',':
			key = nil
		}
		c.text = c.text[1:]
	}
	return false
}
