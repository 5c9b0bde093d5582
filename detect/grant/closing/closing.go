package closing

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// Closing is what a call closed, on one resource. Ask [Closing.Closes] rather than
// the fields: they narrow one another.
type Closing struct {
	// Resource is what was closed, in the form of [use.Canonical].
	Resource string

	// Means is that by which a grant was open: policy, acl, trust, grants, attribute and so
	// on. Calls with the same means write the same document or list. It is empty where
	// the resource is gone, and every grant on it.
	Means string

	// Statement is the one statement, grant or policy that is closed, as [Origin]
	// names it. Qualifier is the version or alias of a Lambda function that it is
	// about: what holds for another one, or for none, stays.
	Statement string
	Qualifier string

	// Accounts are the accounts that are taken out, Principals what does not stand for
	// a whole account, as written, and Everyone says that everyone is taken out, but
	// not those who were let in by name. At most [MaxListed] of each are listed; the
	// others stay open.
	Accounts   []string
	Principals []string
	Everyone   bool

	// All says that all is closed that was open on the resource by the means, and by
	// the statement where there is one.
	All bool

	// Replaces says that the call wrote the means anew. Kept is what it opens by
	// that, to outsiders; nil is nothing. What Kept does not have is closed.
	Replaces bool
	Kept     *call.Opening

	// Reversible says that the owner can bring the resource back, with the grants: a
	// key that is to be deleted, a secret in its time of grace.
	Reversible bool
}

// MaxListed is how many accounts or principals of one call are listed.
const MaxListed = 64

// Opened is a grant that may be closed.
type Opened struct {
	Resource string // in the form of use.Canonical

	// Means, Statement and Qualifier are what Origin says of the call that opened it.
	Means, Statement, Qualifier string

	// Accounts are those that it lets in, Principal is the one that it names, and
	// Everyone says that it lets in anybody.
	Accounts  []string
	Principal string
	Everyone  bool
}

// Closes reports whether a grant is closed by the call. A grant to several accounts
// is closed when none of them is left.
func (c *Closing) Closes(o Opened) bool {
	if c.Resource == "" || c.Resource != o.Resource {
		return false
	}
	switch {
	case c.Means == "":
		return c.All
	case c.Means != o.Means || c.Qualifier != o.Qualifier:
		return false
	case c.Statement != "" && c.Statement != o.Statement:
		return false
	case c.All:
		return true
	case c.Replaces:
		return !c.keeps(o)
	case o.Everyone:
		return c.Everyone
	case o.Principal != "" && slices.Contains(c.Principals, o.Principal):
		return true
	}
	return isSubset(o.Accounts, c.Accounts) && !isPart(o.Principal)
}

// isPart reports whether a principal is less than a whole account: a user or role. To
// take out the account does not take out one that is let in by name.
func isPart(principal string) bool {
	return strings.HasPrefix(principal, "arn:") && accountOf(principal) == ""
}

func isSubset(some, of []string) bool {
	for _, account := range some {
		if !slices.Contains(of, account) {
			return false
		}
	}
	return len(some) > 0
}

// keeps reports whether somebody whom a grant lets in is let in by the document that
// replaces the one before. It is enough that one of them may be.
func (c *Closing) keeps(o Opened) bool {
	if c.Kept == nil {
		return false
	}
	for i := range c.Kept.Grants {
		g := &c.Kept.Grants[i]
		switch {
		case g.Principal == "*" || g.NotPrincipal || g.Principal == o.Principal && o.Principal != "":
			return true
		case g.PrincipalAccount != "" && (slices.Contains(o.Accounts, g.PrincipalAccount) || accountOf(o.Principal) == g.PrincipalAccount):
			return true
		}
		for _, account := range g.Accounts {
			if slices.Contains(o.Accounts, account) {
				return true
			}
		}
	}
	return false
}

// Read returns what an event closed, false if that is nothing.
func Read(event *cloudtrail.Event) (Closing, bool) {
	source, name := event.Text(cloudtrail.FieldProvider), event.Text(cloudtrail.FieldAction)
	row := find(source, name)
	m := meansOf(call.Find(string(source), string(name)))
	if row == nil && !m.replaces || string(event.Text(cloudtrail.FieldOutcome)) != "success" {
		return Closing{}, false
	}
	r := reader{event: event}
	r.arguments.Reset(event)
	if row != nil {
		return r.take(row)
	}
	return r.replace(call.Find(string(source), string(name)), m)
}

// Origin returns how a call that opened a resource did it: the means, what a closing
// will call the statement, and the version or alias of a function. Statement and
// qualifier are mostly empty.
func Origin(event *cloudtrail.Event, o *call.Opening) (means, statement, qualifier string) {
	c := call.Find(string(event.Text(cloudtrail.FieldProvider)), string(event.Text(cloudtrail.FieldAction)))
	if c == nil {
		return "", "", ""
	}
	m := meansOf(c)
	if o != nil && o.Lambda != nil {
		return m.name, o.Lambda.StatementID, o.Lambda.Qualifier
	}
	r := reader{event: event}
	r.arguments.Reset(event)
	if m.statement != "" {
		statement = grant.Bounded(r.arguments.First(m.statement))
	}
	if arn, _, ok := r.arguments.Resource(c.Resource, c.Owner); ok && m.isQualified {
		qualifier, _ = r.qualifier(arn)
	}
	return m.name, statement, qualifier
}

// reader reads one event.
type reader struct {
	event     *cloudtrail.Event
	arguments call.Arguments
}

// take reads a call that takes back or deletes.
func (r *reader) take(row *Row) (c Closing, ok bool) {
	arn, ok := r.resource(row.Resource, row.Owner)
	if !ok || !r.applies(row) {
		return Closing{}, false
	}
	c = Closing{Resource: use.Canonical(arn), Means: row.Means, Reversible: row.Reversible}
	if row.IsQualified {
		if c.Qualifier, ok = r.qualifier(arn); !ok {
			return Closing{}, false
		}
		if row.Means == "" { // a version of a function is gone, and the function is not
			return c, c.Qualifier == "" && c.all()
		}
	}
	if row.Statement != "" {
		c.Statement = grant.Bounded(r.arguments.First(row.Statement))
		if c.Statement == "" {
			holds, _ := r.arguments.Holds(row.AllIf)
			return c, row.AllIf != "" && holds && c.all()
		}
		return c, r.arguments.IsClear(row.Statement) && c.all()
	}
	if row.Principals != "" {
		r.readPrincipals(row.Principals, &c)
		return c, c.Everyone || len(c.Accounts) > 0 || len(c.Principals) > 0
	}
	return c, c.all()
}

// all makes the closing one of everything by its means.
func (c *Closing) all() bool {
	c.All = true
	return true
}

// applies reports whether the condition of a row holds.
func (r *reader) applies(row *Row) bool {
	if row.When != "" {
		path, _, _ := strings.Cut(row.When, "=")
		if holds, _ := r.arguments.Holds(row.When); !holds || !r.arguments.IsClear(path) {
			return false
		}
	}
	return true
}

// resource returns the ARN of what a call is about, if it is clear which that is.
func (r *reader) resource(ways, owner string) (arn string, ok bool) {
	arn, account, ok := r.arguments.Resource(ways, owner)
	if !ok || account == "" || r.arguments.IsOmitted() || !r.arguments.IsClear(ways) {
		return "", false
	}
	return arn, !strings.ContainsAny(arn, "*?")
}

// qualifier returns the version or alias that a call on a function is about, from the
// parameter or from the ARN. It returns false if they differ.
func (r *reader) qualifier(arn string) (qualifier string, ok bool) {
	qualifier = r.arguments.First("qualifier")
	whole := use.Canonical(arn)
	_, resource, _ := strings.Cut(whole, ":function:")
	if at := strings.LastIndex(arn, ":"+resource+":"); at >= 0 && resource != "" {
		suffix := arn[at+len(resource)+2:]
		if qualifier != "" && qualifier != suffix {
			return "", false
		}
		qualifier = suffix
	}
	return grant.Bounded(qualifier), r.arguments.IsClear("qualifier")
}

// readPrincipals reads who is taken out.
func (r *reader) readPrincipals(paths string, c *Closing) {
	r.arguments.Each(paths, func(text string) bool {
		switch account := accountOf(text); {
		case text == "all" || text == "*":
			c.Everyone = true
		case account != "":
			c.Accounts = appendOnce(c.Accounts, account)
		case text != "":
			c.Principals = appendOnce(c.Principals, grant.Bounded(text))
		}
		return true
	})
}

func appendOnce(list []string, text string) []string {
	if len(list) == MaxListed || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// accountOf returns the account that a principal is all of: 444455556666 or
// arn:aws:iam::444455556666:root.
func accountOf(principal string) string {
	if grant.IsAccountID(principal) {
		return principal
	}
	fields := strings.Split(principal, ":")
	if len(fields) == 6 && fields[0] == "arn" && fields[2] == "iam" && fields[5] == "root" && grant.IsAccountID(fields[4]) {
		return fields[4]
	}
	return ""
}
