package collect

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Counts are the metrics of a collector. Their names are a promise: users' alert rules
// rely on them.
type Counts struct {
	objects  *prometheus.CounterVec
	messages *prometheus.CounterVec
	events   prometheus.Counter
	bytes    prometheus.Counter
	refused  prometheus.Counter
	lag      prometheus.Histogram
}

func newCounts() *Counts {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	byResult := func(name, help string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"result"})
		return v
	}
	return &Counts{
		objects:  byResult("trailwire_collect_objects_total", "Log files, by what became of them."),
		messages: byResult("trailwire_collect_messages_total", "Messages of queues, by what became of them."),
		events:   counter("trailwire_collect_events_total", "Records that the receiver has acknowledged."),
		bytes:    counter("trailwire_collect_bytes_total", "Bytes that were read of log files, compressed as they are."),
		refused:  counter("trailwire_collect_refused_total", "Deliveries that failed and were tried again."),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "trailwire_collect_lag_seconds", Help: "How long after its eventTime an event was delivered.",
			Buckets: []float64{60, 300, 600, 900, 1800, 3600, 4 * 3600, 24 * 3600},
		}),
	}
}

// Describe implements [prometheus.Collector].
func (c *Counts) Describe(to chan<- *prometheus.Desc) {
	for _, of := range c.all() {
		of.Describe(to)
	}
}

// Collect implements [prometheus.Collector].
func (c *Counts) Collect(to chan<- prometheus.Metric) {
	for _, of := range c.all() {
		of.Collect(to)
	}
}

func (c *Counts) all() []prometheus.Collector {
	return []prometheus.Collector{c.objects, c.messages, c.events, c.bytes, c.refused, c.lag}
}

// Summary says in one line what was done.
func (c *Counts) Summary() string {
	return fmt.Sprintf("%.0f events delivered, %.0f files read or left aside", value(c.events), sum(c.objects))
}

func (c *Counts) object(r Result)  { c.objects.WithLabelValues(string(r)).Inc() }
func (c *Counts) message(r Result) { c.messages.WithLabelValues(string(r)).Inc() }

// lag is how long ago a record's time is.
func lag(timestamp []byte, now time.Time) time.Duration {
	return max(0, now.Sub(time.Unix(int64(binary.BigEndian.Uint32(timestamp[2:])), 0)))
}

// value returns what a counter has counted.
func value(of prometheus.Metric) float64 {
	var m dto.Metric
	if of.Write(&m) != nil {
		return 0
	}
	return m.GetCounter().GetValue()
}

// sum returns what all counters of a vector have counted.
func sum(of *prometheus.CounterVec) (total float64) {
	metrics := make(chan prometheus.Metric)
	go func() {
		of.Collect(metrics)
		close(metrics)
	}()
	for m := range metrics {
		total += value(m)
	}
	return total
}
