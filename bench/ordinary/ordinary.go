// Package ordinary makes what benchmarks run on: CloudTrail events of an
// account in which nothing happens, and rules like those that people have.
package ordinary

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
)

// call is an API call of everyday life.
type call struct {
	share    int // of a thousand events
	source   string
	name     string
	data     bool // a data event
	reads    bool
	request  string // JSON; # is a random number
	response string
}

// calls are what an account of a few dozen services does all day. Shares are
// rounded from what public CloudTrail data sets and AWS's own examples show:
// roles are assumed, keys decrypt, objects and parameters are read.
var calls = []call{
	{140, "sts", "AssumeRole", false, true, `{"roleArn":"arn:aws:iam::111122223333:role/service-#","roleSessionName":"session-#","durationSeconds":3600}`, `{"credentials":{"accessKeyId":"ASIAEXAMPLE#","sessionToken":"FwoGZXIvYXdzE#EXAMPLETOKENEXAMPLETOKENEXAMPLETOKEN","expiration":"Jun 18, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE#:session-#","arn":"arn:aws:sts::111122223333:assumed-role/service-#/session-#"}}`},
	{90, "kms", "Decrypt", false, true, `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::data-#"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, `null`},
	{40, "kms", "GenerateDataKey", false, true, `{"keyId":"arn:aws:kms:eu-west-1:111122223333:key/#","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::data-#"}}`, `null`},
	{110, "s3", "GetObject", true, true, `{"bucketName":"data-#","Host":"data-#.s3.eu-west-1.amazonaws.com","key":"2026/06/18/part-#.parquet"}`, `null`},
	{45, "s3", "PutObject", true, false, `{"bucketName":"data-#","Host":"data-#.s3.eu-west-1.amazonaws.com","key":"2026/06/18/part-#.parquet","x-amz-server-side-encryption":"aws:kms"}`, `{"x-amz-server-side-encryption":"aws:kms"}`},
	{40, "s3", "HeadObject", true, true, `{"bucketName":"data-#","Host":"data-#.s3.eu-west-1.amazonaws.com","key":"2026/06/18/part-#.parquet"}`, `null`},
	{20, "s3", "GetBucketAcl", false, true, `{"bucketName":"data-#","Host":"data-#.s3.eu-west-1.amazonaws.com","acl":""}`, `null`},
	{10, "s3", "ListBuckets", false, true, `{"Host":"s3.eu-west-1.amazonaws.com"}`, `null`},
	{90, "lambda", "Invoke", true, false, `{"functionName":"arn:aws:lambda:eu-west-1:111122223333:function:worker-#","invocationType":"Event","sourceArn":"arn:aws:sqs:eu-west-1:111122223333:jobs-#"}`, `null`},
	{6, "lambda", "GetFunction20150331v2", false, true, `{"functionName":"worker-#"}`, `null`},
	{5, "lambda", "ListFunctions20150331", false, true, `null`, `null`},
	{2, "lambda", "UpdateFunctionCode20150331v2", false, false, `{"functionName":"worker-#","dryRun":false,"publish":true}`, `{"functionName":"worker-#","runtime":"python3.13","handler":"main.handler","codeSize":104857,"timeout":30,"memorySize":256}`},
	{60, "ec2", "DescribeInstances", false, true, `{"instancesSet":{"items":[{"instanceId":"i-0abc#"}]},"filterSet":{}}`, `null`},
	{15, "ec2", "DescribeNetworkInterfaces", false, true, `{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-0abc#"}]}}]}}`, `null`},
	{12, "ec2", "DescribeSecurityGroups", false, true, `{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-0abc#"}]},"filterSet":{}}`, `null`},
	{12, "ec2", "CreateNetworkInterface", false, false, `{"subnetId":"subnet-0abc#","description":"AWS Lambda VPC ENI-worker-#","groupSet":{"items":[{"groupId":"sg-0abc#"}]}}`, `{"networkInterface":{"networkInterfaceId":"eni-0abc#","status":"pending"}}`},
	{8, "ec2", "RunInstances", false, false, `{"instancesSet":{"items":[{"imageId":"ami-0abc#","minCount":1,"maxCount":1}]},"instanceType":"m7g.large","monitoring":{"enabled":false}}`, `{"reservationId":"r-0abc#","ownerId":"111122223333"}`},
	{6, "ec2", "CreateTags", false, false, `{"resourcesSet":{"items":[{"resourceId":"i-0abc#"}]},"tagSet":{"items":[{"key":"Name","value":"worker-#"}]}}`, `{"_return":true}`},
	{25, "ssm", "UpdateInstanceInformation", false, false, `{"instanceId":"i-0abc#","agentVersion":"3.3.2299.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux"}`, `null`},
	{15, "ssm", "GetParameter", false, true, `{"name":"/app/service-#/endpoint","withDecryption":true}`, `null`},
	{15, "secretsmanager", "GetSecretValue", false, true, `{"secretId":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:service-#"}`, `null`},
	{40, "logs", "CreateLogStream", false, false, `{"logGroupName":"/aws/lambda/worker-#","logStreamName":"2026/06/18/[$LATEST]#"}`, `null`},
	{6, "logs", "DescribeLogGroups", false, true, `{"logGroupNamePrefix":"/aws/lambda/"}`, `null`},
	{15, "monitoring", "DescribeAlarms", false, true, `{"maxRecords":100,"alarmNamePrefix":"service-#"}`, `null`},
	{20, "elasticloadbalancing", "DescribeTargetHealth", false, true, `{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/#"}`, `null`},
	{6, "elasticloadbalancing", "RegisterTargets", false, false, `{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/#","targets":[{"id":"10.0.1.#","port":8080}]}`, `null`},
	{8, "autoscaling", "DescribeAutoScalingGroups", false, true, `{"maxRecords":100}`, `null`},
	{12, "ecs", "DescribeTasks", false, true, `{"cluster":"main","tasks":["arn:aws:ecs:eu-west-1:111122223333:task/main/#"]}`, `null`},
	{6, "ecs", "RegisterTaskDefinition", false, false, `{"family":"service-#","networkMode":"awsvpc","containerDefinitions":[{"name":"app","image":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:#","essential":true}]}`, `{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:eu-west-1:111122223333:task-definition/service-#:1","status":"ACTIVE"}}`},
	{12, "ecr", "BatchGetImage", false, true, `{"repositoryName":"app","imageIds":[{"imageTag":"#"}],"registryId":"111122223333"}`, `null`},
	{8, "ecr", "GetAuthorizationToken", false, true, `null`, `null`},
	{12, "iam", "GetRole", false, true, `{"roleName":"service-#"}`, `null`},
	{5, "iam", "ListAttachedRolePolicies", false, true, `{"roleName":"service-#"}`, `null`},
	{8, "rds", "DescribeDBInstances", false, true, `{"dBInstanceIdentifier":"billing-#"}`, `null`},
	{3, "rds", "CreateDBSnapshot", false, false, `{"dBSnapshotIdentifier":"nightly-#","dBInstanceIdentifier":"billing-#"}`, `{"dBSnapshotIdentifier":"nightly-#","status":"creating","engine":"postgres","encrypted":true}`},
	{12, "dynamodb", "DescribeTable", false, true, `{"tableName":"orders-#"}`, `null`},
	{6, "sqs", "GetQueueAttributes", false, true, `{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/111122223333/jobs-#","attributeNames":["All"]}`, `null`},
	{6, "sns", "ListTopics", false, true, `null`, `null`},
	{6, "cloudformation", "DescribeStacks", false, true, `{"stackName":"service-#"}`, `null`},
	{5, "config", "PutEvaluations", false, false, `{"testMode":false,"evaluations":[{"complianceResourceId":"data-#","complianceType":"COMPLIANT"}]}`, `{"failedEvaluations":[]}`},
	{4, "cloudtrail", "LookupEvents", false, true, `{"maxResults":50}`, `null`},
	{3, "guardduty", "ListFindings", false, true, `{"detectorId":"#"}`, `null`},
	{2, "organizations", "DescribeOrganization", false, true, `null`, `null`},
}

var identities = []string{
	`{"type":"AssumedRole","principalId":"AROAEXAMPLE#:i-0abc#","arn":"arn:aws:sts::111122223333:assumed-role/service-#/i-0abc#","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE#","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE#","arn":"arn:aws:iam::111122223333:role/service-#","accountId":"111122223333","userName":"service-#"},"attributes":{"creationDate":"2026-06-18T09:12:44Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`,
	`{"type":"AssumedRole","principalId":"AROAEXAMPLE#:alice@example.com","arn":"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0a1b2c3d4e5f6a7b/alice@example.com","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE#","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE#","arn":"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0a1b2c3d4e5f6a7b","accountId":"111122223333","userName":"AWSReservedSSO_AdministratorAccess_0a1b2c3d4e5f6a7b"},"attributes":{"creationDate":"2026-06-18T09:12:44Z","mfaAuthenticated":"false"}}}`,
	`{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}`,
	`{"type":"AWSService","invokedBy":"ecs-tasks.amazonaws.com"}`,
	`{"type":"IAMUser","principalId":"AIDAEXAMPLE#","arn":"arn:aws:iam::111122223333:user/ci-#","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE#","userName":"ci-#"}`,
}

var agents = []string{
	"aws-sdk-java/2.31.40 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.134 lang/java#21.0.7 exec-env/AWS_ECS_FARGATE",
	"Boto3/1.38.15 md/Botocore#1.38.15 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.3 md/pyimpl#CPython cfg/retry-mode#legacy",
	"aws-cli/2.27.12 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0 lang/python#3.13.3 md/command#sts.get-caller-identity",
	"APN/1.0 HashiCorp/1.0 Terraform/1.12.0 (+https://www.terraform.io) terraform-provider-aws/5.98.0",
	"lambda.amazonaws.com", "AWS Internal", "amazon-ssm-agent/3.3.2299.0",
}

// Events returns n events as MessagePack maps, the same for the same seed.
func Events(n int, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 0))
	total := 0
	for _, c := range calls {
		total += c.share
	}
	events := make([][]byte, n)
	for i := range events {
		at := r.IntN(total)
		c := &calls[0]
		for k := range calls {
			if c = &calls[k]; at < c.share {
				break
			}
			at -= c.share
		}
		record, err := document.AppendFromJSON(nil, []byte(c.event(r, i)))
		if err != nil {
			panic(err) // a slip in the tables above
		}
		events[i] = record
	}
	return events
}

func (c *call) event(r *rand.Rand, i int) string {
	category := "Management"
	if c.data {
		category = "Data"
	}
	text := fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2026-06-18T10:%02d:%02dZ","eventSource":"%s.amazonaws.com",`+
		`"eventName":"%s","awsRegion":"eu-west-1","sourceIPAddress":"10.0.%d.%d","userAgent":"%s","requestParameters":%s,`+
		`"responseElements":%s,"requestID":"%s","eventID":"%s","readOnly":%t,"eventType":"AwsApiCall","managementEvent":%t,`+
		`"recipientAccountId":"111122223333","eventCategory":"%s","tlsDetails":{"tlsVersion":"TLSv1.3",`+
		`"cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.eu-west-1.amazonaws.com"}}`,
		identities[r.IntN(len(identities))], i/60%60, i%60, c.source, c.name, r.IntN(256), r.IntN(256),
		agents[r.IntN(len(agents))], c.request, c.response, id(r), id(r), c.reads, !c.data, category, c.source)
	for strings.Contains(text, "#\"") || strings.Contains(text, "-#") || strings.Contains(text, "E#") {
		before := text
		for _, mark := range []string{"-#", "E#", "abc#", "/#", ".#", ":#", "]#", `"#`} {
			text = strings.Replace(text, mark, mark[:len(mark)-1]+fmt.Sprint(1000+r.IntN(9000)), 1)
		}
		if text == before {
			break
		}
	}
	return text
}

func id(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), 0x8000|r.IntN(1<<14), r.Uint64()>>16)
}

// subject is what a rule is about: a service and calls of it that ordinary
// traffic does not have.
type subject struct{ source, calls string }

var subjects = []subject{
	{"iam", "CreateUser DeleteUser CreateAccessKey CreateLoginProfile UpdateLoginProfile DeactivateMFADevice CreateVirtualMFADevice AttachUserPolicy AttachGroupPolicy AttachRolePolicy PutUserPolicy PutRolePolicy CreatePolicyVersion SetDefaultPolicyVersion UpdateAssumeRolePolicy CreateSAMLProvider CreateOpenIDConnectProvider DeleteAccountPasswordPolicy AddUserToGroup CreateInstanceProfile"},
	{"s3", "PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketLogging PutBucketVersioning PutBucketReplication PutBucketLifecycle DeleteBucketEncryption PutBucketPublicAccessBlock PutObjectAcl"},
	{"ec2", "ModifySnapshotAttribute ModifyImageAttribute CreateSnapshot DeleteFlowLogs AuthorizeSecurityGroupIngress CreateNetworkAclEntry CreateTrafficMirrorSession DisableEbsEncryptionByDefault GetPasswordData GetConsoleScreenshot ModifyInstanceAttribute CreateKeyPair ImportKeyPair CreateInstanceExportTask CreateVpnGateway"},
	{"lambda", "AddPermission20150331v2 CreateFunctionUrlConfig20211031 UpdateFunctionConfiguration20150331v2 PublishLayerVersion20181031 CreateEventSourceMapping20150331"},
	{"rds", "ModifyDBInstance ModifyDBCluster DeleteDBSnapshot DeleteDBCluster ModifyDBSnapshotAttribute StartExportTask RestoreDBInstanceFromDBSnapshot CreateDBSecurityGroup"},
	{"cloudtrail", "StopLogging DeleteTrail UpdateTrail PutEventSelectors CreateTrail"},
	{"guardduty", "DeleteDetector UpdateDetector CreateIPSet CreateFilter DisassociateMembers"},
	{"config", "DeleteConfigRule StopConfigurationRecorder DeleteDeliveryChannel"},
	{"kms", "ScheduleKeyDeletion DisableKey PutKeyPolicy ImportKeyMaterial"},
	{"organizations", "LeaveOrganization CreateAccount MoveAccount"},
	{"route53", "ChangeResourceRecordSets TransferDomainToAnotherAwsAccount"},
	{"secretsmanager", "BatchGetSecretValue PutResourcePolicy DeleteSecret"},
	{"ssm", "SendCommand StartSession CreateAssociation ModifyDocumentPermission"},
	{"wafv2", "DeleteWebACL DeleteRuleGroup"},
	{"logs", "DeleteLogGroup DeleteLogStream PutRetentionPolicy"},
	{"signin", "GetSigninToken SwitchRole"},
	{"sts", "GetFederationToken GetSessionToken"},
	{"ecr", "SetRepositoryPolicy"},
	{"rolesanywhere", "CreateTrustAnchor CreateProfile"},
	{"bedrock", "DeleteGuardrail PutModelInvocationLoggingConfiguration"},
}

// Rules returns n rules, 101 at most: what Elastic's rules for AWS are like, in
// kind and in which calls they are about.
func Rules(n int) []*detect.Rule {
	var rules []*detect.Rule
	for _, s := range subjects {
		for i, call := range strings.Fields(s.calls) {
			query := fmt.Sprintf("any where data_stream.dataset == \"aws.cloudtrail\"\n  and event.provider == \"%s.amazonaws.com\"\n  and event.outcome == \"success\"", s.source)
			switch {
			case strings.Contains(call, "20"): // Lambda puts the version of its API behind the name
				query += fmt.Sprintf("\n  and event.action : \"%s*\"", call[:strings.Index(call, "20")])
			case i%3 == 0:
				query += fmt.Sprintf("\n  and event.action in (\"%s\", \"%sBatch\")", call, call)
			default:
				query += fmt.Sprintf("\n  and event.action == \"%s\"", call)
			}
			if i%2 == 1 {
				query += "\n  and not stringContains(aws.cloudtrail.request_parameters, \"dryRun=true\")"
			}
			r, err := detect.ParseRule(call, fmt.Appendf(nil,
				"[rule]\nname = %q\nrule_id = %q\ntype = \"eql\"\nrisk_score = 47\nseverity = \"medium\"\nquery = '''\n%s\n'''\n", call, s.source+" "+call, query))
			if err != nil {
				panic(err) // a slip in the table above
			}
			rules = append(rules, r)
		}
	}
	return rules[:n]
}
