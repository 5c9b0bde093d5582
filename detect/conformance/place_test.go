package conformance

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/testmmdb"
)

func testDatabases(t testing.TB) geoip.Databases {
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

// calledFrom is an event with a source address.
func calledFrom(address any) object {
	return object{"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "eventID": fmt.Sprint("from ", address), "sourceIPAddress": address}
}

func TestARuleReadsWhatADatabaseSaysOfTheSource(t *testing.T) {
	document := object{
		"event": object{"provider": "iam.amazonaws.com", "action": "CreateUser"}, "data_stream": object{"dataset": "aws.cloudtrail"},
		"source": object{"ip": "198.51.100.7", "as": object{"number": 64999, "organization": object{"name": "Own"}}},
	}
	for _, test := range []struct {
		name, query string
		event       object
		want        bool
	}{
		{"a number", `any where source.as.number == 64500`, calledFrom("198.51.100.7"), true},
		{"a number as text", `any where source.as.number in ("64500", "64501")`, calledFrom("203.0.113.9"), true},
		{"an address of version 6", `any where source.as.number == 64500`, calledFrom("2001:db8::7"), true},
		{"an address of version 4 in one of version 6", `any where source.as.number == 64500`, calledFrom("::ffff:198.51.100.7"), true},
		{"an organization", `any where source.as.organization.name : "example*"`, calledFrom("198.51.100.7"), true},
		{"an organization that is not known", `any where source.as.organization.name == null and source.as.number == 64501`, calledFrom("203.0.113.9"), true},
		{"a country", `any where source.geo.country_iso_code == "GB" and source.geo.country_name == "United Kingdom"`, calledFrom("198.51.100.7"), true},
		{"the smallest region", `any where source.geo.region_iso_code == "GB-LDS" and source.geo.region_name == "Leeds District"`, calledFrom("198.51.100.7"), true},
		{"a city and a continent", `any where source.geo.city_name == "Leeds" and source.geo.continent_name == "Europe"`, calledFrom("198.51.100.7"), true},
		{"an address in no database", `any where source.as.number != null or source.geo.country_name != null`, calledFrom("10.0.0.1"), false},
		{"not another country", `any where source.geo.country_iso_code != "GB"`, calledFrom("10.0.0.1"), true},
		{"a service", `any where source.as.number == null`, calledFrom("ec2.amazonaws.com"), true},
		{"a very long address", `any where source.as.number == null`, calledFrom(strings.Repeat("0", 1<<20) + "198.51.100.7"), true},
		{"no address", `any where source.as.number == null`, calledFrom(nil), true},
		{"an address with a zone", `any where source.as.number == null`, calledFrom("2001:db8::7%eth0"), true},
		{"a raw event's own word does not count", `any where source.as.number == 64999`, object{
			"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "sourceIPAddress": "198.51.100.7", "source": object{"as": object{"number": 64999}}}, false},
		{"an ECS document has its own", `any where source.as.number == 64999 and source.as.organization.name == "Own"`, document, true},
		{"and what it lacks stays away", `any where source.geo.country_name != null`, document, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := ruleWith(t, test.query)
			with := newEngine(t, func(o *detect.Options) { o.Rules, o.Databases = []*rule.Rule{r}, testDatabases(t) })
			// As the filter does it: nothing is parsed that the search does not find.
			if got := len(with.Evaluator().Record(pack(t, test.event), time.Time{})) > 0; got != test.want {
				t.Errorf("with databases: %t, want %t", got, test.want)
			}
		})
	}
}

func TestWithoutADatabaseARawEventSaysNothingOfIt(t *testing.T) {
	r := ruleWith(t, `any where source.as.number != null or source.geo.country_name != null`)
	engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
	if out := engine.ThoroughEvaluator().Record(pack(t, calledFrom("198.51.100.7")), time.Time{}); out != nil {
		t.Errorf("%v", out)
	}
}

// What a database says is not in the event: a search for it would find nothing.
func TestARuleAboutAPlaceIsNotSearchedForByIt(t *testing.T) {
	if needles := ruleWith(t, `any where source.as.organization.name == "Example Transit" and source.geo.country_iso_code == "GB"`).Needles(); needles != nil {
		t.Errorf("%v", needles)
	}
	needles := ruleWith(t, `any where source.as.organization.name == "Example Transit" and event.action == "DeleteTrail"`).Needles()
	if len(needles) != 1 || needles[0].Text != "DeleteTrail" {
		t.Errorf("%v", needles)
	}
}

// One event after another: what the last one's address said is not the next one's.
func TestEachEventHasItsOwnPlace(t *testing.T) {
	number := cloudtrail.LookupField("source.as.number")
	var event cloudtrail.Event
	event.Locate(testDatabases(t))
	for i, step := range []struct {
		event object
		form  cloudtrail.Form
		want  string
	}{
		{calledFrom("198.51.100.7"), cloudtrail.Raw, "64500"}, {calledFrom("198.51.100.7"), cloudtrail.Raw, "64500"},
		{calledFrom("203.0.113.9"), cloudtrail.Raw, "64501"}, {calledFrom(nil), cloudtrail.Raw, "null"},
		{calledFrom("203.0.113.9"), cloudtrail.Raw, "64501"}, {object{"source": object{"ip": "203.0.113.9"}}, cloudtrail.ECS, "null"},
		{calledFrom("x"), cloudtrail.Raw, "null"}, {calledFrom("198.51.100.7"), cloudtrail.Raw, "64500"},
	} {
		event.Reset(pack(t, step.event), step.form)
		if got := event.Value(number).String(); got != step.want {
			t.Errorf("event %d: %s, want %s", i, got, step.want)
		}
	}
	event.Locate(geoip.Databases{})
	if got := event.Value(number).String(); got != "null" {
		t.Errorf("without databases: %s", got)
	}
}

func TestAlertsSayWhereTheSourceIs(t *testing.T) {
	grantFrom := func(address string) object {
		e := crossAccountGrant(nil)
		e["sourceIPAddress"] = address
		return e
	}
	with := func(o *detect.Options) { o.Databases = testDatabases(t) }
	ecs := inFormat(t, alert.FormatECS, grantFrom("198.51.100.7"), with)
	wantECS := object{
		"ip": "198.51.100.7", "address": "198.51.100.7",
		"as": object{"number": 64500.0, "organization": object{"name": "Example Transit"}},
		"geo": object{
			"continent_name": "Europe", "country_name": "United Kingdom", "country_iso_code": "GB", "region_name": "Leeds District", "region_iso_code": "GB-LDS",
			"city_name": "Leeds", "location": object{"lat": 53.7983, "lon": -1.5378},
		},
	}
	if got := ecs["source"]; !reflect.DeepEqual(got, wantECS) {
		t.Errorf("in ECS: %v", got)
	}
	endpoint := func(finding object) object {
		return finding["evidences"].([]any)[0].(object)["src_endpoint"].(object)
	}
	wantOCSF := object{
		"ip": "198.51.100.7", "autonomous_system": object{"number": 64500.0, "name": "Example Transit"},
		"location": object{"continent": "Europe", "country": "GB", "region": "GB-LDS", "city": "Leeds", "lat": 53.7983, "long": -1.5378},
	}
	if got := endpoint(inFormat(t, alert.FormatOCSF, grantFrom("198.51.100.7"), with)); !reflect.DeepEqual(got, wantOCSF) {
		t.Errorf("in OCSF: %v", got)
	}
	engine := newEngine(t, func(o *detect.Options) {
		with(o)
		o.AlertFormat = alert.FormatOCSF
	})
	for _, address := range []string{"198.51.100.7", "203.0.113.9", "192.0.2.1", "2001:db8::1", "10.0.0.1"} {
		finding := decode(t, engine.ThoroughEvaluator().Record(pack(t, grantFrom(address)), time.Time{})[0].Body)
		for _, problem := range ocsfSchema["detection_finding"].problems("finding", finding) {
			t.Errorf("%s: %s", address, problem)
		}
	}
	for name, change := range map[string]func(*detect.Options){"in no database": with, "without databases": func(*detect.Options) {}} {
		address := "10.0.0.1"
		if name == "without databases" {
			address = "198.51.100.7"
		}
		if got := inFormat(t, alert.FormatECS, grantFrom(address), change)["source"]; !reflect.DeepEqual(got, object{"ip": address, "address": address}) {
			t.Errorf("%s, in ECS: %v", name, got)
		}
		if got := endpoint(inFormat(t, alert.FormatOCSF, grantFrom(address), change)); !reflect.DeepEqual(got, object{"ip": address}) {
			t.Errorf("%s, in OCSF: %v", name, got)
		}
	}
	// A forged place makes room.
	forged := grantFrom("198.51.100.7")
	forged["source"] = object{"geo": object{"country_iso_code": "AQ"}, "as": object{"number": 1}}
	got := inFormat(t, alert.FormatECS, forged, with)
	if !reflect.DeepEqual(got["source"], wantECS) || !strings.Contains(fmt.Sprint(got["trailwire"]), "AQ") {
		t.Errorf("forged: %v\n%v", got["source"], got["trailwire"])
	}
}

// BenchmarkPlace is a rule about a place, on events from one address and from many.
func BenchmarkPlace(b *testing.B) {
	r := ruleWith(b, `any where source.as.number == 1 or source.geo.country_iso_code == "AQ"`)
	for name, events := range map[string]int{"one address": 1, "many addresses": 200} {
		b.Run(name, func(b *testing.B) {
			var event cloudtrail.Event
			event.Locate(testDatabases(b))
			var bodies [][]byte
			for i := range events {
				bodies = append(bodies, pack(b, calledFrom(fmt.Sprintf("198.51.100.%d", i))))
			}
			view := new(rule.View)
			b.ReportAllocs()
			for i := range b.N {
				event.Reset(bodies[i%len(bodies)], cloudtrail.Raw)
				r.MatchIn(view, &event)
			}
		})
	}
}
