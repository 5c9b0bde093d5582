package rule

import (
	"regexp"
	"strings"
)

// The forms of ATT&CK's ids (attack.mitre.org).
var (
	tacticID       = regexp.MustCompile(`^TA\d{4}$`)
	techniqueID    = regexp.MustCompile(`^T\d{4}$`)
	subtechniqueID = regexp.MustCompile(`^T\d{4}\.\d{3}$`)
)

// tactics are those of ATT&CK for Enterprise, each with the names that it has had:
// version 19 made Stealth and Defense Impairment of Defense Evasion.
var tactics = []struct {
	id    string
	names []string
}{
	{"TA0001", []string{"Initial Access"}},
	{"TA0002", []string{"Execution"}},
	{"TA0003", []string{"Persistence"}},
	{"TA0004", []string{"Privilege Escalation"}},
	{"TA0005", []string{"Defense Evasion", "Stealth"}},
	{"TA0006", []string{"Credential Access"}},
	{"TA0007", []string{"Discovery"}},
	{"TA0008", []string{"Lateral Movement"}},
	{"TA0009", []string{"Collection"}},
	{"TA0010", []string{"Exfiltration"}},
	{"TA0011", []string{"Command and Control"}},
	{"TA0040", []string{"Impact"}},
	{"TA0042", []string{"Resource Development"}},
	{"TA0043", []string{"Reconnaissance"}},
	{"TA0112", []string{"Defense Impairment"}},
}

// isATTACK reports whether a row of a mapping is about ATT&CK, as far as it says.
func isATTACK(framework string) bool {
	return framework == "" || strings.EqualFold(framework, "MITRE ATT&CK")
}

// warnOfTactic warns of an id that is none, and of one that belongs to another name.
func (s section) warnOfTactic(t Reference) {
	warn := func(key, format string, args ...any) {
		s.file.warn(s.v.get(key).at, wrongMapping, s.path+"."+key+" is "+format, args...)
	}
	for _, known := range tactics {
		isID := known.id == t.ID
		for _, name := range known.names {
			isName := strings.EqualFold(name, t.Name)
			switch {
			case isID && isName:
				return
			case isName:
				warn("id", "%q: the tactic %s has the id %s", shown(t.ID), name, known.id)
				return
			}
		}
		if isID {
			warn("name", "%q: the tactic %s is called %s", shown(t.Name), known.id, known.names[0])
			return
		}
	}
	if !tacticID.MatchString(t.ID) {
		warn("id", "%q: the id of a tactic is TA and four digits, such as TA0003", shown(t.ID))
	}
}

// warnOfTechnique warns of an id that a technique cannot have.
func (s section) warnOfTechnique(q Reference) {
	at := s.v.get("id")
	switch {
	case at == nil || techniqueID.MatchString(q.ID):
	case subtechniqueID.MatchString(q.ID):
		s.file.warn(at.at, wrongMapping, "%s.id is %q: that is a sub-technique, which stands below its technique, in technique.subtechnique", s.path, q.ID)
	default:
		s.file.warn(at.at, wrongMapping, "%s.id is %q: the id of a technique is T and four digits, such as T1098", s.path, shown(q.ID))
	}
}

// warnOfSubtechnique warns of an id that a sub-technique of a technique cannot have.
func (s section) warnOfSubtechnique(sub, of Reference) {
	at := s.v.get("id")
	switch {
	case at == nil:
	case !subtechniqueID.MatchString(sub.ID):
		s.file.warn(at.at, wrongMapping, "%s.id is %q: the id of a sub-technique is its technique's, a dot and three digits, such as T1098.001", s.path, shown(sub.ID))
	case techniqueID.MatchString(of.ID) && !strings.HasPrefix(sub.ID, of.ID+"."):
		s.file.warn(at.at, wrongMapping, "%s.id is %q: that is not a sub-technique of %s", s.path, sub.ID, of.ID)
	}
}
