package document

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	jsoniter "github.com/json-iterator/go"
	"github.com/tinylib/msgp/msgp"
)

// MaxText is the largest JSON text, in bytes, that is turned into MessagePack: in a
// record, and by the command line. Fluent Bit has no such limit for the records that
// it reads itself: this one is high enough that nobody meets it.
// CloudTrail delivers files of a few megabytes and events of at most 256 KB.
const MaxText = 1 << 30

// ErrLarge says that a JSON text is longer than [MaxText].
var ErrLarge = errors.New("json: text is larger than 1 GiB")

// door is how JSON is read: tokens only. json-iterator's decoding into Go maps
// goes through reflection that is unsafe on Go's newer runtimes
// (modern-go/reflect2 #32), so it is never asked for that.
var door = jsoniter.ConfigDefault

// AppendFromJSON turns text, which holds one JSON value and nothing after it
// but white space, into MessagePack and appends that to dst. Escapes are
// decoded, a lone surrogate becomes U+FFFD, and bytes that are not valid UTF-8
// stay as they are. An integer that fits 64 bits stays an integer; any other
// number becomes a 64 bit float.
//
// On an error, [ErrDepth] and [ErrLarge] among them, dst comes back as it was.
func AppendFromJSON(dst, text []byte) ([]byte, error) {
	if len(text) > MaxText {
		return dst, ErrLarge
	}
	if out, plain := appendPlain(dst, text); plain {
		return out, nil
	}
	return appendForgiving(dst, text)
}

// appendForgiving is [AppendFromJSON] of any text.
func appendForgiving(dst, text []byte) ([]byte, error) {
	iter := door.BorrowIterator(text)
	defer door.ReturnIterator(iter)
	out, err := appendToken(dst, iter, 0)
	if err != nil {
		return dst, err
	}
	if next := iter.WhatIsNext(); next != jsoniter.InvalidValue || iter.Error != io.EOF {
		return dst, errors.New("json: more than one value")
	}
	return out, nil
}

func appendToken(dst []byte, iter *jsoniter.Iterator, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return dst, ErrDepth
	}
	switch iter.WhatIsNext() {
	case jsoniter.NilValue:
		iter.ReadNil()
		dst = msgp.AppendNil(dst)
	case jsoniter.BoolValue:
		dst = msgp.AppendBool(dst, iter.ReadBool())
	case jsoniter.NumberValue:
		return appendNumber(dst, iter)
	case jsoniter.StringValue:
		dst = msgp.AppendString(dst, iter.ReadString())
	case jsoniter.ArrayValue:
		return appendJSONArray(dst, iter, depth)
	case jsoniter.ObjectValue:
		return appendJSONObject(dst, iter, depth)
	default:
		return dst, tokenError(iter)
	}
	if iter.Error != nil && iter.Error != io.EOF {
		return dst, tokenError(iter)
	}
	return dst, nil
}

func tokenError(iter *jsoniter.Iterator) error {
	if iter.Error == nil || iter.Error == io.EOF {
		return errors.New("json: value is cut off or not JSON")
	}
	return fmt.Errorf("json: %w", iter.Error)
}

func appendNumber(dst []byte, iter *jsoniter.Iterator) ([]byte, error) {
	n := string(iter.ReadNumber())
	if iter.Error != nil && iter.Error != io.EOF {
		return dst, tokenError(iter)
	}
	return appendNumberText(dst, n)
}

func appendNumberText(dst []byte, n string) ([]byte, error) {
	if i, err := strconv.ParseInt(n, 10, 64); err == nil {
		return msgp.AppendInt64(dst, i), nil
	}
	if u, err := strconv.ParseUint(n, 10, 64); err == nil {
		return msgp.AppendUint64(dst, u), nil
	}
	f, err := strconv.ParseFloat(n, 64)
	if err != nil && !math.IsInf(f, 0) {
		return dst, fmt.Errorf("json: %q is not a number", n)
	}
	return msgp.AppendFloat64(dst, f), nil
}

// The number of entries is known only at the end, so the header has its widest
// form and the count is filled in afterwards.

func appendJSONArray(dst []byte, iter *jsoniter.Iterator, depth int) ([]byte, error) {
	at, n := len(dst), uint32(0)
	dst = append(dst, 0xdd, 0, 0, 0, 0)
	var err error
	complete := iter.ReadArrayCB(func(iter *jsoniter.Iterator) bool {
		dst, err = appendToken(dst, iter, depth+1)
		n++
		return err == nil
	})
	if err != nil {
		return dst, err
	}
	if !complete {
		return dst, tokenError(iter)
	}
	binary.BigEndian.PutUint32(dst[at+1:], n)
	return dst, nil
}

func appendJSONObject(dst []byte, iter *jsoniter.Iterator, depth int) ([]byte, error) {
	at, n := len(dst), uint32(0)
	dst = append(dst, 0xdf, 0, 0, 0, 0)
	var err error
	complete := iter.ReadMapCB(func(iter *jsoniter.Iterator, key string) bool {
		dst = msgp.AppendString(dst, key)
		dst, err = appendToken(dst, iter, depth+1)
		n++
		return err == nil
	})
	if err != nil {
		return dst, err
	}
	if !complete {
		return dst, tokenError(iter)
	}
	binary.BigEndian.PutUint32(dst[at+1:], n)
	return dst, nil
}
