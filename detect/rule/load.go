package rule

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
// patterns name (see [Files]). The pattern -builtin leaves the built-in
// rules out.
//
// It is an error if a pattern matches no file, a file cannot be read or is
// broken (an [*Error] then), two rules have one id, or no rule is left. A
// warning is one line about the rules of one kind that were left out, or about one that
// can match no event as it is ([Rule.Warnings]).
func Load(patterns []string, unsupported Unsupported) (rules []*Rule, warnings []string, err error) {
	return LoadWith(Sets{}, patterns, unsupported)
}

// Sets says which sets of built-in rules are loaded besides those that are always there.
type Sets struct {
	Grants bool // [AboutGrants]
	Story  bool // [AboutStories]
}

// LoadWith is [Load] with further sets of rules after the built-in ones. -builtin does not leave
// them out.
func LoadWith(sets Sets, patterns []string, unsupported Unsupported) (rules []*Rule, warnings []string, err error) {
	if !slices.Contains(patterns, "-builtin") {
		if rules, err = BuiltIn(); err != nil {
			return nil, nil, err
		}
	}
	for _, set := range []struct {
		isWanted bool
		read     func() ([]*Rule, error)
	}{{sets.Grants, AboutGrants}, {sets.Story, AboutStories}} {
		if !set.isWanted {
			continue
		}
		more, err := set.read()
		if err != nil {
			return nil, nil, err
		}
		rules = append(rules, more...)
	}
	paths, err := Files(patterns)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[string]*Rule, len(rules)+len(paths))
	for _, r := range rules {
		byID[r.ID] = r
	}
	var left []*Error
	for _, file := range parseFiles(paths) {
		r, err := file.rule, file.err
		var refused *Error
		if errors.As(err, &refused) && refused.Unsupported && unsupported == SkipUnsupported {
			left = append(left, refused)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if own := byID[r.ID]; own != nil && own.IsSame(r) {
			if w := keepsSettings(own, r, file.text); w != nil {
				warnings = append(warnings, w.Error())
			}
			continue
		} else if own != nil {
			return nil, nil, r.clash(file.text, own)
		}
		rules, byID[r.ID] = append(rules, r), r
		for _, w := range r.warnings {
			warnings = append(warnings, w.Error())
		}
	}
	warnings = append(warnings, leftOut(left)...)
	switch {
	case len(rules) > 0:
		return rules, warnings, nil
	case len(paths) > 0:
		return nil, nil, fmt.Errorf("no rule is left: each of the files (%d) is of a type that is not supported", len(paths))
	}
	return nil, nil, errors.New("-builtin leaves no rule: name a rule file beside it")
}

// parsed is what became of a rule file.
type parsed struct {
	rule *Rule
	text []byte
	err  error
}

// parseFiles reads rule files, on as many processors as there are. A panic is one of the
// caller's goroutine, who may recover.
func parseFiles(paths []string) []parsed {
	files := make([]parsed, len(paths))
	var next atomic.Int64
	read := func() {
		var buffer []byte
		for i := next.Add(1) - 1; i < int64(len(paths)); i = next.Add(1) - 1 {
			f := &files[i]
			if f.text, f.err = readFile(paths[i], &buffer); f.err == nil {
				f.rule, f.err = Parse(paths[i], f.text)
			}
		}
	}
	var others sync.WaitGroup
	var fault atomic.Value
	for range min(runtime.GOMAXPROCS(0), len(paths)) - 1 {
		others.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					fault.CompareAndSwap(nil, fmt.Sprint(p))
				}
			}()
			read()
		})
	}
	read()
	others.Wait()
	if p := fault.Load(); p != nil {
		panic(p)
	}
	return files
}

// leftOut says which rules were left out, in a line for each kind.
func leftOut(refused []*Error) (lines []string) {
	for _, group := range ByKind(refused) {
		first := group[0]
		if len(group) == 1 {
			lines = append(lines, "left out a rule: "+first.Error())
			continue
		}
		lines = append(lines, fmt.Sprintf("left out %d rules of the type %s: %s; the first is %s", len(group), first.Type, first.Kind, first.File))
	}
	return lines
}

// ByKind groups errors about rules that are not supported, or warnings, by what they
// are about: each group has one Type and one Kind. The groups, and the errors in each,
// are in the order in which they were given.
func ByKind(all []*Error) (groups [][]*Error) {
	at := make(map[[2]string]int)
	for _, e := range all {
		about := [2]string{e.Type, e.Kind}
		i, seen := at[about]
		if !seen {
			i = len(groups)
			at[about] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return groups
}

// Files returns the files that the patterns name, each once, in order. A pattern is a
// path, a glob or a folder: of a folder it means the files below it that end in .toml,
// .yml or .yaml, but for what has a name with a dot at its start. It is an error if a
// pattern matches nothing.
func Files(patterns []string) ([]string, error) {
	var paths []string
	seen := make(map[string]bool)
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
			found := []string{path}
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				if found, err = inFolder(path); err != nil {
					return nil, err
				}
			}
			for _, path := range found {
				if !seen[path] {
					seen[path] = true
					paths = append(paths, path)
				}
			}
		}
	}
	return paths, nil
}

// inFolder returns the rule files below a folder. What has a dot at the start of its
// name is left aside: version control, and the versions that Kubernetes keeps of a
// mounted ConfigMap, which the files beside them link to.
func inFolder(folder string) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%q: %w", folder, err)
		}
		switch hidden := strings.HasPrefix(entry.Name(), ".") && path != folder; {
		case hidden && entry.IsDir():
			return filepath.SkipDir
		case hidden || entry.IsDir() || !isSigma(path) && filepath.Ext(path) != ".toml":
			return nil
		}
		if !entry.Type().IsRegular() {
			if info, err := os.Stat(path); err != nil || info.IsDir() { // of what a link leads to
				return err
			}
		}
		paths = append(paths, path)
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%q has no rule file in it: their names end in .toml, .yml or .yaml", folder)
	}
	return paths, err
}

// withID returns the rule that has an id, nil if there is none.
func withID(id string, rules []*Rule) *Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// clash is the error about a rule whose id another one has already.
func (r *Rule) clash(text []byte, other *Rule) *Error {
	if other.builtIn {
		return newError(r.File, text, r.idAt, "rule.rule_id %s is that of the built-in rule %q, whose query is another: "+
			"give this rule an id of its own, leave the file out, or leave that rule out with -builtin", r.ID, other.Name)
	}
	return newError(r.File, text, r.idAt, "rule.rule_id %s is that of the rule %q in %s: "+
		"no two rules can have one id", r.ID, other.Name, other.File)
}
