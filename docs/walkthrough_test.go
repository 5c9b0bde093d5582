package docs

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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
