package logfile

import (
	"bufio"
	"io"

	"github.com/trailwire/trailwire/detect/document"
)

// Writer writes records as JSON, one a line.
type Writer struct {
	out  *bufio.Writer
	line []byte
}

// NewWriter returns a writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriter(w)} }

// WriteRecord writes a record, a MessagePack map. Of one that JSON cannot express, because
// it nests too deep, nothing is written; the error is a [*RecordError].
func (w *Writer) WriteRecord(record []byte) error {
	line, err := document.AppendJSON(w.line[:0], record)
	if err != nil {
		return &RecordError{err}
	}
	w.line = append(line, '\n')
	_, err = w.out.Write(w.line)
	return err
}

// Write writes text as it is. An error of it comes again from [Writer.Flush].
func (w *Writer) Write(text []byte) (int, error) { return w.out.Write(text) }

// Flush writes what is still in the buffer, and returns the first error of all writing.
func (w *Writer) Flush() error { return w.out.Flush() }
