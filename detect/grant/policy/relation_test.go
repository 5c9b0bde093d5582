package policy

import "testing"

// row is a statement and what it must be read as.
type row struct {
	name      string
	source    string
	principal string // JSON
	condition string // JSON, empty for none
	relation  Relation
	binding   Binding
	account   string // that gets in
}

func checkRows(t *testing.T, rows []row) {
	t.Helper()
	for _, test := range rows {
		t.Run(test.name, func(t *testing.T) {
			statement := `{"Effect":"Allow","Principal":` + test.principal + `,"Action":"s3:GetObject"`
			if test.condition != "" {
				statement += `,"Condition":` + test.condition
			}
			list := ReadJSON([]byte(`{"Version":"2012-10-17","Statement":[`+statement+`}]}`), Options{Owner: owner})
			if len(list.Grants) == 0 {
				t.Fatalf("%s: no grant", statement)
			}
			g := list.Grants[0]
			if g.Relation != test.relation || g.Binding != test.binding || g.PrincipalAccount != test.account {
				t.Errorf("%s\n%s}\n got %q %q %q: %s\nwant %q %q %q", test.source, statement,
					g.Relation, g.Binding, g.PrincipalAccount, g.Reason, test.relation, test.binding, test.account)
			}
		})
	}
}

func TestRelationOfAPrincipal(t *testing.T) {
	checkRows(t, []row{
		{"everyone as a text", iamPrincipal, `"*"`, ``, "public", "", ""},
		{"everyone under AWS", iamPrincipal, `{"AWS":"*"}`, ``, "public", "", ""},
		{"everyone in a list", iamPrincipal, `{"AWS":["*"]}`, ``, "public", "", ""},
		{"everyone beside the own account", iamPrincipal, `{"AWS":["111122223333","*"]}`, ``, "public", "", ""},
		{"every service", hostile, `{"Service":"*"}`, ``, "public", "", ""},
		{"every provider", hostile, `{"Federated":"*"}`, ``, "public", "", ""},

		{"another account by its number", iamPrincipal, `{"AWS":"444455556666"}`, ``, "cross_account", "", "444455556666"},
		{"the own account by its number", iamPrincipal, `{"AWS":"111122223333"}`, ``, "same_account", "", "111122223333"},
		{"an account with leading zeros", iamIDs, `{"AWS":"000455556666"}`, ``, "cross_account", "", "000455556666"},
		{"an account that a collector made a number", hostile, `{"AWS":444455556666}`, ``, "cross_account", "", "444455556666"},
		{"a number lost its leading zeros", hostile, `{"AWS":455556666}`, ``, "cross_account", "", "000455556666"},
		{"a number of thirteen digits", hostile, `{"AWS":1444455556666}`, ``, "unknown", "", ""},
		{"eleven digits", iamIDs, `{"AWS":"44445555666"}`, ``, "unknown", "", ""},
		{"digits of another script", hostile, `{"AWS":"４４４４５５５５６６６６"}`, ``, "unknown", "", ""},
		{"the root of another account", iamPrincipal, `{"AWS":"arn:aws:iam::444455556666:root"}`, ``, "cross_account", "", "444455556666"},
		{"the root of the own account", iamPrincipal, `{"AWS":"arn:aws:iam::111122223333:root"}`, ``, "same_account", "", "111122223333"},
		{"a user of another account", iamPrincipal, `{"AWS":"arn:aws:iam::444455556666:user/evil"}`, ``, "cross_account", "", "444455556666"},
		{"a user with a path", iamIDs, `{"AWS":"arn:aws:iam::444455556666:user/a/b/Bob"}`, ``, "cross_account", "", "444455556666"},
		{"a user of the own account", iamPrincipal, `{"AWS":"arn:aws:iam::111122223333:user/bob"}`, ``, "same_account", "", "111122223333"},
		{"a role of another account", iamPrincipal, `{"AWS":"arn:aws:iam::444455556666:role/deploy"}`, ``, "cross_account", "", "444455556666"},
		{"a role of the own account", iamPrincipal, `{"AWS":"arn:aws:iam::111122223333:role/deploy"}`, ``, "same_account", "", "111122223333"},
		{"a role whose path has the own account in it", iamModel, `{"AWS":"arn:aws:iam::444455556666:role/arn:aws:iam::111122223333:root/x"}`, ``, "cross_account", "", "444455556666"},
		{"a role whose name ends like a service", iamModel, `{"AWS":"arn:aws:iam::444455556666:role/s3.amazonaws.com"}`, ``, "cross_account", "", "444455556666"},
		{"a service-linked role", iamPrincipal, `{"AWS":"arn:aws:iam::444455556666:role/aws-service-role/lex.amazonaws.com/AWSServiceRoleForLexBots"}`, ``, "cross_account", "", "444455556666"},
		{"a session of a foreign role", iamPrincipal, `{"AWS":"arn:aws:sts::444455556666:assumed-role/deploy/ci"}`, ``, "cross_account", "", "444455556666"},
		{"a session of an own role", iamPrincipal, `{"AWS":"arn:aws:sts::111122223333:assumed-role/deploy/ci"}`, ``, "same_account", "", "111122223333"},
		{"a foreign federated user", iamPrincipal, `{"AWS":"arn:aws:sts::444455556666:federated-user/bob"}`, ``, "cross_account", "", "444455556666"},
		{"a federated user of the own account", iamPrincipal, `{"AWS":"arn:aws:sts::111122223333:federated-user/bob"}`, ``, "same_account", "", "111122223333"},
		{"a percent-encoded role", trailRecord, `{"AWS":"arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeploy"}`, ``, "cross_account", "", "444455556666"},
		{"broken percent-encoding", hostile, `{"AWS":"arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2"}`, ``, "unknown", "", ""},
		{"percent-encoding that is none", hostile, `{"AWS":"arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fa%ZZ"}`, ``, "unknown", "", ""},
		{"China", partitions, `{"AWS":"arn:aws-cn:iam::444455556666:root"}`, ``, "cross_account", "", "444455556666"},
		{"GovCloud", partitions, `{"AWS":"arn:aws-us-gov:iam::444455556666:role/r"}`, ``, "cross_account", "", "444455556666"},
		{"a partition that is not there yet", partitions, `{"AWS":"arn:aws-moon-1:iam::444455556666:role/r"}`, ``, "cross_account", "", "444455556666"},
		{"a wildcard for the account is not a principal", iamPrincipal, `{"AWS":"arn:aws:iam::*:role/deploy"}`, ``, "unknown", "", ""},
		{"a group is not a principal", iamPrincipal, `{"AWS":"arn:aws:iam::444455556666:group/admins"}`, ``, "unknown", "", ""},
		{"the ARN of a bucket is not a principal", iamPrincipal, `{"AWS":"arn:aws:s3:::444455556666"}`, ``, "unknown", "", ""},
		{"a role's unique ID", iamIDs, `{"AWS":"AROADBQP57FF2AEXAMPLE"}`, ``, "unknown", "", ""},
		{"a user's unique ID", iamIDs, `{"AWS":"AIDACKCEVSQ6C2EXAMPLE"}`, ``, "unknown", "", ""},
		{"a role's unique ID with a session", iamIDs, `{"AWS":"AROADBQP57FF2AEXAMPLE:ci"}`, ``, "unknown", "", ""},
		{"a unique ID of the own account, by a condition", iamKeys, `{"AWS":"AROADBQP57FF2AEXAMPLE"}`,
			`{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"},
		{"a unique ID of another account, by a condition", iamKeys, `{"AWS":"AROADBQP57FF2AEXAMPLE"}`,
			`{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}`, "cross_account", "", "444455556666"},
		{"a canonical user", iamPrincipal, `{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, ``, "unknown", "", ""},
		{"a CloudFront identity by its ARN", cloudFront, `{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"}`, ``, "service", "unknown", ""},
		{"a word", hostile, `{"AWS":"everyone"}`, ``, "unknown", "", ""},
		{"a key that IAM does not know", hostile, `{"Group":"arn:aws:iam::111122223333:root"}`, ``, "unknown", "", ""},
		{"an account under Service", hostile, `{"Service":"111122223333"}`, ``, "unknown", "", ""},
		{"a principal that is a map", hostile, `{"AWS":{"x":"y"}}`, ``, "unknown", "", ""},
		{"a principal that is null", hostile, `null`, ``, "unknown", "", ""},
		{"no principal in a list", hostile, `{"AWS":[]}`, ``, "unknown", "", ""},
		{"no principal in a map", hostile, `{}`, ``, "unknown", "", ""},
		{"keys of the element in other letters", trailRecord, `{"aws":"444455556666"}`, ``, "cross_account", "", "444455556666"},
		{"the worst of an account and a service", iamPrincipal, `{"Service":"s3.amazonaws.com","AWS":"444455556666"}`, ``, "cross_account", "", "444455556666"},
		{"the worst of the own account and a service", iamPrincipal, `{"AWS":"111122223333","Service":["s3.amazonaws.com"]}`, ``, "service", "unbound", ""},
		{"the worst of a key that stands twice", iamGrammar, `{"AWS":"*","aws":"111122223333"}`, ``, "public", "", ""},
		{"the first of two foreign accounts", iamPrincipal, `{"AWS":["444455556666","777788889999"]}`, ``, "cross_account", "", "444455556666"},
		{"an account within an organization is that account", iamKeys, `{"AWS":"444455556666"}`,
			`{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "cross_account", "", "444455556666"},
		{"an account on a network is that account", iamKeys, `{"AWS":"444455556666"}`,
			`{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "cross_account", "", "444455556666"},
		{"an account with an external ID is that account", iamExternalID, `{"AWS":"444455556666"}`,
			`{"StringEquals":{"sts:ExternalId":"12345"}}`, "cross_account", "", "444455556666"},
		{"a foreign account that a condition shuts out", iamMultiple, `{"AWS":"444455556666"}`,
			`{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "444455556666"},
	})
}

func TestRelationOfEveryoneWithACondition(t *testing.T) {
	everyone := func(name, source, condition string, relation Relation, binding Binding, account string) row {
		return row{name, source, `"*"`, condition, relation, binding, account}
	}
	checkRows(t, []row{
		// Accounts.
		everyone("the own account", iamKeys, `{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("another account", iamKeys, `{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}`, "cross_account", "", "444455556666"),
		everyone("an account as a JSON number", hostile, `{"StringEquals":{"aws:PrincipalAccount":444455556666}}`, "cross_account", "", "444455556666"),
		everyone("the own account or another: the weakest value decides", iamMultiple, `{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}}`, "cross_account", "", "444455556666"),
		everyone("the own account or any", iamMultiple, `{"StringLike":{"aws:PrincipalAccount":["111122223333","*"]}}`, "public", "", ""),
		everyone("a pattern without a wildcard", iamOperators, `{"StringLike":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("a pattern of accounts", iamOperators, `{"StringLike":{"aws:PrincipalAccount":"11112222*"}}`, "public", "", ""),
		everyone("a question mark in an account", iamOperators, `{"StringLike":{"aws:PrincipalAccount":"11112222333?"}}`, "public", "", ""),
		everyone("all but an account", iamOperators, `{"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}}`, "public", "", ""),
		everyone("all but the own account, where the key is there", iamOperators, `{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"},"Null":{"aws:PrincipalAccount":"false"}}`, "public", "", ""),
		everyone("IfExists on a key that is always there", iamKeys, `{"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("IfExists on a key that only KMS sends", kmsKeys, `{"StringEqualsIfExists":{"kms:CallerAccount":"111122223333"}}`, "public", "", ""),
		everyone("an operator that does not fit", iamOperators, `{"NumericEquals":{"aws:PrincipalAccount":"111122223333"}}`, "public", "", ""),
		everyone("an operator that AWS does not know", iamOperators, `{"StringIs":{"aws:PrincipalAccount":"111122223333"}}`, "public", "", ""),
		everyone("an operator in other letters", iamOperators, `{"stringequals":{"AWS:PRINCIPALACCOUNT":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("an account without regard to case", iamOperators, `{"StringEqualsIgnoreCase":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("two keys, the narrowest decides", iamMultiple, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5","aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("two operators on one key, the narrowest decides", iamMultiple, `{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]},"StringLike":{"aws:PrincipalAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("a key twice under one operator", iamGrammar, `{"StringEquals":{"aws:PrincipalAccount":"111122223333","AWS:PrincipalAccount":"111122223333"}}`, "public", "", ""),
		everyone("an operator twice", iamGrammar, `{"StringEquals":{"aws:PrincipalAccount":"111122223333"},"StringEquals":{"aws:SecureTransport":"true"}}`, "public", "", ""),
		everyone("no value", hostile, `{"StringEquals":{"aws:PrincipalAccount":[]}}`, "public", "", ""),
		everyone("a value that is a map", hostile, `{"StringEquals":{"aws:PrincipalAccount":[{"a":"111122223333"}]}}`, "public", "", ""),
		everyone("a value that is null", hostile, `{"StringEquals":{"aws:PrincipalAccount":null}}`, "public", "", ""),
		everyone("conditions that are a text", hostile, `"aws:PrincipalAccount = 111122223333"`, "public", "", ""),
		everyone("conditions that are empty", iamGrammar, `{}`, "public", "", ""),
		everyone("an operator without keys", hostile, `{"StringEquals":"111122223333"}`, "public", "", ""),
		everyone("the account of the resource, as a variable", iamVariables, `{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}`, "same_account", "", "111122223333"),
		everyone("the resource's account, as a variable of the caller's", iamVariables, `{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}`, "same_account", "", "111122223333"),
		everyone("the resource's account alone", iamKeys, `{"StringEquals":{"aws:ResourceAccount":"111122223333"}}`, "public", "", ""),
		everyone("another variable", iamVariables, `{"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalTag/account}"}}`, "public", "", ""),

		// ARNs of callers.
		everyone("a role of another account by its ARN", iamKeys, `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/deploy"}}`, "cross_account", "", "444455556666"),
		everyone("roles of the own account by a pattern", iamKeys, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`, "same_account", "", "111122223333"),
		everyone("a role of any account", iamKeys, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Deploy*"}}`, "public", "", ""),
		everyone("a role of any account, as a text", iamKeys, `{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Deploy*"}}`, "public", "", ""),
		everyone("roles of the own account, as a text", iamOperators, `{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`, "same_account", "", "111122223333"),
		everyone("any partition, field by field", iamOperators, `{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/*"}}`, "same_account", "", "111122223333"),
		everyone("any partition, as a text that crosses colons", iamOperators, `{"StringLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/*"}}`, "public", "", ""),
		everyone("an ARN with a variable for the account", iamVariables, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/*"}}`, "public", "", ""),
		everyone("an ARN with a variable before the account", iamVariables, `{"ArnLike":{"aws:PrincipalArn":"arn:${aws:x}:iam:111122223333:role/x"}}`, "public", "", ""),
		everyone("an ARN with a variable after the account", iamVariables, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/${aws:username}"}}`, "same_account", "", "111122223333"),
		everyone("an ARN, if there is one", iamKeys, `{"ArnLikeIfExists":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`, "public", "", ""),
		everyone("a star for an ARN", iamOperators, `{"ArnLike":{"aws:PrincipalArn":"*"}}`, "public", "", ""),
		everyone("all ARNs but the own", iamOperators, `{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}`, "public", "", ""),
		everyone("a percent-encoded ARN", trailRecord, `{"ArnEquals":{"aws:PrincipalArn":"arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeploy"}}`, "cross_account", "", "444455556666"),

		// Other properties of callers.
		everyone("a role's sessions by its unique ID", iamKeys, `{"StringLike":{"aws:userid":"AROADBQP57FF2AEXAMPLE:*"}}`, "unknown", "", ""),
		everyone("a user's unique ID", iamKeys, `{"StringEquals":{"aws:userid":"AIDACKCEVSQ6C2EXAMPLE"}}`, "unknown", "", ""),
		everyone("the root user of the own account", iamKeys, `{"StringEquals":{"aws:userid":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("federated users of another account", iamKeys, `{"StringLike":{"aws:userid":"444455556666:*"}}`, "cross_account", "", "444455556666"),
		everyone("a role's sessions, if there is an ID", iamKeys, `{"StringLikeIfExists":{"aws:userid":"AROADBQP57FF2AEXAMPLE:*"}}`, "public", "", ""),
		everyone("all roles by the start of their IDs", iamKeys, `{"StringLike":{"aws:userid":"AROA*"}}`, "public", "", ""),
		everyone("a tag that an outsider may have too", iamKeys, `{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`, "public", "", ""),
		everyone("a type of principal", iamKeys, `{"StringEquals":{"aws:PrincipalType":"User"}}`, "public", "", ""),
		everyone("a user name", iamKeys, `{"StringEquals":{"aws:username":"bob"}}`, "public", "", ""),
		everyone("an external ID", iamExternalID, `{"StringEquals":{"sts:ExternalId":"12345"}}`, "public", "", ""),
		everyone("a session name", iamKeys, `{"StringEquals":{"sts:RoleSessionName":"ci"}}`, "public", "", ""),

		// Circumstances.
		everyone("an encrypted connection", iamKeys, `{"Bool":{"aws:SecureTransport":"true"}}`, "public", "", ""),
		everyone("a second factor", iamKeys, `{"Bool":{"aws:MultiFactorAuthPresent":true}}`, "public", "", ""),
		everyone("a date", iamOperators, `{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`, "public", "", ""),
		everyone("a number", iamOperators, `{"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"3600"}}`, "public", "", ""),
		everyone("bytes", iamOperators, `{"BinaryEquals":{"key":"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}`, "public", "", ""),
		everyone("a referer", s3Examples, `{"StringLike":{"aws:Referer":"https://www.example.com/*"}}`, "public", "", ""),
		everyone("a user agent", iamKeys, `{"StringEquals":{"aws:UserAgent":"secret"}}`, "public", "", ""),
		everyone("a region", iamKeys, `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, "public", "", ""),
		everyone("an ACL of the upload", s3Examples, `{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`, "public", "", ""),
		everyone("a service on the way", iamKeys, `{"Bool":{"aws:ViaAWSService":"true"}}`, "public", "", ""),
		everyone("where a subscription delivers", snsKeys, `{"StringLike":{"sns:Endpoint":"*@example.com"}}`, "public", "", ""),
		everyone("a function's URL without authentication", lambdaURL, `{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}`, "public", "", ""),
		everyone("a function's URL with a signature", lambdaURL, `{"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}`, "public", "", ""),
		everyone("only through a function's URL", lambdaURL, `{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}`, "public", "", ""),

		// Organizations.
		everyone("an organization", iamKeys, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "organization", "", ""),
		everyone("two organizations", iamMultiple, `{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","o-z9y8x7w6v5"]}}`, "organization", "", ""),
		everyone("one value of an organization's key, by a set operator", iamSets, `{"ForAnyValue:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "organization", "", ""),
		everyone("the resource's organization", iamVariables, `{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}}`, "organization", "", ""),
		everyone("the resource's organization, the other way round", iamVariables, `{"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}`, "organization", "", ""),
		everyone("the resource's organization alone", iamKeys, `{"StringEquals":{"aws:ResourceOrgID":"o-a1b2c3d4e5"}}`, "public", "", ""),
		everyone("an organization's ID that is too short", iamKeys, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e"}}`, "public", "", ""),
		everyone("a pattern of organizations", iamOperators, `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`, "public", "", ""),
		everyone("an organization or any", iamMultiple, `{"StringLike":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","*"]}}`, "public", "", ""),
		everyone("every other organization, and who is in none", iamOperators, `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "public", "", ""),
		everyone("an organization, if there is one", iamOperators, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "public", "", ""),
		everyone("an organization, if there is one, and there must be", iamOperators, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":"false"}}`, "organization", "", ""),
		everyone("an organization, if there is one, which a pattern demands", iamOperators, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"StringLike":{"aws:PrincipalOrgID":"*"}}`, "organization", "", ""),
		everyone("an organization for all values", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "public", "", ""),
		everyone("an organization for all values, of which there is one", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":false}}`, "organization", "", ""),
		everyone("an organization for all values, of which there is none", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":true}}`, "public", "", ""),
		everyone("an organization for all values, of which there may be none", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":["false","true"]}}`, "public", "", ""),
		everyone("an organization for all values, which may be missing or not", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":["true","false"]}}`, "public", "", ""),
		everyone("an organization for all values, of which none is said", iamSets, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":[]}}`, "public", "", ""),
		everyone("an organization, if there is one, with Null twice", iamGrammar, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":"false"},"null":{"aws:PrincipalOrgID":"true"}}`, "public", "", ""),
		everyone("an organization, if there is one, with a Null that AWS does not know", iamOperators, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"NullIfExists":{"aws:PrincipalOrgID":"false"}}`, "public", "", ""),
		everyone("an organization, if there is one, with a Null for any value", iamOperators, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"ForAnyValue:Null":{"aws:PrincipalOrgID":"false"}}`, "public", "", ""),
		everyone("an organization, if there is one, with both answers of Null", iamGrammar, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":"false","AWS:PrincipalOrgID":"true"}}`, "public", "", ""),
		everyone("whoever is in an organization", iamOperators, `{"Null":{"aws:PrincipalOrgID":"false"}}`, "public", "", ""),
		everyone("whoever is in no organization", iamOperators, `{"Null":{"aws:PrincipalOrgID":"true"}}`, "public", "", ""),
		everyone("a unit of an organization", iamKeys, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}`, "organization", "", ""),
		everyone("an organization as a path", iamKeys, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-a1b2c3d4e5/*"]}}`, "organization", "", ""),
		everyone("a unit of any organization", iamKeys, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-ab12/ou-ab12-11111111/*"}}`, "public", "", ""),
		everyone("a unit without a set operator", iamSets, `{"StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`, "public", "", ""),
		everyone("a unit for all values", iamSets, `{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`, "public", "", ""),
		everyone("a unit for all values, of which there is one", iamSets, `{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"},"Null":{"aws:PrincipalOrgPaths":"false"}}`, "organization", "", ""),
		everyone("an organization that a path begins like", iamKeys, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5*"}}`, "public", "", ""),

		// Networks.
		everyone("an address range", s3Public, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "network", "", ""),
		everyone("an address", iamOperators, `{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}`, "network", "", ""),
		everyone("ranges of both kinds", s3Public, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8:1234:5678::/64"]}}`, "network", "", ""),
		everyone("the widest range that counts", s3Public, `{"IpAddress":{"aws:SourceIp":"203.0.0.0/8"}}`, "network", "", ""),
		everyone("a range that is too wide", s3Public, `{"IpAddress":{"aws:SourceIp":"202.0.0.0/7"}}`, "public", "", ""),
		everyone("the widest range of IPv6 that counts", s3Public, `{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, "network", "", ""),
		everyone("a range of IPv6 that is too wide", s3Public, `{"IpAddress":{"aws:SourceIp":"2001:db8::/31"}}`, "public", "", ""),
		everyone("all addresses", s3Public, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`, "public", "", ""),
		everyone("all addresses of IPv6", s3Public, `{"IpAddress":{"aws:SourceIp":"::/0"}}`, "public", "", ""),
		everyone("all addresses as IPv6 writes them", ipRegistry, `{"IpAddress":{"aws:SourceIp":"::ffff:0.0.0.0/96"}}`, "public", "", ""),
		everyone("a range or all addresses", iamMultiple, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}`, "public", "", ""),
		everyone("narrow ranges that are wide together", s3Public, `{"IpAddress":{"aws:SourceIp":["1.0.0.0/8","2.0.0.0/8"]}}`, "public", "", ""),
		everyone("narrow ranges of IPv6 that are wide together", s3Public, `{"IpAddress":{"aws:SourceIp":["2001:db8::/32","2001:db9::/32"]}}`, "public", "", ""),
		everyone("all but a range", iamOperators, `{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "public", "", ""),
		everyone("a range, if the address is known", iamOperators, `{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}`, "public", "", ""),
		everyone("a range as a text", iamOperators, `{"StringEquals":{"aws:SourceIp":"203.0.113.0/24"}}`, "public", "", ""),
		everyone("a range that is none", hostile, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/33"}}`, "public", "", ""),
		everyone("an address with a zone", hostile, `{"IpAddress":{"aws:SourceIp":"fe80::1%eth0"}}`, "public", "", ""),
		everyone("a private address alone", iamKeys, `{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"}}`, "public", "", ""),
		everyone("a VPC", s3VPC, `{"StringEquals":{"aws:SourceVpc":"vpc-111bbb22"}}`, "network", "", ""),
		everyone("a VPC endpoint", s3VPC, `{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`, "network", "", ""),
		everyone("any VPC", s3Public, `{"StringLike":{"aws:SourceVpc":"vpc-*"}}`, "public", "", ""),
		everyone("all VPC endpoints but one", s3VPC, `{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`, "public", "", ""),
		everyone("a VPC by its ARN", iamKeys, `{"ArnEquals":{"aws:SourceVpcArn":"arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-111bbb22"}}`, "network", "", ""),
		everyone("endpoints of an account", iamKeys, `{"StringEquals":{"aws:VpceAccount":"111122223333"}}`, "network", "", ""),
		everyone("endpoints of an organization", iamKeys, `{"StringEquals":{"aws:VpceOrgID":"o-a1b2c3d4e5"}}`, "network", "", ""),
		everyone("endpoints of a unit", iamKeys, `{"ForAnyValue:StringLike":{"aws:VpceOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}`, "network", "", ""),
		everyone("a mount target", efsPublic, `{"Bool":{"elasticfilesystem:AccessedViaMountTarget":"true"}}`, "network", "", ""),
		everyone("no mount target", efsPublic, `{"Bool":{"elasticfilesystem:AccessedViaMountTarget":"false"}}`, "public", "", ""),
		everyone("an organization on a network", iamMultiple, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "organization", "", ""),

		// Services.
		everyone("services for the own account", iamKeys, `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, "service", "own_account", "111122223333"),
		everyone("services for another account", iamKeys, `{"StringEquals":{"aws:SourceAccount":"444455556666"}}`, "service", "foreign_account", "444455556666"),
		everyone("services for an ARN of the own account", s3Notify, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111122223333:topic"}}`, "service", "own_account", "111122223333"),
		everyone("services for an S3 bucket", s3Notify, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::example"}}`, "service", "unknown", ""),
		everyone("services for an S3 bucket of the own account", s3Notify, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::example"},"StringEquals":{"aws:SourceAccount":"111122223333"}}`, "service", "own_account", "111122223333"),
		everyone("services for any topic", iamKeys, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}`, "public", "", ""),
		everyone("services for accounts of an organization", iamKeys, `{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}}`, "service", "organization", ""),
		everyone("services for the own account, if they say so", iamOperators, `{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}`, "public", "", ""),
		everyone("services alone", iamKeys, `{"Bool":{"aws:PrincipalIsAWSService":"true"}}`, "service", "unbound", ""),
		everyone("all but services", iamKeys, `{"Bool":{"aws:PrincipalIsAWSService":"false"}}`, "public", "", ""),
		everyone("services and others", iamKeys, `{"Bool":{"aws:PrincipalIsAWSService":["true","false"]}}`, "public", "", ""),
		everyone("one service", iamKeys, `{"StringEquals":{"aws:PrincipalServiceName":"cloudtrail.amazonaws.com"}}`, "service", "unbound", ""),
		everyone("one service by the list of its names", iamKeys, `{"ForAnyValue:StringEquals":{"aws:PrincipalServiceNamesList":"cloudtrail.amazonaws.com"}}`, "service", "unbound", ""),
		everyone("the default policy of a topic", snsDefault, `{"StringEquals":{"AWS:SourceOwner":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("the default policy of a topic, of another account", snsDefault, `{"StringEquals":{"AWS:SourceOwner":"444455556666"}}`, "cross_account", "", "444455556666"),

		// Keys of single services.
		everyone("an AWS managed key", kmsManaged, `{"StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"s3.eu-west-1.amazonaws.com"}}`, "same_account", "", "111122223333"),
		everyone("a key for another account", kmsKeys, `{"StringEquals":{"kms:CallerAccount":"444455556666"}}`, "cross_account", "", "444455556666"),
		everyone("a key through a service alone", kmsKeys, `{"StringEquals":{"kms:ViaService":"ec2.us-west-2.amazonaws.com"}}`, "public", "", ""),
		everyone("a key with an encryption context that callers choose", kmsKeys, `{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-1:111122223333:log-group:x"}}`, "public", "", ""),
		everyone("grants for AWS resources", kmsKeys, `{"Bool":{"kms:GrantIsForAWSResource":"true"}}`, "public", "", ""),
		everyone("access points of the own account", s3Delegate, `{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}`, "same_account", "", "111122223333"),
		everyone("access points of another account", s3Delegate, `{"StringEquals":{"s3:DataAccessPointAccount":"444455556666"}}`, "cross_account", "", "444455556666"),
		everyone("access points of the own account by a pattern", s3Public, `{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}}`, "same_account", "", "111122223333"),
		everyone("access points of any account", s3Public, `{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/*"}}`, "public", "", ""),
		everyone("uploads with a key", s3Public, `{"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-west-1:111122223333:key/1"}}`, "unknown", "", ""),
	})
}

// TestAnAccessPointsOwnPolicyIsNotBoundByIt has the keys that bind the policy of
// a bucket in the policy of an access point, through which all requests come.
func TestAnAccessPointsOwnPolicyIsNotBoundByIt(t *testing.T) {
	tests := []struct {
		name, resource, condition string
		relation                  Relation
	}{
		{"a bucket", `"arn:aws:s3:::example/*"`, `"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}`, "same_account"},
		{"an access point", `"arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/*"`, `"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}`, "public"},
		{"an access point among others", `["arn:aws:s3:::example/*","arn:aws:s3:eu-west-1:111122223333:accesspoint/a"]`,
			`"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:111122223333:accesspoint/*"}`, "public"},
		{"an access point with another key", `"arn:aws:s3:eu-west-1:111122223333:accesspoint/a"`, `"StringEquals":{"aws:PrincipalAccount":"111122223333"}`, "same_account"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := ReadJSON([]byte(`{"Effect":"Allow","Principal":"*","Resource":`+test.resource+`,"Condition":{`+test.condition+`}}`), Options{Owner: owner})
			if worst, _ := list.Worst(); worst != test.relation {
				t.Errorf("%s: got %q, want %q", s3Public, worst, test.relation)
			}
		})
	}
}

func TestRelationOfAService(t *testing.T) {
	service := func(name, source, condition string, binding Binding, account string) row {
		return row{name, source, `{"Service":"lambda.amazonaws.com"}`, condition, "service", binding, account}
	}
	checkRows(t, []row{
		service("without a condition", iamDeputy, ``, "unbound", ""),
		service("for the own account", iamDeputy, `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, "own_account", "111122223333"),
		service("for another account", iamDeputy, `{"StringEquals":{"aws:SourceAccount":"444455556666"}}`, "foreign_account", "444455556666"),
		service("for the own account or another", iamMultiple, `{"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}}`, "foreign_account", "444455556666"),
		service("for a pattern of accounts", iamOperators, `{"StringLike":{"aws:SourceAccount":"1111*"}}`, "unbound", ""),
		service("for all accounts but one", iamOperators, `{"StringNotEquals":{"aws:SourceAccount":"444455556666"}}`, "unbound", ""),
		service("for the own account, if it says so", iamOperators, `{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}`, "unbound", ""),
		service("for the own account, if it says so, and it must", iamOperators, `{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"},"Null":{"aws:SourceAccount":"false"}}`, "own_account", "111122223333"),
		service("for all values of the own account", iamSets, `{"ForAllValues:StringEquals":{"aws:SourceAccount":"111122223333"}}`, "unbound", ""),
		service("for the account of the resource", iamVariables, `{"StringEquals":{"aws:SourceAccount":"${aws:ResourceAccount}"}}`, "own_account", "111122223333"),
		service("for a resource of the own account", iamDeputy, `{"ArnEquals":{"aws:SourceArn":"arn:aws:events:eu-west-1:111122223333:rule/r"}}`, "own_account", "111122223333"),
		service("for resources of the own account", iamDeputy, `{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:111122223333:*"}}`, "own_account", "111122223333"),
		service("for any resource of the own account", iamDeputy, `{"ArnLike":{"aws:SourceArn":"arn:*:*:*:111122223333:*"}}`, "own_account", "111122223333"),
		service("for a resource of another account", iamDeputy, `{"ArnEquals":{"aws:SourceArn":"arn:aws:events:eu-west-1:444455556666:rule/r"}}`, "foreign_account", "444455556666"),
		service("for a resource of any account", iamDeputy, `{"ArnLike":{"aws:SourceArn":"arn:aws:events:eu-west-1:*:rule/r"}}`, "unbound", ""),
		service("for a text that begins with the own account", iamOperators, `{"StringLike":{"aws:SourceArn":"arn:aws:events:eu-west-1:111122223333:*"}}`, "own_account", "111122223333"),
		service("for a text that may cross colons", iamOperators, `{"StringLike":{"aws:SourceArn":"arn:aws:lambda:*:111122223333:*"}}`, "unknown", ""),
		service("for a star", iamOperators, `{"StringLike":{"aws:SourceArn":"*"}}`, "unbound", ""),
		service("for an API without an account", lambdaGuide, `{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:eu-west-1::*"}}`, "unbound", ""),
		service("for an S3 bucket", s3Notify, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::example"}}`, "unknown", ""),
		service("for a bucket with stars as S3 documents it", s3Notify, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:example"}}`, "unknown", ""),
		service("for buckets whose names begin so", s3Notify, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::a*"}}`, "unbound", ""),
		service("for something of any service", s3Notify, `{"ArnLike":{"AWS:SourceArn":"arn:aws:*:::a"}}`, "unbound", ""),
		service("for a bucket that the caller names", iamVariables, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::${aws:PrincipalTag/bucket}"}}`, "unbound", ""),
		service("for a bucket whose name has a dollar sign", iamVariables, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::a$b"}}`, "unknown", ""),
		service("for a bucket of the own account", lambdaGuide, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::example"},"StringEquals":{"AWS:SourceAccount":"111122223333"}}`, "own_account", "111122223333"),
		service("for a bucket of another account", lambdaGuide, `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::example"},"StringEquals":{"AWS:SourceAccount":"444455556666"}}`, "foreign_account", "444455556666"),
		service("for an organization", iamKeys, `{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}}`, "organization", ""),
		service("for a unit of an organization", iamKeys, `{"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}`, "organization", ""),
		service("for any organization", iamKeys, `{"StringLike":{"aws:SourceOrgID":"*"}}`, "unbound", ""),
		service("for an organization and the own account", iamMultiple, `{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5","aws:SourceAccount":"111122223333"}}`, "own_account", "111122223333"),
		service("with an organization of the caller's", iamKeys, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`, "organization", ""),
		service("for the owner that SNS knows", snsDefault, `{"StringEquals":{"aws:SourceOwner":"111122223333"}}`, "own_account", "111122223333"),
		service("for a log group of the own account", logsKey, `{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-1:111122223333:log-group:x"}}`, "own_account", "111122223333"),
		service("for log groups of any account", logsKey, `{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:*:*:*"}}`, "unbound", ""),
		service("for trails of the own account, as a text", trailKey, `{"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}`, "unknown", ""),
		service("for a trail of the own account", trailKey, `{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}`, "own_account", "111122223333"),
		service("with the ACL of log deliveries", trailBucket, `{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`, "unbound", ""),
		service("on a network, which services are not", iamKeys, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, "unbound", ""),
		service("with a second factor, which services do not have", iamKeys, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, "unbound", ""),
		service("with an external ID", iamExternalID, `{"StringEquals":{"sts:ExternalId":"111122223333"}}`, "unbound", ""),

		{"Alexa without a token", alexaGuide, `{"Service":"alexa-appkit.amazon.com"}`, ``, "service", "unbound", ""},
		{"Alexa with a token", lambdaModel, `{"Service":"alexa-appkit.amazon.com"}`, `{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.0"}}`, "service", "secret", ""},
		{"Alexa with any token", lambdaModel, `{"Service":"alexa-appkit.amazon.com"}`, `{"StringLike":{"lambda:EventSourceToken":"*"}}`, "service", "unbound", ""},
		{"a service of one region", iamPrincipal, `{"Service":"logs.eu-west-1.amazonaws.com"}`, ``, "service", "unbound", ""},
		{"a service in China", partitions, `{"Service":"ec2.amazonaws.com.cn"}`, ``, "service", "unbound", ""},
		{"several services", iamPrincipal, `{"Service":["ecs.amazonaws.com","elasticloadbalancing.amazonaws.com"]}`, ``, "service", "unbound", ""},
		{"a service in the place of everyone", lambdaGuide, `"s3.amazonaws.com"`, ``, "service", "unbound", ""},
	})
}

func TestRelationOfAFederatedIdentity(t *testing.T) {
	const (
		gitHub = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`
		gitLab = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/gitlab.com"}`
		eks    = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}`
		saml   = `{"Federated":"arn:aws:iam::111122223333:saml-provider/ADFS"}`
		own    = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/login.example.com"}`

		gitHubSub  = `"token.actions.githubusercontent.com:sub"`
		gitHubAud  = `"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"`
		cognitoAud = `"cognito-identity.amazonaws.com:aud":"us-east-1:12345678-dead-beef-cafe-123456790ab"`
		eksKey     = `oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE`
	)
	federated := func(name, source, principal, condition string, binding Binding) row {
		return row{name, source, principal, condition, "federated", binding, ""}
	}
	checkRows(t, []row{
		federated("GitHub without a condition", iamSharedOIDC, gitHub, ``, "unbound"),
		federated("GitHub with the audience that all have", iamGitHub, gitHub, `{"StringEquals":{`+gitHubAud+`}}`, "unbound"),
		federated("GitHub with a branch", iamGitHub, gitHub, `{"StringEquals":{`+gitHubAud+`,`+gitHubSub+`:"repo:octo-org/octo-repo:ref:refs/heads/main"}}`, "subject"),
		federated("GitHub with a repository", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo-org/octo-repo:*"}}`, "subject"),
		federated("GitHub with an owner", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo-org/*"}}`, "subject"),
		federated("GitHub with the start of an owner", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo*"}}`, "unbound"),
		federated("GitHub with any repository", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:*"}}`, "unbound"),
		federated("GitHub with a repository of any owner", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:*/octo-repo:*"}}`, "unbound"),
		federated("GitHub with any subject", iamSharedOIDC, gitHub, `{"StringLike":{`+gitHubSub+`:"*"}}`, "unbound"),
		federated("GitHub with a question mark", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo-or?/octo-repo:*"}}`, "unbound"),
		federated("GitHub with a claim that is not the repository", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repositories:octo-org/*"}}`, "unbound"),
		federated("GitHub with a variable", iamVariables, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:${aws:PrincipalTag/owner}/*"}}`, "unbound"),
		federated("GitHub with an owner or any", iamMultiple, gitHub, `{"StringLike":{`+gitHubSub+`:["repo:octo-org/*","repo:*"]}}`, "unbound"),
		federated("GitHub with all but a repository", iamOperators, gitHub, `{"StringNotLike":{`+gitHubSub+`:"repo:octo-org/*"}}`, "unbound"),
		federated("GitHub with a subject for all values", iamSets, gitHub, `{"ForAllValues:StringEquals":{`+gitHubSub+`:"repo:octo-org/octo-repo:ref:refs/heads/main"}}`, "unbound"),
		federated("GitHub with a subject for all values, of which there is one", iamSets, gitHub, `{"ForAllValues:StringEquals":{`+gitHubSub+`:"repo:octo-org/octo-repo:ref:refs/heads/main"},"Null":{`+gitHubSub+`:"false"}}`, "subject"),
		federated("GitHub with a subject for all values, with both answers of Null", iamGrammar, gitHub, `{"ForAllValues:StringEquals":{`+gitHubSub+`:"repo:octo-org/octo-repo:ref:refs/heads/main"},"Null":{`+gitHubSub+`:"false","TOKEN.actions.githubusercontent.com:sub":"true"}}`, "unbound"),
		federated("GitHub with a subject for all values, with the answers the other way round", iamGrammar, gitHub, `{"ForAllValues:StringEquals":{`+gitHubSub+`:"repo:octo-org/octo-repo:ref:refs/heads/main"},"Null":{"TOKEN.actions.githubusercontent.com:sub":"true",`+gitHubSub+`:"false"}}`, "unbound"),
		federated("GitHub with a subject for any value", iamSets, gitHub, `{"ForAnyValue:StringLike":{`+gitHubSub+`:["repo:octo-org/*","repo:octo-inc/*"]}}`, "subject"),
		federated("GitHub with a subject, if it exists", iamCrossService, gitHub, `{"StringLikeIfExists":{`+gitHubSub+`:"repo:octo-org/*"}}`, "subject"),
		federated("GitHub with a subject twice", iamGrammar, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo-org/*","TOKEN.actions.githubusercontent.com:sub":"*"}}`, "unbound"),
		federated("GitHub with an operator twice", iamGrammar, gitHub, `{"StringLike":{`+gitHubSub+`:"repo:octo-org/*"},"StringLike":{"aws:SourceIp":"x"}}`, "unbound"),
		federated("GitHub with an operator that does not fit", iamOperators, gitHub, `{"ArnLike":{`+gitHubSub+`:"repo:octo-org/*"}}`, "unbound"),
		federated("GitHub with an environment of any repository", gitHubDocs, gitHub, `{"StringEquals":{`+gitHubSub+`:"environment:production"}}`, "unbound"),
		federated("GitHub with the owner's number in the subject", gitHubDocs, gitHub, `{"StringLike":{`+gitHubSub+`:"repository_owner_id:65:*"}}`, "subject"),
		federated("GitHub with the claim for a repository", authReference, gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:repository":"octo-org/octo-repo"}}`, "subject"),
		federated("GitHub with the claim for any repository", authReference, gitHub, `{"StringLike":{"token.actions.githubusercontent.com:repository":"*/octo-repo"}}`, "unbound"),
		federated("GitHub with the claim for a repository's number", authReference, gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:repository_id":"74"}}`, "subject"),
		federated("GitHub with that claim, if it exists", authReference, gitHub, `{"StringEqualsIfExists":{"token.actions.githubusercontent.com:repository_id":"74"}}`, "unbound"),
		federated("GitHub with the claim for an enterprise", authReference, gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:enterprise_id":"6"}}`, "provider"),
		federated("GitHub with who started the workflow", authReference, gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:actor":"octocat"}}`, "unbound"),
		federated("GitHub with a workflow that others may call", authReference, gitHub, `{"StringEquals":{"token.actions.githubusercontent.com:job_workflow_ref":"octo-org/w/.github/workflows/x.yml@main"}}`, "unbound"),
		federated("GitHub with the subject of another provider", iamGitHub, gitHub, `{"StringLike":{"gitlab.com:sub":"project_path:g/p:*"}}`, "unbound"),
		federated("GitHub of an enterprise, by the path", authReference, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com/octo"}`, ``, "provider"),
		federated("GitHub of an enterprise, by the host", authReference, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.octo.ghe.com"}`, ``, "provider"),
		federated("GitHub with any subject, on a network", iamVPCFederated, gitHub, `{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`, "network"),

		federated("GitLab without a condition", iamSharedOIDC, gitLab, ``, "unbound"),
		federated("GitLab with a group", vendorDocs, gitLab, `{"StringLike":{"gitlab.com:sub":"project_path:mygroup/*:ref_type:branch:ref:main"}}`, "subject"),
		federated("GitLab with any project", vendorDocs, gitLab, `{"StringLike":{"gitlab.com:sub":"project_path:*:ref_type:branch:ref:main"}}`, "unbound"),
		federated("GitLab with the claim for a group", authReference, gitLab, `{"StringEquals":{"gitlab.com:namespace_id":"72"}}`, "provider"),
		federated("Terraform with an organization", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/app.terraform.io"}`, `{"StringLike":{"app.terraform.io:sub":"organization:my-org:project:*"}}`, "subject"),
		federated("Terraform with any organization", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/app.terraform.io"}`, `{"StringLike":{"app.terraform.io:sub":"organization:*:run_phase:apply"}}`, "unbound"),
		federated("Terraform with the audience that all have", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/app.terraform.io"}`, `{"StringEquals":{"app.terraform.io:aud":"aws.workload.identity"}}`, "unbound"),
		federated("Buildkite with a pipeline", authReference, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/agent.buildkite.com"}`, `{"StringEquals":{"agent.buildkite.com:pipeline_id":"1"}}`, "provider"),
		federated("Pulumi with an organization", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/api.pulumi.com/oidc"}`, `{"StringEquals":{"api.pulumi.com/oidc:aud":"my-org"}}`, "provider"),
		federated("Pulumi with any organization", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/api.pulumi.com/oidc"}`, `{"StringLike":{"api.pulumi.com/oidc:aud":"*"}}`, "unbound"),
		federated("Pulumi with a pattern of subjects", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/api.pulumi.com/oidc"}`, `{"StringLike":{"api.pulumi.com/oidc:sub":"pulumi:deploy:*"}}`, "unbound"),
		federated("Vercel without a condition", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.vercel.com"}`, ``, "unbound"),
		federated("Vercel with the audience of a team", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.vercel.com"}`, `{"StringEquals":{"oidc.vercel.com:aud":"https://vercel.com/acme"}}`, "provider"),
		federated("Vercel with the subjects of a team", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.vercel.com"}`, `{"StringLike":{"oidc.vercel.com:sub":"owner:acme:*"}}`, "subject"),
		federated("Vercel has the team in its name", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.vercel.com/acme"}`, ``, "provider"),
		federated("CircleCI has the organization in its name", vendorDocs, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.circleci.com/org/1234"}`, ``, "provider"),
		federated("Microsoft Sentinel without a workspace", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/"}`, ``, "unbound"),
		federated("Microsoft Sentinel with a workspace", iamSharedOIDC, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/"}`, `{"StringEquals":{"sts:RoleSessionName":"MicrosoftSentinel_1"}}`, "subject"),
		federated("a session name binds nobody elsewhere", iamKeys, gitHub, `{"StringEquals":{"sts:RoleSessionName":"ci"}}`, "unbound"),

		federated("a cluster without a service account", eksIRSA, eks, `{"StringEquals":{"`+eksKey+`:aud":"sts.amazonaws.com"}}`, "provider"),
		federated("a cluster with a service account", eksIRSA, eks, `{"StringEquals":{"`+eksKey+`:sub":"system:serviceaccount:default:my-app"}}`, "subject"),
		federated("a cluster with a namespace", eksIRSA, eks, `{"StringLike":{"`+eksKey+`:sub":"system:serviceaccount:default:*"}}`, "subject"),
		federated("a cluster with any namespace", eksIRSA, eks, `{"StringLike":{"`+eksKey+`:sub":"system:serviceaccount:*:my-app"}}`, "provider"),
		federated("a host that looks like a cluster's", hostile, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.example.com/id/1"}`, ``, "unbound"),
		federated("a user pool", cognitoTokens, `{"Federated":"arn:aws:iam::111122223333:oidc-provider/cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aaaa"}`, ``, "provider"),

		federated("an identity pool without a condition", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, ``, "unbound"),
		federated("an identity pool", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{`+cognitoAud+`}}`, "unknown"),
		federated("an identity pool's users", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{`+cognitoAud+`},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`, "provider"),
		federated("an identity pool's guests", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{`+cognitoAud+`},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}`, "unbound"),
		federated("any identity pool's users", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, `{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`, "unbound"),
		federated("an identity", cognitoRoles, `{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{"cognito-identity.amazonaws.com:sub":"us-east-1:12345678-ffff-ffff-ffff-123456"}}`, "subject"),

		federated("Google without a condition", iamCrossService, `{"Federated":"accounts.google.com"}`, ``, "unbound"),
		federated("Google with an application", iamCrossService, `{"Federated":"accounts.google.com"}`, `{"StringEquals":{"accounts.google.com:aud":"66677788899900pro0"}}`, "provider"),
		federated("Google with a user", iamCrossService, `{"Federated":"accounts.google.com"}`, `{"StringEquals":{"accounts.google.com:sub":"1020304050607"}}`, "subject"),
		federated("Amazon with an application", iamCrossService, `{"Federated":"www.amazon.com"}`, `{"StringEquals":{"www.amazon.com:app_id":"amzn1.application-oa2-123456"}}`, "provider"),
		federated("Facebook without a condition", s3Public, `{"Federated":"graph.facebook.com"}`, ``, "unbound"),
		federated("Facebook with an application", iamCrossService, `{"Federated":"graph.facebook.com"}`, `{"StringEquals":{"graph.facebook.com:app_id":"111222333444555"}}`, "provider"),
		federated("Facebook with a user", iamCrossService, `{"Federated":"graph.facebook.com"}`, `{"StringEquals":{"graph.facebook.com:id":"1"}}`, "subject"),

		federated("a SAML provider with the recipient that all have", iamSAML, saml, `{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}`, "provider"),
		federated("a SAML provider without a condition", iamSAML, saml, ``, "provider"),
		federated("a SAML provider with a subject", iamSAML, saml, `{"StringEquals":{"SAML:sub":"bob"}}`, "subject"),
		{"a SAML provider of another account", iamPrincipal, `{"Federated":"arn:aws:iam::444455556666:saml-provider/ADFS"}`, ``, "cross_account", "", "444455556666"},
		{"an OIDC provider of another account", iamPrincipal, `{"Federated":"arn:aws:iam::444455556666:oidc-provider/gitlab.com"}`, ``, "cross_account", "", "444455556666"},
		{"a provider's ARN under AWS", hostile, `{"AWS":"arn:aws:iam::111122223333:oidc-provider/gitlab.com"}`, ``, "federated", "unbound", ""},

		federated("a provider that nobody lists, without a condition", iamGitHub, own, ``, "unbound"),
		federated("a provider that nobody lists, with a subject", iamGitHub, own, `{"StringEquals":{"login.example.com:sub":"bob"}}`, "subject"),
		federated("a provider that nobody lists, with a pattern of subjects", iamGitHub, own, `{"StringLike":{"login.example.com:sub":"team:blue:*"}}`, "unbound"),
		federated("a provider that nobody lists, with an audience", iamGitHub, own, `{"StringEquals":{"login.example.com:aud":"app"}}`, "unknown"),
		federated("a provider that nobody lists, with the audience of all", iamGitHub, own, `{"StringEquals":{"login.example.com:aud":"sts.amazonaws.com"}}`, "unbound"),
		federated("a provider's URL", iamCrossService, `{"Federated":"https://login.example.com/"}`, `{"StringEquals":{"login.example.com:sub":"bob"}}`, "subject"),
		federated("a word", hostile, `{"Federated":"everyone"}`, ``, "unbound"),
	})
}
