package conformance

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// BenchmarkOneAlert is what an event that raises an alert costs: by the built-in rule, and by a rule
// about a call that grants nothing to anybody outside.
func BenchmarkOneAlert(b *testing.B) {
	builtIn, err := rule.BuiltIn()
	if err != nil {
		b.Fatal(err)
	}
	aboutCall, err := rule.Parse("r.toml", []byte(kqlRule(`event.action: PutBucketPolicy`)))
	if err != nil {
		b.Fatal(err)
	}
	for _, of := range []struct {
		name  string
		event []byte
		rules []*rule.Rule
	}{
		{"a grant", workload.Matching("", 1).Packed(1, 1)[0], builtIn},
		{"a call", ownPolicies(1_000)[0], []*rule.Rule{aboutCall}},
	} {
		b.Run(of.name, func(b *testing.B) {
			engine := newEngine(b, func(o *detect.Options) { o.Rules, o.MaxSignals, o.DedupWindow = of.rules, 1<<30, -1 })
			v := engine.Evaluator()
			b.ReportAllocs()
			for b.Loop() {
				if len(v.Raise(of.event, time.Time{})) != 1 {
					b.Fatal("there is no alert")
				}
			}
		})
	}
}
