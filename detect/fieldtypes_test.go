package detect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/rule"
)

// The names that the queries below abbreviate.
var abbreviations = strings.NewReplacer("ct.", "aws.cloudtrail.", "fl.", "aws.cloudtrail.flattened.")

// typedQuery is a query on an event whose members are given.
type typedQuery struct {
	name, event, language, query string
	// want is match, none, or the beginning of the error after its place.
	want string
}

// typedRule is a rule file with a query.
func typedRule(language, query, more string) string {
	kind := map[string]string{"eql": "eql", "kuery": "query"}[language]
	return fmt.Sprintf("[rule]\nrule_id = \"r\"\nname = \"n\"\ntype = %q\nlanguage = %q\nseverity = \"low\"\nrisk_score = 1\n%squery = '''\n%s\n'''\n",
		kind, language, more, abbreviations.Replace(query))
}

// check holds a rule against its query, on the raw event.
func (c typedQuery) check(t *testing.T) {
	t.Helper()
	more := ""
	if c.language == "eql" && strings.HasPrefix(c.query, "info where") {
		more = "event_category_override = \"event.type\"\n"
	}
	r, err := rule.Parse("r.toml", []byte(typedRule(c.language, c.query, more)))
	if err != nil {
		if _, msg, _ := strings.Cut(err.Error(), "rule.query: "); !strings.HasPrefix(msg, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.query, msg, c.want)
		}
		return
	}
	members := `"eventSource":"s.amazonaws.com"`
	if !strings.Contains(c.event, `"eventName"`) {
		members += `,"eventName":"X"`
	}
	if c.event != "" {
		members += "," + c.event
	}
	matches, why, err := r.Try(packedJSON(t, "{"+members+"}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := map[bool]string{true: "match", false: "none"}[matches]; got != c.want {
		t.Errorf("%s on %s: got %s, want %s\n%s", c.query, c.event, got, c.want, why[0])
	}
}

// What Elasticsearch makes of a literal beside a field of a type, through the rules of both languages.
func TestALiteralMeetsATypedField(t *testing.T) {
	const (
		ports = `"requestParameters":{"ipPermissions":{"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},{"fromPort":443,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`
		ip4   = `"sourceIPAddress":"10.1.2.3"`
		ten   = `"eventTime":"2026-08-20T10:00:00Z"`
		arns  = `"resources":[{"ARN":"a"},{"ARN":"b"}]`
		mfa   = `"eventName":"ConsoleLogin","additionalEventData":`
	)
	long := strings.Repeat("x", 9000)
	for _, c := range []typedQuery{
		{"a boolean equals its text", `"readOnly":false`, "eql", `any where ct.read_only == "false"`, "match"},
		{"not of a missing boolean holds", ``, "eql", `any where not ct.read_only == true`, "match"},
		{"a keyword that is a JSON boolean equals true", `"managementEvent":true`, "eql", `any where ct.management_event == true`, "match"},
		{"and its text", `"managementEvent":true`, "eql", `any where ct.management_event == "true"`, "match"},
		{"a leaf that is a JSON boolean equals its text", `"requestParameters":{"enable":false}`, "eql", `any where fl.request_parameters.enable == "false"`, "match"},
		{"an integer in EQL has no leading zeros", `"userIdentity":{"accountId":"012345678901"}`, "eql", `any where cloud.account.id == 012345678901`, "none"},
		{"an integer equals the text of a keyword", `"userIdentity":{"accountId":"111122223333"}`, "eql", `any where cloud.account.id == 111122223333`, "match"},
		{"an address is in a block", ip4, "eql", `any where source.ip == "10.0.0.0/8"`, "match"},
		{"a colon is for text", ip4, "eql", `any where source.ip : "10.1.2.3"`, ": cannot search source.ip, of the type ip, as text"},
		{"cidrMatch is for addresses", ip4, "eql", `any where cidrMatch(source.ip, "10.0.0.0/8")`, "match"},
		{"a millisecond is itself in any spelling", ten, "eql", `any where @timestamp == "2026-08-20T10:00:00.000Z"`, "match"},
		{"a number is milliseconds", ten, "eql", `any where @timestamp >= 2026`, "match"},
		{"a session's begin is a date", `"userIdentity":{"sessionContext":{"attributes":{"creationDate":"2026-08-20T09:00:00Z"}}}`, "eql", `any where ct.user_identity.session_context.creation_date < "2026-08-20T09:00:01Z"`, "match"},
		{"a colon ignores case", `"eventName":"GetObject"`, "eql", `any where event.action : "getobject"`, "match"},
		{"== knows no wildcards", `"eventName":"GetObject"`, "eql", `any where event.action == "Get*"`, "none"},
		{"like is case-sensitive", `"eventName":"GetObject"`, "eql", `any where event.action like "get*"`, "none"},
		// Elastic does not index these: its answers are the opposite.
		{"long parameters are searched", `"requestParameters":{"p":"AWS=` + long + `"}`, "eql", `any where stringContains(ct.request_parameters, "AWS=")`, "match"},
		{"and so is their opposite", `"requestParameters":{"p":"LoggingEnabled` + long + `"}`, "eql", `any where not stringContains(ct.request_parameters, "LoggingEnabled")`, "none"},
		{"a star in stringContains is a wildcard", `"requestParameters":{"valuesToAdd":["all"]}`, "eql", `any where stringContains(ct.request_parameters, "valuesToAdd=[*]")`, "match"},
		{"a backslash makes it a star", `"requestParameters":{"principal":"123456789012"}`, "eql", `any where stringContains(ct.request_parameters, "principal=\\*")`, "none"},
		{"not of a script with a missing side is null", ``, "eql", `any where not stringContains(ct.request_parameters, ct.recipient_account_id)`, "none"},
		{"!= of a function that has no value is null", ``, "eql", `any where length(ct.error_code) != 3`, "none"},
		{"!= of a function holds for one of several values", arns, "eql", `any where length(ct.resources.arn) != 3`, "match"},
		{"!= of a field does not", arns, "eql", `any where ct.resources.arn != "a"`, "none"},
		{"MFA that was not used", mfa + `{"MFAUsed":"No"}`, "eql", `any where ct.console_login.additional_eventdata.mfa_used == "false"`, "match"},
		{"a call of the new table of categories", `"eventName":"PutObject"`, "eql", `file where event.action == "PutObject"`, "match"},
		{"and one of the newest", `"eventName":"Publish"`, "eql", `info where true`, "match"},
		{"another word than a boolean has", ``, "eql", `any where ct.read_only == "yes"`, `== cannot compare aws.cloudtrail.read_only, of the type boolean, with "yes": compare it with true or false`},
		{"an order of leaves", ports, "eql", `any where fl.request_parameters.ipPermissions.items.fromPort >= 22`, ">= cannot order aws.cloudtrail.flattened.request_parameters.ip"},
		{"a function of a leaf gets the number", ports, "eql", `any where fl.request_parameters.ipPermissions.items.fromPort + 0 > 400`, "match"},
		{"a number among leaves", ports, "eql", `any where fl.request_parameters.ipPermissions.items.fromPort in (22, 3389)`, "match"},
		{"the index of words cannot be asked", ``, "eql", `any where ct.request_parameters.text == "x"`, "== cannot compare aws.cloudtrail.request_parameters.text"},
		{"a field that nobody knows has the type of its value", ``, "eql", `any where my.own == "x"`, "none"},
	} {
		t.Run(c.language+"/"+c.name, c.check)
	}
}
