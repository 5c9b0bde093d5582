package conformance

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// guidedRule has all that a guide is made of.
const guidedRule = `[rule]
name = "A function is deleted"
rule_id = "guided"
type = "eql"
risk_score = 47
severity = "medium"
description = """
A function is gone.
"""
false_positives = ["""
    Deployments delete functions. Compare the time with that of
    the pipeline.
    """, "   "]
note = """## Triage

1. Who was it?
"""
query = 'any where event.action == "AddPermission20150331v2"'
`

func TestAlertsHaveTheGuideOfTheirRuleIfThatIsAskedFor(t *testing.T) {
	r, err := rule.Parse("guided.toml", []byte(guidedRule))
	if err != nil {
		t.Fatal(err)
	}
	const beside = `{"false_positives": ["Deployments delete functions. Compare the time with that of the pipeline."], "investigation": "## Triage\n\n1. Who was it?"}`
	for _, test := range []struct {
		name   string
		format alert.Format
		path   string
		guide  bool
		want   string
	}{
		{"native", alert.FormatNative, "alert.guide", true,
			`{"description": "A function is gone.", "false_positives": ["Deployments delete functions. Compare the time with that of the pipeline."], "investigation": "## Triage\n\n1. Who was it?"}`},
		{"ecs", alert.FormatECS, "trailwire.guide", true, beside},
		{"ocsf", alert.FormatOCSF, "unmapped.alert.guide", true, beside},
		{"native, not asked for", alert.FormatNative, "alert.guide", false, ""},
		{"ecs, not asked for", alert.FormatECS, "trailwire.guide", false, ""},
		{"ocsf, not asked for", alert.FormatOCSF, "unmapped.alert.guide", false, ""},
	} {
		got := inFormat(t, test.format, crossAccountGrant(nil), func(o *detect.Options) { o.Rules, o.AlertGuide = []*rule.Rule{r}, test.guide })
		guide := valueAt(got, strings.Split(test.path, ".")...)
		switch {
		case test.want == "" && guide == nil:
		case test.want == "" || !equalJSON(t, guide, decode(t, pack(t, test.want))):
			t.Errorf("%s: %s is\n%v\nwant\n%s", test.name, test.path, guide, test.want)
		}
	}
}

func TestAGuideIsBounded(t *testing.T) {
	r := *ruleOf(t, "low")
	r.Note, r.Description = strings.Repeat("é", 1<<20), "x"+strings.Repeat("é", 1<<20)
	for range 1000 {
		r.FalsePositives = append(r.FalsePositives, "one")
	}
	got := inFormat(t, alert.FormatNative, crossAccountGrant(nil), func(o *detect.Options) { o.Rules, o.AlertGuide = []*rule.Rule{&r}, true })
	guide := valueAt(got, "alert", "guide").(object)
	for key, most := range map[string]int{"description": 16384, "investigation": 16384} {
		if text := guide[key].(string); len(text) > most || len(text) < most-3 || !strings.HasSuffix(text, "é…") {
			t.Errorf("%s has %d bytes", key, len(text))
		}
	}
	if n := len(guide["false_positives"].([]any)); n != 16 {
		t.Errorf("%d false positives", n)
	}
}
