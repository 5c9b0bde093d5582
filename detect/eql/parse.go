package eql

import (
	"strconv"

	"github.com/trailwire/trailwire/detect/program"
)

// maxDepth keeps a hostile rule file from using up the stack: of nesting, and of the syntax tree.
const maxDepth = 500

// Parse reads one query about single events:
//
//	category where condition
//
// The error is a *SyntaxError. Sequences, samples, joins, pipes, process relationships (descendant
// of) and array indexes are refused by name: they are EQL, but not about single events, or not
// supported by Elasticsearch either.
func Parse(src string) (*Query, error) {
	q, err := parseQuery(src)
	if err != nil { // not returned as it is: a nil *SyntaxError is not a nil error
		return nil, err
	}
	return q, nil
}

func parseQuery(src string) (*Query, *SyntaxError) {
	if err := checkText(src); err != nil {
		return nil, err
	}
	p := parser{lexer: lexer{src: src}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.trailing()
	}
	return q, nil
}

// checkText refuses a text that is too long to be a query, or no text.
func checkText(src string) *SyntaxError {
	if at, problem := program.CheckSource(src); problem != "" {
		return syntaxError(src, at, "%s", problem)
	}
	return nil
}

// query reads category where condition.
func (p *parser) query() (*Query, *SyntaxError) {
	q := &Query{src: p.src, head: program.Span{Start: p.token.start, End: p.token.end}}
	switch t := p.token; {
	case t.is(tokenKeyword, "any"):
		q.any = true
	case t.kind == tokenIdentifier || t.kind == tokenString:
		q.category = t.text
	case t.is(tokenKeyword, "sequence"), t.is(tokenKeyword, "sample"), t.is(tokenKeyword, "join"):
		return nil, aboutSeveral(p.fail("a %s is about several events: only queries about single events (category where condition) are supported", t.text))
	case t.kind == tokenQuoted:
		return nil, p.fail("an event category is enclosed in double quotes, not in backquotes")
	default:
		return nil, p.expected("an event category or any")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect(tokenKeyword, "where"); err != nil {
		return nil, err
	}
	var err *SyntaxError
	q.where, err = p.or()
	return q, err
}

// parser is a recursive descent parser with one token of look-ahead.
type parser struct {
	lexer
	token token // the next one, not consumed yet
	last  int   // where the token before it ended
	depth int
	joins bool // a sequence's join fields are read: [ begins its first event
}

func (p *parser) advance() *SyntaxError {
	p.last = p.token.end
	t, err := p.lexer.next()
	if err != nil {
		return err
	}
	p.token = t
	return nil
}

// fail is an error at the next token.
func (p *parser) fail(format string, args ...any) *SyntaxError {
	return p.lexer.fail(p.token.start, format, args...)
}

func (p *parser) expected(what string) *SyntaxError {
	return p.fail("expected %s, found %s", what, p.found())
}

// found names the next token for an error message.
func (p *parser) found() string {
	switch t := p.token; t.kind {
	case tokenEnd:
		return "the end of the query"
	case tokenString:
		return "the string " + strconv.Quote(shorten(t.text))
	case tokenInteger, tokenDecimal:
		return "the number " + shorten(t.text)
	case tokenKeyword:
		return "the keyword " + t.text
	default:
		return shorten(p.src[t.start:t.end])
	}
}

func (p *parser) expect(kind tokenKind, text string) *SyntaxError {
	if !p.token.is(kind, text) {
		return p.expected(text)
	}
	return p.advance()
}

// accept consumes the next token if it is the one asked for.
func (p *parser) accept(kind tokenKind, text string) (bool, *SyntaxError) {
	if !p.token.is(kind, text) {
		return false, nil
	}
	return true, p.advance()
}

func aboutSeveral(err *SyntaxError) *SyntaxError {
	err.SeveralEvents = true
	return err
}

// trailing says what is wrong with a token after a complete condition.
func (p *parser) trailing() *SyntaxError {
	t := p.token
	switch t.kind {
	case tokenKeyword:
		switch t.text {
		case "until", "with", "by", "maxspan":
			return p.fail("%s belongs to sequences: only queries about single events are supported", t.text)
		case "in", "in~", "like", "like~", "regex", "regex~", "not":
			return p.fail("%s needs a single value on its left: put parentheses around it", t.text)
		}
	case tokenOperator:
		switch t.text {
		case "|":
			if err := p.advance(); err == nil && p.token.kind == tokenIdentifier {
				return aboutSeveral(p.lexer.fail(t.start, "pipes are not supported, found | %s: a query about single events ends with its condition", p.token.text))
			}
			return aboutSeveral(p.lexer.fail(t.start, "pipes are not supported: a query about single events ends with its condition"))
		case "=":
			return p.fail("= is not a comparison: use == (exact) or : (any case, wildcards)")
		case "==", "!=", "<", "<=", ">", ">=", ":":
			return p.fail("comparisons cannot be chained: connect them with and")
		case "[":
			return p.fail("array indexes are not supported: a condition on a field with several values holds if it holds for one of them")
		case "!":
			return p.fail("! is not an operator: use not or !=")
		}
	}
	return p.fail("expected and, or or the end of the query, found %s", p.found())
}

// enter guards the stack: every production that can contain itself goes through it.
func (p *parser) enter() *SyntaxError {
	p.depth++
	if p.depth > maxDepth {
		return p.tooDeep()
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tooDeep() *SyntaxError {
	return p.fail("the query nests deeper than the %d levels allowed", maxDepth)
}

// node makes a tree node that spans from start to the last consumed token.
func (p *parser) node(start int, children ...expr) (node, *SyntaxError) {
	n := node{at: program.Span{Start: start, End: p.last}}
	for _, c := range children {
		n.tall = max(n.tall, c.height())
	}
	n.tall++
	if n.tall > maxDepth {
		return n, p.tooDeep()
	}
	return n, nil
}

func (p *parser) or() (expr, *SyntaxError)  { return p.chain("or", p.and) }
func (p *parser) and() (expr, *SyntaxError) { return p.chain("and", p.not) }

// chain reads a and b and c as one node: it is what people mean, and what keeps a rule with a
// thousand terms from being a thousand levels deep.
func (p *parser) chain(op string, term func() (expr, *SyntaxError)) (expr, *SyntaxError) {
	start := p.token.start
	first, err := term()
	if err != nil || !p.token.is(tokenKeyword, op) {
		return first, err
	}
	terms := []expr{first}
	for p.token.is(tokenKeyword, op) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		t, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	n, err := p.node(start, terms...)
	return &logical{node: n, op: op, terms: terms}, err
}

func (p *parser) not() (expr, *SyntaxError) {
	if !p.token.is(tokenKeyword, "not") {
		return p.comparison()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	start := p.token.start
	if err := p.advance(); err != nil {
		return nil, err
	}
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	n, err := p.node(start, x)
	return &complement{node: n, x: x}, err
}

func (p *parser) comparison() (expr, *SyntaxError) {
	start := p.token.start
	left, err := p.sum()
	if err != nil || p.token.kind != tokenOperator {
		return left, err
	}
	op := p.token.text
	switch op {
	case "==", "!=", "<", "<=", ">", ">=":
	case "=":
		return nil, p.trailing()
	default:
		return left, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	n, err := p.node(start, left, right)
	return &comparison{node: n, op: op, left: left, right: right}, err
}

func (p *parser) sum() (expr, *SyntaxError)     { return p.operators("+", "-", "", p.product) }
func (p *parser) product() (expr, *SyntaxError) { return p.operators("*", "/", "%", p.negation) }

func (p *parser) operators(a, b, c string, operand func() (expr, *SyntaxError)) (expr, *SyntaxError) {
	start := p.token.start
	left, err := operand()
	for err == nil && p.token.kind == tokenOperator && (p.token.text == a || p.token.text == b || p.token.text == c) {
		op := p.token.text[0]
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		n, err := p.node(start, left, right)
		if err != nil {
			return nil, err
		}
		left = &arithmetic{node: n, op: op, left: left, right: right}
	}
	return left, err
}

func (p *parser) negation() (expr, *SyntaxError) {
	minus := p.token.is(tokenOperator, "-")
	if !minus && !p.token.is(tokenOperator, "+") {
		return p.lookup()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	start := p.token.start
	if err := p.advance(); err != nil {
		return nil, err
	}
	x, err := p.negation()
	if err != nil || !minus {
		return x, err
	}
	n, err := p.node(start, x)
	return &negation{node: n, x: x}, err
}

// lookup reads a primary and what may follow it: in (…), : "…", like (…).
func (p *parser) lookup() (expr, *SyntaxError) {
	start := p.token.start
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	negate := false
	if p.token.is(tokenKeyword, "not") {
		if negate, err = true, p.advance(); err != nil {
			return nil, err
		}
		if !p.token.is(tokenKeyword, "in") && !p.token.is(tokenKeyword, "in~") {
			return nil, p.expected("in or in~ after not")
		}
	}
	l := &lookup{op: p.token.text, negate: negate, x: x}
	switch {
	case p.token.is(tokenKeyword, "in"), p.token.is(tokenKeyword, "in~"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if err := p.expect(tokenOperator, "("); err != nil {
			return nil, err
		}
		l.list, err = p.list(p.nested)
	case p.token.is(tokenOperator, ":"), p.token.is(tokenKeyword, "like"), p.token.is(tokenKeyword, "like~"),
		p.token.is(tokenKeyword, "regex"), p.token.is(tokenKeyword, "regex~"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		list, aerr := p.accept(tokenOperator, "(")
		if aerr != nil {
			return nil, aerr
		}
		if list {
			l.list, err = p.list(p.constant)
			break
		}
		l.bare = true
		var c expr
		c, err = p.constant()
		l.list = []expr{c}
	default:
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	n, err := p.node(start, append(l.list[:len(l.list):len(l.list)], x)...)
	l.node = n
	return l, err
}

// list reads what is between parentheses, after the opening one.
func (p *parser) list(element func() (expr, *SyntaxError)) ([]expr, *SyntaxError) {
	var list []expr
	for {
		e, err := element()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		more, err := p.accept(tokenOperator, ",")
		if err != nil {
			return nil, err
		}
		if more {
			continue
		}
		if !p.token.is(tokenOperator, ")") {
			return nil, p.unclosed("a comma or )")
		}
		return list, p.advance()
	}
}

// nested reads a whole condition or value inside parentheses.
func (p *parser) nested() (expr, *SyntaxError) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	return p.or()
}

// unclosed is the error of a token that cannot be inside parentheses.
func (p *parser) unclosed(what string) *SyntaxError {
	if p.token.kind == tokenOperator || p.token.kind == tokenKeyword {
		switch p.token.text {
		case ")", "]", ",", ".", "?":
		default:
			return p.trailing()
		}
	}
	return p.expected(what)
}

// constant reads the right side of a colon, like and regex, which are literals by grammar.
func (p *parser) constant() (expr, *SyntaxError) {
	if e, err := p.literal(); e != nil || err != nil {
		return e, err
	}
	return nil, p.expected("a string")
}

// literal reads a literal if there is one, else returns nil.
func (p *parser) literal() (expr, *SyntaxError) {
	var v program.Value
	switch t := p.token; {
	case t.kind == tokenString:
		v = program.Text([]byte(t.text))
	case t.kind == tokenInteger:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			v = program.Int(n)
			break
		}
		fallthrough // as in Elasticsearch, an integer that does not fit becomes a float
	case t.kind == tokenDecimal:
		f, _ := strconv.ParseFloat(t.text, 64) // the lexer has seen that it is one
		v = program.Float(f)
	case t.is(tokenKeyword, "true"), t.is(tokenKeyword, "false"):
		v = program.Bool(t.text == "true")
	case t.is(tokenKeyword, "null"):
		v = program.Null()
	default:
		return nil, nil
	}
	start := p.token.start
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.node(start)
	if err != nil {
		return nil, err
	}
	return &literal{node: n, value: v}, nil
}

func (p *parser) primary() (expr, *SyntaxError) {
	if e, err := p.literal(); e != nil || err != nil {
		return e, err
	}
	switch t := p.token; {
	case t.is(tokenOperator, "("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.nested()
		if err != nil {
			return nil, err
		}
		if !p.token.is(tokenOperator, ")") {
			return nil, p.unclosed(")")
		}
		return e, p.advance()
	case t.kind == tokenTilde:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.token.is(tokenOperator, "(") {
			return nil, p.expected("( after " + t.text + "~")
		}
		return p.call(t, true)
	case t.kind == tokenIdentifier:
		if err := p.advance(); err != nil {
			return nil, err
		}
		switch {
		case p.token.is(tokenOperator, "("):
			return p.call(t, false)
		case p.token.is(tokenKeyword, "of"):
			return nil, p.lexer.fail(t.start, "process relationships (%s of) are not supported", t.text)
		}
		return p.path(t, t.start, false)
	case t.kind == tokenQuoted:
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.path(t, t.start, false)
	case t.is(tokenOperator, "?"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		first, err := p.part()
		if err != nil {
			return nil, err
		}
		return p.path(first, t.start, true)
	case t.kind == tokenKeyword:
		return nil, p.fail("expected a value or a field, found the keyword %s: a field of that name is written `%s`", t.text, t.text)
	case t.is(tokenOperator, "="), t.is(tokenOperator, "!"):
		return nil, p.trailing()
	}
	return nil, p.expected("a value or a field")
}

// part consumes one part of a field's name.
func (p *parser) part() (token, *SyntaxError) {
	t := p.token
	switch t.kind {
	case tokenIdentifier, tokenQuoted:
		return t, p.advance()
	case tokenKeyword:
		return t, p.fail("%s is a keyword: as part of a field's name it is written `%s`", t.text, t.text)
	}
	return t, p.expected("a part of a field's name")
}

// path reads the rest of a field's name, after the first part.
func (p *parser) path(first token, start int, optional bool) (expr, *SyntaxError) {
	name := first.text
	for {
		switch {
		case p.token.is(tokenOperator, "."):
			if err := p.advance(); err != nil {
				return nil, err
			}
			part, err := p.part()
			if err != nil {
				return nil, err
			}
			name += "." + part.text
			continue
		case p.token.is(tokenOperator, "[") && !p.joins:
			return nil, p.trailing()
		case p.token.kind == tokenDecimal && p.token.start == p.last:
			return nil, p.fail("a part of a field's name that starts with a digit is written in backquotes")
		}
		n, err := p.node(start)
		return &field{node: n, name: name, optional: optional}, err
	}
}

// call reads a call's arguments. The name is consumed and the next token is the parenthesis.
func (p *parser) call(name token, fold bool) (expr, *SyntaxError) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	c := &call{name: name.text, fold: fold}
	empty, err := p.accept(tokenOperator, ")")
	if err == nil && !empty {
		c.args, err = p.list(p.nested)
	}
	if err != nil {
		return nil, err
	}
	n, err := p.node(name.start, c.args...)
	c.node = n
	return c, err
}
