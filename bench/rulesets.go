package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// The rules that people have are Elastic's and SigmaHQ's, whose texts are not ours to keep. Each of these variables
// names a checkout, as it does for the tests of detect/conformance.
const (
	elasticCheckout = "TRAILWIRE_DETECTION_RULES"
	sigmaCheckout   = "TRAILWIRE_SIGMA"

	elasticFiles = "rules/integrations/aws/*.toml"
	sigmaFiles   = "rules/cloud/aws/cloudtrail/*.yml"
)

// The events that a set of rules gets.
const (
	matchedForCPU          = 40_000
	matchedForInstructions = 8_000
)

// ruleSet is a folder with rules that raise no alert on the workload.
type ruleSet struct {
	name   string
	folder string
	rules  int
	noisy  []string // the names of those that were left out because they do
	events workload.Workload
}

// manyRulesInAPipeline measures what the rules that people have cost where there is no alert.
func manyRulesInAPipeline(o options) (string, error) {
	return inPipelines(o, "The rules that people have", "rules", measureRuleSets)
}

func measureRuleSets(b *strings.Builder, p *pipelines, version string, o options) error {
	made, err := p.addMade()
	if err != nil {
		return err
	}
	theirs, err := p.addRuleSets()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s: the pipeline of the section on routing. One event in four is one that some rule asks for, and none raises an alert.\n"+
		"Each set of rules of others has its own events, in which the search finds one in four for it. Instructions are of %d events,\n"+
		"CPU is of %d, the least of %d runs, both as in the section on routing. Rules that match what the account does all day are\n"+
		"left out:\n\n", version, matchedForInstructions, matchedForCPU, o.runs())
	for _, s := range theirs {
		fmt.Fprintf(b, "- %s:\n  - %s\n", s.name, strings.Join(s.noisy, "\n  - "))
	}
	if len(theirs) == 0 {
		fmt.Fprintf(b, "Elastic's rules: SKIPPED, %s names no checkout of github.com/elastic/detection-rules.\n", elasticCheckout)
	}
	fmt.Fprintln(b)
	t := newTable(b, "rules", "to start, ms", "CPU µs/event", "over none", "instructions/event", "over none")
	ours := []setup{
		routes[0],
		{name: "the built-in rule", plugins: []string{filterObject}, filters: []string{tagRecords}},
		{name: "coverage all", plugins: []string{filterObject}, filters: []string{"{name: trailwire, match: cloudtrail, coverage: all, " + everyMatch + "}"}},
	}
	for _, s := range made {
		ours = append(ours, s.setup())
	}
	if err := p.measureRules(t, workload.Asked, ours, o); err != nil {
		return err
	}
	for _, s := range theirs {
		if err := p.measureRules(t, s.events, []setup{{name: "no filter, events of " + s.name}, s.setup()}, o); err != nil {
			return err
		}
	}
	t.end()
	return nil
}

// measureRules writes what events cost with some sets of rules, the first of which is none.
func (p *pipelines) measureRules(t table, events workload.Workload, setups []setup, o options) error {
	for _, each := range setups {
		if err := p.add(each); err != nil {
			return err
		}
	}
	few, many := feed{events, matchedForInstructions}, feed{events, matchedForCPU}
	for _, f := range []feed{few, many} {
		if err := p.write(f); err != nil {
			return err
		}
	}
	instructions := p.instructionsPerEvent(setups, []feed{few})
	cpu, err := p.cpuPerEvent(setups, []feed{many}, o.runs())
	if err != nil {
		return err
	}
	for i, each := range setups {
		t.row(each.name, fmt.Sprintf("%.0f", 1e3*cpu.start[i]),
			fmt.Sprintf("%.2f", 1e6*cpu.event[i][0]), over(cpu.event[i][0], cpu.event[0][0]),
			fmt.Sprintf("%.0f", instructions.event[i][0]), over(instructions.event[i][0], instructions.event[0][0]))
	}
	return nil
}

// setup is the filter with the rules of the set.
func (s *ruleSet) setup() setup {
	return setup{
		name: fmt.Sprintf("%s, %d rules", s.name, s.rules), plugins: []string{filterObject},
		filters: []string{`{name: trailwire, match: cloudtrail, rules: "-builtin, ` + s.folder + `/*"}`},
	}
}

// addMade writes sets of rules that are made for the purpose to folders.
func (p *pipelines) addMade() (sets []ruleSet, err error) {
	for _, n := range []int{100, 1000} {
		s := ruleSet{name: "made for the purpose", folder: fmt.Sprintf("made-%d", n), rules: n}
		if err := p.writeMade(s); err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// addRuleSets copies the rules of the checkouts that load and raise no alert to folders.
func (p *pipelines) addRuleSets() (sets []ruleSet, err error) {
	if os.Getenv(elasticCheckout) == "" {
		return sets, nil
	}
	patterns := []string{filepath.Join(os.Getenv(elasticCheckout), elasticFiles)}
	names := []string{"Elastic's"}
	if checkout := os.Getenv(sigmaCheckout); checkout != "" {
		patterns = append(patterns, filepath.Join(checkout, sigmaFiles))
		names = append(names, "Elastic's and SigmaHQ's")
	}
	for i, name := range names {
		rules, _, err := rule.Load(append([]string{"-builtin"}, patterns[:i+1]...), rule.SkipUnsupported)
		if err != nil {
			return nil, err
		}
		s := ruleSet{name: name, folder: fmt.Sprintf("rules-%d", i)}
		if err := p.copyQuiet(&s, rules); err != nil {
			return nil, err
		}
		if s.events, err = eventsFor("a quarter asked for by "+name, rules); err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// writeMade writes the rules of a set that is made for the purpose.
func (p *pipelines) writeMade(s ruleSet) error {
	if err := os.Mkdir(filepath.Join(p.dir, s.folder), 0o755); err != nil {
		return err
	}
	for i, text := range workload.RuleFiles(s.rules) {
		if err := os.WriteFile(filepath.Join(p.dir, s.folder, fmt.Sprintf("%d.toml", i)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copyQuiet copies the files of the rules that raise no alert on the workload.
func (p *pipelines) copyQuiet(s *ruleSet, rules []*rule.Rule) error {
	noisy, err := alerting(rules)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(p.dir, s.folder), 0o755); err != nil {
		return err
	}
	for _, r := range rules {
		if noisy[r.ID] {
			s.noisy = append(s.noisy, r.Name)
			continue
		}
		text, err := os.ReadFile(r.File)
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, s.folder, filepath.Base(r.File)), text, 0o644)
		}
		if err != nil {
			return err
		}
		s.rules++
	}
	if s.rules == 0 {
		return errors.New("each rule raises alerts")
	}
	return nil
}

// eventsFor returns the workload in which a quarter is what the rules ask for.
func eventsFor(name string, rules []*rule.Rule) (workload.Workload, error) {
	isAsked, err := askedBy(rules)
	return workload.AskedBy(name, isAsked), err
}

// askedBy returns what tells whether an event as MessagePack is one that some of the rules asks for.
func askedBy(rules []*rule.Rule) (func(event []byte) bool, error) {
	options := detect.DefaultOptions()
	options.Rules = rules
	engine, err := detect.New(options)
	if err != nil {
		return nil, err
	}
	return engine.Suspects, nil
}

// alerting returns the ids of the rules that raise alerts on the workload.
func alerting(rules []*rule.Rule) (map[string]bool, error) {
	options := detect.DefaultOptions()
	options.Rules, options.MaxSignals, options.DedupWindow = rules, 1<<20, -1
	engine, err := detect.New(options)
	if err != nil {
		return nil, err
	}
	v, raised := engine.ThoroughEvaluator(), make(map[string]bool)
	for _, record := range workload.Asked.Packed(1, matchedForCPU) {
		for _, out := range v.Record(record, time.Time{}) {
			for _, a := range out.Alerts {
				raised[a.Rule.ID] = true
			}
		}
	}
	return raised, nil
}
