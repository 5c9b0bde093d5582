package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/document"
)

// pipeline is a configuration with the filter and the input trailwire, in dir.
// inputs, filters and outputs are lines of YAML.
func pipeline(t *testing.T, dir, service string, inputs, filters, outputs []string) {
	t.Helper()
	links := filepath.Dir(outputPlugin(t))
	list := func(lines []string) string { return "\n    - " + strings.Join(lines, "\n    - ") }
	write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 3, storage.path: %s/buffer, scheduler.base: 1, scheduler.cap: 1%s}
plugins: [%s/flb-filter_trailwire.so, %s/flb-in_trailwire.so]
parsers: [{name: json, format: json}]
pipeline:
  inputs: %s
  filters: %s
  outputs: %s
`, dir, service, links, links, list(inputs), list(filters), list(outputs)))
}

// tailing is an input that reads dir/in/*.json.
func tailing(dir, more string) string {
	return fmt.Sprintf("{name: tail, tag: cloudtrail, path: '%[1]s/in/*.json', db: %[1]s/offsets.db, parser: json, read_from_head: on, refresh_interval: 1, "+
		"buffer_chunk_size: 1M, buffer_max_size: 32M%s}", dir, more)
}

// toFile is an output that writes what has a tag to a file in dir.
func toFile(dir, match, file string) string {
	return fmt.Sprintf("{name: file, match: '%s', path: %s, file: %s, format: plain}", match, dir, file)
}

// refusing is an address that refuses everything for a while, like a receiver
// that is being deployed.
type refusing struct {
	arrivals
	outage time.Duration // from the first request on

	mu      sync.Mutex
	until   time.Time
	refused int
}

func (o *refusing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o.refuses() {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	o.arrivals.ServeHTTP(w, r)
}

func (o *refusing) refuses() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.until.IsZero() {
		o.until = time.Now().Add(o.outage)
	}
	if time.Now().After(o.until) {
		return false
	}
	o.refused++
	return true
}

func (o *refusing) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refused
}

// outageOr returns how long a receiver is to be down: $TRAILWIRE_OUTAGE, else a
// time that is short enough for every run.
func outageOr(t *testing.T, otherwise time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("TRAILWIRE_OUTAGE")
	if text == "" {
		return otherwise
	}
	outage, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return outage
}

func TestAnOutageOfTheReceiverLosesNoAlert(t *testing.T) {
	outage := outageOr(t, 3*time.Second)
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		site := &refusing{outage: outage, arrivals: arrivals{all: make(map[string]map[string]int), alerts: make(map[string]map[string]int)}}
		server := httptest.NewServer(site)
		t.Cleanup(server.Close)
		at, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		dir := folder(t)
		var b strings.Builder
		var want []string
		for i := range 50 {
			id := fmt.Sprint("e", i)
			want = append(want, id)
			b.WriteString(grant(id, "444455556666") + "\n")
		}
		write(t, filepath.Join(dir, "in", "a.json"), b.String())
		pipeline(t, dir, "", []string{tailing(dir, ""), "{name: trailwire, alias: alerts}"},
			[]string{"{name: trailwire, match: '*', alert_tag: alert.$severity}"},
			[]string{fmt.Sprintf("{name: http, match: 'alert.*', host: %s, port: %s, uri: /alerts, format: json_lines, retry_limit: no_limits}", at.Hostname(), at.Port())})
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		within(t, outage+waitLimit, "all alerts arrive", func() bool { ids, _ := site.at("/alerts"); return len(ids) >= len(want) })
		p.stop()
		ids, times := site.at("/alerts")
		wantAllIDs(t, "alerts", want, ids)
		if times != len(want) || site.times() == 0 {
			t.Errorf("%d alerts came in all, want %d; %d requests were refused", times, len(want), site.times())
		}
	})
}

// within waits until something has happened.
func within(t *testing.T, limit time.Duration, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// Records whose sender put an alert into them are noise: they must not push out
// real alerts, although all of them are in memory.
func TestABurstOfAlertsAmongForgedRecordsArrivesWhole(t *testing.T) {
	const alerts, forged = 6000, 300
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		noise := `{"alert":{"severity":"high","rule":{"id":"8f985da6-66e8-4838-a63e-21636eb9adc5"}},"noise":"` + strings.Repeat("x", 100_000) + `"}` + "\n"
		var b strings.Builder
		var want []string
		for i := range alerts {
			id := fmt.Sprint("e", i)
			want = append(want, id)
			b.WriteString(grant(id, "444455556666") + "\n")
			if i%(alerts/forged) == 0 {
				b.WriteString(noise)
			}
		}
		pipeline(t, dir, "", []string{tailing(dir, ""), "{name: trailwire, alias: alerts}"},
			[]string{"{name: trailwire, match: '*', alert_tag: alert.$severity, max_signals: 1000000}"},
			[]string{toFile(dir, "alert.*", "alerts"), toFile(dir, "suppressed.*", "suppressed"), toFile(dir, "cloudtrail", "records")})
		write(t, filepath.Join(dir, "in", "a.json"), b.String())
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitForLines(filepath.Join(dir, "records"), alerts+forged)
		p.waitForLines(filepath.Join(dir, "alerts"), alerts)
		p.stop()
		got := idsInLines(read(t, filepath.Join(dir, "alerts")))
		wantAllIDs(t, "alerts", want, got)
		slices.Sort(got)
		if twice := len(got) - len(slices.Compact(got)); twice > 0 || size(filepath.Join(dir, "suppressed")) > 0 {
			t.Errorf("%d alerts came twice, or some as suppressed", twice)
		}
		if n := strings.Count(read(t, filepath.Join(dir, "records")), `"risk_score"`); n > 0 {
			t.Errorf("%d records were changed", n)
		}
	})
}

// Each destination has its own format, tag and exceptions, beside one input.
func TestSeveralFiltersServeDestinationsThatDiffer(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		list := `{"Records":[` + lambdaCall("calm", "ListFunctions20150331", "null") + `,` + grant("trusted", "444455556666") + `,` + grant("other", "555566667777") + `]}`
		write(t, filepath.Join(dir, "in", "a.json"), list+"\n"+grant("trusted", "444455556666")+"\n")
		pipeline(t, dir, "", []string{tailing(dir, ", storage.type: filesystem"), "{name: trailwire, alias: alerts, storage.type: filesystem}"},
			[]string{
				"{name: trailwire, match: '*', alert_tag: native.$severity}",
				"{name: trailwire, match: '*', alert_tag: ecs.$severity, alert_format: ecs, trusted_accounts: '444455556666'}",
				"{name: trailwire, match: '*', alert_tag: ocsf.$rule_id, suppressed_tag: ocsf.again, alert_format: ocsf}",
			},
			[]string{toFile(dir, "native.high", "native"), toFile(dir, "suppressed.*", "suppressed"), toFile(dir, "ecs.high", "ecs"),
				toFile(dir, "ocsf.8f985da6*", "ocsf"), toFile(dir, "ocsf.again", "again"), toFile(dir, "cloudtrail", "records")})
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		for file, n := range map[string]int{"native": 2, "suppressed": 1, "ecs": 1, "ocsf": 2, "again": 1, "records": 2} {
			p.waitForLines(filepath.Join(dir, file), n)
			defer func() {
				if got := newlines(filepath.Join(dir, file)); got != n {
					t.Errorf("%s has %d lines, want %d", file, got, n)
				}
			}()
		}
		p.stop()
		if got := lines(read(t, filepath.Join(dir, "records"))); got[0] != list || got[1] != grant("trusted", "444455556666") {
			t.Errorf("the records changed: %q", got)
		}
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		for file, paths := range map[string][]string{
			"native": {"alert", "alert.collector", "alert.raised_at"}, "ecs": {"trailwire", "observer.hostname", "trailwire.raised_at"},
			"ocsf": {"finding_info", "metadata.loggers", "unmapped.alert.raised_at"},
		} {
			record, err := document.AppendFromJSON(nil, []byte(lines(read(t, filepath.Join(dir, file)))[0]))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range paths {
				value, there := document.Path(record, path)
				text, _ := document.Text(value)
				switch {
				case !there:
					t.Errorf("an alert in %s has no %s", file, path)
				case path == paths[1] && path != "metadata.loggers" && string(text) != host:
					t.Errorf("%s: %s is %q, want %q", file, path, text, host)
				case path == paths[2]:
					if at, err := time.Parse(time.RFC3339, string(text)); err != nil || time.Since(at) > 10*time.Minute || time.Until(at) > time.Second {
						t.Errorf("%s: %s is %q", file, path, text)
					}
				}
			}
		}
	})
}

// An input that is paused takes nothing: the alerts are in their records.
func TestAlertsOfAPausedInputAreInTheirRecords(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		var b strings.Builder
		const events = 2000
		for i := range events {
			b.WriteString(grant(fmt.Sprint("e", i), "444455556666") + "\n")
		}
		// The output for alerts never gets rid of any, so that the input fills up.
		pipeline(t, dir, "", []string{tailing(dir, ", buffer_chunk_size: 100K, buffer_max_size: 100K"), "{name: trailwire, alias: alerts, mem_buf_limit: 1M}"},
			[]string{"{name: trailwire, match: '*', alert_tag: alert.$severity, max_signals: 1000000, stats_interval: 1s}"},
			[]string{"{name: http, match: 'alert.*', host: 127.0.0.1, port: 9, retry_limit: no_limits}", toFile(dir, "cloudtrail", "records")})
		text := strings.Replace(read(t, filepath.Join(dir, "fluent-bit.yaml")), "buffer_chunk_size: 1M, buffer_max_size: 32M, ", "", 1)
		write(t, filepath.Join(dir, "fluent-bit.yaml"), text)
		write(t, filepath.Join(dir, "in", "a.json"), b.String())
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitForLines(filepath.Join(dir, "records"), events)
		p.stop()
		records, tagged := lines(read(t, filepath.Join(dir, "records"))), 0
		for _, r := range records {
			if _, alert := splitAlert(r, "alert"); alert != nil {
				tagged++
			}
		}
		notTaken := number(t, p.text()[strings.LastIndex(p.text(), "chunks="):], `not_taken=(\d+)`)
		if tagged == 0 || tagged == events || len(records) != events || notTaken == 0 || notTaken > tagged {
			t.Errorf("%d of %d records have their alert, %d were not taken", tagged, len(records), notTaken)
		}
		if n := strings.Count(p.text(), "alerts are in their records and not under alert_tag: the input trailwire did not take them"); n != 1 {
			t.Errorf("the log has it %d times in a minute", n)
		}
	})
}
