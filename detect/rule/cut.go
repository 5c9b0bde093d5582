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
	// Of is what the clause is left out of: the rule, or one event of a sequence as a rule
	// by itself.
	Of   *Rule
	Rule *Rule // Of without the clause
}

// Cuts leaves out each of the clauses that the query connects with and or with or, one at a time. Of a
// sequence it leaves out those of each event by itself: what all of its events have in common
// says nothing about their order.
func (r *Rule) Cuts() []Cut {
	if r.past == nil || r.past.Kind != Sequence {
		return r.cuts()
	}
	var cuts []Cut
	for _, s := range r.past.steps {
		one := *r
		one.past = nil
		one.compiled(s.program, s.fields)
		one.completed()
		cuts = append(cuts, one.cuts()...)
	}
	return cuts
}

func (r *Rule) cuts() []Cut {
	var cuts []Cut
	for _, c := range r.program.Cuts() {
		without := *r
		without.compiled(c.Program, r.fields)
		without.completed()
		cut := Cut{Clause: strings.Join(strings.Fields(r.program.Source()[c.At.Start:c.At.End]), " "), Of: r, Rule: &without}
		for _, slot := range c.Slots {
			cut.Fields = append(cut.Fields, r.fields[slot])
		}
		cuts = append(cuts, cut)
	}
	return cuts
}
