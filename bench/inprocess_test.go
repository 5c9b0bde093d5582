package main

import (
	"testing"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// BenchmarkFilter is what a workload costs in the filter, as the report has it.
func BenchmarkFilter(b *testing.B) {
	for _, w := range workload.All {
		b.Run(w.Name, func(b *testing.B) {
			f, err := newFilter(builtIn(b))
			if err != nil {
				b.Fatal(err)
			}
			reportPerEvent(b, pack(w, 10_000), f.run)
		})
	}
}

// BenchmarkRaise is what S3 files cost where alerts get records of their own and the files stay
// as they are.
func BenchmarkRaise(b *testing.B) {
	for _, every := range []int{0, 1_000, 100} {
		w := workload.Matching("no match", every)
		if every > 0 {
			w.Name = "1 match in " + map[int]string{1_000: "1,000", 100: "100"}[every]
		}
		w.PerRecord, w.Wrap = workload.S3Files.PerRecord, workload.S3Files.Wrap
		b.Run(w.Name, func(b *testing.B) {
			f, err := newFilter(builtIn(b), func(o *detect.Options) { o.Split = false })
			if err != nil {
				b.Fatal(err)
			}
			reportPerEvent(b, pack(w, 10_000), f.raise)
		})
	}
}

// raise is run for alerts that get records of their own.
func (f *filter) raise(t traffic) {
	for _, c := range t.chunks {
		if hit := f.search.Next(c, 0); hit < len(c) {
			chunk.Raise(c, f.engine, f.search.Over(c, hit), nil, func(header []byte, o *detect.Output) {
				f.out = append(append(f.out[:0], header...), o.Body...)
			})
		}
	}
}

func builtIn(b *testing.B) []*rule.Rule {
	rules, err := rule.BuiltIn()
	if err != nil {
		b.Fatal(err)
	}
	return rules
}

func reportPerEvent(b *testing.B, t traffic, job func(traffic)) {
	b.ReportAllocs()
	b.SetBytes(int64(t.bytes))
	for b.Loop() {
		job(t)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*t.events), "ns/event")
}
