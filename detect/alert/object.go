package alert

import (
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/grant"
)

// object is a map to be written as MessagePack, its pairs in order. A pair that
// says nothing is left out: one with an empty text, with a list or an object in
// which there is nothing, with the zero time, or with nil.
type object []pair

// pair is a key and its value: a string, int, int64, float64, bool, []string, object, []object, or [packed];
// or the place of a string, of a [moment], [millisecond] or grant, which takes no memory of its own.
type pair struct {
	key   string
	value any
}

// packed is a value that is MessagePack already.
type packed []byte

// moment is a time that is written as finely as it is known, and in UTC.
type moment time.Time

// millisecond is a time that is written with three digits of a second, and in UTC: two are of the same length.
type millisecond time.Time

// append writes the object.
func (o object) append(b []byte) []byte {
	b, head := openMap(b, len(o))
	b, pairs := o.appendPairs(b)
	return head.close(b, pairs)
}

// appendPairs writes the pairs that say something, without a header, and returns how many they are.
func (o object) appendPairs(b []byte) (out []byte, pairs uint32) {
	for i := range o {
		before := len(b)
		if b = o[i].append(b); len(b) > before {
			pairs++
		}
	}
	return b, pairs
}

// append writes the pair if it says something.
func (p *pair) append(b []byte) []byte {
	switch v := p.value.(type) {
	case string:
		if v == "" {
			return b
		}
		return msgp.AppendString(msgp.AppendString(b, p.key), v)
	case *string:
		if *v == "" {
			return b
		}
		return msgp.AppendString(msgp.AppendString(b, p.key), *v)
	case object:
		before := len(b)
		b, head := openMap(msgp.AppendString(b, p.key), len(v))
		b, pairs := v.appendPairs(b)
		if pairs == 0 {
			return b[:before]
		}
		return head.close(b, pairs)
	}
	if !p.says() {
		return b
	}
	return appendValue(msgp.AppendString(b, p.key), p.value)
}

// says reports whether the pair says anything.
func (p *pair) says() bool {
	switch v := p.value.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case *string:
		return *v != ""
	case []string:
		return len(v) > 0
	case []object:
		return len(v) > 0
	case packed:
		return len(v) > 0
	case object:
		return v.says()
	case *moment:
		return !time.Time(*v).IsZero()
	case *millisecond:
		return !time.Time(*v).IsZero()
	}
	return true
}

// says reports whether any pair of the object says anything.
func (o object) says() bool {
	for i := range o {
		if o[i].says() {
			return true
		}
	}
	return false
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return msgp.AppendString(b, v)
	case *string:
		return msgp.AppendString(b, *v)
	case int:
		return msgp.AppendInt(b, v)
	case int64:
		return msgp.AppendInt64(b, v)
	case float64:
		return msgp.AppendFloat64(b, v)
	case bool:
		return msgp.AppendBool(b, v)
	case packed:
		return append(b, v...)
	case object:
		return v.append(b)
	case *grant.Grant:
		return v.AppendMsg(b)
	case *moment:
		return v.append(b)
	case *millisecond:
		return v.append(b)
	case []string:
		b = msgp.AppendArrayHeader(b, uint32(len(v)))
		for _, text := range v {
			b = msgp.AppendString(b, text)
		}
		return b
	case []object:
		b = msgp.AppendArrayHeader(b, uint32(len(v)))
		for _, o := range v {
			b = o.append(b)
		}
		return b
	}
	return msgp.AppendNil(b)
}

func (m *moment) append(b []byte) []byte {
	var room [len(time.RFC3339Nano)]byte
	return msgp.AppendStringFromBytes(b, time.Time(*m).UTC().AppendFormat(room[:0], time.RFC3339Nano))
}

// append writes what the layout 2006-01-02T15:04:05.000Z07:00 does. Only the layouts that RFC 3339 names are
// fast.
func (m *millisecond) append(b []byte) []byte {
	var room [len(time.RFC3339Nano)]byte
	t := time.Time(*m).UTC()
	text := t.AppendFormat(room[:0], time.RFC3339)
	ms := t.Nanosecond() / int(time.Millisecond)
	text = append(text[:len(text)-len("Z")], '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z')
	return msgp.AppendStringFromBytes(b, text)
}

// header is room for the header of a map that is being written: how many pairs it has is known at its end.
type header struct{ at, room int }

// openMap appends room for the header of a map of at most so many pairs.
func openMap(b []byte, most int) ([]byte, header) {
	at := len(b)
	b = msgp.AppendMapHeader(b, uint32(most))
	return b, header{at, len(b) - at}
}

// close writes the header, and moves the pairs after it where it is shorter than it could be.
func (h header) close(b []byte, pairs uint32) []byte {
	pairsAt := h.at + h.room
	end := len(msgp.AppendMapHeader(b[:h.at], pairs)) // never longer than the room
	if end < pairsAt {
		b = append(b[:end], b[pairsAt:]...)
	}
	return b
}

// pack returns a value as MessagePack.
func pack(value any) packed { return appendValue(nil, value) }

// ifTrue is a pair that says something only if it is true.
func ifTrue(key string, value bool) pair {
	if !value {
		return pair{}
	}
	return pair{key, true}
}

// at is a pair with a time, which says nothing if there is none.
func at(key string, t time.Time) pair {
	if t.IsZero() {
		return pair{}
	}
	return pair{key, (*moment)(&t)}
}

// inMilliseconds is a time as finely as all formats have it, in UTC.
func inMilliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// fit is [grant.Bounded] of a text that hardly ever needs it.
func fit(text string) string {
	if len(text) <= grant.MaxText && utf8.ValidString(text) {
		return text
	}
	return grant.Bounded(text)
}

// allFit are the first texts of a list, at most limit.
func allFit(texts []string, limit int) []string {
	var all []string
	for _, text := range texts[:min(len(texts), limit)] {
		all = append(all, fit(text))
	}
	return all
}
