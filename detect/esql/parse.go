package esql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/program"
)

// Parse reads a query. The error is an *Error.
func Parse(src string) (*Query, error) {
	q, err := parse(src)
	if err != nil { // not returned as it is: a nil *Error is not a nil error
		return nil, err
	}
	return q, nil
}

func parse(src string) (*Query, *Error) {
	if at, problem := program.CheckSource(src); problem != "" {
		return nil, newError(src, at, "%s", problem)
	}
	p := parser{lexer: lexer{src: src}}
	q, err := p.query()
	if err != nil && err.Unsupported != "" && !strings.HasPrefix(err.Unsupported, aCommand) {
		err = p.orCommand(err)
	}
	return q, err
}

// orCommand returns the error about a command after another one about something that is not
// supported, if there is one: it says more about what the query is.
func (p *parser) orCommand(err *Error) *Error {
	rest := lexer{p.src, err.Offset}
	for afterBar := false; ; {
		t, wrong := rest.next()
		if wrong != nil || t.kind == endToken {
			return err
		}
		if afterBar && isOther(t) {
			return p.unsupportedCommand(t)
		}
		afterBar = t.isSign("|")
	}
}

// parser is a recursive descent parser, one token ahead.
type parser struct {
	lexer
	token token // the next one
	depth int
}

// advance takes the next token.
func (p *parser) advance() (taken token, err *Error) {
	taken = p.token
	p.token, err = p.lexer.next()
	return taken, err
}

// take passes over a sign, if it is next.
func (p *parser) take(sign string) (bool, *Error) {
	if !p.token.isSign(sign) {
		return false, nil
	}
	_, err := p.advance()
	return true, err
}

// takeWord passes over a keyword, if it is next.
func (p *parser) takeWord(word string) (bool, *Error) {
	if !p.token.is(word) {
		return false, nil
	}
	_, err := p.advance()
	return true, err
}

func (p *parser) expected(what string) *Error {
	return p.fail(p.token.Start, "expected %s, found %s", what, p.found())
}

// found names the next token.
func (p *parser) found() string {
	if p.token.kind == endToken {
		return "the end of the query"
	}
	return shorten(p.src[p.token.Start:p.token.End])
}

func shorten(s string) string {
	const limit = 40
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func (p *parser) query() (*Query, *Error) {
	q := &Query{src: p.src}
	if _, err := p.advance(); err != nil {
		return nil, err
	}
	if !p.token.is("from") {
		return nil, p.start()
	}
	// The names of indices have characters that tokens have not.
	p.pos = p.token.End
	var err *Error
	if q.sources, err = p.sources(); err != nil {
		return nil, err
	}
	if len(q.sources) == 0 {
		return nil, p.fail(p.pos, "from names no index: write from logs-aws.cloudtrail-*")
	}
	if _, err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.metadata(); err != nil {
		return nil, err
	}
	return q, p.commands(q)
}

// start is the error about a query that does not begin with from.
func (p *parser) start() *Error {
	switch {
	case p.token.is("row"), p.token.is("show"), p.token.is("ts"), p.token.is("explain"), p.token.is("set"), p.token.is("promql"):
		word := strings.ToLower(p.token.text)
		return p.fail(p.token.Start, "a query that begins with %s is not about events: only from is evaluated", word).needs(word)
	case p.token.kind == nameToken && strings.Contains(strings.ToLower(p.src), " where "):
		return p.expected("from and an index (a query that begins with a category is EQL)")
	}
	return p.expected("from and an index, such as from logs-aws.cloudtrail-*")
}

// metadata passes over the fields that describe a document.
func (p *parser) metadata() *Error {
	brackets, err := p.take("[") // as it was written at first
	if err != nil {
		return err
	}
	is, err := p.takeWord("metadata")
	if err != nil || !is {
		return err
	}
	for {
		if p.token.kind != nameToken && p.token.kind != quotedToken {
			return p.expected("a field after metadata, such as _id")
		}
		if _, err := p.advance(); err != nil {
			return err
		}
		if more, err := p.take(","); err != nil {
			return err
		} else if !more {
			break
		}
	}
	if !brackets {
		return nil
	}
	closed, err := p.take("]")
	if err == nil && !closed {
		err = p.expected("]")
	}
	return err
}

// commands reads what is after the bars.
func (p *parser) commands(q *Query) *Error {
	limited := false
	for p.token.kind != endToken {
		if !p.token.isSign("|") {
			return p.trailing()
		}
		if _, err := p.advance(); err != nil {
			return err
		}
		command := p.token
		if command.kind != nameToken {
			return p.expected("a command, such as where")
		}
		word := strings.ToLower(command.text)
		switch {
		case word == "where" && limited:
			return p.fail(command.Start, "a where after a limit is about the first events that a search finds: put it before the limit").needs("where after limit")
		case word == "where":
			if _, err := p.advance(); err != nil {
				return err
			}
			k, err := p.or()
			if err != nil {
				return err
			}
			q.where = append(q.where, k)
		case word == "keep", word == "drop", word == "sort":
			if err := p.pass(word); err != nil {
				return err
			}
		case word == "limit":
			if err := p.limit(); err != nil {
				return err
			}
			limited = true
		default:
			return p.unsupportedCommand(command)
		}
	}
	return nil
}

// limit reads a number of events, which is Elasticsearch's for one search.
func (p *parser) limit() *Error {
	if _, err := p.advance(); err != nil {
		return err
	}
	n, err := strconv.Atoi(p.token.text)
	if p.token.kind != numberToken || err != nil || n < 1 {
		return p.expected("a number of events from 1 after limit")
	}
	_, wrong := p.advance()
	return wrong
}

// pass passes over the fields of a command that does not say which events match.
func (p *parser) pass(command string) *Error {
	if _, err := p.advance(); err != nil {
		return err
	}
	if p.token.kind == endToken || p.token.isSign("|") {
		return p.expected("fields after " + command)
	}
	for p.token.kind != endToken && !p.token.isSign("|") {
		if _, err := p.advance(); err != nil {
			return err
		}
	}
	return nil
}

// otherCommands are those of ES|QL that are not evaluated, with what they do. They are in the order
// in which they say what a query needs most.
var otherCommands = commandList{
	{"stats", "aggregates events"},
	{"inlinestats", "aggregates events"},
	{"inline", "aggregates events"},
	{"change_point", "looks at events over time"},
	{"enrich", "looks events up in an index"},
	{"lookup", "looks events up in an index"},
	{"completion", "asks a language model"},
	{"rerank", "asks a language model"},
	{"fork", "is several queries"},
	{"fuse", "is several queries"},
	{"mv_expand", "makes several rows of an event"},
	{"grok", "takes text apart"},
	{"dissect", "takes text apart"},
	{"registered_domain", "takes text apart"},
	{"uri_parts", "takes text apart"},
	{"eval", "calculates columns"},
	{"rename", "names columns"},
	{"sample", "leaves events to chance"},
}

// isOther reports whether a word is a command that is not evaluated.
func isOther(t token) bool {
	return t.kind == nameToken && otherCommands.has(strings.ToLower(t.text))
}

type commandList []struct{ name, does string }

func (l commandList) has(name string) bool {
	for _, other := range l {
		if other.name == name {
			return true
		}
	}
	return false
}

// unsupportedCommand is the error about a command, which names the others that the query needs.
func (p *parser) unsupportedCommand(command token) *Error {
	if !isOther(command) {
		hint := ""
		if command.is("filter") || command.is("and") || command.is("or") {
			hint = ": a condition is after where"
		}
		return p.fail(command.Start, "there is no command %s%s", shorten(command.text), hint)
	}
	needed := map[string]bool{strings.ToLower(command.text): true}
	rest := lexer{p.src, command.End}
	for afterBar := false; ; {
		t, err := rest.next()
		if err != nil || t.kind == endToken {
			break // what is wrong after this command is of no interest
		}
		if afterBar && isOther(t) {
			needed[strings.ToLower(t.text)] = true
		}
		afterBar = t.isSign("|")
	}
	does := ""
	var all []string
	for _, other := range otherCommands {
		if !needed[other.name] {
			continue
		}
		if does == "" {
			does = aCommand + other.name + ", which " + other.does
		}
		all = append(all, other.name)
	}
	return p.fail(command.Start, "the query needs %s: only where, keep, drop, sort and limit after from are evaluated", listed(all)).needs(does)
}

// aCommand begins what a query needs that has a command in it that is not evaluated.
const aCommand = "the command "

func listed(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// trailing is the error about what follows a complete condition.
func (p *parser) trailing() *Error {
	hint := ""
	switch {
	case p.token.isSign("="):
		hint = ": == compares"
	case p.token.isSign("=~"):
		hint = ": to_lower(field) == \"text\" compares in any case"
	case p.token.isSign("&"), p.token.is("where"):
		hint = ": a command is after a bar"
	case p.token.isSign(":"):
		return p.fail(p.token.Start, "the match operator : is not supported: == compares").needs("the match operator")
	case p.token.isSign("::"):
		return p.fail(p.token.Start, "a conversion with :: is not supported").needs("a conversion with ::")
	case p.token.kind == signToken && strings.Contains("+-*/%", p.token.text):
		return p.fail(p.token.Start, "arithmetic is not supported").needs("arithmetic")
	case p.token.isSign(")"):
		return p.fail(p.token.Start, "this parenthesis has no beginning")
	case p.token.is("contains"), p.token.is("startswith"):
		hint = ": write contains(field, \"text\"), starts_with(field, \"text\")"
	}
	return p.fail(p.token.Start, "expected and, or, a bar or the end, found %s%s", p.found(), hint)
}

func (p *parser) enter(at int) *Error {
	if p.depth++; p.depth > maxDepth {
		return p.fail(at, "the query nests deeper than the %d levels allowed", maxDepth)
	}
	return nil
}

func (p *parser) or() (node, *Error) {
	return p.chain("or", func() (node, *Error) { return p.chain("and", p.not) })
}

func (p *parser) chain(word string, term func() (node, *Error)) (node, *Error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []node{first}
	for {
		more, err := p.takeWord(word)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
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

func (p *parser) not() (node, *Error) {
	start := p.token.Start
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	is, err := p.takeWord("not")
	if err != nil {
		return nil, err
	}
	if !is {
		return p.comparison()
	}
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	return &complement{at{program.Span{Start: start, End: x.where().End}}, x}, nil
}

var comparisons = []string{"==", "!=", "<=", ">=", "<", ">"}

// comparison is a value, alone or compared with others.
func (p *parser) comparison() (node, *Error) {
	x, err := p.value()
	if err != nil {
		return nil, err
	}
	span := func() at { return at{program.Span{Start: x.where().Start, End: p.last()}} }
	if p.token.kind == signToken && slices.Contains(comparisons, p.token.text) {
		op, err := p.advance()
		if err != nil {
			return nil, err
		}
		y, err := p.value()
		if err != nil {
			return nil, err
		}
		return &comparison{at{program.Span{Start: x.where().Start, End: y.where().End}}, op.text, x, y}, nil
	}
	if is, err := p.takeWord("is"); err != nil || is {
		if err != nil {
			return nil, err
		}
		negated, err := p.takeWord("not")
		if err != nil {
			return nil, err
		}
		end := p.token.End
		if null, err := p.takeWord("null"); err != nil {
			return nil, err
		} else if !null {
			return nil, p.expected("null after is")
		}
		return &nullness{at{program.Span{Start: x.where().Start, End: end}}, negated, x}, nil
	}
	negated := false
	if p.token.is("not") {
		if negated, err = p.takeWord("not"); err != nil {
			return nil, err
		}
		if !p.token.is("in") && !p.token.is("like") && !p.token.is("rlike") {
			return nil, p.expected("in, like or rlike after not")
		}
	}
	switch {
	case p.token.is("in"):
		list, err := p.list()
		if err != nil {
			return nil, err
		}
		return &membership{span(), negated, x, list}, nil
	case p.token.is("like"), p.token.is("rlike"):
		regex := p.token.is("rlike")
		patterns, err := p.patterns()
		if err != nil {
			return nil, err
		}
		return &likeness{span(), regex, negated, x, patterns}, nil
	}
	return x, nil
}

// last is where the token before the next one ended, or the space after it began.
func (p *parser) last() int {
	return len(strings.TrimRight(p.src[:p.token.Start], " \t\r\n"))
}

// list is in and a list of values in parentheses.
func (p *parser) list() ([]node, *Error) {
	if _, err := p.advance(); err != nil {
		return nil, err
	}
	return p.inParentheses("a list in parentheses after in", p.value)
}

func (p *parser) inParentheses(expected string, item func() (node, *Error)) (items []node, err *Error) {
	opened := p.token.Start
	if open, err := p.take("("); err != nil {
		return nil, err
	} else if !open {
		return nil, p.expected(expected)
	}
	for {
		x, err := item()
		if err != nil {
			return nil, err
		}
		items = append(items, x)
		if more, err := p.take(","); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	return items, p.close(opened)
}

func (p *parser) close(opened int) *Error {
	closed, err := p.take(")")
	if err != nil || closed {
		return err
	}
	if p.token.kind == endToken {
		return p.fail(opened, "this parenthesis has no end: expected )")
	}
	return p.trailing()
}

// patterns are like or rlike, and what follows.
func (p *parser) patterns() ([]*literal, *Error) {
	word, err := p.advance()
	if err != nil {
		return nil, err
	}
	expected := "a pattern in quotes after " + strings.ToLower(word.text)
	item := func() (node, *Error) {
		if p.token.kind != textToken {
			return nil, p.expected(expected)
		}
		return p.value()
	}
	var items []node
	if p.token.isSign("(") {
		items, err = p.inParentheses(expected, item)
	} else {
		var one node
		one, err = item()
		items = []node{one}
	}
	if err != nil {
		return nil, err
	}
	out := make([]*literal, len(items))
	for i, x := range items {
		out[i] = x.(*literal)
	}
	return out, nil
}

// value is a constant, a field, a call, or a condition in parentheses.
func (p *parser) value() (node, *Error) {
	t := p.token
	switch {
	case t.kind == textToken:
		_, err := p.advance()
		return &literal{at{t.Span}, program.Text([]byte(t.text))}, err
	case t.kind == numberToken, t.isSign("-"), t.isSign("+"):
		return p.number()
	case t.isSign("("):
		return p.group()
	case t.isSign("?"):
		return nil, p.fail(t.Start, "a query has no parameters here: write the value").needs("parameters")
	case t.is("true"), t.is("false"):
		_, err := p.advance()
		return &literal{at{t.Span}, program.Bool(t.is("true"))}, err
	case t.is("null"):
		_, err := p.advance()
		return &literal{at{t.Span}, program.Null()}, err
	case t.kind == nameToken || t.kind == quotedToken:
		return p.name()
	}
	return nil, p.expected("a field or a value")
}

func (p *parser) group() (node, *Error) {
	opened, err := p.advance()
	if err != nil {
		return nil, err
	}
	if err := p.enter(opened.Start); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	return x, p.close(opened.Start)
}

func (p *parser) number() (node, *Error) {
	start, sign := p.token.Start, ""
	if p.token.kind == signToken {
		sign = p.token.text
		if _, err := p.advance(); err != nil {
			return nil, err
		}
	}
	t := p.token
	if t.kind != numberToken {
		return nil, p.fail(start, "arithmetic is not supported").needs("arithmetic")
	}
	span := at{program.Span{Start: start, End: t.End}}
	if _, err := p.advance(); err != nil {
		return nil, err
	}
	if n, err := strconv.ParseInt(sign+t.text, 10, 64); err == nil {
		return &literal{span, program.Int(n)}, nil
	}
	f, err := strconv.ParseFloat(sign+t.text, 64)
	if err != nil {
		return nil, p.fail(start, "%s is not a number that fits 64 bits", shorten(t.text))
	}
	return &literal{span, program.Float(f)}, nil
}

// name is a field or a call.
func (p *parser) name() (node, *Error) {
	first, err := p.advance()
	if err != nil {
		return nil, err
	}
	if first.kind == nameToken && p.token.isSign("(") {
		return p.call(first)
	}
	parts, end := []string{first.text}, first.End
	for p.token.isSign(".") {
		if _, err := p.advance(); err != nil {
			return nil, err
		}
		if p.token.kind != nameToken && p.token.kind != quotedToken {
			return nil, p.expected("a part of the field's name after the dot")
		}
		parts, end = append(parts, p.token.text), p.token.End
		if _, err := p.advance(); err != nil {
			return nil, err
		}
	}
	return &field{at{program.Span{Start: first.Start, End: end}}, strings.Join(parts, ".")}, nil
}

func (p *parser) call(name token) (node, *Error) {
	if err := p.enter(name.Start); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	f := &call{name: strings.ToLower(name.text)}
	opened, err := p.advance()
	if err != nil {
		return nil, err
	}
	if !p.token.isSign(")") {
		for {
			if p.token.isSign("*") {
				return nil, p.fail(p.token.Start, "%s(*) counts events", shorten(f.name)).needs("the function " + f.name)
			}
			x, err := p.or()
			if err != nil {
				return nil, err
			}
			f.args = append(f.args, x)
			if more, err := p.take(","); err != nil {
				return nil, err
			} else if !more {
				break
			}
		}
	}
	f.Span = program.Span{Start: name.Start, End: p.token.End}
	if err := p.close(opened.Start); err != nil {
		return nil, err
	}
	return f, nil
}

// String names a node in an error.
func (f *field) String() string { return fmt.Sprintf("the field %s", shorten(f.name)) }
