package grant

import (
	"strings"
	"testing"
	"time"
)

func TestReadOfTheJavaTextAlone(t *testing.T) {
	tests := []struct {
		name      string
		text      string
		function  string
		action    string
		principal string
		source    string
		relation  Relation
		ambiguous bool
	}{
		{"a grant to another account",
			"{functionName=f, statementId=s, action=lambda:InvokeFunction, principal=444455556666}",
			"f", "lambda:InvokeFunction", "444455556666", "", "cross_account", false},
		{"keys in another order and case",
			"{PRINCIPAL=444455556666, Action=lambda:*, FunctionName=f}",
			"f", "lambda:*", "444455556666", "", "cross_account", false},
		{"everyone",
			"{functionName=f, principal=*, action=lambda:InvokeFunction}",
			"f", "lambda:InvokeFunction", "*", "", "public", false},
		{"a service and its source",
			"{functionName=f, action=lambda:InvokeFunction, principal=s3.amazonaws.com, sourceArn=arn:aws:s3:::b, sourceAccount=111122223333}",
			"f", "lambda:InvokeFunction", "s3.amazonaws.com", "arn:aws:s3:::b", "service", false},
		{"the order of a Java HashMap",
			"{principal=444455556666, sourceArn=arn:aws:s3:::b, functionName=f, statementId=s, action=lambda:InvokeFunction}",
			"f", "lambda:InvokeFunction", "444455556666", "arn:aws:s3:::b", "cross_account", false},
		{"a role name with an equals sign",
			"{functionName=f, action=lambda:*, principal=arn:aws:iam::444455556666:role/a=b}",
			"f", "lambda:*", "arn:aws:iam::444455556666:role/a=b", "", "cross_account", false},
		{"a role name with a comma",
			"{functionName=f, action=lambda:*, principal=arn:aws:iam::444455556666:role/a,principal=111122223333}",
			"f", "lambda:*", "arn:aws:iam::444455556666:role/a,principal=111122223333", "", "cross_account", false},
		{"a source with a comma and no key after it",
			"{functionName=f, action=lambda:*, principal=444455556666, sourceArn=arn:aws:s3:::b, c d}",
			"f", "lambda:*", "444455556666", "arn:aws:s3:::b, c d", "cross_account", false},

		{"a forged principal after the real one",
			"{functionName=f, action=lambda:*, principal=444455556666, sourceArn=arn:aws:s3:::b, principal=111122223333}",
			"f", "lambda:*", "444455556666", "arn:aws:s3:::b", "cross_account", false},
		{"a forged principal before the real one",
			"{functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=111122223333, principal=444455556666}",
			"f", "lambda:*", "", "arn:aws:s3:::b", "unknown", true},
		{"a forged public marker before the real principal",
			"{functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=*, principal=444455556666}",
			"f", "lambda:*", "", "arn:aws:s3:::b", "unknown", true},
		{"both principals are of other accounts",
			"{functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=777788889999, principal=444455556666}",
			"f", "lambda:*", "", "arn:aws:s3:::b", "cross_account", true},
		{"a forged function of the principal's account",
			"{principal=444455556666, sourceArn=arn:aws:s3:::b, functionName=arn:aws:lambda:eu-west-1:444455556666:function:x, functionName=f, action=lambda:*}",
			"", "lambda:*", "444455556666", "arn:aws:s3:::b", "unknown", true},
		{"a forged function of a third account does not help",
			"{principal=444455556666, sourceArn=arn:aws:s3:::b, functionName=arn:aws:lambda:eu-west-1:777788889999:function:x, functionName=f, action=lambda:*}",
			"", "lambda:*", "444455556666", "arn:aws:s3:::b", "cross_account", true},
		{"a forged bare function does not help",
			"{principal=444455556666, sourceArn=arn:aws:s3:::b, functionName=x, functionName=f, action=lambda:*}",
			"", "lambda:*", "444455556666", "arn:aws:s3:::b", "cross_account", true},
		{"of a forged and a real action both are reported",
			"{principal=444455556666, functionName=f, sourceArn=arn:aws:s3:::b, action=lambda:GetPolicy, action=lambda:InvokeFunction}",
			"f", "lambda:GetPolicy, lambda:InvokeFunction", "444455556666", "arn:aws:s3:::b", "cross_account", true},
		{"a forged organization does not make the public private",
			"{functionName=f, action=lambda:*, principal=*, sourceArn=arn:aws:s3:::b, principalOrgID=o-a1b2c3d4e5}",
			"f", "lambda:*", "*", "arn:aws:s3:::b", "public", false},
		{"an organization that cannot be forged does",
			"{functionName=f, action=lambda:*, principal=*, principalOrgID=o-a1b2c3d4e5}",
			"f", "lambda:*", "*", "", "organization", false},
		{"a forged principal after a key that nobody knows",
			"{functionName=f, action=lambda:*, newKey=x, principal=111122223333, principal=444455556666}",
			"f", "lambda:*", "", "", "unknown", true},
		{"a forged principal after a key that nobody knows, and the real one after the source",
			"{newKey=x, principal=111122223333, functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=444455556666}",
			"f", "lambda:*", "", "arn:aws:s3:::b", "unknown", true},
		{"a forged principal after a value that breaks its pattern",
			"{statementId=s, t, principal=111122223333, functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=444455556666}",
			"f", "lambda:*", "", "arn:aws:s3:::b", "unknown", true},
		{"a principal twice where nothing can be forged",
			"{functionName=f, action=lambda:*, principal=111122223333, Principal=444455556666}",
			"f", "lambda:*", "", "", "unknown", true},
		{"a value with more after it than its pattern allows",
			"{functionName=f, action=lambda:*, principal=111122223333, and more}",
			"f", "lambda:*", "111122223333, and more", "", "unknown", false},
		{"a key of 63 letters ends a value",
			"{principal=444455556666, action=lambda:*, functionName=f, " + strings.Repeat("k", 63) + "=x}",
			"f", "lambda:*", "444455556666", "", "cross_account", false},
		{"a word of 64 letters is not a key",
			"{principal=444455556666, action=lambda:*, functionName=f, " + strings.Repeat("k", 64) + "=x}",
			"f, " + strings.Repeat("k", 64) + "=x", "lambda:*", "444455556666", "", "cross_account", false},
		{"no key at all", "{=, =, principal=444455556666}",
			"", "", "444455556666", "", "cross_account", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(Source{RequestText: []byte(test.text), RecipientAccount: "111122223333"})
			if !ok || g.FunctionName != test.function || g.Action != test.action || g.Principal != test.principal ||
				g.SourceARN != test.source || g.Relation != test.relation || g.Ambiguous != test.ambiguous {
				t.Errorf("ok %v, got %+v", ok, g)
			}
		})
	}
}

func TestAStoredStatementSettlesAnAmbiguousText(t *testing.T) {
	g, _ := Read(Source{
		RequestText: []byte("{functionName=f, action=lambda:*, sourceArn=arn:aws:s3:::b, principal=111122223333, principal=444455556666}"),
		ResponseText: []byte(`{statement={"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},` +
			`"Action":"lambda:*","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f",` +
			`"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b, principal=111122223333"}}}}`),
	})
	if g.Relation != "cross_account" || g.Ambiguous || g.Principal != "arn:aws:iam::444455556666:root" ||
		g.SourceARN != "arn:aws:s3:::b, principal=111122223333" {
		t.Errorf("got %+v", g)
	}
}

// Each comma may begin a key: the search for the end of one must not go through all that
// follows.
func TestReadingATextOfCommasIsLinear(t *testing.T) {
	text := []byte("{functionName=f, sourceArn=a" + strings.Repeat(", x", 1_000_000) + "}")
	start := time.Now()
	if _, ok := Read(Source{RequestText: text}); !ok {
		t.Error("not read")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
