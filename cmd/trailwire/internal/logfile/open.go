package logfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// StandardInput is the path that stands for standard input.
const StandardInput = "-"

// input is one file to read, or standard input.
type input struct {
	path string
	size int64 // bytes on disk; -1 where that is not known
	// lines says that each line is a record by itself (.ndjson, .jsonl).
	lines bool
}

// name is how messages call the input.
func (in input) name() string {
	if in.path == StandardInput {
		return "standard input"
	}
	return in.path
}

// hasLogExtension reports whether a file in a folder is taken for a log.
func hasLogExtension(path string) bool {
	switch filepath.Ext(withoutGzip(path)) {
	case ".json", ".ndjson", ".jsonl":
		return true
	}
	return false
}

// isLineOriented reports whether a file's name says that it has a record a
// line. One that has, and is called .json, is read all the same.
func isLineOriented(path string) bool {
	switch filepath.Ext(withoutGzip(path)) {
	case ".ndjson", ".jsonl":
		return true
	}
	return false
}

func withoutGzip(path string) string { return strings.TrimSuffix(strings.ToLower(path), ".gz") }

// listInputs returns the files that paths name: each file by itself, and of a
// folder those below it that look like logs, in the order of their names. What
// cannot be looked at goes to problem, with its path.
func listInputs(paths []string, problem func(path string, err error)) []input {
	var inputs []input
	for _, path := range paths {
		if path == StandardInput {
			inputs = append(inputs, input{path: path, size: -1})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			problem(path, Reason(err))
			continue
		}
		if !info.IsDir() {
			inputs = append(inputs, newInput(path, info))
			continue
		}
		found := listFolder(path, problem)
		if len(found) == 0 {
			problem(path, errors.New("no .json, .ndjson or .jsonl file (or such a file with .gz) in this folder"))
		}
		inputs = append(inputs, found...)
	}
	return inputs
}

func listFolder(folder string, problem func(path string, err error)) []input {
	var inputs []input
	// The walk's own error is always nil: the function returns none.
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			problem(path, Reason(err))
			return nil
		}
		if entry.IsDir() || !hasLogExtension(path) {
			return nil
		}
		info, err := os.Stat(path) // through a symbolic link
		if err != nil {
			problem(path, Reason(err))
			return nil
		}
		// A pipe or a device would be waited for, perhaps for ever.
		if info.Mode().IsRegular() {
			inputs = append(inputs, newInput(path, info))
		}
		return nil
	})
	return inputs
}

func newInput(path string, info fs.FileInfo) input {
	in := input{path: path, size: -1, lines: isLineOriented(path)}
	if info.Mode().IsRegular() {
		in.size = info.Size()
	}
	return in
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

// content is what an input holds, decompressed.
type content struct {
	io.Reader
	file io.Closer
}

// Close closes the file. Standard input stays open.
func (c content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// openInput opens an input. Gzip is known by its first bytes, whatever the file
// is called. read is told how many bytes came from the disk.
func openInput(in input, stdin io.Reader, read func(n int)) (content, error) {
	var c content
	source := stdin
	if in.path != StandardInput {
		file, err := os.Open(in.path)
		if err != nil {
			return content{}, Reason(err)
		}
		source, c.file = file, file
	}
	buffered := bufio.NewReaderSize(&countingReader{source, read}, readSize)
	c.Reader = buffered
	// An error here comes again with the first read.
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			_ = c.Close()
			return content{}, fmt.Errorf("not gzip although it begins so: %w", plain(err))
		}
		c.Reader = gzipReader{unzipped}
	}
	return c, nil
}

// readSize is how many bytes are asked for at a time.
const readSize = 256 << 10

type countingReader struct {
	r    io.Reader
	read func(n int)
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.read(n)
	return n, err
}

// gzipReader says of an error that it is the compression's.
type gzipReader struct{ r io.Reader }

func (g gzipReader) Read(b []byte) (int, error) {
	n, err := g.r.Read(b)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("gzip: %w", plain(err))
	}
	return n, err
}

// plain says in words what the errors of io and gzip mean for a file.
func plain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the file is cut off")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("what follows is no gzip")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the checksum is wrong")
	}
	return err
}
