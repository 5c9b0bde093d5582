package detect

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// Exceptions are the grants that a user has vetted. An exception never applies
// to a public grant, nor to one whose principal cannot be told.
type Exceptions struct {
	SameAccount bool     // grants to the function's own account, which the built-in rule cannot tell
	Accounts    []string // principals of these accounts
	Orgs        []string // grants narrowed to these organizations
	Actors      []string // calls by these identities: ARN patterns; * and ? do not cross a colon
	Functions   []string // grants on these functions: names, or ARN patterns
	Resources   []string // grants on these resources: ARN patterns
}

// covering returns the name of the property that covers the grant, nothing if
// none does. A nil grant is never covered.
func (x *Exceptions) covering(g *grant.Grant, event *cloudtrail.Event) (property string) {
	switch {
	case g == nil || g.Relation == grant.RelationPublic || g.Relation == grant.RelationUnknown:
		return ""
	case x.SameAccount && g.Relation == grant.RelationSameAccount:
		return "same_account"
	case x.trustsOrg(g):
		return "trusted_orgs"
	case len(x.Accounts) > 0 && g.OnlyFor(x.Accounts):
		return "trusted_accounts"
	case x.trustsActor(event):
		return "trusted_actors"
	case x.trustsFunction(g):
		return "trusted_functions"
	case len(x.Resources) > 0 && x.trustsResource(g.FunctionARN()):
		return "trusted_resources"
	}
	return ""
}

func (x *Exceptions) trustsOrg(g *grant.Grant) bool {
	inOrg := g.Relation == grant.RelationOrganization || g.Relation == grant.RelationCrossAccount
	return inOrg && g.OrgID != "" && slices.Contains(x.Orgs, g.OrgID)
}

// coveringOf returns the name of the property that covers one of the grants of a call,
// nothing if none does. Those that let in everybody, or nobody knows whom, are never
// covered: who signs in through a provider that strangers share, and whom a service acts
// for that nothing binds, is anybody.
func (x *Exceptions) coveringOf(o *call.Opening, g *policy.Grant, event *cloudtrail.Event) (property string) {
	if o.Lambda != nil {
		return x.covering(o.Lambda, event)
	}
	switch g.Relation {
	case policy.RelationPublic, policy.RelationUnknown:
		return ""
	case policy.RelationFederated:
		if g.Binding == policy.BindingUnbound {
			return ""
		}
	}
	switch {
	case allIn(g.Accounts, g.AccountsRest, x.Accounts) && x.isOfAccounts(g):
		return "trusted_accounts"
	case allIn(g.Organizations, g.OrganizationsRest, x.Orgs):
		return "trusted_orgs"
	case x.trustsActor(event):
		return "trusted_actors"
	case x.trustsResource(o.Resource):
		return "trusted_resources"
	}
	return ""
}

// isOfAccounts reports whether it is accounts that a grant lets in, or for which a
// service acts.
func (x *Exceptions) isOfAccounts(g *policy.Grant) bool {
	return g.Relation == policy.RelationCrossAccount ||
		g.Relation == policy.RelationService && g.Binding == policy.BindingForeign
}

// allIn reports whether there are values, and all of them are trusted.
func allIn(values []string, rest int, trusted []string) bool {
	return len(values) > 0 && rest == 0 && !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(trusted, v) })
}

func (x *Exceptions) trustsResource(arn string) bool {
	return arn != "" && slices.ContainsFunc(x.Resources, func(pattern string) bool { return matchARN(pattern, arn) })
}

// trustsActor matches the ARN of the caller, and for a role session the role's too.
func (x *Exceptions) trustsActor(event *cloudtrail.Event) bool {
	if len(x.Actors) == 0 {
		return false
	}
	arns := []string{string(event.Text(cloudtrail.FieldActor)), string(event.Text(cloudtrail.FieldIssuer))}
	arns = append(arns, roleOfSession(arns[0]))
	for _, pattern := range x.Actors {
		for _, arn := range arns {
			if arn != "" && matchARN(pattern, arn) {
				return true
			}
		}
	}
	return false
}

// roleOfSession returns the ARN of the role whose session the ARN is:
// arn:aws:sts::1:assumed-role/deploy/alice is of arn:aws:iam::1:role/deploy. A
// session's ARN leaves out the path that the role's may have.
func roleOfSession(arn string) string {
	before, session, ok := strings.Cut(arn, ":assumed-role/")
	if !ok || !strings.Contains(before, ":sts:") {
		return ""
	}
	role, _, _ := strings.Cut(session, "/")
	return strings.Replace(before, ":sts:", ":iam:", 1) + ":role/" + role
}

func (x *Exceptions) trustsFunction(g *grant.Grant) bool {
	for _, pattern := range x.Functions {
		if strings.Contains(pattern, ":") {
			if trustsARN(pattern, g) {
				return true
			}
		} else if g.FunctionName != "" && grant.Matches(pattern, g.FunctionName) {
			return true
		}
	}
	return false
}

// trustsARN reports whether a pattern covers the function that a grant opens, or the
// version or alias of it. A pattern that names none covers them all.
func trustsARN(pattern string, g *grant.Grant) bool {
	whole := *g
	whole.Qualifier = ""
	for _, arn := range []string{g.FunctionARN(), whole.FunctionARN()} {
		if arn != "" && matchARN(pattern, arn) {
			return true
		}
	}
	return false
}

// matchARN matches an ARN field by field: * and ? do not match a colon. A role may
// have colons in its path, and must not pass for another account's that way.
func matchARN(pattern, arn string) bool {
	for {
		field, restOfPattern, more := strings.Cut(pattern, ":")
		text, restOfARN, goesOn := strings.Cut(arn, ":")
		if more != goesOn || !grant.Matches(field, text) {
			return false
		}
		if !more {
			return true
		}
		pattern, arn = restOfPattern, restOfARN
	}
}
