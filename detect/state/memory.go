package state

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultLimit is how many bytes a memory holds if nothing else is said.
const DefaultLimit = 64 << 20

// MinLimit is the least limit of a memory.
const MinLimit = 1 << 20

// Grace is how long after its period something is kept, for events that arrive late.
const Grace = time.Hour

// entryBytes is what one key costs, with its share of the tables around it. Payloads come
// on top.
const entryBytes = 64

// payloadBytes is what a payload costs beside its bytes.
const payloadBytes = 32

// Memory is what the rules of an engine remember. Any goroutine may use it.
type Memory struct {
	mu     sync.Mutex
	limit  int64
	used   int64
	secret [32]byte
	table  table
	sets   []*Set // by number, from 1; at 0 is none
	byID   map[Key]*Set

	notify        func() // is told of the first change
	headerChanged bool
	scratch       scratch
	shared        map[string]any // see [Memory.Shared]
}

// New returns an empty memory that holds so many bytes at most; zero is [DefaultLimit].
func New(limit int64) *Memory {
	m := &Memory{table: newTable(), sets: make([]*Set, 1), byID: make(map[Key]*Set)}
	m.SetLimit(limit)
	_, _ = rand.Read(m.secret[:]) // it never fails: crypto/rand ends the process first
	return m
}

// SetLimit changes how many bytes the memory holds at most. Zero is [DefaultLimit].
func (m *Memory) SetLimit(limit int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if limit == 0 {
		limit = DefaultLimit
	}
	m.limit = max(limit, MinLimit)
	m.evict(0, 0)
}

// Used returns how many bytes are held.
func (m *Memory) Used() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// Set is what one rule remembers. Any goroutine may use it.
type Set struct {
	memory   *Memory
	number   uint32
	id       Key
	prefix   [48]byte // what its keys begin with
	window   time.Duration
	since    time.Time // the zero time until the first event
	attached uint32    // when a rule last asked for the set

	newest, oldest uint32 // entries, by arrival
	bytes          int64
	keys           int
	evicted        atomic.Uint64
	onForget       func(kept []byte, evicted bool) // mostly nil
}

// Stats counts what became of what a set remembers, since the process began.
type Stats struct {
	Keys    int    // that are remembered now
	Evicted uint64 // that were given up before their time, because the memory was full
}

// Set returns the set with an identity, and makes it if there is none. The identity says
// whose it is and what its keys are made of: a rule's id, and the names of its fields. The
// window is how long what is in it matters.
func (m *Memory) Set(identity string, window time.Duration, now time.Time) *Set {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := sha256.Sum256([]byte(identity))
	id := Key(sum[:16])
	s := m.byID[id]
	if s == nil {
		s = m.addSet(id)
	}
	s.window, s.attached = window, seconds(now)
	m.headerChanged = true
	m.tell()
	return s
}

func (m *Memory) addSet(id Key) *Set {
	s := &Set{memory: m, number: uint32(len(m.sets)), id: id}
	copy(s.prefix[copy(s.prefix[:], m.secret[:]):], id[:])
	m.sets = append(m.sets, s)
	m.byID[id] = s
	m.headerChanged = true
	return s
}

// Since returns since when the set has been filled: from at, if it has not been said
// before. It stays the same for as long as the set is kept.
func (s *Set) Since(at time.Time) time.Time {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	if s.since.IsZero() {
		s.since = at
		s.memory.headerChanged = true
		s.memory.tell()
	}
	return s.since
}

// Stats returns the counters.
func (s *Set) Stats() Stats {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	return Stats{Keys: s.keys, Evicted: s.evicted.Load()}
}

// Evicted returns that counter, without waiting for anybody.
func (s *Set) Evicted() uint64 { return s.evicted.Load() }

// seconds is a time as entries have their arrival.
func seconds(t time.Time) uint32 { return uint32(max(t.Unix(), 0)) }

// arrive returns the entry of a key, as the newest of the set. It makes one if there is
// none.
func (s *Set) arrive(key *Key, at int64, now time.Time) (i uint32, isNew bool) {
	m := s.memory
	if i = m.table.find(key); i == 0 {
		s.expire(now)
		i, isNew = m.table.insert(key, s.number), true
		m.table.entry(i).at = at
		s.keys++
		s.grow(entryBytes)
		m.tell()
	} else {
		s.unlink(i)
	}
	s.append(i, seconds(now))
	return i, isNew
}

// append makes an entry the newest of the set.
func (s *Set) append(i, arrived uint32) {
	t := &s.memory.table
	e := t.entry(i)
	e.older, e.newer, e.arrived = s.newest, 0, arrived
	if s.newest != 0 {
		t.entry(s.newest).newer = i
	} else {
		s.oldest = i
	}
	s.newest = i
}

// unlink takes an entry out of the set's list.
func (s *Set) unlink(i uint32) {
	t := &s.memory.table
	e := t.entry(i)
	if e.older != 0 {
		t.entry(e.older).newer = e.newer
	} else {
		s.oldest = e.newer
	}
	if e.newer != 0 {
		t.entry(e.newer).older = e.older
	} else {
		s.newest = e.older
	}
}

// grow counts bytes that the set holds from now on.
func (s *Set) grow(bytes int64) {
	s.bytes += bytes
	s.memory.used += bytes
}

// remove forgets an entry.
func (s *Set) remove(i uint32) {
	t := &s.memory.table
	s.unlink(i)
	s.grow(-entryBytes - payloadCost(t.entry(i), t))
	t.remove(i)
	s.keys--
	s.memory.tell()
}

func payloadCost(e *entry, t *table) int64 {
	if e.payload == 0 {
		return 0
	}
	return payloadBytes + int64(cap(t.payload(e)))
}

// keep keeps data with an entry, and counts the change. With no data it forgets the entry.
func (s *Set) keep(i uint32, data []byte) {
	if len(data) == 0 {
		s.remove(i)
		return
	}
	t := &s.memory.table
	e := t.entry(i)
	before := payloadCost(e, t)
	t.setPayload(e, data)
	s.grow(payloadCost(e, t) - before)
	t.mark(i)
	s.memory.tell()
}

// expired reports whether the oldest of the set is of no use any more.
func (s *Set) expired(now uint32) bool {
	if s.oldest == 0 || now == 0 {
		return false
	}
	useful := int64(s.memory.table.entry(s.oldest).arrived) + int64((s.window+Grace)/time.Second)
	return useful < int64(now)
}

// expire forgets the oldest of the set if they are of no use any more: more than come in,
// and few at a time.
func (s *Set) expire(now time.Time) {
	for range 2 {
		if !s.expired(seconds(now)) {
			return
		}
		s.forget(s.oldest, false)
	}
}

// evict forgets what has to go to stay within the limit, but not the entry but: first what
// is of no use any more, then the oldest of the set that holds most.
func (m *Memory) evict(but uint32, now uint32) {
	for m.used > m.limit {
		var victim *Set
		useless := false
		for _, s := range m.sets[1:] {
			if s.oldest == 0 || s.oldest == but {
				continue
			}
			if s.expired(now) {
				victim, useless = s, true
				break
			}
			if victim == nil || s.bytes > victim.bytes {
				victim = s
			}
		}
		if victim == nil {
			return // what is left is one entry, which is smaller than the least limit
		}
		if !useless {
			victim.evicted.Add(1)
		}
		victim.forget(victim.oldest, !useless)
	}
}

// tell tells of the first change since [Memory.Notify].
func (m *Memory) tell() {
	if m.notify != nil {
		notify := m.notify
		m.notify = nil
		notify()
	}
}
