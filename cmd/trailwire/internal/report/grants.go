package report

import (
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/story"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/alert"
)

// maxStories is how many grants the page tells the story of. Those beyond are counted.
const maxStories = 200

// shownStories is how many of them are open when the page is.
const shownStories = 6

// reportedStory is what became of a grant, as the page shows it.
type reportedStory struct {
	Number   int
	Resource string
	Type     string
	To       string
	State    string
	Class    string // the color of the state
	Shown    bool   // its steps are open
	Steps    []reportedStep
	Left     int
	Unseen   []string // of one that nobody seems to have used
	IsOpen   bool
}

// reportedStep is one thing that happened to a grant.
type reportedStep struct {
	Name, Class string
	At          time.Time
	After       string // how long after the opening, in words; a closing's text says it
	Text        string
	Alert       int // its number on the page; 0 for none
}

// Day and Hour are the two parts of the time.
func (s *reportedStep) Day() string { return s.At.Format("2 Jan 2006") }

// Hour is the time of the day.
func (s *reportedStep) Hour() string { return s.At.Format("15:04:05") }

// Stamp is the time for programs.
func (s *reportedStep) Stamp() string { return s.At.Format(time.RFC3339) }

// tellStories fills in what became of the grants, and ties the steps and the alerts about
// them together.
func (p *page) tellStories(grants *story.Grants) {
	numbers := make(map[string]int) // of alerts, by their dedup_key
	for i := range p.Alerts {
		if key := p.Alerts[i].dedupKey; numbers[key] == 0 {
			numbers[key] = p.Alerts[i].Number
		}
	}
	stories, more := grants.Stories(maxStories)
	p.MoreGrants = more
	for i, s := range stories {
		told := newReportedStory(s, numbers)
		told.Number, told.Shown = i+1, i < shownStories
		for _, step := range told.Steps {
			if step.Alert > 0 {
				p.Alerts[step.Alert-1].Story = told.Number
			}
		}
		if s.IsUsed() {
			p.UsedGrants++
		}
		if told.IsOpen {
			p.OpenGrants++
		}
		p.Grants = append(p.Grants, told)
	}
}

func newReportedStory(s *story.Story, numbers map[string]int) reportedStory {
	r := reportedStory{
		Resource: terminal.Shown(s.Grant.Resource), Type: terminal.Shown(s.Grant.ResourceType), To: terminal.GrantedTo(s),
		State: terminal.StoryState(s), Class: classOf(s), Left: s.Left, Unseen: terminal.UnseenLines(s), IsOpen: !s.IsClosed(),
	}
	var opened time.Time
	for i := range s.Steps {
		step := &s.Steps[i]
		told := reportedStep{
			Name: terminal.StepName(step), Class: terminal.StepName(step), At: step.At, Text: terminal.StepText(step), Alert: numbers[step.DedupKey],
		}
		switch {
		case step.Kind == story.Opened && opened.IsZero():
			opened = step.At
		case step.Kind != story.Closed && !opened.IsZero() && step.At.After(opened):
			told.After = alert.Span(step.At.Sub(opened)) + " later"
		}
		r.Steps = append(r.Steps, told)
	}
	return r
}

// classOf is the color of a story: that of a severity.
func classOf(s *story.Story) string {
	switch {
	case s.IsUsed() && !s.IsClosed():
		return "critical"
	case s.IsUsed():
		return "high"
	case !s.IsClosed():
		return "medium"
	}
	return "other"
}
