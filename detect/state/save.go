package state

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"iter"
	"slices"
	"time"
)

// format is the version of what is saved.
const format = 1

// keptSet is how long a set is saved that no rule asks for.
const keptSet = 30 * 24 * time.Hour

// errSaved says that what was saved cannot be read.
var errSaved = errors.New("it is not what a memory has saved")

// Notify has f called at the first change from now on, at once if there is one that was
// not saved. f is called under the memory's lock: it must not use the memory, nor wait.
func (m *Memory) Notify(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notify = f
	if len(m.table.changed) > 0 {
		m.tell()
	}
}

// Save hands over what has changed since it was last saved, at most so many pages: the
// pages to put under their numbers, and the header, which belongs to all of them. It
// returns no header when there was nothing to save. Other goroutines can use the memory
// meanwhile.
//
// If put fails Save returns its error. Call undo if what was put is lost after that: the
// next Save hands it over again.
func (m *Memory) Save(most int, put func(page uint32, data []byte) error) (header []byte, undo func(), err error) {
	m.mu.Lock()
	from := max(len(m.table.changed)-most, 0)
	pages := slices.Clone(m.table.changed[from:])
	m.table.changed = m.table.changed[:from]
	isNew := m.headerChanged
	m.headerChanged = false
	m.mu.Unlock()
	undo = func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.headerChanged = true
		for _, page := range pages {
			m.table.mark(page*pageEntries + 1)
		}
	}
	if len(pages) == 0 && !isNew {
		return nil, undo, nil
	}
	for i, page := range pages {
		m.mu.Lock()
		m.table.dirty[page] = false
		data := m.table.appendPage(nil, page)
		m.mu.Unlock()
		if err := put(page, data); err != nil {
			m.unmark(pages[i+1:])
			undo()
			return nil, undo, err
		}
	}
	// The header comes last: it has every set that a page can name.
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.appendHeader(nil), undo, nil
}

// unmark makes pages that were taken and not put ones that can be marked again.
func (m *Memory) unmark(pages []uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, page := range pages {
		m.table.dirty[page] = false
	}
}

// sealed appends a checksum to what is saved. Databases notice wrong bytes in their own
// structure at most, and a wrong time could keep a rule silent.
func sealed(data []byte) []byte {
	return binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

// unsealed returns what was sealed, and false if it has changed.
func unsealed(data []byte) ([]byte, bool) {
	n := len(data) - crc32.Size
	if n < 0 || binary.BigEndian.Uint32(data[n:]) != crc32.Checksum(data[:n], castagnoli) {
		return nil, false
	}
	return data[:n], true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHeader writes the secret, and what is known of the sets.
func (m *Memory) appendHeader(dst []byte) []byte {
	dst = append(append(dst, format), m.secret[:]...)
	for _, s := range m.sets[1:] {
		dst = append(dst, s.id[:]...)
		dst = binary.BigEndian.AppendUint64(dst, uint64(s.window))
		since := int64(0)
		if !s.since.IsZero() {
			since = s.since.UnixMilli()
		}
		dst = binary.BigEndian.AppendUint64(dst, uint64(since))
		dst = binary.BigEndian.AppendUint32(dst, s.attached)
	}
	return sealed(dst)
}

// headerSet is how many bytes appendHeader writes for each set.
const headerSet = 16 + 8 + 8 + 4

// appendPage writes the entries of a page.
func (t *table) appendPage(dst []byte, page uint32) []byte {
	dst = append(dst, format)
	for slot := range t.pages[page] {
		e := &t.pages[page][slot]
		if e.set == 0 {
			continue
		}
		dst = append(dst, byte(slot))
		dst = append(dst, e.key[:]...)
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.at))
		dst = binary.BigEndian.AppendUint32(dst, e.arrived)
		dst = binary.BigEndian.AppendUint32(dst, e.set)
		dst = AppendValue(dst, t.payload(e))
	}
	return sealed(dst)
}

// entryFixed is how many bytes appendPage writes for each entry before its payload.
const entryFixed = 1 + 16 + 8 + 4 + 4

// Restore returns the memory that [Memory.Save] has handed over: its header, and all of
// its pages, which are numbered from zero. What is over the limit is given up, the oldest
// first. An error says that this is not what was saved.
func Restore(limit int64, header []byte, pages iter.Seq2[uint32, []byte], now time.Time) (*Memory, error) {
	m := New(limit)
	if err := m.readHeader(header); err != nil {
		return nil, err
	}
	m.limit = 1 << 62 // until all is there
	var all []uint32
	next := uint32(0)
	for page, data := range pages {
		if page != next {
			return nil, errSaved
		}
		next++
		var err error
		if all, err = m.readPage(all, data); err != nil {
			return nil, err
		}
	}
	m.table.cleanPages()
	all = slices.DeleteFunc(all, func(i uint32) bool { return m.table.entry(i).set == 0 })
	slices.SortStableFunc(all, func(a, b uint32) int {
		return int(m.table.entry(a).arrived) - int(m.table.entry(b).arrived)
	})
	for _, i := range all {
		e := m.table.entry(i)
		s := m.sets[e.set]
		s.append(i, e.arrived)
		s.keys++
		s.grow(entryBytes + payloadCost(e, &m.table))
	}
	m.dropSets(now)
	m.SetLimit(limit)
	return m, nil
}

func (m *Memory) readHeader(data []byte) error {
	data, whole := unsealed(data)
	if !whole || len(data) < 1+len(m.secret) || data[0] != format || (len(data)-1-len(m.secret))%headerSet != 0 {
		return errSaved
	}
	data = data[1+copy(m.secret[:], data[1:]):]
	for ; len(data) > 0; data = data[headerSet:] {
		id := Key(data[:16])
		window, since := time.Duration(binary.BigEndian.Uint64(data[16:])), int64(binary.BigEndian.Uint64(data[24:]))
		if m.byID[id] != nil || window < 0 {
			return errSaved
		}
		s := m.addSet(id)
		s.window, s.attached = window, binary.BigEndian.Uint32(data[32:])
		if since != 0 {
			s.since = time.UnixMilli(since).UTC()
		}
	}
	return nil
}

// readPage adds a page, and the numbers of its entries to all. An entry that was saved
// twice, because it has moved meanwhile, counts as it was last.
func (m *Memory) readPage(all []uint32, data []byte) ([]uint32, error) {
	data, whole := unsealed(data)
	if !whole || len(data) == 0 || data[0] != format {
		return nil, errSaved
	}
	t := &m.table
	first := uint32(len(t.pages)*pageEntries + 1)
	t.pages = append(t.pages, make([]entry, pageEntries))
	t.dirty = append(t.dirty, false)
	last := -1
	for data = data[1:]; len(data) > 0; {
		if len(data) <= entryFixed || int(data[0]) <= last || data[0] >= pageEntries {
			return nil, errSaved
		}
		last = int(data[0])
		e := entry{
			key: Key(data[1:17]), at: int64(binary.BigEndian.Uint64(data[17:])),
			arrived: binary.BigEndian.Uint32(data[25:]), set: binary.BigEndian.Uint32(data[29:]),
		}
		n, size := binary.Uvarint(data[entryFixed:])
		if size <= 0 || n > uint64(len(data)-entryFixed-size) || e.set == 0 || int(e.set) >= len(m.sets) {
			return nil, errSaved
		}
		payload := data[entryFixed+size : entryFixed+size+int(n)]
		data = data[entryFixed+size+int(n):]
		if have := t.find(&e.key); have != 0 {
			if t.entry(have).arrived > e.arrived {
				continue
			}
			t.remove(have) // its number stays in all, of a slot that is free
		}
		i := first + uint32(last)
		t.link(i, e)
		if n > 0 {
			t.setPayload(t.entry(i), payload)
		}
		all = append(all, i)
	}
	return all, nil
}

// cleanPages makes the free list of all slots that are not in use, and marks no page as
// changed.
func (t *table) cleanPages() {
	t.free, t.changed = 0, nil
	clear(t.dirty)
	for i := uint32(len(t.pages) * pageEntries); i > 0; i-- {
		if t.entry(i).set == 0 {
			t.release(i)
		}
	}
}

// dropSets forgets the sets that no rule has asked for in a long time. The numbers of the
// others change, and with them all pages.
func (m *Memory) dropSets(now time.Time) {
	stale := func(s *Set) bool { return now.Unix()-int64(s.attached) > int64(keptSet/time.Second) }
	if !slices.ContainsFunc(m.sets[1:], stale) {
		return
	}
	for _, s := range m.sets[1:] {
		for stale(s) && s.oldest != 0 {
			s.remove(s.oldest)
		}
	}
	kept := m.sets[:1]
	for _, s := range m.sets[1:] {
		if stale(s) {
			delete(m.byID, s.id)
			continue
		}
		s.number = uint32(len(kept))
		kept = append(kept, s)
		for i := s.oldest; i != 0; i = m.table.entry(i).newer {
			m.table.entry(i).set = s.number
			m.table.mark(i)
		}
	}
	m.sets = kept
}
