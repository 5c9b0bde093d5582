package collect

import (
	"encoding/binary"
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
	// Each result is there from the start: an alert rule cannot see the first increase of
	// a counter that begins with it.
	byResult := func(name, help string, results []Result) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"result"})
		for _, r := range results {
			v.WithLabelValues(string(r))
		}
		return v
	}
	return &Counts{
		objects:  byResult("trailwire_collect_objects_total", "Log files, by what became of them.", ObjectResults),
		messages: byResult("trailwire_collect_messages_total", "Messages of queues, by what became of them.", MessageResults),
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

// Totals are what was counted so far.
type Totals struct {
	Events  uint64
	Bytes   uint64            // as they are stored
	Objects map[Result]uint64 // those that are not zero
}

// Totals returns what was counted so far.
func (c *Counts) Totals() Totals {
	t := Totals{Events: uint64(value(c.events)), Bytes: uint64(value(c.bytes)), Objects: make(map[Result]uint64)}
	for _, r := range ObjectResults {
		if n := value(c.objects.WithLabelValues(string(r))); n > 0 {
			t.Objects[r] = uint64(n)
		}
	}
	return t
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
