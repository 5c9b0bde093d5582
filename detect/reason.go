package detect

import (
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/program"
)

// missingValue is what a reason says where the event has no value in a field.
const missingValue = "unknown"

// maxValues is how many values of one field a reason lists.
const maxValues = 3

// reason is what the template of a rule's reason says of the event at hand. It is made once for all
// alerts of the rule about the event: there may be thousands.
func (v *Evaluator) reason(r *compiledRule) string {
	if v.said.rule == r {
		return v.said.reason
	}
	var b strings.Builder
	for _, part := range r.ReasonParts() {
		if part.Text != "" {
			b.WriteString(part.Text)
		} else {
			b.WriteString(inWords(v.view.Ask(&v.event, part.Field)))
		}
	}
	v.said.rule, v.said.reason = r, grant.Bounded(b.String())
	return v.said.reason
}

// inWords is a value in a sentence: bounded, and without characters that a line cannot have.
func inWords(value program.Value) string {
	list := value.List()
	if value.Kind() != program.KindList {
		list = []program.Value{value}
	}
	var words []string
	for _, one := range list[:min(len(list), maxValues)] {
		text := string(one.Text())
		if one.Kind() != program.KindText && one.Kind() != program.KindNull {
			text = one.String()
		}
		if text != "" {
			words = append(words, grant.Printable(text))
		}
	}
	if len(words) == 0 {
		return missingValue
	}
	said := strings.Join(words, ", ")
	if more := len(list) - maxValues; more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	return said
}
