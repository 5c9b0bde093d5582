package detect

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
)

// Bounds of what a suppressor remembers. A remembered alert costs about 60
// bytes, so that the whole stays below 1.2 MB whatever arrives. Forgetting
// early means an alert too many, never one too few.
const (
	maxRemembered = 16_384
	maxIntervals  = 64
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
}

// interval counts the alerts of one rule in one interval.
type interval struct {
	rule    *compiledRule
	index   int64
	count   int
	touched uint64
}

// judge says whether an alert with this key, raised by an event of that time,
// is suppressed, and remembers it.
func (s *suppressor) judge(rule *compiledRule, key string, at time.Time, o *Options) alert.Suppression {
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
	if window > 0 && s.remember(key, window) {
		return alert.Duplicate
	}
	if s.count(rule, at.UnixNano()/int64(every)) > signals {
		return alert.OverMaxSignals
	}
	return alert.NotSuppressed
}

// remember reports whether the key was seen within the window, and keeps it.
func (s *suppressor) remember(key string, window time.Duration) bool {
	if s.seen == nil {
		s.seed = maphash.MakeSeed()
		s.seen = make(map[uint64]time.Time)
		s.order = make([]uint64, 0, 64)
	}
	hash := maphash.String(s.seed, key)
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
