package grant

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

// Where the patterns in the tables come from.
const (
	apiModel      = "Lambda API model 2015-03-31, AddPermissionRequest (botocore service-2.json)"
	apiReference  = "AWS Lambda API Reference, AddPermission"
	lambdaGuide   = "AWS Lambda Developer Guide, Granting Lambda function access to other accounts"
	orgGuide      = "AWS Lambda Developer Guide, Granting function access to an organization"
	urlGuide      = "AWS Lambda Developer Guide, Control access to Lambda function URLs"
	iamPrincipal  = "IAM User Guide, AWS JSON policy elements: Principal"
	iamIDs        = "IAM User Guide, IAM identifiers"
	iamModel      = "IAM API model 2010-05-08, roleNameType, pathType (botocore service-2.json)"
	partitions    = "botocore partitions.json"
	cloudFront    = "CloudFront Developer Guide, Restrict access to an Amazon S3 origin"
	alexaGuide    = "Alexa Skills Kit, Host a Custom Skill as an AWS Lambda Function"
	realEvent     = "a real AddPermission20150331v2 event (invictus-ir/aws_dataset)"
	functionModel = "Lambda API model 2015-03-31, NamespacedFunctionName"
	hostile       = "nothing AWS documents"
)

func packed(t testing.TB, json string) []byte {
	t.Helper()
	if json == "" {
		return nil
	}
	value, err := document.AppendFromJSON(nil, []byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return value
}

// TestRelationOfThePrincipalParameter asks for every form of the parameter, on a
// function of account 111122223333.
func TestRelationOfThePrincipalParameter(t *testing.T) {
	tests := []struct {
		name      string
		from      string
		principal string // JSON
		kind      PrincipalType
		account   string
		relation  Relation
	}{
		{"an account ID is another account", apiReference,
			`"444455556666"`, "account", "444455556666", "cross_account"},
		{"the function's own account ID is the same account", apiReference,
			`"111122223333"`, "account", "111122223333", "same_account"},
		{"an account ID with leading zeros is another account", apiReference,
			`"000455556666"`, "account", "000455556666", "cross_account"},
		{"an account ID that a collector made a number is another account", hostile,
			`444455556666`, "account", "444455556666", "cross_account"},
		{"a number lost its leading zeros", hostile,
			`455556666`, "account", "000455556666", "cross_account"},
		{"a number of thirteen digits is not an account", hostile,
			`1444455556666`, "unknown", "", "unknown"},
		{"an account ID with hyphens is none that a policy takes", iamIDs,
			`"4444-5555-6666"`, "unknown", "", "unknown"},
		{"eleven digits are not an account ID", iamIDs,
			`"11112222333"`, "unknown", "", "unknown"},
		{"thirteen digits are not an account ID", iamIDs,
			`"1111222233334"`, "unknown", "", "unknown"},
		{"digits of another script are not an account ID", hostile,
			`"１１１１２２２２３３３３"`, "unknown", "", "unknown"},

		{"the root ARN of another account", iamPrincipal,
			`"arn:aws:iam::444455556666:root"`, "iam", "444455556666", "cross_account"},
		{"the root ARN of the own account", iamPrincipal,
			`"arn:aws:iam::111122223333:root"`, "iam", "111122223333", "same_account"},
		{"a user of another account", iamPrincipal,
			`"arn:aws:iam::444455556666:user/evil"`, "iam", "444455556666", "cross_account"},
		{"a user with a path", iamIDs,
			`"arn:aws:iam::444455556666:user/division_abc/subdivision_xyz/Bob"`, "iam", "444455556666", "cross_account"},
		{"a role of another account", lambdaGuide,
			`"arn:aws:iam::444455556666:role/deploy"`, "iam", "444455556666", "cross_account"},
		{"a role of the own account", lambdaGuide,
			`"arn:aws:iam::111122223333:role/deploy"`, "iam", "111122223333", "same_account"},
		{"a role with a path", iamIDs,
			`"arn:aws:iam::444455556666:role/service-role/QuickSightAction"`, "iam", "444455556666", "cross_account"},
		{"a service-linked role is a role, not its service", iamPrincipal,
			`"arn:aws:iam::444455556666:role/aws-service-role/lex.amazonaws.com/AWSServiceRoleForLexBots"`,
			"iam", "444455556666", "cross_account"},
		{"a role whose name ends like a service is a role", iamModel,
			`"arn:aws:iam::444455556666:role/s3.amazonaws.com"`, "iam", "444455556666", "cross_account"},
		{"a role of the own account whose name ends like a service", iamModel,
			`"arn:aws:iam::111122223333:role/s3.amazonaws.com"`, "iam", "111122223333", "same_account"},
		{"a role whose name has every character that names may have", iamModel,
			`"arn:aws:iam::444455556666:role/a+b=c,d.e@f-g_h"`, "iam", "444455556666", "cross_account"},
		{"a role whose path has the own account in it", iamModel,
			`"arn:aws:iam::444455556666:role/arn:aws:iam::111122223333:root/x"`, "iam", "444455556666", "cross_account"},
		{"a session of a role", iamPrincipal,
			`"arn:aws:sts::444455556666:assumed-role/deploy/ci"`, "iam", "444455556666", "cross_account"},
		{"a session of a role of the own account", iamPrincipal,
			`"arn:aws:sts::111122223333:assumed-role/deploy/ci"`, "iam", "111122223333", "same_account"},
		{"a federated user", iamPrincipal,
			`"arn:aws:sts::444455556666:federated-user/bob"`, "federated", "444455556666", "cross_account"},
		{"a SAML provider", iamPrincipal,
			`"arn:aws:iam::444455556666:saml-provider/ADFS"`, "federated", "444455556666", "cross_account"},
		{"an OIDC provider of the own account", iamPrincipal,
			`"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"`,
			"federated", "111122223333", "same_account"},

		{"China", partitions,
			`"arn:aws-cn:iam::444455556666:root"`, "iam", "444455556666", "cross_account"},
		{"GovCloud", partitions,
			`"arn:aws-us-gov:iam::444455556666:role/r"`, "iam", "444455556666", "cross_account"},
		{"the first secret region", partitions,
			`"arn:aws-iso:iam::444455556666:role/r"`, "iam", "444455556666", "cross_account"},
		{"the second secret region", partitions,
			`"arn:aws-iso-b:iam::444455556666:role/r"`, "iam", "444455556666", "cross_account"},
		{"the European Sovereign Cloud", partitions,
			`"arn:aws-eusc:iam::444455556666:role/r"`, "iam", "444455556666", "cross_account"},
		{"a partition that is not there yet", partitions,
			`"arn:aws-moon-1:iam::444455556666:role/r"`, "iam", "444455556666", "cross_account"},

		{"everyone", realEvent,
			`"*"`, "public", "", "public"},
		{"a unique ID of a role", iamIDs,
			`"AROADBQP57FF2AEXAMPLE"`, "unique_id", "", "unknown"},
		{"a unique ID of a user", iamIDs,
			`"AIDACKCEVSQ6C2EXAMPLE"`, "unique_id", "", "unknown"},
		{"a unique ID with a session name", iamIDs,
			`"AROADBQP57FF2AEXAMPLE:ci"`, "unique_id", "", "unknown"},
		{"an access key ID is not a principal", iamIDs,
			`"AKIAIOSFODNN7EXAMPLE"`, "unknown", "", "unknown"},
		{"a canonical user ID", iamPrincipal,
			`"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"`, "unique_id", "", "unknown"},
		{"an origin access identity of CloudFront", cloudFront,
			`"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"`, "iam", "", "unknown"},

		{"a service", apiReference,
			`"s3.amazonaws.com"`, "service", "", "service"},
		{"a service in China", partitions,
			`"s3.amazonaws.com.cn"`, "service", "", "service"},
		{"a service with its region", "AWS Lambda Developer Guide, Using Lambda with CloudWatch Logs",
			`"logs.eu-west-1.amazonaws.com"`, "service", "", "service"},
		{"a part of a service", "Amazon EventBridge User Guide, API destinations",
			`"apidestinations.events.amazonaws.com"`, "service", "", "service"},
		{"an Alexa skill", alexaGuide,
			`"alexa-appkit.amazon.com"`, "service", "", "service"},
		{"an Alexa smart home skill", alexaGuide,
			`"alexa-connectedhome.amazon.com"`, "service", "", "service"},
		{"a service in the first secret region", partitions,
			`"events.c2s.ic.gov"`, "service", "", "service"},
		{"a service in the second secret region", partitions,
			`"events.sc2s.sgov.gov"`, "service", "", "service"},
		{"a service in the European Sovereign Cloud", partitions,
			`"events.amazonaws.eu"`, "service", "", "service"},
		{"a service in capitals", hostile,
			`"S3.AmazonAWS.com"`, "service", "", "service"},
		{"a domain that only ends in the letters of a service's is none", hostile,
			`"evilamazonaws.com"`, "unknown", "", "unknown"},
		{"a domain that starts like a service's is none", hostile,
			`"s3.amazonaws.com.evil.example"`, "unknown", "", "unknown"},
		{"a path after a service's name makes it none", hostile,
			`"role/s3.amazonaws.com"`, "unknown", "", "unknown"},
		{"a name that is not a host name is not a service", hostile,
			`"my_role.amazonaws.com"`, "unknown", "", "unknown"},
		{"the suffix alone is not a service", hostile,
			`".amazonaws.com"`, "unknown", "", "unknown"},

		{"an ARN of another service is not a principal", hostile,
			`"arn:aws:s3:::bucket"`, "unknown", "", "unknown"},
		{"an IAM group is not a principal", iamPrincipal,
			`"arn:aws:iam::444455556666:group/admins"`, "unknown", "", "unknown"},
		{"an ARN that is cut off", hostile,
			`"arn:aws:iam::444455556666"`, "unknown", "", "unknown"},
		{"an ARN with a wildcard for the account", iamPrincipal,
			`"arn:aws:iam::*:root"`, "iam", "", "unknown"},
		{"an ARN with white space before it", hostile,
			`" arn:aws:iam::111122223333:root"`, "unknown", "", "unknown"},
		{"an empty text", hostile,
			`""`, "unknown", "", "unknown"},
		{"a truth value", hostile,
			`true`, "unknown", "", "unknown"},
		{"nothing", hostile,
			`null`, "unknown", "", "unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(Source{
				RequestParameters: packed(t, `{"functionName":"billing-export","statementId":"s",`+
					`"action":"lambda:InvokeFunction","principal":`+test.principal+`}`),
				RecipientAccount: "111122223333",
			})
			if !ok || g.PrincipalType != test.kind || g.PrincipalAccount != test.account || g.Relation != test.relation {
				t.Errorf("%s (%s)\n got %v %q %q %q\nwant %q %q %q", test.principal, test.from,
					ok, g.PrincipalType, g.PrincipalAccount, g.Relation, test.kind, test.account, test.relation)
			}
		})
	}
}

// TestRelationOfTheStoredPrincipal asks for every form of a statement's Principal
// element, on a function of account 111122223333.
func TestRelationOfTheStoredPrincipal(t *testing.T) {
	tests := []struct {
		name      string
		from      string
		principal string // JSON
		condition string // JSON
		reported  string
		kind      PrincipalType
		relation  Relation
	}{
		{"everyone", realEvent,
			`"*"`, `{}`, "*", "public", "public"},
		{"everyone, as AWS principal", iamPrincipal,
			`{"AWS":"*"}`, `{}`, "*", "public", "public"},
		{"an account, as AWS stores it", lambdaGuide,
			`{"AWS":"arn:aws:iam::444455556666:root"}`, `{}`,
			"arn:aws:iam::444455556666:root", "iam", "cross_account"},
		{"the own account", lambdaGuide,
			`{"AWS":"arn:aws:iam::111122223333:root"}`, `{}`,
			"arn:aws:iam::111122223333:root", "iam", "same_account"},
		{"a short account ID", iamPrincipal,
			`{"AWS":"444455556666"}`, `{}`, "444455556666", "account", "cross_account"},
		{"keys in any case", hostile,
			`{"aws":"444455556666"}`, `{}`, "444455556666", "account", "cross_account"},
		{"a service", apiReference,
			`{"Service":"s3.amazonaws.com"}`, `{}`, "s3.amazonaws.com", "service", "service"},
		{"a service of a suffix nobody knows yet", iamPrincipal,
			`{"Service":"events.aws.example"}`, `{}`, "events.aws.example", "service", "service"},
		{"an account under Service is not a service", hostile,
			`{"Service":"444455556666"}`, `{}`, "444455556666", "unknown", "unknown"},
		{"an ARN under Service is not a service", hostile,
			`{"Service":"arn:aws:iam::444455556666:role/s3.amazonaws.com"}`, `{}`,
			"arn:aws:iam::444455556666:role/s3.amazonaws.com", "unknown", "unknown"},
		{"a service's name under AWS is not a service", hostile,
			`{"AWS":"s3.amazonaws.com"}`, `{}`, "s3.amazonaws.com", "unknown", "unknown"},
		{"a federated provider of the web", iamPrincipal,
			`{"Federated":"cognito-identity.amazonaws.com"}`, `{}`,
			"cognito-identity.amazonaws.com", "federated", "unknown"},
		{"a federated provider of another account", iamPrincipal,
			`{"Federated":"arn:aws:iam::444455556666:saml-provider/p"}`, `{}`,
			"arn:aws:iam::444455556666:saml-provider/p", "federated", "cross_account"},
		{"a canonical user", iamPrincipal,
			`{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, `{}`,
			"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "unique_id", "unknown"},
		{"a role that was deleted", iamPrincipal,
			`{"AWS":"AROADBQP57FF2AEXAMPLE"}`, `{}`, "AROADBQP57FF2AEXAMPLE", "unique_id", "unknown"},
		{"of several accounts the foreign one", iamPrincipal,
			`{"AWS":["111122223333","444455556666"]}`, `{}`, "444455556666", "account", "cross_account"},
		{"of a foreign account and everyone, everyone", iamPrincipal,
			`{"AWS":["444455556666","*"]}`, `{}`, "*", "public", "public"},
		{"of a unique ID and the own account, the unique ID", iamPrincipal,
			`{"AWS":["111122223333","AROADBQP57FF2AEXAMPLE"]}`, `{}`,
			"AROADBQP57FF2AEXAMPLE", "unique_id", "unknown"},
		{"of a service and a unique ID, the unique ID", iamPrincipal,
			`{"Service":"s3.amazonaws.com","AWS":"AROADBQP57FF2AEXAMPLE"}`, `{}`,
			"AROADBQP57FF2AEXAMPLE", "unique_id", "unknown"},
		{"of a service and a foreign account, the account", iamPrincipal,
			`{"Service":"s3.amazonaws.com","AWS":"444455556666"}`, `{}`,
			"444455556666", "account", "cross_account"},
		{"of the own account and a service, the service", iamPrincipal,
			`{"AWS":"111122223333","Service":["s3.amazonaws.com"]}`, `{}`,
			"s3.amazonaws.com", "service", "service"},
		{"of two foreign accounts the first", iamPrincipal,
			`{"AWS":["444455556666","777788889999"]}`, `{}`, "444455556666", "account", "cross_account"},

		{"everyone in an organization", orgGuide,
			`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5f"}}`, "*", "public", "organization"},
		{"an organization's ID that is too short is everyone", apiModel,
			`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e"}}`, "*", "public", "public"},
		{"an organization's ID that is too long is everyone", apiModel,
			`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b"}}`, "*", "public", "public"},
		{"a pattern of organizations is everyone", orgGuide,
			`"*"`, `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`, "*", "public", "public"},
		{"an organization that counts only where there is one is everyone", iamPrincipal,
			`"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5f"}}`, "*", "public", "public"},
		{"every other organization is everyone", iamPrincipal,
			`"*"`, `{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5f"}}`, "*", "public", "public"},
		{"an organization or any is everyone", orgGuide,
			`"*"`, `{"StringLike":{"aws:PrincipalOrgID":["o-a1b2c3d4e5f","*"]}}`, "*", "public", "public"},
		{"an account within an organization is that account", orgGuide,
			`{"AWS":"444455556666"}`, `{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5f"}}`,
			"444455556666", "account", "cross_account"},
		{"everyone by the function's URL", urlGuide,
			`"*"`, `{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}`, "*", "public", "public"},
		{"everyone who signs, by the function's URL", urlGuide,
			`"*"`, `{"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}`, "*", "public", "public"},
		{"everyone for a source account stays public", apiReference,
			`"*"`, `{"StringEquals":{"AWS:SourceAccount":"111122223333"}}`, "*", "public", "public"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, ok := Read(Source{
				Statement: []byte(`{"Sid":"s","Effect":"Allow","Principal":` + test.principal +
					`,"Action":"lambda:InvokeFunction","Condition":` + test.condition +
					`,"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:billing-export"}`),
			})
			if !ok || g.Principal != test.reported || g.PrincipalType != test.kind || g.Relation != test.relation {
				t.Errorf("%s (%s)\n got %v %q %q %q\nwant %q %q %q", test.principal, test.from,
					ok, g.Principal, g.PrincipalType, g.Relation, test.reported, test.kind, test.relation)
			}
		})
	}
}

// TestRelationDependsOnWhoseTheFunctionIs grants to account 444455556666.
func TestRelationDependsOnWhoseTheFunctionIs(t *testing.T) {
	tests := []struct {
		name                   string
		from                   string
		function               string
		resource               string // of the stored statement, if there is one
		recipient, actor       string
		region                 string
		wantName, wantAccount  string
		wantRegion, wantSuffix string
		relation               Relation
	}{
		{"a bare name is the recipient's", functionModel,
			"f", "", "111122223333", "444455556666", "eu-west-1",
			"f", "111122223333", "eu-west-1", "", "cross_account"},
		{"a bare name is the actor's where no recipient is known", functionModel,
			"f", "", "", "111122223333", "eu-west-1",
			"f", "111122223333", "eu-west-1", "", "cross_account"},
		{"a bare name is nobody's where no account is known", functionModel,
			"f", "", "", "", "", "f", "", "", "", "unknown"},
		{"a recipient that is not an account ID is not believed", hostile,
			"f", "", "12345", "", "", "f", "", "", "", "unknown"},
		{"a name with dots, dashes and underscores", functionModel,
			"my.func-tion_1", "", "111122223333", "", "", "my.func-tion_1", "111122223333", "", "", "cross_account"},
		{"a name with an alias", apiReference,
			"f:prod", "", "111122223333", "", "", "f", "111122223333", "", "prod", "cross_account"},
		{"a name with a version", apiReference,
			"f:42", "", "111122223333", "", "", "f", "111122223333", "", "42", "cross_account"},
		{"a name with the unpublished version", functionModel,
			"f:$LATEST", "", "111122223333", "", "", "f", "111122223333", "", "$LATEST", "cross_account"},
		{"a name with the latest published version", functionModel,
			"f:$LATEST.PUBLISHED", "", "111122223333", "", "", "f", "111122223333", "", "$LATEST.PUBLISHED", "cross_account"},
		{"a name after its type", functionModel,
			"function:f", "", "111122223333", "", "", "f", "111122223333", "", "", "cross_account"},
		{"an ARN names the account", apiReference,
			"arn:aws:lambda:us-west-2:123456789012:function:f", "", "111122223333", "", "eu-west-1",
			"f", "123456789012", "us-west-2", "", "cross_account"},
		{"an ARN of the principal's account is the same account", apiReference,
			"arn:aws:lambda:us-west-2:444455556666:function:f", "", "111122223333", "", "",
			"f", "444455556666", "us-west-2", "", "same_account"},
		{"an ARN with a version", apiReference,
			"arn:aws:lambda:us-west-2:123456789012:function:f:7", "", "111122223333", "", "",
			"f", "123456789012", "us-west-2", "7", "cross_account"},
		{"an ARN in GovCloud", partitions,
			"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:prod", "", "", "", "",
			"f", "123456789012", "us-gov-west-1", "prod", "cross_account"},
		{"an ARN in the European Sovereign Cloud", partitions,
			"arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f", "", "", "", "",
			"f", "123456789012", "eusc-de-east-1", "", "cross_account"},
		{"a partial ARN names the account", apiReference,
			"123456789012:function:f", "", "111122223333", "", "", "f", "123456789012", "", "", "cross_account"},
		{"a partial ARN with an alias", apiReference,
			"123456789012:function:f:prod", "", "111122223333", "", "", "f", "123456789012", "", "prod", "cross_account"},
		{"a partial ARN with its region", functionModel,
			"us-isob-east-1:123456789012:function:f", "", "", "", "eu-west-1",
			"f", "123456789012", "us-isob-east-1", "", "cross_account"},
		{"an account and a name, of the recipient", functionModel,
			"111122223333:f", "", "111122223333", "", "", "f", "111122223333", "", "", "cross_account"},
		{"an account and a name, or a name and an alias: neither is the principal's", apiReference,
			"123456789012:f", "", "111122223333", "", "", "123456789012:f", "", "", "", "cross_account"},
		{"an account and a name, or a name and an alias: one is the principal's", apiReference,
			"444455556666:f", "", "111122223333", "", "", "444455556666:f", "", "", "", "unknown"},
		{"an account and a name, or a name and an alias: the other is the principal's", apiReference,
			"123456789012:f", "", "444455556666", "", "", "123456789012:f", "", "", "", "unknown"},
		{"the stored resource counts before the parameter", lambdaGuide,
			"444455556666:f", "arn:aws:lambda:eu-west-1:123456789012:function:g:prod", "111122223333", "", "us-east-1",
			"g", "123456789012", "eu-west-1", "prod", "cross_account"},
		{"a stored resource without an account leaves it to the parameter", hostile,
			"arn:aws:lambda:us-west-2:444455556666:function:f", "*", "111122223333", "", "",
			"f", "444455556666", "us-west-2", "", "same_account"},
		{"an ARN that is not a function's says nothing about the account", hostile,
			"arn:aws:s3:::444455556666", "", "111122223333", "", "",
			"arn:aws:s3:::444455556666", "111122223333", "", "", "cross_account"},
		{"an ARN with a word for the account says nothing about it", hostile,
			"arn:aws:lambda:us-west-2:mine:function:f", "", "111122223333", "", "",
			"arn:aws:lambda:us-west-2:mine:function:f", "111122223333", "us-west-2", "", "cross_account"},
		{"an ARN without a region, as the pattern allows", functionModel,
			"arn:aws:lambda:123456789012:function:f", "", "444455556666", "", "",
			"f", "123456789012", "", "", "cross_account"},
		{"an ARN without a type, as the pattern allows, may have an alias", functionModel,
			"arn:aws:lambda:us-west-2:123456789012:f", "", "444455556666", "", "",
			"arn:aws:lambda:us-west-2:123456789012:f", "", "us-west-2", "", "unknown"},
		{"an ARN without a type, of the recipient", functionModel,
			"arn:aws:lambda:us-west-2:111122223333:f", "", "111122223333", "", "",
			"f", "111122223333", "us-west-2", "", "cross_account"},
		{"an ARN with too many parts does not prove its account", hostile,
			"arn:aws:lambda:us-west-2:444455556666:function:f:prod:x", "", "111122223333", "", "",
			"arn:aws:lambda:us-west-2:444455556666:function:f:prod:x", "", "us-west-2", "", "unknown"},
		{"an account and the word function", functionModel,
			"444455556666:function", "", "111122223333", "", "", "444455556666:function", "", "", "", "unknown"},
		{"an account and no name", hostile,
			"444455556666:function:", "", "111122223333", "", "", "444455556666:function:", "", "", "", "unknown"},
		{"a text with too many parts is kept whole", hostile,
			"a:b:c:d", "", "111122223333", "", "", "a:b:c:d", "111122223333", "", "", "cross_account"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src := Source{
				RequestParameters: packed(t, `{"functionName":"`+test.function+`",`+
					`"action":"lambda:InvokeFunction","principal":"444455556666"}`),
				RecipientAccount: test.recipient, ActorAccount: test.actor, Region: test.region,
			}
			if test.resource != "" {
				src.Statement = []byte(`{"Effect":"Allow","Resource":"` + test.resource + `"}`)
			}
			g, _ := Read(src)
			got := []string{g.FunctionName, g.FunctionAccount, g.Region, g.Qualifier, string(g.Relation)}
			want := []string{test.wantName, test.wantAccount, test.wantRegion, test.wantSuffix, string(test.relation)}
			if strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("%s\n got %q\nwant %q", test.from, got, want)
			}
		})
	}
}
