package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/trailwire/trailwire/detect/document"
)

// Reader reads the records in a JSON text of any layout: values on a line
// each, over several lines, one after the other, as the elements of a list, or
// all of that. It holds one record at a time.
//
// Real collections of logs have broken places: a disk that was full, a process
// that was killed while it wrote. After such a place the reader goes on with
// the next line that a record can start on.
type Reader struct {
	src io.Reader
	// lines says that a record ends with its line.
	lines bool

	buffer []byte // what was read; everything before start is done with
	start  int
	srcErr error // what ended src, io.EOF or another

	offset int64 // of start in the text
	line   int   // the same, from 1
	lists  int   // how many lists around records are open
	broken bool  // there was a broken place, so a bracket may have lost its other
}

// NewReader returns a reader of the records in src. lines says that a record ends with
// its line.
func NewReader(src io.Reader, lines bool) *Reader {
	return &Reader{src: src, lines: lines, line: 1}
}

// Place is where in a text a record begins or an error is.
type Place struct {
	Line   int   // from 1
	Offset int64 // bytes
}

// BrokenError says that a record is broken. What follows it can be read.
type BrokenError struct {
	at  Place
	err error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("%v (byte %d)", e.err, e.at.Offset)
}

func (e *BrokenError) Unwrap() error { return e.err }

var (
	errCutOff     = errors.New("the record is cut off")
	errNotRecord  = errors.New("not a record: a JSON object was expected")
	errListCutOff = errors.New("the list of records is cut off")
	errNoList     = errors.New("a ] without a list before it")
)

// Next appends the next record to dst as MessagePack. It returns io.EOF after
// the last, a [*BrokenError] for one that is broken, and any other error where
// the source cannot be read further.
func (r *Reader) Next(dst []byte) (record []byte, at Place, err error) {
	for {
		if err := r.skipToRecord(); err != nil {
			return dst, r.place(), err
		}
		at = r.place()
		n, err := r.scan()
		if err == nil {
			if record, err = document.AppendFromJSON(dst, r.buffer[r.start:r.start+n]); err != nil {
				at, err = r.diagnose(n, err)
			} else if r.advance(n); document.IsMap(record[len(dst):]) {
				return record, at, nil
			} else {
				return dst, at, &BrokenError{at, errNotRecord}
			}
		}
		sourceFailed := r.srcErr != nil && r.srcErr != io.EOF && r.start+n == len(r.buffer)
		r.resume()
		if !sourceFailed {
			return dst, at, &BrokenError{at, err}
		}
		// The record is cut off because the source is, which is said at its
		// end. There may be whole records inside this one.
	}
}

func (r *Reader) place() Place { return Place{r.line, r.offset} }

// advance moves the start over n bytes.
func (r *Reader) advance(n int) {
	r.line += bytes.Count(r.buffer[r.start:r.start+n], newline)
	r.start += n
	r.offset += int64(n)
}

var newline = []byte{'\n'}

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

// skipToRecord moves the start over what may stand between records.
func (r *Reader) skipToRecord() error {
	for {
		if r.start == len(r.buffer) && !r.fill() {
			if r.lists > 0 && !r.broken && r.srcErr == io.EOF {
				r.lists = 0
				return &BrokenError{r.place(), errListCutOff}
			}
			return r.srcErr
		}
		c := r.buffer[r.start]
		if r.offset == 0 && c == byteOrderMark[0] && r.hasByteOrderMark() {
			r.advance(len(byteOrderMark))
			continue
		}
		switch c {
		case ' ', '\t', '\r', '\n', ',':
		case '[':
			r.lists++
		case ']':
			if r.lists == 0 && !r.broken {
				at := r.place()
				r.advance(1)
				r.broken = true
				return &BrokenError{at, errNoList}
			}
			r.lists = max(r.lists-1, 0)
		case '}':
			if !r.broken {
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

// byteOrderMark is what Windows programs put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

func (r *Reader) hasByteOrderMark() bool {
	for len(r.buffer)-r.start < len(byteOrderMark) && r.fill() {
	}
	return bytes.HasPrefix(r.buffer[r.start:], []byte(byteOrderMark))
}

// scan finds the end of the value at the start: how many bytes it has. It looks
// at brackets and quotes alone; whether the value is JSON turns out when it is
// read. The whole value is in the buffer then.
//
// An error says that there is no end, or none within the limits; n is how far
// it looked.
func (r *Reader) scan() (n int, err error) {
	depth, inText, escaped := 0, false, false
	for {
		for _, c := range r.buffer[r.start+n:] {
			switch {
			case c == '\n' && (inText || (r.lines && depth > 0)):
				return n, errCutOff
			case escaped:
				escaped = false
			case inText:
				escaped = c == '\\'
				inText = c != '"'
			case c == '"':
				inText = true
			case c == '{' || c == '[':
				if depth == 0 && n > 0 {
					return n, nil // it begins another value
				}
				if depth++; depth > document.MaxDepth+1 {
					return n, document.ErrDepth
				}
			case c == '}' || c == ']':
				if depth == 0 && n > 0 {
					return n, nil // it ends the list around the value
				}
				if depth--; depth <= 0 {
					return n + 1, nil
				}
			case depth == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ','):
				return n, nil // the end of a number or a word
			}
			if n++; n > document.MaxText {
				return n, document.ErrLarge
			}
		}
		if !r.fill() {
			if depth > 0 || inText {
				return n, errCutOff
			}
			return n, nil
		}
	}
}

// diagnose finds out where the next n bytes, which could not be read as JSON,
// are broken. The standard library says it in words that are fit to print.
func (r *Reader) diagnose(n int, err error) (Place, error) {
	at, text := r.place(), r.buffer[r.start:r.start+n]
	var syntax *json.SyntaxError
	var ignored json.RawMessage
	if errors.As(json.Unmarshal(text, &ignored), &syntax) {
		err = syntax
		before := max(min(int(syntax.Offset)-1, len(text)), 0)
		at.Line += bytes.Count(text[:before], newline)
		at.Offset += int64(before)
	}
	return at, err
}

// resume moves the start to the next line that a record can start on: any line
// where each is a record, else one that begins with a brace. Lines inside a
// record that is spread over several are indented.
func (r *Reader) resume() {
	r.broken = true
	r.lists = 0
	for {
		i := bytes.IndexByte(r.buffer[r.start:], '\n')
		if i < 0 {
			r.advance(len(r.buffer) - r.start)
			if !r.fill() {
				return
			}
			continue
		}
		r.advance(i + 1)
		if r.lines {
			return
		}
		if r.start == len(r.buffer) && !r.fill() {
			return
		}
		if r.buffer[r.start] == '{' {
			return
		}
	}
}
