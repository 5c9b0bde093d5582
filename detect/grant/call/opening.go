package call

import (
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// Opening is what one call opened, and to whom.
type Opening struct {
	// Resource is the ARN of the resource that was opened, or the name that the
	// event has for it where an ARN cannot be made of that. ResourceType is its type
	// in CloudFormation's words, Service what made it, such as kms.
	Resource     string
	ResourceType string
	Service      string
	Kind         Kind

	// Account is the account that the resource belongs to, empty if it is not
	// known. Region is where.
	Account string
	Region  string

	// Grants are the foreign grants that no exception covers, the worst first. There
	// is at least one. Rest counts those that are not listed.
	Grants []policy.Grant
	Rest   int

	// Lambda is the grant of an AddPermission, nil for another call.
	Lambda *grant.Grant

	call       *Call
	name       string // of the resource, for people
	show, undo Command
}

// Worst returns the worst of the grants.
func (o *Opening) Worst() *policy.Grant { return &o.Grants[0] }

// Name returns what people call the resource: the last part of its ARN, or the name
// that the call has for it.
func (o *Opening) Name() string { return nameOf(o.name, o.Resource) }

// Show returns the command that shows what is there now, and Undo the one that
// takes it back. They are empty if the event does not say enough.
func (o *Opening) Show() Command { return o.show }

// Undo returns the command that takes the grants back.
func (o *Opening) Undo() Command { return o.undo }

// Covers decides whether an exception covers a foreign grant. The opening's grants
// are not filled in yet when it is asked.
type Covers func(o *Opening, g *policy.Grant) bool

// Read returns what an event opened, nil if it opened nothing: because it is not
// of a call in the table, because the call failed, or because nobody outside of the
// account was let in but those that covers covers. covers may be nil.
func Read(event *cloudtrail.Event, covers Covers) *Opening {
	o, _ := ReadAll(event, covers)
	return o
}

// ReadAll is [Read] that also returns how many foreign grants were left out because
// an exception covers them.
func ReadAll(event *cloudtrail.Event, covers Covers) (o *Opening, covered int) {
	return new(reader).read(event, covers)
}

// reader reads events, one after the other, and keeps its buffers.
type reader struct {
	call       *Call
	event      *cloudtrail.Event
	parameters parameters
	covers     Covers
	skips      func(*policy.Grant) bool // skip
	opening    Opening
	list       policy.List
	covered    int

	arn, name   []byte // of the resource
	isDescribed bool   // opening has all that is about the resource
}

func (r *reader) read(event *cloudtrail.Event, covers Covers) (o *Opening, covered int) {
	source, name := event.Text(cloudtrail.FieldProvider), event.Text(cloudtrail.FieldAction)
	c := Find(string(source), string(name))
	if c == nil || string(event.Text(cloudtrail.FieldOutcome)) != "success" {
		return nil, 0
	}
	r.reset(c, event, covers)
	r.readResource()
	r.readParts()
	if len(r.list.Grants) == 0 {
		return nil, r.covered
	}
	r.describe()
	r.opening.Grants, r.opening.Rest = r.list.Grants, r.list.Rest
	r.opening.show, r.opening.undo = r.command(c.Show), r.command(c.Undo)
	o = new(Opening)
	*o = r.opening
	return o, r.covered
}

func (r *reader) reset(c *Call, event *cloudtrail.Event, covers Covers) {
	if r.skips == nil {
		r.skips = r.skip
	}
	r.call, r.event, r.covers = c, event, covers
	r.parameters.read(event)
	r.opening = Opening{call: c, Account: r.opening.Account}
	r.list, r.covered, r.isDescribed = policy.List{}, 0, false
	if cap(r.arn)+cap(r.name) > keptBuffer {
		r.arn, r.name = nil, nil
	}
}

// keptBuffer is how large the buffers for a resource may be that are kept: a huge
// name must not stay in memory for the life of a pipeline.
const keptBuffer = 64 << 10

// skip reports whether a grant is not one to report.
func (r *reader) skip(g *policy.Grant) bool {
	if isEveryday(r.call, r.opening.Account, g) {
		return true
	}
	r.describe()
	if r.covers == nil || !r.covers(&r.opening, g) {
		return false
	}
	r.covered++
	return true
}

// add adds a grant that was not read out of a policy.
func (r *reader) add(g policy.Grant) {
	if !r.skip(&g) {
		r.list.Add(g)
	}
}

// unknown adds a grant of which nothing is known but that it may be there.
func (r *reader) unknown(why string) {
	r.add(policy.Grant{
		Relation: policy.RelationUnknown, PrincipalType: policy.PrincipalUnknown, Reason: why,
		Actions: r.call.Actions, Classes: policy.ClassesOf(r.call.Actions),
	})
}
