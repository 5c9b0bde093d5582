package call_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// role is a call that makes a role which trusts a provider for one subject.
func role(provider, claims string) string {
	return fmt.Sprintf(`"requestParameters": {"roleName": "r", "assumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/%s"}, "Condition": {"StringEquals": {"%s:sub": "system:serviceaccount:default:app"}}}]}}`, provider, claims)
}

func TestWhatWouldHideAGrantDoesNot(t *testing.T) {
	bucket := func(statement string) string {
		return `"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [` + statement + `]}}`
	}
	const theirs = `{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject"}`
	for _, test := range []struct {
		name, source, call, members, want string
	}{
		{"a cluster's provider is everyday business", "iam", "CreateRole",
			role("oidc.eks.eu-west-1.amazonaws.com/id/5A7E", "oidc.eks.eu-west-1.amazonaws.com/id/5A7E"), ""},
		{"one that only begins like a cluster's is not", "iam", "CreateRole",
			role("oidc.eks.example.com/id/5A7E", "oidc.eks.example.com/id/5A7E"),
			"federated subject arn:aws:iam::111122223333:oidc-provider/oidc.eks.example.com/id/5A7E"},
		{"nor one that has a cluster's in its path", "iam", "CreateRole",
			role("example.com/x:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/5A7E", "example.com/x:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/5A7E"),
			"federated subject arn:aws:iam::111122223333:oidc-provider/example.com/x:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/5A7E"},
		{"nor one that has it as its whole name", "iam", "CreateRole",
			role("oidc.eks.eu-west-1.amazonaws.com", "oidc.eks.eu-west-1.amazonaws.com"),
			"federated subject arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com"},
		{"more parameters than are listed", "s3", "PutBucketPolicy",
			`"requestParameters": {` + repeated(`"k%d": 1`, 100) + `, "bucketName": "b", "bucketPolicy": {"Statement": [` + theirs + `]}}`, "cross_account 444455556666"},
		{"a wrapped request after as many", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {` + repeated(`"k%d": 1`, 100) + `, "ModifySnapshotAttributeRequest": {"SnapshotId": "s", "CreateVolumePermission": {"Add": {"UserId": "444455556666"}}}}`, "cross_account 444455556666"},
		{"many statements for the own account before", "s3", "PutBucketPolicy",
			bucket(repeated(`{"Sid": "s%d", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*"}`, 500) + "," + theirs), "cross_account 444455556666"},
		{"many principals of the own account beside", "s3", "PutBucketPolicy",
			bucket(`{"Effect": "Allow", "Principal": {"AWS": [` + repeated(`"arn:aws:iam::111122223333:role/r%d"`, 500) + `, "444455556666"]}, "Action": "s3:*"}`), "cross_account 444455556666"},
		{"a condition on the own account beside one that does not bind", "s3", "PutBucketPolicy",
			bucket(`{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}}`), "public *"},
		{"a condition of file systems on a bucket", "s3", "PutBucketPolicy",
			bucket(`{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Condition": {"BoolIfExists": {"elasticfilesystem:AccessedViaMountTarget": "true"}}}`), "public *"},
		{"a statement that has its principals twice", "s3", "PutBucketPolicy",
			bucket(`{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "principal": {"AWS": "111122223333"}, "Action": "s3:*"}`), "unknown"},
		{"a statement among what are not statements", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [7, ` + theirs + `, "x"]}}`, "cross_account 444455556666; unknown"},
		{"an owner that the resource's ARN makes up", "s3", "PutBucketPolicy",
			`"resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": "444455556666"}, {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": "111122223333"}], ` +
				bucket(theirs), "unknown 444455556666"},
		{"an image that is shared under another attribute's name", "ec2", "ModifyImageAttribute",
			`"requestParameters": {"imageId": "ami-1", "attributeType": "description", "launchPermission": {"add": {"items": [{"userId": "444455556666"}]}}}`, "cross_account 444455556666"},
		{"a snapshot too", "ec2", "ModifySnapshotAttribute",
			`"requestParameters": {"snapshotId": "s", "attributeType": "PRODUCT_CODES", "createVolumePermission": {"add": {"items": [{"userId": "444455556666"}]}}}`, "cross_account 444455556666"},
		{"a header that names everybody on an object", "s3", "PutObject",
			`"requestParameters": {"bucketName": "b", "key": "k", "x-amz-grant-read": "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""}`, "public *"},
		{"one that names a canonical user, among others", "s3", "PutObject",
			`"requestParameters": {"bucketName": "b", "key": "k", "x-amz-grant-full-control": ["id=\"` + strings.Repeat("ab", 32) + `\", emailAddress=\"x@example.com\""]}`,
			"unknown " + strings.Repeat("ab", 32) + "; unknown x@example.com"},
		{"a copy to a bucket whose owner is not named", "s3", "PutBucketReplication",
			`"requestParameters": {"bucketName": "b", "ReplicationConfiguration": {"Rule": [{"Destination": {"Bucket": "arn:aws:s3:::own", "Account": "111122223333"}}, {"Destination": {"Bucket": "arn:aws:s3:::x"}}]}}`,
			"unknown arn:aws:s3:::x"},
		{"a peer that the answer leaves out", "ec2", "AcceptVpcPeeringConnection", `"requestParameters": {"vpcPeeringConnectionId": "pcx-1"}, "responseElements": null`, "unknown"},
		{"targets among which one is elsewhere", "events", "PutTargets",
			`"requestParameters": {"rule": "r", "targets": [{"arn": "arn:aws:ssm:eu-west-1::automation-definition/AWS-StopEC2Instance"}, {"arn": "arn:aws:sqs:eu-west-1:111122223333:q"}, {"arn": "arn:aws:sqs:eu-west-1:444455556666:q"}]}`,
			"cross_account 444455556666"},
		{"a document that is AWS's own is nobody's", "events", "PutTargets",
			`"requestParameters": {"rule": "r", "targets": [{"arn": "arn:aws:ssm:eu-west-1::automation-definition/AWS-StopEC2Instance"}]}`, ""},
		{"the network of an address in another partition", "quicksight", "UpdateDashboardPermissions",
			`"requestParameters": {"awsAccountId": "111122223333", "dashboardId": "d", "grantLinkPermissions": [{"principal": "arn:aws-cn:quicksight:::publicAnonymousUser/*", "actions": ["quicksight:QueryDashboard"]}]}`, "public *"},
		{"an account in a dashboard's parameters that is not the dashboard's", "quicksight", "UpdateDashboardPermissions",
			`"requestParameters": {"awsAccountId": "111122223333", "dashboardId": "d", "grantPermissions": [{"principal": "arn:aws:quicksight:eu-west-1:444455556666:user/default/x", "actions": ["quicksight:QueryDashboard"]}]}`,
			"cross_account 444455556666"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := summary(call.Read(event(t, test.source+".amazonaws.com", test.call, test.members), nil))
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWhatLooksLikeAGrantForgesNone(t *testing.T) {
	const everybody = `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}`
	for _, test := range []struct{ name, source, call, members string }{
		{"a policy in a description", "kms", "CreateKey", `"requestParameters": {"description": "` + everybody + `"}`},
		{"one in the tags", "iam", "CreateRole",
			`"requestParameters": {"roleName": "r", "tags": [{"key": "assumeRolePolicyDocument", "value": "` + everybody + `"}], "assumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}}`},
		{"one in the answer", "s3", "PutBucketPolicy",
			`"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": []}}, "responseElements": {"bucketPolicy": "` + everybody + `"}`},
		{"one under a key that is not the policy's", "sqs", "CreateQueue", `"requestParameters": {"queueName": "q", "tags": {"Policy": "` + everybody + `"}}`},
		{"another service's call of the name", "example", "PutBucketPolicy", `"requestParameters": {"bucketPolicy": "` + everybody + `"}`},
		{"a value that names the other attribute", "sns", "SetTopicAttributes", `"requestParameters": {"attributeName": "DisplayName", "attributeValue": "` + everybody + `"}`},
		{"a peer of the own account", "ec2", "CreateVpcPeeringConnection", `"requestParameters": {"vpcId": "vpc-1", "peerOwnerId": "111122223333"}`},
		{"an object that is private", "s3", "PutObject", `"requestParameters": {"bucketName": "b", "key": "public-read", "x-amz-acl": "private"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if o := call.Read(event(t, test.source+".amazonaws.com", test.call, test.members), nil); o != nil {
				t.Errorf("it opens %s: %s", o.Resource, summary(o))
			}
		})
	}
}
