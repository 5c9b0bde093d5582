package conformance

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
)

// kqlRule is a rule file with a query in KQL, which begins on the eighth line.
func kqlRule(query string, more ...string) string {
	text := strings.Replace(ruleText("query"), `type = "eql"`, `type = "query"`, 1)
	return text + "\nquery = '''\n" + query + "\n'''\n" + strings.Join(more, "\n")
}

func TestARuleOfTheTypeQueryIsInKQL(t *testing.T) {
	const query = `event.action: (Delete* and not DeleteUser)`
	for _, more := range []string{"", `language = "kuery"`} {
		r, err := rule.Parse("r.toml", []byte(kqlRule(query, more)))
		if err != nil {
			t.Fatal(err)
		}
		if r.Language != rule.KQL || r.Query != query {
			t.Errorf("%s is in %s", r.Query, r.Language)
		}
		for event, want := range map[string]bool{"DeleteGroup": true, "DeleteUser": false, "CreateUser": false} {
			if got, _, err := r.Try(packedJSON(t, `{"eventSource":"iam.amazonaws.com","eventName":"`+event+`"}`)); err != nil || got != want {
				t.Errorf("%s: %t (%v)", event, got, err)
			}
		}
		if field, values := r.TriedOn(); field != "" {
			t.Errorf("it is tried on %s %s", field, values)
		}
		if needles := r.Needles(); len(needles) != 1 || needles[0].Text != "Delete" {
			t.Errorf("it is searched for by %v", needles)
		}
	}
}

func TestAListOfCallsInKQLIsWhatARuleIsTriedOn(t *testing.T) {
	r, err := rule.Parse("r.toml", []byte(kqlRule(`event.provider: iam.amazonaws.com and event.action: ("DeleteUser" or DeleteGroup)`)))
	if err != nil {
		t.Fatal(err)
	}
	if field, values := r.TriedOn(); field != "event.action" || strings.Join(values, " ") != "DeleteUser DeleteGroup" {
		t.Errorf("it is tried on %s %s", field, values)
	}
}

func TestWhatIsWrongWithAQueryInKQLHasItsPlaceInTheFile(t *testing.T) {
	for _, c := range []struct {
		name, query, want string
		unsupported       bool
	}{
		{"broken", "event.action: Delete*\n  and event.outcome == \"success\"", `9:24: rule.query: expected and, or or the end, found ": KQL compares with a colon: write field: value`, false},
		{"without a meaning", `source.ip: "AWS Internal"`, `8:12: rule.query: cannot compare source.ip, of the type ip, with "AWS Internal": compare it with an address or a block, such as 10.0.0.0/8`, false},
		{"not supported", `event.outcome: success or failure`, `8:27: rule.query: a value without a field would be looked for in all fields, which is not supported: write field: value; several values of a field are field: (a or b)`, true},
		{"of nothing", " ", `7:9: rule.query is empty: it must be a KQL query: field: value`, false},
	} {
		_, err := rule.Parse("r.toml", []byte(kqlRule(c.query)))
		at, ok := err.(*rule.Error)
		if !ok || at.Error() != "r.toml:"+c.want || at.Unsupported != c.unsupported {
			t.Errorf("%s:\n%v\nwant\nr.toml:%s", c.name, err, c.want)
		}
	}
}
