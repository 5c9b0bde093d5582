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

// otherRoutes is the page that has the figures of rewrite_tag, which the others leave out.
const otherRoutes = "docs/other-routes.md"

// firstTable returns the first table of a section of a report, empty if there is none.
func firstTable(report, section string, allRoutes bool) string {
	_, text, found := strings.Cut(report, "\n## "+section+"\n")
	if !found {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var table strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			if allRoutes || !strings.Contains(line, "rewrite_tag") {
				table.WriteString(line)
			}
		} else if table.Len() > 0 {
			break
		}
	}
	return table.String()
}

func TestPagesHaveTheFiguresOfTheBench(t *testing.T) {
	report := read(t, "bench/RESULTS.md")
	for path, tables := range map[string]int{"docs/performance.md": 2, "docs/comparison.md": 1, otherRoutes: 1} {
		page := read(t, path)
		blocks := figures.FindAllStringSubmatch(page, -1)
		if len(blocks) != tables || tables != strings.Count(page, "<!-- The figures of ") {
			t.Fatalf("%s: %d tables between their marks, of %d that begin, want %d",
				path, len(blocks), strings.Count(page, "<!-- The figures of "), tables)
		}
		written := figures.ReplaceAllStringFunc(page, func(block string) string {
			m := figures.FindStringSubmatch(block)
			return m[1] + firstTable(report, m[2], path == otherRoutes) + m[4]
		})
		for _, m := range blocks {
			switch want := firstTable(report, m[2], path == otherRoutes); {
			case want == "":
				t.Fatalf("%s: bench/RESULTS.md has no table in a section %q", path, m[2])
			case want != m[3] && os.Getenv("UPDATE") == "":
				t.Errorf("%s, %q: the page has\n%s\nwant (UPDATE=1 go test ./docs -run FiguresOfTheBench writes it)\n%s", path, m[2], m[3], want)
			}
		}
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(filepath.Join(top, path), []byte(written), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheFirstTableOfASectionIsFound(t *testing.T) {
	report := "# R\n\n## A\n\ntext\n\n| a |\n| --- |\n| 1 |\n| rewrite_tag |\n\n| second |\n\n## B\n\nno table\n"
	for section, want := range map[string]string{"A": "| a |\n| --- |\n| 1 |\n", "B": "", "C": ""} {
		if got := firstTable(report, section, false); got != want {
			t.Errorf("%s: %q, want %q", section, got, want)
		}
	}
	if got, want := firstTable(report, "A", true), "| a |\n| --- |\n| 1 |\n| rewrite_tag |\n"; got != want {
		t.Errorf("with all routes: %q, want %q", got, want)
	}
}
