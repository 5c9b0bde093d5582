package esql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/program"
)

// maxDepth keeps a hostile rule file from using up the stack.
const maxDepth = 500 // of nesting

// kind is the kind of a token.
type kind uint8

const (
	endToken    kind = iota
	nameToken        // a word: a keyword, a command, a field or its part, a function
	quotedToken      // a name in backquotes
	textToken        // a string
	numberToken
	signToken // an operator or a punctuation mark
)

// token is a part of the query's text.
type token struct {
	program.Span
	kind kind
	text string // of a name or a string its value, of a sign the sign
}

// is reports whether the token is a keyword.
func (t token) is(word string) bool { return t.kind == nameToken && strings.EqualFold(t.text, word) }

// isSign reports whether the token is a sign.
func (t token) isSign(sign string) bool { return t.kind == signToken && t.text == sign }

// lexer cuts a query into tokens. The names after from are not tokens: see sources.
type lexer struct {
	src string
	pos int
}

func (l *lexer) fail(at int, format string, args ...any) *Error {
	return newError(l.src, at, format, args...)
}

// space passes over white space and comments.
func (l *lexer) space() *Error {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexAny(rest, "\r\n")
			if n < 0 {
				n = len(rest)
			}
			l.pos += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return l.fail(l.pos, "this comment has no end: expected */")
			}
			l.pos += n + 4
		default:
			return nil
		}
	}
	return nil
}

// signs are the operators and punctuation marks, longer ones first.
var signs = []string{"==", "=~", "!=", "<=", ">=", "::", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", "|", "+", "-", "*", "/", "%", ":", ";", "?"}

func (l *lexer) next() (token, *Error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	start := l.pos
	if start == len(l.src) {
		return token{Span: program.Span{Start: start, End: start}}, nil
	}
	rest := l.src[start:]
	c := rest[0]
	switch {
	case c == '"':
		return l.text()
	case c == '`':
		return l.quotedName()
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number()
	case isNameStart(c):
		n := 1
		for n < len(rest) && isNamePart(rest[n]) {
			n++
		}
		l.pos += n
		return token{program.Span{Start: start, End: l.pos}, nameToken, rest[:n]}, nil
	}
	for _, sign := range signs {
		if strings.HasPrefix(rest, sign) {
			l.pos += len(sign)
			return token{program.Span{Start: start, End: l.pos}, signToken, sign}, nil
		}
	}
	if c == '\'' {
		return token{}, l.fail(start, `text is in double quotes: "…"`)
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, l.fail(start, "a query has no %s outside of text", strconv.QuoteRune(r))
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isNameStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '@' }
func isNamePart(c byte) bool  { return isNameStart(c) && c != '@' || isDigit(c) }

// text reads a string: with escapes in quotes, as it is in three of them.
func (l *lexer) text() (token, *Error) {
	start := l.pos
	if strings.HasPrefix(l.src[start:], `"""`) {
		n := strings.Index(l.src[start+3:], `"""`)
		if n < 0 {
			return token{}, l.fail(start, `this text has no end: expected """`)
		}
		end := start + 3 + n
		for strings.HasPrefix(l.src[end+3:], `"`) && end+3 < start+3+n+5 { // quotes at the end belong to the text
			end++
		}
		l.pos = end + 3
		return token{program.Span{Start: start, End: l.pos}, textToken, l.src[start+3 : end]}, nil
	}
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); {
		c := l.src[l.pos]
		switch {
		case c == '"':
			l.pos++
			return token{program.Span{Start: start, End: l.pos}, textToken, b.String()}, nil
		case c == '\n' || c == '\r':
			return token{}, l.fail(start, `this text has no end on its line: expected "`)
		case c != '\\':
			b.WriteByte(c)
			l.pos++
			continue
		}
		i := -1
		if l.pos+1 < len(l.src) {
			i = strings.IndexByte(`\"nrt`, l.src[l.pos+1])
		}
		if i < 0 {
			return token{}, l.fail(l.pos, `a backslash in text is before \, ", n, r or t: a backslash itself is written \\, or the text in three quotes`)
		}
		b.WriteByte("\\\"\n\r\t"[i])
		l.pos += 2
	}
	return token{}, l.fail(start, `this text has no end: expected "`)
}

func (l *lexer) quotedName() (token, *Error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		if c := l.src[l.pos]; c != '`' {
			b.WriteByte(c)
			continue
		}
		if strings.HasPrefix(l.src[l.pos:], "``") {
			b.WriteByte('`')
			l.pos++
			continue
		}
		l.pos++
		if b.Len() == 0 {
			return token{}, l.fail(start, "there is no name between the backquotes")
		}
		return token{program.Span{Start: start, End: l.pos}, quotedToken, b.String()}, nil
	}
	return token{}, l.fail(start, "this name has no end: expected `")
}

// number reads an integer or a decimal number.
func (l *lexer) number() (token, *Error) {
	start := l.pos
	digits := func() {
		for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
			l.pos++
		}
	}
	digits()
	if strings.HasPrefix(l.src[l.pos:], ".") {
		l.pos++
		digits()
	}
	if rest := l.src[l.pos:]; len(rest) > 1 && rest[0]|0x20 == 'e' {
		n := 1
		if rest[1] == '+' || rest[1] == '-' {
			n++
		}
		if n < len(rest) && isDigit(rest[n]) {
			l.pos += n
			digits()
		}
	}
	return token{program.Span{Start: start, End: l.pos}, numberToken, l.src[start:l.pos]}, nil
}

// sources reads the indices after from: words of any characters but space, commas and bars, or text in
// quotes. It stops at a bar, at metadata and at the end.
func (l *lexer) sources() (names []token, err *Error) {
	for {
		if err := l.space(); err != nil {
			return nil, err
		}
		start := l.pos
		rest := l.src[start:]
		switch {
		case rest == "" || rest[0] == '|' || rest[0] == '[':
			return names, nil
		case rest[0] == ',':
			l.pos++
			continue
		case rest[0] == '"':
			t, err := l.text()
			if err != nil {
				return nil, err
			}
			names = append(names, t)
			continue
		case rest[0] == '(':
			return nil, l.fail(start, "a query within from is not supported").needs("subqueries in from")
		}
		n := strings.IndexAny(rest, " \t\r\n,|\"[")
		if n < 0 {
			n = len(rest)
		}
		if strings.EqualFold(rest[:n], "metadata") {
			return names, nil
		}
		l.pos += n
		names = append(names, token{program.Span{Start: start, End: l.pos}, nameToken, rest[:n]})
	}
}
