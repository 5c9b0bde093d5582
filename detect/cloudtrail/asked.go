package cloudtrail

import "github.com/trailwire/trailwire/detect/program"

// firstResource is the first ARN of an event's resources. An event can raise thousands of alerts,
// and have thousands of resources: they are gone through once.
type firstResource struct {
	isRead bool
	arn    []byte
}

// ResourceARN returns the ARN of the first resource that the event names, nil if there is none.
func (e *Event) ResourceARN() []byte {
	if !e.resource.isRead {
		e.resource.arn, e.resource.isRead = e.Text(FieldResourceARNs), true
	}
	return e.resource.arn
}

// MFA reports whether the event says that a second factor was shown, for the session of its actor or
// at a sign-in to the console, and whether it says anything of that.
func (e *Event) MFA() (shown, said bool) {
	for _, f := range [...]Field{FieldMFA, FieldLoginMFA} {
		v := e.Value(f)
		switch text := string(v.Text()); {
		case v.Bool(), text == "true":
			return true, true
		case v.Kind() == program.KindBool, text == "false":
			return false, true
		}
	}
	return false, false
}

// IsOfManagement reports whether the event is a management event, which CloudTrail's event history has.
// Events had no category before version 1.07.
func (e *Event) IsOfManagement() bool {
	category := e.Text(FieldEventCategory)
	return len(category) == 0 || string(category) == "Management"
}
