package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// thousandRules is a folder of rule files as people have them: a third asks for the names of
// calls, a third for the ARNs of principals, a third for texts in requests.
func thousandRules(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	for i := range 1000 {
		kind, language, query := "eql", "eql", ""
		switch i % 3 {
		case 0:
			kind, language = "query", "kuery"
			query = fmt.Sprintf(`event.dataset: "aws.cloudtrail" and event.provider: "service%d.amazonaws.com" and event.action: ("PutThing%d" or "DeleteThing%d") and event.outcome: "success"`, i%40, i, i)
		case 1:
			query = fmt.Sprintf(`any where event.provider == "iam.amazonaws.com" and aws.cloudtrail.user_identity.arn : "arn:aws:iam::%012d:role/team-%d-*" and event.outcome == "success"`, i, i)
		case 2:
			query = fmt.Sprintf(`any where event.action == "UpdateThing%d" and stringContains(aws.cloudtrail.request_parameters, "settingName%d=open")`, i, i)
		}
		text := fmt.Sprintf(thousandth, language, i, i, kind, query)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.toml", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// thousandth is a rule file of the usual length.
const thousandth = `[rule]
author = ["Somebody"]
description = """
Somebody changes a thing. This says what the call does, who makes it in ordinary operation, and what an attacker gains
with it, so that an analyst need not look that up.
"""
from = "now-6m"
language = "%s"
license = "Elastic License v2"
name = "Thing %d is changed"
note = """## Triage

- Who made the call, from where, and with which credentials?
- Is there a request for the change?
- What else did this principal do within the hour?
- If it was not expected, revoke the credentials and undo the change.
"""
references = ["https://example.org/things"]
risk_score = 47
rule_id = "00000000-0000-4000-8000-%012d"
severity = "medium"
tags = ["Domain: Cloud", "Data Source: AWS", "Tactic: Persistence"]
type = "%s"
query = '''
%s
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1098"
name = "Account Manipulation"
reference = "https://attack.mitre.org/techniques/T1098/"
[rule.threat.tactic]
id = "TA0003"
name = "Persistence"
reference = "https://attack.mitre.org/tactics/TA0003/"
`

// BenchmarkLoadingAThousandRules is what a start costs: the files are read and compiled, and
// an engine is made of them.
func BenchmarkLoadingAThousandRules(b *testing.B) {
	folder := thousandRules(b)
	b.Run("files", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := rule.Load([]string{folder}, rule.RefuseUnsupported); err != nil {
				b.Fatal(err)
			}
		}
	})
	rules, _, err := rule.Load([]string{folder}, rule.RefuseUnsupported)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			o := detect.DefaultOptions()
			o.Rules = rules
			if _, err := detect.New(o); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// An engine asks each rule several times for its needles and for the events that it is
// tried on. The query is looked through once, when it is compiled.
func TestWhatARuleNeedsIsFoundOnce(t *testing.T) {
	sequence := ruleWith(t, `sequence by aws.cloudtrail.user_identity.arn with maxspan=5m [any where event.action == "CreateUser"] [any where event.action == "AttachUserPolicy"]`)
	for _, r := range []*rule.Rule{
		ruleWith(t, `any where event.action in ("CreateUser", "AttachUserPolicy") and event.provider == "iam.amazonaws.com"`),
		ruleWith(t, `any where trailwire.grant.relation == "public"`),
		sequence,
	} {
		if r.Needles() == nil {
			t.Errorf("%s has no needle", r.Query)
		}
		if field, values := r.TriedOn(); field == "" || len(values) == 0 {
			t.Errorf("%s is tried on %q %q", r.Query, field, values)
		}
		allocations := testing.AllocsPerRun(10, func() { r.Needles(); r.TriedOn(); r.NeedsGrant() })
		if allocations > 0 {
			t.Errorf("%s is looked through again: %v allocations", r.Query, allocations)
		}
	}
}
