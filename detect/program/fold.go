package program

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Ignoring case, two characters are the same if both are ASCII and differ in case only, or if both
// are not ASCII and Unicode's simple folding says so. The two worlds do not mix: the Kelvin sign is
// no k. Elasticsearch keeps them apart as well, and a search for bytes can rely on it.

// lower maps ASCII letters to lower case and every other byte to itself.
func lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldRune picks one character to represent all that are the same ignoring case.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lower(byte(r)))
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f >= utf8.RuneSelf && f < least {
			least = f
		}
	}
	return least
}

// foldText makes the form that foldPrefix and foldIndex want on their right side. It is for
// literals: it allocates. Bytes that are not UTF-8 stay as they are.
func foldText(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if r == utf8.RuneError && n == 1 {
			out = append(out, s[0])
		} else {
			out = utf8.AppendRune(out, foldRune(r))
		}
		s = s[n:]
	}
	return out
}

// foldPrefix says how many bytes of s are the folded text, ignoring case, or -1 if s does not start
// with it. The number differs from len(folded) where upper and lower case differ in length.
func foldPrefix(s, folded []byte) int {
	i := 0
	for j := 0; j < len(folded); {
		if i == len(s) {
			return -1
		}
		if c := folded[j]; c < utf8.RuneSelf || s[i] < utf8.RuneSelf {
			if lower(s[i]) != c {
				return -1
			}
			i, j = i+1, j+1
			continue
		}
		want, m := utf8.DecodeRune(folded[j:])
		got, n := utf8.DecodeRune(s[i:])
		if (n == 1) != (m == 1) || n == 1 && s[i] != folded[j] || n > 1 && foldRune(got) != want {
			return -1
		}
		i, j = i+n, j+m
	}
	return i
}

// foldEqual says whether s is the folded text, ignoring case.
func foldEqual(s, folded []byte) bool { return foldPrefix(s, folded) == len(s) }

// foldIndex finds the folded text in s, ignoring case. It returns where it starts and ends there,
// or -1 and -1.
func foldIndex(s, folded []byte) (start, end int) {
	if len(folded) == 0 {
		return 0, 0
	}
	c := folded[0]
	if c >= utf8.RuneSelf {
		for i := range s {
			if s[i] < utf8.RuneSelf {
				continue
			}
			if n := foldPrefix(s[i:], folded); n >= 0 {
				return i, i + n
			}
		}
		return -1, -1
	}
	upper := c
	if c-'a' < 26 {
		upper = c &^ 0x20
	}
	// Two searches, one for each case, take turns. What each has found is kept, so that the rarer
	// of the two is not searched for again and again.
	nextLower, nextUpper := 0, 0
	for i := 0; ; i++ {
		if nextLower >= 0 && nextLower <= i {
			nextLower = indexByteFrom(s, c, i)
		}
		if upper == c {
			nextUpper = -1
		} else if nextUpper >= 0 && nextUpper <= i {
			nextUpper = indexByteFrom(s, upper, i)
		}
		switch {
		case nextLower < 0 && nextUpper < 0:
			return -1, -1
		case nextUpper < 0 || nextLower >= 0 && nextLower < nextUpper:
			i = nextLower
		default:
			i = nextUpper
		}
		if n := foldPrefix(s[i:], folded); n >= 0 {
			return i, i + n
		}
	}
}

func indexByteFrom(s []byte, c byte, from int) int {
	if from >= len(s) {
		return -1
	}
	i := bytes.IndexByte(s[from:], c)
	if i < 0 {
		return -1
	}
	return from + i
}
