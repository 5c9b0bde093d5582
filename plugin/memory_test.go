package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// memory is what a process has of it, in KB: now, the most so far, and how much of
// what it has is mapped from files.
type memory struct{ resident, peak, files int }

func memoryOf(t *testing.T, p *process) memory {
	t.Helper()
	text := read(t, fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	return memory{
		resident: number(t, text, `VmRSS:\s+(\d+)`),
		peak:     number(t, text, `VmHWM:\s+(\d+)`),
		files:    number(t, text, `RssFile:\s+(\d+)`),
	}
}

// memoryAtRest starts a Fluent Bit that gets no events, with the filter or without
// it, and returns its memory when that has stopped changing.
func memoryAtRest(t *testing.T, fb fluentBit, withFilter bool) memory {
	t.Helper()
	dir := folder(t)
	write(t, filepath.Join(dir, "cloudtrail.json"), "")
	pipeline := fmt.Sprintf(`pipeline:
  inputs: [{name: tail, path: %s/cloudtrail.json, tag: cloudtrail}]
  outputs: [{name: 'null', match: '*'}]
`, dir)
	if withFilter {
		pipeline = fmt.Sprintf("plugins: [%s]\n%s  filters: [{name: trailwire, match: '*'}]\n", plugin(t), pipeline)
	}
	config := write(t, filepath.Join(dir, "idle.yaml"), pipeline)
	p := fb.start(t, dir, "-c", config)
	p.waitFor("Fluent Bit has started", func() bool { return strings.Contains(p.text(), "stream processor started") })
	var now memory
	p.waitFor("its memory stops changing", func() bool {
		before := memoryOf(t, p)
		time.Sleep(time.Second)
		now = memoryOf(t, p)
		return now == before
	})
	p.stop()
	return now
}

// The first limit is a promise. The second is for who links a large library: nearly
// all of the file is touched once, when it is loaded, and what a library adds to it
// comes back when events match. It is 13 MiB now.
func TestFilterAddsLittleMemoryAtRest(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("SKIPPED: no /proc")
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		without := memoryAtRest(t, fb, false)
		with := memoryAtRest(t, fb, true)
		t.Logf("KB without the filter %+v, with it %+v", without, with)
		if added := with.resident - without.resident; added > 8<<10 {
			t.Errorf("the filter adds %d KB of resident memory at rest, want at most 8 MiB", added)
		}
		if added := with.peak - without.peak; added > 15<<10 {
			t.Errorf("the filter adds %d KB to the peak of memory when it starts, want at most 15 MiB", added)
		}
	})
}
