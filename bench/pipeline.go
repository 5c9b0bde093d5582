package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/trailwire/trailwire/bench/workload"
)

//go:embed rivals
var files embed.FS

// setup is what is between the json parser and the two null outputs, one for the
// alerts and one for everything.
type setup struct {
	name     string
	plugins  []string // shared objects, of those that are built
	input    string   // a second one
	filters  []string
	loses    bool   // alerts, where Fluent Bit ends
	threaded bool   // the input tail runs on a thread of its own
	alerts   string // which records the first output takes; those tagged alert.*, if empty
}

// feed is a file with the first events of a workload.
type feed struct {
	workload.Workload
	events int
}

// file returns the feed's file name. It has no comma: tail reads a path with a
// comma as a list.
func (f feed) file() string {
	return fmt.Sprintf("%s %d.json", strings.ReplaceAll(f.Name, ",", ""), f.events)
}

// nothing is the feed of a Fluent Bit that only starts and ends.
var nothing = feed{Workload: workload.Workload{Name: "nothing"}}

// job is a run of Fluent Bit.
type job struct {
	setup string
	feed  feed
}

// pipelines is a folder of configurations and of files for them.
type pipelines struct {
	dir, fluentBit, plugins string
	counted                 *counted
}

// newPipelines returns an empty folder and the version of the Fluent Bit that is
// to run there; errNoFluentBit if there is none.
func newPipelines(o options) (p *pipelines, version string, err error) {
	fluentBit, version, err := findFluentBit()
	if err != nil {
		return nil, "", err
	}
	plugin, err := filepath.Abs(o.plugin)
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return nil, "", err
	}
	p = &pipelines{dir, fluentBit, filepath.Dir(plugin), o.counted}
	if err := p.writeOne(nothing); err != nil {
		p.remove()
		return nil, "", err
	}
	return p, version, nil
}

// inPipelines returns the section with this heading: what measure writes about
// pipelines of a Fluent Bit, or that there is none.
func inPipelines(o options, heading, part string, measure func(b *strings.Builder, p *pipelines, version string, o options) error) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", heading, origin("go run ./bench -only "+part))
	p, version, err := newPipelines(o)
	if errors.Is(err, errNoFluentBit) {
		fmt.Fprintln(&b, "There is no fluent-bit on this machine: SKIPPED.")
		return b.String(), nil
	}
	if err != nil {
		return "", err
	}
	defer p.remove()
	err = measure(&b, p, version, o)
	return b.String(), err
}

func (p *pipelines) remove() { _ = os.RemoveAll(p.dir) }

// add writes the configuration of a setup, and another one that writes the
// alerts to a file.
func (p *pipelines) add(s setup) error {
	config, err := template.ParseFS(files, "rivals/pipeline.yaml.tmpl")
	if err != nil {
		return err
	}
	alerts := s.alerts
	if alerts == "" {
		alerts = "match: 'alert.*'"
	}
	var plugins []string
	for _, name := range s.plugins {
		plugins = append(plugins, filepath.Join(p.plugins, name))
	}
	for name, output := range map[string]string{s.name: `name: "null"`, arriving(s.name): "name: file, path: ., file: arrived"} {
		var b bytes.Buffer
		err := config.Execute(&b, map[string]any{
			"Plugins": plugins, "Input": s.input, "Filters": s.filters, "Threaded": s.threaded, "Alerts": output + ", " + alerts,
		})
		if err == nil {
			err = os.WriteFile(filepath.Join(p.dir, name+".yaml"), b.Bytes(), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func arriving(setup string) string { return setup + ", to a file" }

// write writes the files of a feed: the whole, and its first events.
func (p *pipelines) write(f feed) error {
	return errors.Join(p.writeOne(f), p.writeOne(f.first()))
}

func (p *pipelines) writeOne(f feed) error {
	out, err := os.Create(filepath.Join(p.dir, f.file()))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	err = f.Each(1, f.events, func(record string, _ int) error {
		_, err := w.WriteString(record + "\n")
		return err
	})
	return errors.Join(err, w.Flush(), out.Close())
}

func (p *pipelines) command(j job, before ...string) *exec.Cmd {
	args := slices.Concat(before, []string{p.fluentBit, "-q", "-c", j.setup + ".yaml"})
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "FILE="+filepath.Join(p.dir, j.feed.file()))
	return cmd
}

// arrived returns how many alerts of a feed arrive with a setup.
func (p *pipelines) arrived(setup string, f feed) (int, error) {
	file := filepath.Join(p.dir, "arrived")
	defer os.Remove(file)
	if out, err := p.command(job{arriving(setup), f}).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", setup, err, out)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return bytes.Count(text, []byte("\n")), err
}

// cost is what an event takes in each setup, for each feed, and what it takes to
// start and end the setup.
type cost struct {
	start []float64   // by setup; none of instructions
	event [][]float64 // by setup, and by feed; zero if it could not be measured
}

// first returns the feed's first events, an eighth of them.
func (f feed) first() feed { return feed{f.Workload, f.events / 8} }

// instructionsPerEvent counts what an event costs: a run's instructions less those of a
// run with the feed's first events, by event. What a process does once, at its start or
// with the first events, such as Go's first collection, is not a cost of an event.
func (p *pipelines) instructionsPerEvent(setups []setup, feeds []feed) cost {
	var jobs []job
	for _, s := range setups {
		for _, f := range feeds {
			jobs = append(jobs, job{s.name, f.first()}, job{s.name, f})
		}
	}
	var c cost
	for of := range slices.Chunk(p.instructions(jobs), 2*len(feeds)) {
		events := make([]float64, len(feeds))
		for i, f := range feeds {
			if first, all := of[2*i], of[2*i+1]; first > 0 && all > 0 {
				events[i] = (all - first) / float64(f.events-f.first().events)
			}
		}
		c.event = append(c.event, events)
	}
	return c
}

// cpuPerEvent measures the CPU of an event: that of a run less that of a run without
// events. Each is the least of several runs: see [pipelines.leastCPU].
func (p *pipelines) cpuPerEvent(setups []setup, feeds []feed, times int) (cost, error) {
	var jobs []job
	for _, s := range setups {
		jobs = append(jobs, job{s.name, nothing})
		for _, f := range feeds {
			jobs = append(jobs, job{s.name, f})
		}
	}
	least, err := p.leastCPU(jobs, times)
	return costOf(least, feeds), err
}

// costOf is what an event of each feed costs in each setup, by what runs take: of each setup without events,
// and then with each feed.
func costOf(runs []float64, feeds []feed) (c cost) {
	for of := range slices.Chunk(runs, 1+len(feeds)) {
		events := make([]float64, len(feeds))
		for i, f := range feeds {
			events[i] = (of[i+1] - of[0]) / float64(f.events)
		}
		c.start, c.event = append(c.start, of[0]), append(c.event, events)
	}
	return c
}

// median is the value in the middle, or the mean of the two there.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// instructions returns the instructions of each job, zero for one that valgrind
// cannot run. They do not depend on other load: one job runs on each processor at
// a time, and one more, as each waits for a second when it ends. What was counted for
// another section is not counted again.
func (p *pipelines) instructions(jobs []job) []float64 {
	counts := make([]float64, len(jobs))
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.NumCPU() + 1 {
		all.Go(func() {
			for i := range next {
				counts[i] = p.counted.once(p.contentOf(jobs[i]), func() float64 { return p.underCallgrind(jobs[i]) })
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	all.Wait()
	return counts
}

// contentOf is what a job's configuration and its feed hold: the same as that of another job, if one count does for both.
func (p *pipelines) contentOf(j job) (sum [sha256.Size]byte) {
	hash := sha256.New()
	for _, name := range []string{j.setup + ".yaml", j.feed.file()} {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		fmt.Fprintln(hash, len(text), err)
		hash.Write(text)
	}
	hash.Sum(sum[:0])
	return sum
}

// counted are the instructions of the jobs of all sections so far.
type counted struct {
	mu sync.Mutex
	by map[[sha256.Size]byte]float64
}

// once returns what was counted for this content. It counts if there is nothing.
func (c *counted) once(content [sha256.Size]byte, count func() float64) float64 {
	c.mu.Lock()
	n := c.by[content]
	c.mu.Unlock()
	if n == 0 {
		n = count()
		c.mu.Lock()
		c.by[content] = n
		c.mu.Unlock()
	}
	return n
}

var collected = regexp.MustCompile(`Collected : ([0-9]+)`)

// underCallgrind returns the instructions of a job. Valgrind does not know RDTSCP,
// which Go uses if the processor has it, and cannot cope with the signals by which
// Go preempts goroutines. It runs one thread at a time: the threads must take
// turns, or one that polls is counted until its time is up.
func (p *pipelines) underCallgrind(j job) float64 {
	cmd := p.command(j, "valgrind", "--tool=callgrind", "--fair-sched=yes", "--callgrind-out-file=/dev/null")
	cmd.Env = append(cmd.Env, "GODEBUG=cpu.rdtscp=off,asyncpreemptoff=1")
	out, err := cmd.CombinedOutput()
	found := collected.FindSubmatch(out)
	if err != nil || found == nil {
		return 0
	}
	count, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0
	}
	return count
}

// over says how much more a cost is than another.
func over(cost, base float64) string {
	if cost == 0 || base == 0 {
		return "not counted"
	}
	return fmt.Sprintf("%+.1f %%", 100*(cost/base-1))
}
