package collect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Seen knows the files of a folder that were delivered, in a file of a line each: the
// change and the path. It is for one goroutine.
type Seen struct {
	path  string // empty: for this process alone
	known map[string]string
	lines int // in the file, of which later ones hold
}

const seenHeader = "trailwire collect: files that were delivered\n"

// OpenSeen reads the file path, if there is one. A line that is cut off is not one.
func OpenSeen(path string) (*Seen, error) {
	s := &Seen{path: path, known: make(map[string]string)}
	if path == "" {
		return s, nil
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, s.rewrite()
	case err != nil:
		return nil, err
	case len(text) > 0 && !bytes.HasPrefix(text, []byte(seenHeader)):
		return nil, fmt.Errorf("%s is not a list of delivered files", path)
	}
	lines := bufio.NewReader(bytes.NewReader(text[min(len(text), len(seenHeader)):]))
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		if change, file, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			s.known[file] = change
			s.lines++
		}
	}
	return s, s.rewrite()
}

// Has reports whether this content of a file was delivered.
func (s *Seen) Has(o Object) bool { return s.known[name(o)] == o.Change }

// name is a path without what would end its line.
func name(o Object) string {
	return strings.NewReplacer("\n", "\\n", "\t", "\\t").Replace(o.Key)
}

// Add notes that a file was delivered.
func (s *Seen) Add(o Object) error {
	s.known[name(o)] = o.Change
	if s.path == "" {
		return nil
	}
	s.lines++
	f, err := os.OpenFile(s.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(o.Change + "\t" + name(o) + "\n")
	return errors.Join(err, f.Close())
}

// Keep forgets the files that are not there any more, and writes the list anew where
// most of it is about those.
func (s *Seen) Keep(there map[string]bool) {
	for file := range s.known {
		if !there[file] {
			delete(s.known, file)
		}
	}
	if s.path != "" && s.lines > 2*len(s.known)+1000 {
		_ = s.rewrite() // the longer list is as good
	}
}

func (s *Seen) rewrite() error {
	b := []byte(seenHeader)
	for file, change := range s.known {
		b = append(b, change+"\t"+file+"\n"...)
	}
	if err := replace(s.path, b); err != nil {
		return err
	}
	s.lines = len(s.known)
	return nil
}
