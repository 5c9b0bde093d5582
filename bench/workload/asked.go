package workload

import (
	"fmt"
	"math/rand"
	"strings"
)

// Asked is an account in which one event in four is a call that some rule of Elastic's or of Sigma's asks for, and
// none is what the rule is about: a search by the names of calls finds them all.
var Asked = Workload{Name: "a quarter asked for", Event: asked}

// AskedBy is [Asked] where it is one event in four for some rules: isAsked tells of an event as MessagePack whether one
// of them asks for it. Many rules also ask for what an account does all day.
func AskedBy(name string, isAsked func(event []byte) bool) Workload {
	return Workload{Name: name, Event: func(r *rand.Rand, i int) string {
		wanted := r.Intn(4) == 0
		for {
			if text := asked(r, i); isAsked(pack(text)) == wanted {
				return text
			}
		}
	}}
}

// aboutCalls are such calls. A rule that asks for nothing but a call and its success sees calls that are denied.
// Others see calls that succeed, with something else in their parameters than they ask for.
var aboutCalls = []struct {
	source, name string
	denied       bool
	request      func(r *rand.Rand) string
}{
	{"s3", "PutObject", false, object},
	{"s3", "GetObject", false, object},
	{"s3", "GetObject", false, object},
	{"s3", "PutBucketLogging", false, with(`{"bucketName":%q,"BucketLoggingStatus":{"LoggingEnabled":{"TargetBucket":"logs"}}}`)},
	{"s3", "PutBucketVersioning", false, with(`{"bucketName":%q,"VersioningConfiguration":{"Status":"Enabled"}}`)},
	{"s3", "PutBucketReplication", false, with(`{"bucketName":%q,"ReplicationConfiguration":{"Rule":{"Destination":{"Bucket":"arn:aws:s3:::copy"}}}}`)},
	{"s3", "PutBucketLifecycle", false, with(`{"bucketName":%q,"LifecycleConfiguration":{"Rule":{"Transition":{"Days":30,"StorageClass":"GLACIER"}}}}`)},
	{"s3", "DeleteBucketPolicy", true, with(`{"bucketName":%q}`)},
	{"ec2", "DescribeImages", false, with(`{"imagesSet":{"items":[{"imageId":"ami-0a1b2c3d"}]},"filterSet":{},"ownersSet":{"items":[{"owner":%q}]}}`)},
	{"ec2", "AuthorizeSecurityGroupIngress", true, with(`{"groupId":%q,"ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}}]}}`)},
	{"ec2", "CreateSecurityGroup", true, with(`{"groupName":%q,"vpcId":"vpc-0a1b2c3d"}`)},
	{"ec2", "ModifySnapshotAttribute", true, with(`{"snapshotId":%q,"attributeType":"CREATE_VOLUME_PERMISSION"}`)},
	{"ec2", "ModifyImageAttribute", false, with(`{"imageId":%q,"description":{"value":"nightly"}}`)},
	{"ec2", "DeleteFlowLogs", true, with(`{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":%q}}}`)},
	{"ec2", "ModifyInstanceAttribute", false, with(`{"instanceId":%q,"disableApiTermination":{"value":true}}`)},
	{"iam", "AttachRolePolicy", false, with(`{"roleName":%q,"policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}`)},
	{"iam", "AttachUserPolicy", false, with(`{"userName":%q,"policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}`)},
	{"iam", "CreateRole", false, with(`{"roleName":%q,"assumeRolePolicyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"}`)},
	{"iam", "PutRolePolicy", false, with(`{"roleName":%q,"policyName":"p","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"}`)},
	{"iam", "CreateInstanceProfile", false, with(`{"instanceProfileName":%q}`)},
	{"iam", "AddUserToGroup", true, with(`{"userName":%q,"groupName":"readers"}`)},
	{"iam", "CreateGroup", true, with(`{"groupName":%q}`)},
	{"iam", "CreateLoginProfile", true, with(`{"userName":%q,"passwordResetRequired":true}`)},
	{"lambda", "AddPermission20150331v2", false, with(`{"functionName":%q,"statementId":"s3","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceAccount":"111122223333"}`)},
	{"lambda", "UpdateFunctionConfiguration20150331v2", true, with(`{"functionName":%q,"memorySize":512}`)},
	{"lambda", "DeleteFunction20150331", true, with(`{"functionName":%q}`)},
	{"lambda", "CreateFunctionUrlConfig20211031", false, with(`{"functionName":%q,"authType":"AWS_IAM"}`)},
	{"rds", "ModifyDBInstance", false, with(`{"dBInstanceIdentifier":%q,"allocatedStorage":200,"applyImmediately":true}`)},
	{"rds", "CreateDBInstance", false, with(`{"dBInstanceIdentifier":%q,"publiclyAccessible":false,"engine":"postgres"}`)},
	{"rds", "DeleteDBInstance", true, with(`{"dBInstanceIdentifier":%q,"skipFinalSnapshot":false}`)},
	{"kms", "ScheduleKeyDeletion", true, with(`{"keyId":%q,"pendingWindowInDays":30}`)},
	{"kms", "PutKeyPolicy", true, with(`{"keyId":%q,"policyName":"default"}`)},
	{"sqs", "PurgeQueue", true, with(`{"queueUrl":%q}`)},
	{"logs", "DeleteLogStream", true, with(`{"logGroupName":%q,"logStreamName":"a"}`)},
	{"logs", "DeleteLogGroup", true, with(`{"logGroupName":%q}`)},
	{"eks", "UpdateClusterConfig", false, with(`{"name":%q,"logging":{"clusterLogging":[{"types":["api"],"enabled":true}]}}`)},
	{"eks", "AssociateAccessPolicy", true, with(`{"name":%q,"policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"}`)},
	{"guardduty", "UpdateDetector", false, with(`{"detectorId":%q,"enable":true}`)},
	{"cloudtrail", "PutEventSelectors", false, with(`{"trailName":%q,"eventSelectors":[{"readWriteType":"All","includeManagementEvents":true}]}`)},
	{"events", "DisableRule", true, with(`{"name":%q,"eventBusName":"default"}`)},
	{"signin", "ConsoleLogin", false, null},
	{"config", "DeleteConfigRule", true, with(`{"configRuleName":%q}`)},
	{"wafv2", "DeleteRuleGroup", true, with(`{"name":%q,"scope":"REGIONAL"}`)},
	{"backup", "DeleteRecoveryPoint", true, with(`{"backupVaultName":%q,"recoveryPointArn":"arn:aws:backup:eu-west-1:111122223333:recovery-point:1"}`)},
	{"elasticfilesystem", "DeleteFileSystem", true, with(`{"fileSystemId":%q}`)},
}

// with is a request with one name.
func with(format string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return fmt.Sprintf(format, name(r)) }
}

// object is a request for an object with an everyday name.
func object(r *rand.Rand) string {
	return fmt.Sprintf(`{"bucketName":%q,"Host":"s3.eu-west-1.amazonaws.com","key":"2026/06/18/part-%05d.parquet"}`, name(r), r.Intn(1e5))
}

func asked(r *rand.Rand, i int) string {
	if r.Intn(4) != 0 {
		return management(r, i)
	}
	c := aboutCalls[r.Intn(len(aboutCalls))]
	var text string
	if strings.HasSuffix(c.name, "Object") {
		text = dataEvent(r, i, c.source, c.name, c.request(r), "null", "AWS::S3::Object", fmt.Sprintf("arn:aws:s3:::%s/2026/06/18/part-%05d.parquet", name(r), r.Intn(1e5)))
	} else {
		text = event(r, i, c.source, c.name, false, c.request(r), "null")
	}
	if c.denied {
		text = strings.TrimSuffix(text, "}") + `,"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform: ` + c.source + ":" + c.name + `"}`
	}
	return text
}
