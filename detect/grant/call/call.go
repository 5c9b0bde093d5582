package call

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/needle"
)

// Kind says of what use a resource is to somebody who gets at it.
type Kind string

// The kinds.
const (
	// KindIdentity is a role or an identity provider: who reaches it acts in the
	// account.
	KindIdentity Kind = "identity"
	// KindSecret is a secret, a key or a certificate authority.
	KindSecret Kind = "secret"
	// KindData is what stores data: a bucket, a table, a snapshot.
	KindData Kind = "data"
	// KindCode is what runs, or is run: a function, an image, a repository.
	KindCode Kind = "code"
	// KindMessage is what passes messages on: a queue, a topic, an event bus.
	KindMessage Kind = "message"
	// KindNetwork is a way into a network.
	KindNetwork Kind = "network"
)

// Basis says how a row of the table is known.
type Basis string

// The bases, the best first.
const (
	// BasisEvent is a recorded event.
	BasisEvent Basis = "recorded event"
	// BasisDocument is a page of AWS's documentation with a sample event.
	BasisDocument Basis = "documentation"
	// BasisModel is AWS's model of the API, from which CloudTrail takes the names
	// of parameters.
	BasisModel Basis = "API model"
)

// Call is a call that lets somebody in: a row of [Table].
//
// Paths are names of parameters with dots between them, compared without regard to
// case. A path leads into requestParameters, one that begins with "response." into
// responseElements. Lists are gone through, and so are the maps around the items of
// a list (items, member, content). Where a row has several paths, " | " is between
// them.
type Call struct {
	Source string // eventSource
	Name   string // eventName; * at its end means any version of the API

	Kind Kind
	Type string // of the resource, in CloudFormation's words
	Noun string // the same for people

	// Resource has ways to the resource's ARN, tried in order: a path, or a
	// template such as arn:{partition}:s3:::{bucketName} in which a path stands in
	// braces. {partition}, {region} and {account} are the event's. A parameter that
	// is an ARN itself counts as it is.
	Resource string

	// Owner is a path to the account that the resource belongs to. Without it the
	// account is the one in the ARN, in the event's resources, or the one in which
	// the event happened.
	Owner string

	// Parts say where the principals are. At least one of those that apply must
	// be found, or the grant is unknown; where Optional is set, the call may come
	// without any.
	Parts    []Part
	Optional bool

	// Actions are what somebody may do then, where the call does not say. Does says
	// it in words: somebody let account 111122223333 …
	Actions []string
	Does    string

	// EverydayServices says that a grant to an AWS service is everyday business.
	EverydayServices bool

	// Gain says what an attacker gains, Removal what takes it back, in the words of
	// the documentation.
	Gain, Removal string

	// Show and Undo are commands of the AWS command line: one shows what is there,
	// one takes it back. An option is followed by its value, a path in braces;
	// {resource} is the ARN, {principals} are the principals of the foreign grants.
	Show, Undo string

	// Needles are texts to look for in place of the name of the call, where the call is in
	// too many events: one of them is there if it grants anything.
	Needles []string

	Basis Basis
	From  string // where the names of the row are taken from
}

// Part is one place of a call that says who is let in.
type Part struct {
	// When is a condition on a parameter, path=value, without regard to case. The
	// part applies where it holds or where the parameter is not there.
	When string

	// Policy has the paths of policy documents.
	Policy string

	// Principals has the paths of principals: account ids, ARNs, names of services,
	// * and all. Organizations has those of organization ids, of which everybody is
	// let in.
	Principals    string
	Organizations string

	// Accounts has the paths of ARNs whose accounts are let in: of users of a service's
	// own, of what data is sent to. One without an account is nobody that is known.
	Accounts string

	// Actions and Conditions are paths of what Principals may do, and of a Condition
	// as in a policy. Effect is the path of Allow or Deny. Narrow has the parameters
	// that are one condition each.
	Actions, Conditions, Effect string
	Narrow                      []Narrow

	// Inside is the path of JSON text that is not a policy document of IAM's. The
	// other paths lead into it.
	Inside string

	// Patch is the path of a JSON patch, as API Gateway takes them, that replaces a
	// policy.
	Patch string

	// Removed has the paths that are there where the call takes away instead.
	Removed string

	// Opens is a parameter that opens the resource to everyone by its value:
	// path=value.
	Opens string

	// Provider has the paths of what says who vouches for identities from now on:
	// the address of an identity provider, a certificate.
	Provider string

	// ACL says that the parameters are those of an S3 access control list.
	ACL bool

	// Lambda says that the call is Lambda's AddPermission.
	Lambda bool
}

// Narrow is a condition key that must equal a parameter.
type Narrow struct{ Key, Path string }

// digits begin the version that ends the names of some calls:
// AddPermission20150331v2.
const digits = "0123456789"

// byName has the rows by their name without the star.
var byName = func() map[string][]*Call {
	rows := make(map[string][]*Call)
	for i := range Table {
		name := strings.TrimSuffix(Table[i].Name, "*")
		rows[name] = append(rows[name], &Table[i])
	}
	return rows
}()

// Find returns the row of a call, by an event's eventSource and eventName, and nil
// where the table has none.
func Find(source, name string) *Call {
	for _, c := range byName[name] {
		if c.Source == source {
			return c
		}
	}
	at := strings.IndexAny(name, digits)
	if at < 0 {
		return nil
	}
	for _, c := range byName[name[:at]] {
		if c.Source == source && strings.HasSuffix(c.Name, "*") {
			return c
		}
	}
	return nil
}

// Needles returns what the events of all calls in the table can be found by, each
// once: the name of a call, or what its row says instead.
func Needles() []needle.Needle {
	var all []needle.Needle
	add := func(n needle.Needle) {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for i := range Table {
		c := &Table[i]
		for _, text := range c.Needles {
			add(needle.Needle{Text: text})
		}
		if len(c.Needles) == 0 {
			add(needle.OfCall(c.Name))
		}
	}
	return all
}

// Names returns the names of the calls in the table, each once, in order.
func Names() []string {
	var names []string
	for i := range Table {
		names = append(names, Table[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
