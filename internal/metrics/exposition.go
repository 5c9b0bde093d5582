package metrics

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// contentType is that of Prometheus's text format, which every server that scrapes
// reads: https://prometheus.io/docs/instrumenting/exposition_formats.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// kind is what Prometheus calls the type of a metric.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// metric is a name, what it says, and the names of its labels, in alphabetical
// order.
type metric struct {
	name, help string
	kind       kind
	labels     []string
}

// series is what a metric has for one set of label values: a line, or the lines
// of a histogram.
type series struct{ labels, lines string }

// exposition is one scrape. Prometheus's own library for Go would write the same
// bytes. It brings protocol buffers with it, and every Fluent Bit that loads the
// filter would pay for them with memory, whether it serves metrics or not.
type exposition map[*metric][]series

// add adds a value. The values of labels are in the order of their names.
func (e exposition) add(m *metric, value float64, labels ...string) {
	var b strings.Builder
	text := labelText(m.labels, labels)
	writeSample(&b, m.name, text, value)
	e[m] = append(e[m], series{text, b.String()})
}

// addHistogram adds what durations were observed, in seconds.
func (e exposition) addHistogram(m *metric, o *observations, labels ...string) {
	var b strings.Builder
	text := labelText(m.labels, labels)
	var count uint64
	for i, n := range o.buckets {
		count += n
		bound := math.Inf(1)
		if i < len(bounds) {
			bound = seconds(bounds[i])
		}
		writeSample(&b, m.name+"_bucket", text+`,le="`+number(bound)+`"`, float64(count))
	}
	writeSample(&b, m.name+"_sum", text, o.sum.Seconds())
	writeSample(&b, m.name+"_count", text, float64(count))
	e[m] = append(e[m], series{text, b.String()})
}

// String returns the scrape in Prometheus's text format: metrics by name, and the
// series of each by its labels.
func (e exposition) String() string {
	var b strings.Builder
	metrics := make([]*metric, 0, len(e))
	for m := range e {
		metrics = append(metrics, m)
	}
	slices.SortFunc(metrics, func(x, y *metric) int { return strings.Compare(x.name, y.name) })
	for _, m := range metrics {
		b.WriteString("# HELP " + m.name + " " + m.help + "\n# TYPE " + m.name + " " + string(m.kind) + "\n")
		slices.SortFunc(e[m], func(x, y series) int { return strings.Compare(x.labels, y.labels) })
		for _, s := range e[m] {
			b.WriteString(s.lines)
		}
	}
	return b.String()
}

func writeSample(to *strings.Builder, name, labels string, value float64) {
	to.WriteString(name + "{" + labels + "} " + number(value) + "\n")
}

// escaped are the characters that a label's value cannot have as they are.
var escaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func labelText(names, values []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + `="`)
		_, _ = escaped.WriteString(&b, values[i])
		b.WriteByte('"')
	}
	return b.String()
}

// number writes a number as Prometheus's own libraries do: infinity is +Inf.
func number(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }
