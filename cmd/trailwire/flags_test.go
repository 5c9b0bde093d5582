package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/version"
)

func TestEveryPropertyOfTheEngineIsAFlagWithItsHelp(t *testing.T) {
	for _, command := range []string{"scan", "demo"} {
		help := run("", command, "--help")
		if help.code != exitFine || help.err != "" {
			t.Fatalf("%s --help: %+v", command, help)
		}
		// Help is set in lines; what counts is the words.
		words := strings.Join(strings.Fields(help.out), " ")
		for _, p := range property.Table {
			flag := "--" + strings.ReplaceAll(p.Name, "_", "-") + " "
			if has := strings.Contains(words, flag); has != p.Engine {
				t.Errorf("%s --help has %s: %v, want %v", command, flag, has, p.Engine)
			}
			if p.Engine && !strings.Contains(words, strings.Join(strings.Fields(p.Help), " ")) {
				t.Errorf("%s --help does not have the help of %s: %s", command, p.Name, p.Help)
			}
		}
	}
}

func TestHelpIsAboutEveryCommandAndCode(t *testing.T) {
	tests := []struct {
		args []string
		want []string
	}{
		{nil, []string{"Usage:\n  trailwire COMMAND", "  scan ", "  demo ", "  version ", "Examples:"}},
		{[]string{"scan", "--help"}, []string{"Usage:\n  trailwire scan PATH...", "--format text|table|csv|json", "--fail", "  3    there was an alert", "NO_COLOR"}},
		{[]string{"demo", "--help"}, []string{"Usage:\n  trailwire demo PATH...", "--plugin", "--testhost", "--fluent-bit", "$FLUENT_BIT"}},
	}
	for _, test := range tests {
		got := run("", test.args...)
		for _, want := range test.want {
			if got.code != exitFine || !strings.Contains(got.out, want) {
				t.Errorf("trailwire %q: code %d, no %q in:\n%s", test.args, got.code, want, got.out)
			}
		}
	}
}

// Sentences are no wider than a terminal; tables, which are indented, may be a little wider.
func TestHelpFitsATerminal(t *testing.T) {
	for _, command := range []string{
		"", "collect", "completion", "demo", "query", "rules", "rules check", "rules convert", "rules fields", "rules list", "rules new",
		"rules show", "scan", "version",
	} {
		text := run("", append(strings.Fields(command), "--help")...).out
		if strings.Count(text, "\n") < 5 {
			t.Errorf("%s has no help:\n%s", command, text)
		}
		section := ""
		for _, line := range strings.Split(text, "\n") {
			if strings.HasSuffix(line, ":") && !strings.HasPrefix(line, " ") {
				section = line
			}
			width := 80
			switch {
			case section == "Examples:" || section == "Usage:":
				continue // they are to be pasted
			case strings.HasPrefix(line, " "):
				width = 92
			}
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("trailwire %s --help has a line of %d: %s", command, n, line)
			}
		}
	}
}

func TestAListMayBeGivenInSeveralFlags(t *testing.T) {
	p := newProperties()
	if err := p.flags.Parse([]string{"--json-keys", "a,b", "--json-keys=c", "--split", "on", "--split", "off"}); err != nil {
		t.Fatal(err)
	}
	want := []setting{{"split", "off"}, {"json_keys", "a,b,c"}}
	got := p.set()
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("set %q, want %q", got, want)
	}
	if value, set := p.Property("alert_key"); set {
		t.Errorf("alert_key is set to %q by nobody", value)
	}
	if value, set := p.Property("no_such"); set {
		t.Errorf("a property that is none is set to %q", value)
	}
}

func TestVersion(t *testing.T) {
	if got, want := run("", "version"), (ran{exitFine, "trailwire " + version.Number + "\n", ""}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
