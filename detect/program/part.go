package program

import "net/netip"

// Part is a part of a program: what somebody needs to write it in another language.
type Part struct {
	At   Span
	Kind PartKind

	Parts []Part  // of And, Or and Not
	Fixed Verdict // of Always

	// Of a test: the field, and whether the part is the opposite of the test.
	Slot    int
	Negated bool
	// Texts are those of OneOf, the patterns of Pattern, as [Builder.Like] reads them, and the
	// one prefix of Prefix. Fold says that case does not count.
	Texts  []string
	Fold   bool
	Blocks []netip.Prefix
	Order  Order
	Value  Value // in order with which the field's is
}

// PartKind says what a part is.
type PartKind uint8

// The kinds of parts.
const (
	PartAlways  PartKind = iota // a fixed verdict
	PartAnd                     // all of the parts
	PartOr                      // one of the parts
	PartNot                     // the opposite of the one part
	PartNull                    // there is no value
	PartOneOf                   // the value is one of some texts
	PartPattern                 // the value fits one of some patterns
	PartPrefix                  // the value begins with a text
	PartInBlock                 // the value is an address in one of some blocks
	PartOrdered                 // the value is a number that is in an order with another
	PartOther                   // another test, or one of what is calculated from fields
)

// Root is the program as a tree. The slices in it belong to the program.
func (p *Program) Root() Part { return partOf(&p.root) }

func partOf(c *clause) Part {
	out := Part{At: c.at, Kind: map[clauseOp]PartKind{opFixed: PartAlways, opAnd: PartAnd, opOr: PartOr, opNot: PartNot}[c.op], Fixed: c.fixed}
	for i := range c.clauses {
		out.Parts = append(out.Parts, partOf(&c.clauses[i]))
	}
	if c.op == opLeaf {
		c.leaf.describe(&out)
	}
	return out
}

// describe says what the leaf tests.
func (l *leaf) describe(out *Part) {
	out.Slot, out.Negated, out.Kind = l.slot, l.negate, PartOther
	if l.slot < 0 {
		return
	}
	if l.null {
		out.Kind = PartNull
		return
	}
	switch t := l.test.(type) {
	case textTest:
		out.Kind, out.Texts = PartOneOf, []string{string(t)}
	case *setTest:
		if len(t.others) == 0 {
			out.Kind, out.Texts = PartOneOf, t.texts
		}
	case *foldTest:
		out.Kind, out.Fold = PartOneOf, true
		for _, text := range t.folded {
			out.Texts = append(out.Texts, string(text))
		}
	case *patternTest:
		out.Kind = PartPattern
		for _, p := range t.patterns {
			out.Fold = p.fold
			out.Texts = append(out.Texts, p.source)
		}
	case *prefixTest:
		out.Kind, out.Texts, out.Fold = PartPrefix, []string{string(t.prefix)}, t.fold
	case *cidrTest:
		out.Kind, out.Blocks = PartInBlock, t.blocks
	case *longTest:
		if order, ok := t.test.(*orderTest); ok {
			out.Kind, out.Order, out.Value = PartOrdered, order.order, order.v
		}
	}
}
