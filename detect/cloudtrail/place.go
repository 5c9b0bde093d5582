package cloudtrail

import (
	"net/netip"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/program"
)

// The databases, by the names of the properties that give them.
const (
	asnDatabase = "asn_database"
	geoDatabase = "geo_database"
)

// Locate makes the event answer fields that a database looks up by the source address,
// such as source.as.number. It stays so when the event is reset.
func (e *Event) Locate(in geoip.Databases) { e.databases, e.isLocated = in, false }

// Place is what the databases say of a raw event's source address. It is empty without
// databases or an address in them, and for an ECS document, which has fields of its own.
func (e *Event) Place() *geoip.Place {
	if !e.databases.Any() {
		return &nowhere
	}
	text, _ := document.Text(e.top[topSourceIPAddress])
	if len(text) > maxAddress {
		return &nowhere
	}
	if e.isLocated && string(e.located) == string(text) {
		return &e.place // many events in a row come from one address
	}
	e.place = geoip.Place{}
	if addr, err := netip.ParseAddr(string(text)); err == nil && addr.Zone() == "" {
		e.place = e.databases.Find(addr.Unmap())
	}
	e.located, e.isLocated = append(e.located[:0], text...), true
	return &e.place
}

var nowhere geoip.Place

// maxAddress is the longest text that can be an address, and some more.
const maxAddress = 64

// lookedUp is a field that a database looks up by the source address.
func lookedUp(database string, value func(*geoip.Place) program.Value) Field {
	f := computed(database+", by source.ip", func(e *Event) program.Value { return value(e.Place()) })
	f.database = database
	return f
}

// placeName is a field with a text that a database looks up.
func placeName(database string, text func(*geoip.Place) []byte) Field {
	return lookedUp(database, func(p *geoip.Place) program.Value {
		if text := text(p); text != nil {
			return program.Text(text)
		}
		return program.Null()
	})
}

func asNumber(p *geoip.Place) program.Value {
	if p.ASNumber == 0 {
		return program.Null()
	}
	return program.Int(int64(p.ASNumber))
}

// Database names the property that gives the database in which the field is looked up,
// empty for a field that is in the event.
func (f Field) Database() string { return f.database }
