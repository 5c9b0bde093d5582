package terminal

import (
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
)

// printPast says what an alert knows of the past, and of what would be seen.
func (p *AlertPrinter) printPast(a *alert.Alert) {
	if a.Used != nil {
		p.lines("use", UseLines(a.Used))
		p.lines("grant", StoryLines(&a.Used.Grant))
	}
	if a.Closed != nil {
		p.lines("closing", ClosingLines(a.Closed))
		p.lines("grant", StoryLines(&a.Closed.Grant))
	}
	p.lines("visible", AllShown(a.Visible))
	p.lines("not seen", AllShown(a.NotVisible))
	p.lines("related", RelatedLines(a.Related))
}

// lines writes lines, the first one after the label.
func (p *AlertPrinter) lines(label string, lines []string) {
	for _, line := range lines {
		if line != "" {
			p.detail(label, line)
			label = ""
		}
	}
}

// UseLines say who used a grant for what, how often and from where; some may be empty.
func UseLines(u *alert.Used) []string {
	what := Shown(u.Action)
	if u.TakesOut {
		what = Join(" ", what, "(takes out data, code or credentials)")
	}
	when := Join(" ", Shown(stamp(u.First)), after("to ", stamp(u.Last)))
	if u.First.Equal(u.Last) {
		when = stamp(u.First)
	}
	if u.Count > 0 {
		when = Join(", ", Counted(u.Count, "use"), when)
	}
	late := ""
	if u.Late {
		late = "the use came in before the call that opened the resource"
	}
	return []string{
		Join(" ", what, after("by ", Join(" ", Shown(u.Account), InBrackets(Shown(u.Principal))))),
		when,
		after("from ", strings.Join(AllShown(u.Addresses), ", ")),
		after("event ", Shown(u.EventID)),
		late,
	}
}

// StoryLines say what a grant is, who opened it, and which alert told of that; some may be
// empty.
func StoryLines(s *alert.GrantStory) []string {
	opened := Join(" ", stamp(s.OpenedAt), after("by ", Shown(s.OpenedBy)), InBrackets(after("event ", Shown(s.OpenedEventID))))
	var notes []string
	if s.GrantedBefore {
		notes = append(notes, "the same outsider had access before it was seen")
	}
	if s.Forgotten {
		notes = append(notes, "details are no longer remembered: the memory was full")
	}
	return append([]string{
		Join(" ", Shown(s.Resource), InBrackets(Shown(s.ResourceType))),
		Join(" ", strings.Join(AllShown(s.Actions), ", "), after("to ", Join(" ", Shown(s.Principal), InBrackets(Shown(s.Relation))))),
		Join(", ", Shown(s.Means), after("statement ", Shown(s.StatementID))),
		after("opened ", opened),
		after("closed ", stamp(s.ClosedAt)),
		after("alert ", Shown(s.DedupKey)),
	}, notes...)
}

// ClosingLines say how a grant ended, how long it was open and how it was used; some may be
// empty.
func ClosingLines(c *alert.Closed) []string {
	how := Join(" ", Shown(c.How), stamp(c.At))
	if c.Stood >= time.Second {
		how = Join(" ", how, "after", alert.Span(c.Stood))
	}
	lines := []string{how}
	for i := range c.Uses[:min(len(c.Uses), maxTexts)] {
		u := &c.Uses[i]
		lines = append(lines, Join(", ", Shown(u.Action), Counted(u.Count, "use"), Join(" ", stamp(u.First), after("to ", stamp(u.Last)))))
	}
	switch {
	case len(c.Uses) > 0:
	case c.Used:
		lines = append(lines, "it was used")
	default:
		lines = append(lines, "no use was seen")
	}
	return lines
}

// RelatedLines are the related calls of an alert, a line each.
func RelatedLines(calls []alert.Related) []string {
	var lines []string
	for i := range calls[:min(len(calls), alert.MaxRelated)] {
		lines = append(lines, Printable(calls[i].Line(), MaxLine))
	}
	return lines
}

// stamp is a time as alerts write it; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
