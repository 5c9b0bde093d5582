package rule

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule/builtin"
)

// CrossAccountRuleID is the id of the rule that Trailwire ships with: AWS
// Lambda Function Policy Updated to Allow Cross-Account Invocation.
const CrossAccountID = "8f985da6-66e8-4838-a63e-21636eb9adc5"

// Rule is a detection rule: a query with what an alert says about it. It is
// read from a file in the schema of Elastic's detection-rules repository and
// does not change after that; any number of engines may share it.
type Rule struct {
	File        string   // if it was read
	ID          string   // rule_id, a UUID in Elastic's files
	Name        string   // one line, shown to analysts
	Version     int      // 1 if the file does not say
	License     string   // the license of the rule's text
	Author      []string // who wrote it
	Description string
	Note        string // investigation guide, Markdown
	Reason      string // template of the sentence that alerts begin with; mostly empty
	Severity    string // low, medium, high or critical
	RiskScore   int    // 0 to 100
	Tags        []string
	References  []string
	Threat      []Threat
	Language    string // of the query: [EQL], [KQL], [ESQL] or [Sigma]
	Query       string // as it is in the file

	// MaxSignals is how many alerts one Interval may raise: 100 if the
	// file does not say.
	MaxSignals int
	// Interval is how often Elastic would run the rule: 5 minutes if the
	// file does not say.
	Interval time.Duration
	// LookBack is how far back each of those runs looks.
	LookBack time.Duration

	// CategoryField is what `process where …` compares: event.category, or
	// the file's event_category_override.
	CategoryField string

	// BuildingBlock is the file's building_block_type, "default" or empty. The
	// alerts of a building block are for other rules to build on, not for
	// analysts to look at.
	BuildingBlock string

	FalsePositives      []string
	InvestigationFields []string

	kind        string // the type
	builtIn     bool
	aboutGrants bool // one of those of coverage all
	idAt        int  // where rule_id is in its file
	program     *program.Program
	past        *Past              // nil for a rule about single events
	fields      []cloudtrail.Field // by slot of the program
	needs       needs
	reason      []ReasonPart

	warnings []*Error
}

// Threat is one row of a rule's ATT&CK mapping.
type Threat struct {
	Framework  string
	Tactic     Reference
	Techniques []Technique
}

// Technique is an ATT&CK technique with those of its sub-techniques that a
// rule names.
type Technique struct {
	Reference
	Subtechniques []Reference
}

// Reference names an entry of the ATT&CK knowledge base.
type Reference struct {
	ID   string
	Name string
	URL  string
}

// BuiltIn returns the rules that are part of the program and always there.
func BuiltIn() ([]*Rule, error) { return readBuiltIn("*.toml") }

// AboutGrants returns the rules of coverage all: about who was let in, in every
// service. They are about the worst grant of a call, and exclude each other, so that
// one call raises one alert.
func AboutGrants() ([]*Rule, error) {
	rules, err := readBuiltIn("grants/*.toml")
	for _, r := range rules {
		r.aboutGrants = true
	}
	return rules, err
}

// AboutStories returns the rules about grants that are followed: that somebody has used one,
// or closed it.
func AboutStories() ([]*Rule, error) { return readBuiltIn("story/*.toml") }

func readBuiltIn(pattern string) ([]*Rule, error) {
	names, err := fs.Glob(builtin.Files, pattern)
	if err != nil {
		return nil, err
	}
	var built []*Rule
	for _, name := range names {
		text, err := builtin.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := Parse(name, text)
		if err != nil {
			return nil, err
		}
		r.builtIn = true
		built = append(built, r)
	}
	return built, nil
}

// Type returns the type of the rule, by the name that rule files have for it (eql,
// query), or sigma.
func (r *Rule) Type() string { return r.kind }

// IsAboutGrants reports whether the rule is one of [AboutGrants].
func (r *Rule) IsAboutGrants() bool { return r.aboutGrants }

// Program returns the compiled query.
func (r *Rule) Program() *program.Program { return r.program }

// Match reports whether the rule's query matches an event.
func (r *Rule) Match(event *cloudtrail.Event) bool { return r.MatchIn(new(View), event) }

// MatchIn is [Rule.Match] without an allocation: w is the caller's, for one
// goroutine at a time.
func (r *Rule) MatchIn(w *View, event *cloudtrail.Event) bool {
	w.show(event, r.fields, nil)
	return r.program.Match(w)
}

// Explain returns the outcome of every clause of the rule's query on an event:
// why it matches, or why not. The values in it are valid until the event is
// reset.
func (r *Rule) Explain(event *cloudtrail.Event) *program.Clause {
	w := new(View)
	w.show(event, r.fields, nil)
	return r.program.Explain(w)
}

// Credit returns the authors whom each message about a match has to name: those of a
// Sigma rule, or of another under the Detection Rule License.
func (r *Rule) Credit() []string {
	if r.Language == Sigma || strings.Contains(r.License, "Detection Rule License") || strings.HasPrefix(r.License, "DRL") {
		return r.Author
	}
	return nil
}

// BuiltIn reports whether the rule came with the program.
func (r *Rule) BuiltIn() bool { return r.builtIn }

// Fields returns the fields that the rule reads: those of its query, and those that events
// must have in common.
func (r *Rule) Fields() []cloudtrail.Field {
	fields := slices.Clip(r.fields)
	if r.past == nil {
		return fields
	}
	for _, f := range r.past.key {
		if !slices.ContainsFunc(fields, func(have cloudtrail.Field) bool { return have.Name() == f.Name() }) {
			fields = append(fields, f)
		}
	}
	return fields
}

// ReadsGrants reports whether the rule reads a field about a call's grants.
func (r *Rule) ReadsGrants() bool {
	about := func(f cloudtrail.Field) bool { return f.Grant() != 0 }
	return slices.ContainsFunc(r.fields, about) || r.past != nil && slices.ContainsFunc(r.past.key, about)
}

// ReadsStories reports whether the rule reads a field about a grant's use or closing.
func (r *Rule) ReadsStories() bool {
	about := func(f cloudtrail.Field) bool { return f.Story() != 0 }
	return slices.ContainsFunc(r.fields, about) || r.past != nil && slices.ContainsFunc(r.past.key, about)
}

// Tactics returns the ids of the rule's ATT&CK tactics, each once.
func (r *Rule) Tactics() []string {
	var ids []string
	for _, t := range r.Threat {
		if t.Tactic.ID != "" {
			ids = appendNew(ids, t.Tactic.ID)
		}
	}
	return ids
}

// Techniques returns the ids of the rule's ATT&CK techniques and
// sub-techniques, each once, a technique before its sub-techniques.
func (r *Rule) Techniques() []string {
	var ids []string
	for _, t := range r.Threat {
		for _, q := range t.Techniques {
			ids = appendNew(ids, q.ID)
			for _, s := range q.Subtechniques {
				ids = appendNew(ids, s.ID)
			}
		}
	}
	return ids
}

func appendNew(ids []string, id string) []string {
	for _, have := range ids {
		if have == id {
			return ids
		}
	}
	return append(ids, id)
}
