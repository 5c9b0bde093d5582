package detect

import (
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/rule"
)

// Decision says what became of an event that a rule matches, or that extended
// coverage reports in the rule's place.
type Decision struct {
	Rule      *rule.Rule
	Coverage  alert.Coverage
	Alert     *alert.Alert // nil if an exception has dropped it
	Exception string       // the name of the property that has, as in trusted_accounts
}

// Observe has observe called after each event that v evaluates, with what was decided
// about it. Both arguments are valid during the call. It is for showing why there is
// an alert or none, not for a pipeline.
func (v *Evaluator) Observe(observe func(event *cloudtrail.Event, decisions []Decision)) {
	v.observe = observe
}

// decide notes a decision if somebody wants to know.
func (v *Evaluator) decide(d Decision) {
	if v.observe != nil {
		v.decisions = append(v.decisions, d)
	}
}

// observed tells of the decisions about the event at hand.
func (v *Evaluator) observed() {
	if v.observe != nil {
		v.observe(&v.event, v.decisions)
		v.decisions = v.decisions[:0]
	}
}
