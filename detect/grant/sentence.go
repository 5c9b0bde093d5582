package grant

import "strings"

// Sentence says in one line what happened:
//
//	111122223333 let account 444455556666 invoke Lambda function billing-export
//
// actorAccount is the account of the actor who made the call. The line is bounded and
// printable for any event.
func (g *Grant) Sentence(actorAccount string) string {
	actor := "an unknown account"
	if actorAccount != "" {
		actor = printable(actorAccount)
	}
	return g.SentenceBy(actor, actorAccount)
}

// SentenceBy is [Grant.Sentence] for an actor who is called by something else than an
// account. It is bounded and printable where actor is.
func (g *Grant) SentenceBy(actor, actorAccount string) string {
	verb := " let "
	if g.Denies {
		verb = " did not let "
	}
	return actor + verb + g.grantee() + " " + g.permission() + " " + g.target(actorAccount)
}

// grantee is the principal in words.
func (g *Grant) grantee() string {
	switch {
	case g.Relation == RelationOrganization:
		return "anyone in organization " + printable(g.OrgID)
	case g.PrincipalType == PrincipalPublic:
		return "anyone"
	case g.PrincipalType == PrincipalAccount:
		return "account " + printable(g.PrincipalAccount)
	case g.PrincipalType == PrincipalService:
		service := "service " + printable(g.Principal)
		if account := g.foreignSource(); account != "" {
			service += " on behalf of account " + account
		}
		return service
	case g.PrincipalType == PrincipalUniqueID:
		return "the principal with unique ID " + printable(g.Principal)
	case g.Principal == "":
		return "an unknown principal"
	}
	if named, ok := parseARN(g.Principal); ok && g.PrincipalAccount != "" {
		return granteeOfARN(named, g.PrincipalAccount)
	}
	return "principal " + printable(g.Principal)
}

// Named says in words whom an ARN of an account names: role deploy of account
// 111122223333. It returns the text itself if it is not such an ARN.
func Named(text, account string) string {
	if named, ok := parseARN(text); ok && account != "" {
		return granteeOfARN(named, printable(account))
	}
	return printable(text)
}

// granteeOfARN is an ARN that names an account in words.
func granteeOfARN(named arn, account string) string {
	kind, name, _ := strings.Cut(named.resource, "/")
	var noun string
	switch kind {
	case "user", "role":
		noun = kind
	case "assumed-role":
		noun = "role session"
	case "federated-user":
		noun = "federated user"
	case "saml-provider", "oidc-provider":
		noun = "identity provider"
	default: // root means the account
		return "account " + account
	}
	return noun + " " + printable(name) + " of account " + account
}

// permission is the action in words.
func (g *Grant) permission() string {
	switch {
	case g.Action == "":
		return "use"
	case strings.EqualFold(g.Action, "lambda:InvokeFunction"):
		return "invoke"
	case strings.EqualFold(g.Action, "lambda:InvokeFunctionUrl"):
		return "invoke the URL of"
	case g.CoversInvoke:
		return "invoke (" + printable(g.Action) + ")"
	}
	return "use " + printable(g.Action) + " on"
}

// target is the function in words. Its account is left out if it is the
// actor's.
func (g *Grant) target(actorAccount string) string {
	if g.FunctionName == "" {
		return "a Lambda function"
	}
	target := "Lambda function " + printable(g.FunctionName)
	if g.Qualifier != "" {
		target += ":" + printable(g.Qualifier)
	}
	if g.FunctionAccount != "" && g.FunctionAccount != actorAccount {
		target += " of account " + printable(g.FunctionAccount)
	}
	return target
}
