package call

import (
	"iter"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// alternatives goes through what a row has between " | ".
func alternatives(paths string) iter.Seq[string] {
	return func(yield func(path string) bool) {
		for more := paths != ""; more; {
			var path string
			if path, paths, more = strings.Cut(paths, " | "); !yield(path) {
				return
			}
		}
	}
}

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

// from is walk for an object.
func (w *walker) from(o *object, path string) bool {
	if o.members == nil {
		return w.walk(o.value, path, 0)
	}
	key, rest, _ := strings.Cut(path, ".")
	for i := range o.members {
		switch m := &o.members[i]; {
		case equalFold(m.name, key):
			if !w.walk(m.value, rest, 1) {
				return false
			}
		case isWrapper(m.name):
			if !w.walk(m.value, path, 1) {
				return false
			}
		}
	}
	return true
}

func (w *walker) fromEach(objects []object, path string) bool {
	for i := range objects {
		if !w.from(&objects[i], path) {
			return false
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

// isWrapper reports whether under a key are lists and their items in some forms of an
// event: EC2's older calls write items, its newer ones tag and content, the Query
// protocol member.
func isWrapper(name []byte) bool {
	switch string(name) {
	case "items", "item", "member", "content":
		return true
	}
	return false
}

// equalFold compares ASCII texts without regard to case.
func equalFold[T string | []byte](text []byte, word T) bool {
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
