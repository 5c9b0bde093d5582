package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// One word is for one thing, in all that operators read.
func TestOneWordIsForOneThing(t *testing.T) {
	for _, c := range []struct {
		wrong   *regexp.Regexp
		instead string
	}{
		{regexp.MustCompile(`(?i)\bcop(y|ies) of (an? |the |them|one|either|it)?\s*(event|alert|record|$)`), "duplicate: the same event once more"},
		{regexp.MustCompile(`(?i)\brecognises? (its )?copies\b`), "duplicate: the same event once more"},
		{regexp.MustCompile(`\b(is|are|was|were) no (alert|event|record|rule|match|duplicate|grant)s?\b`), "is not a"},
		{regexp.MustCompile(`(?i)\bwhoever\b`), "a sentence with a subject"},
	} {
		for _, document := range documents(t) {
			if !strings.HasPrefix(document, "docs/") && document != "README.md" {
				continue
			}
			for i, line := range parse(read(t, document)).prose {
				if found := c.wrong.FindString(line); found != "" && !strings.Contains(strings.ToLower(line), "there "+strings.ToLower(found)) {
					t.Errorf("%s:%d: %q: write %s", document, i+1, found, c.instead)
				}
			}
		}
	}
}

// The comments of configurations say the same words.
func TestConfigurationsSayDuplicate(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(top, "conf", "*"))
	if err != nil {
		t.Fatal(err)
	}
	deployed, err := filepath.Glob(filepath.Join(top, "conf", "deploy", "*"))
	if err != nil {
		t.Fatal(err)
	}
	wrong, looked := regexp.MustCompile(`(?i)\bcop(y|ies) (of (an?|the|either) ?(event|alert|$)?|that comes|that land)`), 0
	for _, file := range append(files, deployed...) {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		looked++
		for i, line := range strings.Split(string(content), "\n") {
			if found := wrong.FindString(line); found != "" {
				t.Errorf("%s:%d: %q: write duplicate", file, i+1, found)
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d files were looked at", looked)
	}
}

// Names of tests are in an appendix. Who reads the other pages wants to know what holds.
func TestNamesOfTestsAreInTheAppendixAlone(t *testing.T) {
	for _, document := range documents(t) {
		if !strings.HasPrefix(document, "docs/") && document != "README.md" || document == "docs/tested.md" {
			continue
		}
		if m := nameOfATest.FindString(read(t, document)); m != "" {
			t.Errorf("%s names %s: docs/tested.md does", document, m)
		}
	}
}
