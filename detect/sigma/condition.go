package sigma

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/detect/program"
)

// condition reads one condition. Its grammar, from loose to tight: or, and, not, then a selection, a
// group in parentheses, or 1 of or all of some selections.
type condition struct {
	*compiler
	node  *yaml.Node
	words []conditionWord
	next  int
	depth int
}

type conditionWord struct {
	text string
	at   program.Span
}

// conditionWords cuts a condition into names, patterns and parentheses. Their places are exact where
// the condition is on one line, without escapes.
func (c *compiler) conditionWords(n *yaml.Node) ([]conditionWord, *Error) {
	start := c.file.start(n)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		start++
	}
	exact := strings.HasPrefix(c.file.text[start:], n.Value)
	span := func(from, to int) program.Span {
		if !exact {
			return c.file.span(n, n)
		}
		return program.Span{Start: start + from, End: start + to}
	}
	var words []conditionWord
	for i := 0; i < len(n.Value); {
		switch r := n.Value[i]; {
		case strings.IndexByte(" \t\r\n", r) >= 0:
			i++
		case r == '(' || r == ')':
			words = append(words, conditionWord{n.Value[i : i+1], span(i, i+1)})
			i++
		case isNameByte(r):
			from := i
			for i < len(n.Value) && isNameByte(n.Value[i]) {
				i++
			}
			words = append(words, conditionWord{n.Value[from:i], span(from, i)})
		case r == '|':
			return nil, c.at(span(i, i+1), true, "a condition with | counts events, which Sigma has in correlation rules today: that is about several events")
		default:
			return nil, c.at(span(i, i), false, "a condition has names, and, or, not, 1 of, all of and parentheses, found %s", shorten(n.Value[i:]))
		}
	}
	return words, nil
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c == '*' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (c *compiler) condition(n *yaml.Node) (program.Condition, error) {
	words, err := c.conditionWords(n)
	if err != nil {
		return program.Condition{}, err
	}
	d := condition{compiler: c, node: n, words: words}
	k, failed := d.or()
	if failed != nil {
		return program.Condition{}, failed
	}
	if d.next < len(words) {
		return program.Condition{}, d.expected("and, or or the end")
	}
	return k, nil
}

// peek is the next word in lower case, empty at the end.
func (d *condition) peek() string {
	if d.next == len(d.words) {
		return ""
	}
	return strings.ToLower(d.words[d.next].text)
}

func (d *condition) take(word string) bool {
	if d.peek() == word {
		d.next++
		return true
	}
	return false
}

// where is the place of the next word.
func (d *condition) where() program.Span {
	if d.next < len(d.words) {
		return d.words[d.next].at
	}
	if n := len(d.words); n > 0 {
		return program.Span{Start: d.words[n-1].at.End, End: d.words[n-1].at.End}
	}
	return d.file.span(d.node, d.node)
}

func (d *condition) expected(what string) error {
	found := "the end of the condition"
	if d.next < len(d.words) {
		found = shorten(d.words[d.next].text)
	}
	return d.at(d.where(), false, "expected %s, found %s", what, found)
}

func (d *condition) or() (program.Condition, error) {
	return d.chain("or", d.build.Or, func() (program.Condition, error) { return d.chain("and", d.build.And, d.not) })
}

func (d *condition) chain(word string, join func(program.Span, ...program.Condition) program.Condition, term func() (program.Condition, error)) (program.Condition, error) {
	start := d.where()
	first, err := term()
	if err != nil {
		return first, err
	}
	terms := []program.Condition{first}
	for d.take(word) {
		next, err := term()
		if err != nil {
			return next, err
		}
		terms = append(terms, next)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return join(d.since(start), terms...), nil
}

// since is the part of the condition from a place to the last word.
func (d *condition) since(start program.Span) program.Span {
	if d.next == 0 {
		return start
	}
	return program.Span{Start: start.Start, End: max(start.End, d.words[d.next-1].at.End)}
}

func (d *condition) not() (program.Condition, error) {
	if d.depth++; d.depth > maxDepth {
		return program.Condition{}, d.at(d.where(), false, "the condition nests deeper than the %d levels allowed", maxDepth)
	}
	defer func() { d.depth-- }()
	start := d.where()
	if d.take("not") {
		k, err := d.not()
		return d.build.Not(d.since(start), k), err
	}
	if d.take("(") {
		k, err := d.or()
		if err == nil && !d.take(")") {
			err = d.expected(")")
		}
		return k, err
	}
	return d.selections()
}

func (d *condition) selections() (program.Condition, error) {
	start := d.where()
	word := d.peek()
	switch word {
	case "", ")", "and", "or", "of":
		return program.Condition{}, d.expected("the name of a selection")
	}
	d.next++
	if !d.take("of") {
		name := d.words[d.next-1].text
		if strings.Contains(name, "*") {
			return program.Condition{}, d.at(start, false, "%s is a pattern: it is written 1 of %s or all of %s", shorten(name), shorten(name), shorten(name))
		}
		return d.selection(name, start)
	}
	if word != "1" && word != "any" && word != "all" {
		return program.Condition{}, d.at(start, true, "%s of is not supported: Sigma has 1 of and all of", shorten(word))
	}
	pattern := d.peek()
	if pattern == "" || pattern == "(" || pattern == ")" {
		return program.Condition{}, d.expected("them, or a pattern of selections")
	}
	pattern = d.words[d.next].text
	d.next++
	names := d.matching(pattern)
	if len(names) == 0 {
		return program.Condition{}, d.at(d.words[d.next-1].at, false, "no selection fits %s", shorten(pattern))
	}
	var terms []program.Condition
	for _, name := range names {
		k, err := d.selection(name, start)
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	if word == "all" {
		return d.build.And(d.since(start), terms...), nil
	}
	return d.build.Or(d.since(start), terms...), nil
}

// matching returns the names of the selections that fit a pattern, or all of them. One that begins
// with _ is only for those that name it.
func (d *condition) matching(pattern string) []string {
	var names []string
	for name := range d.selectionNodes {
		switch {
		case strings.HasPrefix(name, "_"):
		case strings.EqualFold(pattern, "them"), program.HasParts(name, strings.Split(pattern, "*")):
			names = append(names, name)
		}
	}
	sort.Slice(names, func(i, j int) bool {
		return d.file.start(d.selectionNodes[names[i]]) < d.file.start(d.selectionNodes[names[j]])
	})
	return names
}
