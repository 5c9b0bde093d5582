package policy

import "bytes"

// claim is a claim of a token, as a condition key ends: sub in
// token.actions.githubusercontent.com:sub.
type claim uint8

const (
	claimSub claim = iota
	claimAud
	claimOaud
	claimAmr
	claimAppID
	claimID
	claimUserID
	claimRepository
	claimRepositoryID
	claimRepositoryOwnerID
	claimEnterpriseID
	claimNamespaceID
	claimProjectID
	claimOrganizationID
	claimOrganizationSlug
	claimPipelineID
	claims

	claimNone = claims
)

// claimNames are the claims that can say who somebody is (Service Authorization
// Reference, "Condition keys for AWS Security Token Service"). The others, such
// as GitHub's actor and job_workflow_ref, do not: a stranger's repository may
// call a workflow that is shared, and act for the one who started it.
var claimNames = [claims]string{
	claimSub:               "sub",
	claimAud:               "aud",
	claimOaud:              "oaud",
	claimAmr:               "amr",
	claimAppID:             "app_id",
	claimID:                "id",
	claimUserID:            "user_id",
	claimRepository:        "repository",
	claimRepositoryID:      "repository_id",
	claimRepositoryOwnerID: "repository_owner_id",
	claimEnterpriseID:      "enterprise_id",
	claimNamespaceID:       "namespace_id",
	claimProjectID:         "project_id",
	claimOrganizationID:    "organization_id",
	claimOrganizationSlug:  "organization_slug",
	claimPipelineID:        "pipeline_id",
}

// parseClaim takes a condition key apart: the issuer and the claim. It returns
// claimNone where the key is not a claim of an identity provider.
func parseClaim(key []byte) (issuer []byte, c claim) {
	at := bytes.LastIndexByte(key, ':')
	if at <= 0 {
		return nil, claimNone
	}
	issuer = bytes.TrimSuffix(key[:at], []byte("/"))
	if bytes.IndexByte(issuer, '.') < 0 && !isWord(issuer, samlIssuer) {
		return nil, claimNone
	}
	for i, name := range claimNames {
		if isWord(key[at+1:], name) {
			return issuer, claim(i)
		}
	}
	return nil, claimNone
}

// maxIssuer is the longest URL of a provider that IAM takes (IAM API model, shape
// OpenIDConnectProviderUrlType). A longer one costs an allocation.
const maxIssuer = 255

// issuerRule says what is known of an identity provider.
type issuerRule struct {
	// isPrivate says that strangers do not share the provider: its name has the
	// cluster, the pool or the tenant in it.
	isPrivate bool

	// subject is how a sub begins that names its organization: the words before
	// the first colon, any of which will do. If there are none, a sub has to
	// be written out to bind.
	subject []string

	// anySubject says that any sub which is written out binds.
	anySubject bool

	// named and held are the claims that name a subject, and those that hold to
	// one application, pool or organization.
	named, held []claim

	// guests says that amr tells guests from those who signed in.
	guests bool

	// session says that the name of the role session has the tenant in it.
	session bool
}

// Most providers are shared by everyone who has an account with them: what they
// vouch for is bound only by a claim. The claim that IAM asks for in new trust
// policies is from IAM User Guide, "OIDC provider controls for shared OIDC
// providers"; the forms of sub are the vendors' own.
var (
	github = &issuerRule{
		subject: []string{"repo", "repository", "repository_id", "repository_owner", "repository_owner_id"},
		named:   []claim{claimRepository, claimRepositoryID, claimRepositoryOwnerID},
		held:    []claim{claimEnterpriseID}}
	sharedBySubject = &issuerRule{anySubject: true}
	sharedByAud     = &issuerRule{anySubject: true, held: []claim{claimAud}}
	private         = &issuerRule{anySubject: true, isPrivate: true}
	eks             = &issuerRule{anySubject: true, isPrivate: true, subject: []string{"system:serviceaccount"}}
	unlisted        = &issuerRule{anySubject: true}

	issuers = map[string]*issuerRule{
		"token.actions.githubusercontent.com":                github,
		"vstoken.actions.githubusercontent.com":              sharedBySubject,
		"oidc-configuration.audit-log.githubusercontent.com": sharedBySubject,
		"gitlab.com":                     {anySubject: true, subject: []string{"project_path"}, held: []claim{claimNamespaceID, claimProjectID}},
		"app.terraform.io":               {anySubject: true, subject: []string{"organization"}},
		"agent.buildkite.com":            {anySubject: true, subject: []string{"organization"}, held: []claim{claimOrganizationID, claimOrganizationSlug, claimPipelineID}},
		"oidc.codefresh.io":              {anySubject: true, subject: []string{"account"}},
		"scalr.io":                       {anySubject: true, subject: []string{"account"}},
		"studio.datachain.ai/api":        sharedBySubject,
		"tokens.cloud.shisho.dev":        sharedBySubject,
		"proidc.upbound.io":              sharedBySubject,
		"api.pulumi.com/oidc":            sharedByAud,
		"sandboxes.cloud":                sharedByAud,
		"oidc.vercel.com":                {anySubject: true, subject: []string{"owner"}, held: []claim{claimAud}},
		"cognito-identity.amazonaws.com": {anySubject: true, held: []claim{claimAud}, guests: true},
		"accounts.google.com":            {anySubject: true, held: []claim{claimAud, claimOaud}},
		"www.amazon.com":                 {named: []claim{claimUserID}, held: []claim{claimAppID}},
		"graph.facebook.com":             {named: []claim{claimID}, held: []claim{claimAppID}},
		"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": {session: true}, // Microsoft Sentinel's own tenant
	}
)

// ruleOf returns what is known of a provider, whose name is in lower case.
func ruleOf(issuer []byte) *issuerRule {
	if rule, ok := issuers[string(issuer)]; ok {
		return rule
	}
	host, path, _ := bytes.Cut(issuer, []byte("/"))
	begins := func(text []byte, prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	switch {
	case string(issuer) == samlIssuer:
		return private
	case begins(host, "oidc.eks.") && isServiceName(host) && begins(path, "id/") && len(path) > len("id/"):
		return eks // one cluster (EKS User Guide, "IAM roles for service accounts")
	case begins(host, "cognito-idp.") && isServiceName(host) && len(path) > 0:
		return private // one user pool (Cognito Developer Guide, "Verifying JSON web tokens")
	case string(host) == "oidc.circleci.com" && begins(path, "org/") && len(path) > len("org/"):
		return private // one organization
	case string(host) == "oidc.vercel.com" && len(path) > 0:
		return private // one team
	case string(host) == "sts.windows.net" && len(path) > 0:
		return private // one tenant
	case string(host) == "token.actions.githubusercontent.com" && len(path) > 0,
		begins(host, "token.actions.") && bytes.HasSuffix(host, []byte(".ghe.com")):
		return private // one enterprise
	}
	return unlisted
}

// samlIssuer means all SAML providers: their keys do not name one.
const samlIssuer = "saml"

// isSubject reports whether a value of sub holds to one subject, or to the
// subjects of one organization. What is before the first wildcard has to have
// the organization in it, to its end: repo:octo-org/* does, repo:octo* lets in
// octopus too.
func (rule *issuerRule) isSubject(value []byte) bool {
	fixed := value[:fixedPart(value)]
	isWhole := len(fixed) == len(value)
	if len(fixed) == 0 {
		return false
	}
	if rule.anySubject && isWhole {
		return true
	}
	for _, word := range rule.subject {
		name, found := bytes.CutPrefix(fixed, []byte(word))
		if !found || len(name) < 2 || name[0] != ':' {
			continue
		}
		end := bytes.IndexAny(name[1:], ":/")
		if end > 0 || (end < 0 && isWhole) {
			return true
		}
	}
	return false
}

// weaknessOf says why a value of a claim does not name anybody, and nothing
// if it does.
func (rule *issuerRule) weaknessOf(c claim, value []byte) string {
	switch {
	case c == claimSub:
		if !rule.isSubject(value) {
			return whyOpen
		}
	case c == claimRepository:
		if owner, _, found := bytes.Cut(value, []byte("/")); !found || !isFixed(owner) {
			return whyOpen
		}
	case !isFixed(value):
		return whyOpen
	case c == claimAud && string(value) == "sts.amazonaws.com":
		return whyEveryone
	}
	return ""
}

// federation is what the conditions of a statement ask of the tokens of one
// issuer.
type federation struct {
	rule   *issuerRule
	claims []claimLimit
}

// claimLimit is what the conditions ask of one claim.
type claimLimit struct {
	claim    claim
	isHeld   bool   // every value names somebody
	isGuests bool   // of amr: guests get in
	key      []byte // as written
	value    []byte // the first
	why      string // why the first condition that does not hold it does not

	operator int  // the last operator that it was under, from 1
	isTwice  bool // it was twice under one operator
}

// maxIssuers is how many issuers one statement may ask about. A trust policy of
// 4,096 characters, which is what IAM takes at most, has room for fewer. What
// comes after them binds nobody.
const maxIssuers = 64

// federationOf returns what the conditions ask of an issuer, and starts it with
// the first of them. It returns nil if they ask about too many issuers.
func (s *scope) federationOf(issuer []byte) *federation {
	var buffer [maxIssuer]byte
	name := lowered(buffer[:0], issuer)
	if f := s.federations[string(name)]; f != nil {
		return f
	}
	if len(s.federations) == maxIssuers {
		return nil
	}
	if s.federations == nil {
		s.federations = make(map[string]*federation)
	}
	f := &federation{rule: ruleOf(name)}
	s.federations[string(name)] = f
	return f
}

// readClaim reads a condition on a claim. index is the number of the operator,
// from 1, and weakness why it does not bind, apart from its values. It returns
// why the condition does not bind.
func (s *scope) readClaim(issuer []byte, c claim, op operator, index int, weakness string, key, values []byte) string {
	f := s.federationOf(issuer)
	if f == nil {
		return whyMany
	}
	l := f.limitOf(c)
	if l.operator == index {
		l.isTwice = true
		return whyTwice
	}
	l.operator = index
	if weakness == "" {
		weakness = l.readValues(op, f.rule, key, values)
	}
	if weakness != "" && l.why == "" {
		l.why, l.key = weakness, key
	}
	return weakness
}

func (f *federation) limitOf(c claim) *claimLimit {
	for i := range f.claims {
		if f.claims[i].claim == c {
			return &f.claims[i]
		}
	}
	f.claims = append(f.claims, claimLimit{claim: c})
	return &f.claims[len(f.claims)-1]
}

func (l *claimLimit) readValues(op operator, rule *issuerRule, key, values []byte) string {
	if op.family != familyString {
		return whyFamily
	}
	why, isGuests := whyNoValue, false
	var first []byte
	eachValue(values, func(value []byte) bool {
		text, ok := valueText(value)
		if !ok {
			why = whyOpen
			return false
		}
		if why = rule.weaknessOf(l.claim, text); why != "" {
			return false
		}
		isGuests = isGuests || (l.claim == claimAmr && isWord(text, "unauthenticated"))
		if first == nil {
			first = text
		}
		return true
	})
	if why == "" && !l.isHeld {
		l.isHeld, l.key, l.value, l.isGuests = true, key, first, isGuests
	}
	return why
}

// federatedBinding returns what holds those whom a provider vouches for, and
// the claim that does. If none does, it is the first that could have.
func (s *scope) federatedBinding(p principal) (Binding, *claimLimit) {
	issuer := p.issuer
	if p.isSAML {
		issuer = []byte(samlIssuer)
	}
	var buffer [maxIssuer]byte
	name := lowered(buffer[:0], issuer)
	if f := s.federations[string(name)]; f != nil {
		return f.binding(s.session)
	}
	f := federation{rule: ruleOf(name)}
	return f.binding(s.session)
}

// binding decides, the narrowest first: a subject that is named, one application
// or organization, the provider itself.
func (f *federation) binding(session limit) (Binding, *claimLimit) {
	if l := f.held(claimSub); l != nil {
		return BindingSubject, l
	}
	for _, c := range f.rule.named {
		if l := f.held(c); l != nil {
			return BindingSubject, l
		}
	}
	if f.rule.session && len(session.values) > 0 {
		return BindingSubject, &claimLimit{isHeld: true, key: session.key, value: session.values[0]}
	}
	for _, c := range f.rule.held {
		if l := f.held(c); l != nil {
			return f.heldBinding(l)
		}
	}
	switch aud := f.held(claimAud); {
	case f.rule.isPrivate:
		return BindingProvider, nil
	case f.rule == unlisted && aud != nil:
		return BindingUnknown, aud
	}
	return BindingUnbound, f.missed()
}

// heldBinding is the binding of those who belong to one pool or application. An
// identity pool of Cognito's may let in guests, which is everyone (Cognito
// Developer Guide, "Using IAM roles").
func (f *federation) heldBinding(l *claimLimit) (Binding, *claimLimit) {
	if !f.rule.guests {
		return BindingProvider, l
	}
	amr := f.held(claimAmr)
	switch {
	case amr == nil:
		return BindingUnknown, l
	case amr.isGuests:
		return BindingUnbound, &claimLimit{key: amr.key, why: whyGuests}
	}
	return BindingProvider, l
}

// held returns what holds a claim, if anything does.
func (f *federation) held(c claim) *claimLimit {
	for i := range f.claims {
		if l := &f.claims[i]; l.claim == c && l.isHeld && !l.isTwice {
			return l
		}
	}
	return nil
}

// missed returns the first claim that a condition asks for and does not hold.
func (f *federation) missed() *claimLimit {
	for i := range f.claims {
		if f.claims[i].why != "" {
			return &f.claims[i]
		}
	}
	return nil
}
