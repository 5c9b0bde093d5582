package esql

import (
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

// verdict is the outcome of a condition on an event, as where has it.
func verdict(t testing.TB, condition string, e event) program.Verdict {
	t.Helper()
	p := where(t, condition)
	d := e.on(p)
	clause := p.Explain(d)
	if p.Match(d) != (clause.Verdict == program.True) {
		t.Errorf("%s: Match and Explain differ\n%s", condition, clause)
	}
	return clause.Verdict
}

func TestConditions(t *testing.T) {
	const yes, no, null = program.True, program.False, program.Unknown
	ab := event{"k": "ab", "l": "ab", "m": "AB", "flag": true, "asn": 5, "ip": "10.1.2.3", "@timestamp": "2026-08-20T10:00:00Z", "leaf": 22}
	for _, test := range []struct {
		name, condition string
		event           event
		want            program.Verdict
	}{
		{"the same text", `k == "ab"`, ab, yes},
		{"text with its case", `k == "AB"`, ab, no},
		{"the constant first", `"ab" == k`, ab, yes},
		{"another text", `k != "x"`, ab, yes},
		{"a missing field is null", `k == "ab"`, event{}, null},
		{"and is not another text", `k != "x"`, event{}, null},
		{"not of null is null", `not k == "ab"`, event{}, null},
		{"null or true is true", `k == "x" or l == "ab"`, event{"l": "ab"}, yes},
		{"null and false is false", `k == "x" and l == "x"`, event{"l": "ab"}, no},
		{"null and true is null", `k == "x" and l == "ab"`, event{"l": "ab"}, null},
		{"not of a chain with null in it", `not (k == "x" and l == "ab")`, event{"l": "ab"}, null},
		{"a comparison with null", `k == null`, ab, null},
		{"is null", `k is null`, event{}, yes},
		{"is null, with a value", `k is null`, ab, no},
		{"is not null", `k IS NOT NULL`, ab, yes},
		{"is not null, of an empty list", `k is not null`, event{"k": []any{}}, no},
		{"a list of texts", `k in ("x", "ab")`, ab, yes},
		{"not in", `k not in ("x", "y")`, ab, yes},
		{"not in, of a missing field", `k not in ("x", "y")`, event{}, null},
		{"null in a list", `k in ("x", null)`, ab, null},
		{"null in a list with the value", `k in ("ab", null)`, ab, yes},
		{"not in a list with null", `k not in ("x", null)`, ab, null},
		{"a constant in a list of fields", `"ab" in (m, l)`, ab, yes},
		{"a field in a list of fields", `k in (m, "x")`, ab, no},
		{"true in a list of conditions", `true in (starts_with(k, "x"), starts_with(k, "a"))`, ab, yes},
		{"like", `k like "a*"`, ab, yes},
		{"like is for the whole value", `k like "a"`, ab, no},
		{"like with its case", `m like "a*"`, ab, no},
		{"a question mark is one character", `k like "a?"`, ab, yes},
		{"an escaped star is a star", `k like "a\\*"`, event{"k": "a*"}, yes},
		{"and nothing else", `k like """a\*"""`, event{"k": "ab"}, no},
		{"like of a list", `k like ("x*", "*b")`, ab, yes},
		{"not like", `k not like "x*"`, ab, yes},
		{"not like, of a missing field", `k not like "x*"`, event{}, null},
		{"rlike", `k rlike "[a-c]+"`, ab, yes},
		{"rlike is for the whole value", `k rlike "a"`, ab, no},
		{"rlike in three quotes", `k rlike """.*\"Effect\": *\"Allow\".*"""`, event{"k": `{"Effect":  "Allow"}`}, yes},
		{"rlike of a list", `k rlike ("x.*", ".b")`, ab, yes},
		{"not rlike", `k NOT RLIKE "x.*"`, ab, yes},
		{"several values are null", `k == "a"`, event{"k": []any{"a", "b"}}, null},
		{"and so is their opposite", `k != "x"`, event{"k": []any{"a", "b"}}, null},
		{"and what is not in a list", `k not in ("x")`, event{"k": []any{"a", "b"}}, null},
		{"and what is like", `k like "*"`, event{"k": []any{"a", "b"}}, null},
		{"but are there", `k is not null`, event{"k": []any{"a", "b"}}, yes},
		{"one value in a list is one", `k == "a"`, event{"k": []any{"a"}}, yes},
		{"the same value twice is one", `k == "a"`, event{"k": []any{"a", []any{"a"}}}, yes},
		{"starts_with", `starts_with(k, "a")`, ab, yes},
		{"starts_with has no wildcards", `starts_with(k, "*")`, ab, no},
		{"ends_with", `ends_with(k, "b")`, ab, yes},
		{"contains", `contains(k, "b")`, ab, yes},
		{"contains has no wildcards", `contains(k, "?")`, ab, no},
		{"contains, of a missing field", `not contains(k, "b")`, event{}, null},
		{"a function compared with true", `contains(k, "b") == true`, ab, yes},
		{"and with false", `contains(k, "b") == false`, ab, no},
		{"and not with true", `contains(k, "x") != true`, ab, yes},
		{"one field in another", `contains(k, l)`, ab, yes},
		{"a search for null", `contains(k, null)`, ab, null},
		{"to_lower", `to_lower(m) == "ab"`, ab, yes},
		{"to_lower and a pattern", `to_lower(m) like "a*"`, ab, yes},
		{"to_lower and a regular expression", `TO_LOWER(m) RLIKE """a\S"""`, ab, yes},
		{"to_lower and a list", `to_lower(m) in ("x", "ab")`, ab, yes},
		{"to_upper", `to_upper(k) == "AB"`, ab, yes},
		{"to_lower of a part", `contains(to_lower(m), "b")`, ab, yes},
		{"to_lower at the start", `starts_with(to_lower(m), "a")`, ab, yes},
		{"to_lower of two fields", `to_lower(k) == to_lower(m)`, ab, yes},
		{"length", `length(k) == 2`, ab, yes},
		{"an order of length", `length(k) > 2`, ab, no},
		{"length of a missing field", `not length(k) == 2`, event{}, null},
		{"length of several values", `not length(k) == 2`, event{"k": []any{"a", "b"}}, null},
		{"to_string of text is text", `to_string(k) == "ab"`, ab, yes},
		{"coalesce takes the first value", `coalesce(k, "x") == "ab"`, ab, yes},
		{"coalesce takes the next", `coalesce(k, l) == "ab"`, event{"l": "ab"}, yes},
		{"coalesce takes no other", `coalesce(k, l) == "x"`, event{"k": "y", "l": "x"}, no},
		{"coalesce takes the constant", `coalesce(k, "x") == "x"`, event{}, yes},
		{"not of coalesce", `not coalesce(k, "x") == "x"`, event{}, no},
		{"coalesce of none", `coalesce(k, l) != "x"`, event{}, null},
		{"coalesce and like", `coalesce(k, "") not like "x*"`, event{}, yes},
		{"coalesce is null", `coalesce(k, l) is null`, event{}, yes},
		{"two fields", `k == l`, ab, yes},
		{"two fields that differ", `k != m`, ab, yes},
		{"two fields, of which one is missing", `k != l`, event{"k": "x"}, null},
		{"two fields, of which one has several values", `k != l`, event{"k": "x", "l": []any{"y", "z"}}, null},
		{"a boolean", `flag`, ab, yes},
		{"not a boolean", `not flag`, ab, no},
		{"a boolean that is missing", `not flag`, event{}, null},
		{"a boolean compared", `flag == false`, event{"flag": "false"}, yes},
		{"a number", `asn == 5`, ab, yes},
		{"a negative number", `asn > -1`, ab, yes},
		{"a list of numbers", `asn in (1, 5)`, ab, yes},
		{"a leaf's number is its text", `leaf == "22"`, ab, yes},
		{"an address", `ip == "10.1.2.3"`, ab, yes},
		{"an address in another spelling", `ip == "2001:db8::1"`, event{"ip": "2001:DB8:0:0:0:0:0:1"}, yes},
		{"an address in blocks", `cidr_match(ip, "192.0.2.0/24", "10.0.0.0/8")`, ab, yes},
		{"not in blocks", `not cidr_match(ip, "192.0.2.0/24")`, ab, yes},
		{"a missing address in no block", `not cidr_match(ip, "192.0.2.0/24")`, event{}, null},
		{"a date is a point in time", `@timestamp > "2026-08-20"`, ab, yes},
		{"and not a day", `@timestamp == "2026-08-20"`, ab, no},
		{"a date with its time", `@timestamp <= "2026-08-20T10:00:00Z"`, ab, yes},
		{"a date in another zone", `@timestamp == "2026-08-20T12:00:00.000+02:00"`, ab, yes},
		{"an order of text", `k < "b"`, ab, yes},
		{"not is tighter than and", `not k == "x" and l == "x"`, ab, no},
		{"and is tighter than or", `k == "ab" or l == "x" and m == "x"`, ab, yes},
		{"not twice", `not not k == "ab"`, ab, yes},
		{"names in backquotes", "`k` == \"ab\" and `event`.`action` is null", ab, yes},
		{"escapes", `k == "a\t\"\\"`, event{"k": "a\t\"\\"}, yes},
		{"quotes at the end of three quotes", `k == """a"""" or k == "x"`, event{"k": `a"`}, yes},
		{"comments", "k == // a | b\n \"ab\" /* and false */", ab, yes},
		{"constants", `"a" == "a" and true`, ab, yes},
		{"a constant null", `null or true`, ab, yes},
		{"a field that nobody knows", `my.port == 22`, event{"my.port": 22}, yes},
		{"and has the type that it has", `my.port == "22"`, event{"my.port": 22}, no},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := verdict(t, test.condition, test.event); got != test.want {
				p := where(t, test.condition)
				t.Errorf("%s: got %s, want %s\n%s", test.condition, got, test.want, p.Explain(test.event.on(p)))
			}
		})
	}
}

func TestQueries(t *testing.T) {
	for _, test := range []struct {
		name, query string
		event       event
		want        bool
	}{
		{"no condition", "from logs-aws.cloudtrail-*", event{}, true},
		{"several where", "from logs-* | where k == \"a\" | keep k, l.* | where l == \"b\"", event{"k": "a", "l": "b"}, true},
		{"of which all have to hold", "from logs-* | where k == \"a\" | where l == \"b\"", event{"k": "a"}, false},
		{"commands that change nothing", "FROM logs-* METADATA _id, _index\n| WHERE k == \"a\"\n| DROP l, m*\n| SORT @timestamp DESC NULLS LAST\n| KEEP k, aws.*\n| LIMIT 100", event{"k": "a"}, true},
		{"metadata in brackets", `from logs-* [metadata _id] | where k == "a"`, event{"k": "a"}, true},
		{"indices", `from x-*, "logs-aws*" | where k == "a"`, event{"k": "a"}, true},
		{"an index of another cluster", `from eu:logs-* | where k == "a"`, event{"k": "a"}, true},
		{"a comment before it", "// a rule\nfrom logs-* // and after\n| where k == \"a\"", event{"k": "a"}, true},
	} {
		p, err := compiled(test.query)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := p.Match(test.event.on(p)); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}

func TestRequired(t *testing.T) {
	p := where(t, `k in ("CreateUser", "CreateRole") and l like "abc*" and not m == "x" and to_lower(event.action) == "delete"`)
	var all []string
	for _, either := range p.Required() {
		for _, l := range either {
			all = append(all, l.Text)
		}
	}
	if got := len(all); got != 4 || all[0] != "CreateUser" || all[1] != "CreateRole" || all[2] != "abc" || all[3] != "delete" {
		t.Errorf("it requires %q", all)
	}
}
