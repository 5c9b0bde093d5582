package main

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/trailwire/trailwire/bench/workload"
)

// The same job for Fluent Bit's own filters: to find the records in which
// somebody is allowed to invoke a function.
//
//go:embed rivals
var files embed.FS

var pipelines = []struct{ name, filter string }{
	{"no filter", ""},
	{"trailwire", "    - {name: trailwire, match: '*'}"},
	{"grep", "    - {name: grep, match: '*', exclude: \"$eventName ^AddPermission\"}"},
	{"rewrite_tag", "    - {name: rewrite_tag, match: cloudtrail, rule: \"$eventName ^AddPermission alert true\"}"},
	{"lua", "    - {name: lua, match: '*', script: rule.lua, call: rule}"},
	{"wasm", "    - {name: wasm, match: '*', wasm_path: rule.wasm, function_name: rule, accessible_paths: .}"},
}

const (
	many = 100_000 // events for the CPU's time
	few  = 8_000   // events for instructions, which callgrind takes its time over
)

func inFluentBit(o options) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## In a Fluent Bit pipeline\n\n%s\n", origin("make bench"))
	fluentBit, version, err := findFluentBit()
	if errors.Is(err, errNoFluentBit) {
		fmt.Fprintln(&b, "There is no fluent-bit on this machine: SKIPPED.")
		return b.String(), nil
	}
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	p, err := newPipeline(dir, fluentBit, o.plugin)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "%s: tail, json parser, filter, null output; the mixed account, one event in 10,000 a match.\n"+
		"CPU is user and system time of the whole process: to start is what it takes for no event, an event's is what %d of\n"+
		"them take more, divided. Instructions are callgrind's, in the same way for the first %d events, of which none\n"+
		"matches, and do not depend on the machine's mood. Callgrind has no AVX-512: it counts the search with AVX2.\n\n", version, many, few)
	for file, n := range map[string]int{"many.json": many, "few.json": few, "none.json": 0} {
		if err := p.write(file, n); err != nil {
			return "", err
		}
	}
	starts, events, err := p.times(max(3, o.rounds-2))
	if err != nil {
		return "", err
	}
	instructions := p.countInstructions()
	t := newTable(&b, "filter", "to start, ms", "CPU µs/event", "over none", "instructions/event", "over none")
	for i, index := range p.usable {
		counted, over := "not counted", ""
		if instructions[0] > 0 && instructions[i] > 0 {
			counted, over = fmt.Sprintf("%.0f", instructions[i]), percent(instructions[i]/instructions[0])
		}
		t.row(pipelines[index].name, fmt.Sprintf("%.0f", 1e3*starts[i]), fmt.Sprintf("%.2f", 1e6*events[i]), percent(events[i]/events[0]), counted, over)
	}
	t.end()
	if instructions[0] > 0 && slices.Contains(instructions, 0) {
		fmt.Fprintln(&b, "Not counted is what valgrind cannot run: it does not know an instruction that the wasm filter executes.")
	}
	if len(p.usable) < len(pipelines) {
		fmt.Fprintln(&b, "The wasm row needs clang and lld, which are not on this machine: SKIPPED.")
	}
	return b.String(), nil
}

func percent(ratio float64) string { return fmt.Sprintf("%+.1f %%", 100*(ratio-1)) }

// times returns the seconds that each pipeline takes to start, and those that an
// event takes.
func (p *pipeline) times(rounds int) (starts, events []float64, err error) {
	none, some := make([][]float64, len(p.usable)), make([][]float64, len(p.usable))
	for range rounds {
		for i, index := range p.usable {
			empty, err := p.run(pipelines[index].name, "none.json")
			if err != nil {
				return nil, nil, err
			}
			full, err := p.run(pipelines[index].name, "many.json")
			if err != nil {
				return nil, nil, err
			}
			none[i], some[i] = append(none[i], empty), append(some[i], full)
		}
	}
	for i := range p.usable {
		starts = append(starts, median(none[i]))
		events = append(events, (median(some[i])-median(none[i]))/many)
	}
	return starts, events, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// pipeline is a directory with a configuration for each filter.
type pipeline struct {
	dir, fluentBit string
	usable         []int // of pipelines
}

func newPipeline(dir, fluentBit, plugin string) (*pipeline, error) {
	plugin, err := filepath.Abs(plugin)
	if err != nil {
		return nil, err
	}
	p := &pipeline{dir: dir, fluentBit: fluentBit}
	for _, name := range []string{"rule.lua", "rule.c"} {
		text, err := files.ReadFile("rivals/" + name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, err
		}
	}
	compile := exec.Command("clang", "--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,--export=rule",
		"-Wl,--export=__heap_base", "-Wl,--export=__data_end", "-o", "rule.wasm", "rule.c")
	compile.Dir = dir
	wasm := compile.Run() == nil
	config, err := template.ParseFS(files, "rivals/pipeline.yaml.tmpl")
	if err != nil {
		return nil, err
	}
	for i, kind := range pipelines {
		if kind.name == "wasm" && !wasm {
			continue
		}
		file, err := os.Create(filepath.Join(dir, kind.name+".yaml"))
		if err != nil {
			return nil, err
		}
		err = config.Execute(file, map[string]string{"Plugin": plugin, "Filter": kind.filter, "Name": kind.name})
		if cerr := file.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, err
		}
		p.usable = append(p.usable, i)
	}
	return p, nil
}

func (p *pipeline) write(file string, events int) error {
	out, err := os.Create(filepath.Join(p.dir, file))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for _, record := range workload.Rarely.Records(1, events) {
		fmt.Fprintln(w, record)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Close()
}

func (p *pipeline) command(config, file string, before ...string) *exec.Cmd {
	args := slices.Concat(before, []string{p.fluentBit, "-q", "-c", config + ".yaml"})
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = p.dir
	// Callgrind cannot cope with the signals by which Go preempts goroutines.
	cmd.Env = append(os.Environ(), "FILE="+filepath.Join(p.dir, file), "GODEBUG=asyncpreemptoff=1")
	return cmd
}

// run returns the seconds of user and system time that a pipeline takes.
func (p *pipeline) run(config, file string) (float64, error) {
	cmd := p.command(config, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", config, err, out)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

var collected = regexp.MustCompile(`Collected : ([0-9]+)`)

// countInstructions returns the instructions that an event costs in each
// pipeline: those for the file with few events, less those for the empty one.
// Zero stands for a pipeline that valgrind cannot run.
func (p *pipeline) countInstructions() []float64 {
	counts := make([]float64, len(p.usable))
	for i, index := range p.usable {
		none, errNone := p.underCallgrind(pipelines[index].name, "none.json")
		some, errSome := p.underCallgrind(pipelines[index].name, "few.json")
		if errNone == nil && errSome == nil {
			counts[i] = (some - none) / few
		}
	}
	return counts
}

func (p *pipeline) underCallgrind(config, file string) (instructions float64, err error) {
	out, err := p.command(config, file, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null").CombinedOutput()
	if err != nil {
		return 0, err
	}
	found := collected.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("no count in %.200s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
