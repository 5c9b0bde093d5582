package use

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/grant"
)

func TestOneResourceHasOneForm(t *testing.T) {
	for _, c := range []struct{ why, arn, want string }{
		{"a function", "arn:aws:lambda:eu-west-1:111122223333:function:f", "arn:aws:lambda:eu-west-1:111122223333:function:f"},
		{"a version of a function", "arn:aws:lambda:eu-west-1:111122223333:function:f:7", "arn:aws:lambda:eu-west-1:111122223333:function:f"},
		{"an alias of a function", "arn:aws:lambda:eu-west-1:111122223333:function:f:PROD", "arn:aws:lambda:eu-west-1:111122223333:function:f"},
		{"a name of a function that has its account", "arn:aws:lambda:eu-west-1:111122223333:function:111122223333:function:f:7", "arn:aws:lambda:eu-west-1:111122223333:function:f"},
		{"functions are not told apart by less than their case", "arn:aws:lambda:eu-west-1:111122223333:function:F", "arn:aws:lambda:eu-west-1:111122223333:function:F"},
		{"a layer keeps its version", "arn:aws:lambda:eu-west-1:111122223333:layer:l:3", "arn:aws:lambda:eu-west-1:111122223333:layer:l:3"},
		{"a role", "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:role/r"},
		{"a role with a path", "arn:aws:iam::111122223333:role/team/ops/r", "arn:aws:iam::111122223333:role/r"},
		{"a path of a role may have colons", "arn:aws:iam::111122223333:role/a:b/r", "arn:aws:iam::111122223333:role/r"},
		{"a user is not a role", "arn:aws:iam::111122223333:user/team/r", "arn:aws:iam::111122223333:user/team/r"},
		{"a secret with its random characters", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"},
		{"a secret without them", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"},
		{"a secret whose name ends in a word of six letters", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-secret", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-secret-??????"},
		{"the same with its random characters", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-secret-QxZ9ab", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-secret-??????"},
		{"a secret that is all random", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:-a1B2c3", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:-a1B2c3-??????"},
		{"a snapshot", "arn:aws:ec2:eu-west-1:111122223333:snapshot/snap-1", "arn:aws:ec2:eu-west-1::snapshot/snap-1"},
		{"a snapshot without its account", "arn:aws:ec2:eu-west-1::snapshot/snap-1", "arn:aws:ec2:eu-west-1::snapshot/snap-1"},
		{"an image", "arn:aws:ec2:eu-west-1:111122223333:image/ami-1", "arn:aws:ec2:eu-west-1::image/ami-1"},
		{"an endpoint service keeps its account", "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint-service/vpce-svc-1", "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint-service/vpce-svc-1"},
		{"a snapshot of RDS keeps its account", "arn:aws:rds:eu-west-1:111122223333:snapshot:s", "arn:aws:rds:eu-west-1:111122223333:snapshot:s"},
		{"a bucket", "arn:aws:s3:::orders", "arn:aws:s3:::orders"},
		{"an object", "arn:aws:s3:::orders/a/b", "arn:aws:s3:::orders/a/b"},
		{"an access point", "arn:aws:s3:eu-west-1:111122223333:accesspoint/p", "arn:aws:s3:eu-west-1:111122223333:accesspoint/p"},
		{"an object by an access point", "arn:aws:s3:eu-west-1:111122223333:accesspoint/p/object/a/b", "arn:aws:s3:eu-west-1:111122223333:accesspoint/p"},
		{"a queue", "arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws:sqs:eu-west-1:111122223333:orders"},
		{"the address of a queue", "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "arn:aws:sqs:eu-west-1:111122223333:orders"},
		{"in China", "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/orders", "arn:aws-cn:sqs:cn-north-1:111122223333:orders"},
		{"the address that older clients have", "https://eu-west-1.queue.amazonaws.com/111122223333/orders", "arn:aws:sqs:eu-west-1:111122223333:orders"},
		{"the oldest one", "https://queue.amazonaws.com/111122223333/orders", "arn:aws:sqs:us-east-1:111122223333:orders"},
		{"another address", "https://example.com/111122223333/orders", "https://example.com/111122223333/orders"},
		{"an address of a queue that is none", "https://sqs.eu-west-1.amazonaws.com/111122223333/a/b", "https://sqs.eu-west-1.amazonaws.com/111122223333/a/b"},
		{"a key", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
		{"an alias of a key", "arn:aws:kms:eu-west-1:111122223333:alias/a", "arn:aws:kms:eu-west-1:111122223333:alias/a"},
		{"an encoded ARN", "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteam%2Fr", "arn:aws:iam::111122223333:role/r"},
		{"a text that is not an ARN", "my table", "my table"},
		{"less than an ARN", "arn:aws:iam::111122223333", "arn:aws:iam::111122223333"},
		{"nothing", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := Canonical(c.arn); got != c.want {
				t.Errorf("Canonical(%q) is %q, want %q", c.arn, got, c.want)
			}
		})
	}
}

func TestACanonicalTextIsNoLongerThanItMay(t *testing.T) {
	secret := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + strings.Repeat("x", grant.MaxText)
	if got := Canonical(secret[:grant.MaxText-2]); len(got) > grant.MaxText || Canonical(got) != got {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzCanonical(f *testing.F) {
	for _, arn := range []string{
		"arn:aws:lambda:eu-west-1:111122223333:function:f:7", "arn:aws:iam::111122223333:role/team/ops/r",
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-DBPass-a1B2c3", "https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
		"arn%3Aaws%3As3%3A%3A%3Ab", "arn%3aarn%253a", "arn:aws:ec2:::snapshot/", strings.Repeat("x", 3000), "\xff",
	} {
		f.Add(arn)
	}
	f.Fuzz(func(t *testing.T, arn string) {
		once := Canonical(arn)
		if len(once) > grant.MaxText || !utf8.ValidString(once) {
			t.Errorf("%q is of %d bytes, or not UTF-8", once, len(once))
		}
		if twice := Canonical(once); twice != once {
			t.Errorf("%q is %q, and that is %q", arn, once, twice)
		}
	})
}
