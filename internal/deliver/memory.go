package deliver

import (
	"container/list"
	"hash/maphash"
	"sync"

	"github.com/trailwire/trailwire/detect"
)

// Bounds of what is remembered about chunks that were not delivered. Fluent Bit
// holds at most 2,048 of them for all of its outputs together. One that is
// forgotten all the same goes out again as if it were new.
const (
	maxFailures = 16_384
	maxVerdicts = 16 << 20
)

// memory knows the chunks that were not delivered everywhere. Fluent Bit hands
// them in again; only their bytes show that they are the same.
type memory struct {
	seed maphash.Seed

	mu       sync.Mutex
	failures map[uint64]*list.Element // of *failure, in byAge
	byAge    *list.List               // the oldest in front
	verdicts int
}

// failure is a chunk that was not delivered everywhere.
type failure struct {
	fingerprint uint64
	verdicts    detect.Verdicts
	delivered   []int // how many of its alerts each destination has
	alerts      int   // how many it has

	// running carries the result of a delivery that goes on in the background;
	// nil for none. That delivery owns the field delivered meanwhile.
	running chan Result
}

func newMemory() *memory {
	return &memory{
		seed:     maphash.MakeSeed(),
		failures: make(map[uint64]*list.Element),
		byAge:    list.New(),
	}
}

func (m *memory) fingerprint(chunk []byte, tag string) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	h.WriteString(tag)
	h.WriteByte(0)
	h.Write(chunk)
	return h.Sum64()
}

// empty reports whether no chunk is remembered, so that no fingerprint is
// needed.
func (m *memory) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.failures) == 0
}

// take returns what is known about a chunk and forgets it. It returns nil if
// nothing is known.
func (m *memory) take(fingerprint uint64) *failure {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.failures[fingerprint]
	if !ok {
		return nil
	}
	return m.remove(e)
}

func (m *memory) remove(e *list.Element) *failure {
	f := m.byAge.Remove(e).(*failure)
	delete(m.failures, f.fingerprint)
	m.verdicts -= f.verdicts.Len()
	return f
}

// keep remembers a chunk. If there is no room, it forgets the oldest.
func (m *memory) keep(f *failure) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.failures[f.fingerprint]; ok { // two chunks of the same bytes
		m.remove(e)
	}
	m.failures[f.fingerprint] = m.byAge.PushBack(f)
	m.verdicts += f.verdicts.Len()
	for len(m.failures) > maxFailures || m.verdicts > maxVerdicts && len(m.failures) > 1 {
		m.remove(m.byAge.Front())
	}
}
