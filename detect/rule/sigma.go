package rule

import (
	"errors"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/sigma"
)

// Sigma is the language of rules from files in YAML.
const Sigma = "sigma"

// isSigma reports whether a file has a Sigma rule in it, by its name.
func isSigma(file string) bool {
	return strings.HasSuffix(file, ".yml") || strings.HasSuffix(file, ".yaml")
}

// sigmaLevels are the severity and the risk score that a level stands for, as Elastic's
// backend of pySigma has them. A rule without a level is low.
var sigmaLevels = map[string]struct {
	severity string
	risk     int
}{
	"": {"low", 21}, "informational": {"low", 0}, "low": {"low", 21}, "medium": {"medium", 47}, "high": {"high", 73}, "critical": {"critical", 99},
}

// sigmaLicense is the license of SigmaHQ's rules, which a rule has unless it says
// otherwise. It wants the author of a rule to be named in each alert of it.
const sigmaLicense = "Detection Rule License 1.1"

// parseSigma reads a Sigma rule about CloudTrail.
func parseSigma(name string, text []byte) (*Rule, error) {
	r, err := readSigma(name, text)
	var wrong *Error
	if errors.As(err, &wrong) {
		wrong.Type = Sigma
	}
	return r, err
}

func readSigma(name string, text []byte) (*Rule, error) {
	parsed, err := sigma.Parse(text)
	if err != nil {
		return nil, inSigma(name, text, err)
	}
	id, logsource, level := parsed.Places()
	if parsed.Product != "aws" || parsed.Service != "cloudtrail" || parsed.Category != "" {
		err := newError(name, text, logsource, "logsource is %s: only product aws, service cloudtrail is evaluated", sourceOf(parsed))
		err.unsupported("its logsource is not product aws, service cloudtrail")
		return nil, err
	}
	severity, known := sigmaLevels[parsed.Level]
	if !known {
		return nil, newError(name, text, level, "level is %q: it must be informational, low, medium, high or critical", shown(parsed.Level))
	}
	compiled, err := parsed.Compile()
	if err != nil {
		return nil, inSigma(name, text, err)
	}
	detection := parsed.Detection()
	r := &Rule{
		File: name, ID: parsed.ID, Name: parsed.Title, Version: 1, Description: parsed.Description,
		License: parsed.License, Author: authors(parsed.Author),
		Severity: severity.severity, RiskScore: severity.risk, Tags: parsed.Tags, References: parsed.References, FalsePositives: parsed.FalsePositives,
		kind: Sigma, Language: Sigma, Query: strings.TrimRight(parsed.Text()[detection.Start:detection.End], " \t\r\n"),
		MaxSignals: 100, Interval: 5 * time.Minute, LookBack: 6 * time.Minute, CategoryField: "event.category",
		Threat: threatOf(parsed.Tags), idAt: id,
	}
	if r.License == "" {
		r.License = sigmaLicense
	}
	var fields []cloudtrail.Field
	for slot, field := range compiled.Fields() {
		fields = append(fields, cloudtrail.LookupMember(field.Name))
		if !cloudtrail.IsMember(field.Name) {
			w := newError(name, text, compiled.Mention(slot).Start, "no CloudTrail event has the field %s", shown(field.Name))
			w.Kind = noSuchField
			r.warnings = append(r.warnings, w)
		}
	}
	r.compiled(compiled, fields)
	r.completed()
	return r, nil
}

// inSigma puts an error about a rule into its file.
func inSigma(name string, text []byte, err error) error {
	var wrong *sigma.Error
	if !errors.As(err, &wrong) {
		return newError(name, text, 0, "%v", err)
	}
	out := newError(name, text, wrong.Offset, "%s", wrong.Msg)
	if wrong.Unsupported {
		out.unsupported(wrong.Msg)
	}
	return out
}

func sourceOf(r *sigma.Rule) string {
	var parts []string
	for _, part := range [...][2]string{{"product", r.Product}, {"service", r.Service}, {"category", r.Category}} {
		if part[1] != "" {
			parts = append(parts, part[0]+" "+shown(part[1]))
		}
	}
	if parts == nil {
		return "empty"
	}
	return strings.Join(parts, ", ")
}

// authors are the names in a line of them.
func authors(line string) []string {
	var all []string
	for _, name := range strings.Split(line, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// threatOf makes the rows of an ATT&CK mapping of a rule's tags: one for each tactic that
// they name, with the techniques that serve it. A technique that serves none of them, or
// that is not known, goes with the first.
func threatOf(tags []string) []Threat {
	rows, ids := tacticsOf(tags), techniquesOf(tags)
	if len(rows) == 0 {
		for _, id := range ids {
			first, _, _ := strings.Cut(techniques[id].tactics, " ")
			if t, ok := tacticWith(func(known string, _ []string) bool { return known == first }); ok {
				rows = appendRow(rows, t)
			}
		}
	}
	if len(rows) == 0 && len(ids) > 0 {
		rows = []Threat{{Framework: "MITRE ATT&CK"}}
	}
	for _, id := range ids {
		placed := false
		for i := range rows {
			if strings.Contains(techniques[id].tactics, rows[i].Tactic.ID) && rows[i].Tactic.ID != "" {
				rows[i].add(id)
				placed = true
			}
		}
		if !placed {
			rows[0].add(id)
		}
	}
	return rows
}

// tacticsOf returns a row for each tactic that tags name: attack.persistence.
func tacticsOf(tags []string) []Threat {
	var rows []Threat
	for _, tag := range tags {
		name, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
		if !ok {
			continue
		}
		name = strings.NewReplacer("-", " ", "_", " ").Replace(name)
		t, ok := tacticWith(func(_ string, names []string) bool {
			for _, n := range names {
				if strings.EqualFold(n, name) {
					return true
				}
			}
			return false
		})
		if ok {
			rows = appendRow(rows, t)
		}
	}
	return rows
}

// tacticWith returns the first tactic that is asked for.
func tacticWith(wanted func(id string, names []string) bool) (Reference, bool) {
	for _, known := range tactics {
		if wanted(known.id, known.names) {
			return Reference{ID: known.id, Name: known.names[0], URL: "https://attack.mitre.org/tactics/" + known.id + "/"}, true
		}
	}
	return Reference{}, false
}

func appendRow(rows []Threat, t Reference) []Threat {
	for _, row := range rows {
		if row.Tactic.ID == t.ID {
			return rows
		}
	}
	return append(rows, Threat{Framework: "MITRE ATT&CK", Tactic: t})
}

// techniquesOf returns the techniques and sub-techniques that tags name: attack.t1098.001.
func techniquesOf(tags []string) []string {
	var ids []string
	for _, tag := range tags {
		id, ok := strings.CutPrefix(strings.ToUpper(tag), "ATTACK.")
		if ok && (techniqueID.MatchString(id) || subtechniqueID.MatchString(id)) {
			ids = appendNew(ids, id)
		}
	}
	return ids
}

// add enters a technique, or a sub-technique below its own.
func (t *Threat) add(id string) {
	parent, sub, isSub := strings.Cut(id, ".")
	at := -1
	for i := range t.Techniques {
		if t.Techniques[i].ID == parent {
			at = i
		}
	}
	if at < 0 {
		at = len(t.Techniques)
		t.Techniques = append(t.Techniques, Technique{Reference: technique(parent, parent)})
	}
	if isSub {
		t.Techniques[at].Subtechniques = append(t.Techniques[at].Subtechniques, technique(id, parent+"/"+sub))
	}
}

func technique(id, path string) Reference {
	name := techniques[id].name
	if name == "" {
		name = id
	}
	return Reference{ID: id, Name: name, URL: "https://attack.mitre.org/techniques/" + path + "/"}
}
