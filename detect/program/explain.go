package program

import "strings"

// Clause is the outcome of one part of a query on one event: why it matched, or why not.
type Clause struct {
	Source   string       // the part of the query, as it was written
	Verdict  Verdict      // its outcome
	Fields   []FieldValue // the fields it read itself, not those its children read
	Children []*Clause    // the clauses that and, or and not connect, in the order of the query
}

// FieldValue is what an event has in a field.
type FieldValue struct {
	Name  string
	Value Value
}

// Explain evaluates the query on an event as Match does, and returns the outcome of every clause,
// also of those that Match would not have looked at. The root's verdict is True if and only if
// Match returns true. The values refer to the document's bytes.
func (p *Program) Explain(d Document) *Clause { return p.explain(&p.root, d) }

func (p *Program) explain(c *clause, d Document) *Clause {
	out := &Clause{Source: p.source[c.at.Start:c.at.End], Verdict: c.eval(d, false)}
	if c.op == opLeaf {
		for _, slot := range c.leaf.slots {
			out.Fields = append(out.Fields, FieldValue{p.fields[slot].Name, d.Value(slot)})
		}
	}
	for i := range c.clauses {
		out.Children = append(out.Children, p.explain(&c.clauses[i], d))
	}
	return out
}

// String renders the tree for people: a line for each clause, its verdict before it, what it read
// after it, and its children under it.
func (c *Clause) String() string {
	var b strings.Builder
	c.write(&b, 0)
	return b.String()
}

func (c *Clause) write(b *strings.Builder, depth int) {
	if depth > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat("  ", depth))
	b.WriteString((c.Verdict.String() + "    ")[:len("false")])
	b.WriteByte(' ')
	for i, line := range strings.Split(c.Source, "\n") {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimSpace(line))
	}
	for i, f := range c.Fields {
		if i == 0 {
			b.WriteString("  ← ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + " = " + f.Value.String())
	}
	for _, k := range c.Children {
		k.write(b, depth+1)
	}
}
