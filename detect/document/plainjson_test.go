package document

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// compareReaders fails unless the plain reader says what the forgiving one says, or nothing.
func compareReaders(t *testing.T, text []byte) (plain bool) {
	t.Helper()
	want, err := appendForgiving([]byte("before"), text)
	got, plain := appendPlain([]byte("before"), text)
	if plain && (err != nil || !bytes.Equal(got, want)) {
		t.Fatalf("%q becomes %x, want %x, %v", text, got, want, err)
	}
	return plain
}

func TestPlainJSONIsReadAsAnyJSON(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		name, text string
		plain      bool
	}{
		{"an event", `{"eventSource":"lambda.amazonaws.com","requestParameters":{"principal":"*"},"responseElements":null}`, true},
		{"white space everywhere", " \t\r\n{ \"a\" : [ 1 , true , false , null ] , \"b\" : { } , \"c\" : [ ] } \n", true},
		{"numbers", `[0,-0,1,-1,127,128,-32,-33,65536,999999999999999999,1000000000000000000,9223372036854775807,18446744073709551615,-9223372036854775808,1e3,-2.5E-3,1e400]`, true},
		{"numbers that other readers refuse", `[007,1.]`, true},
		{"every simple escape", `"\"\\\/\b\f\n\r\t"`, true},
		{"an escaped character", `"x\u0041\u00e9\u20ACy"`, true},
		{"an escaped NUL", `"\u0000"`, true},
		{"text of 31 bytes with an escape", `"\n` + long(30) + `"`, true},
		{"text of 32 bytes with an escape", `"\n` + long(31) + `"`, true},
		{"text of 255 bytes with an escape", `"` + long(254) + `\n"`, true},
		{"text of 256 bytes with an escape", `"` + long(255) + `\n"`, true},
		{"text of 65,535 bytes with an escape", `"` + long(65_534) + `\n"`, true},
		{"text of 65,536 bytes with an escape", `"` + long(65_535) + `\n"`, true},
		{"text that is not UTF-8", "\"\xff\xfe\\n\xff\"", true},
		{"a key twice, and an empty one", `{"a":1,"a":2,"":3,"\u0061":4}`, true},
		{"100 levels", strings.Repeat("[", 100) + strings.Repeat("]", 100), true},
		{"102 levels", strings.Repeat("[", 102) + strings.Repeat("]", 102), false},
		{"a surrogate pair", `"\ud83d\ude00"`, false},
		{"a lone surrogate", `"\ud800"`, false},
		{"a control character", "\"a\x01\"", false},
		{"a control character after an escape, which is forgiven", "\"\\t\x01\"", false},
		{"a key that is null, which is forgiven", `{"a":1,null:2}`, false},
		{"nothing", ``, false},
		{"a value after the value", `{} {}`, false},
		{"a NUL after the value", "{}\x00", false},
		{"a comma too many", `[1,]`, false},
		{"a comma too many in an object", `{"a":1,}`, false},
		{"a key without a value", `{"a"}`, false},
		{"a word that is cut off", `[tru]`, false},
		{"a wrong escape", `"\x"`, false},
		{"an escape that is cut off", `"\u00`, false},
		{"an escape without digits", `"\u00g0"`, false},
		{"a backslash at the end", `"\`, false},
		{"a sign alone", `[-]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if plain := compareReaders(t, []byte(test.text)); plain != test.plain {
				t.Errorf("that it is plain is %t", plain)
			}
		})
	}
}

func TestWhereAStringStopsBeingPlainIsFoundAtEveryOffset(t *testing.T) {
	for n := range 40 {
		for c := range 256 {
			for _, filler := range []byte{'x', ' ', '!', '#', '[', ']', 0x7f, 0x80, 0xff} {
				text := bytes.Repeat([]byte{filler}, 40)
				text[n] = byte(c)
				want := n
				if c != '"' && c != '\\' && c >= ' ' {
					want = len(text)
				}
				if got := PlainLength(text); got != want {
					t.Fatalf("%q: %d bytes are plain, want %d", text, got, want)
				}
			}
		}
	}
}

func FuzzPlainJSON(f *testing.F) {
	for _, seed := range jsonSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { compareReaders(t, text) })
}

func BenchmarkFromJSON(b *testing.B) {
	text, err := AppendJSON(nil, []byte(event))
	if err != nil {
		b.Fatal(err)
	}
	for _, reader := range []struct {
		name string
		read func(dst, text []byte) ([]byte, error)
	}{{"plain", AppendFromJSON}, {"forgiving", appendForgiving}} {
		b.Run(reader.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			dst := make([]byte, 0, 2*len(text))
			for b.Loop() {
				if _, err := reader.read(dst[:0], text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestReadingPlainJSONAllocatesNothing(t *testing.T) {
	text := []byte(`{"a":[1,-2,true,null,"text","\u0041\n"],"b":{"c":"d"}}`)
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		if out, err := AppendFromJSON(dst, text); err != nil || !bytes.HasPrefix(out, []byte{0xdf}) {
			t.Error(err, msgp.NextType(out))
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
