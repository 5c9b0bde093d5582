package rule

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
)

// Cut is a rule with one clause of its query left out. A rule's unit tests are complete if each cut
// gives another verdict on one of their events.
type Cut struct {
	Clause string             // what is left out, on one line
	Fields []cloudtrail.Field // what it reads
	Rule   *Rule
}

// Cuts leaves out each of the clauses that the query connects with and or with or, one at a time.
func (r *Rule) Cuts() []Cut {
	var cuts []Cut
	for _, c := range r.program.Cuts() {
		without := *r
		without.program = c.Program
		cut := Cut{Clause: strings.Join(strings.Fields(r.program.Source()[c.At.Start:c.At.End]), " "), Rule: &without}
		for _, slot := range c.Slots {
			cut.Fields = append(cut.Fields, r.fields[slot])
		}
		cuts = append(cuts, cut)
	}
	return cuts
}
