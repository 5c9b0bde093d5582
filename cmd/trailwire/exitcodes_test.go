package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The codes of each command are what its runs return, what its help says and what the page
// says. A signal's is in TestAScanThatIsInterruptedSaysWhatItHasRead and its neighbours.
func TestExitCodes(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	write(t, folder, "alert.json", grantEvent)
	write(t, folder, "none.json", otherEvent)
	write(t, folder, "broken.json", "{]")
	write(t, folder, "broken-alert.ndjson", "{]\n"+grantEvent+"\n")
	write(t, folder, "broken.toml", "[rule]\n")
	write(t, folder, "ml.toml", "[rule]\nname = \"n\"\nrule_id = \"5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10\"\ntype = \"machine_learning\"\nseverity = \"low\"\nrisk_score = 21\n")
	for _, test := range []struct {
		args string
		code int
	}{
		{"scan none.json", exitFine},
		{"scan alert.json", exitFine},
		{"scan --fail none.json", exitFine},
		{"scan broken.json", exitProblems},
		{"scan no-such-file.json", exitProblems},
		{"scan --fail broken.json", exitProblems},
		{"scan broken-alert.ndjson", exitProblems},
		{"scan --fail --no-suppressed --min-severity critical broken-alert.ndjson", exitProblems},
		{"scan", exitUsage},
		{"scan --max-signals many none.json", exitUsage},
		{"scan --rules broken.toml none.json", exitUsage},
		{"scan --fail alert.json", exitAlerts},
		{"scan --fail broken-alert.ndjson", exitAlerts},
		{"scan --fail no-such-file.json alert.json", exitAlerts},
		{"scan --fail -q --format csv alert.json", exitAlerts},
		{"scan --explain 6c0f alert.json", exitFine},
		{"scan --explain none alert.json", exitProblems},

		{"query any|where|true alert.json", exitFine},
		{"query any|where|false alert.json", exitFine},
		{"query any|where|true broken.json", exitProblems},
		{"query any|where|true broken-alert.ndjson", exitProblems},
		{"query any|where alert.json", exitUsage},
		{"query any|where|true", exitUsage},

		{"collect", exitUsage},
		{"collect --folder . --to nowhere", exitUsage},
		{"collect --folder no-such-folder --to stdout", exitProblems},

		{"demo", exitUsage},
		{"demo --plugin no-such-plugin alert.json", exitUsage},

		{"rules check alert.json", exitUsage},
		{"rules check broken.toml", exitUsage},
		{"rules check ml.toml", exitUnsupported},
		{"rules check --unsupported-rules skip ml.toml", exitFine},
		{"rules convert broken.yml", exitUsage},
		{"rules list", exitFine},
		{"version", exitFine},
		{"verison", exitUsage},
		{"completion", exitUsage},
		{"--no-such-flag", exitUsage},
	} {
		args := strings.Fields(test.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "|", " ")
		}
		if got := run("", args...); got.code != test.code {
			t.Errorf("%s: exit code %d, want %d: %s", test.args, got.code, test.code, got.err)
		}
	}
}

var (
	rowOfCode  = regexp.MustCompile(`(?m)^\| (\d+) \| .* \| (.*) \|$`)
	lineOfCode = regexp.MustCompile(`(?m)^  (\d+)  `)
)

func TestHelpHasTheExitCodesOfThePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "command-line.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := rowOfCode.FindAllStringSubmatch(string(page), -1)
	if len(rows) != 6 {
		t.Fatalf("the page has %d codes", len(rows))
	}
	for _, command := range []string{"scan", "query", "collect", "demo", "rules check", "rules convert"} {
		var want []string
		for _, row := range rows {
			if row[2] == "all" || strings.Contains(row[2], "`"+command+"`") {
				want = append(want, row[1])
			}
		}
		_, codes, found := strings.Cut(run("", append(strings.Fields(command), "--help")...).out, "\nExit codes:\n")
		var got []string
		for _, line := range lineOfCode.FindAllStringSubmatch(codes, -1) {
			got = append(got, line[1])
		}
		if !found || !slices.Equal(got, want) {
			t.Errorf("the help of %s has the exit codes %q, the page %q", command, got, want)
		}
	}
}
