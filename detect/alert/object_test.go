package alert

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// The header is written when the pairs are known. It must be as short as it can be then, also where there was
// room for a longer one.
func TestAMapHasTheShortestHeader(t *testing.T) {
	for _, test := range []struct{ says, silent int }{{0, 0}, {0, 40}, {1, 0}, {15, 0}, {15, 1}, {16, 0}, {16, 5}, {15, 70_000}, {70_000, 0}} {
		var o object
		want := msgp.AppendMapHeader([]byte("before"), uint32(test.says))
		for i := range test.says {
			key := fmt.Sprint("key ", i)
			o = append(o, pair{key, i})
			want = msgp.AppendInt(msgp.AppendString(want, key), i)
		}
		for range test.silent {
			o = append(o, pair{"silent", ""})
		}
		if got := o.append([]byte("before")); !bytes.Equal(got, want) {
			t.Errorf("with %d pairs of %d it begins with %x, want %x", test.says, len(o), got[:min(len(got), 12)], want[:min(len(want), 12)])
		}
	}
}

func TestAPairSaysNothing(t *testing.T) {
	var noText string
	var never time.Time
	for _, value := range []any{
		nil, "", &noText, (*moment)(&never), (*millisecond)(&never), packed(nil), []string(nil), []object{}, object(nil),
		object{{"a", ""}, {"b", object{{"c", &noText}}}},
	} {
		p := pair{"key", value}
		if got := p.append([]byte("before")); p.says() || string(got) != "before" {
			t.Errorf("%#v is written: %q", value, got)
		}
	}
}

func TestAMillisecondHasThreeDigits(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000Z07:00"
	for _, at := range []time.Time{
		time.Date(2026, time.June, 18, 10, 4, 3, 0, time.UTC),
		time.Date(2026, time.June, 18, 10, 4, 3, 7_999_999, time.UTC),
		time.Date(2026, time.June, 18, 10, 4, 3, 999_999_999, time.FixedZone("", -7*3600)),
		time.Date(1969, time.December, 31, 23, 59, 59, 120_000_000, time.UTC),
		time.Date(12026, time.June, 18, 10, 4, 3, 450_000_000, time.UTC),
		time.UnixMilli(-1 << 62),
	} {
		m := millisecond(at)
		got, _ := document.Text(m.append(nil))
		if want := at.UTC().Format(layout); string(got) != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
}
