package detect

import (
	"fmt"
	"slices"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/rule"
)

// dispatchOf returns the dispatch of EQL conditions. The search for texts finds the
// bits in found.
func dispatchOf(t testing.TB, found *uint64, conditions ...string) (d dispatch, texts []needle.Needle) {
	t.Helper()
	o := DefaultOptions()
	o.SearchTexts = func([]byte) uint64 { return *found }
	for i, c := range conditions {
		r, err := rule.Parse("test.toml", fmt.Appendf(nil, "[rule]\nname = \"Test\"\nrule_id = \"test-%d\"\ntype = \"eql\"\nrisk_score = 1\nseverity = \"low\"\nquery = 'any where %s'\n", i, c))
		if err != nil {
			t.Fatal(err)
		}
		o.Rules = append(o.Rules, r)
	}
	return newDispatch(&o), o.TextNeedles()
}

func eventOf(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	body, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	event := new(cloudtrail.Event)
	event.Reset(body, cloudtrail.Raw)
	return event
}

func (c candidates) all() (rules []int) {
	for i, ok := c.next(); ok; i, ok = c.next() {
		rules = append(rules, i)
	}
	return rules
}

func TestARuleAboutAnyCallIsACandidateWhereItsTextIs(t *testing.T) {
	var found uint64
	d, texts := dispatchOf(t, &found,
		`user.name == "mallory"`,
		`event.action == "A"`,
		`user.name in ("trudy", "mallory")`,
		`event.action != "B"`,
		`user_agent.original : "*kali*"`,
	)
	if want := []needle.Needle{{Text: "mallory", Whole: true}, {Text: "trudy", Whole: true}, {Text: "kali", Fold: true}}; !slices.Equal(texts, want) {
		t.Fatalf("it looks for %+v, want %+v", texts, want)
	}
	a, other := eventOf(t, `{"eventSource":"a.b","eventName":"A"}`), eventOf(t, `{"eventSource":"a.b","eventName":"B"}`)
	for _, test := range []struct {
		name   string
		event  *cloudtrail.Event
		found  uint64
		expect []int
	}{
		{"no text", other, 0, []int{3}},
		{"no text, but an action", a, 0, []int{1, 3}},
		{"the text of two rules", other, 1, []int{0, 2, 3}},
		{"the other text of one of them", a, 2, []int{1, 2, 3}},
		{"the text of the last rule", a, 4, []int{1, 3, 4}},
		{"every text, as with an escape", a, ^uint64(0), []int{0, 1, 2, 3, 4}},
	} {
		found = test.found
		if got := d.find(test.event, false).all(); !slices.Equal(got, test.expect) {
			t.Errorf("%s: the candidates are %v, want %v", test.name, got, test.expect)
		}
	}
}

func TestARuleAboutPartsOfNamesIsACandidateWhereTheNameHasOne(t *testing.T) {
	var found uint64
	d, texts := dispatchOf(t, &found,
		`event.action : "*Trail*"`,
		`event.action like ("Begin*", "*End")`,
		`event.action : "Stop*" or user.name == "mallory"`,
		`user.name == "mallory"`,
	)
	if want := []needle.Needle{{Text: "mallory", Whole: true}}; !slices.Equal(texts, want) {
		t.Fatalf("it looks for %+v, want %+v", texts, want)
	}
	for _, test := range []struct {
		name      string
		action    string
		found     uint64
		onlyCalls bool
		want      []int
	}{
		{"another name", "A", 0, false, nil},
		{"a part in any case", "UpdateTRAIL", 0, false, []int{0}},
		{"a beginning", "BeginThis", 0, false, []int{1}},
		{"a beginning in another case", "beginThis", 0, false, nil},
		{"a beginning that is not at the beginning", "ToBeginStop", 0, false, nil},
		{"an end", "TheEnd", 0, false, []int{1}},
		{"the parts of two rules", "StopTrail", 0, false, []int{0, 2}},
		{"the text of two", "A", 1, false, []int{2, 3}},
		{"a part and a text", "BeginThis", 1, false, []int{1, 2, 3}},
		{"a part, where it is known that there is no text", "StopTrail", 1, true, []int{0, 2}},
	} {
		found = test.found
		event := eventOf(t, `{"eventSource":"a.b","eventName":"`+test.action+`"}`)
		if got := d.find(event, test.onlyCalls).all(); !slices.Equal(got, test.want) {
			t.Errorf("%s: the candidates are %v, want %v", test.name, got, test.want)
		}
	}
}

func TestWithoutASearchForTextsARuleAboutAnyCallIsACandidateOnEachEvent(t *testing.T) {
	o := DefaultOptions()
	r, err := rule.Parse("test.toml", []byte("[rule]\nname = \"Test\"\nrule_id = \"test\"\ntype = \"eql\"\nrisk_score = 1\nseverity = \"low\"\nquery = 'any where user.name == \"mallory\"'\n"))
	if err != nil {
		t.Fatal(err)
	}
	o.Rules = []*rule.Rule{r}
	d := newDispatch(&o)
	if got := d.find(eventOf(t, `{"eventSource":"a.b","eventName":"A"}`), false).all(); !slices.Equal(got, []int{0}) {
		t.Errorf("the candidates are %v, want the rule", got)
	}
}

func TestRulesWithMoreTextsThanBitsShareThem(t *testing.T) {
	var found uint64
	var conditions []string
	for i := range 70 {
		conditions = append(conditions, fmt.Sprintf(`user.name == "user-%d"`, i))
	}
	d, _ := dispatchOf(t, &found, conditions...)
	found = 1 << 3
	if got := d.find(eventOf(t, `{"eventSource":"a.b","eventName":"A"}`), false).all(); !slices.Equal(got, []int{3, 67}) {
		t.Errorf("the candidates are %v, want those with bit 3", got)
	}
}
