package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// FuzzSkip compares Skip with msgp's: if both take a value, they agree on
// where it ends, and msgp takes nothing that Skip does not.
func FuzzSkip(f *testing.F) {
	for _, c := range encodings {
		f.Add([]byte(c.value))
		f.Add([]byte(c.value[:len(c.value)/2]))
	}
	f.Add([]byte(event))
	f.Add([]byte("\xdd\xff\xff\xff\xff\x01"))
	f.Add([]byte("\x92\xdc\x00\x03\xc0\xc0\xc0\xdc\x00\x02\xc0"))
	f.Add(append(bytes.Repeat([]byte{0x91}, 200), 0xc0))
	f.Fuzz(func(t *testing.T, b []byte) {
		rest, err := Skip(b)
		want, wantErr := msgp.Skip(b)
		switch {
		case errors.Is(wantErr, msgp.ErrRecursion):
		case (err == nil) != (wantErr == nil):
			t.Fatalf("Skip says %v, msgp %v", err, wantErr)
		case err == nil && len(rest) != len(want):
			t.Fatalf("Skip leaves %d bytes, msgp %d", len(rest), len(want))
		}
		value, after, nextErr := Next(b)
		if (nextErr == nil) != (err == nil) || err == nil && (!bytes.Equal(after, rest) || !bytes.Equal(value, b[:len(b)-len(rest)])) {
			t.Errorf("Next gave %q, %q, %v", value, after, nextErr)
		}
		for _, b := range [][]byte{b, value} {
			Text(b)
			Int(b)
			Uint(b)
			Float(b)
			Bool(b)
			Get(b, "a")
			GetFold(b, "a")
			Path(b, "a.b")
			for p := OverMap(b); p.Next(); {
			}
			for i := OverArray(b); i.Next(); {
			}
		}
		// Only what is too deep is not equal to itself.
		if err == nil && len(value) < 4096 && depth(value) <= MaxDepth && !Equal(value, value) {
			t.Errorf("%q does not equal itself", value)
		}
	})
}

// depth says how deep maps and arrays nest in a whole value, keys included.
func depth(value []byte) int {
	most := 0
	if items := OverArray(value); items.Err() == nil {
		for items.Next() {
			most = max(most, depth(items.Value))
		}
		return most + 1
	}
	if pairs := OverMap(value); pairs.Err() == nil {
		for pairs.Next() {
			most = max(most, depth(pairs.Key), depth(pairs.Value))
		}
		return most + 1
	}
	return 0
}

// jsonSeeds are the texts that the fuzz targets of the JSON door begin with.
var jsonSeeds = []string{
	`{"eventSource":"lambda.amazonaws.com","requestParameters":{"principal":"*"},"responseElements":null}`,
	`{"log":"{\"Records\":[{\"eventName\":\"\\u0041ddPermission\"}]}"}`,
	`[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00",18446744073709551615,9223372036854775808,1e400,-0]`,
	`{"a":1,"a":2,"":3}`, `"\ud800"`, `"\ud800\u0041"`, `"\ud800\ud83d\ude00"`, "\"\xff\xfe\"",
	`[1[2]`, `[1null`, `{"a":1,null:2}`, `007`, `1.`, `-.5`, "\"\\t\x01\"", `{"a":1}x`, "{}\x00", `[[[[[[[[]]]]]]]]`,
}

// FuzzFromJSON compares the JSON door with encoding/json. What that takes is
// taken with the same meaning, or nests too deep; what is taken beyond that is
// what TestFromJSONForgives lists, and nothing else.
func FuzzFromJSON(f *testing.F) {
	for _, seed := range jsonSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dst := append(make([]byte, 0, 64), "before"...)
		got, err := AppendFromJSON(dst, text)
		if string(got[:6]) != "before" || err != nil && len(got) != len(dst) {
			t.Fatalf("dst is %q after %v", got, err)
		}
		want, valid := reference(text)
		if err != nil {
			if valid && !errors.Is(err, ErrDepth) {
				t.Fatalf("refused: %v", err)
			}
			if errors.Is(err, ErrDepth) && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= MaxDepth {
				t.Fatalf("not that deep")
			}
			return
		}
		value := got[6:]
		if rest, err := Skip(value); err != nil || len(rest) > 0 {
			t.Fatalf("wrote %q: %v", value, err)
		}
		switch {
		case !valid:
			if rest, ok := forgiving(text); !ok || len(rest) > 0 {
				t.Errorf("taken for %s", asJSON(value))
			}
		case utf8.Valid(text) && !surrogateBeforePair.Match(text):
			if same(value, want) {
				return
			}
			t.Errorf("taken for %s", asJSON(value))
		}
	})
}

// surrogateBeforePair is where json-iterator makes two or three U+FFFD of a lone
// surrogate before a pair and encoding/json one and the pair's character.
var surrogateBeforePair = regexp.MustCompile(`\\u[dD][89a-fA-F]..\\u[dD][89abAB]..`)

func reference(text []byte) (value any, ok bool) {
	if !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	return value, true
}

// same compares a value with what encoding/json made of its text. In a Go map
// the last of repeated keys counts.
func same(value []byte, want any) bool {
	switch want := want.(type) {
	case nil:
		return KindOf(value) == KindNil
	case bool:
		b, ok := Bool(value)
		return ok && b == want
	case string:
		text, ok := Text(value)
		return ok && string(text) == want
	case json.Number:
		if i, err := strconv.ParseInt(want.String(), 10, 64); err == nil {
			n, ok := Int(value)
			return ok && n == i
		}
		if u, err := strconv.ParseUint(want.String(), 10, 64); err == nil {
			n, ok := Uint(value)
			return ok && n == u
		}
		w, _ := strconv.ParseFloat(want.String(), 64) // ±Inf if it is out of range
		f, ok := Float(value)
		return ok && math.Float64bits(f) == math.Float64bits(w)
	case []any:
		n := 0
		items := OverArray(value)
		for ; items.Next(); n++ {
			if n >= len(want) || !same(items.Value, want[n]) {
				return false
			}
		}
		return items.Err() == nil && n == len(want)
	case map[string]any:
		for key, member := range want {
			if got, ok := Get(value, key); !ok || !same(got, member) {
				return false
			}
		}
		pairs := OverMap(value)
		for pairs.Next() {
			key, ok := Text(pairs.Key)
			if _, known := want[string(key)]; !ok || !known {
				return false
			}
		}
		return pairs.Err() == nil
	}
	return false
}

// forgiving reads one value the way JSON has it, but for the liberties that
// TestFromJSONForgives lists.
func forgiving(text []byte) (rest []byte, ok bool) {
	text = trim(text)
	switch {
	case len(text) == 0:
		return text, false
	case text[0] == '{':
		return members(text[1:], '}', true)
	case text[0] == '[':
		return members(text[1:], ']', false)
	case text[0] == '"':
		return forgivingText(text)
	}
	for _, word := range []string{"null", "true", "false"} {
		if after, found := bytes.CutPrefix(text, []byte(word)); found {
			return trim(after), true
		}
	}
	after := bytes.TrimLeft(text, "+-.eE0123456789")
	number := text[:len(text)-len(after)]
	_, err := strconv.ParseFloat(string(number), 64)
	ok = len(number) > 0 && number[0] != '+' && number[0] != '.' && (err == nil || errors.Is(err, strconv.ErrRange))
	return trim(after), ok
}

func members(text []byte, end byte, keys bool) (rest []byte, ok bool) {
	if text = trim(text); len(text) > 0 && text[0] == end {
		return trim(text[1:]), true
	}
	for first := true; ; first = false {
		if keys {
			text = trim(text)
			if after, found := bytes.CutPrefix(text, []byte("null")); found && !first {
				text = trim(after)
			} else if text, ok = forgivingText(text); !ok {
				return text, false
			}
			if len(text) == 0 || text[0] != ':' {
				return text, false
			}
			text = text[1:]
		}
		if text, ok = forgiving(text); !ok || len(text) == 0 {
			return text, false
		}
		switch text[0] {
		case end:
			return trim(text[1:]), true
		case ',':
			text = text[1:]
		default:
			return text, false
		}
	}
}

func forgivingText(text []byte) (rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return text, false
	}
	escaped := false
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return trim(text[i+1:]), true
		case c == '\\':
			escaped = true
			if i++; i < len(text) && !strings.ContainsRune(`"\/bfnrtu`, rune(text[i])) {
				return text, false
			}
		case c < ' ' && !escaped:
			return text, false
		}
	}
	return text, false
}

func trim(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// FuzzJSONRoundTrip writes any value as JSON and reads that: the line is valid
// JSON, and what is read is written as the same line again.
func FuzzJSONRoundTrip(f *testing.F) {
	for _, c := range encodings {
		f.Add([]byte(c.value))
	}
	f.Add([]byte(event))
	for _, seed := range jsonSeeds {
		if value, err := AppendFromJSON(nil, []byte(seed)); err == nil {
			f.Add(value)
		}
	}
	f.Add([]byte("\x81\x81\x81\xa1a\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, value []byte) {
		line, err := AppendJSON([]byte("before"), value)
		if string(line[:6]) != "before" || err != nil && len(line) != 6 {
			t.Fatalf("dst is %q after %v", line, err)
		}
		if err != nil {
			return
		}
		line = line[6:]
		if !json.Valid(line) || bytes.IndexByte(line, '\n') >= 0 {
			t.Fatalf("%q is not a line of JSON", line)
		}
		if len(line) > 10*len(value)+10 {
			t.Fatalf("%d bytes became %d", len(value), len(line))
		}
		again, err := AppendFromJSON(nil, line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		// A float may be -0, an integer that is read from JSON may not.
		want := negativeZero.ReplaceAllString(string(line), "0$1")
		if twice := negativeZero.ReplaceAllString(asJSON(again), "0$1"); twice != want {
			t.Errorf("written as %s, then as %s", line, twice)
		}
	})
}

var negativeZero = regexp.MustCompile(`-0([,}\]]|$)`)

// FuzzJavaText says that any bytes give a bounded text or an error, and that
// dst is as it was where they do not.
func FuzzJavaText(f *testing.F) {
	for _, c := range encodings {
		f.Add([]byte(c.value))
	}
	f.Add([]byte(event))
	for _, seed := range jsonSeeds {
		if value, err := AppendFromJSON(nil, []byte(seed)); err == nil {
			f.Add(value)
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		text, some, err := AppendJavaText([]byte("before"), value)
		if string(text[:6]) != "before" || !some && len(text) != 6 || err != nil && some {
			t.Fatalf("gave %q, %v, %v", text, some, err)
		}
		if some && len(text) == 6 {
			t.Fatal("something, and no text")
		}
		if len(text)-6 > 26*len(value) {
			t.Fatalf("%d bytes became %d", len(value), len(text))
		}
		rest, skipErr := Skip(value)
		if skipErr != nil && err == nil {
			t.Fatalf("%q was rendered as %q", value, text)
		}
		if err == nil {
			// What follows the value changes nothing.
			again, _, _ := AppendJavaText([]byte("before"), value[:len(value)-len(rest)])
			if !bytes.Equal(again, text) {
				t.Errorf("%q, and without the rest %q", text, again)
			}
		}
	})
}
