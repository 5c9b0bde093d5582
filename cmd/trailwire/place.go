package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/rule"
)

// caret shows the place of an error in a rule file or a query: the line, and a
// caret under the place. It prints nothing for an error that has no place.
func (p *program) caret(err error) {
	var inRule *rule.Error
	var syntax *eql.SyntaxError
	var meaning *eql.CompileError
	var shown string
	switch {
	case errors.As(err, &inRule):
		shown = inRule.Caret()
	case errors.As(err, &syntax):
		shown = syntax.Caret()
	case errors.As(err, &meaning):
		shown = meaning.Caret()
	default:
		return
	}
	for _, line := range strings.Split(shown, "\n") {
		// A tab is printed as it is: the line with the caret has it too.
		parts := strings.Split(line, "\t")
		for i := range parts {
			parts[i] = printable(parts[i], maxLine)
		}
		fmt.Fprintln(p.err, "  "+strings.Join(parts, "\t"))
	}
}

// flagError is an error about a flag's value, in words that name the flag.
type flagError struct {
	text string
	err  error
}

func (e flagError) Error() string { return e.text }
func (e flagError) Unwrap() error { return e.err }

// warnAll prints lines that stop nothing.
func warnAll(w io.Writer, warnings []string) {
	for _, line := range warnings {
		fmt.Fprintf(w, "trailwire: warning: %s\n", printable(line, maxLine))
	}
}
