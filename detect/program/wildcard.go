package program

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// QuotePattern returns the pattern for [Builder.Like] that matches the text alone.
func QuotePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(text)
}

// HasParts reports whether a name is these parts in this order, with any text between two of them:
// whether it fits the pattern that was cut at its stars. It is for the names in a query. Values are
// compared by [Builder.Like].
func HasParts(name string, parts []string) bool {
	if len(parts) == 1 {
		return name == parts[0]
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

// pattern is a compiled wildcard pattern. A star matches any text, also the empty one and
// one with newlines in it; a question mark matches one character; a backslash before a
// character makes it an ordinary one. It matches a whole value.
//
// The stars cut a pattern into segments, and of each segment the leftmost place is as good as any
// other: matching never goes back, and takes time in proportion to the text's length times the
// pattern's at worst.
type pattern struct {
	segments           []segment
	starFirst, starEnd bool
	fold               bool
	source             string // the pattern as it was written
}

// segment is a part of a pattern with no star in it.
type segment struct {
	pieces []piece
	// fixed is the number of bytes that the segment takes, if every text it matches is as long.
	fixed   int
	isFixed bool
}

// piece is a literal, or if that is empty, one question mark.
type piece struct{ literal []byte }

func compilePattern(s []byte, fold bool) *pattern {
	p := &pattern{fold: fold, source: string(s)}
	var seg segment
	var lit []byte
	flush := func() {
		if len(lit) > 0 {
			if fold {
				lit = foldText(lit)
			}
			seg.pieces = append(seg.pieces, piece{lit})
			lit = nil
		}
	}
	cut := func() {
		flush()
		if len(seg.pieces) > 0 {
			seg.measure(fold)
			p.segments = append(p.segments, seg)
			seg = segment{}
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '*':
			if len(p.segments) == 0 && len(seg.pieces) == 0 && len(lit) == 0 {
				p.starFirst = true
			}
			cut()
			p.starEnd = true
			continue
		case c == '?':
			flush()
			seg.pieces = append(seg.pieces, piece{})
		case c == '\\' && i+1 < len(s):
			// As in Lucene, a backslash can escape any character, not only those that need it.
			i++
			lit = append(lit, s[i])
		default:
			lit = append(lit, c)
		}
		p.starEnd = false
	}
	cut()
	return p
}

func (g *segment) measure(fold bool) {
	g.isFixed = true
	for _, p := range g.pieces {
		if len(p.literal) == 0 || fold && !isASCII(p.literal) {
			g.isFixed = false
			return
		}
		g.fixed += len(p.literal)
	}
}

// match says whether the whole of s is what the pattern says.
func (p *pattern) match(s []byte) bool {
	segs := p.segments
	if len(segs) == 0 {
		return p.starFirst || len(s) == 0
	}
	if !p.starFirst {
		n := segs[0].prefix(s, p.fold)
		if n < 0 {
			return false
		}
		if segs, s = segs[1:], s[n:]; len(segs) == 0 {
			return p.starEnd || len(s) == 0
		}
	}
	for len(segs) > 1 || p.starEnd {
		_, end := segs[0].index(s, p.fold)
		if end < 0 {
			return false
		}
		if segs, s = segs[1:], s[end:]; len(segs) == 0 {
			return true
		}
	}
	return segs[0].suffix(s, p.fold)
}

// prefix says how many bytes at the start of s the segment takes, or -1 if s does not start so.
func (g *segment) prefix(s []byte, fold bool) int {
	at := 0
	for _, p := range g.pieces {
		rest := s[at:]
		n := -1
		switch {
		case len(p.literal) == 0:
			if len(rest) > 0 {
				_, n = utf8.DecodeRune(rest)
			}
		case fold:
			n = foldPrefix(rest, p.literal)
		case bytes.HasPrefix(rest, p.literal):
			n = len(p.literal)
		}
		if n < 0 {
			return -1
		}
		at += n
	}
	return at
}

// index finds the leftmost place in s that the segment fits, or returns -1 and -1.
func (g *segment) index(s []byte, fold bool) (start, end int) {
	if len(g.pieces) == 1 {
		switch lit := g.pieces[0].literal; {
		case len(lit) == 0: // one question mark: any character will do
		case fold:
			return foldIndex(s, lit)
		default:
			if i := bytes.Index(s, lit); i >= 0 {
				return i, i + len(lit)
			}
			return -1, -1
		}
	}
	for i := 0; i < len(s); {
		if n := g.prefix(s[i:], fold); n >= 0 {
			return i, i + n
		}
		_, n := utf8.DecodeRune(s[i:])
		i += n
	}
	return -1, -1
}

// suffix says whether the segment fits at the end of s.
func (g *segment) suffix(s []byte, fold bool) bool {
	if g.isFixed {
		return len(s) >= g.fixed && g.prefix(s[len(s)-g.fixed:], fold) == g.fixed
	}
	for i := 0; i < len(s); {
		if n := g.prefix(s[i:], fold); n == len(s)-i {
			return true
		}
		_, n := utf8.DecodeRune(s[i:])
		i += n
	}
	return false
}
