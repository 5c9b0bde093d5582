package grant

import (
	"strings"
	"testing"
)

func TestSentence(t *testing.T) {
	const actor = "111122223333"
	tests := []struct {
		name       string
		parameters string
		want       string
	}{
		{"an account",
			`{"functionName":"billing-export","action":"lambda:InvokeFunction","principal":"444455556666"}`,
			"111122223333 let account 444455556666 invoke Lambda function billing-export"},
		{"the root of an account",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"arn:aws:iam::444455556666:root"}`,
			"111122223333 let account 444455556666 invoke Lambda function f"},
		{"a role, of an alias",
			`{"functionName":"f:prod","action":"lambda:InvokeFunction","principal":"arn:aws:iam::444455556666:role/ops/deploy"}`,
			"111122223333 let role ops/deploy of account 444455556666 invoke Lambda function f:prod"},
		{"a user",
			`{"functionName":"f","action":"lambda:invokefunction","principal":"arn:aws:iam::444455556666:user/evil"}`,
			"111122223333 let user evil of account 444455556666 invoke Lambda function f"},
		{"a role session",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"arn:aws:sts::444455556666:assumed-role/r/s"}`,
			"111122223333 let role session r/s of account 444455556666 invoke Lambda function f"},
		{"a federated user",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"arn:aws:sts::444455556666:federated-user/bob"}`,
			"111122223333 let federated user bob of account 444455556666 invoke Lambda function f"},
		{"everyone, by URL",
			`{"functionName":"f","action":"lambda:InvokeFunctionUrl","principal":"*"}`,
			"111122223333 let anyone invoke the URL of Lambda function f"},
		{"an organization",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"*","principalOrgID":"o-a1b2c3d4e5"}`,
			"111122223333 let anyone in organization o-a1b2c3d4e5 invoke Lambda function f"},
		{"a service",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com"}`,
			"111122223333 let service s3.amazonaws.com invoke Lambda function f"},
		{"a service for another account",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceAccount":"444455556666"}`,
			"111122223333 let service s3.amazonaws.com on behalf of account 444455556666 invoke Lambda function f"},
		{"a unique ID",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"AROADBQP57FF2AEXAMPLE"}`,
			"111122223333 let the principal with unique ID AROADBQP57FF2AEXAMPLE invoke Lambda function f"},
		{"an origin access identity",
			`{"functionName":"f","action":"lambda:InvokeFunction","principal":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}`,
			"111122223333 let principal arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1 invoke Lambda function f"},
		{"every action",
			`{"functionName":"f","action":"lambda:*","principal":"444455556666"}`,
			"111122223333 let account 444455556666 invoke (lambda:*) Lambda function f"},
		{"another action",
			`{"functionName":"f","action":"lambda:UpdateFunctionCode","principal":"444455556666"}`,
			"111122223333 let account 444455556666 use lambda:UpdateFunctionCode on Lambda function f"},
		{"a function of a third account",
			`{"functionName":"777788889999:function:f","action":"lambda:InvokeFunction","principal":"444455556666"}`,
			"111122223333 let account 444455556666 invoke Lambda function f of account 777788889999"},
		{"nothing but the function", `{"functionName":"f"}`,
			"111122223333 let an unknown principal use Lambda function f"},
		{"nothing but the principal", `{"principal":"444455556666"}`,
			"111122223333 let account 444455556666 use a Lambda function"},
		{"texts that would write to the terminal",
			`{"functionName":"f\u001b[2J\r\n\u202eg","action":"lambda:InvokeFunction","principal":"p\u0000\u2028q"}`,
			"111122223333 let principal p\ufffd\ufffdq invoke Lambda function f\ufffd[2J\ufffd\ufffd\ufffdg"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, _ := Read(Source{RequestParameters: packed(t, test.parameters), RecipientAccount: actor})
			if got := g.Sentence(actor); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestSentenceOfAnUnknownActor(t *testing.T) {
	g := Grant{PrincipalType: PrincipalPublic, Action: "lambda:InvokeFunction", CoversInvoke: true,
		FunctionName: "f", FunctionAccount: "111122223333"}
	const want = "an unknown account let anyone invoke Lambda function f of account 111122223333"
	if got := g.Sentence(""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSentenceOfADenial(t *testing.T) {
	g := Grant{PrincipalType: PrincipalAccount, PrincipalAccount: "444455556666", Denies: true,
		Action: "lambda:InvokeFunction", FunctionName: "f", FunctionAccount: "111122223333"}
	const want = "111122223333 did not let account 444455556666 invoke Lambda function f"
	if got := g.Sentence("111122223333"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSentenceIsBounded(t *testing.T) {
	long := strings.Repeat("€", 1<<18)
	g, _ := Read(Source{RequestParameters: packed(t, `{"functionName":"`+long+`","qualifier":"`+long+
		`","action":"`+long+`","principal":"`+long+`"}`)})
	got := g.Sentence(long)
	if len(got) > 2500 || !strings.Contains(got, "…") {
		t.Errorf("%d bytes: %.100q", len(got), got)
	}
}
