package state

import (
	"encoding/binary"
	"slices"
	"time"
)

// MaxSteps is how many events a sequence may have.
const MaxSteps = 16

// stepsOfRole is how many events of each place in a sequence are kept under a key, beside
// those that a sequence has begun with.
const stepsOfRole = 8

// Occurrence is an event that was remembered.
type Occurrence struct {
	ID string
	At time.Time
}

// step is an event under the key of a sequence.
type step struct {
	at    int64  // in milliseconds
	roles uint16 // a bit for each place in the sequence that it can take
	id    []byte
}

// Follow remembers an event that can take some places in a sequence of n events: bit 0 of
// roles is the first. It returns the events before the last of each sequence that is now
// complete. Those are forgotten, and so are older ones in their places.
//
// Events are put in the order of their time, and those of one time in the order in which
// they arrive. Of several that could take a place the latest does. From the first to the
// last there may be the span of time.
func (s *Set) Follow(key Key, roles uint16, n int, id string, span time.Duration, at, now time.Time) (complete [][]Occurrence) {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	ms := at.UnixMilli()
	i, _ := s.arrive(&key, ms, now)
	e := m.table.entry(i)
	e.at = max(e.at, ms)
	steps := decodeSteps(m.scratch.steps[:0], m.table.payload(e))
	after, _ := slices.BinarySearchFunc(steps, ms, func(s step, ms int64) int {
		if s.at <= ms {
			return -1
		}
		return 1
	})
	steps = slices.Insert(steps, after, step{ms, roles, []byte(id)})
	run := runSteps(steps, n, span.Milliseconds())
	for _, path := range run.complete {
		var earlier []Occurrence
		for role, j := range path {
			if role < len(path)-1 {
				earlier = append(earlier, Occurrence{string(steps[j].id), time.UnixMilli(steps[j].at).UTC()})
			}
			for k := range steps[:j+1] {
				steps[k].roles &^= 1 << role
			}
		}
		complete = append(complete, earlier)
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.roles == 0 })
	steps = thin(steps, n, span.Milliseconds())
	m.scratch.data = appendSteps(m.scratch.data[:0], steps)
	m.scratch.steps = steps
	s.keep(i, m.scratch.data)
	m.evict(i, seconds(now))
	return complete
}

// run is what became of the events under a key.
type run struct {
	complete [][]int // the numbers of their events
	pending  [MaxSteps][]int
}

// runSteps finds the sequences of n events. An event takes the latest sequence that waits
// for it. One that began too long ago for that is given up.
func runSteps(steps []step, n int, span int64) (r run) {
	for i := range steps {
		// From the last place to the first, so that an event does not follow itself.
		for role := n - 1; role >= 0; role-- {
			if steps[i].roles>>role&1 == 0 {
				continue
			}
			path := []int{i}
			if role > 0 {
				before := r.pending[role-1]
				if before == nil {
					continue
				}
				r.pending[role-1] = nil
				if steps[i].at-steps[before[0]].at > span {
					continue
				}
				path = append(before, i)
			}
			if role == n-1 {
				r.complete = append(r.complete, path)
			} else {
				r.pending[role] = path
			}
		}
	}
	return r
}

// thin gives up events of a place of which there are too many, but none that a sequence
// has begun with. Those that are older than two spans go first; then those that have
// others near before and after: one of these can take the place as well.
func thin(steps []step, n int, span int64) []step {
	for role := range n {
		for count(steps, role) > stepsOfRole {
			kept := runSteps(steps, n, span).pending
			victim := -1
			least := int64(1) << 62
			previous := int64(-1) << 61
			newest := steps[len(steps)-1].at
			for i := range steps {
				if steps[i].roles>>role&1 == 0 {
					continue
				}
				gap := next(steps, i, role) - previous
				previous = steps[i].at
				if newest-steps[i].at > 2*span {
					gap = -1
				}
				waits := slices.ContainsFunc(kept[:], func(path []int) bool { return len(path) > 1 && slices.Contains(path, i) })
				if gap < least && !waits {
					victim, least = i, gap
				}
			}
			if victim < 0 {
				break
			}
			if steps[victim].roles &^= 1 << role; steps[victim].roles == 0 {
				steps = slices.Delete(steps, victim, victim+1)
			}
		}
	}
	return steps
}

// count returns how many of the events can take a place.
func count(steps []step, role int) (n int) {
	for i := range steps {
		n += int(steps[i].roles >> role & 1)
	}
	return n
}

// next returns the time of the next event that can take the place of the one at i, or one
// that is far off.
func next(steps []step, i, role int) int64 {
	for _, s := range steps[i+1:] {
		if s.roles>>role&1 != 0 {
			return s.at
		}
	}
	return 1 << 61
}

// appendSteps writes the events under a key.
func appendSteps(dst []byte, steps []step) []byte {
	for _, s := range steps {
		dst = binary.BigEndian.AppendUint64(dst, uint64(s.at))
		dst = binary.BigEndian.AppendUint16(dst, s.roles)
		dst = AppendValue(dst, s.id)
	}
	return dst
}

// decodeSteps reads what appendSteps has written. What it did not write, which may come
// from a file, is left out. The ids are parts of data.
func decodeSteps(dst []step, data []byte) []step {
	latest := int64(-1) << 62
	for len(data) > 10 {
		s := step{at: int64(binary.BigEndian.Uint64(data)), roles: binary.BigEndian.Uint16(data[8:])}
		n, size := binary.Uvarint(data[10:])
		if size <= 0 || n > uint64(len(data)-10-size) || s.at < latest {
			return dst
		}
		s.id = data[10+size : 10+size+int(n)]
		data = data[10+size+int(n):]
		latest = s.at
		dst = append(dst, s)
	}
	return dst
}
