package search

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// Texts with names of calls are made of these: keys, what is between a key and a name, and names.
var callParts = []string{
	"\xa9eventName", "\xd9\x09eventName", `"eventName"`, `\"eventName\"`, `\\\"eventName\\\"`, "\xa9eventname", "\xa6action",
	"\xacevent.action", `"event.action"`, `"action"`, "action", "eventName", "key", "\xa3key", "event.", ".", "\x09", "\xa9", "\xda\x00\x09",
	":", " ", `\n`, `\\t`, "\n", `"`, `\"`, `\\"`, `\`, ",", "}", "]", "[", "{", "null", "7", "=",
	"\xa4Stop", "\xa9StopItNow", "\xd9\x09StopItNow", "\xda\x00\x09StopItNow", "\xb1BeginThisAndThat9", "\x91", "\xc0", "\x81", "\xb7", "\xd9",
	"StopItNow", "stopitnow", "BeginThis", "BeginThisAndThat", "MiddleOf", "xMiddleOfy", "HALTIT", "haltit", `\u0041`, `\u000a`, "x", "\xff",
}

func someCalls() []needle.Needle {
	return []needle.Needle{
		needle.OfCall("StopItNow"), needle.OfCall("BeginThis*"), {Text: "MiddleOf", Call: true}, {Text: "haltit", Fold: true, Whole: true, Call: true},
		{Text: "other", Fold: true, Call: true}, needle.OfCall("Stop"), {Text: "nothing of this"},
	}
}

func TestNamesOfCallsAreFoundWhereThePrefilterFindsThem(t *testing.T) {
	set := needle.NewSet(someCalls(), false)
	s, err := New(set.Needles)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Free()
	r := rand.New(rand.NewPCG(1, 2))
	found, tried, memory := 0, 100_000, beforeNothing(t)
	for range tried {
		data := bytes.Repeat([]byte{'.'}, r.IntN(300))
		for range 1 + r.IntN(9) {
			data = append(data, callParts[r.IntN(len(callParts))]...)
		}
		data = append(data, bytes.Repeat([]byte{'.'}, r.IntN(3)*r.IntN(300))...)
		data = memory[len(memory)-copy(memory[len(memory)-len(data):], data):]
		hit, want := s.Next(data, 0), set.In(data)
		if (hit < len(data)) != want {
			t.Fatalf("%q: found at %d, want %t", data, hit, want)
		}
		if want {
			found++
		}
	}
	if found < tried/10 || found > tried*9/10 {
		t.Errorf("%d of %d texts have a hit: little was tried", found, tried)
	}
}

func TestNothingBeforeTheDataIsReadForAKeyAtItsBeginning(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(memory) })
	if err := syscall.Mprotect(memory[:page], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	s, err := New(someCalls())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Free()
	for _, test := range []struct {
		name, data string
		want       bool
	}{
		{"a name", "\xa9eventName\xa9StopItNow", true},
		{"another name", "\xa9eventName\xa6nobody", false},
		{"a key with a dot", ".action\xa6nobody", false},
		{"the value of a key", "key\xa9eventName\xa5value", true},
	} {
		data := memory[page : page+copy(memory[page:], test.data)]
		if hit := s.Next(data, 0); (hit < len(data)) != test.want {
			t.Errorf("%s: found at %d, want %t", test.name, hit, test.want)
		}
	}
}

// FuzzNamesOfCallsAreFoundWhereThePrefilterFindsThem takes one part after the other, by the bytes of the input, or
// the input itself.
func FuzzNamesOfCallsAreFoundWhereThePrefilterFindsThem(f *testing.F) {
	set := needle.NewSet(someCalls(), false)
	s, err := New(set.Needles)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Free)
	for _, seed := range []string{"\xa9eventName\xa9StopItNow", `"eventName":"StopItNow"`, `\"event.action\"\n: \"BeginThisThing\"`, "\x00\x25", "\x02\x1a\x1e"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var parts []byte
		for _, b := range input {
			parts = append(parts, callParts[int(b)%len(callParts)]...)
		}
		for _, data := range [][]byte{input, parts} {
			if hit, want := s.Next(data, 0), set.In(data); (hit < len(data)) != want {
				t.Fatalf("%q: found at %d, want %t", data, hit, want)
			}
		}
	})
}

func TestTheSearchSaysWhetherAnEventHasNamesOfCallsAlone(t *testing.T) {
	o := detect.DefaultOptions()
	for i, query := range []string{`event.action == "StopItNow"`, `user.name : "*mallory*"`} {
		r, err := rule.Parse("test.toml", fmt.Appendf(nil, "[rule]\nname = \"Test\"\nrule_id = \"test-%d\"\ntype = \"eql\"\nrisk_score = 1\nseverity = \"low\"\nquery = 'any where %s'\n", i, query))
		if err != nil {
			t.Fatal(err)
		}
		o.Rules = append(o.Rules, r)
	}
	s, err := For(&o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Free()
	const name, filler = `"eventName":"StopItNow"`, `"filler":"...................................................................................................."`
	for _, test := range []struct {
		name, event, next string
		want              bool
	}{
		{"a name", "{" + name + "}", "{}", true},
		{"a name and a text after it", "{" + name + `,"x":"Mallory"}`, "{}", false},
		{"a name and a text long after it", "{" + name + "," + filler + "," + filler + "," + filler + `,"x":"Mallory"}`, "{}", false},
		{"a text before it", `{"x":"mallory",` + name + "}", "{}", false},
		{"a text alone", `{"x":"mallory"}`, "{}", false},
		{"a name and a list of events", "{" + name + `,"Records":[]}`, "{}", false},
		{"two names", "{" + name + `,"x":{` + name + "}}", "{}", true},
		{"a name and an escape", "{" + name + `,"x":"\\u006dallory"}`, "{}", false},
		{"a name and an escape of what no text has", "{" + name + `,"x":"\\u0026"}`, "{}", true},
		{"a name, and a text in the next event", "{" + name + "}", `{"x":"mallory"}`, true},
	} {
		var data []byte
		for _, text := range []string{"{}", test.event, test.next} {
			body, err := document.AppendFromJSON(nil, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			data = chunk.Append(data, time.Unix(1781776800, 0), body)
		}
		var list document.List
		if _, _, _, _, got := s.Over(data, s.Next(data, 0))(0, &list); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}

// What a name costs must not depend on how long the text is that it could be.
func TestTheSearchForNamesIsLinear(t *testing.T) {
	s, err := New(someCalls())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Free()
	for name, unit := range map[string]string{
		"keys":                    "\xa6action",
		"keys of JSON":            `"action"`,
		"keys with a colon":       `"action":`,
		"keys and backslashes":    `"action\\\\\\\\`,
		"keys and white space":    "\"action\":          ",
		"texts that do not end":   `"action":"x`,
		"beginnings of a part":    `"action":"othothothothothoth`,
		"names that collide":      "\xa9eventName\xa9stopitnow",
		"long names":              "\xa9eventName\xd9\xff" + string(bytes.Repeat([]byte("oth"), 85)),
		"backslashes and letters": `"action":\n\n\n\n\n\n\n\n`,
	} {
		data := bytes.Repeat([]byte(unit), (4<<20)/len(unit))
		start := time.Now()
		for at := 0; at < len(data); at++ {
			at = s.Next(data, at)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: 4 MB take %v", name, took)
		}
	}
}
