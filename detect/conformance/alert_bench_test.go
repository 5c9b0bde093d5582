package conformance

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// BenchmarkOneAlert is what an event that raises an alert costs: by the built-in rule, in each format, and by a
// rule about a call that grants nothing to anybody outside.
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
		name   string
		event  []byte
		rules  []*rule.Rule
		format alert.Format
	}{
		{"a grant", workload.Matching("", 1).Packed(1, 1)[0], builtIn, alert.FormatNative},
		{"a grant, ECS", workload.Matching("", 1).Packed(1, 1)[0], builtIn, alert.FormatECS},
		{"a grant, OCSF", workload.Matching("", 1).Packed(1, 1)[0], builtIn, alert.FormatOCSF},
		{"a call", ownPolicies(1_000)[0], []*rule.Rule{aboutCall}, alert.FormatNative},
	} {
		b.Run(of.name, func(b *testing.B) {
			engine := newEngine(b, func(o *detect.Options) {
				o.Rules, o.MaxSignals, o.DedupWindow, o.AlertFormat = of.rules, 1<<30, -1, of.format
			})
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

// BenchmarkNoAlert is what an event costs that is evaluated and raises nothing, with all that alerts
// may say switched on: none of it is read before there is an alert.
func BenchmarkNoAlert(b *testing.B) {
	r, err := rule.Parse("r.toml", []byte(reasonRule("{aws.cloudtrail.resources.arn} {aws.cloudtrail.request_parameters}")))
	if err != nil {
		b.Fatal(err)
	}
	other, err := rule.Parse("r.toml", []byte(kqlRule(`event.action: DeleteBucketPolicy and user.name: nobody`)))
	if err != nil {
		b.Fatal(err)
	}
	saying := *other
	saying.Reason, saying.Note = r.Reason, "# Steps"
	for name, change := range map[string]func(*detect.Options){
		"plain": func(o *detect.Options) { o.Rules = []*rule.Rule{other} },
		"everything": func(o *detect.Options) {
			atCollector(o)
			o.Rules, o.AlertGuide, o.AlertFormat = []*rule.Rule{&saying}, true, alert.FormatECS
		},
	} {
		b.Run(name, func(b *testing.B) {
			v := newEngine(b, change).ThoroughEvaluator()
			event := ownPolicies(1_000)[0]
			b.ReportAllocs()
			for b.Loop() {
				if v.Raise(event, time.Time{}) != nil {
					b.Fatal("there is an alert")
				}
			}
		})
	}
}
