package rule

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/kql"
)

// IsSame reports whether the rule came with the program, and a file has it once more:
// with the same id, and a query that asks the same in the same words. Comments, white
// space and parentheses that change nothing do not count.
func (r *Rule) IsSame(file *Rule) bool {
	return r.builtIn && r.ID == file.ID && r.Language == file.Language && r.CategoryField == file.CategoryField &&
		file.past == nil && // none of those that come with the program has one
		canonical(r) == canonical(file)
}

// The kinds of warnings about a file with the id of a built-in rule.
const (
	otherSettings = "settings that a built-in rule keeps"
	otherQuery    = "the id of a built-in rule, with another query"
)

// CompareBuiltIn says what becomes of a rule file beside the built-in rules: whether it is
// one of them once more, and what to know about that. text is the file's. The warning is
// nil if there is nothing to say.
func CompareBuiltIn(file *Rule, text []byte) (same bool, warning *Error, err error) {
	builtIn, err := allBuiltIn()
	if err != nil {
		return false, nil, err
	}
	own := withID(file.ID, builtIn)
	switch {
	case own == nil:
	case own.IsSame(file):
		return true, keepsSettings(own, file, text), nil
	default:
		warning = file.clash(text, own)
		warning.Kind = otherQuery
	}
	return false, warning, nil
}

// keepsSettings is the warning about a file that has a built-in rule once more, and says
// something else about its alerts. It is nil if it does not.
func keepsSettings(own, file *Rule, text []byte) *Error {
	differs := differences(own, file)
	if differs == "" {
		return nil
	}
	w := newError(file.File, text, file.idAt, "this is the built-in rule %q, which stays as it is: "+
		"the file's %s has no effect (-builtin leaves that rule out)", own.Name, differs)
	w.Kind = otherSettings
	return w
}

// allBuiltIn are the built-in rules, those of coverage all, and those about grants that are followed.
func allBuiltIn() ([]*Rule, error) {
	rules, err := BuiltIn()
	if err != nil {
		return nil, err
	}
	about, err := AboutGrants()
	if err != nil {
		return nil, err
	}
	stories, err := AboutStories()
	return slices.Concat(rules, about, stories), err
}

// canonical is a rule's query, as its language prints it.
func canonical(r *Rule) string {
	switch r.Language {
	case EQL:
		if query, err := eql.Parse(r.Query); err == nil {
			return query.String()
		}
	case KQL:
		if query, err := kql.Parse(r.Query); err == nil {
			return query.String()
		}
	}
	return r.Query
}

// differences names what a file says otherwise than a rule about the alerts that it
// raises. It is empty if there is nothing.
func differences(r, file *Rule) string {
	var names []string
	for _, setting := range [...]struct {
		key     string
		differs bool
	}{
		{"severity", r.Severity != file.Severity}, {"risk_score", r.RiskScore != file.RiskScore},
		{"max_signals", r.MaxSignals != file.MaxSignals}, {"interval", r.Interval != file.Interval}, {"from", r.LookBack != file.LookBack},
		{"building_block_type", r.BuildingBlock != file.BuildingBlock},
	} {
		if setting.differs {
			names = append(names, setting.key)
		}
	}
	return strings.Join(names, ", ")
}
