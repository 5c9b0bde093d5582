package use

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// The types that a call can open, and those that are used, all have an answer of
// their own.
func TestEveryTypeOfResourceSaysWhichUsesAreVisible(t *testing.T) {
	types := map[string]bool{}
	for i := range call.Table {
		types[call.Table[i].Type] = true
	}
	for i := range Table {
		types[Table[i].Type] = true
	}
	for kind := range types {
		if _, known := visible[kind]; !known {
			t.Errorf("%s has no answer", kind)
		}
	}
	for kind, v := range visible {
		if !types[kind] {
			t.Errorf("%s is the type of no call", kind)
		}
		if v.Shown == "" && v.Hidden == "" {
			t.Errorf("%s says nothing", kind)
		}
		for _, sentence := range []string{v.Shown, v.Needs, v.Hidden} {
			if sentence != "" && !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s: %q is not a sentence", kind, sentence)
			}
		}
	}
	for i := range Table { // what is read has to be said to be shown
		if row := &Table[i]; row.Basis != BasisGuess && !row.CallersTrail && Visible(row.Type).Shown == "" {
			t.Errorf("%s: %s is known of, and Visible says that nothing shows", row.Name, row.Type)
		}
	}
	if got := Visible("AWS::Nothing::Known"); got.Shown != "" || got.Hidden == "" {
		t.Errorf("of a type that is not known it says %+v", got)
	}
}
