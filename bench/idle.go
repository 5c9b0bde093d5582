package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// settling is how long a Fluent Bit is given to start.
const settling = 5 * time.Second

// atRest compares a Fluent Bit without the plugin and one with it, which get no
// events.
func atRest(o options) (string, error) {
	fluentBit, version, err := findFluentBit()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	var b strings.Builder
	fmt.Fprintf(&b, "## At rest\n\n%s\n", origin(fmt.Sprintf("go run ./bench -idle %s", o.idle)))
	fmt.Fprintf(&b, "%s: stdin, filter, null output, for %s without an event. Go's threads are those that Fluent Bit has\n"+
		"not named; a switch is when a thread was given a processor.\n\n", version, o.idle)
	without, with, err := startHosts(fluentBit, dir, o.plugin)
	if err != nil {
		return "", err
	}
	defer without.kill()
	defer with.kill()
	time.Sleep(settling)
	t := newTable(&b, "", "threads", "of them Go's", "VmRSS MiB", "CPU ms", "switches", "of Go's threads")
	hosts := []struct {
		name string
		*host
	}{{"without", without}, {"with", with}}
	var began []moment
	for _, h := range hosts {
		m, err := h.now()
		if err != nil {
			return "", err
		}
		began = append(began, m)
	}
	time.Sleep(o.idle)
	for i, h := range hosts {
		now, err := h.now()
		if err != nil {
			return "", err
		}
		s, err := h.look()
		if err != nil {
			return "", err
		}
		t.row(h.name, fmt.Sprint(s.threads), fmt.Sprint(now.goThreads), fmt.Sprintf("%.1f", float64(s.resident)/1024),
			fmt.Sprintf("%.1f", now.cpu-began[i].cpu), fmt.Sprint(now.switches-began[i].switches), fmt.Sprint(now.goSwitches-began[i].goSwitches))
	}
	t.end()
	return b.String(), nil
}

// moment is what a process has done so far.
type moment struct {
	cpu                             float64 // ms
	switches, goThreads, goSwitches int
}

func (h *host) now() (m moment, err error) {
	if m.cpu, err = h.cpu(); err != nil {
		return m, err
	}
	threads, err := h.threads()
	for id, s := range threads {
		m.switches += s.switches
		if id != fmt.Sprint(h.command.Process.Pid) && !strings.HasPrefix(s.name, "flb-") {
			m.goThreads++
			m.goSwitches += s.switches
		}
	}
	return m, err
}
