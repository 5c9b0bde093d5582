package program

import (
	"strings"
	"unicode/utf8"
)

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
