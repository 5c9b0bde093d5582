package call

import (
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/program"
)

// Fields answers the fields trailwire.grant.* of one event. The event is read when
// the first of them is asked for. It is for one goroutine at a time; the zero Fields
// answers null.
type Fields struct {
	event   *cloudtrail.Event
	covers  Covers
	names   map[string]string
	isRead  bool
	opening *Opening
	covered int
	reader  reader
	values  [2 * int(cloudtrail.GrantWorst)]program.Value
	isMade  [2 * int(cloudtrail.GrantWorst)]bool
}

// Reset makes f answer about an event. covers says which grants an exception covers,
// names which accounts are known by a name; both may be nil.
func (f *Fields) Reset(event *cloudtrail.Event, covers Covers, names map[string]string) {
	f.event, f.covers, f.names = event, covers, names
	f.isRead, f.opening, f.covered = false, nil, 0
}

// Show makes f answer about an opening that was read before.
func (f *Fields) Show(o *Opening) {
	f.Reset(nil, nil, nil)
	f.isRead, f.opening = true, o
	clear(f.isMade[:])
}

// Opening returns what the event opened, nil for nothing.
func (f *Fields) Opening() *Opening {
	if !f.isRead {
		f.isRead = true
		if f.event != nil {
			f.opening, f.covered = f.reader.read(f.event, f.covers)
		}
		if f.opening != nil {
			clear(f.isMade[:])
		}
	}
	return f.opening
}

// IsRead reports whether somebody has asked.
func (f *Fields) IsRead() bool { return f.isRead }

// Covered returns how many grants were left out because an exception covers them. It
// is 0 if nobody has asked.
func (f *Fields) Covered() int { return f.covered }

// Value returns what a field says: a text for one that is about the resource or
// about the worst grant, else a list with the texts of all grants, in their order.
// It is null if the event opened nothing. What it returns is valid until the next
// Reset.
func (f *Fields) Value(field cloudtrail.GrantField) program.Value {
	if int(field) >= len(f.values) || f.Opening() == nil {
		return program.Null()
	}
	if !f.isMade[field] {
		f.isMade[field] = true
		f.values[field] = f.value(field)
	}
	return f.values[field]
}

func (f *Fields) value(field cloudtrail.GrantField) program.Value {
	o := f.opening
	var texts []string
	switch base := field &^ cloudtrail.GrantWorst; {
	case base.IsShared():
		texts = []string{o.text(base)}
	case field != base:
		texts = f.texts(nil, o.Worst(), base)
	default:
		for i := range o.Grants {
			texts = f.texts(texts, &o.Grants[i], base)
		}
	}
	values := make([]program.Value, 0, len(texts))
	for _, text := range texts {
		if text != "" {
			values = append(values, program.Text([]byte(text)))
		}
	}
	switch len(values) {
	case 0:
		return program.Null()
	case 1:
		return values[0]
	}
	return program.List(values)
}

// text returns what a field says of the resource.
func (o *Opening) text(field cloudtrail.GrantField) string {
	switch field {
	case cloudtrail.GrantResource:
		return o.Resource
	case cloudtrail.GrantResourceType:
		return o.ResourceType
	case cloudtrail.GrantKind:
		return string(o.Kind)
	case cloudtrail.GrantService:
		return o.Service
	case cloudtrail.GrantAccount:
		return o.Account
	case cloudtrail.GrantRegion:
		return o.Region
	}
	return ""
}

// texts appends what a field says of one grant.
func (f *Fields) texts(dst []string, g *policy.Grant, field cloudtrail.GrantField) []string {
	switch field {
	case cloudtrail.GrantRelation:
		return append(dst, string(g.Relation))
	case cloudtrail.GrantBinding:
		return append(dst, string(g.Binding))
	case cloudtrail.GrantPrincipal:
		return append(dst, g.Principal)
	case cloudtrail.GrantPrincipalType:
		return append(dst, string(g.PrincipalType))
	case cloudtrail.GrantPrincipalAccount:
		return append(append(dst, g.Accounts...), unlisted(g)...)
	case cloudtrail.GrantPrincipalName:
		for _, account := range append(g.Accounts[:len(g.Accounts):len(g.Accounts)], unlisted(g)...) {
			dst = append(dst, f.names[account])
		}
		return dst
	case cloudtrail.GrantActions:
		return append(dst, g.Actions...)
	case cloudtrail.GrantActionClasses:
		return append(dst, g.Classes.Names()...)
	case cloudtrail.GrantConditions:
		return append(dst, conditionTexts(g)...)
	case cloudtrail.GrantReason:
		return append(dst, g.Reason)
	}
	return dst
}

// unlisted is the principal's account where the list of accounts does not have it.
func unlisted(g *policy.Grant) []string {
	if len(g.Accounts) == 0 && g.PrincipalAccount != "" {
		return []string{g.PrincipalAccount}
	}
	return nil
}
