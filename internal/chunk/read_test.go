package chunk

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/document"
)

// stamp is the timestamp 2023-11-14T22:13:20.5Z in the form that Fluent Bit
// writes.
const stamp = "\xd7\x00\x65\x53\xf1\x00\x1d\xcd\x65\x00"

func TestNextReadsEveryFormOfAnEvent(t *testing.T) {
	at := time.Date(2023, time.November, 14, 22, 13, 20, 0, time.UTC)
	half := at.Add(500 * time.Millisecond)
	for _, c := range []struct {
		name   string
		header string
		time   time.Time
		marker bool
	}{
		{"Fluent Bit's timestamp, no metadata", "\x92\x92" + stamp + "\x80", half, false},
		{"with metadata", "\x92\x92" + stamp + "\x81\xa1k\xa1v", half, false},
		{"with metadata that is not a map", "\x92\x92" + stamp + "\xc0", half, false},
		{"the timestamp as ext 8", "\x92\x92\xc7\x08\x00" + stamp[2:] + "\x80", half, false},
		{"an older host or Forward", "\x92" + stamp, half, false},
		{"seconds as an integer", "\x92\xce\x65\x53\xf1\x00", at, false},
		{"seconds as a signed integer", "\x92\xd2\x65\x53\xf1\x00", at, false},
		{"seconds as 64 bits", "\x92\xcf\x00\x00\x00\x00\x65\x53\xf1\x00", at, false},
		{"seconds as an integer in a pair", "\x92\x92\xce\x65\x53\xf1\x00\x80", at, false},
		{"seconds as a float", "\x92\xcb\x41\xd9\x54\xfc\x40\x20\x00\x00", half, false},
		{"the array as array 16", "\xdc\x00\x02\xdc\x00\x02" + stamp + "\x80", half, false},
		{"the array as array 32", "\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02" + stamp + "\xdf\x00\x00\x00\x00", half, false},
		{"the epoch", "\x92\x92\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", time.Unix(0, 0).UTC(), false},
		{"the last second of 31 bits", "\x92\x92\xd7\x00\x7f\xff\xff\xff\x00\x00\x00\x00\x80", time.Unix(1<<31-1, 0).UTC(), false},
		{"2^31 seconds", "\x92\x92\xd7\x00\x80\x00\x00\x00\x00\x00\x00\x00\x80", time.Unix(1<<31, 0), false},
		{"2^31 seconds and some nanoseconds", "\x92\x92\xd7\x00\x80\x00\x00\x00\x00\x00\x00\x07\x80", time.Unix(1<<31, 7), false},
		{"2^31 seconds as ext 8", "\x92\x92\xc7\x08\x00\x80\x00\x00\x00\x00\x00\x00\x00\x80", time.Unix(1<<31, 0), false},
		{"2^31 seconds from an older host", "\x92\xd7\x00\x80\x00\x00\x00\x00\x00\x00\x00", time.Unix(1<<31, 0), false},
		{"2^31 seconds as an integer", "\x92\x92\xce\x80\x00\x00\x00\x80", time.Unix(1<<31, 0), false},
		{"2^31 seconds as a float", "\x92\x92\xcb\x41\xe0\x00\x00\x00\x00\x00\x00\x80", time.Unix(1<<31, 0), false},
		{"2^32-3 seconds, which are -3 if they are signed", "\x92\x92\xd7\x00\xff\xff\xff\xfd\x00\x00\x00\x00\x80", time.Unix(1<<32-3, 0), false},
		{"2^32-1 seconds as an integer", "\x92\x92\xce\xff\xff\xff\xff\x80", time.Unix(1<<32-1, 0), false},
		{"2^32-2 seconds as an integer", "\x92\x92\xce\xff\xff\xff\xfe\x80", time.Unix(1<<32-2, 0), false},
		{"2^32-1 seconds as an integer of 64 bits", "\x92\x92\xcf\x00\x00\x00\x00\xff\xff\xff\xff\x80", time.Unix(1<<32-1, 0), false},
		{"2^32-1 seconds as a float", "\x92\x92\xcb\x41\xef\xff\xff\xff\xe0\x00\x00\x80", time.Unix(1<<32-1, 0), false},
		{"2^32 seconds as an integer", "\x92\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x80", time.Unix(1<<32, 0), false},
		{"-3 seconds as an integer", "\x92\x92\xfd\x80", time.Time{}, false},
		{"-3 seconds as a float", "\x92\x92\xcb\xc0\x08\x00\x00\x00\x00\x00\x00\x80", time.Time{}, false},
		{"half a second before 1970", "\x92\x92\xcb\xbf\xe0\x00\x00\x00\x00\x00\x00\x80", time.Unix(0, -5e8), false},
		{"2^64-3 seconds, which are -3 if they are signed", "\x92\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xfd\x80", time.Time{}, false},
		{"the last second of the year 9999", "\x92\x92\xcf\x00\x00\x00\x3a\xff\xf4\x41\x7f\x80", time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), false},
		{"the first second of the year 10000", "\x92\x92\xcf\x00\x00\x00\x3a\xff\xf4\x41\x80\x80", time.Time{}, false},
		{"a float beyond 64 bits", "\x92\x92\xcb\x46\x29\x3e\x59\x39\xa0\x8c\xea\x80", time.Time{}, false},
		{"the start of a group", "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x81\xa1g\x01", time.Time{}, true},
		{"the end of a group", "\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80", time.Time{}, true},
		{"a group whose seconds are an integer", "\x92\x92\xff\x80", time.Time{}, true},
		{"the end of a group as an integer", "\x92\x92\xd1\xff\xfe\x80", time.Time{}, true},
		{"a group whose seconds are an unsigned integer of 64 bits", "\x92\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x80", time.Time{}, true},
		{"a group whose seconds are a float", "\x92\x92\xcb\xbf\xf0\x00\x00\x00\x00\x00\x00\x80", time.Time{}, true},
		{"a group whose seconds are a float with a fraction", "\x92\x92\xcb\xc0\x04\x00\x00\x00\x00\x00\x00\x80", time.Time{}, true},
		{"a group with nanoseconds", "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x05\x80", time.Time{}, true},
		{"no timestamp", "\x92\x92\xc0\x80", time.Time{}, false},
		{"a timestamp that is text", "\x92\xa3now", time.Time{}, false},
		{"an extension of another type", "\x92\x92\xd7\x01" + stamp[2:] + "\x80", time.Time{}, false},
		{"an extension of another length", "\x92\x92\xd6\x00\x65\x53\xf1\x00\x80", time.Time{}, false},
		{"a timestamp that is not a number", "\x92\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", time.Time{}, false},
		{"a timestamp that is infinite", "\x92\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", time.Time{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const body = "\x81\xa1a\x01"
			e, rest, err := Next([]byte(c.header + body + "\x92rest"))
			if err != nil || string(rest) != "\x92rest" || string(e.Raw) != c.header+body || string(e.Body) != body {
				t.Fatalf("got %q, body %q, rest %q, %v", e.Raw, e.Body, rest, err)
			}
			if string(e.Header()) != c.header || e.IsMarker() != c.marker || !e.Time().Equal(c.time) {
				t.Errorf("header %q, marker %v, time %v; want %v", e.Header(), e.IsMarker(), e.Time(), c.time)
			}
		})
	}
}

func TestNextPassesOverWhatIsNoEvent(t *testing.T) {
	for _, c := range []struct{ name, value string }{
		{"nil", "\xc0"},
		{"a map", "\x81\xa1a\x01"},
		{"text", "\xa3abc"},
		{"an integer", "\x05"},
		{"an empty array", "\x90"},
		{"an array of one", "\x91" + stamp},
		{"an array of three", "\x93" + stamp + "\x80\x80"},
		{"a body that is not a map", "\x92" + stamp + "\xa1x"},
		{"a body that is an array", "\x92\x92" + stamp + "\x80\x90"},
		{"a header of one", "\x92\x91" + stamp + "\x80"},
		{"a header of three", "\x92\x93" + stamp + "\x80\x80\x80"},
		{"an empty header", "\x92\x90\x80"},
		{"Forward mode: a tag and its events", "\x93\xa3tag\x91\x92" + stamp + "\x80\x80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, rest, err := Next([]byte(c.value + "rest"))
			if !errors.Is(err, ErrNotEvent) || string(e.Raw) != c.value || string(rest) != "rest" {
				t.Errorf("got %q, rest %q, %v", e.Raw, rest, err)
			}
		})
	}
}

func TestNextCannotReadOnAfterWhatIsNoMessagePack(t *testing.T) {
	whole := "\x92\x92" + stamp + "\x81\xa1k\xa1v\x81\xa1a\x93\x01\x02\x03"
	for n := range len(whole) {
		e, rest, err := Next([]byte(whole[:n]))
		if err == nil || errors.Is(err, ErrNotEvent) || e.Raw != nil || len(rest) != n {
			t.Errorf("cut to %d bytes: %q, rest %q, %v", n, e.Raw, rest, err)
		}
	}
	for _, broken := range []string{"\xc1", "\x92\xc1\x80", "\x92\x92" + stamp + "\xc1\x80", "\xdd\xff\xff\xff\xff" + stamp} {
		if e, rest, err := Next([]byte(broken)); err == nil || errors.Is(err, ErrNotEvent) || e.Raw != nil || string(rest) != broken {
			t.Errorf("%q: %q, rest %q, %v", broken, e.Raw, rest, err)
		}
	}
	if _, _, err := Next(bytes.Repeat([]byte{0x91}, 1_000_000)); !errors.Is(err, document.ErrShort) {
		t.Errorf("a million open arrays: %v", err)
	}
}

func TestAppendWritesWhatNextReads(t *testing.T) {
	at := time.Date(2026, time.June, 18, 10, 0, 0, 123456789, time.UTC)
	body := []byte("\x81\xa1a\x01")
	event := Append([]byte("before"), at, body)
	e, rest, err := Next(event[6:])
	if err != nil || len(rest) != 0 || !e.Time().Equal(at) || !bytes.Equal(e.Body, body) || e.IsMarker() || !strings.HasPrefix(string(event), "before") {
		t.Errorf("got %q: %v, %v", event, e.Time(), err)
	}
	if string(e.Header()) != "\x92\x92\xd7\x00\x6a\x33\xc1\xa0\x07\x5b\xcd\x15\x80" {
		t.Errorf("header %q", e.Header())
	}
}
