package report

import (
	"bytes"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// maxExcerpt is how many bytes of an event's request and response the page has. All of it is
// in the file that the alert names.
const maxExcerpt = 800

// excerpts finds the events of alerts in their record.
type excerpts struct {
	finder *cloudtrail.Finder
	event  cloudtrail.Event
	byID   map[string][]cloudtrail.Part
}

// find looks a record through.
func (e *excerpts) find(record []byte) {
	if e.finder == nil {
		e.finder = cloudtrail.NewFinder(cloudtrail.DefaultJSONKeys(), func([]byte) bool { return true })
	}
	e.byID = make(map[string][]cloudtrail.Part)
	if len(record) == 0 {
		return
	}
	e.finder.Find(record)
	for _, part := range e.finder.Parts() {
		if part.Event != nil {
			e.event.Reset(part.Event, part.Form)
			id := string(e.event.Text(cloudtrail.FieldEventID))
			e.byID[id] = append(e.byID[id], part)
		}
	}
}

// forget lets go of the record.
func (e *excerpts) forget() { e.byID = nil }

// of returns the beginnings of an alert's request and response, empty where the event has
// none or is not found.
func (e *excerpts) of(a *alert.Alert) (request, response string) {
	parts := e.byID[a.EventID]
	if len(parts) == 0 {
		return "", ""
	}
	content := a.AppendContent(nil)
	for _, part := range parts[:min(len(parts), maxSameID)] {
		e.event.Reset(part.Event, part.Form)
		// A forged event may have the id of another one.
		if bytes.HasPrefix(content, alert.AppendEvent(nil, &e.event)) {
			return excerpt(e.event.RequestParameters(), e.event.RequestText()), excerpt(e.event.ResponseElements(), e.event.Text(cloudtrail.FieldResponse))
		}
	}
	return "", ""
}

// maxSameID is how many events with one id are compared with an alert's: a record full of
// them must not cost their number squared.
const maxSameID = 8

// excerpt is the beginning of a structure as JSON, else of its text.
func excerpt(structure, text []byte) string {
	if structure != nil {
		if json, err := document.AppendJSON(nil, structure); err == nil {
			text = json
		}
	}
	return terminal.Printable(text, maxExcerpt)
}
