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

// UnboundService reports whether a service may act on the function for whoever
// asks it to: no condition says whose resource, so that anybody's may (the
// confused deputy; Lambda API Reference, AddPermission: "If you grant permission
// to a service principal without specifying the source, other accounts could
// potentially configure resources in their account to invoke your Lambda
// function"). An ARN pattern with a wildcard in the account binds nothing.
func (g *Grant) UnboundService() bool {
	if g.Relation != RelationService || g.RequiresToken || isOrganizationID(g.OrgID) {
		return false
	}
	return !isAccountID(g.SourceAccount) && !bindsSource(g.SourceARN)
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

// bindsSource reports whether an ARN pattern holds a grant to one account's
// resources: it names the account, or, as S3's ARNs have none, the beginning of
// a globally unique name.
func bindsSource(pattern string) bool {
	source, ok := parseARN(pattern)
	if !ok {
		return false
	}
	if source.account == "" {
		return !strings.HasPrefix(source.resource, "*") && !strings.HasPrefix(source.resource, "?")
	}
	return isAccountID(source.account)
}

// Extended reports whether a grant that the rule's predicate does not match is one
// that extended coverage reports. A public grant is not: it is the sibling rule's.
func (g *Grant) Extended() bool {
	switch {
	case g.Denies:
		return false
	case g.CrossAccountInvoke(), g.CrossAccountWithoutInvoke(), g.UnboundService(), g.ForeignSource():
		return true
	case g.Relation == RelationOrganization:
		return true
	}
	// Whose principal it is cannot be told, and the predicate was walked
	// around: better an alert too many.
	return g.Relation == RelationUnknown && g.CoversInvoke && len(g.Evasion) > 0
}
