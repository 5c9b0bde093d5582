package collect

import (
	"context"
	"sync"
	"time"
)

// Message is one message of a queue.
type Message struct {
	Body    string
	Receipt string // what the queue knows the message by, this time
}

// Queue hands out messages that tell of objects. It may be used from several goroutines
// at once.
type Queue interface {
	// String names the queue in lines.
	String() string

	// Receive waits for a message, some seconds at most. It returns false if none
	// has come. Nobody else gets the message for the time that is set with [Queue.Hide],
	// or at first for visibility.
	Receive(ctx context.Context, visibility time.Duration) (Message, bool, error)

	// Hide keeps a message from others for so long from now; zero gives it back.
	Hide(ctx context.Context, m Message, d time.Duration) error

	// Delete deletes a message.
	Delete(ctx context.Context, m Message) error

	// HasDeadLetters reports whether the queue moves a message away that was received
	// too often.
	HasDeadLetters(ctx context.Context) (bool, error)
}

// How long a message is hidden while its objects are read. It is hidden anew three
// times in each period, so that a process that has died keeps it for no longer.
const (
	visibility = 60 * time.Second
	hideEvery  = visibility / 3
)

// grace is how long what is in hand may take once the process is to end.
const grace = 8 * time.Second

// Queue reads a queue with so many workers until the context ends. Each worker has one
// message at a time, so that none waits for another. What is in hand then has some
// seconds to be finished; otherwise it is given back.
func (c *Collector) Queue(ctx context.Context, q Queue, workers int) {
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, func() {
		c.sleep(work, grace)
		end()
	})
	defer stop()
	reader := queueReader{Collector: c, queue: q}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { reader.run(ctx, work) })
	}
	all.Wait()
}

type queueReader struct {
	*Collector
	queue Queue
}

// run takes one message after the other until receiving ends.
func (r *queueReader) run(receiving, work context.Context) {
	pause := firstPause
	for receiving.Err() == nil {
		m, found, err := r.queue.Receive(receiving, visibility)
		switch {
		case receiving.Err() != nil && !found:
			return
		case err != nil:
			r.log.say("receive", r.queue.String()+": "+err.Error())
			r.sleep(receiving, pause)
			pause = min(2*pause, maxPause)
			continue
		}
		pause = firstPause
		r.health.received(r.now())
		if found {
			r.message(work, m)
		}
	}
}

// message delivers the objects that a message tells of, and deletes it when that is
// done.
func (r *queueReader) message(ctx context.Context, m Message) {
	n, known := readNotification(m.Body)
	switch {
	case !known:
		r.counts.message(Foreign)
		r.foreign(ctx, m)
		return
	case n.test:
		r.counts.message(Test)
		r.delete(ctx, m)
		return
	}
	stop := r.keepHidden(ctx, m)
	result := Delivered
	for _, o := range n.objects {
		if of := r.Object(ctx, o); !of.settled() {
			result = of
		}
	}
	stop()
	r.counts.message(result)
	switch result {
	case Delivered:
		r.delete(ctx, m)
	case GivenBack:
		r.giveBack(m)
	default:
		// It stays hidden until its time is up: an outage is not over at once.
	}
}

// foreign settles a message that tells of no object. Where the queue has dead letters
// it goes there by itself, after as many receives as are set there. Otherwise it would
// come for ever.
func (r *queueReader) foreign(ctx context.Context, m Message) {
	kept, err := r.queue.HasDeadLetters(ctx)
	if err != nil || kept {
		r.log.say(string(Foreign), r.queue.String()+": a message tells of no object in S3; it is left to the queue's dead letters")
		return
	}
	r.log.say(string(Foreign), r.queue.String()+": a message tells of no object in S3; it is deleted, since the queue has no dead letters")
	r.delete(ctx, m)
}

// delete deletes a message that is settled. If that fails it comes again, and its
// objects are known for some time.
func (r *queueReader) delete(ctx context.Context, m Message) {
	ctx, cancel := withoutEnd(ctx)
	defer cancel()
	if err := r.queue.Delete(ctx, m); err != nil {
		r.log.say("delete", r.queue.String()+": a message is not deleted and comes again: "+err.Error())
	}
}

func (r *queueReader) giveBack(m Message) {
	ctx, cancel := withoutEnd(context.Background())
	defer cancel()
	if err := r.queue.Hide(ctx, m, 0); err != nil {
		r.log.say("give back", r.queue.String()+": a message is not given back and comes again later: "+err.Error())
	}
}

// withoutEnd is for what has to be said to a queue although the process ends.
func withoutEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 1500*time.Millisecond)
}

// keepHidden hides a message from others until stop is called.
func (r *queueReader) keepHidden(ctx context.Context, m Message) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			r.sleep(ctx, hideEvery)
			if ctx.Err() != nil {
				return
			}
			if err := r.queue.Hide(ctx, m, visibility); err != nil && ctx.Err() == nil {
				r.log.say("hide", r.queue.String()+": a message may come again while it is worked on: "+err.Error())
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}
