package document

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestFromJSONOfEveryType(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"null", `null`, "\xc0"},
		{"true", `true`, "\xc3"},
		{"false", `false`, "\xc2"},
		{"a text", `"abc"`, "\xa3abc"},
		{"an empty text", `""`, "\xa0"},
		{"an empty list", `[]`, "\xdd\x00\x00\x00\x00"},
		{"an empty map", `{}`, "\xdf\x00\x00\x00\x00"},
		{"a list", `[1,"a",null]`, "\xdd\x00\x00\x00\x03\x01\xa1a\xc0"},
		{"a map keeps its order", `{"b":1,"a":2}`, "\xdf\x00\x00\x00\x02\xa1b\x01\xa1a\x02"},
		{"a repeated key stays twice", `{"a":1,"a":2}`, "\xdf\x00\x00\x00\x02\xa1a\x01\xa1a\x02"},
		{"an empty key", `{"":1}`, "\xdf\x00\x00\x00\x01\xa0\x01"},
		{"maps and lists in one another", `{"a":[{"b":[]}]}`,
			"\xdf\x00\x00\x00\x01\xa1a\xdd\x00\x00\x00\x01\xdf\x00\x00\x00\x01\xa1b\xdd\x00\x00\x00\x00"},
		{"white space around everything", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", "\xdf\x00\x00\x00\x02\xa1a\xdd\x00\x00\x00\x02\x01\x02\xa1b\xdf\x00\x00\x00\x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := AppendFromJSON([]byte("before"), []byte(c.json))
			if err != nil || string(got) != "before"+c.want {
				t.Errorf("%s\ngot  %q, %v\nwant %q", c.json, got, err, c.want)
			}
		})
	}
}

func TestFromJSONDecodesText(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"every short escape", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{"a letter as \\u", `"\u0041\u006a\u006A"`, "Ajj"},
		{"a null character", `"a\u0000b"`, "a\x00b"},
		{"a letter outside of ASCII", `"\u00e9é"`, "éé"},
		{"a surrogate pair", `"\ud83d\ude00"`, "\U0001F600"},
		{"a surrogate pair in upper case", `"\uD83D\uDE00"`, "\U0001F600"},
		{"a lone high surrogate", `"a\ud83db"`, "a\ufffdb"},
		{"a lone low surrogate", `"a\ude00b"`, "a\ufffdb"},
		{"a high surrogate at the end", `"a\ud83d"`, "a\ufffd"},
		{"a high surrogate before another escape", `"\ud83d\n"`, "\ufffd\n"},
		{"a high surrogate before a letter as \\u", `"\ud83d\u0041"`, "\ufffdA"},
		{"surrogates in the wrong order", `"\ude00\ud83d"`, "\ufffd\ufffd"},
		{"an escaped backslash before a u", `"\\u0041"`, `\u0041`},
		{"text that is JSON itself", `"{\"a\":\"\\u0041\"}"`, `{"a":"\u0041"}`},
		{"invalid UTF-8 stays", "\"\xff\xfe\xc3\"", "\xff\xfe\xc3"},
		{"invalid UTF-8 stays beside an escape", "\"\xff\\n\xfe\"", "\xff\n\xfe"},
		{"delete and the line separators are ordinary", "\"\x7f\u2028\u2029\"", "\x7f\u2028\u2029"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := AppendFromJSON(nil, []byte(c.json))
			text, ok := Text(got)
			if err != nil || !ok || string(text) != c.want {
				t.Errorf("%s\ngot  %q, %v\nwant %q", c.json, text, err, c.want)
			}
			got, err = AppendFromJSON(nil, []byte(`{`+c.json+`:1}`))
			if value, ok := Get(got, c.want); err != nil || !ok || string(value) != "\x01" {
				t.Errorf("as a key: %q, %v", got, err)
			}
		})
	}
}

func TestFromJSONKeepsIntegersThatFit(t *testing.T) {
	for json, want := range map[string]int64{
		"0": 0, "-0": 0, "-1": -1, "127": 127, "128": 128, "-32": -32, "-33": -33,
		"9007199254740993": 9007199254740993, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		value := packed(t, json)
		if n, ok := Int(value); !ok || n != want {
			t.Errorf("%s is %q", json, value)
		}
	}
	for json, want := range map[string]uint64{"9223372036854775808": 1 << 63, "18446744073709551615": math.MaxUint64} {
		value := packed(t, json)
		if n, ok := Uint(value); !ok || n != want {
			t.Errorf("%s is %q", json, value)
		}
	}
	for json, want := range map[string]float64{
		"1.0": 1, "0.5": 0.5, "-1.5e3": -1500, "1E2": 100, "1e-2": 0.01, "1e+2": 100, "-0.0": math.Copysign(0, -1),
		"18446744073709551616": 18446744073709551616, "-9223372036854775809": -9223372036854775809,
		"1e308": 1e308, "1e400": math.Inf(1), "-1e400": math.Inf(-1), "1e-400": 0, "5e-324": 5e-324,
		strings.Repeat("9", 400): math.Inf(1),
	} {
		value := packed(t, json)
		if f, ok := Float(value); !ok || math.Float64bits(f) != math.Float64bits(want) {
			t.Errorf("%s is %q", json, value)
		}
	}
}

func TestFromJSONRefusesWhatIsNotOneValue(t *testing.T) {
	for _, c := range []struct{ name, json string }{
		{"nothing", ``},
		{"white space", " \n"},
		{"two values", `1 2`},
		{"two maps", `{}{}`},
		{"a map and garbage", `{"a":1}x`},
		{"a map and a bracket", `{"a":1}}`},
		{"a map and a comma", `{},`},
		{"a map and a NUL", "{}\x00"},
		{"a number and a NUL", "1\x00"},
		{"a byte order mark", "\ufeff{}"},
		{"a comma too many in a list", `[1,]`},
		{"a comma too many in a map", `{"a":1,}`},
		{"a comma first", `[,1]`},
		{"no comma", `[1 2]`},
		{"no comma before a list", `[1[2]]`},
		{"a list that another list ends", `[1[2]`},
		{"a list that a null ends", `[1null`},
		{"a map that a null ends", `{"a":1null`},
		{"no colon", `{"a" 1}`},
		{"two colons", `{"a"::1}`},
		{"a key without a value", `{"a"}`},
		{"a key that is a number", `{1:1}`},
		{"a first key that is null", `{null:1}`},
		{"single quotes", `{'a':1}`},
		{"a list that a brace closes", `[1}`},
		{"a map that a bracket closes", `{"a":1]`},
		{"half of true", `tru`},
		{"true in capitals", `TRUE`},
		{"NaN", `NaN`},
		{"Infinity", `Infinity`},
		{"a plus", `+1`},
		{"a minus alone", `-`},
		{"two minuses", `--1`},
		{"a sum", `1-2`},
		{"two points", `1.2.3`},
		{"no exponent", `1e`},
		{"hexadecimal", `0x10`},
		{"a point first", `.5`},
		{"an unknown escape", `"\x41"`},
		{"a short \\u", `"\u004"`},
		{"a \\u that is not hexadecimal", `"\u00g1"`},
		{"a newline in a text", "\"a\nb\""},
		{"a NUL in a text", "\"a\x00b\""},
		{"a comment", `/* x */ 1`},
		{"a text without its end", `"a`},
		{"a text that ends in a backslash", `"a\`},
		{"an error in a key that the value hides", "{\":{{}\x01\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := []byte("before")
			got, err := AppendFromJSON(dst, []byte(c.json))
			if err == nil || string(got) != "before" {
				t.Errorf("%q gave %q, %v", c.json, got, err)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "json: ") {
				t.Errorf("the error is %q", err)
			}
		})
	}
}

// These are not JSON, and are read all the same: json-iterator reads them, their
// meaning is plain, and an event is better read than passed over.
func TestFromJSONForgives(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"a leading zero", `007`, "\x07"},
		{"a point without a fraction", `1.`, "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"},
		{"a fraction without a whole", `-.5`, "\xcb\xbf\xe0\x00\x00\x00\x00\x00\x00"},
		{"a control character in a text after an escape", "\"\\t\x01\"", "\xa2\t\x01"},
		{"a null where a further key should be: an empty key", `{"a":1,null:2}`, "\xdf\x00\x00\x00\x02\xa1a\x01\xa0\x02"},
	} {
		if got, err := AppendFromJSON(nil, []byte(c.json)); err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestFromJSONThatIsCutOffAnywhereLeavesDstAsItWas(t *testing.T) {
	text := ` {"a\n":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00"],"b":{"c":{"d":""}},"e":18446744073709551615} `
	if _, err := AppendFromJSON(nil, []byte(text)); err != nil {
		t.Fatal(err)
	}
	for n := range len(text) - 1 {
		dst := append(make([]byte, 0, 1024), "before"...)
		got, err := AppendFromJSON(dst, []byte(text[:n]))
		if err == nil || string(got) != "before" || len(got) != len(dst) {
			t.Errorf("cut to %q: %q, %v", text[:n], got, err)
		}
	}
}

func TestFromJSONStopsBelow100Levels(t *testing.T) {
	for _, c := range []struct {
		name                string
		open, inner, closed string
	}{
		{"lists", `[`, `1`, `]`},
		{"maps", `{"a":`, `1`, `}`},
		{"lists and maps", `[{"a":[{"b":`, `1`, `}]}]`},
	} {
		levels := strings.Count(c.open, "[") + strings.Count(c.open, "{")
		for depth := levels; depth <= 10_000; depth = nextDepth(depth, levels) {
			n := depth / levels
			text := strings.Repeat(c.open, n) + c.inner + strings.Repeat(c.closed, n)
			dst := []byte("before")
			got, err := AppendFromJSON(dst, []byte(text))
			if depth <= 100 {
				if err != nil {
					t.Errorf("%d %s: %v", depth, c.name, err)
				}
				if _, some, err := AppendJavaText(nil, got[len(dst):]); err != nil || !some {
					t.Errorf("%d %s can be read and are not Java text: %v", depth, c.name, err)
				}
			} else if !errors.Is(err, ErrDepth) || string(got) != "before" {
				t.Errorf("%d %s: %q, %v", depth, c.name, got, err)
			}
		}
	}
	// What is not closed is too deep before it is cut off.
	if _, err := AppendFromJSON(nil, []byte(strings.Repeat("[", 10_000_000))); !errors.Is(err, ErrDepth) {
		t.Error(err)
	}
}

// nextDepth goes through 50, 100, the first depth over that, and 10,000.
func nextDepth(depth, step int) int {
	for _, next := range []int{52, 100, 104, 10_000} {
		if depth < next {
			return next / step * step
		}
	}
	return math.MaxInt
}

func TestFromJSONTakesLongText(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	for _, text := range []string{`"` + long + `"`, `"\n` + long + `"`} {
		value, err := AppendFromJSON(nil, []byte(text))
		if got, ok := Text(value); err != nil || !ok || !strings.HasSuffix(string(got), long) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := AppendFromJSON(nil, []byte(`"`+long)); err == nil {
		t.Error("a long text without its end is read")
	}
	if got, err := AppendFromJSON([]byte("before"), make([]byte, MaxText+1)); !errors.Is(err, ErrLarge) || string(got) != "before" {
		t.Errorf("a text over the limit: %v", err)
	}
}
