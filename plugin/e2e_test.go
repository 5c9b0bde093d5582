package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/property"
)

// These tests run the configurations in conf/, and some of their own, in every
// Fluent Bit that FLUENT_BIT lists, or in the one on PATH.

// mixed is what arrives in a file: matches, what only looks like one, and what
// is not CloudTrail at all.
var mixed = []struct {
	line string
	want fate
}{
	{grant("match-1", "444455556666"), tagged},
	{grant("public", "*"), same},
	{"plain text that says lambda:InvokeFunction", same},
	{grant("service", "s3.amazonaws.com"), same},
	{lambdaCall("no-grant", "GetFunction20150331v2", `{"functionName":"lambda:InvokeFunction"}`), same},
	{lambdaCall("layer", "AddLayerVersionPermission20181031", `{"action":"lambda:InvokeFunction","principal":"444455556666"}`), same},
	{strings.Replace(grant("denied", "444455556666"), `"requestID"`, `"errorCode":"AccessDenied","requestID"`, 1), same},
	{`{"Records":[` + lambdaCall("in-file-1", "ListFunctions20150331", "null") + `,` + grant("in-file-2", "444455556666") + `,` +
		grant("in-file-3", "*") + `]}`, inParts},
	{`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`, same},
	{`{"log":"hello","n":1.5,"nested":{"list":[1,null,"\u00e9","\ud83d\ude00"],"empty":{}}}`, same},
	{`{"broken": "lambda:InvokeFunction`, same},
	{`["a","list"]`, same},
	{grant("match-1", "444455556666"), duplicate},
	{`{"alert":{"severity":"low"},"by":"somebody else"}`, same},
	{strings.Replace(grant("match-2", "arn:aws:iam::444455556666:root"), "{", `{"alert":{"severity":"low"},`, 1), forged},
}

// fate is what becomes of a record.
type fate int

const (
	same      fate = iota // byte for byte
	tagged                // with an alert
	duplicate             // with an alert that is suppressed
	forged                // with an alert; what had its key is beside it
	inParts               // one record of each of its events, the second tagged
)

func mixedInput() string {
	var b strings.Builder
	for _, m := range mixed {
		b.WriteString(m.line + "\n")
	}
	return b.String()
}

// splitAlert returns a record's JSON text without the alert at its end, and the
// alert, nil if there is none.
func splitAlert(record, key string) (rest string, alert []byte) {
	at := strings.Index(record, `,"`+key+`":{`)
	if at < 0 {
		return record, nil
	}
	return record[:at] + "}", []byte(strings.TrimSuffix(record[at+len(`,"":`)+len(key):], "}"))
}

// raisedBy is what an alert says of when and where it was raised.
var raisedBy = regexp.MustCompile(`,"(raised_at|collector)":"[^"]*"`)

// withoutCollector returns alerts without when and where they were raised, in which two runs
// differ.
func withoutCollector(alerts []string) []string {
	var all []string
	for _, a := range alerts {
		all = append(all, raisedBy.ReplaceAllString(a, ""))
	}
	return all
}

// checkMixed compares what came of the mixed input with what comes of it
// without the filter. It returns the records that are alerts.
func checkMixed(t *testing.T, got, without []string) (alerts []string) {
	t.Helper()
	if len(without) != len(mixed) {
		t.Fatalf("without the filter there are %d records of %d lines", len(without), len(mixed))
	}
	want := func(what, before string) (suppressed string, ok bool) {
		t.Helper()
		if len(got) == 0 {
			t.Fatalf("%s: missing", what)
		}
		record := got[0]
		got = got[1:]
		rest, alert := splitAlert(record, "alert")
		if rest != before {
			t.Errorf("%s was\n%s\nand is\n%s", what, before, rest)
		}
		if alert == nil {
			return "", false
		}
		alerts = append(alerts, record)
		return wantBuiltIn(t, alert).Suppressed, true
	}
	for i, m := range mixed {
		what := "line " + strconv.Itoa(i+1)
		switch m.want {
		case same:
			if _, alert := want(what, without[i]); alert {
				t.Errorf("%s has an alert: %s", what, m.line)
			}
		case tagged:
			if suppressed, alert := want(what, without[i]); !alert || suppressed != "" {
				t.Errorf("%s: alert %v, suppressed %q; want an alert", what, alert, suppressed)
			}
		case duplicate:
			if suppressed, alert := want(what, without[i]); !alert || suppressed != "duplicate" {
				t.Errorf("%s: alert %v, suppressed %q; want a duplicate", what, alert, suppressed)
			}
		case forged:
			before := replaceOnce(t, without[i], `"alert":{"severity":"low"}`, `"alert_original":{"severity":"low"}`)
			if suppressed, alert := want(what, before); !alert || suppressed != "" {
				t.Errorf("%s: alert %v, suppressed %q; want an alert", what, alert, suppressed)
			}
		case inParts:
			var file struct{ Records []json.RawMessage }
			if err := json.Unmarshal([]byte(without[i]), &file); err != nil {
				t.Fatal(err)
			}
			for j, event := range file.Records {
				what := fmt.Sprintf("%s, event %d", what, j+1)
				if _, alert := want(what, string(event)); alert != (j == 1) {
					t.Errorf("%s: alert %v", what, alert)
				}
			}
		}
	}
	if len(got) > 0 {
		t.Errorf("%d records too many, such as %s", len(got), got[0])
	}
	return alerts
}

// runOn runs a configuration, whose settings name the folders in and out in
// dir, until its outputs hold so many lines, and returns these.
func runOn(t *testing.T, fb fluentBit, dir, name string, records, alerts int) (recordLines, alertLines []string) {
	t.Helper()
	p := fb.start(t, dir, "-c", name)
	recordFile := filepath.Join(dir, "out", "trailwire-records.ndjson")
	alertFile := filepath.Join(dir, "out", "trailwire-alerts.ndjson")
	p.waitForLines(recordFile, records)
	p.waitForLines(alertFile, alerts)
	p.stop()
	return lines(read(t, recordFile)), lines(read(t, alertFile))
}

// prepare makes a folder with a shipped configuration that reads in/*.json and
// writes into out.
func prepare(t *testing.T, name, input string) (dir, text string) {
	t.Helper()
	dir = folder(t)
	write(t, filepath.Join(dir, "in", "events.json"), input)
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, shipped(t, dir, name, map[string]string{
		"CLOUDTRAIL_LOGS":    filepath.Join(dir, "in", "*.json"),
		"CLOUDTRAIL_OFFSETS": filepath.Join(dir, "in", ".offsets.db"),
		"OUTPUT_FOLDER":      filepath.Join(dir, "out"),
		"BUFFER_FOLDER":      filepath.Join(dir, "buffer"),
	})
}

// alertTag is the setting that sends alerts away as records of their own, in both
// formats.
var alertTag = regexp.MustCompile(`(?mi)^( +)alert_tag(:?) +(alert\.\$severity)$`)

// taggingToo returns a configuration whose filter also tags records in place.
func taggingToo(t *testing.T, text string) string {
	t.Helper()
	if n := len(alertTag.FindAllString(text, -1)); n != 1 {
		t.Fatalf("alert_tag is set %d times, want once", n)
	}
	return alertTag.ReplaceAllString(text, "${1}alert_tag${2} ${3}\n${1}records${2} tagged")
}

// Records go on as they do without the filter, and each alert leaves as the
// record that tagging would have made of its event. Suppressed alerts have a tag
// of their own.
func TestAShippedConfigurationRoutesAlertsAndLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	for _, conf := range []struct {
		file   string
		filter string // where the filter's section begins
	}{
		{"fluent-bit.yaml", "  filters:\n"},
		{"fluent-bit.conf", "[FILTER]\n"},
		{"processor.yaml", "      processors:\n"},
	} {
		t.Run(conf.file, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir, text := prepare(t, conf.file, mixedInput())
				write(t, filepath.Join(dir, conf.file), cut(t, text, conf.filter))
				without, alerts := runOn(t, fb, dir, conf.file, 15, 0)
				if len(alerts) > 0 {
					t.Errorf("without the filter there are %d alerts", len(alerts))
				}

				dir, text = prepare(t, conf.file, mixedInput())
				write(t, filepath.Join(dir, conf.file), taggingToo(t, text))
				records, _ := runOn(t, fb, dir, conf.file, 17, 3)
				var want, wantSuppressed []string
				for _, a := range checkMixed(t, records, without) {
					if strings.Contains(a, `"suppressed":`) {
						wantSuppressed = append(wantSuppressed, a)
					} else {
						want = append(want, a)
					}
				}
				if len(want) != 3 || len(wantSuppressed) != 1 {
					t.Fatalf("%d alerts and %d suppressed ones, want 3 and 1", len(want), len(wantSuppressed))
				}

				dir, _ = prepare(t, conf.file, mixedInput())
				records, alerts = runOn(t, fb, dir, conf.file, 15, 3)
				if !slices.Equal(records, without) {
					t.Errorf("the records are\n%s\nwant them as they are without the filter\n%s", strings.Join(records, "\n"), strings.Join(without, "\n"))
				}
				alerts, want = withoutCollector(alerts), withoutCollector(want)
				if !slices.Equal(alerts, want) {
					t.Errorf("the alerts' output has\n%s\nwant\n%s", strings.Join(alerts, "\n"), strings.Join(want, "\n"))
				}
				if got := lines(read(t, filepath.Join(dir, "out", "trailwire-suppressed.ndjson"))); !slices.Equal(withoutCollector(got), withoutCollector(wantSuppressed)) {
					t.Errorf("the suppressed alerts are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantSuppressed, "\n"))
				}
			})
		})
	}
}

func TestARestartRaisesNoAlertAgain(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, _ := prepare(t, "fluent-bit.yaml", grant("before", "444455556666")+"\n")
		runOn(t, fb, dir, "fluent-bit.yaml", 1, 1)
		file, err := os.OpenFile(filepath.Join(dir, "in", "events.json"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(grant("after", "444455556666") + "\n"); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		_, alerts := runOn(t, fb, dir, "fluent-bit.yaml", 2, 2)
		if len(alerts) != 2 || !strings.Contains(alerts[0], `"before"`) || !strings.Contains(alerts[1], `"after"`) {
			t.Errorf("%d alerts, want that before the restart and that after it:\n%s", len(alerts), strings.Join(alerts, "\n"))
		}
	})
}

func TestAFileOfCloudTrailOfTensOfMegabytesIsLookedThroughAndSplitInSeconds(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		var b strings.Builder
		b.WriteString(`{"Records":[`)
		for i := range 20_000 {
			if i == 12_345 {
				b.WriteString(grant("needle", "444455556666") + ",")
				continue
			}
			fmt.Fprintf(&b, "%s,", lambdaCall(strconv.Itoa(i), "ListFunctions20150331", "null"))
		}
		b.WriteString(grant("last", "*") + "]}\n")
		dir, _ := prepare(t, "fluent-bit.yaml", b.String())
		records, alerts := runOn(t, fb, dir, "fluent-bit.yaml", 1, 1)
		if len(records) != 1 || len(alerts) != 1 || len(records[0]) < len(b.String())-1 || !strings.Contains(alerts[0], `"eventID":"needle"`) || len(alerts[0]) > 10_000 {
			t.Errorf("%d records and %d alerts, want the file and one event of it", len(records), len(alerts))
		}
		dir, text := prepare(t, "fluent-bit.yaml", b.String())
		write(t, filepath.Join(dir, "fluent-bit.yaml"), taggingToo(t, text))
		records, alerts = runOn(t, fb, dir, "fluent-bit.yaml", 20_001, 1)
		if len(records) != 20_001 || len(alerts) != 1 || !strings.Contains(alerts[0], `"eventID":"needle"`) {
			t.Errorf("%d records and %d alerts, want 20001 and 1", len(records), len(alerts))
		}
	})
}

func TestTwoInstancesEachHaveTheirOwnSettings(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		own := strings.ReplaceAll(grant("own", "111122223333"), "billing-export", "arn:aws:lambda:eu-west-1:111122223333:function:billing-export")
		input := grant("one", "444455556666") + "\n" + own + "\n" +
			`{"Records":[` + grant("two", "444455556666") + "," + grant("none", "*") + "]}\n"
		dir := folder(t)
		write(t, filepath.Join(dir, "production", "a.json"), input)
		write(t, filepath.Join(dir, "sandbox", "a.json"), input)
		if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
			t.Fatal(err)
		}
		shipped(t, dir, "two-instances.yaml", map[string]string{
			"PRODUCTION_LOGS":    filepath.Join(dir, "production", "*.json"),
			"PRODUCTION_OFFSETS": filepath.Join(dir, "production", ".offsets.db"),
			"SANDBOX_LOGS":       filepath.Join(dir, "sandbox", "*.json"),
			"SANDBOX_OFFSETS":    filepath.Join(dir, "sandbox", ".offsets.db"),
			"OUTPUT_FOLDER":      filepath.Join(dir, "out"),
			"BUFFER_FOLDER":      filepath.Join(dir, "buffer"),
		})
		p := fb.start(t, dir, "-c", "two-instances.yaml")
		out := func(name string) string { return filepath.Join(dir, "out", "trailwire-"+name+".ndjson") }
		p.waitForLines(out("records"), 3+3)
		p.waitForLines(out("alerts"), 3)
		p.waitForLines(out("findings"), 2)
		p.stop()
		wantIDs(t, "alerts", lines(read(t, out("alerts"))), "alert", "one", "own", "two")
		wantIDs(t, "findings", lines(read(t, out("findings"))), "finding", "one", "two")
		records := read(t, out("records"))
		if n := len(lines(records)); n != 3+3 || strings.Contains(records, `"risk_score"`) {
			t.Errorf("%d records, want 3 of each stream without an alert:\n%s", n, records)
		}
	})
}

// wantIDs fails unless each record has its alert under key and nowhere else,
// and has the given eventIDs.
func wantIDs(t *testing.T, what string, records []string, key string, want ...string) {
	t.Helper()
	id := regexp.MustCompile(`"eventID":"([a-z0-9-]+)"`)
	var got []string
	for _, r := range records {
		rest, alert := splitAlert(r, key)
		if alert == nil || strings.Contains(rest, `"risk_score"`) {
			t.Errorf("%s: no alert under %s, or one elsewhere: %s", what, key, r)
			continue
		}
		wantBuiltIn(t, alert)
		var ids []string
		for _, m := range id.FindAllStringSubmatch(rest, -1) {
			ids = append(ids, m[1])
		}
		got = append(got, strings.Join(ids, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s are of the events %q, want %q", what, got, want)
	}
}

func TestProcessorsOfTwoInputsEachHaveTheirOwnSettings(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		input := write(t, filepath.Join(dir, "a.json"), grant("one", "444455556666")+"\n"+
			`{"Records":[`+grant("two", "444455556666")+","+grant("none", "*")+"]}\n")
		write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
plugins: [%q]
parsers: [{name: json, format: json}]
pipeline:
  inputs:
    - name: tail
      path: %q
      tag: split
      parser: json
      read_from_head: on
      processors:
        logs:
          - name: trailwire
    - name: tail
      path: %q
      tag: whole
      parser: json
      read_from_head: on
      threaded: on
      processors:
        logs:
          - name: trailwire
            alert_key: first
            split: off
          - name: trailwire
            alert_key: second
            split: off
            rules: -builtin, %s
  outputs:
    - {name: file, match: '*', path: %q, format: plain}
`, plugin(t), input, input, ownRule(t, dir), dir))
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitForLines(filepath.Join(dir, "split"), 3)
		p.waitForLines(filepath.Join(dir, "whole"), 2)
		p.stop()
		split := lines(read(t, filepath.Join(dir, "split")))
		if len(split) != 3 {
			t.Fatalf("%d records of the input that is split, want 3", len(split))
		}
		wantIDs(t, "the records that are split", split[:2], "alert", "one", "two")
		if strings.Contains(split[2], "risk_score") {
			t.Errorf("the third record has an alert: %s", split[2])
		}
		var whole []struct {
			First, Second struct {
				Rule struct{ ID string }
			}
		}
		if err := json.Unmarshal([]byte("["+strings.Join(lines(read(t, filepath.Join(dir, "whole"))), ",")+"]"), &whole); err != nil {
			t.Fatal(err)
		}
		if len(whole) != 2 {
			t.Fatalf("%d records of the input that is not split, want 2", len(whole))
		}
		for _, record := range whole {
			if first, second := record.First.Rule.ID, record.Second.Rule.ID; first != "8f985da6-66e8-4838-a63e-21636eb9adc5" ||
				second != "00000000-0000-4000-8000-000000000001" {
				t.Errorf("the rules are %q and %q, want the built-in one and ours", first, second)
			}
		}
	})
}

// ownRule writes a rule file that is not the built-in one.
func ownRule(t *testing.T, dir string) string {
	t.Helper()
	return write(t, filepath.Join(dir, "own.toml"), `
[metadata]
creation_date = "2026/05/04"
integration = ["aws"]
maturity = "production"
updated_date = "2026/05/04"

[rule]
author = ["Trailwire"]
description = "Every grant."
from = "now-6m"
interval = "5m"
language = "eql"
license = "Apache-2.0"
name = "A grant"
risk_score = 21
rule_id = "00000000-0000-4000-8000-000000000001"
severity = "low"
type = "eql"
query = '''
any where event.provider == "lambda.amazonaws.com" and event.action : "AddPermission*"
'''
`)
}

func TestHelpListsEveryPropertyWithItsSentence(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		out, code := fb.run(t, folder(t), "-e", plugin(t), "-F", "trailwire", "-h")
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
		_, options, found := strings.Cut(out, "OPTIONS\n\x1b[0m")
		if _, more, again := strings.Cut(options, "OPTIONS\n\x1b[0m"); again {
			options = more
		}
		if !found {
			t.Fatalf("no options in\n%s", out)
		}
		// Fluent Bit breaks sentences into lines.
		options = strings.Join(strings.Fields(options), " ")
		for _, p := range property.OfFilter() {
			shown := map[property.Kind]string{
				property.KindText: "string", property.KindSwitch: "boolean", property.KindNumber: "integer",
				property.KindPeriod: "time", property.KindList: "multiple comma delimited strings",
			}[p.Kind]
			byDefault := p.Default
			if byDefault == "" {
				byDefault = "default"
			}
			want := fmt.Sprintf("%s %s > default: %s, type: %s", p.Name, strings.Join(strings.Fields(p.Help), " "), byDefault, shown)
			if !strings.Contains(options, want) {
				t.Errorf("help does not say %q", want)
			}
		}
	})
}

func TestAWrongPropertyStopsFluentBitWithOneLineThatSaysWhy(t *testing.T) {
	t.Parallel()
	// What Fluent Bit itself says about a name; 5.1 and 4.2 agree.
	var names []string
	for _, p := range property.OfFilter() {
		names = append(names, p.Name)
	}
	last := len(names) - 1
	allowed := strings.Join(names[:last], ", ") + ", and " + names[last]

	for _, test := range []struct {
		name  string
		lines []string // of the filter
		about string   // what names the property
		want  string   // the end of the only line with that
	}{
		{"a misspelt name", []string{"trusted_acounts: 111122223333"}, "trusted_acounts",
			"[config] trailwire: unknown configuration property 'trusted_acounts'. The following properties are allowed: " + allowed + "."},
		{"a property that is there twice", []string{"split: on", "split: off"}, "split",
			"[config] trailwire: configuration property 'split' is set 2 times"},
		{"an empty value", []string{"alert_key: ''"}, "alert_key",
			`property "alert_key": the value is empty: leave the property out for its default`},
		{"no file of rules", []string{"rules: /nowhere/*.toml"}, `"rules"`,
			`property "rules": "/nowhere/*.toml": no such rule file`},
		{"a text with a space", []string{"alert_key: my alert"}, "alert_key",
			`property "alert_key": "my alert" is not allowed: it must be a key of letters, digits, _ and -, so that $key['severity'] can name it`},
		{"a switch that is perhaps on", []string{"split: perhaps"}, `"split"`,
			`property "split": "perhaps" is not allowed: it must be on or off`},
		{"a choice that does not exist", []string{"coverage: most"}, "coverage",
			`property "coverage": "most" is not allowed: it must be rule, extended or all`},
		{"a number that is a word", []string{"max_signals: many"}, "max_signals",
			`property "max_signals": "many" is not allowed: it must be a whole number from 1 to 1000000`},
		{"a number out of range", []string{"max_signals: 0"}, "max_signals",
			`property "max_signals": "0" is not allowed: it must be a whole number from 1 to 1000000`},
		{"a period in no unit", []string{"dedup_window: 5x"}, "dedup_window",
			`property "dedup_window": "5x" is not allowed: it must be a number of seconds, or a number with s, m, h or d, such as 5m`},
		{"a period out of range", []string{"interval: 0"}, "interval",
			`property "interval": "0" is not allowed: it must be from 1s to 365d`},
		{"a list with one account that is not valid", []string{"trusted_accounts: 111122223333, 4444"}, "trusted_accounts",
			`property "trusted_accounts": "4444" is not allowed: it must be a list of account ids of 12 digits`},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir := folder(t)
				write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
plugins: [%q]
service: {flush: 0.2, grace: 1}
pipeline:
  inputs: [{name: dummy}]
  filters:
    - name: trailwire
      match: '*'
      %s
  outputs: [{name: 'null', match: '*'}]
`, plugin(t), strings.Join(test.lines, "\n      ")))
				out, code := fb.run(t, dir, "-c", "fluent-bit.yaml")
				if code == 0 {
					t.Error("Fluent Bit ran")
				}
				var about []string
				for _, line := range lines(out) {
					if strings.Contains(line, test.about) {
						about = append(about, line)
					}
				}
				if len(about) != 1 || !strings.HasSuffix(about[0], test.want) || !strings.Contains(about[0], "[error]") {
					t.Errorf("%d lines about it:\n%s\nwant one error that ends in\n%s", len(about), strings.Join(about, "\n"), test.want)
				}
			})
		})
	}
}

func TestADaemonIsRefusedAndEnds(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		log := filepath.Join(dir, "daemon.log")
		write(t, filepath.Join(dir, "plugins.conf"), "[PLUGINS]\n    Path "+plugin(t)+"\n")
		conf := write(t, filepath.Join(dir, "daemon.conf"), `
[SERVICE]
    Daemon On
    Log_File `+log+`
    Plugins_File plugins.conf
[INPUT]
    Name dummy
[FILTER]
    Name trailwire
    Match *
[OUTPUT]
    Name null
    Match *
`)
		// What is started ends at once, its child runs on.
		if out, code := fb.run(t, dir, "-c", conf); code != 0 {
			t.Fatalf("exit code %d of the parent:\n%s", code, out)
		}
		t.Cleanup(func() {
			for _, pid := range processesOf(t, conf) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		})
		for deadline := time.Now().Add(waitLimit); len(processesOf(t, conf)) > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the daemon hangs; its log:\n%s", read(t, log))
			}
		}
		var ours []string
		for _, line := range lines(read(t, log)) {
			if strings.Contains(line, "[filter:trailwire") {
				ours = append(ours, line)
			}
		}
		want := "[error] [filter:trailwire:trailwire.0] cannot run in a daemonised process, whose fork has left Go's threads behind: " +
			"set Daemon Off and let the service manager do it"
		if len(ours) != 1 || !strings.HasSuffix(ours[0], want) {
			t.Errorf("the log says\n%s\nwant one line that ends in\n%s", strings.Join(ours, "\n"), want)
		}
	})
}

// processesOf returns the processes that have a text among their arguments.
func processesOf(t *testing.T, argument string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		arguments, _ := os.ReadFile(file) // it may have ended
		if bytes.Contains(arguments, []byte("\x00"+argument+"\x00")) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// forwarded sends events to a Fluent Bit with an input of the Forward protocol,
// and returns its output: the chunks as they are.
func forwarded(t *testing.T, fb fluentBit, filters string, messages [][]byte, bytesWanted int) []byte {
	t.Helper()
	dir := folder(t)
	socket := filepath.Join(dir, "socket")
	write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
plugins: [%q]
pipeline:
  inputs: [{name: forward, unix_path: %q}]
  %s
  outputs: [{name: file, match: cloudtrail, path: %q, file: out, format: msgpack}]
`, plugin(t), socket, filters, dir))
	p := fb.start(t, dir, "-c", "fluent-bit.yaml")
	var connection net.Conn
	p.waitFor("its socket listens", func() (ok bool) {
		var err error
		connection, err = net.Dial("unix", socket)
		return err == nil
	})
	for _, m := range messages {
		if _, err := connection.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	p.waitFor(fmt.Sprintf("its output has %d bytes", bytesWanted), func() bool { return len(read(t, out)) >= bytesWanted })
	_ = connection.Close()
	p.stop()
	return []byte(read(t, out))
}

// forwardMessage returns entries as a message in Forward mode.
func forwardMessage(entries ...[]byte) []byte {
	m := msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "cloudtrail")
	m = msgp.AppendArrayHeader(m, uint32(len(entries)))
	return append(m, bytes.Join(entries, nil)...)
}

// packedMessage returns bytes as a message in PackedForward mode.
func packedMessage(stream []byte) []byte {
	m := msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "cloudtrail")
	return msgp.AppendBytes(m, stream)
}

func TestTimeAndMetadataSurvive(t *testing.T) {
	metadata := body(t, `{"source":"edge-7","nested":{"list":[1,2.5,null,"x"]}}`)
	withMetadata := func(text string) []byte {
		head := chunk.Append(nil, noon, nil)
		return append(append(head[:len(head)-1:len(head)-1], metadata...), body(t, text)...)
	}
	entries := [][]byte{
		withMetadata(match),
		withMetadata(nearMiss),
		withMetadata(`{"Records":[` + grant("two", "444455556666") + `,` + nearMiss + `]}`),
		event(t, grant("three", "444455556666")),
		withMetadata(`{"message":"no CloudTrail"}`),
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		out := forwarded(t, fb, "filters: [{name: trailwire, match: cloudtrail}]", [][]byte{forwardMessage(entries...)}, 1)
		var bodies [][]byte
		for rest := out; len(rest) > 0; {
			e, after, err := chunk.Next(rest)
			if err != nil {
				t.Fatalf("%v at % x", err, rest)
			}
			if !e.Time().Equal(noon) {
				t.Errorf("event %d is of %v, want %v", len(bodies), e.Time(), noon)
			}
			want := metadata
			if len(bodies) == 4 {
				want = []byte{0x80}
			}
			if got := metadataOf(t, e); !document.Equal(got, want) {
				t.Errorf("the metadata of event %d are % x, want % x", len(bodies), got, want)
			}
			bodies, rest = append(bodies, e.Body), after
		}
		if len(bodies) != 6 {
			t.Fatalf("%d events, want 6", len(bodies))
		}
		for i, wanted := range []bool{true, false, true, false, true, false} {
			if _, got := document.Get(bodies[i], "alert"); got != wanted {
				t.Errorf("event %d: alert %v, want %v", i, got, wanted)
			}
		}
	})
}

// metadataOf returns the metadata in an event's header.
func metadataOf(t *testing.T, e chunk.Event) []byte {
	t.Helper()
	_, rest, err := document.ReadArrayHeader(e.Header())
	if err == nil {
		_, rest, err = document.ReadArrayHeader(rest)
	}
	if err == nil {
		rest, err = document.Skip(rest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

func TestWhatForwardDeliversIsTheSameWithAndWithoutTheFilter(t *testing.T) {
	miss := body(t, nearMiss)
	var stream [][]byte
	for _, e := range encodings {
		stream = append(stream, e.encode(miss))
	}
	messages := [][]byte{
		forwardMessage(event(t, nearMiss), slices.Concat([]byte{0x92, 0xce, 0x69, 0xf8, 0x80, 0x40}, miss)),
		packedMessage(bytes.Join(stream, nil)),
		packedMessage(event(t, nearMiss)[:300]),
		packedMessage(append(event(t, nearMiss), 0xc1)),
		packedMessage([]byte(nearMiss)),
		forwardMessage(event(t, `{"last":"lambda:InvokeFunction"}`)),
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		without := forwarded(t, fb, "", messages, 1)
		with := forwarded(t, fb, "filters: [{name: trailwire, match: cloudtrail}]", messages, len(without))
		if !bytes.Equal(with, without) {
			t.Errorf("%d bytes with the filter, %d without, or others", len(with), len(without))
		}
		want := 2 * len(messages)
		if strings.HasPrefix(fb.version, "3.") { // lets go of a stream at the first event that it cannot read
			want = 4
		}
		if n := bytes.Count(with, []byte("22222222-2222-4222-8222-222222222222")); n < want {
			t.Errorf("only %d places with an eventID: the test shows nothing", n)
		}
	})
}

func TestTenThousandOrdinaryEventsArriveInOrder(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		var want []string
		for i := range 10_000 {
			want = append(want, lambdaCall(strconv.Itoa(i), "Invoke", `{"functionName":"billing-export"}`))
		}
		dir, _ := prepare(t, "fluent-bit.yaml", strings.Join(want, "\n")+"\n")
		got, alerts := runOn(t, fb, dir, "fluent-bit.yaml", len(want), 0)
		if len(alerts) != 0 {
			t.Errorf("%d alerts", len(alerts))
		}
		if len(got) != len(want) {
			t.Fatalf("%d records, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("record %d is\n%s\nwant\n%s", i, got[i], want[i])
			}
		}
	})
}

// realCloudTrail returns the events and the wrappings of a corpus of real CloudTrail, a
// line each, and the names of the wrappings' files. $TRAILWIRE_CORPUS is a folder with
// events.ndjson, an event in each line under Event, and shapes/*.json.
func realCloudTrail(t *testing.T) (events, shapes, names []string) {
	t.Helper()
	corpus := os.Getenv("TRAILWIRE_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: NO CORPUS in $TRAILWIRE_CORPUS: nothing was tested with real CloudTrail")
	}
	for _, line := range lines(read(t, filepath.Join(corpus, "events.ndjson"))) {
		var entry struct{ Event json.RawMessage }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		events = append(events, string(entry.Event))
	}
	files, err := filepath.Glob(filepath.Join(corpus, "shapes", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var line bytes.Buffer
		if err := json.Compact(&line, []byte(read(t, file))); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		shapes = append(shapes, line.String())
		names = append(names, filepath.Base(file))
	}
	if len(events) < 1000 || len(shapes) < 10 {
		t.Fatalf("%d events and %d wrappings: where is the rest?", len(events), len(shapes))
	}
	return events, shapes, names
}

func TestRealCloudTrailComesOutAsItWentIn(t *testing.T) {
	events, shapes, _ := realCloudTrail(t)
	input := strings.Join(slices.Concat(events, shapes), "\n") + "\n"
	n := len(events) + len(shapes)
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, text := prepare(t, "fluent-bit.yaml", input)
		write(t, filepath.Join(dir, "fluent-bit.yaml"), cut(t, text, "  filters:\n"))
		without, _ := runOn(t, fb, dir, "fluent-bit.yaml", n, 0)

		dir, _ = prepare(t, "fluent-bit.yaml", input)
		with, alerts := runOn(t, fb, dir, "fluent-bit.yaml", n, 0)
		if len(alerts) != 0 {
			t.Errorf("%d alerts, such as %s", len(alerts), alerts[0])
		}
		if !slices.Equal(with, without) {
			t.Errorf("%d records with the filter, %d without, or others", len(with), len(without))
		}
	})
}

func TestRealWrappingsAreSplitIntoTheirEvents(t *testing.T) {
	_, shapes, names := realCloudTrail(t)
	var want []any
	counts := make(map[string]int)
	for i, shape := range shapes {
		records := partsOf(t, names[i], shape)
		if len(records) > 1 {
			counts[names[i]] = len(records)
		}
		want = append(want, records...)
	}
	if got := fmt.Sprint(counts); got != "map[cwl_subscription_decoded.json:3 s3_log_file_records.json:47]" {
		t.Fatalf("the wrappings with several events are %s", got)
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, text := prepare(t, "fluent-bit.yaml", strings.Join(shapes, "\n")+"\n")
		write(t, filepath.Join(dir, "fluent-bit.yaml"), taggingToo(t, text))
		records, alerts := runOn(t, fb, dir, "fluent-bit.yaml", len(want), 0)
		if len(alerts) != 0 {
			t.Errorf("%d alerts, such as %s", len(alerts), alerts[0])
		}
		if len(records) != len(want) {
			t.Fatalf("%d records of %d wrappings, want %d", len(records), len(shapes), len(want))
		}
		for i, record := range records {
			if got := decode(t, record); !reflect.DeepEqual(got, want[i]) {
				t.Errorf("record %d is\n%s\nwant\n%v", i, record, want[i])
			}
		}
	})
}

// partsOf returns the records that a line becomes: one for each element of a
// list of events, with what is beside the list, else the line itself.
func partsOf(t *testing.T, name, line string) (records []any) {
	t.Helper()
	whole, ok := decode(t, line).(map[string]any)
	if !ok { // Fluent Bit's json parser reads objects only
		return []any{map[string]any{"log": line}}
	}
	list := map[string]string{
		"cwl_subscription_decoded.json": "logEvents", "lookup_events_cli.json": "Events", "s3_log_file_records.json": "Records",
	}[name]
	if list == "" {
		return []any{whole}
	}
	for _, element := range whole[list].([]any) {
		record := maps.Clone(whole)
		delete(record, list)
		maps.Copy(record, element.(map[string]any))
		records = append(records, record)
	}
	return records
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}
