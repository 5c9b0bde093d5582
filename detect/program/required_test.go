package program

import (
	"fmt"
	"testing"
	"time"
)

// What a query requires takes time in proportion to the query, however its alternatives nest.
func TestDeepAlternativesAreSoonDone(t *testing.T) {
	b := NewBuilder("")
	k := must[Condition](t)(b.Equal(here, b.Field(here, "f", false), Text([]byte("x"))))
	for level := range 240 {
		var terms []Condition
		for i := range 20 {
			f := b.Field(here, fmt.Sprintf("f%d_%d", level, i), false)
			terms = append(terms, must[Condition](t)(b.Equal(here, f, Text([]byte("value")))))
		}
		k = b.Or(here, b.And(here, append(terms, k)...), b.And(here, terms...))
	}
	p := must[*Program](t)(b.Program(k))
	start := time.Now()
	claims := p.Required()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it takes %s", took)
	}
	if n := len(claims); n < 2 || n > maxFieldClaims+1 {
		t.Errorf("%d claims", n)
	}
}
