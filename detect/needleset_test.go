package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestANeedleSetFindsWhatSearchingForEachFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aAbB\x00"[r.IntN(5)]
		}
		return b
	}
	found := 0
	for range 20_000 {
		var needles []Needle
		for range 1 + r.IntN(6) {
			n := Needle{Text: string(bytes.ReplaceAll(text(minNeedle+r.IntN(7)), []byte{0}, []byte("c")))}
			if r.IntN(2) == 0 {
				n = Needle{Text: string(bytes.ToLower([]byte(n.Text))), Fold: true}
			}
			needles = append(needles, n)
		}
		data := text(r.IntN(60))
		want := false
		for i := range needles {
			want = want || needles[i].in(data)
		}
		if want {
			found++
		}
		kept := withoutCovered(needles)
		if got := newNeedleSet(kept).in(data); got != want {
			t.Fatalf("%v, of which %v are looked for, in %q: %t, want %t", needles, kept, data, got, want)
		}
	}
	if found < 2_000 || found > 18_000 {
		t.Errorf("%d of 20000 texts have a needle: the test says little", found)
	}
}

func TestANeedleSetFindsANeedleWhereverItIs(t *testing.T) {
	needles := []Needle{{Text: "PutBucketPolicy"}, {Text: "Events"}, {Text: "addpermission", Fold: true}}
	set := newNeedleSet(needles)
	for _, word := range []string{"PutBucketPolicy", "Events", "AddPermission"} {
		for before := range 40 {
			for after := range 10 {
				data := []byte(fmt.Sprintf("%*s%s%*s", before, "", word, after, ""))
				if !set.in(data) {
					t.Errorf("%q is not found in %q", word, data)
				}
				if set.in(data[:before+len(word)-1]) {
					t.Errorf("%q is found in %q", word, data[:before+len(word)-1])
				}
			}
		}
	}
}

func TestNeedlesThatAreFoundWithOthersAreNotLookedFor(t *testing.T) {
	tests := []struct {
		name          string
		needles, want []Needle
	}{
		{"the same one twice", []Needle{{Text: "abc"}, {Text: "abc"}}, []Needle{{Text: "abc"}}},
		{"one that has another in it", []Needle{{Text: "PutEvents"}, {Text: "Events"}}, []Needle{{Text: "Events"}}},
		{"one that has another in it in any case", []Needle{{Text: "PutEvents"}, {Text: "events", Fold: true}}, []Needle{{Text: "events", Fold: true}}},
		{"one in any case that has an exact one in it", []Needle{{Text: "putevents", Fold: true}, {Text: "events"}}, []Needle{{Text: "putevents", Fold: true}, {Text: "events"}}},
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
