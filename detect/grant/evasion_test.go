package grant

import (
	"reflect"
	"testing"
)

func TestAForgedTextEvades(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a public marker before the real principal",
			"{functionName=f, action=lambda:InvokeFunction, sourceArn=arn:aws:s3:::b, principal=*, principal=444455556666}",
			[]string{"public_marker_in_parameters"}},
		{"a service before the real principal",
			"{functionName=f, action=lambda:InvokeFunction, sourceArn=arn:aws:s3:::b, principal=s3.amazonaws.com, principal=444455556666}",
			[]string{"service_suffix_in_parameters"}},
		{"the own account before the real principal, and any action",
			"{functionName=f, action=*, sourceArn=arn:aws:s3:::b, principal=111122223333, principal=444455556666}",
			[]string{"wildcard_action"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, _ := Read(Source{RequestText: []byte(test.text), RecipientAccount: "111122223333"})
			g.FindEvasions([]byte(test.text))
			if g.Relation != RelationUnknown || !reflect.DeepEqual(g.Evasion, test.want) {
				t.Errorf("got %q, %q, want %q", g.Relation, g.Evasion, test.want)
			}
		})
	}
}

func TestNoTextHidesNoAction(t *testing.T) {
	g := Grant{Action: "lambda:InvokeFunction", CoversInvoke: true, Principal: "444455556666",
		PrincipalType: PrincipalAccount, Relation: RelationCrossAccount}
	if g.FindEvasions(nil); g.Evasion != nil {
		t.Errorf("got %q", g.Evasion)
	}
}

// Each case is one call, whose text is what Elastic's pipeline makes of it and
// what the rule's predicate looks at.
func TestFindEvasions(t *testing.T) {
	tests := []struct {
		name       string
		parameters string
		text       string
		want       []string
	}{
		{"the rule finds a plain grant",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=444455556666}`, nil},
		{"the rule finds the URL's action",
			`{"functionName":"f","action":"lambda:InvokeFunctionUrl","principal":"444455556666"}`,
			`{functionName=f, action=lambda:InvokeFunctionUrl, principal=444455556666}`, nil},
		{"endgame's default grants every action",
			`{"functionName":"f","action":"lambda:*","principal":"arn:aws:iam::444455556666:user/evil"}`,
			`{functionName=f, action=lambda:*, principal=arn:aws:iam::444455556666:user/evil}`,
			[]string{"wildcard_action"}},
		{"every action of every service",
			`{"functionName":"f","action":"*","principal":"444455556666"}`,
			`{functionName=f, action=*, principal=444455556666}`, []string{"wildcard_action"}},
		{"an action in other letters",
			`{"functionName":"f","action":"lambda:invokefunction","principal":"444455556666"}`,
			`{functionName=f, action=lambda:invokefunction, principal=444455556666}`, []string{"action_case"}},
		{"a role named like a service",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"arn:aws:iam::444455556666:role/s3.amazonaws.com"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=arn:aws:iam::444455556666:role/s3.amazonaws.com}`,
			[]string{"service_suffix_in_principal"}},
		{"a decoy in the source",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666","sourceArn":"arn:aws:s3:::x.amazonaws.com"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=444455556666, sourceArn=arn:aws:s3:::x.amazonaws.com}`,
			[]string{"service_suffix_in_parameters"}},
		{"a decoy in the token",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666","eventSourceToken":"x.amazonaws.com"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=444455556666, eventSourceToken=x.amazonaws.com}`,
			[]string{"service_suffix_in_parameters"}},
		{"a public marker in the source",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666","sourceArn":"arn:aws:s3:::principal=*"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=444455556666, sourceArn=arn:aws:s3:::principal=*}`,
			[]string{"public_marker_in_parameters"}},
		{"everything at once",
			`{"functionName":"f","action":["lambda:invokeFunction","LAMBDA:*"],"principal":"arn:aws:iam::444455556666:role/s3.amazonaws.com","sourceArn":"arn:aws:s3:::x.amazonaws.com/principal=*"}`,
			`{functionName=f, action=[lambda:invokeFunction, LAMBDA:*], principal=arn:aws:iam::444455556666:role/s3.amazonaws.com, sourceArn=arn:aws:s3:::x.amazonaws.com/principal=*}`,
			[]string{"wildcard_action", "action_case", "service_suffix_in_principal", "service_suffix_in_parameters", "public_marker_in_parameters"}},
		{"a unique ID is sought too",
			`{"functionName":"f","action":"lambda:*","principal":"AROADBQP57FF2AEXAMPLE"}`,
			`{functionName=f, action=lambda:*, principal=AROADBQP57FF2AEXAMPLE}`, []string{"wildcard_action"}},
		{"the needed words in another parameter do not hide the grant",
			`{"functionName":"f","action":"lambda:*","principal":"444455556666","sourceArn":"arn:aws:x:::lambda:InvokeFunction"}`,
			`{functionName=f, action=lambda:*, principal=444455556666, sourceArn=arn:aws:x:::lambda:InvokeFunction}`, nil},

		{"a service is not what the rule seeks",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com"}`,
			`{functionName=f, action=lambda:InvokeFunction, principal=s3.amazonaws.com}`, nil},
		{"everyone is not what the rule seeks",
			`{"functionName":"f","action":"lambda:*","principal":"*"}`,
			`{functionName=f, action=lambda:*, principal=*}`, nil},
		{"the own account is not what the rule seeks",
			`{"functionName":"f","action":"lambda:*","principal":"111122223333"}`,
			`{functionName=f, action=lambda:*, principal=111122223333}`, nil},
		{"reading the function is not what the rule seeks",
			`{"functionName":"f","action":"lambda:GetFunction","principal":"444455556666"}`,
			`{functionName=f, action=lambda:GetFunction, principal=444455556666}`, nil},
		{"a principal nobody understands is not accused",
			`{"functionName":"f","action":"lambda:*","principal":"x.amazonaws.com.example"}`,
			`{functionName=f, action=lambda:*, principal=x.amazonaws.com.example}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, _ := Read(Source{RequestParameters: packed(t, test.parameters), RecipientAccount: "111122223333"})
			for range 2 { // asking again does not change the answer
				g.FindEvasions([]byte(test.text))
				if !reflect.DeepEqual(g.Evasion, test.want) {
					t.Errorf("got %q, want %q", g.Evasion, test.want)
				}
			}
		})
	}
}
