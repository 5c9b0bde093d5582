package alert

import (
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/grant"
)

// object is a map to be written as MessagePack, its pairs in order. A pair that
// says nothing is left out: one with an empty text, with a list or an object in
// which there is nothing, or with nil.
type object []pair

// pair is a key and its value: a string, int, int64, float64, bool, []string,
// object, []object, or [packed].
type pair struct {
	key   string
	value any
}

// packed is a value that is MessagePack already.
type packed []byte

// append writes the object.
func (o object) append(b []byte) []byte {
	return o.appendPairs(msgp.AppendMapHeader(b, o.pairs()))
}

// pairs is how many pairs say something.
func (o object) pairs() uint32 {
	n := uint32(0)
	for _, p := range o {
		if p.says() {
			n++
		}
	}
	return n
}

// appendPairs writes the pairs that say something, without a header.
func (o object) appendPairs(b []byte) []byte {
	for _, p := range o {
		if p.says() {
			b = appendValue(msgp.AppendString(b, p.key), p.value)
		}
	}
	return b
}

// says reports whether the pair says anything.
func (p pair) says() bool {
	switch v := p.value.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []string:
		return len(v) > 0
	case []object:
		return len(v) > 0
	case packed:
		return len(v) > 0
	case object:
		return v.says()
	}
	return true
}

// says reports whether any pair of the object says anything.
func (o object) says() bool {
	for _, p := range o {
		if p.says() {
			return true
		}
	}
	return false
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return msgp.AppendString(b, v)
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
	return pair{key, t.UTC().Format(time.RFC3339Nano)}
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
