package cloudtrail

import (
	"net/netip"
	"testing"
)

var addressTests = []struct {
	text string
	want bool
}{
	{"198.51.100.7", true},
	{"0.0.0.0", true},
	{"255.255.255.255", true},
	{"256.0.0.1", false},
	{"1.2.3.256", false},
	{"1.2.3.1000", false},
	{"1.2.3.18446744073709551617", false}, // 2^64 + 1
	{"1.2.3.00", false},
	{"1.2.3.04", false},
	{"1.2.3", false},
	{"1.2.3.4.5", false},
	{"1.2.3.", false},
	{"1..2.3", false},
	{".1.2.3", false},
	{"1.2.3.4 ", false},
	{"1.2.3.4%eth0", false},
	{"1.2.3.a", false},
	{"", false},
	{"AWS Internal", false},
	{"lambda.amazonaws.com", false},
	{"2001:db8::1", true},
	{"::ffff:198.51.100.7", true},
	{"fe80::1%eth0", false},
	{"2001:db8", false},
}

func TestAnAddressIsWhatGoTakesForOneWithoutAZone(t *testing.T) {
	for _, c := range addressTests {
		if got := isAddress([]byte(c.text)); got != c.want {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
}

func FuzzIsAddress(f *testing.F) {
	for _, c := range addressTests {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, err := netip.ParseAddr(text)
		if want := err == nil && addr.Zone() == ""; isAddress([]byte(text)) != want {
			t.Errorf("%q: want %v", text, want)
		}
	})
}
