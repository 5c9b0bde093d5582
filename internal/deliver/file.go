package deliver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// file appends alerts to a file, as lines of JSON.
//
// A delivery is written as a whole or not at all: if it does not fit, the part
// that was written is removed. Instances and processes that append to one file
// wait for each other, by a lock on the file. If the machine went down in the middle of a
// line, that line is ended before the next one.
type file struct {
	path string

	mu   sync.Mutex
	open *os.File // nil if it is not
}

// Deliver implements [Destination].
func (d *file) Deliver(ctx context.Context, alerts []Alert) (delivered int, err error) {
	lines := appendLines(nil, alerts)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.reopen(); err != nil {
		return 0, withoutPath(err)
	}
	if err := lockFile(ctx, d.open); err != nil {
		return 0, err
	}
	defer unlock(d.open)
	if err := appendWhole(d.open, lines); err != nil {
		return 0, withoutPath(err)
	}
	return len(alerts), nil
}

// reopen opens the file, also if another one (or none) has its name now.
func (d *file) reopen() error {
	if d.open != nil {
		have, err := d.open.Stat()
		named, namedErr := os.Stat(d.path)
		if err == nil && namedErr == nil && os.SameFile(have, named) {
			return nil
		}
		d.open.Close()
		d.open = nil
	}
	f, err := os.OpenFile(d.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	d.open = f
	return nil
}

// lockFile waits for others that write to the file. A file system that has no
// locks is not asked twice.
func lockFile(ctx context.Context, f *os.File) error {
	for isLocked(f) {
		select {
		case <-ctx.Done():
			return errors.New("another process has it locked")
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// appendWhole appends lines to f, or leaves f as it was.
func appendWhole(f *os.File, lines []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	regular := info.Mode().IsRegular()
	if regular && size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err == nil && last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	n, err := f.Write(lines)
	if err == nil || !regular || n == 0 {
		return err
	}
	// Not if a program that ignores locks has appended since.
	if info, statErr := f.Stat(); statErr == nil && info.Size() == size+int64(n) {
		_ = f.Truncate(size)
	}
	return err
}

// withoutPath leaves out of an error the path that the log line has already.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// String implements [Destination].
func (d *file) String() string { return "file://" + d.path }

// Close implements [Destination].
func (d *file) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		return nil
	}
	err := d.open.Close()
	d.open = nil
	return err
}
