package needle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
		{"the name of a call that is in another needle", []Needle{{Text: "PutEvents"}, {Text: "Events", Call: true}}, []Needle{{Text: "PutEvents"}, {Text: "Events", Call: true}}},
		{"the name of a call in any case, and a text that is whole", []Needle{{Text: "PutEvents", Whole: true}, {Text: "putevents", Whole: true, Fold: true, Call: true}}, []Needle{{Text: "PutEvents", Whole: true}, {Text: "putevents", Whole: true, Fold: true, Call: true}}},
		{"the name of a call that has another needle in it", []Needle{OfCall("PutEvents"), {Text: "Events"}}, []Needle{{Text: "Events"}}},
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

// covers says plainly what the index has to find: that n is found everywhere that other is.
func covers(n, other Needle) bool {
	switch {
	case n.Whole && n.Fold:
		return other.Whole && strings.EqualFold(other.Text, n.Text)
	case n.Whole:
		return n == other
	case n.Fold:
		return bytes.Contains(bytes.ToLower([]byte(other.Text)), []byte(n.Text))
	case other.Fold:
		return false
	}
	return strings.Contains(other.Text, n.Text)
}

func TestTheIndexFindsWhatComparingEachWithEachFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		b := make([]byte, minNeedle+r.IntN(5))
		for i := range b {
			b[i] = "abAB"[r.IntN(4)]
		}
		return string(b)
	}
	left := 0
	for range 2_000 {
		var needles []Needle
		for range 1 + r.IntN(12) {
			n := Needle{Text: text(), Fold: r.IntN(3) == 0, Whole: r.IntN(3) == 0}
			if n.Fold {
				n.Text = strings.ToLower(n.Text)
			}
			needles = append(needles, n)
		}
		var want []Needle
		for i, n := range needles {
			if slices.Contains(needles[:i], n) {
				continue
			}
			if !slices.ContainsFunc(needles, func(other Needle) bool { return other != n && covers(other, n) }) {
				want = append(want, n)
			}
		}
		if got := withoutCovered(needles); !slices.Equal(got, want) {
			t.Fatalf("of %v\n%v are looked for, want\n%v", needles, got, want)
		}
		left += len(needles) - len(want)
	}
	if left < 1_000 {
		t.Errorf("%d needles were left out: the test shows little", left)
	}
}
