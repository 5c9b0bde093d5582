package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Mark is how far a walk has come, in a file. It is for one walk at a time.
type Mark struct {
	path string
	at   place
}

// place is what the file holds.
type place struct {
	Of  string `json:"of"`  // what is walked
	Key string `json:"key"` // the last object that is settled, with all before it
}

// OpenMark reads the mark in the file path of a walk over of. Without a path it is kept
// for the walk alone. A file of another walk is an error: its mark would pass over what
// was never read.
func OpenMark(path, of string) (*Mark, error) {
	m := &Mark{path: path, at: place{Of: of}}
	if path == "" {
		return m, nil
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, nil
	case err != nil:
		return nil, err
	}
	var at place
	if err := json.Unmarshal(text, &at); err != nil || at.Of == "" {
		return nil, fmt.Errorf("%s is not a mark of a walk", path)
	}
	if at.Of != of {
		return nil, fmt.Errorf("%s is the mark of a walk over %s", path, at.Of)
	}
	m.at = at
	return m, nil
}

// Key returns the key of the last object that is settled, empty at the beginning.
func (m *Mark) Key() string { return m.at.Key }

// Move moves the mark to a key. The file is whole at any time.
func (m *Mark) Move(key string) error {
	m.at.Key = key
	if m.path == "" {
		return nil
	}
	text, err := json.Marshal(m.at)
	if err != nil {
		return err
	}
	return replace(m.path, text)
}

// replace writes a file in one step.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
