package eql

import (
	"github.com/trailwire/trailwire/detect/program"
	"testing"
)

type matchCase struct {
	name  string
	query string
	event event
	want  bool
}

func runMatches(t *testing.T, cases []matchCase, opts ...Option) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, c.query, opts...)
			d := c.event.on(p)
			if got := p.Match(d); got != c.want {
				t.Errorf("%s on %v: got %v, want %v\n%s", c.query, c.event, got, c.want, p.Explain(d))
			}
			if got := p.Explain(d).Verdict == program.True; got != c.want {
				t.Errorf("Explain(%s) on %v: got %v, want %v", c.query, c.event, got, c.want)
			}
		})
	}
}

func TestCategory(t *testing.T) {
	runMatches(t, []matchCase{
		{"any takes every category", `any where true`, event{"event.category": "iam"}, true},
		{"any takes an event without a category", `any where true`, event{}, true},
		{"a category takes its own events", `iam where true`, event{"event.category": "iam"}, true},
		{"a category leaves others out", `iam where true`, event{"event.category": "file"}, false},
		{"a category is compared with case", `iam where true`, event{"event.category": "IAM"}, false},
		{"a category is one of several values", `iam where true`, event{"event.category": []any{"web", "iam"}}, true},
		{"an event without a category has none", `iam where true`, event{}, false},
		{"a category may be quoted", `"my-category" where true`, event{"event.category": "my-category"}, true},
		{"a category may be quoted three times", `"""6 c""" where true`, event{"event.category": "6 c"}, true},
		{"a quoted category has no wildcards", `"i*" where true`, event{"event.category": "iam"}, false},
		{"where false matches nothing", `any where false`, event{}, false},
	})
	runMatches(t, []matchCase{
		{"the category's field can be another", `iam where true`, event{"kind": "iam"}, true},
	}, CategoryField("kind"))
}

func TestEquality(t *testing.T) {
	runMatches(t, []matchCase{
		{"== compares exactly", `any where a == "Lambda"`, event{"a": "Lambda"}, true},
		{"== heeds case", `any where a == "Lambda"`, event{"a": "lambda"}, false},
		{"== knows no wildcards", `any where a == "Lam*"`, event{"a": "Lambda"}, false},
		{"== takes a star literally", `any where a == "Lam*"`, event{"a": "Lam*"}, true},
		{"the constant may be on the left", `any where "x" == a`, event{"a": "x"}, true},
		{"!= is the opposite of ==", `any where a != "x"`, event{"a": "y"}, true},
		{"!= heeds case", `any where a != "x"`, event{"a": "X"}, true},
		{"!= does not hold for the value itself", `any where a != "x"`, event{"a": "x"}, false},
		{"a number equals a number", `any where a == 5`, event{"a": 5}, true},
		{"an integer equals a float of the same value", `any where a == 5`, event{"a": 5.0}, true},
		{"a float equals an integer of the same value", `any where a == 5.0`, event{"a": 5}, true},
		{"large integers keep their last digit", `any where a == 9007199254740993`, event{"a": 9007199254740992}, false},
		{"an integer is not a float beside it", `any where a == 9007199254740993`, event{"a": 9007199254740992.0}, false},
		{"a scientific number is a number", `any where a == 1.5e3`, event{"a": 1500}, true},
		{"a number may start with its point", `any where a == .5`, event{"a": 0.5}, true},
		{"a negative number is a number", `any where a == -5`, event{"a": -5}, true},
		{"text never equals a number", `any where a == 5`, event{"a": "5"}, false},
		{"a number never equals text", `any where a == "5"`, event{"a": 5}, false},
		{"text is not equal to a number, so != holds", `any where a != 5`, event{"a": "5"}, true},
		{"a boolean equals a boolean", `any where a == true`, event{"a": true}, true},
		{"false is not true", `any where a == true`, event{"a": false}, false},
		{"text never equals a boolean", `any where a == true`, event{"a": "true"}, false},
		{"a boolean field is a condition", `any where a`, event{"a": true}, true},
		{"a boolean field that is false is not", `any where a`, event{"a": false}, false},
		{"a text field is not a condition that holds", `any where a`, event{"a": "true"}, false},
		{"a condition may be compared with true", `any where (a == 1) == true`, event{"a": 1}, true},
		{"a condition may be compared with false", `any where (a == 1) == false`, event{"a": 2}, true},
		{"a condition may differ from true", `any where (a == 1) != true`, event{"a": 2}, true},
		{"a constant comparison is decided", `any where 1 == 1.0 and "a" != "b"`, event{}, true},
	})
}

func TestOrder(t *testing.T) {
	runMatches(t, []matchCase{
		{"< compares numbers", `any where a < 4`, event{"a": 3}, true},
		{"< leaves the number itself out", `any where a < 4`, event{"a": 4}, false},
		{"<= takes the number itself", `any where a <= 4`, event{"a": 4}, true},
		{"> compares numbers", `any where a > 4`, event{"a": 4.5}, true},
		{">= takes the number itself", `any where a >= 4`, event{"a": 4}, true},
		{"a constant on the left turns the operator", `any where 0 < a`, event{"a": 1}, true},
		{"a negative constant on the left does too", `any where -1 < a`, event{"a": 0}, true},
		{"an integer is below the float that rounds to it", `any where a < 9007199254740992.0`, event{"a": 9007199254740991}, true},
		{"no integer reaches 2 to the 63", `any where a < 9223372036854775808`, event{"a": int64(9223372036854775807)}, true},
		{"text is in the order of its bytes", `any where a >= "System" and a < "Systez"`, event{"a": "System Idle Process"}, true},
		{"upper case is before lower case", `any where a < "a"`, event{"a": "Z"}, true},
		{"text is never below a number", `any where a < 5`, event{"a": "1"}, false},
		{"text is never above a number either", `any where a > 5`, event{"a": "9"}, false},
		{"a number is never above text", `any where a > "0"`, event{"a": 9}, false},
		{"a boolean has no order", `any where a > 0`, event{"a": true}, false},
	})
}

func TestColon(t *testing.T) {
	runMatches(t, []matchCase{
		{"a colon ignores case", `any where a : "addpermission"`, event{"a": "AddPermission"}, true},
		{"a star is any text", `any where a : "AddPermission*"`, event{"a": "AddPermission20150331v2"}, true},
		{"a star is also no text", `any where a : "AddPermission*"`, event{"a": "AddPermission"}, true},
		{"a pattern covers the whole value", `any where a : "AddPermission*"`, event{"a": "AddLayerVersionPermission20181031"}, false},
		{"a question mark is one character", `any where a : "do?"`, event{"a": "DOC"}, true},
		{"a question mark is one character of several bytes", `any where a : "do?"`, event{"a": "do€"}, true},
		{"a question mark is not nothing", `any where a : "doc?"`, event{"a": "doc"}, false},
		{"a star covers a newline", `any where a : "a*b"`, event{"a": "a\n\nb"}, true},
		{"a backslash in a pattern is a backslash", `any where a : "*\\red\\*"`, event{"a": `C:\RED\x`}, true},
		{"a backslash does not escape a star", `any where a : "a\\*"`, event{"a": "a*"}, false},
		{"one pattern of a list is enough", `any where a : ("x", "do*")`, event{"a": "Docs"}, true},
		{"a list without a match does not hold", `any where a : ("x", "y")`, event{"a": "z"}, false},
		{"a colon is about text", `any where a : "5"`, event{"a": 5}, false},
		{"like heeds case", `any where a like "DOC*"`, event{"a": "DOCs"}, true},
		{"like with the wrong case does not hold", `any where a like "DOC*"`, event{"a": "docs"}, false},
		{"like takes a list", `any where a like ("x", "D?C")`, event{"a": "DOC"}, true},
		{"like~ ignores case", `any where a like~ "DOC*"`, event{"a": "docs"}, true},
		{"upper case beyond ASCII is ignored too", `any where a : "straße ÄÖ*"`, event{"a": "STRAẞE äöü"}, true},
		{"like heeds case beyond ASCII", `any where a like "Ä"`, event{"a": "ä"}, false},
		{"the Kelvin sign is not a k", `any where a : "key"`, event{"a": "\u212Aey"}, false},
		{"the long s is not an s", `any where a : "sts"`, event{"a": "ſtſ"}, false},
		{"a percent sign and an underscore are ordinary", `any where a like "%_"`, event{"a": "ab"}, false},
		{"invalid UTF-8 is compared byte by byte", `any where a : "*b"`, event{"a": "\xff\xfeB"}, true},
		{"a question mark takes an invalid byte", `any where a : "a?b"`, event{"a": "a\xffb"}, true},
	})
}

func TestIn(t *testing.T) {
	runMatches(t, []matchCase{
		{"in finds a text", `any where a in ("x", "y")`, event{"a": "y"}, true},
		{"in heeds case", `any where a in ("x", "y")`, event{"a": "Y"}, false},
		{"in knows no wildcards", `any where a in ("x*", "y")`, event{"a": "xx"}, false},
		{"in finds a number", `any where a in (0, 1, 2.5)`, event{"a": 2.5}, true},
		{"in may mix types", `any where a in ("1", 2, true)`, event{"a": true}, true},
		{"in does not mix types up", `any where a in ("1", 2, true)`, event{"a": 1}, false},
		{"in with a long list finds a text", `any where a in ("0","1","2","3","4","5","6","7","8","9")`, event{"a": "9"}, true},
		{"in with a long list misses a text", `any where a in ("0","1","2","3","4","5","6","7","8","9")`, event{"a": "10"}, false},
		{"in takes constant expressions", `any where a in (1 + 1, length("abc"))`, event{"a": 3}, true},
		{"a null in a list has no effect", `any where a in (null, "x")`, event{"a": "x"}, true},
		{"in~ ignores case", `any where a in~ ("X", "Y")`, event{"a": "y"}, true},
		{"in~ knows no wildcards", `any where a in~ ("x*")`, event{"a": "xx"}, false},
		{"in~ takes a star literally", `any where a in~ ("x*")`, event{"a": "X*"}, true},
		{"not in is the opposite of in", `any where a not in ("x", "y")`, event{"a": "z"}, true},
		{"not in does not hold for an element", `any where a not in ("x", "y")`, event{"a": "x"}, false},
		{"not in~ ignores case", `any where a not in~ ("x", "y")`, event{"a": "X"}, false},
	})
}

func TestPrecedence(t *testing.T) {
	runMatches(t, []matchCase{
		{"and binds tighter than or", `any where a == 1 or a == 2 and b == 1`, event{"a": 1, "b": 2}, true},
		{"parentheses change that", `any where (a == 1 or a == 2) and b == 1`, event{"a": 1, "b": 2}, false},
		{"not binds tighter than and", `any where not a == 1 and b == 1`, event{"a": 2, "b": 2}, false},
		{"not reaches over a comparison", `any where not a == 1`, event{"a": 2}, true},
		{"two nots are none", `any where not not a == 1`, event{"a": 1}, true},
		{"times binds tighter than plus", `any where a + 2 * 3 == 7`, event{"a": 1}, true},
		{"minus takes from the left", `any where a - 2 - 3 == 5`, event{"a": 10}, true},
		{"a sign binds tighter than times", `any where -a * 2 == -6`, event{"a": 3}, true},
		{"two signs are none", `any where - -a == 3`, event{"a": 3}, true},
		{"a plus sign changes nothing", `any where +a == 3`, event{"a": 3}, true},
		{"a comparison is looser than plus", `any where a + 1 > 5 - 2`, event{"a": 3}, true},
	})
}

func TestArithmetic(t *testing.T) {
	runMatches(t, []matchCase{
		{"integers divide to an integer", `any where 4 / a == 1`, event{"a": 3}, true},
		{"a float divides to a float", `any where 4.0 / a == 1`, event{"a": 3}, false},
		{"division rounds towards zero", `any where -7 / a == -3`, event{"a": 2}, true},
		{"a remainder has the sign of the dividend", `any where -10 % a == -4`, event{"a": -6}, true},
		{"a remainder of floats is a float", `any where 10 % a == 0`, event{"a": 0.5}, true},
		{"an integer divided by zero is null", `any where 1 / a == null`, event{"a": 0}, true},
		{"a remainder by zero is null", `any where 1 % a == null`, event{"a": 0}, true},
		{"a float divided by zero is infinite", `any where 1.0 / a > 1e300`, event{"a": 0}, true},
		{"zero by zero is not a number and has no order", `any where 0.0 / a >= 0 or 0.0 / a < 0`, event{"a": 0}, false},
		{"a sum that overflows is null", `any where a + 1 == null`, event{"a": int64(9223372036854775807)}, true},
		{"a product that overflows is null", `any where a * -1 == null`, event{"a": int64(-9223372036854775808)}, true},
		{"a negation that overflows is null", `any where -a == null`, event{"a": int64(-9223372036854775808)}, true},
		{"a quotient that overflows is null", `any where a / -1 == null`, event{"a": int64(-9223372036854775808)}, true},
		{"the remainder of the smallest integer by -1 is 0", `any where a % -1 == 0`, event{"a": int64(-9223372036854775808)}, true},
		{"text cannot be calculated with", `any where a + 1 == 6`, event{"a": "5"}, false},
		{"text calculates to null", `any where a + 1 == null`, event{"a": "5"}, true},
		{"arithmetic reaches two fields", `any where a + b == 3`, event{"a": 1, "b": 2}, true},
	})
}

func TestMissing(t *testing.T) {
	both := []matchCase{
		{"a missing field equals nothing", `any where a == "x"`, event{}, false},
		{"a missing field is below nothing", `any where a < 5`, event{}, false},
		{"a missing field matches no pattern", `any where a : "*"`, event{}, false},
		{"a missing field is in no list", `any where a in ("x")`, event{}, false},
		{"a missing field contains nothing", `any where stringContains(a, "x")`, event{}, false},
		{"a missing field is not a condition that holds", `any where a`, event{}, false},
		{"== null finds a missing field", `any where a == null`, event{}, true},
		{"null == finds it as well", `any where null == a`, event{}, true},
		{"== null leaves a present field out", `any where a == null`, event{"a": ""}, false},
		{"!= null finds a present field", `any where a != null`, event{"a": ""}, true},
		{"!= null leaves a missing field out", `any where a != null`, event{}, false},
		{"not == null finds a present field", `any where not a == null`, event{"a": false}, true},
		{"an optional field can be missing", `any where ?a == null`, event{}, true},
		{"an optional field can be there", `any where ?a.b == "x"`, event{"a.b": "x"}, true},
		{"null equals null", `any where null == null`, event{}, true},
		{"null does not differ from null", `any where null != null`, event{}, false},
		{"null is not below null", `any where null < null`, event{}, false},
		{"null itself does not hold", `any where null`, event{}, false},
		{"null and true does not hold", `any where a == 1 and true`, event{}, false},
		{"null or true holds", `any where a == 1 or true`, event{}, true},
		{"null and false is false, so its negation holds", `any where not (a == 1 and b == 1)`, event{"b": 2}, true},
		{"a null in the query stays null under not", `any where not null`, event{"a": 1}, false},
		{"a comparison with it does too", `any where not (null == 1 + null) and not (5 < null)`, event{"a": 1}, false},
		{"a function of null is null", `any where length(null) == null and length(a) == null`, event{}, true},
		{"a condition that is null is == null", `any where null == (a > -1)`, event{}, true},
		{"a condition that is not null is not", `any where null == (a > -1)`, event{"a": 0}, false},
		{"an empty list is a missing field", `any where a == null`, event{"a": []any{}}, true},
		{"a list of nulls is a missing field", `any where a == null`, event{"a": []any{nil, []any{}}}, true},
	}
	runMatches(t, both)
	runMatches(t, both, StrictNull())
	runMatches(t, []matchCase{
		{"not of a clause about a missing field holds, as in Elasticsearch", `any where not a == "true"`, event{}, true},
		{"so does !=", `any where a != "x"`, event{}, true},
		{"so does not in", `any where a not in ("x")`, event{}, true},
		{"so does not stringContains", `any where not stringContains(a, "x")`, event{}, true},
		{"but not of a function: that is a script, in which null stays null", `any where not length(a) > 3`, event{}, false},
		{"nor does != of a function", `any where length(a) != 3`, event{}, false},
		{"nor does not of a search for what another field holds", `any where not stringContains(a, b)`, event{"a": "x"}, false},
		{"nor does not of arithmetic", `any where (a + 1) not in (3, 4)`, event{"a": "text"}, false},
		{"not reaches a function through and", `any where not (length(a) > 3 and b == 1)`, event{"b": 1}, false},
		{"and leaves the other terms their own negation", `any where not (length(a) > 3 and b == 1)`, event{}, true},
		{"a function may be missing, which a script does not ask", `any where not length(a) == null`, event{"a": "x"}, true},
		{"so does not of a boolean field", `any where not a`, event{}, true},
		{"so does == false of a condition", `any where stringContains(a, "x") == false`, event{}, true},
		{"but not == false of a field", `any where a == false`, event{}, false},
		{"two nots of it do not hold", `any where not not a == "true"`, event{}, false},
		{"not of null and true holds", `any where not (a == 1 and b == 1)`, event{"b": 1}, true},
	})
	t.Run("strict", func(t *testing.T) {
		runMatches(t, []matchCase{
			{"not null is null", `any where not a == "true"`, event{}, false},
			{"null != is null", `any where a != "x"`, event{}, false},
			{"null not in is null", `any where a not in ("x")`, event{}, false},
			{"not stringContains of null is null", `any where not stringContains(a, "x")`, event{}, false},
			{"not of a boolean field that is missing is null", `any where not a`, event{}, false},
			{"not of null and true is null", `any where not (a == 1 and b == 1)`, event{"b": 1}, false},
			{"not of a present field holds", `any where not a == "true"`, event{"a": "false"}, true},
			{"a literal compared with another type is false and not null", `any where not a == 5`, event{"a": "5"}, true},
		}, StrictNull())
	})
}

func TestLists(t *testing.T) {
	list := event{"a": []any{"x", "y"}, "n": []any{1, 5}, "m": []any{10, 20}, "deep": []any{[]any{"p"}, nil, []any{[]any{"q"}}}}
	runMatches(t, []matchCase{
		{"one value that is equal is enough", `any where a == "y"`, list, true},
		{"none that is equal is not", `any where a == "z"`, list, false},
		{"!= holds if no value is equal", `any where a != "z"`, list, true},
		{"!= does not hold if one is", `any where a != "x"`, list, false},
		{"not == is the same as !=", `any where not a == "x"`, list, false},
		{"not in holds if no value is in the list", `any where a not in ("x", "z")`, list, false},
		{"each comparison picks its own value", `any where n < 2 and n > 4`, list, true},
		{"a pattern needs one value", `any where a : "Y*"`, list, true},
		{"a regular expression needs one value", `any where a regex "[y]"`, list, true},
		{"a function is applied to each value", `any where startsWith~(a, "Y")`, list, true},
		{"a calculation is done for each value", `any where n * 2 == 10`, list, true},
		{"!= of a calculation holds for one that differs", `any where n * 2 != 10`, list, true},
		{"and not of == does", `any where not n * 2 == 10`, list, true},
		{"and not of < holds for one that is not less", `any where not n * 2 < 10`, list, true},
		{"two nots of a calculation are none", `any where not not n * 2 == 10`, list, true},
		{"!= of a calculation does not hold where none differs", `any where n * 0 != 0`, list, false},
		{"two lists are combined", `any where n + m == 25`, list, true},
		{"a combination that is not there is not found", `any where n + m == 12`, list, false},
		{"lists in lists are flattened", `any where deep == "q"`, list, true},
		{"and for functions too", `any where length(deep) == 1 and concat(deep, "!") == "q!"`, list, true},
		{"a list is not null", `any where a == null`, list, false},
		{"a function of an empty list is null", `any where length(a) == null`, event{"a": []any{}}, true},
		{"a function that is null for one value is == null", `any where number(a) == null`, event{"a": []any{"1", "x"}}, true},
		{"a category among several", `any where a : ("z", "x")`, list, true},
	})
}

func TestFieldNames(t *testing.T) {
	runMatches(t, []matchCase{
		{"a name has dots", `any where aws.cloudtrail.user_identity.type == "Root"`, event{"aws.cloudtrail.user_identity.type": "Root"}, true},
		{"a name may start with an at sign", `any where @timestamp == "t"`, event{"@timestamp": "t"}, true},
		{"a name in backquotes may have a hyphen", "any where `my-field` == 1", event{"my-field": 1}, true},
		{"a part of a name may be in backquotes", "any where a.`my-field`.b == 1", event{"a.my-field.b": 1}, true},
		{"every part may be", "any where `a`.`b` == 1", event{"a.b": 1}, true},
		{"two backquotes are one", "any where `my``field` == 1", event{"my`field": 1}, true},
		{"a keyword in backquotes is a name", "any where `where`.`and` == 1", event{"where.and": 1}, true},
		{"white space may be around the dots", "any where a . b == 1", event{"a.b": 1}, true},
		{"comments may be anywhere", "any /* any */ where // condition\n a == /**/ 1 // end", event{"a": 1}, true},
	})
}

func TestStrings(t *testing.T) {
	runMatches(t, []matchCase{
		{"an escaped quote", `any where a == "\""`, event{"a": `"`}, true},
		{"an escaped backslash", `any where a == "\\"`, event{"a": `\`}, true},
		{"an escaped single quote, which Elastic's rules use", `any where a == "\'"`, event{"a": `'`}, true},
		{"escaped white space", `any where a == "\n\r\t\b\f"`, event{"a": "\n\r\t\b\f"}, true},
		{"a unicode escape", `any where a == "\u{200f}\u{0000200F}\u{1F600}"`, event{"a": "\u200f\u200f😀"}, true},
		{"text around an escape", `any where a == "x\ty\tz"`, event{"a": "x\ty\tz"}, true},
		{"a raw string has no escapes", `any where a == """C:\new\"x"\u{41}"""`, event{"a": `C:\new\"x"\u{41}`}, true},
		{"a raw string may end in a quote", `any where a == """x""""`, event{"a": `x"`}, true},
		{"a raw string may be two quotes", `any where a == """"""""`, event{"a": `""`}, true},
		{"a raw string may be empty", `any where a == """"""`, event{"a": ``}, true},
		{"an empty string", `any where a == ""`, event{"a": ""}, true},
	})
}

// The semantics of the rule that ships with Trailwire that a careless port gets wrong.
func TestStringContains(t *testing.T) {
	runMatches(t, []matchCase{
		{"stringContains heeds case", `any where stringContains(a, "Invoke")`, event{"a": "x invoke"}, false},
		{"stringContains finds text anywhere", `any where stringContains(a, "voke")`, event{"a": "x invoke y"}, true},
		{"a backslash and a star are a literal star", `any where stringContains(a, "principal=\\*")`, event{"a": "{functionName=f, principal=*, x=y}"}, true},
		{"a backslash and a star are not a wildcard", `any where stringContains(a, "principal=\\*")`, event{"a": "{principal=123}"}, false},
		{"a backslash and a star are not a backslash", `any where stringContains(a, "principal=\\*")`, event{"a": `{principal=\*}`}, false},
		{"a star is a wildcard", `any where stringContains(a, "valuesToAdd=[*]")`, event{"a": "{valuesToAdd=[all], x}"}, true},
		{"a question mark is a wildcard", `any where stringContains(a, "a?c")`, event{"a": "xabcx"}, true},
		{"an escaped question mark is not", `any where stringContains(a, "a\\?c")`, event{"a": "xabcx"}, false},
		{"two backslashes are one", `any where stringContains(a, "C:\\\\x")`, event{"a": `C:\x`}, true},
		{"a backslash before another character goes away", `any where stringContains(a, "a\\bc")`, event{"a": `abc`}, true},
		{"a raw string needs one backslash", `any where stringContains(a, """principal=\*""")`, event{"a": "principal=*"}, true},
		{"a backslash at the end takes the star after it", `any where stringContains(a, "abc\\")`, event{"a": "xabc*"}, true},
		{"so that nothing may follow", `any where stringContains(a, "abc\\")`, event{"a": `xabc\y`}, false},
		{"the empty text is in every value", `any where stringContains(a, "")`, event{"a": ""}, true},
		{"stringContains~ ignores case", `any where stringContains~(a, "INVOKE")`, event{"a": "xinvokex"}, true},
		{"stringContains~ has the same wildcards", `any where stringContains~(a, "P=\\*")`, event{"a": "p=*"}, true},
		{"stringContains of a function is literal", `any where stringContains(substring(a, 0), "p=\\*")`, event{"a": "p=*"}, false},
		{"and takes a backslash for a backslash", `any where stringContains(substring(a, 0), "p=\\*")`, event{"a": `p=\*`}, true},
		{"stringContains of two fields is literal", `any where stringContains(a, b)`, event{"a": "xp=1", "b": "p=*"}, false},
		{"stringContains of two fields finds text", `any where stringContains(a, b)`, event{"a": "arn:aws:iam::123:root", "b": "123"}, true},
		{"stringContains~ of two fields ignores case", `any where stringContains~(a, b)`, event{"a": "xÄBc", "b": "äbC"}, true},
		{"stringContains of a constant is literal", `any where stringContains("a*c", b)`, event{"b": "a*"}, true},
		{"stringContains with a calculated constant has wildcards", `any where stringContains(a, concat("b", "*d"))`, event{"a": "abcde"}, true},
		{"endsWith has wildcards", `any where endsWith(a, ".e?e")`, event{"a": "net.exe"}, true},
		{"endsWith has escapes", `any where endsWith(a, "\\*")`, event{"a": "a*"}, true},
		{"endsWith heeds case", `any where endsWith(a, ".EXE")`, event{"a": "net.exe"}, false},
		{"endsWith~ ignores case", `any where endsWith~(a, ".EXE")`, event{"a": "net.exe"}, true},
		{"endsWith of two fields is literal", `any where endsWith(a, b)`, event{"a": "abc", "b": "?c"}, false},
		{"endsWith~ of two fields ignores case", `any where endsWith~(a, b)`, event{"a": "xẞ", "b": "ß"}, true},
		{"startsWith knows no wildcards", `any where startsWith(a, "a*")`, event{"a": "abc"}, false},
		{"startsWith takes a star literally", `any where startsWith(a, "a*")`, event{"a": "a*c"}, true},
		{"startsWith takes a backslash literally", `any where startsWith(a, "a\\*")`, event{"a": `a\*c`}, true},
		{"startsWith heeds case", `any where startsWith(a, "ASIA")`, event{"a": "asia1"}, false},
		{"startsWith~ ignores case", `any where startsWith~(a, "ASIA")`, event{"a": "asia1"}, true},
		{"a search in a number does not hold", `any where stringContains(a, "5")`, event{"a": 5}, false},
	})
}

func TestTheShippedRule(t *testing.T) {
	p := compile(t, shippedRule)
	granted := func(parameters string) event {
		return event{
			"data_stream.dataset": "aws.cloudtrail", "event.provider": "lambda.amazonaws.com", "event.outcome": "success",
			"event.action": "AddPermission20150331v2", "aws.cloudtrail.request_parameters": parameters,
		}
	}
	for _, c := range []struct {
		name       string
		parameters string
		want       bool
	}{
		{"a grant to another account", "{functionName=f, statementId=s, action=lambda:InvokeFunction, principal=444455556666}", true},
		{"a grant to everybody", "{functionName=f, principal=*, action=lambda:InvokeFunction}", false},
		{"a grant to a service", "{functionName=f, principal=s3.amazonaws.com, action=lambda:InvokeFunction}", false},
		{"a grant of something else", "{functionName=f, principal=444455556666, action=lambda:GetFunction}", false},
		{"a grant of invocation in another case", "{functionName=f, principal=444455556666, action=lambda:invokefunction}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := p.Match(granted(c.parameters).on(p)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("a layer's permission is another action", func(t *testing.T) {
		e := granted("{action=lambda:InvokeFunction, principal=444455556666}")
		e["event.action"] = "AddLayerVersionPermission20181031"
		if p.Match(e.on(p)) {
			t.Error("matched")
		}
	})
	t.Run("an event without parameters", func(t *testing.T) {
		e := granted("")
		delete(e, "aws.cloudtrail.request_parameters")
		if p.Match(e.on(p)) {
			t.Error("matched")
		}
	})
}

const shippedRule = `any where data_stream.dataset == "aws.cloudtrail"
  and event.provider == "lambda.amazonaws.com"
  and event.outcome == "success"
  and event.action : "AddPermission*"
  and stringContains(aws.cloudtrail.request_parameters, "lambda:InvokeFunction")
  and not stringContains(aws.cloudtrail.request_parameters, "principal=\\*")
  and not stringContains(aws.cloudtrail.request_parameters, ".amazonaws.com")`
