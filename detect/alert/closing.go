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
	Stood time.Duration // how long the grant was open; alerts say it in seconds
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
	if isARN(c.Grant.Resource) {
		a.ResourceARN = fit(c.Grant.Resource)
	}
	a.tellApart("closing", c.Grant.Resource, c.Grant.Means, c.Grant.StatementID, c.Grant.Principal, c.Grant.DedupKey)
	by := &a.Actor
	if a.EventID != "" && a.EventID == c.Grant.OpenedEventID {
		by = &Actor{} // the closing came in first: who made it is not known any more
	}
	a.Reason = c.sentence(by, a.names)
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
	if c.Stood >= time.Second {
		text += " after " + Span(c.Stood)
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

// object is what an alert says of it.
func (c *Closed) object() object {
	if c == nil {
		return nil
	}
	uses := make([]object, min(len(c.Uses), maxListed))
	for i := range uses {
		u := &c.Uses[i]
		uses[i] = object{{"action", fit(u.Action)}, {"count", u.Count}, at("first", u.First), at("last", u.Last)}
	}
	return object{
		{"how", fit(c.How)}, at("at", c.At), {"stood_seconds", int(c.Stood / time.Second)}, {"used", c.Used}, {"uses", uses},
		{"grant", c.Grant.object()},
	}
}

// AppendMsg appends it as an alert says it, as a MessagePack map, for [ReadClosed].
func (c *Closed) AppendMsg(dst []byte) []byte { return c.object().append(dst) }

// ReadClosed reads what [Closed.AppendMsg] has written. It returns nil for anything that
// does not say how a grant ended. A record may be anybody's: no text in it is checked.
func ReadClosed(m []byte) *Closed {
	how := textUnder(m, "how")
	if how == "" {
		return nil
	}
	c := &Closed{Grant: readStory(mapUnder(m, "grant")), How: how, At: timeUnder(m, "at"), Stood: secondsUnder(m, "stood_seconds"), Used: flagUnder(m, "used")}
	for items := listUnder(m, "uses"); items.Next() && len(c.Uses) < maxListed; {
		c.Uses = append(c.Uses, UseCount{
			Action: textUnder(items.Value, "action"), Count: numberUnder(items.Value, "count"),
			First: timeUnder(items.Value, "first"), Last: timeUnder(items.Value, "last"),
		})
	}
	return c
}

// secondsUnder returns the time that a number of seconds is. A number that no time has is
// none.
func secondsUnder(m []byte, key string) time.Duration {
	const most = (1<<63 - 1) / int64(time.Second)
	if n := int64(numberUnder(m, key)); n >= 0 && n <= most {
		return time.Duration(n) * time.Second
	}
	return 0
}
