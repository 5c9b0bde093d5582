package rule

import (
	"fmt"
	"testing"
)

func TestRulesShareTheFieldsThatTheyRead(t *testing.T) {
	parse := func(name, text string) *Rule {
		t.Helper()
		r, err := Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	const head = "[rule]\nname = 'n'\nrule_id = 'r'\nseverity = 'low'\nrisk_score = 1\n"
	single := parse("single.toml", head+"type = 'eql'\nquery = 'any where event.action == \"A\" and user_agent.original == \"x\"'\n")
	threshold := parse("threshold.toml", head+"type = 'threshold'\nlanguage = 'kuery'\nquery = 'user_agent.original: x'\n"+
		"[rule.threshold]\nfield = ['user.name', 'event.action']\nvalue = 2\n[[rule.threshold.cardinality]]\nfield = 'source.ip'\nvalue = 2\n")
	sigma := parse("sigma.yml", "title: n\nid: 0c1b2c6e-8f1c-4b0e-9e63-2f0b9d7f1a12\nlogsource: {product: aws, service: cloudtrail}\nlevel: low\n"+
		"detection: {a: {eventName: A, userAgent: ''}, condition: a}\n")
	var shared Shared
	for _, c := range []struct {
		name        string
		rule        *Rule
		fields, key string
	}{
		{"the first rule has places of its own", single, "[0 1]", "[]"},
		{"what two rules read is in one place, and what they go by too", threshold, "[1]", "[2 0 3]"},
		{"an empty text is a value to Sigma", sigma, "[4 5]", "[]"},
		{"a rule has its places again", threshold, "[1]", "[2 0 3]"},
	} {
		fields, key := shared.Places(c.rule)
		if got, gotKey := fmt.Sprint(fields), fmt.Sprint(key); got != c.fields || gotKey != c.key {
			t.Errorf("%s: it has the places %s and %s, want %s and %s", c.name, got, gotKey, c.fields, c.key)
		}
	}
	if len(shared.fields) != 6 {
		t.Errorf("%d fields are kept, want 6", len(shared.fields))
	}
}
