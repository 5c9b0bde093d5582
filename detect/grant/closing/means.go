package closing

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// means is how a call of call.Table opens a resource.
type means struct {
	name     string
	replaces bool

	// document has paths of which one must be there where the call replaces, for a
	// row whose parts do not say it. unless has those that must not be there.
	document, unless string

	// statement is a path to what names the one statement or document that the call
	// writes, where a resource can have several.
	statement string

	isQualified bool // it is about a version or alias of a function
}

// exceptions are the calls of which the shape of the row does not say it, by source
// and name.
var exceptions = map[string]means{
	"iam UpdateAssumeRolePolicy":      {name: "trust", replaces: true},
	"iam CreateRole":                  {name: "trust", replaces: true},
	"iam CreateSAMLProvider":          {name: "provider"},
	"iam UpdateSAMLProvider":          {name: "provider", replaces: true},
	"rolesanywhere UpdateTrustAnchor": {name: "provider", replaces: true},

	"kms CreateGrant":                     {name: "grants", statement: "response.grantId"},
	"license-manager CreateGrant":         {name: "grants", statement: "response.grantArn"},
	"lakeformation GrantPermissions":      {name: "grants"},
	"lakeformation BatchGrantPermissions": {name: "grants"},
	"s3 CreateAccessGrant":                {name: "grants", statement: "response.accessGrantId | response.AccessGrantId"},

	"s3 PutBucketAcl": {name: "acl", replaces: true, document: listed},
	"s3 PutObjectAcl": {name: "acl", replaces: true, document: listed, unless: "versionId"},

	"lambda AddPermission*":             {name: "policy", statement: "statementId", isQualified: true},
	"lambda PutResourcePolicy*":         {name: "policy", replaces: true, isQualified: true},
	"lambda CreateFunctionUrlConfig*":   {name: "url", replaces: true, isQualified: true},
	"lambda UpdateFunctionUrlConfig*":   {name: "url", replaces: true, isQualified: true},
	"lambda AddLayerVersionPermission*": {name: "policy", statement: "statementId"},

	"sns AddPermission":                   {name: "policy", statement: "label"},
	"sqs AddPermission":                   {name: "policy", statement: "label"},
	"events PutPermission":                {name: "policy", statement: "statementId"},
	"signer AddProfilePermission":         {name: "policy", statement: "statementId"},
	"lex CreateResourcePolicyStatement":   {name: "policy", statement: "statementId"},
	"entityresolution AddPolicyStatement": {name: "policy", statement: "statementId"},
	"acm-pca CreatePermission":            {name: "permissions"},
	"ssm-sap PutResourcePermission":       {name: "permissions"},
	"codeguru-profiler PutPermission":     {name: "permissions"},
	"serverlessrepo PutApplicationPolicy": {name: "policy", replaces: true, document: "statements"},

	// A resource can have several policies, each with a name.
	"ses PutIdentityPolicy":           {name: "policy", replaces: true, statement: "policyName"},
	"ses CreateEmailIdentityPolicy":   {name: "policy", replaces: true, statement: "policyName"},
	"ses UpdateEmailIdentityPolicy":   {name: "policy", replaces: true, statement: "policyName"},
	"ssm PutResourcePolicy":           {name: "policy", replaces: true, statement: "response.policyId"},
	"ssm-incidents PutResourcePolicy": {name: "policy", replaces: true, statement: "response.policyId"},
	"logs PutResourcePolicy":          {name: "policy", replaces: true, statement: "policyName"},
	// The ARN of the row is that of the table's bucket, which has other tables.
	"s3tables PutTablePolicy": {name: "table policy"},
	// A patch may change anything else.
	"apigateway UpdateRestApi": {name: "policy"},

	"s3 PutBucketReplication":    {name: "replication", replaces: true, document: "ReplicationConfiguration"},
	"logs PutSubscriptionFilter": {name: "subscription", statement: "filterName"},
	"logs PutAccountPolicy":      {name: "subscription", statement: "policyName"},
	"events PutTargets":          {name: "targets"},

	"ec2 ModifyImageAttribute":             {name: "attribute"},
	"ec2 ModifySnapshotAttribute":          {name: "attribute"},
	"ec2 ModifyFpgaImageAttribute":         {name: "attribute"},
	"rds ModifyDBSnapshotAttribute":        {name: "attribute"},
	"rds ModifyDBClusterSnapshotAttribute": {name: "attribute"},
	"lightsail UpdateBucket":               {name: "setting"},
	"eks UpdateClusterConfig":              {name: "network"},
	"es AuthorizeVpcEndpointAccess":        {name: "accounts"},
	"eks CreateAccessEntry":                {name: "access entry"},
	"eks AssociateAccessPolicy":            {name: "access policy"},
	"aoss CreateSecurityPolicy":            {name: "network", replaces: true},
	"aoss UpdateSecurityPolicy":            {name: "network", replaces: true},
}

// listed has what an access control list of S3 is written by.
const listed = "x-amz-acl | AccessControlList.x-amz-acl | AccessControlPolicy.AccessControlList | x-amz-grant-read | x-amz-grant-write | " +
	"x-amz-grant-read-acp | x-amz-grant-write-acp | x-amz-grant-full-control"

// byCall has the means of each row of call.Table.
var byCall = func() map[*call.Call]means {
	all := make(map[*call.Call]means, len(call.Table))
	for i := range call.Table {
		c := &call.Table[i]
		m, isException := exceptions[serviceOf(c.Source)+" "+c.Name]
		if !isException {
			m = byShape(c)
		}
		all[c] = m
	}
	return all
}()

func meansOf(c *call.Call) means { return byCall[c] }

// byShape tells the means from what a row reads: a document or setting is replaced,
// a list of principals is added to.
func byShape(c *call.Call) means {
	has := func(is func(p call.Part) bool) bool { return slices.ContainsFunc(c.Parts, is) }
	switch {
	case has(func(p call.Part) bool { return p.ACL }):
		return means{name: "acl"} // with an object that is written
	case has(func(p call.Part) bool { return p.Provider != "" }):
		return means{name: "provider"}
	case has(func(p call.Part) bool { return p.Policy == "" && p.Inside == "" && p.Opens == "" }):
		return means{name: "accounts"}
	case has(func(p call.Part) bool { return p.Opens != "" && p.Inside == "" }):
		return means{name: "setting", replaces: true}
	}
	return means{name: "policy", replaces: true}
}
