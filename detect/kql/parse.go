package kql

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/program"
)

// maxDepth keeps a hostile rule file from using up the stack.
const maxDepth = 500 // of nesting

// Parse reads a query. An empty one matches every event. The error is an *Error.
func Parse(src string) (*Query, error) {
	q, err := parseQuery(src)
	if err != nil { // not returned as it is: a nil *Error is not a nil error
		return nil, err
	}
	return q, nil
}

func parseQuery(src string) (*Query, *Error) {
	if at, problem := program.CheckSource(src); problem != "" {
		return nil, newError(src, at, "%s", problem)
	}
	p := parser{src: src}
	p.spaces()
	q := &Query{src: src}
	if p.pos == len(src) {
		return q, nil
	}
	var err *Error
	if q.where, err = p.or(false); err != nil {
		return nil, err
	}
	p.spaces()
	if p.pos < len(src) {
		return nil, p.trailing()
	}
	return q, nil
}

// parser is a recursive descent parser over the bytes of a query: what a word means depends on where
// it is, so that there are no tokens. The grammar of lists of values is that of the query, but for
// the leaves.
type parser struct {
	src   string
	pos   int
	depth int
	last  *literal // the last one that was read, for hints
	alone bool     // it is not known to be a value
}

func (p *parser) rest() string { return p.src[p.pos:] }

// spaces passes over spaces and says whether there was one.
func (p *parser) spaces() bool {
	start := p.pos
	for n := spaceAt(p.rest()); n > 0; n = spaceAt(p.rest()) {
		p.pos += n
	}
	return p.pos > start
}

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.rest(), s) {
		p.pos += len(s)
		return true
	}
	return false
}

// joined passes over a keyword between two terms, which has spaces around it.
func (p *parser) joined(word string) bool {
	start := p.pos
	if p.spaces() && p.word(word) {
		return true
	}
	p.pos = start
	return false
}

// word passes over a keyword and the spaces after it.
func (p *parser) word(word string) bool {
	rest := p.rest()
	if len(rest) <= len(word) || !strings.EqualFold(rest[:len(word)], word) || spaceAt(rest[len(word):]) == 0 {
		return false
	}
	p.pos += len(word)
	return p.spaces()
}

func (p *parser) enter() *Error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("the query nests deeper than the %d levels allowed", maxDepth)
	}
	return nil
}

func (p *parser) or(list bool) (node, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.chain("or", list, func() (node, *Error) {
		return p.chain("and", list, func() (node, *Error) { return p.not(list) })
	})
}

func (p *parser) chain(word string, list bool, term func() (node, *Error)) (node, *Error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []node{first}
	for p.joined(word) {
		next, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
	}
	if len(terms) == 1 {
		return first, nil
	}
	span := program.Span{Start: first.where().Start, End: terms[len(terms)-1].where().End}
	return &logical{at{span}, word == "or", terms}, nil
}

func (p *parser) not(list bool) (node, *Error) {
	start := p.pos
	if !p.word("not") {
		return p.sub(list)
	}
	x, err := p.sub(list)
	if err != nil {
		return nil, err
	}
	return &complement{at{program.Span{Start: start, End: x.where().End}}, x}, nil
}

// sub is a group in parentheses or a leaf: a clause, or in a list a value.
func (p *parser) sub(list bool) (node, *Error) {
	switch {
	case p.take("("):
		return p.group(list)
	case list:
		return p.value()
	}
	return p.clause()
}

func (p *parser) group(list bool) (node, *Error) {
	opened := p.pos - 1
	p.spaces()
	x, err := p.or(list)
	if err != nil {
		return nil, err
	}
	p.spaces()
	if !p.take(")") {
		if p.pos == len(p.src) {
			return nil, newError(p.src, opened, "this parenthesis has no end: expected )")
		}
		return nil, p.trailing()
	}
	if !list { // a clause is quoted with both of its parentheses or with none
		switch x := x.(type) {
		case *logical:
			x.Span = program.Span{Start: opened, End: p.pos}
		case *complement:
			x.Span = program.Span{Start: opened, End: p.pos}
		}
	}
	return x, nil
}

// value is one literal of a list.
func (p *parser) value() (node, *Error) {
	l, err := p.literal("a value")
	if err != nil {
		return nil, err
	}
	return l, nil
}

var orders = []struct {
	op    string
	order program.Order
}{{"<=", program.LessOrEqual}, {">=", program.GreaterOrEqual}, {"<", program.Less}, {">", program.Greater}}

// clause is f: v, f > v, or a value alone.
func (p *parser) clause() (node, *Error) {
	field, err := p.literal("a field, as in event.outcome: success")
	if err != nil {
		return nil, err
	}
	p.alone = true
	end := p.pos
	p.spaces()
	if p.take(":") {
		p.spaces()
		if strings.HasPrefix(p.rest(), "{") {
			err := p.fail("a group in braces is about nested fields, which events of CloudTrail do not have: a brace in a value is written \\{, or in quotes")
			err.Unsupported = true
			return nil, err
		}
		isList := strings.HasPrefix(p.rest(), "(")
		values, err := p.values()
		if err != nil {
			return nil, err
		}
		end := values.where().End
		if isList {
			end = p.pos
		}
		return &clause{at{program.Span{Start: field.Start, End: end}}, field, values}, nil
	}
	for _, o := range orders {
		if p.take(o.op) {
			p.spaces()
			value, err := p.literal("a value after " + o.op)
			if err != nil {
				return nil, err
			}
			return &comparison{at{program.Span{Start: field.Start, End: value.End}}, field, o.order, value}, nil
		}
	}
	p.pos = end
	return &clause{at{field.Span}, nil, field}, nil
}

// values is what follows the colon of a clause.
func (p *parser) values() (node, *Error) {
	if p.take("(") {
		return p.group(true)
	}
	if rest := p.rest(); isKeywordAt(rest) && spaceAt(rest) == 0 {
		return nil, p.fail("not is before a clause or in parentheses: not f: v, or f: (not v)")
	}
	return p.value()
}

// literal reads text with quotes or without.
func (p *parser) literal(expected string) (*literal, *Error) {
	var l *literal
	var err *Error
	if strings.HasPrefix(p.rest(), `"`) {
		l, err = p.quoted()
	} else {
		l, err = p.unquoted(expected)
	}
	p.last, p.alone = l, false
	return l, err
}

func (p *parser) quoted() (*literal, *Error) {
	start := p.pos
	var text strings.Builder
	for p.pos++; p.pos < len(p.src); {
		switch rest := p.rest(); {
		case rest[0] == '"':
			p.pos++
			return &literal{at{program.Span{Start: start, End: p.pos}}, []string{text.String()}, true}, nil
		case strings.HasPrefix(rest, `\\`), strings.HasPrefix(rest, `\"`):
			text.WriteByte(rest[1])
			p.pos += 2
		default:
			c, n, err := p.escape()
			if err != nil {
				return nil, err
			}
			if n == 0 { // a backslash before anything else is one
				c, n = rest[:1], 1
			}
			text.WriteString(c)
			p.pos += n
		}
	}
	return nil, newError(p.src, start, `this text has no end: expected "`)
}

// escape decodes the escape at the position, of those that both kinds of text have, and returns its
// length: 0 where there is none.
func (p *parser) escape() (decoded string, n int, err *Error) {
	rest := p.rest()
	if len(rest) < 2 || rest[0] != '\\' {
		return "", 0, nil
	}
	switch rest[1] {
	case 't':
		return "\t", 2, nil
	case 'r':
		return "\r", 2, nil
	case 'n':
		return "\n", 2, nil
	}
	unit, ok := utf16Escape(rest)
	if !ok {
		return "", 0, nil
	}
	if !utf16.IsSurrogate(unit) {
		return string(unit), 6, nil
	}
	if low, ok := utf16Escape(rest[6:]); ok {
		if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
			return string(r), 12, nil
		}
	}
	return "", 0, p.fail("%s is half of a character: the other half is missing", rest[:6])
}

// utf16Escape reads \uXXXX.
func utf16Escape(s string) (unit rune, ok bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	for _, c := range s[2:6] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

func (p *parser) unquoted(expected string) (*literal, *Error) {
	l := &literal{at: at{program.Span{Start: p.pos}}}
	var text strings.Builder
	for p.pos < len(p.src) && !isKeywordAt(p.rest()) {
		rest := p.rest()
		if rest[0] == '\\' {
			c, n, err := p.escaped()
			if err != nil {
				return nil, err
			}
			text.WriteString(c)
			p.pos += n
			continue
		}
		if rest[0] == '*' {
			l.parts = append(l.parts, text.String())
			text.Reset()
			p.pos++
			continue
		}
		if strings.IndexByte(special, rest[0]) >= 0 {
			break
		}
		_, n := utf8.DecodeRuneInString(rest)
		text.WriteString(rest[:n])
		p.pos += n
	}
	if p.pos == l.Start {
		return nil, p.fail("expected %s, found %s", expected, p.found())
	}
	l.parts = append(l.parts, text.String())
	l.parts[0] = strings.TrimLeftFunc(l.parts[0], isTrimmed)
	end := len(l.parts) - 1
	l.parts[end] = strings.TrimRightFunc(l.parts[end], isTrimmed)
	l.quoted = end == 0 && l.parts[0] == "" // only spaces that were escaped: nothing is left of them
	l.End = l.Start + len(strings.TrimRightFunc(p.src[l.Start:p.pos], isTrimmed))
	return l, nil
}

// escaped decodes an escape of text without quotes.
func (p *parser) escaped() (decoded string, n int, err *Error) {
	if decoded, n, err = p.escape(); err != nil || n > 0 {
		return decoded, n, err
	}
	rest := p.rest()
	if len(rest) > 1 && strings.IndexByte(special, rest[1]) >= 0 {
		return rest[1:2], 2, nil
	}
	for _, word := range [...]string{"or", "and", "not"} {
		if len(rest) > len(word) && strings.EqualFold(rest[1:1+len(word)], word) {
			return rest[1 : 1+len(word)], 1 + len(word), nil
		}
	}
	return "", 0, p.fail(`a backslash is before one of %s, or, and, not, t, r, n and uXXXX only: a backslash itself is written \\, or in quotes`, special)
}

// fail is an error at the position.
func (p *parser) fail(format string, args ...any) *Error {
	return newError(p.src, p.pos, format, args...)
}

// found names what is at the position.
func (p *parser) found() string {
	rest := p.rest()
	if rest == "" {
		return "the end of the query"
	}
	for _, word := range [...]string{"not", "or", "and"} {
		if len(rest) > len(word) && strings.EqualFold(rest[:len(word)], word) && spaceAt(rest[len(word):]) > 0 {
			return "the keyword " + rest[:len(word)]
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	return rest[:n]
}

// trailing says what is wrong with what follows a complete clause, and what to write instead.
func (p *parser) trailing() *Error {
	rest := p.rest()
	before := ""
	if p.last != nil && !p.last.quoted {
		before = p.last.text()
	}
	why := joined(before)
	if p.alone && why == "" {
		why = habit(before)
	}
	switch {
	case why != "":
		return p.fail("expected and, or or the end, found %s: %s", p.found(), why)
	case rest[0] == ':':
		return p.fail(`a clause has one colon: one in a value is written \:, or the value in quotes, and clauses are joined with and or or`)
	case rest[0] == ')':
		return p.fail("this parenthesis has no beginning")
	case strings.IndexByte(special, rest[0]) >= 0:
		return p.fail(`expected and, or or the end, found %s: in a value it is written \%s, or the value in quotes`, p.found(), rest[:1])
	case strings.HasPrefix(p.found(), "the keyword not"):
		return p.fail("expected and, or or the end, found %s: a value with the word in it is in quotes", p.found())
	case p.last != nil && p.last.quoted:
		return p.fail("expected and, or or the end, found %s: quotes are around the whole value", p.found())
	}
	return p.fail("expected and, or or the end, found %s", p.found())
}

// habit says what is written otherwise in KQL, of what other languages have and KQL takes for text. It
// is empty where there is nothing of the kind.
func habit(text string) string {
	switch text = " " + text + " "; {
	case joined(text) != "":
		return joined(text)
	case strings.Contains(text, " where "):
		return "this is EQL: KQL has no where"
	case strings.Contains(text, "!="):
		return "KQL has no !=: write not field: value"
	case strings.Contains(text, "="):
		return "KQL compares with a colon: write field: value"
	case strings.Contains(text, " in "):
		return "KQL has no in: write field: (a or b)"
	case strings.Contains(text, " like "), strings.Contains(text, " like~ "):
		return "KQL has no like: write field: value*"
	}
	return ""
}

// joined is the part of habit that is about several clauses.
func joined(text string) string {
	switch {
	case strings.Contains(text, "&&"):
		return "&& is written and"
	case strings.Contains(text, "||"):
		return "|| is written or"
	}
	return ""
}
