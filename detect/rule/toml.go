package rule

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlValue is a value of a TOML document with its place in the text: what is
// wrong with a rule file is an error with its place.
type tomlValue struct {
	kind    tomlKind
	at      int    // offset of the value; of its key if that is all there is
	raw     []byte // of a text: as it was written, with its quotes
	text    string // of a text; of a number or another scalar, as it was written
	members map[string]*tomlValue
	items   []*tomlValue
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

// parseTOML reads a document. The error is an [*Error].
func parseTOML(file string, text []byte) (*tomlValue, error) {
	// The library's decoder checks what its parser, which knows the places,
	// leaves open: that no key is defined twice. It decodes nothing into an empty structure.
	if err := toml.Unmarshal(text, &struct{}{}); err != nil {
		return nil, notTOML(file, text, err)
	}
	root := &tomlValue{kind: tomlTable}
	var p unstable.Parser
	p.Reset(text)
	table := root
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = root.descend(e.Key())
		case unstable.ArrayTable:
			table = root.descendList(e.Key())
		case unstable.KeyValue:
			table.set(e.Key(), &p, e.Value())
		}
	}
	if err := p.Error(); err != nil {
		return nil, newError(file, text, 0, "the file is not TOML: %s", err)
	}
	if root.mayBeOutOfRange() {
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

// mayBeOutOfRange reports whether something in v is a date, a time, or a number that
// does not fit. Only a decoder that makes values of them sees that. Few rule files have one.
func (v *tomlValue) mayBeOutOfRange() bool {
	switch v.kind {
	case tomlTime, tomlFloat:
		return true
	case tomlInteger:
		if _, ok := v.integer(); !ok {
			return true
		}
	}
	for _, m := range v.members {
		if m.mayBeOutOfRange() {
			return true
		}
	}
	return slices.ContainsFunc(v.items, (*tomlValue).mayBeOutOfRange)
}

// member returns the table under a key, which it makes if there is none. Of
// a list of tables it is the last.
func (v *tomlValue) member(key *unstable.Node) *tomlValue {
	if v.members == nil {
		v.members = make(map[string]*tomlValue)
	}
	name := string(key.Data)
	m := v.members[name]
	if m == nil {
		m = &tomlValue{kind: tomlTable, at: int(key.Raw.Offset)}
		v.members[name] = m
	}
	if n := len(m.items); m.kind == tomlList && n > 0 {
		return m.items[n-1]
	}
	return m
}

// descend returns the table that a header [a.b] names.
func (v *tomlValue) descend(key unstable.Iterator) *tomlValue {
	for key.Next() {
		v = v.member(key.Node())
	}
	return v
}

// descendList returns the table that a header [[a.b]] begins.
func (v *tomlValue) descendList(key unstable.Iterator) *tomlValue {
	for key.Next() {
		if !key.IsLast() {
			v = v.member(key.Node())
			continue
		}
		name, at := string(key.Node().Data), int(key.Node().Raw.Offset)
		if v.members == nil {
			v.members = make(map[string]*tomlValue)
		}
		list := v.members[name]
		if list == nil {
			list = &tomlValue{kind: tomlList, at: at}
			v.members[name] = list
		}
		v = &tomlValue{kind: tomlTable, at: at}
		list.items = append(list.items, v)
	}
	return v
}

// set puts a value under a key, which may be dotted.
func (v *tomlValue) set(key unstable.Iterator, p *unstable.Parser, value *unstable.Node) {
	for key.Next() {
		if !key.IsLast() {
			v = v.member(key.Node())
			continue
		}
		if v.members == nil {
			v.members = make(map[string]*tomlValue)
		}
		v.members[string(key.Node().Data)] = newTOMLValue(p, value, int(key.Node().Raw.Offset))
	}
}

func newTOMLValue(p *unstable.Parser, n *unstable.Node, keyAt int) *tomlValue {
	v := &tomlValue{at: keyAt}
	if n.Raw.Length > 0 {
		v.at, v.raw = int(n.Raw.Offset), p.Raw(n.Raw)
	}
	switch n.Kind {
	case unstable.String:
		v.kind, v.text = tomlText, string(n.Data)
	case unstable.Integer:
		v.kind, v.text = tomlInteger, string(n.Data)
	case unstable.Float:
		v.kind, v.text = tomlFloat, string(n.Data)
	case unstable.Bool:
		v.kind, v.text = tomlBool, string(n.Data)
	case unstable.Array:
		v.kind = tomlList
		for items := n.Children(); items.Next(); {
			if items.Node().Kind != unstable.Comment {
				v.items = append(v.items, newTOMLValue(p, items.Node(), keyAt))
			}
		}
	case unstable.InlineTable:
		v.kind = tomlTable
		for pairs := n.Children(); pairs.Next(); {
			if pair := pairs.Node(); pair.Kind == unstable.KeyValue {
				v.set(pair.Key(), p, pair.Value())
			}
		}
	default:
		v.kind = tomlTime
	}
	return v
}

// get returns the value under a key of a table, nil if there is none.
func (v *tomlValue) get(key string) *tomlValue {
	if v == nil {
		return nil
	}
	return v.members[key]
}

// integer returns the number of an integer.
func (v *tomlValue) integer() (int, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(v.text, "_", ""), 0, 0)
	return int(n), err == nil
}

// inside returns the offset in the document of the byte that is at the offset
// i of a text.
func (v *tomlValue) inside(i int) int {
	raw, at := v.raw, 0
	long := bytes.HasPrefix(raw, []byte(`"""`)) || bytes.HasPrefix(raw, []byte(`'''`))
	escapes := len(raw) > 0 && raw[0] == '"'
	if at = 1; long {
		at = 3
		// A line break right after the quotes is not part of the text.
		if bytes.HasPrefix(raw[at:], []byte("\r\n")) {
			at += 2
		} else if bytes.HasPrefix(raw[at:], []byte("\n")) {
			at++
		}
	}
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
