package terminal

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Caret shows the place of an error in a rule file or a query: the line, and a
// caret under the place. It prints nothing for an error that has no place.
func Caret(w io.Writer, err error) {
	var placed interface {
		error
		Caret() string
	}
	if !errors.As(err, &placed) {
		return
	}
	for _, line := range strings.Split(placed.Caret(), "\n") {
		// A tab is printed as it is: the line with the caret has it too.
		parts := strings.Split(line, "\t")
		for i := range parts {
			parts[i] = Printable(parts[i], MaxLine)
		}
		fmt.Fprintln(w, "  "+strings.Join(parts, "\t"))
	}
}

// Warn prints warnings, which stop nothing.
func Warn(w io.Writer, warnings []string) {
	for _, line := range warnings {
		fmt.Fprintf(w, "trailwire: warning: %s\n", Printable(line, MaxLine))
	}
}
