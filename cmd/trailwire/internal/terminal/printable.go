package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many bytes of a text from an event are shown. An attacker chooses many of them:
// role names, user agents, statement ids.
const (
	MaxValue = 256
	MaxLine  = 1024
)

// Printable makes text fit for one line on a terminal. Characters that are not
// printable are shown as Go's escapes: the escape character that starts a
// terminal's commands, the marks that turn the direction of writing. A byte
// that is not UTF-8 is shown as \xNN. A text of more than limit bytes is cut,
// and says so.
func Printable[T string | []byte](text T, limit int) string {
	var b strings.Builder
	s := string(text[:min(len(text), limit+utf8.UTFMax)])
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if i+n > limit {
			fmt.Fprintf(&b, "… (%s bytes more)", Grouped(len(text)-i))
			break
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		i += n
	}
	return b.String()
}

// Grouped writes a number with commas: 1,134.
func Grouped[N int | int64 | uint64](n N) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Counted writes a number with its noun: 1 alert, 2 alerts.
func Counted[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}
