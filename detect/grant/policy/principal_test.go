package policy

import (
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

func packed(t testing.TB, json string) []byte {
	t.Helper()
	value, err := document.AppendFromJSON(nil, []byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return value
}

func TestTypeOfAPrincipal(t *testing.T) {
	tests := []struct {
		name    string
		element string
		text    string
		kind    PrincipalType
		account string
		issuer  string
	}{
		{"everyone", "AWS", "*", "public", "", ""},
		{"an account", "AWS", "444455556666", "account", "444455556666", ""},
		{"the root of an account", "AWS", "arn:aws:iam::444455556666:root", "iam", "444455556666", ""},
		{"a role", "aws", "arn:aws:iam::444455556666:role/a/b", "iam", "444455556666", ""},
		{"a session", "AWS", "arn:aws:sts::444455556666:assumed-role/r/s", "iam", "444455556666", ""},
		{"a federated user", "AWS", "arn:aws:sts::444455556666:federated-user/bob", "federated", "444455556666", ""},
		{"a unique ID", "AWS", "AROADBQP57FF2AEXAMPLE", "unique_id", "", ""},
		{"a canonical user", "CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "unique_id", "", ""},
		{"a service", "Service", "s3.amazonaws.com", "service", "", ""},
		{"an account under Service", "Service", "444455556666", "unknown", "", ""},
		{"a SAML provider", "Federated", "arn:aws:iam::444455556666:saml-provider/ADFS", "federated", "444455556666", ""},
		{"an OIDC provider", "Federated", "arn:aws:iam::444455556666:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1", "federated", "444455556666", "oidc.eks.eu-west-1.amazonaws.com/id/1"},
		{"a provider's host", "Federated", "accounts.google.com", "federated", "", "accounts.google.com"},
		{"a provider's URL", "Federated", "https://login.example.com/", "federated", "", "login.example.com"},
		{"a key that IAM does not know", "Group", "444455556666", "unknown", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := 0
			eachPrincipal(packed(t, `{"`+test.element+`":["`+test.text+`"]}`), func(p principal) {
				n++
				if p.kind != test.kind || string(p.account) != test.account || string(p.issuer) != test.issuer {
					t.Errorf("got %q %q %q, want %q %q %q", p.kind, p.account, p.issuer, test.kind, test.account, test.issuer)
				}
			})
			if n != 1 {
				t.Errorf("%d principals, want 1", n)
			}
		})
	}
}

func TestPercentEncodingIsDecoded(t *testing.T) {
	for text, want := range map[string]string{
		"":             "",
		"a+b":          "a+b",
		"%41%2b%2B":    "A++",
		"arn%3Aaws":    "arn:aws",
		"100%":         "not decoded",
		"%4":           "not decoded",
		"%4g":          "not decoded",
		"%c3%a9 %00":   "é \x00",
		"%25253A":      "%253A",
		"no % decoded": "not decoded",
	} {
		got, ok := percentDecoded([]byte(text))
		if !ok {
			got = []byte("not decoded")
		}
		if string(got) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
