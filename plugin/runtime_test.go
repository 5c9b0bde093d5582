package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// switches returns how often each of Go's threads in a process was given a
// processor. They are the threads that Fluent Bit has not named.
func switches(t *testing.T, p *process) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	threads := make(map[string]int)
	for _, path := range paths {
		text := read(t, path)
		id := filepath.Base(filepath.Dir(path))
		if id != fmt.Sprint(p.command.Process.Pid) && !strings.Contains(text, "Name:\tflb-") {
			threads[id] = number(t, text, `\nvoluntary_ctxt_switches:\s+(\d+)`) + number(t, text, `nonvoluntary_ctxt_switches:\s+(\d+)`)
		}
	}
	return threads
}

// Wall clocks and processor times depend on what else the machine does; how
// often a thread wakes up does not.
func TestGosThreadsSleepWhileThereAreNoEvents(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("SKIPPED: no /proc")
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		write(t, filepath.Join(dir, "cloudtrail.json"), "")
		config := write(t, filepath.Join(dir, "idle.yaml"), fmt.Sprintf(`plugins: [%s]
pipeline:
  inputs:
    - {name: tail, path: %s/cloudtrail.json, tag: cloudtrail}
  filters:
    - {name: trailwire, match: '*'}
  outputs:
    - {name: 'null', match: '*'}
`, plugin(t), dir))
		p := fb.start(t, dir, "-c", config)
		p.waitFor("the filter has started", func() bool { return strings.Contains(p.text(), "trailwire") })
		// Go's runtime is busy for a moment before it sleeps, and once a
		// minute. That is what the second try is for.
		var woke string
		for range 3 {
			time.Sleep(2 * time.Second)
			before := switches(t, p)
			time.Sleep(2 * time.Second)
			woke = ""
			for id, n := range switches(t, p) {
				if n != before[id] {
					woke += fmt.Sprintf(" %s %d times", id, n-before[id])
				}
			}
			if len(before) == 0 {
				t.Fatal("no thread is Go's: the test shows nothing")
			}
			if woke == "" {
				return
			}
		}
		t.Errorf("threads of Go wake up in two seconds without events:%s", woke)
	})
}

// alertEach is an input that makes an event which matches, so many times a second.
const alertEach = `{name: dummy, tag: cloudtrail, rate: %d, threaded: %s, processors: {logs: [%s]}, dummy: '{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"e","requestParameters":{"action":"lambda:InvokeFunction","functionName":"f","principal":"444455556666"}}'}`

// Each event is a chunk, and each chunk enters Go. Where Go has an idle processor, its
// runtime watches the thread that has left it for 10 ms, and wakes up 30 times and more:
// on a busy machine less often, and this test shows less.
func TestGoStopsWatchingAThreadThatHasLeftIt(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skip("SKIPPED: no /proc")
	}
	if os.Getenv("GOMAXPROCS") != "" {
		t.Skip("SKIPPED: GOMAXPROCS is set")
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		config := write(t, filepath.Join(dir, "alerts.yaml"), fmt.Sprintf(`service: {flush: 0.2}
plugins: [%s]
pipeline:
  inputs: [%s]
  filters: [{name: trailwire, match: '*'}]
  outputs: [{name: file, match: '*', path: %s, file: alerts, format: plain}]
`, plugin(t), fmt.Sprintf(alertEach, 20, "off", ""), dir))
		p := fb.start(t, dir, "-c", config)
		alerts := func() int {
			text, _ := os.ReadFile(filepath.Join(dir, "alerts"))
			return strings.Count(string(text), `"alert":{"rule":`)
		}
		p.waitFor("the first alerts", func() bool { return alerts() >= 20 })
		before, first := switches(t, p), alerts()
		p.waitFor("a hundred more", func() bool { return alerts() >= first+100 })
		woke, chunks := 0, alerts()-first
		for id, n := range switches(t, p) {
			woke += n - before[id]
		}
		t.Logf("Go's threads were given a processor %d times for %d chunks", woke, chunks)
		if woke > 12*chunks {
			t.Errorf("Go's threads were given a processor %d times for %d chunks, want at most 12 for each", woke, chunks)
		}
	})
}

func TestGoHasOneProcessorUntilThreadsAskForItAtATime(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("SKIPPED: this machine has one processor")
	}
	for _, test := range []struct {
		name           string
		inputs, filter string
		several        bool
	}{
		{"a filter after one input", fmt.Sprintf(alertEach, 100, "off", ""), "{name: trailwire, match: '*'}", false},
		{"a filter after threaded inputs, which runs on the main thread",
			strings.Repeat(fmt.Sprintf(alertEach, 100, "on", "")+",", 4), "{name: trailwire, match: '*'}", false},
		{"processors of threaded inputs", strings.Repeat(fmt.Sprintf(alertEach, 1000, "on", "{name: trailwire}")+",", 4), "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir := folder(t)
				config := write(t, filepath.Join(dir, "threads.yaml"), fmt.Sprintf(`service: {flush: 0.2}
plugins: [%s]
pipeline:
  inputs: [%s]
  filters: [%s]
  outputs: [{name: file, match: '*', path: %s, file: alerts, format: plain}]
`, plugin(t), test.inputs, test.filter, dir))
				// With this setting Go's runtime prints how many processors it has.
				env := fluentBit{path: "env"}
				p := env.start(t, dir, "-u", "GOMAXPROCS", "GODEBUG=schedtrace=50", fb.path, "-c", config)
				p.waitFor("the first alerts", func() bool {
					text, _ := os.ReadFile(filepath.Join(dir, "alerts"))
					return strings.Count(string(text), `"alert":{"rule":`) >= 100
				})
				if test.several {
					p.waitFor("more processors", func() bool {
						last := processors(p)
						return last != "" && last != "1"
					})
					return
				}
				traces := strings.Count(p.text(), "gomaxprocs=")
				p.waitFor("ten more lines about processors", func() bool { return strings.Count(p.text(), "gomaxprocs=") >= traces+10 })
				if last := processors(p); last != "1" {
					t.Errorf("Go has %s processors, want one", last)
				}
			})
		})
	}
}

// processors returns how many processors Go had when its runtime last printed that.
func processors(p *process) string {
	all := gomaxprocs.FindAllStringSubmatch(p.text(), -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

var gomaxprocs = regexp.MustCompile(`gomaxprocs=(\d+) `)
