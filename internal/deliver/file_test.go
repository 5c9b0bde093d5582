package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func appendTo(t *testing.T, d *file, n int) {
	t.Helper()
	if got, err := d.Deliver(t.Context(), alertsOf(n)); got != n || err != nil {
		t.Fatal(got, err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFileHasOneLineForEachAlert(t *testing.T) {
	d := &file{path: filepath.Join(t.TempDir(), "alerts")}
	defer d.Close()
	appendTo(t, d, 2)
	appendTo(t, d, 1)
	if got := readFile(t, d.path); got != "{\"eventID\":\"e0\"}\n{\"eventID\":\"e1\"}\n{\"eventID\":\"e0\"}\n" {
		t.Errorf("%q", got)
	}
	info, err := os.Stat(d.path)
	if err != nil || info.Mode() != fs.FileMode(0o640) {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAFileThatWasRotatedIsOpenedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		rotate func(path string) error
		old    string
	}{
		{"by renaming", func(p string) error { return os.Rename(p, p+".1") }, ".1"},
		{"by renaming and creating", func(p string) error {
			if err := os.Rename(p, p+".1"); err != nil {
				return err
			}
			return os.WriteFile(p, nil, 0o600)
		}, ".1"},
		{"by removing", os.Remove, ""},
		{"by truncating", func(p string) error { return os.Truncate(p, 0) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &file{path: filepath.Join(t.TempDir(), "alerts")}
			defer d.Close()
			appendTo(t, d, 2)
			if err := c.rotate(d.path); err != nil {
				t.Fatal(err)
			}
			appendTo(t, d, 1)
			if got := readFile(t, d.path); got != "{\"eventID\":\"e0\"}\n" {
				t.Errorf("the new file has %q", got)
			}
			if c.old != "" && strings.Count(readFile(t, d.path+c.old), "\n") != 2 {
				t.Error("the old file is not as it was")
			}
		})
	}
}

func TestATornLineIsEndedBeforeTheNext(t *testing.T) {
	d := &file{path: filepath.Join(t.TempDir(), "alerts")}
	defer d.Close()
	if err := os.WriteFile(d.path, []byte("{\"eventID\":\"to"), 0o640); err != nil {
		t.Fatal(err)
	}
	appendTo(t, d, 1)
	if got := readFile(t, d.path); got != "{\"eventID\":\"to\n{\"eventID\":\"e0\"}\n" {
		t.Errorf("%q", got)
	}
}

func TestAFullDiskLeavesTheFileAsItWas(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	d := &file{path: filepath.Join(t.TempDir(), "alerts")}
	defer d.Close()
	appendTo(t, d, 2)
	before := readFile(t, d.path)
	// A limit on the size of files plays a full disk: a write goes as far as
	// there is room, the next one fails.
	full := syscall.Rlimit{Cur: uint64(len(before)) + 10, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	n, err := d.Deliver(t.Context(), alertsOf(3))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if n != 0 || err == nil {
		t.Errorf("delivered %d, %v", n, err)
	}
	if got := readFile(t, d.path); got != before {
		t.Errorf("the file has %q", got)
	}
	appendTo(t, d, 3)
	if got := readFile(t, d.path); strings.Count(got, "\n") != 5 {
		t.Errorf("afterwards the file has %q", got)
	}
}

func TestADeviceWithoutRoomIsAnErrorInFewWords(t *testing.T) {
	d := &file{path: "/dev/full"}
	defer d.Close()
	if _, err := d.Deliver(t.Context(), alertsOf(1)); err == nil || err.Error() != "no space left on device" {
		t.Error(err)
	}
}

func TestAFolderThatIsNotThereMayComeLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	d := &file{path: filepath.Join(dir, "alerts")}
	defer d.Close()
	if _, err := d.Deliver(t.Context(), alertsOf(1)); err == nil || err.Error() != "no such file or directory" {
		t.Error(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	appendTo(t, d, 1)
}

func TestWritersOfOneFileTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts")
	const writers, deliveries = 8, 40
	var wait sync.WaitGroup
	for w := range writers {
		d := &file{path: path}
		defer d.Close()
		wait.Go(func() {
			alerts := alertsOf(3)
			for i := range alerts {
				alerts[i].Body = []byte("\x81\xa7eventID\xda\x10\x00" + strings.Repeat(string(rune('a'+w)), 0x1000))
			}
			for range deliveries {
				if n, err := d.Deliver(t.Context(), alerts); n != 3 || err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	wait.Wait()
	lines := strings.Split(strings.TrimSuffix(readFile(t, path), "\n"), "\n")
	if len(lines) != writers*deliveries*3 {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		var record struct{ EventID string }
		if err := json.Unmarshal([]byte(l), &record); err != nil || strings.Trim(record.EventID, record.EventID[:1]) != "" {
			t.Fatalf("%v: %.80s", err, l)
		}
	}
}

func TestALockIsNotWaitedForWithoutEnd(t *testing.T) {
	d := &file{path: filepath.Join(t.TempDir(), "alerts")}
	defer d.Close()
	holder, err := os.Create(d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if err := syscall.Flock(int(holder.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Deliver(ctx, alertsOf(1)); err == nil {
		t.Error("no error")
	}
	if err := syscall.Flock(int(holder.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	appendTo(t, d, 1)
}

func TestWhatCannotBeWrittenAsJSONIsNoReasonToRetry(t *testing.T) {
	d := &file{path: filepath.Join(t.TempDir(), "alerts")}
	defer d.Close()
	alerts := alertsOf(1)
	alerts[0].Body = []byte(fmt.Sprint(strings.Repeat("\x91", 5000), "\xc0"))
	if n, err := d.Deliver(t.Context(), alerts); n != 1 || err != nil {
		t.Error(n, err)
	}
	if got := readFile(t, d.path); got != "{}\n" {
		t.Errorf("%q", got)
	}
}
