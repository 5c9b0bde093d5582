package eql

import (
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
	want := []Field{{"event.category", false}, {"b.c", false}, {"a", true}, {"d-e", false}}
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
	Document
	p     *Program
	asked map[string]int
}

func (s spying) Value(slot int) Value {
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
				if p.Match(d) != matches || (p.Explain(d).Verdict == True) != matches {
					t.Error("wrong verdict")
					return
				}
			}
		})
	}
	group.Wait()
}

func TestValueString(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {-5, "-5"}, {0.5, "0.5"}, {3.0, "3.0"}, {1e21, "1.0E21"}, {1.5e-7, "1.5E-7"},
		{"a\"\xff", `"a\"\xff"`}, {[]any{1, "x", nil}, `[1, "x", null]`}, {[]any{}, "[]"},
	} {
		if got := valueOf(c.value).String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestAccessorsOfOtherKindsAreZero(t *testing.T) {
	for _, v := range []Value{Null(), Bool(true), Int(7), Float(7.5), Text([]byte("7")), List([]Value{Int(7)})} {
		if got, want := v.Bool(), v.Kind() == KindBool; got != want {
			t.Errorf("%v.Bool() = %v", v, got)
		}
		if got, want := v.Int() == 7, v.Kind() == KindInt; got != want {
			t.Errorf("%v.Int() = %v", v, v.Int())
		}
		if got, want := v.Float() >= 7, v.isNumber(); got != want {
			t.Errorf("%v.Float() = %v", v, v.Float())
		}
		if got, want := v.Text() != nil, v.Kind() == KindText; got != want {
			t.Errorf("%v.Text() = %v", v, v.Text())
		}
		if got, want := v.List() != nil, v.Kind() == KindList; got != want {
			t.Errorf("%v.List() = %v", v, v.List())
		}
	}
}
