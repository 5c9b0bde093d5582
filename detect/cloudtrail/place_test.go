package cloudtrail

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/internal/testmmdb"
)

// A text of any size in the place of an address is not kept.
func TestALongAddressIsNotKept(t *testing.T) {
	asn, err := geoip.NewASN(testmmdb.ASN())
	if err != nil {
		t.Fatal(err)
	}
	var e Event
	e.Locate(geoip.Databases{ASN: asn})
	e.Reset(packed(t, fmt.Sprintf(`{"eventSource": "a.amazonaws.com", "eventName": "x", "sourceIPAddress": %q}`, strings.Repeat("0", 1<<20))), Raw)
	if v := e.Value(LookupField("source.as.number")); v.String() != "null" || cap(e.located) > maxAddress {
		t.Errorf("%s, %d bytes are kept", v, cap(e.located))
	}
}

func TestFieldsListsEachFieldOnceInOrder(t *testing.T) {
	var names []string
	for _, f := range Fields() {
		names = append(names, f.Name())
		if f.From() == "" && f.Absent() == "" {
			t.Errorf("%s says neither where it comes from nor why it does not", f.Name())
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%q", names)
	}
	for _, name := range []string{"@timestamp", "source.geo.location", "source.as.number", "trailwire.grant.worst.relation", "aws.cloudtrail.flattened.request_parameters.*", "event.ingested"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s", name)
		}
	}
}
