package grant

import "slices"

// Relation is what a principal is to the account that a function lives in.
type Relation string

// The relations, from the worst to the most harmless. Of several principals the
// one with the worst relation is reported.
const (
	// RelationPublic is everyone. It stays public if a SourceAccount or a
	// SourceArn narrows it: AWS sets those keys only on calls that a service
	// makes for somebody, so any service will do, and the grant's own fields
	// show the narrowing. A function's URL with the auth type AWS_IAM is public
	// too: it asks for a signature, not for whose.
	RelationPublic Relation = "public"

	// RelationCrossAccount is a principal of another account.
	RelationCrossAccount Relation = "cross_account"

	// RelationOrganization is everyone in one organization: the principal *
	// with a condition on aws:PrincipalOrgID that names it.
	RelationOrganization Relation = "organization"

	// RelationUnknown is a principal of which the event does not say whose it
	// is, or a function of which it does not.
	RelationUnknown Relation = "unknown"

	// RelationService is an AWS service. Whose resources may make the service
	// call is for Grant.UnboundService and Grant.ForeignSource to say.
	RelationService Relation = "service"

	// RelationSameAccount is a principal of the function's own account.
	RelationSameAccount Relation = "same_account"
)

var relationsByHarm = [...]Relation{
	RelationPublic, RelationCrossAccount, RelationOrganization,
	RelationUnknown, RelationService, RelationSameAccount,
}

func (r Relation) worseThan(other Relation) bool {
	for _, relation := range relationsByHarm {
		if relation == other {
			return false
		}
		if relation == r {
			return true
		}
	}
	return false
}

// owner is every account that a function may belong to, an empty text among
// them if one of them is not known. It has one if the event is clear.
type owner []string

// account returns the account that the function belongs to, or nothing if
// that is not certain.
func (o owner) account() string {
	return agreed(o, func(account string) string { return account })
}

// relationTo compares a principal with the owner. Account IDs are compared as
// they are: IAM refuses principals of another partition, so the same digits
// cannot mean two accounts.
func (o owner) relationTo(p principal, inOrganization bool) Relation {
	switch p.kind {
	case PrincipalPublic:
		if inOrganization {
			return RelationOrganization
		}
		return RelationPublic
	case PrincipalService:
		return RelationService
	case PrincipalAccount, PrincipalIAM, PrincipalFederated:
		return o.relationToAccount(p.account)
	}
	return RelationUnknown
}

// relationToAccount says the same or another account only if that holds for
// every possible owner.
func (o owner) relationToAccount(account string) Relation {
	switch {
	case account == "":
		return RelationUnknown
	case o.account() == account:
		return RelationSameAccount
	case len(o) == 0 || slices.Contains(o, "") || slices.Contains(o, account):
		return RelationUnknown
	}
	return RelationCrossAccount
}
