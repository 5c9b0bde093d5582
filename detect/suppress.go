package detect

import (
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
)

// Bounds of what a suppressor remembers. A remembered alert costs about 60
// bytes, so that the whole always stays below 1.2 MB. Forgetting early means an
// alert too many, never one too few.
const (
	maxRemembered = 16_384
	maxIntervals  = 64
	maxFirsts     = 4_096
	maxContent    = 64 << 10 // bytes of an alert's content that are kept for the next one
)

// suppressor remembers which events have raised an alert and how many alerts
// each interval had. Its clock is the events': the latest event time it has
// seen, so that a file from last year is judged as it would have been then.
// The zero suppressor is ready; it may be used from any goroutine.
type suppressor struct {
	mu      sync.Mutex
	seed    maphash.Seed
	latest  time.Time
	seen    map[uint64]time.Time // alert → the latest event time when it was raised
	order   []uint64             // a ring of the keys of seen, oldest at next
	next    int
	signals [maxIntervals]interval
	used    uint64 // counts up, to find the interval that was used last
	firsts  ring   // of grants: the first of each in an interval
	content []byte // of the alert at hand: its memory is used again
}

// ring remembers the last so many hashes, and forgets the oldest. The zero ring is
// empty.
type ring struct {
	known map[uint64]bool
	order []uint64 // the oldest at next, once it is full
	next  int
}

// add remembers a hash and reports whether it is new.
func (r *ring) add(hash uint64, most int) bool {
	if r.known[hash] {
		return false
	}
	if r.known == nil {
		r.known = make(map[uint64]bool)
	}
	if len(r.order) < most {
		r.order = append(r.order, hash)
	} else {
		delete(r.known, r.order[r.next])
		r.order[r.next] = hash
		r.next = (r.next + 1) % most
	}
	r.known[hash] = true
	return true
}

// interval counts the alerts of one rule in one interval.
type interval struct {
	rule    *compiledRule
	index   int64
	count   int
	touched uint64
}

// judge says whether an alert is suppressed that was raised by an event of that
// time, and remembers it.
//
// It is a duplicate if an event with the same key and the same content has raised
// one within the window. It is one too many where its rule has raised as many in the
// interval as it may; but the first alert about each relation and account is never
// that, so that nobody can hide a grant after noise of his own.
func (s *suppressor) judge(rule *compiledRule, a *alert.Alert, at time.Time, o *Options) alert.Suppression {
	window, signals, every := rule.LookBack, rule.MaxSignals, rule.Interval
	if o.DedupWindow != 0 {
		window = o.DedupWindow
	}
	if o.MaxSignals != 0 {
		signals = o.MaxSignals
	}
	if o.Interval != 0 {
		every = o.Interval
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.After(s.latest) {
		s.latest = at
	}
	if s.seen == nil {
		s.seed = maphash.MakeSeed()
		s.seen = make(map[uint64]time.Time)
	}
	if window > 0 && s.remember(s.identity(a), window) {
		return alert.Duplicate
	}
	index := at.UnixNano() / int64(every)
	relation, grantee, isGrant := a.Grantee()
	first := isGrant && s.firsts.add(s.hash(rule.ID, strconv.FormatInt(index, 10), relation, grantee), maxFirsts)
	if s.count(rule, index) > signals && !first {
		return alert.OverMaxSignals
	}
	return alert.NotSuppressed
}

// identity returns one number for an alert's key and all that its event says.
func (s *suppressor) identity(a *alert.Alert) uint64 {
	s.content = a.AppendContent(s.content[:0])
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(a.DedupKey)
	h.WriteByte(0)
	h.Write(s.content)
	if cap(s.content) > maxContent {
		s.content = nil
	}
	return h.Sum64()
}

// hash returns one number for some texts, another one in each process.
func (s *suppressor) hash(texts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, text := range texts {
		h.WriteString(text)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// remember reports whether the hash was seen within the window, and keeps it.
func (s *suppressor) remember(hash uint64, window time.Duration) bool {
	if then, ok := s.seen[hash]; ok {
		if s.latest.Sub(then) <= window {
			return true
		}
		s.seen[hash] = s.latest
		return false
	}
	if len(s.order) < maxRemembered {
		s.order = append(s.order, hash)
	} else {
		delete(s.seen, s.order[s.next])
		s.order[s.next] = hash
		s.next = (s.next + 1) % maxRemembered
	}
	s.seen[hash] = s.latest
	return false
}

// count returns how many alerts the interval has had, this one included. Where
// there is no room the interval that was used longest ago is forgotten.
func (s *suppressor) count(rule *compiledRule, index int64) int {
	s.used++
	oldest := &s.signals[0]
	for i := range s.signals {
		in := &s.signals[i]
		if in.rule == rule && in.index == index {
			in.touched = s.used
			in.count++
			return in.count
		}
		if in.touched < oldest.touched {
			oldest = in
		}
	}
	*oldest = interval{rule: rule, index: index, count: 1, touched: s.used}
	return 1
}
