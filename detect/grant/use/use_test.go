package use

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/needle"
)

// uses has an event for each row: calls that differ in nothing but the name stand
// together, as name=action, with ! where something comes out.
var uses = []struct {
	source, calls, members string
	want                   string // resources
}{
	{"sts", "AssumeRole=sts:AssumeRole!",
		outsider + `, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/team/deploy", "roleSessionName": "audit"},
		"responseElements": {"credentials": {"accessKeyId": "ASIAEXAMPLEKEY000001", "sessionToken": "x", "expiration": "y"}, "assumedRoleUser": {"assumedRoleId": "AROA:audit", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/audit"}},
		"resources": [{"ARN": "arn:aws:iam::111122223333:role/team/deploy", "accountId": "111122223333", "type": "AWS::IAM::Role"}]`,
		"arn:aws:iam::111122223333:role/deploy"},
	{"sts", "AssumeRoleWithWebIdentity=sts:AssumeRoleWithWebIdentity!",
		`"userIdentity": {"type": "WebIdentityUser", "principalId": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/app:ref:refs/heads/main", "userName": "repo:acme/app:ref:refs/heads/main", "identityProvider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
		"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ci", "roleSessionName": "GitHubActions"},
		"responseElements": {"subjectFromWebIdentityToken": "repo:acme/app:ref:refs/heads/main", "provider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "audience": "sts.amazonaws.com", "credentials": {"accessKeyId": "ASIAEXAMPLEKEY000002"}, "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/ci/GitHubActions"}}`,
		"arn:aws:iam::111122223333:role/ci"},
	{"sts", "AssumeRoleWithSAML=sts:AssumeRoleWithSAML!",
		`"userIdentity": {"type": "SAMLUser", "principalId": "SAMLUserQualifier:alice@example.com", "userName": "alice@example.com", "identityProvider": "SAMLUserQualifier"},
		"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/sso", "principalArn": "arn:aws:iam::111122223333:saml-provider/corp"},
		"responseElements": {"subject": "alice@example.com", "issuer": "https://idp.example.com", "credentials": {"accessKeyId": "ASIAEXAMPLEKEY000003"}, "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/sso/alice"}}`,
		"arn:aws:iam::111122223333:role/sso"},
	{"rolesanywhere", "CreateSession=rolesanywhere:CreateSession!",
		`"userIdentity": {"type": "Unknown"}, "requestParameters": {"trustAnchorArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a1", "roleArn": "arn:aws:iam::111122223333:role/host"},
		"responseElements": {"subjectArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:subject/s1", "credentialSet": [{"credentials": {"accessKeyId": "ASIAEXAMPLEKEY000004"}, "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/host/0a"}}]}`,
		"arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a1 arn:aws:iam::111122223333:role/host"},

	{"kms", "Decrypt=kms:Decrypt! ReEncrypt=kms:ReEncrypt*! Sign=kms:Sign! GenerateMac=kms:GenerateMac! DeriveSharedSecret=kms:DeriveSharedSecret! Encrypt=kms:Encrypt " +
		"GenerateDataKey=kms:GenerateDataKey GenerateDataKeyWithoutPlaintext=kms:GenerateDataKeyWithoutPlaintext GenerateDataKeyPair=kms:GenerateDataKeyPair " +
		"GenerateDataKeyPairWithoutPlaintext=kms:GenerateDataKeyPairWithoutPlaintext Verify=kms:Verify VerifyMac=kms:VerifyMac GetPublicKey=kms:GetPublicKey " +
		"DescribeKey=kms:DescribeKey CreateGrant=kms:CreateGrant ListGrants=kms:ListGrants",
		outsider + `, "requestParameters": {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::orders"}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
		"resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}]`,
		"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
	{"secretsmanager", "GetSecretValue=secretsmanager:GetSecretValue! DescribeSecret=secretsmanager:DescribeSecret PutSecretValue=secretsmanager:PutSecretValue UpdateSecret=secretsmanager:UpdateSecret",
		outsider + `, "requestParameters": {"secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3"}`,
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"},
	{"secretsmanager", "BatchGetSecretValue=secretsmanager:GetSecretValue!",
		outsider + `, "requestParameters": {"secretIdList": ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/mq-d4E5f6"]}`,
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-?????? arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/mq-??????"},
	{"ssm", "GetParameter=ssm:GetParameter! GetParameterHistory=ssm:GetParameterHistory!",
		outsider + `, "requestParameters": {"name": "arn:aws:ssm:eu-west-1:111122223333:parameter/db", "withDecryption": true}`,
		"arn:aws:ssm:eu-west-1:111122223333:parameter/db"},
	{"ssm", "GetParameters=ssm:GetParameters!",
		outsider + `, "requestParameters": {"names": ["arn:aws:ssm:eu-west-1:111122223333:parameter/db", "own"]}`,
		"arn:aws:ssm:eu-west-1:111122223333:parameter/db"},
	{"ssm", "GetDocument=ssm:GetDocument! DescribeDocument=ssm:DescribeDocument",
		outsider + `, "requestParameters": {"name": "arn:aws:ssm:eu-west-1:111122223333:document/patch"}`,
		"arn:aws:ssm:eu-west-1:111122223333:document/patch"},

	{"s3", "GetObject=s3:GetObject! GetObjectTorrent=s3:GetObjectTorrent! SelectObjectContent=s3:GetObject! HeadObject=s3:GetObject GetObjectAcl=s3:GetObjectAcl " +
		"GetObjectAttributes=s3:GetObjectAttributes GetObjectTagging=s3:GetObjectTagging PutObject=s3:PutObject PutObjectAcl=s3:PutObjectAcl " +
		"PutObjectTagging=s3:PutObjectTagging CreateMultipartUpload=s3:PutObject UploadPart=s3:PutObject CompleteMultipartUpload=s3:PutObject " +
		"RestoreObject=s3:RestoreObject DeleteObject=s3:DeleteObject",
		outsider + `, "requestParameters": {"bucketName": "orders", "Host": "orders.s3.eu-west-1.amazonaws.com", "key": "2026/a.csv"},
		"resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::orders/2026/a.csv"}, {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::orders"}]`,
		"arn:aws:s3:::orders/2026/a.csv arn:aws:s3:::orders"},
	{"s3", "ListObjects=s3:ListBucket ListObjectsV2=s3:ListBucket ListObjectVersions=s3:ListBucketVersions HeadBucket=s3:ListBucket DeleteObjects=s3:DeleteObject CreateSession=s3:CreateSession",
		outsider + `, "requestParameters": {"bucketName": "orders"}, "resources": [{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::orders/"}, {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::orders"}]`,
		"arn:aws:s3:::orders"},
	{"s3", "CopyObject=s3:GetObject! UploadPartCopy=s3:GetObject!",
		outsider + `, "requestParameters": {"bucketName": "theirs", "key": "b", "x-amz-copy-source": "orders/a"}`,
		"arn:aws:s3:::theirs/b arn:aws:s3:::theirs arn:aws:s3:::orders/a"},
	{"ec2", "SharedSnapshotCopyInitiated=ec2:CopySnapshot! SharedSnapshotVolumeCreated=ec2:CreateVolume!",
		`"userIdentity": {"type": "AWSAccount", "accountId": "444455556666", "invokedBy": "ec2.amazonaws.com"}, "eventType": "AwsServiceEvent", "requestParameters": null, "responseElements": null, "serviceEventDetails": {"snapshotId": "snap-0123456789abcdef0"}`,
		"arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0"},
	{"ebs", "GetSnapshotBlock=ebs:GetSnapshotBlock! ListSnapshotBlocks=ebs:ListSnapshotBlocks!",
		outsider + `, "requestParameters": {"snapshotId": "snap-0123456789abcdef0"}, "resources": [{"accountId": "111122223333", "type": "AWS::EC2::Snapshot", "ARN": "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0"}]`,
		"arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0"},
	{"ebs", "ListChangedBlocks=ebs:ListChangedBlocks!",
		outsider + `, "requestParameters": {"firstSnapshotId": "snap-1", "secondSnapshotId": "snap-2"}`,
		"arn:aws:ec2:eu-west-1::snapshot/snap-2"},
	{"rds", "CopyDBSnapshot=rds:CopyDBSnapshot!", callers + `, "requestParameters": {"sourceDBSnapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:snapshot:orders"}`,
		"arn:aws:rds:eu-west-1:111122223333:snapshot:orders"},
	{"rds", "RestoreDBInstanceFromDBSnapshot=rds:RestoreDBInstanceFromDBSnapshot!", callers + `, "requestParameters": {"dBSnapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:snapshot:orders"}`,
		"arn:aws:rds:eu-west-1:111122223333:snapshot:orders"},
	{"rds", "CopyDBClusterSnapshot=rds:CopyDBClusterSnapshot!", callers + `, "requestParameters": {"sourceDBClusterSnapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:orders"}`,
		"arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:orders"},
	{"rds", "RestoreDBClusterFromSnapshot=rds:RestoreDBClusterFromSnapshot!", callers + `, "requestParameters": {"snapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:orders"}`,
		"arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:orders"},
	{"redshift", "RestoreFromClusterSnapshot=redshift:RestoreFromClusterSnapshot!", callers + `, "requestParameters": {"snapshotIdentifier": "nightly", "snapshotClusterIdentifier": "dwh", "ownerAccount": "111122223333"}`,
		"arn:aws:redshift:eu-west-1:111122223333:snapshot:dwh/nightly"},
	{"dynamodb", "GetItem=dynamodb:GetItem! BatchGetItem=dynamodb:BatchGetItem! TransactGetItems=dynamodb:GetItem! Query=dynamodb:Query! Scan=dynamodb:Scan! " +
		"ExecuteStatement=dynamodb:PartiQLSelect! BatchExecuteStatement=dynamodb:PartiQLSelect! ExecuteTransaction=dynamodb:PartiQLSelect! " +
		"PutItem=dynamodb:PutItem UpdateItem=dynamodb:UpdateItem DeleteItem=dynamodb:DeleteItem BatchWriteItem=dynamodb:BatchWriteItem TransactWriteItems=dynamodb:PutItem " +
		"DescribeTable=dynamodb:DescribeTable",
		outsider + `, "requestParameters": {"tableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}, "resources": [{"accountId": "111122223333", "type": "AWS::DynamoDB::Table", "ARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}]`,
		"arn:aws:dynamodb:eu-west-1:111122223333:table/orders"},
	{"dynamodb", "ExportTableToPointInTime=dynamodb:ExportTableToPointInTime!", outsider + `, "requestParameters": {"tableArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "s3Bucket": "theirs"}`,
		"arn:aws:dynamodb:eu-west-1:111122223333:table/orders"},
	{"dynamodb", "GetRecords=dynamodb:GetRecords! GetShardIterator=dynamodb:GetShardIterator DescribeStream=dynamodb:DescribeStream",
		outsider + `, "requestParameters": {"streamArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026"}`,
		"arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026"},
	{"kinesis", "GetRecords=kinesis:GetRecords! SubscribeToShard=kinesis:SubscribeToShard! GetShardIterator=kinesis:GetShardIterator PutRecord=kinesis:PutRecord PutRecords=kinesis:PutRecords " +
		"DescribeStream=kinesis:DescribeStream DescribeStreamSummary=kinesis:DescribeStreamSummary ListShards=kinesis:ListShards",
		outsider + `, "requestParameters": {"streamARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"}`,
		"arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"},
	{"glue", "GetTable=glue:GetTable UpdateTable=glue:UpdateTable DeleteTable=glue:DeleteTable",
		outsider + `, "requestParameters": {"catalogId": "111122223333", "databaseName": "sales", "name": "orders"}`,
		"arn:aws:glue:eu-west-1:111122223333:table/sales/orders arn:aws:glue:eu-west-1:111122223333:database/sales arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"glue", "GetPartition=glue:GetPartition GetPartitions=glue:GetPartitions BatchGetPartition=glue:BatchGetPartition GetTableVersions=glue:GetTableVersions",
		outsider + `, "requestParameters": {"catalogId": "111122223333", "databaseName": "sales", "tableName": "orders"}`,
		"arn:aws:glue:eu-west-1:111122223333:table/sales/orders arn:aws:glue:eu-west-1:111122223333:database/sales arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"glue", "GetTables=glue:GetTables", outsider + `, "requestParameters": {"catalogId": "111122223333", "databaseName": "sales"}`,
		"arn:aws:glue:eu-west-1:111122223333:database/sales arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"glue", "GetDatabases=glue:GetDatabases SearchTables=glue:SearchTables", outsider + `, "requestParameters": {"catalogId": "111122223333"}`,
		"arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"glue", "GetDatabase=glue:GetDatabase", outsider + `, "requestParameters": {"catalogId": "111122223333", "name": "sales"}`,
		"arn:aws:glue:eu-west-1:111122223333:database/sales arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"lakeformation", "GetDataAccess=lakeformation:GetDataAccess!", outsider + `, "requestParameters": {"tableArn": "arn:aws:glue:eu-west-1:111122223333:table/sales/orders", "permissions": ["SELECT"]}`,
		"arn:aws:glue:eu-west-1:111122223333:table/sales/orders arn:aws:glue:eu-west-1:111122223333:catalog"},
	{"elasticfilesystem", "NewClientConnection=elasticfilesystem:ClientMount! UpdateClientConnection=elasticfilesystem:ClientMount",
		outsider + `, "eventType": "AwsServiceEvent", "requestParameters": null, "responseElements": null, "serviceEventDetails": {"permissions": {"ClientMount": true}, "sourceIpAddress": "10.0.0.5"},
		"resources": [{"accountId": "111122223333", "type": "AWS::EFS::FileSystem", "ARN": "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"}]`,
		"arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"},
	{"glacier", "InitiateJob=glacier:InitiateJob GetJobOutput=glacier:GetJobOutput! UploadArchive=glacier:UploadArchive DeleteArchive=glacier:DeleteArchive",
		outsider + `, "requestParameters": {"accountId": "111122223333", "vaultName": "old"}`,
		"arn:aws:glacier:eu-west-1:111122223333:vaults/old"},

	{"lambda", "Invoke=lambda:InvokeFunction! Invoke20150331=lambda:InvokeFunction! InvokeAsync20141111=lambda:InvokeFunction! InvokeWithResponseStream20211115=lambda:InvokeFunction! InvokeFunctionUrl=lambda:InvokeFunctionUrl! " +
		"GetFunction20150331v2=lambda:GetFunction! GetFunctionConfiguration20150331v2=lambda:GetFunctionConfiguration! UpdateFunctionCode20150331v2=lambda:UpdateFunctionCode " +
		"UpdateFunctionConfiguration20150331v2=lambda:UpdateFunctionConfiguration",
		outsider + `, "requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:pay:PROD", "invocationType": "RequestResponse"},
		"resources": [{"accountId": "111122223333", "type": "AWS::Lambda::Function", "ARN": "arn:aws:lambda:eu-west-1:111122223333:function:pay"}]`,
		"arn:aws:lambda:eu-west-1:111122223333:function:pay"},
	{"lambda", "GetLayerVersion20181031=lambda:GetLayerVersion!", outsider + `, "requestParameters": {"layerName": "arn:aws:lambda:eu-west-1:111122223333:layer:base:3"}`,
		"arn:aws:lambda:eu-west-1:111122223333:layer:base:3"},
	{"lambda", "GetLayerVersionByArn20181031=lambda:GetLayerVersion!", outsider + `, "requestParameters": {"arn": "arn:aws:lambda:eu-west-1:111122223333:layer:base:3"}`,
		"arn:aws:lambda:eu-west-1:111122223333:layer:base:3"},
	{"ecr", "BatchGetImage=ecr:BatchGetImage! GetDownloadUrlForLayer=ecr:GetDownloadUrlForLayer! BatchCheckLayerAvailability=ecr:BatchCheckLayerAvailability DescribeImages=ecr:DescribeImages " +
		"ListImages=ecr:ListImages PutImage=ecr:PutImage InitiateLayerUpload=ecr:InitiateLayerUpload UploadLayerPart=ecr:UploadLayerPart CompleteLayerUpload=ecr:CompleteLayerUpload BatchDeleteImage=ecr:BatchDeleteImage",
		outsider + `, "requestParameters": {"registryId": "111122223333", "repositoryName": "team/app", "imageIds": [{"imageTag": "latest"}]}`,
		"arn:aws:ecr:eu-west-1:111122223333:repository/team/app"},
	{"codeartifact", "GetAuthorizationToken=codeartifact:GetAuthorizationToken!", outsider + `, "requestParameters": {"domain": "acme", "domainOwner": "111122223333"}`,
		"arn:aws:codeartifact:eu-west-1:111122223333:domain/acme"},
	{"codeartifact", "ReadFromRepository=codeartifact:ReadFromRepository! GetPackageVersionAsset=codeartifact:ReadFromRepository! PublishPackageVersion=codeartifact:PublishPackageVersion",
		outsider + `, "requestParameters": {"domain": "acme", "domainOwner": "111122223333", "repository": "npm"}`,
		"arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/npm arn:aws:codeartifact:eu-west-1:111122223333:domain/acme"},

	{"sqs", "ReceiveMessage=sqs:ReceiveMessage! SendMessage=sqs:SendMessage SendMessageBatch=sqs:SendMessage DeleteMessage=sqs:DeleteMessage DeleteMessageBatch=sqs:DeleteMessage PurgeQueue=sqs:PurgeQueue " +
		"ChangeMessageVisibility=sqs:ChangeMessageVisibility ChangeMessageVisibilityBatch=sqs:ChangeMessageVisibility GetQueueAttributes=sqs:GetQueueAttributes",
		outsider + `, "requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"}`,
		"arn:aws:sqs:eu-west-1:111122223333:orders"},
	{"sqs", "GetQueueUrl=sqs:GetQueueUrl", outsider + `, "requestParameters": {"queueName": "orders", "queueOwnerAWSAccountId": "111122223333"}`,
		"arn:aws:sqs:eu-west-1:111122223333:orders"},
	{"sns", "Subscribe=sns:Subscribe! Publish=sns:Publish PublishBatch=sns:Publish",
		outsider + `, "requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:alarms", "protocol": "https", "endpoint": "https://example.com/in"}`,
		"arn:aws:sns:eu-west-1:111122223333:alarms"},
	{"events", "PutEvents=events:PutEvents PutRule=events:PutRule", outsider + `, "requestParameters": {"entries": [{"eventBusName": "arn:aws:events:eu-west-1:111122223333:event-bus/main"}]}`,
		"arn:aws:events:eu-west-1:111122223333:event-bus/main"},
	{"ses", "SendEmail=ses:SendEmail SendRawEmail=ses:SendRawEmail SendTemplatedEmail=ses:SendTemplatedEmail SendBulkEmail=ses:SendBulkEmail",
		outsider + `, "requestParameters": {"sourceArn": "arn:aws:ses:eu-west-1:111122223333:identity/example.com"}`,
		"arn:aws:ses:eu-west-1:111122223333:identity/example.com"},
}

// callers is an event in the trail of the account that calls.
const callers = `"recipientAccountId": "444455556666", "userIdentity": {"type": "IAMUser", "accountId": "444455556666", "arn": "arn:aws:iam::444455556666:user/eve", "principalId": "AIDAEXAMPLE"}`

// replaced leaves out the receiver that members have of their own.
func replaced(text string) string {
	if strings.Count(text, `"recipientAccountId"`) > 1 {
		return strings.Replace(text, `"recipientAccountId": "111122223333", `, "", 1)
	}
	return text
}

func TestEveryRowReadsAnEventAsCloudTrailWritesIt(t *testing.T) {
	seen := map[*Row]bool{}
	for _, c := range uses {
		for one := range strings.FieldsSeq(c.calls) {
			name, action, _ := strings.Cut(one, "=")
			action, out := strings.CutSuffix(action, "!")
			seen[Find([]byte(c.source+".amazonaws.com"), []byte(name))] = true
			for _, form := range []struct {
				name string
				view func(testing.TB, string) *cloudtrail.Event
			}{{"raw", raw}, {"ecs", ecs}} {
				t.Run(c.source+"/"+name+"/"+form.name, func(t *testing.T) {
					text := replaced(text(c.source, name, c.members))
					u, ok := Read(form.view(t, text))
					if !ok {
						t.Fatalf("it is not a use: %s", text)
					}
					if u.Action != action || u.TakesOut != out || strings.Join(u.Resources, " ") != c.want || u.Owner != "111122223333" || u.Rest != 0 {
						t.Errorf("got %+v", u)
					}
					if (u.Account == "444455556666") == u.Federated || u.Anonymous || u.Principal == "" {
						t.Errorf("the caller is %+v", u)
					}
					if u.Address != "198.51.100.7" || u.SharedEventID != "99999999-8888-4777-8666-555555555555" {
						t.Errorf("the address is %q, the shared id %q", u.Address, u.SharedEventID)
					}
					if !bytes.Contains([]byte(text), []byte("444455556666")) && !isFound(text) {
						t.Errorf("no needle finds %s", text)
					}
				})
			}
		}
	}
	for i := range Table {
		if !seen[&Table[i]] {
			t.Errorf("no event is of %s %s", Table[i].Source, Table[i].Name)
		}
	}
}

// isFound reports whether a needle is in an event's JSON.
func isFound(text string) bool {
	return slices.ContainsFunc(Needles(), func(n needle.Needle) bool {
		if n.Whole {
			return strings.Contains(text, `"`+n.Text+`"`)
		}
		return strings.Contains(text, n.Text)
	})
}
