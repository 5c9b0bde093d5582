package alert

import (
	"cmp"
	"time"
)

// How a grant ended: the values of [Closed.How].
const (
	HowRemoved  = "removed"  // by a call that takes this grant away
	HowReplaced = "replaced" // by a policy, list or setting that no longer has it
	HowDeleted  = "deleted"  // with the resource
)

// Closed is the end of a grant that somebody outside of the account had.
type Closed struct {
	Grant GrantStory
	At    time.Time
	Stood time.Duration // how long the grant was open
	Uses  []UseCount    // by action, those that were seen
	Used  bool          // any use was seen, also one that is counted no longer
	How   string        // HowRemoved, HowReplaced or HowDeleted
}

// UseCount counts the uses of one action.
type UseCount struct {
	Action      string
	Count       int
	First, Last time.Time
}

// Close makes the alert one about the end of a grant. Two alerts of one event about
// different grants are not duplicates.
func (a *Alert) Close(c *Closed) {
	a.Closed = c
	a.tellApart("closing", c.Grant.Resource, c.Grant.Means, c.Grant.StatementID, c.Grant.Principal, c.Grant.DedupKey)
	a.Reason = c.sentence(&a.Actor, a.names)
}

// sentence says who ended which grant, how long it was open, and whether it was used:
//
//	alice removed the grant to account 999988887777 on Lambda function pay after 3 hours: it was used 5 times
func (c *Closed) sentence(by *Actor, names map[string]string) string {
	text := cmp.Or(person(by.ARN), by.Label(), "somebody")
	switch resource, grantee := c.Grant.resource(), c.Grant.grantee(names); c.How {
	case HowDeleted:
		text += " deleted " + resource + ", which was open to " + grantee + ","
	case HowReplaced:
		text += " replaced what held the grant to " + grantee + " on " + resource
	default:
		text += " removed the grant to " + grantee + " on " + resource
	}
	if c.Stood > 0 {
		text += " after " + span(c.Stood)
	}
	return text + ": " + c.uses()
}

// uses says how often the grant was used, as far as it was seen.
func (c *Closed) uses() string {
	n := 0
	for i := range c.Uses {
		n += max(c.Uses[i].Count, 0)
	}
	switch {
	case n > 0:
		return "it was used " + times(n)
	case c.Used:
		return "it was used"
	}
	return "no use was seen"
}
