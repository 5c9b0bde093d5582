package main

import (
	"strings"
	"testing"
)

// documents are what the tests' queries are evaluated on.
const documents = `{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser","eventID":"one","sourceIPAddress":"192.0.2.1"}
{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"two"},{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"three","errorCode":"AccessDenied"}]}
{"event":{"id":"four","action":"DeleteUser","category":"iam"},"data_stream.dataset":"aws.cloudtrail","kind":"login","n":5,"tags":["a","b"],"empty":""}
`

func TestQueryPrintsTheEventsThatMatch(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		want   []string // beginnings of the lines on standard output
		stderr string
		code   int
	}{
		{"a raw event and an ECS document", []string{`any where event.action == "DeleteUser"`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`, `{"event":{"id":"four"`}, "4 events in 1 file, read in 1ms: 2 match.", 0},
		{"an event out of a list", []string{`any where event.outcome == "failure"`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"`}, "4 events in 1 file, read in 1ms: 1 matches.", 0},
		{"a category", []string{`iam where true`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`, `{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"`, `{"event":{"id":"four"`}, "3 match.", 0},
		{"none", []string{`any where event.action == "x"`}, nil, "none matches.", 0},
		{"one event alone", []string{"--event", "two", `any where true`}, []string{`{"eventSource":"s3.amazonaws.com"`}, "1 event in 1 file", 0},
		{"documents of any kind", []string{"--schema", "none", `any where n > 4 and tags == "b"`}, []string{`{"event":{"id":"four"`}, "3 documents in 1 file, read in 1ms: 1 matches.", 0},
		{"a category field of one's own", []string{"--schema", "none", "--category-field", "kind", `login where true`}, []string{`{"event":{"id":"four"`}, "1 matches.", 0},
		{"an empty text is a value", []string{"--schema", "none", `any where empty == ""`}, []string{`{"event":{"id":"four"`}, "1 matches.", 0},
		{"CloudTrail's own names are fields of any document", []string{"--schema", "none", `any where eventName : "delete*"`}, []string{`{"eventSource":"iam.amazonaws.com"`}, "1 matches.", 0},
		{"a field that raw events lack", []string{`any where eventName == "x"`}, nil, "trailwire: warning: no raw CloudTrail event has a field eventName; it is read from ECS documents alone\n", 0},
		{"a mistake", []string{`any where event.action = "x"`}, nil, "trailwire: the query: line 1, column 24: = is not a comparison: use == (exact) or : (any case, wildcards)\n  any where event.action = \"x\"\n                         ^\n", 2},
		{"a query without a meaning", []string{`any where nonsense(event.action)`}, nil, "trailwire: the query: line 1, column 11: there is no function nonsense\n  any where nonsense(event.action)\n            ^\n", 2},
		{"KQL", []string{"--language", "kuery", `event.action: (Delete* or Get*) and not cloud.account.id: *`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`, `{"eventSource":"s3.amazonaws.com"`, `{"event":{"id":"four"`}, "3 match.", 0},
		{"KQL of documents of any kind", []string{"--language", "kuery", "--schema", "none", `n >= 5 and tags: (a and b) and kind: log*`}, []string{`{"event":{"id":"four"`}, "1 matches.", 0},
		{"a mistake in KQL", []string{"--language", "kuery", `event.action == "x"`}, nil, "trailwire: the query: line 1, column 17: expected and, or or the end, found \": KQL compares with a colon: write field: value\n  event.action == \"x\"\n                  ^\n", 2},
		{"a field that needs a database", []string{"--language", "kuery", `source.as.number: 5`}, nil, "no raw CloudTrail event has a field source.as.number without asn_database; it is read from ECS documents alone\n", 0},
		{"a field that an agent sets", []string{"--language", "kuery", `input.type: x`}, nil, "no raw CloudTrail event has a field input.type (Elastic's agent sets it); it is read from ECS documents alone\n", 0},
		{"a literal of another type", []string{`any where source.ip == "x"`}, nil, "line 1, column 11: == cannot compare source.ip, of the type ip, with \"x\"", 2},
		{"another language", []string{"--language", "lucene", `x`}, nil, "must be eql, kuery, esql or sigma", 2},
		{"ES|QL", []string{"--language", "esql", `from logs-* | where event.action like "Delete*" and event.outcome == "success" | keep event.*`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`}, "1 matches.", 0},
		{"ES|QL of documents of any kind", []string{"--language", "esql", "--schema", "none", `from anything | where n > 4 and tags is not null`}, []string{`{"event":{"id":"four"`}, "1 matches.", 0},
		{"a mistake in ES|QL", []string{"--language", "esql", `from logs-* | stats count(*)`}, nil, "trailwire: the query: line 1, column 15: the query needs stats: only where, keep, drop, sort and limit after from are evaluated\n  from logs-* | stats count(*)\n                ^\n", 2},
		{"Sigma: a selection", []string{"--language", "sigma", `{eventName|endswith: [user, x], errorCode: null}`}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`, `{"event":{"id":"four"`}, "2 match.", 0},
		{"Sigma: a detection", []string{"--language", "sigma", "a: {eventSource: iam*}\nb: {errorCode: '*'}\ncondition: a and not b"}, []string{`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"`}, "1 matches.", 0},
		{"Sigma: a rule", []string{"--language", "sigma", "title: t\nlogsource: {product: aws}\ndetection:\n  a: {eventName: GetObject}\n  condition: a"}, []string{`{"eventSource":"s3.amazonaws.com"`}, "1 matches.", 0},
		{"Sigma: documents of any kind", []string{"--language", "sigma", "--schema", "none", `{n|gte: 5, tags|all: [a, b]}`}, []string{`{"event":{"id":"four"`}, "1 matches.", 0},
		{"a mistake in Sigma", []string{"--language", "sigma", `{eventName|beginswith: x}`}, nil, "trailwire: the query: line 1, column 2: the modifier beginswith is not supported\n  {eventName|beginswith: x}\n   ^\n", 2},
		{"Sigma with a name that CloudTrail does not have", []string{"--language", "sigma", `{event.action: x}`}, nil, "trailwire: warning: no CloudTrail event has the field event.action\n", 0},
		{"a correlation in Sigma", []string{"--language", "sigma", `{correlation: {type: event_count}}`}, nil, "a correlation rule is about several events", 2},
		{"no map in Sigma", []string{"--language", "sigma", `DeleteTrail`}, nil, "line 1, column 1: a detection is a map of selections with a condition, or of fields: {eventName: DeleteTrail}", 2},
		{"a sequence", []string{`sequence [any where true] [any where true]`}, nil, "a sequence is about several events", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, stderr, code := runWith(documents, append(append([]string{"query"}, test.args...), "-")...)
			if code != test.code || !strings.Contains(stderr, test.stderr) {
				t.Errorf("code %d, want %d\n%s", code, test.code, stderr)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if out == "" {
				lines = nil
			}
			if len(lines) != len(test.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(test.want), out)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %d is %s, want %s…", i+1, lines[i], want)
				}
			}
		})
	}
}

func TestQueryExplainsEveryClauseOfAnEvent(t *testing.T) {
	out, stderr, code := runWith(documents, "query", "--explain", "--event", "one",
		`iam where event.action : "delete*" and not (source.ip == "192.0.2.1" or user.name == "x")`, "-")
	const want = `standard input:1  one  does not match
  false  iam where event.action : "delete*" and not (source.ip == "19… (29 bytes more)
    true   iam  ← event.category = "iam"
    false  event.action : "delete*" and not (source.ip == "192.0.2.1" o… (19 bytes more)
      true   event.action : "delete*"  ← event.action = "DeleteUser"
      false  not (source.ip == "192.0.2.1" or user.name == "x")
        true   source.ip == "192.0.2.1" or user.name == "x"
          true   source.ip == "192.0.2.1"  ← source.ip = "192.0.2.1"
          null   user.name == "x"  ← user.name = null
`
	if out != want || code != 0 {
		t.Errorf("code %d\n%s\n%s", code, out, stderr)
	}
}

func TestScanExplainsAnEventForEveryRule(t *testing.T) {
	out, stderr, code := runWith(documents, "scan", "-q", "--explain", "two", "-")
	if code != 0 || !strings.HasPrefix(out, "standard input:2  two  GetObject  (s3.amazonaws.com)\n"+
		"  AWS Lambda Function Policy Updated to Allow Cross-Account Invocation: does not match (8f985da6-66e8-4838-a63e-21636eb9adc5)\n") ||
		!strings.Contains(out, `      false  event.provider == "lambda.amazonaws.com"  ← event.provider = "s3.amazonaws.com"`) {
		t.Errorf("code %d\n%s\n%s", code, out, stderr)
	}
	if _, stderr, code := runWith(documents, "scan", "-q", "--explain", "five", "-"); code != 1 || stderr != "trailwire: there is no event with the id five\n" {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestScanExplainsWhatBecomesOfAMatch(t *testing.T) {
	public := strings.Replace(grantEvent, "lambda:InvokeFunction", "lambda:*", 1)
	const rule = "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation"
	const who = "    reason 111122223333 let account 444455556666 invoke Lambda function billing-export\n    relation cross_account\n"
	const extended = "    coverage extended: found by reading the grant; the rule's own query misses it\n"
	for _, test := range []struct {
		name, stdin, flags, want string
	}{
		{"a match", grantEvent, "", "  alert of " + rule + "\n" + who},
		{"a match that is a duplicate", grantEvent + "\n" + grantEvent, "",
			"  alert of " + rule + "\n" + who + "    suppressed duplicate: the same event has raised this alert before\n"},
		{"a match that an exception drops", grantEvent, "--trusted-accounts 444455556666", "  no alert of " + rule + ": trusted_accounts covers the grant\n"},
		{"one by who called", grantEvent, "--trusted-actors arn:aws:iam::111122223333:user/mallory", "  no alert of " + rule + ": trusted_actors covers the grant\n"},
		{"one by the function", grantEvent, "--trusted-functions billing-*", "  no alert of " + rule + ": trusted_functions covers the grant\n"},
		{"no match", public, "", "  no alert\n"},
		{"no match, beyond which extended coverage looks", public, "--coverage extended",
			"  alert of " + rule + "\n" + extended + strings.Replace(who, "invoke", "invoke (lambda:*)", 1) + "    evasion wildcard_action\n"},
		{"that too is dropped", public, "--coverage extended --trusted-accounts 444455556666",
			"  no alert of " + rule + ": trusted_accounts covers the grant\n" + extended},
		{"an event of a file that is split", `{"Records":[` + otherEvent + `,` + grantEvent + `]}`, "", "  alert of " + rule + "\n" + who},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"scan", "-q", "--explain", "6c0f", "-"}, strings.Fields(test.flags)...)
			out, said, code := runWith(test.stdin, args...)
			if code != exitFine || said != "" || !strings.HasSuffix(out, "\n"+test.want) {
				t.Errorf("code %d, %s\n%s\nwant at the end\n%s", code, said, out, test.want)
			}
			scanned, _, _ := runWith(test.stdin, append([]string{"scan", "-q", "-"}, strings.Fields(test.flags)...)...)
			if (scanned != "") != strings.Contains(out, "\n  alert of ") {
				t.Errorf("a scan says\n%s", scanned)
			}
		})
	}
	if out, said, code := runWith(grantEvent, "scan", "--explain", "6c0f", "--format", "json", "-"); code != exitUsage || out != "" || !strings.Contains(said, "--explain prints text") {
		t.Errorf("code %d, %s: as JSON", code, said)
	}
}

// runWith is run, with its results apart.
func runWith(stdin string, args ...string) (out, stderr string, code int) {
	r := run(stdin, args...)
	return r.out, r.err, r.code
}
