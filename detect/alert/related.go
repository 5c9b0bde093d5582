package alert

import "time"

// Related is an earlier call by who made the alert's, of the short list that package
// related keeps.
type Related struct {
	Time     time.Time // when the event says that it happened
	Action   string
	Provider string
	EventID  string
	Target   string // the resource that the call was about, as far as the event says it
	Address  string // where the call came from
	Failed   bool
}

// Relate adds what the same actor called before. It is no part of what the alert says of
// its own event: neither the dedup_key nor the reason changes, and an alert that has
// other related calls than its copy is a duplicate all the same.
func (a *Alert) Relate(calls []Related) { a.Related = calls }
