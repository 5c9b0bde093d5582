package document

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// packed turns JSON text into MessagePack.
func packed(t testing.TB, json string) []byte {
	t.Helper()
	value, err := AppendFromJSON(nil, []byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return value
}

// asJSON is what a value is called in an error, and compared by.
func asJSON(value []byte) string {
	text, err := AppendJSON(nil, value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestGetFindsTheLastOfRepeatedKeys(t *testing.T) {
	for _, c := range []struct {
		name, m, key, want string
	}{
		{"one key", `{"a":1,"b":2}`, "b", "2"},
		{"no such key", `{"a":1}`, "b", ""},
		{"a longer key", `{"ab":1}`, "a", ""},
		{"a key in another case", `{"A":1}`, "a", ""},
		{"an empty key", `{"":1}`, "", "1"},
		{"a null is a value", `{"a":null}`, "a", "null"},
		{"twice", `{"a":1,"b":2,"a":3}`, "a", "3"},
		{"twice, the last null", `{"a":1,"a":null}`, "a", "null"},
		{"twice, the last of another type", `{"a":{"b":1},"a":"x"}`, "a", `"x"`},
		{"no map", `["a",1]`, "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, ok := Get(packed(t, c.m), c.key)
			if ok != (c.want != "") || ok && asJSON(value) != c.want {
				t.Errorf("got %s, %v; want %s", asJSON(value), ok, c.want)
			}
		})
	}
	for _, c := range []struct{ name, m, key, want string }{
		{"a key in every header that text has", "\x84\xa1a\x01\xd9\x01a\x02\xda\x00\x01a\x03\xdb\x00\x00\x00\x01a\x04", "a", "4"},
		{"keys that are not text are passed over", "\x83\x01\x02\xc4\x01a\x03\xa1a\x04", "a", "4"},
		{"a map that is broken after the key", "\x82\xa1a\x01\xa1b\xc1", "a", ""},
		{"a map that promises more than is there", "\x82\xa1a\x01\xa1b", "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, ok := Get([]byte(c.m), c.key)
			if ok != (c.want != "") || ok && asJSON(value) != c.want {
				t.Errorf("got %q, %v; want %s", value, ok, c.want)
			}
		})
	}
}

func TestGetFoldTakesAKeyInAnyCase(t *testing.T) {
	for _, c := range []struct{ name, m, key, want string }{
		{"the case it is asked in", `{"Principal":1}`, "Principal", "1"},
		{"another case", `{"PRINCIPAL":1}`, "principal", "1"},
		{"the last of several spellings", `{"principal":1,"Principal":2,"pRINCIPAL":3}`, "PRINCIPAL", "3"},
		{"a key that is longer", `{"principals":1}`, "principal", ""},
		{"a letter that folds to one of another length", `{"prinſipal":1}`, "prinsipal", ""},
		{"no map", `[]`, "principal", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, ok := GetFold(packed(t, c.m), c.key)
			if ok != (c.want != "") || ok && asJSON(value) != c.want {
				t.Errorf("got %s, %v; want %s", asJSON(value), ok, c.want)
			}
		})
	}
}

func TestGetFoldsIsGetFoldOfEachKey(t *testing.T) {
	keys := []string{"action", "Principal", "sourceArn", "action"}
	for _, m := range [][]byte{
		packed(t, `{"Action":1,"principal":"x","ACTION":2,"actions":3,"sourceARN":null}`),
		packed(t, `{"action":1,"ACTION":2,"action":3,"\u017fourcearn":4,"1":5}`),
		packed(t, `{}`),
		packed(t, `["action"]`),
		[]byte("\x82\xa6action\x01\xa9principal\xc1"), // malformed after the first key
		[]byte("\x82\x01\x02\xa6action\x01"),
		nil,
	} {
		values := [][]byte{{1}, {2}, {3}, {4}} // of the map before
		GetFolds(m, keys, values)
		for i, key := range keys {
			if want, _ := GetFold(m, key); !bytes.Equal(values[i], want) || (values[i] == nil) != (want == nil) {
				t.Errorf("%q: %s is %x, want %x", m, key, values[i], want)
			}
		}
	}
}

func TestGetTextWantsText(t *testing.T) {
	m := packed(t, `{"a":"x","b":1,"c":""}`)
	for key, want := range map[string]string{"a": "x", "c": ""} {
		if text, ok := GetText(m, key); !ok || string(text) != want {
			t.Errorf("GetText(%s) is %q, %v", key, text, ok)
		}
	}
	for _, key := range []string{"b", "d"} {
		if text, ok := GetText(m, key); ok {
			t.Errorf("GetText(%s) is %q", key, text)
		}
	}
}

func TestPathFollowsEverySpelling(t *testing.T) {
	for _, c := range []struct{ name, m, path, want string }{
		{"nested", `{"event":{"action":"x"}}`, "event.action", `"x"`},
		{"dotted", `{"event.action":"x"}`, "event.action", `"x"`},
		{"a single key", `{"message":"x"}`, "message", `"x"`},
		{"mixed, dots first", `{"aws.cloudtrail":{"error_code":"x"}}`, "aws.cloudtrail.error_code", `"x"`},
		{"mixed, dots last", `{"aws":{"cloudtrail.error_code":"x"}}`, "aws.cloudtrail.error_code", `"x"`},
		{"the value may be a map", `{"a":{"b":{"c":1}}}`, "a.b", `{"c":1}`},
		{"a null is a value", `{"a":{"b":null}}`, "a.b", "null"},
		{"the dotted one last", `{"a":{"b":1},"a.b":2}`, "a.b", "2"},
		{"the nested one last", `{"a.b":1,"a":{"b":2}}`, "a.b", "2"},
		{"a later spelling without the key does not count", `{"a":{"b":1},"a.c":2}`, "a.b", "1"},
		{"a later branch without the key does not count", `{"a.b":{"c":1},"a":{"b":{"d":2}}}`, "a.b.c", "1"},
		{"a repeated key: the last counts", `{"a":{"b":1},"a":{"b":2}}`, "a.b", "2"},
		{"a repeated key: the last counts, without the member too", `{"a":{"b":1},"a":{"c":2}}`, "a.b", ""},
		{"a repeated key: the last counts, as a text too", `{"a":{"b":1},"a":"x"}`, "a.b", ""},
		{"half a key is not a key", `{"eve":{"nt.action":"x"}}`, "event.action", ""},
		{"a longer key is not a key", `{"event":{"actions":"x"}}`, "event.action", ""},
		{"a list is not looked into", `{"a":[{"b":1}]}`, "a.b", ""},
		{"a scalar has no members", `{"a":1}`, "a.b", ""},
		{"no map", `"x"`, "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, ok := Path(packed(t, c.m), c.path)
			if ok != (c.want != "") || ok && asJSON(value) != c.want {
				t.Errorf("Path(%s, %s) is %s, %v; want %s", c.m, c.path, asJSON(value), ok, c.want)
			}
		})
	}
}

func TestPathIsReadWithManySegments(t *testing.T) {
	segments := strings.Split("a.b.c.d.e.f.g.h.i.j.k.l.m.n", ".")
	path := strings.Join(segments, ".")
	nested := strings.Repeat(`{"x":`, 0)
	for _, s := range segments {
		nested += `{"` + s + `":`
	}
	nested += "1" + strings.Repeat("}", len(segments))
	var all []string
	for n := range segments {
		all = append(all, fmt.Sprintf("%q:{}", strings.Join(segments[:n+1], ".")))
	}
	all[0] = `"a":` + strings.TrimPrefix(strings.TrimSuffix(nested, "}"), `{"a":`)
	for _, m := range []string{nested, "{" + all[0] + "}", "{" + strings.Join(all[:len(all)-1], ",") + "}"} {
		if value, ok := Path(packed(t, m), path); !ok || asJSON(value) != "1" {
			t.Errorf("%s: %s, %v", m, asJSON(value), ok)
		}
	}
}

// A map that spells one path in very many ways must not cost more than
// reading it: this took hours when each pair was compared with all others.
func TestPathIsLinearInTheMap(t *testing.T) {
	const n = 200_000
	m := msgp.AppendMapHeader(nil, n)
	for range n {
		m = append(m, "\xa1a\x81\xa1c\xc0"...)
	}
	start := time.Now()
	if _, ok := Path(m, "a.b"); ok {
		t.Error("there is an a.b")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestEachAndElementsStopWhenTold(t *testing.T) {
	var keys []string
	err := Each(packed(t, `{"a":1,"b":2,"c":3}`), func(key, value []byte) bool {
		keys = append(keys, asJSON(key)+asJSON(value))
		return len(keys) < 2
	})
	if got := fmt.Sprint(keys); err != nil || got != `["a"1 "b"2]` {
		t.Errorf("Each gave %s, %v", got, err)
	}
	var values []string
	err = Elements(packed(t, `[1,"x",{}]`), func(value []byte) bool {
		values = append(values, asJSON(value))
		return len(values) < 2
	})
	if got := fmt.Sprint(values); err != nil || got != `[1 "x"]` {
		t.Errorf("Elements gave %s, %v", got, err)
	}
	if err := Each([]byte("\x90"), nil); err != ErrType {
		t.Errorf("Each of a list says %v", err)
	}
	if err := Elements([]byte("\x80"), nil); err != ErrType {
		t.Errorf("Elements of a map says %v", err)
	}
	count := 0
	if err := Each([]byte("\x82\xa1a\x01\xa1b\xc1"), func(_, _ []byte) bool { count++; return true }); err != ErrInvalid || count != 1 {
		t.Errorf("Each of a broken map gave %d pairs and %v", count, err)
	}
	if err := Elements([]byte("\x92\x01\xc1"), func([]byte) bool { count++; return true }); err != ErrInvalid || count != 2 {
		t.Errorf("Elements of a broken list gave %d elements and %v", count-1, err)
	}
}

func TestRestIsWhatFollowsTheMap(t *testing.T) {
	pairs := OverMap([]byte("\x81\xa1a\x01rest"))
	for pairs.Next() {
	}
	if string(pairs.Rest()) != "rest" || pairs.Err() != nil {
		t.Errorf("got %q, %v", pairs.Rest(), pairs.Err())
	}
}

func TestEqualSeesThroughEncodings(t *testing.T) {
	for _, c := range []struct {
		name string
		same []string
	}{
		{"text", []string{"\xa1a", "\xd9\x01a", "\xda\x00\x01a", "\xdb\x00\x00\x00\x01a"}},
		{"no text", []string{"\xa0", "\xd9\x00", "\xda\x00\x00", "\xdb\x00\x00\x00\x00"}},
		{"bytes", []string{"\xc4\x01a", "\xc5\x00\x01a", "\xc6\x00\x00\x00\x01a"}},
		{"no bytes", []string{"\xc4\x00", "\xc5\x00\x00", "\xc6\x00\x00\x00\x00"}},
		{"a positive integer", []string{"\x05", "\xcc\x05", "\xcd\x00\x05", "\xce\x00\x00\x00\x05", "\xcf\x00\x00\x00\x00\x00\x00\x00\x05",
			"\xd0\x05", "\xd1\x00\x05", "\xd2\x00\x00\x00\x05", "\xd3\x00\x00\x00\x00\x00\x00\x00\x05"}},
		{"a negative integer", []string{"\xff", "\xd0\xff", "\xd1\xff\xff", "\xd2\xff\xff\xff\xff", "\xd3\xff\xff\xff\xff\xff\xff\xff\xff"}},
		{"the largest integer", []string{"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"}},
		{"a float", []string{"\xca\x3f\xc0\x00\x00", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"}},
		{"another float", []string{"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x01"}},
		{"nil", []string{"\xc0"}},
		{"false", []string{"\xc2"}},
		{"true", []string{"\xc3"}},
		{"a list", []string{"\x91\x05", "\xdc\x00\x01\xcc\x05", "\xdd\x00\x00\x00\x01\x05"}},
		{"an empty list", []string{"\x90", "\xdc\x00\x00", "\xdd\x00\x00\x00\x00"}},
		{"a list of two", []string{"\x92\x05\x05"}},
		{"a list with another element", []string{"\x91\x06"}},
		{"a map", []string{"\x81\xa1a\x05", "\xde\x00\x01\xd9\x01a\xcc\x05", "\xdf\x00\x00\x00\x01\xa1a\x05"}},
		{"an empty map", []string{"\x80", "\xde\x00\x00"}},
		{"a map with another key", []string{"\x81\xa1b\x05"}},
		{"a map with another value", []string{"\x81\xa1a\x06"}},
		{"a map with its pairs in one order", []string{"\x82\xa1a\x01\xa1b\x02"}},
		{"and in another", []string{"\x82\xa1b\x02\xa1a\x01"}},
		{"an extension", []string{"\xd4\x05a", "\xc7\x01\x05a", "\xc8\x00\x01\x05a"}},
		{"an extension of another type", []string{"\xd4\x06a"}},
		{"what is nested", []string{"\x91\x81\xa1a\x91\xa1x", "\xdc\x00\x01\x81\xa1a\xdc\x00\x01\xd9\x01x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, a := range c.same {
				for _, b := range c.same {
					if !Equal([]byte(a), []byte(b)) {
						t.Errorf("%q is not %q", a, b)
					}
				}
			}
		})
	}
}

func TestEqualKeepsDifferentValuesApart(t *testing.T) {
	different := []string{
		"\xa1a", "\xa0", "\xc4\x01a", "\xc4\x00", "\x05", "\xff", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "\xca\x3f\xc0\x00\x00",
		"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x01", "\xcb\x40\x14\x00\x00\x00\x00\x00\x00", // 5.0 is a float and 5 is not
		"\xcb\x00\x00\x00\x00\x00\x00\x00\x00", "\x00", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
		"\xc0", "\xc2", "\xc3", "\x90", "\x91\x05", "\x92\x05\x05", "\x91\x06", "\x80", "\x81\xa1a\x05", "\x81\xa1b\x05", "\x81\xa1a\x06",
		"\x82\xa1a\x01\xa1b\x02", "\x82\xa1b\x02\xa1a\x01", "\xd4\x05a", "\xd4\x06a", "\xd4\x05b",
	}
	for i, a := range different {
		for j, b := range different {
			if Equal([]byte(a), []byte(b)) != (i == j) {
				t.Errorf("Equal(%q, %q) is %v", a, b, i != j)
			}
		}
	}
	if nan := msgp.AppendFloat64(nil, math.NaN()); !Equal(nan, nan) {
		t.Error("NaN is a document that does not equal itself")
	}
	if deep := []byte(strings.Repeat("\x91", 200) + "\xc0"); Equal(deep, deep) {
		t.Error("something too deep to be read is equal")
	}
	if Equal(nil, nil) {
		t.Error("nothing is equal to nothing")
	}
}

// nestedIn is a value under a hundred, more or less, of maps or lists.
func nestedIn(opening string, depth int) []byte {
	return append([]byte(strings.Repeat(opening, depth)), "\xa1v"...)
}

func TestWhatLooksIntoAValueStopsBelow100Levels(t *testing.T) {
	const aMap, aList, aKey = "\x81\xa1a", "\x91", "\x81"
	path := func(depth int) string { return strings.TrimSuffix(strings.Repeat("a.", depth), ".") }
	leaves := func(value []byte, path string) (n int) {
		Leaves(value, path, func([]byte) { n++ })
		return n
	}
	asKey := func(depth int) []byte { // a map as the key of a map as the key …
		return append(nestedIn(aKey, depth), strings.Repeat("\xc0", depth)...)
	}
	mixed := func(depth int) []byte { // lists in which lists stand under a key
		return append([]byte(strings.Repeat(aList, depth-1)+aMap), "\xa1v"...)
	}
	for _, test := range []struct {
		name string
		// looks reports whether a value at this depth is seen.
		looks func(depth int) bool
		last  int // the deepest that is
	}{
		{"Path through maps", func(depth int) bool { _, ok := Path(nestedIn(aMap, depth), path(depth)); return ok }, 101},
		{"Leaves through maps", func(depth int) bool { return leaves(nestedIn(aMap, depth), path(depth)) == 1 }, 100},
		{"Leaves through lists", func(depth int) bool { return leaves(nestedIn(aList, depth), "") == 1 }, 100},
		{"Leaves through lists to a map", func(depth int) bool { return leaves(mixed(depth), "a") == 1 }, 100},
		{"Equal of maps", func(depth int) bool { v := nestedIn(aMap, depth); return Equal(v, v) }, 100},
		{"Equal of lists", func(depth int) bool { v := nestedIn(aList, depth); return Equal(v, v) }, 100},
		{"Equal of maps in keys", func(depth int) bool { v := asKey(depth); return Equal(v, v) }, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, depth := range []int{1, 2, 99, 100, 101, 102, 103, 200} {
				if got, want := test.looks(depth), depth <= test.last; got != want {
					t.Errorf("at %d levels a value is seen: %v, want %v", depth, got, want)
				}
			}
		})
	}
}

func TestAPairThatWasWalkedOverIsNotWalkedOverAgain(t *testing.T) {
	m := []byte("\x83\xa1a\x01\xa1b\x92\xc1\xc1\xa1c\xa1x") // 0xc1 is not a value: a walk over it fails
	p := OverMap(m)
	var keys string
	for p.NextOver(m[6:9]) {
		key, _ := Text(p.Key)
		keys += string(key)
	}
	if keys != "abc" || p.Err() != nil || len(p.Rest()) != 0 {
		t.Errorf("the keys are %q, with the error %v and %x left", keys, p.Err(), p.Rest())
	}
	for _, known := range [][]byte{nil, {0x92, 0xc1, 0xc1}, m[5:9]} {
		p := OverMap(m)
		n := 0
		for p.NextOver(known) {
			if name, ok := p.Name(); !ok || string(name) != "a" {
				t.Errorf("a key is %q", name)
			}
			n++
		}
		if n != 1 || p.Err() == nil {
			t.Errorf("with %x known, there are %d pairs, and the error is %v", known, n, p.Err())
		}
	}
}

func TestTheNameOfAKeyIsItsTextWhateverWasWalkedOver(t *testing.T) {
	long := strings.Repeat("k", 40)
	m := []byte("\x84\xa1a\x01\x07\x90\xa1b\x02\xd9\x28" + long + "\x90")
	for _, known := range [][]byte{nil, m[5:6], m[len(m)-1:]} {
		var names []string
		for p := OverMap(m); p.NextOver(known); {
			name, ok := p.Name()
			names = append(names, fmt.Sprintf("%s %v", name, ok))
		}
		if want := []string{"a true", " false", "b true", long + " true"}; !slices.Equal(names, want) {
			t.Errorf("with %x known, the names are %q, want %q", known, names, want)
		}
	}
}

func TestPairsAreWhereTheyAreNotedIfTheyMayBe(t *testing.T) {
	record := []byte("\xde\x00\x02\xa1a\xc0\xa1b\x90")
	for _, c := range []struct {
		name  string
		list  List
		first int
	}{
		{"two pairs", List{Ends: []uint32{5, 6, 8, 9}}, 3},
		{"none", List{}, 0},
		{"one more", List{Ends: []uint32{5, 6, 8, 9, 11, 12}}, 0},
		{"half a pair less", List{Ends: []uint32{5, 6, 8}}, 0},
		{"one that ends after the record", List{Ends: []uint32{5, 6, 8, 10}}, 0},
		{"a list in the record", List{At: 3, Ends: []uint32{1, 2, 3, 4}}, 0},
	} {
		if first, ends := c.list.Pairs(record); first != c.first || (ends != nil) != (c.first > 0) {
			t.Errorf("%s: they begin at %d and end at %d, want them at %d", c.name, first, ends, c.first)
		}
	}
	l := List{Ends: []uint32{1, 2, 3, 4}}
	if _, ends := l.Pairs([]byte("\x94\x01\x02\x03\x04")); ends != nil {
		t.Errorf("a list has pairs that end at %d", ends)
	}
}

func TestAListIsWhereItIsNotedIfItMayBe(t *testing.T) {
	record := []byte("\x81\xa1k\x92\xa1a\xc0\xff")
	for _, c := range []struct {
		name string
		list List
		want string
	}{
		{"a list", List{At: 3, Ends: []uint32{3, 4}}, "\x92\xa1a\xc0"},
		{"none", List{At: 3}, ""},
		{"one with more elements", List{At: 3, Ends: []uint32{3, 4, 5}}, ""},
		{"one that ends after the record", List{At: 3, Ends: []uint32{3, 6}}, ""},
		{"no list", List{At: 0, Ends: []uint32{3, 4}}, ""},
		{"before the record", List{At: -1, Ends: []uint32{3, 4}}, ""},
		{"after the record", List{At: 8, Ends: []uint32{3, 4}}, ""},
	} {
		if got := c.list.In(record); string(got) != c.want {
			t.Errorf("%s: it is %x, want %x", c.name, got, c.want)
		}
	}
	l := List{At: 3, Ends: []uint32{3, 4}}
	items := l.Over(l.In(record))
	var got []string
	for items.Next() {
		start, end := items.Place()
		got = append(got, fmt.Sprintf("%x %d %d", items.Value, start, end))
	}
	if want := []string{"a161 1 3", "c0 3 4"}; !slices.Equal(got, want) || items.Err() != nil {
		t.Errorf("the elements are %q, want %q; %v", got, want, items.Err())
	}
}
