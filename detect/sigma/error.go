package sigma

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/program"
)

// Error says where a rule is wrong, and why. This package returns no other type.
type Error struct {
	Offset int    // in bytes, from 0
	Msg    string // what is wrong, in lower case, without the place
	// Unsupported says that the rule is a Sigma rule as far as anybody can tell, and asks for
	// something that this package does not do.
	Unsupported bool

	source string
}

// Error is one line: the place and what is wrong there.
func (e *Error) Error() string {
	line, column := program.Place(e.source, e.Offset)
	return fmt.Sprintf("line %d, column %d: %s", line, column, e.Msg)
}

// Caret returns the line of the file that the error is in and, under it, a line with a caret under
// the place. The two lines have no newline at the end.
func (e *Error) Caret() string { return program.Caret(e.source, e.Offset) }
