package property

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine_learningRule is a rule that is not EQL.
func machine_learningRule(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "machine_learning.toml")
	if err := os.WriteFile(path, []byte("[rule]\ntype = \"machine_learning\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestARuleThatIsNotSupportedIsRefusedOrLeftOutWithAWarning(t *testing.T) {
	path := machine_learningRule(t)
	const why = ":2:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are"
	_, err := Read(set{"rules": path})
	if err == nil {
		t.Fatal("it is loaded")
	}
	want := []string{`property "rules": ` + path + why, `type = "machine_learning"`, `       ^`}
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
