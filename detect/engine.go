package detect

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant/follow"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/related"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/detect/state"
)

// Engine is a set of rules that are ready to be evaluated. It does not change
// after [New] but for its counters and its memory of past alerts; all methods
// may be called from any goroutine.
type Engine struct {
	options    Options
	rules      []compiledRule
	fields     rule.Shared   // that the rules read
	extended   *compiledRule // the rule that extended coverage speaks for, or nil
	search     func(data []byte) bool
	mentions   mentions
	dispatch   dispatch
	suppressor suppressor
	stats      counters
	memory     *state.Memory  // nil if all rules are about single events
	pasts      []*past        // of those that are not
	ledger     *follow.Ledger // nil if grants are not followed
	related    *related.Memory
	stop       func() // ends what the engine has in a memory that it shares
	now        func() time.Time
	evaluators sync.Pool

	learnsFromFirst bool         // learning periods begin with the earliest event
	firstEvent      atomic.Int64 // its time, in milliseconds
}

// compiledRule is a rule with the template of its alerts.
type compiledRule struct {
	*rule.Rule
	query    *program.Program // that of the rule, which is tried far more often than the rest is needed
	fields   []int            // where a view keeps their values; see [rule.Shared]
	template *alert.Template
	counters *ruleCounters
	past     *past // nil if it is about single events
}

// New returns an engine with the rules in o. An error says which option is
// wrong.
func New(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	e := &Engine{options: o, search: o.Search, now: o.Clock}
	if e.now == nil {
		e.now = time.Now
	}
	if e.search == nil {
		e.usePlainSearch()
	}
	if o.Remember() {
		if e.memory = o.Memory; e.memory == nil {
			e.memory = state.New(o.StateMemory)
		}
	}
	e.firstEvent.Store(unknown)
	common := alert.TemplateOptions{Collector: o.Collector, Guide: o.AlertGuide, Format: o.AlertFormat}
	for _, r := range o.Rules {
		fields, key := e.fields.Places(r)
		p := newPast(r, &o, e.memory, e.now())
		e.rules = append(e.rules, compiledRule{Rule: r, query: r.Program(), fields: fields, template: alert.NewTemplateWith(r, common), counters: new(ruleCounters), past: p})
		if p == nil {
			continue
		}
		p.places = key
		e.pasts = append(e.pasts, p)
		if p.learned.Load() == unknown {
			e.learnsFromFirst = true
		}
	}
	for i := range e.rules {
		if o.Coverage == alert.CoverExtended && e.rules[i].ID == rule.CrossAccountID {
			e.extended = &e.rules[i]
		}
	}
	e.dispatch = newDispatch(&o)
	e.mentions.lookFor(o.ruleNeedles())
	if o.FollowGrants {
		e.follow()
	}
	e.evaluators.New = func() any {
		v := newEvaluator(e, e.Suspects)
		v.pooled = true
		return v
	}
	return e, nil
}

// usePlainSearch makes the engine search by itself.
func (e *Engine) usePlainSearch() {
	set := e.options.needles()
	e.search, e.options.SearchFrom = set.In, nil
	if e.options.FollowGrants && !set.Always {
		accounts := new(needle.Accounts)
		e.options.WatchAccounts = accounts
		e.search = func(data []byte) bool { return set.In(data) || accounts.In(data) }
	}
}

// follow begins to follow grants.
func (e *Engine) follow() {
	e.ledger, e.related = follow.Of(e.memory, e.now()), related.New()
	if e.options.WatchAccounts != nil {
		e.stop = e.ledger.Watch(e.options.WatchAccounts)
	}
}

// GrantStats returns what is remembered of grants. It is zero if they are not followed.
func (e *Engine) GrantStats() follow.Stats {
	if e.ledger == nil {
		return follow.Stats{}
	}
	return e.ledger.Stats()
}

// FollowsGrants reports whether grants are followed.
func (e *Engine) FollowsGrants() bool { return e.ledger != nil }

// Close ends what the engine has in a memory that it shares with others ([Options.Memory]).
// It must not be used after that.
func (e *Engine) Close() {
	if e.stop != nil {
		e.stop()
	}
}

// Rules returns the rules of the engine.
func (e *Engine) Rules() []*rule.Rule { return e.options.Rules }

// SearchedTexts returns how many texts [Engine.Suspects] looks for. It is zero if it takes
// everything for suspect, because a rule has no text that each of its events must have.
// The ids of accounts that followed grants name are not among them: they come and go.
func (e *Engine) SearchedTexts() int {
	set := e.options.needles()
	if set.Always {
		return 0
	}
	return len(set.Needles)
}

// Suspects reports whether data, a chunk of records in MessagePack or a part
// of one, could hold anything for the engine to do: an event that matches, or
// a list of events to split. When it returns false, evaluating the records
// would leave every one of them as it is. It parses nothing and allocates
// nothing.
func (e *Engine) Suspects(data []byte) bool { return e.search(data) }

// Evaluator returns an evaluator of the engine. Give it back with
// [Evaluator.Release] when done.
func (e *Engine) Evaluator() *Evaluator { return e.evaluators.Get().(*Evaluator) }

// ThoroughEvaluator returns an evaluator that looks into every record, those
// that cannot match included, so that its counters count every event. It is
// for reading files; a filter wants [Engine.Evaluator].
func (e *Engine) ThoroughEvaluator() *Evaluator { return newEvaluator(e, nil) }
