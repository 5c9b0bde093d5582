package esql

import (
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/program"
)

func TestErrors(t *testing.T) {
	in := func(condition string) string { return "from logs-* | where " + condition }
	for _, c := range []struct{ name, query, want, unsupported string }{
		{"an empty query", "", "1:1: expected from and an index, such as from logs-aws.cloudtrail-*, found the end of the query", ""},
		{"EQL", `any where k == "a"`, "1:1: expected from and an index (a query that begins with a category is EQL), found any", ""},
		{"a row", `row a = 1`, "1:1: a query that begins with row is not about events: only from is evaluated", "row"},
		{"no index", `from | where k == "a"`, "1:6: from names no index: write from logs-aws.cloudtrail-*", ""},
		{"a query within from", `from (from x), y | where k == "a"`, "1:6: a query within from is not supported", "subqueries in from"},
		{"another index", `from .alerts-security.*, logs-okta* | where k == "a"`, "1:6: .alerts-security.* is not an index of CloudTrail events", "indices without CloudTrail events"},
		{"metadata without a field", `from logs-* metadata | where k == "a"`, "1:22: expected a field after metadata, such as _id, found |", ""},
		{"a bracket without an end", `from logs-* [metadata _id | where k == "a"`, "1:27: expected ], found |", ""},
		{"a bar and nothing after it", `from logs-* |`, "1:14: expected a command, such as where, found the end of the query", ""},
		{"no bar", `from logs-* metadata _id where k == "a"`, "1:26: expected and, or, a bar or the end, found where: a command is after a bar", ""},
		{"stats", `from logs-* | where k == "a" | stats n = count(*) by l | where n > 5`, "1:32: the query needs stats: only where, keep, drop, sort and limit after from are evaluated", "the command stats, which aggregates events"},
		{"several commands", "from logs-* | EVAL x = to_lower(k) | GROK k \"%{WORD:y}\" | STATS c = count(*)", "1:15: the query needs stats, grok and eval: only where, keep, drop, sort and limit after from are evaluated", "the command stats, which aggregates events"},
		{"dissect", `from logs-* | dissect k "%{a} %{b}"`, "1:15: the query needs dissect: only where, keep, drop, sort and limit after from are evaluated", "the command dissect, which takes text apart"},
		{"enrich", `from logs-* | where k == "a" | ENRICH policy`, "1:32: the query needs enrich: only where, keep, drop, sort and limit after from are evaluated", "the command enrich, which looks events up in an index"},
		{"a where that is not supported, and stats after it", `from logs-* | where @timestamp > now() - 1 hour | stats c = count(*)`, "1:51: the query needs stats: only where, keep, drop, sort and limit after from are evaluated", "the command stats, which aggregates events"},
		{"a command that is not there", `from logs-* | filter k == "a"`, "1:15: there is no command filter: a condition is after where", ""},
		{"keep without a field", `from logs-* | keep | where k == "a"`, "1:20: expected fields after keep, found |", ""},
		{"no limit", `from logs-* | limit 0`, "1:21: expected a number of events from 1 after limit, found 0", ""},
		{"a where after a limit", `from logs-* | limit 5 | where k == "a"`, "1:25: a where after a limit is about the first events that a search finds: put it before the limit", "where after limit"},
		{"one equals sign", in(`k = "a"`), "1:23: expected and, or, a bar or the end, found =: == compares", ""},
		{"any case, as it was once", in(`k =~ "a"`), "1:23: expected and, or, a bar or the end, found =~: to_lower(field) == \"text\" compares in any case", ""},
		{"the match operator", in(`k : "a"`), "1:23: the match operator : is not supported: == compares", "the match operator"},
		{"a conversion", in(`k::integer == 5`), "1:22: a conversion with :: is not supported", "a conversion with ::"},
		{"arithmetic", in(`asn + 1 == 5`), "1:25: arithmetic is not supported", "arithmetic"},
		{"a word", in(`k contains "a"`), "1:23: expected and, or, a bar or the end, found contains: write contains(field, \"text\"), starts_with(field, \"text\")", ""},
		{"single quotes", in(`k == 'a'`), "1:26: text is in double quotes: \"…\"", ""},
		{"text without an end", in(`k == "a`), "1:26: this text has no end: expected \"", ""},
		{"text over two lines", in("k == \"a\nb\""), "1:26: this text has no end on its line: expected \"", ""},
		{"text in three quotes without an end", in(`k == """a"`), "1:26: this text has no end: expected \"\"\"", ""},
		{"a backslash", in(`k == "\d"`), "1:27: a backslash in text is before \\, \", n, r or t: a backslash itself is written \\\\, or the text in three quotes", ""},
		{"a comment without an end", in(`k == /* a`), "1:26: this comment has no end: expected */", ""},
		{"a parenthesis without an end", in(`(k == "a"`), "1:21: this parenthesis has no end: expected )", ""},
		{"a parenthesis without a beginning", in(`k == "a")`), "1:29: this parenthesis has no beginning", ""},
		{"nothing to compare with", in(`k ==`), "1:25: expected a field or a value, found the end of the query", ""},
		{"is without null", in(`k is missing`), "1:26: expected null after is, found missing", ""},
		{"not without what", in(`k not "a"`), "1:27: expected in, like or rlike after not, found \"a\"", ""},
		{"in without a list", in(`k in "a"`), "1:26: expected a list in parentheses after in, found \"a\"", ""},
		{"like without a text", in(`k like l`), "1:28: expected a pattern in quotes after like, found l", ""},
		{"a parameter", in(`k == ?x`), "1:26: a query has no parameters here: write the value", "parameters"},
		{"a field that ends in a dot", in(`k. == "a"`), "1:24: expected a part of the field's name after the dot, found ==", ""},
		{"a sign", in(`k == "a" && l == "b"`), "1:30: a query has no '&' outside of text", ""},
		{"a number in text", in(`k == 5`), "1:26: cannot compare a value of the type keyword with 5: compare it with text in quotes", ""},
		{"text as a number", in(`asn == "5"`), "1:28: cannot compare a value of the type long with \"5\": compare it with a number", ""},
		{"text as a boolean", in(`flag == "yes"`), "1:29: cannot compare a value of the type boolean with \"yes\": compare it with true or false", ""},
		{"text as an address", in(`ip == "x"`), "1:27: cannot compare a value of the type ip with \"x\": compare it with an address", ""},
		{"a block as an address", in(`ip == "10.0.0.0/8"`), "1:27: a block of addresses is compared with cidr_match(field, \"10.0.0.0/8\")", ""},
		{"text as a date", in(`@timestamp > "yesterday"`), "1:34: cannot compare a value of the type date with \"yesterday\": compare it with a date in quotes, such as \"2026-08-20\" or \"2026-08-20T10:00:00Z\"", ""},
		{"an order of booleans", in(`flag > true`), "1:21: booleans have no order", ""},
		{"a pattern for an address", in(`ip like "10.*"`), "1:21: like searches text, and this is of the type ip", ""},
		{"words", in(`words == "a"`), "1:21: cannot compare words, of the type text: that is not supported", ""},
		{"a field as a condition", in(`k and l == "a"`), "1:21: expected a condition, found the field k, of the type keyword", ""},
		{"text as a condition", in(`"a"`), "1:21: expected a condition, found text", ""},
		{"a function as a condition", in(`to_lower(k)`), "1:21: expected a condition, found what to_lower gives: compare it with a value", ""},
		{"a function that is not there", in(`mv_count(k) > 1`), "1:21: the function mv_count is not supported: there are starts_with,", "the function mv_count"},
		{"a full text function", in(`kql("a: b")`), "1:21: the function kql, which is a query in another language, is not supported", "the function kql"},
		{"the time of a search", in(`@timestamp > now()`), "1:34: the function now, which is the time of a search, is not supported", "the function now"},
		{"to_lower that never is", in(`to_lower(k) == "Ab"`), "1:36: to_lower never gives \"Ab\": write \"ab\"", ""},
		{"to_upper that never is", in(`to_upper(k) like "Ab*"`), "1:38: to_upper never gives \"Ab*\": write \"AB*\"", ""},
		{"to_lower of a number", in(`to_lower(asn) == "5"`), "1:21: to_lower of a value of the type long is not supported", "the function to_lower of long"},
		{"an argument too many", in(`starts_with(k, "a", "b")`), "1:21: starts_with takes two texts, found 3 values", ""},
		{"a search for a number", in(`contains(k, 5)`), "1:33: contains searches for text, found number", ""},
		{"a block that is none", in(`cidr_match(ip, "10.0.0.0/99")`), "1:36: ", ""},
		{"two numbers", in(`asn == asn2`), "1:21: two fields can be compared with == and != where both are text, with the same function around both", "a comparison of fields that are not text"},
		{"an order of two fields", in(`k < l`), "1:21: two fields can be compared with == and != where both are text, with the same function around both", "a comparison of fields that are not text"},
		{"is null of a function", in(`to_lower(k) is null`), "1:21: is null is about fields, and coalesce of fields", "is null of what is calculated"},
		{"a regular expression that Go does not have", in(`k rlike "a&b"`), "1:29: the regular expression operator & (intersection) is not supported: an ordinary & is written \\&", "a regular expression that cannot be translated"},
		{"not UTF-8", "from \xff", "1:6: the query is not valid UTF-8", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := compiled(c.query)
			e, ok := err.(*Error)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			got := strings.NewReplacer("line ", "", ", column ", ":").Replace(e.Error())
			if isStart := strings.HasSuffix(c.want, " ") || strings.HasSuffix(c.want, ","); got != c.want && !(isStart && strings.HasPrefix(got, c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if e.Unsupported != c.unsupported {
				t.Errorf("unsupported: %q, want %q", e.Unsupported, c.unsupported)
			}
			if e.Caret() == "" {
				t.Error("there is no caret")
			}
		})
	}
}

func TestTheCaretIsUnderThePlace(t *testing.T) {
	_, err := compiled("from logs-*\n| where k = \"a\"")
	if got, want := err.(*Error).Caret(), "| where k = \"a\"\n          ^"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// A query costs in proportion to its size, and a deep one does not use up the stack.
func TestALongQueryIsReadInProportion(t *testing.T) {
	for name, query := range map[string]string{
		"parentheses":      "from logs-* | where " + strings.Repeat("(", 1<<16),
		"not":              "from logs-* | where " + strings.Repeat("not ", 1<<15) + "flag",
		"calls":            "from logs-* | where " + strings.Repeat("coalesce(", 1<<13) + "k",
		"coalesce":         "from logs-* | where coalesce(" + strings.Repeat("k,", 499) + "k) == \"a\"",
		"coalesce in it":   "from logs-* | where " + strings.Repeat("coalesce(", 240) + "k" + strings.Repeat(",k)", 240) + " == \"a\"",
		"coalesces":        "from logs-* | where coalesce(" + strings.Repeat("coalesce(k,l),", 240) + "k) == \"a\"",
		"many words":       "from logs-* | " + strings.Repeat("a | ", 1<<14),
		"many commands":    "from logs-* | " + strings.Repeat("eval | stats | ", 1<<12),
		"many conditions":  "from logs-* | where flag " + strings.Repeat("and flag ", 1<<12),
		"a list of texts":  "from logs-* | where k in (" + strings.Repeat(`"a",`, 1<<14) + `"a")`,
		"a list of fields": "from logs-* | where k in (" + strings.Repeat(`l,`, 1<<13) + `"a")`,
		"quotes":           "from logs-* | where k == " + strings.Repeat(`"`, 1<<16),
		"too long":         strings.Repeat("a", program.MaxQuery+1),
	} {
		start := time.Now()
		p, err := compiled(query)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: %d bytes take %s", name, len(query), took)
		}
		if err == nil {
			p.Match(event{"k": []any{"a", "b"}}.on(p))
			p.Required()
		}
	}
}
