package program

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// CompileLucene compiles regular expressions in Lucene's syntax to one of Go's that matches a text if
// one of them covers it as a whole. It returns which of them it could not translate, and why: the
// operators &, ~ and <1-9>, nesting deeper than 500 levels, more than 20 repetition operators in a
// row, and what is too large for Go's regexp package.
func CompileLucene(patterns []string, fold bool) (re *regexp.Regexp, bad int, err error) {
	var b strings.Builder
	b.WriteString(`\A(?:`)
	for i, p := range patterns {
		t := regexTranslator{src: p}
		goSyntax, err := t.translate()
		if err != nil {
			return nil, i, err
		}
		if fold {
			goSyntax = "(?i:" + goSyntax + ")"
		}
		if _, err := regexp.Compile(goSyntax); err != nil {
			return nil, i, fmt.Errorf("the regular expression is too large or repeats too often for Go's regexp package")
		}
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString("(?:" + goSyntax + ")")
	}
	b.WriteString(`)\z`)
	re, err = regexp.Compile(b.String())
	if err != nil {
		return nil, 0, fmt.Errorf("the regular expressions together are too large for Go's regexp package")
	}
	return re, 0, nil
}

// regexTranslator turns Lucene's syntax into Go's. The two look alike and differ in what stands
// for itself: in Lucene ^ and $ are ordinary characters (a pattern is anchored by nature), so are
// operators with nothing to repeat, and . covers newlines; a quoted string is literal, @ is any
// text and # is not text at all. Three operators say what no Go regular expression can: & (both), ~
// (not) and <1-9> (a range of numbers). They are refused.
type regexTranslator struct {
	src   string
	pos   int
	depth int
}

func (t *regexTranslator) translate() (string, error) {
	s, err := t.union()
	if err == nil && t.more() {
		err = fmt.Errorf("the regular expression has a ) without a (")
	}
	return s, err
}

func (t *regexTranslator) more() bool { return t.pos < len(t.src) }

func (t *regexTranslator) peek(set string) bool {
	return t.more() && strings.IndexByte(set, t.src[t.pos]) >= 0
}

func (t *regexTranslator) take(c byte) bool {
	if t.more() && t.src[t.pos] == c {
		t.pos++
		return true
	}
	return false
}

func (t *regexTranslator) union() (string, error) {
	if t.depth++; t.depth > maxNesting {
		return "", fmt.Errorf("the regular expression nests deeper than the %d levels allowed", maxNesting)
	}
	defer func() { t.depth-- }()
	var b strings.Builder
	for {
		for t.more() && !t.peek("|)") {
			s, err := t.repeated()
			if err != nil {
				return "", err
			}
			b.WriteString(s)
		}
		if !t.take('|') {
			return b.String(), nil
		}
		b.WriteByte('|')
	}
}

// repeated translates an atom and the operators after it. Every operator gets a group of its own:
// Lucene reads a+? as (a+)?, not as a lazy a+.
func (t *regexTranslator) repeated() (string, error) {
	s, err := t.atom()
	for n := 0; err == nil && t.peek("?*+{"); n++ {
		if n == maxRepeats {
			return "", fmt.Errorf("the regular expression has more than %d repetition operators in a row", maxRepeats)
		}
		op := t.src[t.pos : t.pos+1]
		t.pos++
		if op == "{" {
			counts, _, closed := strings.Cut(t.src[t.pos:], "}")
			low, high, _ := strings.Cut(counts, ",")
			if !closed || low == "" || !allDigits(low) || !allDigits(high) {
				return "", fmt.Errorf("the regular expression has a malformed repetition {%s", shorten(counts))
			}
			t.pos += len(counts) + 1
			op = "{" + counts + "}"
		}
		s = "(?:" + s + ")" + op
	}
	return s, err
}

// maxNesting keeps the translation, which recurses, from going deep.
const maxNesting = 500

// maxRepeats keeps the translation from growing with the square of the pattern.
const maxRepeats = 20

func (t *regexTranslator) atom() (string, error) {
	switch c := t.src[t.pos]; c {
	case '(':
		t.pos++
		s, err := t.union()
		if err == nil && !t.take(')') {
			err = fmt.Errorf("the regular expression has a ( without a )")
		}
		return "(?:" + s + ")", err
	case '[':
		t.pos++
		return t.class()
	case '.':
		t.pos++
		return "(?s:.)", nil
	case '@':
		t.pos++
		return "(?s:.*)", nil
	case '#':
		t.pos++
		return `[^\x00-\x{10FFFF}]`, nil
	case '"':
		literal, _, closed := strings.Cut(t.src[t.pos+1:], `"`)
		if !closed {
			return "", fmt.Errorf(`the regular expression has a " without another: an ordinary quote is written \"`)
		}
		t.pos += len(literal) + 2
		return "(?:" + regexp.QuoteMeta(literal) + ")", nil
	case '&', '~', '<':
		name := map[byte]string{'&': "intersection", '~': "complement", '<': "numeric range"}[c]
		return "", fmt.Errorf(`the regular expression operator %c (%s) is not supported: an ordinary %c is written \%c`, c, name, c, c)
	}
	if class := t.predefined(); class != "" {
		return "[" + class + "]", nil
	}
	c, err := t.character()
	return regexp.QuoteMeta(c), err
}

// predefined translates \d and its like to what is between brackets, with Lucene's idea of
// what a space is.
func (t *regexTranslator) predefined() string {
	if !t.peek(`\`) || t.pos+1 == len(t.src) {
		return ""
	}
	class := ""
	switch t.src[t.pos+1] {
	case 'd':
		class = `0-9`
	case 'D':
		class = `\x00-/:-\x{10FFFF}`
	case 's':
		class = ` \t\n\r`
	case 'S':
		class = `\x00-\x08\x0B\x0C\x0E-\x1F!-\x{10FFFF}`
	case 'w':
		class = `0-9A-Z_a-z`
	case 'W':
		class = `\x00-/:-@\[-\^\x60\{-\x{10FFFF}`
	default:
		return ""
	}
	t.pos += 2
	return class
}

// character reads one literal character, with or without a backslash.
func (t *regexTranslator) character() (string, error) {
	t.take('\\')
	if !t.more() {
		return "", fmt.Errorf("the regular expression ends in the middle of an escape or a class")
	}
	_, n := utf8.DecodeRuneInString(t.src[t.pos:])
	t.pos += n
	return t.src[t.pos-n : t.pos], nil
}

// class translates […], after the opening bracket. The first character in it never closes
// it.
func (t *regexTranslator) class() (string, error) {
	var b strings.Builder
	b.WriteByte('[')
	if t.take('^') {
		b.WriteByte('^')
	}
	for first := true; first || t.more() && !t.peek("]"); first = false {
		if class := t.predefined(); class != "" {
			b.WriteString(class)
			continue
		}
		from, err := t.character()
		if err != nil {
			return "", err
		}
		to := from
		if t.take('-') {
			if to, err = t.character(); err != nil {
				return "", err
			}
		}
		low, _ := utf8.DecodeRuneInString(from)
		high, _ := utf8.DecodeRuneInString(to)
		if low > high {
			return "", fmt.Errorf("the regular expression has a range in the wrong order: %s-%s", from, to)
		}
		fmt.Fprintf(&b, `\x{%X}-\x{%X}`, low, high)
	}
	if !t.take(']') {
		return "", fmt.Errorf("the regular expression has a [ without a ]")
	}
	b.WriteByte(']')
	return b.String(), nil
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
