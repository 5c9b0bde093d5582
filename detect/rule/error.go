package rule

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says where a rule file, or another file about a rule, is wrong,
// and why.
type Error struct {
	File   string
	Line   int    // from 1
	Column int    // in characters, from 1
	Msg    string // what is wrong and what was expected, without the place

	// Unsupported says that the rule is well-formed as far as anybody can
	// tell, but of a type that this program does not evaluate.
	Unsupported bool
	// Type is the rule's, as [Rule.Type] has it; empty where the file does not say.
	Type string
	// Kind says in a few words what is not supported, or what is warned of, without
	// the names in one file: errors of one kind have the same words.
	Kind string

	source string // the line
	before string // what is before the place in it
}

// unsupported marks an error as one about a rule that this program does not evaluate.
func (e *Error) unsupported(kind string) { e.Unsupported, e.Kind = true, kind }

func newError(file string, text []byte, at int, format string, args ...any) *Error {
	start := bytes.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	return &Error{
		File:   file,
		Line:   1 + bytes.Count(text[:at], []byte{'\n'}),
		Column: 1 + utf8.RuneCount(text[start:at]),
		Msg:    fmt.Sprintf(format, args...),
		source: strings.TrimRight(string(text[start:end]), "\r"),
		before: string(text[start:at]),
	}
}

// Error is one line: the place and what is wrong there.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// Caret returns the line of the file that the error is in and, under it, a line
// with a caret under the place. The two have no newline at the end.
func (e *Error) Caret() string {
	var b strings.Builder
	b.WriteString(e.source)
	b.WriteByte('\n')
	for _, r := range e.before {
		if r != '\t' {
			r = ' ' // a tab stays one, so that the caret is under its place with any tab width
		}
		b.WriteRune(r)
	}
	b.WriteByte('^')
	return b.String()
}
