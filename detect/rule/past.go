package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/program"
)

// PastKind says what a rule has to know of earlier events.
type PastKind uint8

const (
	// Threshold rules count events.
	Threshold PastKind = iota + 1
	// NewTerms rules know which values there have been.
	NewTerms
	// Sequence rules know which events others can follow.
	Sequence
)

// String is the word that alerts have for the kind.
func (k PastKind) String() string {
	return [...]string{"", "threshold", "new_terms", "sequence"}[k]
}

// Past is what a rule has to know of earlier events before it raises an alert. The query
// of such a rule says which events it is about.
type Past struct {
	Kind PastKind
	// Fields are those that events must have in common: they are counted, or follow each
	// other, for each combination of values by itself. Of a rule about new terms their
	// values are the terms. An event that lacks one of them is left out. There are none
	// if a threshold is about all events.
	Fields []cloudtrail.Field
	// Window is how far back events count: a threshold's look-back, a history window, or
	// the longest span of a sequence.
	Window time.Duration

	// Count is how many events a threshold wants.
	Count int
	// Distinct is how many different values of DistinctField a threshold wants in them,
	// zero if it does not matter.
	Distinct      int
	DistinctField cloudtrail.Field

	key   []cloudtrail.Field // Fields, and after them a threshold's DistinctField
	steps []step             // of a sequence
}

// step is one event of a sequence.
type step struct {
	program *program.Program
	fields  []cloudtrail.Field
}

// The most that a rule may ask for. What an event costs grows with it.
const (
	maxCount    = 10_000
	maxDistinct = 1_000
	maxTerms    = 3 // as in Kibana
	maxKey      = 5 // fields of a threshold, as in Kibana
)

// Past returns what the rule has to know of earlier events, nil if it is about single
// events.
func (r *Rule) Past() *Past { return r.past }

// Steps returns how many events a sequence has.
func (p *Past) Steps() int { return len(p.steps) }

// Show shows w the fields that events have in common: w answers field i at slot i. A
// threshold's DistinctField has the slot after them. places is where the view keeps their values ([Shared]).
func (p *Past) Show(w *View, event *cloudtrail.Event, places []int) { w.show(event, p.key, places) }

// Roles returns which places in a sequence an event can take: bit 0 is the first.
func (p *Past) Roles(w *View, event *cloudtrail.Event) (roles uint16) {
	for i := range p.steps {
		w.show(event, p.steps[i].fields, nil)
		if p.steps[i].program.Match(w) {
			roles |= 1 << i
		}
	}
	return roles
}

// Identity says what the rule's memory is of. A rule with another identity begins with an
// empty one. The query is not in it: one that is improved keeps what is known.
func (r *Rule) Identity() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d", r.past.Kind, r.ID, len(r.past.steps))
	for _, f := range r.past.key {
		fmt.Fprintf(&b, " %q", f.Name())
	}
	return b.String()
}

// String says in words what has to come together.
func (p *Past) String() string {
	names := make([]string, len(p.Fields))
	for i, f := range p.Fields {
		names[i] = f.Name()
	}
	same := strings.Join(names, ", ")
	switch p.Kind {
	case NewTerms:
		return "the first event in " + Period(p.Window) + " with these values of " + same
	case Sequence:
		return fmt.Sprintf("%d events in this order within %s, with the same %s", len(p.steps), Period(p.Window), same)
	}
	text := fmt.Sprintf("%d or more events within %s", p.Count, Period(p.Window))
	if same != "" {
		text += ", with the same " + same
	}
	if p.Distinct > 0 {
		text += fmt.Sprintf(" and %d or more different values of %s", p.Distinct, p.DistinctField.Name())
	}
	return text
}

// Period is a period as rules write it: 6m, 10d.
func Period(d time.Duration) string {
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if d%unit.is == 0 {
			return fmt.Sprintf("%d%s", d/unit.is, unit.name)
		}
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}

// secondCardinality is the kind of a warning.
const secondCardinality = "a second cardinality, which does not count"

// threshold reads the table [rule.threshold].
func (s section) threshold(lookBack time.Duration) *Past {
	t := s.table("threshold")
	p := &Past{Kind: Threshold, Window: lookBack, Fields: t.keyFields("field", 0, maxKey)}
	if p.Count = t.number("value", 1, maxCount, 0); p.Count == 0 {
		t.missing("value", fmt.Sprintf("a whole number from 1 to %d", maxCount))
	}
	for i, c := range t.tables("cardinality") {
		if i > 0 {
			s.file.warn(c.v.at, secondCardinality, "rule.threshold.cardinality has a second entry: only the first one counts, as in Kibana")
			break
		}
		if p.Distinct = c.number("value", 1, maxDistinct, 0); p.Distinct == 0 {
			c.missing("value", fmt.Sprintf("a whole number from 1 to %d", maxDistinct))
		}
		if name := c.required("field", "the name of a field"); name != "" {
			p.DistinctField = s.file.keyField(c.v.get("field"), name)
		}
	}
	return p
}

// newTerms reads the table [rule.new_terms].
func (s section) newTerms(lookBack time.Duration) *Past {
	t := s.table("new_terms")
	t.word("field", "new_terms_fields")
	p := &Past{Kind: NewTerms, Fields: t.keyFields("value", 1, maxTerms)}
	starts := t.tables("history_window_start")
	if len(starts) != 1 {
		t.missing("history_window_start", "a table [[rule.new_terms.history_window_start]] with field and value, such as now-10d")
		return p
	}
	starts[0].word("field", "history_window_start")
	const expected = "now- and a period, such as now-10d"
	if p.Window = starts[0].period("value", "now-", 0, expected); p.Window == 0 {
		starts[0].missing("value", expected)
	} else if p.Window <= lookBack {
		s.file.fail(starts[0].v.get("value").at, "rule.new_terms.history_window_start is %s: it must be longer ago than rule.from, which is %s",
			Period(p.Window), Period(lookBack))
	}
	return p
}

// keyFields are the fields that a list names: at least so many, and at most so many.
func (s section) keyFields(key string, least, most int) (fields []cloudtrail.Field) {
	v := s.v.get(key)
	names := s.texts(key)
	if v == nil {
		if least > 0 {
			s.missing(key, "a list of fields")
		}
		return nil
	}
	if len(names) < least || len(names) > most {
		s.file.fail(v.at, "%s.%s has %d fields: it must have %d to %d", s.path, key, len(names), least, most)
		return nil
	}
	for item := v.first; item != nil; item = item.next {
		fields = append(fields, s.file.keyField(item, item.text))
	}
	return fields
}

// keyField is a field that a place in the file names. One that no event has gets a
// warning.
func (f *ruleFile) keyField(v *tomlValue, name string) cloudtrail.Field {
	f.warnOfKey(v.at, name)
	return cloudtrail.LookupField(name)
}

func (f *ruleFile) warnOfKey(at int, name string) {
	if cloudtrail.IsKnown(name) {
		return
	}
	hint := ""
	if near := cloudtrail.Suggest(name); near != "" {
		hint = ": did you mean " + near + "?"
	}
	f.warn(at, noSuchField, "no CloudTrail event has the field %s%s", shown(name), hint)
}

// readPast reads what a rule of this type has to know of earlier events.
func (f *ruleFile) readPast(s section, kind string, r *Rule) {
	switch kind {
	case "threshold":
		r.past = s.threshold(r.LookBack)
	case "new_terms":
		r.past = s.newTerms(r.LookBack)
	default:
		return
	}
	r.past.setKey()
}

func (p *Past) setKey() {
	p.key = append(p.key, p.Fields...)
	if p.Distinct > 0 {
		p.key = append(p.key, p.DistinctField)
	}
}

// compileSequence reads and compiles a query about several events, which is at v. It
// returns the program that matches what can be any of them.
func (f *ruleFile) compileSequence(r *Rule, v *tomlValue) (*program.Program, error) {
	sequence, err := eql.ParseSequence(v.text)
	if err != nil {
		return nil, err
	}
	compiled, err := eql.CompileSequence(sequence, eql.CategoryField(r.CategoryField), eql.Mapping(cloudtrail.TypeOf))
	if err != nil {
		return nil, err
	}
	r.past = &Past{Kind: Sequence, Window: sequence.MaxSpan()}
	for i, name := range sequence.By() {
		f.warnOfKey(v.inside(sequence.Mention(i).Start), name)
		r.past.Fields = append(r.past.Fields, cloudtrail.LookupField(name))
	}
	r.past.setKey()
	for _, p := range compiled.Steps {
		r.past.steps = append(r.past.steps, step{p, lookupFields(p)})
	}
	return compiled.Any, nil
}

// lookupFields are the fields of a program, by slot.
func lookupFields(p *program.Program) (fields []cloudtrail.Field) {
	for _, field := range p.Fields() {
		fields = append(fields, cloudtrail.LookupField(field.Name))
	}
	return fields
}
