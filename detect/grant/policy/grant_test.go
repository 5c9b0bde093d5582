package policy

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// TestAGrantSaysEverything reads one policy and looks at every field.
func TestAGrantSaysEverything(t *testing.T) {
	list := ReadJSON([]byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"partner","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:role/reader"],"Service":"sns.amazonaws.com"},
		 "Action":["sqs:ReceiveMessage","sqs:SetQueueAttributes"],"Resource":"arn:aws:sqs:eu-west-1:111122223333:jobs",
		 "Condition":{"StringEquals":{"aws:SourceAccount":["111122223333","777788889999"],"aws:SourceOrgID":"o-a1b2c3d4e5"},
		              "Bool":{"aws:SecureTransport":true},"StringNotEquals":{"aws:PrincipalOrgID":"o-z9y8x7w6v5"},
		              "NumericLessThan":{"aws:MultiFactorAuthAge":3600}}},
		{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`), Options{Owner: owner})
	conditions := []Condition{
		{Operator: "StringEquals", Key: "aws:SourceAccount", Values: []string{"111122223333", "777788889999"}, Binds: true},
		{Operator: "StringEquals", Key: "aws:SourceOrgID", Values: []string{"o-a1b2c3d4e5"}, Binds: true},
		{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}},
		{Operator: "StringNotEquals", Key: "aws:PrincipalOrgID", Values: []string{"o-z9y8x7w6v5"},
			Note: "a negated operator lets in everyone else"},
		{Operator: "NumericLessThan", Key: "aws:MultiFactorAuthAge", Values: []string{"3600"}},
	}
	want := []Grant{{
		Relation: "cross_account", Principal: "arn:aws:iam::444455556666:role/reader", PrincipalType: "iam",
		PrincipalAccount: "444455556666", Accounts: []string{"444455556666"}, StatementID: "partner",
		Actions: []string{"sqs:ReceiveMessage", "sqs:SetQueueAttributes"}, Classes: ClassRead | ClassAdmin,
		Resources: []string{"arn:aws:sqs:eu-west-1:111122223333:jobs"}, Conditions: conditions,
		Reason: "it is of another account", DenyBeside: true,
	}, {
		Relation: "service", Binding: "foreign_account", Principal: "sns.amazonaws.com", PrincipalType: "service",
		PrincipalAccount: "777788889999", Accounts: []string{"777788889999", "111122223333"}, StatementID: "partner",
		Actions: []string{"sqs:ReceiveMessage", "sqs:SetQueueAttributes"}, Classes: ClassRead | ClassAdmin,
		Resources: []string{"arn:aws:sqs:eu-west-1:111122223333:jobs"}, Conditions: conditions,
		DecidedBy: "aws:SourceAccount", Reason: "bound by aws:SourceAccount 777788889999 and 1 more", DenyBeside: true,
	}}
	if !reflect.DeepEqual(list.Grants, want) {
		t.Errorf("got\n%+v\nwant\n%+v", list.Grants, want)
	}
}

func TestANotElementIsSaidToBeOne(t *testing.T) {
	list := ReadJSON([]byte(`{"Effect":"Allow","NotPrincipal":{"AWS":["111122223333","444455556666"]},`+
		`"NotAction":["iam:*"],"NotResource":["arn:aws:s3:::example"]}`), Options{Owner: owner})
	want := []Grant{{
		Relation: "public", Principal: "111122223333", PrincipalType: "public", NotPrincipal: true,
		Actions: []string{"iam:*"}, NotAction: true, Classes: ClassRead | ClassWrite | ClassAdmin,
		Resources: []string{"arn:aws:s3:::example"}, NotResource: true, Reason: "no condition binds it",
	}}
	if !reflect.DeepEqual(list.Grants, want) {
		t.Errorf("got\n%+v\nwant\n%+v", list.Grants, want)
	}
}

func TestReasonSaysWhatDecided(t *testing.T) {
	const gitHub = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`
	tests := []struct {
		name                 string
		principal, condition string
		decidedBy, reason    string
	}{
		{"nothing", `"*"`, `{}`, "", "no condition binds it"},
		{"nothing of a service", `{"Service":"s3.amazonaws.com"}`, `{}`, "", "no condition binds it"},
		{"the own account", `{"AWS":"111122223333"}`, `{}`, "", "it is of the resource's account"},
		{"another account", `{"AWS":"444455556666"}`, `{}`, "", "it is of another account"},
		{"an identity", `{"AWS":"AROADBQP57FF2AEXAMPLE"}`, `{}`, "", "the principal does not name an account"},
		{"a condition, as it is written", `"*"`, `{"StringEquals":{"AWS:sourceAccount":"111122223333"}}`,
			"AWS:sourceAccount", "bound by AWS:sourceAccount 111122223333"},
		{"the weakest of the values", `"*"`, `{"StringEquals":{"kms:CallerAccount":["111122223333","444455556666","777788889999"]}}`,
			"kms:CallerAccount", "bound by kms:CallerAccount 444455556666 and 2 more"},
		{"an organization", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`,
			"aws:PrincipalOrgID", "bound by aws:PrincipalOrgID o-a1b2c3d4e5"},
		{"a network", `"*"`, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`, "aws:SourceIp", "bound by aws:SourceIp 203.0.113.0/24"},
		{"a secret, which it does not tell", `{"Service":"alexa-appkit.amazon.com"}`, `{"StringEquals":{"lambda:EventSourceToken":"hush"}}`,
			"lambda:EventSourceToken", "bound by lambda:EventSourceToken"},
		{"a bucket", `{"Service":"s3.amazonaws.com"}`, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}}`, "aws:SourceArn", "bound by aws:SourceArn arn:aws:s3:::b"},
		{"a subject", gitHub, `{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:octo-org/*"}}`,
			"token.actions.githubusercontent.com:sub", "bound by token.actions.githubusercontent.com:sub repo:octo-org/*"},
		{"a provider", `{"Federated":"arn:aws:iam::111122223333:saml-provider/ADFS"}`, `{}`, "", "strangers do not share the identity provider"},
		{"a provider of another account", `{"Federated":"arn:aws:iam::444455556666:saml-provider/ADFS"}`, `{}`, "", "the identity provider is of another account"},

		{"negation", `"*"`, `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "",
			"condition StringNotEquals aws:PrincipalOrgID does not bind it: a negated operator lets in everyone else"},
		{"IfExists", `"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "",
			"condition StringEqualsIfExists aws:PrincipalOrgID does not bind it: it holds where the request does not have the key"},
		{"ForAllValues", `"*"`, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "",
			"condition ForAllValues:StringEquals aws:PrincipalOrgID does not bind it: ForAllValues holds where the request does not have the key"},
		{"no set operator", `"*"`, `{"StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`, "",
			"condition StringLike aws:PrincipalOrgPaths does not bind it: a key with several values needs ForAnyValue"},
		{"a wildcard", `"*"`, `{"StringLike":{"aws:SourceVpce":"vpce-*"}}`, "", "condition StringLike aws:SourceVpce does not bind it: a value leaves it open"},
		{"a wide range", `"*"`, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`, "", "condition IpAddress aws:SourceIp does not bind it: the address ranges are too wide"},
		{"the wrong operator", `"*"`, `{"StringEquals":{"aws:SourceIp":"203.0.113.0/24"}}`, "", "condition StringEquals aws:SourceIp does not bind it: the operator does not fit the key"},
		{"an unknown operator", `"*"`, `{"ForSomeValues:StringEquals":{"aws:SourceVpc":"vpc-111bbb22"}}`, "",
			"condition ForSomeValues:StringEquals aws:SourceVpc does not bind it: AWS does not know the operator"},
		{"no values", `"*"`, `{"StringEquals":{"aws:SourceVpc":[]}}`, "", "condition StringEquals aws:SourceVpc does not bind it: it has no value"},
		{"a key twice", `"*"`, `{"StringEquals":{"aws:SourceVpc":"vpc-111bbb22","AWS:SourceVpc":"vpc-111bbb22"}}`, "",
			"condition StringEquals aws:SourceVpc does not bind it: it stands twice"},
		{"a session's name", `"*"`, `{"StringEquals":{"sts:RoleSessionName":"ci"}}`, "", "condition StringEquals sts:RoleSessionName does not bind it: the caller chooses it"},
		{"the audience of all", gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, "",
			"condition token.actions.githubusercontent.com:aud does not bind it: the value is the same for everyone"},
		{"guests", `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}`, "",
			"condition cognito-identity.amazonaws.com:amr does not bind it: guests of the identity pool get in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := ReadJSON([]byte(`{"Effect":"Allow","Principal":`+test.principal+`,"Condition":`+test.condition+`}`), Options{Owner: owner})
			g := list.Grants[0]
			if g.DecidedBy != test.decidedBy || g.Reason != test.reason {
				t.Errorf("got  %q: %s\nwant %q: %s", g.DecidedBy, g.Reason, test.decidedBy, test.reason)
			}
			for _, c := range g.Conditions {
				if g.DecidedBy == c.Key && !c.Binds {
					t.Errorf("%s decided, and is not said to bind", c.Key)
				}
			}
		})
	}
}

func TestAReasonForWhatCouldNotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		`HIDDEN_DUE_TO_SECURITY_REASONS`:                "the service hides the policy",
		`{"Statement":[{"Effect":"Allow"`:               "the policy is not JSON",
		`{"Statement":[{"Effect":"Deny"},{"Effect":"Al`: "the policy is cut off, or broken, after these statements",
		`%7B%2`:                               "the policy's percent-encoding is broken",
		`{"omitted":true}`:                    "this is not a policy",
		`{"Statement":7}`:                     "the policy's Statement is not a list of statements",
		`{"Statement":[7]}`:                   "a statement is not a map",
		`{"Principal":"*"}`:                   "the statement's effect is neither Allow nor Deny",
		`{"Effect":"Allow"}`:                  "the statement does not name a principal",
		`{"Effect":"Allow","Effect":"Allow"}`: "an element of the statement stands twice",
		`[[[[[[]]]]]]`:                        "the policy is wrapped too often",
		`%252525252525257B`:                   "the policy is wrapped too often",
		`7`:                                   "this is not a policy",
		strings.Repeat("[", 200):              "the policy is not JSON",
		`{"Statement":[{"Effect":"Allow","Principal":true}`: "the policy is cut off, or broken, after these statements",
	} {
		list := ReadJSON([]byte(text), Options{Owner: owner})
		if len(list.Grants) == 0 || list.Grants[0].Relation != RelationUnknown {
			t.Errorf("%.60s: %q, want unknown", text, relations(list))
			continue
		}
		found := false
		for _, g := range list.Grants {
			found = found || g.Reason == want
		}
		if !found {
			t.Errorf("%.60s: %q, want %q", text, list.Grants[0].Reason, want)
		}
	}
	if got := Read(nil, Options{}).Grants[0].Reason; got != "there is no policy" {
		t.Errorf("no bytes: %q", got)
	}
	if got := Read([]byte{0xdf}, Options{}).Grants[0].Reason; got != "the policy is malformed" {
		t.Errorf("half a header: %q", got)
	}
}

// TestWhatIsCutOffIsOfNoStatement: the grant that stands for the rest has nothing
// of the last statement before it.
func TestWhatIsCutOffIsOfNoStatement(t *testing.T) {
	list := ReadJSON([]byte(`{"Statement":[{"Sid":"s","Effect":"Allow","Principal":"*","Action":"s3:*"},{"Effect"`), Options{Owner: owner})
	want := Grant{Relation: "unknown", PrincipalType: "unknown", Reason: "the policy is cut off, or broken, after these statements"}
	if len(list.Grants) != 2 || !reflect.DeepEqual(list.Grants[1], want) {
		t.Errorf("got %+v", list.Grants)
	}
}

// TestExceptionsSeeEveryAccount: a list of accounts in a condition must not hide
// one that is not trusted.
func TestExceptionsSeeEveryAccount(t *testing.T) {
	var many []string
	for i := range 40 {
		many = append(many, strconv.Quote(strconv.Itoa(444455556600+i)))
	}
	tests := []struct {
		name          string
		principal     string
		condition     string
		accounts      int
		rest          int
		first         string
		organizations []string
	}{
		{"a principal", `{"AWS":"444455556666"}`, `{}`, 1, 0, "444455556666", nil},
		{"a condition on the caller", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666","777788889999"]}}`, 3, 0, "444455556666", nil},
		{"a condition on the source", `{"Service":"s3.amazonaws.com"}`, `{"StringEquals":{"aws:SourceAccount":["444455556666","111122223333"]}}`, 2, 0, "444455556666", nil},
		{"an account twice", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":["444455556666","444455556666"]}}`, 1, 0, "444455556666", nil},
		{"more accounts than a list has", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":[` + strings.Join(many, ",") + `]}}`, 16, 24, "444455556600", nil},
		{"the only foreign account after many own ones", `"*"`, `{"StringEquals":{"aws:PrincipalAccount":[` + strings.Repeat(`"111122223333",`, 40) + `"444455556666"]}}`, 2, 0, "444455556666", nil},
		{"ARNs of callers", `"*"`, `{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::444455556666:role/a","arn:aws:iam::777788889999:role/*"]}}`, 2, 0, "444455556666", nil},
		{"an organization", `"*"`, `{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","o-z9y8x7w6v5"]}}`, 0, 0, "", []string{"o-a1b2c3d4e5", "o-z9y8x7w6v5"}},
		{"an account within an organization", `{"AWS":"444455556666"}`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, 1, 0, "444455556666", []string{"o-a1b2c3d4e5"}},
		{"a unit of an organization", `"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}`, 0, 0, "", []string{"o-a1b2c3d4e5"}},
		{"an organization of the source", `{"Service":"s3.amazonaws.com"}`, `{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}}`, 0, 0, "", []string{"o-a1b2c3d4e5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := ReadJSON([]byte(`{"Effect":"Allow","Principal":`+test.principal+`,"Condition":`+test.condition+`}`), Options{Owner: owner})
			g := list.Grants[0]
			first := ""
			if len(g.Accounts) > 0 {
				first = g.Accounts[0]
			}
			if len(g.Accounts) != test.accounts || g.AccountsRest != test.rest || first != test.first || g.PrincipalAccount != test.first {
				t.Errorf("got %v + %d of %q, want %d + %d of %q", g.Accounts, g.AccountsRest, g.PrincipalAccount, test.accounts, test.rest, test.first)
			}
			if !reflect.DeepEqual(g.Organizations, test.organizations) {
				t.Errorf("got organizations %q, want %q", g.Organizations, test.organizations)
			}
		})
	}
}

// TestTheWidestValueIsShown puts the value that decides after more than a list
// has.
func TestTheWidestValueIsShown(t *testing.T) {
	accounts := repeated(20, func(i int) string { return `"` + strconv.Itoa(444455556600+i) + `"` })
	list := ReadJSON([]byte(`{"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:userid":[`+accounts+
		`,"AROADBQP57FF2AEXAMPLE:*"]}}}`), Options{Owner: owner})
	g := list.Grants[0]
	if g.Relation != "unknown" || g.Reason != "bound by aws:userid AROADBQP57FF2AEXAMPLE and 20 more" || g.Accounts != nil {
		t.Errorf("got %q: %s, %v", g.Relation, g.Reason, g.Accounts)
	}
}

func TestASecretIsNotInAGrant(t *testing.T) {
	list := ReadJSON([]byte(`{"Effect":"Allow","Principal":{"Service":"alexa-appkit.amazon.com"},`+
		`"Condition":{"StringEquals":{"Lambda:eventSourceToken":["hush","hush hush"]}}}`), Options{Owner: owner})
	want := []Condition{{Operator: "StringEquals", Key: "Lambda:eventSourceToken", Binds: true}}
	if got := list.Grants[0].Conditions; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEveryTextAndListIsBounded(t *testing.T) {
	long := strings.Repeat("é", MaxText)
	many := strings.Repeat(`"a:b",`, 30) + `"a:b"`
	var keys []string
	for i := range 30 {
		keys = append(keys, `"k`+strconv.Itoa(i)+`":[`+many+`]`)
	}
	list := ReadJSON([]byte(`{"Sid":"`+long+`","Effect":"Allow","Principal":{"AWS":"`+long+`"},"Action":[`+many+`],`+
		`"Resource":[`+many+`,"`+long+`"],"Condition":{"StringEquals":{`+strings.Join(keys, ",")+`}}}`), Options{Owner: owner})
	g := list.Grants[0]
	if len(g.Actions) != 16 || g.ActionsRest != 15 || len(g.Resources) != 16 || g.ResourcesRest != 16 ||
		len(g.Conditions) != 16 || g.ConditionsRest != 14 || len(g.Conditions[0].Values) != 16 || g.Conditions[0].ValuesRest != 15 {
		t.Errorf("got %d + %d actions, %d + %d resources, %d + %d conditions, %d + %d values", len(g.Actions), g.ActionsRest,
			len(g.Resources), g.ResourcesRest, len(g.Conditions), g.ConditionsRest, len(g.Conditions[0].Values), g.Conditions[0].ValuesRest)
	}
	checkBounds(t, list)
	invalid := bytes.Repeat([]byte("a\xff"), MaxText)
	policy := msgp.AppendString(msgp.AppendString(msgp.AppendMapHeader(nil, 2), "Effect"), "Allow")
	policy = msgp.AppendStringFromBytes(msgp.AppendString(policy, "Principal"), invalid)
	checkBounds(t, Read(policy, Options{Owner: owner}))
	if len(g.Principal) != MaxText || len(g.StatementID) != MaxText {
		t.Errorf("a principal of %d bytes, an ID of %d, want 2048", len(g.Principal), len(g.StatementID))
	}
}

// repeated writes n texts with commas between them; each is made of its number.
func repeated(n int, each func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(each(i))
	}
	return b.String()
}

// checkBounds checks what holds for every list.
func checkBounds(t *testing.T, list List) {
	t.Helper()
	if len(list.Grants) > MaxGrants || list.Rest < 0 || (list.Rest > 0 && len(list.Grants) < MaxGrants) {
		t.Errorf("%d grants, %d more", len(list.Grants), list.Rest)
	}
	for i := range list.Grants {
		g := &list.Grants[i]
		if i > 0 && list.Grants[i-1].severity() < g.severity() {
			t.Errorf("grant %d is worse than the one before", i)
		}
		texts := []string{g.Principal, g.PrincipalAccount, g.StatementID, g.DecidedBy, g.Reason}
		for _, some := range [][]string{g.Accounts, g.Organizations, g.Actions, g.Resources} {
			texts = append(texts, some...)
			if len(some) > MaxItems {
				t.Errorf("%d items", len(some))
			}
		}
		for _, c := range g.Conditions {
			texts = append(append(texts, c.Operator, c.Key), c.Values...)
			if len(c.Values) > MaxItems {
				t.Errorf("%d values", len(c.Values))
			}
		}
		if len(g.Conditions) > MaxItems {
			t.Errorf("%d conditions", len(g.Conditions))
		}
		for _, text := range texts {
			if len(text) > MaxText || !utf8.ValidString(text) {
				t.Errorf("a text of %d bytes, valid: %v", len(text), utf8.ValidString(text))
			}
		}
		if g.Reason == "" {
			t.Errorf("grant %d has no reason", i)
		}
	}
}
