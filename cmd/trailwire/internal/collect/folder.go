package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Disk is the store of local files.
type Disk struct{}

// Open implements [Store].
func (Disk) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	f, err := os.Open(o.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrGone
	case errors.Is(err, fs.ErrPermission):
		return nil, ErrDenied
	}
	return f, err
}

// quiet is how long a file must not have changed before it is read: it may be on its
// way into the folder.
const quiet = 5 * time.Second

// Folder follows a folder: it delivers each log file below it, and looks for new ones
// every so often until the context ends. A file is delivered once, or again after it has
// changed. What was delivered is kept in seen, also beyond the process. An error says that
// the folder cannot be read at the start; later that is told of.
//
// Log files are those whose names end in .json, .ndjson or .jsonl, with .gz or without. A
// file that grows is not one: it would be delivered whole each time.
func (c *Collector) Folder(ctx context.Context, folder string, seen *Seen, every time.Duration) error {
	for first := true; ; first = false {
		switch err := c.lookInto(ctx, folder, seen); {
		case err != nil && first:
			return err
		case err != nil: // a disk that is not there for some time
			c.log.say("folder", err.Error())
		}
		c.sleep(ctx, every)
		if ctx.Err() != nil {
			return nil
		}
	}
}

func (c *Collector) lookInto(ctx context.Context, folder string, seen *Seen) error {
	there := make(map[string]bool)
	whole := true
	err := eachLog(folder, func(o Object, modified time.Time) error {
		there[name(o)] = true
		if c.now().Sub(modified) >= quiet && !seen.Has(o) && c.Object(ctx, o).settled() {
			if err := seen.Add(o); err != nil {
				return err
			}
		}
		return ctx.Err()
	}, func(path string, err error) {
		whole = false
		c.log.say("folder", path+": "+err.Error())
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	c.health.received(c.now())
	if whole {
		seen.Keep(there)
	}
	return nil
}

// List calls visit with the files that Folder would deliver.
func List(folder string, seen *Seen, visit func(o Object)) (err error) {
	walked := eachLog(folder, func(o Object, _ time.Time) error {
		if !seen.Has(o) {
			visit(o)
		}
		return nil
	}, func(path string, problem error) { err = errors.Join(err, fmt.Errorf("%s: %w", path, problem)) })
	return errors.Join(walked, err)
}

// eachLog calls visit with each log file below a folder, in the order of their names. What
// cannot be looked at goes to problem and does not stop the rest; an error of visit does.
func eachLog(folder string, visit func(o Object, modified time.Time) error, problem func(path string, err error)) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil && path == folder {
			return err
		}
		if err != nil {
			problem(path, err)
			return nil
		}
		if !entry.Type().IsRegular() || !isLogName(entry.Name()) {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil // it has just gone
		}
		return visit(Object{
			Key: path, Size: info.Size(),
			Change: fmt.Sprintf("%d %d", info.ModTime().UnixNano(), info.Size()),
		}, info.ModTime())
	})
}

// isLogName reports whether a file's name is that of a log. Names that begin with a dot
// are of files that are being written, or of an editor.
func isLogName(name string) bool {
	bare := strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch filepath.Ext(bare) {
	case ".json", ".ndjson", ".jsonl":
		return !strings.HasPrefix(name, ".")
	}
	return false
}
