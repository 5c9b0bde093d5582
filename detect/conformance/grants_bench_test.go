package conformance

import (
	"bytes"
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
)

// ownPolicies are the events of the mixed account that write a bucket policy, each for
// roles of the own account: what coverage all reads all day and says nothing about.
func ownPolicies(n int) (events [][]byte) {
	for _, e := range workload.Mixed.Packed(1, n) {
		if bytes.Contains(e, []byte("PutBucketPolicy")) {
			events = append(events, e)
		}
	}
	return events
}

func coverageAll(t testing.TB) *detect.Engine {
	t.Helper()
	o := detect.DefaultOptions()
	o.Coverage = alert.CoverAll
	o.Rules = append(o.Rules, aboutGrants(t)...)
	engine, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func BenchmarkCoverageAllOfAPolicyForTheOwnAccount(b *testing.B) {
	events := ownPolicies(1_000)
	v := coverageAll(b).Evaluator()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if v.Record(events[i%len(events)], time.Time{}) != nil {
			b.Fatal("a grant to the own account raised an alert")
		}
		i++
	}
}
