package follow

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/use"
	"github.com/trailwire/trailwire/detect/state"
)

// How long things are remembered after their last event.
const (
	// Early is how long a use is remembered whose grant was not seen: CloudTrail delivers
	// most events within 15 minutes (CloudTrail User Guide, "Understanding CloudTrail events").
	Early = time.Hour
	// AfterClosing is how long a grant is remembered that was closed.
	AfterClosing = 7 * 24 * time.Hour

	forever = 100 * 365 * 24 * time.Hour
)

// shares is how many parts the open grants are in, by who opened them: a power of two.
const shares = 8

// maxStories is how many stories one event has at most.
const maxStories = 16

// Event is what the ledger has to know of the event at hand.
type Event struct {
	ID       string
	At       time.Time // when it happened; the caller keeps it from being in the future
	Now      time.Time // when it arrived
	Actor    string    // who made the call
	DedupKey string    // of the alert that it raised, if it did
}

// Ledger is the grants of one memory. Any goroutine may use it.
type Ledger struct {
	mu       sync.Mutex // held for a whole event
	shares   [shares]*state.Set
	closed   *state.Set
	early    *state.Set
	lost     *state.Set
	lostUses *state.Set
	events   *state.Set
	watch    watch
	hashed   struct {
		what string
		key  state.Key
	}

	dropped atomic.Uint64 // grants and uses over a bound
}

// Of returns the ledger of a memory. Engines that share the memory share the ledger.
func Of(memory *state.Memory, now time.Time) *Ledger {
	l := memory.Shared("grants that are followed", func() any { return &Ledger{watch: watch{grants: make(map[uint64]int)}} }).(*Ledger)
	l.mu.Lock()
	defer l.mu.Unlock()
	isNew := l.closed == nil
	for i := range l.shares {
		l.shares[i] = memory.Set("open grants "+strconv.Itoa(i), forever, now)
	}
	l.closed = memory.Set("closed grants", AfterClosing, now)
	l.early = memory.Set("uses without a grant", Early, now)
	l.lost = memory.Set("forgotten grants", forever, now)
	l.lostUses = memory.Set("uses of forgotten grants", AfterClosing, now)
	l.events = memory.Set("events about grants", Early, now)
	if isNew {
		l.begin()
	}
	return l
}

// begin finds out which accounts to look for, and is told from now on what is given up.
func (l *Ledger) begin() {
	for _, s := range append(l.shares[:], l.closed) {
		s.Each(func(kept []byte) {
			for _, o := range readOpens(kept) {
				l.watch.add(o.accounts)
			}
		})
		s.OnForget(func(kept []byte, evicted bool) { l.watch.forgotten(readOpens(kept), evicted) })
	}
	l.lost.Each(func(kept []byte) { l.watch.add(lostAccounts(kept)) })
	l.lost.OnForget(func(kept []byte, _ bool) { l.watch.remove(lostAccounts(kept)) })
}

// Watch tells a watcher of all accounts with open grants, and of changes until stop is
// called.
func (l *Ledger) Watch(watcher Watcher) (stop func()) { return l.watch.attach(watcher) }

// Stats counts what the ledger holds.
type Stats struct {
	Resources int    // with open grants
	Accounts  int    // that are looked for
	Evicted   uint64 // resources whose grants were given up, because the memory was full
	Dropped   uint64 // grants and uses over a bound
	Unwatched uint64 // accounts that could not be looked for, because there was no memory
}

// Stats returns the counters.
func (l *Ledger) Stats() Stats {
	var s Stats
	for _, share := range l.shares {
		of := share.Stats()
		s.Resources += of.Keys
		s.Evicted += of.Evicted
	}
	s.Dropped = l.dropped.Load()
	l.watch.mu.Lock()
	defer l.watch.mu.Unlock()
	s.Accounts, s.Unwatched = len(l.watch.grants), l.watch.failed
	return s
}

// key is the key of a resource in a set. A memory finds entries by their key alone, so
// that those of one resource in several sets differ in a byte. The last one is hashed once.
func (l *Ledger) key(kind byte, what string) state.Key {
	if what != l.hashed.what {
		l.hashed.what = what
		l.hashed.key = state.KeyOf(state.AppendValue(l.closed.Begin(nil), what))
	}
	key := l.hashed.key
	key[len(key)-1] ^= kind
	return key
}

// The kinds of keys, after the numbers of the shares.
const (
	keyOfClosed byte = shares + iota
	keyOfEarly
	keyOfClosing
	keyOfLost
	keyOfLostUse
	keyOfEvent
)

// share returns the share of who opened a grant. It is by a keyed hash: nobody can choose
// the share of somebody else.
func (l *Ledger) share(actor string) int {
	return int(state.KeyOf(state.AppendValue(l.closed.Begin(nil), actor))[0]) % shares
}

// Origin is how a call opened a resource, as [closing.Origin] says it.
type Origin struct{ Means, Statement, Qualifier string }

// Open notes what a call has opened. It returns the uses that came before it and had to wait
// for it, and those of its grants that are closed already, because the call that closed them
// came first.
func (l *Ledger) Open(o *call.Opening, by Origin, e *Event) (used []*alert.Used, closed []*alert.Closed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.noteEvicted(e)
	resource := use.Canonical(o.Resource)
	var fresh []open
	for i := range o.Grants {
		fresh = append(fresh, newOpen(o, &o.Grants[i], resource, by, e))
	}
	if fresh = l.withoutKnown(resource, fresh); len(fresh) == 0 {
		return nil, nil
	}
	used = l.findEarly(resource, fresh)
	fresh, late := l.closedEarly(resource, fresh)
	closed = l.keepClosed(resource, late, e)
	l.keepOpen(resource, fresh, e)
	return used, closed
}

// withoutKnown leaves out the grants that are open already: what is known of them stays.
func (l *Ledger) withoutKnown(resource string, fresh []open) []open {
	if len(fresh) == 0 {
		return nil
	}
	for n, share := range l.shares {
		known := readOpens(share.Kept(nil, l.key(byte(n), resource)))
		fresh = slices.DeleteFunc(fresh, func(g open) bool {
			return slices.ContainsFunc(known, func(o open) bool { return o.same(&g) })
		})
	}
	return fresh
}

// keepOpen adds grants to what is open of a resource, in the share of who opened them.
func (l *Ledger) keepOpen(resource string, fresh []open, e *Event) {
	if len(fresh) == 0 {
		return
	}
	for i := range fresh {
		l.watch.add(fresh[i].accounts)
	}
	number := l.share(e.Actor)
	var over []open
	l.shares[number].Update(l.key(byte(number), resource), e.At, e.Now, func(kept []byte) []byte {
		all := append(readOpens(kept), fresh...)
		for len(all) > maxGrants {
			i := oldestUnused(all)
			over = append(over, all[i])
			all = slices.Delete(all, i, i+1)
		}
		return appendOpens(nil, all)
	})
	l.dropped.Add(uint64(len(over)))
	l.watch.forgotten(over, true)
}

// oldestUnused returns which grant of a resource to give up: the oldest that was not used,
// else the oldest.
func oldestUnused(all []open) int {
	oldest := 0
	for i := range all {
		if a, b := all[i].isUsed(), all[oldest].isUsed(); a != b && !a || a == b && all[i].at < all[oldest].at {
			oldest = i
		}
	}
	return oldest
}

// Close notes what a call has closed, and returns the grants that it closed.
func (l *Ledger) Close(c *closing.Closing, e *Event) []*alert.Closed {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.noteEvicted(e)
	l.keepClosing(c, e)
	return l.close(c, e)
}

// howOf says how a call closes grants.
func howOf(c *closing.Closing) string {
	switch {
	case c.Replaces:
		return alert.HowReplaced
	case c.Means == "":
		return alert.HowDeleted
	}
	return alert.HowRemoved
}

// close moves the grants of a resource that are to be closed to the closed ones. A grant
// that was opened after the event stays: the events come in any order.
func (l *Ledger) close(c *closing.Closing, e *Event) []*alert.Closed {
	resource := c.Resource
	var gone []open
	for n, share := range l.shares {
		share.Update(l.key(byte(n), resource), e.At, e.Now, func(kept []byte) []byte {
			all, before := readOpens(kept), len(gone)
			all = slices.DeleteFunc(all, func(o open) bool {
				if o.at > e.At.UnixMilli() || !c.Closes(o.opened()) {
					return false
				}
				o.closed, o.how = e.At.UnixMilli(), howOf(c)
				gone = append(gone, o)
				return true
			})
			if len(gone) == before {
				return kept
			}
			return appendOpens(nil, all)
		})
	}
	return l.keepClosed(resource, gone, e)
}

// keepClosed keeps grants that are closed, and returns their stories. Their accounts are
// looked for as long as they are kept.
func (l *Ledger) keepClosed(resource string, gone []open, e *Event) (stories []*alert.Closed) {
	if len(gone) == 0 {
		return nil
	}
	for i := range gone[:min(len(gone), maxStories)] {
		stories = append(stories, gone[i].closedStory())
	}
	var over []open
	l.closed.Update(l.key(keyOfClosed, resource), e.At, e.Now, func(kept []byte) []byte {
		all := append(readOpens(kept), gone...)
		over = all[:max(len(all)-maxGrants, 0)]
		return appendOpens(nil, all[len(over):])
	})
	l.dropped.Add(uint64(len(gone) - len(stories) + len(over)))
	l.watch.forgotten(over, false)
	return stories
}

// closedStory is the story of a grant that is closed now.
func (o *open) closedStory() *alert.Closed {
	c := &alert.Closed{Grant: o.story(), At: timeOf(o.closed), Stood: max(timeOf(o.closed).Sub(timeOf(o.at)), 0), Used: o.isUsed(), How: o.how}
	for _, u := range o.usages {
		c.Uses = append(c.Uses, alert.UseCount{Action: valid(u.action), Count: int(u.count), First: timeOf(u.first), Last: timeOf(u.last)})
	}
	return c
}

// Use notes a call by somebody outside. It returns the grant that let them in, if an alert
// is due for it: the first time that an action is seen on a day.
func (l *Ledger) Use(u *use.Use, e *Event) (used []*alert.Used) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.noteEvicted(e)
	account, _ := accountID(u.Account)
	for _, r := range u.Resources {
		if len(used) == maxStories {
			l.dropped.Add(1)
			break
		}
		if one := l.useOf(u, r, account, e); one != nil {
			used = append(used, one)
		}
	}
	return used
}

// Told returns what [Ledger.Tell] was given for an event that has come before, nil if it has
// not.
func (l *Ledger) Told(event state.Key) []byte { return l.events.Kept(nil, event) }

// Tell keeps what was told of an event, one byte at least, for when it comes again: CloudTrail
// may deliver an event twice, and it must not open, use or close anything twice.
func (l *Ledger) Tell(event state.Key, told []byte, e *Event) {
	l.events.Update(event, e.At, e.Now, func([]byte) []byte { return told })
}

// Key returns the key of an event for [Ledger.Told] and [Ledger.Tell]: event is what tells it from
// others, its id and its content.
func (l *Ledger) Key(event []byte) state.Key {
	return state.KeyOf(append(state.AppendValue(l.events.Begin(nil), event), keyOfEvent))
}

// useOf notes a use of one resource.
func (l *Ledger) useOf(u *use.Use, resource string, account uint64, e *Event) *alert.Used {
	ms := e.At.UnixMilli()
	for n, share := range l.shares {
		if story, found := l.useIn(share, l.key(byte(n), resource), u, account, e); found {
			return story
		}
	}
	if story, found := l.useIn(l.closed, l.key(keyOfClosed, resource), u, account, e); found {
		return story
	}
	if story, found := l.useOfLost(u, resource, account, e); found {
		return story
	}
	l.keepEarly(resource, u, account, ms, e)
	return nil
}

// useIn notes a use under the grant in a set that let it in. found is false if there is no
// such grant, or if it was opened after the use.
func (l *Ledger) useIn(set *state.Set, key state.Key, u *use.Use, account uint64, e *Event) (story *alert.Used, found bool) {
	set.Update(key, e.At, e.Now, func(kept []byte) []byte {
		all := readOpens(kept)
		best, isChanged := -1, false
		for i := range all {
			o := &all[i]
			if !o.admits(u, account) {
				continue
			}
			if o.at > e.At.UnixMilli() {
				o.before, isChanged = true, true // they had access anyway
				continue
			}
			if best < 0 || isBetter(o, &all[best], account) {
				best = i
			}
		}
		if best >= 0 {
			found = true
			o := &all[best]
			if n, due := o.count(u, account, e, &l.dropped); due {
				story = o.usedStory(n, u, e)
			}
		}
		if !found && !isChanged {
			return kept
		}
		return appendOpens(nil, all)
	})
	return story, found
}

// isBetter reports whether a grant tells more of what let an account in than another one
// does: it names the account, or is newer.
func isBetter(o, other *open, account uint64) bool {
	if a, b := slices.Contains(o.accounts, account), slices.Contains(other.accounts, account); a != b {
		return a
	}
	return o.at >= other.at
}

// dayOf is the day of a time in milliseconds, as a number.
func dayOf(ms int64) int64 { return ms / (24 * time.Hour).Milliseconds() }

// count counts a use. due says that an alert is due: it is the first of its day, and not
// replayed from a day between those that were told of.
func (o *open) count(u *use.Use, account uint64, e *Event, dropped *atomic.Uint64) (n int, due bool) {
	ms := e.At.UnixMilli()
	n, isNew := o.usageOf(u, account, ms, dropped)
	have := &o.usages[n]
	due = isNew || dayOf(ms) > dayOf(have.last) || dayOf(ms) < dayOf(have.first)
	have.count++
	have.first, have.last = min(have.first, ms), max(have.last, ms)
	have.principal = cut(u.Principal)
	if u.Address != "" && !slices.Contains(have.addresses, u.Address) && len(have.addresses) < maxAddresses {
		have.addresses = append(have.addresses, cut(u.Address))
	}
	return n, due
}

// usageOf returns the usage that a use counts for. When a grant has many, further accounts
// count together; and of further actions the one whose last use is the oldest makes room.
func (o *open) usageOf(u *use.Use, account uint64, ms int64, dropped *atomic.Uint64) (n int, isNew bool) {
	is := func(account uint64) func(usage) bool {
		return func(have usage) bool { return have.account == account && have.action == cut(u.Action) }
	}
	if n = slices.IndexFunc(o.usages, is(account)); n >= 0 {
		return n, false
	}
	if len(o.usages) >= maxUsages-maxTogether {
		account = 0
		if n = slices.IndexFunc(o.usages, is(0)); n >= 0 {
			return n, false
		}
	}
	if len(o.usages) == maxUsages {
		oldest := 0
		for i := range o.usages {
			if o.usages[i].last < o.usages[oldest].last {
				oldest = i
			}
		}
		o.usages = slices.Delete(o.usages, oldest, oldest+1)
		dropped.Add(1)
	}
	o.usages = append(o.usages, usage{action: cut(u.Action), account: account, takesOut: u.TakesOut, first: ms, last: ms})
	return len(o.usages) - 1, true
}

// maxTogether is how many of a grant's usages are for accounts that count together.
const maxTogether = 6

// usedStory is the story of a use.
func (o *open) usedStory(n int, u *use.Use, e *Event) *alert.Used {
	have := &o.usages[n]
	return &alert.Used{
		Grant: o.story(), Action: valid(have.action), TakesOut: have.takesOut, Account: u.Account, Principal: valid(u.Principal),
		First: timeOf(have.first), Last: timeOf(have.last), Count: int(have.count), Addresses: validAll(have.addresses), EventID: valid(e.ID),
	}
}

func valid(text string) string { return grant.Bounded(text) }

func validAll(texts []string) []string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = valid(t)
	}
	return all
}
