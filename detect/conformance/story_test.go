package conformance

import (
	"slices"
	"testing"
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
