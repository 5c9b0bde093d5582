package follow

import (
	"encoding/binary"
	"slices"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// What is kept of a resource whose grants have not come yet.
const (
	maxEarly    = 16 // uses
	maxClosings = 16
)

// waiting is uses that no grant let in, as far as grants are known: one action of one
// caller.
type waiting struct {
	usage
	federated bool
	eventID   string // of the last
}

// keepEarly keeps a use that no grant let in: the grant may come later.
func (l *Ledger) keepEarly(resource string, u *use.Use, account uint64, ms int64, e *Event) {
	l.early.Update(l.key(keyOfEarly, resource), e.At, e.Now, func(kept []byte) []byte {
		all := readWaiting(kept)
		n := slices.IndexFunc(all, func(w waiting) bool {
			return w.action == u.Action && w.account == account && w.principal == cut(u.Principal)
		})
		if n < 0 {
			all = append(all, waiting{usage: usage{action: cut(u.Action), account: account, principal: cut(u.Principal), takesOut: u.TakesOut, first: ms, last: ms}, federated: u.Federated})
			if len(all) > maxEarly {
				all = all[1:]
				l.dropped.Add(1)
			}
			n = len(all) - 1
		}
		w := &all[n]
		w.count++
		w.first, w.last, w.eventID = min(w.first, ms), max(w.last, ms), cut(e.ID)
		if u.Address != "" && !slices.Contains(w.addresses, u.Address) && len(w.addresses) < maxAddresses {
			w.addresses = append(w.addresses, cut(u.Address))
		}
		return appendWaiting(nil, all)
	})
}

// findEarly gives the grants of a resource the uses that came before them, and returns
// those that happened after the grant. Who used the resource before it had access anyway.
func (l *Ledger) findEarly(resource string, fresh []open) (used []*alert.Used) {
	for _, w := range readWaiting(l.early.Kept(nil, l.key(keyOfEarly, resource))) {
		u := &use.Use{Action: w.action, Account: accountText(w.account), Principal: w.principal, Federated: w.federated, TakesOut: w.takesOut}
		for i := range fresh {
			o := &fresh[i]
			if !o.admits(u, w.account) {
				continue
			}
			if w.first < o.at {
				o.before = true
			}
			if w.last < o.at {
				continue
			}
			w.first = max(w.first, o.at)
			o.usages = append(o.usages, w.usage)
			if len(used) < maxStories {
				story := o.usedStory(len(o.usages)-1, u, &Event{ID: w.eventID})
				story.Late = true
				used = append(used, story)
			}
			break
		}
	}
	return used
}

func appendWaiting(dst []byte, all []waiting) []byte {
	dst = append(dst, format)
	for i := range all {
		dst = all[i].usage.append(dst)
		federated := byte(0)
		if all[i].federated {
			federated = 1
		}
		dst = appendText(append(dst, federated), all[i].eventID)
	}
	return dst
}

func readWaiting(kept []byte) (all []waiting) {
	if len(kept) == 0 || kept[0] != format {
		return nil
	}
	r := reader{rest: kept[1:]}
	for len(r.rest) > 0 {
		var w waiting
		w.usage.read(&r)
		w.federated = r.byte() != 0
		w.eventID = r.text()
		if r.failed {
			break
		}
		all = append(all, w)
	}
	return all
}

// pastClosing is a call that closed grants, of which some may come later.
type pastClosing struct {
	closing.Closing
	at int64
}

// keepClosing keeps a call that closed grants: it may have come before the call that opened
// one.
func (l *Ledger) keepClosing(c *closing.Closing, e *Event) {
	l.early.Update(l.key(keyOfClosing, c.Resource), e.At, e.Now, func(kept []byte) []byte {
		all := append(readClosings(kept), pastClosing{*c, e.At.UnixMilli()})
		if len(all) > maxClosings {
			all = all[1:]
			l.dropped.Add(1)
		}
		dst := []byte{format}
		for i := range all {
			dst = all[i].append(dst)
		}
		return dst
	})
}

// closedEarly takes out of the grants of a resource those whose closing came before them.
func (l *Ledger) closedEarly(resource string, fresh []open) (rest, closed []open) {
	closings := readClosings(l.early.Kept(nil, l.key(keyOfClosing, resource)))
	for _, o := range fresh {
		for i := range closings {
			c := &closings[i]
			c.Resource = resource
			// What a call replaces is from before it. What it opens itself is of the same time.
			if c.at < o.at || c.Replaces && (c.at == o.at || l.isKept(resource, &o, c.at)) || !c.Closes(o.opened()) {
				continue
			}
			if o.closed == 0 || c.at < o.closed {
				o.closed, o.how = c.at, howOf(&c.Closing)
			}
		}
		if o.closed != 0 {
			l.watch.add(o.accounts)
			closed = append(closed, o)
		} else {
			rest = append(rest, o)
		}
	}
	return rest, closed
}

// isKept reports whether a document that was written at a time still lets in the principal
// of an earlier grant, by the grants that are open since then.
func (l *Ledger) isKept(resource string, earlier *open, at int64) bool {
	for n, share := range l.shares {
		for _, o := range readOpens(share.Kept(nil, l.key(byte(n), resource))) {
			if o.at == at && o.means == earlier.means && o.qualifier == earlier.qualifier && o.principal == earlier.principal {
				return true
			}
		}
	}
	return false
}

func (c *pastClosing) append(dst []byte) []byte {
	flags := byte(0)
	for i, set := range []bool{c.Replaces, c.All, c.Everyone} {
		if set {
			flags |= 1 << i
		}
	}
	dst = binary.AppendVarint(append(dst, flags), c.at)
	dst = appendText(appendText(appendText(dst, c.Means), cut(c.Statement)), cut(c.Qualifier))
	dst = appendTexts(dst, c.Accounts[:min(len(c.Accounts), maxAccounts)])
	return appendTexts(dst, c.Principals[:min(len(c.Principals), maxAccounts)])
}

func readClosings(kept []byte) (all []pastClosing) {
	if len(kept) == 0 || kept[0] != format {
		return nil
	}
	r := reader{rest: kept[1:]}
	for len(r.rest) > 0 {
		var c pastClosing
		flags := r.byte()
		c.Replaces, c.All, c.Everyone = flags&1 != 0, flags&2 != 0, flags&4 != 0
		c.at, c.Means, c.Statement, c.Qualifier = r.signed(), r.text(), r.text(), r.text()
		c.Accounts, c.Principals = r.texts(), r.texts()
		if r.failed {
			break
		}
		all = append(all, c)
	}
	return all
}
