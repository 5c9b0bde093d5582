package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/deliver/delivertest"
)

// arrivals is an HTTP server that keeps the IDs of what it is sent, by path, and
// of those the ones whose record has an alert.
type arrivals struct {
	mu     sync.Mutex
	all    map[string]map[string]int
	alerts map[string]map[string]int
}

func (a *arrivals) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // it was killed while it sent, and will send it again
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for line := range bytes.Lines(body) {
		id := eventIDInLine.FindSubmatch(line)
		if id == nil {
			continue
		}
		count(a.all, request.URL.Path, string(id[1]))
		if bytes.Contains(line, []byte(`"alert":{"rule":`)) {
			count(a.alerts, request.URL.Path, string(id[1]))
		}
	}
}

func count(by map[string]map[string]int, path, id string) {
	if by[path] == nil {
		by[path] = make(map[string]int)
	}
	by[path][id]++
}

// at returns the IDs that have arrived at a path, and how many times in all.
func (a *arrivals) at(path string) (ids []string, times int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, n := range a.all[path] {
		ids = append(ids, id)
		times += n
	}
	return ids, times
}

// withAlert returns the IDs of the records at a path that have an alert.
func (a *arrivals) withAlert(path string) (ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.alerts[path] {
		ids = append(ids, id)
	}
	return ids
}

// missing returns which of want are not among got.
func missing(want, got []string) (lost []string) {
	have := make(map[string]bool)
	for _, id := range got {
		have[id] = true
	}
	for _, id := range want {
		if !have[id] {
			lost = append(lost, id)
		}
	}
	return lost
}

// A Fluent Bit with its buffer on disk is ended again and again under load, and
// started again. What it does without the plugin is the control: no plugin can
// do better. Everything that was read arrives, and so does every alert, on each
// route. TRAILWIRE_KILLS says how often Fluent Bit is ended.
func TestWhatIsReadArrivesHoweverFluentBitEnds(t *testing.T) {
	for _, test := range []struct {
		name       string
		signal     syscall.Signal
		withPlugin bool
	}{
		{"by SIGTERM", syscall.SIGTERM, true},
		{"by SIGTERM, without the plugin", syscall.SIGTERM, false},
		{"by SIGKILL", syscall.SIGKILL, true},
		{"by SIGKILL, without the plugin", syscall.SIGKILL, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				endUnderLoad(t, fb, countFrom(t, "TRAILWIRE_KILLS", 4), test.signal, test.withPlugin)
			})
		})
	}
}

// ways are the routes of an alert out of Fluent Bit: as a record of its own, or in
// its tagged record, by an output that takes nothing else.
const (
	recordsWay = "/records"
	alertsWay  = "/alerts"
	pickedWay  = "/picked"
)

func endUnderLoad(t *testing.T, fb fluentBit, times int, signal syscall.Signal, withPlugin bool) {
	site := &arrivals{all: make(map[string]map[string]int), alerts: make(map[string]map[string]int)}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	where, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var r delivertest.Receiver
	dir, output := folder(t), outputPlugin(t)
	// Without the plugin the same events are selected by what the rule looks
	// at.
	plugins, input, filter, field, value, sender := "[]", "", "", "$eventName", "^AddPermission", ""
	if withPlugin {
		plugins = fmt.Sprintf("[%q, %q, %q]", filepath.Join(filepath.Dir(output), "flb-filter_trailwire.so"),
			filepath.Join(filepath.Dir(output), "flb-in_trailwire.so"), output)
		input = "- {name: trailwire, alias: alerts, storage.type: filesystem}"
		filter = "filters:\n    - {name: trailwire, match: '*', max_signals: 1000000, alert_tag: 'alert.$severity', records: tagged}"
		field, value = "$alert['severity']", "^(high|critical)$"
		sender = fmt.Sprintf("- {name: trailwire, match: cloudtrail, retry_limit: no_limits, max_signals: 1000000, send_timeout: 2, alerts_to: 'forward://%s'}",
			r.Listen(t, "tcp", "127.0.0.1:0"))
	}
	http := fmt.Sprintf("name: http, host: %s, port: %s, format: json_lines, retry_limit: no_limits", where.Hostname(), where.Port())
	write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 3, storage.path: %[1]s/buffer, scheduler.base: 1, scheduler.cap: 1}
plugins: %[2]s
parsers: [{name: json, format: json}]
pipeline:
  inputs:
    - {name: tail, tag: cloudtrail, path: '%[1]s/in/*.json', db: %[1]s/offsets.db, parser: json, read_from_head: on, refresh_interval: 1, storage.type: filesystem, `+wholeLines+`}
    %[12]s
  %[3]s
  outputs:
    - {%[6]s, match: cloudtrail, uri: %[7]s}
    - {%[6]s, match: alert.high, uri: %[8]s}
    - %[10]s
      match: cloudtrail
      uri: %[9]s
      processors: {logs: [{name: grep, regex: "%[4]s %[5]s"}]}
    %[11]s
`, dir, plugins, filter, field, value, http, recordsWay, alertsWay, pickedWay, strings.ReplaceAll(http, ", ", "\n      "), sender, input))

	events := startLoad(t, dir, 10)
	p := fb.start(t, dir, "-c", "fluent-bit.yaml")
	for i := range times {
		_, before := site.at(recordsWay)
		p.waitFor("records arrive", func() bool { _, n := site.at(recordsWay); return n > before+100 })
		// Not always at the same moment of what it does every 200 ms.
		time.Sleep(time.Duration(i*37%200) * time.Millisecond)
		if err := p.command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := p.exit(); signal == syscall.SIGTERM && code != 0 {
			t.Fatalf("exit code %d after SIGTERM, want 0", code)
		}
		p = fb.start(t, dir, "-c", "fluent-bit.yaml")
	}
	all, grants := events.stop()
	p.happens(func() bool {
		records, _ := site.at(recordsWay)
		picked, _ := site.at(pickedWay)
		raised, _ := site.at(alertsWay)
		return len(records) >= len(all) && len(picked) >= len(grants) &&
			(!withPlugin || len(raised) >= len(grants) && len(missing(grants, idsInEntries(r.Entries()))) == 0)
	})
	p.stop()

	records, written := site.at(recordsWay)
	picked, pickedTimes := site.at(pickedWay)
	raised, raisedTimes := site.at(alertsWay)
	t.Logf("ended %d times; %d events arrived, %d times in all; %d alerts that an output picked, %d times; %d alerts of their own, %d times",
		times, len(records), written, len(picked), pickedTimes, len(raised), raisedTimes)
	wantAllIDs(t, "events", all, records)
	wantAllIDs(t, "alerts that an output picked", grants, picked)
	if !withPlugin {
		return
	}
	wantAllIDs(t, "alerts of their own", grants, raised)
	wantAllIDs(t, "records with an alert", grants, site.withAlert(recordsWay))
	if lost := missing(grants, idsInEntries(r.Entries())); len(lost) > 0 {
		t.Errorf("%d of %d alerts of the output are lost, such as %q", len(lost), len(grants), lost[:min(len(lost), 10)])
	}
}

// wantAllIDs fails unless got are exactly the IDs that are wanted.
func wantAllIDs(t *testing.T, what string, want, got []string) {
	t.Helper()
	if lost := missing(want, got); len(lost) > 0 || len(got) != len(want) {
		t.Errorf("%d of %d %s are lost, %d there are, such as %q", len(lost), len(want), what, len(got), lost[:min(len(lost), 10)])
	}
}
