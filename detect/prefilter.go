package detect

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
)

// A prefilter answers, for bytes that nobody has parsed, whether a rule could
// match something in them. It may say yes for nothing; it never says no where
// a rule would match, whatever the encoding: the bytes of a MessagePack chunk,
// JSON text in one of its strings, JSON text in that.
//
// It works with needles: from each rule comes one text that every event it
// matches must contain. Two things make that sound.
//
//   - The text is cut at everything that stands differently in the event than
//     in the field a rule sees: Java text has separators of its own, JSON
//     escapes quotes and more.
//   - JSON can write any character as \u00XX, so such an escape of a character
//     that a needle could have counts as a hit itself.
//
// A comparison that ignores case does so for ASCII letters among themselves
// (see package eql), which is what a needle in any case does.
type prefilter struct {
	needles []Needle
	always  bool // a rule has no needle: everything is suspect
}

// Needle is a text to look for: at least three printable ASCII characters, in
// lower case where Fold says that it may stand in any case.
type Needle struct {
	Text string
	Fold bool
}

// suspects reports whether a rule could match something in data.
func (p *prefilter) suspects(data []byte) bool {
	if p.always {
		return true
	}
	for i := range p.needles {
		if p.needles[i].in(data) {
			return true
		}
	}
	return hasEscapedLetter(data)
}

func (n *Needle) in(data []byte) bool {
	if n.Fold {
		return containsFold(data, n.Text)
	}
	return bytes.Contains(data, []byte(n.Text))
}

// containsFold reports whether data contains the ASCII text, which is in lower
// case, in any case.
func containsFold(data []byte, text string) bool {
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
		if equalFoldASCII(data[at:at+len(text)], text) {
			return true
		}
		from = at + 1
	}
}

// indexFrom returns where c stands next, len(data) where it does not.
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
	case '"', '&', '\'', '/', '<', '=', '>':
		return true
	case '\\': // it could begin another escape
		return false
	}
	return c < ' ' || c > '~'
}

// needleFor returns the needle of a program: nil where it has none. Each of
// the texts in it must be looked for, any of them is a hit.
func needleFor(program *eql.Program, fields []cloudtrail.Field) []Needle {
	var best []Needle
	for _, anyOf := range program.Required() {
		var needles []Needle
		for _, literal := range anyOf {
			n, ok := needleIn(literal, fields[literal.Slot].Trace())
			if !ok {
				needles = nil
				break
			}
			needles = append(needles, n)
		}
		if len(needles) > 0 && (best == nil || weakest(needles) > weakest(best)) {
			best = needles
		}
	}
	return best
}

// needleIn returns the most telling piece of a literal that every event has
// whose field contains it.
func needleIn(literal eql.Literal, trace cloudtrail.Trace) (best Needle, ok bool) {
	if trace == cloudtrail.Nowhere {
		return Needle{}, false
	}
	cut := func(r rune) bool {
		switch {
		case r > '~' || r == '\\' || neverInNeedle(byte(r)):
			return true
		case trace == cloudtrail.JavaText && (r == '{' || r == '}' || r == '[' || r == ']' || r == ',' || r == ' '):
			return true
		}
		return false
	}
	for _, piece := range bytes.FieldsFunc([]byte(literal.Text), cut) {
		n := Needle{Text: string(piece), Fold: literal.Fold}
		if literal.Fold {
			n.Text = string(bytes.ToLower(piece))
		}
		if trace == cloudtrail.JavaText && !onlyText(n.Text) {
			continue
		}
		if n.weight() > best.weight() {
			best = n
		}
	}
	return best, best.weight() > 0
}

// onlyText reports whether a piece of Java text can have come from text alone,
// not from a number or a boolean, which MessagePack stores otherwise.
func onlyText(piece string) bool {
	for i := 0; i < len(piece); i++ {
		switch c := piece[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+':
		case bytes.IndexByte([]byte("trueflsnINiyaE"), c) >= 0: // true, false, NaN, Infinity, 1.0E10
		default:
			return true
		}
	}
	return false
}

// weight says how telling a needle is: how rare it is in ordinary CloudTrail,
// as far as its letters tell. Less than three letters are everywhere. A host
// name of AWS is in every event of its service; any case is slow to look for.
func (n Needle) weight() int {
	if len(n.Text) < 3 {
		return 0
	}
	w := 2 * min(len(n.Text), 24)
	if bytes.HasSuffix([]byte(n.Text), []byte(".amazonaws.com")) {
		w /= 4
	}
	if n.Fold {
		w--
	}
	return w
}

func weakest(needles []Needle) int {
	w := needles[0].weight()
	for _, n := range needles[1:] {
		w = min(w, n.weight())
	}
	return w
}
