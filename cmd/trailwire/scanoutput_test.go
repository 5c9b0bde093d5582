package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const grantName = "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation"

// runOn runs the command line on a terminal of so many columns.
func runOn(columns int, stdin string, args ...string) ran {
	var out, err strings.Builder
	p := program{
		in: strings.NewReader(stdin), out: &out, err: &err, columns: func() int { return columns },
		now: func() time.Time { return time.Date(2026, time.June, 18, 12, 30, 0, 0, time.UTC) },
	}
	code := p.run(args)
	return ran{code, out.String(), err.String()}
}

func TestScanPrintsATableOnATerminal(t *testing.T) {
	twice := grantEvent + "\n" + grantEvent
	const more = "--format text says more about each alert.\n"
	for _, test := range []struct {
		name    string
		columns int
		args    string
		want    string
	}{
		{"a narrow one is cut where it ends", 80, "", `
time                  severity      account       alert
2026-06-18T12:00:00Z  high 73       111122223333  111122223333 let account 4444…
2026-06-18T12:00:00Z  high 73       111122223333  (suppressed) 111122223333 let…

2 events in 1 file, read in 1ms: 2 alerts, 1 of them suppressed.
` + more},
		{"a wide one has who acted", 140, "", `
time                  severity      account       actor                             alert
2026-06-18T12:00:00Z  high 73       111122223333  user/mallory                      111122223333 let account 444455556666 invoke Lambda fun…
2026-06-18T12:00:00Z  high 73       111122223333  user/mallory                      (suppressed) 111122223333 let account 444455556666 invo…

2 events in 1 file, read in 1ms: 2 alerts, 1 of them suppressed.
` + more},
		{"one that is too narrow has what there is room for", 30, "-q", `
time                  alert
2026-06-18T12:00:00Z  1111222…
2026-06-18T12:00:00Z  (suppre…

`},
		{"elsewhere, where it is asked for, nothing is cut", 0, "-q --format table", `
time                  severity      account       actor                             alert
2026-06-18T12:00:00Z  high 73       111122223333  user/mallory                      111122223333 let account 444455556666 invoke Lambda function billing-export [` + grantName + `]
2026-06-18T12:00:00Z  high 73       111122223333  user/mallory                      (suppressed) 111122223333 let account 444455556666 invoke Lambda function billing-export [` + grantName + `]

`},
		{"no alert, no header", 80, "--since 1s", "\n2 events in 1 file, read in 1ms: no alert, 2 more left out by filters.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := runOn(test.columns, twice, append([]string{"scan", "-"}, strings.Fields(test.args)...)...)
			if want := test.want[1:]; got != (ran{exitFine, want, ""}) {
				t.Errorf("code %d, standard error %q\ngot  %s\nwant %s", got.code, got.err, got.out, want)
			}
		})
	}
}

func TestScanPrintsParagraphsElsewhereOrWhereTheyAreAskedFor(t *testing.T) {
	elsewhere := run(grantEvent, "scan", "-")
	asked := runOn(80, grantEvent, "scan", "--format", "text", "-")
	if elsewhere != asked || !strings.HasPrefix(asked.out, "HIGH 73  "+grantName+"\n") {
		t.Errorf("elsewhere %+v\nasked for %+v", elsewhere, asked)
	}
}

func TestALineOfATableIsALineWhateverIsInTheEvent(t *testing.T) {
	event := strings.NewReplacer("billing-export", `\u001b[31m漢字漢字漢字漢字漢字\n`, "user/mallory", `user/漢字漢字漢字漢字漢字漢字漢字漢字`, "2026-06-18T12:00:00Z", `1\r\n`).Replace(grantEvent)
	got := runOn(170, event, "scan", "-q", "-")
	const want = `time                  severity      account       actor                             alert
1\r\n                 high 73       111122223333  user/漢字漢字漢字漢字漢字漢字漢…  111122223333 let account 444455556666 invoke Lambda function �[31m漢字漢字漢字漢字漢…

`
	if got != (ran{exitFine, want, ""}) {
		t.Errorf("code %d, standard error %q\ngot  %s\nwant %s", got.code, got.err, got.out, want)
	}
}

func TestScanPrintsCSV(t *testing.T) {
	const header = "time,severity,risk_score,rule,reason,account,region,actor,source,resource,event_id,suppressed,file\n"
	const row = "2026-06-18T12:00:00Z,high,73," + grantName + ",111122223333 let account 444455556666 invoke Lambda function billing-export," +
		"111122223333,eu-west-1,arn:aws:iam::111122223333:user/mallory,198.51.100.7," +
		"arn:aws:lambda:eu-west-1:111122223333:function:billing-export,6c0f,"
	for _, test := range []struct {
		name, stdin string
		want        ran
	}{
		{"an alert, and a duplicate of it", grantEvent + "\n" + grantEvent, ran{
			exitFine, header + row + ",standard input:1\n" + row + "duplicate,standard input:2\n",
			"2 events in 1 file, read in 1ms: 2 alerts, 1 of them suppressed.\n",
		}},
		{"no alert has the header too", otherEvent, ran{exitFine, header, "1 event in 1 file, read in 1ms: no alert.\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := run(test.stdin, "scan", "--format", "csv", "-"); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestTheResourceInCSVIsThatOfAnyAlert(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stopped.toml")
	const rule = `[rule]
rule_id = "5a0d2f4e-0000-4000-8000-000000000001"
name = "A trail is stopped"
severity = "high"
risk_score = 73
type = "eql"
language = "eql"
query = '''any where event.action == "StopLogging"'''
`
	if err := os.WriteFile(path, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	const event = `{"eventVersion":"1.08","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventID":"6c11",
		"eventTime":"2026-06-18T12:00:00Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{"type":"Root"}`
	const arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"
	for _, test := range []struct{ name, event, want string }{
		{"the ARN that the event names", event + `,"resources":[{"ARN":"` + arn + `","type":"AWS::CloudTrail::Trail"}]}`, arn},
		{"an event that names none", event + "}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(test.event, "scan", "-q", "--format", "csv", "--rules", path, "-")
			rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
			if err != nil || len(rows) != 2 || rows[1][9] != test.want {
				t.Errorf("%v\n%s%s", err, got.out, got.err)
			}
		})
	}
}

func TestACellOfCSVIsNeitherAFormulaNorACommand(t *testing.T) {
	for text, want := range map[string]string{
		`=cmd|' /C calc'!A0`: `'=cmd|' /C calc'!A0`,
		"+1-800":             "'+1-800",
		"@SUM(A1)":           "'@SUM(A1)",
		"-1.5":               "-1.5",
		"\t=1":               `\t=1`,
		"\r=1":               `\r=1`,
		"\x1b]0;title\a":     `\x1b]0;title\a`,
		"a\nb":               `a\nb`,
		"\u202egnp.exe":      `\u202egnp.exe`,
		"\xff":               `\xff`,
		"":                   "",
		"漢字, \"x\"":          "漢字, \"x\"",
	} {
		if got := csvCell(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	long := strings.Repeat("漢", 5000)
	if csvCell(long) != long {
		t.Error("a long text is cut")
	}
}

// What an event has can neither begin a row nor end one.
func TestEachAlertIsOneRowOfCSV(t *testing.T) {
	event := strings.NewReplacer("billing-export", `=1,\"\n2026`, "6c0f", `@x`, "198.51.100.7", `+1\r\n`).Replace(grantEvent)
	got := run(event, "scan", "-q", "--format", "csv", "-")
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	if err != nil || len(rows) != 2 || strings.Count(got.out, "\n") != 2 {
		t.Fatalf("%d rows, %v\n%s", len(rows), err, got.out)
	}
	for column, want := range map[int]string{8: `'+1\r\n`, 10: `'@x`} {
		if rows[1][column] != want {
			t.Errorf("%s is %q, want %q", rows[0][column], rows[1][column], want)
		}
	}
}

func TestTheSummaryCountsByRuleAndByAccountWhereThereAreSeveral(t *testing.T) {
	other := strings.NewReplacer("6c0f", "6c10", "111122223333", "777788889999").Replace(grantEvent)
	for _, test := range []struct {
		name, args, stdin, want string
	}{
		{"one account", "", grantEvent, "1 event in 1 file, read in 1ms: 1 alert.\n"},
		{"two, and a duplicate", "", grantEvent + "\n" + grantEvent + "\n" + other, "3 events in 1 file, read in 1ms: 3 alerts, 1 of them suppressed.\n" +
			"By account: 111122223333 (2), 777788889999 (1).\n"},
		{"what a filter leaves out is not counted", "--no-suppressed", grantEvent + "\n" + grantEvent + "\n" + other, "3 events in 1 file, read in 1ms: 2 alerts, 1 more left out by filters.\n" +
			"By account: 111122223333 (1), 777788889999 (1).\n"},
		{"two rules", "--rules testdata/rules/access-logs-off.toml", grantEvent + `{"eventSource":"ec2.amazonaws.com","eventName":"DeleteFlowLogs","eventID":"f","recipientAccountId":"111122223333"}`,
			"2 events in 1 file, read in 1ms: 2 alerts.\nBy rule: " + grantName + " (1), Network logs are turned off (1).\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(test.stdin, append(append([]string{"scan", "--format", "json"}, strings.Fields(test.args)...), "-")...)
			if got.code != exitFine || got.err != test.want {
				t.Errorf("code %d\ngot  %s\nwant %s", got.code, got.err, test.want)
			}
		})
	}
}
