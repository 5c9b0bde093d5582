//go:build linux

package terminal

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a new terminal: what a program writes to, and what
// somebody sees.
func openTerminal(t *testing.T) (program, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("SKIPPED: NO /dev/ptmx: nothing was drawn on a terminal")
	}
	t.Cleanup(func() { screen.Close() })
	connection, err := screen.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	if controlErr := connection.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}); controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program, screen
}

func TestAnActivityIsDrawnOnATerminalAlone(t *testing.T) {
	var file bytes.Buffer
	nothing := NewActivity(&file)
	nothing.Show("1 file", 1)
	nothing.Finish()
	if nothing != nil || file.Len() > 0 {
		t.Errorf("in a file is %q", file.String())
	}

	program, screen := openTerminal(t)
	p := NewActivity(program)
	p.Show("1 file, 20 events", 1_000_000)
	time.Sleep(10 * time.Millisecond) // a rate needs some time
	p.Show("2 files, 40 events", 3_000_000)
	p.Clear()
	if _, err := program.WriteString("a line\n"); err != nil {
		t.Fatal(err)
	}
	p.Show("3 files, 60 events", 4_000_000)
	p.Finish()
	if _, err := program.WriteString("the end\n"); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for !strings.Contains(seen.String(), "the end") {
		b := make([]byte, 4096)
		n, err := screen.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(b[:n])
	}
	at := 0
	for _, want := range []string{"1 file, 20 events", "2 files, 40 events", "(3.0 MB, ", " MB/s)", "\ra line", "3 files, 60 events", "\rthe end"} {
		i := strings.Index(seen.String()[at:], want)
		if i < 0 {
			t.Fatalf("on the screen is %q, and there is no %q after byte %d", seen.String(), want, at)
		}
		at += i
	}
}

func TestColumnsAreThoseOfATerminal(t *testing.T) {
	program, _ := openTerminal(t)
	for _, test := range []struct {
		set  uint16
		want int
	}{{132, 132}, {0, 80}} {
		if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: test.set}); err != nil {
			t.Fatal(err)
		}
		if got := Columns(program); got != test.want {
			t.Errorf("a terminal that says %d has %d columns, want %d", test.set, got, test.want)
		}
	}
	if got := Columns(&bytes.Buffer{}); got != 0 {
		t.Errorf("what is not a terminal has %d columns", got)
	}
}
