package program

import "slices"

// Cut is a program with one clause left out. What tests a rule has to notice it: an event on which the
// two differ. If there is none, nobody would notice a typing error in that clause either.
type Cut struct {
	At      Span  // the clause that is left out
	Slots   []int // of the fields that it reads
	Program *Program
}

// Cuts leaves out, one at a time, each clause that the query connects with and or with or. What is under a
// not is left out with it. Of a query that is one clause, what is left matches everything.
func (p *Program) Cuts() []Cut {
	c := cutter{whole: p}
	c.in(p.root, func(root clause) clause { return root })
	if len(c.cuts) == 0 {
		c.cut(&p.root, clause{at: p.root.at, op: opFixed, fixed: True})
	}
	return c.cuts
}

type cutter struct {
	whole *Program
	cuts  []Cut
}

// in cuts the clauses that are connected in c. put makes the root of what becomes of c.
func (t *cutter) in(c clause, put func(clause) clause) {
	if c.op != opAnd && c.op != opOr || c.isOnePart() {
		return
	}
	for i := range c.clauses {
		inner := &c.clauses[i]
		if inner.op != c.op { // an and in an and is a pair of parentheses
			rest := c
			rest.clauses = slices.Delete(slices.Clone(c.clauses), i, i+1)
			t.cut(inner, put(rest))
		}
		t.in(*inner, func(becomes clause) clause {
			out := c
			out.clauses = slices.Clone(c.clauses)
			out.clauses[i] = becomes
			return put(out)
		})
	}
}

// isOnePart reports whether the tests in a clause are all made of the same part of the query, as those for
// missing or empty are of one null.
func (c *clause) isOnePart() bool {
	return !slices.ContainsFunc(c.clauses, func(inner clause) bool { return inner.at != c.at })
}

func (t *cutter) cut(out *clause, root clause) {
	p := *t.whole
	p.root = root
	p.order = conjuncts(&p.root, nil)
	t.cuts = append(t.cuts, Cut{At: out.at, Slots: slotsOf(out, nil), Program: &p})
}
