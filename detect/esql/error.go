package esql

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/program"
)

// Error says where a text stops being a query, or which part of a query has no meaning, and why.
// Parse and Compile return no other type.
type Error struct {
	Offset int    // in bytes, from 0
	Line   int    // from 1
	Column int    // in characters, from 1
	Msg    string // what is wrong, in lower case, without the place
	// Unsupported says in a few words what the query needs that this package does not do, as far
	// as anybody can tell without reading on. It is empty for a mistake.
	Unsupported string

	src string
}

// Error is one line: the place and what is wrong there.
func (e *Error) Error() string { return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg) }

// Caret returns the line of the query that the error is in and, under it, a line with a caret under
// the place. The two lines have no newline at the end.
func (e *Error) Caret() string { return program.Caret(e.src, e.Offset) }

func newError(src string, offset int, format string, args ...any) *Error {
	line, column := program.Place(src, offset)
	return &Error{Offset: offset, Line: line, Column: column, Msg: fmt.Sprintf(format, args...), src: src}
}

// needs marks an error as one about something that is not supported.
func (e *Error) needs(what string) *Error {
	e.Unsupported = what
	return e
}
