package sigma

import (
	"encoding/base64"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/detect/program"
)

// kind is what an item compares its values as.
type kind uint8

const (
	asText kind = iota
	asRegex
	asBlock
	asNumber
	asPresence
	asField
)

// around is what may be around a value.
type around uint8

const (
	whole around = iota
	contains
	startsWith
	endsWith
)

// item is one field of a selection with its modifiers.
type item struct {
	*compiler
	key     *yaml.Node
	span    program.Span
	field   program.Operand
	kind    kind
	around  around
	order   program.Order
	flags   string // of a regular expression
	encode  string // base64 or base64offset
	all     bool
	cased   bool
	negated bool
}

var numberOrders = map[string]program.Order{
	"lt": program.Less, "lte": program.LessOrEqual, "gt": program.Greater, "gte": program.GreaterOrEqual,
}

// modify reads the modifiers after a field's name.
func (it *item) modify(modifiers string) error {
	if modifiers == "" {
		if strings.HasSuffix(it.key.Value, "|") {
			return it.file.fail(it.key, "a modifier is missing after |")
		}
		return nil
	}
	for _, m := range strings.Split(modifiers, "|") {
		switch order, isOrder := numberOrders[m]; {
		case isOrder && it.kind == asText && it.around == whole:
			it.kind, it.order = asNumber, order
		case m == "contains" && it.isPlain():
			it.around = contains
		case m == "startswith" && it.isPlain():
			it.around = startsWith
		case m == "endswith" && it.isPlain():
			it.around = endsWith
		case m == "all":
			it.all = true
		case m == "cased" && (it.kind == asText || it.kind == asField):
			it.cased = true
		case m == "neq":
			it.negated = true
		case m == "re" && it.kind == asText && it.around == whole && it.encode == "":
			it.kind = asRegex
		case (m == "i" || m == "m" || m == "s") && it.kind == asRegex:
			it.flags += m
		case m == "cidr" && it.kind == asText && it.around == whole && it.encode == "":
			it.kind = asBlock
		case (m == "base64" || m == "base64offset") && it.kind == asText && it.around == whole && it.encode == "":
			it.encode = m
		case m == "exists" && it.kind == asText && it.around == whole && it.encode == "":
			it.kind = asPresence
		case m == "fieldref" && it.kind == asText && it.around == whole && it.encode == "":
			it.kind = asField
		case knownModifiers[m]:
			return it.file.fail(it.key, "the modifier %s cannot be where it is, in %s", m, shorten(it.key.Value))
		default:
			return it.file.unsupported(it.key, "the modifier %s is not supported", shorten(m))
		}
	}
	return nil
}

// isPlain says whether text can be put around the values.
func (it *item) isPlain() bool {
	return (it.kind == asText || it.kind == asField) && it.around == whole
}

var knownModifiers = map[string]bool{
	"lt": true, "lte": true, "gt": true, "gte": true, "contains": true, "startswith": true, "endswith": true, "cased": true,
	"re": true, "i": true, "m": true, "s": true, "cidr": true, "base64": true, "base64offset": true, "exists": true, "fieldref": true,
}

// values are those of an item, one at least. An empty list is null.
func (it *item) values(n *yaml.Node) ([]*yaml.Node, error) {
	switch {
	case n.Kind == yaml.ScalarNode:
		return []*yaml.Node{n}, nil
	case n.Kind != yaml.SequenceNode:
		return nil, it.file.fail(n, "the value of %s is a map: it is text, a number, a boolean, null or a list of these", shorten(it.key.Value))
	case len(n.Content) == 0:
		return []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}}, nil
	}
	for _, v := range n.Content {
		if v.Kind != yaml.ScalarNode {
			return nil, it.file.fail(v, "a value of %s is not text, a number, a boolean or null", shorten(it.key.Value))
		}
	}
	return n.Content, nil
}

// condition joins the tests of the values.
func (it *item) condition(values []*yaml.Node) (program.Condition, error) {
	if it.kind == asText && it.encode == "" && !it.all {
		return it.oneOf(values)
	}
	var terms []program.Condition
	for _, v := range values {
		k, err := it.test(v)
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	switch {
	case len(terms) == 1:
		return terms[0], nil
	case it.all:
		return it.build.And(it.span, terms...), nil
	}
	return it.build.Or(it.span, terms...), nil
}

// oneOf makes one test of a list of texts, and one of the null in it.
func (it *item) oneOf(values []*yaml.Node) (program.Condition, error) {
	var patterns []string
	var terms []program.Condition
	for _, v := range values {
		if !isNull(v) {
			patterns = append(patterns, it.pattern(v))
			continue
		}
		k, err := it.null(v)
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	if patterns != nil {
		k, err := it.build.Like(it.span, it.field, patterns, !it.cased)
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return it.build.Or(it.span, terms...), nil
}

// null is a field that is missing, or an empty text.
func (it *item) null(v *yaml.Node) (program.Condition, error) {
	if it.around != whole || it.kind != asText || it.encode != "" {
		return program.Condition{}, it.file.fail(v, "null cannot be compared with the modifiers of %s", shorten(it.key.Value))
	}
	at := it.file.span(it.key, v)
	empty, err := it.build.Equal(at, it.field, program.Text(nil))
	return it.build.Or(at, it.build.Missing(at, it.field), empty), err
}

// test compiles one value.
func (it *item) test(v *yaml.Node) (program.Condition, error) {
	at := it.file.span(v, v)
	if isNull(v) {
		return it.null(v)
	}
	switch it.kind {
	case asRegex:
		flags := "(?" + it.flags + ")"
		if it.flags == "" {
			flags = ""
		}
		re, err := regexp.Compile(flags + v.Value)
		if err != nil {
			return program.Condition{}, it.file.unsupported(v, "the regular expression cannot be evaluated: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		return it.build.Matches(at, it.field, re)
	case asBlock:
		block, err := program.ParseBlock(v.Value)
		if err != nil {
			return program.Condition{}, it.file.fail(v, "%s", err)
		}
		return it.build.InBlocks(at, it.field, []netip.Prefix{block})
	case asNumber:
		n, err := strconv.ParseFloat(v.Value, 64)
		if err != nil || v.Tag != "!!int" && v.Tag != "!!float" {
			return program.Condition{}, it.file.fail(v, "%s is not a number", shorten(v.Value))
		}
		number := program.Float(n)
		if i, err := strconv.ParseInt(v.Value, 0, 64); err == nil {
			number = program.Int(i)
		}
		return it.build.OrderedNumber(at, it.field, it.order, number)
	case asPresence:
		if v.Value != "true" && v.Value != "false" || v.Tag != "!!bool" {
			return program.Condition{}, it.file.fail(v, "exists is true or false, found %s", shorten(v.Value))
		}
		k := it.build.Missing(at, it.field)
		if v.Value == "true" {
			k = it.build.Opposite(k)
		}
		return k, nil
	case asField:
		if v.Value == "" || strings.ContainsAny(v.Value, "*?") {
			return program.Condition{}, it.file.fail(v, "fieldref names one field, found %s", shorten(v.Value))
		}
		return it.build.SameText(at, it.field, it.build.Field(at, v.Value, false), fieldSearch[it.around], !it.cased)
	}
	if it.encode != "" {
		return it.encoded(at, v)
	}
	return it.build.Like(at, it.field, []string{it.pattern(v)}, !it.cased)
}

var fieldSearch = map[around]program.Search{
	whole: program.WholeText, contains: program.PartOfText, startsWith: program.StartOfText, endsWith: program.EndOfText,
}

// pattern is a value as [program.Builder.Like] reads patterns: with what may be around it, and with
// Sigma's escapes. A backslash makes a star, a question mark or a backslash after it plain, and is one
// itself before anything else.
func (it *item) pattern(v *yaml.Node) string {
	var b strings.Builder
	s := textOf(v)
	star := func(there bool) {
		if !there {
			b.WriteByte('*')
		}
	}
	if it.around == contains || it.around == endsWith {
		star(strings.HasPrefix(s, "*"))
	}
	endsInStar := false
	for i := 0; i < len(s); i++ {
		endsInStar = s[i] == '*'
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			b.WriteString(program.QuotePattern(s[i : i+1]))
		case s[i] == '*' || s[i] == '?':
			b.WriteByte(s[i])
		default:
			b.WriteString(program.QuotePattern(s[i : i+1]))
		}
	}
	if it.around == contains || it.around == startsWith {
		star(endsInStar)
	}
	return b.String()
}

// textOf is a value as text: a number in decimal, a boolean in lower case.
func textOf(v *yaml.Node) string {
	switch v.Tag {
	case "!!bool":
		return strings.ToLower(v.Value)
	case "!!int":
		if n, err := strconv.ParseInt(v.Value, 0, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
	}
	return v.Value
}

// encoded compiles a value that is in the event in base64: as it is, or with its beginning at any of
// three places in a longer text.
func (it *item) encoded(at program.Span, v *yaml.Node) (program.Condition, error) {
	if hasWildcard(v.Value) {
		return program.Condition{}, it.file.fail(v, "a value with wildcards cannot be encoded: %s", shorten(v.Value))
	}
	text := unescaped(v.Value)
	variants := []string{base64.StdEncoding.EncodeToString([]byte(text))}
	if it.encode == "base64offset" {
		variants = offsets(text)
	}
	var patterns []string
	for _, s := range variants {
		pattern := program.QuotePattern(s)
		if it.around == contains || it.around == endsWith {
			pattern = "*" + pattern
		}
		if it.around == contains || it.around == startsWith {
			pattern += "*"
		}
		patterns = append(patterns, pattern)
	}
	return it.build.Like(at, it.field, patterns, !it.cased)
}

// hasWildcard says whether a value has a star or a question mark that is not escaped.
func hasWildcard(s string) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
		case s[i] == '*' || s[i] == '?':
			return true
		}
	}
	return false
}

// unescaped is a value without wildcards as text.
func unescaped(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\*`, `*`, `\?`, `?`).Replace(s)
}

// offsets are what a text looks like in base64 after none, one and two bytes of another, without the
// characters that depend on what is around it.
func offsets(text string) []string {
	var all []string
	for i, start := range [...]int{0, 2, 3} {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", i) + text))
		end := len(encoded) - [...]int{0, 3, 2}[(len(text)+i)%3]
		if start < end {
			all = append(all, encoded[start:end])
		}
	}
	return all
}
