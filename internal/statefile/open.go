package statefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/trailwire/trailwire/detect/state"
)

// patience is how long a start waits for another process to let go of the file.
const patience = 2 * time.Second

// attempts is how often a file may be opened in vain: if the process ends each time while
// it reads the file, the file is what ends it.
const attempts = 3

// The endings of files beside the one with the state.
const (
	asideEnding   = ".broken"
	openingEnding = ".opening"
)

// errForeign says that a file is not ours.
var errForeign = errors.New("it is not a state file")

// open opens a file. If its content cannot be used it is set aside, and warning says so.
func open(path string, limit int64, now time.Time) (s *store, warning string, err error) {
	file, err := lock(path)
	if err != nil {
		return nil, "", err
	}
	s, unusable, err := read(path, file, limit, now)
	if err != nil || unusable == nil {
		return s, "", err
	}
	if err := os.Rename(path, path+asideEnding); err != nil {
		return nil, "", fmt.Errorf("%w, and cannot be set aside: %w", unusable, err)
	}
	_ = os.Remove(path + openingEnding)
	if file, err = lock(path); err != nil {
		return nil, "", err
	}
	s, again, err := read(path, file, limit, now)
	if err = errors.Join(err, again); err != nil {
		return nil, "", err
	}
	return s, fmt.Sprintf("property %q: %q cannot be read (%v): it is now %q, and the rules begin with an empty memory",
		"state_path", path, unusable, path+asideEnding), nil
}

// lock opens a file, or makes it, for this process alone.
func lock(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file: name the file to keep the state in, in a folder that is there")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, reason(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if time.Now().After(deadline) {
			_ = file.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, errors.New("another process uses this file: each needs one of its own")
			}
			return nil, err
		}
	}
}

// release lets go of a file that lock has opened. A database that is broken may still
// have it mapped, which keeps the lock although the file is closed.
func release(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
	_ = file.Close()
}

// reason returns an error without the path, which is named already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// read reads a file that is locked, and takes it over. unusable says why its content
// cannot be used; the file is closed then.
func read(path string, file *os.File, limit int64, now time.Time) (s *store, unusable, err error) {
	// bbolt maps the file into memory: a part that is not there, or a number that points
	// nowhere, is a fault and not an error. What can be told before is checked before.
	if unusable, err = suspect(path, file); unusable != nil || err != nil {
		release(file)
		return nil, unusable, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			release(file)
			s, unusable, err = nil, fmt.Errorf("%v", r), nil
		}
	}()
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		FreelistType: bolt.FreelistMapType, NoStatistics: true,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return file, nil },
	})
	if err != nil {
		release(file)
		return nil, err, nil
	}
	memory, unusable := restore(db, limit, now)
	if unusable != nil {
		_ = db.Close()
		return nil, unusable, nil
	}
	_ = os.Remove(path + openingEnding)
	s = &store{path: path, file: file, db: db, memory: memory}
	memory.Notify(s.changed)
	return s, nil, nil
}

// suspect says why a file had better not be read. If it may be, the attempt is noted.
func suspect(path string, file *os.File) (unusable, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, reason(err)
	}
	if info.Size() == 0 {
		return nil, nil
	}
	if info.Size() < wanted(file) {
		return errors.New("a part of it is missing"), nil
	}
	if info, err := os.Stat(path + openingEnding); err == nil && info.Size() >= attempts {
		return fmt.Errorf("the last %d starts have ended while they read it", attempts), nil
	}
	opening, err := os.OpenFile(path+openingEnding, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, reason(err)
	}
	_, err = opening.Write([]byte{'.'})
	return nil, errors.Join(err, opening.Close())
}

// wanted is how many bytes a database has by what its two meta pages say (bbolt's file
// format, version 2). It is zero for a file without one: bbolt says so itself.
func wanted(file *os.File) (bytes int64) {
	for page := range int64(2) {
		const header = 16
		var meta [header + 64]byte
		if _, err := file.ReadAt(meta[:], page*int64(os.Getpagesize())); err != nil {
			continue
		}
		if binary.NativeEndian.Uint32(meta[header:]) != 0xED0CDAED {
			continue
		}
		size, pages := binary.NativeEndian.Uint32(meta[header+8:]), binary.NativeEndian.Uint64(meta[header+40:])
		if pages < 1<<40 {
			bytes = max(bytes, int64(pages)*int64(size))
		}
	}
	return bytes
}

// restore reads the memory in a database. A database that is empty has an empty one.
func restore(db *bolt.DB, limit int64, now time.Time) (m *state.Memory, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		ours := tx.Bucket(bucketName)
		if ours == nil {
			if name, _ := tx.Cursor().First(); name != nil {
				return errForeign
			}
			m = state.New(limit)
			return nil
		}
		pages := ours.Bucket(pagesName)
		if pages == nil {
			return errForeign
		}
		whole := true
		m, err = state.Restore(limit, ours.Get(headerKey), func(yield func(uint32, []byte) bool) {
			c := pages.Cursor()
			for key, data := c.First(); key != nil; key, data = c.Next() {
				if whole = len(key) == 4; !whole || !yield(binary.BigEndian.Uint32(key), data) {
					return
				}
			}
		}, now)
		if !whole {
			return errForeign
		}
		return err
	})
	return m, err
}

// pageKey is the key of a page: in the order of the numbers.
func pageKey(page uint32) []byte { return binary.BigEndian.AppendUint32(nil, page) }
