package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/program"
)

// Explainer prints why a query matches an event, or why not.
type Explainer struct {
	out    io.Writer
	colors Colors
}

// NewExplainer returns an Explainer that prints to w.
func NewExplainer(w io.Writer, colors Colors) Explainer { return Explainer{w, colors} }

// Event prints which event the next lines are about.
func (x Explainer) Event(from string, parts ...string) {
	fmt.Fprintln(x.out, x.colors.Paint(Bold, Join("  ", append([]string{from}, parts...)...)))
}

// maxOutline is how many bytes of a clause are shown if it has clauses of its
// own.
const maxOutline = 60

// Clause prints a line for each part of a query: its verdict, its text, and
// what it read of the event.
func (x Explainer) Clause(c *program.Clause, depth int) {
	code := Dim
	if c.Verdict == program.True {
		code = Cyan
	}
	limit := MaxValue
	if len(c.Children) > 0 {
		limit = maxOutline // its parts follow, each on its line
	}
	source := strings.Join(strings.Fields(c.Source), " ")
	line := strings.Repeat("  ", depth+1) + x.colors.Paint(code, fmt.Sprintf("%-5s", c.Verdict)) + "  " + Printable(source, limit)
	for i, f := range c.Fields {
		separator := ", "
		if i == 0 {
			separator = "  ← "
		}
		line += separator + f.Name + " = " + Printable(f.Value.String(), MaxValue)
	}
	fmt.Fprintln(x.out, line)
	for _, below := range c.Children {
		x.Clause(below, depth+1)
	}
}

// Decisions prints what became of an event: which alerts it raises, and which ones an
// exception drops.
func (x Explainer) Decisions(decisions []detect.Decision) {
	if len(decisions) == 0 {
		fmt.Fprintln(x.out, "  no alert")
	}
	for _, d := range decisions {
		if d.OpensNothing != "" {
			fmt.Fprintf(x.out, "  no alert about who was let in: %s\n", d.OpensNothing)
			continue
		}
		if d.Rule == nil {
			fmt.Fprintf(x.out, "  no alert about a grant that %s covers: %s\n", d.Exception, Shown(d.Granted))
			continue
		}
		switch {
		case d.Awaits != "":
			fmt.Fprintf(x.out, "  no alert of %s yet: it is about %s\n", Shown(d.Rule.Name), Shown(d.Awaits))
		case d.Alert == nil:
			fmt.Fprintf(x.out, "  no alert of %s: %s covers the grant\n", Shown(d.Rule.Name), d.Exception)
		default:
			fmt.Fprintf(x.out, "  %s of %s\n", x.colors.Paint(colorOf(d.Rule.Severity), "alert"), Shown(d.Rule.Name))
		}
		if d.Coverage == alert.CoverExtended {
			fmt.Fprintf(x.out, "    coverage %s\n", beyondTheQuery)
		}
		if d.Alert == nil {
			continue
		}
		fmt.Fprintf(x.out, "    reason %s\n", Shown(d.Alert.Reason))
		if g := d.Alert.Grant; g != nil {
			fmt.Fprintf(x.out, "    relation %s\n", Shown(string(g.Relation)))
			if len(g.Evasion) > 0 {
				fmt.Fprintf(x.out, "    evasion %s\n", strings.Join(AllShown(g.Evasion), ", "))
			}
		}
		if label := SuppressedLabel(d.Alert.Suppressed); label != "" {
			fmt.Fprintf(x.out, "    suppressed %s\n", label)
		}
	}
}
