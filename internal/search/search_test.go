package search_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/search"
)

func TestNeedleIsFoundAtEveryOffsetAndLength(t *testing.T) {
	few := []needle.Needle{{Text: "lambda:InvokeFunction"}, {Text: "addpermi", Fold: true}, {Text: "Records", Whole: true}}
	t.Run("few needles", func(t *testing.T) { findEverywhere(t, newSearch(t, few)) })
	many := few
	for i := range 100 {
		many = append(many, needle.Needle{Text: fmt.Sprint("Unrelated", i), Whole: i%2 == 0})
	}
	t.Run("many needles", func(t *testing.T) { findEverywhere(t, newSearch(t, many)) })
}

func findEverywhere(t *testing.T, s *search.Search) {
	for _, hit := range []string{
		"lambda:InvokeFunction", "AddPermi", "ADDPERMI", "addPermi", `"Records`, "\xa7Records", "\xd9\x07Records",
		`\u0049`, `\u005C`, `\u003a`, `\u007A`, `\u0022`,
	} {
		for size := len(hit); size < 700; size++ {
			data := bytes.Repeat([]byte("."), size)
			for at := 0; at+len(hit) <= size; at += 1 + at/7 {
				copy(data, bytes.Repeat([]byte("."), size))
				copy(data[at:], hit)
				got := s.Next(data, 0)
				if got < at || got >= at+len(hit) {
					t.Fatalf("%s at %d of %d: found at %d", hit, at, size, got)
				}
				if again := s.Next(data, at+len(hit)); again != size {
					t.Fatalf("%s at %d of %d: found again at %d", hit, at, size, again)
				}
			}
		}
	}
}

func TestNearMissIsNoHit(t *testing.T) {
	s := newSearch(t, []needle.Needle{{Text: "lambda:InvokeFunction"}, {Text: "addpermi", Fold: true}, {Text: "Records", Whole: true}})
	for _, miss := range []string{
		"PutRecords", "\xa8Records", "Records", "lambda:InvokeFunctio", "lambda:invokeFunction", "ambda:InvokeFunction", "add_permi",
		`\u0026`, `\u003c`, `\u003D`, `\u003e`, `\u0027`, `\u000a`, `\u00`, `\u004`, `\u00g1`, `\U0049`, `u0049`,
	} {
		for _, padding := range []int{0, 1, 63, 64, 65, 200} {
			data := append(bytes.Repeat([]byte{'.'}, padding), miss...)
			data = append(data, bytes.Repeat([]byte{'.'}, padding)...)
			if got := s.Next(data, 0); got != len(data) {
				t.Errorf("%s after %d bytes: hit at %d", miss, padding, got)
			}
		}
	}
}

func newSearch(t testing.TB, needles []needle.Needle) *search.Search {
	t.Helper()
	s, err := search.New(needles)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Free)
	return s
}

// engines are those whose prefilters differ most.
func engines(t testing.TB) (made []*detect.Engine, needles [][]needle.Needle) {
	t.Helper()
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	plain := detect.DefaultOptions()
	plain.Rules, plain.Split = rules, false
	extended := detect.DefaultOptions()
	extended.Rules, extended.Coverage = rules, alert.CoverExtended
	many := plain
	many.Rules = slices.Clone(rules)
	for i := range 30 {
		rule, err := rule.Parse("test.toml", fmt.Appendf(nil, "[rule]\nname = \"Test\"\nrule_id = \"test-%d\"\ntype = \"eql\"\nrisk_score = 1\nseverity = \"low\"\n"+
			"query = 'any where event.action in (\"Delete%dThing\", \"Stop%d\") or event.action : \"Halt%d\"'\n", i, i*i, i, i))
		if err != nil {
			t.Fatal(err)
		}
		many.Rules = append(many.Rules, rule)
	}
	for _, o := range []detect.Options{plain, extended, many} {
		e, err := detect.New(o)
		if err != nil {
			t.Fatal(err)
		}
		lookedFor, ok := o.Needles()
		if !ok {
			t.Fatal("a built-in rule has no needle")
		}
		made, needles = append(made, e), append(needles, lookedFor)
	}
	return made, needles
}

// FuzzSearchAgreesWithThePrefilter compares the vector search with the search
// of package detect, which is written to be easy to read.
func FuzzSearchAgreesWithThePrefilter(f *testing.F) {
	for _, seed := range []string{
		"lambda:InvokeFunction", "lambda:Invoke\xa8Function", `lambda:\u0049nvokeFunction`, `\\u005cu0049`,
		"AddPermission", "aDDpERMIssion", "addperm\u0131", "\xa7Records", `"Records"`, "PutRecords", "\xa9logEvents", "\xa6Events", "\xaeDelete144Thing", `"Stop7"`, `"hALT7"`, "\xa5Halt7", "\xa6Halt7", `\u0026\u003d`,
	} {
		f.Add([]byte(seed), uint16(0))
		f.Add([]byte(seed), uint16(60))
	}
	made, needles := engines(f)
	var searches []*search.Search
	for _, n := range needles {
		searches = append(searches, newSearch(f, n))
	}
	f.Fuzz(func(t *testing.T, data []byte, padding uint16) {
		data = append(bytes.Repeat([]byte{'x'}, int(padding%200)), data...)
		for i, e := range made {
			hit := searches[i].Next(data, 0)
			if got, want := hit < len(data), e.Suspects(data); got != want {
				t.Fatalf("engine %d: the vector search says %v, the prefilter %v", i, got, want)
			}
			for from := range min(len(data), 70) {
				if next := searches[i].Next(data, from); next == len(data) && e.Suspects(data[from:]) {
					t.Fatalf("engine %d: nothing is found from %d on", i, from)
				}
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	made, needles := engines(b)
	s := newSearch(b, needles[1])
	data := make([]byte, 2<<20)
	const alphabet = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":,{}-./`
	r := rand.New(rand.NewSource(1))
	for i := range data {
		data[i] = alphabet[r.Intn(len(alphabet))]
	}
	b.Run("IndexByte", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for range b.N {
			bytes.IndexByte(data, 0xc1)
		}
	})
	b.Run("Next", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for range b.N {
			if s.Next(data, 0) != len(data) {
				b.Fatal("hit")
			}
		}
	})
	b.Run("Suspects", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for range b.N {
			if made[1].Suspects(data) {
				b.Fatal("hit")
			}
		}
	})
}

func TestWhichSaysWhichNeedlesAreThere(t *testing.T) {
	needles := []needle.Needle{{Text: "root", Fold: true}, {Text: "kali-amd64"}, {Text: "trufflehog", Fold: true, Whole: true}, {Text: "TruffleHog"}, {Text: `\/aws:`}, {Text: ":assumed-role/aws:"}}
	s := newSearch(t, needles)
	for _, test := range []struct {
		name, data string
		want       uint64
	}{
		{"nothing", "role/roo", 0},
		{"one in another case", "x Root", 1},
		{"one twice", "root root", 1},
		{"one that is a part, but has to be whole", "xtrufflehog", 0},
		{"one that is whole and in any case, and the same as it is", "\xaaTruffleHog", 1<<2 | 1<<3},
		{"one after the other", "ROOT kali-amd64 \xaatrufflehog", 1 | 1<<1 | 1<<2},
		{"one in another", ":assumed-role/aws:", 1 << 5},
		{"one at the end", "............kali-amd64", 1 << 1},
		{"an escape", `\u0041`, ^uint64(0)},
		{"an escape after one", `root \u0041`, ^uint64(0)},
		{"an escape of what no needle has", `\u0026`, 0},
		{"no data", "", 0},
	} {
		for _, padding := range []int{0, 1, 63, 300} {
			data := bytes.Repeat([]byte{'.'}, padding)
			data = append(append(data, test.data...), data...)
			if got := s.Which([]byte(data)); got != test.want {
				t.Errorf("%s, with %d bytes around it: %b are found, want %b", test.name, padding, got, test.want)
			}
		}
	}
}

// FuzzWhichAgreesWithOneNeedleAfterTheOther compares the search for which needles are there
// with one that looks for each.
func FuzzWhichAgreesWithOneNeedleAfterTheOther(f *testing.F) {
	needles := []needle.Needle{{Text: "root", Fold: true}, {Text: "kali"}, {Text: "abc", Fold: true, Whole: true}, {Text: "ABCD"}, {Text: `\/aws:`}}
	for i := range 64 { // some share a bit
		needles = append(needles, needle.Needle{Text: fmt.Sprint("user-", i), Whole: i%2 == 0})
	}
	for _, seed := range []string{"rOOt kali", "\xa3abc \xa4ABCD", "\x06user-1\x06user-2user-3", `\u0041root`, `\/aws:`, "user-59\xa7user-60"} {
		f.Add([]byte(seed), uint16(0))
		f.Add([]byte(seed), uint16(250))
	}
	s := newSearch(f, needles)
	f.Fuzz(func(t *testing.T, data []byte, padding uint16) {
		data = append(bytes.Repeat([]byte{'x'}, int(padding%300)), data...)
		var want uint64
		for i, n := range needles {
			one := needle.NewSet([]needle.Needle{n}, false)
			if one.In(data) {
				want |= 1 << (i % 64)
			}
		}
		if none := needle.NewSet(nil, false); none.In(data) { // an escape
			want = ^uint64(0)
		}
		if got := s.Which(data); got != want {
			t.Fatalf("%q: %b are found, want %b", data, got, want)
		}
	})
}
