package conformance

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// ruleText is a rule file without the lines that begin with one of the keys,
// and with others at its end.
func ruleText(without string, with ...string) string {
	var lines []string
	for _, line := range []string{
		`[rule]`,
		`name = "A rule"`,
		`rule_id = "an-id"`,
		`type = "eql"`,
		`severity = "low"`,
		`risk_score = 21`,
		`query = 'any where event.action == "x"'`,
	} {
		if key, _, _ := strings.Cut(line, " "); key != without {
			lines = append(lines, line)
		}
	}
	return strings.Join(append(lines, with...), "\n")
}

func TestABrokenRuleFileIsRefusedWithThePlaceAndWhatWasExpected(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // the error, and the two lines that show the place
	}{
		{"a text that does not end", "[rule]\nname = \"A rule\nseverity = 1", `r.toml:2:15: the file is not TOML: basic strings cannot have new lines
name = "A rule
              ^`},
		{"a key twice", ruleText("", `name = "B"`), `r.toml:8:1: the file is not TOML: key name is already defined
name = "B"
^`},
		{"another file altogether", "{\"rule\": 1}", `r.toml:1:1: the file is not TOML: invalid character at start of key: U+007B '{'
{"rule": 1}
^`},
		{"no rule in it", "[metadata]\nmaturity = \"production\"", `r.toml:1:1: the table [rule] is missing: a rule file has one, as in Elastic's detection-rules repository
[metadata]
^`},
		{"nothing in it", "", "r.toml:1:1: the table [rule] is missing: a rule file has one, as in Elastic's detection-rules repository\n\n^"},
		{"a missing name", ruleText("name"), `r.toml:1:2: rule.name is missing: it must be a line for analysts to read
[rule]
 ^`},
		{"an empty id", ruleText("rule_id", `rule_id = " "`), `r.toml:7:11: rule.rule_id is empty: it must be an id that no other rule has, such as a UUID
rule_id = " "
          ^`},
		{"a missing type", ruleText("type"), `r.toml:1:2: rule.type is missing: it must be eql, query, esql, threshold or new_terms
[rule]
 ^`},
		{"a type that nobody knows", ruleText("type", `type = "sigma"`), `r.toml:7:8: rule.type is "sigma": it must be eql, query, esql, threshold or new_terms
type = "sigma"
       ^`},
		{"another language", ruleText("", `language = "kuery"`), `r.toml:8:12: rule.language is "kuery": it must be eql
language = "kuery"
           ^`},
		{"a severity that nobody knows", ruleText("severity", `severity = "urgent"`), `r.toml:7:12: rule.severity is "urgent": it must be low, medium, high or critical
severity = "urgent"
           ^`},
		{"a number instead of a text", ruleText("name", `name = 5`), `r.toml:7:8: rule.name is an integer: it must be a line for analysts to read
name = 5
       ^`},
		{"a text instead of a number", ruleText("risk_score", `risk_score = "21"`), `r.toml:7:14: rule.risk_score is a string: it must be a whole number from 0 to 100
risk_score = "21"
             ^`},
		{"a missing risk score", ruleText("risk_score"), `r.toml:1:2: rule.risk_score is missing: it must be a whole number from 0 to 100
[rule]
 ^`},
		{"a risk score that is too high", ruleText("risk_score", `risk_score = 101`), `r.toml:7:14: rule.risk_score is 101: it must be a whole number from 0 to 100
risk_score = 101
             ^`},
		{"no alert at all", ruleText("", `max_signals = 0`), `r.toml:8:15: rule.max_signals is 0: it must be a whole number from 1 to 1000000
max_signals = 0
              ^`},
		{"a text instead of a list", ruleText("", `tags = "Domain: Cloud"`), `r.toml:8:8: rule.tags is a string: it must be a list of strings
tags = "Domain: Cloud"
       ^`},
		{"a number in a list of texts", ruleText("", "tags = [\n  \"a\",\n  5,\n]"), `r.toml:10:3: rule.tags has an integer in it: it must be a list of strings
  5,
  ^`},
		{"an interval without a unit", ruleText("", `interval = "5"`), `r.toml:8:12: rule.interval is "5": it must be a number and one of s, m, h, d, w, such as 5m
interval = "5"
           ^`},
		{"a look-back that is not date math", ruleText("", `from = "6m"`), `r.toml:8:8: rule.from is "6m": it must be now- and a period, such as now-6m
from = "6m"
       ^`},
		{"threat as a table", ruleText("", `[rule.threat]`, `framework = "MITRE ATT&CK"`), `r.toml:8:7: rule.threat is a table: it must be a list of tables, [[rule.threat]]
[rule.threat]
      ^`},
		{"a technique without an id", ruleText("", `[[rule.threat]]`, `[[rule.threat.technique]]`, `name = "Event Triggered Execution"`), `r.toml:9:15: rule.threat.technique.id is missing: it must be an ATT&CK id
[[rule.threat.technique]]
              ^`},
		{"an empty query", ruleText("query", `query = ''`), `r.toml:7:9: rule.query is empty: it must be an EQL query: category where condition
query = ''
        ^`},
		{"a mistake in a query on the key's line", ruleText("query", `query = 'any where event.action = "x"'`), `r.toml:7:33: rule.query: = is not a comparison: use == (exact) or : (any case, wildcards)
query = 'any where event.action = "x"'
                                ^`},
		{"a mistake on a later line", ruleText("query", "query = '''\nany where event.action == \"x\"\n  and cidr(source.ip, \"10.0.0.0/8\")\n'''"), `r.toml:9:7: rule.query: there is no function cidr
  and cidr(source.ip, "10.0.0.0/8")
      ^`},
		{"a mistake after escapes", ruleText("query", `query = "any where event.action == \"\u0078\" and and"`), `r.toml:7:51: rule.query: expected a value or a field, found the keyword and: a field of that name is written ` + "`and`" + `
query = "any where event.action == \"\u0078\" and and"
                                                  ^`},
		{"a mistake after a line that is continued", ruleText("query", "query = \"\"\"\\\n    any where \\\n    event.action === 5\"\"\""), `r.toml:9:20: rule.query: = is not a comparison: use == (exact) or : (any case, wildcards)
    event.action === 5"""
                   ^`},
		{"a mistake after letters of several bytes", ruleText("query", `query = 'any where event.action == "é" or'`), `r.toml:7:42: rule.query: expected a value or a field, found the end of the query
query = 'any where event.action == "é" or'
                                         ^`},
		{"a mistake after a tab", ruleText("query", "query = '''any where\n\tevent.action = 1'''"), "r.toml:8:15: rule.query: = is not a comparison: use == (exact) or : (any case, wildcards)\n\tevent.action = 1'''\n\t             ^"},
		{"a mistake in a file with the line ends of Windows", strings.ReplaceAll(ruleText("query", "query = '''\nany where event.action ==\n'''"), "\n", "\r\n"), `r.toml:9:1: rule.query: expected a value or a field, found the end of the query
'''
^`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := rule.Parse("r.toml", []byte(test.text))
			var at *rule.Error
			if !errors.As(err, &at) {
				t.Fatalf("the error is %v", err)
			}
			if got := at.Error() + "\n" + at.Caret(); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if at.Unsupported {
				t.Error("a broken file is called unsupported")
			}
		})
	}
}

func TestRulesThatAreNotAboutSingleEventsAreRefusedByName(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"Lucene's query language", "type = \"query\"\nlanguage = \"lucene\"", "the language lucene is not supported: a rule of the type query is written in KQL (kuery)"},
		{"filters", `filters = [{meta = {negate = true}}]`, "rule.filters is not supported: filters are queries of Elasticsearch, beside the rule's own"},
		{"a saved query", `type = "saved_query"`, "the rule type saved_query is not supported: its query is stored in Kibana; eql, query, esql, threshold and new_terms are"},
		{"machine learning", `type = "machine_learning"`, "the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are"},
		{"indicators", `type = "threat_match"`, "the rule type threat_match is not supported: it looks events up in an index of threat indicators; eql, query, esql, threshold and new_terms are"},
		{"a sequence", `query = 'sequence by user.id [any where true] [any where true]'`, "rule.query: a sequence without maxspan is not supported: events would have to be remembered for ever"},
		{"a sample", `query = 'sample by user.id [any where true] [any where true]'`, "rule.query: a sample is about several events: only queries about single events (category where condition) are supported"},
		{"a join", `query = 'join by user.id [any where true] [any where true]'`, "rule.query: a join is about several events: only queries about single events (category where condition) are supported"},
		{"ES|QL that aggregates", "type = \"esql\"\nquery = 'from logs-aws.cloudtrail-* | where true | stats n = count(*) by user.id'", "rule.query: the query needs stats: only where, keep, drop, sort and limit after from are evaluated"},
		{"ES|QL about alerts", "type = \"esql\"\nquery = 'from .alerts-security.* | where true'", "rule.query: .alerts-security.* is not an index of CloudTrail events"},
		{"a pipe", `query = 'any where true | head 5'`, "rule.query: pipes are not supported, found | head: a query about single events ends with its condition"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, _, _ := strings.Cut(test.text, " ")
			text := ruleText(key, test.text)
			if strings.Contains(test.text, "query = ") && key != "query" {
				text = strings.Replace(text, "query = 'any where event.action == \"x\"'\n", "", 1)
			}
			_, err := rule.Parse("r.toml", []byte(text))
			var at *rule.Error
			if !errors.As(err, &at) || !at.Unsupported || at.Msg != test.want {
				t.Errorf("the error is %v, want %s", err, test.want)
			}
		})
	}
}

func TestARuleHasWhatItsFileSays(t *testing.T) {
	r, err := rule.Parse("dir/r.toml", []byte(ruleText("severity", `
author = ["A", "B"]
building_block_type = "default"
description = """
What it finds. """
event_category_override = "event.type"
false_positives = ["""
  Deployments.
"""]
from = "now-1h"
interval = "15m"
language = "eql"
license = "Elastic License v2"
max_signals = 1_000
references = ["https://example.com/a"]
severity = "critical"
tags = ["Domain: Cloud"]
timestamp_override = "event.ingested"
version = 7
unknown_to_us = { a = [1.5, true, 2026-06-18] }

[rule.investigation_fields]
field_names = ["event.action"]

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1"
name = "One"
reference = "https://example.com/T1"
[[rule.threat.technique.subtechnique]]
id = "T1.001"
name = "One one"
reference = "https://example.com/T1/001"
[[rule.threat.technique]]
id = "T2"
name = "Two"
reference = "https://example.com/T2"
[rule.threat.tactic]
id = "TA1"
name = "First"
reference = "https://example.com/TA1"
[[rule.threat]]
framework = "MITRE ATT&CK"
[rule.threat.tactic]
id = "TA2"
name = "Second"
reference = "https://example.com/TA2"

[metadata]
maturity = "production"
`)))
	if err != nil {
		t.Fatal(err)
	}
	checks := []struct {
		what      string
		got, want any
	}{
		{"the file", r.File, "dir/r.toml"},
		{"the id", r.ID, "an-id"},
		{"the name", r.Name, "A rule"},
		{"the version", r.Version, 7},
		{"the authors", strings.Join(r.Author, "+"), "A+B"},
		{"the description", r.Description, "What it finds."},
		{"the severity", r.Severity, "critical"},
		{"the risk score", r.RiskScore, 21},
		{"the most alerts", r.MaxSignals, 1000},
		{"the interval", r.Interval, 15 * time.Minute},
		{"the look-back", r.LookBack, time.Hour},
		{"the category field", r.CategoryField, "event.type"},
		{"the building block", r.BuildingBlock, "default"},
		{"the false positives", strings.Join(r.FalsePositives, "+"), "  Deployments.\n"},
		{"the fields to investigate", strings.Join(r.InvestigationFields, "+"), "event.action"},
		{"the tactics", strings.Join(r.Tactics(), " "), "TA1 TA2"},
		{"the techniques", strings.Join(r.Techniques(), " "), "T1 T1.001 T2"},
		{"a reference", r.Threat[0].Techniques[0].Subtechniques[0].URL, "https://example.com/T1/001"},
		{"the query", r.Query, `any where event.action == "x"`},
	}
	for _, c := range checks {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestWhatARuleFileDoesNotSayHasElasticsDefaults(t *testing.T) {
	r, err := rule.Parse("r.toml", []byte(ruleText("")))
	if err != nil {
		t.Fatal(err)
	}
	if r.Version != 1 || r.MaxSignals != 100 || r.Interval != 5*time.Minute || r.LookBack != 6*time.Minute || r.CategoryField != "event.category" {
		t.Errorf("version %d, %d alerts in %s, looking back %s, category %s", r.Version, r.MaxSignals, r.Interval, r.LookBack, r.CategoryField)
	}
}

func FuzzParseRule(f *testing.F) {
	f.Add(ruleText(""))
	f.Add(ruleText("query", "query = \"\"\"\\\n any where \\u0061 == \\\"b\\\" and\"\"\""))
	f.Add("[[rule]]\n[rule.threat]\na.b = [{c = 1}]")
	f.Add("rule = {name = 1}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := rule.Parse("r.toml", []byte(text))
		var at *rule.Error
		switch {
		case err == nil && (r.ID == "" || r.Name == ""):
			t.Error("a rule without id or name")
		case err != nil && !errors.As(err, &at):
			t.Errorf("an error without a place: %v", err)
		case err != nil && (at.Line < 1 || at.Column < 1 || strings.Count(at.Caret(), "\n") != 1):
			t.Errorf("no such place: %v\n%s", err, at.Caret())
		}
	})
}

func TestAnAlertSaysThatItsRuleIsABuildingBlock(t *testing.T) {
	for text, want := range map[string]any{ruleText(""): nil, ruleText("", `building_block_type = "default"`): "default"} {
		parsed, err := rule.Parse("r.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{parsed} })
		outputs := engine.ThoroughEvaluator().Record(pack(t, object{"eventSource": "s.amazonaws.com", "eventName": "x"}), time.Time{})
		if len(outputs) != 1 {
			t.Fatalf("%d outputs", len(outputs))
		}
		got := unpack(t, outputs[0].Body)["alert"].(object)["rule"].(object)["building_block_type"]
		if got != want {
			t.Errorf("building_block_type is %v, want %v", got, want)
		}
	}
}
