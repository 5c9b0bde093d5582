package cloudtrail

import (
	"encoding/binary"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// In the JSON encoding of OpenTelemetry's protocol a structure is not a JSON object. It
// is a list of keys with typed values (opentelemetry/proto/common/v1/common.proto:
// KeyValue, AnyValue), in attributes as they are, in a body under kvlistValue:
//
//	{"kvlistValue":{"values":[{"key":"eventName","value":{"stringValue":"Invoke"}}]}}
//
// Fluent Bit's own input makes maps of them. What writes the protocol to files, and
// what collects those, does not.

// visitKeyValues looks for events in the map that a list of keys and values
// encodes, if it is one. The list is read once, as text is.
func (f *Finder) visitKeyValues(list []byte, at place, depth int) (isOne bool) {
	if _, first, _ := document.ReadArrayHeader(list); !isKeyValue(first) {
		return false
	}
	m, _, err := appendKeyValues(f.roomFor(len(list)+8), list, 0)
	if err != nil {
		f.malformed++
		return true
	}
	f.use(m)
	f.visit(m, at, depth)
	return true
}

// isKeyValue reports whether a map begins with a key, after which a typed value may
// be.
func isKeyValue(m []byte) bool {
	pairs := document.OverMap(m)
	return pairs.Next() && isText(pairs.Key, "key") && document.KindOf(pairs.Value) == document.KindText
}

func isText(value []byte, text string) bool {
	t, ok := document.Text(value)
	return ok && string(t) == text
}

// The functions below read the value at the start of b and return what follows it.
// They go through each part once: to skip one before it is read would take time in
// the square of the depth.

// appendKeyValues appends the map that a list of keys and values encodes.
func appendKeyValues(dst, b []byte, depth int) (m, rest []byte, err error) {
	if depth > document.MaxDepth {
		return dst, nil, document.ErrDepth
	}
	n, rest, err := document.ReadArrayHeader(b)
	if err != nil {
		return dst, nil, err
	}
	at, pairs := len(dst), uint32(0)
	dst = append(dst, 0xdf, 0, 0, 0, 0)
	for range n {
		before := len(dst)
		var some bool
		if dst, some, rest, err = appendKeyValue(dst, rest, depth); err != nil {
			return dst, nil, err
		}
		if some {
			pairs++
		} else {
			dst = dst[:before]
		}
	}
	binary.BigEndian.PutUint32(dst[at+1:], pairs)
	return dst, rest, nil
}

// appendKeyValue appends a key and its value, in this order, which is that of their
// definition. Of anything else it reports false.
func appendKeyValue(dst, b []byte, depth int) (pair []byte, some bool, rest []byte, err error) {
	n, rest, err := document.ReadMapHeader(b)
	if err != nil {
		_, rest, err = document.Next(b)
		return dst, false, rest, err
	}
	hasKey := false
	for range n {
		var name, skipped []byte
		if name, rest, err = document.Next(rest); err != nil {
			return dst, false, nil, err
		}
		if hasKey && !some && isText(name, "value") {
			some = true
			if dst, rest, err = appendAnyValue(dst, rest, depth+1); err != nil {
				return dst, false, nil, err
			}
			continue
		}
		if skipped, rest, err = document.Next(rest); err != nil {
			return dst, false, nil, err
		}
		if !hasKey && isText(name, "key") && document.KindOf(skipped) == document.KindText {
			hasKey = true
			dst = append(dst, skipped...)
		}
	}
	return dst, some, rest, nil
}

// appendAnyValue appends what a typed value encodes: nil if it has no value, or
// one of no type that is known.
func appendAnyValue(dst, b []byte, depth int) (value, rest []byte, err error) {
	n, rest, err := document.ReadMapHeader(b)
	if err != nil {
		_, rest, err = document.Next(b)
		return msgp.AppendNil(dst), rest, err
	}
	start := len(dst)
	for range n {
		var name []byte
		if name, rest, err = document.Next(rest); err != nil {
			return dst, nil, err
		}
		text, _ := document.Text(name)
		if len(dst) > start {
			text = nil // of several the first counts
		}
		if dst, rest, err = appendTyped(dst, rest, string(text), depth); err != nil {
			return dst, nil, err
		}
	}
	if len(dst) == start {
		dst = msgp.AppendNil(dst)
	}
	return dst, rest, nil
}

// appendTyped appends a value of this type, nothing if it is none.
func appendTyped(dst, b []byte, name string, depth int) (value, rest []byte, err error) {
	switch name {
	case "kvlistValue":
		return appendValues(dst, b, depth, appendKeyValues)
	case "arrayValue":
		return appendValues(dst, b, depth, appendAnyValues)
	}
	raw, rest, err := document.Next(b)
	if err != nil {
		return dst, nil, err
	}
	switch name {
	case "intValue":
		dst = appendInt(dst, raw)
	case "stringValue", "boolValue", "doubleValue", "bytesValue":
		if !document.IsMap(raw) && !document.IsArray(raw) {
			dst = append(dst, raw...)
		}
	}
	return dst, rest, nil
}

// appendValues appends what the list under values in a map encodes.
func appendValues(dst, b []byte, depth int, appendList func(dst, b []byte, depth int) (value, rest []byte, err error)) (value, rest []byte, err error) {
	n, rest, err := document.ReadMapHeader(b)
	if err != nil {
		_, rest, err = document.Next(b)
		return dst, rest, err
	}
	done := false
	for range n {
		var name []byte
		if name, rest, err = document.Next(rest); err != nil {
			return dst, nil, err
		}
		if !done && isText(name, "values") && document.IsArray(rest) {
			done = true
			dst, rest, err = appendList(dst, rest, depth)
		} else {
			_, rest, err = document.Next(rest)
		}
		if err != nil {
			return dst, nil, err
		}
	}
	return dst, rest, nil
}

func appendAnyValues(dst, b []byte, depth int) (list, rest []byte, err error) {
	if depth > document.MaxDepth {
		return dst, nil, document.ErrDepth
	}
	n, rest, err := document.ReadArrayHeader(b)
	if err != nil {
		return dst, nil, err
	}
	dst = msgp.AppendArrayHeader(dst, uint32(n))
	for range n {
		if dst, rest, err = appendAnyValue(dst, rest, depth+1); err != nil {
			return dst, nil, err
		}
	}
	return dst, rest, nil
}

// appendInt appends an integer, which the encoding writes as text: JavaScript's
// numbers have 53 bits.
func appendInt(dst, value []byte) []byte {
	if text, ok := document.Text(value); ok {
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return msgp.AppendInt64(dst, n)
		}
	}
	if document.IsMap(value) || document.IsArray(value) {
		return dst
	}
	return append(dst, value...)
}
