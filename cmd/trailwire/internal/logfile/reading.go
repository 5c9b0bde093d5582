package logfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// Reading goes through the records of several inputs, whatever is broken in
// them. It is for one goroutine.
type Reading struct {
	// Progress is how much was read, on a terminal. Clear it before a line is printed.
	Progress *terminal.Progress
	// OverLimit is where records go that are too large to be read, each as one line;
	// nil for nowhere. Its errors are its own to keep.
	OverLimit io.Writer

	stdin    io.Reader
	list     listing
	problems *problems
	plain    int
	buffer   []byte
}

// NewReading lists what there is to read: files, folders, standard input and what remote
// lists of an s3:// URL. What cannot be read goes to stderr, a line for each, and so does
// the progress, where that is a terminal, unless quiet.
func NewReading(paths []string, stdin io.Reader, stderr io.Writer, quiet bool, remote Lister) *Reading {
	r := &Reading{stdin: stdin}
	r.problems = &problems{out: stderr, before: func() { r.Progress.Clear() }}
	r.list = list(paths, remote, r.problems.report)
	var total int64
	for _, in := range r.list.inputs {
		if in.size < 0 || total < 0 {
			total = -1
		} else {
			total += in.size
		}
	}
	if !quiet {
		r.Progress = terminal.NewProgress(stderr, total)
	}
	return r
}

// ByTime has files of CloudTrail's read in the order of the times in their names, whatever
// the folders of regions and accounts that they are in.
func (r *Reading) ByTime() { r.list.byTime() }

// Paths returns the files that are read; standard input is [StandardInput].
func (r *Reading) Paths() []string {
	paths := make([]string, len(r.list.inputs))
	for i, in := range r.list.inputs {
		paths[i] = in.path
	}
	return paths
}

// Problems returns how many problems there have been.
func (r *Reading) Problems() int { return r.problems.count }

// Plain returns how many lines without JSON there were in files that may have some.
func (r *Reading) Plain() int { return r.plain }

// LeftAside returns the files of folders that are not read, by the endings of their
// names.
func (r *Reading) LeftAside() []terminal.LeftAside { return r.list.leftAside() }

// RecordError is an error of one record, which does not stop the rest.
type RecordError struct{ Err error }

func (e *RecordError) Error() string { return e.Err.Error() }
func (e *RecordError) Unwrap() error { return e.Err }

// Each calls evaluate with each record, which is valid during the call, and with where
// it begins. A [*RecordError] is reported, unless the record itself was, and does not
// stop the rest; another error does, and is returned.
func (r *Reading) Each(evaluate func(record Record, from string) error) error {
	for _, in := range r.list.inputs {
		if err := r.file(in, evaluate); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reading) file(in input, evaluate func(record Record, from string) error) error {
	c, err := openInput(in, r.stdin, r.Progress.Add)
	if err != nil {
		r.problems.report(in.name(), err)
		return nil
	}
	defer c.Close()
	records := NewReader(c, in.lines)
	records.Prose, records.OverLimit = in.prose, r.OverLimit
	defer func() { r.plain += records.Plain() }()
	for {
		record, err := records.Next(r.buffer[:0])
		if cap(record.Body) > 0 {
			r.buffer = record.Body
		}
		var broken *BrokenError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &broken):
			r.problems.reportAt(in.name(), broken.at, broken)
		case err != nil:
			r.problems.reportAt(in.name(), record.Place, Reason(err))
			return nil
		}
		if record.Body == nil {
			continue
		}
		err = evaluate(record, fmt.Sprintf("%s:%d", terminal.Printable(in.name(), terminal.MaxLine), record.Place.Line))
		var concerning *RecordError
		switch {
		case errors.As(err, &concerning):
			if broken == nil {
				r.problems.reportAt(in.name(), record.Place, concerning)
			}
		case err != nil:
			return err
		}
	}
}

// Finish ends what is on the screen beside the records.
func (r *Reading) Finish() {
	r.problems.endFile()
	r.Progress.Finish()
}
