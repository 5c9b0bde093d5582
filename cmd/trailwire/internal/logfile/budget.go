package logfile

import "sync"

// budget bounds the memory of what is read ahead, and knows whose turn it is. The file
// whose turn it is never waits, so that one is always read to its end.
type budget struct {
	mu      sync.Mutex
	changed sync.Cond
	left    int // bytes
	turn    int // the number of the file that is evaluated
	stopped bool
}

// maxAhead is how many bytes are read ahead in all, beside a few buffers for each file.
// What the file at its turn needs comes on top.
const maxAhead = 64 << 20

func newBudget(bytes int) *budget {
	b := &budget{left: bytes}
	b.changed.L = &b.mu
	return b
}

// take takes room for n bytes of a file, and waits until there is some or it is the
// file's turn. It returns false if nothing is wanted any more.
func (b *budget) take(file, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.stopped && b.turn < file && b.left < n {
		b.changed.Wait()
	}
	b.left -= n
	return !b.stopped
}

// give gives room back.
func (b *budget) give(n int) { b.change(func() { b.left += n }) }

// next begins the turn of the next file.
func (b *budget) next() { b.change(func() { b.turn++ }) }

// stop says that nothing is wanted any more.
func (b *budget) stop() { b.change(func() { b.stopped = true }) }

func (b *budget) change(how func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how()
	b.changed.Broadcast()
}
