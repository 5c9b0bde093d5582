package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// ruleCase is an event and the verdict that a rule has to give on it.
type ruleCase struct {
	rule.Test

	// document has fields by their dotted names that only Elastic's pipeline fills, such as the
	// entities that a call is about. They are in the ECS document alone. With any, the verdict is
	// about that alone, unless a database says the same of the raw event's address.
	document object
}

// inRawEvents reports whether a raw event has all that decides the verdict. What a document says of the
// owner of an address, a database says for the raw event (package testmmdb).
func (c *ruleCase) inRawEvents() bool {
	for name := range c.document {
		if !strings.HasPrefix(name, "source.as.") {
			return false
		}
	}
	return true
}

// firstEvent is the file with what all rows begin with.
const firstEvent = "testdata/first-event.yaml"

// ruleRows are events of ours for rules of others, one row for each rule. An event is written as what is different
// from another one, as a JSON merge patch has it (RFC 7396).
type ruleRows struct {
	Base        object            `yaml:"base"`        // what each event begins with
	Differences map[string]object `yaml:"differences"` // those that many rows have, by what they show
}

// ruleRow has the events of one rule, which is a member of a file with that rule's id.
type ruleRow struct {
	Call     string     `yaml:"call"`     // service:Action of the first event
	Event    object     `yaml:"event"`    // what else the first event has
	Document object     `yaml:"document"` // see ruleCase
	Why      string     `yaml:"why"`      // what the first event shows
	Matches  []ruleDiff `yaml:"matches"`
	Misses   []ruleDiff `yaml:"misses"`
}

// ruleDiff is another event of the rule: the first event with a difference. In the file it is the name
// of one of the differences, or what it shows with one of these:
//
//	a service, an action or both: "sns:", "Publish", "sns:Publish"
//	a map that is merged into the event
//	a list of these
//
// A map under the key document has fields of the ECS document.
type ruleDiff struct {
	line int
	why  string
	what any
}

func (d *ruleDiff) UnmarshalYAML(n *yaml.Node) error {
	d.line = n.Line
	if n.Kind == yaml.ScalarNode {
		d.why = n.Value
		return nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return fmt.Errorf("line %d: an event is what it shows, with one difference", n.Line)
	}
	d.why = n.Content[0].Value
	return n.Content[1].Decode(&d.what)
}

// readRuleRows returns the events in a file by the id of their rule. before has the events that the
// rules have elsewhere: the first match of those is the first event of a row without a call.
func readRuleRows(t testing.TB, path string, before map[string][]ruleCase) map[string][]ruleCase {
	t.Helper()
	var file ruleRows
	readYAML(t, firstEvent, &file)
	rows := make(map[string]ruleRow)
	readYAML(t, path, &rows)
	cases := make(map[string][]ruleCase)
	for id, row := range rows {
		b := rowBuilder{t: t, file: &file, place: path + ": " + id}
		if row.Call == "" {
			b.startWith(before[id])
		} else {
			b.event, b.document = merged(file.Base, nil), object{}
			b.apply(row.Call)
			b.apply(map[string]any{"document": row.Document})
		}
		b.apply(row.Event)
		first := b
		if row.Call != "" {
			why := row.Why
			if why == "" {
				why = "The call is made."
			}
			cases[id] = append(cases[id], b.made(why, true, 0))
		}
		for _, of := range []struct {
			diffs    []ruleDiff
			expected bool
		}{{row.Matches, true}, {row.Misses, false}} {
			for _, d := range of.diffs {
				b := first
				if d.what == nil {
					difference, ok := file.Differences[d.why]
					if !ok {
						t.Fatalf("%s:%d: there is no difference %q", path, d.line, d.why)
					}
					b.apply(difference)
				} else {
					b.apply(d.what)
				}
				cases[id] = append(cases[id], b.made(d.why, of.expected, d.line))
			}
		}
	}
	return cases
}

func readYAML(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// rowBuilder makes an event of differences.
type rowBuilder struct {
	t               testing.TB
	file            *ruleRows
	place           string
	event, document object
}

func (b *rowBuilder) startWith(cases []ruleCase) {
	b.t.Helper()
	for _, c := range cases {
		if c.Expected {
			b.document = c.document
			if err := json.Unmarshal(jsonOf(b.t, c.Record), &b.event); err != nil {
				b.t.Fatal(err)
			}
			return
		}
	}
	b.t.Fatalf("%s: there is no event to begin with: name a call", b.place)
}

func (b *rowBuilder) apply(difference any) {
	b.t.Helper()
	switch d := difference.(type) {
	case nil:
	case string:
		if named, ok := b.file.Differences[d]; ok {
			b.apply(named)
			return
		}
		service, action, both := strings.Cut(d, ":")
		if !both {
			service, action = "", d
		}
		if service != "" {
			b.event = merged(b.event, object{"eventSource": service + ".amazonaws.com"})
		}
		if action != "" {
			b.event = merged(b.event, object{"eventName": action})
		}
	case []any:
		for _, part := range d {
			b.apply(part)
		}
	case object:
		rest := maps.Clone(d)
		if fields, ok := rest["document"].(object); ok {
			b.document = merged(b.document, fields)
		}
		delete(rest, "document")
		b.event = merged(b.event, rest)
	default:
		b.t.Fatalf("%s: %v is not a difference", b.place, d)
	}
}

func (b *rowBuilder) made(why string, expected bool, line int) ruleCase {
	record, err := document.AppendFromJSON(nil, marshalled(b.t, b.event))
	if err != nil {
		b.t.Fatalf("%s: %v", b.place, err)
	}
	return ruleCase{Test: rule.Test{Why: why, Expected: expected, Record: record, Line: line}, document: b.document}
}

// merged is a JSON merge patch: null takes a member out, maps are merged, everything else replaces.
func merged(into, patch object) object {
	out := maps.Clone(into)
	if out == nil {
		out = object{}
	}
	for key, value := range patch {
		if inner, ok := value.(object); ok {
			before, _ := out[key].(object)
			out[key] = merged(before, inner)
			continue
		}
		if out[key] = value; value == nil {
			delete(out, key)
		}
	}
	return out
}

func marshalled(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
