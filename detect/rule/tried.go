package rule

import "github.com/trailwire/trailwire/detect/cloudtrail"

// TriedOn says on which events the rule is worth evaluating: those that have
// one of the values in the field, event.action or event.provider. The field is
// empty where every event is.
func (r *Rule) TriedOn() (field string, values []string) {
	for _, f := range []cloudtrail.Field{cloudtrail.FieldAction, cloudtrail.FieldProvider} {
		if values := r.requiredValues(f); len(values) > 0 {
			return f.Name(), values
		}
	}
	return "", nil
}

// requiredValues returns the values of a field one of which every event that
// the rule matches has, exactly. There are none where the rule can do without.
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
