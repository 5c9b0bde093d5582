package conformance

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/rule"
)

// object is a JSON object in a test.
type object = map[string]any

// absent takes a key out of an object.
var absent = new(int)

// crossAccountGrant returns the event that the built-in rule is about, with
// some of its members replaced or, if the value is absent, left out. Members
// of requestParameters are named with a dot.
func crossAccountGrant(changes object) object {
	parameters := object{
		"functionName": "billing-export", "statementId": "partner",
		"action": "lambda:InvokeFunction", "principal": "444455556666",
	}
	event := object{
		"eventVersion": "1.09", "eventTime": "2026-06-18T10:00:00Z",
		"eventSource": "lambda.amazonaws.com", "eventName": "AddPermission20150331v2",
		"awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.17.60",
		"userIdentity": object{
			"type": "IAMUser", "accountId": "111122223333",
			"arn": "arn:aws:iam::111122223333:user/alice",
		},
		"requestParameters": parameters, "responseElements": nil,
		"eventID": "5d0ff5a1-0000-4000-8000-000000000001", "eventType": "AwsApiCall",
		"recipientAccountId": "111122223333",
	}
	for key, value := range changes {
		target := event
		if name, ok := cutPrefix(key, "requestParameters."); ok {
			target, key = parameters, name
		}
		if value == any(absent) {
			delete(target, key)
		} else {
			target[key] = value
		}
	}
	return event
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

// pack turns a JSON value, or JSON text, into MessagePack.
func pack(t testing.TB, value any) []byte {
	t.Helper()
	text, isText := value.(string)
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	packed, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return packed
}

// unpack turns MessagePack into what encoding/json makes of its JSON.
func unpack(t testing.TB, value []byte) object {
	t.Helper()
	text, err := document.AppendJSON(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// newEngine returns an engine with the built-in rule and the given changes to
// the default options.
func newEngine(t testing.TB, change func(*detect.Options)) *detect.Engine {
	t.Helper()
	options := detect.DefaultOptions()
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	options.Rules = rules
	if change != nil {
		change(&options)
	}
	options.SearchTexts = plainSearch(options.TextNeedles())
	engine, err := detect.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// started is when the tests began, and standing a clock that stands: alerts that two engines
// raise have the same time.
var started = time.Now()

func standing() time.Time { return started }

// atCollector makes alerts those of a machine, raised at a certain time.
func atCollector(o *detect.Options) {
	o.Clock = func() time.Time { return time.Date(2026, time.June, 18, 10, 4, 3, 141_592_653, time.UTC) }
	o.Collector = "collector-7"
}

// plainSearch is the simplest search for some texts.
func plainSearch(texts []needle.Needle) func(event []byte) uint64 {
	return func(event []byte) (found uint64) {
		for i, n := range texts {
			if one := needle.NewSet([]needle.Needle{n}, false); one.In(event) {
				found |= 1 << (i % 64)
			}
		}
		return found
	}
}

// alerts evaluates one record on the way that a filter takes, and returns the
// alerts that it raises.
func alerts(t testing.TB, engine *detect.Engine, record any) []alert.Alert {
	t.Helper()
	body := pack(t, record)
	thorough := engine.ThoroughEvaluator().Record(body, time.Time{})
	if len(thorough) > 0 && len(thorough[0].Alerts) > 0 && !engine.Suspects(body) {
		t.Fatal("the prefilter holds back a record that matches")
	}
	var found []alert.Alert
	for _, output := range thorough {
		found = append(found, output.Alerts...)
	}
	return found
}

func TestRuleAlertsExactlyWhereThePredicateMatches(t *testing.T) {
	const role = "arn:aws:iam::444455556666:role/service/invoker"
	for _, test := range []struct {
		name    string
		changes object
		want    bool
	}{
		{"grant to an account id", nil, true},
		{"grant to an account root ARN", object{"requestParameters.principal": "arn:aws:iam::444455556666:root"}, true},
		{"grant to a role ARN", object{"requestParameters.principal": role}, true},
		{"grant to the function's own account, which the predicate cannot tell", object{"requestParameters.principal": "111122223333"}, true},
		{"grant of InvokeFunctionUrl", object{"requestParameters.action": "lambda:InvokeFunctionUrl"}, true},
		{"public grant is left to the sibling rule", object{"requestParameters.principal": "*"}, false},
		{"a star elsewhere than the principal is not a public grant", object{"requestParameters.statementId": "*"}, true},
		{"a principal that begins with a star counts as public", object{"requestParameters.principal": "*x"}, false},
		{"the backslash of the query is an escape, not a character", object{"requestParameters.principal": `\*`}, true},
		{"grant to the S3 service", object{"requestParameters.principal": "s3.amazonaws.com"}, false},
		{"grant to a service in China", object{"requestParameters.principal": "events.amazonaws.com.cn"}, false},
		{"service suffix in another case is not a service suffix", object{"requestParameters.principal": "s3.AMAZONAWS.COM"}, true},
		{"service suffix in another parameter", object{"requestParameters.sourceArn": "arn:aws:s3:::x.amazonaws.com"}, false},
		{"other action than invoke", object{"requestParameters.action": "lambda:GetFunction"}, false},
		{"wildcard action is missed by the predicate", object{"requestParameters.action": "lambda:*"}, false},
		{"action in another case is missed by the predicate", object{"requestParameters.action": "lambda:invokefunction"}, false},
		{"action name in another parameter is enough for the predicate", object{
			"requestParameters.action": "lambda:GetFunction", "requestParameters.statementId": "lambda:InvokeFunction"}, true},

		{"event name without a version", object{"eventName": "AddPermission"}, true},
		{"event name in another case", object{"eventName": "addpermission20150331V2"}, true},
		{"layer permission is another call", object{"eventName": "AddLayerVersionPermission20181031"}, false},
		{"event name with something before", object{"eventName": "XAddPermission"}, false},
		{"other source", object{"eventSource": "sns.amazonaws.com"}, false},
		{"source in another case is another source", object{"eventSource": "Lambda.amazonaws.com"}, false},

		{"error code", object{"errorCode": "AccessDenied"}, false},
		{"error code that is empty counts as success", object{"errorCode": ""}, true},
		{"error code that is null counts as success", object{"errorCode": nil}, true},
		{"error message alone", object{"errorMessage": "no"}, false},
		{"error message that is empty counts as success", object{"errorMessage": ""}, true},

		{"missing request parameters never match", object{"requestParameters": absent}, false},
		{"null request parameters never match", object{"requestParameters": nil}, false},
		{"empty request parameters never match", object{"requestParameters": object{}}, false},
		{"missing event name never matches", object{"eventName": absent}, false},
		{"missing source never matches", object{"eventSource": absent}, false},
		{"event name that is a number never matches", object{"eventName": 1}, false},
		{"request parameters that are text are their own text", object{"requestParameters": "action=lambda:InvokeFunction, principal=444455556666"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := alerts(t, newEngine(t, nil), crossAccountGrant(test.changes))
			if got := len(found) == 1; got != test.want || len(found) > 1 {
				t.Errorf("%d alerts, want an alert: %v", len(found), test.want)
			}
		})
	}
}

func TestRequestParametersAreJavaText(t *testing.T) {
	for _, test := range []struct {
		name, parameters string
		want             bool
	}{
		{"keys in another order", `{"principal":"444455556666","action":"lambda:InvokeFunction","functionName":"f"}`, true},
		{"key order does not hide a public grant", `{"principal":"*","action":"lambda:InvokeFunction"}`, false},
		{"nested structures are searched", `{"a":{"b":["x",{"c":"lambda:InvokeFunction"}]}}`, true},
		{"a nested public marker counts", `{"action":"lambda:InvokeFunction","a":{"principal":"*"}}`, false},
		{"a list renders in brackets", `{"action":"lambda:InvokeFunction","principal":["*"]}`, true},
		{"a key counts as text", `{"lambda:InvokeFunction":"x"}`, true},
		{"a key without a value is dropped with it", `{"lambda:InvokeFunction":"","x":"y"}`, false},
		{"a key whose structure is empty is dropped", `{"lambda:InvokeFunction":{"a":[null,{}]},"x":"y"}`, false},
		{"text does not run from one value into the next", `{"a":"lambda:Invoke","b":"Function"}`, false},
		{"JSON escapes are decoded first", `{"action":"lambda:\u0049nvokeFunction","principal":"4"}`, true},
		{"an escaped service suffix is one", `{"action":"lambda:InvokeFunction","principal":"s3\u002eamazonaws\u002ecom"}`, false},
		{"an escaped star is one", `{"action":"lambda:InvokeFunction","principal":"\u002a"}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			event := crossAccountGrant(object{"requestParameters": json.RawMessage(test.parameters)})
			if got := len(alerts(t, newEngine(t, nil), event)) == 1; got != test.want {
				t.Errorf("alert: %v, want %v", got, test.want)
			}
			// The same as JSON text under a key, where escapes stand as they are.
			event["requestParameters"] = "PARAMETERS"
			text, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			text = slices.Concat(text[:indexOf(text, `"PARAMETERS"`)], []byte(test.parameters),
				text[indexOf(text, `"PARAMETERS"`)+len(`"PARAMETERS"`):])
			if got := len(alerts(t, newEngine(t, nil), object{"log": string(text)})) == 1; got != test.want {
				t.Errorf("as text under a key: alert: %v, want %v", got, test.want)
			}
		})
	}
}

func indexOf(text []byte, part string) int {
	for i := range text {
		if len(text)-i >= len(part) && string(text[i:i+len(part)]) == part {
			return i
		}
	}
	return -1
}

func TestMissingFieldNeverMatchesTheRule(t *testing.T) {
	// Two of its clauses are under not: an event without request parameters
	// does not match for want of what must not be in them.
	for _, query := range []string{
		`any where aws.cloudtrail.error_code == "x"`,
		`any where stringContains(aws.cloudtrail.error_code, "x")`,
		`any where aws.cloudtrail.error_code == "x" and not stringContains(aws.cloudtrail.error_code, "y")`,
		`any where stringContains(aws.cloudtrail.error_code, "x") and not stringContains(aws.cloudtrail.error_code, "y")`,
		`any where no.such.field : "*"`,
		`any where no.such.field in ("x", "y")`,
	} {
		t.Run(query, func(t *testing.T) {
			engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{ruleWith(t, query)} })
			if found := alerts(t, engine, crossAccountGrant(nil)); len(found) != 0 {
				t.Error("an event without the field matches")
			}
		})
	}
	for _, member := range []string{"eventSource", "eventName", "requestParameters"} {
		t.Run("the rule without "+member, func(t *testing.T) {
			if found := alerts(t, newEngine(t, nil), crossAccountGrant(object{member: absent})); len(found) != 0 {
				t.Error("an event without the field matches")
			}
		})
	}
}

func TestBareNegationOfAMissingFieldHoldsAsInElasticsearch(t *testing.T) {
	// Elastic's rule for virtual MFA devices asks for not
	// session_credential_from_console == "true", of a field that is only there
	// when it is true.
	const query = `any where event.provider == "lambda.amazonaws.com" and not aws.cloudtrail.session_credential_from_console == "true"`
	for _, test := range []struct {
		name  string
		value any
		want  int
	}{
		{"missing", absent, 1},
		{"true", "true", 0},
		{"something else", "false", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{ruleWith(t, query)} })
			event := crossAccountGrant(object{"sessionCredentialFromConsole": test.value})
			if found := alerts(t, engine, event); len(found) != test.want {
				t.Errorf("%d alerts, want %d", len(found), test.want)
			}
		})
	}
}

func TestOutcomeOfConsoleLoginIsItsOwnWord(t *testing.T) {
	login := func(said any) object {
		return crossAccountGrant(object{
			"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com",
			"responseElements": object{"ConsoleLogin": said},
		})
	}
	for _, test := range []struct {
		name, outcome string
		event         object
	}{
		{"success in lower case", "success", login("Success")},
		{"failure in lower case", "failure", login("Failure")},
		{"its word comes before an error message", "success", func() object {
			e := login("Success")
			e["errorMessage"] = "odd"
			return e
		}()},
		{"no word of its own", "failure", func() object {
			e := login("")
			e["errorMessage"] = "Failed authentication"
			return e
		}()},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newEngine(t, func(o *detect.Options) {
				o.Rules = []*rule.Rule{ruleWith(t, `any where event.outcome == "`+test.outcome+`"`)}
			})
			if found := alerts(t, engine, test.event); len(found) != 1 {
				t.Errorf("the outcome is not %s", test.outcome)
			}
		})
	}
}

// ruleWith returns a rule with another query.
func ruleWith(t testing.TB, query string) *rule.Rule {
	t.Helper()
	r, err := rule.Parse("test.toml", []byte(`
[rule]
name = "A test"
rule_id = `+strconv.Quote(query)+`
type = "eql"
risk_score = 21
severity = "low"
query = '''`+query+`'''
`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAlertHasExactlyTheKeysOfTheContract(t *testing.T) {
	engine := newEngine(t, atCollector)
	event := crossAccountGrant(object{"userIdentity": object{
		"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/alice", "accountId": "111122223333",
		"sessionContext": object{"attributes": object{"mfaAuthenticated": "true", "creationDate": "2026-06-18T08:30:00Z"}},
	}})
	outputs := engine.ThoroughEvaluator().Record(pack(t, event), time.Time{})
	if len(outputs) != 1 {
		t.Fatalf("%d outputs", len(outputs))
	}
	record := unpack(t, outputs[0].Body)
	got := record["alert"].(object)
	delete(record, "alert")
	if !equalJSON(t, record, event) {
		t.Errorf("the record lost or gained something beside the alert: %v", record)
	}
	// Section 4 of the design, and what the last part of the plan adds to it:
	// "the alert carries what the analyst needs first" (actor, source, event,
	// respond).
	want := `{
	  "rule": {"id": "8f985da6-66e8-4838-a63e-21636eb9adc5",
	    "name": "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation",
	    "version": 1, "license": "Elastic License v2"},
	  "severity": "high", "risk_score": 73,
	  "reason": "111122223333 let account 444455556666 invoke Lambda function billing-export",
	  "actor": {"arn": "arn:aws:sts::111122223333:assumed-role/deploy/alice", "type": "AssumedRole", "account": "111122223333"},
	  "session": {"mfa_authenticated": true, "created_at": "2026-06-18T08:30:00Z"},
	  "raised_at": "2026-06-18T10:04:03.141Z", "collector": "collector-7",
	  "resource_arn": "arn:aws:lambda:eu-west-1:111122223333:function:billing-export",
	  "source": {"ip": "198.51.100.7", "user_agent": "aws-cli/2.17.60"},
	  "event": {"id": "5d0ff5a1-0000-4000-8000-000000000001", "time": "2026-06-18T10:00:00Z",
	    "action": "AddPermission20150331v2", "provider": "lambda.amazonaws.com", "outcome": "success",
	    "region": "eu-west-1", "account": "111122223333",
	    "url": "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/5d0ff5a1-0000-4000-8000-000000000001"},
	  "respond": "aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --region eu-west-1",
	  "threat": [
	    {"framework": "MITRE ATT&CK",
	     "tactic": {"id": "TA0003", "name": "Persistence", "reference": "https://attack.mitre.org/tactics/TA0003/"},
	     "technique": [{"id": "T1546", "name": "Event Triggered Execution", "reference": "https://attack.mitre.org/techniques/T1546/"}]},
	    {"framework": "MITRE ATT&CK",
	     "tactic": {"id": "TA0005", "name": "Defense Evasion", "reference": "https://attack.mitre.org/tactics/TA0005/"},
	     "technique": [{"id": "T1578", "name": "Modify Cloud Compute Infrastructure", "reference": "https://attack.mitre.org/techniques/T1578/",
	       "subtechnique": [{"id": "T1578.005", "name": "Modify Cloud Compute Configurations", "reference": "https://attack.mitre.org/techniques/T1578/005/"}]}]}],
	  "tactics": ["TA0003", "TA0005"],
	  "techniques": ["T1546", "T1578", "T1578.005"],
	  "tags": ["Domain: Cloud", "Data Source: AWS", "Data Source: Amazon Web Services", "Data Source: AWS Lambda",
	    "Use Case: Threat Detection", "Tactic: Persistence", "Tactic: Defense Evasion", "Resources: Investigation Guide"],
	  "references": ["https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
	    "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"],
	  "grant": {"function_name": "billing-export", "function_account": "111122223333", "region": "eu-west-1",
	    "statement_id": "partner", "action": "lambda:InvokeFunction", "covers_invoke": true,
	    "principal": "444455556666", "principal_type": "account", "principal_account": "444455556666",
	    "relation": "cross_account"},
	  "dedup_key": "8f985da6-66e8-4838-a63e-21636eb9adc5:5d0ff5a1-0000-4000-8000-000000000001:4fe2fa525b5bae69"
	}`
	var wanted object
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if !equalJSON(t, got[key], wanted[key]) {
			t.Errorf("alert.%s is %v, want %v", key, got[key], wanted[key])
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("the alert has more than the contract says: %v", got)
	}
	risk, _ := document.Path(outputs[0].Body, "alert.risk_score")
	if n, ok := document.Int(risk); !ok || n != 73 {
		t.Error("risk_score is not the integer 73")
	}
	severity, _ := document.Path(outputs[0].Body, "alert.severity")
	if s, ok := document.Text(severity); !ok || string(s) != "high" {
		t.Error("severity is not the string high")
	}
}

func equalJSON(t testing.TB, a, b any) bool {
	t.Helper()
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return string(x) == string(y)
}

func TestKeyThatIsTakenIsKeptUnderAnotherName(t *testing.T) {
	event := crossAccountGrant(object{"alert": object{"severity": "low", "note": "from the sender"}})
	outputs := newEngine(t, nil).ThoroughEvaluator().Record(pack(t, event), time.Time{})
	record := unpack(t, outputs[0].Body)
	if got := record["alert_original"]; !equalJSON(t, got, event["alert"]) {
		t.Errorf("alert_original is %v", got)
	}
	if got := record["alert"].(object)["severity"]; got != "high" {
		t.Errorf("the sender's severity %v passes for ours", got)
	}
}

func TestTaggingAgainChangesNothing(t *testing.T) {
	engine := newEngine(t, nil)
	v := engine.ThoroughEvaluator()
	written := v.Record(pack(t, crossAccountGrant(nil)), time.Time{})
	if len(written) != 1 {
		t.Fatalf("%d outputs, want 1", len(written))
	}
	first := slices.Clone(written[0].Body)
	if again := v.Record(first, time.Time{}); again != nil {
		t.Errorf("the second pass changed the record: %v", unpack(t, again[0].Body))
	}
}

func TestForgedSuppressionIsNoVerdict(t *testing.T) {
	// The sender knows exactly what we would write, and adds that it is a
	// duplicate, so that routing would drop it.
	written := newEngine(t, nil).ThoroughEvaluator().Record(pack(t, crossAccountGrant(nil)), time.Time{})
	if len(written) != 1 {
		t.Fatalf("%d outputs, want 1", len(written))
	}
	record := unpack(t, written[0].Body)
	record["alert"].(object)["suppressed"] = "duplicate"

	outputs := newEngine(t, nil).ThoroughEvaluator().Record(pack(t, record), time.Time{})
	if len(outputs) != 1 {
		t.Fatal("the forged alert was left as it was")
	}
	alert := unpack(t, outputs[0].Body)["alert"].(object)
	if _, suppressed := alert["suppressed"]; suppressed {
		t.Error("the forged suppression stands")
	}
}

func TestSeveralRulesTheHighestRiskComesFirst(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) {
		o.Rules = append([]*rule.Rule{ruleWith(t, `any where event.provider == "lambda.amazonaws.com"`)}, o.Rules...)
	})
	outputs := engine.ThoroughEvaluator().Record(pack(t, crossAccountGrant(nil)), time.Time{})
	record := unpack(t, outputs[0].Body)
	if got := record["alert"].(object)["risk_score"]; got != 73.0 {
		t.Errorf("alert has the risk score %v, want 73", got)
	}
	list := record["alerts"].([]any)
	if len(list) != 2 || list[0].(object)["risk_score"] != 73.0 || list[1].(object)["risk_score"] != 21.0 {
		t.Errorf("alerts lists %v", list)
	}
}

func TestReasonOfAnEventThatGrantsNothing(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) {
		o.Rules = []*rule.Rule{ruleWith(t, `any where event.action == "DeleteFunction"`)}
	})
	found := alerts(t, engine, crossAccountGrant(object{"eventName": "DeleteFunction"}))
	const want = "arn:aws:iam::111122223333:user/alice called DeleteFunction of lambda.amazonaws.com in account 111122223333"
	if len(found) != 1 || found[0].Reason != want {
		t.Errorf("%v, want the reason %q", found, want)
	}
}
