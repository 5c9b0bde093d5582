package grant

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is the most bytes that any text of a Grant has. The longest that AWS
// accepts, the ARN of a role with a path, has 2048 at most (IAM API model,
// shape arnType).
const MaxText = 2048

// maxPhrase is the most bytes that one text of the event takes up in a sentence.
const maxPhrase = 256

// bounded makes text fit for an alert: valid UTF-8 of at most MaxText bytes, cut
// between two characters. Control characters stay; it is data.
func bounded(text string) string {
	if len(text) <= MaxText && utf8.ValidString(text) {
		return text
	}
	text = cut(text, MaxText) // so that a megabyte is not walked over
	if !utf8.ValidString(text) {
		text = cut(strings.ToValidUTF8(text, "\ufffd"), MaxText)
	}
	return strings.Clone(text) // what was cut off need not stay in memory
}

// cut shortens text to limit bytes at most, between two characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for n := limit; n > limit-utf8.UTFMax; n-- {
		if utf8.RuneStart(text[n]) {
			return text[:n]
		}
	}
	return text[:limit] // not UTF-8, so there is no character to split
}

// printable makes text fit for a line that people read on a terminal: short,
// and without the characters that move the cursor, end the line or turn the
// direction of writing. It shows where it left something out.
func printable(text string) string {
	if len(text) <= maxPhrase && isMadeOf(text, ' ', '~') {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if b.Len() >= maxPhrase {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = '\ufffd'
		}
		b.WriteRune(r)
	}
	return b.String()
}
