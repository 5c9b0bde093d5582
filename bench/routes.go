package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/bench/workload"
)

const (
	filterObject = "flb-filter_trailwire.so"
	inputObject  = "flb-in_trailwire.so"

	// Every match is to arrive, not only as many as a rule may raise in an
	// interval.
	everyMatch = "max_signals: 1000000"
	tagRecords = "{name: trailwire, match: cloudtrail, " + everyMatch + "}"
	isAlert    = "$alert['severity'] ^(high|critical)$"
)

// routes are the ways of an alert to an output of its own.
var routes = []setup{
	{name: "no filter"},
	{name: "tagged, not routed", plugins: []string{filterObject}, filters: []string{tagRecords}},
	{
		name: "alert_tag and the input trailwire", plugins: []string{filterObject, inputObject},
		input:   "{name: trailwire, alias: alerts}",
		filters: []string{"{name: trailwire, match: cloudtrail, alert_tag: alert.$severity, " + everyMatch + "}"},
	},
	{
		name: "the same with coverage all", plugins: []string{filterObject, inputObject},
		input:   "{name: trailwire, alias: alerts}",
		filters: []string{"{name: trailwire, match: cloudtrail, coverage: all, alert_tag: alert.$severity, " + everyMatch + "}"},
	},
	{
		name: "tagged, then rewrite_tag", plugins: []string{filterObject}, loses: true,
		filters: []string{tagRecords, `{name: rewrite_tag, match: cloudtrail, rule: "` + isAlert + ` alert.$alert['severity'] true"}`},
	},
	{
		name: "tagged, then grep on the output", plugins: []string{filterObject},
		filters: []string{tagRecords},
		alerts:  `match: cloudtrail, processors: {logs: [{name: grep, regex: "` + isAlert + `"}]}`,
	},
}

// timed are the routes whose CPU is measured too.
var timed = []setup{routes[0], routes[2], routes[3]}

// The events that each route gets: fewer for instructions, since callgrind takes
// its time.
const (
	routedForCPU          = 50_000
	routedForInstructions = 4_000
	rareForInstructions   = 12_000 // of 1 in 10,000: of fewer, none matches
)

// shares are the shares of events that match, in the order of the table.
var shares = []workload.Workload{
	workload.Matching("no match", 0),
	workload.Matching("1 in 10,000", 10_000),
	workload.Matching("1 in 1,000", 1_000),
	workload.Matching("1 in 100", 100),
}

// rare is the share of which so many events are needed that only the routes that are timed get them.
const rare = 1

// routing measures what it costs to route alerts.
func routing(o options) (string, error) {
	return inPipelines(o, "Routing alerts in a Fluent Bit pipeline", "routes", measureRoutes)
}

func measureRoutes(b *strings.Builder, p *pipelines, version string, o options) error {
	var few, many []feed
	for _, w := range shares {
		few, many = append(few, feed{w, routedForInstructions}), append(many, feed{w, routedForCPU})
	}
	few[rare].events = rareForInstructions
	for _, f := range append(few, many...) {
		if err := p.write(f); err != nil {
			return err
		}
	}
	if err := p.addRoutes(few[len(few)-1]); err != nil {
		return err
	}
	instructions := p.instructionsPerEvent(routes, slices.Delete(slices.Clone(few), rare, rare+1))
	ofRare := p.instructionsPerEvent(timed, few[rare:rare+1])
	cpu, err := p.cpuPerEvent(timed, many, o.runs())
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s: tail with a buffer of 1 MB, json parser, and two null outputs, one for the alerts. Of the mixed account\n"+
		"a share matches. The first row is what an event costs without a filter, the others how much more.\n\n"+
		"Instructions are of %d events (%d with 1 in 10,000), as callgrind counts them, less those of an eighth of the events.\n"+
		"CPU is the user and system time of %d events, less that of a start, each the least of %d runs. On each processor one Fluent Bit\n"+
		"runs at a time, and the runs of a route are spread over all the time. It is measured for the routes that the README shows,\n"+
		"and so are the instructions with 1 in 10,000.\n\n"+
		"For every route but the first two it was checked that each alert arrives, but for rewrite_tag, which loses some when\n"+
		"Fluent Bit ends. Three events in a hundred write a bucket policy for the own account, which coverage all reads.\n\n",
		version, routedForInstructions, rareForInstructions, routedForCPU, o.runs())
	columns := []string{"route"}
	for _, measure := range []string{"instructions", "CPU"} {
		for _, w := range shares {
			columns = append(columns, measure+", "+w.Name)
		}
	}
	t := newTable(b, columns...)
	for i, r := range routes {
		at := slices.IndexFunc(timed, func(s setup) bool { return s.name == r.name })
		counted := slices.Insert(cellsOf(instructions, i, "%.0f", 1), rare, cellsOf(ofRare, at, "%.0f", 1)...)
		t.row(slices.Concat([]string{r.name}, counted, cellsOf(cpu, at, "%.2f µs", 1e6))...)
	}
	t.end()
	return nil
}

// cellsOf writes what a setup costs for each feed: the first setup in a unit, the others over the first. They
// are empty for a setup that was not measured, whose number is -1.
func cellsOf(c cost, setup int, format string, unit float64) []string {
	cells := make([]string, len(c.event[0]))
	for i := range cells {
		switch {
		case setup == 0:
			cells[i] = fmt.Sprintf(format, unit*c.event[0][i])
		case setup > 0:
			cells[i] = over(c.event[setup][i], c.event[0][i])
		}
	}
	return cells
}

// addRoutes adds the routes. Each must carry the alerts of a feed in which one
// event in a hundred matches.
func (p *pipelines) addRoutes(f feed) error {
	for i, r := range routes {
		if err := p.add(r); err != nil {
			return err
		}
		want := 0
		if i >= 2 {
			want = f.events / 100
		}
		got, err := p.arrived(r.name, f)
		if err != nil || got > want || got < want && (!r.loses || got < want/2) {
			return errors.Join(err, fmt.Errorf("%s: %d alerts arrive, want %d", r.name, got, want))
		}
	}
	return nil
}
