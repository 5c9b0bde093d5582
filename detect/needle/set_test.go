package needle

import (
	"fmt"
	"testing"
)

func TestNeedlesThatAreFoundWithOthersAreNotLookedFor(t *testing.T) {
	tests := []struct {
		name          string
		needles, want []Needle
	}{
		{"the same one twice", []Needle{{Text: "abc"}, {Text: "abc"}}, []Needle{{Text: "abc"}}},
		{"one that has another in it", []Needle{{Text: "PutEvents"}, {Text: "Events"}}, []Needle{{Text: "Events"}}},
		{"one that has another in it in any case", []Needle{{Text: "PutEvents"}, {Text: "events", Fold: true}}, []Needle{{Text: "events", Fold: true}}},
		{"one in any case that has an exact one in it", []Needle{{Text: "putevents", Fold: true}, {Text: "events"}}, []Needle{{Text: "putevents", Fold: true}, {Text: "events"}}},
		{"a whole one that is whole in any case", []Needle{{Text: "PutEvents", Whole: true}, {Text: "putevents", Whole: true, Fold: true}}, []Needle{{Text: "putevents", Whole: true, Fold: true}}},
		{"a part of a text that is whole in any case", []Needle{{Text: "PutEvents"}, {Text: "putevents", Whole: true, Fold: true}}, []Needle{{Text: "PutEvents"}, {Text: "putevents", Whole: true, Fold: true}}},
		{"one that differs in case", []Needle{{Text: "events"}, {Text: "Events"}}, []Needle{{Text: "events"}, {Text: "Events"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := withoutCovered(test.needles); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%v are looked for, want %v", got, test.want)
			}
		})
	}
}
