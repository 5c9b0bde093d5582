package terminal

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/story"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/rule"
)

// MaxUserAgent is how much of a user agent is shown: its beginning says which
// tool it was, and the SDKs go on for hundreds of bytes.
const MaxUserAgent = 64

// AlertPrinter writes alerts so that a person sees at once what happened.
//
// Everything it prints goes through [Printable] first: an attacker writes many
// of the texts in an event.
type AlertPrinter struct {
	out    *bufio.Writer
	colors Colors
	grants story.Grants // of the alerts that were printed
}

// NewAlertPrinter returns a printer that prints to w.
func NewAlertPrinter(w io.Writer, colors Colors) *AlertPrinter {
	return &AlertPrinter{out: bufio.NewWriter(w), colors: colors}
}

// Print writes an alert. from says where its record was read; it may be empty.
func (p *AlertPrinter) Print(a *alert.Alert, from string) {
	p.grants.Add(a)
	name := Shown(a.Rule.Name)
	if name == "" {
		name = Shown(a.Rule.ID)
	}
	severity := Shown(a.Rule.Severity)
	heading := fmt.Sprintf("%s %d", strings.ToUpper(severity), a.Rule.RiskScore)
	if a.Suppressed != alert.NotSuppressed {
		heading += " (suppressed)"
	}
	p.out.WriteString(p.colors.Paint(colorOf(severity), heading) + "  " + p.colors.Paint(Bold, name) + "\n")
	if reason := Shown(a.Reason); reason != "" && reason != name {
		p.out.WriteString("  " + reason + "\n")
	}
	p.detail("rule by", AllShown(a.Rule.Credit())...)
	p.detail("time", Shown(a.Event.Time))
	p.detail("account", Shown(a.Event.Account), Shown(a.Event.Region))
	p.detail("call", Join(" ", Shown(a.Event.Action), InBrackets(Shown(a.Event.Provider))))
	p.detail("actor", ActorLabel(&a.Actor))
	p.detail("for user", OnBehalfOf(&a.Actor))
	p.detail("invoked by", Shown(a.Actor.InvokedBy))
	p.detail("session", Session(&a.Actor))
	p.detail("source", Join(" ", Shown(a.Source.Address), InBrackets(Printable(a.Source.UserAgent, MaxUserAgent))))
	switch {
	case a.Grant != nil:
		p.printGrant(a.Grant)
	case a.Opened != nil:
		p.printOpening(a.Opened)
	}
	p.detail("resource", OtherResource(a))
	p.printPast(a)
	if a.Coverage == alert.CoverExtended {
		p.detail("coverage", beyondTheQuery)
	}
	p.detail("suppressed", SuppressedLabel(a.Suppressed))
	p.printThreat(a.Rule.Threat)
	// Not cut: only a whole command can be pasted.
	if len(a.Inspect) <= MaxLine {
		p.detail("inspect", Printable(a.Inspect, MaxLine))
	}
	if len(a.Respond) <= MaxLine {
		p.detail("respond", Printable(a.Respond, MaxLine))
	}
	p.detail("event id", Shown(a.EventID))
	p.detail("console", Shown(a.Event.URL))
	p.detail("read from", from)
	p.out.WriteByte('\n')
}

// beyondTheQuery says why there is an alert that no rule's query asks for.
const beyondTheQuery = "extended: found by reading the grant; the rule's own query misses it"

// Flush writes what is still in the buffer, and returns the first error of all writing.
func (p *AlertPrinter) Flush() error { return p.out.Flush() }

// SuppressedLabel says in words why an alert is suppressed. It is empty if it is
// not.
func SuppressedLabel(s alert.Suppression) string {
	switch s {
	case alert.Duplicate:
		return "duplicate: the same event has raised this alert before"
	case alert.OverMaxSignals:
		return "max_signals: the rule has raised as many alerts as it may in this interval"
	}
	return ""
}

// ActorLabel is the actor by its ARN, else in words.
func ActorLabel(a *alert.Actor) string { return cmp.Or(Shown(a.ARN), Shown(a.Label())) }

// OnBehalfOf is the user of IAM Identity Center for whom somebody made the call, and
// where that user is.
func OnBehalfOf(a *alert.Actor) string {
	return Join(" ", Shown(a.OnBehalfOf), after("of ", Shown(a.IdentityStoreARN)))
}

// Session says since when the actor's session is there, and whether with a second factor. It
// is empty where the event says neither.
func Session(a *alert.Actor) string {
	mfa := ""
	switch a.MFA {
	case alert.WithMFA:
		mfa = "with MFA"
	case alert.WithoutMFA:
		mfa = "without MFA"
	}
	return Join(", ", after("since ", stamp(a.SessionCreated)), mfa)
}

// OtherResource is the ARN of the resource of an alert that does not name it otherwise: one
// about a grant does.
func OtherResource(a *alert.Alert) string {
	if a.Grant != nil || a.Opened != nil || a.Used != nil || a.Closed != nil {
		return ""
	}
	return Shown(a.ResourceARN)
}

// printGrant says what was opened, to whom, and under which conditions.
func (p *AlertPrinter) printGrant(g *grant.Grant) {
	function := Shown(g.FunctionName)
	if function != "" && g.Qualifier != "" {
		function += ":" + Shown(g.Qualifier)
	}
	p.detail("function", Join(" ", function, after("of account ", Shown(g.FunctionAccount)), after("in ", Shown(g.Region))))
	to := Shown(g.Principal)
	if kind := Shown(string(g.PrincipalType)); to != kind {
		to = Join(" ", to, InBrackets(kind))
	}
	p.detail("granted", Join(" ", Shown(g.Action), after("to ", to)))
	p.detail("relation", Shown(string(g.Relation)))
	p.detail("statement", Shown(g.StatementID))
	p.detail("only for", GrantConditions(g)...)
	if g.InvokedViaFunctionURL {
		p.detail("", ViaFunctionURL)
	}
	p.detail("evasion", strings.Join(AllShown(g.Evasion), ", "))
}

// printOpening says what a call opened, and to whom first of all.
func (p *AlertPrinter) printOpening(o *call.Opening) {
	p.detail("opened", Join(" ", Shown(o.Resource), InBrackets(Shown(o.ResourceType))))
	p.detail("owner", Shown(o.Account))
	g := o.Worst()
	to := Shown(g.Principal)
	if g.NotPrincipal {
		to = "everyone but " + to
	}
	if kind := Shown(string(g.PrincipalType)); to != kind {
		to = Join(" ", to, InBrackets(kind))
	}
	actions := strings.Join(AllShown(g.Actions), ", ")
	if g.NotAction {
		actions = "all but " + actions
	}
	p.detail("granted", Join(" ", actions, after("to ", to)))
	p.detail("relation", Join(" ", Shown(string(g.Relation)), InBrackets(Shown(string(g.Binding)))))
	p.detail("because", Shown(g.Reason))
	if more := len(o.Grants) - 1 + o.Rest; more > 0 {
		p.detail("and", Counted(more, "more grant"))
	}
}

// GrantConditions are what narrows a grant, in words; some may be empty.
func GrantConditions(g *grant.Grant) []string {
	return []string{
		after("source account ", Shown(g.SourceAccount)),
		after("source ", Shown(g.SourceARN)),
		after("organization ", Shown(g.OrgID)),
		after("function URL with auth type ", Shown(g.FunctionURLAuthType)),
	}
}

// ViaFunctionURL describes the condition that has no value.
const ViaFunctionURL = "calls through the function URL"

// printThreat says where the alert is in ATT&CK, a tactic a line.
func (p *AlertPrinter) printThreat(threats []rule.Threat) {
	label := "ATT&CK"
	for _, t := range threats {
		var names []string
		for _, q := range t.Techniques {
			names = append(names, reference(&q.Reference))
			for _, s := range q.Subtechniques {
				names = append(names, reference(&s))
			}
		}
		p.detail(label, Join(": ", reference(&t.Tactic), strings.Join(names, ", ")))
		label = ""
	}
}

// reference is an entry of ATT&CK: its id and its name.
func reference(r *rule.Reference) string { return Join(" ", Shown(r.ID), Shown(r.Name)) }

// detail writes a line with a label and the parts that are not empty, unless
// there is nothing to say.
func (p *AlertPrinter) detail(label string, parts ...string) {
	if line := Join(", ", parts...); line != "" {
		p.out.WriteString("    " + p.colors.Paint(Dim, fmt.Sprintf("%-10s", label)) + "  " + line + "\n")
	}
}

// Shown is a text of an alert, fit to print.
func Shown(text string) string { return Printable(text, MaxValue) }

// AllShown are the first texts of a list, fit to print.
func AllShown(texts []string) []string {
	var all []string
	for _, text := range texts[:min(len(texts), maxTexts)] {
		all = append(all, Shown(text))
	}
	return all
}

// maxTexts is how many texts of a list are shown.
const maxTexts = 20

// after is a value after a word; empty for no value.
func after(word, value string) string {
	if value == "" {
		return ""
	}
	return word + value
}

// InBrackets is a value in brackets; empty for no value.
func InBrackets(value string) string {
	if value == "" {
		return ""
	}
	return "(" + value + ")"
}

// Join joins what is not empty.
func Join(separator string, parts ...string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, part)
		}
	}
	return strings.Join(some, separator)
}
