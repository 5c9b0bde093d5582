package grant

import (
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

// TestExtendedCoverageReportsWhatNoRuleNames asks of calls on a function of account
// 111122223333 which of them extended coverage reports beyond the predicate, and on
// whose behalf a service may act by them.
func TestExtendedCoverageReportsWhatNoRuleNames(t *testing.T) {
	const token = "amzn1.ask.skill.6dc2d8f6-0b0f-4b4f-8b0e-5d5f1f1c7a11"
	tests := []struct {
		name    string
		request string // the parameters after functionName
		want    bool
		forWhom string
	}{
		{"everyone may do all of Lambda", `"action":"lambda:*","principal":"*"`, true, ""},
		{"everyone may do everything", `"action":"*","principal":"*"`, true, ""},
		{"everyone may invoke, in other letters", `"action":"lambda:invokeFunction","principal":"*"`, true, ""},
		{"everyone may invoke the URL, in other letters", `"action":"LAMBDA:INVOKEFUNCTIONURL","principal":"*"`, true, ""},
		{"everyone may change the code", `"action":"lambda:UpdateFunctionCode","principal":"*"`, true, ""},
		{"everyone may read the code", `"action":"lambda:GetFunction","principal":"*"`, true, ""},
		{"everyone may do something that the event does not say", `"principal":"*"`, true, ""},
		{"everyone may invoke, with a service's suffix in the source",
			`"action":"lambda:InvokeFunction","principal":"*","sourceArn":"arn:aws:s3:::x.amazonaws.com"`, true, ""},
		{"everyone may invoke, with a service's suffix in the token",
			`"action":"lambda:InvokeFunction","principal":"*","eventSourceToken":"x.amazonaws.com"`, true, ""},
		{"everyone who asks for another account may invoke",
			`"action":"lambda:*","principal":"*","sourceAccount":"444455556666"`, true, ""},
		{"everyone of any organization", `"action":"lambda:*","principal":"*","principalOrgID":"o-*"`, true, ""},

		{"everyone may invoke, in plain words", `"action":"lambda:InvokeFunction","principal":"*"`, false, ""},
		{"everyone may invoke the URL, in plain words",
			`"action":"lambda:InvokeFunctionUrl","principal":"*","functionUrlAuthType":"NONE"`, false, ""},
		{"any service may do all, for the own account",
			`"action":"lambda:*","principal":"*","sourceAccount":"111122223333"`, false, ""},
		{"any service may do all, for a topic of the own account",
			`"action":"lambda:*","principal":"*","sourceArn":"arn:aws:sns:eu-west-1:111122223333:t"`, false, ""},

		{"S3 for a bucket", `"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceArn":"arn:aws:s3:::uploads"`,
			true, "for the owner of arn:aws:s3:::uploads, as that ARN names no account and no source account is required"},
		{"S3 for buckets of a beginning", `"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceArn":"arn:aws:s3:::acme-*"`,
			true, "for the owner of arn:aws:s3:::acme-*, as that ARN names no account and no source account is required"},
		{"S3 for a bucket in China", `"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com.cn","sourceArn":"arn:aws-cn:s3:::uploads"`,
			true, "for the owner of arn:aws-cn:s3:::uploads, as that ARN names no account and no source account is required"},
		{"API Gateway for an API, whose control ARN has no account",
			`"action":"lambda:InvokeFunction","principal":"apigateway.amazonaws.com","sourceArn":"arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5"`,
			true, "for the owner of arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5, as that ARN names no account and no source account is required"},
		{"S3 for any bucket", `"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceArn":"arn:aws:s3:::*"`,
			true, "for anyone who asks it to, as no source account or ARN is required"},
		{"SNS for a topic of any account", `"action":"lambda:InvokeFunction","principal":"sns.amazonaws.com","sourceArn":"arn:aws:sns:eu-west-1:*:t"`,
			true, "for anyone who asks it to, as no source account or ARN is required"},
		{"SNS for a topic of accounts of a beginning", `"action":"lambda:InvokeFunction","principal":"sns.amazonaws.com","sourceArn":"arn:aws:sns:eu-west-1:11112222*:t"`,
			true, "for anyone who asks it to, as no source account or ARN is required"},
		{"S3 for accounts of a beginning", `"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceAccount":"1111*"`,
			true, "for anyone who asks it to, as no source account or ARN is required"},
		{"Alexa without a token", `"action":"lambda:InvokeFunction","principal":"alexa-appkit.amazon.com"`,
			true, "for anyone who asks it to, as no source account or ARN is required"},
		{"Alexa for a skill", `"action":"lambda:*","principal":"alexa-appkit.amazon.com","eventSourceToken":"` + token + `"`,
			true, "for the owner of the event source token, as a token names no account"},
		{"Alexa's smart home for any skill", `"action":"lambda:InvokeFunction","principal":"alexa-connectedhome.amazon.com","eventSourceToken":"*"`,
			true, "for the owner of the event source token, as a token names no account"},

		{"S3 for a bucket of the own account",
			`"action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceArn":"arn:aws:s3:::uploads","sourceAccount":"111122223333"`, false, ""},
		{"SNS for a topic of the own account",
			`"action":"lambda:InvokeFunction","principal":"sns.amazonaws.com","sourceArn":"arn:aws:sns:eu-west-1:111122223333:t"`, false, ""},
		{"API Gateway for a path of an API of the own account",
			`"action":"lambda:InvokeFunction","principal":"apigateway.amazonaws.com","sourceArn":"arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/GET/quote"`, false, ""},
		{"a service for one organization",
			`"action":"lambda:InvokeFunction","principal":"sns.amazonaws.com","principalOrgID":"o-a1b2c3d4e5"`, false, ""},
		{"Alexa, bound to the own account",
			`"action":"lambda:InvokeFunction","principal":"alexa-appkit.amazon.com","eventSourceToken":"` + token + `","sourceAccount":"111122223333"`, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parameters := packed(t, `{"functionName":"f",`+test.request+`}`)
			text, _, err := document.AppendJavaText(nil, parameters)
			if err != nil {
				t.Fatal(err)
			}
			g, ok := Read(Source{RequestParameters: parameters, RecipientAccount: "111122223333"})
			if !ok {
				t.Fatal("not read")
			}
			g.FindEvasions(text)
			if got := g.Extended(); got != test.want {
				t.Errorf("reported: %v, want %v: %+v", got, test.want, g)
			}
			if got := g.ForWhom(); got != test.forWhom {
				t.Errorf("acts %q, want %q", got, test.forWhom)
			}
			if len(g.Evasion) > 0 {
				t.Errorf("evades by %q a predicate that does not seek it", g.Evasion)
			}
		})
	}
}

func TestExtendedCoverageReportsAPublicGrantThatTheRequestDoesNotSay(t *testing.T) {
	const public = `{"Principal":{"AWS":"*"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"`
	tests := []struct {
		name, statement, text string
		want                  bool
	}{
		{"the request says it in plain words", public + `}`,
			"{functionName=f, action=lambda:InvokeFunction, principal=*}", false},
		{"the request was left out", public + `}`, "", true},
		{"the request was cut off before the principal", public + `}`, "{functionName=f, action=lambda:InvokeFunction}", true},
		{"whose function it is is not known, and there is no source",
			`{"Principal":"*","Action":"lambda:*"}`, "{action=lambda:*, principal=*}", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(Source{Statement: []byte(test.statement), RequestText: []byte(test.text)})
			if !ok {
				t.Fatal("not read")
			}
			g.FindEvasions([]byte(test.text))
			if got := g.Extended(); got != test.want {
				t.Errorf("reported: %v, want %v: %+v", got, test.want, g)
			}
		})
	}
}
