package cloudtrail

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

// benchmarkEvent is an event of ordinary size with something in every member
// that a field is read from.
const benchmarkEvent = `{
	"eventVersion":"1.09","eventTime":"2026-06-18T10:00:00Z","eventSource":"lambda.amazonaws.com",
	"eventName":"AddPermission20150331v2","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7",
	"userAgent":"aws-cli/2.17.60","eventID":"5d0ff5a1-0000-4000-8000-000000000001","eventType":"AwsApiCall",
	"eventCategory":"Management","requestID":"r-1","apiVersion":"20150331","managementEvent":true,"readOnly":false,
	"recipientAccountId":"111122223333","sharedEventID":"s-1","vpcEndpointId":"vpce-1",
	"sessionCredentialFromConsole":"true","errorCode":"AccessDenied","errorMessage":"no",
	"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:alice","arn":"arn:aws:sts::111122223333:assumed-role/deploy/alice",
		"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","userName":"alice","invokedBy":"cloudformation.amazonaws.com",
		"sessionContext":{"attributes":{"mfaAuthenticated":"true","creationDate":"2026-06-18T09:00:00Z"},
			"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/deploy","accountId":"111122223333","userName":"deploy"}}},
	"resources":[{"ARN":"arn:aws:s3:::a","accountId":"1","type":"AWS::S3::Bucket"},{"ARN":"arn:aws:s3:::b","accountId":"2","type":"AWS::S3::Object"}],
	"requestParameters":{"functionName":"f","principal":"*","userName":"bob","newUserName":"rob","groupName":"admins","qualifier":null,"list":["a",{"b":1.5}]},
	"responseElements":{"statement":"{\"Sid\":\"s\"}","user":{"userId":"AIDAEXAMPLE"},"group":{"groupId":"AGPAEXAMPLE"}},
	"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/","MFAUsed":"No","MobileVersion":"Yes"},
	"serviceEventDetails":{"state":"on"},
	"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"lambda.eu-west-1.amazonaws.com"}
}`

// fieldValues is the mapping table of the design, on benchmarkEvent.
var fieldValues = []struct{ field, want string }{
	{"@timestamp", `"2026-06-18T10:00:00Z"`},
	{"event.provider", `"lambda.amazonaws.com"`},
	{"event.action", `"AddPermission20150331v2"`},
	{"event.id", `"5d0ff5a1-0000-4000-8000-000000000001"`},
	{"event.outcome", `"failure"`},
	{"event.kind", `"event"`},
	{"event.type", `["info"]`},
	{"event.category", `null`},
	{"event.dataset", `"aws.cloudtrail"`},
	{"event.module", `"aws"`},
	{"data_stream.dataset", `"aws.cloudtrail"`},
	{"data_stream.type", `"logs"`},
	{"data_stream.namespace", `"default"`},
	{"ecs.version", `"8.11.0"`},
	{"cloud.provider", `"aws"`},
	{"cloud.region", `"eu-west-1"`},
	{"cloud.account.id", `"111122223333"`},
	{"source.address", `"198.51.100.7"`},
	{"source.ip", `"198.51.100.7"`},
	{"user_agent.original", `"aws-cli/2.17.60"`},
	{"user.name", `"deploy"`},
	{"user.id", `"AROAEXAMPLE:alice"`},
	{"user.email", `null`},
	{"related.ip", `"198.51.100.7"`},
	{"related.user", `["alice", "bob", "rob", "AIDAEXAMPLE", "AROAEXAMPLE:alice", "deploy"]`},
	{"user.target.name", `"bob"`},
	{"user.changes.name", `"rob"`},
	{"user.target.id", `"AIDAEXAMPLE"`},
	{"group.name", `"admins"`},
	{"group.id", `"AGPAEXAMPLE"`},

	{"aws.cloudtrail.event_version", `"1.09"`},
	{"aws.cloudtrail.event_type", `"AwsApiCall"`},
	{"aws.cloudtrail.event_category", `"Management"`},
	{"aws.cloudtrail.error_code", `"AccessDenied"`},
	{"aws.cloudtrail.error_message", `"no"`},
	{"aws.cloudtrail.request_id", `"r-1"`},
	{"aws.cloudtrail.api_version", `"20150331"`},
	{"aws.cloudtrail.management_event", `true`},
	{"aws.cloudtrail.read_only", `false`},
	{"aws.cloudtrail.recipient_account_id", `"111122223333"`},
	{"aws.cloudtrail.shared_event_id", `"s-1"`},
	{"aws.cloudtrail.vpc_endpoint_id", `"vpce-1"`},
	{"aws.cloudtrail.session_credential_from_console", `"true"`},
	{"aws.cloudtrail.resources.arn", `["arn:aws:s3:::a", "arn:aws:s3:::b"]`},
	{"aws.cloudtrail.resources.account_id", `["1", "2"]`},
	{"aws.cloudtrail.resources.type", `["AWS::S3::Bucket", "AWS::S3::Object"]`},

	{"aws.cloudtrail.request_parameters", `"{functionName=f, principal=*, userName=bob, newUserName=rob, groupName=admins, list=[a, {b=1.5}]}"`},
	{"aws.cloudtrail.response_elements", `"{statement={\"Sid\":\"s\"}, user={userId=AIDAEXAMPLE}, group={groupId=AGPAEXAMPLE}}"`},
	{"aws.cloudtrail.additional_eventdata", `"{LoginTo=https://console.aws.amazon.com/, MFAUsed=No, MobileVersion=Yes}"`},
	{"aws.cloudtrail.service_event_details", `"{state=on}"`},

	{"aws.cloudtrail.user_identity.type", `"AssumedRole"`},
	{"aws.cloudtrail.user_identity.arn", `"arn:aws:sts::111122223333:assumed-role/deploy/alice"`},
	{"aws.cloudtrail.user_identity.access_key_id", `"ASIAEXAMPLE"`},
	{"aws.cloudtrail.user_identity.invoked_by", `"cloudformation.amazonaws.com"`},
	{"aws.cloudtrail.user_identity.session_context.mfa_authenticated", `"true"`},
	{"aws.cloudtrail.user_identity.session_context.creation_date", `"2026-06-18T09:00:00Z"`},
	{"aws.cloudtrail.user_identity.session_context.session_issuer.type", `"Role"`},
	{"aws.cloudtrail.user_identity.session_context.session_issuer.principal_id", `"AROAEXAMPLE"`},
	{"aws.cloudtrail.user_identity.session_context.session_issuer.arn", `"arn:aws:iam::111122223333:role/deploy"`},
	{"aws.cloudtrail.user_identity.session_context.session_issuer.account_id", `"111122223333"`},

	{"aws.cloudtrail.console_login.additional_eventdata.login_to", `null`},
	{"aws.cloudtrail.console_login.additional_eventdata.mfa_used", `null`},
	{"aws.cloudtrail.console_login.additional_eventdata.mobile_version", `null`},

	{"tls.version", `"1.3"`},
	{"tls.version_protocol", `"tls"`},
	{"tls.cipher", `"TLS_AES_128_GCM_SHA256"`},
	{"tls.client.server_name", `"lambda.eu-west-1.amazonaws.com"`},
}

func TestARawEventAnswersEveryField(t *testing.T) {
	var e Event
	e.Reset(packed(t, benchmarkEvent), Raw)
	var names []string
	for _, c := range fieldValues {
		names = append(names, c.field)
		if got := e.Value(LookupField(c.field)).String(); got != c.want {
			t.Errorf("%s is %s, want %s", c.field, got, c.want)
		}
	}
	known := slices.DeleteFunc(KnownFields(), func(name string) bool { return LookupField(name).Database() != "" }) // see place_test.go
	slices.Sort(known)
	slices.Sort(names)
	if !slices.Equal(known, names) {
		t.Errorf("the table has\n%q\nand the package\n%q", names, known)
	}
	if e.Form() != Raw || len(e.Body()) == 0 {
		t.Error("the event does not know itself")
	}
}

// An ECS document is read by the names alone, so that what a raw event says it
// says too, nested or dotted.
func TestAnECSDocumentAnswersTheSame(t *testing.T) {
	var e Event
	e.Reset(packed(t, benchmarkEvent), Raw)
	tree := make(map[string]any)
	var dotted []string
	for _, c := range fieldValues {
		value := e.Value(LookupField(c.field))
		if value.Kind() == program.KindNull {
			continue
		}
		text := value.String() // Go's quotes are JSON's here
		dotted = append(dotted, quoted(c.field)+":"+text)
		plant(tree, strings.Split(c.field, "."), text)
	}
	for name, document := range map[string]string{"nested": nestedJSON(tree), "dotted": "{" + strings.Join(dotted, ",") + "}"} {
		var e Event
		e.Reset(packed(t, document), ECS)
		for _, c := range fieldValues {
			want := c.want
			if strings.HasPrefix(want, "[") && !strings.Contains(want, ",") {
				want = want[1 : len(want)-1] // a list of one is its element
			}
			if got := e.Value(LookupField(c.field)).String(); got != want {
				t.Errorf("%s: %s is %s, want %s", name, c.field, got, want)
			}
		}
		if e.Form() != ECS {
			t.Error("the event does not know its form")
		}
	}
}

// plant puts JSON text at a path in a tree.
func plant(tree map[string]any, path []string, text string) {
	if len(path) == 1 {
		tree[path[0]] = text
		return
	}
	below, ok := tree[path[0]].(map[string]any)
	if !ok {
		below = make(map[string]any)
		tree[path[0]] = below
	}
	plant(below, path[1:], text)
}

func nestedJSON(tree map[string]any) string {
	var members []string
	for key, value := range tree {
		text, ok := value.(string)
		if !ok {
			text = nestedJSON(value.(map[string]any))
		}
		members = append(members, quoted(key)+":"+text)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// oneField is a field of a raw event.
type oneField struct{ name, event, field, want string }

func checkFields(t *testing.T, form Form, cases []oneField) {
	t.Helper()
	var e Event
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e.Reset(packed(t, c.event), form)
			if got := e.Value(LookupField(c.field)).String(); got != c.want {
				t.Errorf("%s of %s is %s, want %s", c.field, c.event, got, c.want)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	const field = "event.outcome"
	checkFields(t, Raw, []oneField{
		{"no error is success", `{}`, field, `"success"`},
		{"an error code is failure", `{"errorCode":"AccessDenied"}`, field, `"failure"`},
		{"an error message alone is failure", `{"errorMessage":"no"}`, field, `"failure"`},
		{"an empty code is none", `{"errorCode":""}`, field, `"success"`},
		{"a code that is none is none", `{"errorCode":"none"}`, field, `"success"`},
		{"a code that is a dash is none", `{"errorCode":"-","errorMessage":["none"]}`, field, `"success"`},
		{"a code that is null is none", `{"errorCode":null,"errorMessage":null}`, field, `"success"`},
		{"a code that is an empty map is none", `{"errorCode":{},"errorMessage":[]}`, field, `"success"`},
		{"a code that is empty in depth is none", `{"errorCode":{"a":[null,""]}}`, field, `"success"`},
		{"a code that is a map is one", `{"errorCode":{"a":1}}`, field, `"failure"`},
		{"a code that is false or zero is one", `{"errorCode":false}`, field, `"failure"`},
		{"a code that is a number is one", `{"errorCode":0}`, field, `"failure"`},
		{"an empty code and a message", `{"errorCode":"","errorMessage":"no"}`, field, `"failure"`},
		{"a code that is repeated counts as it is last", `{"errorCode":"x","errorCode":""}`, field, `"success"`},
		{"a ConsoleLogin says it itself", `{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Success"}}`, field, `"success"`},
		{"a ConsoleLogin that failed", `{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}}`, field, `"failure"`},
		{"a ConsoleLogin's word counts more than an error", `{"eventName":"ConsoleLogin","errorMessage":"x","responseElements":{"ConsoleLogin":"Success"}}`, field, `"success"`},
		{"a ConsoleLogin without a word", `{"eventName":"ConsoleLogin","errorMessage":"x","responseElements":null}`, field, `"failure"`},
		{"a ConsoleLogin with an empty word", `{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":""}}`, field, `"success"`},
		{"another call with that word", `{"eventName":"SwitchRole","responseElements":{"ConsoleLogin":"Failure"}}`, field, `"success"`},
	})
	checkFields(t, ECS, []oneField{
		{"an ECS document says it itself", `{"event":{"outcome":"failure"}}`, field, `"failure"`},
		{"an ECS document that does not", `{"aws":{"cloudtrail":{"error_code":"x"}}}`, field, `null`},
	})
}

func TestFieldsWithRulesOfTheirOwn(t *testing.T) {
	checkFields(t, Raw, []oneField{
		{"an address is one in version 6 too", `{"sourceIPAddress":"2001:db8::1"}`, "source.ip", `"2001:db8::1"`},
		{"a service is not an address", `{"sourceIPAddress":"lambda.amazonaws.com"}`, "source.ip", `null`},
		{"a service is a source", `{"sourceIPAddress":"lambda.amazonaws.com"}`, "source.address", `"lambda.amazonaws.com"`},
		{"an address that is not text", `{"sourceIPAddress":5}`, "source.ip", `null`},
		{"a user's name", `{"userIdentity":{"userName":"alice","sessionContext":{"sessionIssuer":{"userName":"deploy"}}}}`, "user.name", `"alice"`},
		{"else the role's", `{"userIdentity":{"userName":"","sessionContext":{"sessionIssuer":{"userName":"deploy"}}}}`, "user.name", `"deploy"`},
		{"of a role's session the role's in any case", `{"userIdentity":{"type":"AssumedRole","userName":"alice","sessionContext":{"sessionIssuer":{"userName":"deploy"}}}}`, "user.name", `"deploy"`},
		{"of a federated user the user's whose session it is", `{"userIdentity":{"type":"FederatedUser","userName":"alice","sessionContext":{"sessionIssuer":{"userName":"bob"}}}}`, "user.name", `"bob"`},
		{"of a session without an issuer its own", `{"userIdentity":{"type":"AssumedRole","userName":"alice"}}`, "user.name", `"alice"`},
		{"of an IAM user his own, whatever the issuer", `{"userIdentity":{"type":"IAMUser","userName":"alice","sessionContext":{"sessionIssuer":{"userName":"deploy"}}}}`, "user.name", `"alice"`},
		{"of a sign-in to Identity Center what was typed", `{"eventName":"UserAuthentication","userIdentity":{"type":"Unknown"},"additionalEventData":{"UserName":"alice"}}`, "user.name", `"alice"`},
		{"of another call not", `{"eventName":"CredentialChallenge","userIdentity":{"type":"Unknown"},"additionalEventData":{"UserName":"alice"}}`, "user.name", `null`},
		{"of a sign-in with a name that name", `{"eventName":"UserAuthentication","userIdentity":{"userName":"bob"},"additionalEventData":{"UserName":"alice"}}`, "user.name", `"bob"`},
		{"a user of Identity Center has an id in the identity store", `{"userIdentity":{"type":"IdentityCenterUser","onBehalfOf":{"userId":"544894e8-80c1-707f-60e3-3ba6510dfac1"}}}`, "user.id", `"544894e8-80c1-707f-60e3-3ba6510dfac1"`},
		{"his principal id comes first", `{"userIdentity":{"type":"IdentityCenterUser","principalId":"P","onBehalfOf":{"userId":"U"}}}`, "user.id", `"P"`},
		{"of another type it is not the user's id", `{"userIdentity":{"type":"AssumedRole","onBehalfOf":{"userId":"U"}}}`, "user.id", `null`},
		{"else none", `{"userIdentity":{"type":"Root"}}`, "user.name", `null`},
		{"a name that is an address is an e-mail", `{"userIdentity":{"userName":"alice@example.com"}}`, "user.email", `"alice@example.com"`},
		{"a name that begins with an @ is not", `{"userIdentity":{"userName":"@alice"}}`, "user.email", `null`},
		{"a session's name is related, with and without its domain", `{"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/bob@example.com"}}`, "related.user", `["bob@example.com", "bob"]`},
		{"a user's ARN names no session", `{"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/bob"}}`, "related.user", `null`},
		{"each related user is there once", `{"userIdentity":{"userName":"bob"},"requestParameters":{"userName":"bob","newUserName":"bob"}}`, "related.user", `"bob"`},
		{"the account of a caller without one is that of the event", `{"userIdentity":{"type":"AWSService"},"recipientAccountId":"111122223333"}`, "cloud.account.id", `"111122223333"`},
		{"the caller's own comes first", `{"userIdentity":{"accountId":"444455556666"},"recipientAccountId":"111122223333"}`, "cloud.account.id", `"444455556666"`},
		{"an address with a zone is not one for Elasticsearch", `{"sourceIPAddress":"fe80::1%eth0"}`, "source.ip", `null`},
		{"a dash is nothing", `{"userAgent":"-"}`, "user_agent.original", `null`},
		{"none is nothing", `{"errorCode":"none"}`, "aws.cloudtrail.error_code", `null`},
		{"None is something", `{"errorCode":"None"}`, "aws.cloudtrail.error_code", `"None"`},
		{"and so is none in a list", `{"requestParameters":{"a":["none","-","","x"]}}`, "aws.cloudtrail.flattened.request_parameters.a", `"x"`},
		{"neither is in Java text", `{"requestParameters":{"a":"none","b":["-"],"c":"x"}}`, "aws.cloudtrail.request_parameters", `"{c=x}"`},
		{"a structure is all its values", `{"requestParameters":{"a":{"b":["x",{"c":5}]},"d.e":true,"f":"-"}}`, "aws.cloudtrail.flattened.request_parameters", `["x", 5, true]`},
		{"a structure that is not there has none", `{"requestParameters":null}`, "aws.cloudtrail.flattened.request_parameters", `null`},
		{"insight details as structure", `{"insightDetails":{"state":"Start"}}`, "aws.cloudtrail.flattened.insight_details.state", `"Start"`},
		{"an identity that is text", `{"userIdentity":"alice"}`, "user.name", `null`},
		{"TLS 1.2", `{"tlsDetails":{"tlsVersion":"TLSv1.2"}}`, "tls.version_protocol", `"tls"`},
		{"a TLS version without a v", `{"tlsDetails":{"tlsVersion":"1.2"}}`, "tls.version", `"1.2"`},
		{"and its protocol", `{"tlsDetails":{"tlsVersion":"1.2"}}`, "tls.version_protocol", `null`},
		{"a TLS version that ends in v", `{"tlsDetails":{"tlsVersion":"TLSv"}}`, "tls.version", `null`},
		{"no TLS", `{"tlsDetails":{"tlsVersion":"-"}}`, "tls.version_protocol", `null`},
		{"one resource is not a list", `{"resources":[{"ARN":"a"}]}`, "aws.cloudtrail.resources.arn", `"a"`},
		{"resources in the other spelling", `{"resources":[{"ARN":"a"},{"arn":"b","account_id":"1"}]}`, "aws.cloudtrail.resources.arn", `["a", "b"]`},
		{"an account in the other spelling", `{"resources":[{"account_id":"1"}]}`, "aws.cloudtrail.resources.account_id", `"1"`},
		{"no resources", `{"resources":[]}`, "aws.cloudtrail.resources.arn", `null`},
		{"where a ConsoleLogin went", `{"eventName":"ConsoleLogin","additionalEventData":{"LoginTo":"u"}}`, "aws.cloudtrail.console_login.additional_eventdata.login_to", `"u"`},
		{"a ConsoleLogin with MFA", `{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"Yes"}}`, "aws.cloudtrail.console_login.additional_eventdata.mfa_used", `true`},
		{"a ConsoleLogin without MFA", `{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"}}`, "aws.cloudtrail.console_login.additional_eventdata.mfa_used", `false`},
		{"a ConsoleLogin that does not say", `{"eventName":"ConsoleLogin","additionalEventData":{}}`, "aws.cloudtrail.console_login.additional_eventdata.mfa_used", `null`},
		{"request parameters that are null", `{"requestParameters":null}`, "aws.cloudtrail.request_parameters", `null`},
		{"request parameters that are empty", `{"requestParameters":{"a":null,"b":{}}}`, "aws.cloudtrail.request_parameters", `null`},
		{"request parameters that are text", `{"requestParameters":"x"}`, "aws.cloudtrail.request_parameters", `"x"`},
		{"request parameters as structure", `{"requestParameters":{"a":{"b":["x","y"]}}}`, "aws.cloudtrail.flattened.request_parameters.a.b", `["x", "y"]`},
		{"response elements as structure", `{"responseElements":{"a.b":5}}`, "aws.cloudtrail.flattened.response_elements.a.b", `5`},
		{"additional event data as structure", `{"additionalEventData":{"a":1.5}}`, "aws.cloudtrail.flattened.additional_eventdata.a", `1.5`},
		{"service event details as structure", `{"serviceEventDetails":{"a":true}}`, "aws.cloudtrail.flattened.service_event_details.a", `true`},
		{"a structure has no value of its own", `{"requestParameters":{"a":{"b":1}}}`, "aws.cloudtrail.flattened.request_parameters.a", `null`},
		{"a field that nobody knows", `{"eventName":"x","unknown":"y"}`, "unknown", `null`},
		{"CloudTrail's own name is not a field", `{"eventName":"x"}`, "eventName", `null`},
		{"half a name is not a field", `{"eventName":"x"}`, "event", `null`},
		{"no name is not a field", `{"":"x"}`, "", `null`},
		{"an empty text is nothing", `{"eventName":""}`, "event.action", `null`},
		{"a member that is repeated counts as it is last", `{"eventName":"x","eventName":"y"}`, "event.action", `"y"`},
		{"a member that is repeated inside too", `{"userIdentity":{"accountId":"1","accountId":"2"}}`, "cloud.account.id", `"2"`},
		{"an integer stays one", `{"eventName":9007199254740993}`, "event.action", `9007199254740993`},
		{"an integer over 63 bits is a float", `{"eventName":18446744073709551615}`, "event.action", `1.8446744073709552E19`},
		{"a list of values", `{"eventName":["a",["b",null,""],{"c":1}]}`, "event.action", `["a", "b"]`},
	})
	checkFields(t, ECS, []oneField{
		{"any name is a field of an ECS document", `{"my":{"own":"x"}}`, "my.own", `"x"`},
		{"a list of values", `{"event":{"category":["iam","file"]}}`, "event.category", `["iam", "file"]`},
		{"values in a list of maps", `{"aws":{"cloudtrail":{"resources":[{"arn":"a"},{"arn":["b","c"]},{"x":1}]}}}`, "aws.cloudtrail.resources.arn", `["a", "b", "c"]`},
		{"two spellings are two values, as in Elasticsearch", `{"event":{"action":"a"},"event.action":"b"}`, "event.action", `["a", "b"]`},
		{"a repeated key counts as it is last", `{"event.action":"a","event.action":"b"}`, "event.action", `"b"`},
		{"a repeated map counts as it is last", `{"event":{"action":"a"},"event":{"id":"b"}}`, "event.action", `null`},
		{"CloudTrail's own name is a name like others", `{"eventName":"x"}`, "event.action", `null`},
		{"a dash is what an ECS document says", `{"user_agent":{"original":"-"}}`, "user_agent.original", `"-"`},
		{"a structure is all its values", `{"aws":{"cloudtrail.flattened":{"request_parameters":{"a":["x",{"b":5}]}}},"aws.cloudtrail.flattened.request_parameters.c.d":true,"aws.cloudtrail.flattened.request_parametersx":1}`, "aws.cloudtrail.flattened.request_parameters", `["x", 5, true]`},
		{"what Elastic's agent sets", `{"input":{"type":"aws-s3"},"aws.s3.metadata":{"a":"x"}}`, "aws.s3.metadata.a", `"x"`},
		{"parameters as structure", `{"aws":{"cloudtrail":{"flattened":{"request_parameters":{"a":"x"}}}}}`, "aws.cloudtrail.flattened.request_parameters.a", `"x"`},
	})
}

func TestEveryCallInTheTableOfCategories(t *testing.T) {
	var e Event
	for _, c := range []struct{ category, kinds, actions string }{
		{`"authentication"`, `["info"]`, "AssumeRole ConsoleLogin"},
		{`"file"`, `["creation"]`, "CreateBucket"},
		{`"file"`, `["deletion"]`, "DeleteBucket"},
		{`"api"`, `["info"]`, "Converse DescribeRegions Publish"},
		{`"authentication"`, `["info"]`, "GetCallerIdentity"},
		{`"configuration"`, `["info"]`, "DescribeTrails"},
		{`"configuration"`, `["creation"]`, "CreateTopic"},
		{`"configuration"`, `["change"]`, "Subscribe"},
		{`"configuration"`, `["deletion"]`, "DeleteTrail"},
		{`"database"`, `["info"]`, "DescribeDBInstances ListTables"},
		{`"file"`, `["info"]`, "GetObject HeadObject ListBuckets ListObjects"},
		{`"file"`, `["creation"]`, "CreateDocument"},
		{`"file"`, `["change"]`, "PutObject"},
		{`"file"`, `["deletion"]`, "DeleteObject"},
		{`"host"`, `["info"]`, "DescribeInstances DescribeVolumes ListInstanceAssociations"},
		{`"network"`, `["info"]`, "DescribeLoadBalancers DescribeNetworkAcls DescribeNetworkInterfaces DescribeSecurityGroups DescribeVpcs"},
		{`"network"`, `["access"]`, "AuthorizeSecurityGroupIngress"},
		{`"package"`, `["info"]`, "ListFunctions"},
		{`"process"`, `["start"]`, "SendCommand"},
		{`"session"`, `["start"]`, "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel StartSession"},
		{`"session"`, `["end"]`, "TerminateSession"},
		{`"iam"`, `["info"]`, "GetPolicy ListAttachedRolePolicies ListRoles"},
		{`"iam"`, `["creation"]`, "CreatePolicy"},
		{`"iam"`, `["change"]`, "AttachRolePolicy"},
		{`"iam"`, `["admin", "creation"]`, "CreateKeyPair"},
		{`"iam"`, `["admin", "change"]`, "SetDefaultPolicyVersion SetSecurityTokenServicePreferences UpdateAccountPasswordPolicy UpdateRole"},
		{`"iam"`, `["group", "creation"]`, "CreateGroup"},
		{`"iam"`, `["group", "deletion"]`, "DeleteGroup"},
		{`"iam"`, `["group", "change"]`, "AddUserToGroup AttachGroupPolicy DeleteGroupPolicy DetachGroupPolicy PutGroupPolicy RemoveUserFromGroup UpdateGroup"},
		{`"iam"`, `["group", "info"]`, "GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies ListGroups ListGroupsForUser"},
		{`"iam"`, `["user", "creation"]`, "CreateUser"},
		{`"iam"`, `["user", "deletion"]`, "DeleteUser"},
		{`"iam"`, `["user", "change"]`, "AttachUserPolicy ChangePassword CreateAccessKey CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey " +
			"DeleteSSHPublicKey DeleteUserPermissionsBoundary DeleteUserPolicy DeleteVirtualMFADevice DetachUserPolicy EnableMFADevice " +
			"PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey UpdateUser"},
		{`"iam"`, `["user", "info"]`, "GetUser GetUserPolicy ListAttachedUserPolicies ListUserPolicies ListUsers ListUserTags"},
		{`null`, `["info"]`, "AddPermission20150331v2 Invoke createuser CreateUser2 RunInstances"},
	} {
		for _, action := range strings.Fields(c.actions) {
			e.Reset(packed(t, `{"eventName":"`+action+`"}`), Raw)
			category, kinds := e.Value(LookupField("event.category")), e.Value(LookupField("event.type"))
			if category.String() != c.category || kinds.String() != c.kinds {
				t.Errorf("%s is %s, %s; want %s, %s", action, category, kinds, c.category, c.kinds)
			}
		}
	}
	listed := 0
	for action, row := range categories {
		if listed++; kinds[row.kinds].Kind() != program.KindList {
			t.Errorf("%s has the kinds %q", action, row.kinds)
		}
	}
	if listed != 91 {
		t.Errorf("%d calls have a category", listed)
	}
	for _, event := range []string{`{}`, `{"eventName":null}`, `{"eventName":5}`} {
		e.Reset(packed(t, event), Raw)
		if got := e.Value(LookupField("event.category")); got.Kind() != program.KindNull {
			t.Errorf("%s is %s", event, got)
		}
	}
}

// What is read without a walk is what a walk finds.
func TestTextInItsPlaceIsWhatAWalkFinds(t *testing.T) {
	for k, name := range identityNames {
		if identityKey([]byte(name)) != k {
			t.Errorf("%s is called %s", identityNames[max(identityKey([]byte(name)), 0)], name)
		}
	}
	for k, path := range sessionPaths {
		within, name, _ := strings.Cut(strings.TrimPrefix(path, "sessionContext."), ".")
		if indexOf := map[string]func([]byte) int{"attributes": attributeKey, "sessionIssuer": issuerKey}[within]; indexOf([]byte(name)) != k {
			t.Errorf("%s has another index", path)
		}
	}
	for _, text := range []string{
		`{"eventName":"A","eventSource":"s","userAgent":"u","userIdentity":{"type":"IAMUser","arn":"a","accountId":"1"}}`,
		`{"eventName":"A","eventSource":"s","userAgent":"-","userIdentity":{"type":"","arn":"none","accountId":1}}`,
		`{"eventName":"A","eventSource":"s","userAgent":["u","v"],"userIdentity":{"type":["x"],"arn":null,"accountId":{"x":"y"}}}`,
		`{"eventName":"A","eventSource":"s","userAgent":"u","userAgent":"v","userIdentity":{"arn":"a","arn":"b","arn.x":"c","type.y":"d"}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":[{"arn":"a","type":"t"},{"arn":"b"}]}`,
		`{"eventName":"A","eventSource":"s","userIdentity":"{\"arn\":\"a\",\"type\":\"t\"}"}`,
		`{"eventName":"A","eventSource":"s","userIdentity":"arn"}`,
		`{"eventname":"A","eventsource":"s","useragent":"u","useridentity":{"type":"IAMUser","arn":"a","accountid":"1","accountId":"2"}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"true","creationDate":"c"},"sessionIssuer":{"type":"t","principalId":"p","arn":"a","accountId":"1","userName":"u"}}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"type":"AssumedRole","sessionContext":{"attributes":{"mfaAuthenticated":true,"creationDate":["c","d"]},"sessionIssuer":[{"arn":"a"},{"arn":"b"}]}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes":{"creationDate":"c"},"attributes.creationDate":"d","sessionIssuer":{"arn":"a","arn":"b"}}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes":{"creationDate":"c"}},"sessionContext.attributes":{"creationDate":"d"}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes":{"creationDate":"b"},"attributes":{"mfaAuthenticated":"false"},"sessionIssuer":{"userName":"-","arn":"none"}}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":[{"attributes":{"creationDate":"b"}}]}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":"x"}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes":"x","sessionIssuer":null}}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext":{"attributes.creationDate":"d"},"session.x":1}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":{"sessionContext.attributes.creationDate":"d","sessionContext.sessionIssuer":{"arn":"a"}}}`,
		`{"eventName":"A","eventSource":"s","userAgent":null,"userIdentity":{"arn":null,"userName":""}}`,
		`{"eventName":"A","eventSource":"s","userIdentity":null}`,
		`{"eventname":"A","eventsource":"s","useridentity":{"accountid":"1","invokedby":"i","username":"u","sessioncontext":{"attributes":{"creationdate":"d"},"sessionissuer":{"username":"u"}}}}`,
		`{"eventname":"A","eventsource":"s","useridentity":{"accessKeyId":"","accesskeyid":"K","accountId":"","accountid":"1","sessionContext":{"sessionIssuer":{"username":"u","arn":"-"}}}}`,
		`{"event":{"action":"A","provider":"s"},"user_agent":{"original":"u"},"aws":{"cloudtrail":{"user_identity":{"arn":"a"}}},"userIdentity":{"arn":"b"},"userAgent":"v"}`,
	} {
		body := packed(t, text)
		form := Raw
		if strings.HasPrefix(text, `{"event":`) {
			form = ECS
		}
		for _, name := range KnownFields() {
			var e, walked Event
			e.Reset(body, form)
			walked.Reset(body, form)
			f := LookupField(name)
			slow := f
			slow.direct = directNowhere
			if got, want := e.Read(&f).String(), walked.Read(&slow).String(); got != want {
				t.Errorf("%s of %s is %s, want %s", name, text, got, want)
			}
			if got, want := string(e.ReadText(&f)), string(walked.ReadText(&slow)); got != want {
				t.Errorf("the text of %s of %s is %s, want %s", name, text, got, want)
			}
		}
	}
}

func TestAnEventShowsItsStructures(t *testing.T) {
	var e Event
	e.Reset(packed(t, `{"requestParameters":{"a":1},"responseElements":{"b":2}}`), Raw)
	if got, want := asJSON(e.RequestParameters())+asJSON(e.ResponseElements()), `{"a":1}{"b":2}`; got != want {
		t.Errorf("raw: %s", got)
	}
	e.Reset(packed(t, `{"aws":{"cloudtrail":{"flattened":{"request_parameters":{"a":1}}}},"aws.cloudtrail.flattened.response_elements":{"b":2}}`), ECS)
	if got, want := asJSON(e.RequestParameters())+asJSON(e.ResponseElements()), `{"a":1}{"b":2}`; got != want {
		t.Errorf("ECS: %s", got)
	}
	for _, event := range []string{`{}`, `{"requestParameters":null,"responseElements":null}`, `{"requestParameters":"x","responseElements":[1]}`} {
		e.Reset(packed(t, event), Raw)
		if e.RequestParameters() != nil || e.ResponseElements() != nil {
			t.Errorf("%s: %s, %s", event, asJSON(e.RequestParameters()), asJSON(e.ResponseElements()))
		}
	}
}

func TestResetLeavesNothingOfTheEventBefore(t *testing.T) {
	var e Event
	full, empty := packed(t, benchmarkEvent), packed(t, `{}`)
	for _, form := range []Form{Raw, ECS, Raw} {
		e.Reset(full, Raw)
		for _, c := range fieldValues {
			e.Value(LookupField(c.field))
		}
		e.Reset(empty, form)
		for _, c := range fieldValues {
			got := e.Value(LookupField(c.field))
			constant := strings.HasPrefix(LookupField(c.field).From(), "the constant")
			if got.Kind() != program.KindNull && (form == ECS || !constant && c.field != "event.type" && c.field != "event.outcome") {
				t.Errorf("form %d: %s is %s", form, c.field, got)
			}
		}
		if e.RequestText() != nil || e.RequestParameters() != nil {
			t.Error("there are request parameters left")
		}
	}
}

func TestAnEventThatIsCutOffAnswersNothingOfWhatIsMissing(t *testing.T) {
	var e Event
	whole := packed(t, benchmarkEvent)
	for n := range len(whole) {
		for _, form := range []Form{Raw, ECS} {
			e.Reset(whole[:n], form)
			for _, c := range fieldValues {
				e.Value(LookupField(c.field)) // must not panic
			}
		}
	}
	deep := []byte("\x81\xb1requestParameters" + strings.Repeat("\x91", 1000) + "\x05")
	e.Reset(deep, Raw)
	if got := e.Value(FieldRequest); got.Kind() != program.KindNull {
		t.Errorf("a thousand lists are %s", got)
	}
	e.Reset([]byte("\x81\xa5event"+strings.Repeat("\x91", 100_000)+"\x05"), ECS)
	if got := e.Value(LookupField("event.action")); got.Kind() != program.KindNull {
		t.Errorf("a hundred thousand lists are %s", got)
	}
}

func TestAFieldSaysWhereItComesFrom(t *testing.T) {
	for _, c := range []struct {
		field, from string
		trace       Trace
	}{
		{"event.provider", "eventSource", Verbatim},
		{"cloud.account.id", "userIdentity.accountId, else recipientAccountId", Verbatim},
		{"related.user", "every name and id of a user in the event", Nowhere},
		{"aws.cloudtrail.flattened.request_parameters", "every value in requestParameters", Verbatim},
		{"source.as.number", "asn_database, by source.ip", Nowhere},
		{"source.geo.location", "", Verbatim},
		{"data_stream.dataset", "the constant aws.cloudtrail", Nowhere},
		{"event.outcome", "errorCode, errorMessage; responseElements.ConsoleLogin of a ConsoleLogin", Nowhere},
		{"source.ip", "sourceIPAddress, where it is an address", Verbatim},
		{"aws.cloudtrail.request_parameters", "requestParameters, as Java text", JavaText},
		{"aws.cloudtrail.flattened.request_parameters.a.b", "requestParameters.a.b", Verbatim},
		{"my.own", "", Verbatim},
	} {
		f := LookupField(c.field)
		if f.Name() != c.field || f.From() != c.from || f.Trace() != c.trace {
			t.Errorf("%s: name %q, from %q, trace %d", c.field, f.Name(), f.From(), f.Trace())
		}
	}
	var e Event
	e.Reset(packed(t, benchmarkEvent), Raw)
	if got := e.Value(Field{}); got.Kind() != program.KindNull {
		t.Errorf("the zero field is %s", got)
	}
}

// What a rule asks first.
var asked = []Field{
	LookupField("data_stream.dataset"), LookupField("event.provider"), LookupField("event.outcome"), LookupField("event.action"),
	LookupField("aws.cloudtrail.request_parameters"), LookupField("aws.cloudtrail.user_identity.arn"), LookupField("aws.cloudtrail.resources.arn"),
}

func askAll(e *Event, body []byte, form Form) {
	e.Reset(body, form)
	for _, f := range asked {
		e.Value(f)
	}
}

func TestAskingAnEventAllocatesNothing(t *testing.T) {
	var e Event
	body := packed(t, benchmarkEvent)
	if n := testing.AllocsPerRun(100, func() { askAll(&e, body, Raw) }); n != 0 {
		t.Errorf("%v allocations for a raw event", n)
	}
	body = packed(t, ecs("1"))
	if n := testing.AllocsPerRun(100, func() { askAll(&e, body, ECS) }); n != 0 {
		t.Errorf("%v allocations for an ECS document", n)
	}
	if e.Footprint() < len("{functionName=f}") {
		t.Errorf("footprint %d", e.Footprint())
	}
}

func BenchmarkEventValues(b *testing.B) {
	var e Event
	body := packed(b, benchmarkEvent)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		askAll(&e, body, Raw)
	}
}

// FuzzFind looks for events in any bytes: every part can become a record, and
// that is well-formed.
func FuzzFind(f *testing.F) {
	for _, c := range findCases {
		f.Add(packed(f, c.record))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		finder := NewFinder(jsonKeys, nil)
		events := finder.Find(record)
		found := 0
		var e Event
		for _, p := range finder.Parts() {
			if p.Event != nil {
				found++
				e.Reset(p.Event, p.Form)
				for _, f := range asked {
					e.Value(f)
				}
			}
			body := finder.AppendBody(nil, p)
			if rest, err := document.Skip(body); err != nil || len(rest) > 0 && finder.Splits() || !document.IsMap(body) {
				t.Errorf("a part becomes %q: %v", body, err)
			}
		}
		if found != events || finder.Splits() && events == 0 {
			t.Errorf("%d events, %d parts have one", events, found)
		}
	})
}
