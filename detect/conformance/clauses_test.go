package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/rule"
)

// A clause that can be left out without a change on any of a rule's events is one that nothing tests:
// a field that is read wrongly, or a value that is compared wrongly, would pass there too. These tests leave
// out each clause in turn ([rule.Rule.Cuts]), and want one of the rule's own events to notice.

// form is one of the ways in which an event is written.
type form struct {
	name string
	// records are what the rule is tried on: the events themselves, and variants that only this form has.
	records [][]byte
}

// unnoticed returns the clauses of the rule that none of the records notices, but for those that excused
// says cannot be.
func unnoticed(t *testing.T, r *rule.Rule, f form, excused func(rule.Cut) bool) (cuts int, missed []string) {
	t.Helper()
	all := r.Cuts()
	for _, cut := range all {
		if excused(cut) {
			continue
		}
		cuts++
		if !slices.ContainsFunc(f.records, func(record []byte) bool { return tried(t, cut.Of, record) != tried(t, cut.Rule, record) }) {
			missed = append(missed, cut.Clause)
		}
	}
	return cuts, missed
}

// tried tries a rule on a record, with databases of addresses.
func tried(t *testing.T, r *rule.Rule, record []byte) bool {
	t.Helper()
	return r.Match(eventIn(t, record))
}

// eventIn returns the one event in a record, with databases of addresses.
func eventIn(t *testing.T, record []byte) *cloudtrail.Event {
	t.Helper()
	finder := cloudtrail.NewFinder(cloudtrail.DefaultJSONKeys(), nil)
	if finder.Find(record) != 1 {
		t.Fatal("the record has not one event")
	}
	part := finder.Parts()[0]
	event := new(cloudtrail.Event)
	event.Locate(placeDatabases(t))
	event.Reset(part.Event, part.Form)
	return event
}

var placeDatabases = func() func(t *testing.T) geoip.Databases {
	var once sync.Once
	var databases geoip.Databases
	return func(t *testing.T) geoip.Databases {
		once.Do(func() { databases = testDatabases(t) })
		return databases
	}
}()

// rawForm is the events as AWS writes them.
func rawForm(cases []ruleCase) form {
	f := form{name: "raw events"}
	for _, c := range cases {
		if c.inRawEvents() {
			f.records = append(f.records, c.Record)
		}
	}
	return f
}

// ecsForm is the documents that Elastic makes of the events. Each match is there in another data set as
// well, and with the categories that a pipeline of another version gives it, of which no raw event knows.
func ecsForm(t *testing.T, cases []ruleCase) form {
	f := form{name: "ECS documents"}
	for _, c := range cases {
		document := c.ecsDocument(t)
		f.records = append(f.records, pack(t, document))
		if !c.Expected {
			continue
		}
		for _, fields := range []object{
			{"event.dataset": "acme.audit"},
			{"data_stream.dataset": "acme.audit"},
			{"event.category": []any{"web"}, "event.type": []any{"access"}},
		} {
			f.records = append(f.records, pack(t, merged(document, nestedFields(fields))))
		}
	}
	return f
}

// sameInEveryEvent reports whether raw events have one value in a field that a clause reads, or a value that follows
// from the name of the call: there it cannot decide anything by itself.
func sameInEveryEvent(f cloudtrail.Field) bool {
	switch f.Name() {
	case "event.dataset", "data_stream.dataset", "event.category", "event.type":
		return true
	}
	return f.Absent() != ""
}

// cannotDecide are clauses that follow from the others, by rule: there is no raw event that only they keep from
// matching. An ECS document may have been written by anybody, and has to notice them.
var cannotDecide = map[string]string{
	"3d2e8c90-5be7-4a57-9de4-58be75af933f": `event.outcome: "failure"`, // an event with an error code has it
	"2e99477f-6099-48a9-ae0e-68801d97079c": `event.outcome: "failure"`,
	"ea248a02-bc47-4043-8e94-2885b19b2636": `event.outcome: "failure"`,
	// An event has one outcome or the other; only a document can have none.
	"5d9a3c71-2b84-4e58-f693-1c7f0a4e8b26": `event.outcome: ("success" or "failure")`,
	// Of other calls there is no field that says whether a second factor was used.
	"f5778acd-80e3-4ca0-a32a-6259386dfb20": `event.action: "ConsoleLogin"`,
	// No service is let into a role unbound without being one of ours, and only what is federated has a subject.
	"5b0c1f3a-6d0e-4d55-9a64-0b1d8f6a1c01": `trailwire.grant.worst.relation == "federated"`,
	"5b0c1f3a-6d0e-4d55-9a64-0b1d8f6a1c14": `trailwire.grant.worst.relation == "federated"`,
}

// onlyInDocuments are the rules that raise no alert on a raw event, by why. All others do on one of ours.
var onlyInDocuments = map[string]string{
	"f6d07a70-9ad0-11ef-954f-f661ea17fbcd": "its terms have entity.target.id, which an option of Elastic's integration adds",
	"a60326d7-dca7-4fb7-93eb-1ca03a1febbd": "its terms have entity.target.id, which an option of Elastic's integration adds",
}

func TestEachClauseOfElasticsRulesIsNoticed(t *testing.T) {
	tests := awsRuleTests(t)
	total := 0
	for id, r := range elasticRules(t) {
		raw, ecs := rawForm(tests[id]), ecsForm(t, tests[id])
		if !slices.ContainsFunc(raw.records, func(record []byte) bool { return tried(t, r, record) }) {
			t.Errorf("%s (%s) matches no raw event of ours", r.Name, id)
		}
		total += noticeAll(t, r, raw, func(c rule.Cut) bool {
			return cannotDecide[id] == c.Clause || len(c.Fields) > 0 && !slices.ContainsFunc(c.Fields, func(f cloudtrail.Field) bool { return !sameInEveryEvent(f) })
		})
		total += noticeAll(t, r, ecs, func(rule.Cut) bool { return false })
	}
	t.Logf("%d clauses were left out", total)
}

func TestEachClauseOfSigmasRulesIsNoticed(t *testing.T) {
	tests := readRuleRows(t, sigmaRows, nil)
	total := 0
	for _, r := range sigmaHQRules(t) {
		total += noticeAll(t, r, rawForm(tests[r.ID]), func(rule.Cut) bool { return false })
		if inDocuments(r) {
			total += noticeAll(t, r, ecsForm(t, tests[r.ID]), func(rule.Cut) bool { return false })
		}
	}
	t.Logf("%d clauses were left out", total)
}

func noticeAll(t *testing.T, r *rule.Rule, f form, excused func(rule.Cut) bool) int {
	t.Helper()
	cuts, missed := unnoticed(t, r, f, excused)
	for _, clause := range missed {
		t.Errorf("%s (%s): no event notices on %s that this is left out: %s", r.Name, r.ID, f.name, clause)
	}
	return cuts
}

func TestEachClauseOfTheBuiltInRulesIsNoticed(t *testing.T) {
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	about, err := rule.AboutGrants()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, r := range append(rules, about...) {
		total += noticeAll(t, r, rawForm(builtInCases(t, r)), func(c rule.Cut) bool {
			return cannotDecide[r.ID] == c.Clause || len(c.Fields) == 1 && sameInEveryEvent(c.Fields[0])
		})
	}
	t.Logf("%d clauses were left out", total)
}

// builtInCases reads the unit tests beside a built-in rule's file.
func builtInCases(t *testing.T, r *rule.Rule) (cases []ruleCase) {
	t.Helper()
	path := filepath.Join("../rule/builtin", rule.TestFile(r.File))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := rule.ParseTests(path, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		if got := tried(t, r, test.Record); got != test.Expected {
			t.Errorf("%s:%d: %s: matches: %t", path, test.Line, test.Why, got)
		}
		cases = append(cases, ruleCase{Test: test})
	}
	return cases
}

func TestACutIsTheRuleWithoutAClause(t *testing.T) {
	for query, want := range map[string][]string{
		`event.action: a and event.provider: (b or c)`: {
			"event.action: a", "event.provider: (b or c)"},
		`event.action: a and (event.provider: b and not (user.name: c or user.id: d))`: {
			"event.action: a", "event.provider: b", "not (user.name: c or user.id: d)"},
		`(event.action: a and user.name: b) or event.action: c`: {
			"(event.action: a and user.name: b)", "event.action: a", "user.name: b", "event.action: c"},
		`not event.action: a`: {"not event.action: a"},
	} {
		r, err := rule.Parse("r.toml", []byte(kqlRule(query)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range r.Cuts() {
			got = append(got, c.Clause)
		}
		slices.Sort(got)
		slices.Sort(want)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is cut into\n%s\nwant\n%s", query, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// The clauses of each event of a sequence are left out by themselves.
func TestACutOfASequenceIsOneOfItsEventsWithoutAClause(t *testing.T) {
	r, err := rule.Parse("r.toml", []byte(reconnaissance))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var event cloudtrail.Event
	for _, c := range r.Cuts() {
		if c.Of.Past() != nil || c.Rule.Past() != nil {
			t.Errorf("%s: a cut is about several events", c.Clause)
		}
		event.Reset(pack(t, called("Converse", 0, object{"errorCode": "AccessDenied"})), cloudtrail.Raw)
		got = append(got, fmt.Sprintf("%s %t %t", c.Clause, c.Of.Match(&event), c.Rule.Match(&event)))
	}
	want := []string{
		`event.action == "ListFoundationModels" false false`,
		`event.outcome == "success" false false`,
		`event.action : ("InvokeModel", "Converse") false false`,
		`event.outcome == "success" false true`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the cuts are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
