package detect

import (
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

func TestTermsAreComparedByWhatTheyAre(t *testing.T) {
	text := func(s string) program.Value { return program.Text([]byte(s)) }
	for _, c := range []struct {
		name  string
		value program.Value
		kind  program.FieldType
		want  string
	}{
		{"an address of IPv4", text("198.51.100.7"), program.IP, "198.51.100.7"},
		{"one that is written as of IPv6", text("::FFFF:198.51.100.7"), program.IP, "198.51.100.7"},
		{"an address of IPv6 in its short form", text("2001:DB8:0::1"), program.IP, "2001:db8::1"},
		{"no address of IPv4", text("198.51.100.07"), program.IP, "198.51.100.07"},
		{"no address of IPv6", text("2001:DB8"), program.IP, "2001:DB8"},
		{"an address in a field that is no address", text("2001:DB8:0::1"), program.Keyword, "2001:DB8:0::1"},
		{"a number", program.Int(7), program.Long, "7"},
		{"a truth", program.Bool(true), program.Boolean, "true"},
	} {
		if got := string(appendTerm(nil, c.value, c.kind)); got != c.want {
			t.Errorf("%s: it is %q, want %q", c.name, got, c.want)
		}
	}
}
