package program

// What a program asks can be looked at before there is an event: for rules that can
// match none.

// Mention is where the query first mentions a field.
func (p *Program) Mention(slot int) Span { return p.mentions[slot] }

// Test is a part of a query that compares the value of one field as it is, not what is
// calculated from it.
type Test struct {
	At      Span
	Slot    int  // of the field, as in Program.Fields
	Negated bool // it is true if the comparison is not: a != "b"

	// Texts are those one of which the value has to be, where the comparison allows no
	// others. Fold says that case does not count: they are in lower case then.
	Texts []string
	Fold  bool

	test test
}

// Holds reports whether the comparison is true of a value, before it is negated.
func (t *Test) Holds(v Value) bool { return t.test.check(v) == True }

// Tests lists the comparisons in a query, in its order.
func (p *Program) Tests() []Test { return testsIn(&p.root, nil) }

func testsIn(c *clause, all []Test) []Test {
	if c.op == opLeaf && c.leaf.slot >= 0 && !c.leaf.null {
		t := Test{At: c.at, Slot: c.leaf.slot, Negated: c.leaf.negate, test: c.leaf.test}
		t.Texts, t.Fold = wholeTexts(requireTest(t.Slot, t.test))
		all = append(all, t)
	}
	for i := range c.clauses {
		all = testsIn(&c.clauses[i], all)
	}
	return all
}

// wholeTexts returns the texts of what a test requires, if it is one of some whole
// values.
func wholeTexts(all [][]Literal) (texts []string, fold bool) {
	if len(all) != 1 {
		return nil, false
	}
	for _, l := range all[0] {
		if !l.Whole {
			return nil, false
		}
		texts, fold = append(texts, l.Text), fold || l.Fold
	}
	return texts, fold
}

// Impossible looks for a part of a query that is true of no event in which some fields have
// known values: for the smallest without which the query cannot match. known returns a
// field's value, and false if it may be anything. What it finds is certain; that it
// finds nothing does not say that there is an event that matches.
func (p *Program) Impossible(known func(slot int) (v Value, ok bool)) (at Span, found bool) {
	c := &p.root
	if verdicts(c, false, known)&canBe(True) != 0 {
		return Span{}, false
	}
	for c.op == opAnd {
		next := c
		for i := range c.clauses {
			if verdicts(&c.clauses[i], false, known)&canBe(True) == 0 {
				next = &c.clauses[i]
				break
			}
		}
		if next == c {
			break
		}
		c = next
	}
	return c.at, true
}

// verdictSet is the set of the outcomes that a clause can have, a bit for each.
type verdictSet uint8

func canBe(v Verdict) verdictSet { return 1 << v }

const anyVerdict = verdictSet(1<<False | 1<<Unknown | 1<<True)

// each calls f with the verdicts in the set.
func (s verdictSet) each(f func(Verdict)) {
	for _, v := range [...]Verdict{False, Unknown, True} {
		if s&canBe(v) != 0 {
			f(v)
		}
	}
}

// verdicts are the outcomes of a clause, or with not of its negation, as far as the known
// fields tell.
func verdicts(c *clause, not bool, known func(int) (Value, bool)) verdictSet {
	switch c.op {
	case opLeaf:
		for _, slot := range c.leaf.slots {
			if _, ok := known(slot); !ok {
				return anyVerdict
			}
		}
		return canBe(c.leaf.eval(knownFields(known), not))
	case opNot:
		return verdicts(&c.clauses[0], !not, known)
	case opAnd, opOr:
		and := (c.op == opAnd) != not
		out := canBe(False)
		if and {
			out = canBe(True)
		}
		for i := range c.clauses {
			out = combined(out, verdicts(&c.clauses[i], not, known), and)
		}
		return out
	}
	return canBe(c.eval(nil, not))
}

// combined are the outcomes of x and y, or of x or y.
func combined(x, y verdictSet, and bool) (out verdictSet) {
	x.each(func(a Verdict) {
		y.each(func(b Verdict) {
			if and {
				out |= canBe(min(a, b))
			} else {
				out |= canBe(max(a, b))
			}
		})
	})
	return out
}

// knownFields is a document of which only the known fields are asked for.
type knownFields func(slot int) (Value, bool)

func (k knownFields) Value(slot int) Value {
	v, _ := k(slot)
	return v
}
