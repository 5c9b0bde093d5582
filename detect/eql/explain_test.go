package eql

import (
	"github.com/trailwire/trailwire/detect/program"
	"sync"
	"testing"
)

func TestExplain(t *testing.T) {
	p := compile(t, `iam where a == "x" and
		not (length(b) > 3 or ?c : "y*")`)
	got := p.Explain(event{"event.category": "iam", "a": "z", "b": []any{"long", 5}}.on(p)).String()
	const want = `false iam where a == "x" and not (length(b) > 3 or ?c : "y*")
  true  iam  ← event.category = "iam"
  false a == "x" and not (length(b) > 3 or ?c : "y*")
    false a == "x"  ← a = "z"
    false not (length(b) > 3 or ?c : "y*")
      true  length(b) > 3 or ?c : "y*"
        true  length(b) > 3  ← b = ["long", 5]
        null  ?c : "y*"  ← c = null`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFields(t *testing.T) {
	p := compile(t, "iam where b.c == 1 and ?a == 2 and ?b.c == 3 and ?a : \"x\" and length(`d-e`) == 4")
	want := []program.Field{{Name: "event.category", Optional: false}, {Name: "b.c", Optional: false}, {Name: "a", Optional: true}, {Name: "d-e", Optional: false}}
	got := p.Fields()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("slot %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestMatchReadsNoMoreThanItNeeds(t *testing.T) {
	p := compile(t, `any where a == "x" and b == "y" and (c == "z" or d == "w")`)
	asked := map[string]int{}
	spy := spying{event{"a": "x", "b": "-"}.on(p), p, asked}
	if p.Match(spy) {
		t.Error("matched")
	}
	if asked["a"] != 1 || asked["b"] != 1 || len(asked) != 2 {
		t.Errorf("asked for %v", asked)
	}
}

type spying struct {
	program.Document
	p     *program.Program
	asked map[string]int
}

func (s spying) Value(slot int) program.Value {
	s.asked[s.p.Fields()[slot].Name]++
	return s.Document.Value(slot)
}

func TestProgramsAreSafeForConcurrentUse(t *testing.T) {
	p := compile(t, `any where a : "x*" and b regex "[0-9]+" and length(c) * 2 == 6 and cidrMatch(d, "10.0.0.0/8")`)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			matches := i%2 == 0
			e := event{"a": "X1", "b": "12", "c": []any{"a", "abc"}, "d": "10.0.0.1"}
			if !matches {
				e["c"] = []any{"a", "ab"}
			}
			for range 1000 {
				d := e.on(p)
				if p.Match(d) != matches || (p.Explain(d).Verdict == program.True) != matches {
					t.Error("wrong verdict")
					return
				}
			}
		})
	}
	group.Wait()
}
