package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// grantEvent is an event that the built-in rule matches.
const grantEvent = `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory",` +
	`"accountId":"111122223333"},"eventTime":"2026-06-18T12:00:00Z","eventSource":"lambda.amazonaws.com",` +
	`"eventName":"AddPermission20150331v2","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15",` +
	`"requestParameters":{"functionName":"billing-export","statementId":"s1","action":"lambda:InvokeFunction","principal":"444455556666"},` +
	`"responseElements":null,"eventID":"6c0f","recipientAccountId":"111122223333"}`

// otherEvent is one that it does not match.
const otherEvent = `{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"2"}`

// ran is what a run of the program left behind.
type ran struct {
	code     int
	out, err string
}

// run runs the command line in a time that stands still.
func run(stdin string, args ...string) ran {
	var out, err strings.Builder
	p := program{
		in: strings.NewReader(stdin), out: &out, err: &err,
		now: func() time.Time { return time.Date(2026, time.June, 18, 12, 30, 0, 0, time.UTC) }, columns: noTerminal,
	}
	code := p.run(args)
	return ran{code, out.String(), err.String()}
}

// noTerminal is the width of an output that is not a terminal.
func noTerminal() int { return 0 }

func TestScan(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) { write(t, folder, name, text) }
	file("s3.json", `{"Records":[`+otherEvent+`,`+grantEvent+`]}`)
	file("other.json", otherEvent)
	file("log.ndjson", otherEvent+"\n{]\n"+grantEvent+"\n")
	whole := zipped(t, strings.Repeat(otherEvent+"\n", 1000))
	file("cut.json.gz", whole[:len(whole)-4])
	file("number.json", "17")
	file("wrapped.json", `{"log":"[INFO] started {x}"}`+"\n"+`{"log":"{\"eventSource\":"}`)
	file("broken.json", "{\"a\":[}}\n"+otherEvent)
	file("deep.json", `{"Records":[{"a":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+`},`+grantEvent+`]}`)
	file("cut.json", `{"Records":[`+otherEvent+`,`+grantEvent+`,{"eventVersion":"1.`)
	file("words.log", "starting\n2026-06-18T12:00:00Z stdout F "+otherEvent+"\n<13>1 host - "+grantEvent+"\n")
	file("cut-words.log", "2026-06-18T12:00:00Z stdout P "+grantEvent[:200]+"\n")
	file("x.json.zst", "\x28\xb5\x2f\xfd")
	file("collected/app.log", "starting\nready\n{x}: "+otherEvent)
	file("collected/000000.gz", zipped(t, zipped(t, otherEvent)))
	file("collected/windows.json", "\xff\xfe"+string(utf16LE(otherEvent)))
	file("collected/a.parquet", "PAR1\x15")
	file("collected/b.parquet", "PAR1\x15")
	file("collected/c.csv.gz", "")
	file("mac/a.json", otherEvent)
	file("mac/._a.json", "\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ")
	file("mac/._log.json", otherEvent)
	file("collected/LICENSE", "words")
	file("unknown.json", `{"a":{"b":"lambda:InvokeFunction"}}`+"\n"+`{"a":{"c":"lambda:InvokeFunction"}}`)
	file("empty/README.md", "")
	file("many.ndjson", strings.Repeat("oops\n", 8))
	const suppressed = `HIGH 73 (suppressed)  AWS Lambda Function Policy Updated to Allow Cross-Account Invocation`
	tests := []struct {
		name  string
		args  []string
		stdin string
		want  ran
	}{
		{
			"a file without a threat",
			[]string{"other.json"}, "",
			ran{exitFine, "1 event in 1 file, read in 1ms: no alert.\n", ""},
		},
		{
			"a file with one",
			[]string{"s3.json"}, "",
			ran{exitFine, `HIGH 73  AWS Lambda Function Policy Updated to Allow Cross-Account Invocation
  111122223333 let account 444455556666 invoke Lambda function billing-export
    time        2026-06-18T12:00:00Z
    account     111122223333, eu-west-1
    call        AddPermission20150331v2 (lambda.amazonaws.com)
    actor       arn:aws:iam::111122223333:user/mallory
    source      198.51.100.7 (aws-cli/2.15)
    function    billing-export of account 111122223333 in eu-west-1
    granted     lambda:InvokeFunction to 444455556666 (account)
    relation    cross_account
    statement   s1
    ATT&CK      TA0003 Persistence: T1546 Event Triggered Execution
                TA0005 Defense Evasion: T1578 Modify Cloud Compute Infrastructure, T1578.005 Modify Cloud Compute Configurations
    respond     aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id s1 --region eu-west-1
    event id    6c0f
    read from   s3.json:1

2 events in 1 file, read in 1ms: 1 alert.
`, ""},
		},
		{
			"the same on standard input, where --fail is given",
			[]string{"--fail", "-q", "--format", "json", "-"}, otherEvent + "\n" + grantEvent,
			ran{exitAlerts, "<tagged>\n", ""},
		},
		{
			"--fail without an alert",
			[]string{"--fail", "other.json"}, "",
			ran{exitFine, "1 event in 1 file, read in 1ms: no alert.\n", ""},
		},
		{
			"gzip on standard input",
			[]string{"-"}, zipped(t, otherEvent),
			ran{exitFine, "1 event in 1 file, read in 1ms: no alert.\n", ""},
		},
		{
			"nothing on standard input",
			[]string{"-"}, "",
			ran{exitFine, "0 events in 1 file, read in 1ms: no alert.\n", ""},
		},
		{
			"as JSON, the summary is on standard error",
			[]string{"--format=json", "other.json"}, "",
			ran{exitFine, "", "1 event in 1 file, read in 1ms: no alert.\n"},
		},
		{
			"as JSON, --all prints the records without alerts too",
			[]string{"--format=json", "--all", "--quiet", "s3.json"}, "",
			ran{exitFine, otherEvent + "\n<tagged>\n", ""},
		},
		{
			"a line that is broken does not stop the rest",
			[]string{"--format=json", "log.ndjson"}, "",
			ran{
				exitProblems, "<tagged>\n",
				"trailwire: log.ndjson:2: invalid character ']' looking for beginning of object key string (byte 96)\n" +
					"2 events in 1 file, read in 1ms: 1 alert, 1 problem.\n",
			},
		},
		{
			"an alert outweighs a problem",
			[]string{"--fail", "--quiet", "--format=json", "log.ndjson"}, "",
			ran{
				exitAlerts, "<tagged>\n",
				"trailwire: log.ndjson:2: invalid character ']' looking for beginning of object key string (byte 96)\n",
			},
		},
		{
			"what is no record",
			[]string{"number.json"}, "",
			ran{
				exitProblems, "0 events in 1 file, read in 1ms: no alert, 1 problem.\n",
				"trailwire: number.json:1: not a record: a JSON object was expected (byte 0)\n",
			},
		},
		{
			"of many problems in a file the first are said",
			[]string{"many.ndjson"}, "",
			ran{
				exitProblems, "0 events in 1 file, read in 1ms: no alert, 8 problems.\n",
				"trailwire: many.ndjson:1: invalid character 'o' looking for beginning of value (byte 0)\n" +
					"trailwire: many.ndjson:2: invalid character 'o' looking for beginning of value (byte 5)\n" +
					"trailwire: many.ndjson:3: invalid character 'o' looking for beginning of value (byte 10)\n" +
					"trailwire: many.ndjson:4: invalid character 'o' looking for beginning of value (byte 15)\n" +
					"trailwire: many.ndjson:5: invalid character 'o' looking for beginning of value (byte 20)\n" +
					"trailwire: many.ndjson: 3 problems more\n",
			},
		},
		{
			"a file that is not there does not stop the rest",
			[]string{"no\x1b.json", "other.json"}, "",
			ran{
				exitProblems, "1 event in 1 file, read in 1ms: no alert, 1 problem.\n",
				"trailwire: no\\x1b.json: no such file or directory\n",
			},
		},
		{
			"a folder without logs",
			[]string{"empty"}, "",
			ran{
				exitProblems, "0 events in 0 files, read in 1ms: no alert, 1 problem. Left aside: 1 .md.\n",
				"trailwire: empty: no log file in this folder\n",
			},
		},
		{
			"of a folder the logs are read, and what is left aside is said",
			[]string{"collected"}, "",
			ran{exitFine, "3 events in 3 files, read in 1ms: no alert. Passed over: 2 lines without JSON. Left aside: 2 .parquet, 1 without an ending, 1 .csv.gz.\n", ""},
		},
		{
			"what macOS keeps beside a file is left aside, a log with such a name is not",
			[]string{"mac"}, "",
			ran{exitFine, "2 events in 2 files, read in 1ms: no alert. Left aside: 1 ._ file.\n", ""},
		},
		{
			"a file that is compressed otherwise",
			[]string{"x.json.zst"}, "",
			ran{
				exitProblems, "0 events in 1 file, read in 1ms: no alert, 1 problem.\n",
				"trailwire: x.json.zst: this is zstd: only JSON is read, as it is or with gzip\n",
			},
		},
		{
			"an event of a list nests too deep, and costs itself alone",
			[]string{"--fail", "--quiet", "--format=json", "deep.json"}, "",
			ran{exitAlerts, "<any>\"severity\":\"high\"", "trailwire: deep.json:1: nested deeper than 100 levels (byte 0)\n"},
		},
		{
			"an event of a list is cut off, and costs itself alone",
			[]string{"cut.json"}, "",
			ran{exitProblems, "<any>2 events in 1 file, read in 1ms: 1 alert, 1 problem.\n", "trailwire: cut.json:1: the record is cut off (byte 0)\n"},
		},
		{
			"words before JSON",
			[]string{"words.log"}, "",
			ran{exitFine, "<any>2 events in 1 file, read in 1ms: 1 alert. Passed over: 1 line without JSON.\n", ""},
		},
		{
			"words before JSON that is broken",
			[]string{"--fail", "-q", "cut-words.log"}, "",
			ran{exitProblems, "", "trailwire: cut-words.log:1: 1 JSON text in the record cannot be read\n"},
		},
		{
			"as JSON, --all passes on what cannot be read",
			[]string{"--format=json", "--all", "-q", "broken.json"}, "",
			ran{
				exitProblems, "{\"log\":\"{\\\"a\\\":[}}\"}\n" + otherEvent + "\n",
				"trailwire: broken.json:1: invalid character '}' looking for beginning of value (byte 6)\n",
			},
		},
		{
			"gzip that is cut off",
			[]string{"cut.json.gz"}, "",
			ran{
				exitProblems, "1,000 events in 1 file, read in 1ms: no alert, 1 problem.\n",
				"trailwire: cut.json.gz:1001: gzip: the file is cut off\n",
			},
		},
		{
			"broken JSON text inside a record is a problem like any other",
			[]string{"wrapped.json"}, "",
			ran{
				exitProblems, "0 events in 1 file, read in 1ms: no alert, 1 problem.\n",
				"trailwire: wrapped.json:2: 1 JSON text in the record cannot be read\n",
			},
		},
		{
			"an event under a key that nobody has named is said",
			[]string{"unknown.json"}, "",
			ran{
				exitFine, "0 events in 1 file, read in 1ms: no alert.\n" +
					"2 records mention lambda:InvokeFunction but hold no CloudTrail event that is recognised, under a.b: see --json-keys.\n", "",
			},
		},
		{
			"a property of the plugin is a flag",
			[]string{"--quiet", "--format", "json", "--alert-key", "verdict", "s3.json"}, "",
			ran{exitFine, "<tagged>\n", ""},
		},
		{
			"the same file twice raises a duplicate",
			[]string{"s3.json", "s3.json"}, "",
			ran{exitFine, "<any>" + suppressed, ""},
		},
	}
	t.Chdir(folder)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := run(test.stdin, append([]string{"scan"}, test.args...)...)
			if got.code != test.want.code {
				t.Errorf("exit code %d, want %d", got.code, test.want.code)
			}
			if got.err != test.want.err {
				t.Errorf("standard error:\n%s\nwant:\n%s", got.err, test.want.err)
			}
			if part, any := strings.CutPrefix(test.want.out, "<any>"); any {
				if !strings.Contains(got.out, part) {
					t.Errorf("standard output:\n%s\nwant somewhere:\n%s", got.out, part)
				}
			} else if out := withoutTagged(t, got.out); out != test.want.out {
				t.Errorf("standard output:\n%s\nwant:\n%s", out, test.want.out)
			}
		})
	}
}

// utf16LE is a text of ASCII in UTF-16, little end first.
func utf16LE(text string) (wide []byte) {
	for _, c := range []byte(text) {
		wide = append(wide, c, 0)
	}
	return wide
}

// withoutTagged puts <tagged> for every line that is a tagged record: grantEvent
// followed by the alert of the built-in rule.
func withoutTagged(t *testing.T, out string) string {
	t.Helper()
	lines := strings.SplitAfter(out, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, strings.TrimSuffix(grantEvent, "}")) {
			continue
		}
		record, err := document.AppendFromJSON(nil, []byte(line))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"alert", "verdict"} {
			for _, a := range alert.Read(record, alert.FormatNative, key) {
				if a.Rule.ID == rule.CrossAccountID && a.Rule.Severity == "high" {
					lines[i] = "<tagged>\n"
				}
			}
		}
	}
	return strings.Join(lines, "")
}

// Whatever an event came in and whatever form its alert has, the text is the same.
func TestTextIsTheSameForEveryWrappingAndFormat(t *testing.T) {
	quoted := strings.ReplaceAll(grantEvent, `"`, `\"`)
	wrappings := []struct{ name, text string }{
		{"nothing", grantEvent},
		{"EventBridge", `{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":` + grantEvent + `}`},
		{"JSON text", `{"log":"` + quoted + `"}`},
		{"JSON text with several events", `{"log":"[` + strings.ReplaceAll(otherEvent, `"`, `\"`) + `,` + quoted + `]"}`},
		{"a file of S3", `{"Records":[` + otherEvent + `,` + grantEvent + `]}`},
	}
	for _, w := range wrappings {
		for _, split := range []string{"on", "off"} {
			for _, format := range []string{"native", "ecs", "ocsf"} {
				t.Run(w.name+", split "+split+", "+format, func(t *testing.T) {
					got := run(w.text, "scan", "-q", "--split", split, "--alert-format", format, "-")
					want := strings.Replace(alertText, "event id    6c0f\n", "event id    6c0f\n    read from   standard input:1\n", 1)
					if got.code != exitFine || got.out != want {
						t.Errorf("exit code %d, standard error %q, standard output:\n%s\nwant:\n%s", got.code, got.err, got.out, want)
					}
				})
			}
		}
	}
}

func TestAReportTakesNoFilesPlace(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "log.json", grantEvent)
	write(t, folder, "old.html", "the last report")
	log := filepath.Join(folder, "log.json")
	tests := []struct {
		name string
		args []string
		code int
		err  string
	}{
		{"one of the inputs", []string{"--report", log, log}, exitUsage, "that is a file to be read"},
		{"a folder", []string{"--report", folder, log}, exitUsage, "is a directory"},
		{"a folder that is not there", []string{"--report", folder + "/no/r.html", log}, exitUsage, "no such file"},
		{"standard output", []string{"--report", "-", log}, exitUsage, "needs the name of a file"},
		{"an input that is not there", []string{"--report", folder + "/new.html", folder + "/missing.json"}, exitProblems, "no such file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := run("", append([]string{"scan"}, test.args...)...); got.code != test.code || !strings.Contains(got.err, test.err) {
				t.Errorf("exit code %d: %s", got.code, got.err)
			}
		})
	}
	if text, _ := os.ReadFile(log); string(text) != grantEvent {
		t.Error("the log was changed")
	}
	if page, _ := os.ReadFile(filepath.Join(folder, "new.html")); !strings.Contains(string(page), "Not everything could be read") {
		t.Error("a page about a scan with problems does not say so")
	}
	if got := run("", "scan", "-q", "--report", filepath.Join(folder, "old.html"), log); got.code != exitFine || got.err != "" {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
	if page, _ := os.ReadFile(filepath.Join(folder, "old.html")); strings.Contains(string(page), "last report") || !strings.Contains(string(page), "<h1>1 alert</h1>") {
		t.Error("a report does not replace the last one")
	}
}

// manyGrants is one record with so many events that the built-in rule matches.
func manyGrants(n int) string {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.NewReplacer("6c0f", fmt.Sprintf("%06d", i), `"s1"`, fmt.Sprintf(`"s%d"`, i)).Replace(grantEvent))
	}
	b.WriteString(`]}`)
	return b.String()
}

// The cost of a record with many alerts grows as their number does, whatever is made
// of them: four times the alerts may take eight times as long, and would take sixteen if
// each were looked for among all. What counts is the time of this process, since others
// may keep the machine busy.
func TestTheCostOfManyAlertsIsInProportion(t *testing.T) {
	folder := t.TempDir()
	few, many := write(t, folder, "few.json", manyGrants(500)), write(t, folder, "many.json", manyGrants(2000))
	for _, args := range []string{
		"--split off", "--split on",
		"--split off --alert-format ecs", "--split off --alert-format ocsf",
		"--split off --format json", "--split off --format json --alert-format ecs", "--split off --format json --alert-format ocsf",
		"--split off --report " + filepath.Join(folder, "report.html"),
	} {
		t.Run(args, func(t *testing.T) {
			cost := func(path string) time.Duration {
				before := processTime(t)
				if got := run("", append(append([]string{"scan"}, strings.Fields(args)...), path)...); got.code != exitFine {
					t.Fatalf("exit code %d: %s", got.code, got.err)
				}
				return processTime(t) - before
			}
			// A collection of garbage now and then falls to one or the other.
			least, most := cost(few), cost(many)
			for tries := 0; most > 8*least && tries < 15; tries++ {
				least, most = min(least, cost(few)), min(most, cost(many))
			}
			t.Logf("500 alerts took %v, 2,000 took %v", least, most)
			if most > 8*least {
				t.Errorf("2,000 alerts took %v, more than eight times the %v of 500", most, least)
			}
		})
	}
}

func TestWrongUse(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no path", []string{"scan"}, "scan needs a file, a folder, or - for standard input; see trailwire scan --help"},
		{"an empty path", []string{"scan", ""}, "a path is empty"},
		{"an unknown flag", []string{"scan", "--colour", "x.json"}, "unknown flag: --colour. See trailwire scan --help"},
		{"an unknown command", []string{"watch"}, `unknown command "watch". See trailwire --help`},
		{"an unknown format", []string{"scan", "--format", "xml", "x.json"}, `invalid argument "xml" for "--format" flag: must be text, table, csv or json`},
		{"--all as text", []string{"scan", "--all", "x.json"}, "--all needs --format json"},
		{
			"a property with a wrong value",
			[]string{"scan", "--max-signals", "many", "x.json"},
			`--max-signals: "many" is not allowed: it must be a whole number from 1 to 1000000`,
		},
		{
			"a switch with a wrong value",
			[]string{"demo", "--split", "maybe", "x.json"},
			`--split: "maybe" is not allowed: it must be on or off`,
		},
		{
			"a wrong value with escape sequences in it",
			[]string{"scan", "--split", "\x1b[31m", "x.json"},
			`--split: "\x1b[31m" is not allowed: it must be on or off`,
		},
		{
			"a rule file that is not there",
			[]string{"scan", "--rules", "/no/such.toml", "x.json"},
			`--rules: "/no/such.toml": no such rule file`,
		},
		{
			"a plugin that is not there",
			[]string{"demo", "--plugin", "/no/such.so", "x.json"},
			`the plugin /no/such.so: no such file or directory`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := ran{exitUsage, "", "trailwire: " + test.want + "\n"}
			if got := run("", test.args...); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestAlertsAreOnTheScreenBeforeStandardInputEnds(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	shown := make(chan string, 16)
	p := program{in: reader, out: lineWriter(shown), err: lineWriter(shown), now: time.Now, columns: noTerminal}
	done := make(chan int)
	go func() { done <- p.run([]string{"scan", "--format", "json", "-"}) }()
	if _, err := writer.WriteString(grantEvent + "\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case line := <-shown:
		if !strings.Contains(line, "billing-export") {
			t.Errorf("shown %q", line)
		}
	case <-time.After(10 * time.Second):
		t.Error("no alert after 10 seconds")
	}
	writer.Close()
	if code := <-done; code != exitFine {
		t.Errorf("exit code %d", code)
	}
}

// lineWriter sends on what is written.
type lineWriter chan string

func (w lineWriter) Write(b []byte) (int, error) {
	w <- string(b)
	return len(b), nil
}

// $TRAILWIRE_CORPUS is a folder with real CloudTrail.
func TestTheCorpusIsReadWithoutAProblemAndWithoutAnAlert(t *testing.T) {
	corpus := os.Getenv("TRAILWIRE_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: NO CORPUS in $TRAILWIRE_CORPUS: nothing was tested with real CloudTrail")
	}
	tests := []struct {
		name, path string
		want       ran
	}{
		// Two of the 1,134 are CloudTrail Insights, which say neither
		// eventSource nor eventName: no rule can ask them anything.
		{"every event", "events.ndjson", ran{exitFine, "1,132 events in 1 file, read in 1ms: no alert.\n", ""}},
		{"every shape", "shapes", ran{exitFine, "97 events in 18 files, read in 1ms: no alert.\n", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := run("", "scan", filepath.Join(corpus, test.path)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
