package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/detect/rule/builtin"
)

// ruleFile is a rule that matches DeleteUser, with other lines put in.
func ruleFile(id string, lines ...string) string {
	return "[rule]\nname = \"A user is deleted\"\nrule_id = \"" + id + "\"\nseverity = \"low\"\nrisk_score = 21\n" +
		strings.Join(append(lines, `type = "eql"`, `query = 'any where event.provider == "iam.amazonaws.com" and event.action : "Delete*User"'`), "\n")
}

func ruleFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// deadRule is the warning about dead.toml.
const deadRule = "trailwire: warning: %s/dead.toml:7:63: rule.query: no call with the event.category file can match this: write any where\n" +
	"  query = 'file where event.provider == \"iam.amazonaws.com\" and event.action : \"Delete*User\"'\n" +
	"                                                                ^\n"

// noMachineLearning is the error about machine_learning.toml.
const noMachineLearning = "trailwire: %s/machine_learning.toml:6:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are\n" +
	"  type = \"machine_learning\"\n         ^\n"

// builtInFile is the file of the built-in rule, with more in its query.
func builtInFile(t *testing.T, more string) string {
	t.Helper()
	text, err := builtin.Files.ReadFile("lambda_cross_account_invocation.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + more
}

func TestRulesCheckReadsFilesAndRunsTheTestsBesideThem(t *testing.T) {
	const tests = `[
  {"event": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser"}, "expected": true, "why": "a user is deleted"},
  {"event": {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}, "expected": false, "why": "a user is made"}
]`
	folder := ruleFolder(t, map[string]string{
		"good.toml": ruleFile("good"), "good.test.json": tests,
		"untested.toml": ruleFile("untested"),
		"wrong.toml":    ruleFile("wrong"), "wrong.test.json": strings.ReplaceAll(tests, "CreateUser", "DeleteTheUser"),
		"alien.toml": ruleFile("alien"), "alien.test.json": `[{"event": {"a": 1}, "expected": false}]`,
		"broken.toml":  ruleFile("broken", `max_signals = "5"`),
		"badtest.toml": ruleFile("badtest"), "badtest.test.json": `[{"event": {}}]`,
		"twin.toml":             ruleFile("good"),
		"dead.toml":             strings.Replace(ruleFile("dead"), "any where", "file where", 1),
		"machine_learning.toml": strings.Replace(ruleFile("machine_learning"), `"eql"`, `"machine_learning"`, 1),
		"builtin.toml":          builtInFile(t, "# with a comment\n"),
		"other.toml":            ruleFile(rule.CrossAccountID),
	})
	if err := os.Mkdir(filepath.Join(folder, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name        string
		args        string // %s is the folder
		out, stderr string
		code        int
	}{
		{"a good rule with tests", "%s/good.toml", "ok    %s/good.toml (2 tests)\n1 rule fine, 2 tests.\n", "", 0},
		{"a rule without tests", "%s/untested.toml", "ok    %s/untested.toml (no tests: %s/untested.test.json is not there)\n1 rule fine.\n", "", 0},
		{"a test that fails", "%s/wrong.toml", `FAIL  %s/wrong.test.json:3: the rule matches, and should not: a user is made
    true   event.provider == "iam.amazonaws.com" and event.action : "De… (10 bytes more)
      true   event.provider == "iam.amazonaws.com"  ← event.provider = "iam.amazonaws.com"
      true   event.action : "Delete*User"  ← event.action = "DeleteTheUser"
1 rule fine, 2 tests, 1 failed.
`, "", 1},
		{"a test whose event is none", "%s/alien.toml", "FAIL  %s/alien.test.json:1: this is not a CloudTrail event, in any shape that is known: \n1 rule fine, 1 test, 1 failed.\n", "", 1},
		{"a broken rule", "%s/broken.toml", "0 rules fine, 1 broken.\n", "trailwire: %s/broken.toml:6:15: rule.max_signals is a string: it must be a whole number from 1 to 1000000\n  max_signals = \"5\"\n                ^\n", 2},
		{"a broken file of tests", "%s/badtest.toml", "0 rules fine, 1 broken.\n", "trailwire: %s/badtest.test.json:1:2: the test does not say what is expected: true or false\n  [{\"event\": {}}]\n   ^\n", 2},
		{"two rules with one id", "%s/good.toml %s/twin.toml", "ok    %s/good.toml (2 tests)\n1 rule fine, 1 broken, 2 tests.\n", "trailwire: %s/twin.toml: the rule_id good is also that of %s/good.toml\n", 2},
		{"a rule of another type", "%s/machine_learning.toml", "0 rules fine, 1 not supported.\n", noMachineLearning, 4},
		{"a broken rule and one of another type", "%s/broken.toml %s/machine_learning.toml", "0 rules fine, 1 broken, 1 not supported.\n", "trailwire: %s/broken.toml:6:15: rule.max_signals is a string: it must be a whole number from 1 to 1000000\n  max_signals = \"5\"\n                ^\n" + noMachineLearning, 2},
		{"a test that fails and a rule of another type", "%s/alien.toml %s/machine_learning.toml", "FAIL  %s/alien.test.json:1: this is not a CloudTrail event, in any shape that is known: \n1 rule fine, 1 not supported, 1 test, 1 failed.\n", noMachineLearning, 1},
		{"the built-in rule once more", "%s/builtin.toml", "ok    %s/builtin.toml (the built-in rule; no tests: %s/builtin.test.json is not there)\n1 rule fine.\n", "", 0},
		{"its id, with another query", "%s/other.toml", "ok    %s/other.toml (no tests: %s/other.test.json is not there)\n1 rule fine, 1 warning.\n",
			"trailwire: warning: %s/other.toml:3:11: rule.rule_id 8f985da6-66e8-4838-a63e-21636eb9adc5 is that of the built-in rule \"AWS Lambda Function Policy Updated to Allow Cross-Account Invocation\", whose query is another: give this rule an id of its own, leave the file out, or leave that rule out with -builtin\n  rule_id = \"8f985da6-66e8-4838-a63e-21636eb9adc5\"\n            ^\n", 0},
		{"a folder without a rule", "%s/empty", "", "trailwire: \"%s/empty\" has no rule file in it: their names end in .toml, .yml or .yaml\n", 2},
		{"flags that exclude each other", "--each --table %s/good.toml", "", "trailwire: --each and --table exclude each other\n", 2},
		{"a rule of another type, left out", "--unsupported-rules skip %s/machine_learning.toml %s/good.toml", "skip  %s/machine_learning.toml:6:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are\nok    %s/good.toml (2 tests)\n1 rule fine, 1 skipped, 2 tests.\n", "", 0},
		{"a rule that can match nothing", "%s/dead.toml %s/untested.toml",
			"ok    %s/dead.toml (no tests: %s/dead.test.json is not there)\nok    %s/untested.toml (no tests: %s/untested.test.json is not there)\n2 rules fine, 1 warning.\n", deadRule, 0},
		{"a rule that can match nothing, to be strict", "--strict %s/dead.toml", "ok    %s/dead.toml (no tests: %s/dead.test.json is not there)\n1 rule fine, 1 warning.\n", deadRule, 1},
		{"rules that can match, to be strict", "--strict %s/good.toml", "ok    %s/good.toml (2 tests)\n1 rule fine, 2 tests.\n", "", 0},
		{"no such file", "%s/none.toml", "", "trailwire: \"%s/none.toml\": no such rule file\n", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			here := func(text string) string { return strings.ReplaceAll(text, "%s", folder) }
			out, stderr, code := runWith("", append([]string{"rules", "check"}, strings.Fields(here(c.args))...)...)
			if out != here(c.out) || stderr != here(c.stderr) || code != c.code {
				t.Errorf("code %d, want %d\n%s\n%s", code, c.code, out, stderr)
			}
		})
	}
}

func TestRulesCheckOfAFolderIsATableAndALineForEachKind(t *testing.T) {
	files := map[string]string{
		"readme.md": "no rule", ".git/no.toml": "no rule",
		"aws/broken.toml": ruleFile("broken", `max_signals = "5"`), "aws/none.toml": "[rule]\n",
		"aws/tested.toml": ruleFile("tested"), "aws/tested.test.json": `[{"event": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser"}, "expected": false, "why": "wrong"}]`,
		"sigma/key.yml":  "title: t\nid: k\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  a: {eventName: x}\n  condition: a\n",
		"sigma/host.yml": "title: t\nid: h\nlogsource: {product: windows}\ndetection:\n  a: {EventID: 1}\n  condition: a\n",
	}
	for i := range 12 {
		files[fmt.Sprintf("aws/good%02d.toml", i)] = ruleFile(fmt.Sprint("good", i))
	}
	for i := range 3 {
		files[fmt.Sprintf("aws/count%d.toml", i)] = strings.Replace(ruleFile(fmt.Sprint("count", i)), `"eql"`, `"machine_learning"`, 1)
		files[fmt.Sprintf("aws/dead%d.toml", i)] = strings.Replace(ruleFile(fmt.Sprint("dead", i)), "any where", "file where", 1)
	}
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, stderr, code := runWith("", "rules", "check", folder)
	wantOut := "FAIL  " + folder + `/aws/tested.test.json:1: the rule matches, and should not: wrong
    true   event.provider == "iam.amazonaws.com" and event.action : "De… (10 bytes more)
      true   event.provider == "iam.amazonaws.com"  ← event.provider = "iam.amazonaws.com"
      true   event.action : "Delete*User"  ← event.action = "DeleteUser"
type                files   loaded  not supported  broken
(no type)               1        -              -       1
eql                    17       16              -       1
machine_learning        3        -              3       -
sigma                   2        1              1       -
all                    23       17              4       2

Not supported:
      3  machine_learning: it asks for the anomalies of a machine learning job
      1  sigma: its logsource is not product aws, service cloudtrail

17 rules fine, 2 broken, 4 not supported, 3 warnings, 1 test, 1 failed.
`
	if out != wantOut || code != 2 {
		t.Errorf("code %d\n%s", code, out)
	}
	if got := strings.Count(stderr, "warning: "); got != 1 || !strings.Contains(stderr, "trailwire: warning: conditions that no event meets together, in 3 rules; the first is "+
		folder+"/aws/dead0.toml:7:63: rule.query: no call with the event.category file can match this: write any where\n") {
		t.Errorf("%d warnings:\n%s", got, stderr)
	}
	if strings.Count(stderr, "trailwire: "+folder) != 2 { // those that are broken
		t.Errorf("%s", stderr)
	}
	out, stderr, code = runWith("", "rules", "check", "--each", "--unsupported-rules", "skip", folder)
	if got := strings.Count("\n"+out, "\nok    ") + strings.Count("\n"+out, "\nskip  "); got != 16+4 || strings.Contains(out, "not supported  broken") || code != 2 || strings.Count(stderr, "warning: ") != 3 {
		t.Errorf("%d lines, code %d\n%s%s", got, code, out, stderr)
	}
	out, _, code = runWith("", "rules", "check", "--table", "--unsupported-rules", "skip", folder+"/aws/count0.toml", folder+"/aws/good00.toml")
	if !strings.HasPrefix(out, "type                files") || !strings.HasSuffix(out, "1 rule fine, 1 skipped.\n") || code != 0 {
		t.Errorf("code %d\n%s", code, out)
	}
}

func TestRulesListAndShowSayWhatAScanWouldUse(t *testing.T) {
	folder := ruleFolder(t, map[string]string{
		"a.toml":                ruleFile("an-id", `max_signals = 7`, `interval = "1h"`, `reason = "somebody left {cloud.region}"`),
		"machine_learning.toml": strings.Replace(ruleFile("machine_learning"), `"eql"`, `"machine_learning"`, 1),
	})
	out, stderr, code := runWith("", "rules", "list", "--rules", folder+"/*.toml", "--unsupported-rules", "skip")
	if want := "8f985da6-66e8-4838-a63e-21636eb9adc5  high 73  AWS Lambda Function Policy Updated to Allow Cross-Account Invocation  built in\n" +
		"an-id                                 low 21   A user is deleted                                                     " + folder + "/a.toml\n"; out != want || code != 0 {
		t.Errorf("code %d\n%s", code, out)
	}
	if want := "trailwire: warning: left out a rule: " + folder + "/machine_learning.toml:6:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are\n"; stderr != want {
		t.Errorf("%s", stderr)
	}
	out, stderr, code = runWith("", "rules", "show", "an-id", "--rules", folder+"/a.toml")
	if want := `A user is deleted
  rule_id       an-id, version 1
  type          eql
  from          ` + folder + `/a.toml
  severity      low, risk score 21
  at most       7 alerts in 1h; an event is remembered for 6m

Query, in EQL
  any where event.provider == "iam.amazonaws.com" and event.action : "Delete*User"

What its alerts say
  somebody left {cloud.region}
  cloud.region  awsRegion

Fields, and where they come from in a raw event
  event.provider  keyword  eventSource
  event.action    keyword  eventName

Before anything is parsed
  a chunk is searched for "delete", in any case
  the rule is tried on events with event.provider "iam.amazonaws.com"
`; out != want || code != 0 {
		t.Errorf("code %d %s\n%s", code, stderr, out)
	}
	if _, stderr, code = runWith("", "rules", "show", "nobody"); code != 2 || stderr != "trailwire: there is no rule nobody; see rules list\n" {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestABrokenRuleStopsAScanWithItsPlace(t *testing.T) {
	folder := ruleFolder(t, map[string]string{"a.toml": ruleFile("x", "tags = 5")})
	_, stderr, code := runWith("", "scan", "--rules", folder+"/a.toml", "-")
	if want := "trailwire: --rules: " + folder + "/a.toml:6:8: rule.tags is an integer: it must be a list of strings\n  tags = 5\n         ^\n"; stderr != want || code != 2 {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestRulesOfEachLanguageAreCheckedAndShown(t *testing.T) {
	out, stderr, code := runWith("", "rules", "check", "testdata/rules/*.toml", "testdata/rules/*.yml")
	if want := "ok    testdata/rules/access-logs-off.toml (8 tests)\nok    testdata/rules/key-for-another.toml (9 tests)\nok    testdata/rules/key-deletion.yml (7 tests)\n3 rules fine, 24 tests.\n"; out != want || stderr != "" || code != 0 {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
	for id, want := range map[string][]string{
		"3d0f6c52-8a5e-4b1c-9f57-6b2a1f0e7c11": {"\nQuery, in KQL\n  event.outcome: success\n", "requestParameters.attributes.key", `is searched for "DeleteFlowLogs"`},
		"c1a9a3de-6f0f-4c39-9d0f-7e5b1f8f2a64": {"\nQuery, in ES|QL\n  from logs-aws.cloudtrail-* metadata _id\n", "type          esql\n", "user.target.name", `is searched for "UploadSSHPublicKey"`},
		"9a7e2b34-51d0-4c8e-8f0b-27a4c6d1e5f2": {"\nQuery, in Sigma\n    selection:\n      eventSource: kms.amazonaws.com\n", "event.action", "keyword  eventName", `"schedulekeydeletion", in any case`, "TA0040, T1485", "Trailwire"},
	} {
		out, stderr, code := runWith("", "rules", "show", id, "--rules", "testdata/rules/*.toml, testdata/rules/*.yml")
		if code != 0 {
			t.Errorf("code %d: %s", code, stderr)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%q is not in\n%s", text, out)
			}
		}
	}
}
