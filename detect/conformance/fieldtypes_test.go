package conformance

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
		ip6   = `"sourceIPAddress":"2001:DB8:0:0:0:0:0:1"`
		acct  = `"userIdentity":{"accountId":"111122223333"}`
		port  = `fl.request_parameters.ipPermissions.items.fromPort`
		cidr  = `fl.request_parameters.ipPermissions.items.ipRanges.items.cidrIp`
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

		{"a boolean equals false", `"readOnly":false`, "kuery", `ct.read_only: false`, "match"},
		{"and false in quotes", `"readOnly":false`, "kuery", `ct.read_only: "false"`, "match"},
		{"but not FALSE", `"readOnly":false`, "kuery", `ct.read_only: FALSE`, `cannot compare aws.cloudtrail.read_only, of the type boolean, with "FALSE"`},
		{"and it has no beginning", `"readOnly":true`, "kuery", `ct.read_only: tru*`, `cannot search aws.cloudtrail.read_only, of the type boolean`},
		{"a keyword that is a JSON boolean equals its text", `"managementEvent":true`, "kuery", `ct.management_event: "true"`, "match"},
		{"in its case", `"managementEvent":true`, "kuery", `ct.management_event: True`, "none"},
		{"a text equals the boolean", `"sessionCredentialFromConsole":"true"`, "kuery", `ct.session_credential_from_console: true`, "match"},
		{"not of a missing field holds", ``, "kuery", `not ct.session_credential_from_console: "true"`, "match"},
		{"a leaf equals true", `"requestParameters":{"withDecryption":true}`, "kuery", `fl.request_parameters.withDecryption: true`, "match"},
		{"and true in quotes", `"requestParameters":{"withDecryption":true}`, "kuery", `fl.request_parameters.withDecryption: "true"`, "match"},
		{"either spelling of false", `"requestParameters":{"enable":"false"}`, "kuery", `fl.request_parameters.enable: (false or "false")`, "match"},
		{"but not False", `"requestParameters":{"enable":false}`, "kuery", `fl.request_parameters.enable: False`, "none"},
		{"a number among leaves", ports, "kuery", port + `: (22 or 3389)`, "match"},
		{"in one spelling", ports, "kuery", port + `: 22.0`, "none"},
		{"leaves have no order", ports, "kuery", port + ` >= 22`, "cannot order aws.cloudtrail.flattened.request_parameters.ip"},
		{"two leaves need not be of one item", ports, "kuery", cidr + `: "0.0.0.0/0" and ` + port + `: 22`, "match"},
		{"a leaf knows no blocks", `"requestParameters":{"cidrIp":"10.1.2.0/24"}`, "kuery", `fl.request_parameters.cidrIp: "10.0.0.0/8"`, "none"},
		{"a key with a dot is a path", `"requestParameters":{"a.b":"x"}`, "kuery", `fl.request_parameters.a.b: x`, "match"},
		{"the end of a leaf", `"requestParameters":{"key":"backup/id_rsa"}`, "kuery", `fl.request_parameters.key: */id_rsa`, "match"},
		// Elastic finds these two in other leaves, which its issue 157064 calls a fault.
		{"is not the end of another", `"requestParameters":{"bucketName":"b","x":"dir/id_rsa","key":"readme"}`, "kuery", `fl.request_parameters.key: */id_rsa`, "none"},
		{"nor in the name of another", `"requestParameters":{"private_key_id":"7","key":"readme"}`, "kuery", `fl.request_parameters.key: *private_key*`, "none"},
		{"the beginning of a leaf", `"requestParameters":{"key":"AKIA/x"}`, "kuery", `fl.request_parameters.key: AKIA*`, "match"},
		{"a structure is all its leaves", `"requestParameters":{"name":"x"}`, "kuery", `fl.request_parameters: x`, "match"},
		{"a negative number as text", `"requestParameters":{"aclProtocol":"-1"}`, "kuery", `fl.request_parameters.aclProtocol: "-1"`, "match"},
		{"and as a number", `"requestParameters":{"aclProtocol":-1}`, "kuery", `fl.request_parameters.aclProtocol: "-1"`, "match"},
		{"a dash is nothing", `"requestParameters":{"tag":"-"}`, "kuery", `fl.request_parameters.tag: *`, "none"},
		{"and so is an empty text", `"requestParameters":{"serialNumber":""}`, "kuery", `fl.request_parameters.serialNumber: *`, "none"},
		{"digits stay as they are", `"userIdentity":{"accountId":"012345678901"}`, "kuery", `cloud.account.id: 012345678901`, "match"},
		{"with a fraction they are others", acct, "kuery", `cloud.account.id: 111122223333.0`, "none"},
		{"an address is in a block in quotes", ip4, "kuery", `source.ip: "10.0.0.0/8"`, "match"},
		{"and without", ip4, "kuery", `source.ip: 10.0.0.0/8`, "match"},
		{"an address has no beginning", ip4, "kuery", `source.ip: 10.*`, "cannot search source.ip, of the type ip"},
		{"its text has", ip4, "kuery", `source.address: 10.*`, "match"},
		{"and is in no block", ip4, "kuery", `source.address: "10.0.0.0/8"`, "none"},
		{"an address has many spellings", ip6, "kuery", `source.ip: "2001:db8::1"`, "match"},
		{"its text has one", ip6, "kuery", `source.address: "2001:db8::1"`, "none"},
		{"a service has no address", `"sourceIPAddress":"ec2.amazonaws.com"`, "kuery", `source.ip: *`, "none"},
		{"which not finds", `"sourceIPAddress":"AWS Internal"`, "kuery", `not source.ip: *`, "match"},
		{"and is not one", ``, "kuery", `source.ip: "AWS Internal"`, "cannot compare source.ip, of the type ip"},
		{"a day", ten, "kuery", `@timestamp: "2026-08-20"`, "match"},
		{"after a day", ten, "kuery", `@timestamp > "2026-08-20"`, "none"},
		{"up to a day", ten, "kuery", `@timestamp <= "2026-08-20"`, "match"},
		{"a year before it is a number", ten, "kuery", `@timestamp: 2026`, "match"},
		{"a zone counts", ten, "kuery", `@timestamp >= "2026-08-20T12:00:00+02:00"`, "match"},
		{"a keyword has its case", `"eventName":"GetObject"`, "kuery", `event.action: getobject`, "none"},
		{"a pattern with a space in it", `"userAgent":"S3 Browser 9"`, "kuery", `user_agent.original: *S3 Browser*`, "match"},
		{"has its case too", `"userAgent":"s3 browser"`, "kuery", `user_agent.original: *S3 Browser*`, "none"},
		{"two values of a field", arns, "kuery", `ct.resources.arn: (a and b)`, "match"},
		{"an error that is none", `"errorCode":"none"`, "kuery", `event.outcome: success`, "match"},
		{"MFA that was not used is No", mfa + `{"MFAUsed":"No"}`, "kuery", `ct.console_login.additional_eventdata.mfa_used: false`, "match"},
		{"and not NO", mfa + `{"MFAUsed":"NO"}`, "kuery", `ct.console_login.additional_eventdata.mfa_used: false`, "none"},
		{"the account of a service's call", `"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"recipientAccountId":"111122223333"`, "kuery", `cloud.account.id: "111122223333"`, "match"},
		{"a role's session has the role's name", `"userIdentity":{"type":"AssumedRole","userName":"x","sessionContext":{"sessionIssuer":{"userName":"role1"}}}`, "kuery", `user.name: role1`, "match"},
		{"a version of TLS is text", `"tlsDetails":{"tlsVersion":"TLSv1.2"}`, "kuery", `tls.version: 1.2`, "match"},
		{"fields with a star", ten, "kuery", `event.out*: success and event.pro*: s.amazonaws.com`, "match"},
		{"a field that needs a database is missing", ip4, "kuery", `source.as.number: (16509 or 14618)`, "none"},
		{"and not finds it missing", ip4, "kuery", `not source.as.organization.name: (Amazon* or AMAZON*)`, "match"},
	} {
		t.Run(c.language+"/"+c.name, c.check)
	}
}

// What a raw event lacks a document of Elastic's may have.
func TestADocumentHasFieldsThatRawEventsLack(t *testing.T) {
	for query, want := range map[string]bool{
		`source.as.number: (16509 or 14618)`: true, `source.as.number >= 20000`: false, `source.as.organization.name: (* and not (Amazon* or AMAZON*))`: false,
		`fl.request_parameters: y`: true, `fl.request_parameters.a.b: (x or y)`: true, `aws.s3.metadata.k: v`: true, `event.ingested > 2025`: true,
	} {
		r, err := rule.Parse("r.toml", []byte(typedRule("kuery", query, "")))
		if err != nil {
			t.Fatal(err)
		}
		got, why, err := r.Try(packedJSON(t, `{"event":{"provider":"s.amazonaws.com","action":"X","ingested":"2026-08-20T10:00:00Z","dataset":"aws.cloudtrail"},
			"source":{"as":{"number":16509,"organization":{"name":"Amazon.com, Inc."}}},"aws":{"s3":{"metadata":{"k":"v"}},"cloudtrail":{"flattened":{"request_parameters":{"a":{"b":"y"}}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %t\n%s", query, got, why[0])
		}
	}
}
