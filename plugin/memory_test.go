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
// comes back when events match. It is 16 MiB now.
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
		if added := with.peak - without.peak; added > 19<<10 {
			t.Errorf("the filter adds %d KB to the peak of memory when it starts, want at most 19 MiB", added)
		}
	})
}

// Code that events do not need stays out of memory when events come, too. If the file is
// not divided into stripes, Linux 6.18 has 10 MiB of it in memory.
func TestFilterMapsLittleOfItsFileWhenEventsMatch(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("SKIPPED: no /proc")
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		events := write(t, filepath.Join(dir, "cloudtrail.json"), "")
		config := write(t, filepath.Join(dir, "events.yaml"), fmt.Sprintf(`service: {flush: 0.2}
plugins: [%s]
pipeline:
  inputs: [{name: tail, path: %s, tag: cloudtrail, refresh_interval: 1}]
  filters: [{name: trailwire, match: '*'}]
  outputs: [{name: file, match: '*', path: %s, file: alerts, format: plain}]
`, plugin(t), events, dir))
		p := fb.start(t, dir, "-c", config)
		p.waitFor("Fluent Bit has started", func() bool { return strings.Contains(p.text(), "stream processor started") })
		var text strings.Builder
		for i := range 5000 {
			text.WriteString(grant(fmt.Sprint("e", i), "444455556666") + "\n")
		}
		write(t, events, text.String())
		p.waitForLines(filepath.Join(dir, "alerts"), 5000)
		if got := read(t, filepath.Join(dir, "alerts")); strings.Count(got, `"alert":{"rule":`) != 5000 {
			t.Fatalf("%d of 5000 events have an alert", strings.Count(got, `"alert":{"rule":`))
		}
		mapped := 0
		for _, part := range strings.Split(read(t, fmt.Sprintf("/proc/%d/smaps", p.command.Process.Pid)), "VmFlags:") {
			if strings.Contains(part, "trailwire.so") {
				mapped += number(t, part, `Rss:\s+(\d+)`)
			}
		}
		t.Logf("%d KB of the file are mapped", mapped)
		if mapped == 0 || mapped > 8<<10 {
			t.Errorf("%d KB of the filter's file are in memory, want some and at most 8 MiB", mapped)
		}
	})
}
