package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// TextKey is the key of a record that is made of text: a line with words before its
// JSON, or JSON that cannot be read. Fluent Bit's in_tail has the same for a line
// that its parser refuses, so that both come to the same verdict.
const TextKey = "log"

// Reader reads the records in a JSON text of any layout: values on a line
// each, over several lines, one after the other, as the elements of a list, or
// all of that. It holds one record at a time.
//
// Between records there may be white space, commas, byte order marks, the record
// separators of RFC 7464, and the NUL bytes that a file system leaves where a
// machine lost its power. A line that does not begin with JSON is a record of text.
//
// Real collections of logs have broken places: a disk that was full, a process
// that was killed while it wrote. What is broken is a record of text too, and comes
// with its error. The reader goes on with the next place that a record can start at.
type Reader struct {
	// Prose says that lines without JSON are to be expected: they are counted, and
	// are not an error.
	Prose bool
	// Split says that the events of an S3 log file are records, and not the file as a
	// whole: of {"Records":[…]} each element is one. Such a file may be larger than
	// memory.
	Split bool
	// Limit is the most bytes of a record, at least one: [document.MaxText], unless it is
	// set to less.
	Limit int
	// OverLimit is where text goes that is over the limit of a record, on one line;
	// nil for nowhere.
	OverLimit io.Writer

	// grows is told by how many bytes the buffer grows beyond the usual, before it does.
	grows func(n int)

	src io.Reader
	// lines says that a record ends with its line.
	lines bool

	buffer []byte // what was read; everything before start is done with
	start  int
	srcErr error // what ended src, io.EOF or another

	offset int64 // of start in the text
	line   int   // the same, from 1
	lists  int   // how many lists around records are open
	files  int   // how many objects around a list of Records are open
	broken bool  // there was a broken place, so a bracket may have lost its other
	wasted int64 // bytes that were looked at for the ends of objects without one
	plain  int   // lines without JSON
}

// NewReader returns a reader of the records in src. lines says that a record ends with
// its line.
func NewReader(src io.Reader, lines bool) *Reader {
	return &Reader{src: src, lines: lines, Limit: document.MaxText, line: 1}
}

// buffers are those of readers that are done with.
var buffers sync.Pool

// keptBuffer returns an empty buffer of a reader that is done with, nil if there is none.
func keptBuffer() []byte {
	if kept, ok := buffers.Get().(*[]byte); ok {
		return (*kept)[:0]
	}
	return nil
}

// keepBuffer keeps a buffer for the next reader.
func keepBuffer(b []byte) {
	if cap(b) > 0 && cap(b) <= maxKept {
		buffers.Put(&b)
	}
}

// Place is where in a text a record begins or an error is.
type Place struct {
	Line   int   // from 1
	Offset int64 // bytes
}

// Record is what a [Reader] reads.
type Record struct {
	Body  []byte // a MessagePack map
	Place Place  // where it begins
	// Text says that the record was not a JSON object: what there was is under
	// [TextKey].
	Text bool
}

// BrokenError says that something is broken. What follows it can be read.
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

// largeError says that a record has more bytes than the limit that it is.
type largeError int

func (e largeError) Error() string {
	return fmt.Sprintf("the record is larger than %d bytes", int(e))
}

// Is implements what [errors.Is] asks for.
func (e largeError) Is(target error) bool { return target == document.ErrLarge }

// errLarge says that a record is over the limit.
func (r *Reader) errLarge() error {
	if r.Limit == document.MaxText {
		return document.ErrLarge
	}
	return largeError(r.Limit)
}

// Plain returns how many lines without JSON there have been, where they are to be
// expected.
func (r *Reader) Plain() int { return r.plain }

// Next reads the next record and writes it to dst. It returns io.EOF after the last,
// and another error where the source cannot be read further. A [*BrokenError] says
// that something is broken: the record is what there is of it, without a body where
// that is nothing.
func (r *Reader) Next(dst []byte) (Record, error) {
	if err := r.skipToRecord(); err != nil {
		return Record{Place: r.place()}, err
	}
	if !r.atObject() {
		return r.readText(dst)
	}
	at := r.place()
	n, err := r.findEnd()
	if err == nil {
		text := r.buffer[r.start : r.start+n]
		var body []byte
		if cap(dst)-len(dst) < n { // MessagePack is about as long as JSON
			dst = append(make([]byte, 0, len(dst)+n+n/8), dst...)
		}
		if body, err = document.AppendFromJSON(dst, text); err == nil {
			r.advance(n)
			return Record{Body: body, Place: at}, nil
		}
	}
	return r.readBroken(dst, n, err)
}

// readBroken makes a record of an object that cannot be read. n is how far it was
// looked at.
func (r *Reader) readBroken(dst []byte, n int, err error) (Record, error) {
	at, broken, lists := r.place(), r.broken, r.lists
	r.broken, r.lists = true, 0
	sourceFailed := errors.Is(err, errCutOff) && r.srcErr != nil && r.srcErr != io.EOF && r.start+n == len(r.buffer)
	closed := n
	if errors.Is(err, errCutOff) || errors.Is(err, document.ErrLarge) {
		closed = 0
	}
	end, whole := r.findNext(closed)
	problem := &BrokenError{at, err}
	if !whole {
		closed, next := false, false
		if lists > 0 {
			closed, next = r.passOverObject()
		}
		switch {
		case closed:
			r.broken, r.lists = broken, lists
		case !next:
			r.passOver(false)
		}
		return Record{Place: at}, &BrokenError{at, r.errLarge()}
	}
	text := r.buffer[r.start : r.start+end]
	if end == closed {
		problem.at, problem.err = r.diagnose(text, err)
	} else { // perhaps the next record begins inside of what its brackets enclose
		problem.err = errCutOff
	}
	record := r.textRecord(dst, text)
	r.advance(end)
	if sourceFailed {
		// The record is cut off because the source is, which is said at its end.
		return record, nil
	}
	return record, problem
}

// readText makes a record of what does not begin like an object: of a line, or of
// a string.
func (r *Reader) readText(dst []byte) (Record, error) {
	at := r.place()
	n, whole := r.findLineEnd()
	if !whole {
		r.broken = true
		r.passOver(true)
		return Record{Place: at}, &BrokenError{at, r.errLarge()}
	}
	text := r.buffer[r.start : r.start+n]
	record := r.textRecord(dst, text)
	r.broken = r.broken || r.lists > 0 // it may have had the bracket that ends the list
	var problem error
	switch {
	case hasObject(text):
	case r.Prose && text[0] != '}':
		r.plain++
	default:
		r.broken = true
		place, err := r.diagnose(text, errNotRecord)
		problem = &BrokenError{place, err}
	}
	r.advance(n)
	return record, problem
}

// textRecord returns the record that text is.
func (r *Reader) textRecord(dst, text []byte) Record {
	body := msgp.AppendMapHeader(dst, 1)
	body = msgp.AppendString(body, TextKey)
	body = msgp.AppendStringFromBytes(body, bytes.TrimRight(text, " \t\r\n"))
	return Record{Body: body, Place: r.place(), Text: true}
}

// hasObject reports whether something in a text looks like a JSON object, its
// quotation marks perhaps escaped.
func hasObject(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '{')
		if i < 0 {
			return false
		}
		text = text[i+1:]
		if next := bytes.TrimLeft(text, " \t\r\n"); len(next) > 0 && (next[0] == '"' || next[0] == '}' || next[0] == '\\') {
			return true
		}
	}
}

// diagnose finds out where text, which is at the start and could not be read, is
// broken. The standard library says it in words that are fit to print.
func (r *Reader) diagnose(text []byte, err error) (Place, error) {
	at := r.place()
	var syntax *json.SyntaxError
	var ignored json.RawMessage
	if !errors.Is(err, document.ErrDepth) && errors.As(json.Unmarshal(text, &ignored), &syntax) {
		err = syntax
		before := max(min(int(syntax.Offset)-1, len(text)), 0)
		at.Line += bytes.Count(text[:before], newline)
		at.Offset += int64(before)
	}
	return at, err
}
