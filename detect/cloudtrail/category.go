package cloudtrail

import (
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

type categorization struct {
	category string
	kinds    string        // a key of kinds
	types    program.Value // what it means there
}

// categories lists the API calls that Elastic's pipeline gives an
// event.category and event.type; every other event has the type info and no
// category.
var categories = categorize()

// kinds maps the short form of the table below to event.type values.
var kinds = map[string]program.Value{
	"info":           texts("info"),
	"access":         texts("access"),
	"change":         texts("change"),
	"creation":       texts("creation"),
	"deletion":       texts("deletion"),
	"end":            texts("end"),
	"start":          texts("start"),
	"user change":    texts("user", "change"),
	"user creation":  texts("user", "creation"),
	"user deletion":  texts("user", "deletion"),
	"user info":      texts("user", "info"),
	"group change":   texts("group", "change"),
	"group creation": texts("group", "creation"),
	"group deletion": texts("group", "deletion"),
	"group info":     texts("group", "info"),
	"admin change":   texts("admin", "change"),
	"admin creation": texts("admin", "creation"),
}

func categorize() map[string]categorization {
	byAction := make(map[string]categorization)
	for _, row := range []struct {
		category, kinds string
		actions         []string
	}{
		{"authentication", "info", []string{"AssumeRole", "ConsoleLogin"}},
		{"file", "creation", []string{"CreateBucket"}},
		{"file", "deletion", []string{"DeleteBucket"}},
		// The pipeline's table grew in 2026; the rows from here to AttachRolePolicy are
		// those that its first edition did not have.
		{"api", "info", []string{"Converse", "DescribeRegions", "Publish"}},
		{"authentication", "info", []string{"GetCallerIdentity"}},
		{"configuration", "info", []string{"DescribeTrails"}},
		{"configuration", "creation", []string{"CreateTopic"}},
		{"configuration", "change", []string{"Subscribe"}},
		{"configuration", "deletion", []string{"DeleteTrail"}},
		{"database", "info", []string{"DescribeDBInstances", "ListTables"}},
		{"file", "info", []string{"GetObject", "HeadObject", "ListBuckets", "ListObjects"}},
		{"file", "creation", []string{"CreateDocument"}},
		{"file", "change", []string{"PutObject"}},
		{"file", "deletion", []string{"DeleteObject"}},
		{"host", "info", []string{"DescribeInstances", "DescribeVolumes", "ListInstanceAssociations"}},
		{"network", "info", []string{
			"DescribeLoadBalancers", "DescribeNetworkAcls", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVpcs",
		}},
		{"network", "access", []string{"AuthorizeSecurityGroupIngress"}},
		{"package", "info", []string{"ListFunctions"}},
		{"process", "start", []string{"SendCommand"}},
		{"session", "start", []string{
			"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel", "StartSession",
		}},
		{"session", "end", []string{"TerminateSession"}},
		{"iam", "info", []string{"GetPolicy", "ListAttachedRolePolicies", "ListRoles"}},
		{"iam", "creation", []string{"CreatePolicy"}},
		{"iam", "change", []string{"AttachRolePolicy"}},
		{"iam", "admin creation", []string{"CreateKeyPair"}},
		{"iam", "admin change", []string{
			"SetDefaultPolicyVersion", "SetSecurityTokenServicePreferences",
			"UpdateAccountPasswordPolicy", "UpdateRole",
		}},
		{"iam", "group creation", []string{"CreateGroup"}},
		{"iam", "group deletion", []string{"DeleteGroup"}},
		{"iam", "group change", []string{
			"AddUserToGroup", "AttachGroupPolicy", "DeleteGroupPolicy", "DetachGroupPolicy",
			"PutGroupPolicy", "RemoveUserFromGroup", "UpdateGroup",
		}},
		{"iam", "group info", []string{
			"GetGroup", "GetGroupPolicy", "ListAttachedGroupPolicies", "ListGroupPolicies",
			"ListGroups", "ListGroupsForUser",
		}},
		{"iam", "user creation", []string{"CreateUser"}},
		{"iam", "user deletion", []string{"DeleteUser"}},
		{"iam", "user change", []string{
			"AttachUserPolicy", "ChangePassword", "CreateAccessKey", "CreateVirtualMFADevice",
			"DeactivateMFADevice", "DeleteAccessKey", "DeleteSSHPublicKey",
			"DeleteUserPermissionsBoundary", "DeleteUserPolicy", "DeleteVirtualMFADevice",
			"DetachUserPolicy", "EnableMFADevice", "PutUserPermissionsBoundary", "PutUserPolicy",
			"TagUser", "UntagUser", "UpdateAccessKey", "UpdateLoginProfile", "UpdateSSHPublicKey",
			"UpdateUser",
		}},
		{"iam", "user info", []string{
			"GetUser", "GetUserPolicy", "ListAttachedUserPolicies", "ListUserPolicies",
			"ListUsers", "ListUserTags",
		}},
	} {
		for _, action := range row.actions {
			byAction[action] = categorization{row.category, row.kinds, kinds[row.kinds]}
		}
	}
	return byAction
}

func texts(values ...string) program.Value {
	list := make([]program.Value, len(values))
	for i, v := range values {
		list[i] = program.Text([]byte(v))
	}
	return program.List(list)
}

func eventType(e *Event) program.Value {
	name, _ := document.Text(e.top[topEventName])
	if row, ok := categories[string(name)]; ok {
		return row.types
	}
	return info
}

// info is the event.type of a call that the table does not have.
var info = kinds["info"]

func eventCategory(e *Event) program.Value {
	name, _ := document.Text(e.top[topEventName])
	if row, ok := categories[string(name)]; ok {
		return program.Text([]byte(row.category))
	}
	return program.Null()
}
