package docs

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// waitLimit is how long something in a walk-through may take. in_tail looks for new
// files every 10 s.
const waitLimit = 60 * time.Second

// sectionOf returns the text of a document below a heading, up to the next heading of
// the same level or a higher one.
func sectionOf(t *testing.T, text, heading string) string {
	t.Helper()
	level, _, _ := strings.Cut(heading, " ")
	_, rest, found := strings.Cut("\n"+text, "\n"+heading+"\n")
	if !found {
		t.Fatalf("there is no heading %q", heading)
	}
	if end := regexp.MustCompile(`(?m)^#{1,` + strconv.Itoa(len(level)) + `} `).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// commandsOf returns the commands of a text: what is indented by four or more and is
// not a line of a log. A command goes on while a line ends with \ or a quote is open.
func commandsOf(text string) (all []string) {
	open := ""
	for _, line := range parse(text).indented {
		line = strings.TrimSpace(line)
		if line == "" || open == "" && strings.HasPrefix(line, "[") {
			continue
		}
		if open != "" {
			line = open + "\n" + line
		}
		open = ""
		if strings.HasSuffix(line, `\`) || strings.Count(line, "'")%2 == 1 {
			open = line
			continue
		}
		all = append(all, line)
	}
	return all
}

func TestTheCommandsOfATextAreFound(t *testing.T) {
	got := commandsOf("Prose.\n\n    one \\\n        two\n\n1. Item\n   goes on:\n\n       three 'a\n       b'\n\n    [ info] a line of a log\n\n```sh\n    fenced\n```\n")
	if want := []string{"one \\\ntwo", "three 'a\nb'"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// host is a machine of its own for a walk-through: a folder that stands for /, in
// which nothing is but what a package of Fluent Bit has brought, and a folder that
// stands for the repository. Commands are run as a document has them, but that /etc,
// /usr and /var are below the folder, and ports are free ones.
//
// What a test cannot have (a service manager, Docker, a cluster) is played by a script
// of the same name that does what matters here: it starts the same configuration in a
// real Fluent Bit.
type host struct {
	t          *testing.T
	root, work string
	ports      map[string]string
	env        []string
}

// below matches paths of the system, and what may be before one.
const below = `(^|\[|[[:space:]='"(:<>@,])/(usr|etc|var|buffer|trailwire)/`

// The scripts have $ROOT, the folder that stands for /; $TOP, the repository; and
// $FLUENT_BIT_PROGRAM.
var scripts = map[string]string{
	// Reads its configurations with the paths and the ports of the host.
	"fluent-bit": `
n=$#
while [ $n -gt 0 ]; do
	argument=$1; shift; n=$((n-1))
	if [ -f "$argument" ]; then
		here=$(mktemp "$ROOT/tmp/XXXXXX.${argument##*.}")
		sed -E -f "$ROOT/adapt.sed" "$argument" >"$here"
		argument=$here
	fi
	set -- "$@" "$argument"
done
exec "$FLUENT_BIT_PROGRAM" "$@"`,
	// The packages are built before the walk-through begins.
	"make": `[ "$*" = package ]`,
	"dpkg": `[ "$1" = -i ] && exec dpkg-deb -x "$2" "$ROOT"`,
	"rpm":  `[ "$1" = -i ] || [ "$1" = -U ] || exit 1; [ -s "$2" ]`,
	// Does what the drop-in says, in its order.
	"systemctl": `
unit="$ROOT/etc/systemd/system/fluent-bit.service.d/trailwire.conf"
lines() { sed -n "s/^$1=//p" "$unit" | grep . | sed -E -f "$ROOT/adapt.sed" -e 's#/opt/fluent-bit/bin/fluent-bit#fluent-bit#g;s#[^ ]*/usr/bin/trailwire#trailwire#g;s/\$\$/$/g'; }
case "$1 $2" in
"daemon-reload ") cp "$unit" "$ROOT/loaded";;
"restart fluent-bit")
	cmp -s "$unit" "$ROOT/loaded" || { echo "the drop-in is not loaded" >&2; exit 1; }
	for state in $(lines StateDirectory); do mkdir -p "$ROOT/var/lib/$state"; done
	lines ExecStartPre >"$ROOT/before"
	while read -r line; do eval "$line" >>"$ROOT/journal" 2>&1 </dev/null || { tail "$ROOT/journal" >&2; exit 1; }; done <"$ROOT/before"
	eval "exec setsid $(lines ExecStart)" >>"$ROOT/journal" 2>&1 </dev/null &
	echo $! >>"$ROOT/pids";;
"reload fluent-bit") kill -HUP "$(tail -1 "$ROOT/pids")";;
"enable --now") [ -f "$ROOT/etc/systemd/system/$3.service" ];;
*) echo "systemctl $*: not played" >&2; exit 1;;
esac`,
	"journalctl": `exec tail -n +1 "$ROOT/journal"`,
	// An image is the files that its Dockerfile copies into it.
	"docker": `
command=$1; shift
case $command in
build) while [ "$1" != -f ]; do shift; done; [ -f "$2" ];;
push) ;;
run)
	while [ "${1#-}" != "$1" ]; do
		case $1 in
		-p) shift;;
		-v) from=${2%%:*}; to=${2#*:}; to=${to%:ro}; mkdir -p "$(dirname "$to")"; cp "$from" "$to"; shift;;
		esac
		shift
	done
	shift
	[ $# -gt 0 ] || set -- -c "$TOP/conf/deploy/trailwire.yaml"
	exec fluent-bit "$@";;
*) exit 1;;
esac`,
	"helm": `case "$1" in repo) ;; upgrade) while [ "$1" != -f ]; do shift; done; [ -f "$2" ];; *) exit 1;; esac`,
	"kubectl": `
case "$1" in
apply) [ "$2" = -f ] && [ -f "$3" ];;
logs) [ ! -f "$ROOT/journal" ] || cat "$ROOT/journal";;
port-forward) ;;
create)
	for last do :; done
	case "$2" in secret) [ -f "${last#--from-env-file=}" ];; configmap) [ -d "${last#--from-file=}" ];; *) exit 1;; esac;;
*) exit 1;;
esac`,
	"aws": `
case "$1 $2" in
"s3 sync") mkdir -p "$4" && cp "$TOP/testdata/s3-file/two-matches.json" "$4";;
"ecs register-task-definition") [ "$3" = --cli-input-json ] && [ -f "${4#file://}" ];;
"ecs create-service") ;;
*) exit 1;;
esac`,
}

func newHost(t *testing.T) *host {
	t.Helper()
	fluentBit := findFluentBit(t)
	plugins, err := buildPlugins()
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, root: t.TempDir(), work: t.TempDir(), ports: map[string]string{"9880": freePort(t), "24224": freePort(t), "2020": freePort(t), "2112": freePort(t)}}
	repository, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"bin", "tmp", "etc/fluent-bit", "etc/systemd/system", "var/log", "var/lib", "usr/lib", "buffer"} {
		if err := os.MkdirAll(filepath.Join(h.root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"conf", "testdata", "build"} {
		if err := os.Symlink(filepath.Join(repository, name), filepath.Join(h.work, name)); err != nil {
			t.Fatal(err)
		}
	}
	path := os.Getenv("PATH")
	for name, script := range scripts {
		h.write(filepath.Join(h.root, "bin", name), "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(filepath.Join(h.root, "bin", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	adapt := "s#" + below + "#\\1" + h.root + "/\\2/#g\n"
	for port, free := range h.ports {
		adapt += "s#\\b" + port + "\\b#" + free + "#g\n"
	}
	h.write(filepath.Join(h.root, "adapt.sed"), adapt)
	if err := os.Symlink(commandLine(t), filepath.Join(h.root, "bin/trailwire")); err != nil {
		t.Fatal(err)
	}
	h.env = append(os.Environ(), "PATH="+filepath.Join(h.root, "bin")+":"+path, "ROOT="+h.root, "TOP="+repository, "FLUENT_BIT_PROGRAM="+fluentBit, "PLUGINS="+plugins)
	t.Cleanup(func() {
		for _, pid := range strings.Fields(h.readIfThere("pids")) {
			if n, err := strconv.Atoi(pid); err == nil {
				_ = syscall.Kill(n, syscall.SIGKILL)
			}
		}
		if t.Failed() {
			t.Logf("the log of Fluent Bit:\n%s", h.readIfThere("journal"))
		}
	})
	return h
}

// installPlugin puts the plugin where the image and the init container have it.
func (h *host) installPlugin(folder string) {
	h.t.Helper()
	plugins, err := buildPlugins()
	if err != nil {
		h.t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(h.root, folder))
	if err := os.Symlink(plugins, filepath.Join(h.root, folder)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) write(path, text string) {
	h.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) readIfThere(name string) string {
	text, _ := os.ReadFile(filepath.Join(h.root, name))
	return string(text)
}

// adapt is a command for this host.
func (h *host) adapt(command string) string {
	command = regexp.MustCompile(below).ReplaceAllString(command, "${1}"+strings.ReplaceAll(h.root, "$", "$$")+"/${2}/")
	for port, free := range h.ports {
		command = regexp.MustCompile(`\b`+port+`\b`).ReplaceAllString(command, free)
	}
	// Nothing of a walk-through may reach the machine that the test runs on.
	if left := regexp.MustCompile(`(?m)(^|[^\w./$-])/(usr|etc|var|opt|srv|root|home)\b`).FindString(strings.ReplaceAll(command, h.root, "$ROOT")); left != "" {
		h.t.Fatalf("%s names%s, a folder of this machine", command, left)
	}
	return command
}

// run runs a command to its end, which must be a good one, and returns what it printed.
func (h *host) run(command string) string {
	h.t.Helper()
	said, err := h.try(command)
	if err != nil {
		h.t.Fatalf("%s\n%v: %s", command, err, said)
	}
	return said
}

func (h *host) try(command string) (said string, err error) {
	h.t.Helper()
	out, err := os.CreateTemp(h.root, "out")
	if err != nil {
		h.t.Fatal(err)
	}
	defer out.Close()
	shell := exec.Command("timeout", strconv.Itoa(int(waitLimit.Seconds())), "sh", "-c", h.adapt(command))
	shell.Dir, shell.Env, shell.Stdout, shell.Stderr = h.work, h.env, out, out
	err = shell.Run()
	text, _ := os.ReadFile(out.Name())
	return string(text), err
}

// start runs a command until the test ends. What it prints is in the journal.
func (h *host) start(command string) {
	h.t.Helper()
	h.run("exec setsid sh -c '" + strings.ReplaceAll("exec "+command, "'", `'\''`) + "' >>$ROOT/journal 2>&1 </dev/null & echo $! >>$ROOT/pids")
}

// waitFor waits until the journal has a text.
func (h *host) waitFor(text string) {
	h.t.Helper()
	for deadline := time.Now().Add(waitLimit); !strings.Contains(h.readIfThere("journal"), text); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("the journal does not say %q", text)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// commandLine returns the path of the command line, built once.
func commandLine(t *testing.T) string {
	t.Helper()
	path := filepath.Join(workshop, "trailwire")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.Command("go", "build", "-o", path, "./cmd/trailwire")
	build.Dir, build.Env = top, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, bytes.TrimSpace(out))
	}
	return path
}
