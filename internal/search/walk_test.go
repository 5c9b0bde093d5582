package search_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/search"
)

// walked is what a walk comes to.
type walked struct {
	event, body, end int

	list string // where in the body a list begins, and its elements end; or the body's keys and values
}

func walkByC(data []byte, from, hit int) walked {
	l := document.List{Ends: make([]uint32, 0, 2)}
	event, body, end := search.Walk(data, from, hit, &l)
	if end == 0 {
		body = 0 // it means nothing
	}
	w := walked{event: event, body: body, end: end}
	if len(l.Ends) > 0 {
		w.list = fmt.Sprint(l.At, l.Ends)
	}
	return w
}

// walkByGo is search.Walk, written to be easy to read.
func walkByGo(data []byte, from, hit int) walked {
	for from < len(data) {
		e, rest, err := chunk.Next(data[from:])
		end := len(data) - len(rest)
		if err != nil || !bytes.HasPrefix(e.Raw, []byte("\x92\x92\xd7\x00")) && !bytes.HasPrefix(e.Raw, []byte("\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02\xd7\x00")) {
			break
		}
		if end > hit {
			return walked{from, end - len(e.Body), end, noted(e.Body, hit-(end-len(e.Body)))}
		}
		from = end
	}
	return walked{event: from}
}

// noted returns the list in walked of a body with a hit at an offset of it.
func noted(body []byte, hit int) (list string) {
	switch n, _, _ := document.ReadMapHeader(body); {
	case n > 64 || n > 8 && hit > 1024:
		return ""
	case n > 8:
		var ends []uint32
		for pairs := document.OverMap(body); pairs.Next(); {
			end := len(body) - len(pairs.Rest())
			ends = append(ends, uint32(end-len(pairs.Value)), uint32(end))
		}
		return fmt.Sprint(0, ends)
	}
	longest := 0
	for pairs := document.OverMap(body); pairs.Next(); {
		n, _, err := document.ReadArrayHeader(pairs.Value)
		if err != nil || n <= longest {
			continue
		}
		longest = n
		before := len(body) - len(pairs.Rest()) - len(pairs.Value)
		var ends []uint32
		for items := document.OverArray(pairs.Value); items.Next(); {
			_, end := items.Place()
			ends = append(ends, uint32(end))
		}
		list = fmt.Sprint(before, ends)
	}
	return list
}

// eventOf returns an event with this value, which is MessagePack, under a key.
func eventOf(value string) []byte {
	return chunk.Append(nil, time.Unix(1781776800, 5), []byte("\x81\xa1k"+value))
}

// oneOfEach are values in every encoding that MessagePack has.
var oneOfEach = []string{
	"\x00", "\x7f", "\x80", "\x81\x01\x02", "\x8f" + strings.Repeat("\xa1a\x01", 15), "\x90", "\x9f" + strings.Repeat("\xc0", 15),
	"\xa0", "\xa3abc", "\xbf" + strings.Repeat("x", 31), "\xc0", "\xc2", "\xc3",
	"\xc4\x00", "\xc4\x02ab", "\xc5\x00\x02ab", "\xc6\x00\x00\x00\x02ab",
	"\xc7\x02\x01ab", "\xc8\x00\x02\x01ab", "\xc9\x00\x00\x00\x02\x01ab",
	"\xca1234", "\xcb12345678", "\xcc1", "\xcd12", "\xce1234", "\xcf12345678",
	"\xd01", "\xd112", "\xd21234", "\xd312345678",
	"\xd4t1", "\xd5t12", "\xd6t1234", "\xd7t12345678", "\xd8t1234567890123456",
	"\xd9\x00", "\xd9\x02ab", "\xda\x00\x02ab", "\xdb\x00\x00\x00\x02ab",
	"\xdc\x00\x02\xc0\xa1x", "\xdd\x00\x00\x00\x02\xc0\xa1x", "\xde\x00\x01\xa1x\xc0", "\xdf\x00\x00\x00\x01\xa1x\xc0",
	"\xe0", "\xff",
	"\xd9\xff" + strings.Repeat("x", 255), "\xdf\x00\x00\x01\x00" + strings.Repeat("\xa1x\xc0", 256),
	"\xb0\x92\x92\xd7\x0012345678\x80\x81\xa1k", "\xc4\x11\x92\x92\xd7\x0012345678\x80\x81\xa1k\xc0", // as an event begins
}

// withMetadata returns an event with this value, which is MessagePack, in place of its metadata.
func withMetadata(value string) []byte {
	return []byte("\x92\x92\xd7\x0012345678" + value + "\x81\xa1k\xc0")
}

// lengthy is an event with the headers of its arrays as Fluent Bit 4.2 writes them.
func lengthy(event []byte) []byte {
	return append([]byte("\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02"), event[2:]...)
}

func TestTheWalkStepsOverEveryEncoding(t *testing.T) {
	for _, value := range oneOfEach {
		data := slices.Concat(eventOf(value), withMetadata(value), lengthy(withMetadata(value)), eventOf("\x91"+value), eventOf("\xa3hit"))
		hit := bytes.Index(data, []byte("hit"))
		want := len(data) - len(eventOf("\xa3hit"))
		if got := walkByC(data, 0, hit); got.event != want || got.end != len(data) || got.list != "" {
			t.Errorf("%q: it comes to %+v, want %d to %d", value, got, want, len(data))
		}
		for hit := range len(data) + 1 {
			if got, want := walkByC(data, 0, hit), walkByGo(data, 0, hit); got != want {
				t.Errorf("%q, to %d: it comes to %+v, want %+v", value, hit, got, want)
			}
		}
	}
}

func TestTheWalkLeavesWhatIsNotAnEventToOthers(t *testing.T) {
	good := string(eventOf("\xc0"))
	for _, test := range []struct{ name, data string }{
		{"a byte that is not MessagePack", good[:16] + "\xc1" + good[17:]},
		{"an array of three", "\x93" + good[1:]},
		{"no pair of timestamp and metadata", "\x92" + good[2:]},
		{"three before the body", "\x92\x93" + good[2:]},
		{"a timestamp that is an integer", "\x92\x92\x01\x80\x80"},
		{"another extension", good[:3] + "\x01" + good[4:]},
		{"three in an array with a header of five bytes", "\xdd\x00\x00\x00\x03" + string(lengthy([]byte(good))[5:])},
		{"one header of five bytes", "\xdd\x00\x00\x00\x02" + good[1:]},
		{"another extension after headers of five bytes", string(lengthy([]byte(good[:3] + "\x01" + good[4:])))},
		{"a body that is a list", "\x92\x92\xd7\x0012345678\x80\x91\xc0"},
		{"a body that is a text", "\x92\x92\xd7\x0012345678\x80\xa1x"},
		{"text that promises more than there is", string(eventOf("\xdb\xff\xff\xff\xff"))},
		{"a list that promises more than there is", string(eventOf("\xdd\xff\xff\xff\xff"))},
		{"maps that promise more than 32 bits can count", string(eventOf("\x92\xdf\x7f\xff\xff\xff\xdf\x7f\xff\xff\xff"))},
		{"an extension that promises more than there is", string(eventOf("\xc9\xff\xff\xff\xff\x01"))},
	} {
		data := []byte(good + test.data + good + good)
		if got := walkByC(data, 0, len(data)); got != (walked{event: len(good)}) {
			t.Errorf("%s: it comes to %+v, want %d", test.name, got, len(good))
		}
	}
}

func TestTheWalkOverRealTraffic(t *testing.T) {
	var data []byte
	for _, body := range workload.Thousandth.Packed(1, 2_000) {
		data = chunk.Append(data, time.Unix(1781776800, 0), body)
	}
	for hit := 0; hit < len(data); hit += 997 {
		if got, want := walkByC(data, 0, hit), walkByGo(data, 0, hit); got != want {
			t.Fatalf("to %d: it comes to %+v, want %+v", hit, got, want)
		}
	}
}

func TestTheWalkNotesWhereTheElementsOfAListEnd(t *testing.T) {
	for _, test := range []struct {
		name, body string
		at         int
		ends       []uint32
	}{
		{"one list", "\x81\xa1k\x93\xa1a\xc0\x90", 3, []uint32{3, 4, 5}},
		{"a list of every length of header", "\xde\x00\x01\xa1k\xdd\x00\x00\x00\x02\xc0\x81\xa1a\x01", 5, []uint32{6, 10}},
		{"a list of 16 bits", "\xdf\x00\x00\x00\x01\xa1k\xdc\x00\x01\xc0", 7, []uint32{4}},
		{"the longest of several", "\x83\xa1k\x91\xc0\xa1l\x92\x01\x02\xa1m\x92\x03\x04", 7, []uint32{2, 3}},
		{"no list that is further inside", "\x81\xa1k\x81\xa1l\x91\xc0", 0, nil},
		{"no list without elements", "\x81\xa1k\x90", 0, nil},
		{"keys and values in place of a list beside more than eight keys", "\x89\xa1k\x91\xc0" + strings.Repeat("\xa1l\xc0", 8), 0,
			[]uint32{3, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26, 28, 29}},
		{"a list beside seven keys", "\x88\xa1k\x91\xc0" + strings.Repeat("\xa1l\xc0", 7), 3, []uint32{2}},
		{"a list as a key is none", "\x81\x91\xc0\xc0", 0, nil},
	} {
		data := chunk.Append(eventOf("\x92\xc0\xc0"), time.Unix(1781776800, 5), []byte(test.body))
		var l document.List
		if _, _, end := search.Walk(data, 0, len(data)-1, &l); end != len(data) {
			t.Errorf("%s: the walk ends at %d, want %d", test.name, end, len(data))
		}
		if !slices.Equal(l.Ends, test.ends) || len(test.ends) > 0 && l.At != test.at {
			t.Errorf("%s: it is at %d with ends at %v, want %d %v", test.name, l.At, l.Ends, test.at, test.ends)
		}
	}
}

func TestTheWalkNotesKeysAndValuesOfAnEventThatMayHaveTheHit(t *testing.T) {
	long := "\xd9\xff" + strings.Repeat("x", 255)
	few := strings.Repeat("\xa1l\xc0", 8)
	for _, test := range []struct {
		name, body string
		hit        int // in the body
		ends       int
	}{
		{"nine keys", "\x89\xa1k" + long + few, 0, 18},
		{"sixty-four keys", "\xde\x00\x40" + strings.Repeat("\xa1l\xc0", 64), 0, 128},
		{"sixty-five keys", "\xde\x00\x41" + strings.Repeat("\xa1l\xc0", 65), 0, 0},
		{"a hit that is a kilobyte in", "\x89\xa1k\x94" + strings.Repeat(long, 4) + few, 1024, 18},
		{"a hit that is further in", "\x89\xa1k\x94" + strings.Repeat(long, 4) + few, 1025, 0},
	} {
		data := chunk.Append(nil, time.Unix(1781776800, 5), []byte(test.body))
		var l document.List
		_, body, end := search.Walk(data, 0, len(data)-len(test.body)+test.hit, &l)
		if end != len(data) || len(l.Ends) != test.ends {
			t.Errorf("%s: the walk ends at %d and notes %d ends, want %d and %d", test.name, end, len(l.Ends), len(data), test.ends)
		}
		if test.ends > 0 && (l.At != 0 || int(l.Ends[test.ends-1]) != end-body) {
			t.Errorf("%s: they are at %d up to %d, want 0 to %d", test.name, l.At, l.Ends[test.ends-1], end-body)
		}
	}
}

func TestTheWalkDoesNotGoPastAnEventThatIsCutOff(t *testing.T) {
	for _, value := range oneOfEach {
		data := chunk.Append(nil, time.Unix(1781776800, 5), []byte("\x89"+strings.Repeat("\xa1k"+value, 8)+"\xd9\x02kk\xd9\x02vv"))
		data = append(data, strings.Repeat("\xa2kk", 200)...) // what is after it could be the rest
		for _, data := range [][]byte{data, lengthy(data)} {
			for cut := range data {
				l := document.List{Ends: make([]uint32, 0, 18)} // without room nothing is noted
				event, _, end := search.Walk(data[:cut], 0, 0, &l)
				if want := walkByGo(data[:cut], 0, 0); event != want.event || end != want.end || (len(l.Ends) > 0) != (end > 0) {
					t.Fatalf("%q, cut off at %d: it comes to %d and %d with %d ends, want %+v", value, cut, event, end, len(l.Ends), want)
				}
			}
		}
	}
}

func TestAListThatNeedsRoomGetsItOnce(t *testing.T) {
	data := eventOf("\xdc\x01\x00" + strings.Repeat("\xc0", 256))
	var l document.List
	for i := range 3 {
		search.Walk(data, 0, 20, &l)
		if len(l.Ends) != 256 || cap(l.Ends) != 320 {
			t.Errorf("walk %d: %d ends are noted, with room for %d; want 256 and 320", i, len(l.Ends), cap(l.Ends))
		}
	}
	if n := testing.AllocsPerRun(100, func() { search.Walk(data, 0, 20, &l) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	search.Walk(eventOf("\xc0"), 0, 1, &l)
	if len(l.Ends) != 0 {
		t.Errorf("%d ends are noted of an event without a list", len(l.Ends))
	}
	for _, test := range []struct {
		elements string
		want     int
	}{{"\xdd\x00\x01\x00\x01" + strings.Repeat("\xc0", 1<<16+1), 0}, {"\xdd\x00\x01\x00\x00" + strings.Repeat("\xc0", 1<<16), 1 << 16}} {
		search.Walk(eventOf(test.elements), 0, 20, &l)
		if len(l.Ends) != test.want || cap(l.Ends) > 1<<16 {
			t.Errorf("%d ends are noted, with room for %d; want %d, and at most 65536", len(l.Ends), cap(l.Ends), test.want)
		}
		event := eventOf(test.elements)
		if n := testing.AllocsPerRun(10, func() { search.Walk(event, 0, 20, &l) }); n != 0 {
			t.Errorf("%v allocations each time", n)
		}
	}
}

// FuzzWalkAgreesWithGo compares the walk in C with the one in Go.
func FuzzWalkAgreesWithGo(f *testing.F) {
	for _, value := range oneOfEach {
		f.Add(slices.Concat(eventOf(value), withMetadata(value), eventOf("\xa3hit"), eventOf("\xc0")), uint16(0), uint16(60))
		f.Add(slices.Concat(lengthy(withMetadata(value)), lengthy(eventOf("\xa3hit"))), uint16(0), uint16(60))
	}
	var body []byte
	body = msgp.AppendMapHeader(body, 1)
	body = msgp.AppendString(body, strings.Repeat("x", 300))
	body = msgp.AppendNil(body)
	f.Add(append(chunk.Append(nil, time.Unix(-1, 0), body), eventOf("\xc0")...), uint16(0), uint16(330))
	f.Add(chunk.Append(nil, time.Unix(1, 0), []byte("\xde\x00\x02\xa1k\xdd\x00\x00\x00\x02\xc0\xa1x\xa1l\xdc\x00\x03\x01\x81\xa1a\xda\x00\x01b\x03")), uint16(0), uint16(40))
	f.Add(eventOf("\x90\x8a"+strings.Repeat("\xa1k\xd9\x02ab\x93\x01\xa1a\x80\xc0", 6)), uint16(0), uint16(14))
	f.Add(chunk.Append(nil, time.Unix(1, 0), []byte("\x89"+strings.Repeat("\xa1k\x81\xa1l\xd9\x02ab\xd9\x01k\xc0", 5))), uint16(0), uint16(14))
	f.Fuzz(func(t *testing.T, data []byte, from, hit uint16) {
		if int(hit) > len(data) || from > hit {
			return
		}
		if got, want := walkByC(data, int(from), int(hit)), walkByGo(data, int(from), int(hit)); got != want {
			t.Errorf("%q from %d to %d: it comes to %+v, want %+v", data, from, hit, got, want)
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	var data []byte
	const events = 700
	for _, body := range workload.Mixed.Packed(1, events) {
		data = chunk.Append(data, time.Unix(1781776800, 0), body)
	}
	for name, walk := range map[string]func([]byte, int, int) walked{"C": walkByC, "Go": walkByGo} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if walk(data, 0, len(data)).event != len(data) {
					b.Fatal("it does not come to the end")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
		})
	}
}
