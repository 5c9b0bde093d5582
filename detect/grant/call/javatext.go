package call

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// appendJavaText appends, as MessagePack, what Java's Map.toString wrote of a map:
// {key=value, list=[a, b], map={key=value}}. Elastic's pipeline stores
// requestParameters so. It returns false if the text is not of that form to its
// end.
//
// The text does not say where a value ends, so that a value with ", key=" in it
// passes for two. A value that is JSON is known by its first characters, and ends
// where the JSON does. A user of the result must not take a parameter for absent
// because it was not found where it should be; see [parameters.mentions].
func appendJavaText(dst, text []byte) ([]byte, bool) {
	j := javaText{text: bytes.TrimSpace(text)}
	if len(j.text) < 2 || j.text[0] != '{' {
		return dst, false
	}
	out, ok := j.value(dst, inMap, 0)
	if !ok || j.at != len(j.text) {
		return dst, false
	}
	return out, true
}

// maxJavaDepth is deeper than the parameters of any call.
const maxJavaDepth = 32

// within says what a value is in, which decides how it ends.
type within uint8

const (
	inMap within = iota
	inList
)

type javaText struct {
	text []byte
	at   int
}

// value reads one value and appends it.
func (j *javaText) value(dst []byte, in within, depth int) ([]byte, bool) {
	if depth > maxJavaDepth {
		return dst, false
	}
	if j.at == len(j.text) {
		return msgp.AppendString(dst, ""), true
	}
	switch c := j.text[j.at]; {
	case (c == '{' || c == '[') && isJSON(j.text[j.at:]):
		n := jsonLength(j.text[j.at:])
		if n == 0 {
			return dst, false
		}
		dst = msgp.AppendStringFromBytes(dst, j.text[j.at:j.at+n])
		j.at += n
		return dst, true
	case c == '{':
		return j.entries(dst, '}', depth, func(dst []byte) ([]byte, bool) {
			key, ok := j.key()
			if !ok {
				return dst, false
			}
			return j.value(msgp.AppendString(dst, key), inMap, depth+1)
		})
	case c == '[':
		return j.entries(dst, ']', depth, func(dst []byte) ([]byte, bool) { return j.value(dst, inList, depth+1) })
	}
	end := j.end(in)
	dst = msgp.AppendStringFromBytes(dst, j.text[j.at:end])
	j.at = end
	return dst, true
}

// entries reads a map or a list up to its closing bracket.
func (j *javaText) entries(dst []byte, closing byte, depth int, entry func([]byte) ([]byte, bool)) ([]byte, bool) {
	header := len(dst)
	code := byte(0xdf) // a map of 32 bits
	if closing == ']' {
		code = 0xdd
	}
	dst = append(dst, code, 0, 0, 0, 0)
	j.at++
	for n := uint32(0); ; n++ {
		if j.at == len(j.text) {
			return dst, false
		}
		if j.text[j.at] == closing && n == 0 {
			j.at++
			return dst, true
		}
		var ok bool
		if dst, ok = entry(dst); !ok {
			return dst, false
		}
		rest := j.text[j.at:]
		switch {
		case len(rest) > 0 && rest[0] == closing:
			j.at++
			binary.BigEndian.PutUint32(dst[header+1:], n+1)
			return dst, true
		case bytes.HasPrefix(rest, []byte(", ")):
			j.at += 2
		default:
			return dst, false
		}
	}
}

// key reads a key and the sign after it.
func (j *javaText) key() (string, bool) {
	n := keyLength(j.text[j.at:])
	if n == 0 {
		return "", false
	}
	key := string(j.text[j.at : j.at+n])
	j.at += n + 1
	return key, true
}

// end returns where a text ends: at a closing bracket, or where the next entry
// begins.
func (j *javaText) end(in within) int {
	closing := byte('}')
	if in == inList {
		closing = ']'
	}
	for i := j.at; i < len(j.text); i++ {
		switch {
		case j.text[i] == closing:
			return i
		case j.text[i] == ',' && i+1 < len(j.text) && j.text[i+1] == ' ':
			if in == inList || keyLength(j.text[i+2:]) > 0 {
				return i
			}
		}
	}
	return len(j.text)
}

// keyLength returns how long the key is that text begins with, 0 if it does not
// begin with one and a sign after it.
func keyLength(text []byte) int {
	const longest = 64
	for i := 0; i < len(text) && i <= longest; i++ {
		switch c := text[i]; {
		case c == '=' && i > 0:
			return i
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_-.:", c) >= 0:
		default:
			return 0
		}
	}
	return 0
}

// isJSON reports whether a text that begins with a bracket is JSON rather than
// Java's: a quotation mark follows, perhaps after further brackets.
func isJSON(text []byte) bool {
	for _, c := range text {
		switch c {
		case '{', '[', ' ', '\t', '\r', '\n':
		case '"':
			return true
		default:
			return false
		}
	}
	return false
}

// jsonLength returns how long the JSON value is that text begins with, 0 if it
// does not end.
func jsonLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
