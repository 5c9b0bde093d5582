package main_test

import (
	"fmt"
	"os"
	"path/filepath"
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
