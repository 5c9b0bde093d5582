package main

import (
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// reportedAlert is an alert as the page shows it. Every text in it went through
// [printable]; html/template escapes it once more.
type reportedAlert struct {
	Number   int // on the page, from 1
	Guide    int // the number of its rule's guide; 0 for none
	Time     time.Time
	Clock    string // the time as the event writes it, where that is no time
	Severity string
	Risk     string
	RuleID   string
	RuleName string
	Reason   string
	Relation string // of its grant; empty where there is none

	Account, Region string
	Call, Provider  string
	Actor           string
	InvokedBy       string
	Source, Agent   string
	EventID, From   string
	Techniques      []string
	Grant           *reportedGrant
	Extended        bool
	Suppressed      string
	Command         string // takes the grant back; empty where none is safe to paste

	Accounts []string // all that it is about, for the filter
}

// reportedGrant is what was granted.
type reportedGrant struct {
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

// readAlert reads an alert of the native format.
func readAlert(alert []byte, event *cloudtrail.Event, from string) reportedAlert {
	rule, _ := document.Get(alert, "rule")
	a := reportedAlert{
		Severity:   strings.ToLower(text(alert, "severity")),
		RuleID:     text(rule, "id"),
		RuleName:   text(rule, "name"),
		Reason:     text(alert, "reason"),
		Techniques: texts(alert, "techniques"),
		Extended:   text(alert, "coverage") == "extended",
		Suppressed: text(alert, "suppressed"),

		Account:   said(event, cloudtrail.FieldReceiver),
		Region:    said(event, cloudtrail.FieldRegion),
		Call:      said(event, cloudtrail.FieldAction),
		Provider:  said(event, cloudtrail.FieldProvider),
		Actor:     said(event, cloudtrail.FieldActor),
		InvokedBy: said(event, cloudtrail.FieldInvokedBy),
		Source:    said(event, cloudtrail.FieldAddress),
		Agent:     printable(event.Text(cloudtrail.FieldUserAgent), maxUserAgent),
		EventID:   said(event, cloudtrail.FieldEventID),
		From:      from,
	}
	if a.Account == "" {
		a.Account = said(event, cloudtrail.FieldAccount)
	}
	if a.Reason == "" {
		a.Reason = a.RuleName
	}
	if risk, ok := document.Get(alert, "risk_score"); ok {
		if n, ok := document.Int(risk); ok {
			a.Risk = grouped(n)
		}
	}
	clock := said(event, cloudtrail.FieldTimestamp)
	if at, err := time.Parse(time.RFC3339, clock); err == nil && at.Year() >= 1970 && at.Year() < 10000 {
		a.Time = at.UTC()
	} else {
		a.Clock = clock
	}
	if grant, ok := document.Get(alert, "grant"); ok && document.IsMap(grant) {
		a.Grant = readReportedGrant(grant)
		a.Relation = a.Grant.Relation
		a.Command = commandOf(alert)
	}
	a.Accounts = a.accounts()
	return a
}

// maxCommand is the most bytes that a command has on the page; longer ones are
// left out, since a command that is cut off does something else.
const maxCommand = 4096

// commandOf returns the command that takes a grant back, as the engine wrote it.
// One that would have to be shown in another form than it has is left out too.
func commandOf(alert []byte) string {
	command, _ := document.GetText(alert, "respond")
	if shown := printable(command, maxCommand); shown == string(command) {
		return shown
	}
	return ""
}

func readReportedGrant(grant []byte) *reportedGrant {
	g := &reportedGrant{
		Function:        text(grant, "function_name"),
		Qualifier:       text(grant, "qualifier"),
		FunctionAccount: text(grant, "function_account"),
		Region:          text(grant, "region"),
		Statement:       text(grant, "statement_id"),
		Action:          text(grant, "action"),
		Principal:       text(grant, "principal"),
		Type:            text(grant, "principal_type"),
		Account:         text(grant, "principal_account"),
		Organization:    text(grant, "org_id"),
		Relation:        text(grant, "relation"),
		Evasion:         texts(grant, "evasion"),
	}
	for _, condition := range []string{
		after("source account ", text(grant, "source_account")),
		after("source ", text(grant, "source_arn")),
		after("organization ", g.Organization),
		after("function URL with auth type ", text(grant, "function_url_auth_type")),
	} {
		if condition != "" {
			g.Conditions = append(g.Conditions, condition)
		}
	}
	if via, ok := document.Get(grant, "invoked_via_function_url"); ok {
		if yes, _ := document.Bool(via); yes {
			g.Conditions = append(g.Conditions, "calls through the function URL")
		}
	}
	return g
}

// grantee is the one word for who was let in, as the graph's nodes are called.
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
	if g := a.Grant; g != nil {
		all = append(all, g.FunctionAccount, g.Account, g.Organization)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(account string) bool { return account == "" })
}

// The methods below are what the template shows.

// Day and Hour are the time in two parts, which a narrow page sets in one line.
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

// SeverityClass is the severity where the page has a color for it.
func (a *reportedAlert) SeverityClass() string { return knownSeverity(a.Severity) }

// SeverityLabel is the severity for people.
func (a *reportedAlert) SeverityLabel() string { return severityLabel(a.Severity) }

// RelationLabel is the relation for people.
func (a *reportedAlert) RelationLabel() string { return relationLabel(a.Relation) }

// RelationClass is the relation where the page has a sign for it.
func (a *reportedAlert) RelationClass() string { return knownRelation(a.Relation) }

// SuppressedLabel says in words why an alert is suppressed.
func (a *reportedAlert) SuppressedLabel() string {
	switch a.Suppressed {
	case "duplicate":
		return "duplicate: the same event has raised this alert before"
	case "max_signals":
		return "max_signals: the rule has raised as many alerts as it may in this interval"
	}
	return a.Suppressed
}

// FunctionText is the function with its qualifier.
func (g *reportedGrant) FunctionText() string {
	if g.Function != "" && g.Qualifier != "" {
		return g.Function + ":" + g.Qualifier
	}
	return g.Function
}

// The severities and relations, the worst first.
var (
	severityOrder = []string{"critical", "high", "medium", "low"}
	relationOrder = []string{"public", "cross_account", "organization", "unknown", "service", "same_account"}
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
	case "same_account":
		return "Same account"
	case "unknown":
		return "Unknown"
	case "":
		return "No grant"
	}
	return relation
}
