package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memoryQueue hands out messages as SQS does: each is hidden for a time after that.
type memoryQueue struct {
	deadLetters bool
	fails       error // what Receive returns

	mu       sync.Mutex
	messages []*queued
}

type queued struct {
	body     string
	visible  time.Time
	received int
	deleted  bool
	longest  time.Duration // that it was hidden for at once
	hidden   int
}

func (q *memoryQueue) put(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range bodies {
		q.messages = append(q.messages, &queued{body: body})
	}
}

func (q *memoryQueue) String() string { return "https://sqs.example/q" }

func (q *memoryQueue) Receive(ctx context.Context, visibility time.Duration) (Message, bool, error) {
	if q.fails != nil {
		return Message{}, false, q.fails
	}
	for range 20 {
		q.mu.Lock()
		for i, m := range q.messages {
			if !m.deleted && !time.Now().Before(m.visible) {
				m.visible = time.Now().Add(visibility)
				m.received++
				q.mu.Unlock()
				return Message{Body: m.body, Receipt: fmt.Sprint(i)}, true, nil
			}
		}
		q.mu.Unlock()
		sleep(ctx, time.Second)
		if ctx.Err() != nil {
			return Message{}, false, ctx.Err()
		}
	}
	return Message{}, false, nil
}

func (q *memoryQueue) of(m Message) *queued {
	var i int
	_, _ = fmt.Sscan(m.Receipt, &i)
	return q.messages[i]
}

func (q *memoryQueue) Hide(_ context.Context, m Message, d time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.of(m)
	of.visible = time.Now().Add(d)
	of.longest = max(of.longest, d)
	of.hidden++
	return nil
}

func (q *memoryQueue) Delete(_ context.Context, m Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.of(m).deleted = true
	return nil
}

func (q *memoryQueue) HasDeadLetters(context.Context) (bool, error) { return q.deadLetters, nil }

// created is a message about objects that were created.
func created(keys ...string) string {
	var records []string
	for i, key := range keys {
		records = append(records, fmt.Sprintf(`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"trail"},"object":{"key":%q,"sequencer":"%d"}}}`, key, i))
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// slow gives its content after a time.
type slow struct {
	after time.Duration
	io.Reader
}

func (s *slow) Read(b []byte) (int, error) {
	time.Sleep(s.after)
	s.after = 0
	return s.Reader.Read(b)
}

func TestAMessageIsDeletedWhenItsObjectsAreSettled(t *testing.T) {
	denied := fmt.Errorf("%w (AccessDenied)", ErrDenied)
	store := func() memoryStore {
		return memoryStore{
			"a": logFile(2), "b": logFile(3), "cut": `{"Records":[{"a":1},`, "binary": "\x00\x01", "denied": denied,
			"outage": errors.New("SlowDown"), "CloudTrail-Digest/d": denied, "slow": &slow{150 * time.Second, strings.NewReader(logFile(1))},
		}
	}
	tests := []struct {
		name        string
		body        string
		deadLetters bool
		deleted     bool
		received    int // in the first five minutes
		events      int
		counted     Result
	}{
		{"an object", created("a"), false, true, 1, 2, Delivered},
		{"several objects", created("a", "b"), false, true, 1, 5, Delivered},
		{"S3's test", `{"Event":"s3:TestEvent"}`, false, true, 1, 0, Test},
		{"a digest", created("x/CloudTrail-Digest/d"), false, true, 1, 0, Delivered},
		{"an object that is gone", created("gone"), false, true, 1, 0, Delivered},
		{"an object that is cut off", created("cut"), false, true, 1, 1, Delivered},
		{"an object that is not JSON", created("binary"), false, true, 1, 0, Delivered},
		{"an object that may not be read comes again when its time is up", created("denied"), false, false, 5, 0, Denied},
		{"an outage too", created("outage"), true, false, 5, 0, Failed},
		{"of two objects the one that was delivered is not read again", created("a", "denied"), false, false, 5, 2, Denied},
		{"a foreign message where there are dead letters", "hello", true, false, 5, 0, Foreign},
		{"a foreign message where there are none", "hello", false, true, 1, 0, Foreign},
		{"an object that takes longer than a message is hidden", created("slow"), false, true, 1, 1, Delivered},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &memoryQueue{deadLetters: test.deadLetters}
				q.put(test.body)
				to := &receiver{}
				c := New(Options{Store: store(), Destination: to})
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute-time.Second)
				defer cancel()
				c.Queue(ctx, q, 2)
				m := q.messages[0]
				if m.deleted != test.deleted || m.received != test.received || len(to.got) != test.events {
					t.Errorf("deleted %v, received %d times, %d events", m.deleted, m.received, len(to.got))
				}
				if n := value(c.counts.messages.WithLabelValues(string(test.counted))); n != float64(test.received) {
					t.Errorf("%v counted as %s", n, test.counted)
				}
			})
		})
	}
}

func TestManyWorkersShareAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, store := &memoryQueue{}, memoryStore{}
		for i := range 100 {
			key := fmt.Sprint("object-", i)
			store[key] = `{"Records":[{"key":"` + key + `"}]}`
			q.put(created(key))
		}
		to := &receiver{}
		c := New(Options{Store: store, Destination: to})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { c.Queue(ctx, q, 4) })
		}
		all.Wait()
		slices.Sort(to.got)
		if n := len(slices.Compact(to.got)); n != 100 || len(to.got) != 100 {
			t.Errorf("%d events, %d different ones", len(to.got), n)
		}
	})
}

func TestAtTheEndWhatIsInHandIsFinishedOrGivenBack(t *testing.T) {
	for _, test := range []struct {
		name    string
		takes   time.Duration
		down    bool
		deleted bool
		ends    time.Duration
	}{
		{"it takes less than the grace", 4 * time.Second, false, true, 4 * time.Second},
		{"nothing is in hand", -1, false, false, 0},
		{"the receiver is down", 0, true, false, grace},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &memoryQueue{}
				if test.takes >= 0 {
					q.put(created("a"))
				}
				to := &receiver{block: test.down}
				c := New(Options{Store: memoryStore{"a": &slow{test.takes, strings.NewReader(logFile(1))}}, Destination: to})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Millisecond, cancel)
				start := time.Now()
				c.Queue(ctx, q, 2)
				if took := time.Since(start); took > test.ends+2*time.Second || took < test.ends-time.Second {
					t.Errorf("it ends after %v", took)
				}
				for _, m := range q.messages {
					if m.deleted != test.deleted || !m.deleted && time.Now().Before(m.visible) {
						t.Errorf("deleted %v, visible in %v", m.deleted, time.Until(m.visible))
					}
				}
			})
		})
	}
}

func TestAQueueThatFailsIsAskedMoreAndMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		c := New(Options{Log: func(line string) { lines = append(lines, line) }})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		c.Queue(ctx, &memoryQueue{fails: errors.New("QueueDoesNotExist: no such queue")}, 1)
		if len(lines) < 9 || len(lines) > 11 || lines[0] != "https://sqs.example/q: QueueDoesNotExist: no such queue" {
			t.Errorf("said %d lines: %q", len(lines), lines)
		}
		if !strings.HasSuffix(lines[1], " more of this kind before)") {
			t.Errorf("said %q", lines[1])
		}
		if err := c.Healthy(); !errors.Is(err, errNothingReceived) {
			t.Errorf("health is %v", err)
		}
	})
}
