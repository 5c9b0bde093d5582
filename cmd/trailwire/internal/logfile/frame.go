package logfile

import (
	"bytes"
	"io"

	"github.com/trailwire/trailwire/detect/document"
)

// How a [Reader] tells where a record begins and ends, by its brackets, quotation
// marks and lines alone.

// byteOrderMark is what Windows programs put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

var newline = []byte{'\n'}

func (r *Reader) place() Place { return Place{r.line, r.offset} }

// advance moves the start over n bytes.
func (r *Reader) advance(n int) {
	r.line += bytes.Count(r.buffer[r.start:r.start+n], newline)
	r.start += n
	r.offset += int64(n)
}

// fill reads more and reports whether there was any.
func (r *Reader) fill() bool {
	if r.srcErr != nil {
		return false
	}
	if r.start > 0 {
		r.buffer = r.buffer[:copy(r.buffer, r.buffer[r.start:])]
		r.start = 0
	}
	had := len(r.buffer)
	if cap(r.buffer)-had < readSize {
		if r.grows != nil && cap(r.buffer) > 0 {
			r.grows(cap(r.buffer) + readSize)
		}
		grown := make([]byte, had, 2*cap(r.buffer)+readSize)
		copy(grown, r.buffer)
		r.buffer = grown
	}
	for len(r.buffer) == had && r.srcErr == nil {
		var n int
		n, r.srcErr = r.src.Read(r.buffer[had:cap(r.buffer)])
		r.buffer = r.buffer[:had+n]
	}
	return len(r.buffer) > had
}

// expect makes room for so many bytes and what is read at a time, so that the buffer need not grow over and over.
func (r *Reader) expect(n int) {
	n = min(n, r.Limit) + readSize
	if n <= cap(r.buffer) {
		return
	}
	n += -n & (1<<20 - 1) // the next file may be a little larger
	if r.grows != nil {
		r.grows(n - readSize)
	}
	r.buffer = make([]byte, 0, n)
}

// has reports whether there are n bytes at the start, and reads more where there
// are not.
func (r *Reader) has(n int) bool {
	for len(r.buffer)-r.start < n {
		if !r.fill() {
			return false
		}
	}
	return true
}

// after returns the first byte after the one at the start that is not white space,
// and 0 where there is none near.
func (r *Reader) after() byte {
	for n := 1; n < farAway && r.has(n+1); n++ {
		switch c := r.buffer[r.start+n]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// farAway bounds how much white space is looked through for what a bracket means.
const farAway = 4 << 10

// skipToRecord moves the start over what may stand between records.
func (r *Reader) skipToRecord() error {
	for {
		if !r.has(1) {
			if r.lists > 0 && !r.broken && r.srcErr == io.EOF {
				r.lists = 0
				return &BrokenError{r.place(), errListCutOff}
			}
			return r.srcErr
		}
		c := r.buffer[r.start]
		switch c {
		case '\n':
		case ' ', '\t', '\r', ',', separator, 0:
			r.advance(1 + between(r.buffer[r.start+1:]))
			continue
		case byteOrderMark[0]:
			if !r.has(len(byteOrderMark)) || !bytes.HasPrefix(r.buffer[r.start:], []byte(byteOrderMark)) {
				return nil
			}
			r.advance(len(byteOrderMark))
			continue
		case '[':
			if !r.beginsList() {
				return nil
			}
			r.lists++
		case ']':
			if r.lists == 0 && !r.broken {
				at := r.place()
				r.advance(1)
				r.broken = true
				return &BrokenError{at, errNoList}
			}
			r.lists = max(r.lists-1, 0)
		case '{':
			n, found := r.beginsFile()
			if !found {
				return nil
			}
			r.advance(n)
			r.lists++
			r.files++
			continue
		case '}':
			if r.files > 0 && r.lists == 0 {
				r.files--
			} else if !r.broken {
				return nil // reading it says what is wrong
			}
		default:
			return nil
		}
		r.advance(1)
		if c == '\n' && r.lines && r.lists > 0 {
			r.lists = 0
			return &BrokenError{r.place(), errListCutOff}
		}
	}
}

// between returns how many bytes at the begin of a text may stand between records. The
// ends of lines are not among them.
func between(text []byte) int {
	for n, c := range text {
		switch c {
		case ' ', '\t', '\r', ',', separator, 0:
		default:
			return n
		}
	}
	return len(text)
}

// separator begins each record of RFC 7464. JSON has it nowhere, so that it tells
// where a record that is cut off ends.
const separator = 0x1e

// beginsList reports whether the bracket at the start begins a list that may have
// records in it, and not words in brackets.
func (r *Reader) beginsList() bool {
	switch r.after() {
	case '{', '[', ']', '"', 0:
		return true
	}
	return false
}

// beginsFile reports whether the object at the start is an S3 log file that is to be
// split, and how many bytes there are before its first event.
func (r *Reader) beginsFile() (n int, found bool) {
	if !r.Split || r.lists > 0 {
		return 0, false
	}
	for _, token := range [...]string{"{", `"Records"`, ":", "["} {
		for r.has(n+1) && n < farAway && isSpace(r.buffer[r.start+n]) {
			n++
		}
		if !r.has(n+len(token)) || string(r.buffer[r.start+n:r.start+n+len(token)]) != token {
			return 0, false
		}
		n += len(token)
	}
	return n, true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// atObject reports whether a JSON object begins at the start, its quotation marks
// not escaped. Among words a brace may mean anything.
func (r *Reader) atObject() bool {
	if r.buffer[r.start] != '{' {
		return false
	}
	next := r.after()
	return next == '"' || next == '}' || next == 0 || next != '\\' && !r.Prose
}

// findEnd finds the end of the object at the start: how many bytes it has. Whether
// it is JSON turns out when it is read. The whole object is in the buffer then.
//
// An error says that there is no end, or none within the limit; n is how far
// it looked.
func (r *Reader) findEnd() (n int, err error) {
	strict := r.wasted > maxWasted(r.offset)
	depth, inText, escaped := 0, false, false
	for {
		text := r.buffer[r.start:]
		text = text[:min(len(text), r.Limit+1)]
		for ; n < len(text); n++ {
			if inText && !escaped {
				if n += document.PlainLength(text[n:]); n == len(text) { // most bytes
					break
				}
			}
			c := text[n]
			if !means[c] && !escaped {
				continue
			}
			switch {
			case c == separator || c == 0 || c == '\n' && (inText || r.lines):
				return n, errCutOff
			case escaped:
				escaped = false
			case inText:
				escaped = c == '\\'
				inText = c != '"'
			case c == '"':
				inText = true
			case c == '{' || c == '[':
				if strict && c == '{' && depth > 0 && beginsLine(text, n) {
					return n, errCutOff
				}
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return n + 1, nil
				}
			}
		}
		if n > r.Limit {
			r.wasted += int64(n)
			return n, r.errLarge()
		}
		if !r.fill() {
			r.wasted += int64(n)
			return n, errCutOff
		}
	}
}

// means are the bytes that mean something to where an object ends.
var means = [256]bool{'"': true, '\\': true, '{': true, '}': true, '[': true, ']': true, '\n': true, separator: true, 0: true}

// maxWasted is how many bytes may have been looked at for ends that are not there,
// so many bytes into a text. Past that an object ends where a line begins with the
// next one: the time to read a text must not grow with the square of its length.
func maxWasted(offset int64) int64 { return 4*offset + 1<<20 }

// beginsLine reports whether what is at n in text is the first on its line.
func beginsLine(text []byte, n int) bool {
	return bytes.HasSuffix(bytes.TrimSuffix(text[:n], []byte(byteOrderMark)), newline)
}

// findNext finds where the next record can start after one that is broken: after
// its closing bracket, where it has one, closed bytes on; at a separator; on a line
// that begins with a brace, or where each line is a record on any. Lines inside a
// record that is spread over several are indented. It returns false where there is
// no such place within the limit.
func (r *Reader) findNext(closed int) (n int, whole bool) {
	for n = 1; ; n++ {
		switch {
		case closed > 0 && n >= closed:
			return closed, true
		case n > r.Limit:
			return n, false
		case !r.has(n + 1):
			return len(r.buffer) - r.start, true
		}
		text := r.buffer[r.start:]
		switch c := text[n]; {
		case c == separator, c == 0, c == '{' && beginsLine(text, n):
			return n, true
		case c == '\n' && r.lines:
			return n, true
		}
	}
}

// findLineEnd finds the end of the text at the start: of a string in a list, or of
// the line. It returns false where there is none within the limit.
func (r *Reader) findLineEnd() (n int, whole bool) {
	inString, escaped := r.lists > 0 && r.buffer[r.start] == '"', false
	for n = 1; r.has(n + 1); n++ {
		switch c := r.buffer[r.start+n]; {
		case n > r.Limit:
			return n, false
		case c == '\n' || c == separator || c == 0:
			return n, true
		case escaped:
			escaped = false
		case inString && c == '"':
			return n + 1, true
		case inString:
			escaped = c == '\\'
		}
	}
	return len(r.buffer) - r.start, true
}

// passOver moves the start over text that is over the limit, up to the next place
// that a record can start at, on any line or on one that begins with a brace, and
// passes it on.
func (r *Reader) passOver(anyLine bool) {
	for {
		text := r.buffer[r.start:]
		if len(text) == 0 {
			r.passOn(newline)
			return
		}
		n, ended := len(text), false
		for i, c := range text {
			if c == '\n' || c == separator || c == 0 {
				n, ended = i+1, true
				break
			}
		}
		ends := ended && text[n-1] != '\n'
		r.line += bytes.Count(text[:n], newline)
		r.passOn(text[:n])
		r.start += n
		r.offset += int64(n)
		if ends || !r.has(1) || ended && (anyLine || r.lines || r.buffer[r.start] == '{') {
			r.passOn(newline)
			return
		}
	}
}

// passOverObject moves the start over an object of a list that is over the limit, by its
// brackets, so that what comes after it in the list is read. Where the object does not
// end with its bracket, closed is false, and next says whether another begins there.
func (r *Reader) passOverObject() (closed, next bool) {
	depth, inText, escaped, before := 0, false, false, byte(0)
	for {
		n, ended := 0, false
		text := r.buffer[r.start:]
		for ; n < len(text) && !ended && !closed; n++ {
			c := text[n]
			switch {
			case c == separator || c == 0 || c == '\n' && (inText || r.lines):
				ended = true
			case escaped:
				escaped = false
			case inText:
				escaped = c == '\\'
				inText = c != '"'
			case c == '"':
				inText = true
			case c == '{' && before == '\n':
				ended, next = true, true
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				depth--
				closed = depth == 0
			}
			before = c
		}
		if ended {
			n-- // what it ends at is not of it
		}
		r.advance(n) // counts lines, which passOn takes out
		r.passOn(text[:n])
		if closed || next {
			r.passOn(newline)
		}
		if closed || ended || !r.has(1) {
			return closed, next
		}
	}
}

// passOn writes what is over the limit as a part of one line. JSON has no line break
// inside of a string, so that it means the same. Who gets it keeps its own errors.
func (r *Reader) passOn(text []byte) {
	if r.OverLimit == nil {
		return
	}
	if len(text) > 1 || text[0] != '\n' {
		for i, c := range text {
			if c < ' ' && c != '\t' {
				text[i] = ' '
			}
		}
	}
	_, _ = r.OverLimit.Write(text)
}
