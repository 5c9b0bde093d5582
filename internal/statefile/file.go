package statefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/trailwire/trailwire/detect/state"
)

// Interval is how long after a change it is written.
const Interval = 5 * time.Second

// batch is how many pages are written in one transaction, some megabytes.
const batch = 1024

// Owner says who uses a file: an instance's name, and the configuration that it belongs
// to. Two instances of one configuration cannot use one file.
type Owner struct {
	Name          string
	Configuration uintptr // zero if it is not known
}

// follows reports whether an owner takes the place of another one at a hot reload.
func (o Owner) follows(other Owner) bool {
	if o.Configuration != 0 && other.Configuration != 0 {
		return o.Configuration != other.Configuration
	}
	return o.Name == other.Name
}

// File is an instance's share in a file.
type File struct {
	store *store
	owner Owner
	once  sync.Once
}

// store is a file that is open in this process.
type store struct {
	path   string // as it was given
	file   *os.File
	db     *bolt.DB
	memory *state.Memory
	users  []*File // guarded by stores

	saving  sync.Mutex // held while something is written
	closed  bool
	broken  error // a panic of the database
	failed  atomic.Uint64
	trouble atomic.Pointer[error]
	told    atomic.Int64 // when a line about trouble may come next
}

// stores are the files that are open in this process, by their absolute path.
var stores = struct {
	sync.Mutex
	byPath map[string]*store
}{byPath: make(map[string]*store)}

// Open opens the file at a path, or makes it. The memory in it holds so many bytes at most
// ([state.New]). A file that is not one of ours, or is broken, is set aside: warning says
// so, and the memory is empty.
//
// An error is one line: who else uses the file, or why it cannot be used.
func Open(path string, owner Owner, limit int64, now time.Time) (f *File, warning string, err error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, "", fmt.Errorf("%q: %w", path, err)
	}
	stores.Lock()
	defer stores.Unlock()
	s := stores.byPath[absolute]
	if s == nil {
		if s, warning, err = open(path, limit, now); err != nil {
			return nil, "", fmt.Errorf("%q: %w", path, err)
		}
		stores.byPath[absolute] = s
	}
	for _, other := range s.users {
		if !owner.follows(other.owner) {
			return nil, "", fmt.Errorf("%q: %s uses this file already: each instance needs one of its own", path, other.owner.Name)
		}
	}
	s.memory.SetLimit(limit)
	f = &File{store: s, owner: owner}
	s.users = append(s.users, f)
	return f, warning, nil
}

// Memory returns the memory that the file keeps.
func (f *File) Memory() *state.Memory { return f.store.memory }

// Failed returns how often the file could not be written. On a nil File it is zero.
func (f *File) Failed() uint64 {
	if f == nil {
		return 0
	}
	return f.store.failed.Load()
}

// Trouble returns the line to log if the file could not be written since the last line.
// It is due once a minute at most.
func (f *File) Trouble() (line string, due bool) {
	if f == nil {
		return "", false
	}
	err := f.store.trouble.Load()
	now := time.Now().UnixNano()
	next := f.store.told.Load()
	if err == nil || now < next || !f.store.told.CompareAndSwap(next, now+int64(time.Minute)) {
		return "", false
	}
	f.store.trouble.Store(nil)
	return fmt.Sprintf("what rules remember cannot be kept in %q: %v (%d times so far)", f.store.path, *err, f.store.failed.Load()), true
}

// Close ends an instance's share. The last one writes what has changed and closes the
// file. On a nil File it does nothing.
func (f *File) Close() {
	if f == nil {
		return
	}
	f.once.Do(func() {
		stores.Lock()
		defer stores.Unlock()
		s := f.store
		for i, other := range s.users {
			if other == f {
				s.users = append(s.users[:i:i], s.users[i+1:]...)
				break
			}
		}
		if len(s.users) > 0 {
			return
		}
		for path, other := range stores.byPath {
			if other == s {
				delete(stores.byPath, path)
			}
		}
		s.close()
	})
}

// changed is told of the first change. The memory is locked meanwhile.
func (s *store) changed() { time.AfterFunc(interval, s.save) }

// interval is [Interval]; tests have less patience.
var interval = Interval

// save writes what has changed.
func (s *store) save() {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.closed {
		return
	}
	s.write()
	s.memory.Notify(s.changed)
}

// write writes all that has changed, a batch at a time. What it cannot write stays changed.
func (s *store) write() {
	for more := true; more; {
		var err error
		if more, err = s.writeBatch(); err != nil {
			s.failed.Add(1)
			s.trouble.Store(&err)
			return
		}
	}
}

// The names in the database.
var (
	bucketName = []byte("trailwire state 1")
	pagesName  = []byte("pages")
	headerKey  = []byte("header")
)

func (s *store) writeBatch() (more bool, err error) {
	if s.broken != nil {
		return false, s.broken
	}
	undo := func() {}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			s.broken = fmt.Errorf("the file is broken (%v): it is set aside at the next start", r)
			err = s.broken
		}
		if err != nil && !errors.Is(err, errNothing) {
			undo()
		}
		if errors.Is(err, errNothing) {
			err = nil
		}
	}()
	err = s.db.Update(func(tx *bolt.Tx) error {
		ours, err := tx.CreateBucketIfNotExists(bucketName)
		if err != nil {
			return err
		}
		pages, err := ours.CreateBucketIfNotExists(pagesName)
		if err != nil {
			return err
		}
		pages.FillPercent = 0.9 // pages come in order at first, and stay where they are
		var header []byte
		header, undo, err = s.memory.Save(batch, func(page uint32, data []byte) error { return pages.Put(pageKey(page), data) })
		if err != nil {
			return err
		}
		if header == nil {
			return errNothing
		}
		more = true
		return ours.Put(headerKey, header)
	})
	return more && err == nil, err
}

// errNothing ends a transaction in which there is nothing to write.
var errNothing = errors.New("nothing has changed")

// close writes what has changed, and closes the database.
func (s *store) close() {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.closed = true
	s.write()
	if s.broken == nil {
		_ = s.db.Close()
	}
	release(s.file)
}
