package closing

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// Each event here is one that an attacker, or an accident, could make pass for a closing of more
// than was closed.
func TestAClosingClosesNoMoreThanItSays(t *testing.T) {
	const queue = `"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"`
	for _, c := range []struct{ why, source, name, members, want string }{
		{"a failed call", "lambda", "RemovePermission20150331v2", `"errorCode": "ResourceNotFoundException", "requestParameters": {"functionName": "pay", "statementId": "s1"}`, ""},
		{"a call without its statement", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay"}`, ""},
		{"a call without its resource", "lambda", "RemovePermission20150331v2", `"requestParameters": {"statementId": "s1"}`, ""},
		{"a statement that is said twice", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay", "statementId": "s1", "StatementId": "s2"}`, ""},
		{"a statement that is a list", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay", "statementId": ["s1", "s2"]}`, ""},
		{"a resource that is said twice", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay", "FunctionName": "ship", "statementId": "s1"}`, ""},
		{"Java text that can be read in two ways", "sns", "RemovePermission", `"requestParameters": "{topicArn=arn:aws:sns:eu-west-1:111122223333:a, label=x, topicArn=arn:aws:sns:eu-west-1:111122223333:b}"`, ""},
		{"another qualifier in the name than beside it", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:pay:DEV", "statementId": "s1", "qualifier": "PROD"}`, ""},
		{"a qualifier in the name", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay:DEV", "statementId": "s1"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay policy statement=s1 qualifier=DEV all"},
		{"a name with its account", "lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "111122223333:function:pay:DEV", "statementId": "s1"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay policy statement=s1 qualifier=DEV all"},
		{"a version that is deleted", "lambda", "DeleteFunction20150331", `"requestParameters": {"functionName": "pay", "qualifier": "7"}`, ""},
		{"the same in the name", "lambda", "DeleteFunction20150331", `"requestParameters": {"functionName": "pay:7"}`, ""},
		{"a function called as its version is", "lambda", "DeleteFunction20150331", `"requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:7:7"}`, ""},
		{"a name with a wildcard", "s3", "DeleteBucketPolicy", `"requestParameters": {"bucketName": "*"}`, ""},
		{"a bucket of two accounts", "ecr", "DeleteRepositoryPolicy", `"requestParameters": {"repositoryName": "app"}, "resources": [{"ARN": "arn:aws:ecr:eu-west-1:111122223333:repository/app", "accountId": "111122223333"}, {"ARN": "arn:aws:ecr:eu-west-1:444455556666:repository/app", "accountId": "444455556666"}]`, "arn:aws:ecr:eu-west-1:111122223333:repository/app policy all"},
		{"parameters that are left out", "s3", "DeleteBucketPolicy", `"requestParameters": {"bucketName": "orders", "omitted": true}`, ""},
		{"a call in another case of letters", "s3", "deletebucketpolicy", `"requestParameters": {"bucketName": "orders"}`, ""},
		{"a call of another service", "sns", "DeleteBucketPolicy", `"requestParameters": {"bucketName": "orders"}`, ""},
		{"an object that is deleted", "s3", "DeleteObject", `"requestParameters": {"bucketName": "orders", "key": "a"}`, ""},
		{"a block of public access", "s3", "PutBucketPublicAccessBlock", `"requestParameters": {"bucketName": "orders"}`, ""},
		{"the end of a block of public access", "s3", "DeleteBucketPublicAccessBlock", `"requestParameters": {"bucketName": "orders"}`, ""},
		{"a retired grant in the additional data", "kms", "RetireGrant", `"requestParameters": null, "additionalEventData": {"grantId": "g1"}, "resources": [{"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/k1"}]`, "arn:aws:kms:eu-west-1:111122223333:key/k1 grants statement=g1 all"},
		{"a retired grant that is not named", "kms", "RetireGrant", `"requestParameters": null, "resources": [{"accountId": "111122223333", "ARN": "arn:aws:kms:eu-west-1:111122223333:key/k1"}]`, ""},
		{"another attribute of a snapshot", "rds", "ModifyDBSnapshotAttribute", `"requestParameters": {"dBSnapshotIdentifier": "s", "attributeName": "other", "valuesToRemove": ["444455556666"]}`, ""},
		{"an attribute to which an account is added", "rds", "ModifyDBSnapshotAttribute", `"requestParameters": {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": ["444455556666"]}`, ""},
		{"an account that is a number", "rds", "ModifyDBSnapshotAttribute", `"requestParameters": {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToRemove": [12345678901]}`, "arn:aws:rds:eu-west-1:111122223333:snapshot:s attribute 012345678901"},
		{"every permission of a bus", "events", "RemovePermission", `"requestParameters": {"removeAllPermissions": true, "eventBusName": "main"}`, "arn:aws:events:eu-west-1:111122223333:event-bus/main policy all"},
		{"no permission of a bus", "events", "RemovePermission", `"requestParameters": {"removeAllPermissions": false, "eventBusName": "main"}`, ""},

		{"a queue whose policy is written anew", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"sqs:*\"}]}"}}`, "arn:aws:sqs:eu-west-1:111122223333:orders policy replaces"},
		{"a queue whose policy is removed", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"Policy": ""}}`, "arn:aws:sqs:eu-west-1:111122223333:orders policy replaces"},
		{"a queue that is still open", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},\"Action\":\"sqs:*\"}]}"}}`, "arn:aws:sqs:eu-west-1:111122223333:orders policy replaces but some"},
		{"another attribute of a queue", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"DelaySeconds": "5"}}`, ""},
		{"a policy that is cut off", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Princi"}}`, ""},
		{"a policy with more than can be listed", "sqs", "SetQueueAttributes", `"requestParameters": {` + queue + `, "attributes": {"Policy": {"Statement": [` + repeated(`{"Effect": "Allow", "Principal": {"AWS": "%012d"}, "Action": "sqs:*"}`, 300) + `]}}}`, ""},
		{"a service for more accounts than can be listed", "s3", "PutBucketPolicy", `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "s3:*", "Condition": {"StringEquals": {"aws:SourceAccount": [` + repeated(`"%012d"`, 40) + `]}}}]}}`, ""},
		{"two policies at once, of which one is open", "s3", "PutBucketPolicy", `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": []}, "BucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}}`, "arn:aws:s3:::orders policy replaces but some"},
		{"two policies at once", "s3", "PutBucketPolicy", `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": []}, "BucketPolicy": "{}"}`, ""},
		{"another attribute of a topic", "sns", "SetTopicAttributes", `"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:t", "attributeName": "DisplayName", "attributeValue": "{}"}`, ""},
		{"an instance of which something else is changed", "rds", "ModifyDBInstance", `"requestParameters": {"dBInstanceIdentifier": "db", "allocatedStorage": 20}`, ""},
		{"an instance that is not public any more", "rds", "ModifyDBInstance", `"requestParameters": {"dBInstanceIdentifier": "db", "publiclyAccessible": false}`, "arn:aws:rds:eu-west-1:111122223333:db:db setting replaces"},
		{"a URL that asks for a signature now", "lambda", "UpdateFunctionUrlConfig", `"requestParameters": {"functionName": "pay", "qualifier": "PROD", "authType": "AWS_IAM"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay url qualifier=PROD replaces"},
		{"a URL of which something else is changed", "lambda", "UpdateFunctionUrlConfig", `"requestParameters": {"functionName": "pay", "invokeMode": "BUFFERED"}`, ""},
		{"a list that is private now", "s3", "PutBucketAcl", `"requestParameters": {"bucketName": "orders", "x-amz-acl": "private"}`, "arn:aws:s3:::orders acl replaces"},
		{"a list of a version", "s3", "PutObjectAcl", `"requestParameters": {"bucketName": "orders", "key": "a", "versionId": "v1", "x-amz-acl": "private"}`, ""},
		{"a trust that is the account's own now", "iam", "UpdateAssumeRolePolicy", `"requestParameters": {"roleName": "deploy", "policyDocument": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"}`, "arn:aws:iam::111122223333:role/deploy trust replaces"},
		{"one of several policies of an identity", "ses", "PutIdentityPolicy", `"requestParameters": {"identity": "example.com", "policyName": "p1", "policy": "{\"Statement\":[]}"}`, "arn:aws:ses:eu-west-1:111122223333:identity/example.com policy statement=p1 replaces"},
		{"a policy of an identity without its name", "ses", "PutIdentityPolicy", `"requestParameters": {"identity": "example.com", "policy": "{\"Statement\":[]}"}`, ""},
		{"a statement that is added", "sns", "AddPermission", `"requestParameters": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:t", "label": "l", "aWSAccountId": ["444455556666"], "actionName": ["Publish"]}`, ""},
		{"a policy that a failed call would have written", "s3", "PutBucketPolicy", `"errorCode": "AccessDenied", "requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": []}}`, ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, ok := Read(raw(t, text(c.source, c.name, c.members)))
			if ok != (c.want != "") || ok && summary(got) != c.want {
				t.Errorf("got %q, %v, want %q", summary(got), ok, c.want)
			}
		})
	}
}

func TestWhichGrantsAClosingCloses(t *testing.T) {
	const r = "arn:aws:sns:eu-west-1:111122223333:alarms"
	account := Opened{Resource: r, Means: "policy", Accounts: []string{"444455556666"}, Principal: "444455556666"}
	with := func(o Opened, change func(*Opened)) Opened {
		change(&o)
		return o
	}
	for _, c := range []struct {
		why     string
		closing Closing
		opened  Opened
		want    bool
	}{
		{"a deleted resource", Closing{Resource: r, All: true}, account, true},
		{"another resource", Closing{Resource: r + "x", All: true}, account, false},
		{"a resource in another case of letters", Closing{Resource: strings.ToUpper(r), All: true}, account, false},
		{"nothing", Closing{}, Opened{}, false},
		{"all by the means", Closing{Resource: r, Means: "policy", All: true}, account, true},
		{"all by another means", Closing{Resource: r, Means: "acl", All: true}, account, false},
		{"the statement", Closing{Resource: r, Means: "policy", Statement: "s1", All: true}, with(account, func(o *Opened) { o.Statement = "s1" }), true},
		{"another statement", Closing{Resource: r, Means: "policy", Statement: "s1", All: true}, with(account, func(o *Opened) { o.Statement = "s2" }), false},
		{"the statement in another case of letters", Closing{Resource: r, Means: "policy", Statement: "s1", All: true}, with(account, func(o *Opened) { o.Statement = "S1" }), false},
		{"a statement, and a grant of which none is known", Closing{Resource: r, Means: "policy", Statement: "s1", All: true}, account, false},
		{"the qualifier", Closing{Resource: r, Means: "policy", Qualifier: "PROD", All: true}, with(account, func(o *Opened) { o.Qualifier = "PROD" }), true},
		{"another qualifier", Closing{Resource: r, Means: "policy", Qualifier: "PROD", All: true}, account, false},
		{"none where the grant has a qualifier", Closing{Resource: r, Means: "policy", All: true}, with(account, func(o *Opened) { o.Qualifier = "PROD" }), false},
		{"the account", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, account, true},
		{"another account", Closing{Resource: r, Means: "policy", Accounts: []string{"222233334444"}}, account, false},
		{"one of two accounts", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, with(account, func(o *Opened) { o.Accounts = []string{"444455556666", "222233334444"} }), false},
		{"the account where a role of it was let in by name", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, with(account, func(o *Opened) { o.Principal = "arn:aws:iam::444455556666:role/r" }), false},
		{"the account where it was let in by its root", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, with(account, func(o *Opened) { o.Principal = "arn:aws:iam::444455556666:root" }), true},
		{"a role by name", Closing{Resource: r, Means: "policy", Principals: []string{"arn:aws:iam::444455556666:role/r"}}, with(account, func(o *Opened) { o.Principal = "arn:aws:iam::444455556666:role/r" }), true},
		{"a role where the account was let in", Closing{Resource: r, Means: "policy", Principals: []string{"arn:aws:iam::444455556666:role/r"}}, account, false},
		{"everyone", Closing{Resource: r, Means: "policy", Everyone: true}, Opened{Resource: r, Means: "policy", Principal: "*", Everyone: true}, true},
		{"everyone where an account was let in", Closing{Resource: r, Means: "policy", Everyone: true}, account, false},
		{"an account where everyone was let in", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, Opened{Resource: r, Means: "policy", Principal: "*", Everyone: true}, false},
		{"an account where nobody is known to be let in", Closing{Resource: r, Means: "policy", Accounts: []string{"444455556666"}}, Opened{Resource: r, Means: "policy"}, false},
		{"a policy that lets in nobody from outside", Closing{Resource: r, Means: "policy", Replaces: true}, account, true},
		{"a policy by another means", Closing{Resource: r, Means: "acl", Replaces: true}, account, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := c.closing.Closes(c.opened); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAPolicyThatIsWrittenAnewKeepsWhomItStillLetsIn(t *testing.T) {
	const bucket = "arn:aws:s3:::orders"
	account := Opened{Resource: bucket, Means: "policy", Accounts: []string{"444455556666"}, Principal: "arn:aws:iam::444455556666:root"}
	everyone := Opened{Resource: bucket, Means: "policy", Principal: "*", Everyone: true}
	for _, c := range []struct {
		why, principal  string
		account, public bool // whether it is closed
	}{
		{"nobody", `{"AWS": "111122223333"}`, true, true},
		{"the same account", `{"AWS": "arn:aws:iam::444455556666:root"}`, false, true},
		{"the same account by its id", `{"AWS": "444455556666"}`, false, true},
		{"a role of the account", `{"AWS": "arn:aws:iam::444455556666:role/r"}`, false, true},
		{"another account", `{"AWS": "222233334444"}`, true, true},
		{"everyone", `"*"`, false, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, ok := Read(raw(t, text("s3", "PutBucketPolicy", `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": `+c.principal+`, "Action": "s3:GetObject", "Resource": "*"}]}}`)))
			byRoot := Opened{Resource: bucket, Means: "policy", Principal: account.Principal}
			if got.Closes(byRoot) != c.account {
				t.Errorf("the account by its root alone is closed: %v", got.Closes(byRoot))
			}
			if !ok || got.Closes(account) != c.account || got.Closes(everyone) != c.public {
				t.Errorf("%q, %v: the account is closed %v, everyone %v", summary(got), ok, got.Closes(account), got.Closes(everyone))
			}
		})
	}
}

// What a call opens is closed by the call that takes it back, whatever form both are
// written in.
func TestWhatWasOpenedIsClosedByWhatTakesItBack(t *testing.T) {
	for _, c := range []struct{ why, source, opens, opening, closes, closing string }{
		{"a permission of a function", "lambda", "AddPermission20150331v2", `{"functionName": "pay", "statementId": "s1", "action": "lambda:InvokeFunction", "principal": "444455556666"}`,
			"RemovePermission20150331v2", `{"functionName": "pay", "statementId": "s1"}`},
		{"a permission of an alias", "lambda", "AddPermission20150331v2", `{"functionName": "pay", "statementId": "s1", "qualifier": "PROD", "action": "lambda:InvokeFunction", "principal": "444455556666"}`,
			"RemovePermission20150331v2", `{"functionName": "pay:PROD", "statementId": "s1"}`},
		{"a whole policy of a function", "lambda", "AddPermission20150331v2", `{"functionName": "pay", "statementId": "s1", "action": "lambda:InvokeFunction", "principal": "444455556666"}`,
			"PutResourcePolicy", `{"resourceArn": "arn:aws:lambda:eu-west-1:111122223333:function:pay", "policy": "{\"Statement\":[]}"}`},
		{"a deleted function", "lambda", "AddPermission20150331v2", `{"functionName": "pay", "statementId": "s1", "qualifier": "PROD", "action": "lambda:InvokeFunction", "principal": "444455556666"}`,
			"DeleteFunction20150331", `{"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:pay"}`},
		{"a URL", "lambda", "CreateFunctionUrlConfig", `{"functionName": "pay", "authType": "NONE"}`, "DeleteFunctionUrlConfig", `{"functionName": "pay"}`},
		{"a grant of a key", "kms", "CreateGrant", `{"keyId": "k1", "granteePrincipal": "arn:aws:iam::444455556666:root", "operations": ["Decrypt"]}`, "RevokeGrant", `{"keyId": "k1", "grantId": "g1"}`},
		{"a label of a queue", "sqs", "AddPermission", `{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "label": "l1", "aWSAccountIds": ["444455556666"], "actions": ["*"]}`,
			"RemovePermission", `{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "label": "l1"}`},
		{"a snapshot", "ec2", "ModifySnapshotAttribute", `{"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "444455556666"}]}}}`,
			"ModifySnapshotAttribute", `{"snapshotId": "snap-1", "createVolumePermission": {"remove": {"items": [{"userId": "444455556666"}]}}}`},
		{"a role with a path", "iam", "CreateRole", `{"roleName": "deploy", "path": "/team/", "assumeRolePolicyDocument": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},\"Action\":\"sts:AssumeRole\"}]}"}`,
			"DeleteRole", `{"roleName": "deploy"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			for form, view := range map[string]func(testing.TB, string) *cloudtrail.Event{"raw": raw, "ecs": ecs} {
				opening := view(t, text(c.source, c.opens, `"requestParameters": `+c.opening+answer(c.opens)))
				o := call.Read(opening, nil)
				if o == nil {
					t.Fatalf("%s: nothing is opened", form)
				}
				opened := openedBy(opening, o)
				got, ok := Read(view(t, text(c.source, c.closes, `"requestParameters": `+c.closing)))
				if !ok || !got.Closes(opened) {
					t.Errorf("%s: %+v is not closed by %q, %v", form, opened, summary(got), ok)
				}
				opened.Resource += "x"
				if got.Closes(opened) {
					t.Errorf("%s: another resource is closed", form)
				}
			}
		})
	}
}

func answer(name string) string {
	switch name {
	case "CreateGrant":
		return `, "responseElements": {"grantId": "g1"}`
	case "CreateRole":
		return `, "responseElements": {"role": {"arn": "arn:aws:iam::111122223333:role/team/deploy"}}`
	}
	return ""
}

// openedBy is the worst grant of an opening.
func openedBy(event *cloudtrail.Event, o *call.Opening) Opened {
	g := o.Worst()
	opened := Opened{Resource: use.Canonical(o.Resource), Accounts: g.Accounts, Principal: g.Principal, Everyone: g.Principal == "*"}
	if len(opened.Accounts) == 0 && g.PrincipalAccount != "" {
		opened.Accounts = []string{g.PrincipalAccount}
	}
	opened.Means, opened.Statement, opened.Qualifier = Origin(event, o)
	return opened
}
