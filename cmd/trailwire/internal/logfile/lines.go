package logfile

import (
	"bytes"
	"errors"
	"io"
)

// How a file with a record on each line is read ahead: it is cut into chunks of whole lines,
// which are read at the same time. That is sound where nothing of what a [Reader] knows at
// the end of a chunk matters to the next one. Mostly it knows nothing then. Where it does,
// because something is broken, the next chunk is read once more when its turn comes.

const (
	// chunkSize is how many bytes of lines are read together, about.
	chunkSize = 256 << 10
	// maxChunk is the most bytes of a chunk. A line that is longer is read when its turn
	// comes, with all after it.
	maxChunk = 4 << 20
)

// chunk is some lines of a file.
type chunk struct {
	text []byte
	at   Place     // where it begins
	err  error     // what the file ends with, nil if there are more chunks
	rest io.Reader // in place of text: all that is left, which is read when its turn comes

	ready chan struct{} // closed when the batch has its records
	end   carried
}

// carried is what a reader knows at the end of a line that matters to the next one.
type carried struct {
	lists  int
	broken bool
	wasted int64
}

func (r *Reader) carried() carried { return carried{r.lists, r.broken, r.wasted} }

// newChunkReader returns a reader of a chunk that knows what the one before it knew.
func newChunkReader(in input, c *chunk, limit int, before carried) *Reader {
	r := &Reader{src: c.rest, lines: true, Prose: in.prose, Limit: limit, line: c.at.Line, offset: c.at.Offset}
	if c.rest == nil {
		if r.buffer, r.srcErr = c.text, c.err; c.err == nil {
			r.srcErr = io.EOF
		}
	}
	r.lists, r.broken, r.wasted = before.lists, before.broken, before.wasted
	return r
}

// readLines reads the file in chunks.
func (f *aheadFile) readLines(source io.Reader, limit, size, most int) {
	at := Place{Line: 1}
	var left []byte // the begin of the next chunk
	for {
		text, err := fillChunk(source, left, size)
		n := len(text)
		if err == nil {
			n = wholeLines(text)
		}
		switch {
		case n == 0 && err == nil && len(text) < most:
			left, size = text, 2*len(text)
			continue
		case n == 0 && err == nil:
			f.sendRest(&chunk{at: at, rest: io.MultiReader(bytes.NewReader(text), source)})
			return
		}
		left = append(keptBuffer(), text[n:]...)
		c := &chunk{text: text[:n], at: at, err: err, ready: make(chan struct{})}
		b := newBatch()
		b.chunk, b.room = c, 2*n // the text and its records
		go b.readChunk(f.in, limit)
		if !f.send(b) || err != nil {
			return
		}
		at.Line += bytes.Count(c.text, newline)
		at.Offset += int64(n)
		size = chunkSize
	}
}

// fillChunk reads until there are so many bytes after what is left. The error is that of
// the source.
func fillChunk(source io.Reader, left []byte, size int) (text []byte, err error) {
	text = left
	if cap(text) < size {
		text = append(make([]byte, 0, size), left...)
	}
	for len(text) < size && err == nil {
		var n int
		n, err = source.Read(text[len(text):size])
		text = text[:len(text)+n]
	}
	return text, err
}

// wholeLines returns how many bytes of a text are lines after which a reader can begin
// anew. After an opening bracket it looks for what is inside, on the next lines too.
func wholeLines(text []byte) int {
	for n := len(text); ; {
		n = bytes.LastIndexByte(text[:n], '\n') + 1
		if n == 0 {
			return 0
		}
		before := bytes.TrimRight(text[:n], " \t\r\n")
		if len(before) > 0 && before[len(before)-1] != '[' && before[len(before)-1] != '{' {
			return n
		}
		n = len(before)
	}
}

// readChunk reads the records of a batch, for a reader that knows nothing at its begin.
func (b *batch) readChunk(in input, limit int) {
	defer close(b.chunk.ready)
	r := newChunkReader(in, b.chunk, limit, carried{})
	for {
		record, err := r.Next(b.arena[len(b.arena):])
		if ends(err) && b.chunk.err == nil {
			break
		}
		b.keep(record, err)
		if ends(err) {
			break
		}
	}
	b.plain, b.chunk.end = r.Plain(), r.carried()
}

// sendRest hands on what is left of a file, and waits until it was read.
func (f *aheadFile) sendRest(c *chunk) {
	c.ready = make(chan struct{})
	b := newBatch()
	b.chunk = c
	if !f.send(b) {
		return
	}
	select {
	case <-c.ready:
	case <-f.stopped:
	}
}

// takeChunk takes the records of a chunk. before is what the reader of the chunk before it
// knew at its end.
func (t *taking) takeChunk(f *aheadFile, b *batch, before carried) (carried, error) {
	c := b.chunk
	if c.rest == nil {
		<-c.ready
		if before == (carried{}) {
			t.plain += b.plain
			return c.end, t.takeItems(b)
		}
	} else {
		defer close(c.ready)
	}
	r := newChunkReader(t.in, c, t.recordLimit(), before)
	r.OverLimit = t.OverLimit
	defer func() { t.plain += r.Plain() }()
	for {
		record, err := r.Next(t.buffer[:0])
		t.Progress.Add(int(f.read.Swap(0)))
		if cap(record.Body) > 0 {
			t.buffer = record.Body
		}
		if errors.Is(err, io.EOF) && c.rest == nil && c.err == nil {
			return r.carried(), nil
		}
		if taken := t.take(record, err); taken != nil || ends(err) {
			return r.carried(), taken
		}
	}
}
