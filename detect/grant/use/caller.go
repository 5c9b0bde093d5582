package use

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
)

// The types of userIdentity that decide something (CloudTrail User Guide, "CloudTrail
// userIdentity element").
const (
	typeAccount = "AWSAccount"
	typeService = "AWSService"
	typeUnknown = "Unknown"
)

// anonymous is what an unsigned request to S3 has as its account, in CloudTrail and as
// Elastic's pipeline stores it. Needles has both.
var anonymous = [...]string{"ANONYMOUS_PRINCIPAL", "anonymous"}

// caller is who made a call.
type caller struct {
	account     string
	isAnonymous bool
}

// callerOf returns who made a call, false if that is nobody outside: the account that
// gets the event, or an AWS service for itself. It allocates nothing for those.
func callerOf(event *cloudtrail.Event, row *Row) (c caller, isOutside bool) {
	if string(event.Text(cloudtrail.FieldActorType)) == typeService {
		return caller{}, false
	}
	if row.Provider != "" {
		return caller{}, true
	}
	account := event.Text(cloudtrail.FieldAccount)
	switch {
	case isAnonymous(event, account):
		return caller{isAnonymous: true}, true
	case !grant.IsAccountID(string(account)):
		return caller{}, false
	case !row.CallersTrail && string(account) == string(event.Text(cloudtrail.FieldReceiver)):
		return caller{}, false
	}
	return caller{account: string(account)}, true
}

// isAnonymous reports whether a request had no signature. Of one to a service that
// does not say so in the account, the type is Unknown and there is no account.
func isAnonymous(event *cloudtrail.Event, account []byte) bool {
	for _, name := range anonymous {
		if len(account) == len(name) && strings.EqualFold(string(account), name) {
			return true
		}
	}
	return len(account) == 0 && string(event.Text(cloudtrail.FieldActorType)) == typeUnknown
}

// principal returns the caller in one text.
func (r *reader) principal() string {
	if r.use.Federated {
		return r.federated()
	}
	for _, f := range [...]cloudtrail.Field{cloudtrail.FieldActor, cloudtrail.FieldActorID, cloudtrail.FieldActorName} {
		if text := r.event.Text(f); len(text) > 0 {
			return grant.Printable(string(text))
		}
	}
	return r.use.Account // as in the events that EC2 writes by itself
}

// federated returns subject@provider. The subject is what the provider says, the
// provider what the account registered.
func (r *reader) federated() string {
	subject := r.first(r.row.Subject)
	for _, f := range [...]cloudtrail.Field{cloudtrail.FieldActorName, cloudtrail.FieldActorID} {
		if subject == "" {
			subject = grant.Printable(string(r.event.Text(f)))
		}
	}
	provider := r.first(r.row.Provider)
	if provider == "" {
		provider = grant.Printable(string(r.event.Text(cloudtrail.FieldIdentityProvider)))
	}
	switch {
	case provider == "":
		return subject
	case subject == "":
		return provider
	}
	return subject + "@" + provider
}
