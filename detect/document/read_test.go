package document

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

// encodings has each of MessagePack's encodings, with the smallest and the
// largest payload that it is meant for where that is short enough.
var encodings = []struct {
	name  string
	value string
	kind  Kind
}{
	{"the smallest positive fixint", "\x00", KindInt},
	{"the largest positive fixint", "\x7f", KindInt},
	{"an empty fixmap", "\x80", KindMap},
	{"a fixmap of 15", "\x8f" + strings.Repeat("\xa0\xc0", 15), KindMap},
	{"an empty fixarray", "\x90", KindArray},
	{"a fixarray of 15", "\x9f" + strings.Repeat("\x01", 15), KindArray},
	{"an empty fixstr", "\xa0", KindText},
	{"a fixstr of 31", "\xbf" + strings.Repeat("x", 31), KindText},
	{"nil", "\xc0", KindNil},
	{"false", "\xc2", KindBool},
	{"true", "\xc3", KindBool},
	{"an empty bin 8", "\xc4\x00", KindBinary},
	{"a bin 8", "\xc4\x02ab", KindBinary},
	{"a bin 16", "\xc5\x00\x02ab", KindBinary},
	{"a bin 32", "\xc6\x00\x00\x00\x02ab", KindBinary},
	{"an empty ext 8", "\xc7\x00\x05", KindExtension},
	{"an ext 8", "\xc7\x02\x05ab", KindExtension},
	{"an ext 16", "\xc8\x00\x02\x05ab", KindExtension},
	{"an ext 32", "\xc9\x00\x00\x00\x02\x05ab", KindExtension},
	{"a float 32", "\xca\x3f\xc0\x00\x00", KindFloat},
	{"a float 64", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", KindFloat},
	{"a uint 8", "\xcc\xff", KindUint},
	{"a uint 16", "\xcd\xff\xff", KindUint},
	{"a uint 32", "\xce\xff\xff\xff\xff", KindUint},
	{"a uint 64", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", KindUint},
	{"an int 8", "\xd0\x80", KindInt},
	{"an int 16", "\xd1\x80\x00", KindInt},
	{"an int 32", "\xd2\x80\x00\x00\x00", KindInt},
	{"an int 64", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", KindInt},
	{"a fixext 1", "\xd4\x05a", KindExtension},
	{"a fixext 2", "\xd5\x05ab", KindExtension},
	{"a fixext 4", "\xd6\x05abcd", KindExtension},
	{"a fixext 8", "\xd7\x05abcdefgh", KindExtension},
	{"a fixext 16", "\xd8\x05abcdefghijklmnop", KindExtension},
	{"a str 8", "\xd9\x02ab", KindText},
	{"a str 16", "\xda\x00\x02ab", KindText},
	{"a str 32", "\xdb\x00\x00\x00\x02ab", KindText},
	{"an array 16", "\xdc\x00\x02\x01\x02", KindArray},
	{"an array 32", "\xdd\x00\x00\x00\x02\x01\x02", KindArray},
	{"a map 16", "\xde\x00\x01\xa1a\x01", KindMap},
	{"a map 32", "\xdf\x00\x00\x00\x01\xa1a\x01", KindMap},
	{"the smallest negative fixint", "\xe0", KindInt},
	{"the largest negative fixint", "\xff", KindInt},
}

func TestEveryEncodingIsSkippedAndHasItsKind(t *testing.T) {
	for _, c := range encodings {
		t.Run(c.name, func(t *testing.T) {
			if got := KindOf([]byte(c.value)); got != c.kind {
				t.Errorf("kind %d, want %d", got, c.kind)
			}
			rest, err := Skip([]byte(c.value + "\xc1 what follows"))
			if err != nil || string(rest) != "\xc1 what follows" {
				t.Errorf("Skip left %q, %v", rest, err)
			}
			value, rest, err := Next([]byte(c.value + "rest"))
			if err != nil || string(value) != c.value || string(rest) != "rest" {
				t.Errorf("Next gave %q, %q, %v", value, rest, err)
			}
		})
	}
}

func TestEveryFirstByteButOneStartsAnEncodingOfTheTable(t *testing.T) {
	seen := map[byte]bool{0xc1: true}
	for _, c := range encodings {
		seen[c.value[0]] = true
	}
	for c := 0xc0; c < 0xe0; c++ {
		if !seen[byte(c)] {
			t.Errorf("the table has nothing for 0x%02x", c)
		}
	}
}

func TestAValueThatIsCutOffAnywhereIsShort(t *testing.T) {
	for _, c := range encodings {
		for n := range len(c.value) {
			if rest, err := Skip([]byte(c.value[:n])); rest != nil || !errors.Is(err, ErrShort) {
				t.Errorf("%s cut to %d bytes: Skip gave %q, %v", c.name, n, rest, err)
			}
			checkReadersRefuse(t, c.value[:n])
		}
	}
}

// checkReadersRefuse says that nothing is read from a value that is cut off.
func checkReadersRefuse(t *testing.T, cut string) {
	t.Helper()
	b := []byte(cut)
	if text, ok := Text(b); ok {
		t.Errorf("Text(%q) is %q", cut, text)
	}
	if n, ok := Int(b); ok {
		t.Errorf("Int(%q) is %d", cut, n)
	}
	if n, ok := Uint(b); ok {
		t.Errorf("Uint(%q) is %d", cut, n)
	}
	if f, ok := Float(b); ok {
		t.Errorf("Float(%q) is %g", cut, f)
	}
	if v, ok := Get(b, "a"); ok {
		t.Errorf("Get(%q) is %q", cut, v)
	}
	if v, ok := Path(b, "a.b"); ok {
		t.Errorf("Path(%q) is %q", cut, v)
	}
	if Equal(b, b) {
		t.Errorf("Equal(%q) is true", cut)
	}
	if text, some, err := AppendJavaText([]byte("before"), b); err == nil || some || string(text) != "before" {
		t.Errorf("AppendJavaText(%q) gave %q, %v, %v", cut, text, some, err)
	}
	if text, err := AppendJSON([]byte("before"), b); err == nil || string(text) != "before" {
		t.Errorf("AppendJSON(%q) gave %q, %v", cut, text, err)
	}
}

// event is a record as Fluent Bit has it, with every type of value.
const event = "\x8a" +
	"\xabeventSource\xb4lambda.amazonaws.com" +
	"\xa9eventName\xd9\x18AddPermission20150331v2x" +
	"\xb1requestParameters\xdf\x00\x00\x00\x03" +
	"\xacfunctionName\xda\x00\x01f" +
	"\xa6action\xdb\x00\x00\x00\x15lambda:InvokeFunction" +
	"\xa4list\xdc\x00\x02\x01\x92\xc0\xc2" +
	"\xa8readOnly\xc2" +
	"\xa4size\xcd\x01\x00" +
	"\xa4less\xd1\xff\x00" +
	"\xa5ratio\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00" +
	"\xa4when\xd7\x00abcdefgh" +
	"\xa3raw\xc4\x02\xff\xfe" +
	"\xa4none\xc0"

func TestAnEventThatIsCutOffAtAnyByteIsReadNowhere(t *testing.T) {
	if rest, err := Skip([]byte(event)); err != nil || len(rest) != 0 {
		t.Fatalf("the event itself: %q, %v", rest, err)
	}
	for n := range len(event) {
		if rest, err := Skip([]byte(event[:n])); rest != nil || !errors.Is(err, ErrShort) {
			t.Errorf("cut to %d bytes: Skip gave %q, %v", n, rest, err)
		}
		checkReadersRefuse(t, event[:n])
		if v, ok := GetFold([]byte(event[:n]), "EVENTsource"); ok {
			t.Errorf("cut to %d bytes: GetFold gave %q", n, v)
		}
	}
}

func TestACountThatTheBytesCannotHoldIsShort(t *testing.T) {
	for _, c := range []struct{ name, value string }{
		{"an array of four billion in five bytes", "\xdd\xff\xff\xff\xff"},
		{"an array of four billion with some of them there", "\xdd\xff\xff\xff\xff" + strings.Repeat("\xc0", 1000)},
		{"a map of four billion in five bytes", "\xdf\xff\xff\xff\xff"},
		{"a map of two billion, whose count is negative in 32 bits", "\xdf\x80\x00\x00\x00" + strings.Repeat("\xc0", 1000)},
		{"a text of four billion bytes", "\xdb\xff\xff\xff\xffabc"},
		{"bytes of four billion", "\xc6\xff\xff\xff\xffabc"},
		{"an extension of four billion", "\xc9\xff\xff\xff\xff\x00abc"},
		{"an array one longer than its elements", "\x93\x01\x02"},
		{"a map with a key and no value", "\x81\xa1a"},
		{"counts that promise more than the bytes only together", "\x92\xdc\x00\x03\xc0\xc0\xc0\xdc\x00\x02\xc0"},
		{"arrays of four billion in one another", strings.Repeat("\xdd\xff\xff\xff\xff", 1000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Skip([]byte(c.value)); !errors.Is(err, ErrShort) {
				t.Errorf("Skip says %v", err)
			}
			checkReadersRefuse(t, c.value)
		})
	}
}

func TestHeadersAreReadForTheirTypeAlone(t *testing.T) {
	for _, c := range []struct {
		name, value string
		elements    int
		rest        string
		err         error
	}{
		{"a fixarray", "\x92\x01\x02", 2, "\x01\x02", nil},
		{"an array 16", "\xdc\x00\x01\x01", 1, "\x01", nil},
		{"an array 32", "\xdd\x00\x00\x00\x01\x01", 1, "\x01", nil},
		{"what follows the array is in the rest", "\x90\x05", 0, "\x05", nil},
		{"a map is not an array", "\x80", 0, "", ErrType},
		{"nil is not an array", "\xc0", 0, "", ErrType},
		{"nothing at all", "", 0, "", ErrShort},
		{"the invalid byte", "\xc1", 0, "", ErrInvalid},
		{"a count without its bytes", "\xdc\x00", 0, "", ErrShort},
		{"more elements than bytes", "\x92\x01", 0, "", ErrShort},
	} {
		n, rest, err := ReadArrayHeader([]byte(c.value))
		if n != c.elements || string(rest) != c.rest || !errors.Is(err, c.err) {
			t.Errorf("%s: ReadArrayHeader gave %d, %q, %v", c.name, n, rest, err)
		}
	}
	for _, c := range []struct {
		name, value string
		pairs       int
		rest        string
		err         error
	}{
		{"a fixmap", "\x81\x01\x02", 1, "\x01\x02", nil},
		{"a map 16", "\xde\x00\x01\x01\x02", 1, "\x01\x02", nil},
		{"a map 32", "\xdf\x00\x00\x00\x01\x01\x02", 1, "\x01\x02", nil},
		{"an array is not a map", "\x90", 0, "", ErrType},
		{"nothing at all", "", 0, "", ErrShort},
		{"the invalid byte", "\xc1", 0, "", ErrInvalid},
		{"pairs that cannot all be there", "\x81\x01", 0, "", ErrShort},
	} {
		n, rest, err := ReadMapHeader([]byte(c.value))
		if n != c.pairs || string(rest) != c.rest || !errors.Is(err, c.err) {
			t.Errorf("%s: ReadMapHeader gave %d, %q, %v", c.name, n, rest, err)
		}
	}
}

func TestSkipKnowsTheByteThatStartsNothing(t *testing.T) {
	for _, value := range []string{"\xc1", "\x91\xc1", "\x81\xa1a\xc1", "\x81\xc1\x01"} {
		if _, err := Skip([]byte(value)); !errors.Is(err, ErrInvalid) {
			t.Errorf("Skip(%q) says %v", value, err)
		}
	}
}

func TestSkipGoesThroughAnyDepth(t *testing.T) {
	for _, c := range []struct {
		name  string
		value []byte
	}{
		{"1,000 arrays in one another", append(bytes.Repeat([]byte{0x91}, 1000), 0xc0)},
		{"1,000 maps in one another", append(bytes.Repeat([]byte("\x81\xa1a"), 1000), 0xc0)},
		{"1,000 maps as keys of one another", append(bytes.Repeat([]byte{0x81}, 1000), bytes.Repeat([]byte{0xc0}, 1001)...)},
		{"a million arrays in one another", append(bytes.Repeat([]byte{0x91}, 1_000_000), 0xc0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			rest, err := Skip(append(c.value, "rest"...))
			if err != nil || string(rest) != "rest" {
				t.Errorf("got %q, %v", rest, err)
			}
			if _, err := Skip(c.value[:len(c.value)-1]); !errors.Is(err, ErrShort) {
				t.Errorf("without its last byte: %v", err)
			}
		})
	}
}

func TestIntegersKeepTheirValueInEveryEncoding(t *testing.T) {
	for _, c := range []struct {
		value string
		want  int64
	}{
		{"\x00", 0}, {"\x7f", 127}, {"\xff", -1}, {"\xe0", -32},
		{"\xd0\x7f", 127}, {"\xd0\x80", -128}, {"\xd1\x01\x00", 256}, {"\xd1\xff\xff", -1},
		{"\xd2\x7f\xff\xff\xff", math.MaxInt32}, {"\xd2\x80\x00\x00\x00", math.MinInt32},
		{"\xd3\x7f\xff\xff\xff\xff\xff\xff\xff", math.MaxInt64},
		{"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", math.MinInt64},
		{"\xcc\x80", 128}, {"\xcd\x80\x00", 32768}, {"\xce\x80\x00\x00\x00", 1 << 31},
		{"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", math.MaxInt64},
	} {
		if n, ok := Int([]byte(c.value)); !ok || n != c.want {
			t.Errorf("Int(%q) is %d, %v; want %d", c.value, n, ok, c.want)
		}
	}
	large := []byte("\xcf\x80\x00\x00\x00\x00\x00\x00\x00")
	if _, ok := Int(large); ok {
		t.Error("an integer over the largest int64 fits an int64")
	}
	if n, ok := Uint(large); !ok || n != 1<<63 {
		t.Errorf("Uint of 2^63 is %d, %v", n, ok)
	}
	for _, other := range []string{"\x05", "\xd0\x05", "\xca\x00\x00\x00\x00", "\xa1a", ""} {
		if n, ok := Uint([]byte(other)); ok {
			t.Errorf("Uint(%q) is %d", other, n)
		}
	}
	for _, other := range []string{"\xca\x00\x00\x00\x00", "\xa1a", "\xc0", "\xc3", "\x90", "\x80", "\xd4\x01a", ""} {
		if n, ok := Int([]byte(other)); ok {
			t.Errorf("Int(%q) is %d", other, n)
		}
	}
}

func TestScalarsAreReadAsWhatTheyAre(t *testing.T) {
	if f, ok := Float([]byte("\xca\x3f\xc0\x00\x00")); !ok || f != 1.5 {
		t.Errorf("a float 32: %g, %v", f, ok)
	}
	if f, ok := Float([]byte("\xcb\xbf\xf8\x00\x00\x00\x00\x00\x00")); !ok || f != -1.5 {
		t.Errorf("a float 64: %g, %v", f, ok)
	}
	if f, ok := Float([]byte("\x01")); ok {
		t.Errorf("an integer as a float: %g", f)
	}
	for value, want := range map[string][2]bool{
		"\xc2": {false, true}, "\xc3": {true, true}, "\xc0": {false, false}, "\x01": {false, false}, "": {false, false},
	} {
		if v, ok := Bool([]byte(value)); v != want[0] || ok != want[1] {
			t.Errorf("Bool(%q) is %v, %v", value, v, ok)
		}
	}
	for value, want := range map[string]string{
		"\xa2ab": "ab", "\xd9\x02ab": "ab", "\xda\x00\x02ab": "ab", "\xdb\x00\x00\x00\x02ab": "ab", "\xa0": "", "\xa2\xff\xfe": "\xff\xfe",
	} {
		if text, ok := Text([]byte(value)); !ok || string(text) != want {
			t.Errorf("Text(%q) is %q, %v", value, text, ok)
		}
	}
	for _, other := range []string{"\xc4\x01a", "\xc0", "\x01", "\xd4\x01a", "\x80"} {
		if text, ok := Text([]byte(other)); ok {
			t.Errorf("Text(%q) is %q", other, text)
		}
	}
}
