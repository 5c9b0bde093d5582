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
	return allOf(NewReader(src, lines))
}

func allOf(r *Reader) []string {
	var all []string
	for range 1000 {
		record, err := r.Next(nil)
		var broken *BrokenError
		switch {
		case err == io.EOF:
			return all
		case errors.As(err, &broken):
			all = append(all, fmt.Sprintf("%d: %v", broken.at.Line, broken))
		case err != nil:
			return append(all, fmt.Sprintf("%d: end: %v", record.Place.Line, err))
		}
		if record.Body != nil {
			text, err := document.AppendJSON(nil, record.Body)
			if err != nil {
				text = []byte(err.Error())
			}
			all = append(all, fmt.Sprintf("%d: %s", record.Place.Line, text))
		}
	}
	return append(all, "it never ends")
}

func TestTheEventsOfAFileAreRecordsWhereItIsSplit(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		want []string
	}{
		{"a file on one line", `{"Records":[{"a":1},{"a":2}]}`, []string{`1: {"a":1}`, `1: {"a":2}`}},
		{"a file over several lines", "{\n  \"Records\" : [\n    {\"a\":1},\n    {\"a\":2}\n  ]\n}\n", []string{`3: {"a":1}`, `4: {"a":2}`}},
		{"a file without events", `{"Records":[]}`, nil},
		{"files one after the other", `{"Records":[{"a":1}]}` + "\n" + `{"Records":[{"a":2}]}{"a":3}`, []string{`1: {"a":1}`, `2: {"a":2}`, `2: {"a":3}`}},
		{"a list inside of an event", `{"Records":[{"Records":[{"a":1}]}]}`, []string{`1: {"Records":[{"a":1}]}`}},
		{"files in a list", `[{"Records":[{"a":1}]}]`, []string{`1: {"Records":[{"a":1}]}`}},
		{"another key first", `{"a":1,"Records":[{"a":1}]}`, []string{`1: {"a":1,"Records":[{"a":1}]}`}},
		{"a file that is cut off", `{"Records":[{"a":1},{"a"`, []string{`1: {"a":1}`, `1: the record is cut off (byte 20)`, `1: {"log":"{\"a\""}`}},
		{"a file that is cut off between two events", `{"Records":[{"a":1},`, []string{`1: {"a":1}`, `1: the list of records is cut off (byte 20)`}},
		{"a broken event", "{\"Records\":[{\"a\":1},{\"a\":x},{\"a\":3}]}", []string{`1: {"a":1}`, `1: invalid character 'x' looking for beginning of value (byte 25)`, `1: {"log":"{\"a\":x}"}`, `1: {"a":3}`}},
		{"nothing after the name", `{"Records":`, []string{`1: the record is cut off (byte 0)`, `1: {"log":"{\"Records\":"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				r := NewReader(src, false)
				r.Split = true
				if got := allOf(r); !reflect.DeepEqual(got, test.want) {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
			}
		})
	}
}

func TestASplitFileIsNotHeldInMemory(t *testing.T) {
	event := `{"eventName":"` + strings.Repeat("x", 1000) + `"},`
	const events = 20_000
	src := io.MultiReader(strings.NewReader(`{"Records":[`), strings.NewReader(strings.Repeat(event, events-1)+event[:len(event)-1]), strings.NewReader("]}"))
	r := NewReader(src, false)
	r.Split = true
	n := 0
	for {
		if _, err := r.Next(nil); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != events || cap(r.buffer) > 4*readSize {
		t.Errorf("%d events, a buffer of %d bytes", n, cap(r.buffer))
	}
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
		{"a byte order mark on each line", "\xef\xbb\xbf{\"a\":1}\r\n\xef\xbb\xbf{\"a\":2}", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"the separators of RFC 7464", "\x1e{\"a\":1}\n\x1e{\"a\":\n2}\n", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"NUL bytes around records", "\x00\x00{\"a\":1}\n\x00\x00\n{\"a\":2}\x00\x00", []string{`1: {"a":1}`, `3: {"a":2}`}},
		{"a list of texts with JSON in them", `["{\"a\":1}", "{\"a\":2}"]`, []string{`1: {"log":"\"{\\\"a\\\":1}\""}`, `1: {"log":"\"{\\\"a\\\":2}\""}`}},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\"}", []string{"1: {\"a\":\"\ufffd\"}"}},
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
			[]string{`1: {"a":1}`, "2: invalid character ']' looking for beginning of object key string (byte 9)", `2: {"log":"{]"}`,
				"2: invalid character 'g' looking for beginning of value (byte 10)", `2: {"log":"garbage"}`, `3: {"a":3}`},
		},
		{
			"a line in the middle was cut off by a crash", true, "{\"a\":1}\n{\"a\":{\"b\":\n{\"a\":3}\n",
			[]string{`1: {"a":1}`, "2: the record is cut off (byte 8)", `2: {"log":"{\"a\":{\"b\":"}`, `3: {"a":3}`},
		},
		{
			"a line was cut off in a text", true, "{\"a\":\"b\n{\"a\":2}\n",
			[]string{"1: the record is cut off (byte 0)", `1: {"log":"{\"a\":\"b"}`, `2: {"a":2}`},
		},
		{
			"in a file that is not known to have a record a line, too", false, "{\"a\":1}\n{\"a\":{\"b\":\n{\"a\":3}\n{\"a\":4}\n",
			[]string{`1: {"a":1}`, "2: the record is cut off (byte 8)", `2: {"log":"{\"a\":{\"b\":"}`, `3: {"a":3}`, `4: {"a":4}`},
		},
		{
			"what follows the broken line was taken for a part of it", false, "{\"a\":[1,\n{\"a\":2}\n{\"a\":3}\n",
			[]string{"1: the record is cut off (byte 0)", `1: {"log":"{\"a\":[1,"}`, `2: {"a":2}`, `3: {"a":3}`},
		},
		{
			"what follows the broken line happens to close it", false, "{\"a\":{\"b\"\n{\"a\":2}\n}}\n{\"a\":3}\n",
			[]string{"1: the record is cut off (byte 0)", `1: {"log":"{\"a\":{\"b\""}`, `2: {"a":2}`, `4: {"a":3}`},
		},
		{
			"a record began where another was cut off by the loss of power", false, "{\"a\":\"b\x00\x00\x00{\"a\":2}\n",
			[]string{"1: the record is cut off (byte 0)", `1: {"log":"{\"a\":\"b"}`, `1: {"a":2}`},
		},
		{
			"the separator of RFC 7464 ends what is cut off", true, "\x1e{\"a\":\"b\x1e{\"a\":2}\n",
			[]string{"1: the record is cut off (byte 1)", `1: {"log":"{\"a\":\"b"}`, `1: {"a":2}`},
		},
		{
			"it does so where the brackets happen to match", false, "\x1e{\"a\":{\x1e{\"b\":2}\x1e{\"c\":3}}",
			[]string{"1: the record is cut off (byte 1)", `1: {"log":"{\"a\":{"}`, `1: {"b":2}`, `1: {"c":3}`},
		},
		{
			"the end of a list is on a line with words", false, "[{\"a\":1},\nx {\"b\":1}]\n",
			[]string{`1: {"a":1}`, `2: {"log":"x {\"b\":1}]"}`},
		},
		{
			"words between records", false, "{\"a\":1}\nstarting up\nready\n{\"a\":2}",
			[]string{`1: {"a":1}`, "2: invalid character 's' looking for beginning of value (byte 8)", `2: {"log":"starting up"}`,
				"3: invalid character 'r' looking for beginning of value (byte 20)", `3: {"log":"ready"}`, `4: {"a":2}`},
		},
		{
			"words after a record", false, "{\"a\":1}oops\n{\"a\":2}",
			[]string{`1: {"a":1}`, "1: invalid character 'o' looking for beginning of value (byte 7)", `1: {"log":"oops"}`, `2: {"a":2}`},
		},
		{
			"an element of a list is broken", false, "[\n{\"a\":1},\n{\"a\":},\n{\"a\":3}\n]\n",
			[]string{`2: {"a":1}`, "3: invalid character '}' looking for beginning of value (byte 16)", `3: {"log":"{\"a\":}"}`, `4: {"a":3}`},
		},
		{
			"an element of a list on one line is broken", false, `[{"a":1},{"a":},{"a":3}]`,
			[]string{`1: {"a":1}`, "1: invalid character '}' looking for beginning of value (byte 14)", `1: {"log":"{\"a\":}"}`, `1: {"a":3}`},
		},
		{
			"a log file with an event a line was cut off", false, "{\"Records\":[\n{\"a\":1},\n{\"a\":2},\n{\"a\"",
			[]string{"1: the record is cut off (byte 0)", `1: {"log":"{\"Records\":["}`, `2: {"a":1}`, `3: {"a":2}`,
				"4: the record is cut off (byte 31)", `4: {"log":"{\"a\""}`},
		},
		{
			"a pretty-printed record is broken inside, which is one problem", false, "{\n  \"a\": {\n  },\n  oops\n}\n{\n  \"a\": 2\n}\n",
			[]string{"4: invalid character 'o' looking for beginning of object key string (byte 18)",
				`1: {"log":"{\n  \"a\": {\n  },\n  oops\n}"}`, `6: {"a":2}`},
		},
		{
			"numbers and words are JSON but not records", false, "17\n\"text\"\nnull\n[1,2]\n{\"a\":1}",
			[]string{
				"1: not a record: a JSON object was expected (byte 0)", `1: {"log":"17"}`,
				"2: not a record: a JSON object was expected (byte 3)", `2: {"log":"\"text\""}`,
				"3: not a record: a JSON object was expected (byte 10)", `3: {"log":"null"}`,
				"4: not a record: a JSON object was expected (byte 15)", `4: {"log":"[1,2]"}`,
				`5: {"a":1}`,
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
			[]string{"1: invalid character '}' looking for beginning of value (byte 0)", `1: {"log":"}"}`, `2: {"a":1}`},
		},
		{"100 levels are fine", false, deep(100), []string{"1: " + deep(100)}},
		{
			"101 levels are too many for a map", false, `{"a":2}` + deep(101) + `{"a":1}`,
			[]string{`1: {"a":2}`, "1: nested deeper than 100 levels (byte 7)", `1: {"log":` + quoted(deep(101)) + `}`, `1: {"a":1}`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				if got := readAll(src, test.lines); !reflect.DeepEqual(got, test.want) {
					t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
				}
			}
		})
	}
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func TestALineWithWordsBeforeItsJSONIsARecordOfText(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{"an export of CloudWatch Logs", `2026-06-18T12:00:00.000Z {"a":1}`},
		{"the log of a container", `2026-06-18T12:00:00.000000000Z stdout F {"a":1}`},
		{"syslog", `<13>1 2026-06-18T12:00:00Z host app 1 - - {"a":1}`},
		{"a level in brackets", `[INFO] {"a":1}`},
		{"a level in brackets, with space", `[  INFO ] {"a":1}`},
		{"words after it", `before {"a":1} after`},
		{"several values", `before {"a":1}{"b":2}`},
		{"braces that mean nothing", `if {x} then {y}: {"a":1}`},
		{"a JSON string", `"{\"a\":1}"`},
		{"JSON that was escaped once more", `{\"a\":1}`},
		{"a list of such", `[1,{"a":1}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := []string{`1: {"a":0}`, `2: {"log":` + quoted(test.text) + `}`, `3: {"a":2}`}
			for _, lines := range []bool{true, false} {
				if got := readAll(strings.NewReader("{\"a\":0}\n"+test.text+"\r\n{\"a\":2}"), lines); !reflect.DeepEqual(got, want) {
					t.Errorf("with lines %v: read %q, want %q", lines, got, want)
				}
			}
		})
	}
}

func TestAmongWordsALineWithoutJSONIsCounted(t *testing.T) {
	const text = "starting up\n2026 {\"a\":1}\n{level=info} [x]\n[1, 2]\n\n17\n{\"a\":2}\n"
	r := NewReader(strings.NewReader(text), false)
	r.Prose = true
	records := 0
	for ; ; records++ {
		if _, err := r.Next(nil); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if records != 6 || r.Plain() != 4 {
		t.Errorf("%d records, %d lines without JSON", records, r.Plain())
	}
	r = NewReader(strings.NewReader("}\n"), false)
	r.Prose = true
	if _, err := r.Next(nil); err == nil {
		t.Error("the end of a record whose begin is missing is a line of words")
	}
	r = NewReader(strings.NewReader("x {\"a\n{\"b\":\n"), false)
	r.Prose = true
	if _, err := r.Next(nil); err != nil { // whether it is an event is for others to say
		t.Error(err)
	}
	if _, err := r.Next(nil); !errors.Is(err, errCutOff) {
		t.Errorf("a record that is cut off gives %v", err)
	}
}

// Each place could begin a record, and none of them ends. It must not be the rest of the
// file that is looked through again for each.
func TestATextOfObjectsWithoutAnEndIsReadInLinearTime(t *testing.T) {
	const size = 8 << 20
	for _, piece := range []string{"{\"a\":[\n", "\n{", "{\n{}", "{\"a\":1}{\n", "x{\"a\":[\n", "{\n\xef\xbb\xbf{}", "[{\n", "{\x00\n", "\x1e{\"a\":[", "\x00{"} {
		r := NewReader(strings.NewReader(strings.Repeat(piece, size/len(piece))), false)
		for {
			if _, err := r.Next(nil); err == io.EOF {
				break
			}
		}
		if r.wasted > 8*size {
			t.Errorf("%q: %d bytes are looked at in vain for a text of %d", piece, r.wasted, size)
		}
	}
}

func TestWhiteSpaceIsNotKept(t *testing.T) {
	for _, begin := range []string{"", "[", "[[", "\x00"} {
		r := NewReader(io.MultiReader(strings.NewReader(begin), io.LimitReader(endless(' '), 8<<20), strings.NewReader(`{"a":1}`)), false)
		if record, err := r.Next(nil); err != nil || record.Text {
			t.Errorf("%q: %v", begin, err)
		}
		if cap(r.buffer) > 4*readSize {
			t.Errorf("%q and white space take %d bytes", begin, cap(r.buffer))
		}
	}
}

func TestOnceMuchWasLookedAtInVainRecordsAreStillFound(t *testing.T) {
	const n = 40_000
	var text strings.Builder
	text.WriteString("{\"a\":[\n")
	for range n {
		text.WriteString("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n")
	}
	r := NewReader(strings.NewReader(text.String()), false)
	records, broken := 0, 0
	for {
		record, err := r.Next(nil)
		if err == io.EOF {
			break
		}
		if errors.Is(err, errCutOff) {
			broken++
		} else if document.IsMap(record.Body) && !record.Text {
			records++
		}
	}
	if records != n || broken != 1 {
		t.Errorf("%d records and %d that are cut off, want %d and 1", records, broken, n)
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

func TestAFileOf71MegabytesIsOneRecord(t *testing.T) {
	const event = `{"eventSource":"lambda.amazonaws.com","eventName":"Invoke"},`
	n := 71 << 20 / len(event)
	r := NewReader(io.MultiReader(strings.NewReader(`{"Records":[`), strings.NewReader(strings.Repeat(event, n)), strings.NewReader(`{}]}`)), false)
	record, err := r.Next(nil)
	events, ok := document.Get(record.Body, "Records")
	if elements, _, _ := document.ReadArrayHeader(events); err != nil || !ok || elements != n+1 {
		t.Errorf("%d of %d elements, %v", elements, n+1, err)
	}
	if _, err := r.Next(nil); err != io.EOF {
		t.Error(err)
	}
}

func TestARecordOverTheLimitIsAProblemAndIsPassedOn(t *testing.T) {
	const limit = 1 << 20
	long := strings.Repeat("x", limit)
	for _, test := range []struct{ name, text, passed string }{
		{"an object", `{"a":"` + long + `"}`, `{"a":"` + long + `"}`},
		{"an object on several lines", "{\n \"a\":\r\n \"" + long + "\"\n}", `{  "a":   "` + long + `" }`},
		{"an object without an end", `{"a":"` + long, `{"a":"` + long},
		{"a line of words", long + `{"a":1}`, long + `{"a":1}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var passed strings.Builder
			r := NewReader(strings.NewReader("{\"a\":1}\n"+test.text+"\n{\"a\":2}"), false)
			r.Limit, r.OverLimit = limit, &passed
			var got []string
			for {
				record, err := r.Next(nil)
				if err == io.EOF {
					break
				}
				value, _ := document.Get(record.Body, "a")
				n, _ := document.Int(value)
				got = append(got, fmt.Sprintf("%d: %d %v", record.Place.Line, n, err))
			}
			lines := 2 + strings.Count(test.text, "\n")
			want := []string{"1: 1 <nil>", "2: 0 the record is larger than 1048576 bytes (byte 8)", fmt.Sprintf("%d: 2 <nil>", lines+1)}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read %.300q, want %q", got, want)
			}
			if strings.TrimRight(passed.String(), " \n") != test.passed || strings.Count(passed.String(), "\n") != 1 {
				t.Errorf("passed on %d bytes, want %d", passed.Len(), len(test.passed))
			}
		})
	}
}

// The list is one line, as CloudTrail writes it: nothing but brackets says where the
// next event begins.
func TestAnEventOverTheLimitDoesNotHideThoseAfterItInItsList(t *testing.T) {
	const limit = 1 << 20
	long := strings.Repeat("x", limit)
	const tooLarge = "0 the record is larger than 1048576 bytes"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a long text", `{"a":"` + long + `"}`, []string{"1", tooLarge, "2"}},
		{"brackets and quotation marks in it", `{"a":"]}` + long + `\"}]"}`, []string{"1", tooLarge, "2"}},
		{"a text much longer than the limit", `{"a":"` + strings.Repeat(long, 5) + `"}`, []string{"1", tooLarge, "2"}},
		{"several lines", "{\n \"a\": {\n\"b\":\"" + long + "\"\n}\n}", []string{"1", tooLarge, "2"}},
		{"one that is cut off before a line that begins with the next", "{\"a\":[\"" + long + "\"\n{\"a\":7}", []string{"1", tooLarge, "7", "2"}},
		{"a text that is cut off by its line", "{\"a\":\"" + long + "\n{\"a\":7}", []string{"1", tooLarge, "7", "2"}},
		{"one that never ends", `{"a":[[["` + long + `"]`, []string{"1", tooLarge}},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := `{"Records":[{"a":1},` + test.text + `,{"a":2}]}`
			for _, src := range []io.Reader{strings.NewReader(all), iotest.HalfReader(strings.NewReader(all))} {
				r := NewReader(src, false)
				r.Split, r.Limit = true, limit
				var got []string
				for {
					record, err := r.Next(nil)
					if err == io.EOF {
						break
					}
					value, _ := document.Get(record.Body, "a")
					n, _ := document.Int(value)
					text := fmt.Sprint(n)
					if err != nil {
						text += " " + strings.SplitN(err.Error(), " (byte", 2)[0]
					}
					got = append(got, text)
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("read %.300q, want %q", got, test.want)
				}
				if cap(r.buffer) > 4*limit {
					t.Errorf("it takes a buffer of %d bytes", cap(r.buffer))
				}
			}
		})
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
	want := []string{`1: {"a":1}`, `2: {"a":2}`, `3: {"log":"{\"a\":"}`, "3: end: disk on fire"}
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
		all := append(bytes.Clone(text), "\n{\"a\":1}"...)
		r := NewReader(bytes.NewReader(all), lines)
		next, found := int64(0), false
		for range 2*len(all) + 2 {
			record, err := r.Next(nil)
			at := record.Place
			var broken *BrokenError
			switch {
			case err == io.EOF:
				if !found {
					t.Fatalf("%q: the last line is not read", text)
				}
				return
			case err != nil && !errors.As(err, &broken):
				t.Fatalf("%q: %v", text, err)
			case at.Line < 1 || at.Line > 1+bytes.Count(all, newline) || at.Offset < next || at.Offset > int64(len(all)):
				t.Fatalf("%q: a place that is not there: %+v", text, at)
			case record.Body == nil:
				continue
			case !document.IsMap(record.Body):
				t.Fatalf("%q: a record that is not a map", text)
			}
			// Nothing but what may stand between records is left out.
			if left := bytes.Trim(all[next:at.Offset], "[]},\x1e\x00 \t\r\n"+byteOrderMark); len(left) > 0 {
				t.Fatalf("%q: %q is in no record", text, left)
			}
			next = r.offset
			found = at.Offset == int64(len(text))+1 && !record.Text
		}
		t.Fatalf("%q: it never ends", text)
	})
}
