package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Four inputs at once, each with a file of its own, in every place where the
// plugin can be: the counts are exact: every record belongs to one input.
func TestFourInputsAtOnceGetWhatOneWouldGet(t *testing.T) {
	const inputs, events, grants = 4, 3000, 300
	for _, test := range []struct {
		name     string
		threaded string
		each     string // a processor of each input
		shared   string // the filters of all
		second   int    // alerts under a second key
	}{
		{"a processor in each", "off", "[{name: trailwire, max_signals: 1000000}]", "[]", 0},
		{"a processor in each, on threads", "on", "[{name: trailwire, max_signals: 1000000}]", "[]", 0},
		{"one filter for all, on threads", "on", "[]", "[{name: trailwire, match: 'input*', max_signals: 1000000}]", 0},
		{"both, on threads", "on", "[{name: trailwire, max_signals: 1000000}]",
			"[{name: trailwire, match: 'input*', alert_key: second, max_signals: 1000000}]", 300},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir := folder(t)
				var sections strings.Builder
				for n := range inputs {
					var text strings.Builder
					for i := range events {
						id := fmt.Sprintf("i%d-%d", n, i)
						if i%(events/grants) == 0 {
							fmt.Fprintln(&text, grant(id, "444455556666"))
						} else {
							fmt.Fprintln(&text, lambdaCall(id, "Invoke", `{"functionName":"billing-export"}`))
						}
					}
					path := write(t, filepath.Join(dir, "in", fmt.Sprintf("%d.json", n)), text.String())
					fmt.Fprintf(&sections, "    - name: tail\n      tag: input%d\n      path: %s\n      parser: json\n      read_from_head: on\n"+
						"      threaded: %s\n      processors: {logs: %s}\n", n, path, test.threaded, test.each)
				}
				write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
plugins: [%q]
parsers: [{name: json, format: json}]
pipeline:
  inputs:
%s  filters: %s
  outputs:
    - {name: file, match: '*', path: %q, format: plain}
`, plugin(t), sections.String(), test.shared, dir))
				p := fb.start(t, dir, "-c", "fluent-bit.yaml")
				for n := range inputs {
					p.waitForLines(filepath.Join(dir, fmt.Sprint("input", n)), events)
				}
				p.stop()
				for n := range inputs {
					records := lines(read(t, filepath.Join(dir, fmt.Sprint("input", n))))
					if len(records) != events {
						t.Errorf("%d records of input %d, want %d", len(records), n, events)
					}
					var alerts, second int
					for i, record := range records {
						// A file is read in order, so that a record is its line.
						if id := fmt.Sprintf(`"eventID":"i%d-%d"`, n, i); !strings.Contains(record, id) {
							t.Fatalf("record %d of input %d is not %s: %s", i, n, id, record)
						}
						alerts += strings.Count(record, `"alert":{"rule":`)
						second += strings.Count(record, `"second":{"rule":`)
						if strings.Contains(record, `"suppressed"`) || strings.Contains(record, `"rule":`) != (i%(events/grants) == 0) {
							t.Errorf("record %d of input %d: %s", i, n, record)
						}
					}
					if alerts != grants || second != test.second {
						t.Errorf("input %d has %d alerts, %d under a second key; want %d and %d", n, alerts, second, grants, test.second)
					}
				}
			})
		})
	}
}
