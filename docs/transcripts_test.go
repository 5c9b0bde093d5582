package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// desk is a folder in which the commands of a page are run: testdata is in it, and
// trailwire is on PATH.
func desk(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	repository, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{filepath.Join(repository, "testdata"): "testdata", commandLine(t): "bin/trailwire"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(from, filepath.Join(folder, to)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// sessionsOf returns the commands with a dollar sign of a page, each with what is indented
// below it up to the next prose: other indented text is not what a command prints.
func sessionsOf(page string) (all []transcript) {
	isOpen := false
	for _, line := range strings.Split(page, "\n") {
		text, indented := strings.CutPrefix(line, "    ")
		command, begins := strings.CutPrefix(text, "$ ")
		switch {
		case line == "":
		case !indented:
			isOpen = false
		case begins:
			all, isOpen = append(all, transcript{command: command}), true
		case isOpen:
			all[len(all)-1].prints = append(all[len(all)-1].prints, text)
		}
	}
	return all
}

// play runs the commands of a page in a folder, but those that skip says, and compares
// what they print with what the page says, blank lines aside. It returns how many it ran.
func play(t *testing.T, page, folder string, skip func(command string) bool) (ran int) {
	t.Helper()
	for _, c := range sessionsOf(read(t, page)) {
		if skip(c.command) {
			continue
		}
		ran++
		shell := exec.Command("sh", "-c", c.command)
		shell.Dir, shell.Env = folder, append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"))
		said, _ := shell.CombinedOutput() // a page may show what is refused
		if !printed(c.prints).MatchString(blankLines.ReplaceAllString(string(said), "\n")) {
			t.Errorf("%s: $ %s\nprinted:\n%s\nthe page says:\n%s", page, c.command, said, strings.Join(c.prints, "\n"))
		}
	}
	return ran
}

var blankLines = regexp.MustCompile(`\n\n+`)

func TestThePageAboutTheCommandLinePrintsWhatItSays(t *testing.T) {
	if n := play(t, "docs/command-line.md", desk(t), func(string) bool { return false }); n != 2 {
		t.Errorf("%d commands were run", n)
	}
}

// blockOf returns the indented text of a page that begins with a line.
func blockOf(t *testing.T, page, first string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n    "+first+"\n")
	if !found {
		t.Fatalf("no indented text begins with %q", first)
	}
	var block strings.Builder
	block.WriteString(first + "\n")
	for _, line := range strings.Split(rest, "\n") {
		text, indented := strings.CutPrefix(line, "    ")
		if !indented && line != "" || strings.HasPrefix(text, "$ ") {
			break
		}
		block.WriteString(text + "\n")
	}
	return block.String()
}

// The files are those that the page shows, and two that are broken as it says.
func TestThePageAboutRulesPrintsWhatItSays(t *testing.T) {
	folder, page := desk(t), read(t, "docs/rules.md")
	const head = "[rule]\nname = \"A user is deleted\"\nrule_id = \"5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d11\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 21\n"
	for name, content := range map[string]string{
		"delete-user.toml":      blockOf(t, page, "[rule]"),
		"delete-user.test.json": blockOf(t, page, "["),
		"key.yml":               blockOf(t, page, "title: A KMS key is to be deleted soon"),
		"broken.toml":           head + "language = \"eql\"\nquery = '''\nany where event.action == \"DeleteUser\"\n  and event.outcome = \"success\"\n'''\n",
		"typo.toml":             head + "query = '''\nany where event.outcome == \"Success\"\n'''\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Elastic's rules are not in the repository.
	if n := play(t, "docs/rules.md", folder, func(command string) bool { return strings.Contains(command, " detection-rules/") }); n != 8 {
		t.Errorf("%d commands were run", n)
	}
}
