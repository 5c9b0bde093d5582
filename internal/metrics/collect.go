package metrics

import (
	"runtime"
	"strings"
	"time"

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
	ofInstance = []string{"name", "plugin"}
	ofRule     = []string{"name", "plugin", "rule", "rule_id", "severity"}

	metricChunks     = &metric{"trailwire_chunks_total", "Chunks that came.", counter, ofInstance}
	metricBytes      = &metric{"trailwire_bytes_total", "Bytes in the chunks that came.", counter, ofInstance}
	metricRecords    = &metric{"trailwire_records_total", "Records that were looked into, because the search had found something in them.", counter, ofInstance}
	metricEvents     = &metric{"trailwire_events_total", "CloudTrail events found in the records that were looked into.", counter, ofInstance}
	metricNoEvent    = &metric{"trailwire_no_event_total", "Records that mention what a rule looks for, and hold no CloudTrail event that is recognised.", counter, ofInstance}
	metricMalformed  = &metric{"trailwire_malformed_total", "Records and texts that could not be read.", counter, ofInstance}
	metricOverLimit  = &metric{"trailwire_over_limit_total", "Records that were not split, because their parts would be many times their size.", counter, ofInstance}
	metricMatches    = &metric{"trailwire_matches_total", "Alerts raised, suppressed ones included.", counter, ofRule}
	metricExcepted   = &metric{"trailwire_excepted_total", "Matches that an exception dropped.", counter, ofRule}
	metricSuppressed = &metric{"trailwire_suppressed_total", "Alerts that were marked as suppressed, by the reason: duplicate or max_signals.", counter, []string{"name", "plugin", "reason", "rule", "rule_id", "severity"}}
	metricEvaluation = &metric{"trailwire_evaluation_seconds", "How long it took to evaluate a chunk in which the search had found something.", histogram, ofInstance}
	metricNotTaken   = &metric{"trailwire_not_taken_total", "Records with alerts that the input trailwire did not take. They were tagged in place.", counter, ofInstance}
	metricStale      = &metric{"trailwire_settings_stale", "1 if a hot reload brought wrong settings and the earlier ones stay in use, else 0.", gauge, ofInstance}
	metricLearned    = &metric{"trailwire_learned_total", "New terms that raised no alert, because their rules were learning.", counter, ofInstance}
	metricLearning   = &metric{"trailwire_learning_rules", "Rules about new terms that raise no alert yet, because they learn.", gauge, ofInstance}
	metricMemory     = &metric{"trailwire_state_bytes", "Memory that rules about several events use to remember.", gauge, ofInstance}
	metricKeys       = &metric{"trailwire_state_keys", "Keys that a rule about several events remembers.", gauge, ofRule}
	metricEvicted    = &metric{"trailwire_state_evicted_total", "Keys that a rule about several events gave up, because the memory was full.", counter, ofRule}
	metricUnsaved    = &metric{"trailwire_state_unsaved_total", "How often the memory of rules could not be written to state_path.", counter, ofInstance}
	metricLastEvent  = &metric{"trailwire_last_event_timestamp_seconds", "When the last CloudTrail event was looked into, by this machine's clock. It is missing until there is one.", gauge, ofInstance}
	metricLastAlert  = &metric{"trailwire_last_alert_timestamp_seconds", "When the last alert was raised, suppressed or not, by this machine's clock. It is missing until there is one.", gauge, ofInstance}
	metricLag        = &metric{"trailwire_delivery_lag_seconds", "Time from the event of the last alert to the alert. It is missing until there is one.", gauge, ofInstance}
	metricOpenGrants = &metric{"trailwire_open_grants", "Resources with open grants that are followed.", gauge, ofInstance}
	metricForgotten  = &metric{"trailwire_grants_forgotten_total", "Resources whose open grants were given up, because the memory was full.", counter, ofInstance}
	metricBuild      = &metric{"trailwire_build_info", "Always 1; the labels say what is running.", gauge, []string{"go_version", "version"}}
)

// label identifies an instance, and a metric of one.
type label struct{ plugin, name string }

// scrape reads the counters of instances. While a configuration is reloaded there
// are two of one name. Their counts are added up, since no metric may come twice.
func scrape(instances []*Instance) exposition {
	seen := make(map[label]*total)
	var order []label
	for _, i := range instances {
		l := label{i.Plugin, valid(i.Name)} // an alias is any bytes
		if seen[l] == nil {
			seen[l] = &total{rules: make(map[rule]*detect.RuleStats)}
			order = append(order, l)
		}
		seen[l].add(i)
	}
	e := make(exposition)
	for _, l := range order {
		seen[l].expose(e, l)
	}
	e.add(metricBuild, 1, runtime.Version(), version.Number)
	return e
}

// valid returns a text as what the format demands of a label's value: UTF-8.
func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

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
	stale         bool
	remembers     bool
	memory        int64
	learning      int
	unsaved       uint64
	keeps         bool // the memory is kept in a file
	follows       bool // grants are followed
	openGrants    int
	forgotten     uint64
}

func (t *total) add(i *Instance) {
	chunks, bytes := i.Chunks()
	t.chunks += chunks
	t.bytes += bytes
	if i.Stale != nil && i.Stale() {
		t.stale = true
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
	if s.LastEvent.After(t.stats.LastEvent) {
		t.stats.LastEvent = s.LastEvent
	}
	if s.LastAlert.After(t.stats.LastAlert) {
		t.stats.LastAlert, t.stats.DeliveryLag = s.LastAlert, s.DeliveryLag
	}
	if i.Engine.FollowsGrants() {
		g := i.Engine.GrantStats()
		t.follows = true
		t.openGrants, t.forgotten = max(t.openGrants, g.Resources), max(t.forgotten, g.Evicted) // as with the memory
	}
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

// expose adds what was counted to a scrape.
func (t *total) expose(e exposition, l label) {
	ofInstance := func(m *metric, n uint64) { e.add(m, float64(n), l.name, l.plugin) }
	ofInstance(metricChunks, t.chunks)
	ofInstance(metricBytes, t.bytes)
	ofInstance(metricRecords, t.stats.Records)
	ofInstance(metricEvents, t.stats.Events)
	ofInstance(metricNoEvent, t.stats.NoEvent)
	ofInstance(metricMalformed, t.stats.Malformed)
	ofInstance(metricOverLimit, t.stats.OverLimit)
	if at := t.stats.LastEvent; !at.IsZero() {
		e.add(metricLastEvent, unixSeconds(at), l.name, l.plugin)
	}
	if at := t.stats.LastAlert; !at.IsZero() {
		e.add(metricLastAlert, unixSeconds(at), l.name, l.plugin)
		e.add(metricLag, t.stats.DeliveryLag.Seconds(), l.name, l.plugin)
	}
	if t.follows {
		ofInstance(metricOpenGrants, uint64(t.openGrants))
		ofInstance(metricForgotten, t.forgotten)
	}
	if t.routes {
		ofInstance(metricNotTaken, t.notTaken)
	}
	stale := uint64(0)
	if t.stale {
		stale = 1
	}
	ofInstance(metricStale, stale)
	if t.remembers {
		ofInstance(metricLearned, t.stats.Learned)
		ofInstance(metricLearning, uint64(t.learning))
		ofInstance(metricMemory, uint64(t.memory))
	}
	if t.keeps {
		ofInstance(metricUnsaved, t.unsaved)
	}
	for _, r := range t.order {
		exposeRule(e, l, r, t.rules[r])
	}
	e.addHistogram(metricEvaluation, &t.evaluation, l.name, l.plugin)
}

// unixSeconds returns a time as Prometheus's own time() does, to the millisecond.
func unixSeconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// exposeRule adds what was counted of a rule to a scrape.
func exposeRule(e exposition, l label, r rule, s *detect.RuleStats) {
	add := func(m *metric, n uint64) { e.add(m, float64(n), l.name, l.plugin, r.name, r.id, r.severity) }
	if s.Rule.Past() != nil {
		add(metricKeys, uint64(s.Remembered))
		add(metricEvicted, s.Evicted)
	}
	add(metricMatches, s.Alerts)
	add(metricExcepted, s.Excepted)
	suppressed := func(why alert.Suppression, n uint64) {
		e.add(metricSuppressed, float64(n), l.name, l.plugin, why.String(), r.name, r.id, r.severity)
	}
	suppressed(alert.Duplicate, s.Duplicates)
	suppressed(alert.OverMaxSignals, s.OverMaxSignals)
}
