package policy

import (
	"bytes"
	"slices"

	"github.com/trailwire/trailwire/detect/document"
)

// scope is what the conditions of a statement leave of those whom its
// principals name. A condition counts where it holds for nobody else; of several
// values of one key the widest counts, of several keys the narrowest.
type scope struct {
	caller   limit // the caller's account
	source   limit // the account for which a service calls
	context  limit // the same, as KMS's encryption context has it
	org      limit // the caller's organization
	network  limit // where the request comes from
	services limit // only AWS services call
	secret   limit // a token that a service sends
	session  limit // the name of the role session, which the caller chooses

	// federations are the claims that the conditions ask for, by the issuer's
	// name in lower case. It is nil if they ask for none.
	federations map[string]*federation

	// miss is the first condition that could have narrowed and does not.
	miss miss

	// notes say of the first conditions, in order, whether they bind.
	notes [MaxItems]note
	count int

	isUsed bool // since it was cleared
}

// clear empties the scope. Most statements have no conditions, and the scope is large.
func (s *scope) clear() {
	if s.isUsed {
		*s = scope{}
	}
}

// limit is how far one kind of condition narrows.
type limit struct {
	level  level
	isSome bool     // a value was added
	key    []byte   // as written
	values [][]byte // what it narrows to, each once, the widest first
	rest   int      // values that are not in the list
}

// note says whether a condition binds and, if not, why.
type note struct {
	binds bool
	why   string
}

type miss struct {
	operator, key []byte
	why           string
}

// The reasons for which a condition does not bind.
const (
	whyOperator = "AWS does not know the operator"
	whyFamily   = "the operator does not fit the key"
	whyTwice    = "it stands twice"
	whyNegated  = "a negated operator lets in everyone else"
	whyIfExists = "it holds where the request does not have the key"
	whyForAll   = "ForAllValues holds where the request does not have the key"
	whySet      = "a key with several values needs ForAnyValue"
	whyOpen     = "a value leaves it open"
	whyTooWide  = "the address ranges are too wide"
	whyNoValue  = "it has no value"
	whyEveryone = "the value is the same for everyone"
	whyChosen   = "the caller chooses it"
	whyGuests   = "guests of the identity pool get in"
	whyMany     = "it asks about too many identity providers"
)

// tighten keeps the narrower of two limits.
func (l *limit) tighten(other limit) {
	if other.level > l.level {
		*l = other
	}
}

// add adds a value that narrows to at, unless one that is there already lets in
// more. The values that let in most are first.
func (l *limit) add(at level, value []byte) {
	isWidest := !l.isSome || at < l.level
	if isWidest {
		l.level, l.isSome = at, true
	}
	if len(value) == 0 || slices.ContainsFunc(l.values, func(v []byte) bool { return bytes.Equal(v, value) }) {
		return
	}
	switch {
	case isWidest:
		l.values = slices.Insert(l.values, 0, value)
		if len(l.values) > MaxItems {
			l.values = l.values[:MaxItems]
			l.rest++
		}
	case len(l.values) < MaxItems:
		l.values = append(l.values, value)
	default:
		l.rest++
	}
}

// readConditions reads a statement's Condition element, which maps an operator
// to keys and each key to a value or a list of them.
func (r *reader) readConditions(condition []byte) {
	if condition == nil {
		return
	}
	r.scope.isUsed = true
	present := readPresence(condition)
	index := 0
	for operators := document.OverMap(condition); operators.Next(); {
		name, _ := document.Text(operators.Key)
		index++
		r.readOperator(name, index, operators.Value, &present)
	}
}

// readOperator reads the keys under one operator. AWS compares keys without
// regard to case, so that one of them may be there twice in two spellings.
func (r *reader) readOperator(name []byte, index int, keys []byte, present *presence) {
	op := parseOperator(name)
	var seen, repeated uint64
	for pairs := document.OverMap(keys); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		if number := numberOf(key); number != noKey {
			repeated |= seen & (1 << number)
			seen |= 1 << number
		}
	}
	for pairs := document.OverMap(keys); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		var n note
		switch number := numberOf(key); {
		case op.family == familyNull:
		case number == noKey:
			n = r.readClaimKey(op, index, key, pairs.Value, present)
		case present.twice.has(op.id), repeated&(1<<number) != 0:
			n.why = whyTwice
		default:
			n.why = op.weakness(&conditionKeys[number], present.keys&(1<<number) != 0)
			if n.why == "" {
				n.why = r.narrow(op, number, key, pairs.Value)
			}
			n.binds = n.why == ""
		}
		r.scope.record(name, key, n)
	}
}

// readClaimKey reads a condition on a key that is not in conditionKeys: a claim
// of an identity provider, or one that says nothing about who calls.
func (r *reader) readClaimKey(op operator, index int, key, values []byte, present *presence) note {
	issuer, c := parseClaim(key)
	if c == claimNone {
		return note{}
	}
	weakness := whyTwice
	if !present.twice.has(op.id) {
		// Every token has a subject and an audience.
		always := conditionKey{isAlwaysThere: c == claimSub || c == claimAud}
		weakness = op.weakness(&always, present.hasClaim(key))
	}
	why := r.scope.readClaim(issuer, c, op, index, weakness, key, values)
	return note{binds: why == "", why: why}
}

// record keeps what a condition contributes.
func (s *scope) record(operator, key []byte, n note) {
	if s.count < len(s.notes) {
		s.notes[s.count] = n
	}
	s.count++
	if n.why != "" && s.miss.why == "" {
		s.miss = miss{operator: operator, key: key, why: n.why}
	}
}

// set is a set of operators by their number.
type set [4]uint64

func (s *set) has(id uint8) bool { return s[id>>6]&(1<<(id&63)) != 0 }
func (s *set) add(id uint8)      { s[id>>6] |= 1 << (id & 63) }

// presence is what a first look at the conditions shows.
type presence struct {
	// keys are the keys that a request must have to satisfy the conditions, as
	// bits, and claims those of them that are not in conditionKeys, in lower
	// case.
	keys   uint64
	claims map[string]bool

	// twice are the operators that are there twice. IAM takes no policy that has a
	// key of a map twice, so what counts in one that does is not known: it binds
	// nobody (IAM User Guide, "Grammar of the IAM JSON policy language").
	twice set
}

func readPresence(condition []byte) presence {
	var p presence
	var seen set
	for operators := document.OverMap(condition); operators.Next(); {
		name, _ := document.Text(operators.Key)
		op := parseOperator(name)
		if op.family == familyNone {
			continue
		}
		if seen.has(op.id) {
			p.twice.add(op.id)
		}
		seen.add(op.id)
	}
	for operators := document.OverMap(condition); operators.Next(); {
		name, _ := document.Text(operators.Key)
		op := parseOperator(name)
		if op.family != familyNone && !p.twice.has(op.id) {
			p.read(op, operators.Value)
		}
	}
	return p
}

// read adds the keys that must be there under one operator. A key that occurs
// twice under it must be there only if both say so.
func (p *presence) read(op operator, keys []byte) {
	var proved, refuted uint64
	for pairs := document.OverMap(keys); pairs.Next(); {
		proves := op.provesPresence(pairs.Value)
		key, _ := document.Text(pairs.Key)
		switch number := numberOf(key); {
		case number == noKey:
			if op.family == familyNull {
				p.addClaim(key, proves)
			}
		case proves:
			proved |= 1 << number
		default:
			refuted |= 1 << number
		}
	}
	p.keys |= proved &^ refuted
}

// addClaim notes what Null says about a claim.
func (p *presence) addClaim(key []byte, proves bool) {
	if _, c := parseClaim(key); c == claimNone || len(p.claims) == maxIssuers {
		return
	}
	if p.claims == nil {
		p.claims = make(map[string]bool)
	}
	name := string(lowered(nil, key))
	before, isSome := p.claims[name]
	p.claims[name] = proves && (before || !isSome)
}

func (p *presence) hasClaim(key []byte) bool {
	return p.claims != nil && p.claims[string(lowered(nil, key))]
}

// provesPresence reports whether a condition with this operator and these values
// fails if the request does not have the key.
func (op operator) provesPresence(values []byte) bool {
	if op.family != familyNull {
		return op.demandsPresence()
	}
	all := true
	n := eachValue(values, func(value []byte) bool {
		all = isBool(value, false)
		return all
	})
	return n > 0 && all
}

// weakness says why a condition does not bind, apart from its values, and
// nothing if it may.
func (op operator) weakness(key *conditionKey, isPresent bool) string {
	switch {
	case op.family == familyNone:
		return whyOperator
	case op.isNegated:
		return whyNegated
	case op.forAll && !isPresent:
		return whyForAll
	case op.ifExists && !isPresent && !key.isAlwaysThere:
		return whyIfExists
	case key.isMultivalued && !op.forAny && !op.forAll:
		return whySet
	}
	return ""
}

// narrow narrows the scope by a condition that binds if its values do. It
// returns why it does not.
func (r *reader) narrow(op operator, number keyNumber, key, values []byte) string {
	k := conditionKeys[number].kind
	if k == kindIP {
		return r.narrowAddresses(op, key, values)
	}
	found := limit{key: key}
	why := whyNoValue
	eachValue(values, func(value []byte) bool {
		at, text := r.levelOf(op.family, k, value)
		if at == levelOpen {
			why = whyOpen
			if !k.fits(op.family) {
				why = whyFamily
			}
			return false
		}
		why = ""
		found.add(at, text)
		return true
	})
	if why != "" {
		return why
	}
	if isAccessPointKey(number) && r.isForAccessPoint() {
		return whyOpen
	}
	r.apply(k, found)
	if k == kindSessionName { // but one provider chooses it for its tenants
		return whyChosen
	}
	return ""
}

// apply narrows the part of the scope that a kind of key is about.
func (r *reader) apply(k kind, found limit) {
	switch k {
	case kindCallerAccount, kindCallerARN, kindCallerID, kindKMSKey, kindResourceAccount:
		r.scope.caller.tighten(found)
	case kindSourceOwner:
		r.scope.caller.tighten(found)
		r.scope.source.tighten(found)
	case kindSourceAccount, kindSourceARN, kindSourceOrg, kindSourceOrgPath:
		r.scope.source.tighten(found)
	case kindContextARN:
		r.scope.context.tighten(found)
	case kindOrg, kindOrgPath, kindResourceOrg:
		r.scope.org.tighten(found)
	case kindIsService, kindServiceName:
		r.scope.services.tighten(found)
	case kindToken:
		r.scope.secret.tighten(found)
	case kindSessionName:
		r.scope.session.tighten(found)
	default:
		r.scope.network.tighten(found)
	}
}

// fits reports whether the operators of a family compare values of a kind.
func (k kind) fits(f family) bool {
	switch k {
	case kindIsService, kindMountTarget:
		return f == familyBool
	case kindCallerARN, kindSourceARN, kindContextARN, kindKMSKey, kindVPCARN:
		return f == familyARN || f == familyString
	}
	return f == familyString
}

// levelOf says how far one value of a key narrows, and to what.
func (r *reader) levelOf(f family, k kind, value []byte) (level, []byte) {
	if !k.fits(f) {
		return levelOpen, nil
	}
	if f == familyBool {
		return levelIf(isBool(value, true)), nil
	}
	text, ok := valueText(value)
	if !ok {
		return levelOpen, nil
	}
	switch k {
	case kindCallerAccount, kindSourceAccount, kindSourceOwner:
		if isVariable(text, "aws:resourceaccount") {
			return levelOwn, []byte(r.owner)
		}
		if isAccountID(text) {
			return r.levelOfAccount(text), text
		}
	case kindResourceAccount:
		if isVariable(text, "aws:principalaccount") {
			return levelOwn, []byte(r.owner)
		}
	case kindCallerARN:
		if pattern, account := readARNPattern(f, text); pattern == patternAccount {
			return r.levelOfAccount(account), account
		}
	case kindSourceARN, kindContextARN:
		switch pattern, account := readARNPattern(f, text); pattern {
		case patternAccount:
			return r.levelOfAccount(account), account
		case patternCrossed, patternBare:
			return levelUnknown, text
		}
	case kindCallerID:
		return r.readUserID(text)
	case kindKMSKey:
		if isFixed(text) {
			return levelUnknown, text
		}
	case kindOrg, kindSourceOrg:
		if isOrganizationID(text) || isVariable(text, "aws:resourceorgid") {
			return levelOrganization, text
		}
	case kindResourceOrg:
		if isVariable(text, "aws:principalorgid") {
			return levelOrganization, text
		}
	case kindOrgPath, kindSourceOrgPath:
		if organization, ok := organizationOfPath(text); ok {
			return levelOrganization, organization
		}
	case kindEndpointOrgPath:
		_, ok := organizationOfPath(text)
		return levelIf(ok), text
	case kindEndpointOrg:
		return levelIf(isOrganizationID(text)), text
	case kindEndpointAccount:
		return levelIf(isAccountID(text)), text
	case kindVPC:
		return levelIf(isNetworkID(text)), text
	case kindVPCARN:
		pattern, _ := readARNPattern(f, text)
		return levelIf(pattern == patternAccount && isFixed(text)), text
	case kindServiceName:
		return levelIf(isHostName(text)), text
	case kindSessionName:
		return levelIf(isFixed(text)), text
	case kindToken:
		return levelIf(isFixed(text)), nil // a secret has no business in an alert
	}
	return levelOpen, nil
}

func levelIf(holds bool) level {
	if holds {
		return levelForeign
	}
	return levelOpen
}

// narrowAddresses narrows the network to address ranges.
func (r *reader) narrowAddresses(op operator, key, values []byte) string {
	if op.family != familyIP {
		return whyFamily
	}
	found := limit{key: key}
	why := whyNoValue
	var sum addresses
	eachValue(values, func(value []byte) bool {
		text, ok := document.Text(value)
		if !ok || !sum.add(text) {
			why = whyTooWide
			return false
		}
		why = ""
		found.add(levelForeign, text)
		return true
	})
	if why == "" {
		r.scope.network.tighten(found)
	}
	return why
}

// isAccessPointKey reports whether a key names the S3 access point through which
// a request comes. In the policy of a bucket it hands the bucket to the access
// points of an account; in the policy of an access point itself it says nothing
// (S3 User Guide, "The meaning of public").
func isAccessPointKey(number keyNumber) bool {
	switch conditionKeys[number].name {
	case "s3:dataaccesspointaccount", "s3:dataaccesspointarn":
		return true
	}
	return false
}

// isForAccessPoint reports whether a resource of the statement is an S3 access
// point.
func (r *reader) isForAccessPoint() bool {
	found := false
	for _, resources := range [...][]byte{r.statement.resources, r.statement.notResources} {
		if resources == nil {
			continue
		}
		eachValue(resources, func(value []byte) bool {
			text, _ := document.Text(value)
			found = found || bytes.Contains(text, []byte(":accesspoint/"))
			return !found
		})
	}
	return found
}
