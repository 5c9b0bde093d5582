// Package docs checks what the documents promise: that links lead somewhere,
// that configurations are ones, and that deployments hold together.
package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

// top is the repository.
const top = ".."

// documents are those that users read, relative to the top.
func documents(t *testing.T) []string {
	t.Helper()
	documents := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THREATS.md", "testdata/README.md"}
	found, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no documents in docs: %v", err)
	}
	for _, path := range found {
		documents = append(documents, filepath.Join("docs", filepath.Base(path)))
	}
	return documents
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// markdown is a document in parts: its prose, without any code, and its fenced
// blocks.
type markdown struct {
	prose  []string // by line; a line of code is empty
	blocks []block
}

type block struct {
	language, text string
	line           int
}

var codeSpan = regexp.MustCompile("`+[^`]*`+")

func parse(text string) markdown {
	var m markdown
	var open *block
	for i, line := range strings.Split(text, "\n") {
		prose := ""
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			m.blocks = append(m.blocks, block{language: strings.TrimSpace(fence), line: i + 1})
			open = &m.blocks[len(m.blocks)-1]
		case isFence:
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "    "): // indented code, or the text of a list, which has no links in code
			prose = codeSpan.ReplaceAllString(line, "")
		default:
			prose = codeSpan.ReplaceAllStringFunc(line, func(s string) string { return strings.Trim(s, "`") })
		}
		m.prose = append(m.prose, prose)
	}
	return m
}

// anchors are the names that headings can be linked by, as GitHub makes them.
func (m markdown) anchors() map[string]bool {
	names := make(map[string]bool)
	drop := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	for _, line := range m.prose {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-")
		for n, free := 0, name; ; n++ {
			if n > 0 {
				free = fmt.Sprintf("%s-%d", name, n)
			}
			if !names[free] {
				names[free] = true
				break
			}
		}
	}
	return names
}

var (
	inlineLink    = regexp.MustCompile(`\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	referenceLink = regexp.MustCompile(`^\[[^\]]+\]:\s+(\S+)`)
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, document := range documents(t) {
		t.Run(document, func(t *testing.T) {
			for i, line := range parse(read(t, document)).prose {
				links := inlineLink.FindAllStringSubmatch(line, -1)
				links = append(links, referenceLink.FindAllStringSubmatch(line, -1)...)
				for _, link := range links {
					if err := follow(document, link[1]); err != nil {
						t.Errorf("%s:%d: %v", document, i+1, err)
					}
				}
			}
		})
	}
}

// follow returns an error where a link of a document leads nowhere. The web is
// not asked.
func follow(document, link string) error {
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "mailto:") {
		return nil
	}
	if strings.Contains(link, "://") || strings.HasPrefix(link, "/") {
		return fmt.Errorf("%s is neither relative nor https", link)
	}
	path, anchor, hasAnchor := strings.Cut(link, "#")
	target := document
	if path != "" {
		target = filepath.Join(filepath.Dir(document), path)
	}
	if strings.HasPrefix(target, "..") {
		return fmt.Errorf("%s leads out of the repository", link)
	}
	if _, err := os.Stat(filepath.Join(top, target)); err != nil {
		return fmt.Errorf("%s: no such file", link)
	}
	if !hasAnchor || !strings.HasSuffix(target, ".md") {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(top, target))
	if err != nil {
		return err
	}
	if !parse(string(text)).anchors()[anchor] {
		return fmt.Errorf("%s: no such heading", link)
	}
	return nil
}

func TestLinksThatLeadNowhereAreFound(t *testing.T) {
	for link, want := range map[string]string{
		"README.md": "", "docs/deployment.md#a-container": "", "https://example.com/": "",
		"no.md": "no such file", "docs/deployment.md#no": "no such heading", "../x": "leads out", "/etc": "neither", "http://x/": "neither",
	} {
		err := follow("README.md", link)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", link, err, want)
		}
	}
}

func TestEveryConfigurationShownIsOne(t *testing.T) {
	some := false
	for _, document := range documents(t) {
		for _, b := range parse(read(t, document)).blocks {
			if b.language != "yaml" {
				continue
			}
			some = true
			t.Run(fmt.Sprintf("%s:%d", document, b.line), func(t *testing.T) {
				var value any
				if err := yaml.Unmarshal([]byte(b.text), &value); err != nil {
					t.Fatal(err)
				}
				switch v := value.(type) {
				case map[string]any:
					if v["pipeline"] != nil {
						dryRun(t, "shown.yaml", b.text)
					}
				case []any: // filters
					text := "plugins: [" + installed + "]\npipeline:\n  inputs:\n    - {name: dummy, tag: cloudtrail}\n  filters:\n"
					for _, line := range strings.Split(strings.TrimRight(b.text, "\n"), "\n") {
						text += "    " + line + "\n"
					}
					dryRun(t, "shown.yaml", text+"  outputs:\n    - {name: 'null', match: '*'}\n")
				}
			})
		}
	}
	if !some {
		t.Error("no document shows a configuration")
	}
}

// installed is where configurations say that the plugin is.
const installed = "/usr/lib/fluent-bit/flb-filter_trailwire.so"

// dryRun lets Fluent Bit check a configuration, with the plugin of these
// sources where the installed one is named.
func dryRun(t *testing.T, name, text string, options ...string) {
	t.Helper()
	fluentBit := findFluentBit(t)
	plugin, err := buildPlugin()
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, installed, plugin)
	text = strings.ReplaceAll(text, "/trailwire/flb-filter_trailwire.so", plugin)
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, option := range options {
		options[i] = strings.ReplaceAll(option, installed, plugin)
	}
	out, err := exec.Command(fluentBit, append(options, "--dry-run", "-c", path)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "configuration test is successful") {
		t.Errorf("%s --dry-run: %v\n%s\n%s", fluentBit, err, out, text)
	}
}

func findFluentBit(t *testing.T) string {
	t.Helper()
	if paths := filepath.SplitList(os.Getenv("FLUENT_BIT")); len(paths) > 0 {
		return paths[0]
	}
	path, err := exec.LookPath("fluent-bit")
	if err != nil {
		t.Skip("SKIPPED: NO FLUENT BIT on PATH or in $FLUENT_BIT: the configuration is YAML, but nothing more was checked")
	}
	return path
}

// workshop is a folder for what the tests build.
var workshop string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if workshop, err = os.MkdirTemp("", "trailwire"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(workshop)
		return m.Run()
	}())
}

// buildPlugin returns the plugin that make has built, or, where that is missing
// or older than its sources, one that is built for the test.
var buildPlugin = sync.OnceValues(func() (string, error) {
	const built = "build/flb-filter_trailwire.so"
	isNew := exec.Command("make", "--question", built)
	isNew.Dir = top
	if isNew.Run() == nil {
		return filepath.Abs(filepath.Join(top, built))
	}
	path := filepath.Join(workshop, filepath.Base(built))
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-o", path, "./plugin")
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	return path, nil
})
