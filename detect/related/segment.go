package related

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/alert"
)

// segment is a share of the places of one kind of handle.
type segment struct {
	mu             sync.Mutex
	places         int
	actors         map[key]*actor
	families       map[uint64]int // how many actors of each there are
	newest, oldest *actor         // by arrival of their last call
	evicted        atomic.Uint64
}

// actor is the past of one handle.
type actor struct {
	handle       key
	family       uint64
	lines        []line // by time, the oldest first
	newer, older *actor
}

func (s *segment) init(places int) {
	s.places = places
	s.actors, s.families = make(map[key]*actor), make(map[uint64]int)
}

// note adds a line to the past of a handle.
func (s *segment) note(handle key, family uint64, l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.actors[handle]
	if a == nil {
		if len(s.actors) >= s.places {
			s.evict(l.at)
		}
		a = &actor{handle: handle, family: family}
		s.actors[handle] = a
		s.families[family]++
	} else {
		s.unlink(a)
	}
	s.link(a)
	a.add(l)
}

// of appends the lines of a handle.
func (s *segment) of(handle key, dst []line) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.actors[handle]; a != nil {
		dst = append(dst, a.lines...)
	}
	return dst
}

// evict gives an actor up, for one whose call is of this time.
func (s *segment) evict(at time.Time) {
	a := s.victim()
	if at.Sub(a.lines[len(a.lines)-1].at) <= Window {
		s.evicted.Add(1)
	}
	s.unlink(a)
	delete(s.actors, a.handle)
	if s.families[a.family]--; s.families[a.family] == 0 {
		delete(s.families, a.family)
	}
}

// victim is who is given up: the one that is longest without a call of the largest family,
// if that has more than an eighth of the places, else of all.
func (s *segment) victim() *actor {
	largest, most := uint64(0), s.places/8
	for family, n := range s.families {
		if n > most {
			largest, most = family, n
		}
	}
	if most > s.places/8 {
		for a := s.oldest; a != nil; a = a.newer {
			if a.family == largest {
				return a
			}
		}
	}
	return s.oldest
}

// link makes an actor the newest.
func (s *segment) link(a *actor) {
	a.older, a.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = a
	} else {
		s.oldest = a
	}
	s.newest = a
}

func (s *segment) unlink(a *actor) {
	if a.newer != nil {
		a.newer.older = a.older
	} else {
		s.newest = a.older
	}
	if a.older != nil {
		a.older.newer = a.newer
	} else {
		s.oldest = a.newer
	}
}

// add adds a line in its place by time. When there are enough it takes the place of the
// oldest, if it is newer.
func (a *actor) add(l line) {
	if slices.ContainsFunc(a.lines, func(have line) bool { return have.id == l.id }) {
		return
	}
	i := len(a.lines)
	for i > 0 && l.at.Before(a.lines[i-1].at) {
		i--
	}
	switch {
	case len(a.lines) < PerActor:
		if len(a.lines) == cap(a.lines) { // most actors make a few calls of the list, if any
			a.lines = append(make([]line, 0, min(max(1, 2*cap(a.lines)), PerActor)), a.lines...)
		}
		a.lines = slices.Insert(a.lines, i, l)
	case i > 0:
		copy(a.lines, a.lines[1:i])
		a.lines[i-1] = l
	}
}

// line is a call. Its texts are parts of one: the target, the action, the event's id and
// the address, and each number is where one of them ends.
type line struct {
	at                      time.Time
	id                      key
	provider                string // of the table
	text                    string
	target, action, eventID uint16
	failed                  bool
}

// maxTarget and maxShort are the most bytes of the texts of a line. An ARN has seldom more
// than 128, an id of CloudTrail's 36, an address in IPv6 39.
const (
	maxTarget = 256
	maxShort  = 64
)

func (l *line) related() alert.Related {
	return alert.Related{
		Time: l.at, Action: l.text[l.target:l.action], Provider: l.provider, EventID: l.text[l.action:l.eventID],
		Target: l.text[:l.target], Address: l.text[l.eventID:], Failed: l.failed,
	}
}

// bounded cuts a text between two characters, and makes it valid UTF-8.
func bounded(text []byte, limit int) []byte {
	text = cut(text, limit)
	if !utf8.Valid(text) {
		text = cut(bytes.ToValidUTF8(text, []byte("\ufffd")), limit)
	}
	return text
}

func cut(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	n := limit
	for n > limit-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
