package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"text/template"
)

// findFluentBit returns the Fluent Bit to measure in and its version, or
// errNoFluentBit.
func findFluentBit() (path, version string, err error) {
	list := filepath.SplitList(os.Getenv("FLUENT_BIT"))
	if len(list) > 0 {
		path = list[0]
	} else if path, err = exec.LookPath("fluent-bit"); err != nil {
		return "", "", errNoFluentBit
	}
	out, err := exec.Command(path, "--version").Output()
	line, _, _ := bufio.NewReader(bytes.NewReader(out)).ReadLine()
	return path, string(line), err
}

var errNoFluentBit = errors.New("no fluent-bit on PATH or in $FLUENT_BIT")

// host is a Fluent Bit that runs and reads events from its standard input.
type host struct {
	command *exec.Cmd
	input   io.WriteCloser
}

// fed is the configuration of a host.
type fed struct {
	Plugins       []string // paths of shared objects
	Input, Filter string   // besides stdin; none if empty
	Port          int      // of Fluent Bit's own metrics; none if zero
}

// startHosts starts one Fluent Bit without the plugin and one with it, in a
// folder.
func startHosts(fluentBit, dir, plugin string) (without, with *host, err error) {
	if plugin, err = filepath.Abs(plugin); err != nil {
		return nil, nil, err
	}
	if without, err = startHost(fluentBit, filepath.Join(dir, "without.yaml"), fed{}); err != nil {
		return nil, nil, err
	}
	with, err = startHost(fluentBit, filepath.Join(dir, "with.yaml"), fed{Plugins: []string{plugin}, Filter: "{name: trailwire, match: '*'}"})
	if err != nil {
		without.kill()
		return nil, nil, err
	}
	return without, with, nil
}

func startHost(fluentBit, config string, settings fed) (*host, error) {
	text, err := template.ParseFS(files, "rivals/fed.yaml.tmpl")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := text.Execute(&b, settings); err != nil {
		return nil, err
	}
	if err := os.WriteFile(config, b.Bytes(), 0o644); err != nil {
		return nil, err
	}
	h := &host{command: exec.Command(fluentBit, "-q", "-c", config)}
	h.command.Stderr = os.Stderr
	if h.input, err = h.command.StdinPipe(); err != nil {
		return nil, err
	}
	return h, h.command.Start()
}

func (h *host) kill() {
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}

// finish ends the input and waits for the process to end.
func (h *host) finish() error { return errors.Join(h.input.Close(), h.command.Wait()) }

// status is what Linux reports about a process or a thread.
type status struct {
	name                  string
	peak, resident, files int // KB: at most, now, and how much of that is files
	threads, switches     int
}

// look returns the status of the process.
func (h *host) look() (status, error) {
	return readStatus(fmt.Sprintf("/proc/%d/status", h.command.Process.Pid))
}

// threads returns the status of each thread, by its id.
func (h *host) threads() (map[string]status, error) {
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", h.command.Process.Pid))
	if err != nil {
		return nil, err
	}
	all := make(map[string]status)
	for _, path := range paths {
		if all[filepath.Base(filepath.Dir(path))], err = readStatus(path); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var statusLine = regexp.MustCompile(`(?m)^(\w+):\s+(\S+)`)

func readStatus(path string) (s status, err error) {
	text, err := os.ReadFile(path)
	for _, m := range statusLine.FindAllSubmatch(text, -1) {
		value, _ := strconv.Atoi(string(m[2]))
		switch string(m[1]) {
		case "Name":
			s.name = string(m[2])
		case "VmHWM":
			s.peak = value
		case "VmRSS":
			s.resident = value
		case "RssFile":
			s.files = value
		case "Threads":
			s.threads = value
		case "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches":
			s.switches += value
		}
	}
	return s, err
}

// cpu returns how many milliseconds the process has run.
func (h *host) cpu() (milliseconds float64, err error) { return cpuOf(h.command.Process.Pid) }

// cpuOf returns how many milliseconds a process has run. The first number of
// each thread's schedstat is its time in nanoseconds.
func cpuOf(process int) (milliseconds float64, err error) {
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", process))
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		var nanoseconds float64
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		if _, err := fmt.Sscan(string(text), &nanoseconds); err != nil {
			return 0, err
		}
		milliseconds += nanoseconds / 1e6
	}
	return milliseconds, nil
}
