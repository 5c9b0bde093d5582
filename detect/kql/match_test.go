package kql

import (
	"strings"
	"testing"
)

// The event that most queries below are asked about.
var grantEvent = event{
	"event.action": "AddPermission20150331v2", "event.outcome": "success", "user.id": "AROA1:i-0abc",
	"user_agent.original": "S3 Browser 9.5 (not x)", "aws.cloudtrail.resources.arn": []any{"a", "b"},
	"aws.cloudtrail.request_parameters": "{containerOverrides={command=[sh]}}",
}

func TestClauses(t *testing.T) {
	e := grantEvent
	runMatches(t, []matchCase{
		{"an empty query matches all", ``, e, true},
		{"and so does one of spaces", " \t\r\n\u00a0", event{}, true},
		{"a star is any text", `event.action: AddPermission*`, e, true},
		{"and no text", `event.outcome: success*`, e, true},
		{"a star in quotes is a star", `event.action: "AddPermission*"`, e, false},
		{"and matches one", `k: "a*"`, event{"k": "a*"}, true},
		{"patterns heed case", `event.action: addpermission*`, e, false},
		{"values do too", `event.outcome: Success`, e, false},
		{"a question mark is ordinary", `event.action: AddPermission?????????`, e, false},
		{"and matches one question mark", `k: a?`, event{"k": "a?"}, true},
		{"a star alone asks whether the field is there", `event.action: *`, e, true},
		{"and does not hold where it is not", `source.ip: *`, e, false},
		{"not of it finds a missing field", `not source.ip: *`, e, true},
		{"several stars are one", `source.ip: **`, event{"source.ip": "10.0.0.1"}, true},
		{"a missing field is not one that differs", `source.ip: (* and not 10.0.0.0/8)`, e, false},
		{"a field that is there is", `source.ip: (* and not 10.0.0.0/8)`, event{"source.ip": "11.0.0.1"}, true},
		{"not of a value finds a missing field", `not source.ip: 10.0.0.0/8`, e, true},
		{"a list of values", `event.outcome: (failure or success)`, e, true},
		{"a list of one", `event.outcome: (success)`, e, true},
		{"keywords in capitals", `event.outcome:success AND NOT event.action:Invoke*`, e, true},
		{"not is tighter than and", `not event.outcome: failure and event.action: X`, e, false},
		{"and is tighter than or", `event.action: X or event.outcome: success and user.id: Y`, e, false},
		{"parentheses change that", `(event.action: X or event.outcome: success) and user.id: A*`, e, true},
		{"an escaped colon is one", `user.id: *\:i-*`, e, true},
		{"a value goes on over spaces", `user_agent.original: *S3 Browser*`, e, true},
		{"and so does the beginning of one", `user_agent.original: S3 Browser*`, e, true},
		{"quotes are around all of it", `user_agent.original: "S3 Browser 9.5 (not x)"`, e, true},
		{"escaped parentheses are ordinary", `user_agent.original: S3 Browser 9.5 \(\not x\)`, event{"user_agent.original": "S3 Browser 9.5 (\not x)"}, true},
		{"not in a list", `user_agent.original: (not X)`, e, true},
		{"not in parentheses after not", `not (not event.outcome: success)`, e, true},
		{"two values of a field", `aws.cloudtrail.resources.arn: (a and b)`, e, true},
		{"one that is there and one that is not", `aws.cloudtrail.resources.arn: (a and c)`, e, false},
		{"not in a list is about all values", `aws.cloudtrail.resources.arn: (a and not b)`, e, false},
		{"two patterns", `aws.cloudtrail.request_parameters: (*containerOverrides* and *command*)`, e, true},
		{"brackets are ordinary", `aws.cloudtrail.request_parameters: *command=[sh]*`, e, true},
		{"an escaped brace is one", `aws.cloudtrail.request_parameters: \{containerOverrides*`, e, true},
		{"an escaped star is one", `event.action: Add\*`, e, false},
		{"and matches one star", `k: Add\*`, event{"k": "Add*"}, true},
		{"a field in quotes", `"event.outcome": success`, e, true},
		{"spaces around the colon", "event.outcome \t: success", e, true},
		{"the empty text is never there", `event.outcome: ""`, e, false},
		{"a keyword at the end is text", `event.outcome: (success or)`, e, false},
		{"and matches itself", `k: (success or)`, event{"k": "success or"}, true},
		{"words with keywords in them", `k: (orange or Android or nothing)`, event{"k": "Android"}, true},
		{"an escaped keyword is text", `k: this \or that`, event{"k": "this or that"}, true},
		{"so is an escaped and", `k: this \AND that`, event{"k": "this AND that"}, true},
		{"a field with a star is each that fits", `event.out*: success`, e, true},
		{"and none of those that do not", `event.act*: success`, e, false},
		{"of several one is enough", `event.*: success`, e, true},
		{"not of several is none of them", `not event.*: success`, e, false},
		{"a star that fits no field is a name", `my.*: x`, event{"my.*": "x"}, true},
		{"all fields and any value match all", `*: *`, event{}, true},
		{"a \\u is a character", `event.outcome: succes\u0073`, e, true},
		{"in quotes too", `event.outcome: "succes\u0073"`, e, true},
		{"two of them are one character", `k: \ud83d\ude00`, event{"k": "😀"}, true},
		{"line breaks are spaces", "event.outcome: success\nand event.action: Add*", e, true},
		{"a line break in a value is a part of it", "k: a\nb", event{"k": "a\nb"}, true},
		{"a range of text is in the order of bytes", `event.outcome > "a"`, e, true},
		{"less", `event.outcome < success`, e, false},
		{"less or equal", `event.outcome <= success`, e, true},
		{"greater or equal", `event.outcome >= success`, e, true},
		{"a backslash in quotes is one", `k: "a\b"`, event{"k": `a\b`}, true},
		{"two in quotes are one", `k: "a\\b\"c"`, event{"k": `a\b"c`}, true},
		{"lists in lists", `k: ((a or b*) and not (bc or bd))`, event{"k": "be"}, true},
		{"and what they leave out", `k: ((a or b*) and not (bc or bd))`, event{"k": "bd"}, false},
		{"a star in a list", `k: (a or *)`, event{"k": "x"}, true},
		{"spaces in parentheses", "( event.outcome: ( success or failure ) )", e, true},
		{"a slash needs no escape", `source.ip: 10.0.0.0/8`, event{"source.ip": "10.1.2.3"}, true},
		{"an address in version 6 is in quotes", `source.ip: "2001:db8::1"`, event{"source.ip": "2001:DB8:0:0:0:0:0:1"}, true},
		{"a backslash before a star in a pattern", `k: a\\*`, event{"k": `a\x`}, true},
		{"an Ogham space is not one", "k: a\u1680or\u1680b", event{"k": "a\u1680or\u1680b"}, true},
	})
}

func TestTypes(t *testing.T) {
	runMatches(t, []matchCase{
		{"true is a boolean", `flag: true`, event{"flag": true}, true},
		{"and its text", `flag: "true"`, event{"flag": true}, true},
		{"false is not true", `flag: false`, event{"flag": true}, false},
		{"one of both", `flag: (false or "true")`, event{"flag": true}, true},
		{"a keyword's true is text", `k: true`, event{"k": "true"}, true},
		{"True is another", `k: True`, event{"k": true}, false},
		{"null in quotes is text", `k: "null"`, event{"k": "null"}, true},
		{"digits are text", `k: 012345678901`, event{"k": "012345678901"}, true},
		{"and have no other spelling", `k: 22.0`, event{"k": 22}, false},
		{"a leaf's number is its text", `leaf: (22 or 3389)`, event{"leaf": []any{443, 22}}, true},
		{"a number from text", `asn: (16509 or "14618")`, event{"asn": 14618}, true},
		{"a range of numbers", `asn >= 9`, event{"asn": 10}, true},
		{"a day", `date: 2026-08-20`, event{"date": "2026-08-20T10:00:00Z"}, true},
		{"a year", `date: 2026`, event{"date": "2026-08-20T10:00:00Z"}, true},
		{"after a day", `date > "2026-08-20"`, event{"date": "2026-08-20T10:00:00Z"}, false},
		{"up to a day", `date <= "2026-08-20"`, event{"date": "2026-08-20T10:00:00Z"}, true},
		{"a field that nobody knows is compared as text", `my.port: 22`, event{"my.port": 22}, true},
		{"and in the order of numbers", `my.port >= 1024`, event{"my.port": 443}, false},
		{"a boolean of it too", `my.flag: true`, event{"my.flag": true}, true},
	})
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`user.id: *:i-*`, `line 1, column 11: a clause has one colon: one in a value is written \:, or the value in quotes, and clauses are joined with and or or`},
		{`user_agent.original: S3 Browser 9.5 (not x)`, `line 1, column 37: expected and, or or the end, found (: in a value it is written \(, or the value in quotes`},
		{`user_agent.original: is not it`, `line 1, column 25: expected and, or or the end, found the keyword not: a value with the word in it is in quotes`},
		{`user_agent.original: whatnot it`, `line 1, column 26: expected and, or or the end, found the keyword not: a value with the word in it is in quotes`},
		{`user_agent.original: not X`, `line 1, column 22: not is before a clause or in parentheses: not f: v, or f: (not v)`},
		{`not not event.outcome: x`, `line 1, column 5: expected a field, as in event.outcome: success, found the keyword not`},
		{`not(event.outcome: x)`, `line 1, column 4: expected and, or or the end, found (: in a value it is written \(, or the value in quotes`},
		{`aws.cloudtrail.request_parameters: *command\=*`, `line 1, column 44: a backslash is before one of \():<>"*{}, or, and, not, t, r, n and uXXXX only: a backslash itself is written \\, or in quotes`},
		{`aws.cloudtrail.request_parameters: {containerOverrides*`, `line 1, column 36: a group in braces is about nested fields, which events of CloudTrail do not have: a brace in a value is written \{, or in quotes`},
		{`event.outcome:`, `line 1, column 15: expected a value, found the end of the query`},
		{`event.outcome: ()`, `line 1, column 17: expected a value, found )`},
		{`event.outcome: (success`, `line 1, column 16: this parenthesis has no end: expected )`},
		{`(event.outcome: success`, `line 1, column 1: this parenthesis has no end: expected )`},
		{`event.outcome: success)`, `line 1, column 23: this parenthesis has no beginning`},
		{`event.outcome: null`, `line 1, column 16: nothing equals null: a missing field is not field: *, and the text is "null"`},
		{`event.outcome: success event.action: X`, `line 1, column 36: a clause has one colon: one in a value is written \:, or the value in quotes, and clauses are joined with and or or`},
		{"k: a\nand k: \"b\" c", `line 2, column 12: expected and, or or the end, found c: quotes are around the whole value`},
		{`event.outcome: success && event.action: X`, `line 1, column 39: expected and, or or the end, found :: && is written and`},
		{`event.outcome: success || event.action: X`, `line 1, column 39: expected and, or or the end, found :: || is written or`},
		{`event.outcome == "success"`, `line 1, column 18: expected and, or or the end, found ": KQL compares with a colon: write field: value`},
		{`event.outcome == success`, `line 1, column 1: KQL compares with a colon: write field: value`},
		{`event.outcome != success`, `line 1, column 1: KQL has no !=: write not field: value`},
		{`any where event.outcome : "success"`, `line 1, column 1: this is EQL: KQL has no where`},
		{`event.outcome in ("a", "b")`, `line 1, column 18: expected and, or or the end, found (: KQL has no in: write field: (a or b)`},
		{`success event.action: X`, `line 1, column 1: the name of a field has no spaces: clauses are joined with and or or`},
		{`k: *a=b* (c)`, `line 1, column 10: expected and, or or the end, found (: in a value it is written \(, or the value in quotes`},
		{`event.outcome like Add`, `line 1, column 1: KQL has no like: write field: value*`},
		{`event.outcome: success or failure`, `line 1, column 27: a value without a field would be looked for in all fields, which is not supported: write field: value; several values of a field are field: (a or b)`},
		{`*`, `line 1, column 1: a value without a field would be looked for in all fields, which is not supported: write field: value`},
		{`k > a*`, `line 1, column 5: a range has no wildcards`},
		{`k: "x`, `line 1, column 4: this text has no end: expected "`},
		{`k: \ud83d`, `line 1, column 4: \ud83d is half of a character: the other half is missing`},
		{"k: \xff", `line 1, column 4: the query is not valid UTF-8`},
		{`flag: FALSE`, `line 1, column 7: cannot compare flag, of the type boolean, with "FALSE": compare it with true or false`},
		{`flag: tru*`, `line 1, column 7: cannot search flag, of the type boolean, as text: compare it with true or false`},
		{`source.ip: 10.*`, `line 1, column 12: cannot search source.ip, of the type ip, as text: compare it with an address or a block, such as 10.0.0.0/8, or use source.address`},
		{`source.ip: ("10.0.0.1" or "AWS Internal")`, `line 1, column 13: cannot compare source.ip, of the type ip, with "AWS Internal": compare it with an address or a block, such as 10.0.0.0/8`},
		{`leaf >= 22`, `line 1, column 1: cannot order leaf, of the type flattened: Elasticsearch cannot either`},
	} {
		err := rejection(t, c.query)
		if err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.query, err, c.want)
		}
		if c.query != "k: \xff" && err.Caret() == "" {
			t.Errorf("%s: no caret", c.query)
		}
	}
	for query, want := range map[string]string{
		strings.Repeat("(", 501) + "k: a" + strings.Repeat(")", 501):              "line 1, column 501: the query nests deeper than the 500 levels allowed",
		"k: " + strings.Repeat("(", 501) + "a" + strings.Repeat(")", 501):         "line 1, column 504: the query nests deeper than the 500 levels allowed",
		"k: a" + strings.Repeat(" ", 1<<17):                                       "line 1, column 1: the query has 131076 bytes, more than the 131072 allowed",
		"event.*: (" + strings.Repeat("x* or *y and ", 7000) + "z)":               "the query has more than the 16384 tests allowed: a field with a star counts for each field that fits",
		strings.Repeat("not (k: a and ", 260) + "k: a" + strings.Repeat(")", 260): "line 1, column 1: the query nests deeper than the 512 levels allowed",
	} {
		if err := rejection(t, query); !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%.30s…: got %v\nwant %s", query, err, want)
		}
	}
	if got, want := rejection(t, "k: a\n\tor k: \"b\" c").Caret(), "\tor k: \"b\" c\n\t          ^"; got != want {
		t.Errorf("the caret:\n%s\nwant\n%s", got, want)
	}
	for query, want := range map[string]bool{`x`: true, `k: {a: b}`: true, `k: null`: false, `k:`: false, `flag: x`: false} {
		if err := rejection(t, query); err.Unsupported != want {
			t.Errorf("%s: unsupported: %t (%v)", query, err.Unsupported, err)
		}
	}
}
