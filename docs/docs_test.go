// Package docs tests the documents: that links lead somewhere, that
// configurations are valid, and that deployments fit together.
package docs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/testbuild"
)

// top is the repository.
const top = ".."

// documents are all Markdown files, relative to the top.
func documents(t *testing.T) (documents []string) {
	t.Helper()
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "build"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		name, err := filepath.Rel(top, path)
		documents = append(documents, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THREATS.md", "docs/properties.md", "testdata/README.md"} {
		if !slices.Contains(documents, name) {
			t.Errorf("there is no %s", name)
		}
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
	prose    []string // by line; a line of code is empty
	indented []string // by line; empty if it is not indented, or in a fenced block
	blocks   []block
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
		prose, indented := "", ""
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
			prose, indented = codeSpan.ReplaceAllString(line, ""), line
		default:
			prose = codeSpan.ReplaceAllStringFunc(line, func(s string) string { return strings.Trim(s, "`") })
		}
		m.prose, m.indented = append(m.prose, prose), append(m.indented, indented)
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

// follow returns an error if a link of a document leads nowhere. It does not
// follow links to the web.
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
	if _, err := os.Stat(filepath.Join(top, target)); err != nil || strings.HasPrefix(target, "build/") {
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
		"README.md": "", "docs/deployment.md#a-container": "", "https://example.com/": "", "docs": "",
		"build/trailwire": "no such file", "no.md": "no such file", "docs/deployment.md#no": "no such heading", "../x": "leads out", "/etc": "neither", "http://x/": "neither",
	} {
		err := follow("README.md", link)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", link, err, want)
		}
	}
}

// configuration returns what a block of a document configures: whole pipelines
// as they are, a list of filters or outputs in the smallest pipeline that it fits.
func (b block) configuration() (text string, err error) {
	var value any
	if err := yaml.Unmarshal([]byte(b.text), &value); err != nil {
		return "", err
	}
	list, ok := value.([]any)
	if !ok {
		if m, ok := value.(map[string]any); !ok || m["pipeline"] == nil {
			return "", errors.New("it is neither a pipeline nor a list of filters or outputs")
		}
		return b.text, nil
	}
	section, plugins, inputs, rest := "filters", installed, "", "outputs:\n    - {name: 'null', match: '*'}\n"
	for _, item := range list {
		m, ok := item.(map[string]any)
		switch {
		case ok && m["alerts_to"] != nil:
			section, plugins, rest = "outputs", "/usr/lib/fluent-bit/out_trailwire.so", ""
		case ok && m["alert_tag"] != nil:
			plugins, inputs = installed+", /usr/lib/fluent-bit/flb-in_trailwire.so", "    - {name: trailwire}\n"
		}
	}
	text = "plugins: [" + plugins + "]\npipeline:\n  inputs:\n    - {name: dummy, tag: cloudtrail}\n" + inputs + "  " + section + ":\n"
	for _, line := range strings.Split(strings.TrimRight(b.text, "\n"), "\n") {
		text += "    " + line + "\n"
	}
	return text + "  " + rest, nil
}

func TestEveryConfigurationShownIsOne(t *testing.T) {
	shown := 0
	for _, document := range documents(t) {
		for _, b := range parse(read(t, document)).blocks {
			switch b.language {
			case "yaml":
				shown++
				t.Run(fmt.Sprintf("%s:%d", document, b.line), func(t *testing.T) {
					text, err := b.configuration()
					if err != nil {
						t.Fatal(err)
					}
					checkValues(t, text)
					dryRun(t, "shown.yaml", text)
				})
			case "ini":
				shown++
				t.Run(fmt.Sprintf("%s:%d", document, b.line), func(t *testing.T) { dryRun(t, "shown.conf", b.text) })
			case "json", "mermaid", "toml", "sh", "text":
			default:
				t.Errorf("%s:%d: a block in %q: configurations are shown as yaml or ini, so that they are tried", document, b.line, b.language)
			}
		}
	}
	if shown < 4 {
		t.Errorf("only %d configurations are shown: the test shows nothing", shown)
	}
}

// values are the properties in a configuration, as Fluent Bit hands them out.
type values map[string]any

func (v values) Property(name string) (value string, set bool) {
	x, set := v[name]
	return fmt.Sprint(x), set
}

// processors returns those of an input or an output for logs.
func (v values) processors() (all []values) {
	processors, _ := v["processors"].(values) // maps within a map have its type
	list, _ := processors["logs"].([]any)
	for _, item := range list {
		all = append(all, item.(values))
	}
	return all
}

// checkValues reads the properties of Trailwire in a configuration as the plugins
// do: a dry run looks at names alone.
func checkValues(t *testing.T, text string) {
	t.Helper()
	var config struct {
		Pipeline struct {
			Inputs, Filters, Outputs []values
		}
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	folder := folderOfFiles(t)
	move := func(v values) values {
		for key, value := range v {
			if text, ok := value.(string); ok {
				v[key] = strings.ReplaceAll(text, "/etc/", folder+"/")
			}
		}
		return v
	}
	filters := config.Pipeline.Filters
	for _, v := range append(config.Pipeline.Inputs, config.Pipeline.Outputs...) {
		filters = append(filters, v.processors()...)
	}
	for _, v := range filters {
		if v["name"] == "trailwire" {
			if _, _, err := property.ReadFilter(move(v)); err != nil {
				t.Error(err)
			}
		}
	}
	for _, v := range config.Pipeline.Outputs {
		if v["name"] == "trailwire" {
			if _, _, err := property.ReadOutput(move(v)); err != nil {
				t.Error(err)
			}
		}
	}
}

// No test tries a configuration that is indented as commands are.
func TestNoConfigurationIsHiddenAmongCommands(t *testing.T) {
	configuration := regexp.MustCompile(`^(    |\t)\s*(\[(SERVICE|INPUT|FILTER|OUTPUT)\]|pipeline:|- \{?name: )`)
	for _, document := range documents(t) {
		m := parse(read(t, document))
		for i, line := range m.indented {
			if configuration.MatchString(line) {
				t.Errorf("%s:%d: a configuration that no test runs: fence it as yaml or ini", document, i+1)
			}
		}
	}
}

func TestTheFrontPageIsOnePage(t *testing.T) {
	lines := strings.Split(read(t, "README.md"), "\n")
	if len(lines) > 150 {
		t.Errorf("README.md has %d lines", len(lines))
	}
}

// Tables cannot be wrapped, and a program's output stays as it is.
func TestProseIsOfAWidthThatPeopleRead(t *testing.T) {
	for _, document := range documents(t) {
		for i, line := range parse(read(t, document)).prose {
			if n := len([]rune(line)); n > 140 && !strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "    ") {
				t.Errorf("%s:%d: %d characters", document, i+1, n)
			}
		}
	}
}

// The documents name every file in conf.
func TestEveryFileInConfIsMentioned(t *testing.T) {
	var all strings.Builder
	for _, document := range documents(t) {
		all.WriteString(read(t, document))
	}
	err := filepath.WalkDir(filepath.Join(top, "conf"), func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || entry.IsDir() || name == "Dockerfile.dockerignore" {
			return err
		}
		// The classic format beside the YAML is linked by the latter.
		if base, ok := strings.CutSuffix(name, ".conf"); ok {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), base+".yaml")); err == nil {
				return nil
			}
		}
		if !regexp.MustCompile(`\]\((\.\./)?conf/(\w+/)?` + regexp.QuoteMeta(name) + `\)`).MatchString(all.String()) {
			t.Errorf("no document links to %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// installed is where configurations say that the plugin is.
const installed = "/usr/lib/fluent-bit/flb-filter_trailwire.so"

// dryRun lets Fluent Bit check a configuration, with the plugin of these
// sources in place of the installed one.
func dryRun(t *testing.T, name, text string, options ...string) {
	t.Helper()
	fluentBit := findFluentBit(t)
	plugins, err := buildPlugins()
	if err != nil {
		t.Fatal(err)
	}
	place := func(text string) string {
		return strings.NewReplacer("/usr/lib/fluent-bit/", plugins+"/", "- /trailwire/flb-", "- "+plugins+"/flb-").Replace(text)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(place(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, option := range options {
		options[i] = place(option)
	}
	out, err := exec.Command(fluentBit, append(options, "--dry-run", "-c", path)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "configuration test is successful") {
		t.Errorf("%s --dry-run: %v\n%s\n%s", fluentBit, err, out, place(text))
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

// buildPlugins returns a folder with the plugin under its names.
var buildPlugins = sync.OnceValues(func() (string, error) { return testbuild.Folder(top, workshop) })
