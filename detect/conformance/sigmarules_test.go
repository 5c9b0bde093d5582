package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// SigmaHQ's rules are not ours to copy. The tests below have what some of them ask for, as rules of
// our own, and hold the files of a checkout of SigmaHQ/sigma to the same verdicts if the variable
// names one.
const sigmaVariable = "TRAILWIRE_SIGMA"

const sigmaFolder = "rules/cloud/aws/cloudtrail"

// sigmaRule is a rule with a detection, which begins on the ninth line. Each item is on a line.
func sigmaRule(detection string, more ...string) string {
	return "title: A rule\nid: 5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10\nauthor: Alice, Bob\nlevel: high\n" + strings.Join(more, "\n") +
		"\nlogsource:\n    product: aws\n    service: cloudtrail\ndetection:\n    " + strings.ReplaceAll(detection, "\n", "\n    ") + "\n"
}

// sigmaCase is what a rule of SigmaHQ's asks for, and the verdicts on events of ours.
type sigmaCase struct {
	file, detection string
	events          []sigmaEvent
}

type sigmaEvent struct {
	why, members string
	want         bool
}

var sigmaCases = []sigmaCase{
	{"aws_cloudtrail_console_login_success_without_mfa", `
s:
    eventName: ConsoleLogin
    additionalEventData.MFAUsed: 'NO'
    responseElements.ConsoleLogin: Success
condition: s`, []sigmaEvent{
		{"case does not count", `"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"},"responseElements":{"ConsoleLogin":"Success"}`, true},
		{"a login that does not say", `"eventName":"ConsoleLogin","additionalEventData":{},"responseElements":{"ConsoleLogin":"Success"}`, false},
	}},
	{"aws_cloudtrail_guardduty_detector_deleted_or_updated", `
source: {eventSource: guardduty.amazonaws.com}
selection_action_delete: {eventName: DeleteDetector}
selection_action_update:
    eventName: UpdateDetector
    requestParameters.enable: 'false'
selection_status_success: {errorCode: Success}
selection_status_null: {errorCode: null}
condition: source and 1 of selection_action_* and 1 of selection_status_*`, []sigmaEvent{
		{"a boolean is its text", `"eventSource":"guardduty.amazonaws.com","eventName":"UpdateDetector","requestParameters":{"enable":false}`, true},
		{"and not another's", `"eventSource":"guardduty.amazonaws.com","eventName":"UpdateDetector","requestParameters":{"enable":true}`, false},
		{"an error is not null", `"eventSource":"guardduty.amazonaws.com","eventName":"DeleteDetector","errorCode":"AccessDenied"`, false},
		{"an error that is empty is", `"eventSource":"guardduty.amazonaws.com","eventName":"DeleteDetector","errorCode":""`, true},
	}},
	{"aws_cloudtrail_bucket_deleted", `
name: {eventName: DeleteBucket}
selection_status_success: {errorCode: Success}
selection_status_null: {errorCode: null}
condition: name and 1 of selection_status_*`, []sigmaEvent{
		{"a missing member is null", `"eventName":"DeleteBucket"`, true},
		{"null is null", `"eventName":"DeleteBucket","errorCode":null`, true},
	}},
	{"aws_ec2_vm_export_failure", `
s:
    eventName: CreateInstanceExportTask
    eventSource: ec2.amazonaws.com
filter1: {errorMessage|contains: '*'}
filter2: {errorCode|contains: '*'}
filter3: {responseElements|contains: Failure}
condition: s and not 1 of filter*`, []sigmaEvent{
		{"it fires on success, whatever its name says", `"eventSource":"ec2.amazonaws.com","eventName":"CreateInstanceExportTask"`, true},
		{"any error is left out", `"eventSource":"ec2.amazonaws.com","eventName":"CreateInstanceExportTask","errorCode":"Client.InvalidParameter"`, false},
		{"a word in any value of a structure", `"eventSource":"ec2.amazonaws.com","eventName":"CreateInstanceExportTask","responseElements":{"a":{"b":["the Failure"]}}`, false},
	}},
	{"aws_iam_backdoor_users_keys", `
s:
    eventSource: iam.amazonaws.com
    eventName: CreateAccessKey
filter: {userIdentity.arn|contains: responseElements.accessKey.userName}
condition: s and not filter`, []sigmaEvent{
		{"a field's name without fieldref is text", `"eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","userIdentity":{"arn":"arn:aws:iam::1:user/bob"},"responseElements":{"accessKey":{"userName":"bob"}}`, true},
	}},
	{"aws_update_login_profile", `
s:
    eventSource: iam.amazonaws.com
    eventName: UpdateLoginProfile
filter_main_user: {userIdentity.arn|fieldref: requestParameters.userName}
condition: s and not 1 of filter_main_*`, []sigmaEvent{
		{"a user's name is not an ARN", `"eventSource":"iam.amazonaws.com","eventName":"UpdateLoginProfile","userIdentity":{"arn":"arn:aws:iam::1:user/bob"},"requestParameters":{"userName":"bob"}`, true},
		{"a missing side is not the same", `"eventSource":"iam.amazonaws.com","eventName":"UpdateLoginProfile","userIdentity":{"arn":"arn:aws:iam::1:user/bob"}`, true},
		{"the same in another case is", `"eventSource":"iam.amazonaws.com","eventName":"UpdateLoginProfile","userIdentity":{"arn":"Bob"},"requestParameters":{"userName":"bob"}`, false},
	}},
	{"aws_iam_s3browser_templated_s3_bucket_policy_creation", `
s:
    eventSource: iam.amazonaws.com
    eventName: PutUserPolicy
    userAgent|contains: S3 Browser
    requestParameters|contains|all:
        - '"arn:aws:s3:::<YOUR-BUCKET-NAME>/*"'
        - '"s3:GetObject"'
        - '"Allow"'
condition: s`, []sigmaEvent{
		{"a structure is Java text, and JSON in it is as it is", `"eventSource":"iam.amazonaws.com","eventName":"PutUserPolicy","userAgent":"[S3 Browser 9.5.5 (https://s3browser.com)]","requestParameters":{"userName":"bob","policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":[\"arn:aws:s3:::<YOUR-BUCKET-NAME>/*\"]}]}"}`, true},
		{"each of the values has to be there", `"eventSource":"iam.amazonaws.com","eventName":"PutUserPolicy","userAgent":"S3 Browser","requestParameters":{"policyDocument":"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"]}"}`, false},
	}},
	{"aws_disable_bucket_versioning", `
s:
    eventSource: s3.amazonaws.com
    eventName: PutBucketVersioning
    requestParameters|contains: Suspended
condition: s`, []sigmaEvent{
		{"a word in a structure", `"eventSource":"s3.amazonaws.com","eventName":"PutBucketVersioning","requestParameters":{"VersioningConfiguration":{"Status":"Suspended"}}`, true},
		{"another word", `"eventSource":"s3.amazonaws.com","eventName":"PutBucketVersioning","requestParameters":{"VersioningConfiguration":{"Status":"Enabled"}}`, false},
	}},
	{"aws_new_lambda_layer_attached", `
s:
    eventSource: lambda.amazonaws.com
    eventName|startswith: UpdateFunctionConfiguration
    requestParameters.layers|contains: '*'
condition: s`, []sigmaEvent{
		{"any element", `"eventSource":"lambda.amazonaws.com","eventName":"UpdateFunctionConfiguration20150331v2","requestParameters":{"layers":["arn:aws:lambda:eu-west-1:1:layer:l:1"]}`, true},
		{"an empty list is nothing", `"eventSource":"lambda.amazonaws.com","eventName":"UpdateFunctionConfiguration20150331v2","requestParameters":{"layers":[]}`, false},
		{"and so is a missing one", `"eventSource":"lambda.amazonaws.com","eventName":"UpdateFunctionConfiguration20150331v2","requestParameters":{}`, false},
	}},
	{"aws_rds_change_master_password", `
s:
    eventSource: rds.amazonaws.com
    responseElements.pendingModifiedValues.masterUserPassword|contains: '*'
    eventName: ModifyDBInstance
condition: s`, []sigmaEvent{
		{"stars in an event are data", `"eventSource":"rds.amazonaws.com","eventName":"ModifyDBInstance","responseElements":{"pendingModifiedValues":{"masterUserPassword":"****"}}`, true},
		{"another value that is pending", `"eventSource":"rds.amazonaws.com","eventName":"ModifyDBInstance","responseElements":{"pendingModifiedValues":{"port":3306}}`, false},
	}},
	{"aws_rds_public_db_restore", `
s:
    eventSource: rds.amazonaws.com
    responseElements.publiclyAccessible: 'true'
    eventName: RestoreDBInstanceFromDBSnapshot
condition: s`, []sigmaEvent{
		{"a boolean is its text", `"eventSource":"rds.amazonaws.com","eventName":"RestoreDBInstanceFromDBSnapshot","responseElements":{"publiclyAccessible":true}`, true},
	}},
	{"aws_ecs_task_definition_cred_endpoint_query", `
s:
    eventSource: ecs.amazonaws.com
    eventName:
        - DescribeTaskDefinition
        - RegisterTaskDefinition
        - RunTask
    requestParameters.containerDefinitions.command|contains: $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
condition: s`, []sigmaEvent{
		{"a path goes through lists", `"eventSource":"ecs.amazonaws.com","eventName":"RegisterTaskDefinition","requestParameters":{"containerDefinitions":[{"name":"x"},{"command":["sh","-c","curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]}]}`, true},
		{"another command", `"eventSource":"ecs.amazonaws.com","eventName":"RegisterTaskDefinition","requestParameters":{"containerDefinitions":[{"command":["sh"]}]}`, false},
	}},
	{"aws_console_getsignintoken", `
s:
    eventSource: signin.amazonaws.com
    eventName: GetSigninToken
filter_main_ua: {userAgent|contains: 'Jersey/${project.version}'}
condition: s and not 1 of filter_main_*`, []sigmaEvent{
		{"a dollar and braces are ordinary", `"eventSource":"signin.amazonaws.com","eventName":"GetSigninToken","userAgent":"Jersey/${project.version} (HttpUrlConnection 1.8)"`, false},
		{"not of a missing field holds", `"eventSource":"signin.amazonaws.com","eventName":"GetSigninToken"`, true},
	}},
	{"aws_cloudtrail_imds_malicious_usage", `
s: {userIdentity.arn|re: '.+:assumed-role/aws:.+'}
filter_main_generic:
    - eventSource: ssm.amazonaws.com
    - eventName: RegisterManagedInstance
    - sourceIPAddress: AWS Internal
condition: s and not 1 of filter_main_*`, []sigmaEvent{
		{"a regular expression", `"eventSource":"s3.amazonaws.com","userIdentity":{"arn":"arn:aws:sts::1:assumed-role/aws:ec2-instance/i-1"}`, true},
		{"has case", `"eventSource":"s3.amazonaws.com","userIdentity":{"arn":"arn:aws:sts::1:Assumed-Role/aws:ec2-instance/i-1"}`, false},
		{"one map of a list is enough", `"eventSource":"ssm.amazonaws.com","userIdentity":{"arn":"arn:aws:sts::1:assumed-role/aws:ec2-instance/i-1"}`, false},
	}},
	{"aws_root_account_usage", `
s: {userIdentity.type: Root}
selection_eventtype: {eventType: AwsServiceEvent}
condition: s and not selection_eventtype`, []sigmaEvent{
		{"not of a missing field holds", `"userIdentity":{"type":"Root"}`, true},
		{"and not of one that is there does not", `"userIdentity":{"type":"Root"},"eventType":"AwsServiceEvent"`, false},
	}},
	{"aws_enum_buckets", `
s:
    eventSource: s3.amazonaws.com
    eventName: ListBuckets
filter: {userIdentity.type: AssumedRole}
condition: s and not filter`, []sigmaEvent{
		{"without an identity", `"eventSource":"s3.amazonaws.com","eventName":"ListBuckets"`, true},
	}},
	{"aws_cloudtrail_pua_trufflehog", `
s: {userAgent: TruffleHog}
condition: s`, []sigmaEvent{
		{"the whole value", `"userAgent":"TruffleHog"`, true},
		{"and not the beginning of one", `"userAgent":"TruffleHog/3.63"`, false},
	}},
	{"aws_lambda_function_url", `
s:
    eventSource: lambda.amazonaws.com
    eventName: [CreateFunctionUrlConfig, UpdateFunctionUrlConfig]
condition: s`, []sigmaEvent{
		{"the exact name", `"eventSource":"lambda.amazonaws.com","eventName":"CreateFunctionUrlConfig"`, true},
		{"and not one with a version", `"eventSource":"lambda.amazonaws.com","eventName":"CreateFunctionUrlConfig20211031"`, false},
	}},
	{"aws_sso_idp_change", `
s:
    eventSource: [sso-directory.amazonaws.com, sso.amazonaws.com]
    eventName: [AssociateDirectory, DisassociateDirectory]
condition: s`, []sigmaEvent{
		{"one of each list", `"eventSource":"sso.amazonaws.com","eventName":"AssociateDirectory"`, true},
		{"one of one list", `"eventSource":"sso.amazonaws.com","eventName":"CreateUser"`, false},
	}},
	{"aws_susp_saml_activity", `
selection_sts: {eventSource: sts.amazonaws.com, eventName: AssumeRoleWithSAML}
selection_iam: {eventSource: iam.amazonaws.com, eventName: UpdateSAMLProvider}
condition: 1 of selection_*`, []sigmaEvent{
		{"one of the selections", `"eventSource":"iam.amazonaws.com","eventName":"UpdateSAMLProvider"`, true},
		{"halves of two", `"eventSource":"sts.amazonaws.com","eventName":"UpdateSAMLProvider"`, false},
	}},
	{"aws_ec2_startup_script_change", `
s:
    eventSource: ec2.amazonaws.com
    requestParameters.attribute: userData
    eventName: ModifyInstanceAttribute
condition: s`, []sigmaEvent{
		{"it asks for what the call does not have", `"eventSource":"ec2.amazonaws.com","eventName":"ModifyInstanceAttribute","requestParameters":{"instanceId":"i-1","userData":"<sensitiveDataRemoved>"}`, false},
	}},
	{"aws_s3_data_management_tampering", `
s:
    eventSource: s3.amazonaws.com
    eventName: [PutBucketLogging, PutBucketWebsite, PutEncryptionConfiguration, PutLifecycleConfiguration, PutReplicationConfiguration]
condition: s`, []sigmaEvent{
		{"an action of IAM is not a call", `"eventSource":"s3.amazonaws.com","eventName":"PutBucketEncryption"`, false},
		{"this is one", `"eventSource":"s3.amazonaws.com","eventName":"PutBucketLogging"`, true},
	}},
	{"aws_sts_assumerole_misuse", `
s:
    userIdentity.type: AssumedRole
    userIdentity.sessionContext.sessionIssuer.type: Role
condition: s`, []sigmaEvent{
		{"every call of a role", `"eventSource":"s3.amazonaws.com","userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"type":"Role"}}}`, true},
	}},
	{"aws_cloudtrail_disable_logging", `
s:
    eventSource: cloudtrail.amazonaws.com
    eventName: [StopLogging, UpdateTrail, DeleteTrail]
condition: s`, []sigmaEvent{
		{"a call that failed is one", `"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","errorCode":"AccessDenied"`, true},
	}},
	{"aws_route_53_domain_transferred_lock_disabled", `
s:
    eventSource: route53.amazonaws.com
    eventName: DisableDomainTransferLock
condition: s`, []sigmaEvent{
		{"the real call is of route53domains", `"eventSource":"route53domains.amazonaws.com","eventName":"DisableDomainTransferLock"`, false},
	}},
	{"aws_sts_getcalleridentity_trufflehog", `
s:
    eventSource: sts.amazonaws.com
    eventName: GetCallerIdentity
    userAgent|contains: TruffleHog
condition: s`, []sigmaEvent{
		{"a part of the value", `"eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","userAgent":"trufflehog/3.63"`, true},
	}},
	{"aws_delete_saml_provider", `
s:
    eventSource: iam.amazonaws.com
    eventName: DeleteSAMLProvider
    status: success
condition: s`, []sigmaEvent{
		{"it asks for a member that events do not have", `"eventSource":"iam.amazonaws.com","eventName":"DeleteSAMLProvider"`, false},
	}},
}

func TestSigmaRulesGiveTheVerdictThatTheirMaintainersMeant(t *testing.T) {
	for _, c := range sigmaCases {
		r, err := rule.Parse(c.file+".yml", []byte(sigmaRule(strings.TrimPrefix(c.detection, "\n"))))
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		c.hold(t, r)
	}
}

// sigmaHQRules returns the rules about CloudTrail of the checkout.
func sigmaHQRules(t testing.TB) []*rule.Rule {
	t.Helper()
	checkout := os.Getenv(sigmaVariable)
	if checkout == "" {
		t.Skip("SKIPPED: set " + sigmaVariable + " to a checkout of github.com/SigmaHQ/sigma to test with its rules")
	}
	rules, warnings, err := rule.Load([]string{"-builtin", filepath.Join(checkout, sigmaFolder, "*.yml")}, rule.RefuseUnsupported)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rules, warnings: %q", len(rules), warnings)
	return rules
}

func TestSigmasOwnRulesLoadAndGiveTheSameVerdicts(t *testing.T) {
	rules := sigmaHQRules(t)
	if len(rules) < 54 {
		t.Errorf("%d rules were loaded, want 54 at least", len(rules))
	}
	byFile := make(map[string]*rule.Rule)
	for _, r := range rules {
		byFile[strings.TrimSuffix(filepath.Base(r.File), ".yml")] = r
		if len(r.Author) == 0 || len(r.Threat) == 0 {
			t.Errorf("%s has the authors %q and %d rows of ATT&CK", r.File, r.Author, len(r.Threat))
		}
	}
	for _, c := range sigmaCases {
		if byFile[c.file] == nil {
			t.Errorf("there is no rule %s", c.file)
			continue
		}
		c.hold(t, byFile[c.file])
	}
}

// sigmaRows has events of SigmaHQ's rules.
const sigmaRows = "testdata/sigma-rules.yaml"

func TestSigmasOwnRulesGiveTheVerdictOnEveryEvent(t *testing.T) {
	rules, tests := sigmaHQRules(t), readRuleRows(t, sigmaRows, nil)
	for _, r := range rules {
		if tests[r.ID] == nil {
			t.Errorf("%s (%s) has no events: %s has no row %s", filepath.Base(r.File), r.Name, sigmaRows, r.ID)
		}
		for _, test := range tests[r.ID] {
			t.Run(r.Name+"/"+test.Why, func(t *testing.T) { checkInEveryForm(t, r, test) })
		}
		delete(tests, r.ID)
	}
	for id := range tests {
		t.Errorf("there are events of the rule %s, which is not there", id)
	}
}

// hold tries the rule on the events by itself, and in an engine with its search.
func (c sigmaCase) hold(t *testing.T, r *rule.Rule) {
	t.Helper()
	engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
	for _, e := range c.events {
		members := e.members
		for member, value := range map[string]string{"eventSource": "s.amazonaws.com", "eventName": "X"} {
			if !strings.Contains(members, `"`+member+`"`) {
				members += `,"` + member + `":"` + value + `"`
			}
		}
		record := packedJSON(t, "{"+members+"}")
		got, why, err := r.Try(record)
		if err != nil {
			t.Fatal(err)
		}
		if got != e.want {
			t.Errorf("%s: %s: got %t\n%s", c.file, e.why, got, why[0])
		}
		raised := false
		for _, o := range engine.ThoroughEvaluator().Record(record, time.Time{}) {
			raised = raised || len(o.Alerts) > 0
		}
		if raised != e.want || e.want && !engine.Suspects(record) {
			t.Errorf("%s: %s: an alert is raised: %t, the search finds the event: %t", c.file, e.why, raised, engine.Suspects(record))
		}
	}
}

func TestASigmaRuleHasWhatItsFileSays(t *testing.T) {
	const detection = "s:\n  eventName: [DeleteTrail, 'Stop*']\n  userAgent: null\ncondition: s"
	r, err := rule.Parse("dir/r.yml", []byte(sigmaRule(detection, "description: |\n  What it finds.", "status: test", "references: [https://example.com/a]",
		"tags: [attack.defense-evasion, attack.persistence, attack.t1098.001, attack.t1098, attack.t9999, attack.g0016, cve.2024-1]", "falsepositives: [Deployments.]")))
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != "5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10" || r.Name != "A rule" || r.Severity != "high" || r.RiskScore != 73 || r.Description != "What it finds." ||
		strings.Join(r.Author, "|") != "Alice|Bob" || strings.Join(r.Credit(), "|") != "Alice|Bob" || r.License != "Detection Rule License 1.1" || r.Language != rule.Sigma ||
		strings.Join(r.References, " ") != "https://example.com/a" || strings.Join(r.FalsePositives, " ") != "Deployments." || r.MaxSignals != 100 {
		t.Errorf("it has %+v", r)
	}
	if got := strings.Join(r.Tactics(), " ") + " / " + strings.Join(r.Techniques(), " "); got != "TA0005 TA0003 / T9999 T1098 T1098.001" {
		t.Errorf("ATT&CK: %s", got)
	}
	if row := r.Threat[1]; row.Techniques[0].Name != "Account Manipulation" || row.Techniques[0].Subtechniques[0].Name != "Additional Cloud Credentials" ||
		row.Techniques[0].Subtechniques[0].URL != "https://attack.mitre.org/techniques/T1098/001/" || row.Tactic.Name != "Persistence" {
		t.Errorf("the row of persistence is %+v", row)
	}
	if want := "  s:\n      eventName: [DeleteTrail, 'Stop*']\n      userAgent: null\n    condition: s"; !strings.HasSuffix(r.Query, want[2:]) {
		t.Errorf("the query is\n%s", r.Query)
	}
	if needles := r.Needles(); len(needles) != 2 || needles[0].Text != "deletetrail" || !needles[0].Fold || needles[1].Text != "stop" {
		t.Errorf("it is searched for by %v", needles)
	}
}

func TestALevelIsASeverityAndARiskScore(t *testing.T) {
	for level, want := range map[string]struct {
		severity string
		risk     int
	}{"informational": {"low", 0}, "low": {"low", 21}, "medium": {"medium", 47}, "high": {"high", 73}, "critical": {"critical", 99}} {
		r, err := rule.Parse("r.yaml", []byte(strings.Replace(sigmaRule("s: {eventName: x}\ncondition: s"), "level: high", "level: "+level, 1)))
		if err != nil || r.Severity != want.severity || r.RiskScore != want.risk {
			t.Errorf("%s: %v (%v)", level, r, err)
		}
	}
}

func TestATechniqueIsARowOfATacticThatItServes(t *testing.T) {
	for tags, want := range map[string]string{
		"":                                 "",
		"attack.t1537":                     "TA0010:T1537",
		"attack.exfiltration,attack.t1537": "TA0010:T1537",
		"attack.impact,attack.t1537":       "TA0040:T1537",
		"attack.privilege-escalation,attack.persistence,attack.t1098": "TA0004:T1098 TA0003:T1098",
		"attack.defense_impairment,attack.t1685.002":                  "TA0112:T1685",
		"attack.t9999":          ":T9999",
		"attack.persistence":    "TA0003:",
		"car.2016-04-005":       "",
		"attack.no-such-tactic": "",
	} {
		r, err := rule.Parse("r.yml", []byte(sigmaRule("s: {eventName: x}\ncondition: s", "tags: ["+tags+"]")))
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, row := range r.Threat {
			text := row.Tactic.ID + ":"
			for _, q := range row.Techniques {
				text += q.ID
			}
			rows = append(rows, text)
		}
		if got := strings.Join(rows, " "); got != want {
			t.Errorf("%s: %s, want %s", tags, got, want)
		}
	}
}

func TestWhatIsWrongWithASigmaRuleHasItsPlaceInTheFile(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		unsupported      bool
	}{
		{"another source", strings.Replace(sigmaRule("s: {a: b}\ncondition: s"), "service: cloudtrail", "service: route53", 1), `r.yml:7:5: logsource is product aws, service route53: only product aws, service cloudtrail is evaluated`, true},
		{"another category", strings.Replace(sigmaRule("s: {a: b}\ncondition: s"), "product: aws", "category: process_creation", 1), `r.yml:7:5: logsource is service cloudtrail, category process_creation: only product aws, service cloudtrail is evaluated`, true},
		{"another level", strings.Replace(sigmaRule("s: {a: b}\ncondition: s"), "level: high", "level: urgent", 1), `r.yml:4:8: level is "urgent": it must be informational, low, medium, high or critical`, false},
		{"a modifier", sigmaRule("s: {a|windash: b}\ncondition: s"), "r.yml:10:9: the modifier windash is not supported", true},
		{"a broken file", "title: [", "r.yml:1:1: the file is not YAML: line 1: did not find expected node content", false},
	} {
		_, err := rule.Parse("r.yml", []byte(c.text))
		at, ok := err.(*rule.Error)
		if !ok || at.Error() != c.want || at.Unsupported != c.unsupported || at.Caret() == "" {
			t.Errorf("%s:\n%v\nwant\n%s", c.name, err, c.want)
		}
	}
}

// The Detection Rule License wants the author of a rule to be named in each message about a match.
func TestEachAlertOfASigmaRuleNamesItsAuthors(t *testing.T) {
	r, err := rule.Parse("r.yml", []byte(sigmaRule("s: {eventName: DeleteTrail}\ncondition: s")))
	if err != nil {
		t.Fatal(err)
	}
	record := packedJSON(t, `{"eventSource":"cloudtrail.amazonaws.com","eventName":"DeleteTrail","eventID":"one"}`)
	engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
	outcomes := engine.ThoroughEvaluator().Record(record, time.Time{})
	for _, format := range []alert.Format{alert.FormatNative, alert.FormatECS, alert.FormatOCSF} {
		written, _ := format.Append(nil, record, outcomes[0].Alerts, "alert", time.Time{})
		read := alert.Read(written, format, "alert")
		if len(read) != 1 || strings.Join(read[0].Rule.Credit(), "|") != "Alice|Bob" {
			t.Errorf("%v: %s\nis read as %+v", format, jsonOf(t, written), read)
		}
	}
}
