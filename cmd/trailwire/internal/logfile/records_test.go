package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/trailwire/trailwire/detect/document"
)

// readAll returns what a Reader makes of a text: a record as its line and
// its JSON, an error as its line and its words.
func readAll(src io.Reader, lines bool) []string {
	var all []string
	r := NewReader(src, lines)
	for range 1000 {
		record, at, err := r.Next(nil)
		var broken *BrokenError
		switch {
		case err == io.EOF:
			return all
		case errors.As(err, &broken):
			all = append(all, fmt.Sprintf("%d: %v", broken.at.Line, broken))
		case err != nil:
			return append(all, fmt.Sprintf("%d: end: %v", at.Line, err))
		default:
			text, err := document.AppendJSON(nil, record)
			if err != nil {
				text = []byte(err.Error())
			}
			all = append(all, fmt.Sprintf("%d: %s", at.Line, text))
		}
	}
	return append(all, "it never ends")
}

func TestRecordsOfEveryLayoutAreRead(t *testing.T) {
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"nothing at all", "", nil},
		{"white space alone", " \r\n\t\n", nil},
		{"one record on one line", `{"a":1}`, []string{`1: {"a":1}`}},
		{"one record over several lines", "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n", []string{`1: {"a":[1,{}]}`}},
		{"a record a line", "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", []string{`1: {"a":1}`, `2: {"a":2}`, `4: {"a":3}`}},
		{"several records on a line", `{"a":1}{"a":2} {"a":3}`, []string{`1: {"a":1}`, `1: {"a":2}`, `1: {"a":3}`}},
		{"the elements of a list", "[{\"a\":1},\n{\"a\":2}\n]", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"the elements of several lists", `[{"a":1}] [] [[{"a":2}]]`, []string{`1: {"a":1}`, `1: {"a":2}`}},
		{"a list and records beside it", `{"a":1}[{"a":2}]{"a":3}`, []string{`1: {"a":1}`, `1: {"a":2}`, `1: {"a":3}`}},
		{"brackets and quotes inside text", `{"a":"}]\"{["}{"b":"\\"}`, []string{`1: {"a":"}]\"{["}`, `1: {"b":"\\"}`}},
		{"a byte order mark in front", "\xef\xbb\xbf{\"a\":1}", []string{`1: {"a":1}`}},
		{"a comma at the end of each line", "{\"a\":1},\n{\"a\":2},\n", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"bytes that are no UTF-8", "{\"a\":\"\xff\"}", []string{"1: {\"a\":\"\ufffd\"}"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := readAll(strings.NewReader(test.text), false); !reflect.DeepEqual(got, test.want) {
				t.Errorf("read %q, want %q", got, test.want)
			}
			// However the bytes trickle in, they are the same records.
			if got := readAll(iotest.OneByteReader(strings.NewReader(test.text)), false); !reflect.DeepEqual(got, test.want) {
				t.Errorf("read byte by byte: %q, want %q", got, test.want)
			}
		})
	}
}

func TestReadingGoesOnAfterABrokenPlace(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := []struct {
		name  string
		lines bool
		text  string
		want  []string
	}{
		{
			"a line in the middle is garbage", true, "{\"a\":1}\n{]garbage\n{\"a\":3}\n",
			[]string{`1: {"a":1}`, "2: invalid character ']' looking for beginning of object key string (byte 9)", `3: {"a":3}`},
		},
		{
			"a line in the middle was cut off by a crash", true, "{\"a\":1}\n{\"a\":{\"b\":\n{\"a\":3}\n",
			[]string{`1: {"a":1}`, "2: the record is cut off (byte 8)", `3: {"a":3}`},
		},
		{
			"a line was cut off in a text", true, "{\"a\":\"b\n{\"a\":2}\n",
			[]string{"1: the record is cut off (byte 0)", `2: {"a":2}`},
		},
		{
			"in a file that is not known to have a record a line, too", false, "{\"a\":1}\n{\"a\":{\"b\":\n{\"a\":3}\n{\"a\":4}\n",
			[]string{`1: {"a":1}`, "2: the record is cut off (byte 8)", `3: {"a":3}`, `4: {"a":4}`},
		},
		{
			"what follows the broken line was taken for a part of it", false, "{\"a\":[1,\n{\"a\":2}\n{\"a\":3}\n",
			[]string{"1: the record is cut off (byte 0)", `2: {"a":2}`, `3: {"a":3}`},
		},
		{
			"words between records", false, "{\"a\":1}\nstarting up\nready\n{\"a\":2}",
			[]string{`1: {"a":1}`, "2: invalid character 's' looking for beginning of value (byte 8)", `4: {"a":2}`},
		},
		{
			"an element of a list is broken", false, "[\n{\"a\":1},\n{\"a\":},\n{\"a\":3}\n]\n",
			[]string{`2: {"a":1}`, "3: invalid character '}' looking for beginning of value (byte 16)", `4: {"a":3}`},
		},
		{
			"a log file with an event a line was cut off", false, "{\"Records\":[\n{\"a\":1},\n{\"a\":2},\n{\"a\"",
			[]string{"1: the record is cut off (byte 0)", `2: {"a":1}`, `3: {"a":2}`, "4: the record is cut off (byte 31)"},
		},
		{
			"a pretty-printed record is broken inside, which is one problem", false, "{\n  \"a\": {\n  },\n  oops\n}\n{\n  \"a\": 2\n}\n",
			[]string{"4: invalid character 'o' looking for beginning of object key string (byte 18)", `6: {"a":2}`},
		},
		{
			"numbers and words are JSON but no records", false, "17 \"text\" null {\"a\":1}",
			[]string{
				"1: not a record: a JSON object was expected (byte 0)",
				"1: not a record: a JSON object was expected (byte 3)",
				"1: not a record: a JSON object was expected (byte 10)",
				`1: {"a":1}`,
			},
		},
		{
			"a list is not closed", false, `[{"a":1}`,
			[]string{`1: {"a":1}`, "1: the list of records is cut off (byte 8)"},
		},
		{
			"a list is closed that was not open", false, `{"a":1}]{"a":2}`,
			[]string{`1: {"a":1}`, "1: a ] without a list before it (byte 7)", `1: {"a":2}`},
		},
		{
			"a brace is closed that was not open", false, "}\n{\"a\":1}",
			[]string{"1: invalid character '}' looking for beginning of value (byte 0)", `2: {"a":1}`},
		},
		{"50 levels are fine", false, deep(50), []string{"1: " + deep(50)}},
		{
			"1,000 levels are too many", false, deep(1000) + "\n{\"a\":1}",
			[]string{"1: nested deeper than 100 levels (byte 0)", `2: {"a":1}`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := readAll(strings.NewReader(test.text), test.lines)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("read %q, want %q", got, test.want)
			}
		})
	}
}

// Each line could start a record and each is broken only where it gets too
// deep, a hundred lines on. It must not be the rest of the file that is read
// again for each line.
func TestAFileOfBracketsThatNeverCloseIsReadInLinearTime(t *testing.T) {
	const lines = 100_000
	r := NewReader(strings.NewReader(strings.Repeat("{\"a\":[\n", lines)), false)
	for problems := 0; ; problems++ {
		_, _, err := r.Next(nil)
		if err == io.EOF {
			if problems != lines {
				t.Errorf("%d problems, want one for each of %d lines", problems, lines)
			}
			return
		}
		if problems > lines {
			t.Fatal("it never ends")
		}
	}
}

func TestARecordOfTenMegabytesIsRead(t *testing.T) {
	text := `{"a":"` + strings.Repeat("x", 10<<20) + `"}` + "\n" + `{"a":2}`
	for _, lines := range []bool{true, false} {
		got := readAll(strings.NewReader(text), lines)
		if len(got) != 2 || len(got[0]) != 10<<20+len(`1: {"a":""}`) || got[1] != `2: {"a":2}` {
			t.Errorf("with lines %v: %d records", lines, len(got))
		}
	}
}

func TestARecordOverTheLimitIsAProblemAndTheNextIsRead(t *testing.T) {
	text := io.MultiReader(
		strings.NewReader(`{"a":"`),
		io.LimitReader(endless('x'), document.MaxText),
		strings.NewReader("\"}\n{\"a\":2}"))
	want := []string{"1: json: text is larger than 64 MiB (byte 0)", `2: {"a":2}`}
	if got := readAll(text, true); !reflect.DeepEqual(got, want) {
		t.Errorf("read %.200q, want %q", got, want)
	}
}

// endless is a reader of one byte for ever.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

func TestWhatWasReadBeforeTheSourceFailedIsKept(t *testing.T) {
	src := io.MultiReader(strings.NewReader("{\"a\":1}\n{\"a\":2}\n{\"a\":"), iotest.ErrReader(errors.New("disk on fire")))
	want := []string{`1: {"a":1}`, `2: {"a":2}`, "3: end: disk on fire"}
	if got := readAll(src, false); !reflect.DeepEqual(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func FuzzRecordReader(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[{},{}]", "{\"a\":1}\n{\"b\":", "\xef\xbb\xbf{}", "1 2 3", "]}{[", "{\"a\":\"\\", "[\n{\"a\":},\n{}\n]", "\"", "{}\n\n[",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, lines bool) {
		r := NewReader(bytes.NewReader(text), lines)
		last := int64(-1)
		for range 2*len(text) + 2 {
			record, at, err := r.Next(nil)
			var broken *BrokenError
			switch {
			case err == io.EOF:
				return
			case errors.As(err, &broken):
			case err != nil:
				t.Fatalf("%q: %v", text, err)
			case !document.IsMap(record):
				t.Fatalf("%q: a record that is no map", text)
			case at.Offset <= last:
				t.Fatalf("%q: a record at %d after one at %d", text, at.Offset, last)
			default:
				last = at.Offset
			}
			if at.Line < 1 || at.Line > 1+bytes.Count(text, newline) || at.Offset > int64(len(text)) {
				t.Fatalf("%q: a place that is not there: %+v", text, at)
			}
		}
		t.Fatalf("%q: it never ends", text)
	})
}
