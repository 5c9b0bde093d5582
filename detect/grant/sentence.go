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
	var room [roomForSentence]byte
	b := append(append(room[:0], actor...), verb...)
	b = append(g.appendGrantee(b), ' ')
	b = append(append(b, g.permission()...), ' ')
	return string(g.appendTarget(b, actorAccount))
}

// roomForSentence is more than most sentences have.
const roomForSentence = 256

// appendGrantee appends the principal in words.
func (g *Grant) appendGrantee(b []byte) []byte {
	switch {
	case g.Relation == RelationOrganization:
		return append(append(b, "anyone in organization "...), printable(g.OrgID)...)
	case g.PrincipalType == PrincipalPublic:
		return append(b, "anyone"...)
	case g.PrincipalType == PrincipalAccount:
		return append(append(b, "account "...), printable(g.PrincipalAccount)...)
	case g.PrincipalType == PrincipalService:
		b = append(append(b, "service "...), printable(g.Principal)...)
		if account := g.foreignSource(); account != "" {
			b = append(append(b, " on behalf of account "...), account...)
		}
		return b
	case g.PrincipalType == PrincipalUniqueID:
		return append(append(b, "the principal with unique ID "...), printable(g.Principal)...)
	case g.Principal == "":
		return append(b, "an unknown principal"...)
	}
	if named, ok := parseARN(g.Principal); ok && g.PrincipalAccount != "" {
		return appendGranteeOfARN(b, named, g.PrincipalAccount)
	}
	return append(append(b, "principal "...), printable(g.Principal)...)
}

// Named says in words whom an ARN of an account names: role deploy of account
// 111122223333. It returns the text itself if it is not such an ARN.
func Named(text, account string) string {
	if named, ok := parseARN(text); ok && account != "" {
		return string(appendGranteeOfARN(nil, named, printable(account)))
	}
	return printable(text)
}

// appendGranteeOfARN appends an ARN that names an account in words.
func appendGranteeOfARN(b []byte, named arn, account string) []byte {
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
		return append(append(b, "account "...), account...)
	}
	b = append(append(append(b, noun...), ' '), printable(name)...)
	return append(append(b, " of account "...), account...)
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

// appendTarget appends the function in words. Its account is left out if it is the
// actor's.
func (g *Grant) appendTarget(b []byte, actorAccount string) []byte {
	if g.FunctionName == "" {
		return append(b, "a Lambda function"...)
	}
	b = append(append(b, "Lambda function "...), printable(g.FunctionName)...)
	if g.Qualifier != "" {
		b = append(append(b, ':'), printable(g.Qualifier)...)
	}
	if g.FunctionAccount != "" && g.FunctionAccount != actorAccount {
		b = append(append(b, " of account "...), printable(g.FunctionAccount)...)
	}
	return b
}
