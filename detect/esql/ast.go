package esql

import "github.com/trailwire/trailwire/detect/program"

// Query is a parsed query. It is immutable. It knows its shape only: what the fields and functions in
// it mean is Compile's business.
type Query struct {
	src     string
	sources []token
	where   []node // the conditions of its where commands, in order
}

// Source returns the text that was parsed.
func (q *Query) Source() string { return q.src }

// node is a node of the syntax tree.
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

// comparison is x == y and its like.
type comparison struct {
	at
	op   string
	x, y node
}

// membership is x in (…).
type membership struct {
	at
	negated bool
	x       node
	list    []node
}

// likeness is x like "…" or x rlike "…", with one pattern or a list.
type likeness struct {
	at
	regex, negated bool
	x              node
	patterns       []*literal
}

// nullness is x is null.
type nullness struct {
	at
	negated bool
	x       node
}

// call is a function call. The name is in lower case.
type call struct {
	at
	name string
	args []node
}

// field is the name of a field, with its parts joined by dots.
type field struct {
	at
	name string
}

// literal is a constant.
type literal struct {
	at
	value program.Value
}
