package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/program"
)

// Bounds of a reason's template.
const (
	maxReason       = 500 // bytes
	maxReasonFields = 16
)

// ReasonPart is a part of the template of a rule's reason: a text, or a field whose value stands there.
type ReasonPart struct {
	Text  string
	Field cloudtrail.Field // if Text is empty
}

// ReasonParts returns the template of the rule's reason in its parts, nil if the rule has none. It
// must not be changed.
func (r *Rule) ReasonParts() []ReasonPart { return r.reason }

// Ask returns what an event has in a field that the template of a reason names.
func (w *View) Ask(event *cloudtrail.Event, f cloudtrail.Field) program.Value {
	w.show(event, nil, nil)
	return w.read(&f)
}

// readReason reads the template of a reason: text with the names of fields in braces. Two braces
// are one in the text.
func (f *ruleFile) readReason(s section, r *Rule) {
	const expected = "a sentence with fields in braces, such as {user.name} stopped a trail"
	v := s.find("reason", tomlText, expected)
	if v == nil {
		return
	}
	r.Reason = v.text
	switch {
	case strings.TrimSpace(v.text) == "":
		f.fail(v.at, "rule.reason is empty: it must be %s", expected)
		return
	case len(v.text) > maxReason:
		f.fail(v.at, "rule.reason has %d bytes: it must have %d at most", len(v.text), maxReason)
		return
	}
	t := reasonTemplate{file: f, v: v}
	t.parse()
	r.reason = t.parts
}

// reasonTemplate is a template being read.
type reasonTemplate struct {
	file   *ruleFile
	v      *tomlValue
	parts  []ReasonPart
	text   strings.Builder // since the last field
	fields int
}

func (t *reasonTemplate) parse() {
	text := t.v.text
	for at := 0; at < len(text) && t.file.err == nil; {
		rest := text[at:]
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			t.text.WriteByte(rest[0])
			at += 2
		case rest[0] == '{':
			name, _, closed := strings.Cut(rest[1:], "}")
			if !closed {
				t.fail(at, "this brace is not closed: a field is written {user.name}, a brace {{")
				return
			}
			t.field(at, strings.TrimSpace(name))
			at += len(name) + 2
		case rest[0] == '}':
			t.fail(at, "this brace closes nothing: a field is written {user.name}, a brace }}")
			return
		default:
			at += t.letter(at, rest)
		}
	}
	t.endText()
}

// letter takes one character of the text, and returns how many bytes it has.
func (t *reasonTemplate) letter(at int, rest string) int {
	c, size := utf8.DecodeRuneInString(rest)
	if !unicode.IsPrint(c) || c == unicode.ReplacementChar {
		t.fail(at, "the character %q cannot be in a reason: it must be one line of printable text", c)
	}
	t.text.WriteRune(c)
	return size
}

// field takes the name of a field.
func (t *reasonTemplate) field(at int, name string) {
	if !cloudtrail.IsKnown(name) {
		hint := ": trailwire rules fields lists those that there are"
		if near := cloudtrail.Suggest(name); near != "" {
			hint = ": did you mean " + near + "?"
		}
		t.fail(at+1, "no CloudTrail event has the field %s%s", shown(name), hint)
		return
	}
	if t.fields++; t.fields > maxReasonFields {
		t.fail(at, "there are more than %d fields", maxReasonFields)
		return
	}
	t.endText()
	t.parts = append(t.parts, ReasonPart{Field: cloudtrail.LookupField(name)})
}

func (t *reasonTemplate) endText() {
	if t.text.Len() > 0 {
		t.parts = append(t.parts, ReasonPart{Text: t.text.String()})
		t.text.Reset()
	}
}

func (t *reasonTemplate) fail(at int, format string, args ...any) {
	t.file.fail(t.v.inside(at), "rule.reason: "+format, args...)
}
