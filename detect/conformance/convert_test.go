package conformance

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule"
)

func sigmaText(detection string) string {
	return "title: t\nid: i\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  " + strings.ReplaceAll(detection, "\n", "\n  ")
}

// convertedEvents are what the rules below are tried on: each decides for one of them.
var convertedEvents = []string{
	`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser","userIdentity":{"type":"Root"},"requestParameters":{"userName":"bob"}}`,
	`{"eventSource":"iam.amazonaws.com","eventName":"deleteUSER","errorCode":"","userIdentity":{"type":"root"}}`,
	`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser","errorCode":"AccessDenied","requestParameters":{"userName":"a*b"}}`,
	`{"eventSource":"iam.amazonaws.com","eventName":"DeleteRole","requestParameters":{"userName":"aXb"},"userAgent":"aws-cli/2"}`,
	`{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","sourceIPAddress":"10.1.2.3","requestParameters":{"n":"5","tags":["x","y"]}}`,
	`{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","sourceIPAddress":"ec2.amazonaws.com","requestParameters":{"n":50,"tags":["x"]}}`,
	`{"eventSource":"ec2.amazonaws.com","eventName":"ListUsers","readOnly":true,"requestParameters":{"n":"many","tags":[]}}`,
}

func TestAConvertedSigmaRuleMatchesWhatTheRuleMatches(t *testing.T) {
	for _, test := range []struct {
		name, detection, want string // the query, or the error
	}{
		{"a value", "a: {eventName: DeleteUser}\ncondition: a", `any where event.action : "DeleteUser"`},
		{"a list, and null", "a: {eventName: [DeleteUser, RunInstances], errorCode: null}\ncondition: a",
			"any where event.action in~ (\"DeleteUser\", \"RunInstances\")\n  and aws.cloudtrail.error_code == null"},
		{"patterns and values in one list", "a: {eventName: ['Delete*', ListUsers]}\ncondition: a", `any where (event.action : "ListUsers" or event.action : "Delete*")`},
		{"the opposite of what may be missing", "a: {eventSource: iam*}\nb: {errorCode: AccessDenied}\ncondition: a and not b",
			"any where event.provider : \"iam*\"\n  and not aws.cloudtrail.error_code : \"AccessDenied\""},
		{"with its case", "a: {userIdentity.type|cased: Root}\ncondition: a", `any where aws.cloudtrail.user_identity.type == "Root"`},
		{"parts of a text", "a: {userAgent|contains: cli}\nb: {eventName|endswith: [user, users]}\ncondition: a or b",
			`any where (user_agent.original : "*cli*" or event.action : ("*user", "*users"))`},
		{"a star that is one", "a: {requestParameters.userName: 'a\\*b'}\ncondition: a", `any where aws.cloudtrail.flattened.request_parameters.userName in~ ("a*b")`},
		{"all of a list", "a: {requestParameters.tags|all: [x, y]}\ncondition: a",
			"any where aws.cloudtrail.flattened.request_parameters.tags : \"x\"\n  and aws.cloudtrail.flattened.request_parameters.tags : \"y\""},
		{"a number", "a: {requestParameters.n|gte: 10}\ncondition: a", `any where number(string(aws.cloudtrail.flattened.request_parameters.n)) >= 10`},
		{"a block of addresses", "a: {sourceIPAddress|cidr: 10.0.0.0/8}\ncondition: a", `any where cidrMatch(source.address, "10.0.0.0/8")`},
		{"whether there is a value", "a: {errorCode|exists: true}\nb: {userAgent|exists: false}\ncondition: 1 of them",
			`any where (aws.cloudtrail.error_code != null or user_agent.original == null)`},
		{"a boolean", "a: {readOnly: true}\ncondition: a", `any where aws.cloudtrail.read_only == "true"`},
		{"the opposite of a list of fields", "a: {eventSource: ec2.amazonaws.com}\nb: {userAgent: null, sourceIPAddress: null}\ncondition: a and not b",
			"any where event.provider : \"ec2.amazonaws.com\"\n  and not (user_agent.original == null and source.address == null)"},
		{"a pattern of dates", "a: {userIdentity.sessionContext.attributes.creationDate: '2026*'}\ncondition: a", `userIdentity.sessionContext.attributes.c…: EQL has no patterns for a field of this type`},
		{"a star in a pattern", "a: {eventName: 'a\\**'}\ncondition: a", `eventName: 'a\**': EQL has no star or question mark that stands for itself in a pattern`},
		{"the opposite of a number", "a: {eventSource: x}\nb: {requestParameters.n|lt: 5}\ncondition: a and not b",
			"requestParameters.n|lt: 5: EQL has no opposite of a comparison with a number that holds for a missing field"},
		{"a regular expression", "a: {eventName|re: 'Del.*'}\ncondition: a", `eventName|re: 'Del.*': EQL cannot say this`},
		{"two fields", "a: {eventName|fieldref: userAgent}\ncondition: a", `eventName|fieldref: userAgent: EQL cannot say this`},
		{"a field without an ECS name", "a: {userIdentity.inScopeOf.issuerType: x}\ncondition: a", `userIdentity.inScopeOf.issuerType: x: there is no ECS field for it`},
	} {
		t.Run(test.name, func(t *testing.T) {
			original, err := rule.Parse("r.yml", []byte(sigmaText(test.detection)))
			if err != nil {
				t.Fatal(err)
			}
			query, err := original.InEQL()
			if err != nil {
				query = err.Error()
			}
			if query != test.want {
				t.Fatalf("got\n%s\nwant\n%s", query, test.want)
			}
			if err != nil {
				return
			}
			converted, err := rule.CompileQuery(rule.EQL, query, "event.category")
			if err != nil {
				t.Fatal(err)
			}
			matched := 0
			for _, text := range convertedEvents {
				body, err := document.AppendFromJSON(nil, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				event := new(cloudtrail.Event)
				event.Reset(body, cloudtrail.Raw)
				d := fieldsOf{event: event, program: converted}
				if want := original.Match(event); converted.Match(d) != want {
					t.Errorf("%s\nmatches: %t, and not after the conversion\n%s", text, want, converted.Explain(d))
				} else if want {
					matched++
				}
			}
			if matched == 0 || matched == len(convertedEvents) {
				t.Errorf("%d events match: nothing is compared", matched)
			}
		})
	}
}

// fieldsOf shows an event to a program with ECS names.
type fieldsOf struct {
	event   *cloudtrail.Event
	program *program.Program
}

func (f fieldsOf) Value(slot int) program.Value {
	return f.event.Value(cloudtrail.LookupField(f.program.Fields()[slot].Name))
}
