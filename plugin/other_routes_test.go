package main_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// route is a way of alerts to an output, in a configuration with an input tail.
type route struct {
	name    string
	tail    []string // more lines of it
	inputs  []string
	filters []string
	output  []string // that for alerts, besides where they go
	since   string   // the first version, if that is not any
}

// The routes of docs/other-routes.md. The settings that help, according to that
// page, are set here too.
var routes = []route{
	{
		name:    "the input trailwire",
		inputs:  []string{"{name: trailwire, alias: alerts, storage.type: filesystem}"},
		filters: []string{"{name: trailwire, match: cloudtrail, max_signals: 1000000, alert_tag: alert.$severity}"},
		output:  []string{"match: alert.*", "retry_limit: no_limits"},
	},
	{
		name: "rewrite_tag as it comes",
		filters: []string{
			"{name: trailwire, match: cloudtrail, max_signals: 1000000}",
			`{name: rewrite_tag, match: cloudtrail, rule: "$alert['severity'] . alert.$alert['severity'] true"}`,
		},
		output: []string{"match: alert.*", "retry_limit: no_limits"},
	},
	{
		name: "rewrite_tag with its settings",
		filters: []string{
			"{name: trailwire, match: cloudtrail, max_signals: 1000000}",
			`{name: rewrite_tag, match: cloudtrail, rule: "$alert['severity'] . alert.$alert['severity'] true", ` +
				"emitter_storage.type: filesystem, emitter_mem_buf_limit: 256M}",
		},
		output: []string{"match: alert.*", "retry_limit: no_limits"},
	},
	{
		name: "conditions",
		// They are looked at before any filter runs.
		tail: []string{"processors: {logs: [{name: trailwire, max_signals: 1000000}]}", "routes:", "  logs:",
			"    - {name: every, to: {outputs: [{name: records}]}}",
			"    - {name: alerts, condition: {rules: [{field: \"$alert['risk_score']\", op: gt, value: 0}]}, to: {outputs: [{name: alerts}]}}",
		},
		// 4.2.8 has nothing for a route without a condition if another has one.
		since:   "5",
		filters: []string{"{name: modify, match: no.such.tag, remove: x}"},
		output:  []string{"retry_limit: no_limits"},
	},
	{
		name:    "grep on the output",
		filters: []string{"{name: trailwire, match: cloudtrail, max_signals: 1000000}"},
		output:  []string{"match: cloudtrail", "retry_limit: no_limits", "processors: {logs: [{name: grep, regex: \"$alert['severity'] .\"}]}"},
	},
}

// start starts the pipeline of a route, with alerts and records to a site.
func (r route) start(t *testing.T, fb fluentBit, dir string, site *arrivals) (again func() *process) {
	t.Helper()
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	section := func(lines ...string) string { return strings.Join(lines, "\n      ") }
	to := func(alias, uri string, more ...string) string {
		return section(append([]string{"name: http", "alias: " + alias, "host: " + at.Hostname(), "port: " + at.Port(), "uri: " + uri, "format: json_lines"}, more...)...)
	}
	records := []string{"match: cloudtrail", "retry_limit: no_limits"}
	if r.tail != nil {
		records = records[1:] // conditions say what goes there
	}
	tail := append([]string{"name: tail", "tag: cloudtrail", "path: '" + dir + "/in/*.json'", "db: " + dir + "/offsets.db", "parser: json",
		"read_from_head: on", "refresh_interval: 1", "storage.type: filesystem"}, strings.Split(wholeLines, ", ")...)
	pipeline(t, dir, "", append([]string{section(append(tail, r.tail...)...)}, r.inputs...), r.filters,
		[]string{to("records", recordsWay, records...), to("alerts", alertsWay, r.output...)})
	return func() *process { return fb.start(t, dir, "-c", "fluent-bit.yaml") }
}

// settled waits until so many records have arrived and alerts have stopped to
// arrive, or there are as many as are wanted.
func (a *arrivals) settled(p *process, records, want int) (ids []string) {
	p.happens(func() bool {
		ids, _ := a.at(alertsWay)
		all, _ := a.at(recordsWay)
		return len(all) >= records || len(ids) >= want
	})
	before, since := -1, time.Now()
	p.happens(func() bool {
		ids, _ = a.at(alertsWay)
		if len(ids) != before {
			before, since = len(ids), time.Now()
		}
		return len(ids) >= want || time.Since(since) > 5*time.Second
	})
	return ids
}

// This measures what each route loses, for docs/other-routes.md. TRAILWIRE_ROUTES
// says how often Fluent Bit is ended in each way. Without it this does not run,
// since it measures Fluent Bit.
func TestWhatEachRouteLoses(t *testing.T) {
	if os.Getenv("TRAILWIRE_ROUTES") == "" {
		t.Skip("a measurement of Fluent Bit's own routes, with TRAILWIRE_ROUTES")
	}
	times := countFrom(t, "TRAILWIRE_ROUTES", 0)
	newSite := func() *arrivals {
		return &arrivals{all: make(map[string]map[string]int), alerts: make(map[string]map[string]int)}
	}
	found, err := findFluentBits()
	if err != nil {
		t.Fatal(err)
	}
	for _, fb := range found {
		for _, r := range routes {
			if fb.version < r.since {
				continue
			}
			report := func(t *testing.T, what string, records int, want []string, p *process, site *arrivals) {
				t.Helper()
				got := site.settled(p, records, len(want))
				_, all := site.at(alertsWay)
				lost := missing(want, got)
				t.Logf("%s, %s, %s: %d of %d alerts are lost; the others came %d times", fb.version, r.name, what, len(lost), len(want), all)
				if r.inputs != nil && len(lost) > 0 {
					t.Errorf("our own route lost %d, such as %q", len(lost), lost[:min(len(lost), 10)])
				}
			}
			for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL} {
				t.Run(strings.Join([]string{fb.version, r.name, name}, "/"), func(t *testing.T) {
					dir, site := folder(t), newSite()
					start := r.start(t, fb, dir, site)
					events := startLoad(t, dir, 10)
					p := start()
					for i := range times {
						_, before := site.at(recordsWay)
						p.waitFor("records arrive", func() bool { _, n := site.at(recordsWay); return n > before+100 })
						time.Sleep(time.Duration(i*37%200) * time.Millisecond)
						if err := p.command.Process.Signal(signal); err != nil {
							t.Fatal(err)
						}
						p.exit()
						p = start()
					}
					all, grants := events.stop()
					report(t, fmt.Sprintf("%d times %s", times, name), len(all), grants, p, site)
				})
			}
			for _, burst := range []struct {
				what           string
				alerts, forged int
			}{{"6,000 alerts in one file", 6000, 0}, {"300 alerts among as many forged records of 100 KB", 300, 300}} {
				t.Run(strings.Join([]string{fb.version, r.name, burst.what}, "/"), func(t *testing.T) {
					dir, site := folder(t), newSite()
					noise := `{"alert":{"severity":"high","risk_score":1},"noise":"` + strings.Repeat("x", 100_000) + `"}` + "\n"
					var b strings.Builder
					var want []string
					for i := range burst.alerts {
						want = append(want, fmt.Sprint("e", i))
						b.WriteString(grant(want[i], "444455556666") + "\n")
						if burst.forged > 0 {
							b.WriteString(noise)
						}
					}
					start := r.start(t, fb, dir, site)
					path := filepath.Join(dir, "fluent-bit.yaml")
					write(t, path, replaceOnce(t, replaceOnce(t, read(t, path), "buffer_chunk_size: 32769", "buffer_chunk_size: 1M"), "buffer_max_size: 32769", "buffer_max_size: 32M"))
					write(t, filepath.Join(dir, "in", "a.json"), b.String())
					report(t, burst.what, len(want), want, start(), site)
				})
			}
		}
	}
}

// A processor reaches the input trailwire only on the input's own thread, and only
// if the input was started first: docs/other-routes.md says so, case by case.
func TestAProcessorReachesTheInputFromItsThreadAlone(t *testing.T) {
	t.Parallel()
	const input, processor = "{name: trailwire, alias: alerts}", "processors: {logs: [{name: trailwire, alert_tag: alert.$severity}]}"
	inputs := func(dir string, list ...string) (all []string) {
		for _, more := range list {
			if more != input {
				more = "name: tail\n      tag: cloudtrail\n      path: " + dir + "/in/a.json\n      parser: json\n      read_from_head: on\n      " + more
			}
			all = append(all, more)
		}
		return all
	}
	for _, test := range []struct {
		name           string
		inputs         []string
		output         string // more of that for records
		alerts, tagged int
		says           string
	}{
		{"of an input after it", []string{input, processor}, "", 1, 0, ""},
		{"of an input before it", []string{processor, input}, "", -1, 0, "there is none"},
		{"of a threaded input", []string{input, "threaded: on\n      " + processor}, "", 0, 1, "this filter runs on another thread than the input trailwire"},
		{"of an output with workers", []string{input, "threaded: off"}, "workers: 1\n      " + processor, 0, 1, "this filter runs on another thread than the input trailwire"},
		{"of an output without workers", []string{input, "threaded: off"}, "workers: 0\n      " + processor, 1, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir := folder(t)
				write(t, filepath.Join(dir, "in", "a.json"), match+"\n")
				records := "name: file\n      match: cloudtrail\n      path: " + dir + "\n      file: records\n      format: plain\n      " + test.output
				pipeline(t, dir, "", inputs(dir, test.inputs...), []string{"{name: modify, match: no.such.tag, remove: x}"},
					[]string{toFile(dir, "alert.*", "alerts"), records})
				if test.alerts < 0 {
					out, code := fb.run(t, dir, "-c", "fluent-bit.yaml")
					if code == 0 || !strings.Contains(out, test.says) {
						t.Errorf("exit code %d:\n%s", code, out)
					}
					return
				}
				p := fb.start(t, dir, "-c", "fluent-bit.yaml")
				p.waitForLines(filepath.Join(dir, "records"), 1)
				p.waitForLines(filepath.Join(dir, "alerts"), test.alerts)
				p.stop()
				alerts, tagged := newlines(filepath.Join(dir, "alerts")), strings.Count(read(t, filepath.Join(dir, "records")), `"risk_score"`)
				if alerts != test.alerts || tagged != test.tagged {
					t.Errorf("%d alerts of their own and %d in their record, want %d and %d", alerts, tagged, test.alerts, test.tagged)
				}
				if logged := strings.Contains(p.text(), "alerts are in their records and not under alert_tag: "+test.says); logged != (test.says != "") {
					t.Errorf("the log says so: %v", logged)
				}
			})
		})
	}
}
