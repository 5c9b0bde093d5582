package rule

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlValue is a value of a TOML document with its place in the text: what is
// wrong with a rule file is an error with its place.
type tomlValue struct {
	kind tomlKind
	at   int    // offset of the value; of its key if that is all there is
	key  string // the last part of the key that it is under
	raw  []byte // of a text: as it was written, with its quotes
	text string // of a text; of a number or another scalar, as it was written

	// The members of a table, or the items of a list, are a chain. A rule file has few.
	first, last, next *tomlValue

	isByHeader bool // a table or a list of tables, and headers made it
}

type tomlKind uint8

const (
	tomlText tomlKind = iota
	tomlInteger
	tomlFloat
	tomlBool
	tomlTime
	tomlList
	tomlTable
)

// String names the kind with its article, as errors do.
func (k tomlKind) String() string {
	return [...]string{
		tomlText: "a string", tomlInteger: "an integer", tomlFloat: "a float", tomlBool: "a boolean",
		tomlTime: "a date or time", tomlList: "a list", tomlTable: "a table",
	}[k]
}

// tomlReader reads documents, one after another, into the same memory.
type tomlReader struct {
	parser unstable.Parser
	text   string      // of the document
	all    []tomlValue // the memory of the values
	used   int         // how many of these are in use

	// What the parser does not see, and the library's decoder does.
	mayBeTwice      bool // something is defined that was there
	mayBeOutOfRange bool // a date, a time, a float, or an integer that does not fit
}

var tomlReaders = sync.Pool{New: func() any { return new(tomlReader) }}

// leastValues is how many values there is room for at first: as many as a usual rule file has.
const leastValues = 128

// maxValues is for how many values memory is kept for the next document.
const maxValues = 4096

// release gives the reader back. The values that it made are no longer valid, the texts in them are.
func (r *tomlReader) release() {
	clear(r.all[:r.used])
	if len(r.all) > maxValues {
		r.all = nil
	}
	r.parser.Reset(nil)
	r.text, r.used, r.mayBeTwice, r.mayBeOutOfRange = "", 0, false, false
	tomlReaders.Put(r)
}

// read reads a document. The values in it are valid until the reader is released. The error is
// an [*Error].
//
// The library's decoder goes over the document a second time only where it may find what the
// parser, which knows the places, leaves open.
func (r *tomlReader) read(file string, text []byte) (*tomlValue, error) {
	p := &r.parser
	p.Reset(text)
	r.text = string(text)
	root := r.value(tomlTable, 0)
	root.isByHeader = true
	table := root
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = r.descend(root, e.Key())
		case unstable.ArrayTable:
			table = r.descendList(root, e.Key())
		case unstable.KeyValue:
			r.set(table, e.Key(), e.Value())
		}
	}
	switch err := p.Error(); {
	case err != nil || r.mayBeTwice: // the decoder names the place
		if decoded := toml.Unmarshal(text, &struct{}{}); decoded != nil {
			return nil, notTOML(file, text, decoded)
		} else if err != nil {
			return nil, newError(file, text, 0, "the file is not TOML: %s", err)
		}
	}
	if r.mayBeOutOfRange {
		var ignored map[string]any
		if err := toml.Unmarshal(text, &ignored); err != nil {
			return nil, notTOML(file, text, err)
		}
	}
	return root, nil
}

// notTOML is the error of the library's decoder with its place.
func notTOML(file string, text []byte, err error) *Error {
	at := 0
	var known *toml.DecodeError
	if errors.As(err, &known) {
		line, column := known.Position()
		at, err = offsetOf(text, line, column), known
	}
	return newError(file, text, at, "the file is not TOML: %s", strings.TrimPrefix(err.Error(), "toml: "))
}

// value returns a new value.
func (r *tomlReader) value(kind tomlKind, at int) *tomlValue {
	if r.used == len(r.all) { // the values so far stay where they are
		r.all, r.used = make([]tomlValue, max(2*len(r.all), leastValues)), 0
	}
	v := &r.all[r.used]
	r.used++
	v.kind, v.at = kind, at
	return v
}

// textAt returns a text of the document. Where it is at this place as it is, which it is
// without escapes, it is a part of the document.
func (r *tomlReader) textAt(at int, data []byte) string {
	if end := at + len(data); end <= len(r.text) && r.text[at:end] == string(data) {
		return r.text[at:end]
	}
	return string(data)
}

// add adds a member to a table, or an item to a list.
func (v *tomlValue) add(child *tomlValue) {
	if v.last == nil {
		v.first = child
	} else {
		v.last.next = child
	}
	v.last = child
}

// addUnder adds a member under a key.
func (r *tomlReader) addUnder(v *tomlValue, key *unstable.Node, child *tomlValue) {
	child.key = r.textAt(int(key.Raw.Offset), key.Data)
	v.add(child)
}

// member returns the table under a part of a key, which it makes if there is none. Of
// a list of tables it is the last. One that is there can be used again by headers alone.
func (r *tomlReader) member(v *tomlValue, key *unstable.Node, byHeader bool) *tomlValue {
	m := v.named(key.Data)
	if m == nil {
		m = r.value(tomlTable, int(key.Raw.Offset))
		m.isByHeader = byHeader
		r.addUnder(v, key, m)
		return m
	}
	r.mayBeTwice = r.mayBeTwice || !m.isByHeader || !byHeader
	if m.kind == tomlList && m.last != nil {
		return m.last
	}
	return m
}

// descend returns the table that a header [a.b] names.
func (r *tomlReader) descend(v *tomlValue, key unstable.Iterator) *tomlValue {
	for key.Next() {
		r.mayBeTwice = r.mayBeTwice || key.IsLast() && v.named(key.Node().Data) != nil
		v = r.member(v, key.Node(), true)
	}
	return v
}

// descendList returns the table that a header [[a.b]] begins.
func (r *tomlReader) descendList(v *tomlValue, key unstable.Iterator) *tomlValue {
	for key.Next() {
		if !key.IsLast() {
			v = r.member(v, key.Node(), true)
			continue
		}
		at := int(key.Node().Raw.Offset)
		list := v.named(key.Node().Data)
		if list == nil {
			list = r.value(tomlList, at)
			list.isByHeader = true
			r.addUnder(v, key.Node(), list)
		}
		r.mayBeTwice = r.mayBeTwice || !list.isByHeader || list.kind != tomlList
		v = r.value(tomlTable, at)
		v.isByHeader = true
		list.add(v)
	}
	return v
}

// set puts a value under a key, which may be dotted.
func (r *tomlReader) set(v *tomlValue, key unstable.Iterator, value *unstable.Node) {
	for key.Next() {
		if !key.IsLast() {
			v = r.member(v, key.Node(), false)
			continue
		}
		r.mayBeTwice = r.mayBeTwice || v.named(key.Node().Data) != nil
		r.addUnder(v, key.Node(), r.valueOf(value, int(key.Node().Raw.Offset)))
	}
}

// valueOf returns the value that the parser found after a key.
func (r *tomlReader) valueOf(n *unstable.Node, keyAt int) *tomlValue {
	v := r.value(tomlTime, keyAt)
	if n.Raw.Length > 0 {
		v.at, v.raw = int(n.Raw.Offset), r.parser.Raw(n.Raw)
	}
	switch n.Kind {
	case unstable.String:
		v.kind, v.text = tomlText, r.textAt(v.at+opening(v.raw), n.Data)
	case unstable.Integer:
		v.kind, v.text = tomlInteger, r.textAt(v.at, n.Data)
		if _, ok := v.integer(); !ok {
			r.mayBeOutOfRange = true
		}
	case unstable.Float:
		v.kind, v.text, r.mayBeOutOfRange = tomlFloat, r.textAt(v.at, n.Data), true
	case unstable.Bool:
		v.kind, v.text = tomlBool, r.textAt(v.at, n.Data)
	case unstable.Array:
		v.kind = tomlList
		for items := n.Children(); items.Next(); {
			if items.Node().Kind != unstable.Comment {
				v.add(r.valueOf(items.Node(), keyAt))
			}
		}
	case unstable.InlineTable:
		v.kind = tomlTable
		for pairs := n.Children(); pairs.Next(); {
			if pair := pairs.Node(); pair.Kind == unstable.KeyValue {
				r.set(v, pair.Key(), pair.Value())
			}
		}
	default:
		r.mayBeOutOfRange = true
	}
	return v
}

// get returns the value under a key of a table, nil if there is none.
func (v *tomlValue) get(key string) *tomlValue {
	if v == nil || v.kind != tomlTable {
		return nil
	}
	for m := v.first; m != nil; m = m.next {
		if m.key == key {
			return m
		}
	}
	return nil
}

// named is get for a part of a key as the parser has it.
func (v *tomlValue) named(key []byte) *tomlValue {
	if v.kind != tomlTable {
		return nil
	}
	for m := v.first; m != nil; m = m.next {
		if m.key == string(key) {
			return m
		}
	}
	return nil
}

// integer returns the number of an integer.
func (v *tomlValue) integer() (int, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(v.text, "_", ""), 0, 0)
	return int(n), err == nil
}

// inside returns the offset in the document of the byte that is at the offset
// i of a text.
func (v *tomlValue) inside(i int) int {
	raw, at := v.raw, opening(v.raw)
	escapes := len(raw) > 0 && raw[0] == '"'
	for i > 0 && at < len(raw) {
		if !escapes || raw[at] != '\\' {
			at++
			i--
			continue
		}
		read, written := tomlEscape(raw[at:])
		at += read
		i -= written
	}
	for escapes && at+1 < len(raw) && raw[at] == '\\' { // nothing is written by the end of a line
		read, written := tomlEscape(raw[at:])
		if written > 0 {
			break
		}
		at += read
	}
	return v.at + min(at, len(raw))
}

// opening is how many bytes come before a text: its quotes. A line break right after three of them
// is not part of the text.
func opening(raw []byte) int {
	if !bytes.HasPrefix(raw, []byte(`"""`)) && !bytes.HasPrefix(raw, []byte(`'''`)) {
		return 1
	}
	switch {
	case bytes.HasPrefix(raw[3:], []byte("\r\n")):
		return 5
	case bytes.HasPrefix(raw[3:], []byte("\n")):
		return 4
	}
	return 3
}

// tomlEscape returns how many bytes the escape at the start of raw has, and how
// many it decodes to. A backslash at the end of a line decodes to nothing, and
// takes the white space after it along.
func tomlEscape(raw []byte) (read, written int) {
	if len(raw) < 2 {
		return len(raw), 1
	}
	digits := 0
	switch raw[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case ' ', '\t', '\r', '\n':
		rest := bytes.TrimLeft(raw[1:], " \t\r\n")
		return len(raw) - len(rest), 0
	default:
		return 2, 1
	}
	if len(raw) < 2+digits {
		return len(raw), 1
	}
	r, err := strconv.ParseUint(string(raw[2:2+digits]), 16, 32)
	if err != nil {
		return 2 + digits, 1
	}
	return 2 + digits, max(utf8.RuneLen(rune(r)), 1)
}

// offsetOf returns the offset of a line and a column, both from 1, the column
// in bytes.
func offsetOf(text []byte, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return min(at+max(column-1, 0), len(text))
}
