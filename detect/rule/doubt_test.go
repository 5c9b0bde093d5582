package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/rule"
)

// withQuery is a rule file with a query on its seventh line, and more after it.
func withQuery(query, more string) string {
	return "[rule]\nname = \"n\"\nrule_id = \"r\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 21\nquery = '''" + query + "'''\n" + more
}

// warningsOf returns the warnings about a file, each with its line and column.
func warningsOf(t *testing.T, text string) []string {
	t.Helper()
	r, err := rule.Parse("r.toml", []byte(text))
	if err != nil {
		t.Fatalf("%v", err)
	}
	var all []string
	for _, w := range r.Warnings() {
		all = append(all, fmt.Sprintf("%d:%d: %s", w.Line, w.Column, w.Msg))
	}
	return all
}

// check compares warnings with those that are wanted, one a line.
func check(t *testing.T, got []string, want string) {
	t.Helper()
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("warns\n%s\nwant\n%s", got, want)
	}
}

func TestAQueryThatCanMatchNothingIsWarnedOf(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"a field with a letter less", `any where aws.cloudtrail.request_parmeters : "*x*"`,
			"7:22: rule.query: no CloudTrail event has the field aws.cloudtrail.request_parmeters: did you mean aws.cloudtrail.request_parameters?"},
		{"a field in another case", `any where event.Action == "DeleteUser"`,
			"7:22: rule.query: no CloudTrail event has the field event.Action: did you mean event.action?"},
		{"a field by CloudTrail's own name", `any where eventName == "DeleteUser"`,
			"7:22: rule.query: no CloudTrail event has the field eventName: did you mean event.action?"},
		{"a member by CloudTrail's own path", `any where userIdentity.sessionContext.sessionIssuer.arn : "*x"`,
			"7:22: rule.query: no CloudTrail event has the field userIdentity.sessionContext.sessionIssuer.arn: did you mean aws.cloudtrail.user_identity.session_context.session_issuer.arn?"},
		{"a parameter by CloudTrail's own path", `any where requestParameters.bucketName == "b"`,
			"7:22: rule.query: no CloudTrail event has the field requestParameters.bucketName: did you mean aws.cloudtrail.flattened.request_parameters.bucketName?"},
		{"a parameter under a misspelled prefix", `any where aws.cloudtrail.flatened.request_parameters.bucketName == "b"`,
			"7:22: rule.query: no CloudTrail event has the field aws.cloudtrail.flatened.request_parameters.bucketName: did you mean aws.cloudtrail.flattened.request_parameters.bucketName?"},
		{"a field of other sources", `any where process.command_line : "*aws*"`,
			"7:22: rule.query: no CloudTrail event has the field process.command_line"},
		{"a field in a function", `any where length(user.nam) > 3`,
			"7:29: rule.query: no CloudTrail event has the field user.nam: did you mean user.name?"},
		{"a field twice is told of once", `any where user.nam == "a" or user.nam == "b"`,
			"7:22: rule.query: no CloudTrail event has the field user.nam: did you mean user.name?"},

		{"an outcome in another case", `any where event.outcome == "Success"`,
			`7:22: rule.query: event.outcome is never "Success": write "success"`},
		{"an outcome that is none", `any where event.outcome == "denied"`,
			`7:22: rule.query: event.outcome is never "denied": it is failure, success or unknown`},
		{"one of two outcomes", `any where event.outcome in ("success", "succes")`,
			`7:22: rule.query: event.outcome is never "succes": write "success"`},
		{"an outcome in another case, excluded", `any where event.outcome != "Failure"`,
			`7:22: rule.query: this always holds, as event.outcome is never "Failure": write "failure"`},
		{"a pattern that no outcome has", `any where event.outcome : "ok*"`,
			`7:22: rule.query: event.outcome is never that: it is failure, success or unknown`},
		{"another data set", `any where data_stream.dataset == "aws.guardduty"`,
			`7:22: rule.query: data_stream.dataset is never "aws.guardduty": it is aws.cloudtrail`},
		{"a category that no call has", `registry where event.action == "DeleteUser"`,
			`7:12: rule.query: event.category is never "registry": it is api, authentication, configuration, database, file, host, iam, network, package, process or session` + "\n" +
				`7:27: rule.query: DeleteUser has the event.category iam, so that it never matches`},
		{"a service's short name", `any where event.provider == "iam"`,
			`7:22: rule.query: event.provider is never "iam": write "iam.amazonaws.com"`},
		{"a service's short name in any case", `any where event.provider : "IAM"`,
			`7:22: rule.query: event.provider is never "iam": write "iam.amazonaws.com"`},
		{"a service with a capital", `any where event.provider == "Lambda.amazonaws.com"`,
			`7:22: rule.query: event.provider is never "Lambda.amazonaws.com": write "lambda.amazonaws.com"`},
		{"a type of identity in another case", `any where aws.cloudtrail.user_identity.type == "assumedRole"`,
			`7:22: rule.query: aws.cloudtrail.user_identity.type is never "assumedRole": write "AssumedRole"`},
		{"a call in another case", `any where event.action == "consoleLogin"`,
			`7:22: rule.query: event.action is never "consoleLogin": write "ConsoleLogin"`},

		{"a field about grants with a letter more", `any where trailwire.grant.relations == "public"`,
			"7:22: rule.query: no CloudTrail event has the field trailwire.grant.relations: did you mean trailwire.grant.relation?"},
		{"a relation that is none", `any where trailwire.grant.worst.relation == "crossaccount" and trailwire.grant.kind in ("data", "Secret")`,
			`7:22: rule.query: trailwire.grant.worst.relation is never "crossaccount": write "cross_account"` + "\n" +
				`7:75: rule.query: trailwire.grant.kind is never "Secret": write "secret"`},
		{"two calls at once", `any where event.action == "DeleteUser" and event.action == "CreateUser"`,
			`7:55: rule.query: no event whose event.action is "DeleteUser" can match this`},
		{"two services at once, deep inside", `any where (event.provider == "iam.amazonaws.com" and (event.provider in ("sts.amazonaws.com", "s3.amazonaws.com")))`,
			`7:66: rule.query: no event whose event.provider is "iam.amazonaws.com" can match this`},
		{"a call that is excluded again", `any where event.action in ("A", "B") and event.action == "B" and event.action != "B"`,
			`7:77: rule.query: no event whose event.action is "B" can match this`},
		{"a call and a beginning that it does not have", `any where event.action == "DeleteUser" and startsWith(event.action, "Create")`,
			`7:55: rule.query: no event whose event.action is "DeleteUser" can match this`},
		{"what is false by itself", `any where event.action == "DeleteUser" and 1 == 2`,
			`7:55: rule.query: no event can match this`},

		{"two wrong values are not a contradiction as well", `any where event.outcome == "Success" and event.outcome == "Failure"`,
			`7:22: rule.query: event.outcome is never "Success": write "success"` + "\n" + `7:53: rule.query: event.outcome is never "Failure": write "failure"`},
		{"a category that no call has, and a pattern", `registry where event.action : "Delete*"`,
			`7:12: rule.query: event.category is never "registry": it is api, authentication, configuration, database, file, host, iam, network, package, process or session`},
		{"a category that the call does not have", `authentication where event.action == "GetSigninToken"`,
			`7:33: rule.query: GetSigninToken has no event.category, so that it never matches: write any where`},
		{"a category of other calls", `file where event.action == "CreateUser"`,
			`7:23: rule.query: CreateUser has the event.category iam, so that it never matches`},
		{"a category that one of two calls does not have", `iam where event.action in ("CreateUser", "PutRolePolicy")`,
			`7:22: rule.query: PutRolePolicy has no event.category, so that it never matches: write any where`},
		{"a category, and calls by a pattern that none of it has", `iam where event.action : "PutRole*"`,
			`7:22: rule.query: no call with the event.category iam can match this: write any where`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { check(t, warningsOf(t, withQuery(test.query, "")), test.want) })
	}
}

func TestAQueryThatCanMatchIsNotWarnedOf(t *testing.T) {
	for _, query := range []string{
		`any where event.action == "DeleteUser" and event.outcome == "success" and event.provider == "iam.amazonaws.com"`,
		`any where event.action == "PutRolePolicy"`,
		`iam where event.action in ("CreateUser", "DeleteUser")`,
		`iam where event.action : "*User" and user.name != "admin"`,
		`iam where user.name == "x"`,
		`iam where length(event.action) > 5`,
		`session where event.action == "StartSession"`,
		`any where event.action == "A" or event.action == "B"`,
		`any where event.action == "A" and not (event.action == "B")`,
		`any where not (event.action == "A" and event.action == "B") and event.action != null`,
		`any where event.type == "user" and event.type == "creation"`, // it has several values
		`any where aws.cloudtrail.resources.arn == "a" and aws.cloudtrail.resources.arn == "b"`,
		`any where aws.cloudtrail.flattened.request_parameters.tag == "a" and aws.cloudtrail.flattened.request_parameters.tag == "b"`,
		`any where event.outcome : "SUCCESS"`,
		`any where event.outcome != "success"`,
		`any where event.outcome != null and event.outcome == "unknown"`,
		`any where event.provider : "IAM.amazonaws.com" or event.provider : "s3*" or event.provider == "events.amazonaws.com.cn"`,
		`any where event.action == "deleteuser2"`,
		`any where aws.cloudtrail.user_identity.type == "RobotUser"`,
		`any where aws.cloudtrail.user_identity.type : "assumedrole"`,
		`any where user_agent.name == "Boto3" or source.geo.country_iso_code == "AQ"`,
		`any where labels.team == "red" or host.name == "h" or tags == "x"`,
		`any where ?my.own.field == "x"`,
		`any where event.category == "iam" and event.action == "DeleteUser"`,
		`any where startsWith(event.action, "Delete") and event.action : "*User"`,
		`any where event.action == "ConsoleLogin" and aws.cloudtrail.console_login.additional_eventdata.mfa_used == false`,
	} {
		if got := warningsOf(t, withQuery(query, "")); len(got) > 0 {
			t.Errorf("%s\nwarns %q", query, got)
		}
	}
}

func TestTheCategoryMayBeReadFromAnotherField(t *testing.T) {
	tests := []struct{ name, query, field, want string }{
		{"a type that the call has", `creation where event.action == "CreateUser"`, "event.type", ""},
		{"the type of calls without a row", `info where event.action == "AddPermission20150331v2"`, "event.type", ""},
		{"a type that the call does not have", `info where event.action == "CreateUser"`, "event.type",
			`7:23: rule.query: CreateUser has the event.type user and creation, so that it never matches`},
		{"a type that none has", `installation where event.action == "CreateUser"`, "event.type",
			`7:12: rule.query: event.type is never "installation": it is access, admin, change, creation, deletion, end, group, info, start or user` + "\n" +
				`7:31: rule.query: CreateUser has the event.type user and creation, so that it never matches`},
		{"a field that no event has", `info where event.action == "CreateUser"`, "kind",
			`7:12: rule.query: no CloudTrail event has the field kind`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check(t, warningsOf(t, withQuery(test.query, "event_category_override = \""+test.field+"\"\n")), test.want)
		})
	}
}

func TestIDsThatATTACKDoesNotHaveAreWarnedOf(t *testing.T) {
	const tactic, technique, below = "[[rule.threat]]\nframework = \"%s\"\n[rule.threat.tactic]\nid = \"%s\"\nname = \"%s\"\n",
		"[[rule.threat.technique]]\nid = \"%s\"\nname = \"t\"\n", "[[rule.threat.technique.subtechnique]]\nid = \"%s\"\nname = \"s\"\n"
	const attack = "MITRE ATT&CK"
	tests := []struct{ name, threat, want string }{
		{"all is well", fmt.Sprintf(tactic+technique+below, attack, "TA0003", "Persistence", "T1098", "T1098.001"), ""},
		{"a tactic's new name", fmt.Sprintf(tactic, attack, "TA0005", "Stealth"), ""},
		{"a tactic that is not known yet", fmt.Sprintf(tactic, attack, "TA0999", "Boredom"), ""},
		{"another framework", fmt.Sprintf(tactic+technique, "MITRE ATLAS", "AML.TA0002", "Reconnaissance", "AML.T0000"), ""},
		{"an id with a digit less", fmt.Sprintf(tactic, attack, "TA003", "Persistence"),
			`11:6: rule.threat.tactic.id is "TA003": the tactic Persistence has the id TA0003`},
		{"an id that is none, of an unknown name", fmt.Sprintf(tactic, attack, "TA003", "Boredom"),
			`11:6: rule.threat.tactic.id is "TA003": the id of a tactic is TA and four digits, such as TA0003`},
		{"the id of another tactic", fmt.Sprintf(tactic, "", "TA0004", "Persistence"),
			`11:6: rule.threat.tactic.id is "TA0004": the tactic Persistence has the id TA0003`},
		{"a misspelled name", fmt.Sprintf(tactic, attack, "TA0003", "Persistance"),
			`12:8: rule.threat.tactic.name is "Persistance": the tactic TA0003 is called Persistence`},
		{"a technique's id without its letter", fmt.Sprintf(tactic+technique, attack, "TA0003", "Persistence", "1098"),
			`14:6: rule.threat.technique.id is "1098": the id of a technique is T and four digits, such as T1098`},
		{"a sub-technique in a technique's place", fmt.Sprintf(tactic+technique, attack, "TA0003", "Persistence", "T1098.001"),
			`14:6: rule.threat.technique.id is "T1098.001": that is a sub-technique, which stands below its technique, in technique.subtechnique`},
		{"a technique in a sub-technique's place", fmt.Sprintf(tactic+technique+below, attack, "TA0003", "Persistence", "T1098", "T1098"),
			`17:6: rule.threat.technique.subtechnique.id is "T1098": the id of a sub-technique is its technique's, a dot and three digits, such as T1098.001`},
		{"a sub-technique of what is not a technique", fmt.Sprintf(tactic+technique+below, attack, "TA0003", "Persistence", "1098", "T1098.001"),
			`14:6: rule.threat.technique.id is "1098": the id of a technique is T and four digits, such as T1098`},
		{"a sub-technique of another", fmt.Sprintf(tactic+technique+below, attack, "TA0003", "Persistence", "T1546", "T1098.001"),
			`17:6: rule.threat.technique.subtechnique.id is "T1098.001": that is not a sub-technique of T1546`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check(t, warningsOf(t, withQuery(`any where event.action == "X"`, test.threat)), test.want)
		})
	}
}

func TestWarningsAreInTheOrderOfTheFile(t *testing.T) {
	text := strings.Replace(withQuery("any where\n  user.nam == \"a\"\n  and event.outcome == \"ok\"\n  and eventName == \"x\"", ""), "[rule]\n",
		"[[rule.threat]]\n[rule.threat.tactic]\nid = \"X\"\nname = \"Y\"\n[rule]\n", 1)
	if strings.Index(text, "[rule]") < strings.Index(text, "[[rule.threat]]") {
		t.Fatal("the file is not what it should be")
	}
	var lines []string
	for _, w := range warningsOf(t, text) {
		line, _, _ := strings.Cut(w, ":")
		lines = append(lines, line)
	}
	if got := strings.Join(lines, " "); got != "3 12 13 14" {
		t.Errorf("warns of lines %s", got)
	}
}

func TestTheValuesOfFieldsAboutGrantsAreThoseOfTheirPackages(t *testing.T) {
	texts := func(values ...any) (all []string) {
		for _, v := range values {
			all = append(all, fmt.Sprint(v))
		}
		slices.Sort(all)
		return all
	}
	// The fields are about foreign grants, and no such grant is of the own account.
	for name, want := range map[string][]string{
		"relation": texts(policy.RelationPublic, policy.RelationCrossAccount, policy.RelationOrganization, policy.RelationNetwork,
			policy.RelationService, policy.RelationFederated, policy.RelationUnknown),
		"binding": texts(policy.BindingUnbound, policy.BindingUnknown, policy.BindingNetwork, policy.BindingSecret, policy.BindingOrganization,
			policy.BindingForeign, policy.BindingProvider, policy.BindingSubject),
		"kind": texts(call.KindIdentity, call.KindSecret, call.KindData, call.KindCode, call.KindMessage, call.KindNetwork),
	} {
		for _, field := range []string{"trailwire.grant." + name, "trailwire.grant.worst." + name} {
			if got := cloudtrail.LookupField(field).Values(); !slices.Equal(got, want) {
				t.Errorf("%s may be %q, want %q", field, got, want)
			}
		}
	}
}

func TestTheBuiltInRulesHaveNoWarnings(t *testing.T) {
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	about, err := rule.AboutGrants()
	if err != nil {
		t.Fatal(err)
	}
	rules = append(rules, about...)
	for _, r := range rules {
		if w := r.Warnings(); len(w) > 0 {
			t.Errorf("%s: %v", r.Name, w)
		}
	}
}

func TestOfManyWarningsSomeAreToldOf(t *testing.T) {
	var calls []string
	for i := range 1500 {
		calls = append(calls, fmt.Sprintf("event.action == \"Call%d\"", i))
	}
	got := warningsOf(t, withQuery("iam where "+strings.Join(calls, " or "), ""))
	if len(got) != 21 || !strings.Contains(got[0], "Call0 has no event.category") || !strings.HasSuffix(got[20], ": there are 980 more warnings from here on") {
		t.Errorf("%d warnings, the last of them\n%s", len(got), got[len(got)-1])
	}
}

// A rule file may be anybody's: what is told of it is short.
func TestAWarningAboutAHugeTextIsShort(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for _, w := range warningsOf(t, withQuery(`any where event.outcome == "`+long+`" and x_`+strings.Repeat("y", 5000)+` == "z"`, "")) {
		if len(w) > 300 {
			t.Errorf("%d bytes: %.120s…", len(w), w)
		}
	}
}
