package call

import (
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// The reasons for which a call's grant is unknown.
const (
	becauseOmitted = "the event leaves out the parameters"
	becauseAbsent  = "the event does not say who is let in"
	becauseBroken  = "the parameter is not JSON"
	becauseHiding  = "the text of the parameters can be read in more than one way"
)

// readParts reads all that a call says about who is let in.
func (r *reader) readParts() {
	if r.call.Parts[0].Lambda {
		r.readLambda()
		return
	}
	applies, found, isHiding := false, false, false
	for i := range r.call.Parts {
		part := &r.call.Parts[i]
		if part.When != "" {
			if holds, isThere := r.parameters.holds(part.When); isThere && !holds {
				continue
			}
		}
		applies = true
		if r.readPart(part) {
			found = true
		} else if r.parameters.mentions(part.paths()) {
			isHiding = true
		}
	}
	switch {
	case r.parameters.isOmitted:
		r.unknown(becauseOmitted)
	case isHiding && !found:
		r.unknown(becauseHiding)
	case applies && !found && !r.call.Optional:
		r.unknown(becauseAbsent)
	}
}

// paths are those of which one must be found where the part grants anything.
func (p *Part) paths() string {
	var all []string
	for _, paths := range []string{p.Policy, p.Principals, p.Organizations, p.Accounts, p.Provider, p.Inside} {
		if paths != "" {
			all = append(all, paths)
		}
	}
	if p.Opens != "" && p.Inside == "" {
		path, _, _ := strings.Cut(p.Opens, "=")
		all = append(all, path)
	}
	return strings.Join(all, " | ")
}

// readPart reads one part. It returns whether the part says anything.
func (r *reader) readPart(p *Part) bool {
	switch {
	case p.Policy != "":
		return r.readPolicies(p)
	case p.Patch != "":
		return r.readPatch(p)
	case p.Provider != "":
		return r.readProviders(p)
	case p.ACL:
		return r.readACL()
	case p.Inside != "":
		return r.readInside(p)
	}
	return r.readTerms(p, &r.parameters)
}

// readTerms reads what is not a policy document: a setting, or a list of principals.
func (r *reader) readTerms(p *Part, in *parameters) bool {
	if p.Opens != "" {
		return r.readSetting(p, in)
	}
	return r.readPrincipals(p, in)
}

// readInside reads a part within JSON text. Text that is not JSON says nothing that
// can be relied on.
func (r *reader) readInside(p *Part) bool {
	return r.parameters.each(p.Inside, func(value []byte) bool {
		if text, isText := document.Text(value); isText {
			var err error
			if value, err = document.AppendFromJSON(nil, text); err != nil {
				r.unknown(becauseBroken)
				return true
			}
		}
		r.readTerms(p, &parameters{request: []object{{value: value}}})
		return true
	})
}

// readPatch reads the operations of a JSON patch that put a policy in place (API
// Gateway API Reference, PatchOperation).
func (r *reader) readPatch(p *Part) bool {
	return r.parameters.each(p.Patch, func(operation []byte) bool {
		path, _ := document.GetFold(operation, "path")
		op, _ := document.GetFold(operation, "op")
		value, found := document.GetFold(operation, "value")
		if found && strings.EqualFold(scalarText(path), "/policy") && !strings.EqualFold(scalarText(op), "remove") {
			r.merge(policy.Read(value, r.options()))
		}
		return true
	})
}

func (r *reader) options() policy.Options {
	return policy.Options{
		Owner: r.opening.Account, OmitOwn: true, OmitUnboundServices: r.call.EverydayServices, Skip: r.skips,
	}
}

// readPolicies reads the policy documents of a call.
func (r *reader) readPolicies(p *Part) bool {
	return r.parameters.each(p.Policy, func(value []byte) bool {
		r.merge(policy.Read(value, r.options()))
		return true
	})
}

func (r *reader) merge(l policy.List) {
	for _, g := range l.Grants {
		r.list.Add(g)
	}
	r.list.Rest += l.Rest
}

// readSetting reads a parameter that opens a resource to everyone.
func (r *reader) readSetting(p *Part, in *parameters) bool {
	holds, isThere := in.holds(p.Opens)
	if holds {
		r.readStatement(statement{principals: []string{"*"}, actions: r.call.Actions})
	}
	return isThere
}

// readPrincipals reads a list of principals, with what narrows them.
func (r *reader) readPrincipals(p *Part, in *parameters) bool {
	s := statement{actions: r.actions(p, in)}
	p.conditions(in, &s)
	if p.Effect != "" {
		s.effect = in.first(p.Effect)
	}
	var organizations []string
	isUnreadable := false
	found := in.each(p.Principals, func(value []byte) bool {
		text, ok := principalOf(value)
		if !ok {
			isUnreadable = true
			return true
		}
		if org, isOrg := organizationOf(text); isOrg {
			organizations = append(organizations, org)
		} else if !r.isService(text) {
			if account, isInstance := accountOfInstance(text); isInstance {
				text = account
			}
			s.principals = append(s.principals, text)
		}
		return true
	})
	found = in.each(p.Organizations, func(value []byte) bool {
		if text := scalarText(value); text != "" {
			if org, isOrg := organizationOf(text); isOrg {
				text = org
			}
			organizations = append(organizations, text)
		}
		return true
	}) || found
	found = in.each(p.Accounts, func(value []byte) bool {
		text, ok := principalOf(value)
		if account := accountOfARN(text); account != "" {
			s.principals = append(s.principals, account)
		}
		isUnreadable = isUnreadable || !ok
		return true
	}) || found
	if isUnreadable {
		r.unknown(becauseAbsent)
	}
	if len(s.principals) > 0 {
		r.readStatement(s)
	}
	if len(organizations) > 0 {
		r.readStatement(statement{
			principals: []string{"*"}, actions: s.actions, effect: s.effect,
			equal: []condition{{"aws:PrincipalOrgID", organizations}},
		})
	}
	return found || in.has(p.Removed) || in.hasEmptyList(p.Principals)
}

// principalOf reads a principal as a call's parameter has it. Everybody is written
// as * or, by the services that share snapshots and images, as all.
func principalOf(value []byte) (string, bool) {
	if !document.IsMap(value) {
		text := principalText(value)
		if strings.EqualFold(text, "all") {
			return "*", true
		}
		return strings.TrimSpace(text), text != ""
	}
	// Lex writes a principal as a map with one of the first two, S3 where copies go as
	// one with the others.
	for _, key := range []string{"arn", "service", "account", "bucket"} {
		if inner, ok := document.GetFold(value, key); ok {
			if text := scalarText(inner); text != "" {
				return text, true
			}
		}
	}
	return "", false
}

// isService reports whether a grantee of a KMS grant is the work of an AWS service:
// the service itself, an instance that a service runs for the key's own account, or
// AWS Internal (KMS Developer Guide, "Logging AWS KMS API calls": CreateGrant).
func (r *reader) isService(principal string) bool {
	if !r.call.EverydayServices {
		return false
	}
	if principal == "AWS Internal" {
		return true
	}
	account, isInstance := accountOfInstance(principal)
	return isInstance && account != "" && account == r.opening.Account
}

// accountOfInstance returns the account of a grantee such as
// 111122223333:aws:ec2-infrastructure:i-0123456789abcdef0.
func accountOfInstance(principal string) (account string, isInstance bool) {
	account, instance, found := strings.Cut(principal, ":aws:ec2-infrastructure:")
	return account, found && strings.HasPrefix(instance, "i-")
}

// organizationOf reads the ARN of an organization or of a unit in it:
// arn:aws:organizations::111122223333:organization/o-exampleorgid
// (Organizations, "Resource types defined by AWS Organizations").
func organizationOf(text string) (id string, ok bool) {
	fields := strings.SplitN(text, ":", 6)
	if len(fields) < 6 || fields[0] != "arn" || fields[2] != "organizations" {
		return "", false
	}
	parts := strings.Split(fields[5], "/")
	if len(parts) < 2 || parts[0] != "organization" && parts[0] != "ou" {
		return "", false
	}
	return parts[1], true
}

// accountOfARN returns the account that an ARN is of, * for the users of QuickSight who
// have none (QuickSight User Guide, "Granting anyone on the internet access to a
// dashboard"), nothing for the documents of Systems Manager that AWS owns, and the text
// itself for what else has no account or is IAM's.
func accountOfARN(text string) string {
	fields := strings.SplitN(text, ":", 6)
	switch {
	case len(fields) < 6 || fields[0] != "arn" || fields[2] == "iam" || fields[2] == "sts":
		return text
	case fields[2] == "quicksight" && strings.HasPrefix(fields[5], "publicAnonymousUser/"):
		return "*"
	case fields[2] == "ssm" && fields[4] == "":
		return ""
	case grant.IsAccountID(fields[4]):
		return fields[4]
	}
	return text
}

// actions returns what a part grants.
func (r *reader) actions(p *Part, in *parameters) []string {
	var actions []string
	in.each(p.Actions, func(value []byte) bool {
		if text := scalarText(value); text != "" {
			actions = append(actions, text)
		}
		return len(actions) <= policy.MaxItems
	})
	if len(actions) == 0 {
		return r.call.Actions
	}
	return actions
}

// conditions reads what narrows the principals of a part.
func (p *Part) conditions(in *parameters, s *statement) {
	in.each(p.Conditions, func(value []byte) bool {
		if text, isText := document.Text(value); isText { // as JSON
			value, _ = document.AppendFromJSON(nil, text)
		}
		s.conditions = value
		return false
	})
	for _, n := range p.Narrow {
		c := condition{key: n.Key}
		in.each(n.Path, func(value []byte) bool {
			if text := principalText(value); text != "" {
				c.values = append(c.values, text)
			}
			return true
		})
		if len(c.values) > 0 {
			s.equal = append(s.equal, c)
		}
	}
}

// statement is a policy statement that says what a call's parameters say.
type statement struct {
	effect     string // Allow if it is empty
	principals []string
	actions    []string
	conditions []byte // the whole element, or
	equal      []condition
}

// condition is a key and the values one of which it must equal.
type condition struct {
	key    string
	values []string
}

// readStatement judges a statement as a policy's would be.
func (r *reader) readStatement(s statement) {
	if s.effect == "" {
		s.effect = "Allow"
	}
	pairs := uint32(3)
	hasConditions := document.IsMap(s.conditions) || len(s.equal) > 0
	if hasConditions {
		pairs++
	}
	b := msgp.AppendMapHeader(nil, pairs)
	b = msgp.AppendString(msgp.AppendString(b, "Effect"), s.effect)
	b = appendTexts(msgp.AppendString(b, "Principal"), s.principals)
	b = appendTexts(msgp.AppendString(b, "Action"), s.actions)
	if hasConditions {
		b = msgp.AppendString(b, "Condition")
		if len(s.equal) == 0 {
			b = append(b, s.conditions...)
		} else {
			b = msgp.AppendMapHeader(b, 1)
			b = msgp.AppendMapHeader(msgp.AppendString(b, "StringEquals"), uint32(len(s.equal)))
			for _, c := range s.equal {
				b = appendTexts(msgp.AppendString(b, c.key), c.values)
			}
		}
	}
	r.merge(policy.Read(b, r.options()))
}

func appendTexts(b []byte, texts []string) []byte {
	b = msgp.AppendArrayHeader(b, uint32(len(texts)))
	for _, text := range texts {
		b = msgp.AppendString(b, text)
	}
	return b
}

// readProviders reads who vouches for identities from now on. Nobody gets in until
// a role trusts the provider, which the event does not say.
func (r *reader) readProviders(p *Part) bool {
	if string(r.event.Text(cloudtrail.FieldInvokedBy)) == identityCenter {
		return true
	}
	return r.parameters.each(p.Provider, func(value []byte) bool {
		text := scalarText(value)
		if text == "" {
			return true
		}
		r.add(policy.Grant{
			Relation: policy.RelationFederated, Binding: policy.BindingUnknown,
			Principal: providerName(text), PrincipalType: policy.PrincipalFederated,
			Actions: r.call.Actions, Classes: policy.ClassesOf(r.call.Actions),
			Reason: "who runs the provider vouches for identities of the account's roles",
		})
		return true
	})
}

// identityCenter registers its own provider in each account that it serves.
const identityCenter = "sso.amazonaws.com"

// providerName returns what names a provider in a text: the entity of SAML metadata,
// a line for a certificate, and any other text as it is.
func providerName(text string) string {
	switch {
	case strings.HasPrefix(strings.TrimSpace(text), "<"):
		if _, after, found := strings.Cut(text, `entityID="`); found {
			name, _, _ := strings.Cut(after, `"`)
			return grant.Bounded(name)
		}
		return "SAML metadata"
	case strings.Contains(text, "-----BEGIN CERTIFICATE"):
		return "certificate bundle"
	}
	return grant.Bounded(text)
}

// readLambda reads an AddPermission.
func (r *reader) readLambda() {
	g, ok := grant.Of(r.event)
	if !ok {
		r.unknown(becauseAbsent)
		return
	}
	r.describe()
	r.opening.Lambda = g
	if g.FunctionAccount != "" {
		r.opening.Account = g.FunctionAccount
	}
	if arn := g.FunctionARN(); arn != "" {
		r.opening.Resource = arn
	}
	if g.FunctionName != "" {
		r.opening.name = g.FunctionName
		if g.Qualifier != "" {
			r.opening.name += ":" + g.Qualifier
		}
	}
	if g.Denies {
		return
	}
	r.add(ofLambda(g))
}

// ofLambda says what an AddPermission granted in the words of a policy's grant.
func ofLambda(g *grant.Grant) policy.Grant {
	out := policy.Grant{
		Relation: policy.Relation(g.Relation), Principal: g.Principal, PrincipalType: policy.PrincipalType(g.PrincipalType),
		PrincipalAccount: g.PrincipalAccount, StatementID: g.StatementID, Reason: "as the function's policy stores it",
	}
	for action := range strings.SplitSeq(g.Action, ", ") {
		if action != "" && len(out.Actions) < policy.MaxItems {
			out.Actions = append(out.Actions, action)
		}
	}
	out.Classes = policy.ClassesOf(out.Actions)
	for _, c := range []struct{ operator, key, value string }{
		{"StringEquals", "AWS:SourceAccount", g.SourceAccount}, {"ArnLike", "AWS:SourceArn", g.SourceARN},
		{"StringEquals", "aws:PrincipalOrgID", g.OrgID}, {"StringEquals", "lambda:FunctionUrlAuthType", g.FunctionURLAuthType},
	} {
		if c.value != "" {
			out.Conditions = append(out.Conditions, policy.Condition{Operator: c.operator, Key: c.key, Values: []string{c.value}})
		}
	}
	if g.Principal == "" {
		out.Reason = becauseAbsent
	}
	out.Accounts = g.Accounts()
	if g.OrgID != "" {
		out.Organizations = []string{g.OrgID}
	}
	if g.Relation == grant.RelationService {
		out.Binding, out.DecidedBy = lambdaBinding(g)
	}
	if g.Relation == grant.RelationPublic && !g.OpenToEveryone() { // it is left to services
		out.Relation, out.Binding, out.DecidedBy = policy.RelationService, policy.BindingOwn, "aws:SourceAccount"
	}
	if out.Relation == policy.RelationOrganization {
		out.DecidedBy = "aws:PrincipalOrgID"
	}
	return out
}

// lambdaBinding says on whose behalf a service may invoke a function.
func lambdaBinding(g *grant.Grant) (binding policy.Binding, decidedBy string) {
	switch {
	case g.ForeignSource():
		return policy.BindingForeign, "aws:SourceArn"
	case g.OrgID != "" && !g.UnboundService():
		return policy.BindingOrganization, "aws:PrincipalOrgID"
	case !g.UnboundService() && g.FunctionAccount != "":
		return policy.BindingOwn, "aws:SourceAccount"
	case g.RequiresToken:
		return policy.BindingSecret, "lambda:EventSourceToken"
	case g.NamesSource():
		return policy.BindingUnknown, "aws:SourceArn"
	}
	return policy.BindingUnbound, ""
}

// principalText is [scalarText] of what may be an account.
func principalText(value []byte) string {
	if text, ok := grant.AccountText(value); ok {
		return text
	}
	return scalarText(value)
}
