package needle

import (
	"bytes"
	"slices"
	"strings"
)

// A Set says whether a rule could match something in bytes that were not
// parsed. It may say yes although nothing matches; it never says no if a rule
// would match, in any encoding: the bytes of a MessagePack chunk, JSON text in
// one of its strings, JSON text in that.
//
// It works with needles: from each rule comes one text that every event it
// matches must contain. Three things make that sound.
//
//   - The text is cut at everything that the event writes differently than the
//     field that a rule sees: Java text has separators of its own, JSON escapes
//     quotes and more.
//   - JSON can write any character as \u00XX, so such an escape of a character
//     that a needle could have counts as a hit itself. A slash may have a backslash
//     before it: a needle with a slash has others beside it that say so.
//   - The name of a call is right after its key. Where it is not, or a key has a value
//     that is not read here, such as a list, that counts as a hit.
//
// A comparison that ignores case does so for ASCII letters among themselves
// (see package eql), which is what a needle in any case does.
//
// It looks for one needle after the other, in the simplest way. The search in C
// (internal/search) is compared with it, and it is used if there is no other.
type Set struct {
	Needles []Needle
	Always  bool // a rule has no needle: everything is suspect

	calls calls
}

// NewSet returns the set of these needles, without those that are found whenever
// another one is.
func NewSet(needles []Needle, always bool) Set {
	needles = withoutCovered(needles)
	return Set{Needles: needles, Always: always, calls: callsOf(needles)}
}

// Needle is a text to look for: at least three printable ASCII characters, in
// lower case if Fold says that it may be in any case. Whole says that it is all
// of a text, a key or a value. Call says that it is in the name of a call, which an
// event has under eventName, or event.action in an ECS document: elsewhere it means nothing.
// Begins says that such a name begins with it.
type Needle struct {
	Text  string
	Fold  bool
	Whole bool
	Call  bool

	Begins bool // with Call alone
}

// OfCall returns what the events of a call are found by: all of its name, or what it begins with if the
// last character is a star.
func OfCall(name string) Needle {
	if begin, isOpen := strings.CutSuffix(name, "*"); isOpen {
		return Needle{Text: begin, Call: true, Begins: true}
	}
	return Needle{Text: name, Whole: true, Call: true}
}

// Anywhere returns n as it is looked for wherever it may be, and not after the key of a
// name alone.
func (n Needle) Anywhere() Needle {
	n.Call, n.Begins = false, false
	return n
}

// In reports whether a rule could match something in data.
func (p *Set) In(data []byte) bool {
	return p.Always || p.Mentioned(data) || hasEscapedLetter(data)
}

// Mentioned reports whether a needle is in data as it is. Unlike [Set.In] it takes
// no notice of escapes, nor of a rule without a needle.
func (p *Set) Mentioned(data []byte) bool { return p.Which(data) != Needle{} }

// Which returns the first of the needles that is in data as it is, the zero Needle
// if none is.
//
// Of names of calls it says less: it returns any of them where it cannot tell which one is there.
func (p *Set) Which(data []byte) Needle {
	for i := range p.Needles {
		if !p.Needles[i].Call && p.Needles[i].in(data) {
			return p.Needles[i]
		}
	}
	return p.calls.in(data)
}

func (n *Needle) in(data []byte) bool {
	if n.Fold {
		return n.inAnyCase(data)
	}
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(n.Text))
		if i < 0 {
			return false
		}
		if !n.Whole || n.beginsAt(data, from+i) {
			return true
		}
		from += i + 1
	}
}

// beginsAt reports whether a text as long as the needle can begin at i: after
// the last byte of its MessagePack header, which has the length, or after a
// quotation mark, which begins it in JSON.
func (n *Needle) beginsAt(data []byte, i int) bool {
	if i == 0 {
		return false
	}
	before, length := data[i-1], len(n.Text)
	return before == '"' || before == byte(length) || length < 32 && before == byte(0xa0|length)
}

// inAnyCase looks for a needle that may be in any case. Where its first letter is
// next, capital or not, is found once: in a text full of the one and without the
// other, looking each time would take time in the square of its length.
func (n *Needle) inAnyCase(data []byte) bool {
	text := n.Text
	lower, upper := text[0], text[0]
	if 'a' <= lower && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	nextLower, nextUpper := -1, -1
	for from := 0; ; {
		if nextLower < from {
			nextLower = indexFrom(data, lower, from)
		}
		if nextUpper < from {
			nextUpper = indexFrom(data, upper, from)
		}
		at := min(nextLower, nextUpper)
		if len(data)-at < len(text) {
			return false
		}
		if equalFoldASCII(data[at:at+len(text)], text) && (!n.Whole || n.beginsAt(data, at)) {
			return true
		}
		from = at + 1
	}
}

// indexFrom returns the offset of the next c, len(data) if there is none.
func indexFrom(data []byte, c byte, from int) int {
	if i := bytes.IndexByte(data[from:], c); i >= 0 {
		return from + i
	}
	return len(data)
}

func equalFoldASCII(data []byte, lower string) bool {
	for i, c := range data {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hasEscapedLetter reports whether data has a JSON escape \u00XX of a
// character that could be part of a needle, or of the escape itself.
func hasEscapedLetter(data []byte) bool {
	for {
		i := bytes.Index(data, escape)
		if i < 0 || len(data) < i+6 {
			return false
		}
		hi, lo := unhex(data[i+4]), unhex(data[i+5])
		if hi >= 0 && lo >= 0 && !neverInNeedle(byte(hi<<4|lo)) {
			return true
		}
		data = data[i+2:]
	}
}

var escape = []byte(`\u00`)

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// neverInNeedle holds for the characters at which needles are cut: those that
// JSON writers escape, and everything but printable ASCII. JSON in real
// pipelines is full of \u0026, \u003c, \u003d and \u003e (Go's and Gson's
// writers), which are therefore no reason to look closer.
func neverInNeedle(c byte) bool {
	switch c {
	case '&', '\'', '<', '=', '>':
		return true
	case '\\', '"': // it could begin another escape, or a whole text
		return false
	}
	return c < ' ' || c > '~'
}

// minNeedle is how many characters a needle has at least.
const minNeedle = 3

// withoutCovered returns the needles less those that are found whenever another
// is, because it is part of them.
func withoutCovered(needles []Needle) []Needle {
	different := withoutCopies(needles) // rules often share theirs
	known := indexOf(different)
	var kept []Needle
	for _, n := range different {
		if !known.covers(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// index finds the needles that cover another one: of thousands, not each is compared with
// each.
type index struct {
	parts   map[string][]Needle       // those that may be a part of a text, by their text in lower case
	lengths map[[minNeedle]byte][]int // of these texts, by how they begin
	whole   map[string]bool           // those that are a whole text in any case
}

func indexOf(needles []Needle) index {
	x := index{parts: make(map[string][]Needle, len(needles)), lengths: make(map[[minNeedle]byte][]int), whole: make(map[string]bool)}
	for _, n := range needles {
		lower := strings.ToLower(n.Text)
		switch {
		case n.Call: // says nothing of other places
		case n.Whole && n.Fold:
			x.whole[lower] = true
		case n.Whole: // covers nothing but itself
		case len(lower) >= minNeedle:
			x.parts[lower] = append(x.parts[lower], n)
			begin := [minNeedle]byte([]byte(lower[:minNeedle]))
			if !slices.Contains(x.lengths[begin], len(lower)) {
				x.lengths[begin] = append(x.lengths[begin], len(lower))
			}
		}
	}
	return x
}

// covers reports whether another needle is found everywhere that n is.
func (x *index) covers(n Needle) bool {
	lower := strings.ToLower(n.Text)
	if n.Whole && !n.Fold && x.whole[lower] {
		return true
	}
	for i := 0; i+minNeedle <= len(lower); i++ {
		for _, length := range x.lengths[[minNeedle]byte([]byte(lower[i:i+minNeedle]))] {
			if i+length > len(lower) {
				continue
			}
			for _, other := range x.parts[lower[i:i+length]] {
				if other != n && other.beginsPartOf(n, lower, i) {
					return true
				}
			}
		}
	}
	return false
}

// beginsPartOf reports whether n is found where other begins at i: lower is other's text in
// lower case.
func (n Needle) beginsPartOf(other Needle, lower string, i int) bool {
	if n.Fold {
		return strings.HasPrefix(lower[i:], n.Text)
	}
	return !other.Fold && strings.HasPrefix(other.Text[i:], n.Text)
}

// withoutCopies returns the needles, the first of equal ones.
func withoutCopies(needles []Needle) []Needle {
	seen := make(map[Needle]bool, len(needles))
	var different []Needle
	for _, n := range needles {
		if !seen[n] {
			seen[n] = true
			different = append(different, n)
		}
	}
	return different
}
