package detect

import (
	"slices"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule"
)

// A dispatch finds the rules to evaluate on an event by its event.action and
// event.provider: nearly every rule about CloudTrail asks for one of a few calls,
// or at least for a service. Rules that ask for a foreign grant are tried on the
// calls that can make one. The others are tried where a text that they need is, or
// always if they need none.
//
// It asks the compiled queries what they cannot match without
// ([program.Program.Required]), and so never passes over a rule that would match.
//
// The tables are maps. Of three ways to find one of 133 actions, measured with
// those of a thousand ordinary events (Go 1.26, AMD EPYC), a map takes 9 ns, a
// sorted slice with binary search 27 ns, and a hash of the length and two
// characters into a slice 4.5 ns. Evaluating an event costs 1,600 ns at least,
// so the hash would win a third of a percent, and lose to somebody who chooses
// actions that collide.
type dispatch struct {
	byAction   map[string][]int
	byProvider map[string][]int
	byAnyCase  map[string][]int // by the action in lower case
	ofService  map[string][]int // by the provider in lower case
	onGrants   []int            // the rules that ask for a foreign grant
	onStories  []int            // those that read what became of one
	byText     []textRule       // the rules that are in none of these and need some text, or a part of a name
	always     []int            // those that need none
	all        []int

	searchTexts func(event []byte) uint64
}

// textRule is a rule that is tried if the event has one of its texts, a bit for each, or if the name of the call
// has one of its parts of names.
type textRule struct {
	rule  int
	texts uint64
	names []needle.Needle
}

// isNamed reports whether a name has one of the parts.
func (r *textRule) isNamed(name []byte) bool {
	for i := range r.names {
		if r.names[i].InName(name) {
			return true
		}
	}
	return false
}

func newDispatch(o *Options) dispatch {
	rules := o.Rules
	d := dispatch{byAction: make(map[string][]int), byProvider: make(map[string][]int), byAnyCase: make(map[string][]int), ofService: make(map[string][]int)}
	for i, r := range rules {
		if r.ReadsStories() {
			d.onStories = append(d.onStories, i)
		}
		field, values := r.TriedOn()
		if field == rule.TriedOnStories {
			continue
		}
		d.all = append(d.all, i)
		switch field {
		case cloudtrail.FieldAction.Name():
			file(d.byAction, values, i)
		case cloudtrail.FieldProvider.Name():
			file(d.byProvider, values, i)
		case rule.TriedOnAnyCase:
			file(d.byAnyCase, values, i)
		case rule.TriedOnServiceAnyCase:
			file(d.ofService, values, i)
		case rule.TriedOnGrants:
			d.onGrants = append(d.onGrants, i)
		default:
			d.always = append(d.always, i)
		}
	}
	d.fileByText(o)
	return d
}

// fileByText takes from the rules that are always tried those that need some text that is searched for, or a part of
// a name.
func (d *dispatch) fileByText(o *Options) {
	d.searchTexts = o.SearchTexts
	all := o.TextNeedles()
	d.always = slices.DeleteFunc(d.always, func(i int) bool {
		r := textRule{rule: i}
		for _, n := range o.Rules[i].Needles() {
			if n.Call {
				r.names = append(r.names, n)
			} else {
				r.texts |= 1 << (slices.Index(all, n) % 64)
			}
		}
		if r.texts == 0 && r.names == nil || r.texts != 0 && o.SearchTexts == nil {
			return false
		}
		d.byText = append(d.byText, r)
		return true
	})
}

// file enters a rule under some values of a field.
func file(table map[string][]int, values []string, rule int) {
	for _, v := range values {
		if n := len(table[v]); n == 0 || table[v][n-1] != rule {
			table[v] = append(table[v], rule)
		}
	}
}

// candidates are the rules to evaluate on an event, in the order in which they
// were given to the engine.
type candidates struct {
	byAction, byProvider, byAnyCase, ofService, onGrants, always []int

	byText []textRule // the first of which is one to evaluate
	texts  uint64     // that are there
	name   []byte     // of the call
}

// find returns the candidates for an event. onlyCalls says that none of the texts is there.
func (d *dispatch) find(event *cloudtrail.Event, onlyCalls bool) candidates {
	action, provider := event.Read(&cloudtrail.FieldAction), event.Read(&cloudtrail.FieldProvider)
	if action.Kind() == program.KindList || provider.Kind() == program.KindList {
		return candidates{always: d.all} // an ECS document may have several of either
	}
	found := candidates{byAction: d.byAction[string(action.Text())], byProvider: d.byProvider[string(provider.Text())], always: d.always}
	if len(d.byAnyCase) > 0 {
		var lower [maxAction]byte
		name := appendLower(lower[:0], action.Text())
		found.byAnyCase = d.byAnyCase[string(name)]
	}
	if len(d.ofService) > 0 {
		var lower [maxAction]byte
		found.ofService = d.ofService[string(appendLower(lower[:0], provider.Text()))]
	}
	if len(d.onGrants) > 0 && call.Find(string(provider.Text()), string(action.Text())) != nil {
		found.onGrants = d.onGrants
	}
	if len(d.byText) > 0 {
		found.byText, found.name = d.byText, action.Text()
		if d.searchTexts != nil && !onlyCalls {
			found.texts = d.searchTexts(event.Body())
		}
		found.skipText()
	}
	return found
}

// maxAction is longer than the name of any call or service. That of something else may be longer.
const maxAction = 128

// appendLower appends a name with ASCII letters in lower case.
func appendLower(dst, name []byte) []byte {
	for _, c := range name {
		if c-'A' < 26 {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// next takes the first of the candidates. It returns false if there is none.
func (c *candidates) next() (rule int, ok bool) {
	from := &c.always
	for _, other := range [...]*[]int{&c.byAction, &c.byProvider, &c.byAnyCase, &c.ofService, &c.onGrants} {
		if len(*other) > 0 && (len(*from) == 0 || (*other)[0] < (*from)[0]) {
			from = other
		}
	}
	if len(c.byText) > 0 && (len(*from) == 0 || c.byText[0].rule < (*from)[0]) {
		rule, c.byText = c.byText[0].rule, c.byText[1:]
		c.skipText()
		return rule, true
	}
	if len(*from) == 0 {
		return 0, false
	}
	rule = (*from)[0]
	*from = (*from)[1:]
	return rule, true
}

// skipText passes over rules of which no text is there, and no part of a name.
func (c *candidates) skipText() {
	for len(c.byText) > 0 && c.byText[0].texts&c.texts == 0 && !c.byText[0].isNamed(c.name) {
		c.byText = c.byText[1:]
	}
}
