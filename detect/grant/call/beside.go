package call

import (
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/program"
)

// beside is a member of an event that has what a few calls say in neither their
// parameters nor their answer: events that a service writes by itself have no
// parameters (CloudTrail User Guide, "CloudTrail record contents").
type beside struct {
	prefix    string // of the paths that lead into it
	flattened string // of the fields of its values
	text      cloudtrail.Field
}

var besides = []beside{
	{"serviceEventDetails.", "aws.cloudtrail.flattened.service_event_details.", cloudtrail.FieldServiceDetails},
	{"additionalEventData.", "aws.cloudtrail.flattened.additional_eventdata.", cloudtrail.FieldAdditional},
}

// besideOf returns the member that a path leads into, nil if it is a parameter's.
func besideOf(path string) *beside {
	for i := range besides {
		if strings.HasPrefix(path, besides[i].prefix) {
			return &besides[i]
		}
	}
	return nil
}

// each goes through the texts at a path. It returns false if the walker's visit did.
func (m *beside) each(event *cloudtrail.Event, path string, w *walker) bool {
	if event == nil {
		return true
	}
	path = strings.TrimPrefix(path, m.prefix)
	v := event.Value(cloudtrail.LookupField(m.flattened + path))
	if v.Kind() != program.KindNull {
		return eachText(v, func(text []byte) bool { return w.visit(msgp.AppendStringFromBytes(nil, text)) })
	}
	if event.Form() != cloudtrail.ECS { // a raw event has the structure itself
		return true
	}
	if value, ok := appendJavaText(nil, event.Text(m.text)); ok {
		return w.walk(value, path, 0)
	}
	return true
}

// eachText calls visit with the texts of a value until it returns false, and returns
// false then.
func eachText(v program.Value, visit func(text []byte) bool) bool {
	if list := v.List(); list != nil {
		for _, one := range list {
			if !visit(one.Text()) {
				return false
			}
		}
		return true
	}
	if text := v.Text(); len(text) > 0 {
		return visit(text)
	}
	return true
}
