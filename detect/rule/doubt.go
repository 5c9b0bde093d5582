package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/program"
)

// Warnings returns what makes the rule dead, or its alerts wrong, although the file can
// be loaded: a field that no event has, a comparison that can never hold, an id that
// ATT&CK does not have. They are in the order of the file.
func (r *Rule) Warnings() []*Error { return slices.Clone(r.warnings) }

// The kinds of warnings.
const (
	noSuchField  = "a field that no event has"
	noSuchValue  = "a value that the field never has"
	cannotMatch  = "conditions that no event meets together"
	wrongMapping = "an ATT&CK id that is wrong"
)

// warn adds a warning about a place in the file.
func (f *ruleFile) warn(at int, kind, format string, args ...any) {
	w := newError(f.name, f.text, at, format, args...)
	w.Kind = kind
	f.warnings = append(f.warnings, warning{at, w})
}

// warning is one about a place in the file.
type warning struct {
	at int
	*Error
}

// maxWarnings is how many warnings about one file are told of.
const maxWarnings = 20

// sorted returns the warnings in the order of the file. Where there are too many the
// last one says how many more there are.
func (f *ruleFile) sorted() []*Error {
	slices.SortStableFunc(f.warnings, func(a, b warning) int { return a.at - b.at })
	var all []*Error
	for i, w := range f.warnings {
		if i == maxWarnings {
			more := newError(f.name, f.text, w.at, "there are %d more warnings from here on", len(f.warnings)-i)
			more.Kind = w.Kind
			all = append(all, more)
			break
		}
		all = append(all, w.Error)
	}
	return all
}

// doubts looks for what makes a query dead that compiles.
type doubts struct {
	*Rule
	warn  func(at program.Span, kind, format string, args ...any)
	tests []program.Test
}

// doubt adds warnings about the rule's query, which is at v.
func (f *ruleFile) doubt(r *Rule, v *tomlValue) {
	d := doubts{
		Rule: r, tests: r.program.Tests(),
		warn: func(at program.Span, kind, format string, args ...any) {
			f.warn(v.inside(at.Start), kind, "rule.query: "+format, args...)
		},
	}
	d.unknownFields()
	d.values()
	d.contradictions()
}

// unknownFields warns of fields that no event has. One that is written ?name is known
// to be missing from some.
func (d *doubts) unknownFields() {
	for slot, field := range d.program.Fields() {
		if field.Optional || cloudtrail.IsKnown(field.Name) {
			continue
		}
		hint := ""
		if near := cloudtrail.Suggest(field.Name); near != "" {
			hint = ": did you mean " + near + "?"
		}
		d.warn(d.program.Mention(slot), noSuchField, "no CloudTrail event has the field %s%s", shown(field.Name), hint)
	}
}

// values warns of comparisons that hold for no value that the field can have.
func (d *doubts) values() {
	for i := range d.tests {
		t := &d.tests[i]
		field := d.fields[t.Slot]
		closed := field.Values()
		for _, text := range t.Texts {
			if right, wrong := wrongValue(field, text, t.Fold); wrong {
				d.never(t, fmt.Sprintf("%s is never %q%s", field.Name(), shown(text), right))
			}
		}
		if len(closed) > 0 && len(t.Texts) == 0 && !slices.ContainsFunc(closed, func(v string) bool { return t.Holds(program.Text([]byte(v))) }) {
			d.never(t, fmt.Sprintf("%s is never that: it is %s", field.Name(), orList(closed)))
		}
	}
}

// never warns of a comparison that cannot hold: if it is negated, it always does.
func (d *doubts) never(t *program.Test, what string) {
	if t.Negated {
		what = "this always holds, as " + what
	}
	d.warn(t.At, noSuchValue, "%s", what)
}

// wrongValue reports whether a field cannot have a text, and says what to write.
func wrongValue(field cloudtrail.Field, text string, fold bool) (right string, wrong bool) {
	same := func(v string) bool { return v == text || fold && strings.EqualFold(v, text) }
	write := func(v string) string { return fmt.Sprintf(": write %q", v) }
	if closed := field.Values(); len(closed) > 0 {
		if slices.ContainsFunc(closed, same) {
			return "", false
		}
		if near := cloudtrail.Nearest(text, closed); near != "" {
			return write(near), true
		}
		return ": it is " + orList(closed), true
	}
	if field.Name() == cloudtrail.FieldProvider.Name() {
		// eventSource is a service's name and a domain, in lower case.
		right := strings.ToLower(text)
		if !strings.Contains(right, ".") {
			right += ".amazonaws.com"
		}
		return write(right), !same(right)
	}
	for _, v := range field.Spelled() {
		if strings.EqualFold(v, text) && !same(v) {
			return write(v), true
		}
	}
	return "", false
}

// contradictions warns where the query asks one event for what cannot be together: two
// values in a field that has one, or a category that the call does not have.
func (d *doubts) contradictions() {
	if at, found := d.program.Impossible(func(int) (program.Value, bool) { return program.Null(), false }); found {
		d.warn(at, cannotMatch, "no event can match this")
		return
	}
	for slot, field := range d.fields {
		if field.IsSingle() && d.contradicts(slot, field) {
			return // what else there is may come of the same
		}
	}
	d.categoryWithoutCall()
}

// maxTried is how many values of a field are tried: each costs as much as the query is
// long.
const maxTried = 1000

// contradicts tries the values one of which a field has to have, each by itself.
func (d *doubts) contradicts(slot int, field cloudtrail.Field) (found bool) {
	values := d.requiredValues(field, false)
	for _, value := range values[:min(len(values), maxTried)] {
		at, impossible := d.program.Impossible(d.having(slot, field, value))
		if _, wrong := wrongValue(field, value, false); wrong || !impossible {
			continue // a warning has named what is wrong by itself
		}
		found = true
		if what, ok := d.wrongCategory(at, field, value); ok {
			d.warn(d.where(slot, value), cannotMatch, "%s", what)
			continue
		}
		d.warn(at, cannotMatch, "no event whose %s is %q can match this", field.Name(), shown(value))
	}
	return found
}

// having is what is known of an event in which a field has a value. What Elastic's
// pipeline makes of a call is known with the call.
func (d *doubts) having(slot int, field cloudtrail.Field, value string) func(int) (program.Value, bool) {
	type fact struct {
		slot  int
		value program.Value
	}
	known := append(make([]fact, 0, 3), fact{slot, program.Text([]byte(value))})
	if field.Name() == cloudtrail.FieldAction.Name() {
		category, kinds := cloudtrail.Categorized(value)
		for other, f := range d.fields {
			switch f.Name() {
			case "event.category":
				v := program.Null()
				if category != "" {
					v = program.Text([]byte(category))
				}
				known = append(known, fact{other, v})
			case "event.type":
				known = append(known, fact{other, cloudtrail.TextsValue(kinds)})
			}
		}
	}
	return func(slot int) (program.Value, bool) {
		for i := range known {
			if known[i].slot == slot {
				return known[i].value, true
			}
		}
		return program.Null(), false
	}
}

// wrongCategory says what a call has in place of the category or type that the query
// asks for at this place.
func (d *doubts) wrongCategory(at program.Span, field cloudtrail.Field, action string) (what string, found bool) {
	if field.Name() != cloudtrail.FieldAction.Name() {
		return "", false
	}
	category, kinds := cloudtrail.Categorized(action)
	for i := range d.tests {
		t := &d.tests[i]
		if t.At != at {
			continue
		}
		switch d.fields[t.Slot].Name() {
		case "event.category":
			if category == "" {
				return fmt.Sprintf("%s has no event.category, so that it never matches: write any where", shown(action)), true
			}
			return fmt.Sprintf("%s has the event.category %s, so that it never matches", shown(action), category), true
		case "event.type":
			return fmt.Sprintf("%s has the event.type %s, so that it never matches", shown(action), strings.Join(kinds, " and ")), true
		}
	}
	return "", false
}

// where is the place at which the query asks for a value of a field.
func (d *doubts) where(slot int, value string) program.Span {
	for i := range d.tests {
		if t := &d.tests[i]; t.Slot == slot && slices.Contains(t.Texts, value) {
			return t.At
		}
	}
	return d.program.Mention(slot)
}

// categoryWithoutCall warns if none of the calls with the category that the query
// asks for meets its other conditions.
func (d *doubts) categoryWithoutCall() {
	action := slices.IndexFunc(d.fields, func(f cloudtrail.Field) bool { return f.Name() == cloudtrail.FieldAction.Name() })
	category := slices.IndexFunc(d.fields, func(f cloudtrail.Field) bool { return f.Name() == "event.category" })
	if action < 0 || category < 0 {
		return
	}
	for _, wanted := range d.requiredValues(d.fields[category], false) {
		calls := cloudtrail.CallsOf(wanted)
		possible := slices.ContainsFunc(calls, func(call string) bool {
			_, impossible := d.program.Impossible(d.having(action, d.fields[action], call))
			return !impossible
		})
		if len(calls) > 0 && !possible {
			d.warn(d.program.Mention(action), cannotMatch, "no call with the event.category %s can match this: write any where", wanted)
		}
	}
}

// maxShown is how much of a text of a file is repeated in a warning.
const maxShown = 80

func shown(text string) string {
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// orList are alternatives in words.
func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
