package docs

import (
	"os"
	"os/exec"
	"path/filepath"
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

// playTranscripts runs the commands with a dollar sign of a page in a folder, and compares what
// they print with what the page says. It returns how many there are.
func playTranscripts(t *testing.T, page, folder string) int {
	t.Helper()
	commands := transcriptsOf(read(t, page))
	for _, c := range commands {
		shell := exec.Command("sh", "-c", c.command)
		shell.Dir, shell.Env = folder, append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"))
		said, _ := shell.CombinedOutput() // a page may show what is refused
		if !printed(c.prints).Match(said) {
			t.Errorf("%s: $ %s\nprinted:\n%s\nthe page says:\n%s", page, c.command, said, strings.Join(c.prints, "\n"))
		}
	}
	return len(commands)
}

func TestThePageAboutTheCommandLinePrintsWhatItSays(t *testing.T) {
	if n := playTranscripts(t, "docs/command-line.md", desk(t)); n < 2 {
		t.Errorf("only %d commands were run", n)
	}
}
