package follow

import "sync"

// Watcher is told which accounts to look for in events, as numbers. It is called under a
// lock: it must not use the ledger.
type Watcher interface {
	Add(account uint64) error
	Remove(account uint64)
}

// watch counts the grants to each account, and tells watchers of the first and the last.
type watch struct {
	mu       sync.Mutex
	grants   map[uint64]int
	watchers []*Watcher // by where they are: two may be equal
	failed   uint64     // accounts that a watcher could not take

	evicted []gone // grants that the memory has given up, and nobody has noted yet
}

// gone is what is left of a grant that was given up.
type gone struct {
	resource string // if others than the accounts got in
	accounts []uint64
}

// add tells the watchers to look for the accounts.
func (w *watch) add(accounts []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range accounts {
		if w.grants[id]++; w.grants[id] > 1 {
			continue
		}
		for _, watcher := range w.watchers {
			w.tell(*watcher, id)
		}
	}
}

func (w *watch) tell(watcher Watcher, id uint64) {
	if watcher.Add(id) != nil {
		w.failed++
	}
}

// remove tells the watchers that a grant to the accounts is gone.
func (w *watch) remove(accounts []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range accounts {
		w.drop(id)
	}
}

func (w *watch) drop(id uint64) {
	if w.grants[id]--; w.grants[id] > 0 {
		return
	}
	delete(w.grants, id)
	for _, watcher := range w.watchers {
		(*watcher).Remove(id)
	}
}

// forgotten notes grants that the memory gives up. It runs under the memory's lock.
func (w *watch) forgotten(all []open, evicted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range all {
		o := &all[i]
		if !evicted || o.closed != 0 {
			for _, id := range o.accounts {
				w.drop(id)
			}
			continue
		}
		g := gone{accounts: o.accounts} // they stay watched until they are noted
		if o.others {
			g.resource = o.resource
		}
		w.evicted = append(w.evicted, g)
	}
}

// takeEvicted returns the grants that were given up since it was last called.
func (w *watch) takeEvicted() []gone {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.evicted
	w.evicted = nil
	return all
}

// attach tells a new watcher of all accounts, and has it told of changes until stop is
// called.
func (w *watch) attach(watcher Watcher) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.grants {
		w.tell(watcher, id)
	}
	w.watchers = append(w.watchers, &watcher)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, other := range w.watchers {
			if other == &watcher {
				w.watchers = append(w.watchers[:i:i], w.watchers[i+1:]...)
				return
			}
		}
	}
}
