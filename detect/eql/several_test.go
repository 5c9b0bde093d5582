package eql

import (
	"errors"
	"testing"
)

func TestAQueryAboutSeveralEventsIsToldFromABrokenOne(t *testing.T) {
	tests := []struct {
		name, query string
		several     bool
	}{
		{"a sequence", "sequence by user.id [any where true] [any where true]", true},
		{"a sample", "sample by user.id [any where true] [any where true]", true},
		{"a join", "join by user.id [any where true] [any where true]", true},
		{"a pipe with a name", "any where true | head 5", true},
		{"a pipe without one", "any where true | 5", true},
		{"a broken condition", "any where true or", false},
		{"a field called sequence", "any where sequence", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.query)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.SeveralEvents != test.several {
				t.Errorf("several: %t, want %t (%v)", syntax.SeveralEvents, test.several, err)
			}
		})
	}
}
