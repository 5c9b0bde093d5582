package detect

import (
	"sync"
	"time"
)

// Engine is a set of rules that are ready to be evaluated. It does not change
// after [New] but for its counters and its memory of past alerts; all methods
// may be called from any goroutine.
type Engine struct {
	options    Options
	rules      []compiledRule
	extended   *compiledRule // the rule that extended coverage speaks for, or nil
	prefilter  prefilter
	search     func(data []byte) bool // in its place, or nil
	mentions   mentions
	dispatch   dispatch
	suppressor suppressor
	stats      counters
	now        func() time.Time
	evaluators sync.Pool
}

// compiledRule is a rule whose constant part of an alert is written already.
type compiledRule struct {
	*Rule
	encoded  encodedRule
	counters *ruleCounters
}

// New returns an engine with the rules in o. An error says which option is
// wrong.
func New(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	e := &Engine{options: o, now: time.Now}
	for _, r := range o.Rules {
		e.rules = append(e.rules, compiledRule{Rule: r, encoded: encodeRule(r), counters: new(ruleCounters)})
		needles := r.Needles()
		e.prefilter.add(needles)
		e.prefilter.always = e.prefilter.always || needles == nil
	}
	e.dispatch = newDispatch(o.Rules)
	if o.Coverage == CoverExtended {
		e.extend()
	}
	e.mentions.needles.add(e.prefilter.needles)
	e.mentions.needles.prepare()
	if o.Split {
		e.prefilter.add(listMarkers)
	}
	e.prefilter.prepare()
	e.evaluators.New = func() any {
		v := newEvaluator(e, e.Suspects)
		v.pooled = true
		return v
	}
	return e, nil
}

// extend makes the engine look at every AddPermission, for the rule that
// Trailwire ships with.
func (e *Engine) extend() {
	for i := range e.rules {
		if e.rules[i].ID == CrossAccountRuleID {
			e.extended = &e.rules[i]
			e.prefilter.add([]Needle{{Text: "addpermission", Fold: true}})
		}
	}
}

// Rules returns the rules of the engine.
func (e *Engine) Rules() []*Rule { return e.options.Rules }

// Suspects reports whether data, a chunk of records in MessagePack or a part
// of one, could hold anything for the engine to do: an event that matches, or
// a list of events to split. When it returns false, evaluating the records
// would leave every one of them as it is. It parses nothing and allocates
// nothing.
func (e *Engine) Suspects(data []byte) bool {
	if e.search != nil {
		return e.search(data)
	}
	return e.prefilter.suspects(data)
}

// SearchWith makes the engine search by other means than its own (package
// plugin/search). Of all data, search must say what [Engine.Suspects] would. It
// is to be called before the engine is used.
func (e *Engine) SearchWith(search func(data []byte) bool) { e.search = search }

// Needles returns what [Engine.Suspects] looks for, so that the same search can
// be made by other means; JSON escapes come on top. It returns false where a
// rule has no needle, and everything is suspect.
func (e *Engine) Needles() (needles []Needle, ok bool) {
	return e.prefilter.needles, !e.prefilter.always
}

// listMarkers are the keys that a list of events stands under. Calls such as
// PutRecords and DescribeEvents are no reason to look closer.
var listMarkers = []Needle{
	{Text: "Records", Whole: true}, {Text: "logEvents", Whole: true}, {Text: "Events", Whole: true},
}

// Evaluator returns an evaluator of the engine. Give it back with
// [Evaluator.Release] when done.
func (e *Engine) Evaluator() *Evaluator { return e.evaluators.Get().(*Evaluator) }

// ThoroughEvaluator returns an evaluator that looks into every record, those
// that cannot match included, so that its counters count every event. It is
// for reading files; a filter wants [Engine.Evaluator].
func (e *Engine) ThoroughEvaluator() *Evaluator { return newEvaluator(e, nil) }
