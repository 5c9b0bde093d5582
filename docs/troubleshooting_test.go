package docs

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// transcript is a command of a document, after a dollar sign, and the lines that it
// prints there.
type transcript struct {
	command string
	prints  []string
}

func transcriptsOf(text string) (all []transcript) {
	for _, line := range parseRaw(text) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			all = append(all, transcript{command: command})
		} else if len(all) > 0 {
			all[len(all)-1].prints = append(all[len(all)-1].prints, line)
		}
	}
	return all
}

// parseRaw returns the lines that are indented by four, without that.
func parseRaw(text string) (lines []string) {
	for _, line := range parse(text).indented {
		if line, ok := strings.CutPrefix(line, "    "); ok {
			lines = append(lines, line)
		}
	}
	return lines
}

// printed is an expression for what a document says a command prints: … is any text
// within a line, and any lines where it is alone.
func printed(lines []string) *regexp.Regexp {
	expression := ""
	for _, line := range lines {
		if line == "…" {
			expression += `(?:.*\n)*?`
			continue
		}
		expression += strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`
	}
	return regexp.MustCompile(`^` + expression + `$`)
}

func TestWhatADocumentSaysIsPrintedIsCompared(t *testing.T) {
	for _, c := range []struct {
		says, prints string
		same         bool
	}{
		{"a 1", "a 1\n", true},
		{"a 1", "a 2\n", false},
		{"a …", "a 2\n", true},
		{"a", "a\nb\n", false},
		{"a\n…\nd", "a\nb\nc\nd\n", true},
		{"a\n…\nd", "a\nb\nc\n", false},
	} {
		if got := printed(strings.Split(c.says, "\n")).MatchString(c.prints); got != c.same {
			t.Errorf("%q and %q: %v", c.says, c.prints, got)
		}
	}
}

// The page is followed on a host that is as the page says.
func TestThePageAboutTroubleshootingPrintsWhatItSays(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: NO CURL on PATH: docs/troubleshooting.md was not run")
	}
	h := newHost(t)
	h.installPlugin("usr/lib/fluent-bit")
	configuration := read(t, "conf/fluent-bit.yaml")
	for _, change := range [][2]string{
		{"      alert_tag: alert.$severity\n", "      alert_tag: alert.$severity\n      metrics_listen: 127.0.0.1:2112\n"},
		{"service:\n", "service:\n  http_server: on\n  http_listen: 127.0.0.1\n  http_port: 2020\n"},
	} {
		if strings.Count(configuration, change[0]) != 1 {
			t.Fatalf("conf/fluent-bit.yaml has %q %d times", change[0], strings.Count(configuration, change[0]))
		}
		configuration = strings.Replace(configuration, change[0], change[1], 1)
	}
	h.write(filepath.Join(h.root, "etc/fluent-bit/trailwire.yaml"), configuration)
	h.run("mkdir -p /var/log/cloudtrail /var/lib/fluent-bit")
	h.run(`(tr -d '\n' <testdata/event/cross-account-grant.json; echo) >/var/log/cloudtrail/try.json`)
	h.run(`cp /var/log/cloudtrail/try.json /var/log/cloudtrail/again.json`)
	h.run(`sed 's/["\\]/\\&/g; s/.*/{"payload":"&"}/' /var/log/cloudtrail/try.json >/var/log/cloudtrail/wrapped.json`)
	h.start("fluent-bit -c /etc/fluent-bit/trailwire.yaml")
	h.waitFor(started)
	for deadline := time.Now().Add(waitLimit); ; time.Sleep(200 * time.Millisecond) {
		said, _ := h.try("cat /var/log/trailwire-suppressed.ndjson /var/log/trailwire-alerts.ndjson; curl -s http://127.0.0.1:2112/metrics")
		if strings.Count(said, `"reason":"1`) == 2 && regexp.MustCompile(`(?m)^trailwire_no_event_total.* 1$`).MatchString(said) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the alerts do not come: %s", said)
		}
	}
	ran := 0
	for _, c := range transcriptsOf(read(t, "docs/troubleshooting.md")) {
		ran++
		said := strings.ReplaceAll(h.run(c.command), h.root, "")
		if !printed(c.prints).MatchString(said) {
			t.Errorf("$ %s\nprinted:\n%s\nthe page says:\n%s", c.command, said, strings.Join(c.prints, "\n"))
		}
	}
	if ran < 12 {
		t.Errorf("only %d commands were run", ran)
	}
}
