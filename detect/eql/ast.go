package eql

import (
	"github.com/trailwire/trailwire/detect/program"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Query is a parsed query. It is immutable. It knows its shape only: what the fields and functions
// in it mean is Compile's business.
type Query struct {
	src      string
	category string       // of the events it is about
	any      bool         // it is about events of every category
	head     program.Span // where the category is written
	where    expr
}

// String prints the query on one line, without comments and with no more parentheses than it needs.
// Parse reads what it prints as the same query.
func (q *Query) String() string {
	var p printer
	switch {
	case q.any:
		p.WriteString("any")
	case isIdentifier(q.category):
		p.WriteString(q.category)
	default:
		p.quote(q.category)
	}
	p.WriteString(" where ")
	p.print(q.where, precedenceOr)
	return p.String()
}

// Source returns the text that was parsed.
func (q *Query) Source() string { return q.src }

// expr is a node of the syntax tree.
type expr interface {
	where() program.Span
	// height is the number of nodes on the longest way down, which the parser keeps below maxDepth
	// so that everything that walks the tree may recurse.
	height() int
}

type node struct {
	at   program.Span
	tall int
}

func (n *node) where() program.Span { return n.at }
func (n *node) height() int         { return n.tall }

// literal is null, true, false, a number or a string.
type literal struct {
	node
	value program.Value
}

// field is the name of a field, with its parts joined by dots.
type field struct {
	node
	name     string
	optional bool // it was written ?name
}

// call is a function call. The name is as it was written, without the tilde.
type call struct {
	node
	name string
	fold bool // it was written name~
	args []expr
}

// negation is -x.
type negation struct {
	node
	x expr
}

// arithmetic is a + b and its like. The operator is its ASCII character.
type arithmetic struct {
	node
	op          byte
	left, right expr
}

// comparison is a == b and its like: ==, !=, <, <=, >, >=.
type comparison struct {
	node
	op          string
	left, right expr
}

// lookup is one value against a list: in, in~, like, like~, regex, regex~ and the colon. The list
// was written without parentheses if bare is true, and then has one element.
type lookup struct {
	node
	op     string
	negate bool // not in
	bare   bool
	x      expr
	list   []expr
}

// logical is a chain of and, or a chain of or: two terms at least.
type logical struct {
	node
	op    string
	terms []expr
}

// complement is not x.
type complement struct {
	node
	x expr
}

// The precedences, from loose to tight. They follow Elasticsearch's grammar, in which not binds
// tighter than and, and a lookup (f in (…), f : "…") takes no more than the one primary before it.
const (
	precedenceOr = iota
	precedenceAnd
	precedenceNot
	precedenceComparison
	precedenceSum
	precedenceProduct
	precedenceNegation
	precedenceLookup
	precedencePrimary
)

func precedence(e expr) int {
	switch e := e.(type) {
	case *logical:
		if e.op == "or" {
			return precedenceOr
		}
		return precedenceAnd
	case *complement:
		return precedenceNot
	case *comparison:
		return precedenceComparison
	case *arithmetic:
		if e.op == '+' || e.op == '-' {
			return precedenceSum
		}
		return precedenceProduct
	case *negation:
		return precedenceNegation
	case *lookup:
		return precedenceLookup
	}
	return precedencePrimary
}

type printer struct{ strings.Builder }

// print writes e for a place that needs at least the given precedence.
func (p *printer) print(e expr, least int) {
	own := precedence(e)
	if own < least {
		p.WriteByte('(')
		defer p.WriteByte(')')
	}
	switch e := e.(type) {
	case *literal:
		p.literal(e.value)
	case *field:
		if e.optional {
			p.WriteByte('?')
		}
		p.name(e.name)
	case *call:
		p.WriteString(e.name)
		if e.fold {
			p.WriteByte('~')
		}
		p.list(e.args)
	case *negation:
		p.WriteByte('-')
		p.print(e.x, own)
	case *arithmetic:
		p.print(e.left, own)
		p.WriteByte(' ')
		p.WriteByte(e.op)
		p.WriteByte(' ')
		p.print(e.right, own+1)
	case *comparison:
		p.print(e.left, own+1)
		p.WriteString(" " + e.op + " ")
		p.print(e.right, own+1)
	case *lookup:
		p.print(e.x, precedencePrimary)
		if e.negate {
			p.WriteString(" not")
		}
		p.WriteString(" " + e.op + " ")
		if e.bare {
			p.print(e.list[0], precedencePrimary)
		} else {
			p.list(e.list)
		}
	case *logical:
		for i, t := range e.terms {
			if i > 0 {
				p.WriteString(" " + e.op + " ")
			}
			p.print(t, own+1)
		}
	case *complement:
		p.WriteString("not ")
		p.print(e.x, own)
	}
}

func (p *printer) list(es []expr) {
	p.WriteByte('(')
	for i, e := range es {
		if i > 0 {
			p.WriteString(", ")
		}
		p.print(e, precedenceOr)
	}
	p.WriteByte(')')
}

// name writes a field's name, with backquotes around the parts that need them.
func (p *printer) name(name string) {
	parts := strings.Split(name, ".")
	for _, part := range parts {
		if part == "" { // dots next to each other, or at an end, can only be inside backquotes
			parts = []string{name}
			break
		}
	}
	for i, part := range parts {
		if i > 0 {
			p.WriteByte('.')
		}
		if isIdentifier(part) {
			p.WriteString(part)
		} else {
			p.WriteString("`" + strings.ReplaceAll(part, "`", "``") + "`")
		}
	}
}

func (p *printer) literal(v program.Value) {
	switch v.Kind() {
	case program.KindText:
		p.quote(string(v.Text()))
	case program.KindFloat:
		s := strconv.FormatFloat(v.Float(), 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0" // without it, it would come back as an integer
		}
		p.WriteString(s)
	default:
		p.WriteString(v.String())
	}
}

func (p *printer) quote(s string) {
	p.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			p.WriteByte('\\')
			p.WriteRune(r)
		case '\b':
			p.WriteString(`\b`)
		case '\t':
			p.WriteString(`\t`)
		case '\n':
			p.WriteString(`\n`)
		case '\f':
			p.WriteString(`\f`)
		case '\r':
			p.WriteString(`\r`)
		default:
			if strconv.IsPrint(r) && r != utf8.RuneError {
				p.WriteRune(r)
			} else {
				p.WriteString(`\u{`)
				if r < 0x10 {
					p.WriteByte('0')
				}
				p.WriteString(strconv.FormatInt(int64(r), 16) + "}")
			}
		}
	}
	p.WriteByte('"')
}
