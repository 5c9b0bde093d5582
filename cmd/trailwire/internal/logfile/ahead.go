package logfile

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// How files are read ahead: some at a time, each in a goroutine of its own, while one
// goroutine takes what was read in the order of the files. So what comes of the records
// does not depend on how many processors there are.

// ahead reads files ahead.
type ahead struct {
	files   []*aheadFile // by number; nil for an input that is not read ahead
	room    *budget
	stopped chan struct{}
	slots   chan struct{} // one for each file that is being read or waits for its turn
}

// aheadFile is a file that is read ahead.
type aheadFile struct {
	*ahead
	number    int
	in        input
	limit     int  // of a record
	chunk     int  // bytes of lines that are read together
	most      int  // the same, at most
	keepsOver bool // what is over the limit goes on
	batches   chan *batch
	read      atomic.Int64 // bytes from the disk that no batch tells of yet
}

// batch is some of what is in a file, in order.
type batch struct {
	items []item
	arena []byte // most bodies are in it
	room  int    // that was taken for it
	read  int    // bytes that came from the disk
	plain int    // lines without JSON
	chunk *chunk // what the items are read from, perhaps still; nil if they are complete
}

// item is what [Reader.Next] returned, or text over the limit that goes on.
type item struct {
	record Record
	err    error
	over   []byte
}

const (
	batchSize  = 256 << 10 // bytes of records in a batch, about
	maxBatches = 4         // of a file that wait
)

// readAhead begins to read files ahead. One that may never end is not read ahead: its
// records are wanted as they come. With one processor there is nothing to gain.
func (r *Reading) readAhead() *ahead {
	a := &ahead{files: make([]*aheadFile, len(r.list.inputs)), room: newBudget(r.room), stopped: make(chan struct{})}
	workers := runtime.GOMAXPROCS(0)
	if workers == 1 {
		return a
	}
	a.slots = make(chan struct{}, workers+1)
	for i, in := range r.list.inputs {
		if in.size >= 0 {
			a.files[i] = &aheadFile{ahead: a, number: i, in: in, limit: r.recordLimit(), chunk: r.chunk, most: r.maxChunk, keepsOver: r.OverLimit != nil, batches: make(chan *batch, maxBatches)}
		}
	}
	go func() {
		for _, f := range a.files {
			if f == nil {
				continue
			}
			select {
			case a.slots <- struct{}{}:
				go f.readAll()
			case <-a.stopped:
				return
			}
		}
	}()
	return a
}

// finished says that all of a file was taken, or that it was not read ahead.
func (a *ahead) finished(number int) {
	if a.files[number] != nil {
		<-a.slots
	}
	a.room.next()
}

// stop says that nothing is wanted any more. It does not wait: a source may not answer.
func (a *ahead) stop() {
	close(a.stopped)
	a.room.stop()
}

// readAll reads the file. The last item has the error that ends it, [io.EOF] mostly.
func (f *aheadFile) readAll() {
	defer close(f.batches)
	c, err := openInput(context.Background(), f.in, nil, func(n int) { f.read.Add(int64(n)) })
	if err != nil {
		f.send(&batch{items: []item{{err: openError{err}}}})
		return
	}
	defer c.Close()
	source := untilStopped{c, f.stopped}
	// A record over the limit is passed on as it is: that is for one reader.
	if f.in.lines && f.limit >= f.most {
		f.readLines(source, f.limit, f.chunk, f.most)
		return
	}
	f.readRecords(source, c.size)
}

// untilStopped is what a file holds, as long as it is wanted.
type untilStopped struct {
	io.Reader
	stopped <-chan struct{}
}

func (u untilStopped) Read(b []byte) (int, error) {
	select {
	case <-u.stopped:
		return 0, io.EOF
	default:
		return u.Reader.Read(b)
	}
}

// openError says that an input cannot be opened.
type openError struct{ error }

func (e openError) Unwrap() error { return e.error }

// readRecords reads records one after the other. size is how many bytes there may be, zero if that is not known.
func (f *aheadFile) readRecords(c io.Reader, size int) {
	records := newReaderOf(f.in, c, f.limit)
	defer func() { keepBuffer(records.buffer) }()
	text := 0 // room for the reader's buffer
	defer func() { f.room.give(text) }()
	records.grows = func(n int) {
		f.room.take(f.number, n)
		text += n
	}
	records.expect(size)
	b := newBatch()
	if f.keepsOver {
		records.OverLimit = writerFunc(func(text []byte) {
			for len(text) > 0 && b != nil {
				n := min(len(text), batchSize)
				b.items = append(b.items, item{over: append([]byte(nil), text[:n]...)})
				b.room += n
				text = text[n:]
				if b.room >= batchSize {
					b = f.sendFull(b)
				}
			}
		})
	}
	plain := 0
	for b != nil {
		record, err := records.Next(b.arena[len(b.arena):])
		if b == nil {
			return
		}
		b.plain += records.Plain() - plain
		plain = records.Plain()
		b.add(record, err)
		switch {
		case ends(err):
			f.send(b)
			return
		case b.room < batchSize && len(b.items) < cap(b.items):
			continue
		}
		// The end is for this batch too: the memory of another one would be as large.
		if err = records.skipToRecord(); err != nil {
			b.keep(Record{Place: records.place()}, err)
		}
		if ends(err) {
			f.send(b)
			return
		}
		b = f.sendFull(b)
	}
}

// sendFull sends a batch and returns the next one, nil if none is wanted.
func (f *aheadFile) sendFull(b *batch) *batch {
	if !f.send(b) {
		return nil
	}
	return newBatch()
}

// send hands a batch on. It returns false if nothing is wanted any more.
func (f *aheadFile) send(b *batch) bool {
	b.read = int(f.read.Swap(0))
	f.room.take(f.number, b.room)
	select {
	case f.batches <- b:
		return true
	case <-f.stopped:
		return false
	}
}

// done says that a batch was taken: its records are no longer valid.
func (f *aheadFile) done(b *batch) {
	f.room.give(b.room)
	b.free()
}

// batches are those that were taken, for their memory.
var batches = sync.Pool{New: func() any { return &batch{arena: make([]byte, 0, 2*batchSize), items: make([]item, 0, 512)} }}

// maxKept is the most bytes of one buffer that are kept for the next file.
const maxKept = 8 << 20

func newBatch() *batch { return batches.Get().(*batch) }

func (b *batch) free() {
	if cap(b.arena) > maxKept {
		return
	}
	if b.chunk != nil {
		keepBuffer(b.chunk.text)
	}
	clear(b.items)
	b.arena, b.items = b.arena[:0], b.items[:0]
	b.room, b.read, b.plain, b.chunk = 0, 0, 0, nil
	batches.Put(b)
}

// add adds what a reader returned that was given the free part of the arena.
func (b *batch) add(record Record, err error) {
	b.keep(record, err)
	b.room += len(record.Body)
}

func (b *batch) keep(record Record, err error) {
	b.items = append(b.items, item{record: record, err: err})
	switch n := len(b.arena) + len(record.Body); {
	case n <= cap(b.arena):
		b.arena = b.arena[:n]
	case len(b.arena) == 0:
		b.arena = record.Body // which had no room in it, and is the larger one
	}
}

// writerFunc is a writer that does not fail.
type writerFunc func(text []byte)

func (w writerFunc) Write(text []byte) (int, error) {
	w(text)
	return len(text), nil
}
