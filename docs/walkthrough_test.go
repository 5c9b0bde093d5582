package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// started is a line that Fluent Bit logs when its pipeline runs.
const started = "stream processor started"

// reason is what an alert of the event says that the documents use.
const reason = "111122223333 let account 444455556666 invoke Lambda function billing-export"

func TestTheWalkThroughOfALinuxHost(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("SKIPPED: NO DPKG-DEB on PATH: the walk-through of a Linux host was not run")
	}
	builtPackages(t)
	h := newHost(t)
	said := ""
	for _, command := range commandsOf(sectionOf(t, read(t, "docs/deployment.md"), "## A Linux host, with the package")) {
		said += h.run(command)
		if strings.HasPrefix(command, "systemctl restart") {
			h.waitFor(started)
		}
	}
	for _, want := range []string{"configuration test is successful", `watching for "AWS Lambda Function Policy`, reason} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing printed %q: %s", want, said)
		}
	}
}

func TestTheWalkThroughOfAContainer(t *testing.T) {
	h := newHost(t)
	h.installPlugin("usr/lib/fluent-bit")
	h.write(filepath.Join(h.work, "my.yaml"), strings.Replace(read(t, "conf/deploy/trailwire.yaml"), "service:\n", "service:\n  # mine\n", 1))
	ran := 0
	for _, command := range commandsOf(sectionOf(t, read(t, "docs/deployment.md"), "## A container")) {
		ran++
		if !strings.HasPrefix(command, "docker run") {
			h.run(command)
			if strings.HasPrefix(command, "curl") {
				h.waitFor(reason)
				h.run("kill $(tail -1 $ROOT/pids); while kill -0 $(tail -1 $ROOT/pids) 2>/dev/null; do sleep 0.1; done; : >$ROOT/journal")
			}
			continue
		}
		h.start(command)
		h.waitFor(started)
	}
	if ran < 4 {
		t.Errorf("only %d commands were run", ran)
	}
}

func TestTheWalkThroughsOfAClusterAndOfECS(t *testing.T) {
	page := read(t, "docs/deployment.md")
	for _, w := range []struct {
		heading string
		least   int
		runs    string // the configuration that is in the pod
	}{
		{"## Kubernetes, from the bucket", 4, ""},
		{"## Kubernetes, with the Helm chart", 7, configurationOfTheChart(t)},
		{"## Amazon ECS", 2, ""},
	} {
		t.Run(strings.Trim(w.heading, "# "), func(t *testing.T) {
			h := newHost(t)
			h.installPlugin("trailwire")
			h.write(filepath.Join(h.work, "credentials.env"), "AWS_ACCESS_KEY_ID=x\n") // what the reader has
			if err := os.Mkdir(filepath.Join(h.work, "rules"), 0o755); err != nil {
				t.Fatal(err)
			}
			if w.runs != "" {
				h.write(filepath.Join(h.root, "etc/pod.yaml"), w.runs)
				h.start("fluent-bit -c /etc/pod.yaml")
				h.waitFor(started)
			}
			commands := commandsOf(sectionOf(t, page, w.heading))
			said := ""
			for _, command := range commands {
				if strings.HasPrefix(command, "kubectl logs") && w.runs != "" {
					h.waitFor(reason)
				}
				said += h.run(command)
			}
			if len(commands) < w.least {
				t.Errorf("only %d commands were run", len(commands))
			}
			if w.runs != "" && !strings.Contains(said, reason) {
				t.Errorf("no alert was printed: %s", said)
			}
		})
	}
}

// A command that is added to one of these pages is in a section that a test walks through.
func TestEveryCommandOfAWalkThroughIsRun(t *testing.T) {
	for document, headings := range map[string][]string{
		"docs/deployment.md": {"## A Linux host, with the package", "## A container", "## Kubernetes, from the bucket", "## Kubernetes, with the Helm chart",
			"## Amazon ECS", "## Without installing anything"},
		"docs/upgrading.md": {"## In short", "## Does a reload load a new plugin?", "## Back to the old version"},
	} {
		text := read(t, document)
		var walked []string
		for _, heading := range headings {
			walked = append(walked, commandsOf(sectionOf(t, text, heading))...)
		}
		if all := commandsOf(text); !slices.Equal(all, walked) {
			t.Errorf("%s has the commands %q, and only %q are run", document, all, walked)
		}
	}
	for i, c := range transcriptsOf(read(t, "docs/troubleshooting.md")) {
		if len(c.prints) == 0 {
			t.Errorf("docs/troubleshooting.md does not say what its command %d prints: %s", i+1, c.command)
		}
	}
}

// configurationOfTheChart is what the values of the chart have for Fluent Bit.
func configurationOfTheChart(t *testing.T) string {
	t.Helper()
	var values struct {
		Config struct {
			ExtraFiles map[string]string `yaml:"extraFiles"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "conf/deploy/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	text := values.Config.ExtraFiles["trailwire.yaml"]
	if text == "" {
		t.Fatal("the values have no configuration")
	}
	return text
}

func TestTheWalkThroughWithoutInstallingAnything(t *testing.T) {
	h := newHost(t)
	said := ""
	for _, command := range commandsOf(sectionOf(t, read(t, "docs/deployment.md"), "## Without installing anything")) {
		said += h.run(command)
	}
	if !strings.Contains(said, ": 2 alerts.") {
		t.Errorf("it says %s", said)
	}
	page, err := os.ReadFile(filepath.Join(h.work, "report.html"))
	if err != nil || !strings.Contains(string(page), "lambda remove-permission") {
		t.Errorf("the report does not have the command that takes a grant back: %v", err)
	}
}

// The quick start is the one walk-through without any stand-in: what a fresh checkout
// has, this machine's own tools, and a real Fluent Bit.
func TestTheQuickStart(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds everything")
	}
	fluentBit := findFluentBit(t)
	readme := sectionOf(t, read(t, "README.md"), "## Quick start")
	folder := t.TempDir()
	checkout(t, folder)
	bin := t.TempDir()
	if err := os.Symlink(fluentBit, filepath.Join(bin, "fluent-bit")); err != nil {
		t.Fatal(err)
	}
	commands := commandsOf(readme)
	if lines := strings.Count(strings.Join(commands, "\n"), "\n") + 1; lines != 5 {
		t.Errorf("the quick start has %d lines, want 5", lines)
	}
	shell := exec.Command("timeout", "300", "sh", "-e", "-c", strings.Join(commands, "\n"))
	shell.Dir, shell.Env = folder, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := shell.CombinedOutput()
	want := `"reason":"` + reason + `"`
	if err != nil || !strings.HasSuffix(string(out), "\n"+want+"\n") {
		t.Fatalf("%v: it ends with %s", err, out[max(0, len(out)-2000):])
	}
	if !strings.Contains(readme, "`"+want+"`") {
		t.Error("the README does not say what it prints")
	}
}

// checkout copies what a fresh checkout has.
func checkout(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != ".git" && name != "build" {
			if out, err := exec.Command("cp", "-R", filepath.Join(top, name), folder).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}
}
