package document

import (
	"bytes"
	"math"
	"slices"
	"unicode/utf8"

	jsoniter "github.com/json-iterator/go"
)

// AppendJSON appends value as JSON text on one line. Bytes that are not valid
// UTF-8 become U+FFFD, bin values are written as text, numbers that JSON does
// not know and extension values as null: the line is always valid JSON. A key
// of any type is written as text; one that is a map or an array is null.
//
// On an error, a malformed value or nesting over [MaxDepth], dst comes back as
// it was.
func AppendJSON(dst, value []byte) ([]byte, error) {
	stream := door.BorrowStream(nil)
	defer door.ReturnStream(stream)
	own := stream.Buffer()
	defer func() { stream.SetBuffer(own) }()
	// JSON of an event takes a little more than its MessagePack: quotes, commas and colons.
	stream.SetBuffer(slices.Grow(dst, len(value)+len(value)/4))
	if err := writeJSON(stream, value, 0); err != nil {
		return dst, err
	}
	return stream.Buffer(), nil
}

func writeJSON(s *jsoniter.Stream, value []byte, depth int) error {
	if depth > MaxDepth {
		return ErrDepth
	}
	h, err := readHead(value)
	if err != nil {
		return err
	}
	if h.payload > len(value)-h.size {
		return ErrShort
	}
	switch h.kind {
	case KindBool:
		b, _ := Bool(value)
		s.WriteBool(b)
	case KindInt:
		n, _ := Int(value)
		s.WriteInt64(n)
	case KindUint:
		n, _ := Uint(value)
		s.WriteUint64(n)
	case KindFloat:
		f, _ := Float(value)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			s.WriteNil()
		} else {
			s.WriteFloat64(f)
		}
	case KindText, KindBinary:
		writeJSONText(s, value[h.size:h.size+h.payload])
	case KindArray:
		return writeJSONArray(s, value, depth)
	case KindMap:
		return writeJSONMap(s, value, depth)
	default:
		s.WriteNil()
	}
	return nil
}

func writeJSONText(s *jsoniter.Stream, text []byte) {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	s.WriteString(string(text))
}

func writeJSONArray(s *jsoniter.Stream, value []byte, depth int) error {
	s.WriteArrayStart()
	items := OverArray(value)
	for first := true; items.Next(); first = false {
		if !first {
			s.WriteMore()
		}
		if err := writeJSON(s, items.Value, depth+1); err != nil {
			return err
		}
	}
	s.WriteArrayEnd()
	return items.Err()
}

func writeJSONMap(s *jsoniter.Stream, value []byte, depth int) error {
	s.WriteObjectStart()
	pairs := OverMap(value)
	for first := true; pairs.Next(); first = false {
		if !first {
			s.WriteMore()
		}
		if err := writeJSONKey(s, pairs.Key); err != nil {
			return err
		}
		s.WriteRaw(":")
		if err := writeJSON(s, pairs.Value, depth+1); err != nil {
			return err
		}
	}
	s.WriteObjectEnd()
	return pairs.Err()
}

// writeJSONKey writes a key of any type as text: MessagePack allows any, JSON
// only text. It does not look into a key that is a map or an array: the quotes
// in a key, in a key, in a key would take twice the room each time.
func writeJSONKey(s *jsoniter.Stream, key []byte) error {
	switch h, err := readHead(key); {
	case err != nil:
		return err
	case h.kind == KindText, h.kind == KindBinary:
		writeJSONText(s, key[h.size:]) // a key ends with its payload
		return nil
	case h.kind == KindMap, h.kind == KindArray:
		s.WriteString("null")
		return nil
	}
	text, err := AppendJSON(nil, key)
	if err != nil {
		return err
	}
	s.WriteString(string(text))
	return nil
}
