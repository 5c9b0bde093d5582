package state

import "encoding/binary"

// entry is one key that is remembered, with links to others by their number. The number
// zero is not an entry.
type entry struct {
	key     Key
	at      int64  // the newest event's time, in milliseconds since 1970
	older   uint32 // in the list of the set, by arrival
	newer   uint32
	chain   uint32 // the next one with the same hash, or the next free one
	arrived uint32 // when the last event came, in seconds since 1970
	payload uint32 // its number in payloads, zero for none
	set     uint32 // the set's number, zero for an entry that is free
}

// pageEntries is how many entries are in a page, which is what is saved together.
const pageEntries = 64

// table is a hash table of entries that never move, so that a page of them can be saved by
// itself. Its keys are uniform hashes already, and nobody can choose them.
type table struct {
	pages    [][]entry
	heads    []uint32 // by hash: the first of its chain; a power of two of them
	count    int
	free     uint32
	payloads [][]byte // at 0 is none
	spare    []uint32 // numbers in payloads that are free
	dirty    []bool   // by page
	changed  []uint32 // the dirty pages
}

func newTable() table { return table{heads: make([]uint32, pageEntries), payloads: make([][]byte, 1)} }

// entry returns an entry by its number.
func (t *table) entry(i uint32) *entry { return &t.pages[(i-1)/pageEntries][(i-1)%pageEntries] }

func (t *table) head(key *Key) *uint32 {
	return &t.heads[binary.LittleEndian.Uint64(key[8:])&uint64(len(t.heads)-1)]
}

// find returns the number of a key's entry, zero if there is none.
func (t *table) find(key *Key) uint32 {
	i := *t.head(key)
	for i != 0 {
		e := t.entry(i)
		if e.key == *key {
			return i
		}
		i = e.chain
	}
	return 0
}

// insert makes an entry of a key that has none.
func (t *table) insert(key *Key, set uint32) uint32 {
	if t.free == 0 {
		t.addPage()
	}
	i := t.free
	t.free = t.entry(i).chain
	t.link(i, entry{key: *key, set: set})
	return i
}

// link puts an entry into a slot that is not in use.
func (t *table) link(i uint32, e entry) {
	if t.count == len(t.heads) {
		t.grow()
	}
	head := t.head(&e.key)
	e.chain = *head
	*head = i
	*t.entry(i) = e
	t.count++
	t.mark(i)
}

// addPage adds a page of free entries.
func (t *table) addPage() {
	first := uint32(len(t.pages)*pageEntries + 1)
	t.pages = append(t.pages, make([]entry, pageEntries))
	t.dirty = append(t.dirty, false)
	for i := uint32(pageEntries); i > 0; i-- {
		t.release(first + i - 1)
	}
}

// release adds a slot to the free ones.
func (t *table) release(i uint32) {
	*t.entry(i) = entry{chain: t.free}
	t.free = i
}

// grow doubles the heads.
func (t *table) grow() {
	t.heads = make([]uint32, 2*len(t.heads))
	for p := range t.pages {
		for s := range t.pages[p] {
			if e := &t.pages[p][s]; e.set != 0 {
				head := t.head(&e.key)
				e.chain = *head
				*head = uint32(p*pageEntries + s + 1)
			}
		}
	}
}

// remove removes an entry, and its payload.
func (t *table) remove(i uint32) {
	e := t.entry(i)
	for link := t.head(&e.key); *link != 0; link = &t.entry(*link).chain {
		if *link == i {
			*link = e.chain
			break
		}
	}
	t.dropPayload(e)
	t.mark(i)
	t.count--
	t.release(i)
}

// mark notes that the page of an entry has to be saved.
func (t *table) mark(i uint32) {
	if page := (i - 1) / pageEntries; !t.dirty[page] {
		t.dirty[page] = true
		t.changed = append(t.changed, page)
	}
}

// payload returns what is kept with an entry.
func (t *table) payload(e *entry) []byte { return t.payloads[e.payload] }

// setPayload keeps a copy of data with an entry.
func (t *table) setPayload(e *entry, data []byte) {
	if e.payload == 0 {
		if n := len(t.spare); n > 0 {
			e.payload = t.spare[n-1]
			t.spare = t.spare[:n-1]
		} else {
			e.payload = uint32(len(t.payloads))
			t.payloads = append(t.payloads, nil)
		}
	}
	kept := t.payloads[e.payload]
	if cap(kept) < len(data) || cap(kept) > 4*len(data) {
		kept = make([]byte, 0, len(data)+len(data)/4)
	}
	t.payloads[e.payload] = append(kept[:0], data...)
}

func (t *table) dropPayload(e *entry) {
	if e.payload != 0 {
		t.payloads[e.payload] = nil
		t.spare = append(t.spare, e.payload)
		e.payload = 0
	}
}
