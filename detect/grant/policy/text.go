package policy

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// MaxText is the most bytes that any text of a Grant has. The longest that AWS
// accepts, the ARN of a role with a path, has 2048 at most (IAM API model,
// shape arnType).
const MaxText = 2048

// bounded makes text fit for an alert: valid UTF-8 of at most MaxText bytes, cut
// between two characters. Control characters stay; it is data.
func bounded(text []byte) string {
	text = cut(text)
	if !utf8.Valid(text) {
		text = cut(bytes.ToValidUTF8(text, []byte("\ufffd")))
	}
	return string(text)
}

// boundedText is bounded for a text that is put together.
func boundedText(text string) string {
	if len(text) <= MaxText && utf8.ValidString(text) {
		return text
	}
	return bounded([]byte(text))
}

func cut(text []byte) []byte {
	if len(text) <= MaxText {
		return text
	}
	for n := MaxText; n > MaxText-utf8.UTFMax; n-- {
		if utf8.RuneStart(text[n]) {
			return text[:n]
		}
	}
	return text[:MaxText] // not UTF-8, so there is no character to split
}

// isWord reports whether text is word, which is in lower case, in any case.
func isWord(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i := range len(text) {
		if lower(text[i]) != word[i] {
			return false
		}
	}
	return true
}

func hasWordPrefix(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && isWord(text[:len(prefix)], prefix)
}

func hasWordSuffix(text []byte, suffix string) bool {
	return len(text) >= len(suffix) && isWord(text[len(text)-len(suffix):], suffix)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// lowered appends text in lower case.
func lowered(dst, text []byte) []byte {
	for _, c := range text {
		dst = append(dst, lower(c))
	}
	return dst
}

// percentDecoded decodes the %XX in text, as RFC 3986 writes them. A plus sign
// stays. It returns false if a percent sign is not followed by two
// hexadecimal digits.
func percentDecoded(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '%') < 0 {
		return text, true
	}
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			decoded = append(decoded, text[i])
			continue
		}
		if i+2 >= len(text) {
			return nil, false
		}
		high, low := strings.IndexByte(hexDigits, lower(text[i+1])), strings.IndexByte(hexDigits, lower(text[i+2]))
		if high < 0 || low < 0 {
			return nil, false
		}
		decoded = append(decoded, byte(high<<4|low))
		i += 2
	}
	return decoded, true
}

const hexDigits = "0123456789abcdef"
