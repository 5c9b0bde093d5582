package main_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/version"
)

// These tests load the real shared object into plugin/testhost, which plays
// Fluent Bit and does on purpose what Fluent Bit does rarely.

var (
	currentHost = sync.OnceValues(func() (string, error) { return compileHost("testhost") })
	oldHost     = hostOf(10903)
)

// hostOf returns a host with the layout of a version, such as 20200 for 2.2.0.
func hostOf(version int, flags ...string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		name := fmt.Sprint("testhost-", version, strings.Join(flags, ""))
		return compileHost(name, append(flags, fmt.Sprint("-DHOST_VERSION=", version))...)
	})
}

func compileHost(name string, flags ...string) (string, error) {
	path := filepath.Join(workshop, name)
	args := append(slices.Clip(flags), "-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-rdynamic",
		"-o", path, "testhost/testhost.c", "-ldl", "-lpthread")
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return path, nil
}

// outcome is what the test host says about a run.
type outcome struct {
	chunk []byte // what would go on
	log   string
	code  int
}

func (o outcome) verdict() string {
	_, verdict, _ := strings.Cut(o.log, "verdict: ")
	return strings.TrimSpace(verdict)
}

// logLines returns the lines of the log that are not the verdict.
func (o outcome) logLines() []string {
	return slices.DeleteFunc(lines(o.log), func(l string) bool { return strings.HasPrefix(l, "verdict: ") })
}

// inTestHost lets the plugin filter a chunk.
func inTestHost(t *testing.T, in []byte, options ...string) outcome {
	t.Helper()
	return inHost(t, currentHost, in, options...)
}

func inHost(t *testing.T, compiled func() (string, error), in []byte, options ...string) outcome {
	t.Helper()
	host, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	var out, log bytes.Buffer
	command := exec.Command(host, append(options, plugin(t))...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(in), &out, &log
	// A group of its own, so that a child that hangs is ended too.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(waitLimit, func() { _ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) })
	defer kill.Stop()
	if err := command.Wait(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
	}
	return outcome{settled(out.Bytes()), log.String(), command.ProcessState.ExitCode()}
}

// settled sets the times at which alerts in MessagePack were raised to one and the same, in place:
// two runs differ in them.
func settled(b []byte) []byte {
	key := []byte("\xa9raised_at\xb8")
	for rest := b; ; {
		at := bytes.Index(rest, key)
		if at < 0 || len(rest)-at-len(key) < 24 {
			return b
		}
		rest = rest[at+len(key):]
		copy(rest, "2000-01-01T00:00:00.000Z")
	}
}

// inOneProcess lets one instance of the plugin, which marks no alert as
// suppressed, filter many chunks, and returns what becomes of each.
func inOneProcess(t *testing.T, chunks [][]byte) (out [][]byte, modified []bool) {
	t.Helper()
	var frames []byte
	for _, c := range chunks {
		frames = binary.BigEndian.AppendUint32(frames, uint32(len(c)))
		frames = append(frames, c...)
	}
	got := inTestHost(t, frames, "-F", "-p", "dedup_window=0", "-p", "max_signals=1000000")
	if got.code != 0 {
		t.Fatalf("the host ended with %d after %d bytes:\n%s", got.code, len(got.chunk), got.log)
	}
	rest := bytes.NewReader(got.chunk)
	for range chunks {
		var head struct {
			Verdict byte
			Size    uint32
		}
		if err := binary.Read(rest, binary.BigEndian, &head); err != nil {
			t.Fatal(err)
		}
		c := make([]byte, head.Size)
		if _, err := io.ReadFull(rest, c); err != nil {
			t.Fatal(err)
		}
		out, modified = append(out, c), append(modified, head.Verdict == 'm')
	}
	return out, modified
}

// body returns JSON text as the MessagePack map of a record.
func body(t testing.TB, text string) []byte {
	t.Helper()
	b, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return b
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)

// event returns JSON text as an event, as Fluent Bit 5.1 writes it.
func event(t testing.TB, text string) []byte {
	t.Helper()
	return chunk.Append(nil, noon, body(t, text))
}

// match is a record that the built-in rule matches, nearMiss one that only
// looks like it: both have what the plugin searches chunks for.
var (
	match    = grant("11111111-1111-4111-8111-111111111111", "444455556666")
	nearMiss = grant("22222222-2222-4222-8222-222222222222", "*")
)

// wantTagged fails unless out is in with the built-in rule's alert as the last
// pair of its only event's body.
func wantTagged(t *testing.T, in, out []byte) alert {
	t.Helper()
	before, rest, err := chunk.Next(in)
	if err != nil || len(rest) > 0 {
		t.Fatalf("the input is not one event: %v", err)
	}
	after, rest, err := chunk.Next(out)
	if err != nil || len(rest) > 0 {
		t.Fatalf("the output is not one event: %v", err)
	}
	if !bytes.Equal(before.Header(), after.Header()) {
		t.Errorf("timestamp and metadata were % x, are % x", before.Header(), after.Header())
	}
	had, pairs, err := document.ReadMapHeader(before.Body)
	if err != nil {
		t.Fatal(err)
	}
	has, gained, err := document.ReadMapHeader(after.Body)
	if err != nil {
		t.Fatal(err)
	}
	if has != had+1 || !bytes.HasPrefix(gained, pairs) {
		t.Fatalf("the record had %d pairs and has %d, or they changed", had, has)
	}
	value, ok := document.Get(after.Body, "alert")
	if !ok {
		t.Fatal("the record has no alert")
	}
	text, err := document.AppendJSON(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	return wantBuiltIn(t, text)
}

func TestAChunkWithoutCandidatesGoesOnAsItIs(t *testing.T) {
	in := append(event(t, lambdaCall("1", "ListFunctions20150331", "null")), event(t, nearMiss)...)
	got := inTestHost(t, in)
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) {
		t.Errorf("code %d, verdict %q, %d bytes of %d", got.code, got.verdict(), len(got.chunk), len(in))
	}
}

func TestACandidateLeavesWithItsAlert(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in)
	if got.code != 0 || got.verdict() != "modified" {
		t.Fatalf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
	if a := wantTagged(t, in, got.chunk); a.Suppressed != "" {
		t.Errorf("the first alert is suppressed: %s", a.Suppressed)
	}
}

// A list that would become too many records stays whole, and is evaluated all the
// same. What cannot be read is left as it is.
func TestWhatCannotBeReadIsToldOnceAMinute(t *testing.T) {
	broken := event(t, `{"log":`+strconv.Quote(match[:len(match)-1])+`}`)
	long := event(t, `{"Records":[`+match+strings.Repeat(`,{}`, 100_000)+`]}`)
	in := slices.Concat(broken, long)
	got := inTestHost(t, in, "-n", "20")
	if got.code != 0 || got.verdict() != "modified" || !bytes.HasPrefix(got.chunk, broken) {
		t.Fatalf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
	whole, rest, err := chunk.Next(got.chunk[len(broken):])
	if _, found := document.Get(whole.Body, "alert"); err != nil || len(rest) > 0 || !found {
		t.Errorf("the list is not one record with its alert: %v", err)
	}
	warnings := slices.DeleteFunc(got.logLines(), func(l string) bool { return !strings.HasPrefix(l, "[warn]") })
	want := []string{
		"[warn] [filter:trailwire:trailwire.0] what could not be read was left as it was: 1 malformed; what would become too large was not split: 1 over a limit so far",
		`[warn] [filter:trailwire:trailwire.0] records that mention what a rule looks for and hold no CloudTrail event that is recognised: 1 so far ("lambda:InvokeFunction" under "log"); see json_keys`,
	}
	if !slices.Equal(warnings, want) {
		t.Errorf("the log about 20 chunks is %q, want %q", warnings, want)
	}
}

// propertyTable returns the table as the test host prints it.
func propertyTable() string {
	var text strings.Builder
	for _, p := range property.OfFilter() {
		fmt.Fprintf(&text, "%s\t%s\t%s\n", p.Name, p.Default, p.Help)
	}
	return text.String()
}

func TestThePropertyTableFitsTheStepOfTheHost(t *testing.T) {
	// 48 is Fluent Bit up to 5.0.2, 56 is 5.0.3 to 5.1; the others are sizes
	// that a later version could have.
	for _, state := range []int{32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128} {
		t.Run(fmt.Sprintf("%d bytes of the host's after an entry", state), func(t *testing.T) {
			t.Parallel()
			got := inTestHost(t, nil, "-s", strconv.Itoa(state), "-H")
			if got.code != 0 || string(got.chunk) != propertyTable() {
				t.Errorf("code %d, the host reads:\n%s\nwant:\n%s", got.code, got.chunk, propertyTable())
			}
		})
	}
}

// The columns are those of struct layout in filter/layouts.h. After a change of
// the table, look at every row here.
func TestEachKnownLayoutOfAHostIsServedOrRefused(t *testing.T) {
	const tooOld = "[error] [filter:trailwire] this Fluent Bit is too old: 2.2 or later is needed"
	var rows []string
	in := event(t, match)
	for _, test := range []struct {
		since   int
		row     string
		refused string
	}{
		{10903, "1.9.3 to 2.1\t72\t0\t0\t96\tno flb_output_enable_multi_threading: refused", tooOld},
		{20200, "2.2 to 3.1\t80\t1\t0\t96\tflb_output_enable_multi_threading", ""},
		{30200, "3.2 to 5.0.2\t88\t1\t1\t96\tas 2.2 is", ""},
		{50003, "5.0.3 to 5.1\t88\t1\t1\t104\tthe step of the table", ""},
	} {
		rows = append(rows, fmt.Sprint(test.since, "\t", test.row))
		t.Run(strings.Split(test.row, "\t")[0], func(t *testing.T) {
			t.Parallel()
			host := hostOf(test.since)
			got := inHost(t, host, in, "-p", "coverage=extended")
			if test.refused != "" {
				if got.code != 3 || got.log != test.refused+"\n" {
					t.Errorf("code %d, want 3; the log is\n%s\nwant\n%s", got.code, got.log, test.refused)
				}
				return
			}
			if got.code != 0 || got.verdict() != "modified" {
				t.Fatalf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
			}
			wantTagged(t, in, got.chunk)
			if got := inHost(t, host, nil, "-H"); string(got.chunk) != propertyTable() {
				t.Errorf("the host reads:\n%s\nwant:\n%s", got.chunk, propertyTable())
			}
		})
	}
	if got := string(inTestHost(t, nil, "-L").chunk); got != strings.Join(rows, "\n")+"\n" {
		t.Errorf("filter/layouts.h has\n%s\nwant\n%s", got, strings.Join(rows, "\n"))
	}
}

func TestAHostThatCannotRunTheFilterIsToldInOneLine(t *testing.T) {
	for _, test := range []struct {
		name    string
		host    func() (string, error)
		options []string
		want    string
	}{
		{
			"properties laid out in an unknown way", currentHost, []string{"-s", strconv.Itoa(8 * 40)},
			"[error] [filter:trailwire:trailwire.0] this Fluent Bit lays out its property table in a way this build does not know (2.2 to 5.1 are known)",
		},
		{
			"older than 2.2", oldHost, nil,
			"[error] [filter:trailwire] this Fluent Bit is too old: 2.2 or later is needed",
		},
		{
			"older than 2.2, without a log", hostOf(10903, "-Dflb_log_print=somethingElse"), nil,
			"[filter:trailwire] this Fluent Bit is too old: 2.2 or later is needed",
		},
		{
			"without what a filter needs", hostOf(50003, "-Dflb_config_map_create=somethingElse"), nil,
			"[error] [filter:trailwire:trailwire.0] this host lacks functions that Fluent Bit 2.2 to 5.1 export to plugins",
		},
		{
			"without a log", hostOf(50003, "-Dflb_log_print=somethingElse"), nil,
			"[filter:trailwire] this host lacks functions that Fluent Bit 2.2 to 5.1 export to plugins",
		},
		{
			"daemonised", currentHost, []string{"-d"},
			"[error] [filter:trailwire:trailwire.0] cannot run in a daemonised process, whose fork has left Go's threads behind: set Daemon Off and let the service manager do it",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := inHost(t, test.host, event(t, match), test.options...)
			if got.code != 3 || got.log != test.want+"\n" {
				t.Errorf("code %d, want 3; the log is\n%s\nwant\n%s", got.code, got.log, test.want)
			}
		})
	}
}

func TestAWrongPropertyStopsTheStart(t *testing.T) {
	got := inTestHost(t, nil, "-p", "split=perhaps")
	want := "[error] [filter:trailwire:trailwire.0] property \"split\": \"perhaps\" is not allowed: it must be on or off\n"
	if got.code != 3 || got.log != want {
		t.Errorf("code %d, want 3; the log is\n%s\nwant\n%s", got.code, got.log, want)
	}
}

func TestThreadsGetTheSameAnswer(t *testing.T) {
	in := slices.Concat(event(t, nearMiss), event(t, match), event(t, nearMiss))
	got := inTestHost(t, in, "-j", "8", "-n", "1000", "-p", "dedup_window=0", "-p", "max_signals=1000000")
	if got.code != 0 || got.verdict() != "modified" {
		t.Errorf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
}

// filter/signals.h says why. Without it the host ends within a second.
func TestSignalsOfTheHostNeverRunOnTheStacksOfGo(t *testing.T) {
	in := slices.Concat(event(t, nearMiss), event(t, match), event(t, nearMiss))
	got := inTestHost(t, in, "-S", "-j", "4", "-n", "4000", "-p", "dedup_window=0", "-p", "max_signals=1000000")
	if got.code != 0 || got.verdict() != "modified" {
		t.Errorf("code %d, verdict %q:\n%.2000s", got.code, got.verdict(), got.log)
	}
}

// The masks are those of /proc: SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2,
// SIGTERM and SIGCONT.
func TestThreadsOfGoAreBornWithoutTheSignalsOfTheHost(t *testing.T) {
	const held = 1<<0 | 1<<1 | 1<<2 | 1<<9 | 1<<11 | 1<<14 | 1<<17
	host, threads := threadsAfterWork(t)
	deadline := time.Now().Add(waitLimit)
	for _, thread := range threads {
		want := uint64(held)
		if thread == host {
			want = 0 // the host's own thread, once it waits for more
		}
		var got uint64
		for ; ; time.Sleep(time.Millisecond) {
			if got = blockedSignals(t, read(t, fmt.Sprintf("/proc/%d/status", thread))) & held; got == want || time.Now().After(deadline) {
				break
			}
		}
		if got != want {
			t.Errorf("thread %d blocks %#x, want %#x", thread, got, want)
		}
	}
}

// The host's own threads keep their timers as they were: as the process has them that started this test. The
// test itself has the constructors in it that are tested.
func TestOnlyTimersOfGosThreadsMayBeLate(t *testing.T) {
	host, threads := threadsAfterWork(t)
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/timerslack_ns", thread))
		if err != nil {
			t.Skipf("the slack of another process's timers cannot be read here: %v", err)
		}
		want := "10000000"
		if thread == host {
			want = strings.TrimSpace(read(t, fmt.Sprintf("/proc/%d/timerslack_ns", os.Getppid())))
		}
		if got := strings.TrimSpace(string(text)); got != want {
			t.Errorf("the timers of thread %d may be %s ns late, want %s", thread, got, want)
		}
	}
}

// threadsAfterWork starts a host that hands Go some chunks and then waits. It returns the id of the host's own
// thread, and those of all threads.
func threadsAfterWork(t *testing.T) (host int, threads []int) {
	t.Helper()
	path, err := currentHost()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, "-F", plugin(t))
	c := start(t, command)
	in := event(t, match)
	for range 100 {
		if _, _, err := c.filter(in); err != nil {
			t.Fatalf("the host ended: %v\n%s", err, c.log)
		}
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			t.Fatal(err)
		}
		threads = append(threads, id)
	}
	if len(threads) < 3 {
		t.Fatalf("%d threads: the test shows nothing", len(threads))
	}
	return command.Process.Pid, threads
}

// blockedSignals returns the mask in a /proc/*/status, all of them if the
// thread has ended.
func blockedSignals(t *testing.T, status string) uint64 {
	t.Helper()
	m := regexp.MustCompile(`SigBlk:\s+([0-9a-f]+)`).FindStringSubmatch(status)
	if m == nil {
		return math.MaxUint64
	}
	mask, err := strconv.ParseUint(m[1], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return mask
}

func TestFiveInstancesStartAndTheLastAnswers(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in, "-i", "5")
	if got.code != 0 || got.verdict() != "modified" {
		t.Fatalf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
	wantTagged(t, in, got.chunk)
	for i, line := range got.logLines() {
		want := fmt.Sprintf("[info] [filter:trailwire:trailwire.%d] %s, watching for ", i, version.Number)
		if i > 4 || !strings.HasPrefix(line, want) {
			t.Errorf("line %d of the log is %q, want %q", i, line, want)
		}
	}
	if n := len(got.logLines()); n != 5 {
		t.Errorf("%d lines in the log, want 5", n)
	}
}

func TestACopyOfAnEventIsTaggedAsADuplicate(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in, "-n", "2")
	if a := wantTagged(t, in, got.chunk); a.Suppressed != "duplicate" {
		t.Errorf("suppressed is %q, want duplicate", a.Suppressed)
	}
}

// encodings are the legal ways to write an event, as functions of its body.
var encodings = []struct {
	name   string
	encode func(body []byte) []byte
}{
	{"with an extension as its time", func(b []byte) []byte { return chunk.Append(nil, noon, b) }},
	{"with the extension as ext 8", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xc7, 8, 0, 0x69, 0xf8, 0x80, 0x40, 7, 0x5b, 0xcd, 0x15, 0x80}, b)
	}},
	{"with an integer as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xce, 0x69, 0xf8, 0x80, 0x40, 0x80}, b)
	}},
	{"with a signed integer as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xd3, 0, 0, 0, 0, 0x69, 0xf8, 0x80, 0x40, 0x80}, b)
	}},
	{"with a float as its time", func(b []byte) []byte {
		return append(msgp.AppendMapHeader(msgp.AppendFloat64([]byte{0x92, 0x92}, 1.7778816e9+0.25), 0), b...)
	}},
	{"with a float that is not a number as its time", func(b []byte) []byte {
		return append(msgp.AppendMapHeader(msgp.AppendFloat64([]byte{0x92, 0x92}, math.NaN()), 0), b...)
	}},
	{"with null as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xc0, 0x80}, b)
	}},
	{"with the year 2038 as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xd7, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x80}, b)
	}},
	{"with the last second before a marker's as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xfd, 0, 0, 0, 0, 0x80}, b)
	}},
	{"with the last second of 32 bits, an integer, as its time", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0xce, 0xff, 0xff, 0xff, 0xff}, b)
	}},
	{"with metadata", func(b []byte) []byte {
		header := msgp.AppendMapHeader([]byte{0x92, 0x92, 0xd7, 0, 0x69, 0xf8, 0x80, 0x40, 0, 0, 0, 0}, 1)
		header = msgp.AppendString(header, "otlp")
		header = msgp.AppendMapHeader(header, 1)
		header = msgp.AppendString(header, "lambda:InvokeFunction")
		return slices.Concat(msgp.AppendInt(header, 9), b)
	}},
	{"in the legacy form", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0xd7, 0, 0x69, 0xf8, 0x80, 0x40, 0, 0, 0, 0}, b)
	}},
	{"in the legacy form with an integer", func(b []byte) []byte {
		return slices.Concat([]byte{0x92, 0xce, 0x69, 0xf8, 0x80, 0x40}, b)
	}},
	{"in arrays of 16 bits", func(b []byte) []byte {
		return slices.Concat([]byte{0xdc, 0, 2, 0xdc, 0, 2, 0xd7, 0, 0x69, 0xf8, 0x80, 0x40, 0, 0, 0, 0, 0x80}, b)
	}},
	{"in arrays of 32 bits", func(b []byte) []byte {
		return slices.Concat([]byte{0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2, 0xd7, 0, 0x69, 0xf8, 0x80, 0x40, 0, 0, 0, 0, 0x80}, b)
	}},
	{"with strings of 8 bit lengths", func(b []byte) []byte { return chunk.Append(nil, noon, widen(b, 8)) }},
	{"with strings of 16 bit lengths", func(b []byte) []byte { return chunk.Append(nil, noon, widen(b, 16)) }},
	{"with strings, maps and arrays of 32 bit lengths", func(b []byte) []byte { return chunk.Append(nil, noon, widen(b, 32)) }},
}

// widen writes a document again, its strings with lengths of so many bits, its
// maps and arrays with 32 where strings have, else 16.
func widen(value []byte, bits int) (out []byte) {
	head := func(code16, code32 byte, n int) []byte {
		if bits == 32 {
			return binary.BigEndian.AppendUint32([]byte{code32}, uint32(n))
		}
		return binary.BigEndian.AppendUint16([]byte{code16}, uint16(n))
	}
	switch document.KindOf(value) {
	case document.KindText:
		text, _ := document.Text(value)
		out = []byte{0xd9, byte(len(text))}
		if bits > 8 {
			out = head(0xda, 0xdb, len(text))
		}
		return append(out, text...)
	case document.KindMap:
		n, _, _ := document.ReadMapHeader(value)
		out = head(0xde, 0xdf, n)
		_ = document.Each(value, func(k, v []byte) bool {
			out = append(append(out, widen(k, bits)...), widen(v, bits)...)
			return true
		})
		return out
	case document.KindArray:
		n, _, _ := document.ReadArrayHeader(value)
		out = head(0xdc, 0xdd, n)
		_ = document.Elements(value, func(v []byte) bool {
			out = append(out, widen(v, bits)...)
			return true
		})
		return out
	}
	return value
}

func TestEveryLegalEncodingIsRead(t *testing.T) {
	var matches, misses [][]byte
	for _, e := range encodings {
		matches = append(matches, e.encode(body(t, match)))
		misses = append(misses, e.encode(body(t, nearMiss)))
	}
	out, modified := inOneProcess(t, slices.Concat(matches, misses))
	for i, e := range encodings {
		t.Run("a match "+e.name, func(t *testing.T) {
			if !modified[i] {
				t.Fatal("it was left alone")
			}
			wantTagged(t, matches[i], out[i])
		})
		t.Run("a near miss "+e.name, func(t *testing.T) {
			if i := i + len(encodings); modified[i] || !bytes.Equal(out[i], misses[i-len(encodings)]) {
				t.Error("it was changed")
			}
		})
	}
}

// nested returns {"log": "[[[…text…]]]"}, with so many brackets.
func nested(t *testing.T, depth int, text string) []byte {
	t.Helper()
	b := msgp.AppendMapHeader(nil, 1)
	b = msgp.AppendString(b, "log")
	return msgp.AppendString(b, strings.Repeat(`{"detail":`, depth)+text+strings.Repeat("}", depth))
}

func TestWhatIsNoMatchStaysByteForByte(t *testing.T) {
	marker := func(head ...byte) []byte { return slices.Concat(head, body(t, match)) }
	listOf := func(n uint32) []byte {
		b := binary.BigEndian.AppendUint32([]byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 0xdd}, n)
		return append(b, body(t, match)...)
	}
	cases := []struct {
		name  string
		chunk []byte
	}{
		{"the start of a group, as an extension", marker(0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80)},
		{"the end of a group, as an extension", marker(0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0x80)},
		{"the start of a group, as an integer", marker(0x92, 0x92, 0xff, 0x80)},
		{"the end of a group, as an integer", marker(0x92, 0x92, 0xfe, 0x80)},
		{"the start of a group, as an integer of 32 bits", marker(0x92, 0x92, 0xd2, 0xff, 0xff, 0xff, 0xff, 0x80)},
		{"the end of a group, as an unsigned integer of 64 bits", marker(0x92, 0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x80)},
		{"an event without a body", []byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x80}},
		{"an event whose body is text", append([]byte{0x92, 0x92, 0x01, 0x80}, msgp.AppendString(nil, match)...)},
		{"an event whose body is a list", listOf(1)},
		{"a list that claims four billion elements", listOf(math.MaxUint32)},
		{"an event of three elements", slices.Concat([]byte{0x93, 0x01, 0x80}, body(t, match))},
		{"a map that is not an event", body(t, match)},
		{"JSON text that is not MessagePack", []byte(match)},
		{"a reserved byte, then an event", append([]byte{0xc1}, event(t, match)...)},
		{"JSON nested 1,000 deep under log", chunk.Append(nil, noon, nested(t, 1000, match))},
		{"JSON nested a million deep under log", chunk.Append(nil, noon, nested(t, 1_000_000, match))},
		{"JSON under log that breaks off", chunk.Append(nil, noon, msgp.AppendString(
			msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), match[:len(match)-1]))},
		{"a string of 10 MB", chunk.Append(nil, noon, msgp.AppendString(
			msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), strings.Repeat("lambda:InvokeFunction ", 10<<20/22)))},
		{"10 MB of opening brackets", chunk.Append(nil, noon, msgp.AppendString(
			msgp.AppendString(msgp.AppendMapHeader(nil, 1), "log"), "lambda:InvokeFunction"+strings.Repeat("[", 10<<20)))},
		{"arrays nested 100,000 deep", chunk.Append(nil, noon, slices.Concat([]byte{0x82, 0xa1, 'a'},
			bytes.Repeat([]byte{0x91}, 100_000), []byte{0xc0, 0xa1, 'b'}, msgp.AppendString(nil, "lambda:InvokeFunction")))},
		{"text that is not UTF-8", chunk.Append(nil, noon, append([]byte{0x81, 0xa3, 'l', 'o', 'g', 0xbb},
			"\xff\xfe\xc3 lambda:InvokeFunction \xed"...))},
		{"keys that are not text", chunk.Append(nil, noon, slices.Concat(
			[]byte{0x84, 0x01, 0x02, 0xc0, 0xc3, 0x92, 0x01, 0x02, 0x80}, msgp.AppendString(nil, "log"), msgp.AppendString(nil, nearMiss)))},
		{"a map with a key too many", chunk.Append(nil, noon, append([]byte{0x82}, body(t, `{"log":"lambda:InvokeFunction"}`)[1:]...))},
	}
	var chunks [][]byte
	for _, c := range cases {
		chunks = append(chunks, c.chunk)
	}
	out, modified := inOneProcess(t, chunks)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if modified[i] || !bytes.Equal(out[i], c.chunk) {
				t.Error("it was changed")
			}
		})
	}
}

func TestAMatchIsFoundBesideWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after []byte
	}{
		{"between two near misses", event(t, nearMiss), event(t, nearMiss)},
		{"between the markers of a group",
			[]byte{0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80, 0x80},
			[]byte{0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0x80, 0x80}},
		{"after values that are not events", slices.Concat([]byte{0x01, 0x93, 1, 2, 3}, body(t, match)), nil},
		{"before one that is cut short", nil, event(t, match)[:400]},
		{"before a byte that is not MessagePack", nil, append([]byte{0xc1}, event(t, match)...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := event(t, match)
			got := inTestHost(t, slices.Concat(test.before, in, test.after))
			if got.code != 0 || !bytes.HasPrefix(got.chunk, test.before) || !bytes.HasSuffix(got.chunk, test.after) {
				t.Fatalf("code %d, or what is around the match was changed", got.code)
			}
			wantTagged(t, in, got.chunk[len(test.before):len(got.chunk)-len(test.after)])
		})
	}
}

func TestAChunkMayEndAnywhere(t *testing.T) {
	whole := event(t, match)
	list := event(t, `{"Records":[`+match+`,`+nearMiss+`]}`)
	var chunks [][]byte
	for n := range len(whole) {
		chunks = append(chunks, whole[:n])
	}
	for n := range len(list) {
		chunks = append(chunks, list[:n])
	}
	out, modified := inOneProcess(t, chunks)
	for i, c := range chunks {
		if modified[i] || !bytes.Equal(out[i], c) {
			t.Errorf("the first %d bytes of an event were changed", len(c))
		}
	}
}

func TestRandomBytesStayAsTheyAre(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	needle := []byte("lambda:InvokeFunction")
	var chunks [][]byte
	for range 2000 {
		c := make([]byte, random.IntN(600))
		for i := range c {
			c[i] = byte(random.Uint32())
		}
		if len(c) > len(needle) {
			copy(c[random.IntN(len(c)-len(needle)):], needle)
		}
		chunks = append(chunks, c)
	}
	out, modified := inOneProcess(t, chunks)
	for i, c := range chunks {
		if modified[i] || !bytes.Equal(out[i], c) {
			t.Errorf("chunk %d was changed: % x", i, c)
		}
	}
}

func TestABrokenMatchNeverBreaksTheHost(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	whole := event(t, `{"Records":[`+nearMiss+`,`+match+`],"log":`+strconv.Quote(match)+`}`)
	var chunks [][]byte
	for range 5000 {
		c := slices.Clone(whole)
		for range 1 + random.IntN(3) {
			c[random.IntN(len(c))] = byte(random.Uint32())
		}
		chunks = append(chunks, c)
	}
	out, modified := inOneProcess(t, chunks)
	changed := 0
	for i, c := range chunks {
		if !modified[i] {
			if !bytes.Equal(out[i], c) {
				t.Errorf("chunk %d was changed without a word: % x", i, c)
			}
			continue
		}
		changed++
		for rest := out[i]; len(rest) > 0; {
			var err error
			if _, rest, err = chunk.Next(rest); errors.Is(err, chunk.ErrNotEvent) {
				continue
			} else if err != nil && !unreadable(c) {
				t.Errorf("chunk %d could be read and no longer can: % x", i, c)
				break
			} else if err != nil {
				break
			}
		}
	}
	if changed < 1000 {
		t.Errorf("only %d of %d chunks had a match: the test shows nothing", changed, len(chunks))
	}
}

// unreadable reports whether a chunk has an end that is not MessagePack.
func unreadable(c []byte) bool {
	for len(c) > 0 {
		rest, err := document.Skip(c)
		if err != nil {
			return true
		}
		c = rest
	}
	return false
}

func TestTheTableInCIsUpToDate(t *testing.T) {
	if read(t, "host/properties.h") != property.Header() {
		t.Error("plugin/host/properties.h is not what internal/property makes: run go generate ./plugin/host")
	}
}

func TestTheSharedObjectRunsWithGlibc234(t *testing.T) {
	file, err := elf.Open(plugin(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	imported, err := file.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	versions := 0
	for _, s := range imported {
		version, ok := strings.CutPrefix(s.Version, "GLIBC_")
		if !ok {
			continue
		}
		versions++
		var major, minor int
		if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
			t.Errorf("%s needs %s: %v", s.Name, s.Version, err)
		}
		if major != 2 || minor > 34 {
			t.Errorf("%s needs glibc %s, later than 2.34", s.Name, version)
		}
	}
	if versions == 0 {
		t.Error("no symbol of glibc is imported: the test shows nothing")
	}
	libraries, err := file.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range libraries {
		if !slices.Contains([]string{"libc.so.6", "libpthread.so.0", "libdl.so.2", "libresolv.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}, l) {
			t.Errorf("it needs %s, which is not a part of glibc", l)
		}
	}
}

func TestFunctionsOfTheHostAreImportedWeakly(t *testing.T) {
	symbols, err := openPlugin(t).DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var weak []string
	for _, s := range symbols {
		switch {
		case s.Section != elf.SHN_UNDEF || !strings.HasPrefix(s.Name, "flb_"):
		case elf.ST_BIND(s.Info) == elf.STB_WEAK:
			weak = append(weak, s.Name)
		default:
			t.Errorf("%s must be weak, or a host without it fails in the dynamic linker", s.Name)
		}
	}
	for _, name := range []string{
		"flb_config_map_create", "flb_config_map_destroy", "flb_filter_get_property",
		"flb_filter_set_context", "flb_log_print", "flb_output_enable_multi_threading",
		"flb_sched_ctx_get", "flb_sched_timer_cb_create", "flb_sched_timer_cb_destroy",
	} {
		if !slices.Contains(weak, name) {
			t.Errorf("it does not use %s of Fluent Bit: the test shows nothing", name)
		}
	}
}
