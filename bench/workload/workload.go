// Package workload generates realistic CloudTrail traffic and rules, for
// benchmarks and tests. A [Workload] writes its records from a seed: the same
// seed gives the same bytes. The sizes of events follow real ones: 0.5 KB at
// least, a median of 1.3 KB, 2.4 KB at the 95th percentile, 66 KB at most. A
// Workload does not change; any goroutine may use it.
package workload

import (
	"encoding/json"
	"math/rand"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// Workload is one kind of traffic.
type Workload struct {
	Name string
	// Event writes the JSON of the i-th event.
	Event func(r *rand.Rand, i int) string
	// PerRecord is how many events one record holds.
	PerRecord int
	// Wrap makes a record of events; nil if the event is the record.
	Wrap func(events []string) string
}

// The workloads. Unless one says otherwise, a record is one event.
var (
	Mixed      = Workload{Name: "mixed account", Event: management}
	Invokes    = Workload{Name: "90 % Lambda Invoke", Event: invokes}
	OnePercent = Matching("1 % matches", 100)
	Thousandth = Matching("1 in 1,000 matches", 1_000)
	Rarely     = Matching("1 in 10,000 matches", 10_000)
	Burst      = Workload{Name: "deployment burst", Event: burst}
	S3Files    = Workload{Name: "S3 files", Event: management, PerRecord: 5000, Wrap: s3File}
	UnderLog   = Workload{Name: "JSON under log", Event: management, PerRecord: 1, Wrap: underLog}
	ECS        = Workload{Name: "ECS documents", Event: ecs}
)

// All lists the workloads.
var All = []Workload{Mixed, Invokes, OnePercent, Rarely, Burst, S3Files, UnderLog, ECS, Asked}

// Matching returns the mixed account with one match of the built-in rule in so
// many events. The match is the event in the middle, so that a part of the traffic
// has its share. Zero means none.
func Matching(name string, every int) Workload {
	return Workload{Name: name, Event: func(r *rand.Rand, i int) string {
		if every > 0 && i%every == every/2 {
			return grantToAccount(r, i)
		}
		return management(r, i)
	}}
}

// MatchingAmongFew is Matching with the same few other events over and over, which
// costs nothing to make. No two matches are the same. n is how many others there are.
func MatchingAmongFew(name string, every, n int) Workload {
	others := Mixed.Records(1, n)
	return Workload{Name: name, Event: func(r *rand.Rand, i int) string {
		if i%every == every/2 {
			return grantToAccount(r, i)
		}
		return others[i%n]
	}}
}

// Each writes the JSON of n events as records, from the seed, and calls visit
// with each record and the number of events so far, until visit has an error.
func (w Workload) Each(seed int64, n int, visit func(record string, events int) error) error {
	r := rand.New(rand.NewSource(seed))
	var events []string
	for i := 1; i <= n; i++ {
		record := w.Event(r, i-1)
		if w.Wrap != nil {
			if events = append(events, record); len(events) < w.PerRecord && i < n {
				continue
			}
			record, events = w.Wrap(events), events[:0]
		}
		if err := visit(record, i); err != nil {
			return err
		}
	}
	return nil
}

// Records returns the same records as a list.
func (w Workload) Records(seed int64, n int) (records []string) {
	_ = w.Each(seed, n, func(record string, _ int) error {
		records = append(records, record)
		return nil
	})
	return records
}

// Packed returns the same records as MessagePack, as Fluent Bit has them once it
// has read the JSON.
func (w Workload) Packed(seed int64, n int) [][]byte {
	var packed [][]byte
	for _, record := range w.Records(seed, n) {
		packed = append(packed, pack(record))
	}
	return packed
}

func pack(record string) []byte {
	body, err := document.AppendFromJSON(nil, []byte(record))
	if err != nil {
		panic(err) // a mistake in this package: what it writes is JSON
	}
	return body
}

func s3File(events []string) string { return `{"Records":[` + strings.Join(events, ",") + `]}` }

func underLog(events []string) string {
	text, _ := json.Marshal(events[0])
	return `{"log":` + string(text) + `,"stream":"stdout"}`
}
