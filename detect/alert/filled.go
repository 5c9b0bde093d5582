package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

// Scope is what the alerts of rules about several events say about the events that they
// know of: those that came by one collector.
const Scope = "this collector"

// Filled is what has come together for an alert of a rule about several events. The
// alert's own event is the one that completed it.
type Filled struct {
	Kind   string        // threshold, new_terms or sequence
	Window time.Duration // within which it came together
	// Terms are what the events have in common; of new_terms they are what is new.
	Terms []Term
	// Count is how many events a threshold has counted, Cardinality how many different
	// values of CardinalityField. Both are at most twice the larger of what the rule asks
	// for.
	Count, Cardinality int
	CardinalityField   string
	// First is when the first of the events happened. New terms have none.
	First time.Time
	// Events are the ids of the earlier events of a sequence, in order.
	Events []string
}

// Term is a field and its value.
type Term struct{ Field, Value string }

// Fill adds to an alert what has come together for it. Two alerts of one event that
// differ in their terms are not duplicates.
func (a *Alert) Fill(f *Filled) {
	a.Filled = f
	var texts []string
	for _, t := range f.Terms {
		texts = append(texts, t.Field, t.Value)
	}
	a.tellApart(texts...)
	a.Reason += f.sentence()
}

// Say makes a text the alert's reason, with what has come together for it. The dedup_key stays.
func (a *Alert) Say(reason string) {
	a.Reason = reason
	if a.Filled != nil {
		a.Reason += a.Filled.sentence()
	}
}

// tellApart adds texts to what the alert's event says, so that alerts of one event that
// differ in them are not duplicates.
func (a *Alert) tellApart(texts ...string) {
	for _, text := range texts {
		a.content = appendCounted(a.content, text)
	}
	a.DedupKey = string(appendFingerprint([]byte(a.DedupKey[:strings.LastIndexByte(a.DedupKey, ':')+1]), a.content))
}

// sentence goes on with the sentence that says who called what.
func (f *Filled) sentence() string {
	var b strings.Builder
	switch f.Kind {
	case rule.NewTerms.String():
		fmt.Fprintf(&b, ": the first in %s", rule.Period(f.Window))
	case rule.Sequence.String():
		events := "events"
		if len(f.Events) == 1 {
			events = "event"
		}
		fmt.Fprintf(&b, ", after %d other %s since %s", len(f.Events), events, f.First.Format(time.RFC3339))
	default:
		fmt.Fprintf(&b, ": %d such events since %s", f.Count, f.First.Format(time.RFC3339))
	}
	for i, t := range f.Terms {
		fmt.Fprintf(&b, "%s%s %s", []string{" with ", ", "}[min(i, 1)], t.Field, grant.Printable(t.Value))
	}
	if f.CardinalityField != "" {
		fmt.Fprintf(&b, ", and %d values of %s", f.Cardinality, f.CardinalityField)
	}
	return b.String()
}

// object is what an alert says of it.
func (f *Filled) object() object {
	if f == nil {
		return nil
	}
	terms := make([]object, len(f.Terms))
	for i, t := range f.Terms {
		terms[i] = object{{"field", t.Field}, {"value", t.Value}}
	}
	o := object{{"scope", Scope}, {"type", f.Kind}, {"window", rule.Period(f.Window)}, {"terms", terms}}
	if f.Count > 0 {
		o = append(o, pair{"count", f.Count})
	}
	if f.CardinalityField != "" {
		o = append(o, pair{"cardinality", object{{"field", f.CardinalityField}, {"value", f.Cardinality}}})
	}
	if !f.First.IsZero() {
		o = append(o, pair{"first", f.First.Format(time.RFC3339Nano)})
	}
	return append(o, pair{"events", f.Events})
}

// AppendMsg appends it as an alert says it, as a MessagePack map, for [ReadFilled].
func (f *Filled) AppendMsg(dst []byte) []byte { return f.object().append(dst) }

// ReadFilled reads what [Filled.AppendMsg] has written. It returns nil for anything that
// does not say its type. A record may be anybody's: no text in it is checked.
func ReadFilled(m []byte) *Filled {
	kind := textUnder(m, "type")
	if kind == "" {
		return nil
	}
	f := &Filled{Kind: kind, Count: numberUnder(m, "count"), Events: textsUnder(m, "events")}
	f.Window, _ = readPeriod(textUnder(m, "window"))
	cardinality := mapUnder(m, "cardinality")
	f.CardinalityField, f.Cardinality = textUnder(cardinality, "field"), numberUnder(cardinality, "value")
	f.First = timeUnder(m, "first")
	for items := listUnder(m, "terms"); items.Next(); {
		if document.IsMap(items.Value) {
			f.Terms = append(f.Terms, Term{textUnder(items.Value, "field"), textUnder(items.Value, "value")})
		}
	}
	return f
}

// readPeriod reads what [rule.Period] has written.
func readPeriod(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		d, err := time.ParseDuration(days + "h")
		return 24 * d, err
	}
	return time.ParseDuration(text)
}
