package docs

import (
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

func TestAlertsMdNamesEveryFieldAboutThePast(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	story := alert.GrantStory{
		Resource: "x", ResourceType: "x", Principal: "x", Account: "x", Relation: "x", Actions: []string{"x"}, StatementID: "x", Means: "x",
		OpenedAt: at, OpenedBy: "x", OpenedEventID: "x", DedupKey: "x", GrantedBefore: true, ClosedAt: at, Forgotten: true,
	}
	use := alert.Used{Grant: story, Action: "x", Account: "x", Principal: "x", First: at, Last: at, Count: 1, Addresses: []string{"x"}, EventID: "x", Late: true}
	closing := alert.Closed{Grant: story, At: at, Stood: time.Hour, Uses: []alert.UseCount{{Action: "x", Count: 1, First: at, Last: at}}, Used: true, How: "x"}
	related := alert.AppendRelated(nil, []alert.Related{{Time: at, Action: "x", Provider: "x", EventID: "x", Target: "x", Address: "x", Failed: true}})

	section := read(t, "docs/alerts.md")
	_, section, _ = strings.Cut(section, "\n## use, closing, related\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := 0
	var check func(value []byte)
	check = func(value []byte) {
		_ = document.Each(value, func(key, below []byte) bool {
			name, _ := document.Text(key)
			if named++; !strings.Contains(section, "`"+string(name)+"`") {
				t.Errorf("docs/alerts.md does not say what %s is", name)
			}
			check(below)
			return true
		})
		_ = document.Elements(value, func(item []byte) bool { check(item); return true })
	}
	for _, value := range [][]byte{use.AppendMsg(nil), closing.AppendMsg(nil), related} {
		check(value)
	}
	if named < 50 {
		t.Errorf("only %d fields were found", named)
	}
	for _, how := range []string{alert.HowRemoved, alert.HowReplaced, alert.HowDeleted} {
		if !strings.Contains(section, "`"+how+"`") {
			t.Errorf("docs/alerts.md does not say that a grant may be %s", how)
		}
	}
}
