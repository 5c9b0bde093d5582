package collect

import "sync"

// maxRecent is how many objects are known to be delivered. A queue hands a message out
// twice within minutes, if at all.
const maxRecent = 10_000

// recent knows the objects that were settled last. It is safe for concurrent use.
type recent struct {
	mu    sync.Mutex
	known map[Object]bool
	order []Object // a ring
	next  int
}

func newRecent(most int) *recent {
	return &recent{known: make(map[Object]bool), order: make([]Object, 0, most)}
}

func (r *recent) has(o Object) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[o]
}

// add adds an object whose change is known: without it, another content under the
// same key could not be told apart.
func (r *recent) add(o Object) {
	if o.Change == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[o] {
		return
	}
	if len(r.order) < cap(r.order) {
		r.order = append(r.order, o)
	} else {
		delete(r.known, r.order[r.next])
		r.order[r.next] = o
		r.next = (r.next + 1) % len(r.order)
	}
	r.known[o] = true
}
