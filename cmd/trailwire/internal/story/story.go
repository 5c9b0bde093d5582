package story

import (
	"cmp"
	"slices"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
)

// Story is what is known of one grant.
type Story struct {
	// Grant is what the alerts about its uses and its closing say of it. Where there are
	// none, it is what the alert about the opening says.
	Grant alert.GrantStory

	Owner string // the account of the resource, empty where no alert about the opening says it
	Steps []Step // in order of time
	Left  int    // steps that are not among them

	// Visible and NotVisible say which uses the owner's trail would show, and which not.
	Visible, NotVisible []string
}

// Kind is what happened to a grant.
type Kind uint8

// The kinds, in the order of those that happened at the same time.
const (
	Opened Kind = iota + 1
	Used
	Closed
)

// Step is one thing that happened to a grant.
type Step struct {
	Kind Kind
	At   time.Time // of the event; zero where it is not known
	Last time.Time // of several uses, the last one

	Who       string // an ARN, else the name or the id; empty where it is not known
	Account   string // of a use: the outsider's, empty where it is not known
	Addresses []string

	// Of a use. Count is how many there were, and AtLeast says that there may have been
	// more: an alert counts no further than to its own event.
	Action       string
	TakesOut     bool
	Count        int
	AtLeast      bool
	AfterClosing bool // it happened when the grant was closed already

	// Of a closing: how, after how long, and what was counted in between.
	How   string
	Stood time.Duration
	Uses  []alert.UseCount
	Used  bool

	// Again says that the grant was open already, Late that the event came in before the
	// one that opened the grant.
	Again, Late bool

	EventID  string
	DedupKey string // of the alert that says so; empty where no alert does
}

// Has reports whether a step of this kind is known.
func (s *Story) Has(k Kind) bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Kind == k })
}

// IsUsed reports whether a use was seen, also one of which no alert is at hand.
func (s *Story) IsUsed() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Kind == Used || step.Kind == Closed && step.Used })
}

// IsClosed reports whether the grant is closed: a use may say so where no alert does.
func (s *Story) IsClosed() bool { return s.Has(Closed) || !s.Grant.ClosedAt.IsZero() }

// start is when the grant was opened.
func (s *Story) start() time.Time {
	if !s.Grant.OpenedAt.IsZero() || len(s.Steps) == 0 {
		return s.Grant.OpenedAt
	}
	return s.Steps[0].At
}

// end is when the grant was closed, zero if it is open.
func (s *Story) end() time.Time {
	for i := range s.Steps {
		if s.Steps[i].Kind == Closed {
			return s.Steps[i].At
		}
	}
	return s.Grant.ClosedAt
}

// finish puts the steps in order, and gives the uses what the closing has counted.
func (s *Story) finish() {
	if !s.Has(Opened) && !s.Grant.OpenedAt.IsZero() {
		s.Steps = append(s.Steps, Step{Kind: Opened, At: s.Grant.OpenedAt, Who: s.Grant.OpenedBy, EventID: s.Grant.OpenedEventID})
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind)) })
	isOpen := false
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Kind == Opened {
			step.Again, isOpen = isOpen, true
		}
	}
	end := s.end()
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Kind != Used {
			continue
		}
		step.AfterClosing = !end.IsZero() && step.At.After(end)
		if total := s.total(step.Action); total != nil && s.only(step.Action) && total.Count >= step.Count {
			step.Count, step.AtLeast = total.Count, false
			if total.Last.After(step.Last) {
				step.Last = total.Last
			}
		}
	}
}

// total is what the closing has counted of an action, nil for nothing.
func (s *Story) total(action string) *alert.UseCount {
	for i := range s.Steps {
		for k := range s.Steps[i].Uses {
			if u := &s.Steps[i].Uses[k]; u.Action == action {
				return u
			}
		}
	}
	return nil
}

// only reports whether one step alone is about an action.
func (s *Story) only(action string) bool {
	n := 0
	for i := range s.Steps {
		if s.Steps[i].Kind == Used && s.Steps[i].Action == action {
			n++
		}
	}
	return n == 1 && s.Left == 0
}
