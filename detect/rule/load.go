package rule

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Unsupported says what to do with a rule file whose rule is of a type that is not
// about single events, or not in a language that is read.
type Unsupported uint8

const (
	// RefuseUnsupported makes it an error, so that nobody relies on a rule
	// that is not there.
	RefuseUnsupported Unsupported = iota
	// SkipUnsupported leaves the rule out, with a warning.
	SkipUnsupported
)

// Load returns the built-in rules and those in the files that the
// patterns (paths or globs) name. The pattern -builtin leaves the built-in
// rules out.
//
// It is an error if a pattern matches no file, a file cannot be read or is
// broken (an [*Error] then), two rules have one id, or no rule is left. A
// warning is one line about a rule that was left out, or about one that can match no
// event as it is ([Rule.Warnings]).
func Load(patterns []string, unsupported Unsupported) (rules []*Rule, warnings []string, err error) {
	return load(patterns, unsupported, false)
}

// LoadWithGrants is [Load] with the rules of [AboutGrants] after the built-in ones.
// -builtin does not leave them out.
func LoadWithGrants(patterns []string, unsupported Unsupported) (rules []*Rule, warnings []string, err error) {
	return load(patterns, unsupported, true)
}

func load(patterns []string, unsupported Unsupported, withGrants bool) (rules []*Rule, warnings []string, err error) {
	if !slices.Contains(patterns, "-builtin") {
		if rules, err = BuiltIn(); err != nil {
			return nil, nil, err
		}
	}
	if withGrants {
		about, err := AboutGrants()
		if err != nil {
			return nil, nil, err
		}
		rules = append(rules, about...)
	}
	paths, err := Files(patterns)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		r, err := Parse(path, text)
		var refused *Error
		if errors.As(err, &refused) && refused.Unsupported && unsupported == SkipUnsupported {
			warnings = append(warnings, "left out a rule: "+refused.Error())
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if err := clash(r, text, rules); err != nil {
			return nil, nil, err
		}
		rules = append(rules, r)
		for _, w := range r.warnings {
			warnings = append(warnings, w.Error())
		}
	}
	switch {
	case len(rules) > 0:
		return rules, warnings, nil
	case len(paths) > 0:
		return nil, nil, fmt.Errorf("no rule is left: each of the files (%d) is of a type that is not supported", len(paths))
	}
	return nil, nil, errors.New("-builtin leaves no rule: name a rule file beside it")
}

// Files returns the files that the patterns (paths or globs) name, each
// once, in order. It is an error if a pattern matches nothing or a directory.
func Files(patterns []string) ([]string, error) {
	var paths []string
	for _, pattern := range patterns {
		if pattern == "-builtin" {
			continue
		}
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		if len(matches) == 0 {
			return nil, fmt.Errorf("%q: no such rule file", pattern)
		}
		for _, path := range matches {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				return nil, fmt.Errorf("%q is a directory: name the files in it, such as %s", path, filepath.Join(path, "*.toml"))
			}
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// clash returns an error if one of the rules has the id of r already.
func clash(r *Rule, text []byte, rules []*Rule) error {
	for _, other := range rules {
		if other.ID != r.ID {
			continue
		}
		if other.builtIn {
			return newError(r.File, text, r.idAt, "rule.rule_id %s is that of the built-in rule %q: "+
				"leave this file out, or that rule with -builtin", r.ID, other.Name)
		}
		return newError(r.File, text, r.idAt, "rule.rule_id %s is that of the rule %q in %s: "+
			"no two rules can have one id", r.ID, other.Name, other.File)
	}
	return nil
}
