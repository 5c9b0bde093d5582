package collect

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// unhealthyAfter is how long nothing may have been received or delivered.
const unhealthyAfter = time.Minute

// health is whether the collector does its work. The zero value but for since is that of
// one that has just begun.
type health struct {
	mu    sync.Mutex
	since time.Time // when a queue answered last, or a record was delivered
	down  time.Time // since when no record could be delivered; zero for not at all
}

func (h *health) received(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = now
}

func (h *health) delivered(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since, h.down = now, time.Time{}
}

func (h *health) refused(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down.IsZero() {
		h.down = now
	}
}

var (
	errNothingReceived  = errors.New("no queue has answered")
	errNothingDelivered = errors.New("nothing could be delivered")
)

// Healthy returns nil, or why the collector does not do its work: nothing could be
// received, or nothing could be delivered, for a minute.
func (c *Collector) Healthy() error {
	h := &c.health
	h.mu.Lock()
	defer h.mu.Unlock()
	now := c.now()
	if !h.down.IsZero() && now.Sub(h.down) >= unhealthyAfter {
		return fmt.Errorf("%w for %v", errNothingDelivered, now.Sub(h.down).Round(time.Second))
	}
	if h.down.IsZero() && now.Sub(h.since) >= unhealthyAfter {
		return fmt.Errorf("%w for %v", errNothingReceived, now.Sub(h.since).Round(time.Second))
	}
	return nil
}
