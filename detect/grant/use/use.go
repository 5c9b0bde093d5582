package use

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// Use is a call by somebody outside of an account on a resource of it. Every text is
// valid UTF-8 and bounded by [grant.MaxText]; those that a caller can choose have no
// control characters.
type Use struct {
	// Action is the call as IAM names it: s3:GetObject of a HeadObject.
	Action string

	// Kind, Type and Noun are those of the row: what the resource is good for, its
	// type in CloudFormation's words and in people's.
	Kind call.Kind
	Type string
	Noun string

	// TakesOut says that data, code, secrets or credentials came out.
	TakesOut bool

	// Resources are what was used, in the form of [Canonical]: an object and its
	// bucket, a table and its catalog. Rest counts those that are not listed. There
	// are none where the event does not say.
	Resources []string
	Rest      int

	// Owner is the account that the resource is in.
	Owner string

	// Account is the outsider's account. It is empty if the caller came through an
	// identity provider (Federated) or without a signature (Anonymous).
	Account   string
	Federated bool
	Anonymous bool

	// Principal is the caller as the event has it: an ARN, else the unique id with
	// the name of the session, which the outsider chooses, else subject@provider.
	Principal string

	// Via is the AWS service that called on behalf of the account, mostly empty.
	Via string

	// Address is the source address as written: of some calls, the name of a service.
	Address string

	// SharedEventID is the same in the copy that the caller's account got.
	SharedEventID string

	// AccessKey is the access key that the call handed out, and Session the ARN of its
	// session: who assumed a role acts as one of the owner's from then on, and is
	// known by them.
	AccessKey string
	Session   string
}

// MaxResources is how many resources of one call are listed. GetSecretValue's batch
// has up to 20 (Secrets Manager API Reference, BatchGetSecretValue).
const MaxResources = 32

// Read returns the use that an event is, false if it is none: because it is not of a
// call in [Table], because the call failed, or because no outsider made it.
func Read(event *cloudtrail.Event) (Use, bool) {
	row := Find(event.Text(cloudtrail.FieldProvider), event.Text(cloudtrail.FieldAction))
	if row == nil {
		return Use{}, false
	}
	c, ok := callerOf(event, row)
	if !ok || string(event.Text(cloudtrail.FieldOutcome)) != "success" {
		return Use{}, false
	}
	r := reader{event: event, row: row, caller: c}
	r.arguments.Reset(event)
	return r.read()
}

// reader reads one event.
type reader struct {
	event     *cloudtrail.Event
	row       *Row
	caller    caller
	arguments call.Arguments
	use       Use
}

func (r *reader) read() (Use, bool) {
	u := &r.use
	*u = Use{
		Action: r.row.Action, Kind: r.row.Kind, Type: r.row.Type, Noun: r.row.Noun, TakesOut: r.row.TakesOut,
		Account: r.caller.account, Anonymous: r.caller.isAnonymous, Federated: r.row.Provider != "",
		Via:           grant.Printable(string(r.event.Text(cloudtrail.FieldInvokedBy))),
		Address:       grant.Printable(string(r.event.Text(cloudtrail.FieldAddress))),
		SharedEventID: grant.Printable(string(r.event.Text(cloudtrail.FieldSharedEventID))),
	}
	if u.Address == "" {
		u.Address = grant.Printable(string(r.event.Text(cloudtrail.FieldSourceIP)))
	}
	u.Owner = r.owner()
	r.readResources()
	if u.Owner == "" {
		u.Owner = r.ownerOfResources()
	}
	if !r.isOutside() {
		return Use{}, false
	}
	u.Principal = r.principal()
	u.AccessKey, u.Session = r.first(r.row.AccessKey), r.first(r.row.Session)
	return *u, true
}

// isOutside reports whether the caller is not of the owner's account. Where the owner
// is not known, the type says it: AWSAccount is another one (CloudTrail User Guide,
// "CloudTrail userIdentity element").
func (r *reader) isOutside() bool {
	switch {
	case r.use.Federated || r.use.Anonymous:
		return true
	case r.use.Owner == "":
		return !r.row.CallersTrail && string(r.event.Text(cloudtrail.FieldActorType)) == typeAccount
	}
	return r.use.Account != r.use.Owner
}

// owner returns the account whose resource was used, where more than the resource's
// ARN says it. Who gets the event and did not make the call is the owner.
func (r *reader) owner() string {
	if r.row.CallersTrail {
		return ""
	}
	if receiver := r.event.Text(cloudtrail.FieldReceiver); grant.IsAccountID(string(receiver)) {
		return string(receiver)
	}
	if account := r.first(r.row.Owner); grant.IsAccountID(account) {
		return account
	}
	// A call on resources of several accounts is one on those of others.
	for _, account := range r.resourceAccounts() {
		if account != r.use.Account {
			return account
		}
	}
	return ""
}

func (r *reader) resourceAccounts() (accounts []string) {
	v := r.event.Value(cloudtrail.FieldResourceAccounts)
	add := func(text []byte) {
		if account := string(text); grant.IsAccountID(account) && len(accounts) < MaxResources && !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
	}
	add(v.Text())
	for _, one := range v.List() {
		add(one.Text())
	}
	return accounts
}

// ownerOfResources returns an account in the ARNs that is not the caller's.
func (r *reader) ownerOfResources() string {
	for _, arn := range r.use.Resources {
		if account := accountOf(arn); account != "" && account != r.use.Account {
			return account
		}
	}
	return ""
}

// readResources reads what all ways of the row lead to.
func (r *reader) readResources() {
	for way := range call.Alternatives(r.row.Resource) {
		switch {
		case way == "resources":
			r.readListed()
		case isTemplate(way):
			if arn, ok := r.arguments.ARN(way, r.use.Owner); ok {
				r.addResource(r.versioned(arn))
			}
		default:
			r.arguments.Each(way, func(text string) bool {
				r.addResource(text)
				return true
			})
		}
	}
}

// versioned completes the ARN of a layer: arn:aws:lambda:eu-west-1:111122223333:layer:base:3.
func (r *reader) versioned(arn string) string {
	version := r.first(r.row.Version)
	if f, ok := split(arn); version == "" || !ok || strings.Count(f.resource, ":") != 1 {
		return arn
	}
	return arn + ":" + version
}

// readListed reads the event's list of resources.
func (r *reader) readListed() {
	v := r.event.Value(cloudtrail.FieldResourceARNs)
	r.addResource(string(v.Text()))
	for _, one := range v.List() {
		r.addResource(string(one.Text()))
	}
}

// addResource adds what is an ARN, once.
func (r *reader) addResource(text string) {
	arn := Canonical(text)
	if _, isARN := split(arn); !isARN || slices.Contains(r.use.Resources, arn) {
		return
	}
	if len(r.use.Resources) == MaxResources {
		r.use.Rest++
		return
	}
	r.use.Resources = append(r.use.Resources, arn)
}

// first returns the first text at a path, fit for a line.
func (r *reader) first(paths string) string {
	if paths == "" {
		return ""
	}
	return grant.Printable(r.arguments.First(paths))
}
