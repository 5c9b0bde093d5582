package property

import (
	"errors"
	"strings"

	"github.com/trailwire/trailwire/detect/rule"
)

// Lines returns an error as the lines to log. If it is in a rule file, they
// show its place with a caret.
func Lines(err error) []string {
	lines := []string{err.Error()}
	var at *rule.Error
	if errors.As(err, &at) {
		lines = append(lines, strings.Split(at.Caret(), "\n")...)
	}
	return lines
}
