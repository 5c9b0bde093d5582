package document

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

func TestJavaTextOfMapsAndLists(t *testing.T) {
	for _, c := range []struct{ name, json, want string }{
		{"a map", `{"functionName":"f","principal":"*","action":"lambda:InvokeFunction"}`,
			"{functionName=f, principal=*, action=lambda:InvokeFunction}"},
		{"keys stay in their order", `{"b":1,"a":2}`, "{b=1, a=2}"},
		{"a list", `["a","b"]`, "[a, b]"},
		{"a list of one", `["a"]`, "[a]"},
		{"a map in a map", `{"a":{"b":1}}`, "{a={b=1}}"},
		{"a list in a map", `{"a":["x","y"]}`, "{a=[x, y]}"},
		{"a map in a list", `[{"a":1},{"b":2}]`, "[{a=1}, {b=2}]"},
		{"booleans", `{"t":true,"f":false}`, "{t=true, f=false}"},
		{"integers", `[0,-1,9223372036854775807,18446744073709551615]`, "[0, -1, 9223372036854775807, 18446744073709551615]"},
		{"nothing is escaped", `{"a":"x, b=y}{","c=d":"\"\\"}`, `{a=x, b=y}{, c=d="\}`},
		{"a text alone", `"x"`, "x"},
		{"a number alone", `5`, "5"},
		{"an empty key", `{"":1}`, "{=1}"},

		{"a null is dropped", `{"a":null,"b":1}`, "{b=1}"},
		{"an empty text is dropped", `{"a":"","b":1}`, "{b=1}"},
		{"a blank text is not", `{"a":" ","b":1}`, "{a= , b=1}"},
		{"an empty map is dropped", `{"a":{},"b":1}`, "{b=1}"},
		{"an empty list is dropped", `{"a":[],"b":1}`, "{b=1}"},
		{"zero and false stay", `{"a":0,"b":false,"c":0.0}`, "{a=0, b=false, c=0.0}"},
		{"what is last is dropped", `{"b":1,"a":null}`, "{b=1}"},
		{"in the middle", `{"a":1,"b":null,"c":2}`, "{a=1, c=2}"},
		{"in a list", `[null,"a","",{},[],"b",null]`, "[a, b]"},
		{"what is empty after that is dropped too", `{"a":{"b":{"c":null}},"d":[[""],[{}]],"e":1}`, "{e=1}"},

		{"a repeated key counts once, in its last place", `{"principal":"*","action":"x","principal":"1"}`, "{action=x, principal=1}"},
		{"a repeated key may be null in the end", `{"principal":"*","action":"x","principal":null}`, "{action=x}"},
		{"a repeated empty key", `{"":"x","":"y"}`, "{=y}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, some, err := AppendJavaText([]byte("before "), packed(t, c.json))
			if err != nil || !some || string(got) != "before "+c.want {
				t.Errorf("%s\ngot  %q, %v, %v\nwant %q", c.json, got, some, err, c.want)
			}
		})
	}
	for _, nothing := range []string{`null`, `""`, `{}`, `[]`, `{"a":null}`, `[null,"",{},[]]`, `{"a":{"b":[[[{"c":""}]]]}}`} {
		if got, some, err := AppendJavaText([]byte("before"), packed(t, nothing)); err != nil || some || string(got) != "before" {
			t.Errorf("%s: %q, %v, %v", nothing, got, some, err)
		}
	}
}

func TestJavaTextOfRepeatedKeysInALargeMap(t *testing.T) {
	var json, want strings.Builder
	json.WriteString(`{"x":"lost"`)
	for i := range 40 {
		key := string(rune('A' + i%26))
		if i < 14 { // the 26 letters, 14 of them twice
			json.WriteString(`,"` + key + `":"lost"`)
		} else {
			json.WriteString(`,"` + key + `":1`)
		}
	}
	json.WriteString(`,"x":2}`)
	for i := 14; i < 40; i++ {
		want.WriteString(string(rune('A'+i%26)) + "=1, ")
	}
	got, some, err := AppendJavaText(nil, packed(t, json.String()))
	if err != nil || !some || string(got) != "{"+want.String()+"x=2}" {
		t.Errorf("got %q, %v, %v", got, some, err)
	}
}

func TestJavaTextOfWhatOnlyMessagePackHas(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"bytes are text", "\xc4\x02ab", "ab"},
		{"no bytes are dropped", "\x82\xa1a\xc4\x00\xa1b\x01", "{b=1}"},
		{"an extension is dropped", "\x82\xa1a\xd4\x01x\xa1b\x01", "{b=1}"},
		{"a key that is not text is dropped", "\x82\x05\xa1x\xa1b\x01", "{b=1}"},
		{"a float 32 is shown as the double it is", "\xca\x3d\xcc\xcc\xcd", "0.10000000149011612"},
		{"invalid UTF-8 stays", "\xa2\xff\xfe", "\xff\xfe"},
		{"integers of all sizes", "\x96\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xcc\x80\xcd\x80\x00\xce\x80\x00\x00\x00",
			"[-128, -32768, -2147483648, 128, 32768, 2147483648]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, some, err := AppendJavaText(nil, []byte(c.value))
			if err != nil || !some || string(got) != c.want {
				t.Errorf("got %q, %v, %v; want %q", got, some, err, c.want)
			}
		})
	}
}

// The expectations are what jshell (JDK 19 and later) prints for the doubles.
func TestJavaTextOfDoubles(t *testing.T) {
	for want, f := range map[string]float64{
		"0.0": 0, "-0.0": math.Copysign(0, -1), "1.0": 1, "-1.0": -1, "0.5": 0.5, "0.1": 0.1, "100.0": 100,
		"123456.789": 123456.789, "0.001": 0.001, "0.0015": 0.0015,
		"9.99E-4": 0.000999, "1.0E-4": 0.0001, "-1.0E-4": -0.0001, "1.5E-5": 0.000015,
		"9999999.0": 9999999, "9999999.999": 9999999.999, "1.0E7": 1e7, "-1.0E7": -1e7, "1.2345678E7": 12345678,
		"1.0E21": 1e21, "1.0E23": 1e23, "1.2345678901234567E19": 12345678901234567890, "1.0E100": 1e100, "1.0E-100": 1e-100,
		"2.2250738585072014E-308": 0x1p-1022, "1.7976931348623157E308": math.MaxFloat64,
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		got, some, err := AppendJavaText(nil, msgp.AppendFloat64(nil, f))
		if err != nil || !some || string(got) != want {
			t.Errorf("%g: got %q, %v, %v; want %q", f, got, some, err, want)
		}
	}
}

func TestJavaTextIsTooDeepBelow100Levels(t *testing.T) {
	for _, c := range []struct {
		name        string
		open, close string
	}{
		{"lists", "\x91", ""},
		{"maps", "\x81\xa1a", ""},
	} {
		if _, some, err := AppendJavaText(nil, []byte(strings.Repeat(c.open, 100)+"\x05")); err != nil || !some {
			t.Errorf("a number in 100 %s: %v, %v", c.name, some, err)
		}
		for _, depth := range []int{101, 102, 1000, 100_000} {
			text, some, err := AppendJavaText([]byte("before"), []byte(strings.Repeat(c.open, depth)+"\x05"))
			if !errors.Is(err, ErrDepth) || some || string(text) != "before" {
				t.Errorf("a number in %d %s: %q, %v, %v", depth, c.name, text, some, err)
			}
		}
	}
}

func TestJavaTextIsLinearInTheMap(t *testing.T) {
	const n = 200_000
	m := msgp.AppendMapHeader(nil, n)
	for range n {
		m = append(m, "\xa1a\x01"...)
	}
	start := time.Now()
	if text, _, err := AppendJavaText(nil, m); err != nil || string(text) != "{a=1}" {
		t.Errorf("got %.50q, %v", text, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
