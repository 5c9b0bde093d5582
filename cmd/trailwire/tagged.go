package main

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// alertsOf returns the alerts that a record was tagged with: the one under key,
// and the others in the list where there are several. A record can have come
// with a list of its own; the engine's begins with the alert under key.
func alertsOf(record []byte, key string) [][]byte {
	alert, ok := document.Get(record, key)
	if !ok || !document.IsMap(alert) {
		return nil
	}
	alerts := [][]byte{alert}
	list, _ := document.Get(record, key+"s")
	for items := document.OverArray(list); items.Next(); {
		if len(alerts) == 1 && !document.Equal(items.Value, alert) {
			return alerts
		}
		alerts = append(alerts, items.Value)
	}
	if len(alerts) > 1 {
		return alerts[1:]
	}
	return alerts
}

// ruleOf returns the id of the rule that an alert names.
func ruleOf(alert []byte) string {
	rule, _ := document.Get(alert, "rule")
	id, _ := document.GetText(rule, "id")
	return string(id)
}

// eventFinder finds in a tagged record, whatever its shape, the event that an
// alert is about.
type eventFinder struct {
	finder *cloudtrail.Finder
	event  cloudtrail.Event
}

func newEventFinder(jsonKeys []string) *eventFinder {
	return &eventFinder{finder: cloudtrail.NewFinder(jsonKeys, nil)}
}

// find returns the event of the record that raised the alert. Where a record
// that was not split holds several, it is the one whose id ends the alert's
// deduplication key. The event says nothing where there is none; it is valid
// until the next call.
func (f *eventFinder) find(record, alert []byte) *cloudtrail.Event {
	f.event.Reset(nil, cloudtrail.Raw)
	f.finder.Find(record)
	key, _ := document.GetText(alert, "dedup_key")
	var first *cloudtrail.Part
	for i, part := range f.finder.Parts() {
		if part.Event == nil {
			continue
		}
		if first == nil {
			first = &f.finder.Parts()[i]
		}
		f.event.Reset(part.Event, part.Form)
		if id := f.event.Text(cloudtrail.FieldEventID); len(id) > 0 && bytes.HasSuffix(key, append([]byte{':'}, id...)) {
			return &f.event
		}
	}
	if first != nil {
		f.event.Reset(first.Event, first.Form)
	}
	return &f.event
}
