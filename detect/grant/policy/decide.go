package policy

import "strconv"

// verdict is what a principal is to the owner, and what decided it.
type verdict struct {
	relation Relation
	binding  Binding
	account  []byte      // that gets in, if one is known
	by       *limit      // the condition that decided, nil if none did
	claim    *claimLimit // the same for a claim
	why      string      // where the condition does not say it
}

// The reasons for a relation that no condition decided.
const (
	becauseOwn         = "it is of the resource's account"
	becauseForeign     = "it is of another account"
	becauseNoOwner     = "the resource's account is not known"
	becauseNoAccount   = "the principal does not name an account"
	becauseProvider    = "strangers do not share the identity provider"
	becauseForeignIdP  = "the identity provider is of another account"
	becauseCloudFront  = "a distribution of CloudFront does not say whose it is"
	becauseUnbound     = "no condition binds it"
	becauseNoPrincipal = "the statement does not name a principal"
	becauseTwice       = "an element of the statement stands twice"
	becauseEffect      = "the statement's effect is neither Allow nor Deny"
)

// decide compares a principal with the owner, within what the conditions leave.
// Account IDs are compared as they are: IAM refuses principals of another
// partition, so the same digits cannot mean two accounts.
func (r *reader) decide(p *principal) verdict {
	switch {
	case p.kind == PrincipalPublic:
		return r.decideEveryone()
	case p.kind == PrincipalService:
		return r.decideService()
	case p.isProvider:
		return r.decideProvider(p)
	case p.isCloudFront:
		return verdict{relation: RelationService, binding: BindingUnknown, why: becauseCloudFront}
	case p.account != nil:
		return r.decideAccount(p.account)
	}
	return r.decideUnnamed()
}

// decideEveryone takes the conditions from the narrowest to the widest. A
// condition on the source shuts out all but AWS services, since no other call
// has those keys.
func (r *reader) decideEveryone() verdict {
	s := &r.scope
	switch {
	case s.caller.level == levelOwn:
		return verdict{relation: RelationSameAccount, account: s.caller.account(), by: &s.caller}
	case s.source.level == levelOwn:
		return r.decideSource(&s.source)
	case s.caller.level == levelForeign:
		return r.decideCaller()
	case s.source.level >= levelOrganization:
		return r.decideSource(&s.source)
	case s.org.level != levelOpen:
		return verdict{relation: RelationOrganization, by: &s.org}
	case s.network.level != levelOpen:
		return verdict{relation: RelationNetwork, by: &s.network}
	case s.source.level != levelOpen:
		return r.decideSource(&s.source)
	case s.services.level != levelOpen:
		return verdict{relation: RelationService, binding: BindingUnbound, by: &s.services}
	case s.caller.level != levelOpen:
		return verdict{relation: RelationUnknown, by: &s.caller}
	}
	return verdict{relation: RelationPublic, why: becauseUnbound}
}

// decideCaller is for callers of an account that a condition names.
func (r *reader) decideCaller() verdict {
	v := verdict{relation: RelationCrossAccount, account: r.scope.caller.account(), by: &r.scope.caller}
	if r.owner == "" {
		v.relation, v.why = RelationUnknown, becauseNoOwner
	}
	return v
}

// decideSource is for services that act for somebody whom a condition names.
func (r *reader) decideSource(by *limit) verdict {
	v := verdict{relation: RelationService, by: by}
	switch {
	case by.level == levelOwn:
		v.binding, v.account = BindingOwn, by.account()
	case by.level == levelForeign && r.owner != "":
		v.binding, v.account = BindingForeign, by.account()
	case by.level == levelForeign:
		v.binding, v.account = BindingUnknown, by.account()
	case by.level == levelOrganization:
		v.binding = BindingOrganization
	default:
		v.binding = BindingUnknown
	}
	return v
}

func (r *reader) decideService() verdict {
	s := &r.scope
	source := s.source
	source.tighten(s.context)
	switch {
	case source.level >= levelOrganization:
		return r.decideSource(&source)
	case s.org.level != levelOpen:
		return verdict{relation: RelationService, binding: BindingOrganization, by: &s.org}
	case s.secret.level != levelOpen:
		return verdict{relation: RelationService, binding: BindingSecret, by: &s.secret}
	case source.level != levelOpen:
		return r.decideSource(&source)
	}
	return verdict{relation: RelationService, binding: BindingUnbound, why: becauseUnbound}
}

// decideProvider is for everyone whom an identity provider vouches for. The
// provider is registered in the role's own account, which says nothing about
// who runs it.
func (r *reader) decideProvider(p *principal) verdict {
	if p.account != nil && r.owner != "" && string(p.account) != r.owner {
		return verdict{relation: RelationCrossAccount, account: p.account, why: becauseForeignIdP}
	}
	binding, l := r.scope.federatedBinding(*p)
	v := verdict{relation: RelationFederated, binding: binding, claim: l}
	switch {
	case binding == BindingUnbound && r.scope.network.level != levelOpen:
		return verdict{relation: RelationFederated, binding: BindingNetwork, by: &r.scope.network}
	case l != nil:
	case binding == BindingProvider:
		v.why = becauseProvider
	default:
		v.why = becauseUnbound
	}
	return v
}

func (r *reader) decideAccount(account []byte) verdict {
	switch {
	case r.owner != "" && string(account) == r.owner:
		return verdict{relation: RelationSameAccount, account: account, why: becauseOwn}
	case r.scope.caller.level == levelOwn: // so nobody else of the account gets in
		return verdict{relation: RelationSameAccount, account: account, by: &r.scope.caller}
	case r.owner == "":
		return verdict{relation: RelationUnknown, account: account, why: becauseNoOwner}
	}
	return verdict{relation: RelationCrossAccount, account: account, why: becauseForeign}
}

// decideUnnamed is for a principal that does not name an account. A condition
// may.
func (r *reader) decideUnnamed() verdict {
	switch by := &r.scope.caller; by.level {
	case levelOwn:
		return verdict{relation: RelationSameAccount, account: by.account(), by: by}
	case levelForeign:
		return r.decideCaller()
	}
	return verdict{relation: RelationUnknown, why: becauseNoAccount}
}

// account returns the first account that a limit to accounts names, where it
// names any.
func (l *limit) account() []byte {
	if len(l.values) == 0 {
		return nil
	}
	return l.values[0]
}

// reason says in words why the relation is what it is.
func (r *reader) reason(v verdict) string {
	switch {
	case v.by != nil && v.why == "":
		return boundBy(v.by.key, v.by.values, v.by.rest)
	case v.claim != nil && v.claim.isHeld:
		return boundBy(v.claim.key, [][]byte{v.claim.value}, 0)
	case v.claim != nil:
		return "condition " + bounded(v.claim.key) + " does not bind it: " + v.claim.why
	case v.why == becauseUnbound && r.scope.miss.why != "":
		m := r.scope.miss
		return "condition " + bounded(m.operator) + " " + bounded(m.key) + " does not bind it: " + m.why
	}
	return v.why
}

// boundBy names the condition that decided, and the value that lets in most.
func boundBy(key []byte, values [][]byte, rest int) string {
	text := "bound by " + bounded(key)
	if len(values) == 0 {
		return text
	}
	text += " " + bounded(values[0])
	if more := len(values) - 1 + rest; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}
