package property

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// Source is what the user set: a plugin instance of Fluent Bit, or the flags of
// a command line.
type Source interface {
	// Property returns the value of a property, and whether it was set.
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
		if err := p.read(value, func(v string) error { return p.set(&s, v) }); err != nil {
			return Settings{}, err
		}
	}
	if _, set := src.Property("alert_key"); set && s.Options.AlertFormat != alert.FormatNative {
		return Settings{}, fmt.Errorf("property %q: it has no meaning with alert_format ecs or ocsf, which say where an alert goes: leave it out", "alert_key")
	}
	var err error
	if s.Options.Exceptions.Accounts, err = resolve(s.Options.Exceptions.Accounts, s.Options.KnownAccounts); err != nil {
		return Settings{}, fmt.Errorf("property %q: %w", "trusted_accounts", err)
	}
	sets := rule.Sets{Grants: s.Options.Coverage == alert.CoverAll, Story: s.Options.FollowGrants}
	if s.Options.Rules, s.Warnings, err = rule.LoadWith(sets, s.RulePatterns, s.Unsupported); err != nil {
		return Settings{}, fmt.Errorf("property %q: %w", "rules", err)
	}
	s.Warnings = append(s.Warnings, withoutDatabase(s.Options.Rules, s.Options.Databases)...)
	return s, nil
}

// read calls set with a value, and puts the property's name before an error.
func (p *Property) read(value string, set func(string) error) error {
	value = strings.TrimSpace(value)
	err := errors.New("the value is empty: leave the property out for its default")
	if value != "" {
		err = set(value)
	}
	if err != nil {
		return fmt.Errorf("property %q: %w", p.Name, err)
	}
	return nil
}
