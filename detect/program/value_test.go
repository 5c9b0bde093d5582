package program

import (
	"fmt"
	"strconv"
	"testing"
)

// valueOf turns a Go value into the value of a field: a slice is a list, nil is null.
func valueOf(x any) Value {
	switch x := x.(type) {
	case nil:
		return Null()
	case bool:
		return Bool(x)
	case int:
		return Int(int64(x))
	case int64:
		return Int(x)
	case float64:
		return Float(x)
	case string:
		return Text([]byte(x))
	case []byte:
		return Text(x)
	case []any:
		var vs []Value
		for _, e := range x {
			vs = append(vs, valueOf(e))
		}
		return List(vs)
	}
	panic(fmt.Sprintf("no value for a %T", x))
}

func TestValueString(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {-5, "-5"}, {0.5, "0.5"}, {3.0, "3.0"}, {1e21, "1.0E21"}, {1.5e-7, "1.5E-7"},
		{"a\"\xff", `"a\"\xff"`}, {[]any{1, "x", nil}, `[1, "x", null]`}, {[]any{}, "[]"},
	} {
		if got := valueOf(c.value).String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// Most text needs no escape and is not looked at by strconv. It is read eight bytes at a time, so each
// special byte is tried in each place of them, and after another one.
func TestTextIsQuotedAsStrconvQuotesIt(t *testing.T) {
	texts := []string{"", "arn:aws:iam::111122223333:root", "{a=b, c= ~}", `say "x"`, `C:\temp`, `"`, `\"`, `"é`, "\"\\\n", "a\tb", "\x1f", "\x7f", "é", "\u200b", "a\xff"}
	for c := range 256 {
		for at := range 17 {
			text := []byte("abcdefghijklmnopqrs")
			text[at] = byte(c)
			texts = append(texts, string(text))
			text[at+1] = '"'
			texts = append(texts, string(text))
		}
	}
	for _, text := range texts {
		if got, want := Text([]byte(text)).String(), strconv.Quote(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := string(Text([]byte(text)).Append([]byte("before"))), "before"+strconv.Quote(text); got != want {
			t.Errorf("appended it is %s, want %s", got, want)
		}
	}
}

func BenchmarkValueAppend(b *testing.B) {
	v := Text([]byte("arn:aws:sts::111122223333:assumed-role/deploy/alice"))
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = v.Append(dst[:0])
	}
}

func TestAccessorsOfOtherKindsAreZero(t *testing.T) {
	for _, v := range []Value{Null(), Bool(true), Int(7), Float(7.5), Text([]byte("7")), List([]Value{Int(7)})} {
		if got, want := v.Bool(), v.Kind() == KindBool; got != want {
			t.Errorf("%v.Bool() = %v", v, got)
		}
		if got, want := v.Int() == 7, v.Kind() == KindInt; got != want {
			t.Errorf("%v.Int() = %v", v, v.Int())
		}
		if got, want := v.Float() >= 7, v.isNumber(); got != want {
			t.Errorf("%v.Float() = %v", v, v.Float())
		}
		if got, want := v.Text() != nil, v.Kind() == KindText; got != want {
			t.Errorf("%v.Text() = %v", v, v.Text())
		}
		if got, want := v.List() != nil, v.Kind() == KindList; got != want {
			t.Errorf("%v.List() = %v", v, v.List())
		}
	}
}
