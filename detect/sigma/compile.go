package sigma

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/detect/program"
)

// Compile makes a program of what the rule detects. Its fields have the names that the rule has for
// them. It quotes the file. The error is an *Error.
func (r *Rule) Compile() (*program.Program, error) {
	c := &compiler{file: r.file, build: program.NewBuilder(r.file.text), selectionNodes: make(map[string]*yaml.Node)}
	c.build.Mapping = func(string) program.FieldType { return program.Keyword }
	var k program.Condition
	var err error
	if r.selection != nil {
		k, err = c.items(r.selection)
	} else {
		k, err = c.rule(r.detection)
	}
	var p *program.Program
	if err == nil {
		p, err = c.build.Program(k)
	}
	if err != nil {
		return nil, c.located(err)
	}
	return p, nil
}

// compiler turns a detection into a program. Its methods return two kinds of errors: its own, and
// those of the builder, which name a part of the file as well.
type compiler struct {
	file           *file
	build          *program.Builder
	selectionNodes map[string]*yaml.Node
	tests          int
}

// maxTests is how many tests a rule can have: a selection counts as often as the condition names it.
const maxTests = 1 << 14

func (c *compiler) at(at program.Span, unsupported bool, format string, args ...any) *Error {
	err := c.file.fail(nil, format, args...)
	err.Offset, err.Unsupported = at.Start, unsupported
	return err
}

func (c *compiler) located(err error) error {
	var e *program.Error
	if errors.As(err, &e) {
		return c.at(e.At, false, "%s", e.Msg)
	}
	return err
}

func (c *compiler) rule(detection *yaml.Node) (program.Condition, error) {
	var conditions *yaml.Node
	for i := 0; i+1 < len(detection.Content); i += 2 {
		key, value := detection.Content[i], detection.Content[i+1]
		switch key.Value {
		case "condition":
			conditions = value
		case "timeframe":
			return program.Condition{}, c.file.unsupported(key, "timeframe is about several events")
		default:
			c.selectionNodes[key.Value] = value
		}
	}
	switch {
	case conditions == nil:
		return program.Condition{}, c.file.fail(detection, "detection.condition is missing: it says which selections have to hold")
	case conditions.Kind == yaml.ScalarNode:
		return c.condition(conditions)
	case conditions.Kind != yaml.SequenceNode || len(conditions.Content) == 0:
		return program.Condition{}, c.file.fail(conditions, "detection.condition is not text")
	}
	var terms []program.Condition
	for _, n := range conditions.Content {
		if n.Kind != yaml.ScalarNode {
			return program.Condition{}, c.file.fail(n, "detection.condition is a list of what is not text")
		}
		k, err := c.condition(n)
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	return c.build.Or(c.file.span(conditions, conditions), terms...), nil
}

// selection compiles what a name in the condition stands for, as that name.
func (c *compiler) selection(name string, at program.Span) (program.Condition, error) {
	n, ok := c.selectionNodes[name]
	if !ok {
		return program.Condition{}, c.at(at, false, "there is no selection %s", shorten(name))
	}
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		return c.items(n)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		var terms []program.Condition
		for _, m := range n.Content {
			if m.Kind != yaml.MappingNode || len(m.Content) == 0 {
				return program.Condition{}, c.keyword(m)
			}
			k, err := c.items(m)
			if err != nil {
				return k, err
			}
			terms = append(terms, k)
		}
		return c.build.Or(c.file.span(n, n), terms...), nil
	case n.Kind == yaml.ScalarNode && !isNull(n):
		return program.Condition{}, c.keyword(n)
	}
	return program.Condition{}, c.file.fail(n, "the selection %s is empty", shorten(name))
}

func (c *compiler) keyword(n *yaml.Node) error {
	return c.file.unsupported(n, "keywords are not supported: a value without a field would be looked for in the whole event")
}

// items compiles a map, of which all items have to hold.
func (c *compiler) items(m *yaml.Node) (program.Condition, error) {
	var terms []program.Condition
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, err := c.item(m.Content[i], m.Content[i+1])
		if err != nil {
			return k, err
		}
		terms = append(terms, k)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return c.build.And(c.file.span(m, m), terms...), nil
}

// item compiles a field with its modifiers and values.
func (c *compiler) item(key, value *yaml.Node) (program.Condition, error) {
	name, rest, _ := strings.Cut(key.Value, "|")
	if name == "" {
		return program.Condition{}, c.keyword(key)
	}
	if c.tests++; c.tests > maxTests {
		return program.Condition{}, c.file.fail(key, "the rule has more than the %d tests allowed", maxTests)
	}
	it := item{compiler: c, key: key, span: c.file.span(key, value)}
	it.field = c.build.Field(it.span, name, false)
	if err := it.modify(rest); err != nil {
		return program.Condition{}, err
	}
	values, err := it.values(value)
	if err != nil {
		return program.Condition{}, err
	}
	k, failed := it.condition(values)
	if failed != nil {
		return k, failed
	}
	if it.negated {
		k = c.build.Not(it.span, k)
	}
	return k.As(it.span), nil
}
