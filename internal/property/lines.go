package property

import (
	"errors"
	"strings"

	"github.com/trailwire/trailwire/detect/rule"
)

// Lines returns an error as the lines to log: what is wrong and, where that is
// in a rule file, the line it is in with a caret under the place.
func Lines(err error) []string {
	lines := []string{err.Error()}
	var at *rule.Error
	if errors.As(err, &at) {
		lines = append(lines, strings.Split(at.Caret(), "\n")...)
	}
	return lines
}
