package alert

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/grant"
)

// Source is where the call came from.
type Source struct {
	IP        string // empty if Address is none
	Address   string // an IP address, or the name of a service that called
	UserAgent string
	Place     *geoip.Place // nil unless there is a database

}

// Event is what an alert repeats of its event.
type Event struct {
	ID       string
	Time     string // as the event says it
	Action   string
	Provider string
	Outcome  string
	Region   string
	Account  string // the one that the event happened in
	URL      string // its page in AWS's console; empty if there is none
}

// investigate fills in what an analyst asks first: who did it, from where, what
// it was, and how to undo it. It repeats the fields that the built-in rule names
// under investigation_fields, without the parameters of the request and the
// response: those can be of any size, and are in the record.
//
// Many of these texts are an attacker's. Each is bounded and valid UTF-8.
func (a *Alert) investigate(event *cloudtrail.Event, kept *texts) {
	fieldText := func(f *cloudtrail.Field) string { return kept.bounded(event.ReadText(f)) }
	a.Actor = newActor(event, kept)
	a.Source = Source{Address: fieldText(&cloudtrail.FieldAddress), UserAgent: fieldText(&cloudtrail.FieldUserAgent)}
	switch {
	case event.Form() == cloudtrail.ECS && isIP(fieldText(&cloudtrail.FieldSourceIP)):
		a.Source.IP = fieldText(&cloudtrail.FieldSourceIP) // a document may have another address beside it
	case isIP(a.Source.Address):
		a.Source.IP = a.Source.Address
	}
	a.Source.complete()
	if place := *event.Place(); !place.IsEmpty() {
		a.Source.Place = &place
	}
	a.Event = Event{
		ID: fieldText(&cloudtrail.FieldEventID), Time: fieldText(&cloudtrail.FieldTimestamp), Action: fieldText(&cloudtrail.FieldAction),
		Provider: fieldText(&cloudtrail.FieldProvider), Outcome: fieldText(&cloudtrail.FieldOutcome), Region: fieldText(&cloudtrail.FieldRegion),
		Account: fieldText(&cloudtrail.FieldReceiver),
	}
	if a.Event.Account == "" {
		a.Event.Account = a.Actor.Account
	}
	if event.IsOfManagement() {
		a.Event.URL = consoleURL(a.Event.Region, a.Event.ID)
	}
	a.ResourceARN = a.resourceOf(event)
	a.form, a.requestID = event.Form(), fieldText(&cloudtrail.FieldRequestID)
	if a.Opened != nil {
		a.Inspect, a.Respond = shell(a.Opened.Show()), shell(a.Opened.Undo())
	}
	if a.Grant != nil {
		a.Respond = removal(a.Grant)
	}
}

// isIP reports whether a text is an address to a database. One with a zone is one to Go alone.
func isIP(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == ""
}

// resourceOf is the ARN of the resource that was opened, else of the first that the event
// names.
func (a *Alert) resourceOf(event *cloudtrail.Event) string {
	named := ""
	switch {
	case a.Grant != nil:
		named = a.Grant.FunctionARN()
	case a.Opened != nil:
		named = a.Opened.Resource
	}
	if isARN(named) {
		return fit(named)
	}
	if text := bounded(event.ResourceARN()); isARN(text) {
		return text
	}
	return ""
}

// isARN reports whether a text has the six parts of an ARN.
func isARN(text string) bool {
	return strings.HasPrefix(text, "arn:") && strings.Count(text, ":") >= 5
}

// bounded is [grant.Bounded] of a text that hardly ever needs it.
func bounded(text []byte) string { return fit(string(text)) }

// texts keeps what an alert repeats of its event, in one piece of memory for all.
type texts struct{ kept strings.Builder }

// roomForTexts is more than the texts of most events take.
const roomForTexts = 1 << 10

// bounded is [bounded] of a text that is kept.
func (t *texts) bounded(text []byte) string {
	if len(text) > grant.MaxText || !utf8.Valid(text) {
		return bounded(text)
	}
	if t.kept.Len() == 0 {
		t.kept.Grow(roomForTexts)
	}
	from := t.kept.Len()
	t.kept.Write(text)
	return t.kept.String()[from:]
}

// object has the address once: under ip if it is one.
func (s *Source) object() object {
	address := s.Address
	if address == s.IP {
		address = ""
	}
	return object{{"ip", s.IP}, {"address", address}, {"user_agent", s.UserAgent}}
}

func (e *Event) object() object {
	return object{
		{"id", e.ID}, {"time", e.Time}, {"action", e.Action}, {"provider", e.Provider},
		{"outcome", e.Outcome}, {"region", e.Region}, {"account", e.Account}, {"url", e.URL},
	}
}
