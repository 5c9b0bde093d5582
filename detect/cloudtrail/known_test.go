package cloudtrail

import (
	"slices"
	"strings"
	"testing"
)

func TestAFieldIsKnownWhereAnEventOrADocumentMayHaveIt(t *testing.T) {
	for _, c := range []struct {
		name string
		want bool
	}{
		{"event.action", true},
		{"aws.cloudtrail.flattened.request_parameters.a.b", true},
		{"aws.cloudtrail.flattened.request_parameters", true},
		{"aws.cloudtrail.flattened.request_parameters.", true},
		{"source.geo.country_iso_code", true},
		{"user_agent.original.text", true},
		{"labels.anything", true},
		{"tags", true},
		{"trailwire.grant.relation", true},
		{"trailwire.grant.worst.kind", true},
		{"trailwire.grant.relations", false},
		{"trailwire.grant.", false},
		{"trailwire.severity", false},
		{"tags.x", false},
		{"labels", false},
		{"event", false},
		{"eventName", false},
		{"aws.cloudtrail.request_parmeters", false},
		{"process.name", false},
		{"nothing.text", false},
		{".text", false},
		{"", false},
	} {
		if got := IsKnown(c.name); got != c.want {
			t.Errorf("%q is known: %v, want %v", c.name, got, c.want)
		}
	}
	for _, name := range slices.Concat(KnownFields(), SearchableFields(), GrantFieldNames()) {
		if !IsKnown(name) {
			t.Errorf("%s is not known", name)
		}
	}
}

func TestTheNearestSpelling(t *testing.T) {
	for _, c := range []struct {
		text string
		from []string
		want string
	}{
		{"Success", []string{"failure", "success"}, "success"},
		{"sucess", []string{"failure", "success"}, "success"},
		{"sccuess", []string{"failure", "success"}, "success"},
		{"suggest", []string{"failure", "success"}, ""},
		{"", []string{"a", "abc"}, "a"},
		{"", []string{"abc"}, ""},
		{"iams", []string{"file", "iam"}, "iam"},
		{"ab", []string{"ad", "ac"}, "ad"}, // the first of several that are as near
		{"event.action", nil, ""},
		{"aws.cloudtrail.user_identity.session_context.sesion_isuer.ann", []string{"aws.cloudtrail.user_identity.session_context.session_issuer.arn"}, "aws.cloudtrail.user_identity.session_context.session_issuer.arn"},
	} {
		if got := Nearest(c.text, c.from); got != c.want {
			t.Errorf("%q is nearest to %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTheDistanceOfTwoTexts(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"", "", 5, 0}, {"a", "a", 5, 0}, {"a", "", 5, 1}, {"", "abc", 5, 3}, {"kitten", "sitting", 5, 3}, {"kitten", "sitting", 2, 2},
		{"flaw", "lawn", 5, 2}, {"abc", "cba", 5, 2}, {"abcdef", "uvwxyz", 4, 4}, {strings.Repeat("a", 1000), "b", 3, 3},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := distance(pair[0], pair[1], c.limit); got != c.want {
				t.Errorf("%.20q and %.20q, up to %d: %d, want %d", pair[0], pair[1], c.limit, got, c.want)
			}
		}
	}
}

func TestWhatElasticMakesOfACall(t *testing.T) {
	if category, kinds := Categorized("CreateUser"); category != "iam" || !slices.Equal(kinds, []string{"user", "creation"}) {
		t.Errorf("CreateUser is %q, %q", category, kinds)
	}
	if category, kinds := Categorized("PutRolePolicy"); category != "" || !slices.Equal(kinds, []string{"info"}) {
		t.Errorf("PutRolePolicy is %q, %q", category, kinds)
	}
	if got := CallsOf("process"); !slices.Equal(got, []string{"SendCommand"}) {
		t.Errorf("the calls of the category process are %q", got)
	}
	if got := CallsOf("registry"); len(got) > 0 {
		t.Errorf("the calls of the category registry are %q", got)
	}
}

func TestAFieldWithOneValueAtMost(t *testing.T) {
	for name, want := range map[string]bool{
		"event.action": true, "event.outcome": true, "user.name": true, "aws.cloudtrail.user_identity.arn": true, "source.ip": true,
		"event.type": false, "event.category": false, "aws.cloudtrail.resources.arn": false, "user.target.name": false,
		"aws.cloudtrail.flattened.request_parameters.a": false, "my.own": false,
	} {
		if got := LookupField(name).IsSingle(); got != want {
			t.Errorf("%s has one value at most: %v, want %v", name, got, want)
		}
	}
}
