package policy

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

func TestAPolicyIsReadInEveryForm(t *testing.T) {
	const (
		public  = `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::example/*"}`
		foreign = `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"*"}`
		deny    = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`
	)
	tests := []struct {
		name   string
		source string
		json   string
		want   string
	}{
		{"a list of statements", iamStatement, `{"Version":"2012-10-17","Statement":[` + foreign + `,` + public + `]}`, "public cross_account"},
		{"a single statement", iamStatement, `{"Version":"2012-10-17","Statement":` + public + `}`, "public"},
		{"the older version", iamGrammar, `{"Version":"2008-10-17","Statement":[` + public + `]}`, "public"},
		{"no version", iamGrammar, `{"Statement":[` + public + `]}`, "public"},
		{"keys with small letters", trailRecord, `{"version":"2012-10-17","statement":[{"effect":"Allow","principal":{"aWS":"*"},"action":"s3:GetObject"}]}`, "public"},
		{"keys with capitals", hostile, `{"STATEMENT":[{"EFFECT":"ALLOW","PRINCIPAL":{"AWS":"*"}}]}`, "public"},
		{"a statement alone", lambdaGuide, foreign, "cross_account"},
		{"a list of statements alone", hostile, `[` + foreign + `,` + public + `]`, "public cross_account"},
		{"a policy within a list", hostile, `[{"Statement":` + public + `}]`, "public"},
		{"a policy as a text within a list", hostile, `["{\"Statement\":` + strings.ReplaceAll(public, `"`, `\"`) + `}"]`, "public"},
		{"a policy as a text", trailRecord, strconv.Quote(`{"Statement":` + public + `}`), "public"},
		{"a policy as percent-encoded text", iamModel, `"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%7D%7D"`, "public"},
		{"a text that is encoded twice", hostile, `"%257B%2522Effect%2522%253A%2522Allow%2522%252C%2522Principal%2522%253A%2522*%2522%257D"`, "public"},
		{"a text with small hexadecimal digits", hostile, `"%7b%22Effect%22%3a%22Allow%22%2c%22Principal%22%3a%22*%22%7d"`, "public"},
		{"a text with white space around it", hostile, `"\n\t ` + strings.ReplaceAll(public, `"`, `\"`) + ` \n"`, "public"},
		{"a text with a byte order mark", hostile, `"\ufeff` + strings.ReplaceAll(public, `"`, `\"`) + `"`, "public"},
		{"two Statement elements", iamGrammar, `{"Statement":` + public + `,"statement":` + foreign + `}`, "public cross_account"},
		{"an element that stands twice", iamGrammar, `{"Effect":"Allow","Principal":"*","Principal":{"AWS":"111122223333"}}`, "unknown same_account"},
		{"a condition that stands twice binds nobody", iamGrammar, `{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}},"condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`, "public unknown"},
		{"the action and the resource do not change a relation", iamStatement, `{"Statement":[{"Effect":"Allow","Principal":"*","NotAction":"s3:*","NotResource":"*"}]}`, "public"},
		{"no resource", "ECR User Guide, Private repository policies", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}`, "cross_account"},

		{"everyone but the named", iamNotPrincipal, `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*"}]}`, "public"},
		{"everyone but the named, of an organization", iamNotPrincipal, `{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":["111122223333","444455556666"]},"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}`, "organization"},
		{"everyone but nobody", iamNotPrincipal, `{"Statement":[{"Effect":"Allow","NotPrincipal":{}}]}`, "public"},
		{"both elements", iamGrammar, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"NotPrincipal":{"AWS":"111122223333"}}]}`, "public same_account"},
		{"Deny alone grants nothing", iamEffect, `{"Statement":[` + deny + `]}`, ""},
		{"Deny for everyone but the named grants nothing", iamNotPrincipal, `{"Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"*"}]}`, ""},
		{"Deny beside Allow takes nothing back here", iamEffect, `{"Statement":[` + deny + `,` + public + `]}`, "public"},

		{"no statements", "S3 API model, an empty list", `{"Version":"2012-10-17","Statement":[]}`, ""},
		{"an empty text", "SQS Developer Guide, SetQueueAttributes", `""`, ""},
		{"white space", hostile, `" \n "`, ""},
		{"null", hostile, `null`, ""},

		{"a hidden policy", trailRecord, `"HIDDEN_DUE_TO_SECURITY_REASONS"`, "unknown"},
		{"an element that CloudTrail left out", trailRecord, `{"omitted":true}`, "unknown"},
		{"an empty map", hostile, `{}`, "unknown"},
		{"a policy for an identity", iamStatement, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "unknown"},
		{"no effect", iamEffect, `{"Statement":[{"Principal":"*","Action":"*"}]}`, "unknown"},
		{"another effect", iamEffect, `{"Statement":[{"Effect":"Permit","Principal":"*"}]}`, "unknown"},
		{"an effect that is not a text", hostile, `{"Statement":[{"Effect":true,"Principal":"*"}]}`, "unknown"},
		{"a statement that is not a map", hostile, `{"Statement":["x",` + foreign + `]}`, "cross_account unknown"},
		{"statements that are a text", hostile, `{"Statement":"x"}`, "unknown"},
		{"statements that are null", hostile, `{"Statement":null}`, "unknown"},
		{"a number", hostile, `7`, "unknown"},
		{"a word", hostile, `"default"`, "unknown"},
		{"another JSON text", hostile, `"[1,2]"`, "unknown"},
		{"Java's text of a map", hostile, `"{Statement=[{Effect=Allow, Principal=*}]}"`, "unknown"},
		{"percent-encoding that is cut off", hostile, `"%7B%22Statement%2"`, "unknown"},
		{"percent-encoding that is not", hostile, `"%7B%22Statement%ZZ"`, "unknown"},
		{"wrapped too often", hostile, `[[[[[[` + public + `]]]]]]`, "unknown"},
		{"two policies in one text", hostile, strconv.Quote(public + public), "unknown"},
		{"a policy that is cut off in its second statement", trailRecord, strconv.Quote(`{"Version":"2012-10-17","Statement":[` + public + `,{"Effect":"All`), "public unknown"},
		{"a policy that is cut off after its first statement", trailRecord, strconv.Quote(`{"Statement":[` + foreign), "cross_account unknown"},
		{"a policy that is cut off in its first statement", trailRecord, strconv.Quote(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:`), "unknown"},
		{"a policy that is cut off within quotation marks", trailRecord, strconv.Quote(`{"Statement":[` + foreign + `,{"Sid":"a \"}]} b`), "cross_account unknown"},
		{"a policy with something after it", hostile, strconv.Quote(`{"Statement":[` + public + `]} x`), "public unknown"},
		{"a policy that closes too much", hostile, strconv.Quote(`}]}{"Statement":[` + public + `]}`), "unknown"},
		{"a single statement that is cut off", trailRecord, strconv.Quote(public[:40]), "unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Owner: owner}
			if got := relations(Read(packed(t, test.json), o)); got != test.want {
				t.Errorf("%s\n%s\n got %q\nwant %q", test.source, test.json, got, test.want)
			}
			if got := relations(ReadJSON([]byte(test.json), o)); got != test.want {
				t.Errorf("as a text: got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBytesThatAreNotMessagePackAreUnknown(t *testing.T) {
	whole := packed(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject"}]}`)
	for n := range whole {
		if got := relations(Read(whole[:n], Options{Owner: owner})); got != "unknown" {
			t.Errorf("the first %d bytes: %q, want unknown", n, got)
		}
	}
	if got := relations(Read([]byte{0xc1}, Options{Owner: owner})); got != "unknown" {
		t.Errorf("a byte that starts no value: %q, want unknown", got)
	}
}

func TestAnythingThatIsCutIsUnknownAsText(t *testing.T) {
	const whole = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject",` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]}`
	for n := 1; n < len(whole); n++ {
		list := ReadJSON([]byte(whole[:n]), Options{Owner: owner})
		if worst, ok := list.Worst(); !ok || worst != RelationUnknown {
			t.Errorf("%s: %q, want unknown", whole[:n], relations(list))
		}
	}
}

// TestWithoutAnOwnerNothingIsOfTheSameAccount reads what the tables read as
// harmless or foreign without saying whose the resource is.
func TestWithoutAnOwnerNothingIsOfTheSameAccount(t *testing.T) {
	tests := []struct {
		name                 string
		principal, condition string
		owner                string
		want                 string
		account              string
	}{
		{"an account", `{"AWS":"111122223333"}`, `{}`, "", "unknown", "111122223333"},
		{"everyone", `"*"`, `{}`, "", "public", ""},
		{"everyone of an account", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`, "", "unknown", "111122223333"},
		{"everyone of the resource's account", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}`, "", "same_account", ""},
		{"an account within the resource's account", `{"AWS":"111122223333"}`, `{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}`, "", "same_account", "111122223333"},
		{"everyone of an organization", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "", "organization", ""},
		{"a service", `{"Service":"s3.amazonaws.com"}`, `{}`, "", "service/unbound", ""},
		{"a service for an account", `{"Service":"s3.amazonaws.com"}`, `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, "", "service/unknown", "111122223333"},
		{"a service for the resource's account", `{"Service":"s3.amazonaws.com"}`, `{"StringEquals":{"aws:SourceAccount":"${aws:ResourceAccount}"}}`, "", "service/own_account", ""},
		{"a provider of an account", `{"Federated":"arn:aws:iam::111122223333:saml-provider/ADFS"}`, `{}`, "", "federated/provider", ""},
		{"an owner that is not an account ID", `{"AWS":"111122223333"}`, `{}`, "1111-2222-3333", "unknown", "111122223333"},
		{"an owner that is cut off", `{"AWS":"11112222333"}`, `{}`, "11112222333", "unknown", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := ReadJSON([]byte(`{"Effect":"Allow","Principal":`+test.principal+`,"Condition":`+test.condition+`}`), Options{Owner: test.owner})
			if got := relations(list); got != test.want || list.Grants[0].PrincipalAccount != test.account {
				t.Errorf("got %q of %q, want %q of %q", got, list.Grants[0].PrincipalAccount, test.want, test.account)
			}
		})
	}
}

func TestAPrincipalOutsideOfADocument(t *testing.T) {
	tests := []struct {
		name, principal string
		kind            PrincipalType
		relation        Relation
		account         string
	}{
		{"everyone", "*", "public", "public", ""},
		{"another account", "444455556666", "account", "cross_account", "444455556666"},
		{"the own account", "111122223333", "account", "same_account", "111122223333"},
		{"a role", "arn:aws:iam::444455556666:role/deploy", "iam", "cross_account", "444455556666"},
		{"a percent-encoded role", "arn%3aaws%3aiam%3a%3a444455556666%3arole%2fdeploy", "iam", "cross_account", "444455556666"},
		{"a service", "s3.amazonaws.com", "service", "service", ""},
		{"a host that is not a service", "s3.example.com", "unknown", "unknown", ""},
		{"a service's suffix alone", ".amazonaws.com", "unknown", "unknown", ""},
		{"a host with an empty label", "s3..amazonaws.com", "unknown", "unknown", ""},
		{"a host that ends in a dot", "s3.amazonaws.com.", "unknown", "unknown", ""},
		{"a unique ID", "AIDACKCEVSQ6C2EXAMPLE", "unique_id", "unknown", ""},
		{"a unique ID that is too short", "AIDACKCEVSQ6C2E", "unknown", "unknown", ""},
		{"a unique ID with a small letter", "AIDACKCEVSQ6C2EXAMPLe", "unknown", "unknown", ""},
		{"an access key", "AKIACKCEVSQ6C2EXAMPLE", "unknown", "unknown", ""},
		{"a canonical user", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "unique_id", "unknown", ""},
		{"a canonical user with a digit too few", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2b", "unknown", "unknown", ""},
		{"a federated user", "arn:aws:sts::444455556666:federated-user/bob", "federated", "cross_account", "444455556666"},
		{"an identity of CloudFront's", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", "iam", "service", ""},
		{"an ARN that is cut off", "arn:aws:iam::444455556666", "unknown", "unknown", ""},
		{"a user of another service", "arn:aws:sts::444455556666:user/bob", "unknown", "unknown", ""},
		{"a session of another service", "arn:aws:iam::444455556666:assumed-role/r/s", "unknown", "unknown", ""},
		{"nothing", "", "unknown", "unknown", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := grantTo(test.principal, owner)
			if g.PrincipalType != test.kind || g.Relation != test.relation || g.PrincipalAccount != test.account {
				t.Errorf("got %q %q %q, want %q %q %q", g.PrincipalType, g.Relation, g.PrincipalAccount,
					test.kind, test.relation, test.account)
			}
		})
	}
}

// TestAKeyOrAValueOfAnotherType puts MessagePack that JSON does not know where
// texts are looked for.
func TestAKeyOrAValueOfAnotherType(t *testing.T) {
	policy := msgp.AppendMapHeader(nil, 3)
	policy = msgp.AppendBytes(msgp.AppendBytes(policy, []byte("Effect")), []byte("Deny")) // not a text
	policy = msgp.AppendString(msgp.AppendString(policy, "Effect"), "Allow")
	policy = msgp.AppendBytes(msgp.AppendString(policy, "Principal"), []byte("111122223333"))
	if got := relations(Read(policy, Options{Owner: owner})); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}

// TestSkipIsAskedBeforeTheListIsFull: an attacker's grant cannot hide after many
// that are trusted.
func TestSkipIsAskedBeforeTheListIsFull(t *testing.T) {
	var principals []string
	for i := range 1000 {
		principals = append(principals, fmt.Sprintf(`"arn:aws:iam::444455556666:role/r%d"`, i))
	}
	principals = append(principals, `"777788889999"`)
	list := ReadJSON([]byte(`{"Effect":"Allow","Principal":{"AWS":[`+strings.Join(principals, ",")+`]}}`), Options{
		Owner: owner,
		Skip:  func(g *Grant) bool { return g.PrincipalAccount == "444455556666" },
	})
	if len(list.Grants) != 1 || list.Grants[0].PrincipalAccount != "777788889999" || list.Rest != 0 {
		t.Errorf("got %s", relations(list))
	}
}

// grantTo is the grant to a principal of a statement that says nothing else.
func grantTo(principal, owner string) Grant {
	r := newReader(Options{Owner: owner})
	defer r.release()
	p := classify(elementNone, decodedARN([]byte(principal)))
	return r.grantOf(&p, r.decide(&p))
}
