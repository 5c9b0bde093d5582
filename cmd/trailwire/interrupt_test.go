//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is the command line in a process of its own, so that it can get a signal.
type process struct {
	*exec.Cmd
	t     *testing.T
	stdin io.WriteCloser
	out   *bufio.Reader
	err   strings.Builder
}

func start(t *testing.T, folder string, env []string, args ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(program, args...), t: t}
	p.Dir, p.Env, p.Stderr = folder, append(append(os.Environ(), asProgram+"=1"), env...), &p.err
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	t.Cleanup(func() { kill.Stop(); _ = p.Process.Kill() })
	return p
}

// send writes to standard input, which stays open, and returns the line that comes of it.
func (p *process) send(text string) string {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, text); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("nothing came of it: %v", err)
	}
	return line
}

var took = regexp.MustCompile(`read in \S+:`)

// interrupt sends a signal, and returns what the process leaves behind.
func (p *process) interrupt(s os.Signal) ran {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	rest, _ := io.ReadAll(p.out)
	_ = p.Wait()
	shown := func(text string) string { return took.ReplaceAllString(text, "read in 1ms:") }
	return ran{p.ProcessState.ExitCode(), shown(string(rest)), shown(p.err.String())}
}

func TestAScanThatIsInterruptedSaysWhatItHasRead(t *testing.T) {
	for _, test := range []struct {
		name, args string
		signal     os.Signal
		begins     string // the first line
		want       ran    // the rest
	}{
		{"Ctrl-C", "--format csv", syscall.SIGINT, "time,severity", ran{
			exitInterrupted, "",
			"1 event in 1 of 2 files, read in 1ms: 1 alert.\ntrailwire: interrupted\n",
		}},
		{"SIGTERM", "--format table --fail", syscall.SIGTERM, "time  ", ran{
			exitInterrupted, "\n1 event in 1 of 2 files, read in 1ms: 1 alert.\n", "trailwire: interrupted\n",
		}},
		{"without a summary", "-q --format csv", syscall.SIGINT, "time,severity", ran{exitInterrupted, "", "trailwire: interrupted\n"}},
		{"with a report", "-q --format csv --report report.html", syscall.SIGINT, "time,severity", ran{
			exitInterrupted, "", "trailwire: interrupted: --report report.html is not written\n",
		}},
		{"with a report of before", "-q --format csv --report old.html", syscall.SIGINT, "time,severity", ran{
			exitInterrupted, "", "trailwire: interrupted: --report old.html is not written\n",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, "after.json", grantEvent)
			write(t, folder, "old.html", "old")
			p := start(t, folder, nil, append([]string{"scan", "-", "after.json"}, strings.Fields(test.args)...)...)
			if got := p.send(grantEvent + "\n"); !strings.HasPrefix(got, test.begins) {
				t.Errorf("the first line is %q", got)
			}
			if line, _ := p.out.ReadString('\n'); !strings.Contains(line, "111122223333") {
				t.Errorf("the alert is %q", line)
			}
			if got := p.interrupt(test.signal); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if _, err := os.Stat(filepath.Join(folder, "report.html")); !os.IsNotExist(err) {
				t.Error("there is a report")
			}
			if old, err := os.ReadFile(filepath.Join(folder, "old.html")); err != nil || string(old) != "old" {
				t.Errorf("the report of before is %q, %v", old, err)
			}
		})
	}
}

// Files are read ahead in goroutines of their own, and one that is a pipe is not.
func TestAScanOfFilesIsInterruptedToo(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a.json", grantEvent)
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, folder, nil, "scan", "--format", "csv", "a.json", "pipe")
	pipe, err := os.OpenFile(filepath.Join(folder, "pipe"), os.O_WRONLY, 0) // waits for the scan
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for range 2 {
		if _, err := p.out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	want := ran{exitInterrupted, "", "1 event in 2 of 2 files, read in 1ms: 1 alert.\ntrailwire: interrupted\n"}
	if got := p.interrupt(syscall.SIGINT); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAQueryThatIsInterruptedPrintsWhatItHasFound(t *testing.T) {
	p := start(t, t.TempDir(), nil, "query", "--fields", "event.id", "any where true", "-")
	if got := p.send(otherEvent + "\n"); got != `{"event.id":"2"}`+"\n" {
		t.Errorf("it has printed %q", got)
	}
	want := ran{exitInterrupted, "", "1 event in 1 of 1 file, read in 1ms: 1 matches.\ntrailwire: interrupted\n"}
	if got := p.interrupt(syscall.SIGINT); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A store that does not answer keeps nobody waiting.
func TestListingABucketIsInterrupted(t *testing.T) {
	asked := make(chan struct{}, 16)
	store := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("list-type") {
			asked <- struct{}{}
		}
		<-r.Context().Done()
	}))
	defer store.Close()
	env := []string{"AWS_ENDPOINT_URL=" + store.URL, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true"}
	for _, test := range []struct {
		args string
		want ran
	}{
		{"scan s3://trail/AWSLogs/", ran{exitInterrupted, "0 events in 0 files, read in 1ms: no alert.\n", "trailwire: interrupted\n"}},
		{"collect -q --bucket trail --to stdout", ran{exitInterrupted, "", "trailwire: interrupted\n"}},
		{"collect -q --bucket trail --to stdout --dry-run", ran{exitInterrupted, "", "trailwire: interrupted\n"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			p := start(t, t.TempDir(), env, strings.Fields(test.args)...)
			<-asked
			if got := p.interrupt(syscall.SIGINT); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// Somebody who follows a folder ends it with a signal: that is not a failure.
func TestASignalIsTheEndOfWhatIsFollowed(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "logs/a.json", otherEvent)
	p := start(t, folder, nil, "collect", "-q", "--folder", "logs", "--to", "stdout")
	if got := p.send(""); !strings.Contains(got, "GetObject") {
		t.Errorf("it has sent %q", got)
	}
	if got := p.interrupt(syscall.SIGTERM); got != (ran{exitFine, "", ""}) {
		t.Errorf("got %+v", got)
	}
}
