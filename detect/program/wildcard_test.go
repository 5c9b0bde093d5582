package program

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// matchSlowly is the definition of a wildcard pattern, in as few words as possible.
func matchSlowly(pattern, s []byte, fold, escape bool) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	r, n := utf8.DecodeRune(pattern)
	switch {
	case r == '*':
		for i := 0; i <= len(s); i++ {
			if matchSlowly(pattern[1:], s[i:], fold, escape) {
				return true
			}
		}
		return false
	case len(s) == 0:
		return false
	case r == '?':
		_, m := utf8.DecodeRune(s)
		return matchSlowly(pattern[1:], s[m:], fold, escape)
	case r == '\\' && escape && n < len(pattern):
		pattern = pattern[1:]
		r, n = utf8.DecodeRune(pattern)
	}
	c, m := utf8.DecodeRune(s)
	same := bytes.Equal(pattern[:n], s[:m])
	if !same && fold && n > 1 == (m > 1) && (c != utf8.RuneError || m > 1) {
		same = foldRune(r) == foldRune(c)
	}
	return same && matchSlowly(pattern[n:], s[m:], fold, escape)
}

func TestPatternsMatchWhatTheirDefinitionSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet []string, most int) []byte {
		var b []byte
		for range random.IntN(most + 1) {
			b = append(b, alphabet[random.IntN(len(alphabet))]...)
		}
		return b
	}
	patterns := []string{"a", "b", "A", "ß", "ẞ", "K", "\u212a", "*", "*", "?", "\\"}
	texts := []string{"a", "b", "B", "ß", "ẞ", "k", "\u212a", "*", "?", "\\", "\xff"}
	matched := 0
	for range 200_000 {
		p, s := text(patterns, 6), text(texts, 8)
		fold, escape := random.IntN(2) == 0, random.IntN(2) == 0
		want := matchSlowly(p, s, fold, escape)
		compiled := p
		if !escape {
			compiled = bytes.ReplaceAll(p, []byte(`\`), []byte(`\\`))
		}
		if got := compilePattern(compiled, fold).match(s); got != want {
			t.Fatalf("%q on %q, fold %v, escape %v: got %v, want %v", p, s, fold, escape, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d of the patterns matched: the test says little", matched)
	}
}

func TestNoPatternTakesExponentialTime(t *testing.T) {
	text := []byte(strings.Repeat("a", 20_000))
	for _, pattern := range []string{
		strings.Repeat("a*", 100) + "b",
		strings.Repeat("*a", 100) + "b",
		strings.Repeat("*?a", 100) + "b",
		strings.Repeat("?", 1000) + "*" + strings.Repeat("?", 1000) + "b",
	} {
		start := time.Now()
		for _, fold := range []bool{false, true} {
			if compilePattern([]byte(pattern), fold).match(text) {
				t.Errorf("%s matched", shorten(pattern))
			}
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v", shorten(pattern), took)
		}
	}
}

func TestFolding(t *testing.T) {
	for _, c := range []struct {
		name    string
		s, text string
		want    int
	}{
		{"ASCII", "xxHeLLo", "hello", 2},
		{"the start", "Hello", "HELLO", 0},
		{"after a false start in the other case", "hHhHello", "hello", 3},
		{"no letter", "a-1", "-1", 1},
		{"letters of several bytes", "xÄÖ", "äö", 1},
		{"letters of different lengths", "xẞy", "ßY", 1},
		{"the third of three sigmas", "xς", "Σ", 1},
		{"what is not there", "hello", "world", -1},
		{"what is longer", "ab", "abc", -1},
		{"the Kelvin sign", "\u212a", "k", -1},
		{"k, with the Kelvin sign", "k", "\u212a", -1},
		{"an invalid byte", "a\xffB", "\xffb", 1},
		{"an invalid byte is not the replacement character", "\xff", "\uFFFD", -1},
		{"the empty text", "abc", "", 0},
		{"the empty text in itself", "", "", 0},
	} {
		if got, _ := foldIndex([]byte(c.s), foldText([]byte(c.text))); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestHasParts(t *testing.T) {
	for _, test := range []struct {
		name, pattern string
		want          bool
	}{
		{"event.action", "event.action", true},
		{"event.action", "event", false},
		{"event.action", "event.*", true},
		{"event.", "event.*", true},
		{"event.action", "*.action", true},
		{"event.action", "e*t*n", true},
		{"event.action", "*", true},
		{"aba", "ab*ba", false}, // the first and the last part do not overlap
		{"a1b2c", "a*2*1*c", false},
	} {
		if got := HasParts(test.name, strings.Split(test.pattern, "*")); got != test.want {
			t.Errorf("%s fits %s: %v, want %v", test.name, test.pattern, got, test.want)
		}
	}
}
