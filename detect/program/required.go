package program

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Literal is text that a field's value has to have. If the field has several values, one of them
// has to have it.
type Literal struct {
	Slot int    // of the field, as in Program.Fields
	Text string // never empty
	// Fold says that the text is there in any mixture of upper and lower case. The text is
	// ASCII then, and in lower case, and matches no other characters than ASCII letters.
	Fold bool
	// Whole says that the value is the text and nothing more. Otherwise it begins with it, if Begins says
	// so, or contains it.
	Whole, Begins bool
}

// Required says what an event cannot match without: of every element of the result, it has at least
// one literal. A search for the rarest of them can rule out most events before they are parsed. The
// claims are true for every event that Match accepts, and there may be none: a query like
// any where a != "b" requires nothing. The result belongs to the caller.
func (p *Program) Required() [][]Literal { return require(&p.root, true) }

// require collects what an event has for which the clause is true, or, if want is false, for which
// its negation is. Nothing is claimed of a clause that may hold because a field is missing.
func require(c *clause, want bool) [][]Literal {
	switch c.op {
	case opNot:
		return require(&c.clauses[0], !want)
	case opAnd, opOr:
		if (c.op == opAnd) == want {
			var all [][]Literal
			for i := range c.clauses {
				all = append(all, require(&c.clauses[i], want)...)
			}
			return all
		}
		return requireOne(c.clauses, want)
	case opLeaf:
		if c.leaf.slot >= 0 && c.leaf.negate != want {
			all := requireTest(c.leaf.slot, c.leaf.test)
			if c.leaf.asText {
				all = slices.DeleteFunc(all, func(either []Literal) bool { return slices.ContainsFunc(either, notOnlyText) })
			}
			return all
		}
	}
	return nil
}

// notOnlyText says whether a literal can be part of a number or a boolean: an event that has one of
// these in the field does not contain its text.
func notOnlyText(l Literal) bool {
	if l.Whole {
		switch strings.ToLower(l.Text) {
		case "true", "false":
			return true
		}
		_, err := strconv.ParseFloat(l.Text, 64) // this reads NaN, Infinity and 1.0E10 as well
		return err == nil || errors.Is(err, strconv.ErrRange)
	}
	if strings.Trim(l.Text, "0123456789.-+Ee") == "" {
		return true
	}
	text := l.Text
	if l.Fold {
		text = strings.ToLower(text)
	}
	for _, word := range [...]string{"true", "false", "NaN", "Infinity"} {
		if l.Fold {
			word = strings.ToLower(word)
		}
		if strings.Contains(word, text) {
			return true
		}
	}
	return false
}

// requireOne are the claims about an alternative: the event has what one of the clauses requires. The
// first takes from each clause what is hardest to meet by chance. The others are about one field each,
// of which every clause requires something. There is none if one clause has nothing to give.
func requireOne(clauses []clause, want bool) [][]Literal {
	var each [][][]Literal
	for i := range clauses {
		claims := require(&clauses[i], want)
		if len(claims) > 0 {
			each = append(each, claims)
			continue
		}
		if clauses[i].op == opFixed && (clauses[i].fixed == True) != want {
			continue // never holds: it is not an alternative
		}
		return nil
	}
	if len(each) == 0 {
		return nil
	}
	best := eitherOf(each, func([]Literal) bool { return true })
	all := [][]Literal{best}
	for _, claim := range each[0] {
		if len(all) > maxFieldClaims {
			break
		}
		slot := claim[0].Slot
		if slices.ContainsFunc(all[1:], func(c []Literal) bool { return c[0].Slot == slot }) {
			continue
		}
		either := eitherOf(each, func(c []Literal) bool {
			return !slices.ContainsFunc(c, func(l Literal) bool { return l.Slot != slot })
		})
		if either != nil && !slices.Equal(either, best) {
			all = append(all, either)
		}
	}
	return all
}

// maxFieldClaims bounds the claims about single fields, and with them the time that deep queries take.
const maxFieldClaims = 8

// eitherOf joins the rarest claim of each clause, of those that are wanted. It is nil if a clause has
// none.
func eitherOf(each [][][]Literal, wanted func([]Literal) bool) (either []Literal) {
	for _, claims := range each {
		best := rarest(claims, wanted)
		if best == nil {
			return nil
		}
		for _, l := range best {
			if !slices.Contains(either, l) {
				either = append(either, l)
			}
		}
	}
	return either
}

// rarest picks the wanted element whose shortest literal is the longest.
func rarest(all [][]Literal, wanted func([]Literal) bool) []Literal {
	var best []Literal
	length := 0
	for _, either := range all {
		if !wanted(either) {
			continue
		}
		shortest := len(either[0].Text)
		for _, l := range either {
			shortest = min(shortest, len(l.Text))
		}
		if shortest > length {
			best, length = either, shortest
		}
	}
	return best
}

func requireTest(slot int, t test) [][]Literal {
	switch t := t.(type) {
	case textTest:
		return requireTexts(slot, []string{string(t)})
	case *setTest:
		if len(t.others) == 0 {
			return requireTexts(slot, t.texts)
		}
	case *foldTest:
		patterns := make([]*pattern, len(t.folded))
		for i, f := range t.folded {
			patterns[i] = &pattern{fold: true, segments: []segment{{pieces: []piece{{f}}}}}
		}
		return requirePatterns(slot, patterns)
	case *patternTest:
		return requirePatterns(slot, t.patterns)
	case *prefixTest:
		return requirePatterns(slot, []*pattern{{fold: t.fold, starEnd: true, segments: []segment{{pieces: []piece{{t.prefix}}}}}})
	case *regexTest:
		return requireRegex(slot, t.re)
	}
	return nil
}

func requireTexts(slot int, texts []string) [][]Literal {
	var either []Literal
	for _, s := range texts {
		if s == "" {
			return nil
		}
		either = append(either, Literal{Slot: slot, Text: s, Whole: true})
	}
	return [][]Literal{either}
}

// requirePatterns turns one pattern into one claim for each piece of text in it, and a list of
// patterns into one claim, with the longest piece of each.
func requirePatterns(slot int, patterns []*pattern) [][]Literal {
	if len(patterns) == 1 {
		var all [][]Literal
		for _, l := range patternLiterals(slot, patterns[0]) {
			all = append(all, []Literal{l})
		}
		return all
	}
	var either []Literal
	for _, p := range patterns {
		var longest Literal
		for _, l := range patternLiterals(slot, p) {
			if len(l.Text) > len(longest.Text) {
				longest = l
			}
		}
		if longest.Text == "" {
			return nil
		}
		either = append(either, longest)
	}
	return [][]Literal{either}
}

func patternLiterals(slot int, p *pattern) []Literal {
	var all []Literal
	for i, g := range p.segments {
		for k, piece := range g.pieces {
			whole := !p.starFirst && !p.starEnd && len(p.segments) == 1 && len(g.pieces) == 1
			begins := !p.starFirst && i == 0 && k == 0 && !whole
			if !p.fold {
				if len(piece.literal) > 0 {
					all = append(all, Literal{Slot: slot, Text: string(piece.literal), Whole: whole, Begins: begins})
				}
				continue
			}
			// Where case does not count, a character that is not ASCII can be written in several
			// ways, which a search for bytes does not know: only the ASCII around it is claimed.
			for rest := piece.literal; len(rest) > 0; {
				n := 0
				for n < len(rest) && rest[n] < utf8.RuneSelf {
					n++
				}
				if n > 0 {
					text := string(rest[:n])
					all = append(all, Literal{Slot: slot, Text: text, Fold: true, Whole: whole && n == len(piece.literal), Begins: begins && len(rest) == len(piece.literal)})
				}
				for n < len(rest) && rest[n] >= utf8.RuneSelf {
					n++
				}
				rest = rest[n:]
			}
		}
	}
	return all
}

// Needs reports whether every event that matches has a value in one of the slots for which among
// returns true. It may be false if it does: nothing is claimed of what a function makes of a
// field.
func (p *Program) Needs(among func(slot int) bool) bool { return needs(&p.root, true, among) }

// needs reports the same of an event for which the clause is true, or, if want is false, for which
// its negation is.
func needs(c *clause, want bool, among func(int) bool) bool {
	switch c.op {
	case opNot:
		return needs(&c.clauses[0], !want, among)
	case opAnd, opOr:
		if (c.op == opAnd) == want {
			return slices.ContainsFunc(c.clauses, func(c clause) bool { return needs(&c, want, among) })
		}
		some := false
		for i := range c.clauses {
			if c.clauses[i].op == opFixed && (c.clauses[i].fixed == True) != want {
				continue // never holds: it is not an alternative
			}
			if !needs(&c.clauses[i], want, among) {
				return false
			}
			some = true
		}
		return some
	case opLeaf:
		l := c.leaf
		if l.slot < 0 || !among(l.slot) {
			return false
		}
		if l.null { // == null, and != null if it is negated
			return l.negate == want
		}
		return l.negate != want
	}
	return false
}
