package use

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
)

func TestWhoIsAnOutsider(t *testing.T) {
	const object = `"requestParameters": {"bucketName": "orders", "key": "a"}, "resources": [{"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::orders"}]`
	for _, c := range []struct {
		why, source, name, members string
		want                       string // account, flags and principal; empty if it is not a use
	}{
		{"another account, of which nothing but the id is there", "s3", "GetObject", `"userIdentity": {"accountId": "444455556666"}, ` + object, "444455556666 444455556666"},
		{"another account with an ARN", "s3", "GetObject", `"userIdentity": {"type": "AssumedRole", "principalId": "AROA:eve", "arn": "arn:aws:sts::444455556666:assumed-role/r/eve", "accountId": "444455556666"}, ` + object, "444455556666 arn:aws:sts::444455556666:assumed-role/r/eve"},
		{"the owner itself", "s3", "GetObject", `"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, ` + object, ""},
		{"the owner under the type of another", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "accountId": "111122223333"}, ` + object, ""},
		{"a failed call", "s3", "GetObject", `"errorCode": "AccessDenied", ` + outsider + `, ` + object, ""},
		{"a service for itself", "s3", "GetObject", `"userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, ` + object, ""},
		{"a service that has an account", "s3", "GetObject", `"userIdentity": {"type": "AWSService", "accountId": "444455556666", "invokedBy": "cloudtrail.amazonaws.com"}, ` + object, ""},
		{"a service that another account has sent", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "principalId": "AROA:eve", "accountId": "444455556666", "invokedBy": "athena.amazonaws.com"}, ` + object, "444455556666 via athena.amazonaws.com AROA:eve"},
		{"a service that the owner has sent", "s3", "GetObject", `"userIdentity": {"type": "AssumedRole", "accountId": "111122223333", "invokedBy": "athena.amazonaws.com"}, ` + object, ""},
		{"an unsigned request", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}, ` + object, "anonymous"},
		{"the same as Elastic has it", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "accountId": "anonymous"}, ` + object, "anonymous"},
		{"a caller of a function URL", "lambda", "InvokeFunctionUrl", `"userIdentity": {"type": "Unknown"}, "requestParameters": {"functionName": "pay"}`, "anonymous"},
		{"nobody", "s3", "GetObject", `"userIdentity": {}, ` + object, ""},
		{"no identity", "s3", "GetObject", object, ""},
		{"an account that is none", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "accountId": "44445555666"}, ` + object, ""},
		{"an account that is a map", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "accountId": {"a": "444455556666"}}, ` + object, ""},
		{"the copy that the caller gets", "kms", "Decrypt", `"recipientAccountId": "444455556666", ` + outsider + `, "resources": [{"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/k"}]`, ""},
		{"a trail that does not say whose it is, and a resource that does", "kms", "Decrypt", `"recipientAccountId": "", ` + outsider + `, "resources": [{"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/k"}]`, "444455556666 AROAEXAMPLEOUTSIDE001:audit"},
		{"a trail of nobody and a key of the caller's own", "kms", "Decrypt", `"recipientAccountId": "", "userIdentity": {"type": "IAMUser", "accountId": "444455556666"}, "resources": [{"accountId": "444455556666", "ARN": "arn:aws:kms:eu-west-1:444455556666:key/k"}]`, ""},
		{"a trail of nobody and a registry of the caller's own", "ecr", "BatchGetImage", `"recipientAccountId": "", ` + outsider + `, "requestParameters": {"registryId": "444455556666", "repositoryName": "app"}`, ""},
		{"a trail of nobody and keys of both", "kms", "ReEncrypt", `"recipientAccountId": "", ` + outsider + `, "resources": [{"accountId": "444455556666", "ARN": "arn:aws:kms:eu-west-1:444455556666:key/k"}, {"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/k"}]`, "444455556666 AROAEXAMPLEOUTSIDE001:audit"},
		{"a trail of nobody and names of both", "ssm", "GetParameters", `"recipientAccountId": "", ` + outsider + `, "requestParameters": {"names": ["arn:aws:ssm:eu-west-1:444455556666:parameter/a", "arn:aws:ssm:eu-west-1:111122223333:parameter/b"]}`, "444455556666 AROAEXAMPLEOUTSIDE001:audit"},
		{"a subject of an identity provider", "sts", "AssumeRoleWithWebIdentity", `"userIdentity": {"type": "WebIdentityUser", "userName": "repo:acme/app", "identityProvider": "accounts.example.com"}, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ci"}`, "federated repo:acme/app@accounts.example.com"},
		{"a subject that failed to prove it", "sts", "AssumeRoleWithWebIdentity", `"errorCode": "AccessDenied", "userIdentity": {"type": "WebIdentityUser", "userName": "repo:acme/app"}, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ci"}`, ""},
		{"a name that moves the cursor", "s3", "GetObject", `"userIdentity": {"type": "AWSAccount", "principalId": "AROA:\u001b[2J\u202e", "accountId": "444455556666"}, ` + object, "444455556666 AROA:\ufffd[2J\ufffd"},
		{"a restore from the account's own snapshot", "rds", "RestoreDBInstanceFromDBSnapshot", `"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, "requestParameters": {"dBSnapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:snapshot:orders"}`, ""},
		{"a restore from a snapshot by its name", "rds", "RestoreDBInstanceFromDBSnapshot", `"userIdentity": {"type": "AWSAccount", "accountId": "444455556666"}, "requestParameters": {"dBSnapshotIdentifier": "orders"}`, ""},
		{"an event that EC2 writes about the account's own snapshot", "ec2", "SharedSnapshotVolumeCreated", `"userIdentity": {"accountId": "111122223333", "invokedBy": "ec2.amazonaws.com"}, "requestParameters": null, "serviceEventDetails": {"snapshotId": "snap-1"}`, ""},
		{"one about another account's copy, without a type", "ec2", "SharedSnapshotCopyInitiated", `"userIdentity": {"accountId": "444455556666", "invokedBy": "ec2.amazonaws.com"}, "requestParameters": null, "serviceEventDetails": {"snapshotId": "snap-1"}`, "444455556666 via ec2.amazonaws.com 444455556666"},
		{"a copy to the owner's bucket from a place of the caller's own", "s3", "CopyObject", outsider + `, "requestParameters": {"bucketName": "orders", "key": "a", "x-amz-copy-source": "arn:aws:s3:eu-west-1:444455556666:accesspoint/p/object/a"}`, "444455556666 AROAEXAMPLEOUTSIDE001:audit"},
		{"a call of another service by the same name", "sns", "GetObject", outsider + `, ` + object, ""},
		{"a call in another case of letters", "s3", "getobject", outsider + `, ` + object, ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			u, ok := Read(raw(t, replaced(text(c.source, c.name, c.members))))
			got := summary(u)
			if ok != (c.want != "") || got != c.want {
				t.Errorf("got %q, %v, want %q", got, ok, c.want)
			}
			if ok && u.Owner != "111122223333" {
				t.Errorf("the owner is %q", u.Owner)
			}
		})
	}
}

// summary is who used it, in one line.
func summary(u Use) string {
	var all []string
	if u.Account != "" {
		all = append(all, u.Account)
	}
	if u.Via != "" {
		all = append(all, "via "+u.Via)
	}
	if u.Anonymous {
		all = append(all, "anonymous")
	}
	if u.Federated {
		all = append(all, "federated")
	}
	if u.Principal != "" {
		all = append(all, u.Principal)
	}
	return strings.Join(all, " ")
}

func TestTheCredentialsThatARoleGivesAreRead(t *testing.T) {
	u, ok := Read(raw(t, text("sts", "AssumeRole", outsider+`, "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/deploy"},
		"responseElements": {"credentials": {"accessKeyId": "ASIAEXAMPLEKEY000001"}, "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/deploy/audit"}}`)))
	if !ok || u.AccessKey != "ASIAEXAMPLEKEY000001" || u.Session != "arn:aws:sts::111122223333:assumed-role/deploy/audit" {
		t.Errorf("got %+v", u)
	}
}

// What a call opens and what uses it are read from different parameters, and have one
// text for the resource.
func TestAUseMeetsWhatWasOpened(t *testing.T) {
	const alice = `"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, `
	statement := func(principal, action string) string {
		out, err := json.Marshal(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"` + action + `","Resource":"*"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	const arn = "arn:aws:iam::444455556666:root"
	for _, c := range []struct{ why, source, opens, opening, uses, use string }{
		{"a function by its name, and by the ARN of an alias", "lambda", "AddPermission20150331v2",
			`"requestParameters": {"functionName": "pay", "statementId": "s", "action": "lambda:InvokeFunction", "principal": "444455556666"}`,
			"Invoke", `"requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:pay:PROD"}`},
		{"a URL of a function", "lambda", "CreateFunctionUrlConfig",
			`"requestParameters": {"functionName": "pay", "authType": "NONE"}, "responseElements": {"functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:pay"}`,
			"InvokeFunctionUrl", `"requestParameters": {"functionName": "pay"}`},
		{"a role without its path", "iam", "UpdateAssumeRolePolicy", `"requestParameters": {"roleName": "deploy", "policyDocument": ` + statement(arn, "sts:AssumeRole") + `}`,
			"sts/AssumeRole", `"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/team/deploy"}`},
		{"a bucket, and an object in it", "s3", "PutBucketPolicy", `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}]}}`,
			"GetObject", `"requestParameters": {"bucketName": "orders", "key": "a/b"}`},
		{"an object with a list of its own", "s3", "PutObjectAcl", `"requestParameters": {"bucketName": "orders", "key": "a/b", "x-amz-acl": "public-read"}`,
			"GetObject", `"requestParameters": {"bucketName": "orders", "key": "a/b"}`},
		{"an access point, and an object through it", "s3", "PutAccessPointPolicy", `"requestParameters": {"name": "p", "policy": ` + statement(arn, "s3:GetObject") + `}`,
			"GetObject", `"requestParameters": {"bucketName": "arn:aws:s3:eu-west-1:111122223333:accesspoint/p", "key": "a/b"}`},
		{"a secret by its answer", "secretsmanager", "PutResourcePolicy", `"requestParameters": {"secretId": "prod/db", "resourcePolicy": ` + statement(arn, "secretsmanager:GetSecretValue") + `}, "responseElements": {"arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3"}`,
			"GetSecretValue", `"requestParameters": {"secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3"}`},
		{"a secret by its name alone", "secretsmanager", "PutResourcePolicy", `"requestParameters": {"secretId": "prod/db", "resourcePolicy": ` + statement(arn, "secretsmanager:GetSecretValue") + `}`,
			"GetSecretValue", `"requestParameters": {"secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1B2c3"}`},
		{"a key by its id", "kms", "CreateGrant", `"requestParameters": {"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "granteePrincipal": "arn:aws:iam::444455556666:role/r", "operations": ["Decrypt"]}`,
			"Decrypt", `"resources": [{"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}]`},
		{"a queue by its address", "sqs", "AddPermission", `"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "label": "l", "aWSAccountIds": ["444455556666"], "actions": ["*"]}`,
			"ReceiveMessage", `"resources": [{"accountId": "111122223333", "ARN": "arn:aws:sqs:eu-west-1:111122223333:orders"}]`},
		{"a repository", "ecr", "SetRepositoryPolicy", `"requestParameters": {"repositoryName": "app", "registryId": "111122223333", "policyText": ` + statement(arn, "ecr:BatchGetImage") + `}`,
			"BatchGetImage", `"requestParameters": {"registryId": "111122223333", "repositoryName": "app"}`},
		{"a snapshot, in the event that EC2 writes", "ec2", "ModifySnapshotAttribute", `"requestParameters": {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "444455556666"}]}}}`,
			"SharedSnapshotCopyInitiated", `"requestParameters": null, "serviceEventDetails": {"snapshotId": "snap-1"}`},
		{"a snapshot of a database, in the caller's trail", "rds", "ModifyDBSnapshotAttribute", `"requestParameters": {"dBSnapshotIdentifier": "orders", "attributeName": "restore", "valuesToAdd": ["444455556666"]}`,
			"CopyDBSnapshot", callers + `, "requestParameters": {"sourceDBSnapshotIdentifier": "arn:aws:rds:eu-west-1:111122223333:snapshot:orders"}`},
		{"a topic", "sns", "AddPermission", `"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:alarms", "label": "l", "aWSAccountId": ["444455556666"], "actionName": ["Subscribe"]}`,
			"Subscribe", `"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:alarms"}`},
		{"a table", "dynamodb", "PutResourcePolicy", `"requestParameters": {"resourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "policy": ` + statement(arn, "dynamodb:GetItem") + `}`,
			"GetItem", `"requestParameters": {"tableName": "orders"}`},
		{"a stream", "kinesis", "PutResourcePolicy", `"requestParameters": {"resourceArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", "policy": ` + statement(arn, "kinesis:GetRecords") + `}`,
			"GetRecords", `"requestParameters": {"streamName": "clicks"}`},
		{"a catalog", "glue", "PutResourcePolicy", `"requestParameters": {"policyInJson": ` + statement(arn, "glue:GetTable") + `}`,
			"GetTable", `"requestParameters": {"databaseName": "sales", "name": "orders"}`},
		{"a table of a data lake", "lakeformation", "GrantPermissions", `"requestParameters": {"principal": {"dataLakePrincipalIdentifier": "444455556666"}, "resource": {"table": {"databaseName": "sales", "name": "orders"}}, "permissions": ["SELECT"]}`,
			"GetDataAccess", `"requestParameters": {"tableArn": "arn:aws:glue:eu-west-1:111122223333:table/sales/orders"}`},
		{"a file system", "elasticfilesystem", "PutFileSystemPolicy", `"requestParameters": {"fileSystemId": "fs-1", "policy": ` + statement(arn, "elasticfilesystem:ClientMount") + `}`,
			"NewClientConnection", `"requestParameters": null, "resources": [{"accountId": "111122223333", "ARN": "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"}]`},
		{"a layer", "lambda", "AddLayerVersionPermission20181031", `"requestParameters": {"layerName": "base", "versionNumber": 3, "statementId": "s", "principal": "444455556666", "action": "lambda:GetLayerVersion"}`,
			"GetLayerVersion20181031", `"requestParameters": {"layerName": "arn:aws:lambda:eu-west-1:111122223333:layer:base", "versionNumber": 3}`},
		{"a document", "ssm", "ModifyDocumentPermission", `"requestParameters": {"name": "patch", "permissionType": "Share", "accountIdsToAdd": ["444455556666"]}`,
			"GetDocument", `"requestParameters": {"name": "arn:aws:ssm:eu-west-1:111122223333:document/patch"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			if c.source == "lakeformation" && c.uses == "GetDataAccess" || !strings.Contains(c.uses, "/") {
				c.uses = c.source + "/" + c.uses
			}
			source, name, _ := strings.Cut(c.uses, "/")
			if !strings.Contains(c.use, "userIdentity") {
				c.use = outsider + ", " + c.use
			}
			for form, view := range map[string]func(testing.TB, string) *cloudtrail.Event{"raw": raw, "ecs": ecs} {
				o := call.Read(view(t, text(c.source, c.opens, alice+c.opening)), nil)
				if o == nil {
					t.Fatalf("%s: nothing is opened", form)
				}
				u, ok := Read(view(t, replaced(text(source, name, c.use))))
				if want := Canonical(o.Resource); !ok || !strings.Contains(" "+strings.Join(u.Resources, " ")+" ", " "+want+" ") {
					t.Errorf("%s: %q is opened, %q are used", form, want, u.Resources)
				}
			}
		})
	}
}

func TestAnEventOfTheOwnersOwnAllocatesNothing(t *testing.T) {
	e := raw(t, text("s3", "GetObject", `"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, "requestParameters": {"bucketName": "orders", "key": "a"}`))
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := Read(e); ok {
			t.Error("it is a use")
		}
	}); n > 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, members := range map[string]string{
		"owner":    `"userIdentity": {"type": "IAMUser", "accountId": "111122223333"}, "requestParameters": {"bucketName": "orders", "key": "a"}`,
		"outsider": outsider + `, "requestParameters": {"bucketName": "orders", "key": "a"}`,
	} {
		b.Run(name, func(b *testing.B) {
			body, err := document.AppendFromJSON(nil, []byte(text("s3", "GetObject", members)))
			if err != nil {
				b.Fatal(err)
			}
			var e cloudtrail.Event
			b.ReportAllocs()
			for b.Loop() {
				e.Reset(body, cloudtrail.Raw)
				Read(&e)
			}
		})
	}
}
