package workload

import (
	"fmt"
	"math/rand"
	"time"
)

// event writes a management event.
func event(r *rand.Rand, i int, source, call string, readOnly bool, request, response string) string {
	return envelope(r, i, source, call, readOnly, request, response, `"managementEvent":true,"eventCategory":"Management"`)
}

// dataEvent writes a data event, which names the resource that it is about.
func dataEvent(r *rand.Rand, i int, source, call, request, response, kind, arn string) string {
	return envelope(r, i, source, call, false, request, response, fmt.Sprintf(
		`"resources":[{"accountId":"111122223333","type":%q,"ARN":%q}],"managementEvent":false,"eventCategory":"Data"`, kind, arn))
}

func envelope(r *rand.Rand, i int, source, call string, readOnly bool, request, response, category string) string {
	at := time.Date(2026, 6, 18, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * 17 * time.Millisecond)
	who, address, agent, tls := caller(r, source)
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":%s,"eventTime":%q,"eventSource":"%s.amazonaws.com",`+
		`"eventName":%q,"awsRegion":"eu-west-1","sourceIPAddress":%q,"userAgent":%q,`+
		`"requestParameters":%s,"responseElements":%s,"requestID":%q,"eventID":%q,"readOnly":%t,`+
		`"eventType":"AwsApiCall",%s,"recipientAccountId":"111122223333"%s}`,
		who, at.Format(time.RFC3339), source, call, address, agent, request, response, id(r), id(r), readOnly, category, tls)
}

// caller writes who made a call, from where, with what, and over which TLS. One
// in five is a service of AWS, about which CloudTrail says little.
func caller(r *rand.Rand, source string) (who, address, agent, tls string) {
	if r.Intn(5) == 0 {
		service := []string{"lambda", "ecs-tasks", "autoscaling"}[r.Intn(3)] + ".amazonaws.com"
		return fmt.Sprintf(`{"type":"AWSService","invokedBy":%q}`, service), service, service, ""
	}
	return identity(r), fmt.Sprintf("203.0.113.%d", r.Intn(256)), agents[r.Intn(len(agents))],
		fmt.Sprintf(`,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.eu-west-1.amazonaws.com"}`, source)
}

// ecs writes an AssumeRole as Elastic's pipeline stores it.
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

// identity writes a user, or the session of a role, which is thrice as common.
func identity(r *rand.Rand) string {
	if r.Intn(4) == 0 {
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
