package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/rules"
)

// CrossAccountRuleID is the id of the rule that Trailwire ships with: AWS
// Lambda Function Policy Updated to Allow Cross-Account Invocation.
const CrossAccountRuleID = "8f985da6-66e8-4838-a63e-21636eb9adc5"

// Rule is a detection rule: a query with what an alert says about it. It is
// read from a file in the schema of Elastic's detection-rules repository and
// does not change after that; any number of engines may share it.
type Rule struct {
	ID          string   // rule_id, a UUID in Elastic's files
	Name        string   // one line, shown to analysts
	Version     int      // 1 where the file does not say
	License     string   // the license of the rule's text
	Author      []string // who wrote it
	Description string
	Note        string // investigation guide, Markdown
	Severity    string // low, medium, high or critical
	RiskScore   int    // 0 to 100
	Tags        []string
	References  []string
	Threat      []Threat
	Query       string // EQL as it stands in the file

	// MaxSignals is how many alerts one Interval may raise: 100 where the
	// file does not say.
	MaxSignals int
	// Interval is how often Elastic would run the rule: 5 minutes where the
	// file does not say.
	Interval time.Duration
	// LookBack is how far back each of those runs looks.
	LookBack time.Duration

	// CategoryField is what `process where …` compares: event.category, or
	// the file's event_category_override.
	CategoryField string

	FalsePositives      []string
	InvestigationFields []string

	query *eql.Query
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
	ID   string `toml:"id"`
	Name string `toml:"name"`
	URL  string `toml:"reference"`
}

// ruleFile is the part of Elastic's schema that Trailwire reads. Keys it does
// not know are left alone: the schema grows faster than this program.
type ruleFile struct {
	Rule struct {
		Author         []string
		Description    string
		FalsePositives []string `toml:"false_positives"`
		From           string
		Interval       string
		Language       string
		License        string
		MaxSignals     int `toml:"max_signals"`
		Name           string
		Note           string
		Query          string
		References     []string
		RiskScore      int    `toml:"risk_score"`
		ID             string `toml:"rule_id"`
		Severity       string
		Tags           []string
		Type           string
		Version        int
		CategoryField  string `toml:"event_category_override"`
		Investigation  struct {
			FieldNames []string `toml:"field_names"`
		} `toml:"investigation_fields"`
		Threat []struct {
			Framework string
			Tactic    Reference
			Technique []struct {
				ID            string      `toml:"id"`
				Name          string      `toml:"name"`
				URL           string      `toml:"reference"`
				Subtechniques []Reference `toml:"subtechnique"`
			}
		}
	}
}

// BuiltInRules returns the rules that are part of the program.
func BuiltInRules() ([]*Rule, error) {
	names, err := fs.Glob(rules.Files, "*.toml")
	if err != nil {
		return nil, err
	}
	var built []*Rule
	for _, name := range names {
		text, err := rules.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := ParseRule(name, text)
		if err != nil {
			return nil, err
		}
		built = append(built, r)
	}
	return built, nil
}

// ParseRule reads a rule file. name is what errors call it.
func ParseRule(name string, text []byte) (*Rule, error) {
	var file ruleFile
	if err := toml.Unmarshal(text, &file); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %s", name, line, column, strings.TrimPrefix(at.Error(), "toml: "))
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r, err := file.rule()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (f *ruleFile) rule() (*Rule, error) {
	in := &f.Rule
	r := &Rule{
		ID: in.ID, Name: strings.TrimSpace(in.Name), Version: in.Version, License: in.License,
		Author: in.Author, Description: strings.TrimSpace(in.Description), Note: in.Note,
		Severity: in.Severity, RiskScore: in.RiskScore, Tags: in.Tags, References: in.References,
		Query: strings.TrimSpace(in.Query), MaxSignals: in.MaxSignals,
		CategoryField:       in.CategoryField,
		FalsePositives:      in.FalsePositives,
		InvestigationFields: in.Investigation.FieldNames,
	}
	if r.Version == 0 {
		r.Version = 1
	}
	if r.MaxSignals == 0 {
		r.MaxSignals = 100
	}
	if r.CategoryField == "" {
		r.CategoryField = "event.category"
	}
	switch {
	case r.ID == "":
		return nil, errors.New("rule.rule_id is missing")
	case r.Name == "":
		return nil, errors.New("rule.name is missing")
	case in.Type != "eql" || (in.Language != "" && in.Language != "eql"):
		return nil, fmt.Errorf("rule.type %q with language %q is not supported: only eql is", in.Type, in.Language)
	case r.RiskScore < 0 || r.RiskScore > 100:
		return nil, fmt.Errorf("rule.risk_score is %d: it must be 0 to 100", r.RiskScore)
	case r.MaxSignals < 0:
		return nil, fmt.Errorf("rule.max_signals is %d: it must be positive", r.MaxSignals)
	}
	switch r.Severity {
	case "low", "medium", "high", "critical":
	default:
		return nil, fmt.Errorf("rule.severity is %q: it must be low, medium, high or critical", r.Severity)
	}
	var err error
	if r.Interval, err = period("rule.interval", in.Interval, 5*time.Minute); err != nil {
		return nil, err
	}
	from, ok := strings.CutPrefix(in.From, "now-")
	if in.From != "" && !ok {
		return nil, fmt.Errorf("rule.from is %q: it must be now- and a period, such as now-6m", in.From)
	}
	if r.LookBack, err = period("rule.from", from, 6*time.Minute); err != nil {
		return nil, err
	}
	for _, t := range in.Threat {
		threat := Threat{Framework: t.Framework, Tactic: t.Tactic}
		for _, q := range t.Technique {
			threat.Techniques = append(threat.Techniques, Technique{
				Reference:     Reference{ID: q.ID, Name: q.Name, URL: q.URL},
				Subtechniques: q.Subtechniques,
			})
		}
		r.Threat = append(r.Threat, threat)
	}
	if r.query, err = eql.Parse(in.Query); err != nil {
		return nil, fmt.Errorf("rule.query: %w", err)
	}
	return r, nil
}

// periods are Elastic's date math units, as far as intervals use them.
var periods = regexp.MustCompile(`^([0-9]+)([smhdw])$`)

var units = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

func period(key, text string, missing time.Duration) (time.Duration, error) {
	if text == "" {
		return missing, nil
	}
	parts := periods.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%s is %q: it must be a number and one of s, m, h, d, w", key, text)
	}
	var n int64
	if _, err := fmt.Sscan(parts[1], &n); err != nil || n > 10_000_000 {
		return 0, fmt.Errorf("%s is %q: the number is too large", key, text)
	}
	return time.Duration(n) * units[parts[2]], nil
}

// Tactics returns the ids of the rule's ATT&CK tactics, each once.
func (r *Rule) Tactics() []string {
	var ids []string
	for _, t := range r.Threat {
		ids = appendNew(ids, t.Tactic.ID)
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
