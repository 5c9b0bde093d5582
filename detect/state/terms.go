package state

import "time"

// Seen remembers a key, and reports whether it has been seen before: by an event at that
// time or later, or within the set's window before it. It allocates nothing for a key that
// is known.
func (s *Set) Seen(key Key, at, now time.Time) bool {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	ms := at.UnixMilli()
	i, isNew := s.arrive(&key, ms, now)
	if isNew {
		m.evict(i, seconds(now))
		return false
	}
	e := m.table.entry(i)
	since := ms - e.at
	if since <= 0 {
		return true // it is late, and what it says is known
	}
	if unit := s.unit(); e.at/unit != ms/unit {
		// Not each event is worth saving: most terms are seen all day.
		m.table.mark(i)
		m.tell()
	}
	e.at = ms
	return since <= s.window.Milliseconds()
}

// unit is how exactly, in milliseconds, the time of a term is saved.
func (s *Set) unit() int64 { return max(s.window.Milliseconds()/256, 1000) }
