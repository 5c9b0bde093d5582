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

	known []cloudtrail.Field // those that rules share
	kept  []keptValue        // what the event has in each of them
	turn  uint64             // of the event at hand
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

// Shared are the fields that rules read, each once: a view that keeps their values asks an event once for
// each, however many rules read it ([View.Keep]).
type Shared struct {
	fields []cloudtrail.Field
	places map[sharedField]int
}

// sharedField is what makes a field another one.
type sharedField struct {
	name, from string
	ofSigma    bool // to which an empty text is a value
}

// Places returns where the values of a rule's fields are kept, and those of what it goes by if it is about
// several events.
func (s *Shared) Places(r *Rule) (fields, key []int) {
	fields = s.placesOf(r.fields, r.Language == Sigma)
	if r.past != nil {
		key = s.placesOf(r.past.key, false)
	}
	return fields, key
}

func (s *Shared) placesOf(fields []cloudtrail.Field, ofSigma bool) (places []int) {
	for _, f := range fields {
		key := sharedField{f.Name(), f.From(), ofSigma}
		place, known := s.places[key]
		if !known {
			if s.places == nil {
				s.places = make(map[sharedField]int)
			}
			place = len(s.fields)
			s.fields, s.places[key] = append(s.fields, f), place
		}
		places = append(places, place)
	}
	return places
}

// Keep makes the view keep the values that an event has in the fields. Call [View.Begin] before each event
// then.
func (w *View) Keep(s *Shared) { w.known, w.kept = s.fields, make([]keptValue, len(s.fields)) }

// Begin says that what the view keeps is of another event.
func (w *View) Begin(event *cloudtrail.Event) {
	w.event = event
	w.turn++
}

// Matches reports whether a query matches the event at hand. places is where the values of its fields are
// kept ([Shared]).
func (w *View) Matches(query *program.Program, places []int) bool {
	w.shared = places
	return query.Match(w)
}

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
	place := w.shared[slot]
	kept := &w.kept[place]
	if kept.turn != w.turn {
		kept.turn, kept.value = w.turn, w.read(&w.known[place])
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
