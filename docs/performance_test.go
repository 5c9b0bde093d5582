package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// figures is a table that a page has from bench/RESULTS.md, between two marks. The first
// names the section, whose first table it is.
var figures = regexp.MustCompile(`(?s)(<!-- The figures of "([^"]+)" in bench/RESULTS\.md, by a test\. -->\n\n)(.*?)(\n<!-- The end of the figures\. -->)`)

// firstTable returns the first table of a section of a report, empty if there is none. The route
// of rewrite_tag is left out: docs/other-routes.md has it.
func firstTable(report, section string) string {
	_, text, found := strings.Cut(report, "\n## "+section+"\n")
	if !found {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var table strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			if !strings.Contains(line, "rewrite_tag") {
				table.WriteString(line)
			}
		} else if table.Len() > 0 {
			break
		}
	}
	return table.String()
}

func TestThePageAboutPerformanceHasTheFiguresOfTheBench(t *testing.T) {
	const path = "docs/performance.md"
	page, report := read(t, path), read(t, "bench/RESULTS.md")
	blocks := figures.FindAllStringSubmatch(page, -1)
	if len(blocks) < 2 || len(blocks) != strings.Count(page, "<!-- The figures of ") {
		t.Fatalf("%d tables between their marks, of %d that begin", len(blocks), strings.Count(page, "<!-- The figures of "))
	}
	written := figures.ReplaceAllStringFunc(page, func(block string) string {
		m := figures.FindStringSubmatch(block)
		return m[1] + firstTable(report, m[2]) + m[4]
	})
	for _, m := range blocks {
		switch want := firstTable(report, m[2]); {
		case want == "":
			t.Fatalf("bench/RESULTS.md has no table in a section %q", m[2])
		case want != m[3] && os.Getenv("UPDATE") == "":
			t.Errorf("%q: the page has\n%s\nwant (UPDATE=1 go test ./docs -run FiguresOfTheBench writes it)\n%s", m[2], m[3], want)
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(filepath.Join(top, path), []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFirstTableOfASectionIsFound(t *testing.T) {
	report := "# R\n\n## A\n\ntext\n\n| a |\n| --- |\n| 1 |\n\n| second |\n\n## B\n\nno table\n"
	for section, want := range map[string]string{"A": "| a |\n| --- |\n| 1 |\n", "B": "", "C": ""} {
		if got := firstTable(report, section); got != want {
			t.Errorf("%s: %q, want %q", section, got, want)
		}
	}
}
