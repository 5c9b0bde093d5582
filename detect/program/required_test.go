package program

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What a query requires takes time in proportion to the query, however its alternatives nest.
func TestDeepAlternativesAreSoonDone(t *testing.T) {
	b := NewBuilder("")
	k := must[Condition](t)(b.Equal(here, b.Field(here, "f", false), Text([]byte("x"))))
	for level := range 240 {
		var terms []Condition
		for i := range 20 {
			f := b.Field(here, fmt.Sprintf("f%d_%d", level, i), false)
			terms = append(terms, must[Condition](t)(b.Equal(here, f, Text([]byte("value")))))
		}
		k = b.Or(here, b.And(here, append(terms, k)...), b.And(here, terms...))
	}
	p := must[*Program](t)(b.Program(k))
	start := time.Now()
	claims := p.Required()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it takes %s", took)
	}
	if n := len(claims); n < 2 || n > maxFieldClaims+1 {
		t.Errorf("%d claims", n)
	}
}

func TestARegularExpressionRequiresTheTextThatEachOfItsMatchesHas(t *testing.T) {
	for _, c := range []struct {
		expression string
		want       string // the claims, those in any case with a ~ before them
	}{
		{`.+:assumed-role/aws:.+`, ":assumed-role/aws:"},
		{`abc`, "abc"},
		{`\A(?:abc.*def)\z`, "abc def"},
		{`a(bc)d`, "abcd"},
		{`ab|ac`, "a"}, // Go's parser has the common letter before the alternative
		{`ab|cd`, ""},
		{`ab(x|yz)cd`, "ab cd"},
		{`ab?c`, "a c"},
		{`ab*c`, "a c"},
		{`(ab)+c`, "ab c"},
		{`(ab){2}c`, "ababc"},
		{`(ab){0,2}c`, "c"},
		{`(ab){1,2}c`, "ab c"},
		{`[x]y`, "xy"},
		{`[xz]y`, "y"},
		{`^ab$`, "ab"},
		{`\bab\b`, "ab"},
		{`(?i)LogEvent`, "~logevent"},
		{`(?i)LogSink`, "~log ~in"},
		{`(?i)kiosk`, "~io"},
		{`(?i)ab(?-i)CD`, "~ab CD"},
		{`AB(?i)cd`, "AB ~cd"},
		{`a\x{212A}b`, "a b"},
		{`(?s).`, ""},
		{``, ""},
	} {
		b := NewBuilder("")
		re := regexp.MustCompile(c.expression)
		p := must[*Program](t)(b.Program(must[Condition](t)(b.Matches(here, b.Field(here, "f", false), re))))
		var got []string
		for _, either := range p.Required() {
			for _, l := range either {
				text := l.Text
				if l.Fold {
					text = "~" + text
				}
				if l.Whole || l.Slot != 0 {
					t.Errorf("%s: %+v", c.expression, l)
				}
				got = append(got, text)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s requires %q, want %q", c.expression, strings.Join(got, " "), c.want)
		}
	}
}

// Where case does not count, Go has two characters that are not ASCII for a letter that is.
func TestWhatARegularExpressionRequiresIsInEachMatch(t *testing.T) {
	texts := []string{"kiosk", "KIOSK", "\u212Aiosk", "kio\u017Fk", "Kio\u017F\u212A", "xkioskx"}
	b := NewBuilder("")
	re := regexp.MustCompile(`(?i)kiosk`)
	p := must[*Program](t)(b.Program(must[Condition](t)(b.Matches(here, b.Field(here, "f", false), re))))
	for _, text := range texts {
		if !re.MatchString(text) {
			t.Fatalf("%q does not match", text)
		}
		for _, either := range p.Required() {
			if !strings.Contains(lowerASCII(text), either[0].Text) {
				t.Errorf("%q is to contain %q", text, either[0].Text)
			}
		}
	}
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, s)
}
