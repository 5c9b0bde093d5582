package rule

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/program"
)

// needs is what an event has if the rule matches it. It is found once, when the query is
// compiled: an engine asks for it several times, and finding it goes through the whole query.
type needs struct {
	required [][]program.Literal // until the rule is complete
	needles  []needle.Needle
	grant    bool
	story    bool

	triedOn string
	values  []string
}

// compiled gives the rule its program, with the fields by slot.
func (r *Rule) compiled(p *program.Program, fields []cloudtrail.Field) {
	r.program, r.fields = p, fields
	r.needs = needs{required: p.Required()}
	r.needs.grant = p.Needs(func(slot int) bool { return fields[slot].Grant() != 0 })
	r.needs.story = p.Needs(func(slot int) bool { return fields[slot].Story() != 0 })
	r.needs.needles = r.findNeedles()
	r.needs.triedOn, r.needs.values = r.findTriedOn()
	r.order()
}

// completed lets go of what only the checks of a file ask for.
func (r *Rule) completed() { r.needs.required = nil }

// Needles returns the texts one of which every event that the rule matches
// contains, so that most chunks need not be parsed. There are none for a rule
// whose query requires no text, or only such as is not in the event itself.
// They belong to the rule.
//
// A rule that asks for what uses or closes a grant is not a reason to look at an event: who follows
// the grants knows what to look for. It returns a list without any then.
//
// A rule that asks for a foreign grant can be found by the names of the calls that
// let somebody in, unless it asks for something that is rarer.
func (r *Rule) Needles() []needle.Needle { return slices.Clip(r.needs.needles) }

func (r *Rule) findNeedles() []needle.Needle {
	if r.needs.story {
		return []needle.Needle{}
	}
	own := needle.Of(r.needs.required, r.fields)
	if !r.needs.grant || own != nil && !slices.ContainsFunc(own, isHost) {
		return own
	}
	return call.Needles()
}

// isHost reports whether a needle is in every event of a service.
func isHost(n needle.Needle) bool { return strings.HasSuffix(n.Text, ".amazonaws.com") }

// NeedsGrant reports whether the rule matches only what lets somebody in.
func (r *Rule) NeedsGrant() bool { return r.needs.grant }

// NeedsStory reports whether the rule matches only what uses a grant or closes one.
func (r *Rule) NeedsStory() bool { return r.needs.story }
