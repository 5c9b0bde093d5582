package program

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestWhatARegularExpressionNeeds(t *testing.T) {
	for _, c := range []struct{ name, re, want string }{
		{"its text", `lambda.*`, "[[lambda]] false"},
		{"each of several texts", `ab.*lambda.*abc`, "[[ab] [lambda] [abc]] false"},
		{"a text and one of its alternatives", `(?i)arn:[^/]+/.*?(how|read).*`, "[[arn:] [how read]] true"},
		{"one of its alternatives", `.*(how|decrypt|restor|read).*`, "[[how decrypt restor read]] false"},
		{"in any case", `(?i).*(How|READ).*`, "[[how read]] true"},
		{"alternatives with what is before and after them", `.*x(ab|cd)y.*`, "[[xaby xcdy]] false"},
		{"a class as alternatives", `.*ab[cd]e.*`, "[[abce abde]] false"},
		{"what is there once at least", `(abc)+`, "[[abc]] false"},
		{"what is repeated a number of times", `.*(ab){2}.*`, "[[abab]] false"},
		{"alternatives with texts and more", `(abc.*|.*def)x?`, "[[abc def]] false"},
		{"a text where alternatives are short", `lambda.*(a|bc)`, "[[lambda]] false"},
		{"what begins the text", `\Aabc\z`, "[[abc]] false"},
		{"nothing where an alternative is short", `.*(how|x).*`, "[] false"},
		{"nothing where an alternative is anything", `(abc|.*)`, "[] false"},
		{"nothing where it may be left out", `(abc)?(def)*`, "[] false"},
		{"nothing of a large class", `.*[a-zA-Z0-9].*`, "[] false"},
		{"nothing of letters beyond ASCII whose case does not count", `(?i)été`, "[] false"},
	} {
		n := needsOf(regexp.MustCompile(c.re))
		if got := fmt.Sprintf("%s %t", n.lists, n.fold); got != c.want {
			t.Errorf("%s: %s needs %s, want %s", c.name, c.re, got, c.want)
		}
	}
}

func TestWhatARegularExpressionNeedsIsInWhatItMatches(t *testing.T) {
	pieces := []string{"ab", "cde", "k", "S", "x", ".*", "(ab|cd)", "(?:k|st|)", "[ab]", "[^a]", "(?i:ks)", "(?i:abS)", "é", "(?i:é)", "(?i:[k])", "+", "?", "{2}", "|", "(", ")", `\b`, "(?i)"}
	texts := []string{"ab", "cd", "CDE", "k", "K", "\u212a", "s", "ſ", "S", "x", "é", "É", "a", "b", "st"}
	r := rand.New(rand.NewPCG(1, 2))
	tried, matched, refused := 0, 0, 0
	for tried < 20_000 {
		var source strings.Builder
		for range 1 + r.IntN(7) {
			source.WriteString(pieces[r.IntN(len(pieces))])
		}
		re, err := regexp.Compile(source.String())
		if err != nil {
			continue
		}
		tried++
		needs := needsOf(re)
		for range 20 {
			var text strings.Builder
			for range r.IntN(6) {
				text.WriteString(texts[r.IntN(len(texts))])
			}
			allowed := needs.allow([]byte(text.String()))
			switch isMatch := re.MatchString(text.String()); {
			case isMatch && !allowed:
				t.Fatalf("%q matches %q, which has none of %s", source.String(), text.String(), needs.lists)
			case isMatch:
				matched++
			case !allowed:
				refused++
			}
		}
	}
	if matched == 0 || refused == 0 {
		t.Errorf("%d texts match and %d have not what is needed: nothing was tried", matched, refused)
	}
}

func TestALongValueIsMatchedWithoutRegardToCase(t *testing.T) {
	check := newRegexTest(regexp.MustCompile(`(?i).*(how|read).*`)).check
	for _, c := range []struct {
		name, value string
		want        Verdict
	}{
		{"short", "x HOW y", True},
		{"short, without it", "x HO y", False},
		{"long", strings.Repeat("x", 10_000) + "HOW", True},
		{"long, without it", strings.Repeat("x", 10_000), False},
	} {
		if got := check(Text([]byte(c.value))); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
