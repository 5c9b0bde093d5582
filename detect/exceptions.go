package detect

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
)

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
	arns := []string{string(event.Text(cloudtrail.FieldActor)), string(event.Text(cloudtrail.FieldIssuer))}
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
