package use

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
)

// Row is a call that uses a resource: a row of [Table]. Paths and templates are those
// of [call.Call]; a path may also begin with serviceEventDetails. or
// additionalEventData.
type Row struct {
	Source string // eventSource
	Name   string // eventName; * at its end means any version of the API

	Action   string // as IAM names it
	Kind     call.Kind
	Type     string // of the resource, in CloudFormation's words
	Noun     string // the same for people
	TakesOut bool   // data, code, secrets or credentials come out

	// Resource has ways to the ARNs of what is used. All are followed: "resources" is
	// the list of the event.
	Resource string

	// Owner is a path to the account that owns the resource, for events that do not
	// say who gets them.
	Owner string

	// Version is a path to the version that ends the ARN of a layer, where the call has
	// it beside the ARN.
	Version string

	// CallersTrail says that the owner's trail has no such event, and that it is read
	// in the caller's. The ARN of the resource must name another account.
	CallersTrail bool

	// Provider has the paths of who vouches for a caller without an account of AWS,
	// and Subject those of whom it vouches for. Where Provider is set, everybody
	// comes from outside.
	Provider, Subject string

	// AccessKey and Session are paths to the credentials that the call hands out.
	AccessKey, Session string

	Basis call.Basis
	From  string // where the names of the row are taken from
}

// BasisGuess says that a row is what the other rows suggest: nobody has seen such an
// event of another account, and no document shows one.
const BasisGuess call.Basis = "guess"

const digits = "0123456789"

// byName has the rows by their name without the star.
var byName = func() map[string][]*Row {
	rows := make(map[string][]*Row)
	for i := range Table {
		name := strings.TrimSuffix(Table[i].Name, "*")
		rows[name] = append(rows[name], &Table[i])
	}
	return rows
}()

// Find returns the row of a call, by an event's eventSource and eventName, and nil
// where the table has none.
func Find(source, name []byte) *Row {
	for _, row := range byName[string(name)] {
		if row.Source == string(source) {
			return row
		}
	}
	at := bytes.IndexAny(name, digits)
	if at < 0 {
		return nil
	}
	for _, row := range byName[string(name[:at])] {
		if row.Source == string(source) && strings.HasSuffix(row.Name, "*") {
			return row
		}
	}
	return nil
}

// isTemplate reports whether a way to a resource is a template and not a path.
func isTemplate(way string) bool { return strings.Contains(way, "{") }

// Needles returns texts that find the events of uses by callers of whom no account id
// is known before: those of other accounts by the type of their identity, those of
// identity providers and unsigned requests. An event of a use whose account id is
// known is found by that.
func Needles() []needle.Needle {
	needles := []needle.Needle{
		{Text: typeAccount, Whole: true},
		needle.OfCall("AssumeRoleWithWebIdentity"),
		needle.OfCall("AssumeRoleWithSAML"),
		needle.OfCall("SharedSnapshot*"), // of copies and volumes: their identity may lack a type
		{Text: "rolesanywhere.amazonaws.com", Whole: true},
		{Text: typeUnknown, Whole: true},
	}
	for _, name := range anonymous {
		needles = append(needles, needle.Needle{Text: name, Whole: true})
	}
	return needles
}
