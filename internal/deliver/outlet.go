package deliver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/chunk"
)

// Outlet evaluates chunks and delivers their alerts to every destination. It
// may be used from several goroutines at once.
type Outlet struct {
	engine       *detect.Engine
	options      Options
	destinations []*loggedDestination
	failed       *memory
	closing      context.Context // done when the outlet is closed
	close        context.CancelFunc
	delivered    atomic.Uint64
	retries      atomic.Uint64
}

// NewOutlet returns an outlet. It connects to nothing yet: if a receiver is
// down when Fluent Bit starts, alerts wait for it.
func NewOutlet(engine *detect.Engine, o Options) *Outlet {
	return newOutlet(engine, o, Destinations(o))
}

func newOutlet(engine *detect.Engine, o Options, destinations []Destination) *Outlet {
	out := &Outlet{engine: engine, options: o, failed: newMemory()}
	out.closing, out.close = context.WithCancel(context.Background())
	for _, d := range destinations {
		out.destinations = append(out.destinations, &loggedDestination{Destination: d})
	}
	return out
}

// Result is what became of a chunk.
type Result struct {
	// Retry says that a destination does not have all alerts of the chunk: it
	// is to be handed in again.
	Retry bool
	// Warnings and Notes are lines for the log.
	Warnings, Notes []string
}

// Chunk evaluates a chunk with this tag and delivers its alerts. search says which
// of its events to evaluate. Chunk does not keep data.
//
// If hold is not zero, Chunk waits no longer than that for a delivery. Then it
// returns Retry and the delivery goes on; when the chunk comes again, Chunk
// returns the delivery's result. This is for a caller that must not block.
func (o *Outlet) Chunk(ctx context.Context, data []byte, tag string, search chunk.Search, hold time.Duration) Result {
	f := o.recall(data, tag)
	var earlier Result
	if f.running != nil {
		earlier = o.await(f, hold)
		if f.running != nil || !earlier.Retry {
			return o.remember(f, data, tag, earlier)
		}
	}
	alerts := o.evaluate(f, data, tag, search, hold != 0)
	if len(alerts) == 0 {
		return Result{}
	}
	result := o.send(ctx, f, alerts, hold)
	return o.remember(f, data, tag, Result{
		Retry:    result.Retry,
		Warnings: append(earlier.Warnings, result.Warnings...),
		Notes:    append(earlier.Notes, result.Notes...),
	})
}

// recall returns what is known about a chunk that was not delivered everywhere. For
// any other chunk it returns a new failure.
func (o *Outlet) recall(data []byte, tag string) *failure {
	if !o.failed.empty() {
		if f := o.failed.take(o.failed.fingerprint(data, tag)); f != nil {
			return f
		}
	}
	return &failure{delivered: make([]int, len(o.destinations))}
}

// evaluate returns the alerts of a chunk, judged as they were the last time. With
// outlive, they share no memory with the chunk.
func (o *Outlet) evaluate(f *failure, data []byte, tag string, search chunk.Search, outlive bool) []Alert {
	start := time.Now()
	f.verdicts.Rewind()
	var b batch
	chunk.Alerts(data, o.engine, search, &f.verdicts, func(e *chunk.Event, out *detect.Output) {
		b.add(e, out, tag, o.options.AlertKey, o.options.OnlyFields)
	})
	if o.options.Evaluated != nil {
		o.options.Evaluated(time.Since(start))
	}
	if outlive {
		b.detach()
	}
	f.alerts = len(b.alerts)
	return b.all()
}

// send delivers alerts and waits for it, for ever if hold is zero.
func (o *Outlet) send(ctx context.Context, f *failure, alerts []Alert, hold time.Duration) Result {
	f.running = make(chan Result, 1)
	run := func() { f.running <- o.deliver(ctx, alerts, f.delivered) }
	if hold == 0 {
		run()
	} else {
		go run()
	}
	return o.await(f, hold)
}

// await waits for the delivery of f that is running, for ever if hold is zero.
func (o *Outlet) await(f *failure, hold time.Duration) Result {
	if hold == 0 {
		result := <-f.running
		f.running = nil
		return result
	}
	timer := time.NewTimer(hold)
	defer timer.Stop()
	select {
	case result := <-f.running:
		f.running = nil
		return result
	case <-timer.C:
		return Result{Retry: true}
	}
}

// remember keeps what was not delivered, and counts.
func (o *Outlet) remember(f *failure, data []byte, tag string, result Result) Result {
	if result.Retry {
		o.retries.Add(1)
		f.fingerprint = o.failed.fingerprint(data, tag)
		o.failed.keep(f)
	} else {
		o.delivered.Add(uint64(f.alerts))
	}
	return result
}

// deliver gives every destination the alerts that it does not have. It does so
// concurrently: a slow one does not hold up the others.
func (o *Outlet) deliver(ctx context.Context, alerts []Alert, delivered []int) (result Result) {
	ctx, cancel := context.WithTimeout(ctx, o.options.ConnectTimeout+o.options.SendTimeout)
	defer cancel()
	defer context.AfterFunc(o.closing, cancel)()
	results := make([]Result, len(o.destinations))
	var wait sync.WaitGroup
	for i, d := range o.destinations {
		rest := alerts[min(delivered[i], len(alerts)):]
		if len(rest) == 0 {
			continue
		}
		wait.Go(func() {
			var n int
			n, results[i] = d.try(ctx, rest)
			delivered[i] += n
		})
	}
	wait.Wait()
	for _, r := range results {
		result.Retry = result.Retry || r.Retry
		result.Warnings = append(result.Warnings, r.Warnings...)
		result.Notes = append(result.Notes, r.Notes...)
	}
	return result
}

// Counts returns how many alerts were delivered everywhere, and how often a
// chunk had to be handed back to Fluent Bit.
func (o *Outlet) Counts() (delivered, retries uint64) {
	return o.delivered.Load(), o.retries.Load()
}

// Close ends deliveries that are still running, and closes the destinations.
func (o *Outlet) Close() {
	o.close()
	for _, d := range o.destinations {
		_ = d.Close()
	}
}

// loggedDestination is a destination whose failures are logged, once a minute,
// and its recovery after them.
type loggedDestination struct {
	Destination

	mu     sync.Mutex
	failed int       // deliveries since the last that went well
	logged bool      // the log says that it fails
	next   time.Time // nothing more is logged before
}

// failureInterval is the time between two log lines about a destination that
// fails.
const failureInterval = time.Minute

func (d *loggedDestination) try(ctx context.Context, alerts []Alert) (n int, result Result) {
	n, err := d.attempt(ctx, alerts)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		if d.logged {
			result.Notes = append(result.Notes, fmt.Sprintf("%s: alerts arrive again after %d deliveries that failed", d, d.failed))
		}
		d.failed, d.logged = 0, false
		return n, result
	}
	result.Retry = true
	d.failed++
	if now := time.Now(); now.After(d.next) {
		d.logged, d.next = true, now.Add(failureInterval)
		result.Warnings = append(result.Warnings, fmt.Sprintf("%s: %v (failed deliveries in a row: %d); the alerts wait until Fluent Bit tries again", d, err, d.failed))
	}
	return n, result
}

// attempt delivers, and turns a panic into an error: it runs in a goroutine of
// its own, where nothing else recovers.
func (d *loggedDestination) attempt(ctx context.Context, alerts []Alert) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return d.Deliver(ctx, alerts)
}
