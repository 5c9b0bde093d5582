package main_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/testbuild"
)

// The helpers of the tests in this folder: they find the shared object and the
// Fluent Bits to try it in, start those, and wait for what they do.

// waitLimit is how long a test waits for something that happens within a second
// or two on an idle machine.
const waitLimit = 30 * time.Second

// workshop is a folder for what the tests build, removed at the end.
var workshop string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		// Parallel tests wait for Fluent Bits, and these mostly wait for their
		// next flush.
		if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
			if err := flag.Set("test.parallel", "8"); err != nil {
				panic(err)
			}
		}
		var err error
		if workshop, err = os.MkdirTemp("", "trailwire"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(workshop)
		if found, err := findFluentBits(); err == nil && len(found) == 0 {
			fmt.Fprintln(os.Stderr, "SKIPPED: NO FLUENT BIT on PATH or in $FLUENT_BIT: nothing is tested end to end")
		}
		return m.Run()
	}())
}

// plugin returns the path of the shared object: the one that make has built,
// or, if that is missing or older than its sources, one built for the test.
func plugin(t *testing.T) string {
	t.Helper()
	path, err := builtPlugin()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var builtPlugin = sync.OnceValues(func() (string, error) {
	folder, err := testbuild.Folder("..", workshop)
	return filepath.Join(folder, testbuild.Filter), err
})

// fluentBit is a Fluent Bit on this machine.
type fluentBit struct {
	path    string
	version string
}

// findFluentBits returns those in $FLUENT_BIT, a list of paths separated by
// colons, else the one on PATH.
var findFluentBits = sync.OnceValues(func() (found []fluentBit, err error) {
	paths := filepath.SplitList(os.Getenv("FLUENT_BIT"))
	if len(paths) == 0 {
		path, err := exec.LookPath("fluent-bit")
		if err != nil {
			return nil, nil
		}
		paths = []string{path}
	}
	version := regexp.MustCompile(`Fluent Bit v([0-9.]+)`)
	for _, path := range paths {
		out, err := exec.Command(path, "--version").Output()
		if err != nil {
			return nil, fmt.Errorf("%s --version: %w", path, err)
		}
		m := version.FindSubmatch(out)
		if m == nil {
			return nil, fmt.Errorf("%s --version says no version: %s", path, out)
		}
		found = append(found, fluentBit{path, string(m[1])})
	}
	return found, nil
})

// inFluentBit runs a test in every Fluent Bit that there is, in parallel with
// all other tests.
func inFluentBit(t *testing.T, test func(t *testing.T, fb fluentBit)) {
	t.Helper()
	found, err := findFluentBits()
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("no Fluent Bit")
	}
	t.Parallel()
	for _, fb := range found {
		t.Run("in "+fb.version, func(t *testing.T) {
			t.Parallel()
			test(t, fb)
		})
	}
}

// folder returns a new folder whose path is short enough for a socket's.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(workshop, "")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns a file's text, none if there is no such file.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func lines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// process is a Fluent Bit that runs.
type process struct {
	t       *testing.T
	command *exec.Cmd
	log     string // the file with its log
	ended   chan struct{}
}

// start starts Fluent Bit in a folder, until the test ends.
func (fb fluentBit) start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(dir, "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p := &process{t: t, command: exec.Command(fb.path, args...), log: log.Name(), ended: make(chan struct{})}
	p.command.Dir = dir
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait()
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("the log of %s:\n%s", p.command, p.text())
		}
	})
	return p
}

// run runs Fluent Bit until it ends by itself, and returns its output and its
// exit code.
func (fb fluentBit) run(t *testing.T, dir string, args ...string) (output string, code int) {
	t.Helper()
	p := fb.start(t, dir, args...)
	code = p.exit()
	return p.text(), code
}

func (p *process) text() string {
	p.t.Helper()
	return read(p.t, p.log)
}

// waitFor waits until something has happened. It fails if the process ends
// before that.
func (p *process) waitFor(what string, happened func() bool) {
	p.t.Helper()
	deadline := time.After(waitLimit)
	for !happened() {
		select {
		case <-p.ended:
			p.t.Fatalf("Fluent Bit ended (%v) before %s", p.command.ProcessState, what)
		case <-deadline:
			p.t.Fatalf("%s: not within %v", what, waitLimit)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// happens reports whether something happens before the process ends and within
// the test's waitLimit.
func (p *process) happens(happened func() bool) bool {
	p.t.Helper()
	return p.arrives(1, func() int {
		if happened() {
			return 1
		}
		return 0
	})
}

// arrives reports whether so many arrive before the process ends, and before none has
// arrived for the test's waitLimit: a busy machine takes its time.
func (p *process) arrives(want int, arrived func() int) bool {
	p.t.Helper()
	last := 0
	for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); {
		switch n := arrived(); {
		case n >= want:
			return true
		case n > last:
			last, deadline = n, time.Now().Add(waitLimit)
		}
		select {
		case <-p.ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// waitForLines waits until a file has at least so many lines.
func (p *process) waitForLines(path string, n int) {
	p.t.Helper()
	p.waitFor(fmt.Sprintf("%s has %d lines", filepath.Base(path), n), func() bool {
		text, _ := os.ReadFile(path)
		return bytes.Count(text, []byte("\n")) >= n
	})
}

// stop ends the process as a service manager does, so that it flushes what it
// has, and fails if its exit code is not 0.
func (p *process) stop() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		p.t.Fatalf("exit code %d after SIGTERM, want 0", code)
	}
}

// exit waits for the end of the process and returns its exit code, -1 for a
// signal.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(waitLimit):
		p.t.Fatalf("%s still runs after %v", p.command, waitLimit)
	}
	return p.command.ProcessState.ExitCode()
}

// installed is the folder where configurations say that the plugin is.
const installed = "/usr/lib/fluent-bit/"

// shipped copies the configurations in conf/ to a folder, with the plugin's
// paths and the given settings (of env: or @SET) replaced and nothing else, and
// returns the text of the one that is named.
func shipped(t *testing.T, dir, name string, settings map[string]string) (text string) {
	t.Helper()
	built := filepath.Dir(outputPlugin(t)) + "/"
	for _, file := range []string{name, "plugins.conf", "parsers.conf"} {
		text := strings.ReplaceAll(read(t, filepath.Join("../conf", file)), installed, built)
		write(t, filepath.Join(dir, file), text)
	}
	text = read(t, filepath.Join(dir, name))
	for key, value := range settings {
		setting := regexp.MustCompile(`(?m)^(  |@SET )` + key + `(: |=).*$`)
		if n := len(setting.FindAllString(text, -1)); n != 1 {
			t.Fatalf("%s has the setting %s %d times, want once", name, key, n)
		}
		text = setting.ReplaceAllString(text, "${1}"+key+"${2}"+strings.ReplaceAll(value, "$", "$$"))
	}
	write(t, filepath.Join(dir, name), text)
	return text
}

// cut returns text without what is from begin to the next empty line.
func cut(t *testing.T, text, begin string) string {
	t.Helper()
	before, after, found := strings.Cut(text, begin)
	_, after, ends := strings.Cut(after, "\n\n")
	if !found || !ends {
		t.Fatalf("no %q that ends in an empty line", begin)
	}
	return before + "\n" + after
}

// replaceOnce replaces a text that must be there exactly once.
func replaceOnce(t *testing.T, text, old, new string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("%q is there %d times, want once", old, n)
	}
	return strings.Replace(text, old, new, 1)
}
