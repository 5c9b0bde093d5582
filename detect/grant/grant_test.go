package grant

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadTakesEveryFieldOfTheStoredStatement(t *testing.T) {
	got, ok := Read(Source{
		Statement: []byte(`{"Sid":"partner","Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::444455556666:role/ops/deploy"},
			"Action":"lambda:InvokeFunctionUrl",
			"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:billing-export:prod",
			"Condition":{
				"StringEquals":{"AWS:SourceAccount":"777788889999","aws:PrincipalOrgID":"o-a1b2c3d4e5",
					"lambda:FunctionUrlAuthType":"AWS_IAM","lambda:EventSourceToken":"secret"},
				"ArnLike":{"AWS:SourceArn":"arn:aws:sns:eu-west-1:777788889999:topic"},
				"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}}`),
		Region: "us-east-1", RecipientAccount: "123456789012",
	})
	want := Grant{
		FunctionName:          "billing-export",
		FunctionAccount:       "111122223333",
		Region:                "eu-west-1",
		Qualifier:             "prod",
		StatementID:           "partner",
		Action:                "lambda:InvokeFunctionUrl",
		CoversInvoke:          true,
		Principal:             "arn:aws:iam::444455556666:role/ops/deploy",
		PrincipalType:         "iam",
		PrincipalAccount:      "444455556666",
		Relation:              "cross_account",
		SourceAccount:         "777788889999",
		SourceARN:             "arn:aws:sns:eu-west-1:777788889999:topic",
		OrgID:                 "o-a1b2c3d4e5",
		FunctionURLAuthType:   "AWS_IAM",
		InvokedViaFunctionURL: true,
		RequiresToken:         true,
	}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadTakesEveryParameterInAnyCase(t *testing.T) {
	want := Grant{
		FunctionName:          "f",
		FunctionAccount:       "111122223333",
		Region:                "us-east-1",
		Qualifier:             "prod",
		StatementID:           "s",
		Action:                "lambda:GetFunction",
		Principal:             "444455556666",
		PrincipalType:         "account",
		PrincipalAccount:      "444455556666",
		Relation:              "cross_account",
		SourceAccount:         "777788889999",
		SourceARN:             "arn:aws:s3:::b",
		OrgID:                 "o-a1b2c3d4e5",
		FunctionURLAuthType:   "NONE",
		InvokedViaFunctionURL: true,
		RequiresToken:         true,
	}
	parameters := `{"functionName":"f","statementId":"s","action":"lambda:GetFunction","principal":"444455556666",` +
		`"sourceArn":"arn:aws:s3:::b","sourceAccount":"777788889999","eventSourceToken":"t","qualifier":"prod",` +
		`"revisionId":"r","principalOrgID":"o-a1b2c3d4e5","functionUrlAuthType":"NONE","invokedViaFunctionUrl":true}`
	renamed := strings.NewReplacer(`"functionName"`, `"FunctionName"`, `"principal"`, `"PRINCIPAL"`,
		`"principalOrgID"`, `"principalOrgId"`, `"sourceArn"`, `"SourceARN"`).Replace(parameters)
	for _, parameters := range []string{parameters, renamed} {
		got, ok := Read(Source{
			RequestParameters: packed(t, parameters),
			RecipientAccount:  "111122223333",
			Region:            "us-east-1",
		})
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", parameters, got, want)
		}
	}
}

func TestEveryFormOfTheStatementIsRead(t *testing.T) {
	const statement = `{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},` +
		`"Action":"lambda:*","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"}`
	forms := map[string]Source{
		"a MessagePack map":               {StatementValue: packed(t, statement)},
		"JSON text":                       {Statement: []byte(statement)},
		"the Java text of the response":   {ResponseText: []byte("{statement=" + statement + "}")},
		"Java text, if the JSON is cut":   {Statement: []byte(statement[:40]), ResponseText: []byte("{statement=" + statement + "}")},
		"JSON text, if the map is broken": {StatementValue: []byte{0x83, 0xa1}, Statement: []byte(statement)},
		"the statement, not the request": {Statement: []byte(statement), RequestParameters: packed(t,
			`{"functionName":"g","principal":"111122223333","action":"lambda:GetFunction","statementId":"other"}`)},
	}
	for name, src := range forms {
		t.Run(name, func(t *testing.T) {
			g, ok := Read(src)
			if !ok || g.FunctionName != "f" || g.StatementID != "s" || g.Action != "lambda:*" || !g.CoversInvoke ||
				g.Principal != "arn:aws:iam::444455556666:root" || g.Relation != "cross_account" {
				t.Errorf("got %+v", g)
			}
		})
	}
}

func TestTheRequestFillsInWhatTheStatementLacks(t *testing.T) {
	g, ok := Read(Source{
		Statement: []byte(`{"Effect":"Allow","Principal":{"AWS":"AROADBQP57FF2AEXAMPLE"},` +
			`"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"}`),
		RequestParameters: packed(t, `{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction",`+
			`"principal":"arn:aws:iam::444455556666:role/r","sourceArn":"arn:aws:s3:::b","principalOrgID":"o-a1b2c3d4e5"}`),
	})
	want := Grant{
		FunctionName: "f", FunctionAccount: "111122223333", Region: "eu-west-1", StatementID: "s",
		Action: "lambda:InvokeFunction", CoversInvoke: true,
		Principal: "arn:aws:iam::444455556666:role/r", PrincipalType: "iam", PrincipalAccount: "444455556666",
		Relation: "cross_account",
		// No condition: AWS stored none.
	}
	if !ok || !reflect.DeepEqual(g, want) {
		t.Errorf("got  %+v\nwant %+v", g, want)
	}
}

func TestAStatementThatDeniesGrantsNothing(t *testing.T) {
	g, ok := Read(Source{Statement: []byte(`{"Effect":"Deny","Principal":{"AWS":"444455556666"},` +
		`"Action":"lambda:*","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"}`)})
	if !ok || !g.Denies || g.CoversInvoke || g.Relation != "unknown" || g.CrossAccountInvoke() || g.CrossAccountWithoutInvoke() {
		t.Errorf("got %+v", g)
	}
}

func TestOfSeveralConditionsTheWidestIsReported(t *testing.T) {
	g, _ := Read(Source{Statement: []byte(`{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},
		"Action":["lambda:GetFunction","lambda:InvokeFunction"],
		"Resource":["arn:aws:lambda:eu-west-1:111122223333:function:f"],
		"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"],
			"aws:SourceArn":["arn:aws:sns:eu-west-1:111122223333:a","arn:aws:sns:eu-west-1:444455556666:b"],
			"lambda:FunctionUrlAuthType":["AWS_IAM","NONE"]}}}`)})
	if g.SourceAccount != "444455556666" || g.SourceARN != "arn:aws:sns:eu-west-1:444455556666:b" ||
		g.FunctionURLAuthType != "NONE" || g.Action != "lambda:GetFunction, lambda:InvokeFunction" || !g.CoversInvoke {
		t.Errorf("got %+v", g)
	}
}

func TestCoversInvoke(t *testing.T) {
	tests := []struct {
		name   string
		action string
		want   bool
	}{
		{"the invocation itself", "lambda:InvokeFunction", true},
		{"the invocation by URL", "lambda:InvokeFunctionUrl", true},
		{"every action of Lambda", "lambda:*", true},
		{"every action", "*", true},
		{"the invocation in other letters", "LAMBDA:invokefunction", true},
		{"every action of Lambda in capitals", "LAMBDA:*", true},
		{"a wildcard after Invoke", "lambda:Invoke*", true},
		{"a wildcard after the first letter", "lambda:I*", true},
		{"a wildcard within", "lambda:*Function", true},
		{"a wildcard for the first letter", "lambda:*nvokeFunction", true},
		{"a wildcard for one letter", "lambda:InvokeFunctio?", true},
		{"a wildcard in the service", "lam*:InvokeFunction", true},
		{"a wildcard only for URLs", "lambda:*Url", true},
		{"two wildcards and more", "l**a:*?nvoke*", true},
		{"reading the function", "lambda:GetFunction", false},
		{"changing its code", "lambda:UpdateFunctionCode", false},
		{"a wildcard for other actions", "lambda:Get*", false},
		{"the old asynchronous call, which the Developer Guide counts as deprecated", "lambda:InvokeAsync", false},
		{"the action of another service", "s3:*", false},
		{"a wildcard for one letter too many", "lambda:InvokeFunction?", false},
		{"a longer name", "lambda:InvokeFunctions", false},
		{"a shorter name", "lambda:InvokeFunctio", false},
		{"nothing", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := coversInvoke(test.action); got != test.want {
				t.Errorf("coversInvoke(%q) = %v", test.action, got)
			}
		})
	}
}

func TestCoverageBeyondTheRule(t *testing.T) {
	const here, there = `"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"`, "444455556666"
	tests := []struct {
		name                              string
		statement                         string
		invoke, without, unbound, foreign bool
	}{
		{"another account may invoke",
			`{"Principal":{"AWS":"444455556666"},"Action":"lambda:InvokeFunction",` + here + `}`, true, false, false, false},
		{"another account may do anything",
			`{"Principal":{"AWS":"444455556666"},"Action":"lambda:*",` + here + `}`, true, false, false, false},
		{"another account may change the code",
			`{"Principal":{"AWS":"444455556666"},"Action":"lambda:UpdateFunctionCode",` + here + `}`, false, true, false, false},
		{"the own account may change the code",
			`{"Principal":{"AWS":"111122223333"},"Action":"lambda:UpdateFunctionCode",` + here + `}`, false, false, false, false},
		{"everyone may invoke",
			`{"Principal":"*","Action":"lambda:InvokeFunction",` + here + `}`, false, false, false, false},
		{"a service without any condition",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here + `}`, false, false, true, false},
		{"a service for the own account",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"}}}`, false, false, false, false},
		{"a service for another account",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"StringEquals":{"AWS:SourceAccount":"444455556666"}}}`, false, false, false, true},
		{"a service for a resource of the own account",
			`{"Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:sns:eu-west-1:111122223333:t"}}}`, false, false, false, false},
		{"a service for a resource of another account",
			`{"Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:sns:eu-west-1:444455556666:t"}}}`, false, false, false, true},
		{"a service for a bucket, whose ARN has no account",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}`, false, false, true, false},
		{"a service for a bucket of the own account",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}`, false, false, false, false},
		{"a service for any bucket",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::*"}}}`, false, false, true, false},
		{"a service for a topic of any account",
			`{"Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:sns:*:*:topic"}}}`, false, false, true, false},
		{"a service for what is not an ARN",
			`{"Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"ArnLike":{"AWS:SourceArn":"*"}}}`, false, false, true, false},
		{"Alexa with a token",
			`{"Principal":{"Service":"alexa-connectedhome.amazon.com"},"Action":"lambda:InvokeFunction",` + here +
				`,"Condition":{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.1"}}}`, false, false, true, false},
		{"a service, and whose the function is is not known",
			`{"Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
				`"Condition":{"StringEquals":{"AWS:SourceAccount":"444455556666"}}}`, false, false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(Source{Statement: []byte(test.statement)})
			if !ok {
				t.Fatal("not read")
			}
			if g.CrossAccountInvoke() != test.invoke || g.CrossAccountWithoutInvoke() != test.without ||
				g.UnboundService() != test.unbound || g.ForeignSource() != test.foreign {
				t.Errorf("got %v %v %v %v of %+v", g.CrossAccountInvoke(), g.CrossAccountWithoutInvoke(),
					g.UnboundService(), g.ForeignSource(), g)
			}
			if test.foreign && !strings.Contains(g.Sentence("111122223333"), "on behalf of account "+there) {
				t.Errorf("sentence %q", g.Sentence("111122223333"))
			}
		})
	}
}

func TestBadInputIsReadAsFarAsItGoes(t *testing.T) {
	long := strings.Repeat("é", 1<<19) // a megabyte
	tests := []struct {
		name string
		src  Source
		ok   bool
	}{
		{"nothing at all", Source{}, false},
		{"an empty map", Source{RequestParameters: []byte{0x80}}, false},
		{"a map that is cut off", Source{RequestParameters: packed(t, `{"principal":"444455556666"}`)[:12]}, false},
		{"an invalid byte", Source{RequestParameters: []byte{0xc1}}, false},
		{"a list", Source{RequestParameters: packed(t, `["principal"]`)}, false},
		{"other parameters", Source{RequestParameters: packed(t, `{"bucketName":"b"}`)}, false},
		{"broken JSON", Source{Statement: []byte(`{"Principal":`)}, false},
		{"JSON that is not an object", Source{Statement: []byte(`"Principal"`)}, false},
		{"JSON that nests too deep", Source{Statement: []byte(strings.Repeat(`{"Principal":`, 5000))}, false},
		{"a statement of a megabyte", Source{Statement: []byte(`{"Principal":"` + long + `"}`)}, false},
		{"text without braces", Source{RequestText: []byte("principal=444455556666")}, false},
		{"text of one brace", Source{RequestText: []byte("{")}, false},
		{"text of nothing", Source{RequestText: []byte("{}")}, false},
		{"a response without a statement", Source{ResponseText: []byte("{statement=}")}, false},
		{"a response of something else", Source{ResponseText: []byte(`{component={"Principal":"*"}}`)}, false},
		{"a megabyte of parameters", Source{RequestParameters: packed(t, `{"functionName":"`+long+
			`","principal":"`+long+`","action":"`+long+`","sourceArn":"`+long+`","qualifier":"`+long+`"}`)}, true},
		{"a megabyte of text", Source{RequestText: []byte("{principal=" + long + ", sourceArn=" + long + "}")}, true},
		{"a megabyte of repeated keys", Source{RequestText: []byte("{sourceArn=a" +
			strings.Repeat(", action=*", 100_000) + "}")}, true},
		{"invalid UTF-8", Source{RequestText: []byte("{functionName=\xff\xfe, principal=\xc3}")}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(test.src)
			if ok != test.ok {
				t.Fatalf("ok = %v, grant %+v", ok, g)
			}
			checkBounds(t, &g)
		})
	}
}

// checkBounds fails if a grant is not fit for an alert.
func checkBounds(t *testing.T, g *Grant) {
	t.Helper()
	for _, text := range []string{
		g.FunctionName, g.FunctionAccount, g.Region, g.Qualifier, g.StatementID, g.Action, g.Principal,
		g.PrincipalAccount, g.SourceAccount, g.SourceARN, g.OrgID, g.FunctionURLAuthType,
	} {
		if len(text) > MaxText || !utf8.ValidString(text) {
			t.Errorf("%d bytes, valid UTF-8 %v: %.60q", len(text), utf8.ValidString(text), text)
		}
	}
	if sentence := g.Sentence(g.Principal); len(sentence) > 2500 || !utf8.ValidString(sentence) ||
		strings.ContainsFunc(sentence, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
		t.Errorf("sentence of %d bytes: %q", len(sentence), sentence)
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	tests := []struct {
		name, text string
		wantLen    int
	}{
		{"short text stays", "abc", 3},
		{"ASCII is cut at the limit", strings.Repeat("a", 3000), 2048},
		{"two-byte characters fit", strings.Repeat("é", 3000), 2048},
		{"three-byte characters leave a rest", strings.Repeat("€", 3000), 2046},
		{"one more byte before them", "a" + strings.Repeat("€", 3000), 2047},
		{"continuation bytes become one mark", strings.Repeat("\x80", 3000), 3},
		{"single invalid bytes become three", strings.Repeat("a\xff", 3000), 2048},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := bounded(test.text)
			if len(got) != test.wantLen || !utf8.ValidString(got) {
				t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
			}
		})
	}
}
