package eql

import "testing"

func TestRegexOperators(t *testing.T) {
	runMatches(t, []matchCase{
		{"regex heeds case", `any where a regex "value[^Z].?"`, event{"a": "Value1x"}, false},
		{"regex~ ignores case", `any where a regex~ "value[^z].?"`, event{"a": "VALUE1x"}, true},
		{"regex~ ignores case in classes", `any where a regex~ "[a-c]+"`, event{"a": "ABC"}, true},
		{"one pattern of a list is enough", `any where a regex ("x", "[yz]")`, event{"a": "z"}, true},
		{"an alternative of one pattern is not one of the list", `any where a regex ("x|y", "z")`, event{"a": "xz"}, false},
		{"a number matches no pattern", `any where a regex ".*"`, event{"a": 5}, false},
		{"regex takes raw strings", `any where a regex """a\.b"""`, event{"a": "a.b"}, true},
	})
}

func TestARegexThatCannotBeTranslatedIsRefusedAtItsPlace(t *testing.T) {
	const query = `any where a regex ("b", "c(")`
	const want = "line 1, column 25: the regular expression has a ( without a )"
	if err := rejection(t, query); err.Error() != want {
		t.Errorf("%s: got %v, want %s", query, err, want)
	}
}
