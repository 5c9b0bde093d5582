package policy

import (
	"strings"
	"testing"
)

func TestClassesOfAnAction(t *testing.T) {
	const (
		reference = "Service Authorization Reference"
		elements  = "IAM User Guide, IAM JSON policy elements: Action"
	)
	tests := []struct {
		name, source, action, want string
	}{
		{"an object that is read", reference, "s3:GetObject", "read"},
		{"a bucket that is listed", reference, "s3:ListBucket", "read"},
		{"an object that is written", reference, "s3:PutObject", "write"},
		{"a bucket's policy", reference, "s3:PutBucketPolicy", "admin"},
		{"an object's ACL", reference, "s3:PutObjectAcl", "admin"},
		{"a network's ACL is a firewall", reference, "ec2:CreateNetworkAcl", "write"},
		{"an ACL that is read", reference, "s3:GetBucketAcl", "read"},
		{"a function that is run", reference, "lambda:InvokeFunction", "write"},
		{"a function's permissions", reference, "lambda:AddPermission", "admin"},
		{"a key's policy", reference, "kms:PutKeyPolicy", "admin"},
		{"a key's grants", reference, "kms:CreateGrant", "admin"},
		{"what a key encrypts is read", "KMS API Reference, Decrypt", "kms:Decrypt", "read"},
		{"a data key", reference, "kms:GenerateDataKey", "write"},
		{"a secret", reference, "secretsmanager:GetSecretValue", "read"},
		{"a message that is sent", reference, "sqs:SendMessage", "write"},
		{"a message that is taken", reference, "sqs:ReceiveMessage", "read"},
		{"a queue's attributes have its policy", reference, "sqs:SetQueueAttributes", "admin"},
		{"a topic's attributes have its policy", reference, "SNS:SetTopicAttributes", "admin"},
		{"a role that is taken", reference, "sts:AssumeRole", "write"},
		{"a snapshot's attributes are who may use it", reference, "ec2:ModifySnapshotAttribute", "admin"},
		{"a batch that is read", reference, "ecr:BatchGetImage", "read"},
		{"a batch that is deleted", reference, "ecr:BatchDeleteImage", "write"},
		{"a domain that is read over HTTP", reference, "es:ESHttpGet", "read"},
		{"a tag", reference, "s3:PutObjectTagging", "write"},
		{"other letters", elements, "S3:getobject", "read"},
		{"no prefix, as SQS logs it", "SQS Developer Guide, AddPermission in CloudTrail", "SendMessage", "write"},
		{"everything", elements, "*", "read write admin"},
		{"everything of a service", elements, "s3:*", "read write admin"},
		{"everything that begins with Get", elements, "s3:Get*", "read"},
		{"everything that begins with Put", elements, "s3:Put*", "write admin"},
		{"everything that begins with G", elements, "s3:G*", "read write admin"},
		{"everything that ends in Object", elements, "s3:*Object", "read write admin"},
		{"a question mark", elements, "s3:?etObject", "read write admin"},
		{"a star for the service", elements, "*:GetObject", "read"},
		{"no name", "nothing AWS documents", "s3:", ""},
		{"nothing", "nothing AWS documents", "", ""},
		{"a text that is too long for an action", "nothing AWS documents", "s3:Get" + strings.Repeat("x", 200), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(classOf([]byte(test.action)).Names(), " "); got != test.want {
				t.Errorf("%s: %s: got %q, want %q", test.source, test.action, got, test.want)
			}
		})
	}
}
