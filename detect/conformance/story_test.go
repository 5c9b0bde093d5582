package conformance

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

// storyShape is what an alert says of the grant that it tells the story of.
var storyShape = map[string]shape{
	"resource": aText, "resource_type": optional{aText}, "principal": optional{aText}, "account": optional{aText}, "relation": optional{aText},
	"actions": optional{textList{}}, "statement_id": optional{aText}, "means": optional{aText}, "opened_at": optional{aText}, "closed_at": optional{aText},
	"opened_by": optional{aText}, "opened_event_id": optional{aText}, "dedup_key": optional{aText},
}

// checkStories checks the alerts of a run that follows grants.
func checkStories(t *testing.T, s *sample, r *run) {
	t.Run(s.path+" "+r.String(), func(t *testing.T) {
		engine, options := r.engine(t)
		about := map[string]int{}
		for _, o := range evaluate(engine, s.records).outputs() {
			for _, a := range alertsIn(t, o, options.AlertKey) {
				for key, shape := range map[string]map[string]shape{
					"use": {
						"action": aText, "takes_out": optional{aBoolean}, "account": optional{aText}, "principal": optional{aText},
						"first": aText, "last": aText, "count": aNumber{}, "addresses": optional{textList{}}, "event_id": aText, "late": optional{aBoolean},
					},
					"closing": {"how": aText, "at": aText, "stood_seconds": aNumber{}, "used": aBoolean},
				} {
					story, there := a[key].(map[string]any)
					if !there {
						continue
					}
					about[key]++
					granted := story["grant"]
					delete(story, "grant")
					delete(story, "uses")
					for _, problem := range slices.Concat(compare("alert."+key, story, shape), compare("alert."+key+".grant", granted, storyShape)) {
						t.Error(problem)
					}
				}
			}
		}
		if len(r.Alerts) > 0 && (about["use"] == 0 || about["closing"] == 0) {
			t.Errorf("there is no story: %v", about)
		}
	})
}

// followed are the records of a sample, and an engine that follows grants.
func followed(t *testing.T, path string) (*detect.Engine, [][]byte) {
	t.Helper()
	for _, s := range readSamples(t) {
		if s.path == path {
			return newEngine(t, func(o *detect.Options) {
				o.FollowGrants, o.DedupWindow = true, time.Hour
				o.Rules = append(o.Rules, aboutStories(t)...)
			}), s.records
		}
	}
	t.Fatalf("there is no sample %s", path)
	return nil, nil
}

// raised are the alerts of some records, a line each.
func raised(e *detect.Engine, m *detect.Verdicts, records [][]byte) (lines []string) {
	v := e.Evaluator()
	defer v.Release()
	v.Remember(m)
	for _, r := range records {
		for _, o := range v.Raise(r, time.Time{}) {
			for _, a := range o.Alerts {
				lines = append(lines, fmt.Sprint(a.DedupKey, " ", a.Reason, " ", a.Suppressed))
			}
		}
	}
	return lines
}

// The filter evaluates a chunk twice where its alerts go two ways, and the output where
// they could not be delivered.
func TestStoriesAreTheSameWhenRecordsAreEvaluatedAgain(t *testing.T) {
	e, records := followed(t, "follow-grants/a-back-door-opened-used-and-closed")
	var m detect.Verdicts
	first := raised(e, &m, records)
	if len(first) != 5 {
		t.Fatalf("%d alerts: %q", len(first), first)
	}
	e, _ = followed(t, "follow-grants/a-back-door-opened-used-and-closed") // one that knows nothing
	m.Rewind()
	for name, again := range map[string]*detect.Verdicts{"rewound": &m, "as bytes": detect.VerdictsOf(m.AppendBytes(nil))} {
		if got := raised(e, again, records); !reflect.DeepEqual(got, first) {
			t.Errorf("%s: %q\nwant %q", name, got, first)
		}
	}
	if s := e.GrantStats(); s.Resources != 0 || s.Accounts != 0 {
		t.Errorf("what is evaluated again is remembered again: %+v", s)
	}
}

func TestAnEventThatIsDeliveredTwiceIsADuplicateAndNoSecondUse(t *testing.T) {
	e, records := followed(t, "follow-grants/a-back-door-opened-used-and-closed")
	first, second := raised(e, nil, records), raised(e, nil, records)
	if len(first) != len(second) {
		t.Fatalf("first %q\nsecond %q", first, second)
	}
	for i := range second {
		if want := strings.TrimSpace(first[i]) + " duplicate"; second[i] != want {
			t.Errorf("got  %s\nwant %s", second[i], want)
		}
	}
}

func TestRulesCanAskForUsesAndClosings(t *testing.T) {
	for query, want := range map[string]int{
		`any where trailwire.use.account == "444455556666" and trailwire.use.count == 1`:            2,
		`any where trailwire.use.takes_out == true and trailwire.use.resource : "*:role/*"`:         1,
		`any where trailwire.closing.used == true and trailwire.closing.stood_seconds > 2000`:       1,
		`any where trailwire.closing.how == "replaced"`:                                             1,
		`any where trailwire.use.late == true`:                                                      0,
		`any where trailwire.use.action == "s3:GetObject"`:                                          0,
		`any where trailwire.use.account != null or event.action == "UpdateFunctionCode20150331v2"`: 3,
	} {
		_, records := followed(t, "follow-grants/a-back-door-opened-used-and-closed")
		r, err := rule.Parse("a.toml", []byte("[rule]\nname = \"a\"\nrule_id = \"a\"\ntype = \"eql\"\nlanguage = \"eql\"\nseverity = \"low\"\nrisk_score = 1\nquery = '"+query+"'\n"))
		if err != nil {
			t.Fatal(err)
		}
		e := newEngine(t, func(o *detect.Options) { o.FollowGrants, o.Rules = true, []*rule.Rule{r} })
		if got := raised(e, nil, records); len(got) != want {
			t.Errorf("%s: %d alerts, want %d: %q", query, len(got), want, got)
		}
	}
}

// An analyst sees what came before, and whether silence would mean anything.
func TestAnAlertAboutAnOpeningSaysWhatCameBeforeAndWhatWouldBeSeen(t *testing.T) {
	e, records := followed(t, "follow-grants/a-back-door-opened-used-and-closed")
	v := e.Evaluator()
	defer v.Release()
	for _, r := range records {
		for _, o := range v.Raise(r, time.Time{}) {
			a := &o.Alerts[0]
			if a.Rule.ID != rule.CrossAccountID {
				continue
			}
			var lines []string
			for _, call := range a.Related {
				lines = append(lines, call.Action+" "+call.Target)
			}
			want := []string{
				"UpdateFunctionCode20150331v2 arn:aws:lambda:eu-west-1:111122223333:function:pay",
				"AssumeRole arn:aws:iam::111122223333:role/deploy, by account 444455556666",
			}
			if !slices.Equal(lines, want) || len(a.Visible) != 2 || !strings.HasPrefix(a.Visible[0], "Invoke by the other account.") {
				t.Errorf("related %q, visible %q", lines, a.Visible)
			}
			return
		}
	}
	t.Error("there is no alert about the function")
}
