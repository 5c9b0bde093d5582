package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestARuleIsTriedOnTheEventsThatItCouldMatch(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"one action", `any where event.action == "StopLogging"`, `event.action ["StopLogging"]`},
		{"several actions", `any where event.action in ("A1", "A2")`, `event.action ["A1" "A2"]`},
		{"an action or another", `any where event.action == "A1" or event.action == "A2"`, `event.action ["A1" "A2"]`},
		{"an action rather than a provider", `any where event.provider == "s3.amazonaws.com" and event.action == "A1"`, `event.action ["A1"]`},
		{"the narrower of two conditions", `any where event.action in ("A1", "A2") and event.action == "A1"`, `event.action ["A1"]`},
		{"a provider where the action is a pattern", `any where event.provider == "lambda.amazonaws.com" and event.action : "Add*"`, `event.provider ["lambda.amazonaws.com"]`},
		{"a provider in any case where the action is a pattern", `any where event.provider : "Lambda.amazonaws.com" and event.action : "Add*"`, `event.provider, in any case, ["lambda.amazonaws.com"]`},
		{"an action in any case", `any where event.action : "StopLogging"`, `event.action, in any case, ["stoplogging"]`},
		{"an action in any case or one in its own", `any where event.action in~ ("A1", "A2") or event.action == "B"`, `event.action, in any case, ["a1" "a2" "b"]`},
		{"letters beyond ASCII have more cases", `any where event.action : "Ä1"`, ` []`},
		{"an action in any case rather than a provider", `any where event.provider == "p" and event.action : "A1"`, `event.action, in any case, ["a1"]`},
		{"what is not an action for Elastic is not a key", `any where event.action == "none"`, ` []`},
		{"an action or something else", `any where event.action == "A1" or event.provider == "p"`, ` []`},
		{"not an action", `any where event.action != "A1"`, ` []`},
		{"an action or none at all", `any where event.action == "A1" or event.action == null`, ` []`},
		{"neither", `any where user_agent.original : "*kali*"`, ` []`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			field, values := ruleWith(t, test.query).TriedOn()
			if got := fmt.Sprintf("%s %q", field, values); got != test.want {
				t.Errorf("tried on %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheRulesThatMatchAreThoseThatMatchAlone(t *testing.T) {
	queries := []string{
		`any where event.action == "A"`,
		`any where event.provider == "p.amazonaws.com"`,
		`any where event.action in ("A", "B")`,
		`any where user.name == "u"`,
		`any where event.action : "a*" and event.provider == "p.amazonaws.com"`,
		`any where event.action == "B" and event.provider == "p.amazonaws.com"`,
		`any where event.provider in ("p.amazonaws.com", "q.amazonaws.com")`,
		`any where event.action == null`,
		`any where event.action : ("aB", "B")`,
		`any where event.provider : "Z.amazonaws.com" and event.action : "z*"`,
	}
	var rules []*rule.Rule
	for _, q := range queries {
		rules = append(rules, ruleWith(t, q))
	}
	engine := newEngine(t, func(o *detect.Options) { o.Rules, o.DedupWindow = rules, -1 })
	tests := []struct {
		name  string
		event object
		want  []int // of queries
	}{
		{"an action and its provider", object{"eventSource": "p.amazonaws.com", "eventName": "A"}, []int{0, 1, 2, 4, 6}},
		{"another action", object{"eventSource": "p.amazonaws.com", "eventName": "B"}, []int{1, 2, 5, 6, 8}},
		{"an action in any case", object{"eventSource": "r.amazonaws.com", "eventName": "AB"}, []int{8}},
		{"an action that is too long to be one", object{"eventSource": "q.amazonaws.com", "eventName": strings.Repeat("A", 200)}, []int{6}},
		{"the action in another case", object{"eventSource": "p.amazonaws.com", "eventName": "a"}, []int{1, 4, 6}},
		{"another provider", object{"eventSource": "q.amazonaws.com", "eventName": "A"}, []int{0, 2, 6}},
		{"a provider in another case", object{"eventSource": "z.amazonaws.COM", "eventName": "Zed"}, []int{9}},
		{"neither, but the user", object{"eventSource": "r.amazonaws.com", "eventName": "C", "userIdentity": object{"userName": "u"}}, []int{3}},
		{"an action that is empty", object{"eventSource": "r.amazonaws.com", "eventName": ""}, []int{7}},
		{"a document with several actions", object{"event": object{"action": []any{"C", "B"}, "provider": "q.amazonaws.com"}, "data_stream.dataset": "aws.cloudtrail"}, []int{2, 6, 8}},
		{"a document with several providers", object{"event": object{"action": "A", "provider": []any{"r.amazonaws.com", "p.amazonaws.com"}}, "data_stream.dataset": "aws.cloudtrail"}, []int{0, 1, 2, 4, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for _, a := range alerts(t, engine, test.event) {
				got = append(got, slices.Index(queries, a.Rule.ID))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the rules %v match, want %v", got, test.want)
			}
			var alone []int
			for i, r := range rules {
				if matches, _, err := r.Try(pack(t, test.event)); err != nil {
					t.Fatal(err)
				} else if matches {
					alone = append(alone, i)
				}
			}
			if !slices.Equal(alone, test.want) {
				t.Errorf("alone the rules %v match, want %v", alone, test.want)
			}
		})
	}
}

func TestARuleAboutAnyCallIsTriedWhereItsTextIs(t *testing.T) {
	queries := []string{
		`any where user_agent.original : "*trufflehog*"`,
		`any where event.action == "A"`,
		`any where user.name in ("mallory", "trudy")`,
		`any where event.action != "C"`,
		`any where user.name == "mallory" and user_agent.original : "*kali*"`,
	}
	for i := range 70 { // more than there are bits
		queries = append(queries, fmt.Sprintf(`any where user_agent.original : "*agent-%d;*"`, i))
	}
	var rules []*rule.Rule
	for _, q := range queries {
		rules = append(rules, ruleWith(t, q))
	}
	engine := newEngine(t, func(o *detect.Options) { o.Rules, o.DedupWindow = rules, -1 })
	tests := []struct {
		name, event string
		want        []int // of queries
	}{
		{"no text", `{"eventSource":"a.b","eventName":"C"}`, nil},
		{"no text, but an action", `{"eventSource":"a.b","eventName":"A"}`, []int{1, 3}},
		{"a text", `{"eventSource":"a.b","eventName":"C","userAgent":"x TruffleHog y"}`, []int{0}},
		{"the first text of a rule", `{"eventSource":"a.b","eventName":"C","userIdentity":{"userName":"mallory"}}`, []int{2}},
		{"the second text of a rule", `{"eventSource":"a.b","eventName":"C","userIdentity":{"userName":"trudy"}}`, []int{2}},
		{"texts of several rules, in their order", `{"eventSource":"a.b","eventName":"A","userAgent":"trufflehog on kali","userIdentity":{"userName":"mallory"}}`, []int{0, 1, 2, 3, 4}},
		{"a text after the last bit", `{"eventSource":"a.b","eventName":"C","userAgent":"agent-69;"}`, []int{5 + 69}},
		{"a text in an escape", `{"log":"{\"eventSource\":\"a.b\",\"eventName\":\"C\",\"userAgent\":\"truffleho\\u0067\"}"}`, []int{0}},
		{"a text in an escape in a text of the event", `{"eventSource":"a.b","eventName":"C","userIdentity":"{\"userName\":\"mallor\\u0079\"}"}`, []int{2}},
		{"a text beside the event", `{"userAgent":"trufflehog","log":"{\"eventSource\":\"a.b\",\"eventName\":\"C\"}"}`, nil},
		{"a text in the second event of a list", `{"Records":[{"eventSource":"a.b","eventName":"C"},{"eventSource":"a.b","eventName":"C","userAgent":"trufflehog"}]}`, []int{0}},
		{"a document with a text", `{"event":{"action":"C","provider":"p"},"data_stream.dataset":"aws.cloudtrail","user_agent.original":["x","trufflehog"]}`, []int{0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for _, a := range alerts(t, engine, test.event) {
				got = append(got, slices.Index(queries, a.Rule.ID))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the rules %v match, want %v", got, test.want)
			}
		})
	}
}
