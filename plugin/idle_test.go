package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Silence is not health: with stats_interval a line comes although no record does. The
// timers are of the pipeline and of the thread of an input, and they end with their
// plugins: Fluent Bit survives reloads and its end.
func TestStatisticsAreLoggedWhileNothingComes(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		output := outputPlugin(t)
		threaded := fmt.Sprintf("{name: tail, path: %s/none, tag: other, threaded: on, processors: {logs: [{name: trailwire, alias: threaded, stats_interval: 1s}]}}", dir)
		pipeline(t, dir, ", hot_reload: on", []string{tailing(dir, ""), threaded},
			[]string{"{name: trailwire, alias: idle, match: '*', stats_interval: 1s}", "{name: trailwire, alias: quiet, match: '*'}"},
			[]string{fmt.Sprintf("{name: trailwire, alias: sender, match: '*', stats_interval: 1s, alerts_to: 'file://%s/sent'}", dir)})
		path := filepath.Join(dir, "fluent-bit.yaml")
		write(t, path, strings.Replace(read(t, path), "plugins: [", fmt.Sprintf("plugins: [%s, ", output), 1))
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
			for _, name := range []string{"filter:trailwire:idle", "filter:trailwire:threaded", "output:trailwire:sender"} {
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
