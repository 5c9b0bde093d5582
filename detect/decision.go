package detect

import (
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/rule"
)

// Decision says what became of an event that a rule matches, or that extended
// coverage reports in the rule's place; or of one of the grants of a call, which an
// exception has kept from the rules that ask for them.
type Decision struct {
	Rule      *rule.Rule // nil for a grant
	Coverage  alert.Coverage
	Alert     *alert.Alert // nil if an exception has dropped it, or the rule waits for more
	Exception string       // the name of the property that has, as in trusted_accounts
	// Awaits says what has to come together for the rule, if it has not.
	Awaits string

	// Granted says to whom the grant is and what it allows, in words, of any length.
	Granted string

	// OpensNothing says why a call that can let somebody in made no foreign grant. It is
	// alone in its Decision, and there if rules ask for such grants.
	OpensNothing string
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

// opensNothing notes why a call in the table has opened nothing.
func (v *Evaluator) opensNothing() {
	switch {
	case v.observe == nil:
	case string(v.event.Text(cloudtrail.FieldOutcome)) != "success":
		v.decide(Decision{OpensNothing: "the call failed"})
	case v.grants.Covered() == 0:
		v.decide(Decision{OpensNothing: "it is nobody from outside of the account, or everyday business of AWS"})
	}
}

// observed tells of the decisions about the event at hand.
func (v *Evaluator) observed() {
	if v.observe != nil {
		v.observe(&v.event, v.decisions)
		v.decisions = v.decisions[:0]
	}
}
