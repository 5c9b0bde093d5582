package program

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxQuery is the longest query, in bytes: a hostile rule file must not use up memory. The longest in
// Elastic's rule set has 47 KB.
const MaxQuery = 1 << 17

// CheckSource says what keeps a text from being a query in any language, and at which offset: it is
// too long, or is not UTF-8. Problem is empty if nothing does.
func CheckSource(source string) (offset int, problem string) {
	if len(source) > MaxQuery {
		return 0, fmt.Sprintf("the query has %d bytes, more than the %d allowed", len(source), MaxQuery)
	}
	for i := 0; i < len(source); {
		r, n := utf8.DecodeRuneInString(source[i:])
		if r == utf8.RuneError && n == 1 {
			return i, "the query is not valid UTF-8"
		}
		i += n
	}
	return 0, ""
}

// Place returns the line and the column, in characters, of an offset in a query. Both count from 1.
func Place(source string, offset int) (line, column int) {
	before := source[:offset]
	line = 1 + strings.Count(before, "\n")
	column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return line, column
}

// Caret returns the line of a query that an offset is in and, under it, a line with a caret under the
// place. The two lines have no newline at the end.
func Caret(source string, offset int) string {
	if offset > len(source) {
		return ""
	}
	start := strings.LastIndexByte(source[:offset], '\n') + 1
	end := len(source)
	if i := strings.IndexByte(source[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(source[start:end], "\r"))
	b.WriteByte('\n')
	for _, r := range source[start:offset] {
		if r != '\t' {
			r = ' ' // a tab stays one, so that the caret lands under its place whatever a tab's width
		}
		b.WriteRune(r)
	}
	b.WriteByte('^')
	return b.String()
}
