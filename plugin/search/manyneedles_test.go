package search

import (
	"bytes"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/ordinary"
)

// BenchmarkManyNeedles searches ordinary traffic, without the events in which
// there is something, for what one rule needs and for what a hundred need, in C
// and in Go. The limit is a search for a byte that is not there.
func BenchmarkManyNeedles(b *testing.B) {
	built, err := detect.BuiltInRules()
	if err != nil {
		b.Fatal(err)
	}
	for _, set := range []struct {
		name  string
		rules []*detect.Rule
	}{{"1 rule", built}, {"10 rules", ordinary.Rules(10)}, {"100 rules", ordinary.Rules(100)}} {
		o := detect.DefaultOptions()
		o.Rules = set.rules
		engine, err := detect.New(o)
		if err != nil {
			b.Fatal(err)
		}
		needles, _ := engine.Needles()
		s, err := New(needles)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Free()
		var data []byte
		for _, e := range ordinary.Events(1000, 1) {
			if s.Next(e, 0) == len(e) {
				data = append(data, e...)
			}
		}
		run := func(name string, once func() bool) {
			b.Run(set.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if once() {
						b.Fatal("something was found")
					}
				}
				b.ReportMetric(float64(len(needles)), "needles")
			})
		}
		run("byte", func() bool { return bytes.IndexByte(data, 0xc1) >= 0 })
		run("C", func() bool { return s.Next(data, 0) < len(data) })
		run("Go", func() bool { return engine.Suspects(data) })
	}
}
