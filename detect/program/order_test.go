package program

import (
	"slices"
	"testing"
)

// asking is a document that notes which fields it was asked for.
type asking struct {
	slots
	asked *[]int
}

func (d asking) Value(slot int) Value {
	*d.asked = append(*d.asked, slot)
	return d.slots[slot]
}

func TestWhatCostsLeastIsAskedFirst(t *testing.T) {
	b := NewBuilder("")
	pattern := must[Condition](t)(b.Like(here, b.Field(here, "pattern", false), []string{"*a*", "*b*"}, true))
	dear := must[Condition](t)(b.Equal(here, b.Field(here, "dear", false), Text([]byte("x"))))
	cheap := must[Condition](t)(b.Equal(here, b.Field(here, "cheap", false), Text([]byte("x"))))
	other := must[Condition](t)(b.Equal(here, b.Field(here, "other", false), Text([]byte("x"))))
	p := must[*Program](t)(b.Program(b.And(here, pattern, dear, b.And(here, cheap, other))))
	ordered := p.Order(func(slot int) int { return []int{1, 20, 1, 1}[slot] })

	x, y := Text([]byte("x")), Text([]byte("y"))
	for _, c := range []struct {
		name     string
		document slots
		want     []int // as the query has it
		ordered  []int
	}{
		{"nothing is true", slots{y, y, y, y}, []int{0}, []int{2}},
		{"what is cheap is true", slots{y, y, x, y}, []int{0}, []int{2, 3}},
		{"all that is cheap is true", slots{y, x, x, x}, []int{0}, []int{2, 3, 0}},
		{"all but what is dear", slots{Text([]byte("ab")), y, x, x}, []int{0, 1}, []int{2, 3, 0, 1}},
		{"all", slots{Text([]byte("ab")), x, x, x}, []int{0, 1, 2, 3}, []int{2, 3, 0, 1}},
	} {
		var asked []int
		matches := p.Match(asking{c.document, &asked})
		if !slices.Equal(asked, c.want) {
			t.Errorf("%s: without an order the fields %v are asked for, want %v", c.name, asked, c.want)
		}
		asked = nil
		if ordered.Match(asking{c.document, &asked}) != matches {
			t.Errorf("%s: the order changes the verdict", c.name)
		}
		if !slices.Equal(asked, c.ordered) {
			t.Errorf("%s: the fields %v are asked for, want %v", c.name, asked, c.ordered)
		}
	}
}
