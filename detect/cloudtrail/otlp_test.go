package cloudtrail

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

func TestTypedValuesStandForAMap(t *testing.T) {
	for _, test := range []struct{ name, list, want string }{
		{"every type", `[{"key":"s","value":{"stringValue":"x"}},{"key":"b","value":{"boolValue":false}},{"key":"i","value":{"intValue":"-9007199254740993"}},` +
			`{"key":"d","value":{"doubleValue":1.5}},{"key":"y","value":{"bytesValue":"AAE="}},` +
			`{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"x"},{"kvlistValue":{"values":[{"key":"z","value":{"intValue":7}}]}}]}}},` +
			`{"key":"m","value":{"kvlistValue":{"values":[{"key":"n","value":{"stringValue":"o"}}]}}}]`,
			`{"s":"x","b":false,"i":-9007199254740993,"d":1.5,"y":"AAE=","a":["x",{"z":7}],"m":{"n":"o"}}`},
		{"no values", `[{"key":"n","value":{}},{"key":"a","value":{"arrayValue":{}}},{"key":"m","value":{"kvlistValue":{"values":[]}}},{"key":"z"}]`,
			`{"n":null,"a":null,"m":{}}`},
		{"other members beside them", `[{"key":"a","value":{"stringValue":"x","novelty":[1]},"novelty":{"a":[]}}]`, `{"a":"x"}`},
		{"the first of two values counts", `[{"key":"a","value":{"stringValue":"x","intValue":"1"},"value":{"stringValue":"y"},"key":"b"}]`, `{"a":"x"}`},
		{"a type that is new", `[{"key":"a","value":{"novelty":{"stringValue":"x"}}}]`, `{"a":null}`},
		{"values of the wrong type", `[{"key":"a","value":{"stringValue":{"b":1}}},{"key":"c","value":{"intValue":[1]}},{"key":"d","value":{"kvlistValue":"x"}},` +
			`{"key":"e","value":{"arrayValue":{"values":7}}},{"key":"f","value":"x"},{"key":"g","value":{"intValue":"1e400"}},17,{"key":5,"value":{"stringValue":"x"}}]`,
			`{"a":null,"c":null,"d":null,"e":null,"f":null,"g":"1e400"}`},
		{"a value before its key is not one", `[{"key":"a","value":{"stringValue":"x"}},{"value":{"stringValue":"x"},"key":"b"}]`, `{"a":"x"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := packed(t, test.list)
			m, rest, err := appendKeyValues([]byte("\x01"), append(list, 0x2a), 0)
			if err != nil || string(rest) != "\x2a" {
				t.Fatalf("%v, %d bytes left", err, len(rest))
			}
			if text, err := document.AppendJSON(nil, m[1:]); err != nil || string(text) != test.want {
				t.Errorf("got %s, %v; want %s", text, err, test.want)
			}
			if _, rest, err := document.Next(m[1:]); err != nil || len(rest) > 0 {
				t.Errorf("%d bytes after the map, %v", len(rest), err)
			}
			for n := range len(list) {
				if _, _, err := appendKeyValues(nil, list[:n], 0); err == nil {
					t.Errorf("no error where it is cut to %d bytes", n)
				}
			}
		})
	}
}

func TestTypedValuesMayNotNestTooDeep(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat("\x91\x82\xa3key\xa1a\xa5value\x81\xabkvlistValue\x81\xa6values", n) + "\x90")
	}
	if _, _, err := appendKeyValues(nil, nested(30), 0); err != nil {
		t.Error(err)
	}
	if _, _, err := appendKeyValues(nil, nested(1_000_000), 0); err != document.ErrDepth {
		t.Error(err)
	}
	f := NewFinder(nil, nil)
	record := append([]byte("\x81\xa4body\x81\xabkvlistValue\x81\xa6values"), nested(1000)...)
	if events := f.Find(record); events != 0 || f.Malformed() != 1 {
		t.Errorf("%d events, %d malformed", events, f.Malformed())
	}
}
