package workload

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
)

func null(*rand.Rand) string { return "null" }

func returned(*rand.Rand) string { return `{"_return":true}` }

func functionARN(name string) string {
	return "arn:aws:lambda:eu-west-1:111122223333:function:" + name
}

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
	return fmt.Sprintf(`{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:lambda:FunctionArn":%q}}`, functionARN(name(r)))
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

// named is a request or an answer with one name.
func named(key string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return fmt.Sprintf(`{%q:%q}`, key, name(r)) }
}

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
	return fmt.Sprintf(`{"bucketName":%q,"bucketPolicy":%s}`, name(r), statements(r, 2+r.Intn(6)))
}

func bigPolicy(r *rand.Rand) string {
	text, _ := json.Marshal(statements(r, 5+r.Intn(20)))
	return fmt.Sprintf(`{"policyArn":"arn:aws:iam::111122223333:policy/%s","policyDocument":%s,"setAsDefault":true}`, name(r), text)
}

// template is the largest request: 66 KB now and then, mostly far less.
func template(r *rand.Rand) string {
	size := 1000
	if r.Intn(20) == 0 {
		size = 62_000
	}
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "  %s:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.12\n", name(r))
	}
	text, _ := json.Marshal(b.String())
	return fmt.Sprintf(`{"stackName":%q,"changeSetName":%q,"templateBody":%s}`, name(r), name(r), text)
}

func consoleLogin(*rand.Rand) string { return `{"ConsoleLogin":"Success"}` }
