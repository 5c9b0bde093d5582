package chunk

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// ErrNotEvent says that a value in a chunk does not have the form of an event.
// The values around it can still be read.
var ErrNotEvent = errors.New("chunk: value is not an event")

// Event is one event of a chunk, in place.
type Event struct {
	// Raw is the whole event.
	Raw []byte
	// Body is the event's MessagePack map, at the end of Raw.
	Body []byte

	timestamp []byte // begins with the timestamp, the metadata may follow
}

// Next splits the first value off a chunk.
//
// An error that is [ErrNotEvent] concerns this value alone: e.Raw and rest are
// right. After any other error the chunk cannot be read further: e.Raw is nil
// and rest is b.
func Next(b []byte) (e Event, rest []byte, err error) {
	raw, rest, err := document.Next(b)
	if err != nil {
		return Event{}, b, err
	}
	e.Raw = raw
	n, inner, err := document.ReadArrayHeader(raw)
	if err != nil || n != 2 {
		return e, rest, ErrNotEvent
	}
	header, body, err := document.Next(inner)
	if err != nil || !document.IsMap(body) {
		return e, rest, ErrNotEvent
	}
	e.timestamp, e.Body = header, body
	if n, pair, err := document.ReadArrayHeader(header); err == nil {
		if n != 2 {
			return Event{Raw: raw}, rest, ErrNotEvent
		}
		e.timestamp = pair
	}
	return e, rest, nil
}

// found returns a well-formed event whose body begins at an offset of it.
func found(raw []byte, body int) Event {
	_, pair, _ := document.ReadArrayHeader(raw[:body])
	_, timestamp, _ := document.ReadArrayHeader(pair)
	return Event{Raw: raw, Body: raw[body:], timestamp: timestamp}
}

// Header returns what is before the body: the array headers, the timestamp and
// the metadata. An event with another body may begin with the same bytes.
func (e *Event) Header() []byte { return e.Raw[:len(e.Raw)-len(e.Body)] }

// headerFor returns the header for each of so many records that the event
// becomes.
func (e *Event) headerFor(records int) []byte {
	header := e.Header()
	if len(header)*records > maxHeaders(len(e.Raw)) {
		return e.bareHeader()
	}
	return header
}

// bareHeader returns a header with the timestamp as it is, and no metadata. A
// timestamp that cannot be read, which may be of any size, becomes the epoch.
func (e *Event) bareHeader() []byte {
	if _, _, ok := readTimestamp(e.timestamp); !ok {
		return Append(nil, time.Unix(0, 0), nil)
	}
	return msgp.AppendMapHeader(append([]byte{0x92, 0x92}, e.Timestamp()...), 0)
}

// Timestamp returns the timestamp in MessagePack.
func (e *Event) Timestamp() []byte {
	timestamp, _, err := document.Next(e.timestamp)
	if err != nil {
		return nil
	}
	return timestamp
}

// Metadata returns the metadata in MessagePack, nil if there is none: older
// hosts write none, newer ones mostly an empty map.
func (e *Event) Metadata() []byte {
	_, inner, err := document.ReadArrayHeader(e.Raw)
	if err != nil || !document.IsArray(inner) {
		return nil
	}
	_, metadata, err := document.Next(e.timestamp)
	if pairs, _, broken := document.ReadMapHeader(metadata); err != nil || broken != nil || pairs == 0 {
		return nil
	}
	return metadata
}

// IsMarker reports whether the event is a marker around a group of events: one
// whose seconds are -1 (its start) or -2 (its end). Everything else is an
// event, seconds of 2^31 and above among them.
func (e *Event) IsMarker() bool {
	seconds, _, ok := readTimestamp(e.timestamp)
	return ok && isMarker(seconds)
}

func isMarker(seconds int64) bool { return seconds == groupStart || seconds == groupEnd }

// The seconds of a marker (FLB_LOG_EVENT_GROUP_START and _END of Fluent Bit).
const (
	groupStart = -1
	groupEnd   = -2
)

// lastSecond is the end of the year 9999, past which time.Time cannot be
// written as RFC 3339.
const lastSecond = 253_402_300_799

// Time returns the event's timestamp, the zero time if it has none that can
// be read: none at all, one before 1970, or one after the year 9999.
func (e *Event) Time() time.Time {
	seconds, nanoseconds, ok := readTimestamp(e.timestamp)
	if !ok || seconds < 0 || seconds > lastSecond {
		return time.Time{}
	}
	return time.Unix(seconds, nanoseconds).UTC()
}

// readTimestamp reads the timestamp at the start of b as Fluent Bit 5.1 does
// (flb_log_event_decoder.c): the seconds of an extension are unsigned but for
// the two markers, those of a uint 64 wrap around, those of a float are cut off
// towards zero. A marker's nanoseconds do not count: 5.1 refuses a marker with
// nanoseconds and 4.2 does not look at them, so that it is not a record in
// either.
func readTimestamp(b []byte) (seconds, nanoseconds int64, ok bool) {
	if s, ok := document.Int(b); ok {
		return s, 0, true
	}
	if u, ok := document.Uint(b); ok {
		return int64(u), 0, true
	}
	if f, ok := document.Float(b); ok {
		whole, part := math.Modf(f)
		if math.IsNaN(f) || math.Abs(f) >= 1<<63 {
			return 0, 0, false
		}
		return int64(whole), int64(part * 1e9), true
	}
	// fixext 8 of type 0, or the same as ext 8.
	switch {
	case len(b) >= 10 && b[0] == 0xd7 && b[1] == 0:
		b = b[2:]
	case len(b) >= 11 && b[0] == 0xc7 && b[1] == 8 && b[2] == 0:
		b = b[3:]
	default:
		return 0, 0, false
	}
	seconds = int64(binary.BigEndian.Uint32(b))
	if signed := int64(int32(seconds)); isMarker(signed) {
		seconds = signed
	}
	return seconds, int64(binary.BigEndian.Uint32(b[4:])), true
}
