package main

import (
	"cmp"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/story"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/alert"
)

// The formats of scan, and of query, besides json and text.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatCSV   = "csv"
	formatTable = "table"
)

// alertWriter prints alerts in one format. from says where the record of one was read.
type alertWriter interface {
	write(a *alert.Alert, from string)
	// finish prints what follows the last alert.
	finish()
	// flush puts what was printed on the screen, and returns the first error of all printing.
	flush() error
}

// newAlertWriter returns the writer of a format; json has none, since it prints records.
func (p *program) newAlertWriter(format string) alertWriter {
	switch format {
	case formatCSV:
		return newCSVAlerts(p.out)
	case formatTable:
		return tableAlerts{terminal.NewAlertTable(p.out, terminal.ColorsFor(p.out), p.columns)}
	}
	return textAlerts{terminal.NewAlertPrinter(p.out, terminal.ColorsFor(p.out))}
}

// textAlerts prints a paragraph for each alert.
type textAlerts struct{ out *terminal.AlertPrinter }

func (w textAlerts) write(a *alert.Alert, from string) { w.out.Print(a, from) }
func (w textAlerts) finish()                           { w.out.PrintGrants() }
func (w textAlerts) flush() error                      { return w.out.Flush() }

// tableAlerts prints a line for each alert.
type tableAlerts struct{ out *terminal.AlertTable }

func (w tableAlerts) write(a *alert.Alert, _ string) { w.out.Print(a) }
func (w tableAlerts) finish()                        { w.out.PrintGrants() }
func (w tableAlerts) flush() error                   { return w.out.Flush() }

// csvAlerts prints a header, and a line for each alert (RFC 4180).
type csvAlerts struct {
	out *csv.Writer
	row []string
}

// alertColumns is the header. New columns are put at its end.
var alertColumns = []string{"time", "severity", "risk_score", "rule", "reason", "account", "region", "actor", "source", "resource", "event_id", "suppressed", "file"}

// newCSVAlerts writes the header at once: a file without an alert has it too.
func newCSVAlerts(w io.Writer) *csvAlerts {
	c := &csvAlerts{out: csv.NewWriter(w)}
	_ = c.out.Write(alertColumns) // flush returns its error
	return c
}

func (w *csvAlerts) write(a *alert.Alert, from string) {
	w.row = append(w.row[:0],
		a.Event.Time, a.Rule.Severity, strconv.Itoa(a.Rule.RiskScore), cmp.Or(a.Rule.Name, a.Rule.ID), a.Reason,
		a.Event.Account, a.Event.Region, cmp.Or(a.Actor.ARN, a.Actor.Label()), a.Source.Address, cmp.Or(a.ResourceARN, story.Resource(a)),
		a.EventID, a.Suppressed.String(), from)
	for i, text := range w.row {
		w.row[i] = csvCell(text)
	}
	_ = w.out.Write(w.row) // flush returns its error
}

func (w *csvAlerts) finish() {}

func (w *csvAlerts) flush() error {
	w.out.Flush()
	return w.out.Error()
}

// csvCell is a text fit for a spreadsheet and for a terminal: events have texts that
// anybody can choose. What is not printable is escaped, and a text that would be taken
// for a formula has an apostrophe before it (OWASP, "CSV Injection").
func csvCell(text string) string {
	text = terminal.Printable(text, len(text))
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return "'" + text
		}
	}
	return text
}
