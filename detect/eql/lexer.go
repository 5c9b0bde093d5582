package eql

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd        tokenKind = iota
	tokenIdentifier           // process, @timestamp
	tokenTilde                // endsWith~: an identifier with a tilde on it
	tokenQuoted               // `my-field`
	tokenString               // "…" or """…"""
	tokenInteger              // 42
	tokenDecimal              // 4.2, .5, 1e9
	tokenKeyword              // and, in, in~
	tokenOperator             // ==, (, |
)

// token is one word of a query. Its text is what it means: a string without quotes and escapes, an
// identifier without backquotes.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

// keywords are the words that cannot name a field unless they are backquoted.
var keywords = map[string]bool{
	"and": true, "any": true, "by": true, "false": true, "in": true, "join": true, "like": true,
	"maxspan": true, "not": true, "null": true, "of": true, "or": true, "regex": true,
	"sample": true, "sequence": true, "true": true, "until": true, "where": true, "with": true,
}

type lexer struct {
	src string
	pos int
}

// next reads one token. At the end of the query it returns tokenEnd, again and again.
func (l *lexer) next() (token, *SyntaxError) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	start := l.pos
	if start == len(l.src) {
		return token{kind: tokenEnd, start: start, end: start}, nil
	}
	rest := l.src[start:]
	switch c := rest[0]; {
	case isLetter(c) || c == '_' || c == '@':
		return l.word(), nil
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number()
	case strings.HasPrefix(rest, `"""`):
		return l.rawString()
	case c == '"':
		return l.string()
	case c == '`':
		return l.backquoted()
	case c == '\'':
		return token{}, l.fail(start, "strings are enclosed in double quotes (\"…\"), not in single quotes")
	case strings.HasPrefix(rest, `?"`), strings.HasPrefix(rest, `?'`):
		return token{}, l.fail(start, `raw strings are enclosed in three double quotes ("""…"""), not in ?"…" or ?'…'`)
	}
	for _, op := range [...]string{"==", "!=", "<=", ">="} {
		if strings.HasPrefix(rest, op) {
			return l.operator(len(op)), nil
		}
	}
	if strings.IndexByte("<>=:+-*/%.,()[]|?!", rest[0]) >= 0 {
		return l.operator(1), nil
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, l.fail(start, "unexpected character %q", r)
}

func (l *lexer) fail(offset int, format string, args ...any) *SyntaxError {
	return syntaxError(l.src, offset, format, args...)
}

func (l *lexer) operator(n int) token {
	start := l.pos
	l.pos += n
	return token{kind: tokenOperator, text: l.src[start:l.pos], start: start, end: l.pos}
}

// skip passes over white space and comments.
func (l *lexer) skip() *SyntaxError {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.pos += i + 1
			} else {
				l.pos = len(l.src)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return l.fail(l.pos, "this comment has no end: expected */")
			}
			l.pos += 2 + i + 2
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) word() token {
	start := l.pos
	for l.pos++; l.pos < len(l.src); l.pos++ {
		if c := l.src[l.pos]; !isLetter(c) && !isDigit(c) && c != '_' {
			break
		}
	}
	t := token{kind: tokenIdentifier, text: l.src[start:l.pos], start: start, end: l.pos}
	tilde := l.pos < len(l.src) && l.src[l.pos] == '~'
	switch {
	case tilde && (t.text == "in" || t.text == "like" || t.text == "regex"):
		t.kind, t.text = tokenKeyword, t.text+"~"
	case keywords[t.text]:
		t.kind, tilde = tokenKeyword, false
	case tilde:
		t.kind = tokenTilde
	}
	if tilde {
		l.pos++
		t.end = l.pos
	}
	return t
}

func (l *lexer) number() (token, *SyntaxError) {
	start := l.pos
	t := token{kind: tokenInteger, start: start}
	l.digits()
	if l.pos < len(l.src) && l.src[l.pos] == '.' {
		t.kind = tokenDecimal
		l.pos++
		l.digits()
	}
	if l.pos < len(l.src) && (l.src[l.pos] == 'e' || l.src[l.pos] == 'E') {
		exp := l.pos + 1
		if exp < len(l.src) && (l.src[exp] == '+' || l.src[exp] == '-') {
			exp++
		}
		if exp < len(l.src) && isDigit(l.src[exp]) {
			t.kind = tokenDecimal
			l.pos = exp
			l.digits()
		}
	}
	t.end = l.pos
	t.text = l.src[start:l.pos]
	if f, _ := strconv.ParseFloat(t.text, 64); math.IsInf(f, 0) {
		return token{}, l.fail(start, "the number %s is too large", shorten(t.text))
	}
	return t, nil
}

func (l *lexer) digits() {
	for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
		l.pos++
	}
}

// rawString reads """…""". It ends at the first three quotes; up to two more belong to it, so that
// a raw string can end in quotes.
func (l *lexer) rawString() (token, *SyntaxError) {
	start := l.pos
	i := strings.Index(l.src[start+3:], `"""`)
	if i < 0 {
		return token{}, l.fail(start, `this raw string has no end: expected """`)
	}
	end := start + 3 + i + 3
	for extra := 0; extra < 2 && end < len(l.src) && l.src[end] == '"'; extra++ {
		end++
	}
	text := l.src[start+3 : end-3]
	if strings.ContainsAny(text, "\r\n") {
		return token{}, l.fail(start, "a string cannot run over the end of a line")
	}
	l.pos = end
	return token{kind: tokenString, text: text, start: start, end: end}, nil
}

func (l *lexer) string() (token, *SyntaxError) {
	start := l.pos
	var decoded []byte // nil as long as there was no escape: most strings have none
	from := start + 1
	for i := from; i < len(l.src); {
		switch l.src[i] {
		case '"':
			text := l.src[from:i]
			if decoded != nil {
				text = string(append(decoded, text...))
			}
			l.pos = i + 1
			return token{kind: tokenString, text: text, start: start, end: l.pos}, nil
		case '\r', '\n':
			return token{}, l.fail(start, "this string has no end: expected \" before the end of the line")
		case '\\':
			decoded = append(decoded, l.src[from:i]...)
			var err *SyntaxError
			if decoded, i, err = l.escape(decoded, i); err != nil {
				return token{}, err
			}
			from = i
		default:
			i++
		}
	}
	return token{}, l.fail(start, "this string has no end: expected \"")
}

// escape decodes the escape sequence at offset i and returns the offset after it.
func (l *lexer) escape(b []byte, i int) ([]byte, int, *SyntaxError) {
	if i+1 == len(l.src) {
		return nil, 0, l.fail(i, "the query ends in the middle of an escape sequence")
	}
	switch c := l.src[i+1]; c {
	case 'b':
		return append(b, '\b'), i + 2, nil
	case 't':
		return append(b, '\t'), i + 2, nil
	case 'n':
		return append(b, '\n'), i + 2, nil
	case 'f':
		return append(b, '\f'), i + 2, nil
	case 'r':
		return append(b, '\r'), i + 2, nil
	case '"', '\'', '\\':
		return append(b, c), i + 2, nil
	case 'u':
		rest := l.src[i+2:]
		end := strings.IndexByte(rest, '}')
		if !strings.HasPrefix(rest, "{") || end < 0 {
			return nil, 0, l.fail(i, `a unicode escape is written \u{XXXX}`)
		}
		hex := rest[1:end]
		if len(hex) < 2 || len(hex) > 8 {
			return nil, 0, l.fail(i, `a unicode escape has 2 to 8 hexadecimal digits, found %d`, len(hex))
		}
		code, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return nil, 0, l.fail(i, `\u{%s} is not a unicode character`, hex)
		}
		return utf8.AppendRune(b, rune(code)), i + 2 + end + 1, nil
	}
	r, _ := utf8.DecodeRuneInString(l.src[i+1:])
	return nil, 0, l.fail(i, `unknown escape \%c: the escapes are \\ \" \n \r \t \b \f \u{XXXX}, and """…""" has none`, r)
}

func (l *lexer) backquoted() (token, *SyntaxError) {
	start := l.pos
	var name strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		if l.src[i] != '`' {
			name.WriteByte(l.src[i])
			continue
		}
		if i+1 < len(l.src) && l.src[i+1] == '`' {
			name.WriteByte('`')
			i++
			continue
		}
		if name.Len() == 0 {
			return token{}, l.fail(start, "a field's name cannot be empty")
		}
		l.pos = i + 1
		return token{kind: tokenQuoted, text: name.String(), start: start, end: l.pos}, nil
	}
	return token{}, l.fail(start, "this backquoted name has no end: expected `")
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// isIdentifier says whether a name can be written without backquotes.
func isIdentifier(s string) bool {
	if s == "" || keywords[s] {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isLetter(c) && c != '_' && (i > 0 || c != '@') && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return true
}

// shorten keeps an error message on one line for any query.
func shorten(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
