package grant

import (
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

func TestAppendMsg(t *testing.T) {
	tests := []struct {
		name  string
		grant Grant
		want  string
	}{
		{"an empty grant says what it does not cover", Grant{}, `{"covers_invoke":false}`},
		{"every field, in the order of the design", Grant{
			FunctionName: "f", FunctionAccount: "111122223333", Region: "eu-west-1", Qualifier: "prod",
			StatementID: "s", Action: "lambda:*", CoversInvoke: true, Principal: "444455556666",
			PrincipalType: PrincipalAccount, PrincipalAccount: "444455556666", Relation: RelationCrossAccount,
			SourceAccount: "777788889999", SourceARN: "arn:aws:s3:::b", OrgID: "o-a1b2c3d4e5",
			FunctionURLAuthType: "NONE", InvokedViaFunctionURL: true, RequiresToken: true,
			Evasion: []string{EvasionWildcardAction, EvasionServiceSuffixInParameters},
		}, `{"function_name":"f","function_account":"111122223333","region":"eu-west-1","qualifier":"prod",` +
			`"statement_id":"s","action":"lambda:*","covers_invoke":true,"principal":"444455556666",` +
			`"principal_type":"account","principal_account":"444455556666","relation":"cross_account",` +
			`"source_account":"777788889999","source_arn":"arn:aws:s3:::b","org_id":"o-a1b2c3d4e5",` +
			`"function_url_auth_type":"NONE","invoked_via_function_url":true,` +
			`"evasion":["wildcard_action","service_suffix_in_parameters"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			msg := test.grant.AppendMsg([]byte{0xc0})
			got, err := document.AppendJSON(nil, msg[1:])
			if msg[0] != 0xc0 || err != nil || string(got) != test.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, test.want)
			}
			if rest, err := document.Skip(msg[1:]); err != nil || len(rest) != 0 {
				t.Errorf("%d bytes too many, %v", len(rest), err)
			}
		})
	}
}
