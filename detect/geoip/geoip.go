// Package geoip says who an IP address belongs to and where it is, from databases in MaxMind's DB
// format (MMDB): GeoLite2, GeoIP2 and those of others that have the same members.
//
// A [Database] is in memory as a whole and does not change: any number of goroutines may use one.
// [Databases.Find] takes an address to a [Place].
package geoip

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Database is one file.
type Database struct {
	reader *maxminddb.Reader
}

// NewASN reads a database of autonomous systems, such as GeoLite2-ASN.
func NewASN(file []byte) (*Database, error) {
	return read(file, "autonomous_system_number", "an ASN database, such as GeoLite2-ASN", func(r maxminddb.Result) (bool, error) {
		var row asnRow
		err := r.Decode(&row)
		return row.Number != 0, err
	})
}

// NewGeo reads a database of places, such as GeoLite2-City or GeoLite2-Country.
func NewGeo(file []byte) (*Database, error) {
	return read(file, "country", "a database of places, such as GeoLite2-City", func(r maxminddb.Result) (bool, error) {
		var row geoRow
		err := r.Decode(&row)
		return row.Country.Code != "" || row.Continent.Names.English != "", err
	})
}

// sampled is how many networks of a file are read at most until one has what is wanted: the first
// ones may be reserved.
const sampled = 100_000

// read reads a file and looks into it for a network that has what is wanted.
func read(file []byte, member, allowed string, has func(maxminddb.Result) (bool, error)) (*Database, error) {
	reader, err := maxminddb.OpenBytes(file)
	if err != nil {
		return nil, errors.New("the file is not an MMDB database, or is damaged: it must be " + allowed)
	}
	seen := 0
	for row := range reader.Networks() {
		ok, err := has(row)
		if err != nil {
			return nil, fmt.Errorf("the database %.60q is damaged: it must be %s", reader.Metadata.DatabaseType, allowed)
		}
		if ok {
			return &Database{reader}, nil
		}
		if seen++; seen == sampled {
			break
		}
	}
	return nil, fmt.Errorf("the database %.60q has no %s: it must be %s", reader.Metadata.DatabaseType, member, allowed)
}

// Databases are what is looked up in. Either may be nil.
type Databases struct {
	ASN *Database
	Geo *Database
}

// Any reports whether there is a database.
func (d Databases) Any() bool { return d.ASN != nil || d.Geo != nil }

// Place is what databases say of an address, as Elastic's geoip processor has it. What is not known
// is empty.
type Place struct {
	ASNumber       uint32
	ASOrganization []byte

	Continent, Country, CountryISO, City []byte // names in English
	// The region is the smallest part of a country that is known, and its code begins with that
	// of the country, as in ISO 3166-2.
	Region, RegionISO []byte

	HasLocation         bool
	Latitude, Longitude float64
}

// IsEmpty reports whether nothing is known.
func (p *Place) IsEmpty() bool {
	return p.ASNumber == 0 && p.ASOrganization == nil && p.Continent == nil && p.Country == nil && p.CountryISO == nil && !p.HasLocation
}

// asnRow is what a database of autonomous systems has for a network.
type asnRow struct {
	Number       uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

type names struct {
	English string `maxminddb:"en"`
}

// geoRow is what a database of places has for a network.
type geoRow struct {
	City struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"city"`
	Continent struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"continent"`
	Country struct {
		Code  string `maxminddb:"iso_code"`
		Names names  `maxminddb:"names"`
	} `maxminddb:"country"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
	Subdivisions []struct {
		Code  string `maxminddb:"iso_code"`
		Names names  `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
}

// Find says what the databases have for an address. What a damaged row would say is left empty.
func (d Databases) Find(addr netip.Addr) (p Place) {
	if d.ASN != nil {
		var row asnRow
		if d.ASN.reader.Lookup(addr).Decode(&row) == nil {
			p.ASNumber, p.ASOrganization = row.Number, text(row.Organization)
		}
	}
	if d.Geo == nil {
		return p
	}
	var row geoRow
	if d.Geo.reader.Lookup(addr).Decode(&row) != nil {
		return p
	}
	p.Continent, p.Country, p.CountryISO, p.City = text(row.Continent.Names.English), text(row.Country.Names.English), text(row.Country.Code), text(row.City.Names.English)
	if n := len(row.Subdivisions); n > 0 {
		region := row.Subdivisions[n-1]
		p.Region = text(region.Names.English)
		if region.Code != "" && row.Country.Code != "" {
			p.RegionISO = []byte(row.Country.Code + "-" + region.Code)
		}
	}
	if lat, lon := row.Location.Latitude, row.Location.Longitude; lat != nil && lon != nil {
		p.HasLocation, p.Latitude, p.Longitude = true, *lat, *lon
	}
	return p
}

// text is nil for an empty text.
func text(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}
