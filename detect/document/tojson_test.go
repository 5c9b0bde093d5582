package document

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestToJSONIsWhatTheValueSays(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"nil", "\xc0", `null`},
		{"booleans", "\x92\xc2\xc3", `[false,true]`},
		{"integers", "\x94\x00\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd3\x80\x00\x00\x00\x00\x00\x00\x00", `[0,-1,18446744073709551615,-9223372036854775808]`},
		{"a float", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", `1.5`},
		{"NaN", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", `null`},
		{"infinity", "\xca\x7f\x80\x00\x00", `null`},
		{"a text", "\xa3abc", `"abc"`},
		{"quotes, backslashes and control characters", "\xa6\"\\\n\x01\x7f/", `"\"\\\n\u0001` + "\x7f" + `/"`},
		{"nothing is escaped for HTML", "\xa3<&>", `"<&>"`},
		{"text outside of ASCII", "\xa2\xc3\xa9", `"é"`},
		{"invalid UTF-8", "\xa4a\xff\xfeb", `"a` + "\ufffd" + `b"`},
		{"a run of surrogates in UTF-8", "\xa3\xed\xa0\x80", `"` + "\ufffd" + `"`},
		{"bytes", "\xc4\x02ab", `"ab"`},
		{"an extension", "\xd7\x00abcdefgh", `null`},
		{"an empty map", "\x80", `{}`},
		{"an empty list", "\x90", `[]`},
		{"maps and lists", "\x82\xa1b\x92\x01\x80\xa1a\x90", `{"b":[1,{}],"a":[]}`},
		{"a key that is a number", "\x81\x05\x01", `{"5":1}`},
		{"a key that is nil", "\x81\xc0\x01", `{"null":1}`},
		{"a key that is a boolean", "\x81\xc3\x01", `{"true":1}`},
		{"a key that is bytes", "\x81\xc4\x02a\"\x01", `{"a\"":1}`},
		{"a key that is a map", "\x81\x81\xa1a\x01\x02", `{"null":2}`},
		{"a key that is a list", "\x81\x91\x01\x02", `{"null":2}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := AppendJSON([]byte("before "), []byte(c.value))
			if err != nil || string(got) != "before "+c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
			if !json.Valid([]byte(c.want)) {
				t.Errorf("%s is not JSON", c.want)
			}
		})
	}
	for _, c := range encodings {
		if got, err := AppendJSON(nil, []byte(c.value)); err != nil || !json.Valid(got) {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
}

func TestToJSONStopsBelow100Levels(t *testing.T) {
	if got, err := AppendJSON(nil, []byte(strings.Repeat("\x91", 100)+"\x05")); err != nil || !json.Valid(got) {
		t.Errorf("100 levels: %s, %v", got, err)
	}
	for _, depth := range []int{101, 1000, 100_000} {
		if got, err := AppendJSON([]byte("before"), []byte(strings.Repeat("\x91", depth)+"\x05")); !errors.Is(err, ErrDepth) || string(got) != "before" {
			t.Errorf("%d levels: %s, %v", depth, got, err)
		}
	}
	// Keys in keys: as JSON in JSON text these would take 2^n bytes.
	deep := strings.Repeat("\x81", 1_000_000) + strings.Repeat("\xc0", 1_000_001)
	if got, err := AppendJSON(nil, []byte(deep)); err != nil || string(got) != `{"null":null}` {
		t.Errorf("a map as a key, a million times: %.50s, %v", got, err)
	}
}
