package cloudtrail

import "github.com/trailwire/trailwire/detect/program"

// readOnce is what was asked of an event once. An event can raise thousands of alerts, and have
// thousands of resources: they are gone through for the first.
type readOnce struct {
	resourceIsRead, categoriesAreRead bool

	resource   []byte
	categories Categories
}

// ResourceARN returns the ARN of the first resource that the event names, nil if there is none.
func (e *Event) ResourceARN() []byte {
	if !e.once.resourceIsRead {
		e.once.resource, e.once.resourceIsRead = e.ReadText(&FieldResourceARNs), true
	}
	return e.once.resource
}

// Categories is what Elastic's pipeline makes of an event that many rules are about.
type Categories struct {
	Category, Type []string // event.category and event.type
	Users          []string // related.user
}

// Categories returns what Elastic's pipeline makes of the event.
func (e *Event) Categories() Categories {
	if !e.once.categoriesAreRead {
		e.once.categories = Categories{e.texts(FieldCategory), e.texts(FieldKind), e.texts(FieldRelatedUsers)}
		e.once.categoriesAreRead = true
	}
	return e.once.categories
}

// texts returns the texts of a field.
func (e *Event) texts(f Field) []string {
	v := e.Value(f)
	list := v.List()
	if v.Kind() == program.KindText {
		list = []program.Value{v}
	}
	var all []string
	for _, one := range list {
		if text := one.Text(); len(text) > 0 {
			all = append(all, string(text))
		}
	}
	return all
}

// MFA reports whether the event says that a second factor was shown, for the session of its actor or
// at a sign-in to the console, and whether it says anything of that.
func (e *Event) MFA() (shown, said bool) {
	for _, f := range [...]*Field{&FieldMFA, &FieldLoginMFA} {
		v := e.Read(f)
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
	category := e.ReadText(&FieldEventCategory)
	return len(category) == 0 || string(category) == "Management"
}
