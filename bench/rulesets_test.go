package main

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestRulesThatAreMadeForThePurposeLoadAndMatchNothing(t *testing.T) {
	var rules []*rule.Rule
	for i, text := range workload.RuleFiles(1000) {
		r, err := rule.Parse("made.toml", text)
		if err != nil {
			t.Fatalf("rule %d: %v", i, err)
		}
		rules = append(rules, r)
	}
	options := detect.DefaultOptions()
	options.Rules, options.MaxSignals, options.DedupWindow = rules, 1<<20, -1
	engine, err := detect.New(options)
	if err != nil {
		t.Fatal(err)
	}
	v := engine.ThoroughEvaluator()
	for _, w := range workload.All {
		for _, record := range w.Packed(1, 2000) {
			for _, out := range v.Record(record, time.Time{}) {
				for _, a := range out.Alerts {
					t.Fatalf("%s: %s raises an alert", w.Name, a.Rule.Name)
				}
			}
		}
	}
}

func TestEachRuleThatIsMadeForThePurposeHasATextToSearchFor(t *testing.T) {
	for _, text := range workload.RuleFiles(300) {
		r, err := rule.Parse("made.toml", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newFilter([]*rule.Rule{r}); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
}
