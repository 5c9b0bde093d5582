package program

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// regexNeeds are texts that are in whatever a regular expression matches: of each list, one. To look
// for them is far cheaper than to match.
type regexNeeds struct {
	lists [][][]byte // none if nothing is known
	fold  bool       // they are in lower case, and case does not count
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
	parts := textsOf(parsed.Simplify(), &n.fold)
	for _, texts := range parts.lists() {
		var list [][]byte
		for _, text := range texts {
			if n.fold {
				text = strings.ToLower(text)
			}
			list = append(list, []byte(text))
		}
		n.lists = append(n.lists, list)
	}
	return n
}

// allow reports whether the expression may match a value.
func (n *regexNeeds) allow(value []byte) bool {
	if n.lists == nil {
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
	for _, list := range n.lists {
		if !hasOneOf(value, list) {
			return false
		}
	}
	return true
}

func hasOneOf(value []byte, texts [][]byte) bool {
	for _, text := range texts {
		if bytes.Contains(value, text) {
			return true
		}
	}
	return false
}

// regexParts is what is known of the texts that a part of an expression matches.
type regexParts struct {
	exact []string   // it matches one of these and nothing else; nil if that is not known
	has   [][]string // if so, of each of these one is in each match
}

// lists returns texts of which each match has one, in lists.
func (p regexParts) lists() [][]string {
	if p.exact != nil {
		return usable(p.exact)
	}
	return p.has
}

// usable returns a list of these texts, none if one of them is in too many values.
func usable(texts []string) [][]string {
	for _, text := range texts {
		if len(text) < shortestNeed {
			return nil
		}
	}
	return [][]string{texts}
}

// rarestList returns the list that is in the fewest values, as far as lengths tell: the one whose shortest text
// is longest. It is nil if there is none.
func rarestList(lists [][]string) (best []string) {
	most := 0
	for _, texts := range lists {
		shortest := len(texts[0])
		for _, text := range texts {
			shortest = min(shortest, len(text))
		}
		if shortest > most {
			best, most = texts, shortest
		}
	}
	return best
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
		return regexParts{has: textsOf(re.Sub[0], fold).lists()}
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
		out.has = append(out.has, usable(run)...)
		run, isWhole = []string{""}, false
	}
	for _, part := range parts {
		p := textsOf(part, fold)
		switch {
		case p.exact == nil:
			end()
			out.has = append(out.has, p.has...)
			continue
		case len(run)*len(p.exact) > maxNeeds:
			end()
		}
		if len(p.exact) > maxNeeds {
			out.has = append(out.has, usable(p.exact)...)
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
		best := rarestList(p.lists())
		isExact, isKnown = isExact && p.exact != nil, isKnown && best != nil
		exact, has = append(exact, p.exact...), append(has, best...)
	}
	switch {
	case isExact && len(exact) <= maxNeeds:
		return regexParts{exact: exact}
	case isKnown && len(has) <= maxNeeds:
		return regexParts{has: [][]string{has}}
	}
	return regexParts{}
}
