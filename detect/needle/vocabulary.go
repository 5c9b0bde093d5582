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

// Vocabulary returns the words of every CloudTrail event, as they are there:
// MessagePack texts, one after the other. A search that has seen them can look
// for what is rare.
func Vocabulary() []byte {
	var b []byte
	for _, word := range strings.Fields(vocabulary) {
		b = msgp.AppendString(b, word)
	}
	return b
}
