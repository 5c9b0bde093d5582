package filter

import "sync"

// bufferPool keeps the buffers that modified chunks are built in. A pool, not
// a buffer per instance, because processors call one instance from several
// threads.
type bufferPool struct{ pool sync.Pool }

type buffer struct{ bytes []byte }

// keptBuffer is the largest buffer that is kept. Fluent Bit's chunks are at
// most 2 MB; a larger one comes from a single huge record.
const keptBuffer = 4 << 20

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return new(buffer)
}

func (p *bufferPool) put(b *buffer) {
	if cap(b.bytes) <= keptBuffer {
		p.pool.Put(b)
	}
}
