package workload

import (
	"encoding/json"
	"fmt"
	"math/rand"
)

// call is an API call: how often it comes, and its request and answer.
type call struct {
	weight            int
	source, name      string
	readOnly          bool
	request, response func(r *rand.Rand) string
}

// calls are the management events of an ordinary account with a few dozen
// services. Most assume roles, decrypt, or read.
var calls = []call{
	{28, "sts", "AssumeRole", true, assumeRole, credentials},
	{20, "s3", "GetBucketAcl", true, bucket, null},
	{14, "kms", "Decrypt", true, encryptionContext, null},
	{4, "kms", "GenerateDataKey", true, encryptionContext, null},
	{18, "ec2", "DescribeInstances", true, instances, null},
	{12, "ec2", "DescribeNetworkInterfaces", true, instances, null},
	{3, "ec2", "DescribeSecurityGroups", true, instances, null},
	{2, "ec2", "CreateTags", false, instances, returned},
	{1, "ec2", "RunInstances", false, instances, instances},
	{10, "logs", "CreateLogStream", false, logStream, null},
	{2, "logs", "DescribeLogGroups", true, named("logGroupNamePrefix"), null},
	{8, "iam", "GetRole", true, named("roleName"), null},
	{8, "iam", "ListAttachedRolePolicies", true, named("roleName"), null},
	{4, "iam", "CreatePolicyVersion", false, bigPolicy, null},
	{8, "cloudformation", "DescribeStacks", true, named("stackName"), null},
	{2, "cloudformation", "CreateChangeSet", false, template, null},
	{6, "dynamodb", "DescribeTable", true, named("tableName"), null},
	{18, "ecs", "RegisterTaskDefinition", false, taskDefinition, taskDefinition},
	{3, "ecs", "DescribeTasks", true, named("cluster"), null},
	{3, "ecr", "BatchGetImage", true, named("repositoryName"), null},
	{2, "ecr", "GetAuthorizationToken", true, null, null},
	{8, "lambda", "GetFunction20150331v2", true, function, null},
	{6, "lambda", "UpdateFunctionCode20150331v2", false, function, function},
	{1, "lambda", "ListFunctions20150331", true, null, null},
	{8, "s3", "PutBucketPolicy", false, policy, null},
	{4, "kinesis", "PutRecords", false, named("streamName"), null},
	{3, "events", "PutEvents", false, named("detailType"), null},
	{4, "signin", "ConsoleLogin", false, null, consoleLogin},
	{4, "secretsmanager", "GetSecretValue", true, secret, null},
	{5, "ssm", "UpdateInstanceInformation", false, named("computerName"), null},
	{3, "ssm", "GetParameter", true, named("name"), null},
	{3, "monitoring", "DescribeAlarms", true, named("alarmNamePrefix"), null},
	{4, "elasticloadbalancing", "DescribeTargetHealth", true, named("targetGroupArn"), null},
	{2, "autoscaling", "DescribeAutoScalingGroups", true, null, null},
	{2, "rds", "DescribeDBInstances", true, named("dBInstanceIdentifier"), null},
	{1, "rds", "CreateDBSnapshot", false, named("dBSnapshotIdentifier"), named("dBSnapshotIdentifier")},
	{2, "sqs", "GetQueueAttributes", true, named("queueUrl"), null},
	{1, "sns", "ListTopics", true, null, null},
	{1, "config", "PutEvaluations", false, named("resultToken"), null},
	{1, "cloudtrail", "LookupEvents", true, null, null},
	{1, "guardduty", "ListFindings", true, named("detectorId"), null},
	{1, "organizations", "DescribeOrganization", true, null, null},
}

var totalWeight = func() (n int) {
	for _, c := range calls {
		n += c.weight
	}
	return n
}()

// NotAskedBy is [Mixed] without the events that some rules ask for: isAsked tells of an event as MessagePack whether
// one of them does.
func NotAskedBy(name string, isAsked func(event []byte) bool) Workload {
	return Workload{Name: name, Event: func(r *rand.Rand, i int) string {
		for {
			if text := management(r, i); !isAsked(pack(text)) {
				return text
			}
		}
	}}
}

// management is what the account does all day.
func management(r *rand.Rand, i int) string {
	at := r.Intn(totalWeight)
	for _, c := range calls {
		if at -= c.weight; at < 0 {
			return event(r, i, c.source, c.name, c.readOnly, c.request(r), c.response(r))
		}
	}
	panic("the weights do not add up")
}

// invokes is an account that logs the data events of its Lambda functions.
func invokes(r *rand.Rand, i int) string {
	if r.Intn(10) == 0 {
		return management(r, i)
	}
	arn := functionARN(name(r))
	request := fmt.Sprintf(`{"functionName":%q,"invocationType":"RequestResponse","clientContext":null}`, arn)
	return dataEvent(r, i, "lambda", "Invoke", request, "null", "AWS::Lambda::Function", arn)
}

// burst is a deployment: 2 % are grants, half of them to a service.
func burst(r *rand.Rand, i int) string {
	switch i % 100 {
	case 50:
		return grant(r, i, "events.amazonaws.com", "Service")
	case 99:
		return grantToAccount(r, i)
	}
	return management(r, i)
}

// grantToAccount is what the built-in rule is about.
func grantToAccount(r *rand.Rand, i int) string {
	return grant(r, i, "arn:aws:iam::444455556666:root", "AWS")
}

func grant(r *rand.Rand, i int, principal, kind string) string {
	arn := functionARN(name(r))
	request := fmt.Sprintf(`{"functionName":%q,"statementId":"s-%d","action":"lambda:InvokeFunction","principal":%q}`, arn, i, principal)
	statement, _ := json.Marshal(fmt.Sprintf(`{"Sid":"s-%d","Effect":"Allow","Principal":{%q:%q},"Action":"lambda:InvokeFunction","Resource":%q}`, i, kind, principal, arn))
	return event(r, i, "lambda", "AddPermission20150331v2", false, request, `{"statement":`+string(statement)+`}`)
}
