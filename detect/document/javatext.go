package document

import (
	"math"
	"strconv"
)

// AppendJavaText appends the text that Java's Map.toString, List.toString and
// the boxed types' toString give for value: {key=value, key=value}, [a, b].
// Elastic's aws.cloudtrail pipeline stores requestParameters and its like in
// this form, after it has dropped nulls, empty strings, empty maps and empty
// lists at every level; so does this function. It reports false where nothing
// is left, in which case nothing was appended. Of a key that is repeated the
// last value counts, and it stands where that one stands.
//
// Errors are those of reading: a malformed value, or nesting over [MaxDepth].
func AppendJavaText(dst, value []byte) (text []byte, some bool, err error) {
	return appendJava(dst, value, 0)
}

func appendJava(dst, value []byte, depth int) ([]byte, bool, error) {
	if depth > MaxDepth {
		return dst, false, ErrDepth
	}
	h, err := readHead(value)
	if err != nil {
		return dst, false, err
	}
	if h.payload > len(value)-h.size {
		return dst, false, ErrShort
	}
	switch h.kind {
	case KindNil:
		return dst, false, nil
	case KindBool:
		b, _ := Bool(value)
		return strconv.AppendBool(dst, b), true, nil
	case KindInt:
		n, _ := Int(value)
		return strconv.AppendInt(dst, n, 10), true, nil
	case KindUint:
		n, _ := Uint(value)
		return strconv.AppendUint(dst, n, 10), true, nil
	case KindFloat:
		f, _ := Float(value)
		return appendJavaDouble(dst, f), true, nil
	case KindText, KindBinary:
		return append(dst, value[h.size:h.size+h.payload]...), h.payload > 0, nil
	case KindArray:
		return appendJavaList(dst, value, depth)
	case KindMap:
		return appendJavaMap(dst, value, depth)
	}
	// JSON has no extension types, so Elastic's pipeline never meets one.
	return dst, false, nil
}

func appendJavaList(dst, value []byte, depth int) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '[')
	items := OverArray(value)
	for items.Next() {
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ", "...)
		}
		var some bool
		var err error
		if dst, some, err = appendJava(dst, items.Value, depth+1); err != nil {
			return dst[:start], false, err
		}
		if !some {
			dst = dst[:before]
		}
	}
	if items.Err() != nil || len(dst) == start+1 {
		return dst[:start], false, items.Err()
	}
	return append(dst, ']'), true, nil
}

func appendJavaMap(dst, value []byte, depth int) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '{')
	var last lastKeys
	last.read(value)
	pairs := OverMap(value)
	for i := 0; pairs.Next(); i++ {
		key, ok := Text(pairs.Key)
		if !ok || !last.is(i, key) {
			continue // JSON keys are text
		}
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, key...)
		dst = append(dst, '=')
		var some bool
		var err error
		if dst, some, err = appendJava(dst, pairs.Value, depth+1); err != nil {
			return dst[:start], false, err
		}
		if !some {
			dst = dst[:before]
		}
	}
	if pairs.Err() != nil || len(dst) == start+1 {
		return dst[:start], false, pairs.Err()
	}
	return append(dst, '}'), true, nil
}

// lastKeys tells which of the pairs of a map are not repeated further on.
type lastKeys struct {
	few  [16][]byte
	many map[string]int // instead of few, for larger maps
}

func (l *lastKeys) read(m []byte) {
	pairs := OverMap(m)
	if pairs.left > len(l.few) {
		l.many = make(map[string]int)
	}
	for i := 0; pairs.Next(); i++ {
		key, ok := Text(pairs.Key)
		switch {
		case !ok:
		case l.many != nil:
			l.many[string(key)] = i
		default:
			l.few[i] = key
		}
	}
}

// is reports whether the pair i, whose key is given, is the last with that
// key.
func (l *lastKeys) is(i int, key []byte) bool {
	if l.many != nil {
		return l.many[string(key)] == i
	}
	for _, later := range l.few[i+1:] {
		if later != nil && string(later) == string(key) {
			return false
		}
	}
	return true
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
