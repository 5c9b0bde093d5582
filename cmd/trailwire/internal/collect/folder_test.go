package collect

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestEachFileOfAFolderIsDeliveredOnce(t *testing.T) {
	folder, seenFile := t.TempDir(), filepath.Join(t.TempDir(), "seen")
	now := time.Now()
	write := func(name, text string, age time.Duration) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	// look opens the list anew, as the next start does.
	look := func() int {
		t.Helper()
		seen, err := OpenSeen(seenFile)
		if err != nil {
			t.Fatal(err)
		}
		to := &receiver{}
		c := New(Options{Store: Disk{}, Destination: to, Now: func() time.Time { return now }})
		if err := c.lookInto(t.Context(), folder, seen); err != nil {
			t.Fatal(err)
		}
		return len(to.got)
	}
	steps := []struct {
		name   string
		before func()
		events int
	}{
		{"files of every name", func() {
			write("a.json.gz", string(zipped(logFile(2))), time.Minute)
			write("AWSLogs/1/b.json", logFile(1), time.Minute)
			write("c.ndjson", "{}\n{}\n{}\n", time.Minute)
			write(".hidden.json", logFile(1), time.Minute)
			write("d.json.tmp", logFile(1), time.Minute)
			write("new\nline\t.json", logFile(1), time.Minute)
		}, 7},
		{"nothing new", nil, 0},
		{"a file that is still written", func() { write("e.json", logFile(1), time.Second) }, 0},
		{"the same file some time later", func() { now = now.Add(time.Minute) }, 1},
		{"a file that has changed", func() { write("AWSLogs/1/b.json", logFile(4), time.Minute) }, 4},
		{"a file that was deleted and came back", func() {
			_ = os.Remove(filepath.Join(folder, "a.json.gz"))
			look()
			write("a.json.gz", string(zipped(logFile(2))), time.Minute)
		}, 2},
		{"a list whose last line is cut off", func() {
			text, err := os.ReadFile(seenFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(seenFile, append(text, "123 45\thalf"...), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 0},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		if got := look(); got != step.events {
			t.Errorf("%s: %d events, want %d", step.name, got, step.events)
		}
	}
	if err := os.WriteFile(seenFile, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSeen(seenFile); err == nil {
		t.Error("a file that is not a list is taken")
	}
}

func TestAFolderIsFollowedUntilTheEnd(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	if err := os.WriteFile(path, []byte(logFile(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looks := 0
	to := &receiver{}
	c := New(Options{Store: Disk{}, Destination: to, Sleep: func(context.Context, time.Duration) {
		if looks++; looks == 3 {
			cancel()
		}
	}})
	seen, err := OpenSeen("")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Folder(ctx, folder, seen, time.Second); err != nil || len(to.got) != 1 || looks != 3 {
		t.Errorf("%v, %d events, %d looks", err, len(to.got), looks)
	}
	if err := New(Options{Store: Disk{}, Destination: to}).Folder(t.Context(), filepath.Join(folder, "none"), seen, time.Second); err == nil {
		t.Error("a folder that is not there is followed")
	}
}
