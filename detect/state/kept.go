package state

import "time"

// Update calls change with what is kept with a key, nil if that is nothing, and keeps what
// it returns. If that is nothing the key is forgotten; if it is what change was given nothing
// happens, and the key is not one that was in use lately. change runs under the memory's lock:
// it must not use the memory, nor keep or write to what it is given.
func (s *Set) Update(key Key, at, now time.Time, change func(kept []byte) []byte) {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	var kept []byte
	i := m.table.find(&key)
	if i != 0 {
		kept = m.table.payload(m.table.entry(i))
	}
	changed := change(kept)
	if len(changed) == len(kept) && (len(kept) == 0 || &changed[0] == &kept[0]) {
		return
	}
	i, _ = s.arrive(&key, at.UnixMilli(), now)
	e := m.table.entry(i)
	e.at = max(e.at, at.UnixMilli())
	s.keep(i, changed)
	if len(changed) > 0 {
		m.evict(i, seconds(now))
	}
}

// Kept appends what is kept with a key to dst. It changes nothing, and does not make the
// key one that was in use lately.
func (s *Set) Kept(dst []byte, key Key) []byte {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.table.find(&key); i != 0 {
		dst = append(dst, m.table.payload(m.table.entry(i))...)
	}
	return dst
}

// Each calls visit with what is kept with each key, the oldest first. visit runs under the
// memory's lock, as the function of [Set.Update] does.
func (s *Set) Each(visit func(kept []byte)) {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := s.oldest; i != 0; i = m.table.entry(i).newer {
		visit(m.table.payload(m.table.entry(i)))
	}
}

// OnForget has forgotten called with what was kept with a key that the set gives up, because the
// memory is full (evicted) or because it is of no use any more. It runs under the memory's
// lock, as the function of [Set.Update] does.
func (s *Set) OnForget(forgotten func(kept []byte, evicted bool)) {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	s.onForget = forgotten
}

// Shared returns what a package keeps beside the memory under a name, and makes it at the
// first call. Engines that share a memory share it too.
func (m *Memory) Shared(name string, make func() any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shared == nil {
		m.shared = map[string]any{}
	}
	if m.shared[name] == nil {
		m.shared[name] = make()
	}
	return m.shared[name]
}

// forget gives up an entry of the set.
func (s *Set) forget(i uint32, evicted bool) {
	if s.onForget != nil {
		s.onForget(s.memory.table.payload(s.memory.table.entry(i)), evicted)
	}
	s.remove(i)
}
