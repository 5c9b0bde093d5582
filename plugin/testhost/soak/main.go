// Command soak runs the shared object for a while under a steady load and
// watches what it uses: `make soak`. It takes the fluent-bit that it is given,
// else the one on PATH, else the test host, and says which.
//
// The load is a mix of what arrives: ordinary CloudTrail, grants that match and
// grants that do not, log files of many events, text that cannot be read. Every
// match has an ID of its own, so that the memory of past alerts fills up.
//
// Every few seconds the resident memory, the threads and the file descriptors
// of the process go to a CSV file. The program fails where the process ends
// early, raises no alert, or where the median of its memory in the last quarter
// of the time is over a fifth larger than in the second: the first quarter is
// for buffers to reach their size.
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
	"syscall"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/plugin/chunk"
)

func main() {
	var o options
	flag.DurationVar(&o.time, "time", time.Minute, "how long")
	flag.DurationVar(&o.every, "every", 2*time.Second, "how often to look")
	flag.IntVar(&o.rate, "rate", 5000, "records a second")
	flag.StringVar(&o.plugin, "plugin", "build/flb-filter_trailwire.so", "the shared object")
	flag.StringVar(&o.testhost, "testhost", "build/testhost", "the test host, for where there is no Fluent Bit")
	flag.StringVar(&o.fluentBit, "fluent-bit", firstPath(os.Getenv("FLUENT_BIT")), "the Fluent Bit to run in; - for the test host (default: the one on PATH)")
	flag.StringVar(&o.csv, "csv", "build/soak.csv", "where the samples go")
	frames := flag.Int("frames", 0, "write the load of so many records as frames for the test host to standard output, and end")
	flag.Parse()
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
	rate                             int
	plugin, testhost, fluentBit, csv string
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
	go func() { fed <- feed(h, o.rate, quit) }()
	samples, err := watch(h, o, fed)
	close(quit)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, h.tail())
	}
	if err := writeCSV(o.csv, samples); err != nil {
		return err
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
	log     string // the path of what it says
	sent    int
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
	config := filepath.Join(dir, "soak.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `service: {flush: 1, log_level: info}
plugins: [%s]
pipeline:
  inputs:
    - {name: tcp, listen: 127.0.0.1, port: %d, format: json, tag: cloudtrail, chunk_size: 4096, buffer_size: 16384}
  filters:
    - {name: trailwire, match: cloudtrail, coverage: extended, stats_interval: 5s}
    - {name: rewrite_tag, match: cloudtrail, rule: "$alert['severity'] ^(high|critical)$ alert true"}
  outputs:
    - {name: 'null', match: '*'}
`, plugin, port), 0o600); err != nil {
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

// feed sends records at a steady rate until quit is closed.
func feed(h *host, rate int, quit <-chan struct{}) error {
	const times = 20 // a second
	tick := time.NewTicker(time.Second / times)
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return nil
		case <-tick.C:
		}
		var batch []byte
		for range rate / times {
			b, err := h.encode(record(h.sent))
			if err != nil {
				return err
			}
			batch = append(batch, b...)
			h.sent++
		}
		if _, err := h.to.Write(batch); err != nil {
			return err
		}
	}
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
		if n%200 != 17 {
			break
		}
		events := make([]string, 10)
		for i := range events {
			events[i] = event(n, "GetFunction20150331v2", `{"functionName":"f"}`)
		}
		events[4] = event(n, "AddPermission20150331v2", grantTo("666677778888"))
		return `{"Records":[` + strings.Join(events, ",") + `]}`
	}
	return event(n, "Invoke", `{"functionName":"f"}`)
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
	after                     time.Duration
	kilobytes, threads, files int
}

// watch samples the process until the time is over.
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
			return nil, fmt.Errorf("the load ended: %w", err)
		case <-tick.C:
		}
		s, err := look(h.command.Process.Pid)
		if err != nil {
			return nil, err
		}
		s.after = time.Since(began)
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
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.files = len(files)
	return s, err
}

func writeCSV(path string, samples []sample) error {
	var b strings.Builder
	b.WriteString("seconds,rss_kb,threads,fds\n")
	for _, s := range samples {
		fmt.Fprintf(&b, "%.1f,%d,%d,%d\n", s.after.Seconds(), s.kilobytes, s.threads, s.files)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

var statsLine = regexp.MustCompile(`chunks=\d+ .*`)

// judge prints what was seen, and fails where it is too much.
func judge(h *host, samples []sample, csv string) error {
	n := len(samples)
	second := median(samples[n/4:n/2], func(s sample) int { return s.kilobytes })
	last := median(samples[n*3/4:], func(s sample) int { return s.kilobytes })
	log, _ := os.ReadFile(h.log)
	stats := statsLine.FindAll(log, -1)
	fmt.Printf("%d records sent, %d samples in %s\n", h.sent, n, csv)
	if len(stats) > 0 {
		fmt.Printf("the last line of counters: %s\n", stats[len(stats)-1])
	}
	fmt.Printf("memory: %d KB in the second quarter, %d KB in the last (%+.1f %%)\n", second, last, 100*(float64(last)/float64(second)-1))
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
		return errors.New("no alert was raised: the soak has lost its point")
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
