package program

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// regexNeeds are texts one of which is in whatever a regular expression matches. To look for them
// is far cheaper than to match.
type regexNeeds struct {
	texts [][]byte // nil if nothing is known
	fold  bool     // they are in lower case, and case does not count
}

// The texts of an expression: how many there may be, and how short.
const (
	maxNeeds      = 32
	shortestNeed  = 2
	longestFolded = 512 // bytes of a value that are compared without regard to case
)

func needsOf(re *regexp.Regexp) (n regexNeeds) {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return n
	}
	for _, text := range textsOf(parsed.Simplify(), &n.fold).best() {
		n.texts = append(n.texts, []byte(text))
	}
	if n.fold {
		for i, text := range n.texts {
			n.texts[i] = bytes.ToLower(text)
		}
	}
	return n
}

// allow reports whether the expression may match a value.
func (n *regexNeeds) allow(value []byte) bool {
	if n.texts == nil {
		return true
	}
	if n.fold {
		var lower [longestFolded]byte
		if len(value) > len(lower) {
			return true
		}
		for i, c := range value {
			if c >= utf8.RuneSelf { // where case does not count, some of these are the same as ASCII letters
				return true
			}
			if c-'A' < 26 {
				c |= 0x20
			}
			lower[i] = c
		}
		value = lower[:len(value)]
	}
	for _, text := range n.texts {
		if bytes.Contains(value, text) {
			return true
		}
	}
	return false
}

// regexParts is what is known of the texts that a part of an expression matches.
type regexParts struct {
	exact []string // it matches one of these and nothing else; nil if that is not known
	has   []string // if so, one of these is in each; nil if that is not known either
}

// best returns the texts one of which is in each match.
func (p regexParts) best() []string {
	if p.exact != nil {
		return usable(p.exact)
	}
	return p.has
}

// usable returns the texts, nil if one of them is in too many values.
func usable(texts []string) []string {
	for _, text := range texts {
		if len(text) < shortestNeed {
			return nil
		}
	}
	return texts
}

// better returns the one of two lists that is in fewer values: the one whose shortest text is longer.
func better(a, b []string) []string {
	shortest := func(texts []string) (n int) {
		for i, text := range texts {
			if i == 0 || len(text) < n {
				n = len(text)
			}
		}
		return n
	}
	if shortest(b) > shortest(a) {
		return b
	}
	return a
}

// textsOf returns the texts of a part of an expression. It sets fold if case does not count somewhere.
func textsOf(re *syntax.Regexp, fold *bool) regexParts {
	switch re.Op {
	case syntax.OpLiteral:
		if text := string(re.Rune); re.Flags&syntax.FoldCase == 0 {
			return regexParts{exact: []string{text}}
		} else if len(text) == len(re.Rune) { // ASCII
			*fold = true
			return regexParts{exact: []string{text}}
		}
	case syntax.OpCharClass:
		return textsOfClass(re)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return regexParts{exact: []string{""}}
	case syntax.OpCapture:
		return textsOf(re.Sub[0], fold)
	case syntax.OpPlus:
		return regexParts{has: textsOf(re.Sub[0], fold).best()}
	case syntax.OpConcat:
		return textsOfConcat(re.Sub, fold)
	case syntax.OpAlternate:
		return textsOfAlternate(re.Sub, fold)
	}
	return regexParts{}
}

// textsOfClass makes texts of a few characters.
func textsOfClass(re *syntax.Regexp) (p regexParts) {
	for i := 0; i < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if p.exact = append(p.exact, string(r)); len(p.exact) > maxNeeds {
				return regexParts{}
			}
		}
	}
	return p
}

// textsOfConcat joins the texts of parts that follow each other, as far as these are known.
func textsOfConcat(parts []*syntax.Regexp, fold *bool) (out regexParts) {
	run, isWhole := []string{""}, true
	end := func() {
		out.has = better(out.has, usable(run))
		run, isWhole = []string{""}, false
	}
	for _, part := range parts {
		p := textsOf(part, fold)
		switch {
		case p.exact == nil:
			end()
			out.has = better(out.has, p.has)
			continue
		case len(run)*len(p.exact) > maxNeeds:
			end()
		}
		if len(p.exact) > maxNeeds {
			out.has = better(out.has, usable(p.exact))
			continue
		}
		var joined []string
		for _, a := range run {
			for _, b := range p.exact {
				joined = append(joined, a+b)
			}
		}
		run = joined
	}
	if isWhole {
		return regexParts{exact: run}
	}
	end()
	return out
}

// textsOfAlternate takes the texts of all alternatives together.
func textsOfAlternate(parts []*syntax.Regexp, fold *bool) regexParts {
	var exact, has []string
	isExact, isKnown := true, true
	for _, part := range parts {
		p := textsOf(part, fold)
		best := p.best()
		isExact, isKnown = isExact && p.exact != nil, isKnown && best != nil
		exact, has = append(exact, p.exact...), append(has, best...)
	}
	switch {
	case isExact && len(exact) <= maxNeeds:
		return regexParts{exact: exact}
	case isKnown && len(has) <= maxNeeds:
		return regexParts{has: has}
	}
	return regexParts{}
}
