package detect

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// LoadRules returns the built-in rules and those in the files that the
// patterns (paths or globs) name. The pattern -builtin leaves the built-in
// rules out. It is an error if a pattern matches no file, a file cannot be
// read, two rules have one ID, or no rule is left.
func LoadRules(patterns []string) ([]*Rule, error) {
	builtIn := true
	var loaded []*Rule
	for _, pattern := range patterns {
		if pattern == "-builtin" {
			builtIn = false
			continue
		}
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("%q: no such rule file", pattern)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			r, err := ParseRule(path, text)
			if err != nil {
				return nil, err
			}
			loaded = append(loaded, r)
		}
	}
	if builtIn {
		rules, err := BuiltInRules()
		if err != nil {
			return nil, err
		}
		loaded = append(rules, loaded...)
	}
	if len(loaded) == 0 {
		return nil, errors.New("-builtin leaves no rule: name a rule file beside it")
	}
	seen := make(map[string]string)
	for _, r := range loaded {
		if other, ok := seen[r.ID]; ok {
			return nil, fmt.Errorf("two rules have the id %s: %q and %q", r.ID, other, r.Name)
		}
		seen[r.ID] = r.Name
	}
	return loaded, nil
}
