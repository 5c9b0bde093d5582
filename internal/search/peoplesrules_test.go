package search

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// rulesThatPeopleHave are Elastic's and SigmaHQ's, from the checkouts that two variables name, as for
// the tests of detect/conformance.
func rulesThatPeopleHave(t testing.TB) []*rule.Rule {
	t.Helper()
	elastic, sigma := os.Getenv("TRAILWIRE_DETECTION_RULES"), os.Getenv("TRAILWIRE_SIGMA")
	if elastic == "" || sigma == "" {
		t.Skip("SKIPPED: TRAILWIRE_DETECTION_RULES and TRAILWIRE_SIGMA name no checkouts of github.com/elastic/detection-rules and github.com/SigmaHQ/sigma")
	}
	rules, _, err := rule.Load([]string{
		"-builtin", filepath.Join(elastic, "rules/integrations/aws/*.toml"), filepath.Join(sigma, "rules/cloud/aws/cloudtrail/*.yml"),
	}, rule.SkipUnsupported)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// optionsFor suppress nothing.
func optionsFor(rules []*rule.Rule) detect.Options {
	o := detect.DefaultOptions()
	o.Rules, o.MaxSignals, o.DedupWindow = rules, 1<<20, -1
	return o
}

func TestTheRulesThatPeopleHaveSayTheSameWithASearchForTexts(t *testing.T) {
	rules := rulesThatPeopleHave(t)
	plain := optionsFor(rules)
	searching := plain
	s, err := For(&searching)
	if err != nil || s == nil {
		t.Fatalf("there is no search: %v", err)
	}
	t.Cleanup(s.Free)
	if searching.SearchTexts == nil {
		t.Fatal("no rule is about any call")
	}
	verdicts := func(o detect.Options) func(record []byte) (ids []string) {
		engine, err := detect.New(o)
		if err != nil {
			t.Fatal(err)
		}
		v := engine.ThoroughEvaluator()
		return func(record []byte) (ids []string) {
			for _, out := range v.Record(record, time.Time{}) {
				for _, a := range out.Alerts {
					ids = append(ids, a.Rule.ID)
				}
			}
			return ids
		}
	}
	one, other, inChunk := verdicts(plain), verdicts(searching), verdictsInChunk(t, s, searching)
	alerts := 0
	for _, w := range []workload.Workload{workload.Asked, workload.Mixed, workload.OnePercent, workload.ECS, workload.UnderLog, workload.S3Files} {
		for _, record := range w.Packed(1, 3_000) {
			want := one(record)
			alerts += len(want)
			if got := other(record); !slices.Equal(got, want) {
				t.Fatalf("%s: the rules %v match with the search, want %v", w.Name, got, want)
			}
			if got := inChunk(record); !slices.Equal(got, want) {
				t.Fatalf("%s: in a chunk the rules %v match, want %v", w.Name, got, want)
			}
		}
	}
	if alerts == 0 {
		t.Error("no rule matches: nothing was compared")
	}
}

// verdictsInChunk returns the ids of the rules that match a record between two others, as the filter finds it.
func verdictsInChunk(t *testing.T, s *Search, o detect.Options) func(record []byte) (ids []string) {
	t.Helper()
	engine, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1781776800, 0)
	nothing := msgp.AppendMapHeader(nil, 0)
	return func(record []byte) (ids []string) {
		data := chunk.Append(chunk.Append(chunk.Append(nil, at, nothing), at, record), at, nothing)
		chunk.Alerts(data, engine, s.Over(data, s.Next(data, 0)), nil, func(_ *chunk.Event, o *detect.Output) {
			for _, a := range o.Alerts {
				ids = append(ids, a.Rule.ID)
			}
		})
		return ids
	}
}

// BenchmarkRulesThatPeopleHave filters events of which one in four is a call that some rule asks for.
func BenchmarkRulesThatPeopleHave(b *testing.B) {
	rules := rulesThatPeopleHave(b)
	const events = 1000
	var data []byte
	for _, e := range workload.Asked.Packed(1, events) {
		data = chunk.Append(data, time.Unix(1781776800, 0), e)
	}
	o := optionsFor(quiet(b, rules, data))
	s, err := For(&o)
	if err != nil || s == nil {
		b.Fatalf("there is no search: %v", err)
	}
	b.Cleanup(s.Free)
	engine, err := detect.New(o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if hit := s.Next(data, 0); hit < len(data) {
			if _, changed := chunk.FilterSuspects(func() []byte { return nil }, data, engine, s.Over(data, hit), nil); changed {
				b.Fatal("a rule matches")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
	b.ReportMetric(float64(len(o.Rules)), "rules")
}

// quiet returns the rules that raise no alert on a chunk.
func quiet(t testing.TB, rules []*rule.Rule, data []byte) (kept []*rule.Rule) {
	t.Helper()
	engine, err := detect.New(optionsFor(rules))
	if err != nil {
		t.Fatal(err)
	}
	raised := make(map[string]bool)
	chunk.Alerts(data, engine, nil, nil, func(_ *chunk.Event, o *detect.Output) {
		for _, a := range o.Alerts {
			raised[a.Rule.ID] = true
		}
	})
	for _, r := range rules {
		if !raised[r.ID] {
			kept = append(kept, r)
		}
	}
	return kept
}
