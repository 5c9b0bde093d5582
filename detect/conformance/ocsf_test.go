package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/version"
)

// ocsfSchema is the part of OCSF 1.4.0 that a finding uses, resolved by hand
// from the schema's source: github.com/ocsf/ocsf-schema at 1.4.0
// (commit 6109cc5e), events/findings/detection_finding.json and what it extends,
// profiles/{cloud,security_control}.json, objects/*.json and dictionary.json.
// Every attribute that is required stands here, others if they are used.
var ocsfSchema = map[string]ocsfObject{
	"detection_finding": {
		required: "activity_id category_uid class_uid cloud finding_info metadata severity_id time type_uid",
		attributes: map[string]string{
			"action": "string_t", "action_id": "integer_t",
			"activity_id": "integer_t", "activity_name": "string_t",
			"attacks":      "[]attack",
			"category_uid": "integer_t", "category_name": "string_t",
			"class_uid": "integer_t", "class_name": "string_t",
			"cloud":          "cloud",
			"disposition_id": "integer_t", "disposition": "string_t",
			"evidences":    "[]evidences",
			"finding_info": "finding_info",
			"is_alert":     "boolean_t",
			"message":      "string_t",
			"observables":  "[]observable",
			"metadata":     "metadata",
			"remediation":  "remediation",
			"resources":    "[]resource_details",
			"risk_level":   "string_t", "risk_level_id": "integer_t", "risk_score": "integer_t",
			"severity": "string_t", "severity_id": "integer_t",
			"status": "string_t", "status_detail": "string_t", "status_id": "integer_t",
			"time":      "timestamp_t",
			"type_name": "string_t", "type_uid": "long_t",
			"unmapped": "object",
		},
	},
	"finding_info": {
		required: "uid",
		attributes: map[string]string{
			"analytic": "analytic", "attacks": "[]attack", "created_time": "timestamp_t", "data_sources": "[]string_t",
			"desc": "string_t", "first_seen_time": "timestamp_t", "related_analytics": "[]analytic", "src_url": "url_t",
			"title": "string_t", "types": "[]string_t", "uid": "string_t",
		},
	},
	"analytic": {
		required: "type_id", oneOf: "name uid",
		attributes: map[string]string{
			"name": "string_t", "type": "string_t", "type_id": "integer_t", "uid": "string_t", "version": "string_t",
		},
	},
	"attack": {
		oneOf: "tactic technique sub_technique",
		attributes: map[string]string{
			"sub_technique": "sub_technique", "tactic": "tactic", "technique": "technique", "version": "string_t",
		},
	},
	"tactic":        {oneOf: "name uid", attributes: map[string]string{"name": "string_t", "src_url": "url_t", "uid": "string_t"}},
	"technique":     {oneOf: "name uid", attributes: map[string]string{"name": "string_t", "src_url": "url_t", "uid": "string_t"}},
	"sub_technique": {oneOf: "name uid", attributes: map[string]string{"name": "string_t", "src_url": "url_t", "uid": "string_t"}},
	"metadata": {
		required: "product version",
		attributes: map[string]string{
			"correlation_uid": "string_t", "event_code": "string_t", "labels": "[]string_t", "log_name": "string_t",
			"loggers": "[]logger", "log_provider": "string_t", "original_time": "string_t", "product": "product", "profiles": "[]string_t",
			"version": "string_t",
		},
	},
	"observable": {required: "type_id", attributes: map[string]string{"name": "string_t", "type": "string_t", "type_id": "integer_t", "value": "string_t"}},
	"product":    {oneOf: "name uid", attributes: map[string]string{"name": "string_t", "vendor_name": "string_t", "version": "string_t"}},
	"cloud":      {required: "provider", attributes: map[string]string{"account": "account", "provider": "string_t", "region": "string_t"}},
	"account":    {oneOf: "name uid", attributes: map[string]string{"type": "string_t", "type_id": "integer_t", "uid": "string_t"}},
	"evidences": {
		oneOf: "actor api connection_info data database databucket device dst_endpoint email file process query src_endpoint url user job script",
		attributes: map[string]string{
			"actor": "actor", "api": "api", "data": "json_t", "http_request": "http_request", "src_endpoint": "network_endpoint",
		},
	},
	"actor": {
		oneOf:      "process user invoked_by session app_name app_uid",
		attributes: map[string]string{"app_name": "string_t", "idp": "idp", "session": "session", "user": "user"},
	},
	"idp": {oneOf: "name uid", attributes: map[string]string{"name": "string_t", "uid": "string_t"}},
	"user": {
		oneOf: "account name uid",
		attributes: map[string]string{
			"account": "account", "credential_uid": "string_t", "name": "username_t", "type": "string_t",
			"type_id": "integer_t", "uid": "string_t",
		},
	},
	"session": {attributes: map[string]string{"created_time": "timestamp_t", "is_mfa": "boolean_t", "issuer": "string_t"}},
	"logger":  {oneOf: "name uid", attributes: map[string]string{"logged_time": "timestamp_t", "name": "string_t", "product": "product"}},
	"network_endpoint": {
		oneOf:      "ip uid name hostname svc_name instance_uid interface_uid interface_name domain",
		attributes: map[string]string{"domain": "string_t", "ip": "ip_t", "autonomous_system": "autonomous_system", "location": "location"},
	},
	"autonomous_system": {oneOf: "name number", attributes: map[string]string{"name": "string_t", "number": "integer_t"}},
	"location": {
		oneOf: "city country postal_code region",
		attributes: map[string]string{
			"city": "string_t", "continent": "string_t", "country": "string_t", "lat": "float_t", "long": "float_t", "region": "string_t",
		},
	},
	"api":          {required: "operation", attributes: map[string]string{"operation": "string_t", "request": "request", "service": "service"}},
	"service":      {oneOf: "name uid", attributes: map[string]string{"name": "string_t"}},
	"request":      {required: "uid", attributes: map[string]string{"uid": "string_t"}},
	"http_request": {attributes: map[string]string{"user_agent": "string_t"}},
	"resource_details": {
		oneOf: "name uid",
		attributes: map[string]string{
			"name": "string_t", "owner": "user", "region": "string_t", "type": "string_t", "uid": "string_t",
		},
	},
	"remediation": {required: "desc", attributes: map[string]string{"desc": "string_t", "references": "[]string_t"}},
}

// ocsfCaptions are the enumerations of the class, from the same source: a
// number's caption must be in the attribute beside it.
var ocsfCaptions = []struct {
	id, beside string
	captions   map[string]string
}{
	{"activity_id", "activity_name", map[string]string{"1": "Create", "2": "Update", "3": "Close"}},
	{"category_uid", "category_name", map[string]string{"2": "Findings"}},
	{"class_uid", "class_name", map[string]string{"2004": "Detection Finding"}},
	{"type_uid", "type_name", map[string]string{"200401": "Detection Finding: Create"}},
	{"severity_id", "severity", map[string]string{"2": "Low", "3": "Medium", "4": "High", "5": "Critical"}},
	{"risk_level_id", "risk_level", map[string]string{"1": "Low", "2": "Medium", "3": "High", "4": "Critical"}},
	{"status_id", "status", map[string]string{"1": "New", "3": "Suppressed"}},
	{"action_id", "action", map[string]string{"3": "Observed"}},
	{"disposition_id", "disposition", map[string]string{"17": "Logged", "19": "Alert"}},
}

type ocsfObject struct {
	required, oneOf string // names of attributes
	attributes      map[string]string
}

// problems returns what is wrong with a JSON value by the schema.
func (o ocsfObject) problems(path string, value any) []string {
	m, ok := value.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is %v: it must be an object", path, value)}
	}
	var all []string
	for _, name := range strings.Fields(o.required) {
		if m[name] == nil {
			all = append(all, path+"."+name+" is required")
		}
	}
	if o.oneOf != "" && !slices.ContainsFunc(strings.Fields(o.oneOf), func(name string) bool { return m[name] != nil }) {
		all = append(all, path+" has none of "+o.oneOf)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		kind, known := o.attributes[name]
		if !known {
			all = append(all, path+"."+name+" is not an attribute")
			continue
		}
		kind, isList := strings.CutPrefix(kind, "[]")
		values := []any{m[name]}
		if isList {
			if values, ok = m[name].([]any); !ok || len(values) == 0 {
				all = append(all, path+"."+name+" must be a list that is not empty")
			}
		}
		for _, one := range values {
			all = append(all, ocsfProblems(path+"."+name, one, kind)...)
		}
	}
	return all
}

func ocsfProblems(path string, value any, kind string) []string {
	if inner, isObject := ocsfSchema[kind]; isObject {
		return inner.problems(path, value)
	}
	ok := false
	text, isText := value.(string)
	switch kind {
	case "string_t", "username_t":
		ok = isText && text != ""
	case "url_t":
		ok = strings.HasPrefix(text, "https://")
	case "ip_t":
		_, err := netip.ParseAddr(text)
		ok = err == nil
	case "boolean_t":
		_, ok = value.(bool)
	case "integer_t", "long_t", "timestamp_t":
		n, isNumber := value.(json.Number)
		_, err := n.Int64()
		ok = isNumber && err == nil
	case "float_t":
		n, isNumber := value.(json.Number)
		_, err := n.Float64()
		ok = isNumber && err == nil
	case "json_t":
		ok = value != nil
	case "object":
		_, ok = value.(map[string]any)
	}
	if !ok {
		return []string{fmt.Sprintf("%s is %v, which is no %s", path, value, kind)}
	}
	return nil
}

func TestFindingsAreOfTheSchema(t *testing.T) {
	eachAlertIn(t, "ocsf", func(t *testing.T, before object, after detect.Output) {
		finding := decode(t, after.Body)
		for _, problem := range ocsfSchema["detection_finding"].problems("finding", finding) {
			t.Error(problem)
		}
		for _, c := range ocsfCaptions {
			id, _ := finding[c.id].(json.Number)
			if want, known := c.captions[id.String()]; !known || finding[c.beside] != want {
				t.Errorf("%s is %s and %s %v, want %q", c.id, id, c.beside, finding[c.beside], want)
			}
		}
		// Numbers are compared as they are in the text.
		if got := valueAt(finding, "unmapped", "event"); !equalJSON(t, got, before) {
			t.Errorf("unmapped.event is\n%v\nwant the record\n%v", got, before)
		}
	})
}

func TestAnIdentityProviderAloneIsNoActorOfTheSchema(t *testing.T) {
	finding := inFormat(t, alert.FormatOCSF, crossAccountGrant(object{"userIdentity": object{"type": "WebIdentityUser", "identityProvider": "accounts.google.com"}}))
	evidence, _ := finding["evidences"].([]any)[0].(object)
	if actor, there := evidence["actor"]; there {
		t.Errorf("the actor is %v: it has neither a user nor a session nor an app", actor)
	}
	if got := textAt(finding, "unmapped", "alert", "actor", "identity_provider"); got != "accounts.google.com" {
		t.Errorf("the identity provider is %q", got)
	}
}

func TestRelatedCallsAreEvidenceOfTheSchema(t *testing.T) {
	calls := []alert.Related{
		{Time: time.Now(), Action: "CreateUser", Provider: "iam.amazonaws.com", EventID: "e", Target: "bob", Address: "198.51.100.7", Failed: true},
		{Action: "CreateUser", Address: "cloudformation.amazonaws.com"},
		{Action: "CreateUser", Address: "fe80::1%eth0"},
		{Action: "CreateUser"},
		{Provider: "iam.amazonaws.com"}, // without an operation it is not a call
	}
	for _, identity := range []object{{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE"}, {}} {
		body := pack(t, object{"eventTime": "2026-03-01T12:00:00Z", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "userIdentity": identity})
		var event cloudtrail.Event
		event.Reset(body, cloudtrail.Raw)
		a := alert.NewTemplate(&rule.Rule{ID: "r", Name: "R", Severity: "low"}).Alert(&event, new(alert.Facts), alert.Granted{}, alert.CoverRule, time.Now())
		a.Relate(calls)
		record, _ := alert.FormatOCSF.Append(nil, body, []alert.Alert{a}, "", time.Now())
		finding := decode(t, record)
		evidences, _ := finding["evidences"].([]any)
		if len(evidences) != 5 {
			t.Fatalf("there are %d evidences, want one for the event and one for each call with a name", len(evidences))
		}
		if source := evidences[3].(object)["src_endpoint"]; !equalJSON(t, source, object{"domain": "fe80::1%eth0"}) {
			t.Errorf("an address with a zone is in %v", source)
		}
		for _, problem := range ocsfSchema["detection_finding"].problems("finding", finding) {
			t.Error(problem)
		}
	}
}

func TestAlertAsFinding(t *testing.T) {
	event := crossAccountGrant(object{"requestID": "r1", "userIdentity": object{
		"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333",
		"sessionContext": object{"attributes": object{"mfaAuthenticated": "false", "creationDate": "2026-06-18T08:30:00Z"}},
	}})
	got := inFormat(t, alert.FormatOCSF, event, atCollector)
	if text, _ := got["finding_info"].(object)["desc"].(string); !strings.HasPrefix(text, "Somebody added a statement") {
		t.Errorf("finding_info.desc is %q", text)
	}
	delete(got["finding_info"].(object), "desc")

	const attacks = `[
		{"tactic": {"uid": "TA0003", "name": "Persistence", "src_url": "https://attack.mitre.org/tactics/TA0003/"},
		 "technique": {"uid": "T1546", "name": "Event Triggered Execution", "src_url": "https://attack.mitre.org/techniques/T1546/"}},
		{"tactic": {"uid": "TA0005", "name": "Defense Evasion", "src_url": "https://attack.mitre.org/tactics/TA0005/"},
		 "technique": {"uid": "T1578", "name": "Modify Cloud Compute Infrastructure", "src_url": "https://attack.mitre.org/techniques/T1578/"},
		 "sub_technique": {"uid": "T1578.005", "name": "Modify Cloud Compute Configurations", "src_url": "https://attack.mitre.org/techniques/T1578/005/"}}]`
	const account = `{"uid": "111122223333", "type_id": 10, "type": "AWS Account"}`
	const grant = `{"function_name": "billing-export", "function_account": "111122223333", "region": "eu-west-1",
		"statement_id": "partner", "action": "lambda:InvokeFunction", "covers_invoke": true,
		"principal": "444455556666", "principal_type": "account", "principal_account": "444455556666", "relation": "cross_account"}`
	const respond = `"aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --region eu-west-1"`
	const references = `["https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
		"https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"]`
	const name = `"AWS Lambda Function Policy Updated to Allow Cross-Account Invocation"`
	var want object
	if err := json.Unmarshal([]byte(`{
		"category_uid": 2, "category_name": "Findings", "class_uid": 2004, "class_name": "Detection Finding",
		"activity_id": 1, "activity_name": "Create", "type_uid": 200401, "type_name": "Detection Finding: Create",
		"time": 1781776800000, "severity_id": 4, "severity": "High",
		"risk_score": 73, "risk_level_id": 3, "risk_level": "High",
		"status_id": 1, "status": "New", "is_alert": true,
		"action_id": 3, "action": "Observed", "disposition_id": 19, "disposition": "Alert",
		"message": "111122223333 let account 444455556666 invoke Lambda function billing-export",
		"finding_info": {
		  "uid": "8f985da6-66e8-4838-a63e-21636eb9adc5:5d0ff5a1-0000-4000-8000-000000000001:9dc692a711928384", "title": `+name+`,
		  "types": ["TTPs/Persistence", "TTPs/Defense Evasion"], "attacks": `+attacks+`,
		  "analytic": {"type_id": 1, "type": "Rule", "name": `+name+`, "uid": "8f985da6-66e8-4838-a63e-21636eb9adc5", "version": "1"},
		  "data_sources": ["AWS CloudTrail"], "first_seen_time": 1781776800000, "created_time": 1781777043141,
		  "src_url": "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/5d0ff5a1-0000-4000-8000-000000000001"},
		"attacks": `+attacks+`,
		"metadata": {"version": "1.4.0", "product": {"name": "Trailwire", "vendor_name": "Trailwire", "version": "`+version.Number+`"},
		  "profiles": ["cloud", "security_control"], "log_name": "CloudTrail", "log_provider": "AWS",
		  "original_time": "2026-06-18T10:00:00Z", "event_code": "AddPermission20150331v2",
		  "correlation_uid": "5d0ff5a1-0000-4000-8000-000000000001",
		  "loggers": [{"name": "collector-7", "product": {"name": "Trailwire", "vendor_name": "Trailwire", "version": "`+version.Number+`"}}],
		  "labels": ["Domain: Cloud", "Data Source: AWS", "Data Source: Amazon Web Services", "Data Source: AWS Lambda",
		    "Use Case: Threat Detection", "Tactic: Persistence", "Tactic: Defense Evasion", "Resources: Investigation Guide"]},
		"cloud": {"provider": "AWS", "region": "eu-west-1", "account": `+account+`},
		"evidences": [{
		  "actor": {"user": {"uid": "arn:aws:iam::111122223333:user/alice", "account": `+account+`, "type_id": 1, "type": "IAMUser"},
		    "session": {"is_mfa": false, "created_time": 1781771400000}},
		  "src_endpoint": {"ip": "198.51.100.7"},
		  "api": {"operation": "AddPermission20150331v2", "service": {"name": "lambda.amazonaws.com"}, "request": {"uid": "r1"}},
		  "http_request": {"user_agent": "aws-cli/2.17.60"},
		  "data": {"grant": `+grant+`}}],
		"resources": [{"uid": "arn:aws:lambda:eu-west-1:111122223333:function:billing-export", "name": "billing-export",
		  "type": "AWS::Lambda::Function", "region": "eu-west-1", "owner": {"account": `+account+`}}],
		"observables": [
		  {"name": "evidences.src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": "198.51.100.7"},
		  {"name": "evidences.http_request.user_agent", "type_id": 16, "type": "HTTP User-Agent", "value": "aws-cli/2.17.60"},
		  {"name": "evidences.actor.user.uid", "type_id": 31, "value": "arn:aws:iam::111122223333:user/alice"},
		  {"name": "evidences.actor.user.account.uid", "type_id": 35, "value": "111122223333"},
		  {"name": "resources.uid", "type_id": 10, "type": "Resource UID", "value": "arn:aws:lambda:eu-west-1:111122223333:function:billing-export"},
		  {"name": "resources.name", "type_id": 38, "value": "billing-export"},
		  {"name": "cloud.account.uid", "type_id": 35, "value": "111122223333"}],
		"remediation": {"desc": `+respond+`, "references": `+references+`},
		"unmapped": {"alert": {"grant": `+grant+`, "raised_at": "2026-06-18T10:04:03.141Z",
		  "resource_arn": "arn:aws:lambda:eu-west-1:111122223333:function:billing-export",
		  "respond": `+respond+`,
		  "dedup_key": "8f985da6-66e8-4838-a63e-21636eb9adc5:5d0ff5a1-0000-4000-8000-000000000001:9dc692a711928384",
		  "license": "Elastic License v2", "references": `+references+`}}}`), &want); err != nil {
		t.Fatal(err)
	}
	want["unmapped"].(object)["event"] = event
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if !equalJSON(t, got[key], want[key]) {
			t.Errorf("%s is\n%v\nwant\n%v", key, got[key], want[key])
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("the finding has more: %v", got)
	}
}

func TestEverySeverityHasANumberInOCSF(t *testing.T) {
	for word, want := range map[string][2]float64{"low": {2, 1}, "medium": {3, 2}, "high": {4, 3}, "critical": {5, 4}} {
		got := inFormat(t, alert.FormatOCSF, crossAccountGrant(nil), func(o *detect.Options) { o.Rules = []*rule.Rule{ruleOf(t, word)} })
		if got["severity_id"] != want[0] || got["risk_level_id"] != want[1] {
			t.Errorf("%s is severity_id %v and risk_level_id %v, want %v", word, got["severity_id"], got["risk_level_id"], want)
		}
	}
}

func TestSuppressedFindingIsNoAlert(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) { o.AlertFormat = alert.FormatOCSF })
	v := engine.ThoroughEvaluator()
	event := pack(t, crossAccountGrant(nil))
	for _, want := range []object{
		{"status_id": 1.0, "is_alert": true, "disposition_id": 19.0, "status_detail": nil},
		{"status_id": 3.0, "is_alert": false, "disposition_id": 17.0, "status_detail": "duplicate"},
	} {
		got := unpack(t, v.Record(event, time.Time{})[0].Body)
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s is %v, want %v", key, got[key], value)
			}
		}
	}
}

func TestSeveralAlertsAreOneFinding(t *testing.T) {
	got := inFormat(t, alert.FormatOCSF, crossAccountGrant(nil), func(o *detect.Options) {
		o.Rules = append([]*rule.Rule{ruleWith(t, `any where event.provider == "lambda.amazonaws.com"`)}, o.Rules...)
	})
	info := got["finding_info"].(object)
	if uid := info["analytic"].(object)["uid"]; uid != rule.CrossAccountID {
		t.Errorf("the analytic is %v, want the rule with the highest risk score", uid)
	}
	related := info["related_analytics"].([]any)
	if len(related) != 1 || related[0].(object)["name"] != "A test" {
		t.Errorf("related_analytics are %v", related)
	}
	if list := got["unmapped"].(object)["alerts"].([]any); len(list) != 2 {
		t.Errorf("unmapped.alerts are %v", list)
	}
}

func TestFindingOfAnEventThatSaysLittleIsStillOne(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) {
		o.AlertFormat = alert.FormatOCSF
		o.Rules = []*rule.Rule{ruleWith(t, `any where event.action == "DeleteFunction"`)}
	})
	record := pack(t, object{"eventSource": "lambda.amazonaws.com", "eventName": "DeleteFunction"})
	outputs := engine.ThoroughEvaluator().Record(record, arrival)
	finding := decode(t, outputs[0].Body)
	for _, problem := range ocsfSchema["detection_finding"].problems("finding", finding) {
		t.Error(problem)
	}
	if got := finding["time"]; got != json.Number("1764590400000") {
		t.Errorf("time is %v, want the record's, since the event has none", got)
	}
}

func TestServiceThatCalledIsADomain(t *testing.T) {
	got := inFormat(t, alert.FormatOCSF, crossAccountGrant(object{"sourceIPAddress": "cloudformation.amazonaws.com"}))
	evidence := got["evidences"].([]any)[0].(object)
	if !equalJSON(t, evidence["src_endpoint"], object{"domain": "cloudformation.amazonaws.com"}) {
		t.Errorf("src_endpoint is %v", evidence["src_endpoint"])
	}
}

func TestFindingIsLeftAloneWhenItComesRoundAgain(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) { o.AlertFormat = alert.FormatOCSF })
	v := engine.ThoroughEvaluator()
	first := bytes.Clone(v.Record(pack(t, crossAccountGrant(nil)), time.Time{})[0].Body)
	if again := v.Record(first, time.Time{}); again != nil {
		t.Errorf("the second pass changed the finding: %v", unpack(t, again[0].Body))
	}
}
