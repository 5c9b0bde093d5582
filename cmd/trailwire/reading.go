package main

import (
	"errors"
	"fmt"
	"io"
)

// reading goes through the records of several inputs, whatever is broken in
// them.
type reading struct {
	stdin    io.Reader
	inputs   []input
	problems *problems
	progress *progress
	buffer   []byte
}

func (p *program) newReading(paths []string, quiet bool) *reading {
	r := &reading{stdin: p.in}
	r.problems = &problems{out: p.err, before: func() { r.progress.clear() }}
	r.inputs = listInputs(paths, r.problems.report)
	var total int64
	for _, in := range r.inputs {
		if in.size < 0 || total < 0 {
			total = -1
		} else {
			total += in.size
		}
	}
	if !quiet {
		r.progress = newProgress(p.err, total)
	}
	return r
}

// each calls evaluate with each record, a MessagePack map that is valid during
// the call, and with where it stands. A [*recordError] is said and does not
// stop the rest; another error does, and is returned.
func (r *reading) each(evaluate func(record []byte, from string) error) error {
	for _, in := range r.inputs {
		if err := r.file(in, evaluate); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) file(in input, evaluate func(record []byte, from string) error) error {
	c, err := openInput(in, r.stdin, r.progress.add)
	if err != nil {
		r.problems.report(in.name(), err)
		return nil
	}
	defer c.Close()
	records := newRecordReader(c, in.lines)
	for {
		record, at, err := records.Next(r.buffer[:0])
		r.buffer = record
		var broken *brokenError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &broken):
			r.problems.reportAt(in.name(), broken.at, broken)
			continue
		case err != nil:
			r.problems.reportAt(in.name(), at, reason(err))
			return nil
		}
		err = evaluate(record, fmt.Sprintf("%s:%d", printable(in.name(), maxLine), at.line))
		var concerning *recordError
		if errors.As(err, &concerning) {
			r.problems.reportAt(in.name(), at, concerning)
		} else if err != nil {
			return err
		}
	}
}

// finish ends what is on the screen beside the records.
func (r *reading) finish() {
	r.problems.endFile()
	r.progress.finish()
}
