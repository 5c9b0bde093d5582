package cloudtrail

import "strings"

// GrantField is what a field says of the foreign grants of a call. Such a field is
// computed from the whole event by package detect/grant/call. An event is never read
// by its name: a record that has trailwire.grant.relation in it was written by
// somebody who wants to be believed.
type GrantField uint8

// The fields, by the name that follows trailwire.grant.
const (
	GrantRelation GrantField = iota + 1
	GrantBinding
	GrantPrincipal
	GrantPrincipalType
	GrantPrincipalAccount
	GrantPrincipalName
	GrantActions
	GrantActionClasses
	GrantConditions
	GrantReason
	GrantResource
	GrantResourceType
	GrantKind
	GrantService
	GrantAccount
	GrantRegion
	grantFields
)

// GrantWorst is added to a field to ask about the worst of the grants alone.
const GrantWorst GrantField = 32

// unknownGrantField is a name below trailwire.grant that means nothing. It is null.
const unknownGrantField GrantField = 255

// GrantPrefix begins the names of the fields.
const GrantPrefix = "trailwire.grant."

const worstPrefix = "worst."

var grantNames = [grantFields]struct{ name, from string }{
	GrantRelation:         {"relation", "what each outsider is to the account: public, cross_account, …"},
	GrantBinding:          {"binding", "what holds a service or a federated identity: unbound, foreign_account, …"},
	GrantPrincipal:        {"principal", "who was let in, as written"},
	GrantPrincipalType:    {"principal_type", "public, account, iam, service, federated, unique_id or unknown"},
	GrantPrincipalAccount: {"principal_account", "the account that was let in, where one is named"},
	GrantPrincipalName:    {"principal_name", "its name in known_accounts"},
	GrantActions:          {"actions", "what may be done"},
	GrantActionClasses:    {"action_classes", "read, write, admin"},
	GrantConditions:       {"conditions", "what narrows it, as text"},
	GrantReason:           {"reason", "why the relation is what it is"},
	GrantResource:         {"resource", "the ARN of what was opened"},
	GrantResourceType:     {"resource_type", "its type, as in CloudFormation"},
	GrantKind:             {"kind", "identity, secret, data, code, message or network"},
	GrantService:          {"service", "the service that was called"},
	GrantAccount:          {"account", "the account that the resource belongs to"},
	GrantRegion:           {"region", "where the resource is"},
}

// closedGrants are the fields that have a few values and no others, in order: the words
// of detect/grant/policy and detect/grant/call.
var closedGrants = map[GrantField][]string{
	GrantRelation:      {"cross_account", "federated", "network", "organization", "public", "service", "unknown"},
	GrantBinding:       {"foreign_account", "network", "organization", "provider", "secret", "subject", "unbound", "unknown"},
	GrantPrincipalType: {"account", "federated", "iam", "public", "service", "unique_id", "unknown"},
	GrantActionClasses: {"admin", "read", "write"},
	GrantKind:          {"code", "data", "identity", "message", "network", "secret"},
}

// IsShared reports whether a field says the same of all grants of a call, since it
// is about the resource.
func (g GrantField) IsShared() bool { return g&^GrantWorst >= GrantResource }

var grantByName = func() map[string]GrantField {
	fields := make(map[string]GrantField)
	for f := GrantRelation; f < grantFields; f++ {
		fields[grantNames[f].name] = f
		fields[worstPrefix+grantNames[f].name] = f | GrantWorst
	}
	return fields
}()

func lookupGrantField(name string) (Field, bool) {
	rest, found := strings.CutPrefix(name, GrantPrefix)
	if !found {
		return Field{}, false
	}
	g, known := grantByName[rest]
	if !known {
		return Field{name: name, grant: unknownGrantField}, true
	}
	from := grantNames[g&^GrantWorst].from
	if g&GrantWorst != 0 {
		from += ", of the worst grant"
	}
	return Field{name: name, from: "the call's foreign grants: " + from, grant: g}, true
}

// GrantFieldNames returns the names of all fields about grants, in no order.
func GrantFieldNames() []string {
	names := make([]string, 0, len(grantByName))
	for name := range grantByName {
		names = append(names, GrantPrefix+name)
	}
	return names
}
