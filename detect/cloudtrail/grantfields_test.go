package cloudtrail_test

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

func TestNobodyCanWriteAFieldAboutGrantsIntoARecord(t *testing.T) {
	body, err := document.AppendFromJSON(nil, []byte(`{"event": {"action": "GetObject"}, "trailwire": {"grant": {"relation": "public", "typo": "x",
		"worst": {"relation": "public"}}}, "trailwire.grant.kind": "secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []cloudtrail.Form{cloudtrail.Raw, cloudtrail.ECS} {
		var e cloudtrail.Event
		e.Reset(body, form)
		for _, name := range append(cloudtrail.GrantFieldNames(), "trailwire.grant.typo", "trailwire.grant.worst.worst.relation") {
			f := cloudtrail.LookupField(name)
			if v := e.Value(f); v.Kind() != program.KindNull {
				t.Errorf("%s is read from the record: %v", name, v)
			}
			if f.Grant() == 0 {
				t.Errorf("%s passes for a field of the event", name)
			}
		}
	}
}

func TestEveryFieldAboutGrantsSaysWhatItIsAndThereAreTwoOfEach(t *testing.T) {
	names := cloudtrail.GrantFieldNames()
	if len(names) != 32 {
		t.Errorf("there are %d fields, want 16 and as many of the worst grant", len(names))
	}
	seen := make(map[cloudtrail.GrantField]string)
	for _, name := range names {
		f := cloudtrail.LookupField(name)
		if other := seen[f.Grant()]; other != "" {
			t.Errorf("%s and %s are one field", name, other)
		}
		seen[f.Grant()] = name
		if f.Name() != name || f.From() == "" || f.Trace() != cloudtrail.Nowhere {
			t.Errorf("%s is %q, from %q, with the trace %d", name, f.Name(), f.From(), f.Trace())
		}
		if isWorst := strings.HasPrefix(name, "trailwire.grant.worst."); isWorst != (f.Grant()&cloudtrail.GrantWorst != 0) {
			t.Errorf("%s: whether it is about the worst grant is %t", name, !isWorst)
		}
	}
}
