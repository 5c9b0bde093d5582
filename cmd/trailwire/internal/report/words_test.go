package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
)

func TestGuidesAreInThePagesOwnWords(t *testing.T) {
	for _, test := range []struct{ name, note, want string }{
		{"a name is what the page calls it", "Read alert.closing: how long.", "Read **Closing**: how long."},
		{"a name at the end of a sentence", "See alert.related.", "See **Related calls before**."},
		{"the longest name counts", "alert.use.grant.granted_before, alert.use", "**Grant**, **Use**"},
		{"a name as code", "`source.ip` of it", "**Source** of it"},
		{"a name in code", "`jq .alert.closing` of it", "`jq .alert.closing` of it"},
		{"a name in a block of code", "```\nalert.closing\n```\nalert.closing", "```\nalert.closing\n```\n**Closing**"},
		{"a name in an indented block", "    alert.closing", "    alert.closing"},
		{"a name that the page does not know", "alert.grant.principal of s3.amazonaws.com", "alert.grant.principal of s3.amazonaws.com"},
		{"a name in an address", "https://example.test/xalert.closing.html", "https://example.test/xalert.closing.html"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := inPageWords(test.note); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What a guide says is there must be there.
func TestThePageHasThePlacesThatGuidesName(t *testing.T) {
	sources := ""
	for _, name := range []string{"alert.tmpl", "alerts.tmpl"} {
		text, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sources += string(text)
	}
	past := []string{}
	for _, a := range pastAlerts("") {
		for _, f := range pastOf(&a) {
			past = append(past, f.Label)
		}
	}
	for field, words := range pageWords {
		for _, part := range strings.Split(words, "**") {
			if part == "" || part == ", " || part == " and " || part == "the command under " || part == "the link at " || part == "what is under " {
				continue
			}
			if !strings.Contains(sources, `"`+part+`"`) && !strings.Contains(sources, ">"+part) && !strings.Contains(strings.Join(past, "\n"), part) {
				t.Errorf("%s: the page has no %q", field, part)
			}
		}
	}
}

func TestTheBuiltInGuidesNameNoFieldOfAnAlert(t *testing.T) {
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		for _, text := range append(r.FalsePositives, r.Note) {
			if name := regexpOfAlert.FindString(inPageWords(withoutIndent(text))); name != "" {
				t.Errorf("%s says %s", r.Name, name)
			}
		}
	}
}

func TestEachRuleHasItsGuide(t *testing.T) {
	page := readable(pageOf(t, About{Rules: []*rule.Rule{
		{ID: "r1", Name: "A queue is opened", Note: "Read alert.closing.", FalsePositives: []string{"\n    First line\n    second line.\n"}},
		{ID: "r2", Name: "A grant is used", Description: "Somebody used it."},
		{ID: "r4", Name: "Without an alert", Note: "no"},
	}}, storyAlerts("")...))
	for _, want := range []string{
		"<summary><bdi>A queue is opened</bdi>", "<p>Read <strong>Closing</strong>.</p>", "<p>First line\nsecond line.</p>",
		"<summary><bdi>A grant is used</bdi>", "<p>Somebody used it.</p>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, `<summary><bdi>Without an alert`) {
		t.Error("there is a guide for a rule that has no alert")
	}
}

// regexpOfAlert is the name of a field of an alert.
var regexpOfAlert = regexp.MustCompile(`\balert\.[a-z]\w*`)
