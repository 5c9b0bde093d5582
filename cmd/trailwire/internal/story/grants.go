package story

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// MaxGrants is how many grants are remembered. Those that nobody has used make room, the
// first one first: somebody who opens a million grants hides no use.
const MaxGrants = 10_000

// maxSteps is how many steps of one grant are remembered.
const maxSteps = 64

// Grants gathers the stories of grants. The zero value is ready for use.
type Grants struct {
	byOpening map[opening][]*Story
	unused    []*Story // may have some that were used since
	stories   int
	left      int
}

// opening is what the alerts about one grant have in common: the event that opened it, and
// who was let in.
type opening struct{ event, principal string }

// Left is how many grants were given up, because there were too many.
func (g *Grants) Left() int { return g.left }

// Add takes an alert.
func (g *Grants) Add(a *alert.Alert) {
	switch {
	case a.Used != nil:
		g.add(&a.Used.Grant, nil, usedStep(a))
	case a.Closed != nil:
		g.add(&a.Closed.Grant, nil, closedStep(a))
	case len(a.Visible)+len(a.NotVisible) == 0 || a.Filled != nil:
		// Its grants are not followed, or it is about several events.
	case a.Opened != nil:
		for i := range a.Opened.Grants {
			g.add(openedGrant(a, i), a, openedStep(a))
		}
	case a.Grant != nil && a.Grant.Relation != grant.RelationSameAccount:
		g.add(lambdaGrant(a), a, openedStep(a))
	}
}

// add adds a step to the story of a grant. by is the alert about the opening, nil for
// another.
func (g *Grants) add(of *alert.GrantStory, by *alert.Alert, step Step) {
	s := g.find(of, by != nil)
	if s == nil {
		return
	}
	if by == nil {
		closedAt := s.Grant.ClosedAt
		if s.Grant = *of; of.ClosedAt.IsZero() {
			s.Grant.ClosedAt = closedAt
		}
	} else if s.Visible == nil && s.NotVisible == nil {
		s.Visible, s.NotVisible, s.Owner = by.Visible, by.NotVisible, owner(by)
	}
	s.addStep(step)
}

// addStep adds what is not known yet. Trails deliver an event more than once, and rules may
// raise several alerts about one.
func (s *Story) addStep(step Step) {
	for i := range s.Steps {
		have := &s.Steps[i]
		if !have.sameAs(&step) {
			continue
		}
		if step.Kind == Closed && !have.Used && step.Used || step.Kind == Used && step.Count > have.Count {
			step.Late = step.Late && have.Late
			*have = step
		}
		return
	}
	if len(s.Steps) == maxSteps {
		s.Left++
		return
	}
	s.Steps = append(s.Steps, step)
}

func (step *Step) sameAs(other *Step) bool {
	if step.Kind != other.Kind || !step.At.Equal(other.At) {
		return false
	}
	switch step.Kind {
	case Used:
		return step.EventID == other.EventID && step.Action == other.Action && step.Account == other.Account && step.Who == other.Who
	case Closed:
		return step.How == other.How
	}
	return step.EventID == other.EventID
}

// find returns the story of a grant, a new one if there is none. It returns nil where there
// is no room.
func (g *Grants) find(of *alert.GrantStory, isOpening bool) *Story {
	at := opening{eventOf(of), of.Principal}
	var near *Story
	for _, s := range g.byOpening[at] {
		switch {
		case s.Grant.StatementID == of.StatementID:
			return s
		case isOpening != s.isOfOpening() && (s.Grant.StatementID == "" || of.StatementID == ""):
			near = s // what closes a grant may have a name for it that the opening has not
		}
	}
	if near != nil {
		return near
	}
	if g.stories == MaxGrants && !g.makeRoom() {
		g.left++
		return nil
	}
	if g.byOpening == nil {
		g.byOpening = make(map[opening][]*Story)
	}
	s := &Story{Grant: *of}
	g.byOpening[at] = append(g.byOpening[at], s)
	g.unused = append(g.unused, s)
	g.stories++
	return s
}

// isOfOpening reports whether only the alert about the opening has told of the grant.
func (s *Story) isOfOpening() bool { return !s.Has(Used) && !s.Has(Closed) }

// makeRoom gives up the first grant that nobody has used. It returns false if there is none.
func (g *Grants) makeRoom() bool {
	for len(g.unused) > 0 {
		s := g.unused[0]
		g.unused = g.unused[1:]
		if s.IsUsed() {
			continue
		}
		at := opening{eventOf(&s.Grant), s.Grant.Principal}
		rest := slices.DeleteFunc(g.byOpening[at], func(other *Story) bool { return other == s })
		if g.byOpening[at] = rest; len(rest) == 0 {
			delete(g.byOpening, at)
		}
		g.stories--
		g.left++
		return true
	}
	return false
}

// eventOf names the event that opened a grant: the end of the dedup_key, without the rule.
// Without an alert about the opening there is less to tell it by.
func eventOf(of *alert.GrantStory) string {
	const digits = 16 // of the fingerprint at the end of a dedup_key
	if n := len(of.DedupKey); n > digits {
		return of.DedupKey[n-digits:] + of.OpenedEventID
	}
	return of.OpenedAt.UTC().Format(time.RFC3339) + of.OpenedEventID + of.Resource
}

// Stories returns at most so many stories, in order of time, and how many more there are.
// Those of grants that were used stay before those that are open, and these before the
// others.
func (g *Grants) Stories(most int) (stories []*Story, more int) {
	for _, some := range g.byOpening {
		for _, s := range some {
			told := *s
			told.Steps = slices.Clone(s.Steps)
			told.finish()
			stories = append(stories, &told)
		}
	}
	slices.SortFunc(stories, compare)
	stories = joinOpenedAgain(stories)
	if more = len(stories) - most; more > 0 {
		slices.SortStableFunc(stories, func(a, b *Story) int { return cmp.Compare(a.rank(), b.rank()) })
		stories = stories[:most]
		slices.SortFunc(stories, compare)
	}
	return stories, max(more, 0) + g.left
}

// rank is lower for what matters more.
func (s *Story) rank() int {
	switch {
	case s.IsUsed():
		return 0
	case !s.IsClosed():
		return 1
	}
	return 2
}

// compare orders stories by their beginning.
func compare(a, b *Story) int {
	return cmp.Or(a.start().Compare(b.start()), strings.Compare(a.Grant.Resource, b.Grant.Resource), strings.Compare(a.Grant.Principal, b.Grant.Principal),
		strings.Compare(a.Grant.StatementID, b.Grant.StatementID), strings.Compare(eventOf(&a.Grant), eventOf(&b.Grant)))
}

// joinOpenedAgain joins the stories of grants that were opened while they were open: a
// policy is written whole each time. Stories are in order of time.
func joinOpenedAgain(stories []*Story) (joined []*Story) {
	type same struct{ resource, principal, statement, relation string }
	last := make(map[same]*Story)
	for _, s := range stories {
		key := same{s.Grant.Resource, s.Grant.Principal, s.Grant.StatementID, s.Grant.Relation}
		earlier := last[key]
		if earlier != nil && s.isOfOpening() && !s.IsClosed() && (earlier.end().IsZero() || earlier.end().After(s.start())) {
			for _, step := range s.Steps {
				earlier.addStep(step)
			}
			earlier.finish()
			continue
		}
		last[key] = s
		joined = append(joined, s)
	}
	return joined
}

// openedGrant is one of the grants of an opening, as far as an alert about it says it.
func openedGrant(a *alert.Alert, i int) *alert.GrantStory {
	o, g := a.Opened, &a.Opened.Grants[i]
	s := opened(a, use.Canonical(o.Resource), o.ResourceType)
	s.Principal, s.Account, s.Relation, s.StatementID = grant.Bounded(g.Principal), g.PrincipalAccount, string(g.Relation), grant.Bounded(g.StatementID)
	s.Actions = g.Actions
	if g.NotAction {
		s.Actions = []string{"all but " + strings.Join(g.Actions, ", ")}
	}
	return s
}

// Resource is what the grant of an alert is on: its ARN, where that is known, else the
// name that the call had for it. It is empty for an alert that is not about a grant.
func Resource(a *alert.Alert) string {
	switch {
	case a.Used != nil:
		return a.Used.Grant.Resource
	case a.Closed != nil:
		return a.Closed.Grant.Resource
	case a.Grant != nil:
		return functionARN(a.Grant)
	case a.Opened != nil:
		return use.Canonical(a.Opened.Resource)
	}
	return ""
}

// functionARN is the ARN of the function that a grant is on, or its name.
func functionARN(g *grant.Grant) string {
	if g.FunctionAccount == "" || g.Region == "" || g.FunctionName == "" {
		return g.FunctionName
	}
	return "arn:" + grant.Partition(g.Region) + ":lambda:" + g.Region + ":" + g.FunctionAccount + ":function:" + g.FunctionName
}

// lambdaGrant is the grant of an AddPermission, where no rule reads more of it.
func lambdaGrant(a *alert.Alert) *alert.GrantStory {
	g := a.Grant
	s := opened(a, functionARN(g), "AWS::Lambda::Function")
	s.Principal, s.Account, s.Relation, s.StatementID = g.Principal, g.PrincipalAccount, string(g.Relation), g.StatementID
	s.Actions = []string{g.Action}
	return s
}

func opened(a *alert.Alert, resource, resourceType string) *alert.GrantStory {
	return &alert.GrantStory{
		Resource: resource, ResourceType: resourceType, OpenedAt: timeOf(a), OpenedBy: cmp.Or(a.Actor.ARN, a.Actor.Label()),
		OpenedEventID: a.EventID, DedupKey: a.DedupKey,
	}
}

// owner is the account of what was opened.
func owner(a *alert.Alert) string {
	if a.Opened != nil {
		return a.Opened.Account
	}
	return a.Grant.FunctionAccount
}

func openedStep(a *alert.Alert) Step {
	return Step{
		Kind: Opened, At: timeOf(a), Who: cmp.Or(a.Actor.ARN, a.Actor.Label()), Addresses: addresses(a), EventID: a.EventID, DedupKey: a.DedupKey,
	}
}

func usedStep(a *alert.Alert) Step {
	u := a.Used
	return Step{
		Kind: Used, At: u.First, Last: u.Last, Who: u.Principal, Account: u.Account, Addresses: u.Addresses,
		Action: u.Action, TakesOut: u.TakesOut, Count: u.Count, AtLeast: true, Late: u.Late, EventID: u.EventID, DedupKey: a.DedupKey,
	}
}

func closedStep(a *alert.Alert) Step {
	c := a.Closed
	step := Step{Kind: Closed, At: c.At, How: c.How, Stood: c.Stood, Uses: c.Uses, Used: c.Used, DedupKey: a.DedupKey}
	// The event of a closing that came first is the one that opened: nothing says who closed.
	if step.Late = a.EventID == c.Grant.OpenedEventID; !step.Late {
		step.Who, step.Addresses, step.EventID = cmp.Or(a.Actor.ARN, a.Actor.Label()), addresses(a), a.EventID
	}
	return step
}

func addresses(a *alert.Alert) []string {
	if a.Source.Address == "" {
		return nil
	}
	return []string{a.Source.Address}
}

// timeOf is when the alert's event happened, zero where it says none.
func timeOf(a *alert.Alert) time.Time {
	at, err := time.Parse(time.RFC3339, a.Event.Time)
	if err != nil || at.Year() < 1970 || at.Year() >= 10000 {
		return time.Time{}
	}
	return at.UTC()
}
