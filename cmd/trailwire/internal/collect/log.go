package collect

import (
	"fmt"
	"sync"
	"time"
)

// rareLog says a line about each subject at most once a minute, and with the next one
// how many there were between.
type rareLog struct {
	mu    sync.Mutex
	write func(line string)
	now   func() time.Time
	said  map[string]*silence // by subject; there are as many as results
}

type silence struct {
	until   time.Time
	unsaid  int
	started bool
}

const sayEvery = time.Minute

func newRareLog(write func(line string), now func() time.Time) *rareLog {
	return &rareLog{write: write, now: now, said: make(map[string]*silence)}
}

func (l *rareLog) say(subject, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.said[subject]
	if s == nil {
		s = new(silence)
		l.said[subject] = s
	}
	now := l.now()
	if s.started && now.Before(s.until) {
		s.unsaid++
		return
	}
	if s.unsaid > 0 {
		line += fmt.Sprintf(" (and %d more of this kind before)", s.unsaid)
	}
	s.started, s.until, s.unsaid = true, now.Add(sayEvery), 0
	l.write(line)
}
