package conformance

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
)

// ruleFolder is a folder with these files.
func ruleFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// sameQuery is the query of the built-in rule, written in another way.
const sameQuery = `query = """
// somebody's copy
any where data_stream.dataset == "aws.cloudtrail" and event.provider == "lambda.amazonaws.com" and event.outcome == "success"
  and (event.action : "AddPermission*") and stringContains(aws.cloudtrail.request_parameters, "lambda:InvokeFunction")
  and not stringContains(aws.cloudtrail.request_parameters, "principal=\\\\*")
  and not (stringContains(aws.cloudtrail.request_parameters, ".amazonaws.com"))
"""`

func TestRulesAreLoadedFromTheFilesThatPatternsName(t *testing.T) {
	second := strings.ReplaceAll(ruleText(""), "an-id", "second")
	folder := ruleFolder(t, map[string]string{
		"a.toml":                ruleText(""),
		"b.toml":                second,
		"b.test.json":           "[]",
		"copy.old":              ruleText(""),
		"builtin.old":           strings.ReplaceAll(ruleText(""), "an-id", rule.CrossAccountID),
		"broken.old":            ruleText("severity"),
		"machine_learning.old":  ruleText("type", `type = "machine_learning"`),
		"dead.old":              strings.ReplaceAll(ruleText("query", `query = 'any where event.outcome == "Success"'`), "an-id", "dead"),
		"machine_learning2.old": ruleText("type", `type = "machine_learning"`),
		"same.old":              strings.NewReplacer(`"low"`, `"high"`, "= 21", "= 73", "an-id", rule.CrossAccountID).Replace(ruleText("query", sameQuery)),
		"milder.old":            strings.ReplaceAll(ruleText("query", sameQuery, "max_signals = 5"), "an-id", rule.CrossAccountID),
		"sub/c.toml":            strings.ReplaceAll(ruleText(""), "an-id", "below"),
		"sub/notes.txt":         "no rule",
		".git/d.toml":           "no rule",
		"..2026/e.toml":         strings.ReplaceAll(ruleText(""), "an-id", "mounted"),
		".hidden.toml":          "no rule",
		"sequence.old":          ruleText("query", `query = 'sequence [any where true] [any where true]'`),
	})
	if err := os.Mkdir(filepath.Join(folder, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	// As Kubernetes mounts a ConfigMap.
	for link, to := range map[string]string{"..data": "..2026", "e.toml": "..data/e.toml"} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name        string
		patterns    string // %s is the folder
		unsupported rule.Unsupported
		want        string // the ids, or the error
		warnings    []string
	}{
		{"nothing named: the built-in rule", "", rule.RefuseUnsupported, rule.CrossAccountID, nil},
		{"a file beside the built-in rule", "%s/a.toml", rule.RefuseUnsupported, rule.CrossAccountID + " an-id", nil},
		{"a glob without the built-in rule", "%s/[ab].toml -builtin", rule.RefuseUnsupported, "an-id second", nil},
		{"a file that two patterns name", "-builtin %s/a.toml %s/[ab].toml", rule.RefuseUnsupported, "an-id second", nil},
		{"no rule at all", "-builtin", rule.RefuseUnsupported, "-builtin leaves no rule: name a rule file beside it", nil},
		{"a file that is not there", "%s/none.toml", rule.RefuseUnsupported, `"%s/none.toml": no such rule file`, nil},
		{"a glob that matches nothing", "%s/*.yaml", rule.RefuseUnsupported, `"%s/*.yaml": no such rule file`, nil},
		{"a glob that is malformed", "%s/[", rule.RefuseUnsupported, `"%s/[": syntax error in pattern`, nil},
		{"a folder: what is in it and below it", "-builtin %s", rule.RefuseUnsupported, "an-id second mounted below", nil},
		{"a folder without a rule in it", "%s/empty", rule.RefuseUnsupported, `"%s/empty" has no rule file in it: their names end in .toml, .yml or .yaml`, nil},
		{"two files with one id", "-builtin %s/a.toml %s/copy.old", rule.RefuseUnsupported,
			`%s/copy.old:3:11: rule.rule_id an-id is that of the rule "A rule" in %s/a.toml: no two rules can have one id`, nil},
		{"the built-in rule's id", "%s/builtin.old", rule.RefuseUnsupported,
			`%s/builtin.old:3:11: rule.rule_id ` + rule.CrossAccountID + ` is that of the built-in rule "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation", whose query is another: give this rule an id of its own, leave the file out, or leave that rule out with -builtin`, nil},
		{"the built-in rule once more is that rule", "%s/same.old %s/a.toml", rule.RefuseUnsupported, rule.CrossAccountID + " an-id", nil},
		{"the built-in rule once more, with another severity", "%s/milder.old", rule.RefuseUnsupported, rule.CrossAccountID, []string{
			`%s/milder.old:3:11: this is the built-in rule "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation", which stays as it is: the file's severity, risk_score, max_signals has no effect (-builtin leaves that rule out)`,
		}},
		{"the built-in rule once more, in its place", "-builtin %s/milder.old", rule.RefuseUnsupported, rule.CrossAccountID, nil},
		{"the built-in rule's id, without that rule", "-builtin %s/builtin.old", rule.RefuseUnsupported, rule.CrossAccountID, nil},
		{"a broken file", "%s/broken.old", rule.SkipUnsupported, "%s/broken.old:1:2: rule.severity is missing: it must be low, medium, high or critical", nil},
		{"a machine_learning is refused", "%s/machine_learning.old", rule.RefuseUnsupported,
			"%s/machine_learning.old:7:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are", nil},
		{"a machine_learning and a sequence are left out", "%s/machine_learning.old %s/a.toml %s/sequence.old", rule.SkipUnsupported, rule.CrossAccountID + " an-id", []string{
			"left out a rule: %s/machine_learning.old:7:8: the rule type machine_learning is not supported: it asks for the anomalies of a machine learning job; eql, query, esql, threshold and new_terms are",
			"left out a rule: %s/sequence.old:7:19: rule.query: a sequence without by is not supported: every event would have to be remembered",
		}},
		{"a rule that can match nothing is told of", "-builtin %s/dead.old", rule.RefuseUnsupported, "dead", []string{
			`%s/dead.old:7:20: rule.query: event.outcome is never "Success": write "success"`,
		}},
		{"those of one kind are left out in one line", "%s/machine_learning.old %s/machine_learning2.old", rule.SkipUnsupported, rule.CrossAccountID, []string{
			"left out 2 rules of the type machine_learning: it asks for the anomalies of a machine learning job; the first is %s/machine_learning.old",
		}},
		{"all are left out", "-builtin %s/machine_learning.old", rule.SkipUnsupported, "no rule is left: each of the files (1) is of a type that is not supported", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			here := func(text string) string { return strings.ReplaceAll(text, "%s", folder) }
			rules, warnings, err := rule.Load(strings.Fields(here(test.patterns)), test.unsupported)
			var ids []string
			for _, r := range rules {
				ids = append(ids, r.ID)
			}
			got := strings.Join(ids, " ")
			if err != nil {
				got = err.Error()
			}
			if got != here(test.want) {
				t.Errorf("got %s\nwant %s", got, here(test.want))
			}
			if strings.Join(warnings, "\n") != here(strings.Join(test.warnings, "\n")) {
				t.Errorf("warnings:\n%s", strings.Join(warnings, "\n"))
			}
		})
	}
}

func TestAClashOfIDsShowsTheIDInTheFile(t *testing.T) {
	folder := ruleFolder(t, map[string]string{"a.toml": ruleText(""), "b.toml": ruleText("")})
	_, _, err := rule.Load([]string{folder + "/*.toml"}, rule.RefuseUnsupported)
	var at *rule.Error
	if !errors.As(err, &at) {
		t.Fatal(err)
	}
	if got, want := at.Caret(), "rule_id = \"an-id\"\n          ^"; got != want {
		t.Errorf("%s", got)
	}
}
