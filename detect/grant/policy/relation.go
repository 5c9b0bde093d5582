package policy

// Relation is what a principal is to the account that owns the resource.
type Relation string

// The relations. The words are those of detect/grant if both have one.
const (
	// RelationPublic is everyone, with or without an AWS account.
	RelationPublic Relation = "public"

	// RelationCrossAccount is a principal of another account.
	RelationCrossAccount Relation = "cross_account"

	// RelationOrganization is everyone in an organization, or in several that
	// the policy names. Whose organization it is the policy does not say.
	RelationOrganization Relation = "organization"

	// RelationNetwork is everyone who comes from a network: an address range, a
	// VPC or a VPC endpoint. Whose network it is the policy does not say.
	RelationNetwork Relation = "network"

	// RelationService is an AWS service. Binding says on whose behalf it acts.
	RelationService Relation = "service"

	// RelationFederated is a user or a workload that an identity provider
	// vouches for. Binding says how many of those get in.
	RelationFederated Relation = "federated"

	// RelationUnknown is a principal of which the policy does not say whose it
	// is, a resource of which the caller does not know whose it is, or a part
	// of the policy that could not be read.
	RelationUnknown Relation = "unknown"

	// RelationSameAccount is a principal of the owner's account.
	RelationSameAccount Relation = "same_account"
)

// Binding says what holds a service or a federated identity. The other
// relations have none.
type Binding string

// The bindings, from the widest to the narrowest.
const (
	// BindingUnbound is a service that acts for any account, or a provider that
	// vouches for strangers. A service in the trust policy of a role is unbound
	// every day: what holds it is that only who may pass the role can give it to
	// the service, and a role is passed within its account (IAM User Guide, "Grant
	// a user permissions to pass a role to an AWS service").
	BindingUnbound Binding = "unbound"

	// BindingUnknown is a service or an identity that a condition holds to
	// something, and the policy does not say to whose: the ARN of an S3 bucket
	// has no account in it.
	BindingUnknown Binding = "unknown"

	// BindingNetwork is a federated identity that has to come from a network.
	BindingNetwork Binding = "network"

	// BindingSecret is a service that has to send a token, as Alexa does.
	BindingSecret Binding = "secret"

	// BindingOrganization is a service that acts for accounts of an
	// organization which the policy names.
	BindingOrganization Binding = "organization"

	// BindingForeign is a service that acts for another account.
	BindingForeign Binding = "foreign_account"

	// BindingProvider is a provider, a tenant, a pool or an application that
	// strangers do not share. Everyone whom it vouches for gets in.
	BindingProvider Binding = "provider"

	// BindingSubject is a federated identity that the policy names, or a group
	// of them within an organization that it names.
	BindingSubject Binding = "subject"

	// BindingOwn is a service that acts for the owner's account.
	BindingOwn Binding = "own_account"
)

// byHarm has every pair of a relation and a binding, the worst first.
var byHarm = [...]struct {
	relation Relation
	binding  Binding
}{
	{RelationPublic, ""},
	{RelationFederated, BindingUnbound},
	{RelationCrossAccount, ""},
	{RelationUnknown, ""},
	{RelationFederated, BindingUnknown},
	{RelationService, BindingUnbound},
	{RelationService, BindingUnknown},
	{RelationService, BindingForeign},
	{RelationFederated, BindingNetwork},
	{RelationNetwork, ""},
	{RelationService, BindingSecret},
	{RelationService, BindingOrganization},
	{RelationOrganization, ""},
	{RelationFederated, BindingProvider},
	{RelationFederated, BindingSubject},
	{RelationService, BindingOwn},
	{RelationSameAccount, ""},
}

// harm returns how bad a relation is: more is worse. A pair that is not in the
// table counts as unknown.
func harm(relation Relation, binding Binding) int {
	for i, entry := range byHarm {
		if entry.relation == relation && entry.binding == binding {
			return len(byHarm) - i
		}
	}
	return harm(RelationUnknown, "")
}
