package terminal

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/trailwire/trailwire/detect/alert"
)

// AlertTable writes alerts one a line, under a header. Its columns have fixed widths, so
// that a line can be written before the next alert is known. As [AlertPrinter] does, it
// prints nothing that was not made [Printable].
type AlertTable struct {
	printer *AlertPrinter // has the output, and tells the stories of grants
	width   func() int
	begun   bool
}

// NewAlertTable returns a table that is written to w. width returns how many columns a
// line may have, 0 for any number; it is asked for each line, since windows change.
func NewAlertTable(w io.Writer, colors Colors, width func() int) *AlertTable {
	return &AlertTable{printer: NewAlertPrinter(w, colors), width: width}
}

// The widths of columns. What is longer is cut.
const (
	timeWidth     = 20 // 2026-06-18T12:00:00Z
	severityWidth = 12 // critical 99
	accountWidth  = 12
	actorWidth    = 32

	// roomForActor is how wide a terminal is whose table says who acted, too: in a
	// narrower one there would be too little of what happened.
	roomForActor = 120
)

// Print writes the line of an alert.
func (t *AlertTable) Print(a *alert.Alert) {
	t.printer.grants.Add(a)
	width := t.width()
	if !t.begun {
		t.begun = true
		t.line(width, Bold, "time", "severity", Bold, "account", "actor", "alert")
	}
	severity := Shown(a.Rule.Severity)
	name := cmp.Or(Shown(a.Rule.Name), Shown(a.Rule.ID))
	what := cmp.Or(Shown(a.Reason), name)
	if what != name {
		what += " [" + name + "]"
	}
	if a.Suppressed != alert.NotSuppressed {
		what = "(suppressed) " + what
	}
	t.line(width, "", Shown(a.Event.Time), Join(" ", severity, fmt.Sprint(a.Rule.RiskScore)), colorOf(severity),
		Shown(a.Event.Account), ShortActor(&a.Actor), what)
}

// line writes a line of cells, each in its column, and the last one as long as there is
// room for it. color is that of the severity, all that of the other cells; "" for none.
func (t *AlertTable) line(width int, all, at, severity, color, account, actor, what string) {
	cells := []tableCell{{at, all, timeWidth}, {severity, color, severityWidth}, {account, all, accountWidth}}
	if width == 0 || width >= roomForActor {
		cells = append(cells, tableCell{actor, all, actorWidth})
	}
	var b strings.Builder
	left := width
	for _, c := range cells {
		if width > 0 && left <= c.width {
			break
		}
		text := cut(cmp.Or(c.text, "-"), c.width)
		b.WriteString(t.paint(c.color, text) + strings.Repeat(" ", c.width-uniseg.StringWidth(text)+gap))
		left -= c.width + gap
	}
	if width == 0 || left > 0 {
		if width > 0 {
			what = cut(what, left)
		}
		b.WriteString(t.paint(all, what))
	}
	t.printer.out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// tableCell is a text in a column; its color may be none.
type tableCell struct {
	text, color string
	width       int
}

// gap is how many blanks are between two columns.
const gap = 2

// paint is [Colors.Paint] for a color that may be none.
func (t *AlertTable) paint(color, text string) string {
	if color == "" {
		return text
	}
	return t.printer.colors.Paint(color, text)
}

// PrintGrants tells the story of each grant, as [AlertPrinter.PrintGrants] does.
func (t *AlertTable) PrintGrants() {
	if t.begun {
		t.printer.out.WriteByte('\n')
	}
	t.printer.PrintGrants()
}

// Flush writes what is still in the buffer, and returns the first error of all writing.
func (t *AlertTable) Flush() error { return t.printer.Flush() }

// ShortActor is the actor by the last part of its ARN, which says what it is: user/alice,
// assumed-role/Admin/alice. It is [ActorLabel] where there is no ARN.
func ShortActor(a *alert.Actor) string {
	if i := strings.LastIndexByte(a.ARN, ':'); i >= 0 && i+1 < len(a.ARN) {
		return Shown(a.ARN[i+1:])
	}
	return ActorLabel(a)
}

// cut is as much of a printable text as so many columns take, with a mark where something
// is left out. A character may take two columns, or none.
func cut(text string, columns int) string {
	if uniseg.StringWidth(text) <= columns {
		return text
	}
	end, taken, state := 0, 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if taken+width > columns-1 {
			break
		}
		taken += width
		end += len(cluster)
	}
	return text[:end] + "…"
}
