package cloudtrail

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

func TestTheJavaTextOfAnIdentityIsRead(t *testing.T) {
	const issuer = `{type=Role, principalid=AROA1, arn=arn:aws:iam::111122223333:role/path}/deploy, accountid=111122223333, username=deploy}`
	for _, test := range []struct{ name, text, want string }{
		{"a user", `{type=IAMUser, principalId=AIDA1, arn=arn:aws:iam::111122223333:user/alice, accountId=111122223333, userName=alice}`,
			`{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"}`},
		{"a session, as Athena prints it",
			`{type=AssumedRole, principalid=AROA1:s, arn=arn:aws:sts::111122223333:assumed-role/deploy/s, accountid=111122223333, invokedby=null, accesskeyid=ASIA1, username=null, sessioncontext={attributes={mfaauthenticated=false, creationdate=2026-06-18T12:00:00Z}, sessionissuer=` + issuer + `, ec2roledelivery=null, webidfederationdata=null}}`,
			`{"type":"AssumedRole","principalid":"AROA1:s","arn":"arn:aws:sts::111122223333:assumed-role/deploy/s","accountid":"111122223333","accesskeyid":"ASIA1",` +
				`"sessioncontext":{"attributes":{"mfaauthenticated":"false","creationdate":"2026-06-18T12:00:00Z"},` +
				`"sessionissuer":{"type":"Role","principalid":"AROA1","arn":"arn:aws:iam::111122223333:role/path}/deploy","accountid":"111122223333","username":"deploy"}}}`},
		{"nothing but a type", ` {type=Root} `, `{"type":"Root"}`},
		{"a service", `{type=AWSService, invokedBy=lambda.amazonaws.com}`, `{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}`},
		{"somebody of IAM Identity Center", `{type=IdentityCenterUser, accountId=111122223333, onBehalfOf={userId=u, identityStoreArn=arn:aws:identitystore::111122223333:identitystore/d-1}, credentialId=c}`,
			`{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},"credentialId":"c"}`},
		{"names with commas, equals signs and braces", `{type=IAMUser, arn=arn:aws:iam::1:user/a}b,c=d}}/x,y=z, userName=x,y=z}`, `{"type":"IAMUser","arn":"arn:aws:iam::1:user/a}b,c=d}}/x,y=z","userName":"x,y=z"}`},
		{"an empty value", `{type=IAMUser, arn=, userName=alice}`, `{"type":"IAMUser","userName":"alice"}`},
		{"no value at the end", `{type=IAMUser, accountId=1, userName=null}`, `{"type":"IAMUser","accountId":"1"}`},

		// Whose names come from somebody else.
		{"a web identity, of which the type alone is read", `{type=WebIdentityUser, principalId=p:x, arn=arn:aws:iam::111122223333:role/admin, userName=u}`, `{"type":"WebIdentityUser"}`},
		{"SAML too", `{type=SAMLUser, principalId=x, arn=arn:aws:iam::111122223333:role/admin}`, `{"type":"SAMLUser"}`},
		{"a type that is new", `{type=Whatever}`, `{"type":"Whatever"}`},
		{"nothing is read after what a provider vouches for",
			`{type=AssumedRole, principalId=a, sessionContext={webIdFederationData={federatedProvider=p, attributes={sub=x}}}}, arn=arn:aws:iam::111122223333:role/admin}`,
			`{"type":"AssumedRole","principalId":"a","sessionContext":{}}`},
		{"nor after a key that nobody knows", `{type=IAMUser, accountId=1, novelty=x, arn=arn:aws:iam::1:role/admin}`, `{"type":"IAMUser","accountId":"1"}`},
		{"the first of two counts", `{type=IAMUser, arn=a, arn=b, ARN=c}`, `{"type":"IAMUser","arn":"a"}`},

		// What is not, or not surely, such a text.
		{"another key first", `{principalId=x, type=Root}`, ""},
		{"a value that might end early", `{type=IAMUser, sessionContext={sessionIssuer={arn=arn:aws:iam::1:role/deploy}}, arn=x}`,
			`{"type":"IAMUser","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/deploy"}},"arn":"x"}`},
		{"braces too few", `{type=IAMUser, sessionContext={arn=x}`, ""},
		{"braces too many", `{type=IAMUser, arn=x}}`, ""},
		{"words after it", `{type=IAMUser, arn=x} and more`, ""},
		{"no end", `{type=IAMUser, arn=x`, ""},
		{"no equals sign", `{type=IAMUser, arn}`, ""},
		{"a structure where there is none", `{type=IAMUser, sessionContext=x}`, ""},
		{"too deep", `{type=IAMUser, sessionContext=` + strings.Repeat("{attributes=", 6) + "{arn=x}" + strings.Repeat("}", 7), ""},
		{"not too deep", `{type=IAMUser, sessionContext={attributes={attributes={arn=x}}}}`, `{"type":"IAMUser","sessionContext":{"attributes":{"attributes":{"arn":"x"}}}}`},
		{"JSON", `{"type":"IAMUser"}`, ""},
		{"no type", `{type=}`, ""},
		{"nothing", ``, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := appendIdentity([]byte("\x01"), test.text)
			text := []byte(nil)
			if ok {
				var err error
				if text, err = document.AppendJSON(nil, got[1:]); err != nil {
					t.Fatal(err)
				}
			}
			if string(text) != test.want || got[0] != 1 || !ok && len(got) != 1 {
				t.Errorf("%s\ngives %s\nwant  %s", test.text, text, test.want)
			}
		})
	}
}

// The text is not longer than a record, but braces and keys in it must not be gone
// through again and again.
func TestTheJavaTextOfAnIdentityIsReadInLinearTime(t *testing.T) {
	for _, text := range []string{
		"{type=IAMUser, arn=" + strings.Repeat("}", 4<<20) + "x}",
		"{type=IAMUser" + strings.Repeat(", arn=x", 1<<20) + "}",
		"{type=IAMUser" + strings.Repeat(", sessionContext={arn=x}", 1<<18) + "}",
	} {
		appendIdentity(nil, text) // in the square of its length it would take hours
	}
}
