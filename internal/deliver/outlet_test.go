package deliver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// grant is an event that the built-in rule matches.
func grant(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333"},`+
		`"eventTime":"2026-05-04T10:00:00Z","eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","awsRegion":"eu-west-1",`+
		`"requestParameters":{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"444455556666"},`+
		`"eventID":%q,"recipientAccountId":"111122223333"}`, id)
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)

// chunkOf returns a chunk with a record of each text.
func chunkOf(t testing.TB, records ...string) (c []byte) {
	t.Helper()
	for _, r := range records {
		body, err := document.AppendFromJSON(nil, []byte(r))
		if err != nil {
			t.Fatal(err)
		}
		c = chunk.Append(c, noon, body)
	}
	return c
}

func newEngine(t testing.TB) *detect.Engine {
	t.Helper()
	o := detect.DefaultOptions()
	var err error
	if o.Rules, err = rule.BuiltIn(); err != nil {
		t.Fatal(err)
	}
	e, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// destination is a destination for tests.
type destination struct {
	name string

	mu      sync.Mutex
	takes   int // of each delivery; -1 for all
	arrived []string
}

func (d *destination) Deliver(_ context.Context, alerts []Alert) (delivered int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range alerts {
		if d.takes >= 0 && delivered == d.takes {
			return delivered, errors.New("full")
		}
		d.arrived = append(d.arrived, describe(a.Body))
		delivered++
	}
	return delivered, nil
}

// describe returns the event's ID and why its alert is suppressed.
func describe(body []byte) string {
	id, _ := document.GetText(body, "eventID")
	alert, _ := document.Get(body, "alert")
	suppressed, _ := document.GetText(alert, "suppressed")
	return strings.TrimSpace(string(id) + " " + string(suppressed))
}

func (d *destination) String() string { return d.name }
func (d *destination) Close() error   { return nil }

func (d *destination) take(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takes = n
}

func (d *destination) want(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := strings.Join(d.arrived, ", "); got != strings.Join(want, ", ") {
		t.Errorf("%s got %s, want %s", d.name, got, strings.Join(want, ", "))
	}
}

func newTestOutlet(t testing.TB, destinations ...Destination) *Outlet {
	t.Helper()
	return newOutlet(newEngine(t), DefaultOptions(), destinations)
}

func (o *Outlet) hand(t *testing.T, c []byte, wantRetry bool) Result {
	t.Helper()
	result := o.Chunk(t.Context(), c, "cloudtrail", nil, 0)
	if result.Retry != wantRetry {
		t.Errorf("retry is %v, want %v (%v)", result.Retry, wantRetry, result.Warnings)
	}
	return result
}

func TestAChunkWithoutAlertsGoesNowhere(t *testing.T) {
	d := &destination{name: "d"}
	newTestOutlet(t, d).hand(t, chunkOf(t, `{"log":"hello"}`), false)
	d.want(t)
}

func TestWhatIsRetriedIsNotADuplicateOfItself(t *testing.T) {
	d := &destination{name: "d"}
	o := newTestOutlet(t, d)
	c := chunkOf(t, grant("e1"), grant("e2"), grant("e1"))
	for range 3 {
		o.hand(t, c, true)
	}
	d.take(-1)
	o.hand(t, c, false)
	d.want(t, "e1", "e2", "e1 duplicate")

	// The same events once more are duplicates.
	o.hand(t, chunkOf(t, grant("e2")), false)
	d.want(t, "e1", "e2", "e1 duplicate", "e2 duplicate")
}

func TestARetryCountsNoAlertAgain(t *testing.T) {
	d := &destination{name: "d"}
	o := newTestOutlet(t, d)
	c := chunkOf(t, grant("e1"), grant("e2"))
	for range 5 {
		o.hand(t, c, true)
	}
	if s := o.engine.Stats(); s.Alerts != 2 || s.Suppressed != 0 {
		t.Errorf("%d alerts, %d of them suppressed; want 2 and 0", s.Alerts, s.Suppressed)
	}
}

func TestADestinationThatHasAChunkDoesNotGetItAgain(t *testing.T) {
	well, ill := &destination{name: "well", takes: -1}, &destination{name: "ill"}
	o := newTestOutlet(t, well, ill)
	c := chunkOf(t, grant("e1"), grant("e2"))
	o.hand(t, c, true)
	o.hand(t, c, true)
	ill.take(-1)
	o.hand(t, c, false)
	well.want(t, "e1", "e2")
	ill.want(t, "e1", "e2")
}

func TestADestinationThatHasAPartOfAChunkGetsTheRest(t *testing.T) {
	d := &destination{name: "d", takes: 2}
	o := newTestOutlet(t, d)
	c := chunkOf(t, grant("e1"), grant("e2"), grant("e3"), grant("e4"), grant("e5"))
	o.hand(t, c, true)
	o.hand(t, c, true)
	o.hand(t, c, false)
	d.want(t, "e1", "e2", "e3", "e4", "e5")
}

func TestOneDestinationThatPanicsIsOneThatFails(t *testing.T) {
	well := &destination{name: "well", takes: -1}
	o := newTestOutlet(t, well, panicking{well})
	result := o.hand(t, chunkOf(t, grant("e1")), true)
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "oh") {
		t.Errorf("warnings %q", result.Warnings)
	}
	well.want(t, "e1")
}

type panicking struct{ *destination }

func (panicking) Deliver(context.Context, []Alert) (int, error) { panic("oh") }

func TestBrokenRecordsAreNoReasonToRetry(t *testing.T) {
	d := &destination{name: "d", takes: -1}
	o := newTestOutlet(t, d)
	good := chunkOf(t, grant("e1"))
	c := append([]byte("\x92\x01\x02"), good...) // not a map
	c = append(c, "\x93\x01\x02\x03"...)         // not an event
	c = append(c, chunkOf(t, grant("e2"))...)    // after them
	c = append(c, good[:len(good)-40]...)        // torn
	o.hand(t, c, false)
	d.want(t, "e1", "e2")
	if s := o.engine.Stats(); s.Malformed == 0 {
		t.Error("nothing was counted as malformed")
	}
}

func TestARecordThatAFilterHasTaggedGoesOutAsItIs(t *testing.T) {
	filtered, changed := chunk.Filter(nil, chunkOf(t, grant("e1")), newEngine(t))
	if !changed {
		t.Fatal("the filter does nothing")
	}
	e, _, err := chunk.Next(filtered)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	o := newTestOutlet(t, keeping{&got})
	o.hand(t, filtered, false)
	if string(got) != string(e.Body) {
		t.Errorf("got  %q\nwant %q", got, e.Body)
	}
}

type keeping struct{ body *[]byte }

func (k keeping) Deliver(_ context.Context, alerts []Alert) (int, error) {
	for _, a := range alerts {
		*k.body = append(*k.body, a.Body...)
	}
	return len(alerts), nil
}
func (keeping) String() string { return "keeping" }
func (keeping) Close() error   { return nil }

func TestFieldsAreTheAlertAndTheEventID(t *testing.T) {
	var got []byte
	options := DefaultOptions()
	options.OnlyFields = true
	o := newOutlet(newEngine(t), options, []Destination{keeping{&got}})
	o.hand(t, chunkOf(t, grant("e1")), false)
	var keys []string
	pairs := document.OverMap(got)
	for pairs.Next() {
		k, _ := document.Text(pairs.Key)
		keys = append(keys, string(k))
	}
	if text := strings.Join(keys, " "); text != "eventID alert" || describe(got) != "e1" {
		t.Errorf("the record has %s", text)
	}
	if _, ok := document.Path(got, "alert.grant"); !ok {
		t.Error("the grant is missing")
	}
}

func TestComplaintsComeOnceAMinuteAndEndWithGoodNews(t *testing.T) {
	d := &destination{name: "d"}
	o := newTestOutlet(t, d)
	var warnings, notes []string
	for i := range 10 {
		r := o.hand(t, chunkOf(t, grant(fmt.Sprint("e", i))), true)
		warnings, notes = append(warnings, r.Warnings...), append(notes, r.Notes...)
	}
	d.take(-1)
	r := o.hand(t, chunkOf(t, grant("e0")), false)
	notes = append(notes, r.Notes...)
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "d: full") {
		t.Errorf("warnings %q", warnings)
	}
	if len(notes) != 1 || notes[0] != "d: alerts arrive again after 10 deliveries that failed" {
		t.Errorf("notes %q", notes)
	}
}

// slow is a destination that takes alerts when the test lets it.
type slow struct {
	*destination
	let chan bool
}

func (s slow) Deliver(ctx context.Context, alerts []Alert) (int, error) {
	select {
	case <-s.let:
		return s.destination.Deliver(ctx, alerts)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func TestWhoMayNotBeHeldUpIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow{&destination{name: "slow", takes: 1}, make(chan bool)}
		o := newTestOutlet(t, s)
		c := chunkOf(t, grant("e1"), grant("e2"))
		const hold = time.Millisecond
		retry := func(want bool) {
			t.Helper()
			if got := o.Chunk(t.Context(), c, "x", nil, hold).Retry; got != want {
				t.Errorf("retry is %v, want %v", got, want)
			}
		}
		for range 2 {
			start := time.Now()
			if retry(true); time.Since(start) != hold {
				t.Errorf("a delivery that is still running is waited for %v", time.Since(start))
			}
		}
		s.want(t)
		s.let <- true // it takes the first of the two
		synctest.Wait()
		s.want(t, "e1")
		retry(true)
		s.let <- true
		synctest.Wait()
		start := time.Now()
		if retry(false); time.Since(start) != 0 {
			t.Errorf("a delivery that is done is waited for %v", time.Since(start))
		}
		s.want(t, "e1", "e2")
		if !o.failed.empty() {
			t.Error("a chunk that was delivered is remembered")
		}
	})
}

// The chunk is the host's, which writes over it after it has its answer.
func TestADeliveryThatGoesOnReadsNothingOfTheChunk(t *testing.T) {
	const metadata = "\x81\xa4host\xa2a1"
	var at, with, body []byte
	arrived := make(chan bool)
	s := slow{&destination{name: "slow", takes: -1}, make(chan bool)}
	o := newTestOutlet(t, watching{s, func(a Alert) {
		at, with, body = bytes.Clone(a.Timestamp), bytes.Clone(a.Metadata), bytes.Clone(a.Body)
		close(arrived)
	}})
	c := chunkOf(t, grant("e1"))
	const head = 12 // two list headers and the time, which the metadata follows
	c = slices.Concat(c[:head], []byte(metadata), c[head+1:])
	when := bytes.Clone(c[2:head])
	if !o.Chunk(t.Context(), c, "x", nil, time.Nanosecond).Retry {
		t.Fatal("a delivery that is still running is taken for done")
	}
	for i := range c {
		c[i] = 0xc1
	}
	s.let <- true
	<-arrived
	if string(at) != string(when) || string(with) != metadata || describe(body) != "e1" {
		t.Errorf("time %x, metadata %q, event %q; want %x, %q and e1", at, with, describe(body), when, metadata)
	}
}

// watching is a destination that shows what it is given, when the test lets it.
type watching struct {
	slow
	show func(Alert)
}

func (w watching) Deliver(ctx context.Context, alerts []Alert) (int, error) {
	n, err := w.slow.Deliver(ctx, alerts)
	w.show(alerts[0])
	return n, err
}

func TestCloseEndsWhatIsRunning(t *testing.T) {
	s := slow{&destination{name: "slow", takes: -1}, make(chan bool)}
	o := newTestOutlet(t, s)
	c := chunkOf(t, grant("e1"))
	if !o.Chunk(t.Context(), c, "x", nil, time.Millisecond).Retry {
		t.Fatal("no retry")
	}
	o.Close()
	start := time.Now()
	if !o.Chunk(t.Context(), c, "x", nil, 0).Retry || time.Since(start) > time.Second {
		t.Error("the delivery goes on after the end")
	}
}

func TestTheMemoryOfFailuresIsBounded(t *testing.T) {
	m := newMemory()
	for i := range 2 * maxFailures {
		m.keep(&failure{fingerprint: uint64(i)})
	}
	if n := m.byAge.Len(); n != maxFailures || len(m.failures) != n {
		t.Errorf("%d chunks are remembered, %d of them by age, want %d", len(m.failures), n, maxFailures)
	}
	if m.take(0) != nil || m.take(2*maxFailures-1) == nil {
		t.Error("it is not the oldest that are forgotten")
	}
}

func TestManyWorkersDeliverEachAlertOnce(t *testing.T) {
	d := &destination{name: "d", takes: -1}
	o := newTestOutlet(t, d)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := range 50 {
				if i%3 == 0 {
					d.take(0)
				}
				c := chunkOf(t, grant(fmt.Sprintf("e%d-%d", w, i)))
				for o.Chunk(t.Context(), c, "x", nil, 0).Retry {
					d.take(-1)
				}
			}
		})
	}
	wait.Wait()
	seen := map[string]int{}
	for _, id := range d.arrived {
		seen[id]++
	}
	for w := range 8 {
		for i := range 50 {
			if n := seen[fmt.Sprintf("e%d-%d", w, i)]; n != 1 {
				// A window can mark one as over max_signals, never lose it.
				if seen[fmt.Sprintf("e%d-%d max_signals", w, i)] != 1 {
					t.Fatalf("e%d-%d arrived %d times", w, i, n)
				}
			}
		}
	}
}
