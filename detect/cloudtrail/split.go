package cloudtrail

import (
	"hash/maphash"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// maxGrowth is how many bytes the pairs beside a list may add in all to a record
// of n bytes. Every part of a split record repeats them, and a record must not
// cost many times its size. Events of 1 KB each may have 4 KB beside them. Beyond
// the limit a record stays whole.
func maxGrowth(n int) int { return 4*n + 4<<10 }

// checkGrowth sums up what the records of the parts would repeat of what is
// beside them, for a record of n bytes.
func (f *Finder) checkGrowth(n int) {
	if len(f.wraps) == 1 && f.measure(0).bytes == 0 {
		return // as mostly
	}
	for i := range f.parts {
		p := &f.parts[i]
		if i > 0 && p.SameRecord(&f.parts[i-1]) {
			continue
		}
		for w := p.wrap; w >= 0; w = f.wraps[w].up {
			f.growth += f.measure(w).bytes
		}
		if f.growth > maxGrowth(n) {
			f.whole, f.overLimit = true, true
			return
		}
	}
}

// measure finds the pairs of a wrap's map but the ones that led on, once: to skip
// a list again for each of its elements would take time in the square of its
// length.
func (f *Finder) measure(index int) *wrap {
	w := &f.wraps[index]
	if !w.known {
		f.lookBeside(w)
	}
	return w
}

func (f *Finder) lookBeside(w *wrap) {
	w.known, w.from = true, len(f.beside)
	walk := document.OverMap(w.m)
	run := walk.Rest()
	for walk.NextOver(w.led) {
		length := len(walk.Key) + len(walk.Value)
		if !sameKey(walk.Key, w.key) {
			w.pairs++
			w.bytes += length
			continue
		}
		f.addRun(run[:len(run)-len(walk.Rest())-length])
		run = walk.Rest()
	}
	f.addRun(run[:len(run)-len(walk.Rest())])
	w.to = len(f.beside)
	for _, run := range f.beside[w.from:w.to] {
		w.mayMatch = w.mayMatch || f.mayMatch(run)
	}
}

func (f *Finder) addRun(pairs []byte) {
	if len(pairs) > 0 {
		f.beside = append(f.beside, pairs)
	}
}

// IsElement returns the record that p becomes when its record is split, if that
// is the list element as it is: there is nothing beside its list. Nothing is
// copied then.
func (f *Finder) IsElement(p *Part) (body []byte, ok bool) {
	for w := p.wrap; w >= 0; w = f.wraps[w].up {
		if f.measure(w).pairs > 0 {
			return nil, false
		}
	}
	return p.element, document.IsMap(p.element)
}

// AppendBody appends the record that p becomes when its record is split: the
// list element's own keys, and after them those beside the list that nothing
// further inside has. An element that is not a map, and so cannot be a record,
// stays in its list, alone.
func (f *Finder) AppendBody(dst []byte, p Part) []byte {
	if p.wrap < 0 {
		return append(dst, p.element...)
	}
	at, pairs := len(dst), 1
	dst = append(dst, 0xdf, 0, 0, 0, 0)
	n, own, err := document.ReadMapHeader(p.element)
	f.keys.reset(n + f.pairsBeside(p))
	if err == nil {
		pairs = n
		dst = append(dst, own...)
		for walk := document.OverMap(p.element); walk.Next(); {
			f.keys.add(walk.Key)
		}
	} else {
		w := f.wraps[p.wrap]
		dst = append(dst, w.key...)
		dst = msgp.AppendArrayHeader(dst, 1)
		dst = append(dst, p.element...)
		f.keys.add(w.key)
	}
	for w := p.wrap; w >= 0; w = f.wraps[w].up {
		inside := len(f.keys.all)
		for _, run := range f.beside[f.measure(w).from:f.wraps[w].to] {
			for len(run) > 0 {
				key, rest, _ := document.Next(run) // read before, in measure
				value, next, _ := document.Next(rest)
				run = next
				if f.keys.has(key, inside) {
					continue
				}
				dst = append(append(dst, key...), value...)
				f.keys.add(key)
				pairs++
			}
		}
	}
	return setMapHeader(dst, at, pairs)
}

func (f *Finder) pairsBeside(p Part) (pairs int) {
	for w := p.wrap; w >= 0; w = f.wraps[w].up {
		pairs += f.measure(w).pairs
	}
	return pairs
}

// MayMatch reports whether a rule may match in the record that p becomes when its record
// is split: in its element, or in what is beside the list.
func (f *Finder) MayMatch(p Part) bool {
	for w := p.wrap; w >= 0; w = f.wraps[w].up {
		if f.measure(w).mayMatch {
			return true
		}
	}
	return f.mayMatch(p.element)
}

// setMapHeader writes the count of a map whose five header bytes at at were
// left open, in its shortest form.
func setMapHeader(dst []byte, at, pairs int) []byte {
	var head [5]byte
	h := msgp.AppendMapHeader(head[:0], uint32(pairs))
	n := copy(dst[at:], h)
	n += copy(dst[at+n:], dst[at+5:])
	return dst[:at+n]
}

// keySet tells whether a raw key is among others by its text, in time that does
// not depend on how many there are. One that is not text equals no other.
type keySet struct {
	all   [][]byte
	table []uint32 // by hash, with linear probing: an index in all from 1; empty for a few keys
	seed  maphash.Seed
}

// fewKeys is up to how many keys are compared one by one.
const fewKeys = 24

// reset empties the set, which will have so many keys at most.
func (s *keySet) reset(most int) {
	s.all, s.table = s.all[:0], s.table[:0]
	if most <= fewKeys {
		return
	}
	size := 1
	for size < 2*most {
		size *= 2
	}
	if cap(s.table) < size {
		s.table, s.seed = make([]uint32, size), maphash.MakeSeed()
	}
	s.table = s.table[:size]
	clear(s.table)
}

func (s *keySet) add(key []byte) {
	s.all = append(s.all, key)
	if _, isText := document.Text(key); isText && len(s.table) > 0 {
		if slot, found := s.slot(key); !found {
			s.table[slot] = uint32(len(s.all))
		}
	}
}

// has reports whether the key is among the first n that were added.
func (s *keySet) has(key []byte, n int) bool {
	if _, isText := document.Text(key); !isText {
		return false
	}
	if len(s.table) > 0 {
		slot, found := s.slot(key)
		return found && int(s.table[slot]) <= n
	}
	for _, k := range s.all[:n] {
		if sameKey(k, key) {
			return true
		}
	}
	return false
}

// slot returns where in the table the key is, or where it belongs.
func (s *keySet) slot(key []byte) (slot int, found bool) {
	text, _ := document.Text(key)
	mask := len(s.table) - 1
	for slot = int(maphash.Bytes(s.seed, text)) & mask; s.table[slot] != 0; slot = (slot + 1) & mask {
		if sameKey(s.all[s.table[slot]-1], key) {
			return slot, true
		}
	}
	return slot, false
}

func (s *keySet) footprint() int { return 24*cap(s.all) + 4*cap(s.table) }

// sameKey compares two raw keys by their text, with any headers.
func sameKey(a, b []byte) bool {
	x, okA := document.Text(a)
	y, okB := document.Text(b)
	return okA && okB && string(x) == string(y)
}
