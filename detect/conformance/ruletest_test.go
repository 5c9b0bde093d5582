package conformance

import (
	"errors"
	"fmt"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
)

func TestAFileOfRuleTestsIsReadOrRefusedWithThePlace(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"two tests", "[\n  {\"event\": {\"eventName\": \"x\"}, \"expected\": true, \"why\": \"it is one\"},\n  {\"expected\": false, \"event\": {}}\n]\n", "2 true it is one; 3 false ; "},
		{"no test", "[]", ""},
		{"no list", `{"event": {}}`, `t.json:1:1: the file must be a list: [{"event": {…}, "expected": true, "why": "…"}, …]`},
		{"nothing", "", "t.json:1:1: the file is not JSON: unexpected end of JSON input"},
		{"no event", "[\n {\"expected\": true}]", "t.json:2:2: the test has no event"},
		{"no verdict", "[{\"event\": {}}]", "t.json:1:2: the test does not say what is expected: true or false"},
		{"a verdict in words", `[{"event": {}, "expected": "yes"}]`, "t.json:1:2: cannot unmarshal string into Go struct field .expected of type bool: a test has the keys event, expected, before and why"},
		{"a key that nobody knows", `[{"event": {}, "expect": true}]`, `t.json:1:2: unknown field "expect": a test has the keys event, expected, before and why`},
		{"an event that is not an object", `[{"event": [], "expected": true}]`, "t.json:1:2: the event must be a JSON object"},
		{"a comma too many", "[\n{\"event\": {},}]", "t.json:2:14: the file is not JSON: invalid character '}' looking for beginning of object key string"},
		{"a list that does not end", `[{"event": {}, "expected": true}`, "t.json:1:32: the file is not JSON: unexpected end of JSON input"},
		{"something after the list", "[] {}", "t.json:1:4: the file is not JSON: invalid character '{' after top-level value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			read, err := rule.ParseTests("t.json", []byte(test.text))
			got := ""
			for _, r := range read {
				got += fmt.Sprintf("%d %t %s; ", r.Line, r.Expected, r.Why)
			}
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestARuleIsTriedOnAnEventInAnyWrapping(t *testing.T) {
	tried := ruleWith(t, `any where event.action == "x"`)
	event := func(name string) object { return object{"eventSource": "s.amazonaws.com", "eventName": name} }
	tests := []struct {
		name    string
		record  object
		matches bool
		parts   int
	}{
		{"the event itself", event("x"), true, 1},
		{"another event", event("y"), false, 1},
		{"the second of two events", object{"Records": []any{event("y"), event("x")}}, true, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			matches, why, err := tried.Try(pack(t, test.record))
			if err != nil || matches != test.matches || len(why) != test.parts {
				t.Errorf("matches: %t, %d explanations, %v", matches, len(why), err)
			}
		})
	}
	if _, _, err := tried.Try(pack(t, object{"a": 1})); !errors.Is(err, rule.ErrNoEvent) {
		t.Errorf("a record that is not an event: %v", err)
	}
}
