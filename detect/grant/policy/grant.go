package policy

import "slices"

// Grant is what one Allow statement gives to one principal.
//
// Every text in it is valid UTF-8 of at most [MaxText] bytes, and every list
// has at most [MaxItems] entries; the field ending in Rest beside a list counts
// the others. Grants of one statement share their lists: do not change them.
type Grant struct {
	// Relation is what the principal is to the resource's account, and Binding
	// what holds it where Relation is service or federated.
	Relation Relation
	Binding  Binding

	// Principal is the principal as written, after percent-decoding. It is
	// empty if the statement names none that can be read. With NotPrincipal
	// it is the first of those who are left out, and everyone else gets in.
	Principal     string
	PrincipalType PrincipalType
	NotPrincipal  bool

	// PrincipalAccount is the account that gets in, where the policy names one:
	// in the principal, or in the condition that decided. Accounts has all that
	// the condition names, the one that decided first. An exception for a
	// trusted account holds only if it covers every one of them and
	// AccountsRest is 0.
	PrincipalAccount string
	Accounts         []string
	AccountsRest     int

	// Organizations has the organizations that a condition names. Everyone who
	// gets in belongs to one of them; of a service, the account that it acts for
	// does. Relation may be narrower.
	Organizations     []string
	OrganizationsRest int

	// StatementID is the statement's Sid.
	StatementID string

	// Actions are the actions as written. With NotAction, all others are
	// granted. Classes says what they are good for.
	Actions     []string
	ActionsRest int
	NotAction   bool
	Classes     Class

	// Resources are the resources as written. With NotResource, all others are
	// granted.
	Resources     []string
	ResourcesRest int
	NotResource   bool

	// Conditions are the statement's conditions, in order.
	Conditions     []Condition
	ConditionsRest int

	// DecidedBy is the condition key that decided the relation, empty if no
	// condition did. Reason says in words why the relation is what it is.
	DecidedBy string
	Reason    string

	// DenyBeside says that the policy also has a Deny statement, which may take
	// back what this one gives. Nobody has worked out whether it does.
	DenyBeside bool
}

// Condition is one key under one operator of a statement's Condition element.
type Condition struct {
	Operator, Key string
	Values        []string
	ValuesRest    int

	// Binds says that the condition narrows who gets in. Note says why it does
	// not, where the key or the operator could have.
	Binds bool
	Note  string
}

// severity orders grants: the relation first, then what the actions are good
// for. More is worse.
func severity(relation Relation, binding Binding, classes Class) int {
	weight := 1
	switch {
	case classes&ClassAdmin != 0:
		weight = 2
	case classes == ClassRead:
		weight = 0
	}
	return harm(relation, binding)*4 + weight
}

func (g *Grant) severity() int { return severity(g.Relation, g.Binding, g.Classes) }

// equal reports whether two grants say the same. The Sid of their statements
// does not count: a statement that is written twice grants once.
func (g *Grant) equal(other *Grant) bool {
	return g.Relation == other.Relation && g.Binding == other.Binding &&
		g.Principal == other.Principal && g.PrincipalType == other.PrincipalType &&
		g.NotPrincipal == other.NotPrincipal && g.PrincipalAccount == other.PrincipalAccount &&
		g.NotAction == other.NotAction && g.NotResource == other.NotResource &&
		g.Classes == other.Classes && g.DecidedBy == other.DecidedBy && g.Reason == other.Reason &&
		sameList(g.Accounts, g.AccountsRest, other.Accounts, other.AccountsRest, equals) &&
		sameList(g.Organizations, g.OrganizationsRest, other.Organizations, other.OrganizationsRest, equals) &&
		sameList(g.Actions, g.ActionsRest, other.Actions, other.ActionsRest, equals) &&
		sameList(g.Resources, g.ResourcesRest, other.Resources, other.ResourcesRest, equals) &&
		sameList(g.Conditions, g.ConditionsRest, other.Conditions, other.ConditionsRest, sameCondition)
}

func equals(a, b string) bool { return a == b }

func sameCondition(a, b Condition) bool {
	return a.Operator == b.Operator && a.Key == b.Key && a.Binds == b.Binds && a.Note == b.Note &&
		sameList(a.Values, a.ValuesRest, b.Values, b.ValuesRest, equals)
}

// sameList compares two lists. Of one that was cut off the rest is not known,
// so it equals only itself.
func sameList[T any](a []T, restA int, b []T, restB int, same func(a, b T) bool) bool {
	if restA != 0 || restB != 0 {
		return restA == restB && len(a) > 0 && len(b) == len(a) && &a[0] == &b[0]
	}
	return slices.EqualFunc(a, b, same)
}
