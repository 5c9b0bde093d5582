package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhatIsKeptWithAKeyIsChangedAndForgotten(t *testing.T) {
	m := New(0)
	s := m.Set("grants", time.Hour, noon)
	add := func(text string) func([]byte) []byte {
		return func(kept []byte) []byte { return append(slices.Clone(kept), text...) }
	}
	key := keyOf(s, "a")
	s.Update(key, noon, noon, func(kept []byte) []byte {
		if kept != nil {
			t.Errorf("a new key has %q", kept)
		}
		return nil
	})
	if n := s.Stats().Keys; n != 0 {
		t.Errorf("%d keys after nothing was kept", n)
	}
	s.Update(key, noon, noon, add("one"))
	s.Update(key, noon, noon, add(" two"))
	s.Update(keyOf(s, "b"), noon, noon, add("three"))
	if got := string(s.Kept(nil, key)); got != "one two" {
		t.Errorf("kept %q", got)
	}
	var all []string
	s.Each(func(kept []byte) { all = append(all, string(kept)) })
	if want := []string{"one two", "three"}; !slices.Equal(all, want) {
		t.Errorf("all: %q", all)
	}
	s.Update(key, noon, noon, func([]byte) []byte { return nil })
	s.Update(keyOf(s, "b"), noon, noon, func([]byte) []byte { return nil })
	if used, n := m.Used(), s.Stats().Keys; used != 0 || n != 0 {
		t.Errorf("%d bytes and %d keys are left", used, n)
	}
}

func TestWhatIsForgottenIsToldOf(t *testing.T) {
	m := New(MinLimit)
	s := m.Set("grants", time.Hour, noon)
	var evicted, useless []string
	s.OnForget(func(kept []byte, isEvicted bool) {
		name := string(kept[:4])
		if isEvicted {
			evicted = append(evicted, name)
		} else {
			useless = append(useless, name)
		}
	})
	keep := func(name string, size int, now time.Time) {
		s.Update(keyOf(s, name), now, now, func([]byte) []byte { return []byte(name + strings.Repeat("-", size)) })
	}
	keep("old1", 10, noon)
	keep("old2", 10, noon)
	keep("new1", 10, after(3*time.Hour))
	if want := []string{"old1", "old2"}; !slices.Equal(useless, want) || evicted != nil {
		t.Errorf("after its time: useless %q, evicted %q", useless, evicted)
	}
	for i := range 3 {
		keep(fmt.Sprintf("big%d", i), MinLimit/2, after(3*time.Hour))
	}
	if want := []string{"new1", "big0", "big1"}; !slices.Equal(evicted, want) || s.Evicted() != 3 {
		t.Errorf("in a memory that is full: evicted %q, counted %d", evicted, s.Evicted())
	}
}

func TestWhatIsBesideAMemoryIsMadeOnce(t *testing.T) {
	m := New(0)
	made := 0
	for range 2 {
		if got := m.Shared("ledger", func() any { made++; return &made }); got != &made {
			t.Errorf("got %v", got)
		}
	}
	if made != 1 || New(0).Shared("ledger", func() any { return "other" }) != "other" {
		t.Errorf("made %d times, or shared between two memories", made)
	}
}

func TestWhatIsLeftAsItIsIsNoChange(t *testing.T) {
	m := New(0)
	s := m.Set("grants", time.Hour, noon)
	keep := func(name, text string) {
		s.Update(keyOf(s, name), noon, noon, func([]byte) []byte { return []byte(text) })
	}
	keep("a", "one")
	keep("b", "two")
	if _, _, err := m.Save(1<<20, func(uint32, []byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	changes := 0
	m.Notify(func() { changes++ })
	s.Update(keyOf(s, "a"), noon, after(time.Minute), func(kept []byte) []byte { return kept })
	s.Update(keyOf(s, "c"), noon, after(time.Minute), func(kept []byte) []byte { return kept })
	var all []string
	s.Each(func(kept []byte) { all = append(all, string(kept)) })
	if want := []string{"one", "two"}; changes != 0 || !slices.Equal(all, want) {
		t.Errorf("%d changes, in order of use %q, want %q", changes, all, want)
	}
	keep("a", "three")
	if changes != 1 {
		t.Errorf("%d changes after one", changes)
	}
}
