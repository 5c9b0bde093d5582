package metrics

import (
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/version"
)

// Instance is a plugin instance whose counters are served.
type Instance struct {
	Plugin string // filter or output
	Name   string // what Fluent Bit calls it: trailwire.0, or its alias
	Engine *detect.Engine
	// Chunks returns how many chunks have come, and how many bytes in all.
	Chunks func() (chunks, bytes uint64)
	// NotTaken returns how many records with alerts the input trailwire did not
	// take. It is nil if none are sent there.
	NotTaken func() uint64
	// Unsaved returns how often the memory of rules could not be written to its file. It is
	// nil if it has none.
	Unsaved func() uint64
	// Evaluation counts how long it took to evaluate a chunk.
	Evaluation *Histogram
	// Stale reports whether the last reload's settings are not in use; nil for
	// never.
	Stale func() bool
}

// The metrics, each with the labels of an instance and some with those of a
// rule. Their names are a promise: conf/grafana/trailwire.json and users' alert
// rules rely on them.
var (
	ofInstance = []string{"plugin", "name"}
	ofRule     = []string{"plugin", "name", "rule_id", "rule", "severity"}

	descChunks     = describe("chunks_total", "Chunks that came.", ofInstance...)
	descBytes      = describe("bytes_total", "Bytes in the chunks that came.", ofInstance...)
	descRecords    = describe("records_total", "Records that were looked into, because the search had found something in them.", ofInstance...)
	descEvents     = describe("events_total", "CloudTrail events found in the records that were looked into.", ofInstance...)
	descNoEvent    = describe("no_event_total", "Records that mention what a rule looks for, and hold no CloudTrail event that is recognised.", ofInstance...)
	descMalformed  = describe("malformed_total", "Records and texts that could not be read.", ofInstance...)
	descOverLimit  = describe("over_limit_total", "Records that were not split, because their parts would be many times their size.", ofInstance...)
	descMatches    = describe("matches_total", "Alerts raised, suppressed ones included.", ofRule...)
	descExcepted   = describe("excepted_total", "Matches that an exception dropped.", ofRule...)
	descSuppressed = describe("suppressed_total", "Alerts that were marked as suppressed, by the reason: duplicate or max_signals.",
		append(ofRule[:len(ofRule):len(ofRule)], "reason")...)
	descEvaluation = describe("evaluation_seconds", "How long it took to evaluate a chunk in which the search had found something.", ofInstance...)
	descNotTaken   = describe("not_taken_total", "Records with alerts that the input trailwire did not take. They were tagged in place.", ofInstance...)
	descStale      = describe("settings_stale", "1 if a hot reload brought wrong settings and the earlier ones stay in use, else 0.", ofInstance...)
	descLearned    = describe("learned_total", "New terms that raised no alert, because their rules were learning.", ofInstance...)
	descLearning   = describe("learning_rules", "Rules about new terms that raise no alert yet, because they learn.", ofInstance...)
	descMemory     = describe("state_bytes", "Memory that rules about several events use to remember.", ofInstance...)
	descKeys       = describe("state_keys", "Keys that a rule about several events remembers.", ofRule...)
	descEvicted    = describe("state_evicted_total", "Keys that a rule about several events gave up, because the memory was full.", ofRule...)
	descUnsaved    = describe("state_unsaved_total", "How often the memory of rules could not be written to state_path.", ofInstance...)
	descBuild      = describe("build_info", "Always 1; the labels say what is running.", "version", "go_version")

	descriptions = []*prometheus.Desc{
		descChunks, descBytes, descRecords, descEvents, descNoEvent, descMalformed, descOverLimit,
		descMatches, descExcepted, descSuppressed, descEvaluation, descNotTaken, descStale, descBuild,
		descLearned, descLearning, descMemory, descKeys, descEvicted, descUnsaved,
	}
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("trailwire_"+name, help, labels, nil)
}

// collector reads the counters of the instances that are seen at one address.
type collector struct {
	instances func() []*Instance
}

// Describe implements [prometheus.Collector].
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range descriptions {
		to <- d
	}
}

// label identifies an instance, and a metric of one.
type label struct{ plugin, name string }

// Collect implements [prometheus.Collector]. While a configuration is reloaded
// there are two instances of one name. Their counts are added up, since no
// metric may come twice.
func (c collector) Collect(to chan<- prometheus.Metric) {
	seen := make(map[label]*total)
	var order []label
	for _, i := range c.instances() {
		l := label{i.Plugin, strings.ToValidUTF8(i.Name, "\ufffd")} // an alias is any bytes
		if seen[l] == nil {
			seen[l] = &total{rules: make(map[rule]*detect.RuleStats)}
			order = append(order, l)
		}
		seen[l].add(i)
	}
	for _, l := range order {
		seen[l].send(to, l)
	}
	to <- prometheus.MustNewConstMetric(descBuild, prometheus.GaugeValue, 1, version.Number, runtime.Version())
}

// rule identifies a rule in a metric.
type rule struct{ id, name, severity string }

// total is what the instances of one name have counted.
type total struct {
	chunks, bytes uint64
	stats         detect.Stats
	rules         map[rule]*detect.RuleStats
	order         []rule
	evaluation    observations
	notTaken      uint64
	routes        bool // alerts are sent to the input trailwire
	stale         float64
	remembers     bool
	memory        int64
	learning      int
	unsaved       uint64
	keeps         bool // the memory is kept in a file
}

func (t *total) add(i *Instance) {
	chunks, bytes := i.Chunks()
	t.chunks += chunks
	t.bytes += bytes
	if i.Stale != nil && i.Stale() {
		t.stale = 1
	}
	if i.NotTaken != nil {
		t.routes = true
		t.notTaken += i.NotTaken()
	}
	s := i.Engine.Stats()
	t.stats.Records += s.Records
	t.stats.Events += s.Events
	t.stats.NoEvent += s.NoEvent
	t.stats.Malformed += s.Malformed
	t.stats.OverLimit += s.OverLimit
	t.stats.Learned += s.Learned
	if i.Engine.Remembers() {
		t.remembers = true
		t.memory = max(t.memory, i.Engine.MemoryUsed()) // a reload's two instances share it
	}
	if i.Unsaved != nil {
		t.keeps = true
		t.unsaved = max(t.unsaved, i.Unsaved())
	}
	learning := 0
	for _, s := range i.Engine.RuleStats() {
		r := rule{s.Rule.ID, s.Rule.Name, s.Rule.Severity}
		if t.rules[r] == nil {
			t.rules[r] = &detect.RuleStats{Rule: s.Rule}
			t.order = append(t.order, r)
		}
		t.rules[r].Alerts += s.Alerts
		t.rules[r].Duplicates += s.Duplicates
		t.rules[r].OverMaxSignals += s.OverMaxSignals
		t.rules[r].Excepted += s.Excepted
		t.rules[r].Remembered = max(t.rules[r].Remembered, s.Remembered)
		t.rules[r].Evicted = max(t.rules[r].Evicted, s.Evicted)
		if s.LearnsTo.After(time.Now()) {
			learning++
		}
	}
	t.learning = max(t.learning, learning)
	t.evaluation.add(i.Evaluation)
}

// send hands over the metrics. One that cannot be made fails the scrape. None
// may panic: nothing here recovers.
func (t *total) send(to chan<- prometheus.Metric, l label) {
	send := func(d *prometheus.Desc, m prometheus.Metric, err error) {
		if err != nil {
			m = prometheus.NewInvalidMetric(d, err)
		}
		to <- m
	}
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		m, err := prometheus.NewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
		send(d, m, err)
	}
	counter(descChunks, t.chunks, l.plugin, l.name)
	counter(descBytes, t.bytes, l.plugin, l.name)
	counter(descRecords, t.stats.Records, l.plugin, l.name)
	counter(descEvents, t.stats.Events, l.plugin, l.name)
	counter(descNoEvent, t.stats.NoEvent, l.plugin, l.name)
	counter(descMalformed, t.stats.Malformed, l.plugin, l.name)
	counter(descOverLimit, t.stats.OverLimit, l.plugin, l.name)
	if t.routes {
		counter(descNotTaken, t.notTaken, l.plugin, l.name)
	}
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		m, err := prometheus.NewConstMetric(d, prometheus.GaugeValue, n, labels...)
		send(d, m, err)
	}
	gauge(descStale, t.stale, l.plugin, l.name)
	if t.remembers {
		counter(descLearned, t.stats.Learned, l.plugin, l.name)
		gauge(descLearning, float64(t.learning), l.plugin, l.name)
		gauge(descMemory, float64(t.memory), l.plugin, l.name)
	}
	if t.keeps {
		counter(descUnsaved, t.unsaved, l.plugin, l.name)
	}
	for _, r := range t.order {
		s := t.rules[r]
		if s.Rule.Past() != nil {
			gauge(descKeys, float64(s.Remembered), l.plugin, l.name, r.id, r.name, r.severity)
			counter(descEvicted, s.Evicted, l.plugin, l.name, r.id, r.name, r.severity)
		}
		counter(descMatches, s.Alerts, l.plugin, l.name, r.id, r.name, r.severity)
		counter(descExcepted, s.Excepted, l.plugin, l.name, r.id, r.name, r.severity)
		counter(descSuppressed, s.Duplicates, l.plugin, l.name, r.id, r.name, r.severity, alert.Duplicate.String())
		counter(descSuppressed, s.OverMaxSignals, l.plugin, l.name, r.id, r.name, r.severity, alert.OverMaxSignals.String())
	}
	count, upTo := t.evaluation.cumulative()
	m, err := prometheus.NewConstHistogram(descEvaluation, count, t.evaluation.sum.Seconds(), upTo, l.plugin, l.name)
	send(descEvaluation, m, err)
}
