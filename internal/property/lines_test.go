package property

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// thresholdRule is a rule that is not EQL.
func thresholdRule(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "threshold.toml")
	if err := os.WriteFile(path, []byte("[rule]\ntype = \"threshold\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestARuleThatIsNotSupportedIsRefusedOrLeftOutWithAWarning(t *testing.T) {
	path := thresholdRule(t)
	const why = ":2:8: the rule type threshold is not supported: it counts events over a period; only queries about single events are evaluated"
	_, err := Read(set{"rules": path})
	if err == nil {
		t.Fatal("it is loaded")
	}
	want := []string{`property "rules": ` + path + why, `type = "threshold"`, `       ^`}
	if got := Lines(err); !slices.Equal(got, want) {
		t.Errorf("the lines are\n%s", strings.Join(got, "\n"))
	}
	s, err := Read(set{"rules": path, "unsupported_rules": "skip"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"left out a rule: " + path + why}; !slices.Equal(s.Warnings, want) {
		t.Errorf("the warnings are\n%s", strings.Join(s.Warnings, "\n"))
	}
	if len(s.Options.Rules) != 1 {
		t.Errorf("%d rules are left, want the built-in one", len(s.Options.Rules))
	}
}

func TestARuleThatCanMatchNothingIsLoadedWithAWarning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dead.toml")
	const text = "[rule]\nname = \"n\"\nrule_id = \"r\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 21\nquery = 'any where event.outcome == \"Success\"'\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Read(set{"rules": path})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{path + `:7:20: rule.query: event.outcome is never "Success": write "success"`}; !slices.Equal(s.Warnings, want) || len(s.Options.Rules) != 2 {
		t.Errorf("%d rules, with the warnings\n%s", len(s.Options.Rules), strings.Join(s.Warnings, "\n"))
	}
}

func TestAnErrorWithoutAPlaceIsOneLine(t *testing.T) {
	if got := Lines(errors.New("no")); !slices.Equal(got, []string{"no"}) {
		t.Errorf("the lines are %q", got)
	}
}
