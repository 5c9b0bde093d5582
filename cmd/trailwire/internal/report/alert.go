package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// reportedAlert is an alert as the page shows it. Every text in it went through
// [printable]; html/template escapes it once more.
type reportedAlert struct {
	Number   int // on the page, from 1
	Guide    int // the number of its rule's guide; 0 for none
	Time     time.Time
	Clock    string // the time as the event writes it, if it cannot be read
	Severity string
	Risk     string
	RuleID   string
	RuleName string // with who wrote it
	Rule     string
	Reason   string
	Relation string // of its grant; empty if there is none

	Account, Region string
	Call, Provider  string
	Actor           string
	OnBehalfOf      string
	InvokedBy       string
	Source, Agent   string
	Session         string // since when it is there, and whether with MFA
	EventID, From   string
	Console         string // the event's page in AWS's console
	ResourceARN     string
	Techniques      []string
	Grant           *reportedGrant   // the worst of Grants
	Grants          []*reportedGrant // what the call let in, the worst first
	MoreGrants      int              // that are not in Grants
	Inspect         string           // shows what is there now; empty if none is safe to paste
	Extended        bool
	Suppressed      string // why, in words; empty if it is not
	Command         string // takes the grant back; empty if none is safe to paste

	Request, Response string // their beginnings, as JSON

	Past []fact // of a use or the end of a grant, of what would be seen, and related calls

	Accounts []string // all that it is about, for the filter
	Story    int      // the number of its grant's story; 0 for none

	dedupKey string
	event    string // names the event and what it says, whichever rule the alert is of
}

// reportedGrant is what was granted: on a function by AddPermission, or on a resource
// by another call.
type reportedGrant struct {
	Resource, ResourceType  string // of another call
	Function, Qualifier     string
	FunctionAccount, Region string
	Statement, Action       string
	Principal, Type         string
	Account                 string // the principal's
	Organization            string
	Relation                string
	Conditions              []string
	Evasion                 []string
}

// newReportedAlert returns an alert as the page shows it.
func newReportedAlert(a *alert.Alert, from string) reportedAlert {
	r := reportedAlert{
		Severity:   strings.ToLower(terminal.Shown(a.Rule.Severity)),
		Risk:       terminal.Grouped(a.Rule.RiskScore),
		RuleID:     terminal.Shown(a.Rule.ID),
		Rule:       cmp.Or(terminal.Shown(a.Rule.Name), terminal.Shown(a.Rule.ID)),
		RuleName:   terminal.Join(", by ", terminal.Shown(a.Rule.Name), strings.Join(terminal.AllShown(a.Rule.Credit()), ", ")),
		Reason:     cmp.Or(terminal.Shown(a.Reason), terminal.Shown(a.Rule.Name)),
		Techniques: terminal.AllShown(a.Rule.Techniques()),
		Extended:   a.Coverage == alert.CoverExtended,
		Suppressed: terminal.SuppressedLabel(a.Suppressed),

		Account:    terminal.Shown(a.Event.Account),
		Region:     terminal.Shown(a.Event.Region),
		Call:       terminal.Shown(a.Event.Action),
		Provider:   terminal.Shown(a.Event.Provider),
		Actor:      terminal.ActorLabel(&a.Actor),
		OnBehalfOf: terminal.OnBehalfOf(&a.Actor),
		InvokedBy:  terminal.Shown(a.Actor.InvokedBy),
		Source:     terminal.Shown(a.Source.Address),
		Agent:      terminal.Printable(a.Source.UserAgent, terminal.MaxUserAgent),
		Session:    terminal.Session(&a.Actor),
		EventID:    terminal.Shown(a.EventID),
		Console:    terminal.Shown(a.Event.URL),
		From:       from,

		dedupKey: a.DedupKey, event: strings.TrimPrefix(a.DedupKey, a.Rule.ID+":"),
	}
	if at, err := time.Parse(time.RFC3339, a.Event.Time); err == nil && at.Year() >= 1970 && at.Year() < 10000 {
		r.Time = at.UTC()
	} else {
		r.Clock = terminal.Shown(a.Event.Time)
	}
	switch {
	case a.Used != nil:
		r.ofStory(&a.Used.Grant, a.Used.First, a.Used.Late)
		r.Command, r.Inspect = commandFor(a.Respond), commandFor(a.Inspect)
	case a.Closed != nil: // there is nothing to take back
		r.ofStory(&a.Closed.Grant, a.Closed.At, a.EventID == a.Closed.Grant.OpenedEventID)
	case a.Grant != nil:
		r.Grants = []*reportedGrant{newReportedGrant(a.Grant)}
	case a.Opened != nil:
		r.Grants, r.MoreGrants = openedGrants(a.Opened), a.Opened.Rest
	}
	if len(r.Grants) > 0 {
		r.Grant = r.Grants[0]
		r.Relation = r.Grant.Relation
		r.Command, r.Inspect = commandFor(a.Respond), commandFor(a.Inspect)
	}
	// A story names the resource itself.
	if len(storiesOf(a)) == 0 {
		r.ResourceARN = terminal.Shown(a.ResourceARN)
	}
	r.Past = pastOf(a)
	r.Accounts = r.accounts()
	for _, story := range storiesOf(a) {
		if grant.IsAccountID(story.Account) && !slices.Contains(r.Accounts, story.Account) {
			r.Accounts = append(r.Accounts, story.Account)
		}
	}
	slices.Sort(r.Accounts)
	return r
}

// ofStory makes the alert one about what became of a grant. One that came in before the
// grant has the event that opened it; what happened has a time of its own.
func (a *reportedAlert) ofStory(s *alert.GrantStory, at time.Time, isLate bool) {
	a.Relation = terminal.Shown(s.Relation)
	if isLate && !at.IsZero() {
		a.Time, a.Clock = at.UTC(), ""
	}
}

// storiesOf are the grants that a use or a closing speaks of.
func storiesOf(a *alert.Alert) (stories []*alert.GrantStory) {
	if a.Used != nil {
		stories = append(stories, &a.Used.Grant)
	}
	if a.Closed != nil {
		stories = append(stories, &a.Closed.Grant)
	}
	return stories
}

// pastOf are the facts that need several lines: the related calls come last.
func pastOf(a *alert.Alert) (past []fact) {
	add := func(label string, lines []string) {
		if lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" }); len(lines) > 0 {
			past = append(past, fact{Label: label, Texts: lines})
		}
	}
	if a.Used != nil {
		add("Use", terminal.UseLines(a.Used))
	}
	if a.Closed != nil {
		add("Closing", terminal.ClosingLines(a.Closed))
	}
	for _, story := range storiesOf(a) {
		add("Grant", terminal.StoryLines(story))
	}
	add("Would be seen", terminal.AllShown(a.Visible))
	add("Would not be seen", terminal.AllShown(a.NotVisible))
	add("Related calls before", terminal.RelatedLines(a.Related))
	return past
}

// maxCommand is how long a command on the page may be, in bytes. Longer ones
// are left out: a command that is cut off does something else.
const maxCommand = 4096

// commandFor returns the command that takes a grant back, as the engine wrote it.
// It is left out if the page cannot show it unchanged.
func commandFor(respond string) string {
	if terminal.Printable(respond, maxCommand) == respond {
		return respond
	}
	return ""
}

func newReportedGrant(g *grant.Grant) *reportedGrant {
	r := &reportedGrant{
		Function:        terminal.Shown(g.FunctionName),
		Qualifier:       terminal.Shown(g.Qualifier),
		FunctionAccount: terminal.Shown(g.FunctionAccount),
		Region:          terminal.Shown(g.Region),
		Statement:       terminal.Shown(g.StatementID),
		Action:          terminal.Shown(g.Action),
		Principal:       terminal.Shown(g.Principal),
		Type:            terminal.Shown(string(g.PrincipalType)),
		Account:         terminal.Shown(g.PrincipalAccount),
		Organization:    terminal.Shown(g.OrgID),
		Relation:        terminal.Shown(string(g.Relation)),
		Evasion:         terminal.AllShown(g.Evasion),
	}
	for _, condition := range terminal.GrantConditions(g) {
		if condition != "" {
			r.Conditions = append(r.Conditions, condition)
		}
	}
	if g.InvokedViaFunctionURL {
		r.Conditions = append(r.Conditions, terminal.ViaFunctionURL)
	}
	return r
}

// openedGrants returns the grants of a call other than AddPermission.
func openedGrants(o *call.Opening) (all []*reportedGrant) {
	for i := range o.Grants {
		g := &o.Grants[i]
		r := &reportedGrant{
			Resource:        terminal.Shown(o.Name()),
			ResourceType:    terminal.Shown(o.ResourceType),
			FunctionAccount: terminal.Shown(o.Account),
			Region:          terminal.Shown(o.Region),
			Statement:       terminal.Shown(g.StatementID),
			Action:          strings.Join(terminal.AllShown(g.Actions), ", "),
			Principal:       terminal.Shown(g.Principal),
			Type:            terminal.Shown(string(g.PrincipalType)),
			Account:         terminal.Shown(g.PrincipalAccount),
			Relation:        terminal.Shown(string(g.Relation)),
		}
		if g.NotAction {
			r.Action = "all but " + r.Action
		}
		if g.NotPrincipal {
			r.Principal = "everyone but " + r.Principal
		}
		if len(g.Organizations) > 0 {
			r.Organization = terminal.Shown(g.Organizations[0])
		}
		if g.Reason != "" {
			r.Conditions = append(r.Conditions, terminal.Shown(g.Reason))
		}
		all = append(all, r)
	}
	return all
}

// Others are the grants after the worst.
func (a *reportedAlert) Others() []*reportedGrant { return a.Grants[min(1, len(a.Grants)):] }

// Line is a grant in one line.
func (g *reportedGrant) Line() string {
	return terminal.Join(": ", relationLabel(g.Relation), terminal.Join(", ", cmp.Or(g.Principal, "unknown principal"), g.Action))
}

// resourceKey tells what was opened from anything else. A version or an alias of a function
// is the function.
func (g *reportedGrant) resourceKey() string {
	kind, name := g.ResourceType, g.Resource
	if g.Function != "" {
		kind, name = "AWS::Lambda::Function", g.Function
	}
	return g.FunctionAccount + " " + g.Region + " " + kind + " " + name
}

// grantor names the account that was opened, as the graph's nodes do.
func (g *reportedGrant) grantor() string { return cmp.Or(g.FunctionAccount, "unknown account") }

// grantee names who was let in, as the graph's nodes do.
func (g *reportedGrant) grantee() string {
	switch {
	case g.Relation == "public":
		return "Anyone"
	case g.Relation == "organization" && g.Organization != "":
		return g.Organization
	case g.Account != "":
		return g.Account
	case g.Principal != "":
		return g.Principal
	}
	return "unknown principal"
}

// accounts returns what the account filter finds the alert by.
func (a *reportedAlert) accounts() []string {
	all := []string{a.Account}
	for _, g := range a.Grants {
		all = append(all, g.FunctionAccount, g.Account, g.Organization)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(account string) bool { return account == "" })
}

// The methods below are what the template shows.

// Day and Hour are the two parts of the time. A narrow page sets them in one
// line.
func (a *reportedAlert) Day() string { return a.Time.Format("2 Jan 2006") }

// Hour is the time of the day.
func (a *reportedAlert) Hour() string { return a.Time.Format("15:04:05") }

// Stamp is the time for programs.
func (a *reportedAlert) Stamp() string { return a.Time.Format(time.RFC3339) }

// Unix is the time as a number, 0 for none.
func (a *reportedAlert) Unix() int64 {
	if a.Time.IsZero() {
		return 0
	}
	return a.Time.Unix()
}

// About is the value of the account filter.
func (a *reportedAlert) About() string { return strings.Join(a.Accounts, " ") }

// SeverityRank is 0 for the worst severity.
func (a *reportedAlert) SeverityRank() int { return rankIn(severityOrder, a.Severity) }

// SeverityClass is the severity if the page has a color for it.
func (a *reportedAlert) SeverityClass() string { return knownSeverity(a.Severity) }

// SeverityLabel is the severity for people.
func (a *reportedAlert) SeverityLabel() string { return severityLabel(a.Severity) }

// RelationLabel is the relation for people.
func (a *reportedAlert) RelationLabel() string { return relationLabel(a.Relation) }

// RelationClass is the relation if the page has a sign for it.
func (a *reportedAlert) RelationClass() string { return knownRelation(a.Relation) }

// ResourceText is the name of what was opened: of a function with its qualifier.
func (g *reportedGrant) ResourceText() string {
	if g.Resource != "" {
		return g.Resource
	}
	if g.Function != "" && g.Qualifier != "" {
		return g.Function + ":" + g.Qualifier
	}
	return g.Function
}

// The severities and relations, the worst first.
var (
	severityOrder = []string{"critical", "high", "medium", "low"}
	relationOrder = []string{"public", "cross_account", "federated", "organization", "network", "unknown", "service", "same_account"}
)

func knownSeverity(severity string) string {
	if slices.Contains(severityOrder, severity) {
		return severity
	}
	return "other"
}

func knownRelation(relation string) string {
	if slices.Contains(relationOrder, relation) {
		return relation
	}
	return "unknown"
}

func severityLabel(severity string) string {
	if severity == "" {
		return "None"
	}
	return strings.ToUpper(severity[:1]) + severity[1:]
}

func relationLabel(relation string) string {
	switch relation {
	case "public":
		return "Anyone"
	case "cross_account":
		return "Another account"
	case "organization":
		return "Organization"
	case "service":
		return "AWS service"
	case "federated":
		return "Identity provider"
	case "network":
		return "Network"
	case "same_account":
		return "Same account"
	case "unknown":
		return "Unknown"
	case "":
		return "No grant"
	}
	return relation
}
