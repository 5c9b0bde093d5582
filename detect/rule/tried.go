package rule

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// TriedOn says on which events the rule is evaluated: those that have
// one of the values in the field, event.action or event.provider. For a rule that
// asks for a foreign grant the field is [TriedOnGrants], and the values are the names
// of the calls that let somebody in. For one that asks for the use of a grant or for its closing it is
// [TriedOnStories], without values. For one that asks for a call whatever the case of
// its name it is [TriedOnAnyCase], for one that asks for a service so [TriedOnServiceAnyCase],
// and the names are in lower case. The field is empty if the rule is evaluated on every event.
// The values belong to the rule.
func (r *Rule) TriedOn() (field string, values []string) {
	return r.needs.triedOn, slices.Clip(r.needs.values)
}

func (r *Rule) findTriedOn() (field string, values []string) {
	if r.needs.story {
		return TriedOnStories, nil
	}
	if values := r.requiredValues(cloudtrail.FieldAction, false); len(values) > 0 {
		return cloudtrail.FieldAction.Name(), values
	}
	if r.needs.grant {
		return TriedOnGrants, call.Names()
	}
	if values := r.requiredValues(cloudtrail.FieldAction, true); len(values) > 0 {
		return TriedOnAnyCase, values
	}
	if values := r.requiredValues(cloudtrail.FieldProvider, false); len(values) > 0 {
		return cloudtrail.FieldProvider.Name(), values
	}
	if values := r.requiredValues(cloudtrail.FieldProvider, true); len(values) > 0 {
		return TriedOnServiceAnyCase, values
	}
	return "", nil
}

// TriedOnStories means what package detect finds out about a grant: that it was used, or closed.
const TriedOnStories = "trailwire.use.* or trailwire.closing.*"

// TriedOnGrants means the calls that let somebody in.
const TriedOnGrants = cloudtrail.GrantPrefix + "*"

// TriedOnAnyCase means events with one of some values in event.action, in any case.
const TriedOnAnyCase = "event.action, in any case,"

// TriedOnServiceAnyCase means events with one of some values in event.provider, in any case.
const TriedOnServiceAnyCase = "event.provider, in any case,"

// requiredValues returns the values of a field one of which every event that
// the rule matches has, exactly, or with fold in any case. There are none if the rule
// can do without.
func (r *Rule) requiredValues(field cloudtrail.Field, fold bool) []string {
	var fewest []string
	for _, either := range r.needs.required {
		var values []string
		for _, l := range either {
			// What Elastic's pipeline drops is not an action, but may be CloudTrail's own eventName.
			if !l.Whole || l.Fold && !fold || r.fields[l.Slot].Name() != field.Name() || document.IsDropped([]byte(l.Text)) {
				values = nil
				break
			}
			if fold {
				l.Text = lowerASCII(l.Text)
			}
			values = append(values, l.Text)
		}
		if len(values) > 0 && (fewest == nil || len(values) < len(fewest)) {
			fewest = values
		}
	}
	return fewest
}

// lowerASCII is a text with ASCII letters in lower case, as programs compare without case.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r |= 0x20
		}
		return r
	}, s)
}

// order has the query's clauses looked at in the order in which they cost least.
func (r *Rule) order() {
	field, _ := r.TriedOn()
	r.program = r.program.Order(func(slot int) int {
		switch f := r.fields[slot]; {
		case isOfNearlyAll(f):
			return 1000
		case f.Name() == field || f.Name() == cloudtrail.FieldAction.Name() && field == TriedOnAnyCase:
			return 500 // it is tried where this is true
		case f.Name() == cloudtrail.FieldProvider.Name():
			return 200 // most names of calls are those of one service
		default:
			return f.Cost()
		}
	})
}

// isOfNearlyAll reports whether a field of nearly every event is as rules ask for it.
func isOfNearlyAll(f cloudtrail.Field) bool {
	switch f.Name() {
	case "data_stream.dataset", "event.dataset", "event.module", "event.category":
		return true
	}
	return false
}
