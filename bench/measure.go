package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// measured is what one thing took.
type measured struct {
	seconds float64 // the least of all rounds
	allocs  float64 // of one run, the last
}

func (m measured) nanoseconds(events int) string {
	return fmt.Sprintf("%.0f", 1e9*m.seconds/float64(events))
}

func (m measured) allocations(events int) string {
	return fmt.Sprintf("%.2f", m.allocs/float64(events))
}

func ratio(a, b measured) string { return fmt.Sprintf("%.2f", a.seconds/b.seconds) }

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
		result[i].seconds = slices.Min(times[i])
	}
	return result
}

// table is a Markdown table that lines up in the source too.
type table struct {
	b *strings.Builder
	w *tabwriter.Writer
}

func newTable(b *strings.Builder, columns ...string) table {
	t := table{b, tabwriter.NewWriter(b, 0, 0, 1, ' ', 0)}
	t.row(columns...)
	fmt.Fprintf(t.w, "| ---%s\t|\n", strings.Repeat("\t| ---:", len(columns)-1))
	return t
}

func (t table) row(cells ...string) {
	fmt.Fprintf(t.w, "| %s\t|\n", strings.Join(cells, "\t| "))
}

func (t table) end() {
	_ = t.w.Flush() // a strings.Builder takes everything
	t.b.WriteByte('\n')
}
