package rule

import (
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/program"
)

// View shows an event to a rule's program, whose slots it turns into fields. The zero
// View is ready.
type View struct {
	event  *cloudtrail.Event
	fields []cloudtrail.Field
	shared []int // by slot: where in kept the field's value is
	grants *call.Fields
	own    *call.Fields // if it was given no others
	story  Story        // nil if the event at hand is about no grant's use or closing

	kept []keptValue
	turn uint64 // of the event at hand
}

// keptValue is what an event has in a field, if it was asked for in this turn.
type keptValue struct {
	turn  uint64
	value program.Value
}

// UseGrants makes the view answer the fields trailwire.grant.* from g, which the
// caller resets for each event. Without it the view reads each event's grants itself,
// for one rule at a time.
func (w *View) UseGrants(g *call.Fields) { w.grants = g }

// Story answers the fields trailwire.use.* and trailwire.closing.*.
type Story interface {
	Value(cloudtrail.StoryField) program.Value
}

// UseStory makes the view answer the fields trailwire.use.* and trailwire.closing.* from s
// until it is given another one; with nil they are null. Call [View.Begin] then.
func (w *View) UseStory(s Story) { w.story = s }

// Share returns, for each of the rules, the places of its fields among n values. Rules that read the same
// field have the same place for it: a view that keeps so many values asks an event once for each.
func Share(rules []*Rule) (places [][]int, n int) {
	type field struct {
		name, from string
		ofSigma    bool // to which an empty text is a value
	}
	known := make(map[field]int)
	for _, r := range rules {
		var of []int
		for _, f := range r.fields {
			key := field{f.Name(), f.From(), r.Language == Sigma}
			place, ok := known[key]
			if !ok {
				place = len(known)
				known[key] = place
			}
			of = append(of, place)
		}
		places = append(places, of)
	}
	return places, len(known)
}

// Keep makes the view keep n values of each event ([Share]). Call [View.Begin] before each event then.
func (w *View) Keep(n int) { w.kept = make([]keptValue, n) }

// Begin says that what the view keeps is of another event.
func (w *View) Begin() { w.turn++ }

func (w *View) show(event *cloudtrail.Event, fields []cloudtrail.Field, shared []int) {
	w.event, w.fields, w.shared = event, fields, shared
	if w.own != nil {
		w.own.Reset(event, nil, nil)
	}
}

// Value implements [program.Document].
func (w *View) Value(slot int) program.Value {
	if w.shared == nil {
		return w.read(&w.fields[slot])
	}
	kept := &w.kept[w.shared[slot]]
	if kept.turn != w.turn {
		kept.turn, kept.value = w.turn, w.read(&w.fields[slot])
	}
	return kept.value
}

func (w *View) read(field *cloudtrail.Field) program.Value {
	if field.Story() != 0 {
		if w.story == nil {
			return program.Null()
		}
		return w.story.Value(field.Story())
	}
	if field.Grant() == 0 {
		return w.event.Read(field)
	}
	if w.grants != nil {
		return w.grants.Value(field.Grant())
	}
	if w.own == nil {
		w.own = new(call.Fields)
		w.own.Reset(w.event, nil, nil)
	}
	return w.own.Value(field.Grant())
}
