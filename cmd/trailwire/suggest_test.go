package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/version"
)

func TestAMisspeltWordIsAnsweredWithTheOneThatWasMeant(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"scna"}, "trailwire: unknown command \"scna\": did you mean scan? See trailwire --help\n"},
		{[]string{"frobnicate"}, "trailwire: unknown command \"frobnicate\". See trailwire --help\n"},
		{[]string{"rules", "lst"}, "trailwire: unknown command \"lst\": did you mean list? See trailwire rules --help\n"},
		{[]string{"scan", "--covrage", "all", "x"}, "trailwire: unknown flag: --covrage: did you mean --coverage? See trailwire scan --help\n"},
		{[]string{"scan", "--xyzzyplugh", "x"}, "trailwire: unknown flag: --xyzzyplugh. See trailwire scan --help\n"},
		{[]string{"completion", "tcsh"}, "trailwire: completion needs the name of a shell: bash, fish, powershell or zsh\n"},
	} {
		if got := run("", test.args...); got.code != exitUsage || got.err != test.want || got.out != "" {
			t.Errorf("trailwire %q: code %d\ngot  %q\nwant %q", test.args, got.code, got.err, test.want)
		}
	}
}

func TestTheVersionIsPrintedHoweverItIsAskedFor(t *testing.T) {
	for _, how := range []string{"--version", "-v", "version"} {
		if got := run("", how); got.code != exitFine || got.out != "trailwire "+version.Number+"\n" {
			t.Errorf("trailwire %s: %+v", how, got)
		}
	}
}

func TestShellsCompleteCommandsFlagsTheirValuesAndRuleIDs(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string // a line
	}{
		{[]string{"sc"}, "scan\tLook for threats in CloudTrail files"},
		{[]string{"scan", "--coverage", ""}, "extended"},
		{[]string{"scan", "--split", ""}, "off"},
		{[]string{"scan", "--format", ""}, "json"},
		{[]string{"query", "--language", ""}, "sigma"},
		{[]string{"rules", "show", "8f"}, "8f985da6-66e8-4838-a63e-21636eb9adc5\tAWS Lambda Function Policy Updated to Allow Cross-Account Invocation"},
		{[]string{"scan", "AWSLogs", "--rule", "8f"}, "8f985da6-66e8-4838-a63e-21636eb9adc5\tAWS Lambda Function Policy Updated to Allow Cross-Account Invocation"},
		{[]string{"scan", "--coverage", "all", "--rule", ""}, "5b0c1f3a-6d0e-4d55-9a64-0b1d8f6a1c12\tAWS Service Let In for Anyone or for Another Account"},
		{[]string{"completion", ""}, "zsh"},
	} {
		got := run("", append([]string{"__complete"}, test.args...)...)
		if lines := strings.Split(got.out, "\n"); got.code != exitFine || !slices.Contains(lines, test.want) {
			t.Errorf("%q: code %d, no line %q in:\n%s", test.args, got.code, test.want, got.out)
		}
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		if got := run("", "completion", shell); got.code != exitFine || !strings.Contains(got.out, "trailwire") {
			t.Errorf("completion %s: code %d, %d bytes", shell, got.code, len(got.out))
		}
	}
}

func TestTheWordsOfAPropertyAreThoseThatItTakes(t *testing.T) {
	for _, p := range property.Table {
		for _, word := range p.Words() {
			flags := newProperties()
			if err := flags.flags.Set(flagName(p.Name), word); err != nil {
				t.Error(err)
			}
			if _, err := property.Read(flags); err != nil {
				t.Errorf("%s %s: %v", p.Name, word, err)
			}
		}
	}
}

func TestARuleFromStandardInputIsChecked(t *testing.T) {
	text, err := os.ReadFile("../../detect/rule/builtin/lambda_cross_account_invocation.toml")
	if err != nil {
		t.Fatal(err)
	}
	const sigma = "# a comment\ntitle: A trail is stopped\nid: 4db60cc0-36fb-42b7-9b58-a5b53019fb74\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n  selection:\n    eventName: StopLogging\n  condition: selection\nlevel: medium\n"
	for _, test := range []struct {
		input string
		code  int
		want  string
	}{
		{string(text), exitFine, "ok    stdin.toml (the built-in rule; no tests: it is standard input)\n1 rule fine.\n"},
		{sigma, exitFine, "ok    stdin.yml (no tests: it is standard input)\n1 rule fine.\n"},
		{"x", exitUsage, "0 rules fine, 1 broken.\n"},
		{strings.Repeat("#", maxRule+1), exitUsage, ""},
	} {
		if got := run(test.input, "rules", "check", "-"); got.code != test.code || got.out != test.want {
			t.Errorf("%.40q: code %d, %q %s", test.input, got.code, got.out, got.err)
		}
	}
}
