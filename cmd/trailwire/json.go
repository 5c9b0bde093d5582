package main

import (
	"bufio"
	"io"

	"github.com/trailwire/trailwire/detect/document"
)

// jsonPrinter writes records as JSON, one a line.
type jsonPrinter struct {
	out  *bufio.Writer
	line []byte
}

func newJSONPrinter(w io.Writer) *jsonPrinter { return &jsonPrinter{out: bufio.NewWriter(w)} }

// print writes a record, a MessagePack map. Of one that JSON
// cannot express, because it nests too deep, nothing is written.
func (p *jsonPrinter) print(record []byte) error {
	line, err := document.AppendJSON(p.line[:0], record)
	if err != nil {
		return &recordError{err}
	}
	p.line = append(line, '\n')
	_, err = p.out.Write(p.line)
	return err
}
