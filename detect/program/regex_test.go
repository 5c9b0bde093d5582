package program

import (
	"strings"
	"testing"
)

func TestRegex(t *testing.T) {
	for _, c := range []struct {
		name    string
		pattern string
		value   string
		want    bool
	}{
		{"a pattern covers the whole value", `ab`, "xabx", false},
		{"a pattern covers the whole value from the start", `b.*`, "abc", false},
		{"an alternative covers the whole value too", `a|b`, "ab", false},
		{"a dot is any character", `a.c`, "a€c", true},
		{"a dot is also a newline", `a.c`, "a\nc", true},
		{"a caret is an ordinary character", `^a`, "a", false},
		{"a caret is literal", `^a`, "^a", true},
		{"a dollar sign is literal", `a$`, "a$", true},
		{"a lazy quantifier is a quantifier of a quantifier", `.*?net`, "xxnet", true},
		{"a question mark after a plus makes it optional", `xa+?`, "x", true},
		{"a quantifier may follow another", `xa**`, "xaa", true},
		{"an operator with nothing before it is ordinary", `*a`, "*a", true},
		{"an operator at the start of a group is ordinary", `a(+b|?c)`, "a?c", true},
		{"a brace at the start is ordinary", `{a`, "{a", true},
		{"a count is exact", `a{3}`, "aaa", true},
		{"a count has a lower end", `a{2,}`, "a", false},
		{"a count has an upper end", `a{1,2}`, "aaa", false},
		{"an empty group is empty", `a()b`, "ab", true},
		{"an empty alternative is empty", `a(|x)b`, "ab", true},
		{"the empty pattern matches the empty text", ``, "", true},
		{"a class has ranges", `[a-cx]+`, "abcx", true},
		{"a class may be negated", `[^/]+`, "a/b", false},
		{"a negated class covers a newline", `[^/]+`, "a\nb", true},
		{"a bracket in a class is ordinary", `[[:alpha:]]+`, ":]]", true},
		{"a bracket at the start of a class is ordinary", `[]a]+`, "]a", true},
		{"a class may have escapes", `[\]\-\\]+`, `]-\`, true},
		{"digits have a class", `\d+`, "123", true},
		{"no digits do too", `\D+`, "a1", false},
		{"word characters have a class", `\w+`, "aZ_9", true},
		{"others have one too", `\W`, "_", false},
		{"and the backquote is among them", "\\W+", "`{[@", true},
		{"white space has a class", `a\sb`, "a\tb", true},
		{"a form feed is not white space", `a\sb`, "a\fb", false},
		{"no white space has a class", `\S+`, "a b", false},
		{"a class may be in a class", `[\d_]+`, "1_2", true},
		{"a negated class may be in a class", `[^\D]+`, "12", true},
		{"an escape makes an operator ordinary", `a\.b\*`, "a.b*", true},
		{"an escaped letter is itself", `\n`, "n", true},
		{"quotes make text ordinary", `"a.*b"c`, "a.*bc", true},
		{"an at sign is any text", `a@c`, "axx\nc", true},
		{"an escaped at sign is itself", `a\@c`, "a@c", true},
		{"a hash is not text", `a#|b`, "b", true},
		{"a hash matches nothing", `a#?`, "a", true},
		{"a closing bracket alone is ordinary", `a]}`, "a]}", true},
		{"case counts", `ABC`, "abc", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			re, _, err := CompileLucene([]string{c.pattern}, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := re.MatchString(c.value); got != c.want {
				t.Errorf("%s on %q: got %v, want %v (in Go: %s)", c.pattern, c.value, got, c.want, re)
			}
		})
	}
}

func TestRegexThatCannotBeTranslatedIsRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`a&b`:                         `the regular expression operator & (intersection) is not supported: an ordinary & is written \&`,
		`a~b`:                         `the regular expression operator ~ (complement) is not supported: an ordinary ~ is written \~`,
		`a<1-9>`:                      `the regular expression operator < (numeric range) is not supported: an ordinary < is written \<`,
		`a)`:                          `the regular expression has a ) without a (`,
		`(a`:                          `the regular expression has a ( without a )`,
		`[a`:                          `the regular expression has a [ without a ]`,
		`[`:                           `the regular expression ends in the middle of an escape or a class`,
		`[b-a]`:                       `the regular expression has a range in the wrong order: b-a`,
		`a{2`:                         `the regular expression has a malformed repetition {2`,
		`a{,2}`:                       `the regular expression has a malformed repetition {,2`,
		`a"b`:                         `the regular expression has a " without another: an ordinary quote is written \"`,
		`a\`:                          `the regular expression ends in the middle of an escape or a class`,
		`a{1001}`:                     `the regular expression is too large or repeats too often for Go's regexp package`,
		`((a{999}){99}){9}`:           `the regular expression is too large or repeats too often for Go's regexp package`,
		`a` + strings.Repeat("+", 21): `the regular expression has more than 20 repetition operators in a row`,
		strings.Repeat("(", 501) + strings.Repeat(")", 501): `the regular expression nests deeper than the 500 levels allowed`,
	} {
		if _, _, err := CompileLucene([]string{pattern}, false); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}
