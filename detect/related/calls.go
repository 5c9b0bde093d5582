package related

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
)

// further are the calls of the list that [call.Table] does not have. Names that end with
// a star go on with a version of the API. Resource has the ways to what the call was
// about, as in [call.Call].
//
// The names are those of AWS's API models (botocore); Lambda's versions are in the Lambda
// Developer Guide, "Logging Lambda API calls with CloudTrail".
var further = []call.Call{
	// Code that runs with somebody else's rights.
	{Source: "lambda.amazonaws.com", Name: "CreateEventSourceMapping*", Resource: functionARN},
	{Source: "lambda.amazonaws.com", Name: "CreateFunction*", Resource: functionARN},
	{Source: "lambda.amazonaws.com", Name: "PublishLayerVersion*", Resource: "layerName"},
	{Source: "lambda.amazonaws.com", Name: "UpdateFunctionCode*", Resource: functionARN},
	{Source: "lambda.amazonaws.com", Name: "UpdateFunctionConfiguration*", Resource: functionARN},
	{Source: "ssm.amazonaws.com", Name: "SendCommand", Resource: "documentName"},
	{Source: "ssm.amazonaws.com", Name: "StartSession", Resource: "target"},

	// More rights for an identity.
	{Source: "iam.amazonaws.com", Name: "AddRoleToInstanceProfile", Resource: "roleName"},
	{Source: "iam.amazonaws.com", Name: "AddUserToGroup", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "AttachGroupPolicy", Resource: "groupName"},
	{Source: "iam.amazonaws.com", Name: "AttachRolePolicy", Resource: "roleName"},
	{Source: "iam.amazonaws.com", Name: "AttachUserPolicy", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "CreatePolicyVersion", Resource: "policyArn"},
	{Source: "iam.amazonaws.com", Name: "DeleteRolePermissionsBoundary", Resource: "roleName"},
	{Source: "iam.amazonaws.com", Name: "DeleteUserPermissionsBoundary", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "PutGroupPolicy", Resource: "groupName"},
	{Source: "iam.amazonaws.com", Name: "PutRolePolicy", Resource: "roleName"},
	{Source: "iam.amazonaws.com", Name: "PutUserPolicy", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "SetDefaultPolicyVersion", Resource: "policyArn"},

	// A way in that stays.
	{Source: "iam.amazonaws.com", Name: "CreateAccessKey", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "CreateLoginProfile", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "CreateServiceSpecificCredential", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "CreateUser", Resource: "response.user.arn | userName"},
	{Source: "iam.amazonaws.com", Name: "DeactivateMFADevice", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "UpdateLoginProfile", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "UploadSSHPublicKey", Resource: "userName"},
	{Source: "iam.amazonaws.com", Name: "UploadSigningCertificate", Resource: "userName"},

	// Less to be seen.
	{Source: "cloudtrail.amazonaws.com", Name: "DeleteEventDataStore", Resource: "eventDataStore"},
	{Source: "cloudtrail.amazonaws.com", Name: "DeleteTrail", Resource: "name"},
	{Source: "cloudtrail.amazonaws.com", Name: "PutEventSelectors", Resource: "trailName"},
	{Source: "cloudtrail.amazonaws.com", Name: "StopEventDataStoreIngestion", Resource: "eventDataStore"},
	{Source: "cloudtrail.amazonaws.com", Name: "StopLogging", Resource: "name"},
	{Source: "cloudtrail.amazonaws.com", Name: "UpdateTrail", Resource: "name"},
	{Source: "config.amazonaws.com", Name: "DeleteConfigurationRecorder", Resource: "configurationRecorderName"},
	{Source: "config.amazonaws.com", Name: "StopConfigurationRecorder", Resource: "configurationRecorderName"},
	{Source: "ec2.amazonaws.com", Name: "DeleteFlowLogs", Resource: "DeleteFlowLogsRequest.FlowLogId"},
	{Source: "guardduty.amazonaws.com", Name: "DeleteDetector", Resource: "detectorId"},
	{Source: "guardduty.amazonaws.com", Name: "UpdateDetector", Resource: "detectorId"},
	{Source: "logs.amazonaws.com", Name: "DeleteLogGroup", Resource: "logGroupName"},
	{Source: "organizations.amazonaws.com", Name: "LeaveOrganization"},
	{Source: "securityhub.amazonaws.com", Name: "DisableSecurityHub"},
}

// functionARN makes the ARN of a function of its name. Those of users and roles are not
// made: the calls do not say their paths.
const functionARN = "arn:{partition}:lambda:{region}:{account}:function:{functionName}"

// byName has all rows by their names without the star.
var byName = func() map[string][]*call.Call {
	rows := make(map[string][]*call.Call)
	for _, table := range [][]call.Call{call.Table, further} {
		for i := range table {
			name := strings.TrimSuffix(table[i].Name, "*")
			rows[name] = append(rows[name], &table[i])
		}
	}
	return rows
}()

// find returns the row of a call, nil if it is not on the list.
func find(source, name []byte) *call.Call {
	for _, c := range byName[string(name)] {
		if c.Source == string(source) {
			return c
		}
	}
	version := bytes.IndexAny(name, "0123456789")
	if version < 0 {
		return nil
	}
	for _, c := range byName[string(name[:version])] {
		if c.Source == string(source) && strings.HasSuffix(c.Name, "*") {
			return c
		}
	}
	return nil
}

// Needles returns what the events of the calls that [call.Table] does not have can be
// found by: their names. [call.Needles] has those of the others.
func Needles() []needle.Needle {
	var all []needle.Needle
	for i := range further {
		all = append(all, needle.OfCall(further[i].Name))
	}
	return all
}
