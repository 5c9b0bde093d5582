package conformance

import (
	"testing"

	"github.com/trailwire/trailwire/detect/alert"
)

// What the identities have in them is from the AWS CloudTrail User Guide, "CloudTrail
// userIdentity element", and from events that were published.
func TestTheActorOfEveryIdentityTypeIsNamed(t *testing.T) {
	const (
		call  = " called AddPermission20150331v2 of lambda.amazonaws.com"
		grant = " let account 444455556666 invoke Lambda function billing-export"
	)
	tests := []struct {
		name     string
		identity object
		want     alert.Actor
		label    string // in the reason of a call
		grantor  string // in the reason of a grant
	}{
		{"Root",
			object{"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"},
			alert.Actor{Type: "Root", ARN: "arn:aws:iam::111122223333:root", Account: "111122223333"},
			"arn:aws:iam::111122223333:root", "111122223333"},
		{"IAMUser",
			object{"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333", "userName": "alice"},
			alert.Actor{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/alice", Name: "alice", Account: "111122223333"},
			"arn:aws:iam::111122223333:user/alice", "111122223333"},
		{"IAMUser without an ARN",
			object{"type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": "111122223333", "userName": "alice"},
			alert.Actor{Type: "IAMUser", Name: "alice", ID: "AIDAEXAMPLE", Account: "111122223333"},
			"user alice of account 111122223333", "111122223333"},
		{"AssumedRole",
			object{"type": "AssumedRole", "principalId": "AROAEXAMPLE:ci", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci", "accountId": "111122223333",
				"sessionContext": object{"sessionIssuer": object{"type": "Role", "arn": "arn:aws:iam::111122223333:role/deploy", "userName": "deploy"}}},
			alert.Actor{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/deploy/ci", Name: "deploy", Account: "111122223333",
				SessionIssuerARN: "arn:aws:iam::111122223333:role/deploy"},
			"arn:aws:sts::111122223333:assumed-role/deploy/ci", "111122223333"},
		{"AssumedRole on behalf of a user of Identity Center",
			object{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/query/alice", "accountId": "111122223333",
				"onBehalfOf": object{"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"}},
			alert.Actor{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/query/alice", Account: "111122223333",
				OnBehalfOf: "544894e8-80c1-707f-60e3-3ba6510dfac1", IdentityStoreARN: "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"},
			"arn:aws:sts::111122223333:assumed-role/query/alice", "111122223333"},
		{"FederatedUser",
			object{"type": "FederatedUser", "principalId": "111122223333:bob", "arn": "arn:aws:sts::111122223333:federated-user/bob", "accountId": "111122223333",
				"sessionContext": object{"sessionIssuer": object{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice"}}},
			alert.Actor{Type: "FederatedUser", ARN: "arn:aws:sts::111122223333:federated-user/bob", Name: "alice", Account: "111122223333",
				SessionIssuerARN: "arn:aws:iam::111122223333:user/alice"},
			"arn:aws:sts::111122223333:federated-user/bob", "111122223333"},
		{"Role",
			object{"type": "Role", "principalId": "AROAEXAMPLE", "accountId": "111122223333"},
			alert.Actor{Type: "Role", ID: "AROAEXAMPLE", Account: "111122223333"},
			"role AROAEXAMPLE of account 111122223333", "111122223333"},
		{"AWSAccount",
			object{"type": "AWSAccount", "principalId": "AROAEXAMPLE:session", "accountId": "777788889999"},
			alert.Actor{Type: "AWSAccount", ID: "AROAEXAMPLE:session", Account: "777788889999"},
			"principal AROAEXAMPLE:session of account 777788889999", "777788889999"},
		{"AWSAccount and nothing more",
			object{"type": "AWSAccount", "accountId": "777788889999"},
			alert.Actor{Type: "AWSAccount", Account: "777788889999"},
			"account 777788889999", "777788889999"},
		{"AWSService",
			object{"type": "AWSService", "invokedBy": "config.amazonaws.com"},
			alert.Actor{Type: "AWSService", InvokedBy: "config.amazonaws.com"},
			"service config.amazonaws.com", "service config.amazonaws.com"},
		{"AWSService with a role",
			object{"type": "AWSService", "principalId": "autoscaling.amazonaws.com", "arn": "arn:aws:iam::111122223333:role/AWSServiceRoleForAutoScaling", "accountId": "111122223333", "invokedBy": "ec2.amazonaws.com"},
			alert.Actor{Type: "AWSService", ARN: "arn:aws:iam::111122223333:role/AWSServiceRoleForAutoScaling", Account: "111122223333", InvokedBy: "ec2.amazonaws.com"},
			"arn:aws:iam::111122223333:role/AWSServiceRoleForAutoScaling", "111122223333"},
		{"AWSService with a principal id",
			object{"type": "AWSService", "principalId": "autoscaling.amazonaws.com", "invokedBy": "ec2.amazonaws.com"},
			alert.Actor{Type: "AWSService", ID: "autoscaling.amazonaws.com", InvokedBy: "ec2.amazonaws.com"},
			"service ec2.amazonaws.com", "service ec2.amazonaws.com"},
		{"AssumedRole of which only the user of Identity Center is said",
			object{"type": "AssumedRole", "accessKeyId": "ASIAEXAMPLE", "onBehalfOf": object{"userId": "544894e8"}},
			alert.Actor{Type: "AssumedRole", AccessKeyID: "ASIAEXAMPLE", OnBehalfOf: "544894e8"},
			"Identity Center user 544894e8", "Identity Center user 544894e8"},
		{"IdentityCenterUser",
			object{"type": "IdentityCenterUser", "accountId": "111122223333", "credentialId": "VAS-2b0c",
				"onBehalfOf": object{"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"}},
			alert.Actor{Type: "IdentityCenterUser", ID: "544894e8-80c1-707f-60e3-3ba6510dfac1", Account: "111122223333",
				OnBehalfOf: "544894e8-80c1-707f-60e3-3ba6510dfac1", IdentityStoreARN: "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"},
			"Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1 of account 111122223333",
			"Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1 of account 111122223333"},
		{"SAMLUser",
			object{"type": "SAMLUser", "principalId": "X4jZ=:alice@example.com", "userName": "alice@example.com", "identityProvider": "X4jZ="},
			alert.Actor{Type: "SAMLUser", Name: "alice@example.com", ID: "X4jZ=:alice@example.com", IdentityProvider: "X4jZ="},
			"SAML user alice@example.com of identity provider X4jZ=", "SAML user alice@example.com of identity provider X4jZ="},
		{"WebIdentityUser",
			object{"type": "WebIdentityUser", "principalId": "accounts.google.com:app:42", "userName": "42", "identityProvider": "accounts.google.com"},
			alert.Actor{Type: "WebIdentityUser", Name: "42", ID: "accounts.google.com:app:42", IdentityProvider: "accounts.google.com"},
			"web identity user 42 of identity provider accounts.google.com", "web identity user 42 of identity provider accounts.google.com"},
		{"WebIdentityUser without a name",
			object{"type": "WebIdentityUser", "principalId": "accounts.google.com:app:42", "identityProvider": "accounts.google.com"},
			alert.Actor{Type: "WebIdentityUser", ID: "accounts.google.com:app:42", IdentityProvider: "accounts.google.com"},
			"web identity user accounts.google.com:app:42 of identity provider accounts.google.com",
			"web identity user accounts.google.com:app:42 of identity provider accounts.google.com"},
		{"Directory",
			object{"type": "Directory", "userName": "bob", "accountId": "111122223333"},
			alert.Actor{Type: "Directory", Name: "bob", Account: "111122223333"},
			"directory user bob of account 111122223333", "directory user bob of account 111122223333"},
		{"Unknown",
			object{"type": "Unknown", "principalId": "AROAEXAMPLE:alice", "accountId": "111122223333", "userName": "alice"},
			alert.Actor{Type: "Unknown", Name: "alice", ID: "AROAEXAMPLE:alice", Account: "111122223333"},
			"principal alice of account 111122223333", "principal alice of account 111122223333"},
		{"Unknown with an access key alone",
			object{"type": "Unknown", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
			alert.Actor{Type: "Unknown", AccessKeyID: "AKIAIOSFODNN7EXAMPLE"},
			"the holder of access key AKIAIOSFODNN7EXAMPLE", "the holder of access key AKIAIOSFODNN7EXAMPLE"},
		{"a type that is not there yet",
			object{"type": "Robot", "principalId": "R2"},
			alert.Actor{Type: "Robot", ID: "R2"}, "principal R2", "principal R2"},
		{"no type, and a service that called",
			object{"invokedBy": "s3.amazonaws.com"},
			alert.Actor{InvokedBy: "s3.amazonaws.com"}, "service s3.amazonaws.com", "service s3.amazonaws.com"},
		{"nobody at all",
			object{"type": "Unknown"},
			alert.Actor{Type: "Unknown"}, "somebody", "an unknown account"},
		{"an ARN that would end the line",
			object{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice\n\u001b[2Jroot"},
			alert.Actor{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/alice\n\u001b[2Jroot"},
			"arn:aws:iam::111122223333:user/alice\ufffd\ufffd[2Jroot", "arn:aws:iam::111122223333:user/alice\ufffd\ufffd[2Jroot"},
		{"a name that would end the line",
			object{"type": "SAMLUser", "userName": "alice\n\u001b[2Jroot"},
			alert.Actor{Type: "SAMLUser", Name: "alice\n\u001b[2Jroot"},
			"SAML user alice\ufffd\ufffd[2Jroot", "SAML user alice\ufffd\ufffd[2Jroot"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			granted := alertOn(t, crossAccountGrant(object{"userIdentity": test.identity, "recipientAccountId": "111122223333"}))
			if granted.Actor != test.want {
				t.Errorf("the actor is\n%+v, want\n%+v", granted.Actor, test.want)
			}
			want := test.grantor + grant
			if test.want.Account != "111122223333" {
				want += " of account 111122223333"
			}
			if granted.Reason != want {
				t.Errorf("the reason is\n%s, want\n%s", granted.Reason, want)
			}
			// Without a readable grant it is a call like any other.
			called := alertOn(t, crossAccountGrant(object{
				"userIdentity": test.identity, "recipientAccountId": "111122223333", "requestParameters": object{"x": "lambda:InvokeFunction"},
			}))
			if want := test.label + call + " in account 111122223333"; called.Grant != nil || called.Reason != want {
				t.Errorf("the reason of a call is\n%s, want\n%s", called.Reason, want)
			}
		})
	}
}
