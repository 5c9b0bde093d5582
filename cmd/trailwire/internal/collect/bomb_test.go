package collect

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bomb is gzip of so many times a text, in files that follow one another.
func bomb(begin, piece string, times int, end string) []byte {
	var b bytes.Buffer
	b.Write(zipped(begin))
	// One file of gzip has a megabyte of the piece, the last one the rest.
	each := max(1, 1<<20/len(piece))
	whole := zipped(strings.Repeat(piece, each))
	for ; times > each; times -= each {
		b.Write(whole)
	}
	b.Write(zipped(strings.Repeat(piece, times) + end))
	return b.Bytes()
}

// highest returns the most bytes that the heap had while f ran.
func highest(f func()) (bytes uint64) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		select {
		case <-done:
			return max(peak.Load(), before.HeapAlloc) - before.HeapAlloc
		case <-time.After(2 * time.Millisecond):
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > peak.Load() {
				peak.Store(now.HeapAlloc)
			}
		}
	}
}

// A megabyte of gzip may hold a gigabyte. Whatever that is, it is read in little memory,
// and the events around it arrive.
func TestAnObjectThatIsLargeWhenDecompressedTakesLittleMemory(t *testing.T) {
	const size = 128 << 20
	fill := func(begin, piece, end string) []byte { return bomb(begin, piece, size/len(piece), end) }
	tests := []struct {
		name   string
		object []byte
		want   Result
		events int
		line   string
	}{
		{"zeros", fill("", "\x00", ""), Delivered, 0, ""},
		{"zeros after an event", fill(`{"Records":[{"a":1}]}`, "\x00", ""), Delivered, 1, ""},
		{"a text that does not end", fill(`{"Records":[{"a":1},{"b":"`, "x", ""), Partial, 1, "the record is larger than 5000000 bytes"},
		{"a text between events", fill(`{"Records":[{"a":1},{"b":"`, "x", `"},{"c":3}]}`), Partial, 2, "the record is larger than 5000000 bytes"},
		{"white space between events", fill(`{"Records":[{"a":1},`, "        ", `{"c":3}]}`), Delivered, 2, ""},
		{"white space in an event", fill(`{"Records":[{"a":1},{"b":`, "        ", `2},{"c":3}]}`), Partial, 2, "the record is larger than 5000000 bytes"},
		{"lists in lists", fill(`{"Records":[{"a":1},{"b":`, "[", ""), Partial, 1, "the record is larger than 5000000 bytes"},
		{"objects in objects", fill("", `{"a":`, ""), Unreadable, 0, "the record is larger than 5000000 bytes"},
		{"a line of words", fill("", "word ", ""), Unreadable, 0, "the record is larger than 5000000 bytes"},
		{"one record with a list of it", fill(`{"other":1,"Records":[`, `{"a":1},`, `{"a":1}]}`), Unreadable, 0, "the record is larger than 5000000 bytes"},
		{"numbers, which are longer as MessagePack", bomb(`{"Records":[{"a":1},{"b":[0.5`, ",0.5", 1_000_000, `]},{"c":3}]}`), Partial, 2, "bytes as MessagePack, more than 5000000"},
		{"gzip of gzip", zipped(string(zipped(string(zipped(strings.Repeat("x", 64<<20)))))), Unreadable, 0, "decompressed it has more than 2048 times its size"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			to := &receiver{}
			c := New(Options{Store: memoryStore{"k": test.object}, Destination: to, Log: func(line string) { lines = append(lines, line) }})
			var got Result
			start := time.Now()
			peak := highest(func() { got = c.Object(t.Context(), Object{Key: "k"}) })
			t.Logf("%d bytes took %d MB and %v", len(test.object), peak>>20, time.Since(start).Round(time.Millisecond))
			if got != test.want || len(to.got) != test.events {
				t.Errorf("%s with %d events, want %s with %d", got, len(to.got), test.want, test.events)
			}
			if said := strings.Join(lines, "\n"); !strings.Contains(said, test.line) || test.line == "" && said != "" {
				t.Errorf("said %q, want %q", said, test.line)
			}
			if peak > 64<<20 {
				t.Errorf("it took %d bytes of memory", peak)
			}
		})
	}
}

// A record of two bytes takes a hundred while it waits for its delivery.
func TestManySmallRecordsAreDeliveredInParts(t *testing.T) {
	const events = 25_000
	to := &receiver{}
	c := New(Options{Store: memoryStore{"k": bomb(`{"Records":[`, `{},`, events-1, `{}]}`)}, Destination: to})
	if got := c.Object(t.Context(), Object{Key: "k"}); got != Delivered || len(to.got) != events || fmt.Sprint(to.counts) != "[10000 10000 5000]" {
		t.Errorf("%s, %d events in deliveries of %v", got, len(to.got), to.counts)
	}
}
