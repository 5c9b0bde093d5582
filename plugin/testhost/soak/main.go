// Command soak runs the shared object for a while under a steady load and
// watches what it uses: `make soak`. It takes the fluent-bit that it is given,
// else the one on PATH, else the test host, and says which.
//
// The load is a mix of what arrives: ordinary CloudTrail, grants that match and
// grants that do not, log files of many events, text that cannot be read. Every
// match has an ID of its own, so that the memory of past alerts fills up.
//
// In Fluent Bit the output runs beside the filter, and sends its alerts to this
// program (-output=false leaves it out).
//
// Every few seconds the resident memory, how much of it is Go's heap, the
// threads and the file descriptors of the process go to a CSV file, and a plot
// of the memory to an SVG. The program ends when the time is over or so many
// events have been sent. It fails if the process ends early or raises no alert,
// or if its median memory in the last quarter of the time is more than a fifth
// over that in the second. In the first quarter buffers reach their size.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
)

func main() {
	var o options
	flag.DurationVar(&o.time, "time", time.Minute, "how long")
	flag.DurationVar(&o.every, "every", 2*time.Second, "how often to look")
	flag.IntVar(&o.rate, "rate", 5000, "records a second")
	flag.StringVar(&o.plugin, "plugin", "build/flb-filter_trailwire.so", "the shared object")
	flag.StringVar(&o.testhost, "testhost", "build/testhost", "the test host, for machines without a Fluent Bit")
	flag.StringVar(&o.fluentBit, "fluent-bit", firstPath(os.Getenv("FLUENT_BIT")), "the Fluent Bit to run in; - for the test host (default: the one on PATH)")
	flag.StringVar(&o.csv, "csv", "build/soak.csv", "where the samples go")
	flag.StringVar(&o.svg, "svg", "", "where a plot of the memory goes (default: nowhere)")
	flag.BoolVar(&o.output, "output", true, "load the output too, in Fluent Bit")
	events := flag.Float64("events", 0, "how many events at most, such as 1e8 (default: what the time allows)")
	frames := flag.Int("frames", 0, "write the load of so many records as frames for the test host to standard output, and end")
	flag.Parse()
	o.events = int(*events)
	run := func() error { return soak(o) }
	if *frames > 0 {
		run = func() error { return writeFrames(os.Stdout, *frames) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// firstPath returns the first of a list of paths: FLUENT_BIT may hold several.
func firstPath(list string) string {
	first, _, _ := strings.Cut(list, string(filepath.ListSeparator))
	return first
}

type options struct {
	time, every                      time.Duration
	rate, events                     int
	output                           bool
	plugin, testhost, fluentBit, csv string
	svg                              string
}

const (
	growth = 0.20 // by how much the memory may grow
	fewest = 8    // samples: two a quarter
)

func soak(o options) error {
	if o.time < fewest*o.every {
		o.every = o.time / fewest
	}
	if o.fluentBit == "" {
		o.fluentBit, _ = exec.LookPath("fluent-bit")
	}
	dir, err := os.MkdirTemp("", "trailwire-soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var h *host
	if o.fluentBit == "" || o.fluentBit == "-" {
		fmt.Println("NO FLUENT BIT: the soak runs in the test host")
		h, err = startTestHost(o, dir)
	} else {
		h, err = startFluentBit(o, dir)
	}
	if err != nil {
		return err
	}
	defer h.stop()
	fmt.Printf("%s, %s, %d records a second\n", h.name, o.time, o.rate)

	fed := make(chan error, 1)
	quit := make(chan struct{})
	go func() { fed <- feed(h, o, quit) }()
	samples, err := watch(h, o, fed)
	close(quit)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, h.tail())
	}
	if err := writeCSV(o.csv, samples); err != nil {
		return err
	}
	if o.svg != "" {
		if err := os.WriteFile(o.svg, plot(samples), 0o644); err != nil {
			return err
		}
	}
	if err := <-fed; err != nil {
		return fmt.Errorf("the load ended: %w\n%s", err, h.tail())
	}
	if err := h.stop(); err != nil {
		return fmt.Errorf("%w\n%s", err, h.tail())
	}
	return judge(h, samples, o.csv)
}

// host is the process that has loaded the shared object.
type host struct {
	name    string
	command *exec.Cmd
	to      io.WriteCloser
	encode  func(record string) ([]byte, error)
	log     string       // the path of what it says
	sent    atomic.Int64 // events
	ended   chan error
	stopped bool
}

func (h *host) start() error {
	log, err := os.Create(h.log)
	if err != nil {
		return err
	}
	defer log.Close()
	h.command.Stderr = log
	if err := h.command.Start(); err != nil {
		return err
	}
	h.ended = make(chan error, 1)
	go func() { h.ended <- h.command.Wait() }()
	return nil
}

// stop ends the load and then the process, and returns how that went.
func (h *host) stop() error {
	if h.stopped {
		return nil
	}
	h.stopped = true
	if h.to != nil {
		_ = h.to.Close()
	}
	time.Sleep(time.Second)
	_ = h.command.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-h.ended:
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
			return nil // the test host has no handler
		}
		return err
	case <-time.After(20 * time.Second):
		_ = h.command.Process.Kill()
		return errors.New("it did not end within 20 s of SIGTERM")
	}
}

func (h *host) tail() string {
	log, _ := os.ReadFile(h.log)
	return string(log[max(0, len(log)-2000):])
}

func startTestHost(o options, dir string) (*host, error) {
	h := &host{name: "test host", log: filepath.Join(dir, "log"), encode: frame}
	h.command = exec.Command(o.testhost, "-F", "-p", "stats_interval=5s", "-p", "coverage=extended", o.plugin)
	var err error
	if h.to, err = h.command.StdinPipe(); err != nil {
		return nil, err
	}
	return h, h.start() // standard output goes to /dev/null
}

func startFluentBit(o options, dir string) (*host, error) {
	version, err := exec.Command(o.fluentBit, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.fluentBit, err)
	}
	name, _, _ := strings.Cut(string(version), "\n")
	plugin, err := filepath.Abs(o.plugin)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// A symbolic link is the same file to dlopen: one Go runtime.
	input := filepath.Join(dir, "flb-in_trailwire.so")
	if err := os.Symlink(plugin, input); err != nil {
		return nil, err
	}
	plugins, output := plugin+", "+input, ""
	if o.output {
		at, err := swallow()
		if err != nil {
			return nil, err
		}
		other := filepath.Join(dir, "out_trailwire.so")
		if err := os.Symlink(plugin, other); err != nil {
			return nil, err
		}
		plugins += ", " + other
		output = "- {name: trailwire, match: cloudtrail, coverage: extended, alerts_to: 'forward://" + at + "?ack=off'}"
	}
	config := filepath.Join(dir, "soak.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `service: {flush: 1, log_level: info}
plugins: [%s]
pipeline:
  inputs:
    - {name: tcp, listen: 127.0.0.1, port: %d, format: json, tag: cloudtrail, chunk_size: 4096, buffer_size: 16384}
    - {name: trailwire}
  filters:
    - {name: trailwire, match: cloudtrail, coverage: extended, stats_interval: 5s, alert_tag: alert.$severity}
  outputs:
    - {name: 'null', match: '*'}
    %s
`, plugins, port, output), 0o600); err != nil {
		return nil, err
	}
	h := &host{name: name, log: filepath.Join(dir, "log"), encode: line}
	h.command = exec.Command(o.fluentBit, "-c", config)
	if err := h.start(); err != nil {
		return nil, err
	}
	for range 100 {
		h.to, err = net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			return h, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	_ = h.command.Process.Kill()
	return nil, fmt.Errorf("it does not listen: %w\n%s", err, h.tail())
}

// swallow starts a receiver that reads alerts and drops them, and returns its
// address.
func swallow() (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
	}()
	return l.Addr().String(), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// line is a record for the tcp input.
func line(record string) ([]byte, error) { return append([]byte(record), '\n'), nil }

// frame is a record for the test host.
func frame(record string) ([]byte, error) {
	body, err := document.AppendFromJSON(nil, []byte(record))
	if err != nil {
		return nil, err
	}
	c := chunk.Append(make([]byte, 4), time.Now(), body)
	binary.BigEndian.PutUint32(c, uint32(len(c)-4))
	return c, nil
}

func writeFrames(to io.Writer, n int) error {
	out := bufio.NewWriter(to)
	for i := range n {
		f, err := frame(record(i))
		if err != nil {
			return err
		}
		if _, err := out.Write(f); err != nil {
			return err
		}
	}
	return out.Flush()
}

// feed sends records at a steady rate until quit is closed or there have been
// enough events.
func feed(h *host, o options, quit <-chan struct{}) error {
	const times = 20 // a second
	tick := time.NewTicker(time.Second / times)
	defer tick.Stop()
	for n, sent := 0, 0; o.events == 0 || sent < o.events; {
		select {
		case <-quit:
			return nil
		case <-tick.C:
		}
		var batch []byte
		for range o.rate / times {
			b, err := h.encode(record(n))
			if err != nil {
				return err
			}
			batch = append(batch, b...)
			sent += eventsOf(n)
			n++
		}
		if _, err := h.to.Write(batch); err != nil {
			return err
		}
		h.sent.Store(int64(sent))
	}
	return nil
}

// record returns the record of this number, as JSON text.
func record(n int) string {
	switch n % 20 {
	case 3:
		return event(n, "AddPermission20150331v2", grantTo("444455556666"))
	case 7:
		return event(n, "AddPermission20150331v2", grantTo("*"))
	case 11:
		return `{"log":` + strconv.Quote(event(n, "AddPermission20150331v2", grantTo("arn:aws:iam::555566667777:root"))) + `}`
	case 13: // breaks off
		return `{"log":` + strconv.Quote(`{"eventSource":"lambda.amazonaws.com","requestParameters":{"action":"lambda:InvokeFunction`) + `}`
	case 17: // a log file
		if eventsOf(n) == 1 {
			break
		}
		events := make([]string, eventsOf(n))
		for i := range events {
			events[i] = event(n, "GetFunction20150331v2", `{"functionName":"f"}`)
		}
		events[4] = event(n, "AddPermission20150331v2", grantTo("666677778888"))
		return `{"Records":[` + strings.Join(events, ",") + `]}`
	}
	return event(n, "Invoke", `{"functionName":"f"}`)
}

// eventsOf returns how many events the record of this number has.
func eventsOf(n int) int {
	if n%200 == 17 {
		return 10
	}
	return 1
}

func grantTo(principal string) string {
	return `{"functionName":"billing-export","statementId":"s","action":"lambda:InvokeFunction","principal":"` + principal + `"}`
}

func event(n int, name, parameters string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventSource":"lambda.amazonaws.com","eventName":%q,"eventTime":%q,`+
		`"eventID":"00000000-0000-4000-8000-%012d","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","eventType":"AwsApiCall",`+
		`"userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/soak","userName":"soak"},`+
		`"recipientAccountId":"111122223333","requestParameters":%s}`, name, time.Now().UTC().Format(time.RFC3339), n, parameters)
}

// sample is what the process uses at a time.
type sample struct {
	after                             time.Duration
	events                            int64
	kilobytes, goHeap, threads, files int // goHeap in kilobytes too
}

// watch samples the process until the time is over or all is sent.
func watch(h *host, o options, fed chan error) (samples []sample, err error) {
	began := time.Now()
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	for {
		select {
		case err := <-h.ended:
			h.stopped = true
			return nil, fmt.Errorf("it ended after %s: %v", time.Since(began).Round(time.Second), err)
		case err := <-fed:
			if err != nil {
				return nil, fmt.Errorf("the load ended: %w", err)
			}
			fed <- nil // for the next receive
			if len(samples) < fewest {
				return nil, fmt.Errorf("%d events are over before there are %d samples: see -every", h.sent.Load(), fewest)
			}
			return samples, nil
		case <-tick.C:
		}
		s, err := look(h.command.Process.Pid)
		if err != nil {
			return nil, err
		}
		s.after, s.events = time.Since(began), h.sent.Load()
		samples = append(samples, s)
		if s.after >= o.time-o.every/2 {
			return samples, nil
		}
	}
}

var statusLine = regexp.MustCompile(`(?m)^(VmRSS|Threads):\s+(\d+)`)

func look(pid int) (s sample, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return s, err
	}
	for _, m := range statusLine.FindAllSubmatch(status, -1) {
		n, _ := strconv.Atoi(string(m[2]))
		if string(m[1]) == "VmRSS" {
			s.kilobytes = n
		} else {
			s.threads = n
		}
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return s, err
	}
	s.goHeap = goHeap(string(maps))
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.files = len(files)
	return s, err
}

// goHeap returns how many kilobytes of Go's heap are resident. Go names its
// mappings. If the kernel keeps no names, they are known by their addresses:
// those of the C library begin with 0x7f or 0x55.
func goHeap(smaps string) (kilobytes int) {
	inHeap := false
	for line := range strings.Lines(smaps) {
		if m := mappingLine.FindStringSubmatch(line); m != nil {
			inHeap = strings.Contains(line, "Go: heap") || !strings.Contains(line, "[") && !strings.Contains(line, "/") &&
				!strings.HasPrefix(m[1], "7f") && !strings.HasPrefix(m[1], "5") && len(m[1]) <= 12
			continue
		}
		if n, ok := strings.CutPrefix(line, "Rss:"); ok && inHeap {
			kb, _ := strconv.Atoi(strings.Fields(n)[0])
			kilobytes += kb
		}
	}
	return kilobytes
}

var mappingLine = regexp.MustCompile(`^([0-9a-f]+)-[0-9a-f]+ `)

func writeCSV(path string, samples []sample) error {
	var b strings.Builder
	b.WriteString("seconds,events,rss_kb,go_heap_kb,threads,fds\n")
	for _, s := range samples {
		fmt.Fprintf(&b, "%.1f,%d,%d,%d,%d,%d\n", s.after.Seconds(), s.events, s.kilobytes, s.goHeap, s.threads, s.files)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

var statsLine = regexp.MustCompile(`chunks=\d+ .*`)

// judge prints what was seen, and fails if it is too much.
func judge(h *host, samples []sample, csv string) error {
	n := len(samples)
	second := median(samples[n/4:n/2], func(s sample) int { return s.kilobytes })
	last := median(samples[n*3/4:], func(s sample) int { return s.kilobytes })
	log, _ := os.ReadFile(h.log)
	stats := statsLine.FindAll(log, -1)
	fmt.Printf("%d events sent in %s, %d samples in %s\n", h.sent.Load(), samples[n-1].after.Round(time.Second), n, csv)
	if len(stats) > 0 {
		fmt.Printf("the last line of counters: %s\n", stats[len(stats)-1])
	}
	fmt.Printf("memory: %d KB in the second quarter, %d KB in the last (%+.1f %%)\n", second, last, 100*(float64(last)/float64(second)-1))
	heap := func(s sample) int { return s.goHeap }
	fmt.Printf("of it Go's heap: %d KB in the second quarter, %d KB in the last\n", median(samples[n/4:n/2], heap), median(samples[n*3/4:], heap))
	for _, of := range []struct {
		name  string
		value func(sample) int
	}{{"threads", func(s sample) int { return s.threads }}, {"descriptors", func(s sample) int { return s.files }}} {
		lowest, highest := of.value(samples[0]), of.value(samples[0])
		for _, s := range samples {
			lowest, highest = min(lowest, of.value(s)), max(highest, of.value(s))
		}
		fmt.Printf("%s: %d to %d, %d at the end\n", of.name, lowest, highest, of.value(samples[n-1]))
	}
	if len(stats) == 0 || strings.Contains(string(stats[len(stats)-1]), "matches=0 ") {
		return errors.New("no alert was raised: the soak has shown nothing")
	}
	if float64(last) > float64(second)*(1+growth) {
		return fmt.Errorf("the memory has grown by more than %.0f %%", growth*100)
	}
	return nil
}

func median(samples []sample, of func(sample) int) int {
	var values []int
	for _, s := range samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
