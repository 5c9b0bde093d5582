package call

import (
	"strconv"
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// Sentence says in one line what happened:
//
//	111122223333 let account 444455556666 (Example Backups) restore RDS snapshot orders
//
// actor is who made the call, in words, and actorAccount the account of it; names are
// the accounts that are known by a name. The line is bounded and printable whatever
// the event holds.
func (o *Opening) Sentence(actor, actorAccount string, names map[string]string) string {
	if actor == "" {
		actor = "an unknown account"
	}
	text := grant.Printable(actor) + " let " + o.granted(o.Worst(), actorAccount, names)
	if more := len(o.Grants) - 1 + o.Rest; more > 0 {
		text += ", and " + strconv.Itoa(more) + " more"
		if more == 1 {
			text += " grant"
		} else {
			text += " grants"
		}
	}
	return text
}

// Describe says in one line what one of the grants gives to whom:
//
//	account 444455556666 (Example Backups) may restore RDS snapshot orders of account 111122223333
func (o *Opening) Describe(g *policy.Grant, names map[string]string) string {
	return o.grantee(g, names) + " may " + o.permission(g) + " " + o.target("")
}

// granted is who was let in to do what, in words.
func (o *Opening) granted(g *policy.Grant, actorAccount string, names map[string]string) string {
	text := o.grantee(g, names) + " " + o.permission(g) + " " + o.target(actorAccount)
	if g.Relation == policy.RelationService && g.Binding == policy.BindingUnbound {
		text += " for anyone who asks it to, as no source account or ARN is required"
	}
	return text
}

// grantee is who was let in, in words.
func (o *Opening) grantee(g *policy.Grant, names map[string]string) string {
	account := func(id string) string { return "account " + Named(id, names) }
	switch g.Relation {
	case policy.RelationPublic:
		if g.NotPrincipal {
			return "anyone but " + grant.Printable(g.Principal)
		}
		return "anyone"
	case policy.RelationOrganization:
		return "anyone in organization " + grant.Printable(strings.Join(g.Organizations, ", "))
	case policy.RelationNetwork:
		return "anyone from a network (" + grant.Printable(g.Reason) + ")"
	case policy.RelationService:
		return o.service(g, names)
	case policy.RelationFederated:
		return "identities of " + grant.Printable(g.Principal)
	case policy.RelationUnknown:
		if g.Principal == "" {
			return "somebody unknown (" + grant.Printable(g.Reason) + ")"
		}
		return "the unknown principal " + grant.Printable(g.Principal)
	}
	switch {
	case g.PrincipalAccount == "":
		return "principal " + grant.Printable(g.Principal)
	case g.PrincipalType == policy.PrincipalIAM:
		return grant.Named(g.Principal, Named(g.PrincipalAccount, names))
	}
	return account(g.PrincipalAccount)
}

func (o *Opening) service(g *policy.Grant, names map[string]string) string {
	service := "service " + grant.Printable(g.Principal)
	if g.PrincipalType != policy.PrincipalService {
		service = "any AWS service"
	}
	switch g.Binding {
	case policy.BindingForeign:
		return service + " on behalf of account " + Named(g.PrincipalAccount, names)
	case policy.BindingOrganization:
		return service + " on behalf of organization " + grant.Printable(strings.Join(g.Organizations, ", "))
	case policy.BindingUnknown:
		return service + " (" + grant.Printable(g.Reason) + ")"
	}
	return service
}

// Named is an account id, with the name that it is known by in brackets.
func Named(account string, names map[string]string) string {
	text := grant.Printable(account)
	if name := names[account]; name != "" {
		text += " (" + grant.Printable(name) + ")"
	}
	return text
}

// permission is what may be done, in words.
func (o *Opening) permission(g *policy.Grant) string {
	if o.call.Does != "" {
		return o.call.Does
	}
	if len(g.Actions) == 0 {
		return "use"
	}
	text := "use " + grant.Printable(g.Actions[0])
	if g.NotAction {
		text = "use all but " + grant.Printable(g.Actions[0])
	}
	switch more := len(g.Actions) - 1 + g.ActionsRest; {
	case more == 1:
		text += " and " + grant.Printable(g.Actions[1])
	case more > 1:
		text += " and " + strconv.Itoa(more) + " more actions"
	}
	return text + " on"
}

// target is the resource in words. Its account is left out if it is the actor's.
func (o *Opening) target(actorAccount string) string {
	text := o.call.Noun
	if o.name != "" && !strings.HasSuffix(text, " "+o.name) { // there is one catalog
		text += " " + grant.Printable(o.name)
	}
	if o.Account != "" && o.Account != actorAccount {
		text += " of account " + o.Account
	}
	return text
}

// Grantee says to whom the worst grant is, in one text. Two openings with another
// grantee let in somebody else.
func (o *Opening) Grantee() string {
	g := o.Worst()
	who := append([]string{g.PrincipalAccount, g.Principal}, g.Accounts...)
	return strings.Join(append(who, g.Organizations...), " ")
}
