package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

// maxUserAgent is how much of a user agent is shown: its beginning says which
// tool it was, and the SDKs go on for hundreds of bytes.
const maxUserAgent = 64

// textPrinter writes alerts so that a person sees at once what happened.
//
// Everything it prints goes through [printable] first: an attacker writes many
// of the texts in an event.
type textPrinter struct {
	out   *bufio.Writer
	color bool
}

func newTextPrinter(w io.Writer, color bool) *textPrinter {
	return &textPrinter{out: bufio.NewWriter(w), color: color}
}

// print writes an alert. from says where its record was read; it may be empty.
func (p *textPrinter) print(a *alert.Alert, from string) {
	name := shown(a.Rule.Name)
	if name == "" {
		name = shown(a.Rule.ID)
	}
	severity := shown(a.Rule.Severity)
	heading := fmt.Sprintf("%s %d", strings.ToUpper(severity), a.Rule.RiskScore)
	if a.Suppressed != alert.NotSuppressed {
		heading += " (suppressed)"
	}
	p.out.WriteString(p.colored(colorOf(severity), heading) + "  " + p.colored(bold, name) + "\n")
	if reason := shown(a.Reason); reason != "" && reason != name {
		p.out.WriteString("  " + reason + "\n")
	}
	p.detail("time", shown(a.Event.Time))
	p.detail("account", shown(a.Event.Account), shown(a.Event.Region))
	p.detail("call", join(" ", shown(a.Event.Action), inBrackets(shown(a.Event.Provider))))
	p.detail("actor", shown(a.Actor.ARN))
	p.detail("invoked by", shown(a.Actor.InvokedBy))
	p.detail("source", join(" ", shown(a.Source.Address), inBrackets(printable(a.Source.UserAgent, maxUserAgent))))
	if a.Grant != nil {
		p.printGrant(a.Grant)
	}
	if a.Coverage == alert.CoverExtended {
		p.detail("coverage", "extended: found by reading the grant, the rule's own query misses it")
	}
	p.detail("suppressed", suppressedLabel(a.Suppressed))
	p.printThreat(a.Rule.Threat)
	if len(a.Respond) <= maxLine {
		// In one piece, or it is not a command to paste.
		p.detail("respond", printable(a.Respond, maxLine))
	}
	p.detail("event id", shown(a.EventID))
	p.detail("read from", from)
	p.out.WriteByte('\n')
}

// suppressedLabel says in words why an alert is suppressed, nothing where it is not.
func suppressedLabel(s alert.Suppression) string {
	switch s {
	case alert.Duplicate:
		return "duplicate: the same event has raised this alert before"
	case alert.OverMaxSignals:
		return "max_signals: the rule has raised as many alerts as it may in this interval"
	}
	return ""
}

// printGrant says what was opened, to whom, and under which conditions.
func (p *textPrinter) printGrant(g *grant.Grant) {
	function := shown(g.FunctionName)
	if function != "" && g.Qualifier != "" {
		function += ":" + shown(g.Qualifier)
	}
	p.detail("function", join(" ", function, after("of account ", shown(g.FunctionAccount)), after("in ", shown(g.Region))))
	to := shown(g.Principal)
	if kind := shown(string(g.PrincipalType)); to != kind {
		to = join(" ", to, inBrackets(kind))
	}
	p.detail("granted", join(" ", shown(g.Action), after("to ", to)))
	p.detail("relation", shown(string(g.Relation)))
	p.detail("statement", shown(g.StatementID))
	p.detail("only for", grantConditions(g)...)
	if g.InvokedViaFunctionURL {
		p.detail("", viaFunctionURL)
	}
	p.detail("evasion", strings.Join(allShown(g.Evasion), ", "))
}

// grantConditions are what narrows a grant, in words; some may be empty.
func grantConditions(g *grant.Grant) []string {
	return []string{
		after("source account ", shown(g.SourceAccount)),
		after("source ", shown(g.SourceARN)),
		after("organization ", shown(g.OrgID)),
		after("function URL with auth type ", shown(g.FunctionURLAuthType)),
	}
}

// viaFunctionURL is the condition that has no value.
const viaFunctionURL = "calls through the function URL"

// printThreat says where the alert is in ATT&CK, a tactic a line.
func (p *textPrinter) printThreat(threats []rule.Threat) {
	label := "ATT&CK"
	for _, t := range threats {
		var names []string
		for _, q := range t.Techniques {
			names = append(names, reference(&q.Reference))
			for _, s := range q.Subtechniques {
				names = append(names, reference(&s))
			}
		}
		p.detail(label, join(": ", reference(&t.Tactic), strings.Join(names, ", ")))
		label = ""
	}
}

// reference is an entry of ATT&CK: its id and its name.
func reference(r *rule.Reference) string { return join(" ", shown(r.ID), shown(r.Name)) }

// detail writes a line with a label and the parts that are not empty, unless
// there is nothing to say.
func (p *textPrinter) detail(label string, parts ...string) {
	if line := join(", ", parts...); line != "" {
		p.out.WriteString("    " + p.colored(dim, fmt.Sprintf("%-10s", label)) + "  " + line + "\n")
	}
}

// shown is a text of an alert, fit to print.
func shown(text string) string { return printable(text, maxValue) }

// allShown are the first texts of a list, fit to print.
func allShown(texts []string) []string {
	var all []string
	for _, text := range texts[:min(len(texts), maxTexts)] {
		all = append(all, shown(text))
	}
	return all
}

// maxTexts is how many texts of a list are shown.
const maxTexts = 20

// after is a value after a word, and nothing where there is no value.
func after(word, value string) string {
	if value == "" {
		return ""
	}
	return word + value
}

func inBrackets(value string) string {
	if value == "" {
		return ""
	}
	return "(" + value + ")"
}

// join joins what is not empty.
func join(separator string, parts ...string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, part)
		}
	}
	return strings.Join(some, separator)
}
