package policy

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/document"
)

// Read reads a policy out of a MessagePack value: a map as the JSON of the
// policy makes it, a text that [ReadJSON] reads, or a list of either. A map may
// also be one statement alone, as in Lambda's answer to AddPermission.
//
// It does not fail. What it cannot read is a grant of the relation unknown whose
// Reason says what is wrong. A nil value, an empty text and a policy without
// statements grant nothing.
func Read(value []byte, o Options) List {
	r := newReader(o)
	defer r.release()
	r.readValue(value, 0)
	return r.finish()
}

// ReadJSON reads a policy out of text: JSON, as it is or percent-encoded, as IAM
// returns policies. Of a text that is cut off, or is not JSON from some place on,
// it reads the statements before that, and says that the rest is unknown.
func ReadJSON(text []byte, o Options) List {
	r := newReader(o)
	defer r.release()
	r.readText(text, 0)
	return r.finish()
}

func (r *reader) finish() List {
	for i := range r.list.Grants {
		r.list.Grants[i].DenyBeside = r.hasDeny
	}
	return r.list
}

// maxWrapping is how often text may hold text: a policy as JSON text, which is
// percent-encoded, within JSON.
const maxWrapping = 4

// hidden is what CloudTrail logs instead of a value that the service keeps to
// itself (AWS Organizations User Guide, PutResourcePolicy in CloudTrail).
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// The reasons for which a policy, or a part of it, could not be read.
const (
	becauseMissing    = "there is no policy"
	becauseHidden     = "the service hides the policy"
	becauseEncoding   = "the policy's percent-encoding is broken"
	becauseJSON       = "the policy is not JSON"
	becauseCut        = "the policy is cut off, or broken, after these statements"
	becauseWrapping   = "the policy is wrapped too often"
	becauseNoPolicy   = "this is not a policy"
	becauseMalformed  = "the policy is malformed"
	becauseStatements = "the policy's Statement is not a list of statements"
	becauseStatement  = "a statement is not a map"
)

func (r *reader) readValue(value []byte, depth int) {
	if depth > maxWrapping {
		r.unknown(becauseWrapping)
		return
	}
	if len(value) == 0 {
		r.unknown(becauseMissing)
		return
	}
	if _, err := document.Skip(value); err != nil {
		r.unknown(becauseMalformed)
		return
	}
	switch document.KindOf(value) {
	case document.KindNil:
	case document.KindText:
		text, _ := document.Text(value)
		r.readText(text, depth)
	case document.KindArray:
		for items := document.OverArray(value); items.Next(); {
			r.readValue(items.Value, depth+1)
		}
	case document.KindMap:
		r.readPolicy(value)
	default:
		r.unknown(becauseNoPolicy)
	}
}

func (r *reader) readText(text []byte, depth int) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	switch {
	case depth > maxWrapping:
		r.unknown(becauseWrapping)
		return
	case len(text) == 0:
		return
	case string(text) == hidden:
		r.unknown(becauseHidden)
		return
	case text[0] == '%':
		decoded, ok := percentDecoded(text)
		if !ok {
			r.unknown(becauseEncoding)
			return
		}
		r.readText(decoded, depth+1)
		return
	}
	value, err := document.AppendFromJSON(nil, text)
	if err == nil {
		r.readValue(value, depth+1)
		return
	}
	// What the policy says before the place if it is cut off, it says.
	if whole := wholeStatements(text); whole != nil {
		if value, err = document.AppendFromJSON(nil, whole); err == nil {
			r.readValue(value, depth+1)
			r.unknown(becauseCut)
			return
		}
	}
	r.unknown(becauseJSON)
}

// readPolicy reads a map: a policy, or one statement alone.
func (r *reader) readPolicy(value []byte) {
	found := false
	for pairs := document.OverMap(value); pairs.Next(); {
		if key, _ := document.Text(pairs.Key); isWord(key, "statement") {
			found = true
			r.readStatements(pairs.Value)
		}
	}
	if found {
		return
	}
	if r.statement.parse(value); r.statement.hasElements {
		r.readStatement()
		return
	}
	r.statement = statement{}
	r.unknown(becauseNoPolicy)
}

func (r *reader) readStatements(value []byte) {
	switch document.KindOf(value) {
	case document.KindMap:
		r.statement.parse(value)
		r.readStatement()
	case document.KindArray:
		r.readList(value)
	default:
		r.unknown(becauseStatements)
	}
}

// readList reads a list of statements. It goes over each of them once: what follows
// one is known when it has been taken apart.
func (r *reader) readList(value []byte) {
	left, rest, _ := document.ReadArrayHeader(value)
	for ; left > 0; left-- {
		if document.IsMap(rest) {
			rest = r.statement.parse(rest)
			r.readStatement()
			continue
		}
		rest, _ = document.Skip(rest)
		r.unknown(becauseStatement)
	}
}

// readStatement reads the statement that was parsed last.
func (r *reader) readStatement() {
	r.made, r.listed = 0, nil
	effect, _ := document.Text(r.statement.effect)
	switch {
	case isWord(effect, "allow"):
		r.allow()
	case isWord(effect, "deny"):
		r.hasDeny = true
	default:
		r.unknown(becauseEffect)
	}
	r.statement = statement{}
	r.scope.clear()
}

// allow adds the grants of the statement.
func (r *reader) allow() {
	s := &r.statement
	s.isAllow = true
	if s.isTwice { // so that it is not known which conditions count
		r.unknown(becauseTwice)
	} else {
		r.readConditions(s.conditions)
	}
	found := false
	if s.principals != nil {
		eachPrincipal(s.principals, func(p principal) {
			found = true
			r.add(&p)
		})
	}
	if s.notPrincipals != nil {
		found = true
		everyoneElse := principal{kind: PrincipalPublic, isExcluded: true}
		eachPrincipal(s.notPrincipals, func(p principal) {
			if everyoneElse.text == nil {
				everyoneElse.text = p.text
			}
		})
		r.add(&everyoneElse)
	}
	if !found {
		r.unknown(becauseNoPrincipal)
	}
}

// add adds the grant to a principal. Texts are made only of those that the list
// keeps.
func (r *reader) add(p *principal) {
	if kind, ok := r.listed[string(p.text)]; ok && kind == p.kind {
		return
	}
	v := r.decide(p)
	if r.options.omits(&v) {
		return
	}
	if !r.wants(&v) {
		r.list.Rest++
		return
	}
	r.keep(r.grantOf(p, v))
	r.made++
	if r.made < few || len(r.listed) == MaxGrants {
		return
	}
	if r.listed == nil {
		r.listed = make(map[string]PrincipalType)
	}
	r.listed[string(p.text)] = p.kind
}

// few is how many principals most statements have.
const few = 8

// unknown adds a grant of which nothing is known but that it may be there.
func (r *reader) unknown(why string) {
	v := verdict{relation: RelationUnknown, why: why}
	if !r.wants(&v) {
		r.list.Rest++
		return
	}
	r.keep(r.grantOf(&principal{kind: PrincipalUnknown}, v))
}

// wants reports whether the list would keep a grant of the statement. What the
// actions are good for is not worked out before it is needed.
func (r *reader) wants(v *verdict) bool {
	return len(r.list.Grants) < MaxGrants || r.list.wants(severity(v.relation, v.binding, r.statement.actionClasses()))
}

func (r *reader) keep(g Grant) {
	if r.options.Skip == nil || !r.options.Skip(&g) {
		r.list.Add(g)
	}
}

// grantOf makes the grant to a principal.
func (r *reader) grantOf(p *principal, v verdict) Grant {
	common := r.share()
	g := Grant{
		Relation:         v.relation,
		Binding:          v.binding,
		Principal:        bounded(p.text),
		PrincipalType:    p.kind,
		NotPrincipal:     p.isExcluded,
		PrincipalAccount: bounded(v.account),
		StatementID:      common.id,
		Actions:          common.actions,
		ActionsRest:      common.actionsRest,
		NotAction:        r.statement.notActions != nil,
		Classes:          r.statement.actionClasses(),
		Resources:        common.resources,
		ResourcesRest:    common.resourcesRest,
		NotResource:      r.statement.notResources != nil,
		Conditions:       common.conditions,
		ConditionsRest:   common.conditionsRest,
		Reason:           boundedText(r.reason(v)),
	}
	switch {
	case v.by != nil:
		g.DecidedBy = bounded(v.by.key)
	case v.claim != nil && v.claim.isHeld:
		g.DecidedBy = bounded(v.claim.key)
	}
	if v.by != nil && v.account != nil && v.by.account() != nil {
		g.Accounts, g.AccountsRest = v.by.texts(), v.by.rest
	} else if g.PrincipalAccount != "" {
		g.Accounts = []string{g.PrincipalAccount}
	}
	if org := r.scope.organizations(); org != nil {
		g.Organizations, g.OrganizationsRest = org.texts(), org.rest
	}
	return g
}

// organizations returns the condition that names organizations, if any does.
func (s *scope) organizations() *limit {
	switch {
	case s.org.level != levelOpen:
		return &s.org
	case s.source.level == levelOrganization:
		return &s.source
	}
	return nil
}

func (l *limit) texts() []string {
	texts := make([]string, len(l.values))
	for i, value := range l.values {
		texts[i] = bounded(value)
	}
	return texts
}
