package main_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/deliver/delivertest"
)

// These tests load the real shared object, under its name as an output, into
// plugin/testhost/outputhost.c, which plays Fluent Bit's Go proxy.

var (
	outputHost = sync.OnceValues(func() (string, error) { return compileOutputHost("outputhost") })
	muteHost   = sync.OnceValues(func() (string, error) { return compileOutputHost("mutehost", "-DNO_EXPORTS") })
)

func compileOutputHost(name string, flags ...string) (string, error) {
	path := filepath.Join(workshop, name)
	args := append(flags, "-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-rdynamic",
		"-o", path, "testhost/outputhost.c", "-ldl", "-lpthread")
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return path, nil
}

// outputPlugin returns the path of the shared object under its name as an
// output, in a folder where it has its other name too.
func outputPlugin(t *testing.T) string {
	t.Helper()
	built := plugin(t)
	dir := folder(t)
	for _, name := range []string{"flb-filter_trailwire.so", "flb-in_trailwire.so", "out_trailwire.so"} {
		// A symbolic link is the same file to dlopen, and crosses file systems.
		if err := os.Symlink(built, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "out_trailwire.so")
}

// run is what a test host says about a run of the output.
type run struct {
	stdout  string
	log     string
	results []string
	code    int
}

// lines returns the lines of the log that are not results.
func (r run) lines() []string {
	return slices.DeleteFunc(lines(r.log), func(l string) bool { return strings.HasPrefix(l, "result: ") })
}

// wantResults fails unless every chunk had the same result.
func (r run) wantResults(t *testing.T, n int, want string) {
	t.Helper()
	if len(r.results) != n || slices.ContainsFunc(r.results, func(s string) bool { return s != want }) {
		t.Errorf("the results are %q, want %d times %s:\n%s", r.results, n, want, r.log)
	}
}

func inOutputHost(t *testing.T, chunks [][]byte, options ...string) run {
	t.Helper()
	return inOutputHostOf(t, outputHost, chunks, options...)
}

func inOutputHostOf(t *testing.T, compiled func() (string, error), chunks [][]byte, options ...string) run {
	t.Helper()
	host, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	var frames []byte
	for _, c := range chunks {
		frames = binary.BigEndian.AppendUint32(frames, uint32(len(c)))
		frames = append(frames, c...)
	}
	var out, log bytes.Buffer
	command := exec.Command(host, append(options, outputPlugin(t))...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(frames), &out, &log
	command.WaitDelay = time.Second
	kill := time.AfterFunc(waitLimit, func() { _ = command.Process.Kill() })
	defer kill.Stop()
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := run{stdout: out.String(), log: log.String(), code: command.ProcessState.ExitCode()}
	for _, l := range lines(r.log) {
		if result, ok := strings.CutPrefix(l, "result: "); ok {
			r.results = append(r.results, result)
		}
	}
	return r
}

// grants returns chunks, each with so many events that match. Their IDs are e0,
// e1 and so on.
func grants(t *testing.T, chunks, each int) (all [][]byte) {
	t.Helper()
	for c := range chunks {
		var b []byte
		for i := range each {
			b = append(b, event(t, grant(fmt.Sprint("e", c*each+i), "444455556666"))...)
		}
		all = append(all, b)
	}
	return all
}

// wantAll fails unless each of the IDs e0 to e(n-1) is there at least once.
func wantAll(t *testing.T, n int, got []string) {
	t.Helper()
	have := map[string]bool{}
	for _, id := range got {
		have[id] = true
	}
	var lost []string
	for i := range n {
		if id := fmt.Sprint("e", i); !have[id] {
			lost = append(lost, id)
		}
	}
	if len(lost) > 0 {
		t.Errorf("%d of %d alerts are lost, such as %q", len(lost), n, lost[:min(len(lost), 10)])
	}
}

var eventIDInLine = regexp.MustCompile(`"eventID":"([^"]*)"`)

func idsInLines(text string) (found []string) {
	for _, m := range eventIDInLine.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func idsInEntries(entries []delivertest.Entry) (found []string) {
	for _, e := range entries {
		id, _ := document.GetText(e.Body, "eventID")
		found = append(found, string(id))
	}
	return found
}

func TestTheOutputSendsAlertsAndNothingElse(t *testing.T) {
	chunks := grants(t, 2, 2)
	chunks = append(chunks, event(t, `{"log":"hello"}`), event(t, lambdaCall("e9", "Invoke", `{}`)), nil)
	r := inOutputHost(t, chunks, "-p", "alerts_to=stdout")
	r.wantResults(t, 5, "ok")
	if got := strings.Join(idsInLines(r.stdout), " "); got != "e0 e1 e2 e3" {
		t.Errorf("alerts for %s", got)
	}
	if l := r.lines(); len(l) != 1 || !strings.HasSuffix(l[0], "; alerts go to stdout") {
		t.Errorf("the log is %q", l)
	}
}

func TestTheOutputRunsOnTheSmallStackOfACoroutine(t *testing.T) {
	// A chunk whose evaluation grows stacks and collects garbage.
	var big []byte
	for i := range 3000 {
		big = append(big, event(t, grant(fmt.Sprint("e", i), "444455556666"))...)
	}
	r := inOutputHost(t, [][]byte{big, big, big}, "-c", "24576", "-j", "3", "-p", "alerts_to=file:///dev/null", "-p", "max_signals=100000")
	r.wantResults(t, 3, "ok")
}

func TestTheFilterAndTheOutputAreOneLibraryInAProcess(t *testing.T) {
	if r := inOutputHost(t, grants(t, 1, 1), "-F", "-p", "alerts_to=stdout"); !strings.Contains(r.log, "the filter is the same library") {
		t.Error(r.log)
	}
}

func TestAHostOfAnyAgeIsServed(t *testing.T) {
	for _, c := range []struct {
		name    string
		host    func() (string, error)
		options []string
	}{
		{"one whose definition has no property table", outputHost, []string{"-O"}},
		{"one that exports no function", muteHost, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inOutputHostOf(t, c.host, grants(t, 1, 1), append(c.options, "-p", "alerts_to=stdout")...)
			r.wantResults(t, 1, "ok")
			if len(r.lines()) != 1 || !strings.Contains(r.log, "alerts go to stdout") {
				t.Errorf("the log is %q", r.log)
			}
		})
	}
}

func TestAnOutputInADaemonIsRefusedInOneLine(t *testing.T) {
	r := inOutputHost(t, nil, "-d", "-p", "alerts_to=stdout")
	if l := r.lines(); r.code != 3 || len(l) != 1 || !strings.Contains(l[0], "cannot run in a daemon") {
		t.Errorf("exit code %d, log %q", r.code, r.log)
	}
}

func TestAWrongPropertyStopsTheOutputWithOneLine(t *testing.T) {
	for _, c := range []struct{ name, property, value, want string }{
		{"no destination", "coverage", "rule", `property "alerts_to": it is not set`},
		{"a destination of no known kind", "alerts_to", "syslog://x", "of an unknown kind"},
		{"a secret in an address", "alerts_to", "forward://x?shared_key=hunter2", "a secret does not go into an address"},
		{"an address of metrics that cannot be read", "metrics_listen", "nowhere:x", `property "metrics_listen"`},
		{"an engine's property", "interval", "soon", `property "interval"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inOutputHost(t, nil, "-p", c.property+"="+c.value)
			if l := r.lines(); r.code != 3 || len(l) != 1 || !strings.HasPrefix(l[0], "[error] ") ||
				!strings.Contains(l[0], c.want) || strings.Contains(l[0], "hunter2") {
				t.Errorf("exit code %d, log %q", r.code, r.log)
			}
		})
	}
}

func TestWorkersAreNotStartedAndOneLineSaysSo(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []string
		want    []string
	}{
		{"none are configured", nil, nil},
		{"zero are configured", []string{"-p", "workers=0"}, nil},
		{"one is configured", []string{"-p", "workers=1"}, []string{"1"}},
		{"many are configured", []string{"-p", "workers=70000"}, []string{"70000"}},
		{"of one instance of two", []string{"-I", "-p", "alerts_to=stdout", "-p", "workers=3"}, []string{"3"}},
		{"of both instances", []string{"-p", "workers=2", "-I", "-p", "workers=3", "-p", "alerts_to=stdout"}, []string{"2", "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inOutputHost(t, nil, append([]string{"-p", "alerts_to=stdout"}, c.options...)...)
			var warned []string
			for _, l := range r.lines() {
				if rest, ok := strings.CutPrefix(l, "[warn] [output:trailwire:trailwire."); ok {
					_, rest, _ = strings.Cut(rest, `] property "workers": `)
					number, rest, _ := strings.Cut(rest, " ")
					if !strings.Contains(rest, "is not used") || !strings.Contains(rest, "leave it out") {
						t.Errorf("the line is %q", l)
					}
					warned = append(warned, number)
				}
			}
			if r.code != 0 || !slices.Equal(warned, c.want) || strings.Contains(r.log, "workers are started") {
				t.Errorf("exit code %d, warned of %q, want %q:\n%s", r.code, warned, c.want, r.log)
			}
		})
	}
}

func TestInstancesOfTheOutputHaveTheirOwnSettings(t *testing.T) {
	dir := folder(t)
	r := inOutputHost(t, grants(t, 2, 1),
		"-p", "alerts_to=file://"+dir+"/whole",
		"-I", "-p", "alerts_to=file://"+dir+"/fields", "-p", "alerts_only=fields", "-p", "alert_key=finding",
		"-I", "-p", "alerts_to=file://"+dir+"/none", "-p", "trusted_accounts=444455556666")
	r.wantResults(t, 6, "ok")
	if whole := lines(read(t, dir+"/whole")); len(whole) != 2 || !strings.Contains(whole[0], `"requestParameters"`) || !strings.Contains(whole[0], `"alert":{`) {
		t.Errorf("whole: %q", whole)
	}
	if fields := lines(read(t, dir+"/fields")); len(fields) != 2 || strings.Contains(fields[0], `"requestParameters"`) || !strings.HasPrefix(fields[0], `{"eventID":"e0","finding":{`) {
		t.Errorf("fields: %q", fields)
	}
	if none := read(t, dir+"/none"); none != "" {
		t.Errorf("none: %q", none)
	}
}

func TestBrokenChunksAreNotRetried(t *testing.T) {
	good := grants(t, 1, 1)[0]
	var chunks [][]byte
	for end := 0; end < len(good); end += 13 {
		chunks = append(chunks, good[:end])
	}
	chunks = append(chunks, []byte("\xc1lambda:InvokeFunction"), append([]byte("\x93\x01\x02\x03"), good...))
	r := inOutputHost(t, chunks, "-p", "alerts_to=stdout")
	r.wantResults(t, len(chunks), "ok")
	if got := strings.Join(idsInLines(r.stdout), " "); got != "e0" {
		t.Errorf("alerts for %s", got)
	}
}

func TestWhatDoesNotArriveIsRetriedAndComplainedAboutOnce(t *testing.T) {
	for _, c := range []struct{ name, to, want string }{
		{"nobody listens", "forward://127.0.0.1:1", "forward://127.0.0.1:1: connection refused"},
		{"no room", "file:///dev/full", "file:///dev/full: no space left on device"},
		{"no folder", "file:///nowhere/alerts", "no such file or directory"},
		{"no socket", "forward+unix:///nowhere.sock", "no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := inOutputHost(t, grants(t, 5, 1), "-r", "2", "-p", "alerts_to="+c.to)
			r.wantResults(t, 5, "retry")
			if l := r.lines(); len(l) != 2 || !strings.HasPrefix(l[1], "[warn] ") || !strings.Contains(l[1], c.want) {
				t.Errorf("the log is %q", l)
			}
		})
	}
}

func TestNoLineOfTheOutputHasTheSharedKey(t *testing.T) {
	r := delivertest.Receiver{SharedKey: "another"}
	got := inOutputHost(t, grants(t, 1, 1), "-p", "alerts_to=forward://"+r.Listen(t, "tcp", "127.0.0.1:0"),
		"-p", "shared_key=hunter2", "-p", "stats_interval=1")
	got.wantResults(t, 1, "retry")
	if strings.Contains(got.log+got.stdout, "hunter2") || !strings.Contains(got.log, "does not take our shared_key") {
		t.Error(got.log)
	}
}

// A receiver is killed and started again while workers deliver and the host
// reloads twenty times. Everything arrives, and nothing is left behind.
func TestTwentyReloadsWhileTheReceiverComesAndGoesLoseNothing(t *testing.T) {
	var r delivertest.Receiver
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				r.Kill()
				time.Sleep(30 * time.Millisecond)
				r.Listen(t, "tcp", at)
			}
		}
	}()
	const chunks, each = 400, 3
	type usage struct{ memory, threads, descriptors int }
	deliver := func(reloads int) usage {
		got := inOutputHost(t, grants(t, chunks, each), "-s", "-j", "4", "-r", "1000", "-R", strconv.Itoa(reloads),
			"-p", "alerts_to=forward://"+at+",file:///dev/null", "-p", "max_signals=1000000")
		got.wantResults(t, chunks, "ok")
		return usage{number(t, got.log, `VmRSS:\s+(\d+)`), number(t, got.log, `Threads:\s+(\d+)`), number(t, got.log, `Descriptors: (\d+)`)}
	}
	none := deliver(0)
	wantAll(t, chunks*each, idsInEntries(r.Entries()))
	twenty := deliver(20)
	t.Logf("reloads  memory KB  threads  descriptors\n%7d %10d %8d %12d\n%7d %10d %8d %12d",
		0, none.memory, none.threads, none.descriptors, 20, twenty.memory, twenty.threads, twenty.descriptors)
	if twenty.descriptors > none.descriptors+2 || twenty.memory > none.memory+16<<10 {
		t.Errorf("twenty reloads leave something behind")
	}
	if p := r.Problems(); len(p) > 0 {
		t.Errorf("the receiver complains: %q", p)
	}
	close(stop)
	<-stopped
}

func number(t *testing.T, text, pattern string) int {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %s", pattern, text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTimeAndMetadataGoOutAsTheyCameIn(t *testing.T) {
	var r delivertest.Receiver
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	match := body(t, grant("e0", "444455556666"))
	var c []byte
	c = append(append(c, "\x92\x92\xd7\x00\x69\x00\x00\x01\x00\x00\x00\x07\x81\xa1k\xa1v"...), match...)
	c = append(append(c, "\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02\xd7\x00\x69\x00\x00\x02\x00\x00\x00\x07\x80"...), match...)
	c = append(append(c, "\x92\xce\x69\x00\x00\x03"...), match...)
	c = chunk.Append(c, noon, match)
	inOutputHost(t, [][]byte{c}, "-p", "alerts_to=forward://"+at+"?tag=$tag.found", "-t", "in.put").wantResults(t, 1, "ok")
	got := r.Entries()
	if len(got) != 4 || len(r.Problems()) > 0 {
		t.Fatalf("%d entries, %q", len(got), r.Problems())
	}
	for i, want := range []string{"\xd7\x00\x69\x00\x00\x01\x00\x00\x00\x07", "\xd7\x00\x69\x00\x00\x02\x00\x00\x00\x07", "\xce\x69\x00\x00\x03"} {
		if string(got[i].Timestamp) != want || got[i].Tag != "in.put.found" {
			t.Errorf("entry %d: time %x, tag %s", i, got[i].Timestamp, got[i].Tag)
		}
	}
	if string(got[0].Metadata) != "\x81\xa1k\xa1v" || got[1].Metadata != nil || got[2].Metadata != nil {
		t.Errorf("metadata %x %x %x", got[0].Metadata, got[1].Metadata, got[2].Metadata)
	}
}
