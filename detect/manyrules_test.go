package detect_test

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/plugin/chunk"
)

// ordinaryTraffic is a thousand ordinary events, one by one and in chunks of
// fifty, which is what a tail input hands over at a time.
func ordinaryTraffic() (events, chunks [][]byte, size int) {
	events = workload.Mixed.Packed(1, 1000)
	var data []byte
	for i, e := range events {
		data = chunk.Append(data, time.Unix(1781776800, 0), e)
		if (i+1)%50 == 0 {
			chunks, data, size = append(chunks, data), nil, size+len(data)
		}
	}
	return events, chunks, size
}

// costs are the ways in which rules are evaluated on ordinary traffic, each a
// function that does it once for all of the traffic.
func costs(t testing.TB, rules []*detect.Rule) map[string]func() {
	events, chunks, _ := ordinaryTraffic()
	engine := newEngine(t, func(o *detect.Options) { o.Rules, o.DedupWindow = rules, -1 })
	v := engine.ThoroughEvaluator()
	var out []byte
	return map[string]func(){
		"chunk": func() {
			for _, c := range chunks {
				out, _ = chunk.Filter(out[:0], c, engine)
			}
		},
		"search": func() {
			for _, c := range chunks {
				engine.Suspects(c)
			}
		},
		"event": func() {
			for _, e := range events {
				v.Record(e, time.Time{})
			}
		},
	}
}

// ruleSets are the rules that are compared. Everyday rules are about a call
// that ordinary traffic has, as one of Elastic's is, so that the search cannot
// help.
func ruleSets(t testing.TB) map[string][]*detect.Rule {
	built, err := detect.BuiltInRules()
	if err != nil {
		t.Fatal(err)
	}
	everyday := ruleWith(t, `any where event.provider == "s3.amazonaws.com" and event.action == "GetBucketAcl" and aws.cloudtrail.resources.arn regex~ ".*ransom.*"`)
	return map[string][]*detect.Rule{
		"1 rule":                    built,
		"10 rules":                  workload.Rules(10),
		"100 rules":                 workload.Rules(100),
		"1 everyday rule":           {everyday},
		"100 rules, 1 for everyday": append(workload.Rules(99), everyday),
	}
}

func BenchmarkManyRules(b *testing.B) {
	_, _, size := ordinaryTraffic()
	sets := ruleSets(b)
	for _, way := range []string{"search", "chunk", "event"} {
		for _, set := range []string{"1 rule", "10 rules", "100 rules", "1 everyday rule", "100 rules, 1 for everyday"} {
			once := costs(b, sets[set])[way]
			b.Run(way+"/"+set, func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					once()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
			})
		}
	}
}

func TestAHundredRulesCostAtMostThreeTimesWhatOneCosts(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("SKIPPED: it measures, and the race detector slows down Go's own code alone")
	}
	sets := ruleSets(t)
	for _, pair := range [][2]string{{"1 rule", "100 rules"}, {"1 everyday rule", "100 rules, 1 for everyday"}} {
		one, hundred := costs(t, sets[pair[0]]), costs(t, sets[pair[1]])
		for _, way := range []string{"chunk", "event"} {
			// In turns, and the least of each: what else the machine does
			// hits both alike.
			least := [2]time.Duration{1 << 62, 1 << 62}
			for range 15 {
				for i, once := range []func(){one[way], hundred[way]} {
					start := time.Now()
					once()
					least[i] = min(least[i], time.Since(start))
				}
			}
			ratio := float64(least[1]) / float64(least[0])
			t.Logf("%s: %s %v, %s %v: %.2f times", way, pair[0], least[0], pair[1], least[1], ratio)
			if ratio > 3 {
				t.Errorf("%s: %s cost %.2f times what %s costs", way, pair[1], ratio, pair[0])
			}
		}
	}
}
