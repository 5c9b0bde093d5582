package rule

import (
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// TriedOn says on which events the rule is evaluated: those that have
// one of the values in the field, event.action or event.provider. For a rule that
// asks for a foreign grant the field is [TriedOnGrants], and the values are the names
// of the calls that let somebody in. The field is empty if that is every event.
func (r *Rule) TriedOn() (field string, values []string) {
	if values := r.requiredValues(cloudtrail.FieldAction); len(values) > 0 {
		return cloudtrail.FieldAction.Name(), values
	}
	if r.NeedsGrant() {
		return TriedOnGrants, call.Names()
	}
	if values := r.requiredValues(cloudtrail.FieldProvider); len(values) > 0 {
		return cloudtrail.FieldProvider.Name(), values
	}
	return "", nil
}

// TriedOnGrants means the calls that let somebody in.
const TriedOnGrants = cloudtrail.GrantPrefix + "*"

// requiredValues returns the values of a field one of which every event that
// the rule matches has, exactly. There are none if the rule can do without.
func (r *Rule) requiredValues(field cloudtrail.Field) []string {
	var fewest []string
	for _, either := range r.program.Required() {
		var values []string
		for _, l := range either {
			if !l.Whole || l.Fold || r.fields[l.Slot].Name() != field.Name() {
				values = nil
				break
			}
			values = append(values, l.Text)
		}
		if len(values) > 0 && (fewest == nil || len(values) < len(fewest)) {
			fewest = values
		}
	}
	return fewest
}
