package collect

import (
	"context"
	"time"

	"github.com/trailwire/trailwire/internal/deliver"
)

// Options says what a [Collector] works with.
type Options struct {
	Store       Store
	Destination deliver.Destination

	// MaxRecord is the most bytes of a record, as JSON and as MessagePack; zero means
	// [DefaultMaxRecord]. A larger one is not delivered: it is part of what could not be
	// read of its object. A worker may hold a few times as much memory.
	MaxRecord int

	// Log gets lines for people. It is called by one goroutine at a time.
	Log func(line string)

	// Now and Sleep are the clock; nil means the machine's. Sleep returns early when
	// the context ends.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration)
}

// Collector delivers objects. It may be used from several goroutines at once.
type Collector struct {
	store       Store
	destination deliver.Destination
	maxRecord   int
	now         func() time.Time
	sleep       func(ctx context.Context, d time.Duration)
	log         *rareLog
	counts      *Counts
	health      health
	done        *recent
}

// New returns a collector.
func New(o Options) *Collector {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.MaxRecord == 0 {
		o.MaxRecord = DefaultMaxRecord
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return &Collector{
		store: o.Store, destination: o.Destination, maxRecord: o.MaxRecord, now: o.Now, sleep: o.Sleep,
		log: newRareLog(o.Log, o.Now), counts: newCounts(), done: newRecent(maxRecent),
		health: health{since: o.Now()},
	}
}

// Counts returns what the collector counts.
func (c *Collector) Counts() *Counts { return c.counts }

// Object delivers an object unless it was delivered before, and returns what became of
// it. The result is counted, and told of if it is not Delivered.
func (c *Collector) Object(ctx context.Context, o Object) Result {
	result, err := o.Aside(), error(nil)
	if result == "" {
		if c.done.has(o) {
			result = Repeated
		} else if result, err = c.stream(ctx, o); result.settled() {
			c.done.add(o)
		}
	}
	c.counts.object(result)
	if err != nil && result != GivenBack {
		c.log.say(string(result), o.String()+": "+result.words()+": "+err.Error())
	}
	return result
}

// The pauses between attempts to deliver.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 10 * time.Second
)

// deliver delivers records in order. It does not give up before the context ends.
func (c *Collector) deliver(ctx context.Context, records []deliver.Alert) error {
	pause := firstPause
	for len(records) > 0 {
		if ctx.Err() != nil {
			return errNotDelivered
		}
		n, err := c.destination.Deliver(ctx, records)
		for _, r := range records[:n] {
			c.counts.events.Inc()
			c.counts.lag.Observe(lag(r.Timestamp, c.now()).Seconds())
		}
		records = records[n:]
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return errNotDelivered
		}
		if n > 0 {
			c.health.delivered(c.now())
			pause = firstPause
		}
		c.health.refused(c.now())
		c.counts.refused.Inc()
		c.log.say("delivery", c.destination.String()+": "+err.Error()+"; trying again")
		c.sleep(ctx, pause)
		pause = min(2*pause, maxPause)
	}
	c.health.delivered(c.now())
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
