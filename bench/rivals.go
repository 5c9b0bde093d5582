package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/bench/workload"
)

// rivals are Fluent Bit's own filters at the same job: they find the records that
// let somebody invoke a function.
var rivals = []setup{
	routes[0],
	routes[2],
	{name: "grep", filters: []string{`{name: grep, match: cloudtrail, exclude: "$eventName ^AddPermission"}`}},
	{name: "rewrite_tag", filters: []string{`{name: rewrite_tag, match: cloudtrail, rule: "$eventName ^AddPermission alert.high true"}`}},
	{name: "lua", filters: []string{"{name: lua, match: cloudtrail, script: rule.lua, call: rule}"}},
	{name: "wasm", filters: []string{"{name: wasm, match: cloudtrail, wasm_path: rule.wasm, function_name: rule, accessible_paths: ., wasm_stack_size: 1M, wasm_heap_size: 16M}"}},
}

// The events that each rival gets: the slowest takes six times as long as no
// filter.
const (
	soughtForCPU          = 30_000
	soughtForInstructions = 4_000
)

// besideRivals compares the plugin's cost with that of Fluent Bit's own
// filters.
func besideRivals(o options) (string, error) {
	return inPipelines(o, "Beside Fluent Bit's own filters", "rivals", measureRivals)
}

func measureRivals(b *strings.Builder, p *pipelines, version string, o options) error {
	few, many := feed{workload.Thousandth, soughtForInstructions}, feed{workload.Thousandth, soughtForCPU}
	if err := p.addRivals(few, many); err != nil {
		return err
	}
	cpu, err := p.cpuPerEvent(rivals, []feed{many}, o.runs())
	if err != nil {
		return err
	}
	instructions := p.instructionsPerEvent(rivals, []feed{few})
	fmt.Fprintf(b, "%s: the pipeline of the section before, one event in 1,000 a match. \"To start\" is the CPU that a Fluent Bit takes for\n"+
		"no event. CPU is of %d events in each run, the least of %d as in the section before, instructions are of %d. The wasm filter\n"+
		"calls a program in Go, which looks for the action in the text of each record; the Lua filter does all of the rule.\n\n",
		version, soughtForCPU, o.runs(), soughtForInstructions)
	t := newTable(b, "filter", "to start, ms", "CPU µs/event", "over none", "instructions/event", "over none")
	for i, s := range rivals {
		count := instructions.event[i][0]
		counted := "not counted"
		if count > 0 {
			counted = fmt.Sprintf("%.0f", count)
		}
		t.row(s.name, fmt.Sprintf("%.0f", 1e3*cpu.start[i]),
			fmt.Sprintf("%.2f", 1e6*cpu.event[i][0]), over(cpu.event[i][0], cpu.event[0][0]),
			counted, over(count, instructions.event[0][0]))
	}
	t.end()
	if instructions.event[0][0] > 0 && slices.ContainsFunc(instructions.event, func(of []float64) bool { return of[0] == 0 }) {
		fmt.Fprintln(b, "Not counted is what valgrind cannot run: it does not know an instruction that the wasm filter executes.")
	}
	return nil
}

// addRivals adds the feeds and the rivals.
func (p *pipelines) addRivals(feeds ...feed) error {
	if err := p.prepare(rivals, feeds); err != nil {
		return err
	}
	for _, name := range []string{"rule.lua", "rule.go"} {
		text, err := files.ReadFile("rivals/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	compile := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", "rule.wasm", "rule.go")
	compile.Dir, compile.Env = p.dir, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("rule.go: %w: %s", err, out)
	}
	return nil
}
