package state

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"time"
)

// MaxThreshold is the highest count that a threshold may ask for: the costs of an event
// grow with it.
const MaxThreshold = 10_000

// Threshold is what has to come together within a set's window.
type Threshold struct {
	Count    int // of events
	Distinct int // of different values in them, zero if it does not matter
}

// Counted is what has come together.
type Counted struct {
	Count, Distinct int // at most as many as are kept: twice what was asked for, or more
	First, Last     time.Time
}

// scratch is room to work in, under the lock.
type scratch struct {
	bucket bucket
	steps  []step
	data   []byte
}

// bucket is the payload of a key whose events are counted.
type bucket struct {
	times  []int64 // in milliseconds, in order
	values []valueAt
}

// valueAt is a value's hash and the time of its newest event. They are in the order of
// time.
type valueAt struct {
	hash uint64
	at   int64
}

// Count counts an event under a key. values are hashes of what it has of the values that
// have to be different: none, one, or several.
//
// When the event completes what the threshold asks for, Count returns that, and forgets
// it: the same events are not counted twice. Events may come in any order; the window is
// any that holds the event and ends with one.
func (s *Set) Count(key Key, values []uint64, want Threshold, at, now time.Time) (Counted, bool) {
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	ms, window := at.UnixMilli(), s.window.Milliseconds()
	i, _ := s.arrive(&key, ms, now)
	e := m.table.entry(i)
	e.at = max(e.at, ms)
	b := &m.scratch.bucket
	b.decode(m.table.payload(e))
	room := want.room()
	lost := b.addTime(ms, room)
	enough := countWithin(b.times, ms-window, ms) >= want.Count
	displaced := near(lost, ms, window) && !enough
	for _, value := range values[:min(len(values), want.Distinct)] { // more change nothing
		lost = b.addValue(valueAt{value, ms}, room)
		displaced = displaced || near(lost, ms, window)
	}
	counted, reached := b.reached(want, ms, window)
	switch {
	case reached:
		b.forget(counted.Last.UnixMilli())
	case displaced:
		s.evicted.Add(1)
	}
	m.scratch.data = b.append(m.scratch.data[:0])
	s.keep(i, m.scratch.data)
	m.evict(i, seconds(now))
	return counted, reached
}

// windowsKept is for how many windows the events of a key are kept that does not reach its
// threshold: so late may others of it come. Of a high threshold there are fewer.
const windowsKept = 8

// room is how many events are kept for a key, and how many values. There are never as many
// as are asked for within one window: the threshold would be reached.
func (want Threshold) room() int {
	n := max(want.Count, want.Distinct)
	return max(2*n, min(windowsKept*n, 4096))
}

// near reports whether a time that had no room could have mattered for an event.
func near(lost, ms, window int64) bool {
	return lost >= ms-windowsKept*window && lost <= ms+windowsKept*window
}

// none is the time of nothing.
const none = -1 << 62

// addTime adds an event's time. Beyond the room the oldest has to go, and is returned.
func (b *bucket) addTime(ms int64, room int) (lost int64) {
	at, _ := slices.BinarySearch(b.times, ms+1)
	b.times = slices.Insert(b.times, at, ms)
	if len(b.times) <= room {
		return none
	}
	lost = b.times[0]
	b.times = slices.Delete(b.times, 0, 1)
	return lost
}

// addValue adds a value, or makes its time the newest. Beyond the room the oldest has to
// go, and its time is returned.
func (b *bucket) addValue(v valueAt, room int) (lost int64) {
	if at := slices.IndexFunc(b.values, func(o valueAt) bool { return o.hash == v.hash }); at >= 0 {
		v.at = max(v.at, b.values[at].at)
		b.values = slices.Delete(b.values, at, at+1)
	}
	at := sort.Search(len(b.values), func(i int) bool { return b.values[i].at > v.at })
	b.values = slices.Insert(b.values, at, v)
	if len(b.values) <= room {
		return none
	}
	lost = b.values[0].at
	b.values = slices.Delete(b.values, 0, 1)
	return lost
}

// reached returns the first window that holds the event at this time and has what is
// asked for.
func (b *bucket) reached(want Threshold, ms, window int64) (Counted, bool) {
	from, _ := slices.BinarySearch(b.times, ms)
	for _, end := range b.times[from:] {
		if end > ms+window {
			break
		}
		count, distinct := countWithin(b.times, end-window, end), b.distinct(end-window, end)
		if count < want.Count || distinct < want.Distinct {
			continue
		}
		first, _ := slices.BinarySearch(b.times, end-window)
		return Counted{
			Count: count, Distinct: distinct,
			First: time.UnixMilli(b.times[first]).UTC(), Last: time.UnixMilli(end).UTC(),
		}, true
	}
	return Counted{}, false
}

// countWithin returns how many of the times are from one to another.
func countWithin(times []int64, from, to int64) int {
	first, _ := slices.BinarySearch(times, from)
	after, _ := slices.BinarySearch(times, to+1)
	return after - first
}

// distinct returns how many values have their newest event from one time to another.
func (b *bucket) distinct(from, to int64) int {
	first := sort.Search(len(b.values), func(i int) bool { return b.values[i].at >= from })
	after := sort.Search(len(b.values), func(i int) bool { return b.values[i].at > to })
	return after - first
}

// forget removes the events up to a time.
func (b *bucket) forget(to int64) {
	after, _ := slices.BinarySearch(b.times, to+1)
	b.times = slices.Delete(b.times, 0, after)
	b.values = slices.Delete(b.values, 0, sort.Search(len(b.values), func(i int) bool { return b.values[i].at > to }))
}

// append writes the bucket: how many times, the times, and the values. An empty one is
// nothing.
func (b *bucket) append(dst []byte) []byte {
	if len(b.times)+len(b.values) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.times)))
	for _, t := range b.times {
		dst = binary.BigEndian.AppendUint64(dst, uint64(t))
	}
	for _, v := range b.values {
		dst = binary.BigEndian.AppendUint64(dst, v.hash)
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.at))
	}
	return dst
}

// decode reads what append has written. What it did not write, which may come from a
// file, is empty.
func (b *bucket) decode(data []byte) {
	b.times, b.values = b.times[:0], b.values[:0]
	n, size := binary.Uvarint(data)
	if size <= 0 || n > uint64(len(data)/8) || (len(data)-size-int(n)*8)%16 != 0 || len(data)-size < int(n)*8 {
		return
	}
	data = data[size:]
	for ; n > 0; n, data = n-1, data[8:] {
		b.times = append(b.times, int64(binary.BigEndian.Uint64(data)))
	}
	for ; len(data) > 0; data = data[16:] {
		b.values = append(b.values, valueAt{binary.BigEndian.Uint64(data), int64(binary.BigEndian.Uint64(data[8:]))})
	}
	if !slices.IsSorted(b.times) || !slices.IsSortedFunc(b.values, func(x, y valueAt) int { return cmp.Compare(x.at, y.at) }) {
		b.times, b.values = b.times[:0], b.values[:0]
	}
}
