package metrics

import (
	"math"
	"sync/atomic"
	"time"
)

// bounds are the upper ends of a histogram's buckets. Evaluating a chunk takes
// between some microseconds, for one false hit of the search, and some hundred
// milliseconds, for a file of CloudTrail's with thousands of matches.
var bounds = [...]time.Duration{
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
}

// Histogram counts durations. The zero Histogram is ready; it may be used from
// any goroutine.
type Histogram struct {
	buckets [len(bounds) + 1]atomic.Uint64 // the last is for what is longer than all bounds
	sum     atomic.Int64
}

// Observe counts a duration.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.sum.Add(int64(d))
	h.buckets[i].Add(1)
}

// observations is what histograms have counted.
type observations struct {
	buckets [len(bounds) + 1]uint64
	sum     time.Duration
}

func (o *observations) add(h *Histogram) {
	for i := range h.buckets {
		o.buckets[i] += h.buckets[i].Load()
	}
	o.sum += time.Duration(h.sum.Load())
}

// seconds returns a duration as a short number: 2.5e-05, not
// 2.4999999999999998e-05.
func seconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1e6
}
