package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	prog "github.com/trailwire/trailwire/detect/program"
)

// matchWriter prints the events that match. value returns what the event has in the field
// with the number.
type matchWriter interface {
	write(event []byte, value func(field int) prog.Value) error
	flush() error
}

// shownFields are the columns of csv and table if --fields names none.
var shownFields = []string{"@timestamp", "event.provider", "event.action", "event.outcome", "aws.cloudtrail.user_identity.arn", "source.ip", "cloud.region", "event.id"}

// newMatchWriter returns the writer of a format; fields may be none, for whole events.
func newMatchWriter(format string, fields []string, out io.Writer) matchWriter {
	switch format {
	case formatCSV:
		return &csvMatches{out: csv.NewWriter(out), fields: fields}
	case formatTable:
		return &tableMatches{out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), fields: fields}
	}
	if len(fields) > 0 {
		return &fieldMatches{out: out, fields: fields}
	}
	return wholeMatches{logfile.NewWriter(out)}
}

// wholeMatches prints events as they are, one a line.
type wholeMatches struct{ out *logfile.Writer }

func (w wholeMatches) write(event []byte, _ func(int) prog.Value) error {
	if err := w.out.WriteRecord(event); err != nil {
		return err
	}
	return w.out.Flush()
}

func (w wholeMatches) flush() error { return w.out.Flush() }

// fieldMatches prints an object with the fields that an event has, one a line.
type fieldMatches struct {
	out    io.Writer
	fields []string
	line   []byte
}

func (w *fieldMatches) write(_ []byte, value func(int) prog.Value) error {
	w.line = append(w.line[:0], '{')
	for i, name := range w.fields {
		v := value(i)
		if v.Kind() == prog.KindNull {
			continue
		}
		if len(w.line) > 1 {
			w.line = append(w.line, ',')
		}
		w.line = append(appendJSON(w.line, name), ':')
		w.line = appendValue(w.line, v)
	}
	w.line = append(w.line, "}\n"...)
	_, err := w.out.Write(w.line)
	return err
}

func (w *fieldMatches) flush() error { return nil }

// appendJSON appends a text as JSON. encoding/json makes valid UTF-8 of it.
func appendJSON(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // no text has one
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}

func appendValue(dst []byte, v prog.Value) []byte {
	switch v.Kind() {
	case prog.KindList:
		dst = append(dst, '[')
		for i, one := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, one)
		}
		return append(dst, ']')
	case prog.KindText:
		return appendJSON(dst, string(v.Text()))
	}
	return append(dst, cell(v)...)
}

// cell is a value as text: of a list, the texts with semicolons between them.
func cell(v prog.Value) string {
	switch v.Kind() {
	case prog.KindNull:
		return ""
	case prog.KindBool:
		return strconv.FormatBool(v.Bool())
	case prog.KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case prog.KindFloat:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case prog.KindList:
		var all []string
		for _, one := range v.List() {
			all = append(all, cell(one))
		}
		return strings.Join(all, "; ")
	}
	return string(v.Text())
}

// csvMatches prints a header, and a line for each event.
type csvMatches struct {
	out    *csv.Writer
	fields []string
	row    []string
}

func (w *csvMatches) write(_ []byte, value func(int) prog.Value) error {
	if w.row == nil {
		if err := w.out.Write(w.fields); err != nil {
			return err
		}
	}
	w.row = w.row[:0]
	for i := range w.fields {
		w.row = append(w.row, csvCell(cell(value(i))))
	}
	return w.out.Write(w.row)
}

func (w *csvMatches) flush() error {
	w.out.Flush()
	return w.out.Error()
}

// tableMatches prints a table for people. Columns are set for some rows at a time, so that
// no number of rows takes memory.
type tableMatches struct {
	out    *tabwriter.Writer
	fields []string
	rows   int
}

// rowsTogether is how many rows have the same columns.
const rowsTogether = 500

func (w *tableMatches) write(_ []byte, value func(int) prog.Value) error {
	if w.rows%rowsTogether == 0 {
		if err := w.line(func(i int) string { return w.fields[i] }); err != nil {
			return err
		}
	}
	if err := w.line(func(i int) string { return terminal.Printable(cell(value(i)), terminal.MaxValue) }); err != nil {
		return err
	}
	if w.rows++; w.rows%rowsTogether == 0 {
		return w.out.Flush()
	}
	return nil
}

func (w *tableMatches) line(text func(i int) string) error {
	cells := make([]string, len(w.fields))
	for i := range cells {
		if cells[i] = text(i); cells[i] == "" {
			cells[i] = "-"
		}
	}
	_, err := io.WriteString(w.out, strings.Join(cells, "\t")+"\n")
	return err
}

func (w *tableMatches) flush() error { return w.out.Flush() }
