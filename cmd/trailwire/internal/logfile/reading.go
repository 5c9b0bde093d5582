package logfile

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/document"
)

// Reading goes through the records of several inputs, whatever is broken in
// them. It is for one goroutine, and reads ahead in others.
type Reading struct {
	// Progress is how much was read, on a terminal. Clear it before a line is printed.
	Progress *terminal.Progress
	// OverLimit is where records go that are too large to be read, each as one line;
	// nil for nowhere. Its errors are its own to keep.
	OverLimit io.Writer

	ctx      context.Context
	stdin    io.Reader
	list     listing
	begun    int // inputs
	problems *problems
	plain    int
	buffer   []byte
	limit    int // of a record; zero for [document.MaxText]
	room     int // bytes to read ahead

	chunk, maxChunk int // bytes of lines that are read together, about and at most
}

// NewReading lists what there is to read: files, folders, standard input and what remote
// lists of an s3:// URL. What cannot be read goes to stderr, a line for each, and so does
// the progress, where that is a terminal, unless quiet. When ctx ends, so does the listing
// and so does [Reading.Each].
func NewReading(ctx context.Context, paths []string, stdin io.Reader, stderr io.Writer, quiet bool, remote Lister) *Reading {
	r := &Reading{ctx: ctx, stdin: stdin, room: maxAhead, chunk: chunkSize, maxChunk: maxChunk}
	r.problems = &problems{out: stderr, before: func() { r.Progress.Clear() }}
	r.list = list(ctx, paths, remote, r.problems.report)
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

// Begun returns how many files were begun to be read: all of them when Each has returned
// nil.
func (r *Reading) Begun() int { return r.begun }

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

// Each calls evaluate with each record, in the order of the files and of the records in
// each, and with where it begins. It is one goroutine that calls, whatever is read ahead
// meanwhile. The record is valid during the call. A [*RecordError] is reported, unless the
// record itself was, and does not stop the rest; another error does, and is returned. It is [ErrInterrupted] where the
// context has ended.
func (r *Reading) Each(evaluate func(record Record, from string) error) error {
	ahead := r.readAhead()
	defer ahead.stop()
	if r.ctx.Err() != nil {
		return ErrInterrupted // not all was listed, perhaps
	}
	for i, in := range r.list.inputs {
		r.begun++
		t := &taking{Reading: r, in: in, from: terminal.Printable(in.name(), terminal.MaxLine) + ":", evaluate: evaluate}
		var err error
		if f := ahead.files[i]; f != nil {
			err = t.ahead(f)
		} else {
			err = t.asItComes()
		}
		if err != nil {
			return err
		}
		ahead.finished(i)
	}
	return nil
}

// taking takes the records of one input.
type taking struct {
	*Reading
	in       input
	from     string // its name, and a colon
	evaluate func(record Record, from string) error
}

// ahead takes records that were read ahead.
func (t *taking) ahead(f *aheadFile) error {
	var before carried
	for {
		var b *batch
		select {
		case b = <-f.batches:
		case <-t.ctx.Done():
			return ErrInterrupted
		}
		if b == nil {
			return nil
		}
		t.Progress.Add(b.read)
		var err error
		if b.chunk != nil {
			before, err = t.takeChunk(f, b, before)
		} else {
			t.plain += b.plain
			err = t.takeItems(b)
		}
		if err != nil {
			return err
		}
		f.done(b)
	}
}

func (t *taking) takeItems(b *batch) error {
	for i := range b.items {
		one := &b.items[i]
		if one.over != nil {
			_, _ = t.OverLimit.Write(one.over) // its errors are its own
			continue
		}
		if err := t.take(one.record, one.err); err != nil {
			return err
		}
	}
	return nil
}

// recordLimit is the most bytes of a record.
func (r *Reading) recordLimit() int {
	if r.limit > 0 {
		return r.limit
	}
	return document.MaxText
}

// asItComes reads records and takes each before the next one.
func (t *taking) asItComes() error {
	c, err := openInput(t.ctx, t.in, t.stdin, t.Progress.Add)
	if err != nil {
		return t.take(Record{}, openError{err})
	}
	defer c.Close()
	records := newReaderOf(t.in, c, t.recordLimit())
	records.OverLimit = t.OverLimit
	records.expect(c.size)
	defer func() {
		t.plain += records.Plain()
		keepBuffer(records.buffer)
	}()
	for {
		record, err := records.Next(t.buffer[:0])
		if cap(record.Body) > 0 {
			t.buffer = record.Body
		}
		if taken := t.take(record, err); taken != nil || ends(err) {
			return taken
		}
	}
}

// newReaderOf returns a reader of what an input holds.
func newReaderOf(in input, c io.Reader, limit int) *Reader {
	records := NewReader(c, in.lines)
	records.buffer = keptBuffer()
	records.Prose, records.Limit = in.prose, limit
	return records
}

// ends reports whether an error of [Reader.Next] is the end of an input.
func ends(err error) bool {
	var broken *BrokenError
	return err != nil && !errors.As(err, &broken)
}

// take evaluates what [Reader.Next] returned. The error is one that stops all.
func (t *taking) take(record Record, err error) error {
	if t.ctx.Err() != nil {
		return ErrInterrupted
	}
	var broken *BrokenError
	var closed openError
	switch {
	case err == io.EOF:
		return nil
	case errors.As(err, &closed):
		t.problems.report(t.in.name(), closed.error)
		return nil
	case errors.As(err, &broken):
		t.problems.reportAt(t.in.name(), broken.at, broken)
	case err != nil:
		t.problems.reportAt(t.in.name(), record.Place, Reason(err))
		return nil
	}
	if record.Body == nil {
		return nil
	}
	err = t.evaluate(record, t.from+strconv.Itoa(record.Place.Line))
	var concerning *RecordError
	if !errors.As(err, &concerning) {
		return err
	}
	if broken == nil {
		t.problems.reportAt(t.in.name(), record.Place, concerning)
	}
	return nil
}

// Finish ends what is on the screen beside the records.
func (r *Reading) Finish() {
	r.problems.endFile()
	r.Progress.Finish()
}
