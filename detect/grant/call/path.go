package call

import (
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// alternatives splits what a row has between " | ".
func alternatives(paths string) []string {
	if paths == "" {
		return nil
	}
	return strings.Split(paths, " | ")
}

// wrappers are the keys under which lists and their items are in some forms of an
// event: EC2's older calls write items, its newer ones tag and content, the Query
// protocol member.
var wrappers = [...]string{"items", "item", "member", "content"}

// maxNesting is deeper than the parameters of any call go. Below it nothing is read,
// so that a value in a value in a value costs no more than an event's size.
const maxNesting = 16

// walker goes along a path.
type walker struct {
	visit  func(value []byte) bool
	isDeep bool // something was too deep to be read
}

// walk calls visit with every value at a path below value until it returns false.
// Keys are compared without regard to case. It returns false if visit did.
func (w *walker) walk(value []byte, path string, depth int) bool {
	if depth > maxNesting {
		w.isDeep = true
		return true
	}
	depth++
	if document.IsArray(value) {
		for items := document.OverArray(value); items.Next(); {
			if !w.walk(items.Value, path, depth) {
				return false
			}
		}
		return true
	}
	if path == "" {
		return w.leaf(value, depth)
	}
	if !document.IsMap(value) {
		return true
	}
	key, rest, _ := strings.Cut(path, ".")
	for pairs := document.OverMap(value); pairs.Next(); {
		name, _ := document.Text(pairs.Key)
		switch {
		case equalFold(name, key):
			if !w.walk(pairs.Value, rest, depth) {
				return false
			}
		case isWrapper(name):
			if !w.walk(pairs.Value, path, depth) {
				return false
			}
		}
	}
	return true
}

// leaf visits a value, or those that a wrapped list has in its place.
func (w *walker) leaf(value []byte, depth int) bool {
	inside := false
	for pairs := document.OverMap(value); pairs.Next(); {
		if name, _ := document.Text(pairs.Key); isWrapper(name) {
			inside = true
			if !w.walk(pairs.Value, "", depth) {
				return false
			}
		}
	}
	return inside || w.visit(value)
}

func isWrapper(name []byte) bool {
	for _, wrapper := range wrappers {
		if string(name) == wrapper {
			return true
		}
	}
	return false
}

// equalFold compares ASCII texts without regard to case.
func equalFold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i := range text {
		if lower(text[i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
