package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect/rule"
)

// The events of each kind of traffic. S3 files have 5,000 each.
const (
	hauledForCPU          = 30_000
	hauledForInstructions = 4_000
	filesForInstructions  = 10_000 // of S3 files
	quietForInstructions  = 8_000  // where the search alone is measured, which is little
)

// following is the route with the input trailwire, and follow_grants on.
var following = setup{
	name: "follow_grants", plugins: routes[2].plugins, input: routes[2].input,
	filters: []string{"{name: trailwire, match: cloudtrail, alert_tag: alert.$severity, follow_grants: on, " + everyMatch + "}"},
}

// everyKindOfTraffic measures each workload in a pipeline.
func everyKindOfTraffic(o options) (string, error) {
	return inPipelines(o, "Each kind of traffic in a Fluent Bit pipeline", "traffic", measureTraffic)
}

func measureTraffic(b *strings.Builder, p *pipelines, version string, o options) error {
	if err := trafficByKind(b, p, version); err != nil {
		return err
	}
	return onThreads(b, p, o)
}

// otherKinds returns the workloads that are not the mixed account with a share of
// matches: those are measured with each route.
func otherKinds() []workload.Workload {
	routed := []string{workload.Mixed.Name, workload.OnePercent.Name, workload.Rarely.Name}
	return slices.DeleteFunc(slices.Clone(workload.All), func(w workload.Workload) bool { return slices.Contains(routed, w.Name) })
}

// trafficByKind writes a row for each workload: the instructions of its events.
func trafficByKind(b *strings.Builder, p *pipelines, version string) error {
	var feeds []feed
	for _, w := range otherKinds() {
		f := feed{w, hauledForInstructions}
		if w.PerRecord > hauledForInstructions {
			f.events = filesForInstructions
		}
		feeds = append(feeds, f)
	}
	setups := []setup{routes[0], routes[2]}
	if err := p.prepare(setups, feeds); err != nil {
		return err
	}
	c := p.instructionsPerEvent(setups, feeds)
	if err := p.add(following); err != nil {
		return err
	}
	invokes := feed{workload.Invokes, hauledForInstructions}
	followed := p.instructionsPerEvent([]setup{following}, []feed{invokes})
	nothingOpened, err := withoutGrantCalls()
	if err != nil {
		return err
	}
	unopened := feed{nothingOpened, quietForInstructions}
	covering := []setup{routes[0], routes[3]}
	if err := p.prepare(covering, []feed{unopened}); err != nil {
		return err
	}
	covered := p.instructionsPerEvent(covering, []feed{unopened})
	fmt.Fprintf(b, "%s: the pipeline of the section on routing, with alert_tag and the input trailwire. Instructions by event, of %d events\n"+
		"(%d in S3 files, %d in the last row). The mixed account and its shares of matches are in that section.\n\n",
		version, hauledForInstructions, filesForInstructions, quietForInstructions)
	t := newTable(b, "traffic", "without a filter", "with", "over none")
	row := func(name string, without, with float64) {
		t.row(name, fmt.Sprintf("%.0f", without), fmt.Sprintf("%.0f", with), over(with, without))
	}
	for i, f := range feeds {
		row(f.Name, c.event[0][i], c.event[1][i])
		if f.Name == invokes.Name {
			row(f.Name+", follow_grants on", c.event[0][i], followed.event[0][0])
		}
	}
	row(unopened.Name+", coverage all", covered.event[0][0], covered.event[1][0])
	t.end()
	return nil
}

// withoutGrantCalls is the mixed account without the calls that coverage all searches for: no event is read.
func withoutGrantCalls() (workload.Workload, error) {
	rules, err := rule.BuiltIn()
	if err != nil {
		return workload.Workload{}, err
	}
	aboutGrants, err := rule.AboutGrants()
	if err != nil {
		return workload.Workload{}, err
	}
	isAsked, err := askedBy(append(rules, aboutGrants...))
	return workload.NotAskedBy("mixed account without calls that can open something", isAsked), err
}

// onThreads writes what the filter costs where the input has a thread of its own.
func onThreads(b *strings.Builder, p *pipelines, o options) error {
	var setups []setup
	for _, s := range []setup{routes[0], routes[2]} {
		s.name, s.threaded = s.name+", threaded", true
		setups = append(setups, s)
	}
	var few, many []feed
	for _, w := range []workload.Workload{shares[0], shares[2]} {
		few, many = append(few, feed{w, hauledForInstructions}), append(many, feed{w, hauledForCPU})
	}
	if err := p.prepare(setups, append(few, many...)); err != nil {
		return err
	}
	instructions := p.instructionsPerEvent(setups, few)
	cpu, err := p.cpuPerEvent(setups, many, o.runs())
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "The same with `threaded: on` at the input tail. CPU is of %d events, the least of %d runs:\n\n", hauledForCPU, o.runs())
	t := newTable(b, "traffic", "instructions without a filter", "over none", "CPU µs without a filter", "over none")
	for i, f := range few {
		t.row(f.Name, fmt.Sprintf("%.0f", instructions.event[0][i]), over(instructions.event[1][i], instructions.event[0][i]),
			fmt.Sprintf("%.2f", 1e6*cpu.event[0][i]), over(cpu.event[1][i], cpu.event[0][i]))
	}
	t.end()
	return nil
}

// prepare writes the configurations of setups and the files of feeds.
func (p *pipelines) prepare(setups []setup, feeds []feed) error {
	for _, s := range setups {
		if err := p.add(s); err != nil {
			return err
		}
	}
	for _, f := range feeds {
		if err := p.write(f); err != nil {
			return err
		}
	}
	return nil
}
