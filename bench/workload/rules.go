package workload

import (
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/rule"
)

// watched are the calls that Elastic's rules for AWS are about, by service,
// without those that the mixed account makes. Lambda adds the version of its
// API to the name.
var watched = []struct{ source, calls string }{
	{"iam", "CreateUser DeleteUser CreateAccessKey CreateLoginProfile UpdateLoginProfile DeactivateMFADevice CreateVirtualMFADevice AttachUserPolicy AttachGroupPolicy AttachRolePolicy PutUserPolicy PutRolePolicy PutGroupPolicy SetDefaultPolicyVersion UpdateAssumeRolePolicy CreateSAMLProvider CreateOpenIDConnectProvider DeleteAccountPasswordPolicy AddUserToGroup CreateInstanceProfile"},
	{"s3", "DeleteBucketPolicy PutBucketAcl PutBucketLogging PutBucketVersioning PutBucketReplication PutBucketLifecycle DeleteBucketEncryption PutBucketPublicAccessBlock PutBucketWebsite PutObjectAcl"},
	{"ec2", "ModifySnapshotAttribute ModifyImageAttribute CreateSnapshot DeleteFlowLogs AuthorizeSecurityGroupIngress CreateNetworkAclEntry CreateTrafficMirrorSession DisableEbsEncryptionByDefault GetPasswordData GetConsoleScreenshot ModifyInstanceAttribute CreateKeyPair ImportKeyPair CreateInstanceExportTask CreateVpnGateway"},
	{"lambda", "AddPermission20150331v2 CreateFunctionUrlConfig20211031 UpdateFunctionConfiguration20150331v2 PublishLayerVersion20181031 CreateEventSourceMapping20150331"},
	{"rds", "ModifyDBInstance ModifyDBCluster DeleteDBSnapshot DeleteDBCluster ModifyDBSnapshotAttribute StartExportTask RestoreDBInstanceFromDBSnapshot CreateDBSecurityGroup"},
	{"cloudtrail", "StopLogging DeleteTrail UpdateTrail PutEventSelectors CreateTrail"},
	{"guardduty", "DeleteDetector UpdateDetector CreateIPSet CreateFilter DisassociateMembers"},
	{"config", "DeleteConfigRule StopConfigurationRecorder DeleteDeliveryChannel"},
	{"kms", "ScheduleKeyDeletion DisableKey PutKeyPolicy ImportKeyMaterial"},
	{"organizations", "LeaveOrganization CreateAccount MoveAccount"},
	{"route53", "ChangeResourceRecordSets TransferDomainToAnotherAwsAccount"},
	{"secretsmanager", "BatchGetSecretValue PutResourcePolicy DeleteSecret"},
	{"ssm", "SendCommand StartSession CreateAssociation ModifyDocumentPermission"},
	{"wafv2", "DeleteWebACL DeleteRuleGroup"},
	{"logs", "DeleteLogGroup DeleteLogStream PutRetentionPolicy"},
	{"signin", "GetSigninToken SwitchRole"},
	{"sts", "GetFederationToken GetSessionToken"},
	{"ecr", "SetRepositoryPolicy"},
	{"rolesanywhere", "CreateTrustAnchor CreateProfile"},
	{"bedrock", "DeleteGuardrail PutModelInvocationLoggingConfiguration"},
}

// Rules returns n rules, 101 at most, in the manner of Elastic's for AWS. No
// event of the mixed account matches any of them.
func Rules(n int) []*rule.Rule {
	var rules []*rule.Rule
	for _, s := range watched {
		for i, call := range strings.Fields(s.calls) {
			rules = append(rules, ruleAbout(s.source, call, i))
		}
	}
	return rules[:n]
}

// MatchingRules returns two more, for calls that the mixed account makes: one
// event in 20 matches.
func MatchingRules() []*rule.Rule {
	return []*rule.Rule{ruleAbout("s3", "PutBucketPolicy", 1), ruleAbout("iam", "CreatePolicyVersion", 2)}
}

// ruleAbout returns a rule about a call, in one of a few styles.
func ruleAbout(source, call string, style int) *rule.Rule {
	query := fmt.Sprintf("any where data_stream.dataset == \"aws.cloudtrail\"\n  and event.provider == \"%s.amazonaws.com\"\n  and event.outcome == \"success\"", source)
	switch name, _, versioned := strings.Cut(call, "20"); {
	case versioned:
		query += fmt.Sprintf("\n  and event.action : \"%s*\"", name)
	case style%3 == 0:
		query += fmt.Sprintf("\n  and event.action in (\"%s\", \"%sBatch\")", call, call)
	default:
		query += fmt.Sprintf("\n  and event.action == \"%s\"", call)
	}
	if style%2 == 1 {
		query += "\n  and not stringContains(aws.cloudtrail.request_parameters, \"dryRun=true\")"
	}
	r, err := rule.Parse(call, fmt.Appendf(nil,
		"[rule]\nname = %q\nrule_id = %q\ntype = \"eql\"\nrisk_score = 47\nseverity = \"medium\"\nquery = '''\n%s\n'''\n", call, source+" "+call, query))
	if err != nil {
		panic(err) // a mistake in the table above
	}
	return r
}
