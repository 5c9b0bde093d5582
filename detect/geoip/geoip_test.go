package geoip_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/internal/testmmdb"
)

func databases(t testing.TB) geoip.Databases {
	t.Helper()
	asn, err := geoip.NewASN(testmmdb.ASN())
	if err != nil {
		t.Fatal(err)
	}
	geo, err := geoip.NewGeo(testmmdb.City())
	if err != nil {
		t.Fatal(err)
	}
	return geoip.Databases{ASN: asn, Geo: geo}
}

func TestAnAddressIsFoundWithWhatIsKnownOfIt(t *testing.T) {
	both := databases(t)
	for _, test := range []struct {
		name, addr string
		in         geoip.Databases
		want       string
	}{
		{"in both", "198.51.100.7", both, "64500 Example Transit; Europe, United Kingdom GB, Leeds District GB-LDS, Leeds; 53.7983 -1.5378"},
		{"little is known", "203.0.113.7", both, "64501 ; Europe, Norway NO,  , ; -"},
		{"in one alone", "2001:db8::1", both, "64500 Example Transit; ,  ,  , ; -"},
		{"in none", "10.0.0.1", both, "0 ; ,  ,  , ; -"},
		{"the autonomous systems alone", "198.51.100.7", geoip.Databases{ASN: both.ASN}, "64500 Example Transit; ,  ,  , ; -"},
		{"the places alone", "198.51.100.7", geoip.Databases{Geo: both.Geo}, "0 ; Europe, United Kingdom GB, Leeds District GB-LDS, Leeds; 53.7983 -1.5378"},
		{"no databases", "198.51.100.7", geoip.Databases{}, "0 ; ,  ,  , ; -"},
	} {
		p := test.in.Find(netip.MustParseAddr(test.addr))
		where := "-"
		if p.HasLocation {
			where = fmt.Sprint(p.Latitude, " ", p.Longitude)
		}
		got := fmt.Sprintf("%d %s; %s, %s %s, %s %s, %s; %s", p.ASNumber, p.ASOrganization, p.Continent, p.Country, p.CountryISO, p.Region, p.RegionISO, p.City, where)
		if got != test.want {
			t.Errorf("%s: got %s\nwant %s", test.name, got, test.want)
		}
		if p.IsEmpty() != strings.HasPrefix(test.want, "0 ; ,") {
			t.Errorf("%s: empty: %t", test.name, p.IsEmpty())
		}
	}
}

func TestAWrongFileIsRefusedWithWhatItMustBe(t *testing.T) {
	cut := testmmdb.ASN()
	cut = cut[:len(cut)/2]
	// The pointers of the search tree lead past the end of the file.
	wild := bytes.Clone(testmmdb.ASN())
	for i := range 24 {
		wild[i] |= 0x7f
	}
	for _, test := range []struct {
		name string
		file []byte
		read func([]byte) (*geoip.Database, error)
		want string
	}{
		{"nothing", nil, geoip.NewASN, "the file is not an MMDB database, or is damaged: it must be an ASN database, such as GeoLite2-ASN"},
		{"text", []byte("no database"), geoip.NewGeo, "the file is not an MMDB database, or is damaged: it must be a database of places, such as GeoLite2-City"},
		{"half a file", cut, geoip.NewASN, "the file is not an MMDB database, or is damaged: it must be an ASN database, such as GeoLite2-ASN"},
		{"a damaged tree", wild, geoip.NewASN, `the database "GeoLite2-ASN" is damaged: it must be an ASN database, such as GeoLite2-ASN`},
		{"the other kind", testmmdb.City(), geoip.NewASN, `the database "GeoLite2-City" has no autonomous_system_number: it must be an ASN database, such as GeoLite2-ASN`},
		{"the other kind again", testmmdb.ASN(), geoip.NewGeo, `the database "GeoLite2-ASN" has no country: it must be a database of places, such as GeoLite2-City`},
		{"neither kind", testmmdb.Other(), geoip.NewGeo, `the database "Example-Domain" has no country: it must be a database of places, such as GeoLite2-City`},
	} {
		if _, err := test.read(test.file); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

// FuzzFind: no file makes the reader or a look-up panic.
func FuzzFind(f *testing.F) {
	f.Add(testmmdb.ASN(), []byte{198, 51, 100, 7})
	f.Add(testmmdb.City(), []byte{203, 0, 113, 7})
	f.Fuzz(func(t *testing.T, file, address []byte) {
		addr, ok := netip.AddrFromSlice(address)
		if len(file) > 1<<14 || !ok {
			return
		}
		for _, read := range []func([]byte) (*geoip.Database, error){geoip.NewASN, geoip.NewGeo} {
			if d, err := read(file); err == nil {
				geoip.Databases{ASN: d, Geo: d}.Find(addr)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	d, addr := databases(b), netip.MustParseAddr("198.51.100.7")
	b.ReportAllocs()
	for range b.N {
		d.Find(addr)
	}
}
