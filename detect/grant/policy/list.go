package policy

import "slices"

// Bounds of what a [List] holds.
const (
	// MaxGrants is the most grants that a list keeps.
	MaxGrants = 64

	// MaxItems is the most entries of each list within a grant.
	MaxItems = 16
)

// List is a bounded list of grants, the worst first. Grants that are equally
// bad keep the order in which they were added. The zero List is empty.
type List struct {
	// Grants are the worst of the grants, MaxGrants at most.
	Grants []Grant

	// Rest counts the grants that are not listed, repeated ones included. None
	// of them is worse than the last one listed.
	Rest int
}

// Add adds a grant, unless the list has the same already.
func (l *List) Add(g Grant) {
	bad := g.severity()
	if !l.wants(bad) {
		l.Rest++
		return
	}
	at := len(l.Grants)
	for i := range l.Grants {
		switch other := l.Grants[i].severity(); {
		case other == bad && l.Grants[i].equal(&g):
			return
		case other < bad:
			at = min(at, i)
		}
	}
	if len(l.Grants) == MaxGrants {
		l.Rest++
		l.Grants = l.Grants[:MaxGrants-1]
	}
	if l.Grants == nil {
		l.Grants = make([]Grant, 0, 4) // most policies have a few principals
	}
	l.Grants = slices.Insert(l.Grants, at, g)
}

// wants reports whether a grant as bad as this would be listed.
func (l *List) wants(bad int) bool {
	return len(l.Grants) < MaxGrants || l.Grants[MaxGrants-1].severity() < bad
}

// Worst returns the relation of the worst grant, and false where the list is
// empty.
func (l *List) Worst() (Relation, bool) {
	if len(l.Grants) == 0 {
		return "", false
	}
	return l.Grants[0].Relation, true
}
