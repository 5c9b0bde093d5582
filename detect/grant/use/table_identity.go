package use

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// role is what the calls of STS have in common: credentials come out.
var role = Row{
	Source: "sts.amazonaws.com", Kind: call.KindIdentity, Type: "AWS::IAM::Role", Noun: "IAM role", TakesOut: true,
	Resource: "resources | roleArn", AccessKey: "response.credentials.accessKeyId", Session: "response.assumedRoleUser.arn",
}

var roleUses = []Row{
	func(r Row) Row {
		r.Name, r.Action = "AssumeRole", "sts:AssumeRole"
		r.Basis, r.From = call.BasisEvent, "rule tests of Panther; IAM User Guide, \"Logging IAM and AWS STS API calls with AWS CloudTrail\""
		return r
	}(role),
	func(r Row) Row {
		r.Name, r.Action = "AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity"
		r.Provider, r.Subject = "response.provider", "response.subjectFromWebIdentityToken"
		r.Basis, r.From = call.BasisEvent, "sample of CloudTrail-Log-Parser for the identity; sts/2011-06-15 for the answer"
		return r
	}(role),
	func(r Row) Row {
		r.Name, r.Action = "AssumeRoleWithSAML", "sts:AssumeRoleWithSAML"
		r.Provider, r.Subject = "principalArn | response.issuer", "response.subject"
		r.Basis, r.From = call.BasisDocument, "CloudTrail User Guide, \"CloudTrail userIdentity element\"; sts/2011-06-15"
		return r
	}(role),
	{
		Source: "rolesanywhere.amazonaws.com", Name: "CreateSession", Action: "rolesanywhere:CreateSession",
		Kind: call.KindIdentity, Type: "AWS::RolesAnywhere::TrustAnchor", Noun: "trust anchor", TakesOut: true,
		Resource: "trustAnchorArn | roleArn | resources", Provider: "trustAnchorArn",
		Subject:   "response.subjectArn | additionalEventData.subject",
		AccessKey: "response.credentialSet.credentials.accessKeyId", Session: "response.credentialSet.assumedRoleUser.arn",
		Basis: BasisGuess, From: "Roles Anywhere User Guide, CreateSession: its answer; the event has not been seen",
	},
}

// key is what the uses of a KMS key have in common.
var key = Row{
	Source: "kms.amazonaws.com", Action: "kms", Kind: call.KindSecret, Type: "AWS::KMS::Key", Noun: "KMS key",
	Resource: "resources | arn:{partition}:kms:{region}:{account}:key/{keyId}",
	Basis:    call.BasisDocument, From: "KMS Developer Guide, \"Allowing users in other accounts to use a KMS key\": both accounts get the event",
}

// A signature, a shared secret and a plaintext are what a key keeps in. A new data key
// lets nothing out, and neither does a description.
var keyUses = withBasis(rowsOf(key, []action{
	{"Decrypt", "Decrypt", true}, {"ReEncrypt", "ReEncrypt*", true}, {"Sign", "Sign", true}, {"GenerateMac", "GenerateMac", true},
	{"DeriveSharedSecret", "DeriveSharedSecret", true},
	{"Encrypt", "Encrypt", false}, {"GenerateDataKey", "GenerateDataKey", false},
	{"GenerateDataKeyWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", false},
	{"GenerateDataKeyPair", "GenerateDataKeyPair", false},
	{"GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyPairWithoutPlaintext", false},
	{"Verify", "Verify", false}, {"VerifyMac", "VerifyMac", false}, {"GetPublicKey", "GetPublicKey", false},
	{"DescribeKey", "DescribeKey", false}, {"CreateGrant", "CreateGrant", false}, {"ListGrants", "ListGrants", false},
}), "Sign", call.BasisEvent, "sample of CloudTrail-Log-Parser")

// secret is what the uses of a secret have in common. Another account has to name it
// by its whole ARN (Secrets Manager User Guide, "Access AWS Secrets Manager secrets
// from a different account").
var secret = Row{
	Source: "secretsmanager.amazonaws.com", Action: "secretsmanager", Kind: call.KindSecret, Type: "AWS::SecretsManager::Secret", Noun: "secret",
	Resource: "resources | response.arn | secretId | secretIdList | arn:{partition}:secretsmanager:{region}:{account}:secret:{secretId}",
	Basis:    BasisGuess, From: "secretsmanager/2017-10-17; that the owner gets the event has not been seen",
}

var parameter = Row{
	Source: "ssm.amazonaws.com", Action: "ssm", Kind: call.KindSecret, Type: "AWS::SSM::Parameter", Noun: "SSM parameter",
	Resource: "resources | name | names", Basis: BasisGuess, From: "ssm/2014-11-06; that the owner gets the event has not been seen",
}

var secretUses = slices.Concat(rowsOf(secret, []action{
	{"GetSecretValue", "GetSecretValue", true}, {"BatchGetSecretValue", "GetSecretValue", true},
	{"DescribeSecret", "DescribeSecret", false}, {"PutSecretValue", "PutSecretValue", false}, {"UpdateSecret", "UpdateSecret", false},
}), rowsOf(parameter, []action{
	{"GetParameter", "GetParameter", true}, {"GetParameters", "GetParameters", true}, {"GetParameterHistory", "GetParameterHistory", true},
}))
