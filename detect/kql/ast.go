package kql

import (
	"strings"
	"unicode"

	"github.com/trailwire/trailwire/detect/program"
)

// Query is a parsed query. It is immutable. It knows its shape only: what the fields in it mean is
// Compile's business.
type Query struct {
	src   string
	where node // nil if the query is empty
}

// String prints the query on one line, with no more parentheses than it needs. Parse reads what it
// prints as the same query.
func (q *Query) String() string {
	var p printer
	if q.where != nil {
		p.print(q.where, precedenceOr)
	}
	return p.String()
}

// Source returns the text that was parsed.
func (q *Query) Source() string { return q.src }

// node is a node of the syntax tree. Those of a list of values are the same as those of the query:
// their leaves are literals.
type node interface{ where() program.Span }

type at struct{ program.Span }

func (a at) where() program.Span { return a.Span }

// logical is a chain of and, or a chain of or: two terms at least.
type logical struct {
	at
	or    bool
	terms []node
}

// complement is not x.
type complement struct {
	at
	x node
}

// clause is f: v. The field is nil where a value is alone.
type clause struct {
	at
	field  *literal
	values node
}

// comparison is f > v.
type comparison struct {
	at
	field *literal
	order program.Order
	value *literal
}

// literal is a value, or the name of a field.
type literal struct {
	at
	// parts is the text, cut at its wildcards: text without one is one part.
	parts  []string
	quoted bool
}

func (l *literal) text() string     { return strings.Join(l.parts, "*") }
func (l *literal) hasStar() bool    { return len(l.parts) > 1 }
func (l *literal) isAny() bool      { return l.hasStar() && strings.Join(l.parts, "") == "" }
func (l *literal) is(s string) bool { return !l.quoted && !l.hasStar() && l.parts[0] == s }

// pattern is the literal as [program.Builder.Like] reads patterns.
func (l *literal) pattern() string {
	quoted := make([]string, len(l.parts))
	for i, p := range l.parts {
		quoted[i] = program.QuotePattern(p)
	}
	return strings.Join(quoted, "*")
}

// The precedences, from loose to tight.
const (
	precedenceOr = iota
	precedenceAnd
	precedenceNot
	precedenceSub
)

func precedence(n node) int {
	switch n := n.(type) {
	case *logical:
		if n.or {
			return precedenceOr
		}
		return precedenceAnd
	case *complement:
		return precedenceNot
	}
	return precedenceSub
}

type printer struct{ strings.Builder }

// print writes n so that it can stand where at least the given precedence is wanted.
func (p *printer) print(n node, least int) {
	if precedence(n) < least {
		p.WriteByte('(')
		defer p.WriteByte(')')
	}
	switch n := n.(type) {
	case *logical:
		for i, t := range n.terms {
			switch {
			case i > 0 && n.or:
				p.WriteString(" or ")
			case i > 0:
				p.WriteString(" and ")
			}
			p.print(t, precedence(n)+1)
		}
	case *complement:
		p.WriteString("not ")
		p.print(n.x, precedenceSub)
	case *comparison:
		p.literal(n.field)
		p.WriteString(" " + [...]string{"<", "<=", ">", ">="}[n.order] + " ")
		p.literal(n.value)
	case *clause:
		if n.field != nil {
			p.literal(n.field)
			p.WriteString(": ")
		}
		p.print(n.values, precedenceSub)
	case *literal:
		p.literal(n)
	}
}

// literal writes text in the form in which it was written, with quotes or without.
func (p *printer) literal(l *literal) {
	if l.quoted {
		p.WriteByte('"')
		for _, r := range l.parts[0] {
			switch r {
			case '"', '\\':
				p.WriteByte('\\')
				p.WriteRune(r)
			case '\t', '\r', '\n':
				p.WriteString(map[rune]string{'\t': `\t`, '\r': `\r`, '\n': `\n`}[r])
			default:
				p.WriteRune(r)
			}
		}
		p.WriteByte('"')
		return
	}
	for i, part := range l.parts {
		after := part
		if i == len(l.parts)-1 {
			after += " " // a space can come after the text, and make a keyword of its end
		}
		if i > 0 {
			p.WriteByte('*')
		}
		for j, r := range part {
			switch {
			case r == '\t', r == '\r', r == '\n':
				p.WriteString(map[rune]string{'\t': `\t`, '\r': `\r`, '\n': `\n`}[r])
			case strings.ContainsRune(special, r):
				p.WriteByte('\\')
				p.WriteRune(r)
			case isKeywordAt(after[j:]):
				p.WriteString(`\u00`)
				p.WriteByte("0123456789abcdef"[r>>4&15])
				p.WriteByte("0123456789abcdef"[r&15])
			default:
				p.WriteRune(r)
			}
		}
	}
}

// isKeywordAt says whether text without quotes cannot go on, since a keyword begins.
func isKeywordAt(s string) bool {
	if n := spaceAt(s); n > 0 {
		for _, word := range [...]string{"or", "and"} {
			if rest := s[n:]; len(rest) > len(word) && strings.EqualFold(rest[:len(word)], word) && spaceAt(rest[len(word):]) > 0 {
				return true
			}
		}
	}
	return len(s) > 3 && strings.EqualFold(s[:3], "not") && spaceAt(s[3:]) > 0
}

// spaceAt returns the length of the space at the start of s, 0 where there is none.
func spaceAt(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == ' ', s[0] == '\t', s[0] == '\r', s[0] == '\n':
		return 1
	case strings.HasPrefix(s, "\u00a0"):
		return len("\u00a0")
	}
	return 0
}

// isTrimmed says whether JavaScript trims a character from the ends of a text.
func isTrimmed(r rune) bool { return unicode.IsSpace(r) && r != '\u0085' || r == '\ufeff' }

// special are the characters that text without quotes has after a backslash only.
const special = `\():<>"*{}`
