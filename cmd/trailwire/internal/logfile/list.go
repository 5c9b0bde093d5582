package logfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// StandardInput is the path that stands for standard input.
const StandardInput = "-"

// input is one file to read, or standard input.
type input struct {
	path string
	size int64 // bytes on disk; -1 where that is not known
	// lines says that each line is a record by itself (.ndjson, .jsonl).
	lines bool
	// prose says that there may be lines without JSON.
	prose bool
	// open opens an input that is not on the disk; nil for others.
	open func() (io.ReadCloser, error)
}

// Remote is a file that is not on the disk.
type Remote struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Lister lists what a URL names.
type Lister func(ctx context.Context, url string) ([]Remote, error)

// RemotePrefix is what the paths begin with that a [Lister] is asked for.
const RemotePrefix = "s3://"

// name is how messages call the input.
func (in input) name() string {
	if in.path == StandardInput {
		return "standard input"
	}
	return in.path
}

// listing is what paths name.
type listing struct {
	inputs []input
	aside  map[string]int // files of folders that are not read, by ending
}

// list returns the files that paths name: each file by itself, and of a folder
// those below it that look like logs, in the order of their names. Of a URL those are
// taken whose names say that they are logs: none is fetched to look into it. What cannot be
// looked at goes to problem, with its path. The list ends where ctx does.
func list(ctx context.Context, paths []string, remote Lister, problem func(path string, err error)) listing {
	l := listing{aside: make(map[string]int)}
	for _, path := range paths {
		if ctx.Err() != nil {
			break
		}
		if path == StandardInput {
			l.inputs = append(l.inputs, input{path: path, size: -1})
			continue
		}
		if strings.HasPrefix(path, RemotePrefix) && remote != nil {
			l.remote(ctx, path, remote, problem)
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			problem(path, Reason(err))
			continue
		}
		if !info.IsDir() {
			l.inputs = append(l.inputs, newInput(path, info))
			continue
		}
		before := len(l.inputs)
		l.folder(ctx, path, problem)
		if len(l.inputs) == before && ctx.Err() == nil {
			problem(path, errors.New("no log file in this folder"))
		}
	}
	return l
}

func (l *listing) remote(ctx context.Context, url string, remote Lister, problem func(path string, err error)) {
	files, err := remote(ctx, url)
	if ctx.Err() != nil {
		return
	}
	if err == nil && len(files) == 0 {
		err = errors.New("there is no file whose key begins so")
	}
	if err != nil {
		problem(url, err)
	}
	for _, f := range files {
		kind, sure := kindOf(f.Name)
		if !sure {
			l.aside[ending(f.Name)]++
			continue
		}
		l.inputs = append(l.inputs, input{path: f.Name, size: f.Size, lines: kind == kindLines, open: f.Open})
	}
}

func (l *listing) folder(ctx context.Context, folder string, problem func(path string, err error)) {
	// The walk's own error is always nil: the function returns none.
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err != nil {
			problem(path, Reason(err))
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		info, err := os.Stat(path) // through a symbolic link
		if err != nil {
			problem(path, Reason(err))
			return nil
		}
		// A pipe or a device would be waited for, perhaps for ever.
		if !info.Mode().IsRegular() {
			return nil
		}
		if isAppleDouble(path) {
			l.aside["._ file"]++
			return nil
		}
		in := newInput(path, info)
		if taken, err := isLog(in); err != nil {
			problem(path, err)
		} else if taken {
			l.inputs = append(l.inputs, in)
		} else {
			l.aside[ending(path)]++
		}
		return nil
	})
}

// isAppleDouble reports whether a file of a folder is what macOS keeps beside another on a
// foreign disk: ._app.json has attributes of app.json, and no log (RFC 1740, AppleDouble).
// The first bytes decide too, so that a log of that name is not hidden.
func isAppleDouble(path string) bool {
	if !strings.HasPrefix(filepath.Base(path), "._") {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false // reading it says why
	}
	defer file.Close()
	var begin [4]byte
	_, err = io.ReadFull(file, begin[:])
	return err == nil && string(begin[:]) == "\x00\x05\x16\x07"
}

func newInput(path string, info fs.FileInfo) input {
	kind, _ := kindOf(path)
	in := input{path: path, size: -1, lines: kind == kindLines, prose: kind == kindText}
	if info.Mode().IsRegular() {
		in.size = info.Size()
	}
	return in
}

// kind is what the name of a file says is in it.
type kind uint8

const (
	kindUnknown kind = iota
	kindJSON
	kindLines // a JSON value on each line
	kindText  // lines that may have JSON in them
)

// kindOf tells what the name of a file says is in it, and whether it says so by
// itself: app.log and app.json.1 may be anything, and are looked into.
func kindOf(path string) (k kind, sure bool) {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	bare := withoutRotation(name)
	switch filepath.Ext(bare) {
	case ".json":
		k = kindJSON
	case ".ndjson", ".jsonl":
		k = kindLines
	case ".log", ".txt", ".out", "":
		k = kindText
	}
	return k, (k == kindJSON || k == kindLines) && bare == name
}

// withoutRotation returns a name without the numbers and the date that a rotation
// puts after it: app.log.1, app.log-20260618, app.log.2026-06-18.
func withoutRotation(name string) string {
	for {
		i := strings.LastIndexAny(name, ".-")
		if i <= 0 || strings.Trim(name[i+1:], "0123456789") != "" {
			return name
		}
		name = name[:i]
	}
}

// ending is the ending of a file's name, with the .gz after it.
func ending(path string) string {
	name := strings.ToLower(filepath.Base(path))
	bare := strings.TrimSuffix(name, ".gz")
	return filepath.Ext(withoutRotation(bare)) + strings.TrimPrefix(name, bare)
}

// isLog reports whether a file of a folder is taken for a log: by its name, or where
// that leaves it open by what it begins with.
func isLog(in input) (bool, error) {
	kind, sure := kindOf(in.path)
	if sure || kind == kindUnknown {
		return sure, nil
	}
	c, err := openInput(context.Background(), in, nil, func(int) {})
	if errors.As(err, new(foreignError)) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer c.Close()
	begin, err := io.ReadAll(io.LimitReader(c, sniffed))
	if hasObject(begin) && isText(begin) {
		return true, nil // an error comes again when it is read
	}
	return false, err
}

// sniffed is how many bytes of a file are looked at to see whether it is a log.
const sniffed = 64 << 10

// isText reports whether what a file begins with is text.
func isText(begin []byte) bool {
	return !bytes.ContainsFunc(begin, func(c rune) bool {
		return c < ' ' && !strings.ContainsRune("\t\r\n\x00\x1b\x1e", c)
	})
}

// leftAside returns the files that are not read by ending, the most first.
func (l *listing) leftAside() []terminal.LeftAside {
	var kinds []terminal.LeftAside
	for ending, files := range l.aside {
		kinds = append(kinds, terminal.LeftAside{Ending: ending, Files: files})
	}
	slices.SortFunc(kinds, func(a, b terminal.LeftAside) int {
		if a.Files != b.Files {
			return b.Files - a.Files
		}
		return strings.Compare(a.Ending, b.Ending)
	})
	return kinds
}

// Reason is an error about a file without the file's name, which stands in
// front of every message.
func Reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// byTime puts the files with a time in their names in its order, as CloudTrail names them:
// 111122223333_CloudTrail_eu-west-1_20260618T1200Z_x.json.gz (AWS CloudTrail user guide,
// "CloudTrail log file name format"). Others stay where they are.
func (l *listing) byTime() {
	var at []int
	var named []input
	for i, in := range l.inputs {
		if timeInName(in) != "" {
			at, named = append(at, i), append(named, in)
		}
	}
	slices.SortStableFunc(named, func(a, b input) int { return strings.Compare(timeInName(a), timeInName(b)) })
	for i, in := range named {
		l.inputs[at[i]] = in
	}
}

var nameTime = regexp.MustCompile(`_CloudTrail(?:-[A-Za-z]+)?_[a-z0-9-]+_(\d{8}T\d{4}Z)_`)

// timeInName returns the time in a file's name, in a form that sorts; empty if it has none.
func timeInName(in input) string {
	if m := nameTime.FindStringSubmatch(filepath.Base(in.path)); m != nil {
		return m[1]
	}
	return ""
}
