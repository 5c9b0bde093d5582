package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// maxUserAgent is how much of a user agent is shown: its beginning says which
// tool it was, and the SDKs go on for hundreds of bytes.
const maxUserAgent = 64

// textPrinter writes the alerts of tagged records so that a person sees at once
// what happened. It reads nothing but the record, and so prints what came out
// of a Fluent Bit pipeline as well as what came from the engine.
//
// Everything it prints goes through [printable] first: an attacker writes many
// of the texts in an event.
type textPrinter struct {
	out    *bufio.Writer
	key    string // the alert is under key, where there are several also under key+"s"
	color  bool
	events *eventFinder
}

func newTextPrinter(w io.Writer, key string, jsonKeys []string, color bool) *textPrinter {
	return &textPrinter{
		out: bufio.NewWriter(w), key: key, color: color,
		events: newEventFinder(jsonKeys),
	}
}

// print writes the alerts of a record, a MessagePack map. from says where the
// record was read; it may be empty.
func (p *textPrinter) print(record []byte, from string) {
	for _, alert := range alertsOf(record, p.key) {
		p.printAlert(alert, p.events.find(record, alert), from)
	}
}

func (p *textPrinter) printAlert(alert []byte, event *cloudtrail.Event, from string) {
	rule, _ := document.Get(alert, "rule")
	name := text(rule, "name")
	if name == "" {
		name = "an alert without a rule"
	}
	severity := text(alert, "severity")
	heading := strings.ToUpper(severity)
	if risk, ok := document.Get(alert, "risk_score"); ok {
		if n, ok := document.Int(risk); ok {
			heading += fmt.Sprintf(" %d", n)
		}
	}
	if text(alert, "suppressed") != "" {
		heading += " (suppressed)"
	}
	p.out.WriteString(p.colored(colorOf(severity), heading) + "  " + p.colored(bold, name) + "\n")
	if reason := text(alert, "reason"); reason != "" && reason != name {
		p.out.WriteString("  " + reason + "\n")
	}
	p.detail("time", said(event, cloudtrail.FieldTimestamp))
	account := said(event, cloudtrail.FieldReceiver)
	if account == "" {
		account = said(event, cloudtrail.FieldAccount)
	}
	p.detail("account", account, said(event, cloudtrail.FieldRegion))
	p.detail("call", join(" ", said(event, cloudtrail.FieldAction), inBrackets(said(event, cloudtrail.FieldProvider))))
	p.detail("actor", said(event, cloudtrail.FieldActor))
	p.detail("invoked by", said(event, cloudtrail.FieldInvokedBy))
	p.detail("source", join(" ", said(event, cloudtrail.FieldAddress), inBrackets(printable(event.Text(cloudtrail.FieldUserAgent), maxUserAgent))))
	if grant, ok := document.Get(alert, "grant"); ok {
		p.printGrant(grant)
	}
	switch coverage := text(alert, "coverage"); coverage {
	case "", "rule":
	case "extended":
		p.detail("coverage", "extended: found by reading the grant, the rule's own query misses it")
	default:
		p.detail("coverage", coverage)
	}
	switch suppressed := text(alert, "suppressed"); suppressed {
	case "duplicate":
		p.detail("suppressed", "duplicate: the same event has raised this alert before")
	case "max_signals":
		p.detail("suppressed", "max_signals: the rule has raised as many alerts as it may in this interval")
	default:
		p.detail("suppressed", suppressed)
	}
	p.printThreat(alert)
	if respond, ok := document.GetText(alert, "respond"); ok && len(respond) <= maxLine {
		// In one piece, or it is no command to paste.
		p.detail("respond", printable(respond, maxLine))
	}
	p.detail("event id", said(event, cloudtrail.FieldEventID))
	p.detail("read from", from)
	p.out.WriteByte('\n')
}

// printGrant says what was opened, to whom, and under which conditions.
func (p *textPrinter) printGrant(grant []byte) {
	function := text(grant, "function_name")
	if qualifier := text(grant, "qualifier"); function != "" && qualifier != "" {
		function += ":" + qualifier
	}
	p.detail("function", join(" ", function, after("of account ", text(grant, "function_account")),
		after("in ", text(grant, "region"))))
	to := text(grant, "principal")
	if kind := text(grant, "principal_type"); to != kind {
		to = join(" ", to, inBrackets(kind))
	}
	p.detail("granted", join(" ", text(grant, "action"), after("to ", to)))
	p.detail("relation", text(grant, "relation"))
	p.detail("statement", text(grant, "statement_id"))
	p.detail("only for",
		after("source account ", text(grant, "source_account")),
		after("source ", text(grant, "source_arn")),
		after("organization ", text(grant, "org_id")),
		after("function URL with auth type ", text(grant, "function_url_auth_type")))
	if via, ok := document.Get(grant, "invoked_via_function_url"); ok {
		if yes, _ := document.Bool(via); yes {
			p.detail("", "calls through the function URL")
		}
	}
	p.detail("evasion", strings.Join(texts(grant, "evasion"), ", "))
}

// printThreat says where the alert stands in ATT&CK, a tactic a line.
func (p *textPrinter) printThreat(alert []byte) {
	label := "ATT&CK"
	threat, _ := document.Get(alert, "threat")
	_ = document.Elements(threat, func(row []byte) bool {
		tactic, _ := document.Get(row, "tactic")
		var names []string
		techniques, _ := document.Get(row, "technique")
		_ = document.Elements(techniques, func(technique []byte) bool {
			names = append(names, reference(technique))
			below, _ := document.Get(technique, "subtechnique")
			_ = document.Elements(below, func(sub []byte) bool {
				names = append(names, reference(sub))
				return true
			})
			return true
		})
		p.detail(label, join(": ", reference(tactic), strings.Join(names, ", ")))
		label = ""
		return true
	})
	if label != "" {
		p.detail(label, strings.Join(append(texts(alert, "tactics"), texts(alert, "techniques")...), ", "))
	}
}

// reference is an entry of ATT&CK: its id and its name.
func reference(entry []byte) string { return join(" ", text(entry, "id"), text(entry, "name")) }

// detail writes a line with a label and the parts that are not empty, unless
// there is nothing to say.
func (p *textPrinter) detail(label string, parts ...string) {
	if line := join(", ", parts...); line != "" {
		p.out.WriteString("    " + p.colored(dim, fmt.Sprintf("%-10s", label)) + "  " + line + "\n")
	}
}

// said is what the event says in a field, fit to print.
func said(event *cloudtrail.Event, field cloudtrail.Field) string {
	return printable(event.Text(field), maxValue)
}

// text is the text under a key of a map, fit to print.
func text(m []byte, key string) string {
	value, _ := document.GetText(m, key)
	return printable(value, maxValue)
}

// texts are the texts of a list under a key of a map, fit to print.
func texts(m []byte, key string) []string {
	var all []string
	list, _ := document.Get(m, key)
	_ = document.Elements(list, func(value []byte) bool {
		if s, ok := document.Text(value); ok {
			all = append(all, printable(s, maxValue))
		}
		return len(all) < maxTexts
	})
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
