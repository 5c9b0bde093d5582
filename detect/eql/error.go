package eql

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/program"
)

// SyntaxError says where a text stops being a query, and why. Parse returns no other type.
type SyntaxError struct {
	Offset int    // in bytes, from 0
	Line   int    // from 1
	Column int    // in characters, from 1
	Msg    string // what is wrong, in lower case, without the place
	// SeveralEvents says that the text is EQL, as far as it was read, but asks about several events:
	// it is a sequence, a sample or a join, or has a pipe.
	SeveralEvents bool

	src string
}

// Error is one line: the place and what is wrong there.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// Caret returns the line of the query that the error is in and, under it, a line with a caret under
// the place. The two lines have no newline at the end.
func (e *SyntaxError) Caret() string { return program.Caret(e.src, e.Offset) }

// CompileError says which part of a well-formed query has no meaning, and why: an unknown function,
// an argument of the wrong type, a regular expression that cannot be translated. Compile returns no
// other type.
type CompileError struct {
	Offset int    // in bytes, from 0
	Line   int    // from 1
	Column int    // in characters, from 1
	Msg    string // what is wrong, in lower case, without the place

	src string
}

// Error is one line: the place and what is wrong there.
func (e *CompileError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// Caret returns the line of the query that the error is in and, under it, a line with a caret under
// the place. The two lines have no newline at the end.
func (e *CompileError) Caret() string { return program.Caret(e.src, e.Offset) }

func syntaxError(src string, offset int, format string, args ...any) *SyntaxError {
	line, column := program.Place(src, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Msg: fmt.Sprintf(format, args...), src: src}
}

func compileError(src string, offset int, format string, args ...any) *CompileError {
	line, column := program.Place(src, offset)
	return &CompileError{Offset: offset, Line: line, Column: column, Msg: fmt.Sprintf(format, args...), src: src}
}
