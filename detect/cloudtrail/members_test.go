package cloudtrail

import "testing"

func TestANameOfCloudTrailsOwnIsAMember(t *testing.T) {
	const event = `{"eventSource":"lambda.amazonaws.com","errorCode":"","userAgent":"-","sourceIPAddress":"AWS Internal","readOnly":false,"status":"x","vpcEndpointId":null,
		"userIdentity":{"type":"Root","accountId":"1","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}},
		"resources":[{"ARN":"a"},{"ARN":""}],"requestParameters":{"a":{"b":[{"c":"x"},{"c":5}]},"d":"none","e.f":"y"},"responseElements":null}`
	const document = `{"event":{"provider":"lambda.amazonaws.com"},"source":{"address":"AWS Internal"},"user":{"id":"U"},"aws":{"cloudtrail":{"read_only":false,"request_parameters":"{a={b=x}}",
		"user_identity":{"type":"Root","session_context":{"mfa_authenticated":"true"}},"resources":[{"arn":"a"}],"flattened":{"request_parameters":{"a":{"b":[{"c":"x"},{"c":5}]},"d":"none"}}}},"cloud.account.id":"1"}`
	for _, c := range []struct {
		path, raw, ecs, name string
		trace                Trace
	}{
		{"eventSource", `"lambda.amazonaws.com"`, `"lambda.amazonaws.com"`, "event.provider", Verbatim},
		{"errorCode", `""`, `null`, "aws.cloudtrail.error_code", Verbatim},
		{"userAgent", `"-"`, `null`, "user_agent.original", Verbatim},
		{"sourceIPAddress", `"AWS Internal"`, `"AWS Internal"`, "source.address", Verbatim},
		{"readOnly", `false`, `false`, "aws.cloudtrail.read_only", Verbatim},
		{"vpcEndpointId", `null`, `null`, "aws.cloudtrail.vpc_endpoint_id", Verbatim},
		{"userIdentity.type", `"Root"`, `"Root"`, "aws.cloudtrail.user_identity.type", JavaText},
		{"userIdentity.accountId", `"1"`, `"1"`, "cloud.account.id", JavaText},
		{"userIdentity.principalId", `null`, `"U"`, "user.id", JavaText},
		{"userIdentity.sessionContext.attributes.mfaAuthenticated", `"true"`, `"true"`, "aws.cloudtrail.user_identity.session_context.mfa_authenticated", JavaText},
		{"resources.ARN", `["a", ""]`, `"a"`, "aws.cloudtrail.resources.arn", JavaText},
		{"requestParameters", `"{a={b=[{c=x}, {c=5}]}, e.f=y}"`, `"{a={b=x}}"`, "aws.cloudtrail.request_parameters", JavaText},
		{"requestParameters.a", `"{b=[{c=x}, {c=5}]}"`, `null`, "aws.cloudtrail.flattened.request_parameters.a", JavaText},
		{"requestParameters.a.b", `["{c=x}", "{c=5}"]`, `null`, "aws.cloudtrail.flattened.request_parameters.a.b", JavaText},
		{"requestParameters.a.b.c", `["x", 5]`, `["x", 5]`, "aws.cloudtrail.flattened.request_parameters.a.b.c", JavaText},
		{"requestParameters.d", `"none"`, `"none"`, "aws.cloudtrail.flattened.request_parameters.d", JavaText},
		{"requestParameters.e.f", `"y"`, `null`, "aws.cloudtrail.flattened.request_parameters.e.f", JavaText},
		{"responseElements", `null`, `null`, "aws.cloudtrail.response_elements", JavaText},
		{"responseElements.x", `null`, `null`, "aws.cloudtrail.flattened.response_elements.x", JavaText},
		{"status", `"x"`, `null`, "", Verbatim},
		{"eventsource", `null`, `null`, "", Verbatim},
	} {
		f := LookupMember(c.path)
		if f.Name() != c.name || f.From() != c.path || f.Trace() != c.trace {
			t.Errorf("%s: name %q, from %q, trace %d", c.path, f.Name(), f.From(), f.Trace())
		}
		var e Event
		e.Reset(packed(t, event), Raw)
		if got := e.Value(f).String(); got != c.raw {
			t.Errorf("%s of a raw event is %s, want %s", c.path, got, c.raw)
		}
		e.Reset(packed(t, document), ECS)
		if got := e.Value(f).String(); got != c.ecs {
			t.Errorf("%s of an ECS document is %s, want %s", c.path, got, c.ecs)
		}
	}
	for path, want := range map[string]bool{"eventName": true, "userIdentity.x": true, "addendum.reason": true, "status": false, "eventname": false, "": false} {
		if got := IsMember(path); got != want {
			t.Errorf("%q is a member: %t", path, got)
		}
	}
}

func TestAMemberIsFoundInARowOfAthena(t *testing.T) {
	var e Event
	e.Reset(packed(t, `{"eventsource":"iam.amazonaws.com","eventname":"DeleteUser","useridentity":{"sessioncontext":{"sessionissuer":{"type":"Role"}}},"requestparameters":"{\"userName\":\"bob\"}"}`), Raw)
	for path, want := range map[string]string{
		"eventName": `"DeleteUser"`, "userIdentity.sessionContext.sessionIssuer.type": `"Role"`, "requestParameters.userName": `"bob"`, "requestParameters": `"{userName=bob}"`,
	} {
		if got := e.Value(LookupMember(path)).String(); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
