package collect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/deliver"
)

// maxBatch is how many bytes of records are delivered at a time, unless one record has
// more. A Forward message has at most as many (see deliver), so that each batch is one.
const maxBatch = 1<<20 - 64<<10

// maxRecords is how many records are delivered at a time: records of a few bytes each
// must not take more memory than long ones.
const maxRecords = 10_000

// DefaultMaxRecord is the most bytes of a record unless [Options] say otherwise. A
// forward input of Fluent Bit closes the connection at a message of more than its
// buffer_max_size, 6,144,000 bytes by default, each time it comes. CloudTrail's events
// have 1 MB at most.
const DefaultMaxRecord = 5_000_000

// maxInflated is how many bytes an object may hold for each byte that is stored. Gzip
// writes 1,032 at most for each, and UTF-16 at most 3 for 2: more is gzip of gzip,
// which grows without bounds.
const maxInflated = 2048

// stream delivers the events of an object, in order. It returns what became of it, and
// for a Result but Delivered why. The result is Failed or GivenBack only if an
// event may not have been delivered that can be had.
func (c *Collector) stream(ctx context.Context, o Object) (Result, error) {
	body, err := c.store.Open(ctx, o)
	if err != nil {
		return whyNotOpen(ctx, err), err
	}
	defer body.Close()
	source := &sourceReader{r: body, read: c.counts.bytes}
	decoded, err := logfile.Decode(source)
	if err != nil {
		return source.failed(ctx, Unreadable), err
	}
	s := stream{to: c, reader: logfile.NewReader(&inflated{r: decoded, stored: source}, false)}
	s.reader.Split, s.reader.Limit = true, c.maxRecord
	err = s.copy(ctx)
	switch {
	case err == nil && s.broken == nil:
		return Delivered, nil
	case err == nil && s.events == 0:
		return Unreadable, s.broken
	case err == nil:
		return Partial, s.broken
	case errors.Is(err, errNotDelivered):
		return GivenBack, err
	case s.events == 0:
		return source.failed(ctx, Unreadable), err
	}
	return source.failed(ctx, Partial), err
}

func whyNotOpen(ctx context.Context, err error) Result {
	switch {
	case errors.Is(err, ErrGone):
		return Gone
	case errors.Is(err, ErrDenied):
		return Denied
	case ctx.Err() != nil:
		return GivenBack
	}
	return Failed
}

// sourceReader reads an object as it is stored. It keeps the error of the store apart
// from those of its content: only the former may pass.
type sourceReader struct {
	r    io.Reader
	read interface{ Add(float64) }
	n    int64
	err  error
}

func (s *sourceReader) Read(b []byte) (n int, err error) {
	n, err = s.r.Read(b)
	s.n += int64(n)
	s.read.Add(float64(n))
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// failed is what became of an object whose content could not be read: otherwise, if
// the store gave all of it.
func (s *sourceReader) failed(ctx context.Context, otherwise Result) Result {
	switch {
	case s.err == nil:
		return otherwise
	case ctx.Err() != nil:
		return GivenBack
	}
	return Failed
}

// inflated reads what an object holds, and ends where that is out of all proportion to
// what is stored.
type inflated struct {
	r      io.Reader
	stored *sourceReader
	n      int64
}

var errInflated = fmt.Errorf("decompressed it has more than %d times its size", maxInflated)

func (i *inflated) Read(b []byte) (n int, err error) {
	n, err = i.r.Read(b)
	if i.n += int64(n); i.n > maxInflated*i.stored.n {
		return 0, errInflated
	}
	return n, err
}

// stream is one object on its way.
type stream struct {
	to     *Collector
	reader *logfile.Reader

	batch  []deliver.Alert
	bodies []byte
	ends   []int

	events int   // delivered or in the batch
	broken error // the first place that could not be read
}

// copy delivers all records. An error is the source's, or errNotDelivered.
func (s *stream) copy(ctx context.Context) error {
	for {
		start := len(s.bodies)
		record, err := s.reader.Next(s.bodies)
		var broken *logfile.BrokenError
		switch {
		case err == io.EOF:
			return s.flush(ctx)
		case errors.As(err, &broken):
			s.noteBroken(record.Place, broken)
		case err != nil:
			return errors.Join(s.flush(ctx), err)
		}
		// What is not JSON in a log file is passed on only beside JSON: the bytes of
		// another kind of file are not text for a pipeline.
		if record.Body == nil || record.Text && s.events == 0 {
			continue
		}
		// Numbers take more room there than in JSON.
		if n := len(record.Body) - start; n > s.to.maxRecord {
			s.noteBroken(record.Place, fmt.Errorf("the record has %d bytes as MessagePack, more than %d", n, s.to.maxRecord))
			continue
		}
		s.bodies = record.Body
		s.events++
		s.batch = append(s.batch, deliver.Alert{Timestamp: timestamp(s.bodies[start:], s.to.now())})
		s.ends = append(s.ends, len(s.bodies))
		if len(s.bodies) >= maxBatch || len(s.batch) == maxRecords {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// noteBroken keeps the first place that could not be read.
func (s *stream) noteBroken(at logfile.Place, err error) {
	if s.broken == nil {
		s.broken = fmt.Errorf("line %d: %w", at.Line, err)
	}
}

// flush delivers the batch, however long it takes, unless the context ends.
func (s *stream) flush(ctx context.Context) error {
	start := 0
	for i, end := range s.ends {
		s.batch[i].Body = s.bodies[start:end:end]
		start = end
	}
	err := s.to.deliver(ctx, s.batch)
	s.batch, s.bodies, s.ends = s.batch[:0], s.bodies[:0], s.ends[:0]
	return err
}

// errNotDelivered says that the process ends before the receiver has acknowledged a
// record.
var errNotDelivered = errors.New("not delivered before the end")

// timestamp returns when an event happened, as Fluent Bit writes times; now, for a
// record that does not say.
func timestamp(record []byte, now time.Time) []byte {
	at := now
	if value, ok := document.Get(record, "eventTime"); ok {
		if text, ok := document.Text(value); ok {
			if parsed, err := time.Parse(time.RFC3339, string(text)); err == nil && parsed.Unix() >= 0 && parsed.Unix() < 1<<32 {
				at = parsed
			}
		}
	}
	b := append(make([]byte, 0, 10), 0xd7, 0x00)
	b = binary.BigEndian.AppendUint32(b, uint32(at.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()))
}
