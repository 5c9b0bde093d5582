package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
)

// patience is how long alerts may take to arrive after the last event was sent,
// and how long Fluent Bit may take to answer after its start.
const patience = time.Minute

// mostAlerts is the limit of max_signals, after which alerts go to suppressed_tag.
const mostAlerts = 1_000_000

// sample is how far a Fluent Bit has come.
type sample struct {
	sent, arrived int
	after         time.Duration
	status
}

// underLoad sends events that all match through the input trailwire. It is an
// error if not each alert arrives.
func underLoad(o options) (string, error) {
	if o.alerts > mostAlerts {
		return "", fmt.Errorf("-alerts is %d: it must be %d at most, the limit of max_signals", o.alerts, mostAlerts)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## Routing under load\n\n%s\n", origin(fmt.Sprintf("go run ./bench -alerts %d", o.alerts)))
	fluentBit, version, err := findFluentBit()
	if errors.Is(err, errNoFluentBit) {
		fmt.Fprintln(&b, "There is no fluent-bit on this machine: SKIPPED.")
		return b.String(), nil
	}
	if err != nil {
		return "", err
	}
	samples, cpu, err := raiseAll(o, fluentBit)
	if err != nil {
		return "", err
	}
	last := samples[len(samples)-1]
	seconds := last.after.Seconds()
	fmt.Fprintf(&b, "%s: stdin, filter with alert_tag, the input trailwire, and two null outputs, one for the alerts. Each event matches.\n"+
		"All %d alerts arrived, in %.0f s: %.0f alerts a second, with %.1f µs of CPU an alert in all of Fluent Bit. Sent are the events that were\n"+
		"written to its input, arrived the alerts that the output for them had taken by then.\n\n",
		version, last.arrived, seconds, float64(last.arrived)/seconds, 1e3*cpu/float64(last.arrived))
	t := newTable(&b, "sent", "arrived", "after, s", "VmRSS MiB", "VmHWM MiB", "threads")
	mib := func(kilobytes int) string { return fmt.Sprintf("%.1f", float64(kilobytes)/1024) }
	for _, s := range samples {
		t.row(fmt.Sprint(s.sent), fmt.Sprint(s.arrived), fmt.Sprintf("%.1f", s.after.Seconds()), mib(s.resident), mib(s.peak), fmt.Sprint(s.threads))
	}
	t.end()
	return b.String(), nil
}

// raiseAll returns ten samples on the way, one after the last alert has arrived, and
// the milliseconds of CPU.
func raiseAll(o options, fluentBit string) (samples []sample, cpu float64, err error) {
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	h, url, err := startWithInput(fluentBit, dir, o.plugin)
	if err != nil {
		return nil, 0, err
	}
	defer h.kill()
	began := time.Now()
	look := func(sent int) (s sample, err error) {
		s = sample{sent: sent, after: time.Since(began)}
		if s.arrived, err = arrivedAt(url); err != nil {
			return s, err
		}
		s.status, err = h.look()
		return s, err
	}
	to, every := bufio.NewWriterSize(h.input, 1<<16), max(1, o.alerts/10)
	err = workload.Matching("each event matches", 1).Each(1, o.alerts, func(record string, i int) error {
		if _, err := to.WriteString(record + "\n"); err != nil || i%every != 0 {
			return err
		}
		s, err := look(i)
		samples = append(samples, s)
		return err
	})
	if err := errors.Join(err, to.Flush()); err != nil {
		return nil, 0, err
	}
	for sent := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		s, err := look(o.alerts)
		if err != nil {
			return nil, 0, err
		}
		if s.arrived == o.alerts {
			samples = append(samples, s)
			break
		}
		if s.arrived > o.alerts || time.Since(sent) > patience {
			return nil, 0, fmt.Errorf("%d alerts arrive, want %d", s.arrived, o.alerts)
		}
	}
	if cpu, err = h.cpu(); err != nil {
		return nil, 0, err
	}
	return samples, cpu, nil
}

// startWithInput starts a Fluent Bit that routes alerts, and returns where its metrics
// are once it answers there.
func startWithInput(fluentBit, dir, plugin string) (h *host, url string, err error) {
	if plugin, err = filepath.Abs(plugin); err != nil {
		return nil, "", err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return nil, "", err
	}
	h, err = startHost(fluentBit, filepath.Join(dir, "alerts.yaml"), fed{
		Plugins: []string{plugin, filepath.Join(filepath.Dir(plugin), inputObject)},
		Input:   routes[2].input, Filter: routes[2].filters[0], Port: port,
	})
	if err != nil {
		return nil, "", err
	}
	url = fmt.Sprintf("http://127.0.0.1:%d/api/v1/metrics", port)
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, err = arrivedAt(url); err == nil {
			return h, url, nil
		}
		if time.Since(began) > patience {
			h.kill()
			return nil, "", err
		}
	}
}

// arrivedAt returns how many records the output called alerts has taken.
func arrivedAt(url string) (int, error) {
	answer, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var metrics struct {
		Output map[string]struct {
			Records int `json:"proc_records"`
		} `json:"output"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&metrics); err != nil {
		return 0, fmt.Errorf("metrics of Fluent Bit: %w", err)
	}
	return metrics.Output["alerts"].Records, nil
}
