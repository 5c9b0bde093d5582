package needle

import (
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// vocabulary has the words of every CloudTrail event: the blocks of a needle
// that are in it would be found all the time.
const vocabulary = "eventVersion userIdentity type AssumedRole IAMUser AWSService principalId arn:aws:sts::assumed-role " +
	"accountId accessKeyId sessionContext sessionIssuer arn:aws:iam::role userName attributes creationDate " +
	"mfaAuthenticated false webIdFederationData invokedBy eventTime eventSource amazonaws.com eventName awsRegion " +
	"us-east-1 eu-west-1 sourceIPAddress userAgent aws-sdk Linux Python Java Boto3 aws-cli md/ lang/ cfg/retry-mode " +
	"requestParameters responseElements additionalEventData requestID eventID readOnly true resources " +
	"eventType AwsApiCall managementEvent recipientAccountId sharedEventID eventCategory Management Data tlsDetails " +
	"tlsVersion TLSv1.3 cipherSuite TLS_AES_128_GCM_SHA256 clientProvidedHostHeader functionName bucketName roleArn " +
	"Describe List Get Create Update Delete Put Instance Policy Configuration Function Role User Group Key Object Bucket"

// event has the words of an ordinary event, each as often as it is there: parts of host names and ARNs come several times.
const event = "eventVersion 1.11 userIdentity type AssumedRole principalId AROAEXAMPLEEXAMPLE:i-0abc12def34567890 " +
	"arn arn:aws:sts::111122223333:assumed-role/app-role/i-0abc12def34567890 accountId 111122223333 accessKeyId " +
	"ASIAEXAMPLEEXAMPLE sessionContext sessionIssuer type Role principalId AROAEXAMPLEEXAMPLE arn " +
	"arn:aws:iam::111122223333:role/app-role accountId 111122223333 userName app-role attributes creationDate " +
	"2026-01-02T03:04:05Z mfaAuthenticated false eventTime 2026-01-02T03:04:05Z eventSource ec2.amazonaws.com " +
	"eventName DescribeInstances awsRegion eu-west-1 sourceIPAddress 10.0.0.1 userAgent " +
	"aws-sdk-go-v2/1.30.3,os/linux,lang/go#1.22.5,md/GOOS#linux,md/GOARCH#arm64,api/ec2#1.167.0,exec-env/AWS_ECS_FARGATE " +
	"requestParameters instancesSet items instanceId i-0abc12def34567890 filterSet responseElements requestID " +
	"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 eventID 9a8b7c6d-5e4f-3a2b-1c0d-e9f8a7b6c5d4 readOnly true eventType " +
	"AwsApiCall managementEvent recipientAccountId 111122223333 eventCategory Management tlsDetails tlsVersion TLSv1.3 " +
	"cipherSuite TLS_AES_128_GCM_SHA256 clientProvidedHostHeader ec2.eu-west-1.amazonaws.com resources ARN " +
	"arn:aws:lambda:eu-west-1:111122223333:function:orders type AWS::Lambda::Function"

// Vocabulary returns the words of every CloudTrail event, as they are there:
// MessagePack texts, one after the other. A search that has seen them can look
// for what is rare.
func Vocabulary() []byte {
	var b []byte
	for _, word := range strings.Fields(vocabulary + " " + event) {
		b = msgp.AppendString(b, word)
	}
	return b
}
