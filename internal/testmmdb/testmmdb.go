// Package testmmdb makes databases of addresses for tests. Nothing that ships imports it.
package testmmdb

import (
	"bytes"
	"net"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// ASN is a database of autonomous systems: 198.51.100.0/24 and 2001:db8::/32 belong to
// 64500, Example Transit; 203.0.113.0/24 to 64501, without a name; 52.94.133.0/24 to 16509,
// Amazon.com, Inc.; 192.0.2.0/24 to 9009, which rents servers to providers of VPNs.
func ASN() []byte {
	row := func(number uint32, name string) mmdbtype.Map {
		m := mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number)}
		if name != "" {
			m["autonomous_system_organization"] = mmdbtype.String(name)
		}
		return m
	}
	return write("GeoLite2-ASN", map[string]mmdbtype.Map{
		"198.51.100.0/24": row(64500, "Example Transit"), "2001:db8::/32": row(64500, "Example Transit"), "203.0.113.0/24": row(64501, ""),
		"52.94.133.0/24": row(16509, "Amazon.com, Inc."), "192.0.2.0/24": row(9009, "M247 Europe SRL"),
	})
}

// City is a database of places: 198.51.100.0/24 is in Leeds, England, of which two
// subdivisions are known; 203.0.113.0/24 in Norway, of which nothing more is known;
// 192.0.2.0/24 in Europe.
func City() []byte {
	names := func(en string) mmdbtype.Map {
		return mmdbtype.Map{"de": mmdbtype.String("x"), "en": mmdbtype.String(en)}
	}
	return write("GeoLite2-City", map[string]mmdbtype.Map{
		"198.51.100.0/24": {
			"city":      mmdbtype.Map{"names": names("Leeds")},
			"continent": mmdbtype.Map{"code": mmdbtype.String("EU"), "names": names("Europe")},
			"country":   mmdbtype.Map{"iso_code": mmdbtype.String("GB"), "names": names("United Kingdom")},
			"location":  mmdbtype.Map{"latitude": mmdbtype.Float64(53.7983), "longitude": mmdbtype.Float64(-1.5378)},
			"subdivisions": mmdbtype.Slice{
				mmdbtype.Map{"iso_code": mmdbtype.String("ENG"), "names": names("England")},
				mmdbtype.Map{"iso_code": mmdbtype.String("LDS"), "names": names("Leeds District")},
			},
		},
		"192.0.2.0/24": {"continent": mmdbtype.Map{"names": names("Europe")}},
		"203.0.113.0/24": {
			"continent": mmdbtype.Map{"names": names("Europe")},
			"country":   mmdbtype.Map{"iso_code": mmdbtype.String("NO"), "names": names("Norway")},
		},
	})
}

// Other is a database of neither kind.
func Other() []byte {
	return write("Example-Domain", map[string]mmdbtype.Map{"198.51.100.0/24": {"domain": mmdbtype.String("example.com")}})
}

// write makes a database. It panics on an error, which is one in this package.
func write(kind string, rows map[string]mmdbtype.Map) []byte {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		panic(err)
	}
	for block, row := range rows {
		_, network, err := net.ParseCIDR(block)
		if err != nil {
			panic(err)
		}
		if err := tree.Insert(network, row); err != nil {
			panic(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}
