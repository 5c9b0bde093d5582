package terminal

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/story"
	"github.com/trailwire/trailwire/detect/alert"
)

// maxStories is how many grants are told of after the alerts.
const maxStories = 50

// maxStepLines is how many steps of one grant are printed: the first ones, and the last.
const maxStepLines = 12

// PrintGrants tells the story of each grant that the printed alerts are about. It prints
// nothing if none of them is followed.
func (p *AlertPrinter) PrintGrants() {
	stories, more := p.grants.Stories(maxStories)
	if len(stories) == 0 {
		return
	}
	p.out.WriteString(p.colors.Paint(Bold, "Grants") + "\n")
	for _, s := range stories {
		p.printStory(s)
	}
	if more > 0 {
		are := " are"
		if more == 1 {
			are = " is"
		}
		p.out.WriteString("  " + Counted(more, "more grant") + are + " not listed. Those that were used come first, then those that are open.\n")
	}
	p.out.WriteByte('\n')
}

func (p *AlertPrinter) printStory(s *story.Story) {
	state, color := StoryState(s), Dim
	if !s.IsClosed() {
		color = Red
	}
	p.out.WriteString("  " + Join(" ", GrantedResource(s), after("to ", GrantedTo(s)), p.colors.Paint(color, InBrackets(state))) + "\n")
	steps, left := s.Steps, s.Left
	if n := len(steps) - maxStepLines; n > 0 {
		left += n
		steps = append(steps[:maxStepLines-1:maxStepLines-1], steps[len(steps)-1])
	}
	for i := range steps {
		if left > 0 && i == len(steps)-1 {
			p.step("", Counted(left, "more step"))
		}
		p.step(cmp.Or(stamp(steps[i].At), "time not known"), Join(" ", p.colors.Paint(Bold, fmt.Sprintf("%-6s", StepName(&steps[i]))), StepText(&steps[i])))
	}
	for _, line := range UnseenLines(s) {
		p.step("", line)
	}
}

// step writes a line of a story, with the time before it.
func (p *AlertPrinter) step(at, text string) {
	p.out.WriteString("    " + p.colors.Paint(Dim, fmt.Sprintf("%-20s", at)) + "  " + text + "\n")
}

// GrantedResource is what was opened, with its type.
func GrantedResource(s *story.Story) string {
	return Join(" ", cmp.Or(Shown(s.Grant.Resource), "unknown resource"), InBrackets(Shown(s.Grant.ResourceType)))
}

// GrantedTo is who was let in, and for which actions.
func GrantedTo(s *story.Story) string {
	who := Shown(s.Grant.Principal)
	if account := Shown(s.Grant.Account); account != "" && !strings.Contains(who, account) {
		who = Join(" ", who, InBrackets("account "+account))
	}
	return Join(" ", cmp.Or(who, "unknown principal"), after("for ", strings.Join(AllShown(s.Grant.Actions), ", ")))
}

// StoryState says how far a grant has come, in words.
func StoryState(s *story.Story) string {
	open := "still open"
	if s.IsClosed() {
		open = "closed"
	}
	used := "no use was seen"
	if s.IsUsed() {
		used = "used"
	}
	return Join(", ", used, open)
}

// StepName is what happened, in a word.
func StepName(step *story.Step) string {
	switch step.Kind {
	case story.Opened:
		return "opened"
	case story.Used:
		return "used"
	}
	return "closed"
}

// StepText says how, by whom and from where.
func StepText(step *story.Step) string {
	from := after("from ", strings.Join(AllShown(step.Addresses), ", "))
	who := Shown(step.Who)
	switch step.Kind {
	case story.Opened:
		again := ""
		if step.Again {
			again = "once more"
		}
		return Join(" ", again, after("by ", who), from)
	case story.Used:
		return Join(", ", Join(" ", after("for ", Shown(step.Action)), after("by ", userOf(step)), from), usesOf(step), usedWhen(step))
	}
	how := Shown(step.How)
	if step.Stood > 0 {
		how = Join(" ", how, "after", alert.Span(step.Stood))
	}
	return Join(", ", Join(" ", after("by ", who), from), how, closedAfter(step))
}

// userOf is who used a grant.
func userOf(step *story.Step) string {
	if step.Account == "" {
		return Shown(step.Who)
	}
	return Join(" ", "account "+Shown(step.Account), InBrackets(Shown(step.Who)))
}

// usesOf says how often a grant was used, and until when.
func usesOf(step *story.Step) string {
	n := Counted(max(step.Count, 1), "use")
	if step.AtLeast {
		n += " or more"
	}
	if step.Last.After(step.At) {
		n += " until " + stamp(step.Last)
	}
	return n
}

// usedWhen says what is strange about the time of a use.
func usedWhen(step *story.Step) string {
	if step.AfterClosing {
		return "after the closing"
	}
	return ""
}

// closedAfter says which uses a closing has counted.
func closedAfter(step *story.Step) string {
	var counts []string
	for i := range step.Uses[:min(len(step.Uses), maxTexts)] {
		u := &step.Uses[i]
		counts = append(counts, Join(" ", Counted(u.Count, "use"), after("for ", Shown(u.Action))))
	}
	switch {
	case len(counts) > 0:
		return strings.Join(counts, ", ")
	case step.Used:
		return "it was used"
	}
	return "no use was seen"
}

// UnseenLines say, of a grant that nobody seems to have used, which uses the trail would
// show and which not.
func UnseenLines(s *story.Story) (lines []string) {
	if s.IsUsed() {
		return nil
	}
	if text := Join(" ", AllShown(s.Visible)...); text != "" {
		lines = append(lines, "would be seen: "+text)
	}
	if text := Join(" ", AllShown(s.NotVisible)...); text != "" {
		lines = append(lines, "would not be seen: "+text)
	}
	return lines
}
