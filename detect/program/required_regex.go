package program

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// requireRegex turns the text that each match of a regular expression contains into claims: what is in it
// neither as an alternative nor as something that can be left out.
func requireRegex(slot int, re *regexp.Regexp) (all [][]Literal) {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	t := regexTexts{slot: slot}
	t.collect(parsed.Simplify())
	t.end()
	return t.claims
}

// regexTexts collects the runs of characters of a regular expression.
type regexTexts struct {
	slot   int
	run    strings.Builder
	fold   bool // of the run
	claims [][]Literal
}

// collect adds what a part of the expression requires. What follows a part of fixed text is in the same run.
func (t *regexTexts) collect(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			t.add(r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			t.collect(sub)
		}
	case syntax.OpCapture:
		t.collect(re.Sub[0])
	case syntax.OpPlus:
		// The text is there once at least, but what follows it may follow a repetition.
		t.collect(re.Sub[0])
		t.end()
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
	default:
		t.end()
	}
}

// add adds a character to the run. One that is not ASCII ends it, and where case does not count, so do k and s: there
// the Kelvin sign and the long s are the same letters.
func (t *regexTexts) add(r rune, fold bool) {
	lower := r
	if 'A' <= r && r <= 'Z' {
		lower |= 0x20
	}
	isLetter := 'a' <= lower && lower <= 'z'
	switch {
	case r >= utf8.RuneSelf, fold && (lower == 'k' || lower == 's'):
		t.end()
		return
	case fold && !t.fold && isLetter:
		if t.run.Len() > 0 { // a run in any case is in lower case
			t.end()
		}
		t.fold = true
	case t.fold && !fold && isLetter:
		t.end()
	}
	if t.fold {
		r = lower
	}
	t.run.WriteByte(byte(r))
}

// end makes a claim of the run.
func (t *regexTexts) end() {
	if t.run.Len() > 0 {
		t.claims = append(t.claims, []Literal{{Slot: t.slot, Text: t.run.String(), Fold: t.fold}})
	}
	t.run.Reset()
	t.fold = false
}
