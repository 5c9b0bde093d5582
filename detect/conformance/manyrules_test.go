package conformance

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// ordinaryTraffic is a thousand ordinary events.
func ordinaryTraffic() (events [][]byte, size int) {
	events = workload.Mixed.Packed(1, 1000)
	for _, e := range events {
		size += len(e)
	}
	return events, size
}

// evaluating returns a function that evaluates rules once on ordinary traffic. What
// the search before it costs is measured in internal/search.
func evaluating(t testing.TB, rules []*rule.Rule) func() {
	events, _ := ordinaryTraffic()
	engine := newEngine(t, func(o *detect.Options) { o.Rules, o.DedupWindow = rules, -1 })
	v := engine.ThoroughEvaluator()
	return func() {
		for _, e := range events {
			v.Record(e, time.Time{})
		}
	}
}

// ruleSets are the rules that are compared. Everyday rules are about a call
// that ordinary traffic has, as one of Elastic's is, so that the search cannot
// help.
func ruleSets(t testing.TB) map[string][]*rule.Rule {
	built, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	everyday := ruleWith(t, `any where event.provider == "s3.amazonaws.com" and event.action == "GetBucketAcl" and aws.cloudtrail.resources.arn regex~ ".*ransom.*"`)
	return map[string][]*rule.Rule{
		"1 rule":                    built,
		"10 rules":                  workload.Rules(10),
		"100 rules":                 workload.Rules(100),
		"1 everyday rule":           {everyday},
		"100 rules, 1 for everyday": append(workload.Rules(99), everyday),
	}
}

func BenchmarkManyRules(b *testing.B) {
	_, size := ordinaryTraffic()
	sets := ruleSets(b)
	for _, set := range []string{"1 rule", "10 rules", "100 rules", "1 everyday rule", "100 rules, 1 for everyday"} {
		once := evaluating(b, sets[set])
		b.Run(set, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
		})
	}
}

func TestAHundredRulesCostAtMostThreeTimesWhatOneCosts(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("SKIPPED: it measures, and the race detector slows down Go's own code alone")
	}
	sets := ruleSets(t)
	for _, pair := range [][2]string{{"1 rule", "100 rules"}, {"1 everyday rule", "100 rules, 1 for everyday"}} {
		ways := []func(){evaluating(t, sets[pair[0]]), evaluating(t, sets[pair[1]])}
		// In turns, and the least of each: what else the machine does hits both
		// alike.
		least := [2]time.Duration{1 << 62, 1 << 62}
		for range 15 {
			for i, once := range ways {
				start := time.Now()
				once()
				least[i] = min(least[i], time.Since(start))
			}
		}
		ratio := float64(least[1]) / float64(least[0])
		t.Logf("%s %v, %s %v: %.2f times", pair[0], least[0], pair[1], least[1], ratio)
		if ratio > 3 {
			t.Errorf("%s cost %.2f times what %s costs", pair[1], ratio, pair[0])
		}
	}
}
