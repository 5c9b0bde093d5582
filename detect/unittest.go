package detect

import (
	"time"

	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule"
)

// Try runs a unit test of a rule: it reports whether the rule matches the test's event, after
// those before it, and why or why not, clause by clause. A rule about several events, or about
// what became of a grant, is evaluated by an engine of its own that has seen nothing else; the
// others are tried as [rule.Rule.Try] does it.
func Try(r *rule.Rule, test *rule.Test) (matches bool, why []*program.Clause, err error) {
	if len(test.Before) == 0 && !r.ReadsStories() {
		return r.Try(test.Record)
	}
	o := DefaultOptions()
	o.Rules, o.FollowGrants, o.LearningPeriod, o.DedupWindow = []*rule.Rule{r}, true, -1, -1
	engine, err := New(o)
	if err != nil {
		return false, nil, err
	}
	v := engine.ThoroughEvaluator()
	for _, event := range test.Before {
		v.Raise(event, time.Time{})
	}
	if v.finder.Find(test.Record) == 0 {
		return false, nil, rule.ErrNoEvent
	}
	return len(v.Raise(test.Record, time.Time{})) > 0, nil, nil
}
