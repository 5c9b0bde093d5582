package call_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// event makes an event of a successful call in account 111122223333.
func event(t testing.TB, source, name, members string) *cloudtrail.Event {
	t.Helper()
	text := fmt.Sprintf(`{"eventVersion": "1.09", "eventSource": %q, "eventName": %q, "awsRegion": "eu-west-1",
		"recipientAccountId": "111122223333", "eventID": "11111111-2222-4333-8444-555555555555",
		"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, %s}`,
		source, name, members)
	return parsed(t, text)
}

func parsed(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	body, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	e := new(cloudtrail.Event)
	e.Reset(body, cloudtrail.Raw)
	return e
}

// summary is what an opening says in one line: each grant's relation, binding and
// principal.
func summary(o *call.Opening) string {
	if o == nil {
		return ""
	}
	var all []string
	for _, g := range o.Grants {
		all = append(all, strings.Join(strings.Fields(string(g.Relation)+" "+string(g.Binding)+" "+g.Principal), " "))
	}
	return strings.Join(all, "; ")
}

func TestWhoIsLetIn(t *testing.T) {
	for _, c := range []struct {
		why, source, name, members, want string
	}{
		{"a bucket policy is a map", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}]}}`,
			"cross_account 444455556666"},
		{"a policy is read whatever the case of its key", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "orders", "BUCKETPOLICY": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}}`,
			"public *"},
		{"a policy may be percent-encoded text", "iam", "UpdateAssumeRolePolicy",
			`"requestParameters": {"roleName": "app", "policyDocument": "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22444455556666%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"}`,
			"cross_account 444455556666"},
		{"one alert has every foreign grant, the worst first", "sns", "SetTopicAttributes",
			`"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:t", "attributeName": "Policy", "attributeValue": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"444455556666\",\"111122223333\"]},\"Action\":\"sns:Publish\"},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sns:Subscribe\"}]}"}`,
			"public *; cross_account 444455556666"},
		{"another attribute of a topic grants nothing", "sns", "SetTopicAttributes",
			`"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:t", "attributeName": "DisplayName", "attributeValue": "everyone"}`, ""},
		{"a failed call grants nothing", "s3", "PutBucketPolicy",
			`"errorCode": "AccessDenied", "requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}}`, ""},
		{"a Deny grants nothing", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}}`, ""},
		{"a policy that CloudTrail hides is unknown", "organizations", "PutResourcePolicy",
			`"requestParameters": {"content": "HIDDEN_DUE_TO_SECURITY_REASONS"}`, "unknown"},
		{"a policy that is cut off is unknown", "sqs", "SetQueueAttributes",
			`"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "attributes": {"Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Princi"}}`, "unknown"},
		{"parameters that CloudTrail left out are unknown", "s3", "PutBucketPolicy",
			`"requestParameters": {"omitted": true, "originalSize": 120000, "reason": "requestParameters too large"}`, "unknown"},
		{"so are those of a call that may come without a policy", "kms", "CreateKey", `"requestParameters": {"omitted": "true"}`, "unknown"},
		{"a principal that is too deep is unknown", "ram", "CreateResourceShare",
			`"requestParameters": {"principals": ` + strings.Repeat(`{"content": `, 40) + `"444455556666"` + strings.Repeat("}", 40) + `}`, "unknown"},
		{"a log service that may do all but write logs is not everyday business", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "NotAction": "s3:PutObject", "Resource": "*"}]}}`,
			"service unbound cloudtrail.amazonaws.com"},
		{"nor one with more actions than are listed", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": [` +
				strings.Repeat(`"s3:PutObject", `, 16) + `"s3:GetObject"], "Resource": "*"}]}}`,
			"service unbound cloudtrail.amazonaws.com"},
		{"a call without its policy is unknown", "kms", "PutKeyPolicy", `"requestParameters": {"keyId": "1234abcd"}`, "unknown"},
		{"a call that may come without a policy is not", "kms", "CreateKey", `"requestParameters": {"description": "a key"}`, ""},
		{"a call without parameters is unknown", "ec2", "ModifySnapshotAttribute", `"requestParameters": null`, "unknown"},
		{"a snapshot is shared with an account", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": {"add": {"items": [{"userId": "444455556666"}]}}}`,
			"cross_account 444455556666"},
		{"with everybody", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": {"add": {"items": [{"group": "all"}]}}}`,
			"public *"},
		{"with somebody new while another is taken out", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"snapshotId": "snap-1", "createVolumePermission": {"remove": {"items": [{"userId": "222233334444"}]}, "add": {"items": [{"userId": "444455556666"}]}}}`,
			"cross_account 444455556666"},
		{"a removal grants nothing", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"snapshotId": "snap-1", "createVolumePermission": {"remove": {"items": [{"userId": "444455556666"}]}}}`, ""},
		{"the same as newer calls of EC2 are logged", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"ModifySnapshotAttributeRequest": {"SnapshotId": "snap-1", "CreateVolumePermission": {"Add": {"tag": 1, "UserId": "444455556666"}}}}`,
			"cross_account 444455556666"},
		{"a list in such a call", "ec2", "ModifyVpcEndpointServicePermissions",
			`"requestParameters": {"ModifyVpcEndpointServicePermissionsRequest": {"ServiceId": "vpce-svc-1", "AddAllowedPrincipals": [{"tag": 1, "content": "arn:aws:iam::444455556666:root"}, {"tag": 2, "content": "arn:aws:iam::111122223333:root"}]}}`,
			"cross_account arn:aws:iam::444455556666:root"},
		{"an image is shared with an organization", "ec2", "ModifyImageAttribute",
			`"requestParameters": {"imageId": "ami-1", "attributeType": "launchPermission", "launchPermission": {"add": {"items": [{"organizationArn": "arn:aws:organizations::222233334444:organization/o-a1b2c3d4e5"}]}}}`,
			"organization *"},
		{"another attribute of an image grants nothing", "ec2", "ModifyImageAttribute",
			`"requestParameters": {"imageId": "ami-1", "description": {"value": "x"}}`, ""},
		{"a number is an account, with its zeros", "rds", "ModifyDBSnapshotAttribute",
			`"requestParameters": {"attributeName": "restore", "dBSnapshotIdentifier": "s", "valuesToAdd": [12345678901]}`,
			"cross_account 012345678901"},
		{"a number that is not an account's is not the own one", "rds", "ModifyDBSnapshotAttribute",
			`"requestParameters": {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": [9111122223333, -1]}`, "unknown 9111122223333; unknown -1"},
		{"a removal comes with an empty list", "rds", "ModifyDBSnapshotAttribute",
			`"requestParameters": {"attributeName": "restore", "dBSnapshotIdentifier": "s", "valuesToAdd": [], "valuesToRemove": ["444455556666"]}`, ""},
		{"an instance becomes reachable", "rds", "ModifyDBInstance",
			`"requestParameters": {"dBInstanceIdentifier": "db", "publiclyAccessible": true}`, "public *"},
		{"an instance that is not", "rds", "ModifyDBInstance",
			`"requestParameters": {"dBInstanceIdentifier": "db", "publiclyAccessible": false}`, ""},
		{"a KMS grant to a service is everyday business", "kms", "CreateGrant",
			`"requestParameters": {"keyId": "k", "granteePrincipal": "mq.amazonaws.com", "operations": ["Decrypt"]}`, ""},
		{"to an instance of the own account too", "kms", "CreateGrant",
			`"requestParameters": {"keyId": "k", "granteePrincipal": "111122223333:aws:ec2-infrastructure:i-0123456789abcdef0", "operations": ["Decrypt"]}`, ""},
		{"to an instance of another account it is not", "kms", "CreateGrant",
			`"requestParameters": {"keyId": "k", "granteePrincipal": "444455556666:aws:ec2-infrastructure:i-0123456789abcdef0", "operations": ["Decrypt"]}`, "cross_account 444455556666"},
		{"AWS Internal", "kms", "CreateGrant",
			`"requestParameters": {"keyId": "k", "granteePrincipal": "AWS Internal", "operations": ["Decrypt"]}`, ""},
		{"a KMS grant to a role of another account", "kms", "CreateGrant",
			`"requestParameters": {"keyId": "k", "granteePrincipal": "arn:aws:iam::444455556666:role/r", "operations": ["Decrypt", "CreateGrant"]}`,
			"cross_account arn:aws:iam::444455556666:role/r"},
		{"a role that EC2 takes is everyday business", "iam", "CreateRole",
			`"requestParameters": {"roleName": "r", "assumeRolePolicyDocument": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"}`, ""},
		{"one that a service takes for another account is not", "iam", "CreateRole",
			`"requestParameters": {"roleName": "r", "assumeRolePolicyDocument": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":\"sts:AssumeRole\",\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"444455556666\"}}}]}"}`,
			"service foreign_account sns.amazonaws.com"},
		{"logs that a service delivers are everyday business", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": "*"}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::127311923021:root"}, "Action": "s3:PutObject", "Resource": "*"}]}}`, ""},
		{"a log service that may read is not", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"}]}}`,
			"service unbound cloudtrail.amazonaws.com"},
		{"nor is the load balancers' account where it may read", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::127311923021:root"}, "Action": "s3:GetObject", "Resource": "*"}]}}`,
			"cross_account arn:aws:iam::127311923021:root"},
		{"who mounts a file system is in its network", "elasticfilesystem", "PutFileSystemPolicy",
			`"requestParameters": {"fileSystemId": "fs-1", "policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"elasticfilesystem:ClientMount\",\"Condition\":{\"Bool\":{\"elasticfilesystem:AccessedViaMountTarget\":\"true\"}}}]}"}`, ""},
		{"a list of S3 has groups", "s3", "PutBucketAcl",
			`"requestParameters": {"bucketName": "b", "AccessControlPolicy": {"Owner": {"ID": "0a"}, "AccessControlList": {"Grant": [{"Grantee": {"xsi:type": "CanonicalUser", "ID": "0a"}, "Permission": "FULL_CONTROL"}, {"Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}, {"Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": "WRITE"}]}}}`,
			"public *"},
		{"another canonical user is another account", "s3", "PutBucketAcl",
			`"requestParameters": {"bucketName": "b", "AccessControlPolicy": {"Owner": {"ID": "0a"}, "AccessControlList": {"Grant": {"Grantee": {"ID": "0b"}, "Permission": "READ"}}}}`,
			"cross_account 0b"},
		{"a canned list lets everybody in", "s3", "PutBucketAcl", `"requestParameters": {"bucketName": "b", "x-amz-acl": ["public-read"]}`, "public *"},
		{"a private one nobody", "s3", "PutBucketAcl", `"requestParameters": {"bucketName": "b", "X-Amz-Acl": "private"}`, ""},
		{"a header names a group", "s3", "PutObjectAcl",
			`"requestParameters": {"bucketName": "b", "key": "k", "x-amz-grant-read": "uri=\"http://acs.amazonaws.com/groups/global/AuthenticatedUsers\", id=\"0b\""}`,
			"public *; unknown 0b"},
		{"a function URL without authorization", "lambda", "CreateFunctionUrlConfig", `"requestParameters": {"functionName": "f", "authType": "NONE"}`, "public *"},
		{"a function URL with it", "lambda", "CreateFunctionUrlConfig", `"requestParameters": {"functionName": "f", "authType": "AWS_IAM"}`, ""},
		{"a function is opened to everyone", "lambda", "AddPermission20150331v2",
			`"requestParameters": {"functionName": "f", "action": "lambda:InvokeFunction", "principal": "*"}, "responseElements": {"statement": "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"arn:aws:lambda:eu-west-1:111122223333:function:f\"}"}`,
			"public *"},
		{"a trigger of the own account is not foreign", "lambda", "AddPermission20150331v2",
			`"requestParameters": {"functionName": "f", "action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com", "sourceAccount": "111122223333"}`, ""},
		{"a bucket whose owner is not told", "lambda", "AddPermission20150331v2",
			`"requestParameters": {"functionName": "f", "action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::orders"}`,
			"service unknown s3.amazonaws.com"},
		{"a layer for an organization", "lambda", "AddLayerVersionPermission20181031",
			`"requestParameters": {"layerName": "l", "versionNumber": 1, "principal": "*", "organizationId": "o-a1b2c3d4e5", "action": "lambda:GetLayerVersion"}`,
			"organization *"},
		{"an event bus for an organization", "events", "PutPermission",
			`"requestParameters": {"action": "events:PutEvents", "principal": "*", "condition": {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-a1b2c3d4e5"}}`,
			"organization *"},
		{"an event bus for everyone", "events", "PutPermission", `"requestParameters": {"action": "events:PutEvents", "principal": "*"}`, "public *"},
		{"a queue is shared by its own call", "sqs", "AddPermission",
			`"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "label": "l", "aWSAccountIds": ["444455556666"], "actions": ["*"]}`,
			"cross_account 444455556666"},
		{"a statement as parameters", "lex", "CreateResourcePolicyStatement",
			`"requestParameters": {"resourceArn": "arn%3Aaws%3Alex%3Aeu-west-1%3A111122223333%3Abot%2FB", "effect": "Allow", "principal": [{"arn": "arn:aws:iam::444455556666:root"}], "action": ["lex:ListIntents"]}`,
			"cross_account arn:aws:iam::444455556666:root"},
		{"a statement that denies", "lex", "CreateResourcePolicyStatement",
			`"requestParameters": {"resourceArn": "arn:aws:lex:eu-west-1:111122223333:bot/B", "effect": "Deny", "principal": [{"arn": "arn:aws:iam::444455556666:root"}], "action": ["lex:ListIntents"]}`, ""},
		{"a policy of OpenSearch's own", "aoss", "CreateAccessPolicy",
			`"requestParameters": {"name": "p", "type": "data", "policy": "[{\"Rules\":[{\"Resource\":[\"index/c/*\"],\"Permission\":[\"aoss:ReadDocument\"]}],\"Principal\":[\"arn:aws:iam::444455556666:role/r\"]}]"}`,
			"cross_account arn:aws:iam::444455556666:role/r"},
		{"a network policy of its own", "aoss", "CreateSecurityPolicy",
			`"requestParameters": {"name": "p", "type": "network", "policy": "[{\"Rules\":[],\"AllowFromPublic\":true}]"}`, "public *"},
		{"a patch of an API's policy", "apigateway", "UpdateRestApi",
			`"requestParameters": {"restApiId": "a", "updateRestApiInput": {"patchOperations": [{"op": "replace", "path": "/name", "value": "x"}, {"op": "replace", "path": "/policy", "value": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\"}]}"}]}}`,
			"public *"},
		{"a provider is registered", "iam", "CreateOpenIDConnectProvider",
			`"requestParameters": {"url": "https://token.example.com"}`, "federated unknown https://token.example.com"},
		{"the provider of IAM Identity Center is everyday business", "iam", "CreateSAMLProvider",
			`"requestParameters": {"name": "AWSSSO_x", "sAMLMetadataDocument": "<x entityID=\"https://portal\"/>"}, "userIdentity": {"type": "AssumedRole", "invokedBy": "sso.amazonaws.com", "accountId": "111122223333"}`, ""},
		{"a share in RAM", "ram", "CreateResourceShare",
			`"requestParameters": {"name": "s", "principals": ["444455556666", "arn:aws:organizations::222233334444:ou/o-a1b2c3d4e5/ou-ab12-11111111"]}`,
			"cross_account 444455556666; organization *"},
		{"a share of RAM without principals", "ram", "CreateResourceShare", `"requestParameters": {"name": "s"}`, ""},
		{"an event source that is not the call's", "s3", "PutKeyPolicy",
			`"requestParameters": {"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\"}]}"}`, ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := call.Read(event(t, c.source+".amazonaws.com", c.name, c.members), nil)
			if got := summary(o); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParametersThatAreOnlyJavaText(t *testing.T) {
	for _, c := range []struct{ why, source, name, text, want string }{
		{"a policy as JSON text", "kms", "PutKeyPolicy",
			`{keyId=1234abcd, policyName=default, policy={"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"kms:Decrypt","Resource":"*"}]}}`,
			"cross_account 444455556666"},
		{"a policy as a map", "s3", "PutBucketPolicy",
			`{bucketName=b, bucketPolicy={Version=2012-10-17, Statement=[{Effect=Allow, Principal=*, Action=[s3:GetObject, s3:ListBucket], Resource=arn:aws:s3:::b/*}]}, Host=b.s3.amazonaws.com}`,
			"public *"},
		{"a list of accounts", "rds", "ModifyDBSnapshotAttribute",
			`{attributeName=restore, dBSnapshotIdentifier=s, valuesToAdd=[444455556666, 111122223333]}`, "cross_account 444455556666"},
		{"an item that is added", "ec2", "ModifySnapshotAttribute",
			`{snapshotId=snap-1, createVolumePermission={add={items=[{userId=444455556666}]}}, attributeType=CREATE_VOLUME_PERMISSION}`, "cross_account 444455556666"},
		{"an item that is removed", "ec2", "ModifySnapshotAttribute",
			`{snapshotId=snap-1, createVolumePermission={remove={items=[{userId=444455556666}]}}, attributeType=CREATE_VOLUME_PERMISSION}`, ""},
		{"text that does not end", "kms", "PutKeyPolicy", `{keyId=1234abcd, policy={"Statement":[{"Effect":"Allow"`, "unknown"},
		{"text that is not of the form", "kms", "PutKeyPolicy", `what is this`, "unknown"},
		{"a description that hides the policy in a map", "kms", "CreateKey",
			`{description=a, x={y=1, policy={"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*"}]}, tag=b}}`, "unknown"},
		{"a description that makes a second policy", "kms", "CreateKey",
			`{description=a, policy={}, policy={"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*"}]}}`, "public *; unknown"},
		{"a hidden text", "kms", "PutKeyPolicy", `HIDDEN_DUE_TO_SECURITY_REASONS`, "unknown"},
	} {
		t.Run(c.why, func(t *testing.T) {
			e := event(t, c.source+".amazonaws.com", c.name, fmt.Sprintf(`"requestParameters": %q`, c.text))
			if got := summary(call.Read(e, nil)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatWasOpenedAndWhoseItIs(t *testing.T) {
	const policyText = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}"`
	for _, c := range []struct{ why, source, name, members, resource, account, noun string }{
		{"a bucket's ARN has no account", "s3", "PutBucketAcl", `"requestParameters": {"bucketName": "orders", "x-amz-acl": "public-read"}`,
			"arn:aws:s3:::orders", "111122223333", "S3 bucket orders"},
		{"the event's resources say whose it is", "s3", "PutObjectAcl", `"requestParameters": {"bucketName": "orders", "key": "a/b", "x-amz-acl": "public-read"},
			"resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::orders/a/b"}, {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::orders", "accountId": "222233334444"}]`,
			"arn:aws:s3:::orders/a/b", "222233334444", "S3 object a/b of account 222233334444"},
		{"where they do not agree it is not known", "s3", "PutObjectAcl", `"requestParameters": {"bucketName": "orders", "key": "a", "x-amz-acl": "public-read"},
			"resources": [{"ARN": "arn:aws:s3:::orders/a", "accountId": "222233334444"}, {"ARN": "arn:aws:s3:::orders", "accountId": "111122223333"}]`,
			"arn:aws:s3:::orders/a", "", "S3 object a"},
		{"an ARN in a parameter", "dynamodb", "PutResourcePolicy", `"requestParameters": {"resourceArn": "arn:aws:dynamodb:eu-west-1:222233334444:table/t", "policy": ` + policyText + `}`,
			"arn:aws:dynamodb:eu-west-1:222233334444:table/t", "222233334444", "DynamoDB table t of account 222233334444"},
		{"a percent-encoded ARN", "kafka", "PutClusterPolicy", `"requestParameters": {"clusterArn": "arn%3Aaws%3Akafka%3Aeu-west-1%3A111122223333%3Acluster%2Fc%2Fu", "policy": ` + policyText + `}`,
			"arn:aws:kafka:eu-west-1:111122223333:cluster/c/u", "111122223333", "MSK cluster c/u"},
		{"a queue's URL", "sqs", "SetQueueAttributes", `"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/222233334444/q", "attributes": {"Policy": ` + policyText + `}}`,
			"arn:aws:sqs:eu-west-1:222233334444:q", "222233334444", "SQS queue q of account 222233334444"},
		{"an older queue's URL", "sqs", "SetQueueAttributes", `"requestParameters": {"queueUrl": "https://eu-west-1.queue.amazonaws.com/111122223333/q", "attributes": {"Policy": ` + policyText + `}}`,
			"arn:aws:sqs:eu-west-1:111122223333:q", "111122223333", "SQS queue q"},
		{"the answer has the ARN", "kms", "CreateKey", `"requestParameters": {"policy": ` + policyText + `}, "responseElements": {"keyMetadata": {"arn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"}}`,
			"arn:aws:kms:eu-west-1:111122223333:key/1234abcd", "111122223333", "KMS key 1234abcd"},
		{"another partition", "s3", "PutBucketAcl", `"awsRegion": "cn-north-1", "requestParameters": {"bucketName": "orders", "x-amz-acl": "public-read"}`,
			"arn:aws-cn:s3:::orders", "111122223333", "S3 bucket orders"},
		{"a function by its name", "lambda", "CreateFunctionUrlConfig", `"requestParameters": {"functionName": "f", "authType": "NONE"}`,
			"arn:aws:lambda:eu-west-1:111122223333:function:f", "111122223333", "Lambda function URL f"},
		{"the account that the call names", "codeartifact", "PutDomainPermissionsPolicy", `"requestParameters": {"domain": "d", "domainOwner": "222233334444", "policyDocument": ` + policyText + `}`,
			"arn:aws:codeartifact:eu-west-1:222233334444:domain/d", "222233334444", "CodeArtifact domain d of account 222233334444"},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := call.Read(event(t, c.source+".amazonaws.com", c.name, c.members), nil)
			if o == nil {
				t.Fatal("nothing was opened")
			}
			if o.Resource != c.resource || o.Account != c.account {
				t.Errorf("the resource is %q of account %q, want %q of %q", o.Resource, o.Account, c.resource, c.account)
			}
			if line := o.Sentence("111122223333", "111122223333", nil); !strings.HasSuffix(line, " "+c.noun) {
				t.Errorf("%q does not end with %q", line, c.noun)
			}
		})
	}
}

func TestAnExceptionIsAskedOfEachForeignGrantAndNoOther(t *testing.T) {
	e := event(t, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [
		{"Effect": "Allow", "Principal": {"AWS": ["111122223333", "444455556666", "555566667777"]}, "Action": "s3:GetObject"}]}}`)
	var asked []string
	o, covered := call.ReadAll(e, func(o *call.Opening, g *policy.Grant) bool {
		asked = append(asked, g.Principal+" on "+o.Resource)
		return g.PrincipalAccount == "444455556666"
	})
	if got := summary(o); got != "cross_account 555566667777" || covered != 1 {
		t.Errorf("got %q with %d covered", got, covered)
	}
	if got := strings.Join(asked, ", "); got != "444455556666 on arn:aws:s3:::b, 555566667777 on arn:aws:s3:::b" {
		t.Errorf("it was asked of %s", got)
	}
}

func packed(text string) ([]byte, bool) {
	body, err := document.AppendFromJSON(nil, []byte(text))
	return body, err == nil
}
