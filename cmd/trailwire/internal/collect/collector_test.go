package collect

import (
	"bytes"
	"compress/gzip"
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

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/deliver"
)

// memoryStore has objects by key. A value that is an error is what Open returns.
type memoryStore map[string]any

func (s memoryStore) Open(_ context.Context, o Object) (io.ReadCloser, error) {
	switch content := s[o.Key].(type) {
	case []byte:
		return io.NopCloser(bytes.NewReader(content)), nil
	case string:
		return io.NopCloser(strings.NewReader(content)), nil
	case io.Reader:
		return io.NopCloser(content), nil
	case error:
		return nil, content
	}
	return nil, ErrGone
}

// receiver keeps the JSON of what it takes. It refuses so many deliveries first.
type receiver struct {
	mu     sync.Mutex
	got    []string
	sizes  []int // of the deliveries, in bytes
	counts []int // of the deliveries, in records
	refuse int
	block  bool // refuses until the context ends
}

func (r *receiver) Deliver(ctx context.Context, records []deliver.Alert) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.block {
		return 0, errors.New("connection refused")
	}
	if r.refuse > 0 {
		r.refuse--
		return 0, errors.New("connection refused")
	}
	size := 0
	for _, record := range records {
		text, err := document.AppendJSON(nil, record.Body)
		if err != nil {
			return 0, err
		}
		r.got = append(r.got, string(text))
		size += len(record.Body)
	}
	r.sizes = append(r.sizes, size)
	r.counts = append(r.counts, len(records))
	return len(records), nil
}

func (r *receiver) String() string { return "forward://receiver:24224" }
func (r *receiver) Close() error   { return nil }

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// logFile is a file of CloudTrail with so many events.
func logFile(events int) string {
	var b strings.Builder
	for i := range events {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"eventTime":"2026-11-27T10:00:00Z","eventID":"e-%d"}`, i)
	}
	return `{"Records":[` + b.String() + `]}`
}

type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestEveryObjectEndsInOneWay(t *testing.T) {
	whole := zipped(logFile(3))
	tests := []struct {
		name   string
		key    string
		object any
		want   Result
		events int
		line   string
	}{
		{"a file of CloudTrail", "AWSLogs/1/CloudTrail/a.json.gz", whole, Delivered, 3, ""},
		{"a file that is not compressed", "a.json", logFile(2), Delivered, 2, ""},
		{"a file without events", "a.json.gz", zipped(`{"Records":[]}`), Delivered, 0, ""},
		{"an event a line", "a.ndjson", "{\"a\":1}\n{\"a\":2}\n", Delivered, 2, ""},
		{"a digest", "AWSLogs/1/CloudTrail-Digest/a.json.gz", errors.New("not asked for"), Digest, 0, ""},
		{"an insight", "AWSLogs/1/CloudTrail-Insight/a.json.gz", errors.New("not asked for"), Insight, 0, ""},
		{"a folder", "AWSLogs/", errors.New("not asked for"), Folder, 0, ""},
		{"an object that was deleted", "gone", nil, Gone, 0, "s3://trail/gone: nothing was read: the object is not there any more"},
		{"an object that may not be read", "k", fmt.Errorf("%w (AccessDenied: kms:Decrypt)", ErrDenied), Denied, 0, "s3://trail/k: not read: access denied (AccessDenied: kms:Decrypt)"},
		{"an outage", "k", errors.New("SlowDown: try later"), Failed, 0, "s3://trail/k: not read to its end; it comes again: SlowDown: try later"},
		{"a connection that breaks", "k", &failing{bytes.NewReader(whole[:len(whole)/2]), errors.New("connection reset")}, Failed, 0, "s3://trail/k: not read to its end; it comes again: gzip: connection reset"},
		{"gzip that is cut off", "k.json.gz", whole[:len(whole)-9], Partial, 3, "s3://trail/k.json.gz: delivered as far as it can be read: gzip: the file is cut off"},
		{"gzip that begins well and is not JSON", "k.json.gz", zipped("\x00\x01binary"), Unreadable, 0, "s3://trail/k.json.gz: cannot be read: "},
		{"what only begins like gzip", "k.json.gz", "\x1f\x8bx", Unreadable, 0, "s3://trail/k.json.gz: cannot be read: not gzip although it begins so"},
		{"another compression", "k.json.zst", "\x28\xb5\x2f\xfdxxxx", Unreadable, 0, "s3://trail/k.json.zst: cannot be read: this is zstd"},
		{"text", "k.json.gz", zipped("no JSON here"), Unreadable, 0, "s3://trail/k.json.gz: cannot be read: line 1: "},
		{"an empty object", "k.json.gz", "", Delivered, 0, ""},
		{"a list that is cut off", "k.json", `{"Records":[{"a":1},{"b":`, Partial, 2, "s3://trail/k.json: delivered as far as it can be read: line 1: the record is cut off"},
		{"a broken event among others", "k.json", `{"Records":[{"a":1},{"b":x},{"c":3}]}`, Partial, 3, "s3://trail/k.json: delivered as far as it can be read: line 1: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			to := &receiver{}
			c := New(Options{Store: memoryStore{test.key: test.object}, Destination: to, Log: func(line string) { lines = append(lines, line) }})
			if got := c.Object(t.Context(), Object{Bucket: "trail", Key: test.key}); got != test.want || len(to.got) != test.events {
				t.Errorf("%s with %d events, want %s with %d: %q", got, len(to.got), test.want, test.events, to.got)
			}
			switch {
			case test.line == "" && len(lines) > 0, test.line != "" && len(lines) != 1:
				t.Errorf("said %q", lines)
			case test.line != "" && !strings.HasPrefix(lines[0], test.line):
				t.Errorf("said %q, want %q", lines[0], test.line)
			}
			if n := value(c.counts.objects.WithLabelValues(string(test.want))); n != 1 {
				t.Errorf("counted %v as %s", n, test.want)
			}
		})
	}
}

func TestEventsComeInOrderAndInMessagesOfBoundedSize(t *testing.T) {
	const events = 50_000
	to := &receiver{}
	c := New(Options{Store: memoryStore{"k": zipped(logFile(events))}, Destination: to})
	if got := c.Object(t.Context(), Object{Key: "k"}); got != Delivered || len(to.got) != events {
		t.Fatalf("%s, %d events", got, len(to.got))
	}
	for i, record := range to.got {
		if want := fmt.Sprintf(`"eventID":"e-%d"}`, i); !strings.HasSuffix(record, want) {
			t.Fatalf("record %d is %s", i, record)
		}
	}
	if most := slices.Max(to.sizes); most > 1<<20 || len(to.sizes) < 2 {
		t.Errorf("%d deliveries, of up to %d bytes", len(to.sizes), most)
	}
}

func TestARecordHasTheTimeOfItsEvent(t *testing.T) {
	now := time.Unix(1_700_000_000, 5)
	for _, test := range []struct {
		name, event string
		want        time.Time
	}{
		{"the event's", `{"eventTime":"2026-11-27T10:00:00Z"}`, time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)},
		{"none", `{"a":1}`, now},
		{"one that is not a time", `{"eventTime":"yesterday"}`, now},
		{"a number", `{"eventTime":1}`, now},
		{"one that Fluent Bit cannot write", `{"eventTime":"1960-01-01T00:00:00Z"}`, now},
		{"one that is too late", `{"eventTime":"2300-01-01T00:00:00Z"}`, now},
	} {
		t.Run(test.name, func(t *testing.T) {
			record, err := document.AppendFromJSON(nil, []byte(test.event))
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("d700%08x%08x", test.want.Unix(), test.want.Nanosecond())
			if got := fmt.Sprintf("%x", timestamp(record, now)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestAnOutageOfTheReceiverLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		to := &receiver{refuse: 5}
		c := New(Options{Store: memoryStore{"k": logFile(3)}, Destination: to, Log: func(line string) { lines = append(lines, line) }})
		if got := c.Object(t.Context(), Object{Key: "k"}); got != Delivered || len(to.got) != 3 {
			t.Errorf("%s, %d events", got, len(to.got))
		}
		if len(lines) != 1 || lines[0] != "forward://receiver:24224: connection refused; trying again" {
			t.Errorf("said %q", lines)
		}
	})
}

func TestHealthFailsAfterAMinuteWithoutSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{block: true}
		c := New(Options{Store: memoryStore{"k": logFile(3)}, Destination: to})
		check := func(when string, want error) {
			t.Helper()
			if err := c.Healthy(); !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s: %v, want %v", when, err, want)
			}
		}
		check("at the start", nil)
		time.Sleep(59 * time.Second)
		check("before the minute is over", nil)
		time.Sleep(time.Second)
		check("when no queue has answered", errNothingReceived)
		c.health.received(time.Now())
		check("when one has answered", nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan Result)
		go func() { ended <- c.Object(ctx, Object{Key: "k"}) }()
		time.Sleep(90 * time.Second)
		check("when nothing can be delivered", errNothingDelivered)
		to.mu.Lock()
		to.block = false
		to.mu.Unlock()
		if got := <-ended; got != Delivered {
			t.Errorf("%s", got)
		}
		cancel()
		check("when it was delivered", nil)
	})
}

func TestALineIsSaidOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		l := newRareLog(func(line string) { lines = append(lines, line) }, time.Now)
		for range 3 {
			l.say("denied", "a")
			l.say("gone", "b")
		}
		time.Sleep(time.Minute)
		l.say("denied", "c")
		if want := []string{"a", "b", "c (and 2 more of this kind before)"}; !slices.Equal(lines, want) {
			t.Errorf("said %q, want %q", lines, want)
		}
	})
}

func TestAnObjectIsKnownUntilOthersTakeItsPlace(t *testing.T) {
	r := newRecent(2)
	a, b, c := Object{Key: "a", Change: "1"}, Object{Key: "b", Change: "1"}, Object{Key: "c", Change: "1"}
	r.add(a)
	r.add(a)
	r.add(b)
	r.add(Object{Key: "no change is known"})
	if !r.has(a) || !r.has(b) || r.has(Object{Key: "a", Change: "2"}) || r.has(Object{Key: "no change is known"}) {
		t.Error("what is known is wrong")
	}
	r.add(c)
	if r.has(a) || !r.has(b) || !r.has(c) {
		t.Error("the oldest was not forgotten")
	}
}
