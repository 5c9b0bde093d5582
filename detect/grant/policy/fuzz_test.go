package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

// FuzzPolicy feeds any bytes, as text and as MessagePack. Nothing panics, every
// list is bounded, JSON text and its MessagePack read alike, and one more Allow
// statement never makes a policy look better.
func FuzzPolicy(f *testing.F) {
	for _, text := range []string{
		`{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":["*","444455556666"]},"Action":["s3:Get*"],"Resource":"*"}]}`,
		`{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"NotAction":"*","Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]}}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Condition":{"ForAnyValue:StringLike":{"accounts.google.com:sub":"*"}}}}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"},"IpAddress":{"aws:SourceIp":["::1","1.2.3.0/24"]}}},{"Effect":"De`,
		`%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%7D`,
		`["HIDDEN_DUE_TO_SECURITY_REASONS",{},null,7]`,
	} {
		f.Add([]byte(text))
		if value, err := document.AppendFromJSON(nil, []byte(text)); err == nil {
			f.Add(value)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o := Options{Owner: owner}
		asText, asValue := ReadJSON(data, o), Read(data, o)
		checkBounds(t, asText)
		checkBounds(t, asValue)
		if again := ReadJSON(data, o); !reflect.DeepEqual(asText, again) {
			t.Errorf("read %+v, then %+v", asText, again)
		}
		value, err := document.AppendFromJSON(nil, data)
		if err != nil {
			return
		}
		if got := Read(value, o); !reflect.DeepEqual(got, asText) && !isWrappedTooOften(got) && !isWrappedTooOften(asText) {
			t.Errorf("%q: MessagePack is %+v, text %+v", data, got, asText)
		}
		checkOneMoreStatement(t, value, asText)
		checkOmitted(t, value)
	})
}

// checkOmitted compares what is left out before a grant is made with what can be left
// out of the grants that were made.
func checkOmitted(t *testing.T, value []byte) {
	t.Helper()
	isOmitted := func(g *Grant) bool {
		return g.Relation == RelationSameAccount ||
			g.Relation == RelationService && (g.Binding == BindingOwn || g.Binding == BindingUnbound)
	}
	made := Read(value, Options{Owner: owner, Skip: isOmitted})
	quick := Read(value, Options{Owner: owner, OmitOwn: true, OmitUnboundServices: true})
	if made.Rest > 0 { // of a full list, what is left out was not always asked about
		made.Rest = quick.Rest
	}
	if !reflect.DeepEqual(quick, made) {
		t.Errorf("%x\nleft out early: %+v\nleft out late:  %+v", value, quick, made)
	}
}

// isWrappedTooOften reports whether a policy is wrapped as often as is read: text
// is one wrapping more than the value that it stands for.
func isWrappedTooOften(list List) bool {
	return slices.ContainsFunc(list.Grants, func(g Grant) bool { return g.Reason == becauseWrapping })
}

// checkOneMoreStatement puts another statement beside a policy.
func checkOneMoreStatement(t *testing.T, value []byte, alone List) {
	t.Helper()
	for _, more := range []string{
		`{"Effect":"Allow","Principal":{"AWS":"111122223333"}}`,
		`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`,
		`{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`,
	} {
		both := append([]byte{0x92}, value...)
		both = append(both, packed(t, more)...)
		list := Read(both, Options{Owner: owner})
		if len(alone.Grants) > 0 && (len(list.Grants) == 0 || list.Grants[0].severity() < alone.Grants[0].severity()) {
			t.Errorf("%s alone, %s with %s", relations(alone), relations(list), more)
		}
	}
}

// within has, for each kind of principal, its relations from the widest to the
// narrowest: a further condition may only move to the right. An account that is
// named stands for more than the organization or the network it is in.
var within = [][]string{
	{"public", "unknown", "service/unbound", "service/unknown", "network", "organization", "service/organization",
		"service/foreign_account", "cross_account", "service/own_account", "same_account"},
	{"federated/unbound", "federated/unknown", "federated/network", "federated/provider", "federated/subject"},
	{"service/unbound", "service/unknown", "service/secret", "service/organization", "service/foreign_account", "service/own_account"},
	{"unknown", "cross_account", "same_account"},
}

// FuzzOneMoreCondition adds a condition to a statement: nobody gets in who did
// not before. It also writes operators and keys in capitals, which changes
// nothing.
func FuzzOneMoreCondition(f *testing.F) {
	for i := range testPrincipals {
		f.Add([]byte{byte(i), 1, 0, 0, 0, 0}, []byte{0, 3, 0, 0})
		f.Add([]byte{byte(i), 1, 8, 0, 0, 0}, []byte{18, 0, 0, 28})
	}
	f.Fuzz(func(t *testing.T, choices, more []byte) {
		before := generate(choices)
		at := 0
		after, ok := before.with(generateCondition(func(n int) int {
			if at == len(more) {
				return 0
			}
			at++
			return int(more[at-1]) % n
		}))
		o := Options{Owner: owner}
		was, is := ReadJSON([]byte(before.json()), o), ReadJSON([]byte(after.json()), o)
		if ok && !isWithin(relations(was), relations(is)) {
			t.Errorf("%s\n is %s, and %s with a condition more:\n%s", before.json(), relations(was), relations(is), after.json())
		}
		if got := relations(ReadJSON([]byte(before.shouted().json()), o)); got != relations(was) {
			t.Errorf("%s is %s, and %s in capitals", before.json(), relations(was), got)
		}
	})
}

// isWithin compares the relations of a list before and after. Several principals
// are compared together, as their order may change.
func isWithin(was, is string) bool {
	for _, after := range strings.Fields(is) {
		found := false
		for _, before := range strings.Fields(was) {
			for _, order := range within {
				i, j := slices.Index(order, before), slices.Index(order, after)
				found = found || (i >= 0 && i <= j)
			}
		}
		if !found {
			return false
		}
	}
	return true
}
