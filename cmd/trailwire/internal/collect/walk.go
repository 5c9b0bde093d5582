package collect

import (
	"context"
	"sync"
	"time"
)

// Lister lists objects in an order that does not change.
type Lister func(ctx context.Context, after string, visit func(o Object, modified time.Time) bool) error

// Walk delivers the objects that list has, those alone that were written at since or
// later, with so many workers. It begins after the key in mark and moves the mark on as
// objects are settled. What a permission or the end of the process keeps from being
// read is not passed: the next walk begins with it. It returns how many objects were not
// delivered whole, and an error if the list or the mark failed.
func (c *Collector) Walk(ctx context.Context, list Lister, since time.Time, mark *Mark, workers int) (problems int, err error) {
	w := walk{Collector: c, mark: mark}
	tasks := make(chan *task)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for t := range tasks {
				w.settle(t, c.Object(ctx, t.object))
			}
		})
	}
	err = list(ctx, mark.Key(), func(o Object, modified time.Time) bool {
		c.health.received(c.now())
		if modified.Before(since) {
			return ctx.Err() == nil
		}
		t := &task{object: o}
		w.add(t)
		select {
		case tasks <- t:
		case <-ctx.Done():
		}
		return ctx.Err() == nil
	})
	close(tasks)
	all.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = w.err
	}
	return w.problems, err
}

// walk knows which objects are under way, in order.
type walk struct {
	*Collector
	mark *Mark

	mu       sync.Mutex
	pending  []*task // in the order of the list; the first is not settled
	stopped  bool    // an object before is not settled and will not be
	problems int
	err      error // of the mark
}

type task struct {
	object  Object
	done    bool
	settled bool
}

func (w *walk) add(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, t)
}

// settle notes a result, and moves the mark over all objects before which none is open.
func (w *walk) settle(t *task, result Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.done, t.settled = true, result.settled()
	switch result {
	case Unreadable, Partial, Denied, Failed, Gone:
		w.problems++
	}
	moved := ""
	for len(w.pending) > 0 && w.pending[0].done {
		first := w.pending[0]
		w.pending = w.pending[1:]
		w.stopped = w.stopped || !first.settled
		if !w.stopped {
			moved = first.object.Key
		}
	}
	if moved == "" {
		return
	}
	if err := w.mark.Move(moved); err != nil && w.err == nil {
		w.err = err
	}
}
