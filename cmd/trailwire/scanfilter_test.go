package main

import (
	"strings"
	"testing"
)

func TestScanPrintsTheAlertsThatAFilterWants(t *testing.T) {
	const one, none = "1 event in 1 file, read in 1ms: 1 alert.\n", "1 event in 1 file, read in 1ms: no alert, 1 more left out by filters.\n"
	tests := []struct {
		name, args, stdin string
		code              int
		summary           string
	}{
		{"since the time of the event", "--since 2026-06-18T12:00:00Z", grantEvent, exitAlerts, one},
		{"since a second later", "--since 2026-06-18T12:00:01Z", grantEvent, exitFine, none},
		{"since a period that has it", "--since 1h", grantEvent, exitAlerts, one},
		{"since a period that has not", "--since 29m", grantEvent, exitFine, none},
		{"until a date has that day", "--until 2026-06-18", grantEvent, exitAlerts, one},
		{"until the day before", "--until 2026-06-17", grantEvent, exitFine, none},
		{"a time that cannot be read hides nothing", "--since 1m", strings.Replace(grantEvent, "2026-06-18T12:00:00Z", "soon", 1), exitAlerts, one},
		{"the same severity", "--min-severity high", grantEvent, exitAlerts, one},
		{"a higher severity", "--min-severity critical", grantEvent, exitFine, none},
		{"not suppressed", "--no-suppressed", grantEvent, exitAlerts, one},
		{"one of two is suppressed", "--no-suppressed", grantEvent + "\n" + grantEvent, exitAlerts, "2 events in 1 file, read in 1ms: 1 alert, 1 more left out by filters.\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := run(test.stdin, append([]string{"scan", "--fail", "--format", "json", "-"}, strings.Fields(test.args)...)...)
			if got.code != test.code || got.err != test.summary || (got.out != "") != (test.code == exitAlerts) {
				t.Errorf("exit code %d, standard error %q, standard output %q", got.code, got.err, got.out)
			}
		})
	}
}

func TestAWrongFilterSaysWhatIsAllowed(t *testing.T) {
	for args, want := range map[string]string{
		"--since soon":           `--since: "soon" is not allowed: it must be like 2026-11-01, 2026-11-01T10:00:00Z, 12h or 7d`,
		"--until -1h":            `--until: "-1h" is not allowed: it must be like 2026-11-01, 2026-11-01T10:00:00Z, 12h or 7d`,
		"--since 1h --until 2h":  "--until must not be before --since",
		"--min-severity urgent":  `invalid argument "urgent" for "--min-severity" flag: must be low, medium, high or critical`,
		"--rule x":               `--rule: no loaded rule has the id "x"; trailwire rules list shows those that have one`,
		"--explain 1 --since 1h": "--explain shows everything about one event: it goes with no flag that leaves alerts out",
	} {
		if got := run("", append([]string{"scan", "-"}, strings.Fields(args)...)...); got != (ran{exitUsage, "", "trailwire: " + want + "\n"}) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
