package program

import "slices"

// Order returns the program with an order in which [Program.Match] looks at the clauses that the query
// connects with and: those that cost least first, since the first that is not true decides. fieldCost is what
// it costs to read a field, in any unit in which to compare two short texts is 1; a field that most events
// have as the query asks for it costs more. The verdict does not depend on the order.
func (p *Program) Order(fieldCost func(slot int) int) *Program {
	ordered := *p
	ordered.order = conjuncts(&ordered.root, nil)
	slices.SortStableFunc(ordered.order, func(a, b conjunct) int { return a.clause.cost(fieldCost) - b.clause.cost(fieldCost) })
	return &ordered
}

// conjunct is one of the clauses all of which have to be true. Most ask whether a field is one text, or has
// a value at all: what that takes is here as well, beside the next one, since of many rules none is in the
// processor's cache.
type conjunct struct {
	clause *clause
	isText bool // the clause asks whether the field is the text
	exists bool // the clause asks whether the field has a value
	slot   int
	text   string
}

// conjuncts appends the clauses all of which have to be true for c to be true.
func conjuncts(c *clause, all []conjunct) []conjunct {
	if c.op == opAnd {
		for i := range c.clauses {
			all = conjuncts(&c.clauses[i], all)
		}
		return all
	}
	out := conjunct{clause: c}
	if c.op == opLeaf && c.leaf.slot >= 0 {
		text, isText := c.leaf.test.(textTest)
		out.slot, out.text = c.leaf.slot, string(text)
		out.isText, out.exists = isText && !c.leaf.negate, c.leaf.null && c.leaf.negate
	}
	return append(all, out)
}

// holds reports whether the clause is true.
func (c *conjunct) holds(d Document) bool {
	if c.isText || c.exists {
		switch v := d.Value(c.slot); v.kind {
		case KindText:
			return c.exists || string(v.text) == c.text
		case KindNull:
			return false // or unknown
		}
	}
	return c.clause.eval(d, false) == True
}

// cost is about what a clause takes.
func (c *clause) cost(fieldCost func(slot int) int) (sum int) {
	if c.op == opLeaf {
		sum = c.leaf.cost()
		for _, slot := range c.leaf.slots {
			sum += fieldCost(slot)
		}
	}
	for i := range c.clauses {
		sum += c.clauses[i].cost(fieldCost)
	}
	return sum
}

// cost is about what the test of a leaf takes when its fields have been read.
func (l *leaf) cost() int {
	const calculation = 8
	if l.slot < 0 {
		return calculation
	}
	switch t := l.test.(type) {
	case *foldTest:
		return 2 * len(t.folded)
	case *patternTest:
		return 4 * len(t.patterns)
	case *regexTest:
		return 100
	}
	return 1
}
