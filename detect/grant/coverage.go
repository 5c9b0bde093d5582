package grant

import "strings"

// CrossAccountInvoke reports whether a principal of another account may now
// invoke the function: what the rule is meant to find.
func (g *Grant) CrossAccountInvoke() bool {
	return g.Relation == RelationCrossAccount && g.CoversInvoke
}

// CrossAccountWithoutInvoke reports whether a principal of another account may
// now do something else with the function, such as lambda:UpdateFunctionCode or
// lambda:GetFunction, which returns a link to its code. A grant of everything
// (lambda:*) covers invocation and is CrossAccountInvoke's.
func (g *Grant) CrossAccountWithoutInvoke() bool {
	return g.Relation == RelationCrossAccount && !g.CoversInvoke && g.Action != ""
}

// UnboundService reports whether a service may act on the function for anybody who
// asks it to: no condition names the account whose resource it must be (the
// confused deputy; Lambda API Reference, AddPermission: "If you grant permission
// to a service principal without specifying the source, other accounts could
// potentially configure resources in their account to invoke your Lambda
// function").
//
// An ARN binds if it names an account. S3's bucket ARNs name none, and a bucket
// that is deleted can be made anew by anybody; AWS asks for SourceAccount beside
// them (same page, SourceAccount). A pattern with a wildcard in the account binds
// nothing. Neither does an event source token: it is the id of an Alexa skill, and
// everybody who registers a skill gets one.
func (g *Grant) UnboundService() bool {
	return g.Relation == RelationService && !isOrganizationID(g.OrgID) && !g.namesSourceAccount()
}

// namesSourceAccount reports whether a condition names the account on whose behalf
// a service must call.
func (g *Grant) namesSourceAccount() bool {
	source, _ := parseARN(g.SourceARN)
	return isAccountID(g.SourceAccount) || isAccountID(source.account)
}

// NamesSource reports whether a condition names a source, if not the account that it
// is in: by a token, or by an ARN that does not begin with a wildcard if it has no
// account.
func (g *Grant) NamesSource() bool {
	source, ok := parseARN(g.SourceARN)
	return g.RequiresToken || g.namesSourceAccount() ||
		ok && source.account == "" && !strings.ContainsAny(source.resource[:1], "*?")
}

// ForWhom says in words on whose behalf a service may act that nothing binds to an
// account, and why. It is empty for any other grant.
func (g *Grant) ForWhom() string {
	switch {
	case !g.UnboundService():
		return ""
	case g.RequiresToken:
		return "for the owner of the event source token, as a token names no account"
	case g.NamesSource():
		return "for the owner of " + printable(g.SourceARN) + ", as that ARN names no account and no source account is required"
	}
	return "for anyone who asks it to, as no source account or ARN is required"
}

// ForeignSource reports whether a service may act on the function for another
// account: SourceAccount, or the account in SourceARN, is not the function's.
func (g *Grant) ForeignSource() bool {
	return g.foreignSource() != ""
}

// foreignSource returns the other account that ForeignSource speaks of.
func (g *Grant) foreignSource() string {
	if g.Relation != RelationService || g.FunctionAccount == "" {
		return ""
	}
	source, _ := parseARN(g.SourceARN)
	for _, account := range []string{g.SourceAccount, source.account} {
		if isAccountID(account) && account != g.FunctionAccount {
			return account
		}
	}
	return ""
}

// OpenToEveryone reports whether everyone has the grant: the principal is *, and no
// condition leaves only the services that act for the function's own account. Of
// services alone a call has a source account (IAM User Guide, aws:SourceAccount).
func (g *Grant) OpenToEveryone() bool {
	if g.Relation != RelationPublic {
		return false
	}
	source, _ := parseARN(g.SourceARN)
	return g.FunctionAccount == "" || g.SourceAccount != g.FunctionAccount && source.account != g.FunctionAccount
}

// Extended reports whether a grant that the rule's predicate does not match is one
// that extended coverage reports. A public grant in plain words is not: it is the
// sibling rule's. Ask it after [Grant.FindEvasions].
func (g *Grant) Extended() bool {
	switch {
	case g.Denies:
		return false
	case g.CrossAccountInvoke(), g.CrossAccountWithoutInvoke(), g.UnboundService(), g.ForeignSource():
		return true
	case g.Relation == RelationOrganization:
		return true
	case g.OpenToEveryone():
		return !g.plainlyPublic
	}
	// The account of the principal is not known, and the predicate was walked
	// around: better an alert too many.
	return g.Relation == RelationUnknown && g.CoversInvoke && len(g.Evasion) > 0
}
