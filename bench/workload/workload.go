// Package workload writes CloudTrail traffic that people have, from a seed:
// the same seed gives the same bytes. Sizes follow real events: 0.5 KB at the
// least, a median of 1.3 KB, 2.4 KB at the 95th percentile, 66 KB the largest.
package workload

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"time"
)

// Workload is one kind of traffic.
type Workload struct {
	Name string
	// Event writes the JSON of the i-th event.
	Event func(r *rand.Rand, i int) string
	// PerRecord is how many events one record holds.
	PerRecord int
	// Wrap makes a record of events; nil where the event is the record.
	Wrap func(events []string) string
}

// All lists the workloads.
var All = []Workload{
	{Name: "mixed account", Event: management},
	{Name: "90 % Lambda Invoke", Event: invokes},
	{Name: "1 % matches", Event: onePercent},
	{Name: "1 in 10,000 matches", Event: rarely},
	{Name: "deployment burst", Event: burst},
	{Name: "S3 files", Event: management, PerRecord: 5000, Wrap: s3File},
	{Name: "JSON under log", Event: management, PerRecord: 1, Wrap: underLog},
	{Name: "ECS documents", Event: ecs},
}

// Records writes the JSON of n events as records, from the seed.
func (w Workload) Records(seed int64, n int) []string {
	r := rand.New(rand.NewSource(seed))
	var records, events []string
	for i := range n {
		event := w.Event(r, i)
		if w.Wrap == nil {
			records = append(records, event)
			continue
		}
		if events = append(events, event); len(events) == w.PerRecord || i == n-1 {
			records = append(records, w.Wrap(events))
			events = events[:0]
		}
	}
	return records
}

func s3File(events []string) string { return `{"Records":[` + strings.Join(events, ",") + `]}` }

func underLog(events []string) string {
	text, _ := json.Marshal(events[0])
	return `{"log":` + string(text) + `,"stream":"stdout"}`
}

// calls are the API calls of an ordinary account, with how often they come and
// what their request says.
var calls = []struct {
	weight            int
	source, name      string
	readOnly          bool
	request, response func(r *rand.Rand) string
}{
	{14, "sts", "AssumeRole", true, assumeRole, credentials},
	{10, "s3", "GetBucketAcl", true, bucket, null},
	{9, "kms", "Decrypt", true, encryptionContext, null},
	{9, "ec2", "DescribeInstances", true, instances, null},
	{6, "ec2", "DescribeNetworkInterfaces", true, instances, null},
	{6, "logs", "CreateLogStream", false, logStream, null},
	{5, "iam", "GetRole", true, role, null},
	{5, "iam", "ListAttachedRolePolicies", true, role, null},
	{5, "cloudformation", "DescribeStacks", true, stack, null},
	{4, "dynamodb", "DescribeTable", true, table, null},
	{4, "ecs", "RegisterTaskDefinition", false, taskDefinition, taskDefinition},
	{4, "lambda", "GetFunction20150331v2", true, function, null},
	{3, "lambda", "UpdateFunctionCode20150331v2", false, function, function},
	{3, "s3", "PutBucketPolicy", false, policy, null},
	{2, "kinesis", "PutRecords", false, table, null},
	{2, "events", "PutEvents", false, stack, null},
	{2, "signin", "ConsoleLogin", false, null, consoleLogin},
	{2, "secretsmanager", "GetSecretValue", true, secret, null},
	{1, "iam", "CreatePolicyVersion", false, bigPolicy, null},
	{1, "cloudformation", "CreateChangeSet", false, template, null},
}

var totalWeight = func() (n int) {
	for _, c := range calls {
		n += c.weight
	}
	return n
}()

func management(r *rand.Rand, i int) string {
	at := r.Intn(totalWeight)
	for _, c := range calls {
		if at -= c.weight; at < 0 {
			return event(r, i, c.source, c.name, c.readOnly, c.request(r), c.response(r))
		}
	}
	panic("the weights do not add up")
}

func invokes(r *rand.Rand, i int) string {
	if r.Intn(10) == 0 {
		return management(r, i)
	}
	request := fmt.Sprintf(`{"functionName":"arn:aws:lambda:eu-west-1:111122223333:function:%s","invocationType":"RequestResponse","clientContext":null}`, name(r))
	return event(r, i, "lambda", "Invoke", false, request, "null")
}

func onePercent(r *rand.Rand, i int) string {
	if i%100 == 99 {
		return permission(r, i, "arn:aws:iam::444455556666:root", `"AWS"`)
	}
	return management(r, i)
}

func rarely(r *rand.Rand, i int) string {
	if i%10_000 == 9999 {
		return permission(r, i, "arn:aws:iam::444455556666:root", `"AWS"`)
	}
	return management(r, i)
}

func burst(r *rand.Rand, i int) string {
	switch i % 100 {
	case 50:
		return permission(r, i, "events.amazonaws.com", `"Service"`)
	case 99:
		return permission(r, i, "arn:aws:iam::444455556666:root", `"AWS"`)
	}
	return management(r, i)
}

func permission(r *rand.Rand, i int, principal, kind string) string {
	f := name(r)
	arn := "arn:aws:lambda:eu-west-1:111122223333:function:" + f
	request := fmt.Sprintf(`{"functionName":%q,"statementId":"s-%d","action":"lambda:InvokeFunction","principal":%q}`, arn, i, principal)
	statement, _ := json.Marshal(fmt.Sprintf(`{"Sid":"s-%d","Effect":"Allow","Principal":{%s:%q},"Action":"lambda:InvokeFunction","Resource":%q}`, i, kind, principal, arn))
	return event(r, i, "lambda", "AddPermission20150331v2", false, request, `{"statement":`+string(statement)+`}`)
}

func event(r *rand.Rand, i int, source, call string, readOnly bool, request, response string) string {
	at := time.Date(2026, 6, 18, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * 17 * time.Millisecond)
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":%s,"eventTime":%q,"eventSource":"%s.amazonaws.com",`+
		`"eventName":%q,"awsRegion":"eu-west-1","sourceIPAddress":"%d.%d.%d.%d","userAgent":%q,`+
		`"requestParameters":%s,"responseElements":%s,"requestID":%q,"eventID":%q,"readOnly":%t,`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",`+
		`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.eu-west-1.amazonaws.com"}}`,
		identity(r), at.Format(time.RFC3339), source, call,
		203, 0, 113, r.Intn(256), agents[r.Intn(len(agents))], request, response, id(r), id(r), readOnly, source)
}

// ecs writes the same traffic as Elastic's pipeline stores it.
func ecs(r *rand.Rand, i int) string {
	return fmt.Sprintf(`{"@timestamp":"2026-06-18T10:00:00.000Z","data_stream":{"type":"logs","dataset":"aws.cloudtrail","namespace":"default"},`+
		`"ecs":{"version":"8.11.0"},"event":{"kind":"event","action":"AssumeRole","provider":"sts.amazonaws.com","outcome":"success","id":%q,"type":["info"],"category":["authentication"]},`+
		`"cloud":{"account":{"id":"111122223333"},"region":"eu-west-1"},"source":{"address":"203.0.113.%d","ip":"203.0.113.%d"},`+
		`"user":{"name":%q},"user_agent":{"original":%q},"aws":{"cloudtrail":{"event_version":"1.09","event_type":"AwsApiCall","event_category":"Management","read_only":true,`+
		`"recipient_account_id":"111122223333","request_id":%q,"request_parameters":"{roleArn=arn:aws:iam::111122223333:role/%s, roleSessionName=%s, durationSeconds=3600}",`+
		`"user_identity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/%s/%s","session_context":{"mfa_authenticated":"false","creation_date":"2026-06-18T09:00:00.000Z"}}}}}`,
		id(r), i%256, i%256, name(r), agents[r.Intn(len(agents))], id(r), name(r), name(r), name(r), name(r))
}

var agents = []string{
	"aws-cli/2.17.60 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython",
	"Boto3/1.34.106 md/Botocore#1.34.106 ua/2.0 os/linux#5.10.230 md/arch#x86_64 lang/python#3.11.9 exec-env/AWS_Lambda_python3.11",
	"APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-aws/5.60.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.3",
	"cloudformation.amazonaws.com", "eks.amazonaws.com", "AWS Internal",
	"aws-sdk-java/2.25.60 Linux/5.10.218 OpenJDK_64-Bit_Server_VM/17.0.11 Java/17.0.11 vendor/Amazon.com_Inc. io/sync http/Apache",
}

func identity(r *rand.Rand) string {
	switch r.Intn(5) {
	case 0:
		return fmt.Sprintf(`{"type":"AWSService","invokedBy":"%s.amazonaws.com"}`, []string{"lambda", "ecs-tasks", "autoscaling"}[r.Intn(3)])
	case 1:
		n := name(r)
		return fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDAEXAMPLE%08d","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":%q}`, r.Intn(1e8), n, n)
	}
	role, session := name(r), name(r)
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLE%08d:%s","arn":"arn:aws:sts::111122223333:assumed-role/%s/%s","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE%08d","arn":"arn:aws:iam::111122223333:role/%s","accountId":"111122223333","userName":%q},"webIdFederationData":{},"attributes":{"creationDate":"2026-06-18T09:12:44Z","mfaAuthenticated":"false"}}}`,
		r.Intn(1e8), session, role, session, r.Intn(1e8), role, role)
}

func id(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Intn(1<<16), r.Intn(1<<12), r.Intn(1<<12), r.Int63n(1<<48))
}

var words = []string{"billing", "export", "orders", "ingest", "audit", "payments", "search", "mail", "report", "cache", "worker", "api", "gateway", "prod", "stage"}

func name(r *rand.Rand) string {
	return words[r.Intn(len(words))] + "-" + words[r.Intn(len(words))] + "-" + fmt.Sprint(r.Intn(100))
}

func null(*rand.Rand) string { return "null" }

func assumeRole(r *rand.Rand) string {
	return fmt.Sprintf(`{"roleArn":"arn:aws:iam::111122223333:role/%s","roleSessionName":%q,"durationSeconds":3600}`, name(r), name(r))
}

func credentials(r *rand.Rand) string {
	return fmt.Sprintf(`{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":%q,"expiration":"Jun 18, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:%s","arn":"arn:aws:sts::111122223333:assumed-role/%s"}}`, noise(r, 356), name(r), name(r))
}

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = tokenAlphabet[r.Intn(len(tokenAlphabet))]
	}
	return string(b)
}

func bucket(r *rand.Rand) string {
	return fmt.Sprintf(`{"bucketName":%q,"Host":"s3.eu-west-1.amazonaws.com","acl":""}`, name(r))
}

func encryptionContext(r *rand.Rand) string {
	return fmt.Sprintf(`{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:eu-west-1:111122223333:function:%s"}}`, name(r))
}

func instances(r *rand.Rand) string {
	var items []string
	for range 1 + r.Intn(12) {
		items = append(items, fmt.Sprintf(`{"instanceId":"i-%017x"}`, r.Int63n(1<<60)))
	}
	return `{"instancesSet":{"items":[` + strings.Join(items, ",") + `]},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-0a1b2c3d"}]}}]}}`
}

func logStream(r *rand.Rand) string {
	return fmt.Sprintf(`{"logGroupName":"/aws/lambda/%s","logStreamName":"2026/06/18/[$LATEST]%s"}`, name(r), id(r))
}

func role(r *rand.Rand) string  { return fmt.Sprintf(`{"roleName":%q}`, name(r)) }
func stack(r *rand.Rand) string { return fmt.Sprintf(`{"stackName":%q}`, name(r)) }
func table(r *rand.Rand) string { return fmt.Sprintf(`{"tableName":%q}`, name(r)) }

func secret(r *rand.Rand) string {
	return fmt.Sprintf(`{"secretId":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:%s"}`, name(r))
}

func function(r *rand.Rand) string {
	return fmt.Sprintf(`{"functionName":%q,"runtime":"python3.12","role":"arn:aws:iam::111122223333:role/%s","handler":"main.handler","codeSize":%d,"timeout":30,"memorySize":256,"codeSha256":%q,"version":"$LATEST","environment":{},"tracingConfig":{"mode":"PassThrough"},"architectures":["arm64"],"ephemeralStorage":{"size":512},"lastUpdateStatus":"InProgress"}`,
		name(r), name(r), r.Intn(1e7), noise(r, 44))
}

func taskDefinition(r *rand.Rand) string {
	return fmt.Sprintf(`{"family":%q,"networkMode":"awsvpc","cpu":"256","memory":"512","containerDefinitions":[{"name":"app","image":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/%s:%s","essential":true,"portMappings":[{"containerPort":8080,"protocol":"tcp"}],"environment":[{"name":"STAGE","value":"prod"},{"name":"LOG_LEVEL","value":"info"}],"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/%s","awslogs-region":"eu-west-1","awslogs-stream-prefix":"ecs"}}}]}`,
		name(r), name(r), id(r), name(r))
}

func statements(r *rand.Rand, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"Sid":"S%d","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/%s"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"]}`, i, name(r), name(r), name(r)))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(all, ",") + `]}`
}

func policy(r *rand.Rand) string {
	return fmt.Sprintf(`{"bucketName":%q,"bucketPolicy":%s}`, name(r), statements(r, 1+r.Intn(6)))
}

func bigPolicy(r *rand.Rand) string {
	text, _ := json.Marshal(statements(r, 5+r.Intn(20)))
	return fmt.Sprintf(`{"policyArn":"arn:aws:iam::111122223333:policy/%s","policyDocument":%s,"setAsDefault":true}`, name(r), text)
}

// template is the largest request there is: up to 64 KB, mostly far less.
func template(r *rand.Rand) string {
	size := 1000
	if r.Intn(40) == 0 {
		size = 60_000
	}
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "  %s:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.12\n", name(r))
	}
	text, _ := json.Marshal(b.String())
	return fmt.Sprintf(`{"stackName":%q,"changeSetName":%q,"templateBody":%s}`, name(r), name(r), text)
}

func consoleLogin(*rand.Rand) string { return `{"ConsoleLogin":"Success"}` }
