package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// aboutSeveral are rules about several events.
var aboutSeveral = map[string]string{
	"many.toml": `[rule]
name = "Many users are deleted"
rule_id = "many-deletions"
type = "threshold"
severity = "high"
risk_score = 73
query = 'event.action: DeleteUser'
[rule.threshold]
field = ["cloud.account.id"]
value = 3
`,
	"new.toml": `[rule]
name = "A key is created by somebody new"
rule_id = "new-key"
type = "new_terms"
severity = "low"
risk_score = 21
query = 'event.action: CreateAccessKey'
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-5d"
`,
}

// severalEvents writes the rules, and a file of CloudTrail's with these calls: ACTION USER
// at one minute each.
func severalEvents(t *testing.T, calls ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range aboutSeveral {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var events []string
	for i, c := range calls {
		action, user, _ := strings.Cut(c, " ")
		events = append(events, fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2026-06-18T12:%02d:00Z","eventSource":"iam.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","userIdentity":{"type":"IAMUser","accountId":"111122223333","userName":%q},"eventID":"id-%d"}`, i, action, user, i))
	}
	if err := os.WriteFile(filepath.Join(folder, "events.json"), []byte(`{"Records":[`+strings.Join(events, ",")+`]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestScanEvaluatesRulesAboutSeveralEvents(t *testing.T) {
	folder := severalEvents(t, "DeleteUser a", "CreateAccessKey a", "DeleteUser b", "DeleteUser c", "CreateAccessKey a", "CreateAccessKey b")
	rules := "--rules=-builtin," + folder + "/*.toml"
	for _, test := range []struct {
		why      string
		more     []string
		out, err string // in what order they are printed
	}{
		{"the first day is for learning", nil,
			"3 such events since 2026-06-18T12:00:00Z with cloud.account.id 111122223333\n1 alert",
			"2 new terms raised no alert: rules about new terms learn first; see --learning-period\n"},
		{"without learning", []string{"--learning-period", "0"},
			"the first in 5d with user.name a\n3 such events\nthe first in 5d with user.name b\n3 alerts", ""},
	} {
		out, errOut, code := runWith("", append([]string{"scan", rules, folder + "/events.json"}, test.more...)...)
		at := 0
		for _, part := range strings.Split(test.out, "\n") {
			i := strings.Index(out[at:], part)
			if i < 0 {
				t.Errorf("%s: there is no %q at its place in\n%s", test.why, part, out)
				break
			}
			at += i
		}
		if code != 0 || errOut != test.err {
			t.Errorf("%s: code %d, %s", test.why, code, errOut)
		}
	}
}

func TestExplainSaysWhatARuleWaitsFor(t *testing.T) {
	folder := severalEvents(t, "DeleteUser a", "DeleteUser b", "DeleteUser c")
	for id, want := range map[string]string{
		"id-0": "no alert of Many users are deleted yet: it is about 3 or more events within 6m, with the same cloud.account.id\n",
		"id-2": "reason user c of account 111122223333 called DeleteUser of iam.amazonaws.com: 3 such events since 2026-06-18T12:00:00Z",
	} {
		if out, _, code := runWith("", "scan", "--rules=-builtin,"+folder+"/*.toml", "--explain", id, folder+"/events.json"); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: code %d\n%s", id, code, out)
		}
	}
}

func TestShowSaysWhatARuleAboutSeveralEventsIsAbout(t *testing.T) {
	folder := severalEvents(t)
	out, _, code := runWith("", "rules", "show", "new-key", "--rules="+folder+"/*.toml")
	if code != 0 || !strings.Contains(out, "the first event in 5d with these values of user.name\n") || !strings.Contains(out, "\n  user.name ") {
		t.Errorf("code %d\n%s", code, out)
	}
}

func TestCheckSaysWhichTypesOfRulesNeedState(t *testing.T) {
	out, _, code := runWith("", "rules", "check", "--table", severalEvents(t))
	want := `type         files   loaded  not supported  broken
new_terms        1        1              -       -  needs state
threshold        1        1              -       -  needs state
all              2        2              -       -
2 rules fine.
`
	if code != 0 || out != want {
		t.Errorf("code %d\n%s", code, out)
	}
}

func TestARuleAboutNewNetworksNeedsTheirDatabase(t *testing.T) {
	folder := severalEvents(t, "CreateAccessKey a")
	path := filepath.Join(folder, "new.toml")
	text := strings.Replace(aboutSeveral["new.toml"], `"user.name"`, `"user.name", "source.as.organization.name"`, 1)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, errOut, code := runWith("", "scan", "--rules=-builtin,"+path, folder+"/events.json")
	if want := "trailwire: warning: the rule \"A key is created by somebody new\" reads source.as.organization.name, which a raw event has with asn_database alone\n"; code != 0 || errOut != want {
		t.Errorf("code %d\n%s", code, errOut)
	}
}

// The files of a trail are in a folder for each region, with all of its days.
func TestScanReadsTheRegionsOfATrailInOrderOfTime(t *testing.T) {
	folder := severalEvents(t)
	rules := "--rules=-builtin," + folder + "/*.toml"
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		for day := range 30 { // two deletions a day and region, never three within six minutes in one region
			at := fmt.Sprintf("202606%02d", day+1)
			var events []string
			for i := range 2 {
				events = append(events, fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2026-06-%02dT12:%02d:00Z","eventSource":"iam.amazonaws.com","eventName":"DeleteUser","awsRegion":%q,"userIdentity":{"type":"IAMUser","accountId":"111122223333","userName":"a"},"eventID":"%s-%d-%d"}`, day+1, i, region, region, day, i))
			}
			if err := os.MkdirAll(filepath.Join(folder, region), 0o755); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, region, "111122223333_CloudTrail_"+region+"_"+at+"T1205Z_x.json")
			if err := os.WriteFile(path, []byte(`{"Records":[`+strings.Join(events, ",")+`]}`), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, _, code := runWith("", "scan", rules, filepath.Join(folder, "eu-west-1"), filepath.Join(folder, "us-east-1"))
	if code != 0 || strings.Count(out, "3 such events since") != 30 {
		t.Errorf("code %d, %d alerts, want one a day", code, strings.Count(out, "3 such events since"))
	}
}

// docs/follow.md shows what this prints.
func TestTheSampleAttackIsToldAfterTheAlertsAndInTheReport(t *testing.T) {
	text, err := os.ReadFile("../../docs/follow.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(text), "```text\nGrants\n")
	shown, _, _ = strings.Cut(shown, "```")
	page := filepath.Join(t.TempDir(), "report.html")
	scan := []string{"scan", "--follow-grants", "on", "--coverage", "all", "--report", page, "../../testdata/follow-grants/a-back-door-opened-used-and-closed.ndjson"}
	out, errOut, code := runWith("", scan...)
	if code != 0 || shown == "" || !strings.Contains(out, "\nGrants\n"+shown+"\n9 events in 1 file") {
		t.Errorf("code %d, %s\n%s", code, errOut, out)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="grant-2"`, "<dt>Grants used</dt><dd>2</dd>", "<dt>Grants still open</dt><dd>0</dd>", "<dt>Resources opened</dt><dd>2</dd>"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the report does not say %s", want)
		}
	}
	// Without following, nothing is known of what became of a grant.
	scan[2] = "off"
	if out, _, _ := runWith("", scan...); strings.Contains(out, "\nGrants\n") {
		t.Error("grants that are not followed have a story")
	}
	// JSON is for programs.
	scan[2] = "on"
	if out, _, _ := runWith("", append(scan, "--format", "json")...); strings.Contains(out, "\nGrants\n") {
		t.Error("the story is among the lines of JSON")
	}
}
