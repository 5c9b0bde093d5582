package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/search"
)

// chunkSize is about how large Fluent Bit makes a chunk.
const chunkSize = 2 << 20

// traffic is a workload as Fluent Bit would hand it over.
type traffic struct {
	name   string
	events int
	bytes  int
	chunks [][]byte
	rarest []byte // the byte that each chunk has least of
}

func pack(w workload.Workload, events int) traffic {
	t := traffic{name: w.Name, events: events}
	var c []byte
	for _, record := range w.Packed(1, events) {
		if c = chunk.Append(c, time.Unix(1781776800, 0), record); len(c) > chunkSize {
			t.chunks, t.bytes, c = append(t.chunks, c), t.bytes+len(c), nil
		}
	}
	t.chunks, t.bytes = append(t.chunks, c), t.bytes+len(c)
	for _, c := range t.chunks {
		t.rarest = append(t.rarest, rarestByte(c))
	}
	return t
}

// filter is what the plugin does with a chunk: the search, then Go if there is
// a hit.
type filter struct {
	engine *detect.Engine
	search *search.Search
	out    []byte
}

// newFilter returns the filter with these rules. It suppresses nothing.
func newFilter(rules []*rule.Rule, configure ...func(*detect.Options)) (f *filter, err error) {
	options := detect.DefaultOptions()
	options.Rules, options.MaxSignals, options.DedupWindow = rules, 1<<20, -1
	for _, c := range configure {
		c(&options)
	}
	f = new(filter)
	if f.search, err = search.For(&options); err != nil {
		return nil, err
	}
	if f.search == nil {
		return nil, fmt.Errorf("a rule has no needle")
	}
	f.engine, err = detect.New(options)
	return f, err
}

func (f *filter) run(t traffic) {
	for _, c := range t.chunks {
		if hit := f.search.Next(c, 0); hit < len(c) {
			f.out, _ = chunk.FilterSuspects(func() []byte { return f.out[:0] }, c, f.engine, f.search.Over(c, hit), nil)
		}
	}
}

func (f *filter) find(t traffic) {
	for _, c := range t.chunks {
		for at := 0; at < len(c); at++ {
			at = f.search.Next(c, at)
		}
	}
}

// indexByte is the limit: the fastest look at every byte that Go has. It
// searches for the byte that each chunk has least of, most often none.
func indexByte(t traffic) {
	for i, c := range t.chunks {
		for at := 0; at >= 0; {
			c = c[at:]
			if at = bytes.IndexByte(c, t.rarest[i]); at >= 0 {
				at++
			}
		}
	}
}

// rarestByte returns the byte that c has least of.
func rarestByte(c []byte) (rarest byte) {
	var count [256]int
	for _, b := range c {
		count[b]++
	}
	for b := range count {
		if count[b] < count[rarest] {
			rarest = byte(b)
		}
	}
	return rarest
}

func decode(t traffic) {
	for _, c := range t.chunks {
		decoder := output.NewDecoder(unsafe.Pointer(&c[0]), len(c))
		for {
			if ret, _, _ := output.GetRecord(decoder); ret != 0 {
				break
			}
		}
	}
}

// events is how many of a workload are looked at.
const events = 20_000

func inProcess(o options) (string, error) {
	builtIn, err := rule.BuiltIn()
	if err != nil {
		return "", err
	}
	f, err := newFilter(builtIn)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## The filter by itself\n\n%s\n", origin("go run ./bench -only alone"))
	fmt.Fprintf(&b, "%d events a workload, in chunks of 2 MB, one thread. The limit is `bytes.IndexByte` over the same bytes,\n"+
		"for the byte that each chunk has least of; the search decides whether Go is entered at all; the filter is search,\n"+
		"walk, evaluation and rewriting.\n\n", events)
	t := newTable(&b, "workload", "bytes/event", "limit GB/s", "search GB/s", "search/limit", "filter GB/s", "filter/limit", "events/s", "ns/event", "allocs/event")
	for _, kind := range workload.All {
		w := pack(kind, events)
		m := measure(o.rounds, func() { indexByte(w) }, func() { f.find(w) }, func() { f.run(w) })
		limit, search, filter := m[0], m[1], m[2]
		gb := func(m measured) string { return fmt.Sprintf("%.1f", float64(w.bytes)/m.seconds/1e9) }
		t.row(w.name, fmt.Sprint(w.bytes/events), gb(limit), gb(search), ratio(limit, search), gb(filter), ratio(limit, filter),
			fmt.Sprintf("%.1f M", events/filter.seconds/1e6), filter.nanoseconds(events), filter.allocations(events))
	}
	t.end()

	mixed := pack(workload.Mixed, events)
	m := measure(3, func() { decode(mixed) }, func() { f.run(mixed) })
	fmt.Fprintf(&b, "fluent-bit-go's decoder, which only decodes, takes %s ns and %.0f allocations an event over the mixed account: the\nfilter is %.0f times as fast.\n\n",
		m[0].nanoseconds(events), m[0].allocs/events, m[0].seconds/m[1].seconds)
	if err := manyRules(&b, o.rounds, builtIn, mixed); err != nil {
		return "", err
	}
	growth(&b, o.rounds, f)
	return b.String(), nil
}

// manyRules shows what rules that match nothing cost, and what rules that match
// cost, over the same events.
func manyRules(b *strings.Builder, rounds int, builtIn []*rule.Rule, mixed traffic) error {
	sets := []struct {
		name  string
		rules []*rule.Rule
	}{
		{"the built-in rule", builtIn},
		{"100 rules that match nothing", append(workload.Rules(99), builtIn...)},
		{"100 rules, 2 of them match one event in 20", append(workload.Rules(98), workload.MatchingRules()...)},
	}
	var jobs []func()
	for _, s := range sets {
		f, err := newFilter(s.rules)
		if err != nil {
			return err
		}
		jobs = append(jobs, func() { f.find(mixed) }, func() { f.run(mixed) })
	}
	m := measure(rounds, jobs...)
	fmt.Fprintf(b, "Cost against number of rules, over the mixed account:\n\n")
	t := newTable(b, "rules", "search ns/event", "of one rule's", "filter ns/event", "of one rule's", "allocs/event")
	for i, s := range sets {
		search, filter := m[2*i], m[2*i+1]
		t.row(s.name, search.nanoseconds(events), ratio(search, m[0]), filter.nanoseconds(events), ratio(filter, m[1]), filter.allocations(events))
	}
	t.end()
	return nil
}

// growth shows that cost is linear in events.
func growth(b *strings.Builder, rounds int, f *filter) {
	fmt.Fprint(b, "Cost against number of events, where 1 % match:\n\n")
	base := pack(workload.OnePercent, 10_000)
	t := newTable(b, "events", "ns/event")
	for _, times := range []int{1, 10, 100} {
		many := base
		many.chunks = slices.Repeat(base.chunks, times)
		m := measure(max(3, rounds/2), func() { f.run(many) })
		t.row(fmt.Sprint(times*base.events), m[0].nanoseconds(times*base.events))
	}
	t.end()
}
