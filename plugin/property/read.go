package property

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect"
)

// Source answers what the user set. Fluent Bit's plugin instance is one, the
// flags of a command line are another.
type Source interface {
	// Property returns the value of a property, and false where it was not
	// set at all.
	Property(name string) (value string, set bool)
}

// Read reads every property of [Table] from src, with the defaults for those
// that are not set, and loads the rules.
func Read(src Source) (Settings, error) {
	s := Settings{Options: detect.DefaultOptions()}
	for _, p := range Table {
		value, set := src.Property(p.Name)
		if !set {
			continue
		}
		value = strings.TrimSpace(value)
		err := errors.New("the value is empty: leave the property out for its default")
		if value != "" {
			err = p.set(&s, value)
		}
		if err != nil {
			return Settings{}, fmt.Errorf("property %q: %w", p.Name, err)
		}
	}
	var err error
	if s.Options.Rules, err = detect.LoadRules(s.RulePatterns); err != nil {
		return Settings{}, fmt.Errorf("property %q: %w", "rules", err)
	}
	return s, nil
}
