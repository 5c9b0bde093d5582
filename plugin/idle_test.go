package main_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// timed are the instances of withTimers that write a line each second.
var timed = []string{"filter:trailwire:idle", "filter:trailwire:threaded", "output:trailwire:sender"}

// withTimers writes a configuration to which no record comes. It has timers of the pipeline
// and of the thread of an input, and a filter without one.
func withTimers(t *testing.T, dir string) {
	t.Helper()
	threaded := fmt.Sprintf("{name: tail, path: %s/none, tag: other, threaded: on, processors: {logs: [{name: trailwire, alias: threaded, stats_interval: 1s}]}}", dir)
	pipeline(t, dir, ", hot_reload: on", []string{tailing(dir, ""), threaded},
		[]string{"{name: trailwire, alias: idle, match: '*', stats_interval: 1s}", "{name: trailwire, alias: quiet, match: '*'}"},
		[]string{fmt.Sprintf("{name: trailwire, alias: sender, match: '*', stats_interval: 1s, alerts_to: 'file://%s/sent'}", dir)})
	path := filepath.Join(dir, "fluent-bit.yaml")
	write(t, path, strings.Replace(read(t, path), "plugins: [", fmt.Sprintf("plugins: [%s, ", outputPlugin(t)), 1))
}

// Silence is not health: with stats_interval a line comes although no record does. The
// timers are of the pipeline and of the thread of an input, and they end with their
// plugins: Fluent Bit survives reloads and its end.
func TestStatisticsAreLoggedWhileNothingComes(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		withTimers(t, dir)
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		for reload := range 3 {
			before := len(p.text())
			if reload > 0 {
				if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
			}
			p.waitFor("the start", func() bool {
				return strings.Count(p.text()[before:], `watching for "AWS Lambda`) == 4
			})
			began := strings.LastIndex(p.text(), `watching for "AWS Lambda`)
			for _, name := range timed {
				p.waitFor("two lines of "+name, func() bool {
					return strings.Count(p.text()[began:], "["+name+"] chunks=0 bytes=0 records=0 ") >= 2
				})
			}
		}
		if strings.Contains(p.text(), "trailwire:quiet] chunks=") || strings.Contains(p.text(), "stats_interval") {
			t.Errorf("there are lines that nobody asked for:\n%s", p.text())
		}
		p.stop()
	})
}

// Fluent Bit takes a second or more to end a pipeline, in which the timers fire once more.
// TRAILWIRE_RELOADS says how many reloads, and how many starts that end with SIGTERM.
func TestTimersOutliveNoPluginHoweverOftenItEnds(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		times := countFrom(t, "TRAILWIRE_RELOADS", 4)
		// tick waits for the start of all instances, and for a line of each timer after it.
		tick := func(p *process, begin int) {
			p.waitFor("the start", func() bool { return strings.Count(p.text()[begin:], `watching for "AWS Lambda`) == 4 })
			began := begin + strings.LastIndex(p.text()[begin:], `watching for "AWS Lambda`)
			for _, name := range timed {
				p.waitFor("a line of "+name, func() bool { return strings.Contains(p.text()[began:], "["+name+"] chunks=0 ") })
			}
		}
		t.Run("by reloads", func(t *testing.T) {
			dir := folder(t)
			withTimers(t, dir)
			p := fb.start(t, dir, "-c", "fluent-bit.yaml")
			tick(p, 0)
			for range times {
				begin := len(p.text())
				if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
				tick(p, begin)
			}
			p.stop()
		})
		t.Run("by SIGTERM", func(t *testing.T) {
			for range times {
				dir := folder(t)
				withTimers(t, dir)
				p := fb.start(t, dir, "-c", "fluent-bit.yaml")
				tick(p, 0)
				p.stop()
			}
		})
	})
}

// A timer that is still there calls into an instance that is gone: in Fluent Bit that is a
// matter of milliseconds, in the test host it is certain.
func TestAFilterEndsItsTimer(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []string
		timers  string
	}{
		{"of each instance", []string{"-T", "-i", "3", "-p", "stats_interval=1s"}, "timers: 3"},
		{"without statistics there is none", []string{"-T", "-i", "3"}, "timers: 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := inTestHost(t, nil, test.options...)
			if got.code != 0 || !slices.Contains(got.logLines(), test.timers) {
				t.Errorf("exit code %d, want 0 and %q\n%s", got.code, test.timers, got.log)
			}
		})
	}
}
