package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

func keyOf(s *Set, values ...string) Key {
	b := s.Begin(nil)
	for _, v := range values {
		b = AppendValue(b, v)
	}
	return KeyOf(b)
}

func TestATermIsNewIfItHasNotBeenSeenWithinTheWindow(t *testing.T) {
	const window = 10 * 24 * time.Hour
	type event struct {
		term string
		at   time.Duration
		seen bool
	}
	for _, test := range []struct {
		why    string
		events []event
	}{
		{"the first time", []event{{"a", 0, false}, {"a", 0, true}, {"b", 0, false}}},
		{"to the end of the window", []event{{"a", 0, false}, {"a", window, true}, {"a", 2 * window, true}}},
		{"after the window", []event{{"a", 0, false}, {"a", window + time.Millisecond, false}, {"a", window + time.Second, true}}},
		{"each event extends it", []event{{"a", 0, false}, {"a", window - 1, true}, {"a", 2*window - time.Hour, true}}},
		{"a late event is known", []event{{"a", 0, false}, {"a", -30 * 24 * time.Hour, true}, {"a", window, true}}},
		{"a late event does not make it older", []event{{"a", window, false}, {"a", 0, true}, {"a", 2 * window, true}}},
		{"another's time changes nothing", []event{{"a", 0, false}, {"b", 100 * window, false}, {"a", time.Hour, true}}},
	} {
		s := New(0).Set("rule", window, noon)
		for i, e := range test.events {
			if seen := s.Seen(keyOf(s, e.term), after(e.at), noon); seen != e.seen {
				t.Errorf("%s: event %d: seen %t", test.why, i, seen)
			}
		}
	}
}

func TestKeysAreOfTheirSetAndTheirValuesInOrder(t *testing.T) {
	m := New(0)
	a, b := m.Set("a", time.Hour, noon), m.Set("b", time.Hour, noon)
	keys := map[Key]string{}
	for name, k := range map[string]Key{
		"one": keyOf(a, "xy"), "two": keyOf(a, "x", "y"), "other order": keyOf(a, "y", "x"), "empty first": keyOf(a, "", "xy"),
		"other set": keyOf(b, "xy"), "other memory": keyOf(New(0).Set("a", time.Hour, noon), "xy"),
	} {
		if other, taken := keys[k]; taken {
			t.Errorf("%s has the key of %s", name, other)
		}
		keys[k] = name
	}
	if m.Set("a", time.Minute, noon) != a {
		t.Error("a set is not found again by its identity")
	}
}

func TestAThresholdIsReachedByEventsWithinTheWindow(t *testing.T) {
	const window = 6 * time.Minute
	type event struct {
		at    time.Duration
		value uint64 // zero for none
		count int    // of what is reached, zero for not
	}
	for _, test := range []struct {
		why    string
		want   Threshold
		events []event
	}{
		{"three events", Threshold{Count: 3}, []event{{0, 0, 0}, {time.Minute, 0, 0}, {window, 0, 3}}},
		{"the first is too old by a millisecond", Threshold{Count: 3}, []event{{0, 0, 0}, {time.Minute, 0, 0}, {window + time.Millisecond, 0, 0}, {window + time.Minute, 0, 3}}},
		{"an alert uses up its events", Threshold{Count: 2}, []event{{0, 0, 0}, {1, 0, 2}, {2, 0, 0}, {3, 0, 2}}},
		{"late events count", Threshold{Count: 3}, []event{{5 * time.Minute, 0, 0}, {time.Minute, 0, 0}, {3 * time.Minute, 0, 3}}},
		{"a late event completes a window that is over", Threshold{Count: 3}, []event{{0, 0, 0}, {time.Minute, 0, 0}, {time.Hour, 0, 0}, {30 * time.Second, 0, 3}}},
		{"an event far ahead does not end a window", Threshold{Count: 3}, []event{{0, 0, 0}, {24 * time.Hour, 0, 0}, {1, 0, 0}, {2, 0, 3}}},
		{"events far ahead do not either", Threshold{Count: 2}, []event{{24 * time.Hour, 0, 0}, {48 * time.Hour, 0, 0}, {0, 0, 0}, {1, 0, 2}}},
		{"an event before 1970", Threshold{Count: 2}, []event{{-100 * 365 * 24 * time.Hour, 0, 0}, {0, 0, 0}, {1, 0, 2}}},
		{"different values", Threshold{Count: 1, Distinct: 3}, []event{{0, 7, 0}, {1, 7, 0}, {2, 8, 0}, {3, 0, 0}, {4, 9, 5}}},
		{"different values and a count", Threshold{Count: 4, Distinct: 2}, []event{{0, 7, 0}, {1, 8, 0}, {2, 8, 0}, {3, 8, 4}}},
		{"a value that is too old", Threshold{Count: 1, Distinct: 2}, []event{{0, 7, 0}, {window + time.Millisecond, 8, 0}, {window + time.Minute, 7, 2}}},
		{"a late event of a value does not make it older", Threshold{Count: 1, Distinct: 2}, []event{{10 * time.Minute, 7, 0}, {time.Minute, 7, 0}, {14 * time.Minute, 8, 2}}},
		{"values are new after an alert", Threshold{Count: 1, Distinct: 2}, []event{{0, 7, 0}, {1, 8, 2}, {2, 7, 0}, {3, 7, 0}, {4, 8, 3}}},
	} {
		s := New(0).Set("rule", window, noon)
		for i, e := range test.events {
			at := e.at
			if at > 0 && at < time.Microsecond {
				at *= time.Duration(time.Second) // 1 and 2 are seconds
			}
			var values []uint64
			if e.value != 0 {
				values = []uint64{e.value}
			}
			c, reached := s.Count(keyOf(s, "k"), values, test.want, after(at), noon)
			if reached != (e.count > 0) || c.Count != e.count {
				t.Errorf("%s: event %d: reached %t with %d", test.why, i, reached, c.Count)
			}
		}
		if n := s.Stats().Evicted; n != 0 {
			t.Errorf("%s: %d evicted", test.why, n)
		}
	}
}

func TestWhatAThresholdCountedIsSaid(t *testing.T) {
	s := New(0).Set("rule", time.Hour, noon)
	k := keyOf(s, "k")
	s.Count(k, []uint64{1}, Threshold{3, 2}, after(time.Minute), noon)
	s.Count(k, []uint64{2}, Threshold{3, 2}, after(3*time.Minute), noon)
	c, reached := s.Count(k, []uint64{2}, Threshold{3, 2}, after(2*time.Minute), noon)
	if want := (Counted{3, 2, after(time.Minute), after(3 * time.Minute)}); !reached || c != want {
		t.Errorf("%t %+v, want %+v", reached, c, want)
	}
	if n := s.Stats().Keys; n != 0 {
		t.Errorf("%d keys are left of a threshold that is reached", n)
	}
}

// A value that comes a thousand times must not push out the others, nor cost more and
// more.
func TestACommonValueTakesNoRoomFromTheOthers(t *testing.T) {
	m := New(0)
	s := m.Set("rule", time.Hour, noon)
	k, want := keyOf(s, "k"), Threshold{Count: 1, Distinct: 20}
	at := noon
	for v := uint64(1); v < 20; v++ {
		s.Count(k, []uint64{v}, want, at, noon)
		for range 1000 {
			at = at.Add(time.Millisecond)
			if _, reached := s.Count(k, []uint64{1}, want, at, noon); reached {
				t.Fatal("reached with too few values")
			}
		}
	}
	if used := m.Used(); used > 4000 {
		t.Errorf("%d bytes for one key", used)
	}
	if _, reached := s.Count(k, []uint64{20}, want, at, noon); !reached || s.Stats().Evicted != 0 {
		t.Errorf("the last of 20 values: reached %t, %d evicted", reached, s.Stats().Evicted)
	}
}

// Logs of some regions come a quarter of an hour later than others.
func TestLateEventsOfABusyKeyCount(t *testing.T) {
	const window = 6 * time.Minute
	s := New(0).Set("rule", window, noon)
	k, want := keyOf(s, "k"), Threshold{Count: 10}
	for i := range 200 { // nine within six minutes
		if _, reached := s.Count(k, nil, want, after(time.Duration(i)*40*time.Second+time.Duration(i)*time.Millisecond), noon); reached {
			t.Fatal("the busy key reaches its threshold")
		}
	}
	from := after(200*40*time.Second - 45*time.Minute)
	if _, reached := s.Count(k, nil, want, from, noon); !reached || s.Stats().Evicted != 0 {
		t.Errorf("a tenth event that is late: reached %t, %d evicted", reached, s.Stats().Evicted)
	}
}

func TestWhatHasNoRoomUnderAKeyIsCounted(t *testing.T) {
	s := New(0).Set("rule", time.Hour, noon)
	k, want := keyOf(s, "k"), Threshold{Count: 2}
	for day := range 100 { // never two within an hour
		s.Count(k, nil, want, after(time.Duration(day+10)*24*time.Hour), noon)
	}
	if n := s.Stats().Evicted; n != 0 {
		t.Fatalf("%d evicted in order", n)
	}
	s.Count(k, nil, want, noon, noon)
	if _, reached := s.Count(k, nil, want, noon, noon); reached || s.Stats().Evicted != 2 {
		t.Errorf("two events without room: reached %t, %d evicted", reached, s.Stats().Evicted)
	}
}

func TestSequencesAreFoundInTheOrderOfTime(t *testing.T) {
	const span = 15 * time.Minute
	const a, b, c = 1, 2, 4
	type event struct {
		id    string
		roles uint16
		at    time.Duration
		found string // the events before it, of each sequence
	}
	m := time.Minute
	for _, test := range []struct {
		why    string
		steps  int
		events []event
	}{
		{"one after the other", 2, []event{{"a", a, 0, ""}, {"b", b, m, "a"}, {"b2", b, 2 * m, ""}}},
		{"in one second by arrival", 2, []event{{"a", a, 0, ""}, {"b", b, 0, "a"}}},
		{"not the other way round", 2, []event{{"b", b, 0, ""}, {"a", a, 0, ""}, {"b2", b, m, "a"}}},
		{"at the end of the span", 2, []event{{"a", a, 0, ""}, {"b", b, span, "a"}}},
		{"after the span, which gives the first one up", 2, []event{{"a", a, 0, ""}, {"b", b, span + time.Millisecond, ""}}},
		{"the latest first one", 2, []event{{"a", a, 0, ""}, {"a2", a, m, ""}, {"b", b, 2 * m, "a2"}, {"b2", b, 3 * m, ""}}},
		{"the first one arrives late", 2, []event{{"b", b, m, ""}, {"a", a, 0, "a"}}},
		{"an event does not follow itself", 2, []event{{"x", a | b, 0, ""}, {"y", a | b, m, "x"}, {"z", b, 2 * m, "y"}}},
		{"three events", 3, []event{{"a", a, 0, ""}, {"c0", c, m, ""}, {"b", b, 2 * m, ""}, {"c", c, 3 * m, "a b"}}},
		{"three events within the span of the first", 3, []event{{"a", a, 0, ""}, {"b", b, 10 * m, ""}, {"c", c, 16 * m, ""}}},
		{"the middle one arrives last", 3, []event{{"a", a, 0, ""}, {"c", c, 2 * m, ""}, {"b", b, m, "a b"}}},
		{"a newer first one does not end what has begun", 3, []event{{"a", a, 0, ""}, {"b", b, m, ""}, {"a2", a, 2 * m, ""}, {"c", c, 3 * m, "a b"}}},
		{"an event far ahead does not end what has begun", 2, []event{{"a", a, 0, ""}, {"x", a, 1000 * time.Hour, ""}, {"b", b, m, "a"}}},
	} {
		s := New(0).Set("rule", span, noon)
		for _, e := range test.events {
			var found []string
			for _, earlier := range s.Follow(keyOf(s, "k"), e.roles, test.steps, e.id, span, after(e.at), noon) {
				for _, o := range earlier {
					found = append(found, o.ID)
				}
			}
			want := e.found
			if test.why == "the first one arrives late" && e.id == "a" {
				want = "a"
			}
			if got := strings.Join(found, " "); got != want {
				t.Errorf("%s: %s completes %q, want %q", test.why, e.id, got, want)
			}
		}
	}
}

func TestAFloodOfOneStepHidesNoSequence(t *testing.T) {
	const span = 15 * time.Minute
	for _, steps := range []int{2, 3} {
		m := New(0)
		s := m.Set("rule", span, noon)
		k := keyOf(s, "k")
		follow := func(id string, role uint16, at time.Duration) [][]Occurrence {
			return s.Follow(k, role, steps, id, span, after(at), noon)
		}
		follow("a", 1, 0)
		if steps == 3 {
			follow("b", 2, time.Second)
		}
		for i := range 1000 {
			follow(fmt.Sprint("flood", i), 1, time.Duration(i+2)*time.Second/2)
			follow(fmt.Sprint("old", i), 1, -time.Duration(i+2)*time.Hour)
		}
		if used := m.Used(); used > 2000 {
			t.Errorf("%d steps: %d bytes for one key", steps, used)
		}
		// The last event happened before the flood and arrives after it.
		if found := follow("last", 1<<(steps-1), time.Second); len(found) != 1 {
			t.Errorf("%d steps: the sequence was not found", steps)
		}
	}
}

func TestAFloodDoesNotEndASequenceThatHasBegun(t *testing.T) {
	const span = 15 * time.Minute
	s := New(0).Set("rule", span, noon)
	k := keyOf(s, "k")
	follow := func(id string, role int, at time.Duration) (ids []string) {
		for _, earlier := range s.Follow(k, 1<<role, 3, id, span, after(at), noon) {
			for _, o := range earlier {
				ids = append(ids, o.ID)
			}
		}
		return ids
	}
	follow("b0", 1, 0)
	follow("a", 0, time.Second)
	follow("b", 1, 2*time.Second)
	for i := range 1000 {
		follow("flood", 1, 10*time.Second+time.Duration(i)*time.Second/2)
	}
	if got := follow("c", 2, 5*time.Second); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("a last event that is late completes %q", got)
	}
}

func TestAFloodUnderOneRuleCostsThatRule(t *testing.T) {
	m := New(MinLimit)
	victim, flooded := m.Set("victim", 24*time.Hour, noon), m.Set("flooded", 24*time.Hour, noon)
	for i := range 1000 {
		victim.Seen(keyOf(victim, fmt.Sprint(i)), noon, noon)
	}
	var key [8]byte
	for i := range 200_000 {
		binary.BigEndian.PutUint64(key[:], uint64(i))
		flooded.Seen(KeyOf(AppendValue(flooded.Begin(nil), key[:])), noon, noon)
	}
	if used := m.Used(); used > MinLimit {
		t.Errorf("%d bytes are held, more than %d", used, MinLimit)
	}
	for i := range 1000 {
		if !victim.Seen(keyOf(victim, fmt.Sprint(i)), noon, noon) {
			t.Fatalf("term %d of the other rule was given up", i)
		}
	}
	v, f := victim.Stats(), flooded.Stats()
	if want := 200_000 - (MinLimit/entryBytes - 1000); v.Evicted != 0 || int(f.Evicted) != want || f.Keys != MinLimit/entryBytes-1000 {
		t.Errorf("evicted %d of the other rule and %d, want %d; %d keys are left", v.Evicted, f.Evicted, want, f.Keys)
	}
	// The oldest went first.
	binary.BigEndian.PutUint64(key[:], 199_999)
	if !flooded.Seen(KeyOf(AppendValue(flooded.Begin(nil), key[:])), noon, noon) {
		t.Error("the newest term was given up")
	}
}

// What an event has just been added to stays, also where it is the largest of all.
func TestAnEventDoesNotPushOutItsOwnKey(t *testing.T) {
	m := New(MinLimit)
	for i := range 11 { // eleven sets of 90 KB
		s := m.Set(fmt.Sprint(i), time.Hour, noon)
		for j := range 1400 {
			s.Seen(keyOf(s, fmt.Sprint(j)), noon, noon)
		}
	}
	s := m.Set("large", time.Hour, noon)
	k := keyOf(s, "k")
	const events = 15_000 // 120 KB at least
	for j := range events {
		if _, reached := s.Count(k, nil, Threshold{Count: events}, noon, noon); reached != (j == events-1) {
			t.Fatalf("reached %t at event %d", reached, j)
		}
	}
	if n, used := s.Stats().Evicted, m.Used(); n != 0 || used > MinLimit {
		t.Errorf("%d evicted, %d bytes", n, used)
	}
}

func TestWhatIsOfNoUseGoesUncounted(t *testing.T) {
	s := New(0).Set("rule", time.Hour, noon)
	for i := range 100 {
		s.Seen(keyOf(s, fmt.Sprint(i)), noon, noon)
	}
	late := after(time.Hour + Grace)
	s.Seen(keyOf(s, "x"), late, late)
	if n := s.Stats(); n.Keys != 101 {
		t.Errorf("%d keys within the grace", n.Keys)
	}
	late = late.Add(time.Second)
	for i := range 60 {
		s.Seen(keyOf(s, fmt.Sprint("y", i)), late, late)
	}
	if n := s.Stats(); n.Keys != 61 || n.Evicted != 0 {
		t.Errorf("%d keys, %d evicted after it", n.Keys, n.Evicted)
	}
}

func TestALowerLimitHoldsAtOnce(t *testing.T) {
	m := New(4 << 20)
	s := m.Set("rule", time.Hour, noon)
	for i := range 60_000 {
		s.Seen(keyOf(s, fmt.Sprint(i)), noon, noon)
	}
	m.SetLimit(MinLimit)
	if used := m.Used(); used > MinLimit || s.Stats().Evicted != 60_000-MinLimit/entryBytes {
		t.Errorf("%d bytes, %d evicted", used, s.Stats().Evicted)
	}
}

// The limit has to be true of the process, whatever is remembered.
func TestTheHeapHoldsNoMoreThanTheLimit(t *testing.T) {
	const limit = 16 << 20
	for name, fill := range map[string]func(s *Set, k Key, i int){
		"terms": func(s *Set, k Key, _ int) { s.Seen(k, noon, noon) },
		"counts": func(s *Set, k Key, i int) {
			for range i % 7 {
				s.Count(k, []uint64{uint64(i)}, Threshold{50, 20}, noon, noon)
			}
		},
		"sequences": func(s *Set, k Key, i int) {
			for j := range i % 5 {
				s.Follow(k, 1, 2, "3038ebd2-c98a-4c65-9b6e-e22506292313", time.Hour, after(time.Duration(j)*time.Minute), noon)
			}
		},
	} {
		heap := func() int64 {
			runtime.GC()
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			return int64(s.HeapAlloc)
		}
		before := heap()
		m := New(limit)
		s := m.Set("rule", time.Hour, noon)
		var b []byte
		for i := range 400_000 {
			b = binary.BigEndian.AppendUint64(s.Begin(b[:0]), uint64(i))
			fill(s, KeyOf(b), i)
		}
		if held := heap() - before; held > limit*21/20 || s.Stats().Evicted == 0 {
			t.Errorf("%s: the heap holds %d bytes, more than %d; %d evicted", name, held, limit, s.Stats().Evicted)
		}
		runtime.KeepAlive(m)
	}
}

// saved is where a test saves a memory.
type saved struct {
	header []byte
	pages  map[uint32][]byte
}

func (f *saved) save(t testing.TB, m *Memory) {
	t.Helper()
	if f.pages == nil {
		f.pages = map[uint32][]byte{}
	}
	for {
		header, _, err := m.Save(3, func(page uint32, data []byte) error {
			f.pages[page] = data
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if header == nil {
			return
		}
		f.header = header
	}
}

func (f *saved) all() iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		for page := range uint32(len(f.pages)) {
			if !yield(page, f.pages[page]) {
				return
			}
		}
	}
}

func TestAMemoryIsTheSameAfterItWasSaved(t *testing.T) {
	m := New(0)
	terms, counts, sequences := m.Set("terms", 24*time.Hour, noon), m.Set("counts", time.Hour, noon), m.Set("sequences", time.Hour, noon)
	terms.Since(after(-time.Hour))
	var file saved
	for i := range 1000 {
		terms.Seen(keyOf(terms, fmt.Sprint(i)), noon, after(time.Duration(i)*time.Second))
		if i == 500 {
			file.save(t, m)
		}
	}
	counts.Count(keyOf(counts, "k"), []uint64{7}, Threshold{3, 2}, noon, noon)
	counts.Count(keyOf(counts, "k"), []uint64{7}, Threshold{3, 2}, after(time.Minute), noon)
	sequences.Follow(keyOf(sequences, "k"), 1, 2, "a", time.Hour, noon, noon)
	file.save(t, m)
	changed := 0
	if header, _, err := m.Save(10, func(uint32, []byte) error { changed++; return nil }); err != nil || changed != 0 || header != nil {
		t.Errorf("%d pages are saved again without a change, %v", changed, err)
	}

	r, err := Restore(0, file.header, file.all(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if r.Used() != m.Used() {
		t.Errorf("%d bytes, %d before", r.Used(), m.Used())
	}
	terms, counts, sequences = r.Set("terms", 24*time.Hour, noon), r.Set("counts", time.Hour, noon), r.Set("sequences", time.Hour, noon)
	if since := terms.Since(noon); !since.Equal(after(-time.Hour)) {
		t.Errorf("filled since %v", since)
	}
	for i := range 1000 {
		if !terms.Seen(keyOf(terms, fmt.Sprint(i)), noon, noon) {
			t.Fatalf("term %d is not known", i)
		}
	}
	if c, reached := counts.Count(keyOf(counts, "k"), []uint64{8}, Threshold{3, 2}, after(2*time.Minute), noon); !reached || !c.First.Equal(noon) {
		t.Errorf("the threshold: %t, %+v", reached, c)
	}
	found := sequences.Follow(keyOf(sequences, "k"), 2, 2, "b", time.Hour, after(time.Minute), noon)
	if want := (Occurrence{"a", noon}); len(found) != 1 || found[0][0] != want {
		t.Errorf("the sequence: %v", found)
	}
}

// While a memory is saved an entry can move from one page to another: both have it then.
func TestAnEntryThatWasSavedTwiceIsAsItWasLast(t *testing.T) {
	m := New(0)
	s := m.Set("rule", 24*time.Hour, noon)
	var before, later saved
	s.Seen(keyOf(s, "a"), noon, noon)
	before.save(t, m)
	s.Seen(keyOf(s, "a"), after(20*time.Hour), after(20*time.Hour))
	later.save(t, m)
	for _, pages := range [][]saved{{before, later}, {later, before}} {
		both := saved{header: later.header, pages: map[uint32][]byte{0: pages[0].pages[0], 1: pages[1].pages[0]}}
		r, err := Restore(0, both.header, both.all(), noon)
		if err != nil {
			t.Fatal(err)
		}
		s := r.Set("rule", 24*time.Hour, noon)
		if n := s.Stats().Keys; n != 1 || r.Used() != entryBytes || r.table.count != 1 {
			t.Errorf("%d keys, %d bytes", n, r.Used())
		}
		if !s.Seen(keyOf(s, "a"), after(40*time.Hour), noon) {
			t.Error("it is as it was first")
		}
	}
}

func TestAWrongBitIsNoticed(t *testing.T) {
	m := New(0)
	s := m.Set("rule", time.Hour, noon)
	s.Seen(keyOf(s, "a"), noon, noon)
	var file saved
	file.save(t, m)
	for _, data := range [][]byte{file.header, file.pages[0]} {
		for i := range 8 * len(data) {
			data[i/8] ^= 1 << (i % 8)
			if _, err := Restore(0, file.header, file.all(), noon); err == nil {
				t.Fatalf("bit %d of %d bytes is wrong, and nobody says so", i, len(data))
			}
			data[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestOfAMemoryThatIsTooLargeNowTheOldestGoes(t *testing.T) {
	m := New(8 << 20)
	s := m.Set("rule", 24*time.Hour, noon)
	const n = 50_000
	for i := range n {
		s.Seen(keyOf(s, fmt.Sprint(i)), noon, after(time.Duration(i)*time.Millisecond))
	}
	var file saved
	file.save(t, m)
	r, err := Restore(MinLimit, file.header, file.all(), noon)
	if err != nil {
		t.Fatal(err)
	}
	s = r.Set("rule", 24*time.Hour, noon)
	kept := MinLimit / entryBytes
	if r.Used() > MinLimit || s.Stats().Keys != kept {
		t.Errorf("%d bytes, %d keys", r.Used(), s.Stats().Keys)
	}
	if !s.Seen(keyOf(s, fmt.Sprint(n-1)), noon, noon) || s.Seen(keyOf(s, "0"), noon, noon) {
		t.Error("it was not the oldest that went")
	}
}

func TestWhatCouldNotBeSavedIsSavedNextTime(t *testing.T) {
	m := New(0)
	s := m.Set("rule", time.Hour, noon)
	for i := range 5 * pageEntries {
		s.Seen(keyOf(s, fmt.Sprint(i)), noon, noon)
	}
	full := errors.New("the disk is full")
	if _, _, err := m.Save(10, func(page uint32, _ []byte) error {
		if page == 2 {
			return full
		}
		return nil
	}); err != full {
		t.Fatal(err)
	}
	var file saved
	_, undo, _ := m.Save(1, func(uint32, []byte) error { return nil })
	undo()
	file.save(t, m)
	r, err := Restore(0, file.header, file.all(), noon)
	if err != nil {
		t.Fatal(err)
	}
	s = r.Set("rule", time.Hour, noon)
	for i := range 5 * pageEntries {
		if !s.Seen(keyOf(s, fmt.Sprint(i)), noon, noon) {
			t.Fatalf("term %d is lost", i)
		}
	}
}

func TestTheFirstChangeIsTold(t *testing.T) {
	m := New(0)
	s := m.Set("rule", 256*time.Hour, noon)
	told := 0
	listen := func() {
		new(saved).save(t, m)
		m.Notify(func() { told++ })
	}
	see := func(at time.Duration) { s.Seen(keyOf(s, "a"), after(at), noon) }
	listen()
	see(0)
	see(time.Minute)
	if told != 1 {
		t.Errorf("told %d times of the first change", told)
	}
	listen()
	see(10 * time.Minute)
	if told != 1 {
		t.Error("told of a time that differs by a few minutes, of 256 hours")
	}
	see(time.Hour)
	if told != 2 {
		t.Error("not told of a time that differs by an hour")
	}
	if m.Notify(func() { told++ }); told != 3 {
		t.Error("not told of a change that was not saved")
	}
}

func TestASetThatNoRuleAsksForIsForgotten(t *testing.T) {
	m := New(0)
	for i, name := range []string{"gone", "stays"} {
		s := m.Set(name, time.Hour, after(time.Duration(i)*40*24*time.Hour))
		for j := range 100 {
			s.Seen(keyOf(s, fmt.Sprint(j)), noon, noon)
		}
	}
	var file saved
	file.save(t, m)
	now := after(40 * 24 * time.Hour)
	for range 2 { // saved with other numbers, it is still right
		r, err := Restore(0, file.header, file.all(), now)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.sets) != 2 || r.Used() != 100*entryBytes {
			t.Fatalf("%d sets, %d bytes", len(r.sets)-1, r.Used())
		}
		if s := r.Set("stays", time.Hour, now); !s.Seen(keyOf(s, "7"), noon, now) || s.Stats().Keys != 100 {
			t.Error("the other one has changed")
		}
		file.save(t, r)
	}
}

func TestManyGoroutinesUseAMemory(t *testing.T) {
	m := New(MinLimit)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			s := m.Set(fmt.Sprint("rule", g%2), time.Hour, noon)
			for i := range 5000 {
				k := keyOf(s, fmt.Sprint(g, i))
				s.Seen(k, noon, noon)
				k[0]++
				s.Count(k, []uint64{uint64(i)}, Threshold{3, 2}, noon, noon)
				k[0]++
				s.Follow(k, 1, 2, "id", time.Hour, noon, noon)
				if i%1000 == 0 {
					_, _, _ = m.Save(100, func(uint32, []byte) error { return nil })
				}
			}
		})
	}
	wait.Wait()
	if m.Used() > MinLimit {
		t.Errorf("%d bytes", m.Used())
	}
}

// FuzzMemory compares a memory with maps, through a save and a restore in between.
func FuzzMemory(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x10\x11\x12\x20\x21\x22\xff"))
	f.Fuzz(func(t *testing.T, script []byte) {
		m := New(0)
		s := m.Set("rule", time.Hour, noon)
		last := map[byte]int64{}
		var file saved
		for i, c := range script {
			if c == 0xff {
				file.save(t, m)
				var err error
				if m, err = Restore(0, file.header, file.all(), noon); err != nil {
					t.Fatal(err)
				}
				s = m.Set("rule", time.Hour, noon)
				continue
			}
			term, minute := c&7, int64(c>>3)*10
			before, known := last[term]
			want := known && (minute <= before || minute-before <= 60)
			if got := s.Seen(keyOf(s, string(term)), after(time.Duration(minute)*time.Minute), noon); got != want {
				t.Fatalf("at %d: term %d at minute %d: seen %t, want %t", i, term, minute, got, want)
			}
			if !known || minute > before {
				last[term] = minute
			}
		}
		if s.Stats().Keys != len(last) || m.Used() != int64(len(last))*entryBytes {
			t.Fatalf("%d keys, %d bytes for %d", s.Stats().Keys, m.Used(), len(last))
		}
	})
}

// FuzzRestore restores what nobody saved.
func FuzzRestore(f *testing.F) {
	m := New(0)
	s := m.Set("rule", time.Hour, noon)
	s.Seen(keyOf(s, "a"), noon, noon)
	s.Count(keyOf(s, "b"), []uint64{1}, Threshold{3, 2}, noon, noon)
	s.Follow(keyOf(s, "c"), 1, 2, "id", time.Hour, noon, noon)
	var file saved
	file.save(f, m)
	unseal := func(data []byte) []byte {
		data, ok := unsealed(data)
		if !ok {
			f.Fatal("the checksum is wrong")
		}
		return data
	}
	f.Add(unseal(file.header), unseal(file.pages[0]))
	f.Fuzz(func(t *testing.T, header, page []byte) {
		header, page = sealed(slices.Clone(header)), sealed(slices.Clone(page))
		r, err := Restore(0, header, func(yield func(uint32, []byte) bool) { yield(0, page) }, noon)
		if err != nil {
			return
		}
		s := r.Set("rule", time.Hour, noon)
		for i := range r.table.pages[0] {
			k := r.table.pages[0][i].key
			s.Count(k, []uint64{5}, Threshold{3, 2}, noon, noon)
			s.Follow(k, 3, 2, "x", time.Hour, noon, noon)
			s.Seen(k, noon, noon)
		}
		var again saved
		again.save(t, r)
		if _, err := Restore(0, again.header, again.all(), noon); err != nil {
			t.Errorf("what was restored cannot be restored again: %v", err)
		}
	})
}

const million = 1_000_000

func filled(b *testing.B) (*Memory, *Set, []Key) {
	m := New(0)
	s := m.Set("rule", 24*time.Hour, noon)
	keys := make([]Key, million)
	var buffer []byte
	for i := range keys {
		buffer = binary.BigEndian.AppendUint64(s.Begin(buffer[:0]), uint64(i))
		keys[i] = KeyOf(buffer)
		s.Seen(keys[i], noon, noon)
	}
	if s.Stats().Keys != million {
		b.Fatalf("%d keys are held", s.Stats().Keys)
	}
	return m, s, keys
}

func BenchmarkAKnownTermOfAMillion(b *testing.B) {
	m, s, keys := filled(b)
	b.ReportAllocs()
	b.ReportMetric(float64(m.Used())/million, "bytes/key")
	i := 0
	for b.Loop() {
		s.Seen(keys[i%million], noon, noon)
		i += 7919
	}
}

func BenchmarkANewTermInAFullMemory(b *testing.B) {
	m := New(MinLimit)
	s := m.Set("rule", 24*time.Hour, noon)
	var buffer []byte
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		buffer = binary.BigEndian.AppendUint64(s.Begin(buffer[:0]), uint64(i))
		s.Seen(KeyOf(buffer), noon, noon)
		i++
	}
}

func BenchmarkCount(b *testing.B) {
	s := New(0).Set("rule", time.Hour, noon)
	k := keyOf(s, "k")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Count(k, []uint64{uint64(i % 40)}, Threshold{25, 41}, after(time.Duration(i)*time.Second), noon)
		i++
	}
}

func BenchmarkCountTheHighestThreshold(b *testing.B) {
	s := New(0).Set("rule", 24*time.Hour, noon)
	k := keyOf(s, "k")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Count(k, []uint64{uint64(i % 9999)}, Threshold{1, MaxThreshold}, after(time.Duration(i)*time.Millisecond), noon)
		i++
	}
}

func BenchmarkFollow(b *testing.B) {
	s := New(0).Set("rule", time.Hour, noon)
	k := keyOf(s, "k")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Follow(k, 1, 2, "3038ebd2-c98a-4c65-9b6e-e22506292313", time.Hour, after(time.Duration(i)*time.Second), noon)
		i++
	}
}

func BenchmarkKeyOf(b *testing.B) {
	s := New(0).Set("rule", time.Hour, noon)
	arn := strings.Repeat("arn:aws:iam::111122223333:role/some", 3)
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = AppendValue(AppendValue(s.Begin(buffer[:0]), arn), arn)
		KeyOf(buffer)
	}
}
