package detect

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
)

// Coverage says how far the engine goes beyond the predicate of the rule it
// ships with.
type Coverage uint8

const (
	// CoverRule alerts exactly where the predicate matches.
	CoverRule Coverage = iota
	// CoverExtended also alerts on the grants that the predicate misses:
	// cross-account ones in disguise, cross-account ones to do something else
	// than invoke, whole organizations, and services that act for anybody or
	// for another account.
	CoverExtended
)

var (
	fieldAccount  = cloudtrail.LookupField("cloud.account.id")
	fieldOutcome  = cloudtrail.LookupField("event.outcome")
	fieldRegion   = cloudtrail.LookupField("cloud.region")
	fieldReceiver = cloudtrail.LookupField("aws.cloudtrail.recipient_account_id")
	fieldResponse = cloudtrail.LookupField("aws.cloudtrail.response_elements")
)

// isAddPermission reports whether the event is a call of Lambda's
// AddPermission, in whatever version of the API.
func isAddPermission(event *cloudtrail.Event) bool {
	const call = "addpermission"
	action := event.Text(fieldAction)
	return len(action) >= len(call) && equalFoldASCII(action[:len(call)], call) &&
		string(event.Text(fieldProvider)) == "lambda.amazonaws.com"
}

// readGrant reads what an AddPermission event granted.
func readGrant(event *cloudtrail.Event) (*grant.Grant, bool) {
	response := event.ResponseElements()
	statement, _ := document.Get(response, "statement")
	text, _ := document.Text(statement)
	g, ok := grant.Read(grant.Source{
		RequestParameters: event.RequestParameters(),
		RequestText:       event.RequestText(),
		StatementValue:    statement,
		Statement:         text,
		ResponseText:      event.Text(fieldResponse),
		RecipientAccount:  string(event.Text(fieldReceiver)),
		ActorAccount:      string(event.Text(fieldAccount)),
		Region:            string(event.Text(fieldRegion)),
	})
	if !ok {
		return nil, false
	}
	g.FindEvasions(event.RequestText())
	return &g, true
}

// missed reports whether a grant that the rule's predicate does not match is
// one that extended coverage reports. A public grant is not: it is the sibling
// rule's.
func missed(g *grant.Grant) bool {
	switch {
	case g.Denies:
		return false
	case g.CrossAccountInvoke(), g.CrossAccountWithoutInvoke(), g.UnboundService(), g.ForeignSource():
		return true
	case g.Relation == grant.RelationOrganization:
		return true
	}
	// Whose principal it is cannot be told, and the predicate was walked
	// around: better an alert too many.
	return g.Relation == grant.RelationUnknown && g.CoversInvoke && len(g.Evasion) > 0
}

// reasonFor says what a grant did. A grant to a service that nothing binds
// needs a word more, since services are granted things all day.
func reasonFor(g *grant.Grant, actorAccount string) string {
	reason := g.Sentence(actorAccount)
	if g.UnboundService() {
		reason += " for whoever asks it to, as no source account or ARN is required"
	}
	return reason
}

// Exceptions are the grants that a user has vetted. An exception never applies
// to a public grant, nor to one whose principal cannot be told.
type Exceptions struct {
	SameAccount bool     // grants to the function's own account
	Accounts    []string // principals of these accounts
	Orgs        []string // grants narrowed to these organizations
	Actors      []string // calls by these identities: ARN patterns with * and ?
	Functions   []string // grants on these functions: names, or ARN patterns
}

// allow reports whether an exception covers the grant.
func (x *Exceptions) allow(g *grant.Grant, event *cloudtrail.Event) bool {
	switch g.Relation {
	case grant.RelationPublic, grant.RelationUnknown:
		return false
	case grant.RelationSameAccount:
		if x.SameAccount {
			return true
		}
	case grant.RelationOrganization, grant.RelationCrossAccount:
		if g.OrgID != "" && slices.Contains(x.Orgs, g.OrgID) {
			return true
		}
	}
	return len(x.Accounts) > 0 && g.OnlyFor(x.Accounts) ||
		x.trustsActor(event) || x.trustsFunction(g)
}

// trustsActor matches the ARN of whoever made the call, and for a role session
// the role's too.
func (x *Exceptions) trustsActor(event *cloudtrail.Event) bool {
	if len(x.Actors) == 0 {
		return false
	}
	arns := []string{string(event.Text(fieldActor)), string(event.Text(fieldIssuer))}
	arns = append(arns, roleOfSession(arns[0]))
	for _, pattern := range x.Actors {
		for _, arn := range arns {
			if arn != "" && matchPattern(pattern, arn) {
				return true
			}
		}
	}
	return false
}

var fieldIssuer = cloudtrail.LookupField("aws.cloudtrail.user_identity.session_context.session_issuer.arn")

// roleOfSession returns the ARN of the role whose session the ARN is:
// arn:aws:sts::1:assumed-role/deploy/alice is of arn:aws:iam::1:role/deploy. A
// session's ARN leaves out the path that the role's may have.
func roleOfSession(arn string) string {
	before, session, ok := strings.Cut(arn, ":assumed-role/")
	if !ok || !strings.Contains(before, ":sts:") {
		return ""
	}
	role, _, _ := strings.Cut(session, "/")
	return strings.Replace(before, ":sts:", ":iam:", 1) + ":role/" + role
}

func (x *Exceptions) trustsFunction(g *grant.Grant) bool {
	for _, pattern := range x.Functions {
		if strings.Contains(pattern, ":") {
			if arn := g.FunctionARN(); arn != "" && matchPattern(pattern, arn) {
				return true
			}
		} else if g.FunctionName != "" && matchPattern(pattern, g.FunctionName) {
			return true
		}
	}
	return false
}

// matchPattern matches the whole of text, in which * stands for any run of
// characters and ? for any one. It goes back to the last star only, so that no
// pattern is slow.
func matchPattern(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
