package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestRulesFieldsListsFieldsWithTypeAndSource(t *testing.T) {
	for _, test := range []struct {
		name, word string
		lines      []string // each is one line
		count      int      // of the lines, 0 for many
		stderr     string
		code       int
	}{
		{"all", "", []string{
			"@timestamp date eventTime", "event.action keyword eventName", "aws.cloudtrail.read_only boolean readOnly",
			"aws.cloudtrail.flattened.request_parameters.* flattened requestParameters.*", "source.ip ip sourceIPAddress, where it is an address",
			"source.geo.location geo_point no raw event has it, only an ECS document: a database looks it up by the source address",
			"trailwire.grant.relation keyword the call's foreign grants: what each outsider is to the account: public, cross_account, …",
		}, 0, "", 0},
		{"by CloudTrail's own name", "SOURCEIP", []string{"source.address keyword sourceIPAddress"}, 3, "", 0},
		{"by a part of the name", "tls.c", []string{"tls.cipher keyword tlsDetails.cipherSuite"}, 2, "", 0},
		{"a word that is nearly a name", "event.actoin", nil, 0, "trailwire: no field has event.actoin in its name or source: did you mean event.action?\n", 2},
		{"a word that is not a name", "\x1b[2J", nil, 0, "trailwire: no field has \\x1b[2J in its name or source\n", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"rules", "fields"}
			if test.word != "" {
				args = append(args, test.word)
			}
			out, stderr, code := runWith("", args...)
			if code != test.code || stderr != test.stderr {
				t.Errorf("code %d: %s", code, stderr)
			}
			got := regexp.MustCompile(` {2,}`).ReplaceAllString("\n"+out, " ")
			for _, line := range test.lines {
				if !strings.Contains(got, "\n"+line+"\n") {
					t.Errorf("there is no line %q in\n%s", line, got)
				}
			}
			if n := strings.Count(out, "\n"); test.count > 0 && n != test.count {
				t.Errorf("%d lines:\n%s", n, out)
			}
		})
	}
}

func TestRulesNewWritesARuleWhoseTestsPassAtOnce(t *testing.T) {
	for _, test := range []struct {
		name, path string
		args       string
		rule, test string // the files
		check      string // what a rule of the kind has in it
	}{
		{"no ending", "trail-stopped", "", "trail-stopped.toml", "trail-stopped.test.json", "name = \"Trail stopped\"\n"},
		{"an ending", "a.toml", "", "a.toml", "a.test.json", "type = \"eql\"\nlanguage = \"eql\"\n"},
		{"KQL", "b", "--language kuery", "b.toml", "b.test.json", "type = \"query\"\nlanguage = \"kuery\"\n"},
		{"Sigma", "c", "--language sigma", "c.yml", "c.test.json", "logsource:\n"},
		{"Sigma by its ending", "d.yml", "", "d.yml", "d.test.json", "title: \"D\"\n"},
		{"a name that would be a mistake in a file", "e\"\\$\n'''{{.ID}}", "", "e\"\\$\n'''{{.ID}}.toml", "e\"\\$\n'''{{.ID}}.test.json", "name = \"E ID\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			at := func(name string) string { return filepath.Join(folder, name) }
			_, stderr, code := runWith("", append([]string{"rules", "new", at(test.path)}, strings.Fields(test.args)...)...)
			if code != 0 || stderr != "" {
				t.Fatalf("code %d: %s", code, stderr)
			}
			text, err := os.ReadFile(at(test.rule))
			if err != nil || !strings.Contains(string(text), test.check) {
				t.Errorf("%v\n%s", err, text)
			}
			out, stderr, code := runWith("", "rules", "check", "--strict", folder)
			if code != 0 || stderr != "" || !strings.HasSuffix(out, "1 rule fine, 5 tests.\n") {
				t.Errorf("code %d\n%s%s", code, out, stderr)
			}
			// Each has an id of its own.
			_, _, code = runWith("", "rules", "new", at("second.toml"))
			if out, _, checked := runWith("", "rules", "check", folder); code != 0 || checked != 0 {
				t.Errorf("code %d\n%s", checked, out)
			}
		})
	}
}

func TestRulesNewWritesNothingOver(t *testing.T) {
	folder := ruleFolder(t, map[string]string{"a.toml": "mine", "b.test.json": "mine"})
	for name, want := range map[string]string{
		"a":                       "/a.toml is there already: it is not written over\n",
		"b.toml":                  "/b.test.json is there already: it is not written over\n",
		"no/a":                    "/no/a.test.json: no such file or directory\n",
		"c.yml --language kuery":  "/c.yml is the name of a Sigma rule: leave --language out, or name the file .toml\n",
		"c.toml --language sigma": "/c.toml cannot hold a Sigma rule: name the file .yml\n",
	} {
		words := strings.Fields(name)
		_, stderr, code := runWith("", append([]string{"rules", "new", filepath.Join(folder, words[0])}, words[1:]...)...)
		if code != 2 || stderr != "trailwire: "+folder+want {
			t.Errorf("%s: code %d: %s", name, code, stderr)
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
	for _, e := range left {
		if text, err := os.ReadFile(filepath.Join(folder, e.Name())); err != nil || string(text) != "mine" {
			t.Errorf("%s: %v %s", e.Name(), err, text)
		}
	}
}

func TestRulesConvertPrintsARuleThatPassesTheSameTests(t *testing.T) {
	folder := t.TempDir()
	if _, stderr, code := runWith("", "rules", "new", filepath.Join(folder, "trail.yml")); code != 0 {
		t.Fatal(stderr)
	}
	out, stderr, code := runWith("", "rules", "convert", filepath.Join(folder, "trail.yml"))
	if code != 0 || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	for _, want := range []string{"name = 'Trail'\n", "severity = 'high'\n", "risk_score = 73\n", "author = ['Your name']\n", "id = 'TA0005'\n", `
any where event.provider : "cloudtrail.amazonaws.com"
  and event.action in~ ("StopLogging", "DeleteTrail")
  and aws.cloudtrail.error_code == null`} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if err := os.Remove(filepath.Join(folder, "trail.yml")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "trail.toml"), []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, stderr, code := runWith("", "rules", "check", "--strict", folder); code != 0 || !strings.HasSuffix(out, "1 rule fine, 5 tests.\n") {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
}

func TestRulesConvertSaysWhatItCannot(t *testing.T) {
	sigma := func(detection string) string {
		return "title: t\nid: i\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  a: " + detection + "\n  condition: a\n"
	}
	folder := ruleFolder(t, map[string]string{
		"regex.yml": sigma("{eventName|re: x+}"), "broken.yml": sigma("{}"), "windows.yml": strings.Replace(sigma("{a: b}"), "aws", "windows", 1),
		"a.toml": ruleFile("a"),
	})
	for name, want := range map[string]struct {
		stderr string
		code   int
	}{
		"regex.yml":   {"/regex.yml: EQL cannot say what the rule asks, which loads as it is: eventName|re: x+: EQL cannot say this\n", 4},
		"broken.yml":  {"/broken.yml:5:6: the selection a is empty\n    a: {}\n       ^\n", 2},
		"windows.yml": {"/windows.yml:3:12: logsource is product windows, service cloudtrail: only product aws, service cloudtrail is evaluated\n  logsource: {product: windows, service: cloudtrail}\n             ^\n", 4},
		"a.toml":      {"/a.toml is not a Sigma rule, whose file ends in .yml\n", 2},
		"none.yml":    {"/none.yml: no such file or directory\n", 2},
	} {
		out, stderr, code := runWith("", "rules", "convert", filepath.Join(folder, name))
		if code != want.code || out != "" || stderr != "trailwire: "+folder+want.stderr {
			t.Errorf("%s: code %d\n%s%s", name, code, out, stderr)
		}
	}
}

func TestRulesShowTakesAFile(t *testing.T) {
	folder := ruleFolder(t, map[string]string{"a.toml": ruleFile("a"), "machine_learning.toml": strings.Replace(ruleFile("machine_learning"), `"eql"`, `"machine_learning"`, 1)})
	out, stderr, code := runWith("", "rules", "show", folder+"/a.toml")
	if code != 0 || !strings.HasPrefix(out, "A user is deleted\n  rule_id       a, version 1\n") {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
	out, stderr, code = runWith("", "rules", "show", folder+"/machine_learning.toml")
	if code != 4 || out != "" || stderr != strings.ReplaceAll(noMachineLearning, "%s", folder) {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
}
