package docs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/testbuild"
	"github.com/trailwire/trailwire/internal/version"
)

// anotherVersion is what the plugin says of itself where a test has made another one.
const anotherVersion = "9.9.9"

// installVersion puts the plugin into a folder of the host under its names, as a package
// does: a new file takes the old one's place.
func (h *host) installVersion(folder, number string) {
	h.t.Helper()
	plugins, err := buildPlugins()
	if err != nil {
		h.t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(plugins, testbuild.Filter))
	if err != nil {
		h.t.Fatal(err)
	}
	if len(number) != len(version.Number) {
		h.t.Fatalf("%s is not as long as %s", number, version.Number)
	}
	file = bytes.ReplaceAll(file, []byte(version.Number), []byte(number))
	folder = filepath.Join(h.root, folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		h.t.Fatal(err)
	}
	h.write(filepath.Join(folder, "new"), string(file))
	if err := os.Rename(filepath.Join(folder, "new"), filepath.Join(folder, testbuild.Filter)); err != nil {
		h.t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(folder, testbuild.Input))
	if err := os.Link(filepath.Join(folder, testbuild.Filter), filepath.Join(folder, testbuild.Input)); err != nil {
		h.t.Fatal(err)
	}
}

// runsAs starts the configuration, and waits until the plugin says its version.
func (h *host) runsAs(number string) {
	h.t.Helper()
	h.run(": >$ROOT/journal")
	h.start("fluent-bit -c /etc/fluent-bit/trailwire.yaml")
	h.waitFor("] " + number + `, watching for "`)
	h.waitFor(started)
}

// tries writes the event that must raise an alert to a file, so many times.
func (h *host) tries(name string, times int) {
	h.t.Helper()
	event := strings.ReplaceAll(read(h.t, "testdata/event/cross-account-grant.json"), "\n", "") + "\n"
	h.write(filepath.Join(h.root, "var/log/cloudtrail", name), strings.Repeat(event, times))
}

// hasAlerts waits until so many alerts have arrived, suppressed ones left out.
func (h *host) hasAlerts(want int) {
	h.t.Helper()
	got := 0
	for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if got = strings.Count(h.readIfThere("var/log/trailwire-alerts.ndjson"), reason); got == want {
			return
		}
	}
	h.t.Fatalf("%d alerts have arrived, want %d", got, want)
}

func (h *host) end() {
	h.t.Helper()
	h.run("kill $(tail -1 $ROOT/pids); while kill -0 $(tail -1 $ROOT/pids) 2>/dev/null; do sleep 0.1; done")
}

// newHostWithFiles is a host on which the configuration for files is installed.
func newHostWithFiles(t *testing.T) *host {
	t.Helper()
	h := newHost(t)
	h.installVersion("usr/lib/fluent-bit", version.Number)
	h.write(filepath.Join(h.root, "etc/fluent-bit/trailwire.yaml"), read(t, "conf/fluent-bit.yaml"))
	h.run("mkdir -p /var/log/cloudtrail /var/lib/fluent-bit")
	return h
}

func TestAReloadKeepsTheOldPluginAndARestartLoadsTheNewOne(t *testing.T) {
	h := newHostWithFiles(t)
	h.tries("before.json", 1)
	h.runsAs(version.Number)
	h.hasAlerts(1)
	h.installVersion("usr/lib/fluent-bit", anotherVersion)
	h.run(": >$ROOT/journal; kill -HUP $(tail -1 $ROOT/pids)")
	h.waitFor("successful reload done")
	if !strings.Contains(h.readIfThere("journal"), "] "+version.Number+`, watching for "`) {
		t.Error("the reload does not go on with the old version")
	}
	// Which events have raised an alert is forgotten at a reload, and at a restart.
	h.tries("after.json", 1)
	h.hasAlerts(2)
	h.end()
	h.tries("restarted.json", 2)
	h.runsAs(anotherVersion)
	h.hasAlerts(3)
	if n := strings.Count(h.run("cat /var/log/trailwire-suppressed.ndjson"), `"suppressed":"duplicate"`); n != 1 {
		t.Errorf("%d alerts were suppressed, want one: the second of two after the restart", n)
	}
	h.end()
}

func TestAReloadWithThePluginAtAnotherPathIsRefusedAndTheOldOneGoesOn(t *testing.T) {
	h := newHostWithFiles(t)
	h.runsAs(version.Number)
	h.installVersion("usr/lib/fluent-bit/new", anotherVersion)
	// What Fluent Bit reads again is the file that the script has made of the configuration.
	h.run(`sed -i 's#/fluent-bit/flb-#/fluent-bit/new/flb-#' $ROOT/tmp/*.yaml; kill -HUP $(tail -1 $ROOT/pids)`)
	h.waitFor("the plugin is loaded from two files, ")
	h.waitFor("Reloading is halted")
	h.tries("try.json", 1)
	h.hasAlerts(1)
	h.end()
}

func TestTheWalkThroughOfAnUpgrade(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("SKIPPED: NO DPKG-DEB on PATH: the walk-through of an upgrade was not run")
	}
	builtPackages(t)
	h := newHostWithFiles(t)
	h.run("install -D -m 0644 conf/deploy/trailwire.conf /etc/systemd/system/fluent-bit.service.d/trailwire.conf; mkdir /etc/fluent-bit/rules; systemctl daemon-reload")
	rule := "[rule]\nname = \"a\"\nrule_id = \"a\"\nseverity = \"low\"\nrisk_score = 21\ntype = \"eql\"\nquery = 'any where event.action == \"DeleteUser\"'\n"
	h.write(filepath.Join(h.root, "etc/fluent-bit/rules/a.toml"), rule)
	page := read(t, "docs/upgrading.md")
	for _, heading := range []string{"## In short", "## Does a reload load a new plugin?", "## Back to the old version"} {
		said := ""
		commands := commandsOf(sectionOf(t, page, heading))
		for _, command := range commands {
			if strings.HasPrefix(command, "systemctl restart") && h.readIfThere("pids") != "" {
				h.end()
				h.run(": >$ROOT/journal")
			}
			said += h.run(command)
			if strings.HasPrefix(command, "systemctl restart") {
				h.waitFor(started)
			}
		}
		if len(commands) < 3 {
			t.Errorf("%s has %d commands", heading, len(commands))
		}
		if heading != "## Does a reload load a new plugin?" && !strings.Contains(said, `watching for "AWS Lambda`) {
			t.Errorf("%s: it does not run: %s", heading, said)
		}
	}
}
