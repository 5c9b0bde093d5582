package document

import (
	"math"
	"strconv"
)

// AppendJavaText appends the text that Java's Map.toString, List.toString and
// the boxed types' toString give for value: {key=value, key=value}, [a, b].
// Elastic's aws.cloudtrail pipeline stores requestParameters and its like in
// this form, after it has dropped nulls, the texts that [IsDropped] names, empty
// maps and empty lists at every level; so does this function. It reports false where nothing
// is left, in which case nothing was appended. Of a key that is repeated the
// last value counts, in the place of the last one.
//
// Errors are those of reading: a malformed value, or nesting over [MaxDepth].
func AppendJavaText(dst, value []byte) (text []byte, some bool, err error) {
	start := len(dst)
	dst, some, _, err = appendJava(dst, value, 0)
	if err != nil {
		return dst[:start], false, err
	}
	return dst, some, nil
}

// IsDropped reports whether Elastic's aws.cloudtrail pipeline takes a text for no
// value at all: the empty text, - and none. Its packages before version 3 drop the
// empty text alone.
func IsDropped(text []byte) bool {
	switch string(text) {
	case "", "-", "none":
		return true
	}
	return false
}

// javaPair is a pair of a map, and where it was written.
type javaPair struct {
	key      []byte
	from, to int // nothing was written if they are the same
}

// appendJava writes the value at the start of b and returns what follows it. Each
// part is gone through once: to skip it before it is written would take time in the
// square of the depth.
func appendJava(dst, b []byte, depth int) (text []byte, some bool, rest []byte, err error) {
	if depth > MaxDepth {
		return dst, false, nil, ErrDepth
	}
	if end := shortTextEnd(b, 0); end > 0 { // as most values are
		if IsDropped(b[1:end]) {
			return dst, false, b[end:], nil
		}
		return append(dst, b[1:end]...), true, b[end:], nil
	}
	h, err := readHead(b)
	if err != nil {
		return dst, false, nil, err
	}
	if h.payload > len(b)-h.size {
		return dst, false, nil, ErrShort
	}
	switch h.kind {
	case KindArray:
		return appendJavaList(dst, b, depth)
	case KindMap:
		return appendJavaMap(dst, b, depth)
	}
	start, end := len(dst), h.size+h.payload
	switch value := b[:end]; h.kind {
	case KindBool:
		v, _ := Bool(value)
		dst = strconv.AppendBool(dst, v)
	case KindInt:
		n, _ := Int(value)
		dst = strconv.AppendInt(dst, n, 10)
	case KindUint:
		n, _ := Uint(value)
		dst = strconv.AppendUint(dst, n, 10)
	case KindFloat:
		f, _ := Float(value)
		dst = appendJavaDouble(dst, f)
	case KindText, KindBinary:
		if text := value[h.size:]; !IsDropped(text) {
			dst = append(dst, text...)
		}
	}
	// Null is nothing, and so are extension types, which JSON does not have.
	return dst, len(dst) > start, b[end:], nil
}

func appendJavaList(dst, b []byte, depth int) (text []byte, some bool, rest []byte, err error) {
	start := len(dst)
	n, rest, err := ReadArrayHeader(b)
	if err != nil {
		return dst, false, nil, err
	}
	dst = append(dst, '[')
	for range n {
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ", "...)
		}
		if dst, some, rest, err = appendJava(dst, rest, depth+1); err != nil {
			return dst, false, nil, err
		}
		if !some {
			dst = dst[:before]
		}
	}
	if len(dst) == start+1 {
		return dst[:start], false, rest, nil
	}
	return append(dst, ']'), true, rest, nil
}

func appendJavaMap(dst, b []byte, depth int) (text []byte, some bool, rest []byte, err error) {
	start := len(dst)
	var few [16]javaPair
	pairs := few[:0]
	n, rest, err := ReadMapHeader(b)
	if err != nil {
		return dst, false, nil, err
	}
	dst = append(dst, '{')
	for range n {
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ", "...)
		}
		var key []byte
		isText := true
		if end := shortTextEnd(rest, 0); end > 0 { // as nearly every key is
			key, rest = rest[1:end], rest[end:]
		} else {
			var raw []byte
			if raw, rest, err = Next(rest); err != nil {
				return dst, false, nil, err
			}
			key, isText = Text(raw)
		}
		pair := javaPair{from: len(dst)}
		dst = append(append(dst, key...), '=')
		if dst, some, rest, err = appendJava(dst, rest, depth+1); err != nil {
			return dst, false, nil, err
		}
		if pair.to = len(dst); !some || !isText { // JSON keys are text
			dst, pair.to = dst[:before], pair.from
		}
		if isText {
			pair.key = key
			pairs = append(pairs, pair)
		}
	}
	dst = keepLast(dst, start+1, pairs)
	if len(dst) == start+1 {
		return dst[:start], false, rest, nil
	}
	return append(dst, '}'), true, rest, nil
}

// keepLast takes from dst, where the pairs of a map begin at start, those whose
// key is repeated further on.
func keepLast(dst []byte, start int, pairs []javaPair) []byte {
	repeated := false
	if len(pairs) <= 16 {
		for i := range pairs {
			for _, later := range pairs[i+1:] {
				if string(later.key) == string(pairs[i].key) {
					pairs[i].to, repeated = pairs[i].from, true
					break
				}
			}
		}
	} else {
		last := make(map[string]int, len(pairs))
		for i, p := range pairs {
			if before, again := last[string(p.key)]; again {
				pairs[before].to, repeated = pairs[before].from, true
			}
			last[string(p.key)] = i
		}
	}
	if !repeated {
		return dst
	}
	end := start
	for _, p := range pairs {
		if p.from == p.to {
			continue
		}
		if end > start {
			end += copy(dst[end:], ", ")
		}
		end += copy(dst[end:], dst[p.from:p.to])
	}
	return dst[:end]
}

// appendJavaDouble writes a number as java.lang.Double.toString does: plain
// from 10^-3 up to 10^7, else with one digit before the point and an E.
func appendJavaDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if a := math.Abs(f); a == 0 || (a >= 1e-3 && a < 1e7) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], f, 'e', -1, 64) // d.ddde±dd
	e := len(s) - 1
	for s[e] != 'e' {
		e--
	}
	dst = append(dst, s[:e]...)
	if e <= 2 { // "d" or "-d": Java always writes a fraction
		dst = append(dst, ".0"...)
	}
	exp, _ := strconv.Atoi(string(s[e+1:]))
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(exp), 10)
}
