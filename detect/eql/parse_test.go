package eql

import (
	"errors"
	"strings"
	"testing"
)

func TestParseKeepsTheQuery(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"any where true", "any where true"},
		{"process\twhere\n  a==1 // end", "process where a == 1"},
		{`"my category" where a`, `"my category" where a`},
		{`"process" where a`, `process where a`},
		{`"where" where a`, `"where" where a`},
		{`any where (((a == 1)))`, `any where a == 1`},
		{`any where (a and b) and c`, `any where (a and b) and c`},
		{`any where a and b and c or d`, `any where a and b and c or d`},
		{`any where a and (b or c)`, `any where a and (b or c)`},
		{`any where not(a or b)`, `any where not (a or b)`},
		{`any where (not a) == true`, `any where (not a) == true`},
		{`any where a - (b - c) == -(1 + 2) * 3`, `any where a - (b - c) == -(1 + 2) * 3`},
		{`any where (a - b) - c == - -1`, `any where a - b - c == --1`},
		{`any where +a == +1`, `any where a == 1`},
		{`any where a in(1,2)and b not in~("x")`, `any where a in (1, 2) and b not in~ ("x")`},
		{`any where (a + 1) in (2)`, `any where (a + 1) in (2)`},
		{`any where a:"x" and b like~("y","z") and c regex "w"`, `any where a : "x" and b like~ ("y", "z") and c regex "w"`},
		{`any where endsWith~ (a, "x")`, `any where endsWith~(a, "x")`},
		{"any where `a`.`b-c` == ?d.`and`", "any where a.`b-c` == ?d.`and`"},
		{"any where `a..b` == 1", "any where `a..b` == 1"},
		{"any where a == 5.0 and a == 1E3 and a == 1e300 and a == 9223372036854775808", "any where a == 5.0 and a == 1000.0 and a == 1e+300 and a == 9.223372036854776e+18"},
		{`any where a == "\u{0}"`, ""},
		{`any where a == "\u{00}\"\\ä"`, `any where a == "\u{00}\"\\ä"`},
		{`any where a == """\d"""`, `any where a == "\\d"`},
		{`any where a == "\b\t\n\f\r\'\u{200F}"`, `any where a == "\b\t\n\f\r'\u{200f}"`},
	} {
		if c.want == "" {
			rejection(t, c.query)
			continue
		}
		q, err := Parse(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := q.String(); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
		}
		if q.Source() != c.query {
			t.Errorf("Source() = %s, want %s", q.Source(), c.query)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, query, want string }{
		{"a sequence", "sequence by a [any where true]", "line 1, column 1: a sequence is about several events: only queries about single events (category where condition) are supported"},
		{"a sample", "sample by a [any where true]", "line 1, column 1: a sample is about several events: only queries about single events (category where condition) are supported"},
		{"a join", "join [any where true]", "line 1, column 1: a join is about several events: only queries about single events (category where condition) are supported"},
		{"a pipe", "any where true | head 5", "line 1, column 16: pipes are not supported, found | head: a query about single events ends with its condition"},
		{"until", "any where true until [any where true]", "line 1, column 16: until belongs to sequences: only queries about single events are supported"},
		{"with maxspan", "any where true with maxspan=1h", "line 1, column 16: with belongs to sequences: only queries about single events are supported"},
		{"a process relationship", "any where descendant of [process where true]", "line 1, column 11: process relationships (descendant of) are not supported"},
		{"an array index", "any where a[0] == 1", "line 1, column 12: array indexes are not supported: a condition on a field with several values holds if it holds for one of them"},
		{"nothing", "", "line 1, column 1: expected an event category or any, found the end of the query"},
		{"no where", "process", "line 1, column 8: expected where, found the end of the query"},
		{"no condition", "any where", "line 1, column 10: expected a value or a field, found the end of the query"},
		{"a category in backquotes", "`a` where true", "line 1, column 1: an event category is enclosed in double quotes, not in backquotes"},
		{"a category that is a keyword", "like where true", "line 1, column 1: expected an event category or any, found the keyword like"},
		{"single quotes", "any where a == 'x'", `line 1, column 16: strings are enclosed in double quotes ("…"), not in single quotes`},
		{"an old raw string", `any where a == ?"x"`, `line 1, column 16: raw strings are enclosed in three double quotes ("""…"""), not in ?"…" or ?'…'`},
		{"one equals sign", "any where a = 1", "line 1, column 13: = is not a comparison: use == (exact) or : (any case, wildcards)"},
		{"a chain of comparisons", "any where 1 < a < 2", "line 1, column 17: comparisons cannot be chained: connect them with and"},
		{"a chain in parentheses", "any where (1 < a < 2)", "line 1, column 18: comparisons cannot be chained: connect them with and"},
		{"an exclamation mark", "any where a ! b", "line 1, column 13: ! is not an operator: use not or !="},
		{"no operator", "any where a b", "line 1, column 13: expected and, or or the end of the query, found b"},
		{"no second operand", "any where a == 1 and", "line 1, column 21: expected a value or a field, found the end of the query"},
		{"an open parenthesis", "any where (a == 1", "line 1, column 18: expected ), found the end of the query"},
		{"a closed parenthesis", "any where a == 1)", "line 1, column 17: expected and, or or the end of the query, found )"},
		{"an open list", "any where a in (1, 2", "line 1, column 21: expected a comma or ), found the end of the query"},
		{"an empty list", "any where a in ()", "line 1, column 17: expected a value or a field, found )"},
		{"a pattern that is a field", "any where a : b", "line 1, column 15: expected a string, found b"},
		{"not before another operator", `any where a not like "x"`, "line 1, column 17: expected in or in~ after not, found the keyword like"},
		{"a keyword for a field", "any where a.by == 1", "line 1, column 13: by is a keyword: as part of a field's name it is written `by`"},
		{"a keyword for a value", "any where maxspan == 1", "line 1, column 11: expected a value or a field, found the keyword maxspan: a field of that name is written `maxspan`"},
		{"a digit in a name", "any where a.1b == 1", "line 1, column 12: a part of a field's name that starts with a digit is written in backquotes"},
		{"an unknown escape", `any where a == "\d"`, `line 1, column 17: unknown escape \d: the escapes are \\ \" \n \r \t \b \f \u{XXXX}, and """…""" has none`},
		{"a short unicode escape", `any where a == "\u{1}"`, `line 1, column 17: a unicode escape has 2 to 8 hexadecimal digits, found 1`},
		{"a surrogate", `any where a == "\u{d800}"`, `line 1, column 17: \u{d800} is not a unicode character`},
		{"a unicode escape without braces", `any where a == "\u00e4"`, `line 1, column 17: a unicode escape is written \u{XXXX}`},
		{"a string without an end", "any where a == \"x\n\"", `line 1, column 16: this string has no end: expected " before the end of the line`},
		{"a raw string without an end", `any where a == """x"`, `line 1, column 16: this raw string has no end: expected """`},
		{"a raw string of two lines", "any where a == \"\"\"x\ny\"\"\"", `line 1, column 16: a string cannot run over the end of a line`},
		{"a comment without an end", "any where /* a", "line 1, column 11: this comment has no end: expected */"},
		{"a backquote without an end", "any where `a", "line 1, column 11: this backquoted name has no end: expected `"},
		{"an empty name", "any where `` == 1", "line 1, column 11: a field's name cannot be empty"},
		{"a strange character", "any where a == §", "line 1, column 16: unexpected character '§'"},
		{"a huge number", "any where a == 1e999", "line 1, column 16: the number 1e999 is too large"},
		{"invalid UTF-8", "any where a == \"\xff\"", "line 1, column 17: the query is not valid UTF-8"},
		{"the place is counted in characters", "any where ä", "line 1, column 11: unexpected character 'ä'"},
		{"the place has a line", "any where\n  \"ä\" == )", "line 2, column 10: expected a value or a field, found )"},
		{"a truncated character", "any where a == \"\xef\"", "line 1, column 17: the query is not valid UTF-8"},
		{"a string where none can be", `any where a "` + strings.Repeat("ä", 30) + `"`, `line 1, column 13: expected and, or or the end of the query, found the string "` + strings.Repeat("ä", 20) + `…"`},
		{"a number where none can be", "any where a 5", "line 1, column 13: expected and, or or the end of the query, found the number 5"},
		{"a lookup of a lookup", "any where a in (1) in (true)", "line 1, column 20: in needs a single value on its left: put parentheses around it"},
		{"a pipe without a name", "any where true |", "line 1, column 16: pipes are not supported: a query about single events ends with its condition"},
		{"a dot at the end", "any where a. == 1", "line 1, column 14: expected a part of a field's name, found =="},
		{"a backslash at the end", `any where a == "\`, "line 1, column 17: the query ends in the middle of an escape sequence"},
		{"a string at the end", `any where a == "x`, `line 1, column 16: this string has no end: expected "`},
		{"many parentheses", "any where " + strings.Repeat("(", 501), "line 1, column 512: the query nests deeper than the 500 levels allowed"},
		{"many nots", "any where " + strings.Repeat("not ", 501) + "a", "line 1, column 2011: the query nests deeper than the 500 levels allowed"},
		{"many signs", "any where " + strings.Repeat("-", 501) + "1 == 1", "line 1, column 511: the query nests deeper than the 500 levels allowed"},
		{"a long sum", "any where 1" + strings.Repeat("+1", 501) + " == 1", "line 1, column 1012: the query nests deeper than the 500 levels allowed"},
		{"a long query", strings.Repeat(" ", 1<<17+1), "line 1, column 1: the query has 131073 bytes, more than the 131072 allowed"},

		{"an unknown function", "any where f(a)", "line 1, column 11: there is no function f"},
		{"a function of another dialect", `any where wildcard(a, "x")`, "line 1, column 11: there is no function wildcard: use like or : with a list of patterns"},
		{"too few arguments", "any where length() == 1", "line 1, column 11: length takes 1 argument, found 0"},
		{"too many arguments", "any where substring(a, 1, 2, 3) == a", "line 1, column 11: substring takes 2 or 3 arguments, found 4"},
		{"too few arguments for many", `any where cidrMatch(a)`, "line 1, column 11: cidrMatch takes at least 2 arguments, found 1"},
		{"an argument of the wrong type", "any where length(5) == 1", "line 1, column 18: argument 1 of length has to be text, found a number"},
		{"a calculated argument of the wrong type", `any where stringContains(a, 1 + 1)`, "line 1, column 29: argument 2 of stringContains has to be text, found a number"},
		{"a tilde that is not there", "any where length~(a) == 1", "line 1, column 11: length has no form that ignores case (length~)"},
		{"a tilde on a field", "any where a~ == 1", "line 1, column 14: expected ( after a~, found =="},
		{"a field in a block", "any where cidrMatch(a, b)", "line 1, column 24: cidrMatch takes constant blocks"},
		{"a block that is out of range", `any where cidrMatch(a, "10.0.0.0/33")`, `line 1, column 24: "10.0.0.0/33" is not a CIDR block, as 10.0.0.0/8 is`},
		{"a colon with a number", "any where a : 5", "line 1, column 15: : compares text, found a number: use =="},
		{"a colon with null", "any where a : null", "line 1, column 15: : compares text, found null: a missing field is == null"},
		{"a pattern for a number", `any where length(a) like "5"`, "line 1, column 26: like cannot compare a number with text"},
		{"in~ with a number", `any where a in~ (5)`, `line 1, column 18: in~ compares text, found a number`},
		{"a field compared with a field", "any where a == b", "line 1, column 11: == compares a field with a field: one side has to be a constant, as in Elasticsearch"},
		{"a field in a list", "any where a in (b)", "line 1, column 17: in takes constants: an element of its list cannot depend on a field"},
		{"types that never agree", `any where length(a) == "5"`, "line 1, column 11: == cannot compare a number with text"},
		{"an order of booleans", `any where a < true`, "line 1, column 11: < compares numbers or text, not booleans"},
		{"text in arithmetic", `any where a + "x" == 1`, "line 1, column 15: + calculates with numbers, found text"},
		{"text for a condition", `any where "x"`, "line 1, column 11: expected a condition, found text"},
		{"a number for a condition", `any where a and 1 + a`, "line 1, column 17: expected a condition, found a number"},
		{"a function for a condition", `any where length(a)`, "line 1, column 11: expected a condition, found a number, which is what length returns"},
		{"a lookup inside arithmetic", `any where a + b in (1, 2) == 1`, "line 1, column 15: + calculates with numbers, found a boolean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := rejection(t, c.query); err.Error() != c.want {
				t.Errorf("%s\n got %v\nwant %s", shorten(c.query), err, c.want)
			}
		})
	}
}

func TestErrorsHaveTypesAndShowTheirPlace(t *testing.T) {
	_, err := Parse("any where a == 1\r\n\tand \"ä\" = 2")
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %T", err)
	}
	if got, want := syntax.Caret(), "\tand \"ä\" = 2\n\t        ^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if syntax.Offset != 28 || syntax.Line != 2 || syntax.Column != 10 {
		t.Errorf("got offset %d, line %d, column %d", syntax.Offset, syntax.Line, syntax.Column)
	}
	q, err := Parse("any where\nnope(a)\nor true")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(q)
	var compile *CompileError
	if !errors.As(err, &compile) {
		t.Fatalf("got %T", err)
	}
	if got, want := compile.Caret(), "nope(a)\n^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLimitsLeaveRoomForLongRules(t *testing.T) {
	query := "any where a in (0" + strings.Repeat(`, "some text in a list"`, 4000) + ") or b == 1" + strings.Repeat(" or b == 1", 2000)
	p := compile(t, query)
	if !p.Match(event{"a": 0}.on(p)) {
		t.Error("a long query did not match")
	}
}
