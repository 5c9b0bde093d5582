package alert

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/geoip"
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
func (a *Alert) investigate(event *cloudtrail.Event, f *Facts) {
	a.EventID, a.Actor, a.Source, a.Event = f.event.ID, f.actor, f.source, f.event
	a.form, a.requestID = event.Form(), f.requestID
	a.ResourceARN = a.resourceOf(event)
	if a.Opened != nil {
		a.Inspect, a.Respond = shell(a.Opened.Show()), shell(a.Opened.Undo())
	}
	if a.Grant != nil {
		a.Respond = removal(a.Grant)
	}
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
