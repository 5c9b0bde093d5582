package grant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// Source holds the pieces of an AddPermission event that say what was granted.
// Any of them may be empty.
type Source struct {
	// RequestParameters is the event's requestParameters, a MessagePack map.
	RequestParameters []byte

	// RequestText is the Java text that Elastic's pipeline makes of
	// requestParameters: {functionName=f, principal=*, action=lambda:*}. It is
	// read where RequestParameters has nothing.
	RequestText []byte

	// StatementValue is the stored statement as a MessagePack map, Statement
	// the same as JSON text (responseElements.statement), and ResponseText the
	// Java text of responseElements: {statement={"Sid":…}}. The first that can
	// be read counts.
	StatementValue []byte
	Statement      []byte
	ResponseText   []byte

	// RecipientAccount is the event's recipientAccountId, ActorAccount its
	// userIdentity.accountId, Region its awsRegion.
	RecipientAccount string
	ActorAccount     string
	Region           string
}

// Grant is what one AddPermission call granted, and to whom.
type Grant struct {
	// FunctionName, FunctionAccount, Region and Qualifier say what was opened.
	// FunctionName is the bare name, and Qualifier the version or alias where
	// the grant is for one.
	FunctionName    string
	FunctionAccount string
	Region          string
	Qualifier       string

	// StatementID is the Sid of the statement.
	StatementID string

	// Action is the action as granted; several are joined by ", ".
	// CoversInvoke says that one of them lets somebody run the function.
	Action       string
	CoversInvoke bool

	// Principal is the grantee as written. Of several it is the one that
	// Relation is about.
	Principal     string
	PrincipalType PrincipalType

	// PrincipalAccount is the account that Principal names, if it names one.
	PrincipalAccount string

	// Relation is what the principal is to the function's account: the worst
	// if there are several principals.
	Relation Relation

	// others are the accounts of the further principals if there are
	// several, an empty text for one that names none.
	others []string

	// SourceAccount, SourceARN, OrgID and FunctionURLAuthType are the
	// conditions that narrow the grant. If a condition lists several values,
	// the field has the one that narrows least.
	SourceAccount       string
	SourceARN           string
	OrgID               string
	FunctionURLAuthType string

	// InvokedViaFunctionURL says that the grant is only for calls through the
	// function's URL, and RequiresToken that the caller must supply an event
	// source token, as Alexa does. The token itself is a shared secret, which
	// has no business in an alert.
	InvokedViaFunctionURL bool
	RequiresToken         bool

	// Denies says that the statement's Effect is Deny, so that nothing is
	// granted. AddPermission makes no such statement.
	Denies bool

	// Ambiguous says that the text of the request can be read in more than one
	// way, and that no stored statement settles it. It takes a SourceArn made
	// for the purpose: no honest one has ", principal=" inside.
	Ambiguous bool

	// Evasion says why the rule's predicate misses the grant, if it does. It is
	// filled by FindEvasions.
	Evasion []string

	// plainlyPublic says that the text of the request has the words that rules about
	// public grants look for. It is filled by FindEvasions.
	plainlyPublic bool
}

// terms are what one record of a grant says: the stored statement or the
// request. They are the values as they are there. Each is read when it is asked for: where
// there is a statement, hardly anything of the request is.
type terms struct {
	function    []byte // several if the record names or may mean several
	action      []byte
	principal   []byte
	statementID []byte
	qualifier   []byte // the parameter, apart from the function's own suffix
	condition   []byte // of a statement; a request has parameters instead
	parameters  parameters
	denies      bool

	// These say that only one of the functions, principals or actions is meant,
	// and that the record does not say which.
	eitherFunction, eitherPrincipal, eitherAction bool
}

func (t *terms) functions() []function   { return readFunctions(t.function) }
func (t *terms) actions() []string       { return readTexts(nil, t.action, plainText) }
func (t *terms) principals() []principal { return readPrincipals(t.principal) }

// Read reads the grant out of an AddPermission event. It returns false if
// neither the statement nor the request says anything about one.
func Read(src Source) (Grant, bool) {
	stored, isStored := src.stored()
	asked, isAsked := src.asked()
	if !isStored && !isAsked {
		return Grant{}, false
	}
	var g Grant
	g.StatementID = bounded(firstText(stored.statementID, asked.statementID))
	o := g.readFunction(&src, &stored, &asked)
	g.readActions(&stored, &asked)
	if isStored {
		g.readConditions(readConditions(stored.condition), o)
	} else {
		g.readConditions(asked.parameters.conditions(), o)
	}
	g.readPrincipal(&stored, &asked, o)
	if stored.denies {
		g.Denies, g.CoversInvoke, g.Relation = true, false, RelationUnknown
	}
	return g, true
}

// firstText returns the text of the first value that has one.
func firstText(values ...[]byte) string {
	for _, value := range values {
		if text, _ := document.Text(value); len(text) > 0 {
			return string(text)
		}
	}
	return ""
}

// readFunction reads what was opened and returns whose it is.
func (g *Grant) readFunction(src *Source, stored, asked *terms) owner {
	var event string // the account that the event itself names
	switch {
	case isAccountID(src.RecipientAccount):
		event = src.RecipientAccount
	case isAccountID(src.ActorAccount):
		event = src.ActorAccount
	}
	functions := stored.functions()
	if !slices.ContainsFunc(functions, function.isOwned) {
		if other := asked.functions(); len(other) > 0 {
			functions = other
			g.Ambiguous = g.Ambiguous || asked.eitherFunction
		}
	}
	var o owner
	for i := range functions {
		f := functions[i].settle(event)
		functions[i] = f
		o = append(o, cmp.Or(f.account, event))
		if f.rival != "" {
			o = append(o, f.rival)
		}
	}
	if len(functions) == 0 {
		o = owner{event}
	}
	qualifier := agreed(functions, func(f function) string { return f.qualifier })
	region := agreed(functions, func(f function) string { return f.region })
	g.FunctionName = bounded(agreed(functions, func(f function) string { return f.name }))
	g.FunctionAccount = o.account()
	g.Region = bounded(cmp.Or(region, src.Region))
	if qualifier == "" {
		qualifier = firstText(asked.qualifier)
	}
	g.Qualifier = bounded(qualifier)
	return o
}

// readActions reads the actions. Where one of several is meant, all of them are
// reported and the worst is assumed.
func (g *Grant) readActions(stored, asked *terms) {
	actions := stored.actions()
	if len(actions) == 0 {
		actions = asked.actions()
		g.Ambiguous = g.Ambiguous || asked.eitherAction
	}
	g.Action = bounded(strings.Join(actions, actionSeparator))
	g.CoversInvoke = slices.ContainsFunc(actions, coversInvoke)
}

func (g *Grant) readConditions(c conditions, o owner) {
	own := o.account()
	g.SourceAccount = bounded(widest(c.sourceAccounts, func(account string) bool {
		return account != own
	}))
	g.SourceARN = bounded(widest(c.sourceARNs, func(source string) bool {
		a, _ := parseARN(source)
		return a.account != own
	}))
	g.OrgID = bounded(widest(c.orgIDs, func(id string) bool { return !isOrganizationID(id) }))
	g.FunctionURLAuthType = bounded(widest(c.urlAuthTypes, func(t string) bool { return t == "NONE" }))
	g.InvokedViaFunctionURL = c.viaURL
	g.RequiresToken = c.token
}

// readPrincipal reads the grantee and what it is to the owner. All of several
// principals got the grant, so the worst is reported; if only one of them is
// meant, what they have in common is.
func (g *Grant) readPrincipal(stored, asked *terms, o owner) {
	candidates, either := stored.principals(), false
	if allUniqueIDs(candidates) { // or there is none
		if other := asked.principals(); len(candidates) == 0 || anyIAM(other) {
			candidates, either = other, asked.eitherPrincipal
		}
	}
	relationTo := func(p principal) Relation { return o.relationTo(p, isOrganizationID(g.OrgID)) }
	var reported principal
	for i, p := range candidates {
		if i == 0 || relationTo(p).worseThan(g.Relation) {
			reported, g.Relation = p, relationTo(p)
		}
	}
	for _, p := range candidates {
		if p.account != reported.account {
			g.others = append(g.others, p.account)
		}
	}
	if either {
		g.Ambiguous = true
		g.Relation = agreed(candidates, relationTo)
		reported = principal{
			text:    agreed(candidates, func(p principal) string { return p.text }),
			kind:    agreed(candidates, func(p principal) PrincipalType { return p.kind }),
			account: agreed(candidates, func(p principal) string { return p.account }),
		}
	}
	g.Principal = bounded(reported.text)
	g.PrincipalAccount = reported.account
	g.PrincipalType = cmp.Or(reported.kind, PrincipalUnknown)
	g.Relation = cmp.Or(g.Relation, RelationUnknown)
}

func allUniqueIDs(principals []principal) bool {
	return !slices.ContainsFunc(principals, func(p principal) bool { return p.kind != PrincipalUniqueID })
}

func anyIAM(principals []principal) bool {
	return slices.ContainsFunc(principals, func(p principal) bool { return p.kind == PrincipalIAM })
}

// agreed returns what of says about every item, or the zero value if it does
// not say the same about all.
func agreed[T any, V comparable](items []T, of func(T) V) V {
	var zero V
	if len(items) == 0 {
		return zero
	}
	for _, item := range items {
		if of(item) != of(items[0]) {
			return zero
		}
	}
	return of(items[0])
}
