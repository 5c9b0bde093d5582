package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/trailwire/trailwire/bench/ordinary"
	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/plugin/chunk"
	"github.com/trailwire/trailwire/plugin/search"
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

func pack(w workload.Workload, events int) (traffic, error) {
	t := traffic{name: w.Name, events: events}
	var c []byte
	for _, record := range w.Records(1, events) {
		body, err := document.AppendFromJSON(nil, []byte(record))
		if err != nil {
			return t, err
		}
		if c = chunk.Append(c, time.Unix(1781776800, 0), body); len(c) > chunkSize {
			t.chunks, t.bytes, c = append(t.chunks, c), t.bytes+len(c), nil
		}
	}
	t.chunks, t.bytes = append(t.chunks, c), t.bytes+len(c)
	for _, c := range t.chunks {
		t.rarest = append(t.rarest, rarestByte(c))
	}
	return t, nil
}

// filter is what the plugin does with a chunk: the search, and Go where it has
// a hit.
type filter struct {
	engine *detect.Engine
	search *search.Search
	out    []byte
}

func newFilter(change func(*detect.Options)) (*filter, error) {
	options := detect.DefaultOptions()
	rules, err := detect.BuiltInRules()
	if err != nil {
		return nil, err
	}
	options.Rules = rules
	if change != nil {
		change(&options)
	}
	f := new(filter)
	if f.engine, err = detect.New(options); err != nil {
		return nil, err
	}
	needles, ok := f.engine.Needles()
	if !ok {
		return nil, fmt.Errorf("a rule has no needle")
	}
	f.search, err = search.New(needles)
	return f, err
}

func (f *filter) run(t traffic) {
	for _, c := range t.chunks {
		if hit := f.search.Next(c, 0); hit < len(c) {
			f.out, _ = chunk.FilterSuspects(f.out[:0], c, f.engine, func(from int) int {
				if from <= hit {
					return hit
				}
				return f.search.Next(c, from)
			})
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

// indexByte is the limit: the fastest look at every byte that Go has, for the
// byte that each chunk has least of, most often none.
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

// measured is what one thing took.
type measured struct {
	seconds float64 // median of all rounds
	allocs  float64 // of one run, the last
}

// measure takes the time of each job in turn, round after round.
func measure(rounds int, jobs ...func()) []measured {
	times := make([][]float64, len(jobs))
	result := make([]measured, len(jobs))
	for range rounds {
		for i, job := range jobs {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			job()
			took := time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			times[i] = append(times[i], took)
			result[i].allocs = float64(after.Mallocs - before.Mallocs)
		}
	}
	for i := range result {
		slices.Sort(times[i])
		result[i].seconds = times[i][len(times[i])/2]
	}
	return result
}

func inProcess(w io.Writer, rounds int) error {
	const events = 20_000
	fmt.Fprintf(w, "## The filter by itself\n\n%d events a workload, in chunks of 2 MB, one thread. The limit is `bytes.IndexByte` over the same bytes,\n"+
		"for the byte that each chunk has least of; the search is what decides whether Go is entered at all; the filter is search,\n"+
		"walk, evaluation and rewriting.\n\n", events)
	table := newTable(w, "workload", "bytes/event", "limit GB/s", "search GB/s", "search/limit", "filter GB/s", "filter/limit", "events/s", "ns/event", "allocs/event")
	for _, kind := range workload.All {
		t, err := pack(kind, events)
		if err != nil {
			return err
		}
		f, err := newFilter(func(o *detect.Options) { o.MaxSignals = 1 << 20; o.DedupWindow = -1 })
		if err != nil {
			return err
		}
		table.add(t, measure(rounds, func() { indexByte(t) }, func() { f.find(t) }, func() { f.run(t) }))
	}
	many, err := newFilter(func(o *detect.Options) { o.Rules = append(o.Rules, ordinary.Rules(99)...) })
	if err != nil {
		return err
	}
	mixed, err := pack(workload.All[0], events)
	if err != nil {
		return err
	}
	mixed.name = "mixed account, 100 rules"
	table.add(mixed, measure(rounds, func() { indexByte(mixed) }, func() { many.find(mixed) }, func() { many.run(mixed) }))
	table.flush()

	plain, err := newFilter(nil)
	if err != nil {
		return err
	}
	m := measure(3, func() { decode(mixed) }, func() { plain.run(mixed) })
	fmt.Fprintf(w, "fluent-bit-go's decoder, which only decodes, takes %.0f ns and %.0f allocations an event over the mixed account: the\nfilter is %.0f times as fast.\n\n",
		1e9*m[0].seconds/events, m[0].allocs/events, m[0].seconds/m[1].seconds)
	return growth(w, rounds)
}

// growth shows that cost is linear in events.
func growth(w io.Writer, rounds int) error {
	fmt.Fprint(w, "Cost against number of events, where 1 % match:\n\n| events | ns/event |\n| ---: | ---: |\n")
	f, err := newFilter(func(o *detect.Options) { o.MaxSignals = 1 << 20; o.DedupWindow = -1 })
	if err != nil {
		return err
	}
	base, err := pack(workload.All[2], 10_000)
	if err != nil {
		return err
	}
	for _, times := range []int{1, 10, 100} {
		t := base
		t.chunks = slices.Repeat(base.chunks, times)
		m := measure(max(3, rounds/2), func() { f.run(t) })
		fmt.Fprintf(w, "| %d | %.0f |\n", times*base.events, 1e9*m[0].seconds/float64(times*base.events))
	}
	fmt.Fprintln(w)
	return nil
}

// table is a Markdown table that lines up in the source too.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)}
	fmt.Fprintf(t.w, "| %s\t|\n", strings.Join(columns, "\t| "))
	fmt.Fprintf(t.w, "| ---%s\t|\n", strings.Repeat("\t| ---:", len(columns)-1))
	return t
}

func (t table) add(what traffic, m []measured) {
	limit, search, filter := m[0], m[1], m[2]
	gb := func(m measured) float64 { return float64(what.bytes) / m.seconds / 1e9 }
	n := float64(what.events)
	fmt.Fprintf(t.w, "| %s\t| %d\t| %.1f\t| %.1f\t| %.2f\t| %.1f\t| %.2f\t| %.1f M\t| %.0f\t| %.2f\t|\n", what.name, what.bytes/what.events,
		gb(limit), gb(search), limit.seconds/search.seconds, gb(filter), limit.seconds/filter.seconds,
		n/filter.seconds/1e6, 1e9*filter.seconds/n, filter.allocs/n)
}

func (t table) flush() {
	t.w.Flush()
	t.w.Write([]byte("\n"))
	t.w.Flush()
}
