package conformance

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/property"
)

// ecsTypes are the fields that an alert may fill, with their types in the index
// templates of ECS 8.11: github.com/elastic/ecs at v8.11.0,
// generated/csv/fields.csv. A list is allowed in any field; those that ECS
// normalizes to one are marked.
var ecsTypes = map[string]string{
	"ecs.version":                 "keyword",
	"event.action":                "keyword",
	"event.id":                    "keyword",
	"event.kind":                  "keyword",
	"event.outcome":               "keyword",
	"event.provider":              "keyword",
	"event.reason":                "keyword",
	"event.risk_score":            "float",
	"event.severity":              "long",
	"event.start":                 "date",
	"event.category":              "keyword[]",
	"event.created":               "date",
	"event.dataset":               "keyword",
	"event.module":                "keyword",
	"event.type":                  "keyword[]",
	"event.url":                   "keyword",
	"observer.hostname":           "keyword",
	"message":                     "match_only_text",
	"tags":                        "keyword[]",
	"rule.author":                 "keyword[]",
	"rule.description":            "keyword",
	"rule.id":                     "keyword",
	"rule.license":                "keyword",
	"rule.name":                   "keyword",
	"rule.reference":              "keyword",
	"rule.ruleset":                "keyword",
	"rule.uuid":                   "keyword",
	"rule.version":                "keyword",
	"source.address":              "keyword",
	"source.ip":                   "ip",
	"source.as.number":            "long",
	"source.as.organization.name": "keyword",
	"source.geo.city_name":        "keyword",
	"source.geo.continent_name":   "keyword",
	"source.geo.country_iso_code": "keyword",
	"source.geo.country_name":     "keyword",
	"source.geo.region_iso_code":  "keyword",
	"source.geo.region_name":      "keyword",
	"user.id":                     "keyword",
	"user.name":                   "keyword",
	"user_agent.original":         "keyword",
	"cloud.account.id":            "keyword",
	"cloud.provider":              "keyword",
	"cloud.region":                "keyword",
	"cloud.service.name":          "keyword",
	"related.hosts":               "keyword[]",
	"related.ip":                  "ip[]",
	"related.user":                "keyword[]",

	"threat.framework":                        "keyword",
	"threat.tactic.id":                        "keyword[]",
	"threat.tactic.name":                      "keyword[]",
	"threat.tactic.reference":                 "keyword[]",
	"threat.technique.id":                     "keyword[]",
	"threat.technique.name":                   "keyword[]",
	"threat.technique.reference":              "keyword[]",
	"threat.technique.subtechnique.id":        "keyword[]",
	"threat.technique.subtechnique.name":      "keyword[]",
	"threat.technique.subtechnique.reference": "keyword[]",
}

// extensionTypes are the fields below trailwire, each of one type for good: a
// dynamic mapping takes the first document's. Those of trailwire.alerts, which
// has the native alerts, follow their names.
var extensionTypes = map[string]string{
	"trailwire.use.grant.resource":             "keyword",
	"trailwire.use.grant.resource_type":        "keyword",
	"trailwire.use.grant.principal":            "keyword",
	"trailwire.use.grant.account":              "keyword",
	"trailwire.use.grant.relation":             "keyword",
	"trailwire.use.grant.actions":              "keyword[]",
	"trailwire.use.grant.statement_id":         "keyword",
	"trailwire.use.grant.means":                "keyword",
	"trailwire.use.grant.opened_at":            "date",
	"trailwire.use.grant.opened_by":            "keyword",
	"trailwire.use.grant.opened_event_id":      "keyword",
	"trailwire.use.grant.dedup_key":            "keyword",
	"trailwire.use.grant.closed_at":            "date",
	"trailwire.closing.grant.resource":         "keyword",
	"trailwire.closing.grant.resource_type":    "keyword",
	"trailwire.closing.grant.principal":        "keyword",
	"trailwire.closing.grant.account":          "keyword",
	"trailwire.closing.grant.relation":         "keyword",
	"trailwire.closing.grant.actions":          "keyword[]",
	"trailwire.closing.grant.statement_id":     "keyword",
	"trailwire.closing.grant.means":            "keyword",
	"trailwire.closing.grant.opened_at":        "date",
	"trailwire.closing.grant.opened_by":        "keyword",
	"trailwire.closing.grant.opened_event_id":  "keyword",
	"trailwire.closing.grant.dedup_key":        "keyword",
	"trailwire.closing.grant.closed_at":        "date",
	"trailwire.use.action":                     "keyword",
	"trailwire.use.takes_out":                  "boolean",
	"trailwire.use.account":                    "keyword",
	"trailwire.use.principal":                  "keyword",
	"trailwire.use.first":                      "date",
	"trailwire.use.last":                       "date",
	"trailwire.use.count":                      "long",
	"trailwire.use.addresses":                  "keyword[]",
	"trailwire.use.event_id":                   "keyword",
	"trailwire.use.late":                       "boolean",
	"trailwire.closing.how":                    "keyword",
	"trailwire.closing.at":                     "date",
	"trailwire.closing.stood_seconds":          "long",
	"trailwire.closing.used":                   "boolean",
	"trailwire.visibility.visible":             "keyword[]",
	"trailwire.visibility.not_visible":         "keyword[]",
	"trailwire.severity":                       "keyword",
	"trailwire.actor.arn":                      "keyword",
	"trailwire.actor.type":                     "keyword",
	"trailwire.actor.name":                     "keyword",
	"trailwire.actor.account":                  "keyword",
	"trailwire.actor.access_key_id":            "keyword",
	"trailwire.actor.session_issuer_arn":       "keyword",
	"trailwire.actor.id":                       "keyword",
	"trailwire.actor.identity_provider":        "keyword",
	"trailwire.actor.on_behalf_of":             "keyword",
	"trailwire.actor.identity_store_arn":       "keyword",
	"trailwire.actor.invoked_by":               "keyword",
	"trailwire.session.mfa_authenticated":      "boolean",
	"trailwire.session.created_at":             "date",
	"trailwire.raised_at":                      "date",
	"trailwire.guide.false_positives":          "keyword[]",
	"trailwire.guide.investigation":            "keyword",
	"trailwire.resource_arn":                   "keyword",
	"trailwire.grant.function_name":            "keyword",
	"trailwire.grant.function_account":         "keyword",
	"trailwire.grant.region":                   "keyword",
	"trailwire.grant.qualifier":                "keyword",
	"trailwire.grant.statement_id":             "keyword",
	"trailwire.grant.action":                   "keyword",
	"trailwire.grant.covers_invoke":            "boolean",
	"trailwire.grant.principal":                "keyword",
	"trailwire.grant.principal_type":           "keyword",
	"trailwire.grant.principal_account":        "keyword",
	"trailwire.grant.relation":                 "keyword",
	"trailwire.grant.source_account":           "keyword",
	"trailwire.grant.source_arn":               "keyword",
	"trailwire.grant.org_id":                   "keyword",
	"trailwire.grant.function_url_auth_type":   "keyword",
	"trailwire.grant.invoked_via_function_url": "boolean",
	"trailwire.grant.evasion":                  "keyword[]",
	"trailwire.grant.resource":                 "keyword",
	"trailwire.grant.resource_type":            "keyword",
	"trailwire.grant.kind":                     "keyword",
	"trailwire.grant.service":                  "keyword",
	"trailwire.grant.account":                  "keyword",
	"trailwire.grant.binding":                  "keyword",
	"trailwire.grant.not_principal":            "boolean",
	"trailwire.grant.principal_name":           "keyword",
	"trailwire.grant.accounts":                 "keyword[]",
	"trailwire.grant.accounts_rest":            "long",
	"trailwire.grant.organizations":            "keyword[]",
	"trailwire.grant.organizations_rest":       "long",
	"trailwire.grant.actions":                  "keyword[]",
	"trailwire.grant.actions_rest":             "long",
	"trailwire.grant.not_action":               "boolean",
	"trailwire.grant.action_classes":           "keyword[]",
	"trailwire.grant.conditions":               "keyword[]",
	"trailwire.grant.conditions_rest":          "long",
	"trailwire.grant.bound_by":                 "keyword",
	"trailwire.grant.deny_beside":              "boolean",
	"trailwire.grant.reason":                   "keyword",
	"trailwire.grants_rest":                    "long",
	"trailwire.inspect":                        "keyword",
	"trailwire.respond":                        "keyword",
	"trailwire.dedup_key":                      "keyword",
	"trailwire.coverage":                       "keyword",
	"trailwire.suppressed":                     "keyword",
	"trailwire.references":                     "keyword[]",
	"trailwire.original":                       "keyword",
}

// leaves are the values of a document by dotted path, as Elasticsearch indexes
// them: nested and dotted keys alike.
func leaves(record any) map[string][]any {
	all := make(map[string][]any)
	var walk func(path string, value any)
	walk = func(path string, value any) {
		o, isObject := value.(object)
		if !isObject {
			all[path] = append(all[path], value)
			return
		}
		for key, inner := range o {
			if path != "" {
				key = path + "." + key
			}
			walk(key, inner)
		}
	}
	walk("", record)
	return all
}

// fits reports whether a JSON value may be in a field of a type.
func fits(value any, kind string) bool {
	kind, isList := strings.CutSuffix(kind, "[]")
	if isList {
		list, ok := value.([]any)
		return ok && len(list) > 0 && !slices.ContainsFunc(list, func(one any) bool { return !fits(one, kind) })
	}
	text, isText := value.(string)
	switch kind {
	case "keyword", "match_only_text":
		return isText
	case "ip":
		_, err := netip.ParseAddr(text)
		return isText && err == nil
	case "date":
		_, err := time.Parse(time.RFC3339, text)
		return isText && err == nil
	case "boolean":
		_, ok := value.(bool)
		return ok
	case "long":
		n, ok := value.(json.Number)
		_, err := n.Int64()
		return ok && err == nil
	case "float":
		n, ok := value.(json.Number)
		_, err := n.Float64()
		return ok && err == nil
	}
	return false
}

// nativeKey is a key that no record in testdata has.
const nativeKey = "native_alert"

// in is a run of testdata with the alerts in another format.
type in struct {
	*run
	format string
}

// Property implements [property.Source].
func (r in) Property(name string) (value string, set bool) {
	switch name {
	case "alert_format":
		return r.format, true
	case "alert_key":
		return nativeKey, r.format == "native"
	}
	return r.run.Property(name)
}

// engineIn returns an engine for the run with another format.
func engineIn(t *testing.T, r *run, format string) *detect.Engine {
	t.Helper()
	settings, err := property.Read(in{r, format})
	if err != nil {
		t.Fatal(err)
	}
	settings.Options.Clock, settings.Options.Collector, settings.Options.AlertGuide = standing, "collector-7", true
	engine, err := detect.New(settings.Options)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// eachAlertIn evaluates all of testdata, and calls f with the input of every
// record that gets an alert in the format, and with what it becomes.
func eachAlertIn(t *testing.T, format string, f func(t *testing.T, before object, after detect.Output)) {
	t.Helper()
	seen := 0
	for _, s := range readSamples(t) {
		for i := range s.verdict.Runs {
			r := &s.verdict.Runs[i]
			t.Run(s.path+" "+r.String(), func(t *testing.T) {
				tagged := evaluate(engineIn(t, r, format), s.records)
				native := evaluate(engineIn(t, r, "native"), s.records)
				for j, o := range tagged.outputs() {
					if len(o.Alerts) == 0 {
						continue
					}
					seen++
					before := decode(t, native.outputs()[j].Body)
					for _, key := range []string{nativeKey, nativeKey + "s"} {
						delete(before, key)
					}
					f(t, before, o)
				}
				checkSecondPass(t, engineIn(t, r, format), evaluate(engineIn(t, r, format), s.records))
				if len(tagged.outputs()) != len(native.outputs()) {
					t.Errorf("%d records come out, want %d", len(tagged.outputs()), len(native.outputs()))
				}
			})
		}
	}
	if seen == 0 {
		t.Error("testdata raises no alert at all")
	}
}

func TestECSFieldsHaveTheTypesOfTheSchema(t *testing.T) {
	eachAlertIn(t, "ecs", func(t *testing.T, before object, after detect.Output) {
		was, is := leaves(before), leaves(decode(t, after.Body))
		for path, values := range is {
			if reflect.DeepEqual(was[path], values) {
				continue
			}
			kind, known := ecsTypes[path]
			if !known {
				kind, known = extensionTypes[path]
			}
			switch {
			case path == "trailwire.alerts", path == "trailwire.grants", path == "trailwire.related", path == "trailwire.closing.uses":
			case !known:
				t.Errorf("%s is not a field that an alert may fill: %v", path, values)
			case len(values) != 1:
				t.Errorf("%s is in the document %d times: %v", path, len(values), values)
			case !fits(values[0], kind):
				t.Errorf("%s is %v, which is no %s", path, values[0], kind)
			}
		}
		for _, path := range []string{"event.kind", "event.severity", "event.risk_score", "event.reason", "rule.id", "rule.name", "message", "trailwire.severity", "trailwire.dedup_key"} {
			if is[path] == nil {
				t.Errorf("%s is missing", path)
			}
		}
	})
}

func TestECSKeepsWhatTheRecordSaid(t *testing.T) {
	eachAlertIn(t, "ecs", func(t *testing.T, before object, after detect.Output) {
		is := leaves(decode(t, after.Body))
		original := object{}
		if text, ok := is["trailwire.original"]; ok {
			if err := json.Unmarshal([]byte(text[0].(string)), &original); err != nil {
				t.Fatal(err)
			}
		}
		for path, values := range leaves(before) {
			if path == "tags" {
				continue
			}
			if _, moved := original[path]; !moved && !reflect.DeepEqual(is[path], values) && !movedWithParent(original, path) {
				t.Errorf("%s was %v and is %v", path, values, is[path])
			}
		}
	})
}

func movedWithParent(original object, path string) bool {
	for parent := range original {
		if strings.HasPrefix(path, parent+".") {
			return true
		}
	}
	return false
}

// inFormat evaluates one record and returns what it becomes, decoded.
func inFormat(t *testing.T, format alert.Format, record any, changes ...func(*detect.Options)) object {
	t.Helper()
	engine := newEngine(t, func(o *detect.Options) {
		o.AlertFormat = format
		for _, change := range changes {
			change(o)
		}
	})
	outputs := engine.ThoroughEvaluator().Record(pack(t, record), time.Time{})
	if len(outputs) != 1 {
		t.Fatalf("%d outputs, want 1", len(outputs))
	}
	return unpack(t, outputs[0].Body)
}

// elastic is an ECS document of Elastic's, in the spelling that is asked for.
func elastic(dotted bool, more object) object {
	flat := object{
		"data_stream.dataset": "aws.cloudtrail", "event.provider": "lambda.amazonaws.com",
		"event.action": "AddPermission20150331v2", "event.outcome": "success", "event.kind": "event",
		"event.id": "e1", "cloud.account.id": "111122223333", "cloud.region": "eu-west-1",
		"aws.cloudtrail.request_parameters": "{functionName=f, statementId=s, action=lambda:InvokeFunction, principal=444455556666}",
	}
	if dotted {
		maps.Copy(flat, more)
		return flat
	}
	nested := object{}
	for path, value := range flat {
		at, names := nested, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			if at[name] == nil {
				at[name] = object{}
			}
			at = at[name].(object)
		}
		at[names[len(names)-1]] = value
	}
	maps.Copy(nested, more)
	return nested
}

func TestAlertAsECS(t *testing.T) {
	const verdict = `{
	  "rule": {"id": "8f985da6-66e8-4838-a63e-21636eb9adc5", "uuid": "8f985da6-66e8-4838-a63e-21636eb9adc5",
	    "name": "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation", "version": "1",
	    "license": "Elastic License v2", "author": ["Elastic"], "ruleset": "trailwire",
	    "reference": "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"},
	  "threat": {"framework": "MITRE ATT&CK",
	    "tactic": {"id": ["TA0003", "TA0005"], "name": ["Persistence", "Defense Evasion"],
	      "reference": ["https://attack.mitre.org/tactics/TA0003/", "https://attack.mitre.org/tactics/TA0005/"]},
	    "technique": {"id": ["T1546", "T1578"], "name": ["Event Triggered Execution", "Modify Cloud Compute Infrastructure"],
	      "reference": ["https://attack.mitre.org/techniques/T1546/", "https://attack.mitre.org/techniques/T1578/"],
	      "subtechnique": {"id": ["T1578.005"], "name": ["Modify Cloud Compute Configurations"],
	        "reference": ["https://attack.mitre.org/techniques/T1578/005/"]}}},
	  "tags": ["Domain: Cloud", "Data Source: AWS", "Data Source: Amazon Web Services", "Data Source: AWS Lambda",
	    "Use Case: Threat Detection", "Tactic: Persistence", "Tactic: Defense Evasion", "Resources: Investigation Guide"]}`
	const reason = "111122223333 let account 444455556666 invoke Lambda function "
	for _, test := range []struct {
		name   string
		record object
		want   string // but for the verdict above
	}{
		{"an event in CloudTrail's words gains the fields of ECS", crossAccountGrant(nil), `{
			"event": {"kind": "alert", "severity": 73, "risk_score": 73, "reason": "` + reason + `billing-export",
			  "id": "5d0ff5a1-0000-4000-8000-000000000001", "action": "AddPermission20150331v2",
			  "provider": "lambda.amazonaws.com", "outcome": "success", "start": "2026-06-18T10:00:00Z",
			  "created": "2026-06-18T10:04:03.141Z", "type": ["info"], "module": "aws", "dataset": "aws.cloudtrail",
			  "url": "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/5d0ff5a1-0000-4000-8000-000000000001"},
			"observer": {"hostname": "collector-7"},
			"message": "` + reason + `billing-export",
			"source": {"ip": "198.51.100.7", "address": "198.51.100.7"}, "user_agent": {"original": "aws-cli/2.17.60"},
			"cloud": {"provider": "aws", "region": "eu-west-1", "account": {"id": "111122223333"}, "service": {"name": "lambda"}},
			"related": {"ip": ["198.51.100.7"]},
			"ecs": {"version": "8.11.0"},
			"trailwire": {"severity": "high", "raised_at": "2026-06-18T10:04:03.141Z",
			  "resource_arn": "arn:aws:lambda:eu-west-1:111122223333:function:billing-export",
			  "actor": {"arn": "arn:aws:iam::111122223333:user/alice", "type": "IAMUser", "account": "111122223333"},
			  "grant": {"function_name": "billing-export", "function_account": "111122223333", "region": "eu-west-1",
			    "statement_id": "partner", "action": "lambda:InvokeFunction", "covers_invoke": true,
			    "principal": "444455556666", "principal_type": "account", "principal_account": "444455556666",
			    "relation": "cross_account"},
			  "respond": "aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --region eu-west-1",
			  "dedup_key": "8f985da6-66e8-4838-a63e-21636eb9adc5:5d0ff5a1-0000-4000-8000-000000000001:7988126360feb00c",
			  "references": ["https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
			    "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"]}}`},
		{"an ECS document is merged into", elastic(false, nil), `{
			"event": {"kind": "alert", "severity": 73, "risk_score": 73, "reason": "` + reason + `f",
			  "id": "e1", "action": "AddPermission20150331v2", "provider": "lambda.amazonaws.com", "outcome": "success"},
			"message": "` + reason + `f", "observer": {"hostname": "collector-7"},
			"trailwire": {"severity": "high", "actor": {"account": "111122223333"}, "raised_at": "2026-06-18T10:04:03.141Z",
			  "resource_arn": "arn:aws:lambda:eu-west-1:111122223333:function:f",
			  "grant": {"function_name": "f", "function_account": "111122223333", "region": "eu-west-1",
			    "statement_id": "s", "action": "lambda:InvokeFunction", "covers_invoke": true,
			    "principal": "444455556666", "principal_type": "account", "principal_account": "444455556666",
			    "relation": "cross_account"},
			  "respond": "aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:f --statement-id s --region eu-west-1",
			  "dedup_key": "8f985da6-66e8-4838-a63e-21636eb9adc5:e1:f9231220d9508532",
			  "references": ["https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
			    "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"],
			  "original": "{\"event.kind\":\"event\"}"}}`},
		{"in one with dotted keys ours are nested", elastic(true, nil), `{
			"event": {"kind": "alert", "severity": 73, "risk_score": 73, "reason": "` + reason + `f"},
			"message": "` + reason + `f", "observer": {"hostname": "collector-7"},
			"trailwire": {"severity": "high", "actor": {"account": "111122223333"}, "raised_at": "2026-06-18T10:04:03.141Z",
			  "resource_arn": "arn:aws:lambda:eu-west-1:111122223333:function:f",
			  "grant": {"function_name": "f", "function_account": "111122223333", "region": "eu-west-1",
			    "statement_id": "s", "action": "lambda:InvokeFunction", "covers_invoke": true,
			    "principal": "444455556666", "principal_type": "account", "principal_account": "444455556666",
			    "relation": "cross_account"},
			  "respond": "aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:f --statement-id s --region eu-west-1",
			  "dedup_key": "8f985da6-66e8-4838-a63e-21636eb9adc5:e1:f9231220d9508532",
			  "references": ["https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
			    "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"],
			  "original": "{\"event.kind\":\"event\"}"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := inFormat(t, alert.FormatECS, test.record, atCollector)
			if text, _ := got["rule"].(object)["description"].(string); !strings.HasPrefix(text, "Somebody added a statement") {
				t.Errorf("rule.description is %q", text)
			}
			delete(got["rule"].(object), "description")
			want := object{}
			for _, text := range []string{verdict, test.want} {
				if err := json.Unmarshal([]byte(text), &want); err != nil {
					t.Fatal(err)
				}
			}
			for key, value := range test.record {
				if _, ours := want[key]; !ours && key != "event.kind" {
					want[key] = value
				}
			}
			for _, key := range slices.Sorted(maps.Keys(want)) {
				if !equalJSON(t, got[key], want[key]) {
					t.Errorf("%s is\n%v\nwant\n%v", key, got[key], want[key])
				}
				delete(got, key)
			}
			if len(got) > 0 {
				t.Errorf("the record has more: %v", got)
			}
		})
	}
}

func TestWhatWouldPassForAVerdictInECSIsMovedAside(t *testing.T) {
	for _, test := range []struct {
		name     string
		record   object
		original string
	}{
		{"nothing there", crossAccountGrant(nil), ``},
		{"a kind of its own", elastic(false, nil), `{"event.kind":"event"}`},
		{"a dotted one", elastic(true, nil), `{"event.kind":"event"}`},
		{"a rule", crossAccountGrant(object{"rule": object{"name": "harmless", "category": "noise"}}),
			`{"rule":{"category":"noise","name":"harmless"}}`},
		{"a dotted part of a rule", crossAccountGrant(object{"rule.category": "noise"}), `{"rule.category":"noise"}`},
		{"a threat that is a text", crossAccountGrant(object{"threat": "none"}), `{"threat":"none"}`},
		{"a severity of another type", crossAccountGrant(object{"event": object{"severity": "low", "module": "x"}}),
			`{"event.module":"x","event.severity":"low"}`},
		{"a set of fields that is a text", crossAccountGrant(object{"event": "x"}), `{"event":"x"}`},
		{"a set of fields that is a list", crossAccountGrant(object{"event": []any{object{"kind": "event"}}}),
			`{"event":[{"kind":"event"}]}`},
		{"the source of EventBridge", crossAccountGrant(object{"source": "aws.lambda"}), `{"source":"aws.lambda"}`},
		{"an address that a sender claims", crossAccountGrant(object{"source": object{"ip": "192.0.2.1", "port": 1}}),
			`{"source.ip":"192.0.2.1"}`},
		{"a half dotted one", crossAccountGrant(object{"cloud.account": object{"id": "999999999999", "name": "prod"}}),
			`{"cloud.account.id":"999999999999"}`},
		{"our own extension", crossAccountGrant(object{"trailwire": object{"suppressed": "duplicate"}}),
			`{"trailwire":{"suppressed":"duplicate"}}`},
		{"a dotted part of it", crossAccountGrant(object{"trailwire.suppressed": "duplicate"}),
			`{"trailwire.suppressed":"duplicate"}`},
		{"tags that are not a list", crossAccountGrant(object{"tags": object{"a": 1}}), `{"tags":{"a":1}}`},
		{"tags are merged", crossAccountGrant(object{"tags": []any{"mine", "mine", "Domain: Cloud"}}), ``},
		{"a tag is", crossAccountGrant(object{"tags": "mine"}), ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := inFormat(t, alert.FormatECS, test.record)
			original, _ := got["trailwire"].(object)["original"].(string)
			if original != test.original {
				t.Errorf("trailwire.original is %s, want %s", original, test.original)
			}
			for path, values := range leaves(got) {
				kind, known := ecsTypes[path]
				if known && (len(values) != 1 || !fits(numbered(t, values[0]), kind)) {
					t.Errorf("%s is %v, which is not one %s", path, values, kind)
				}
			}
			if got["event"].(object)["kind"] != "alert" {
				t.Errorf("event.kind is %v", got["event"])
			}
		})
	}
}

// numbered decodes a value again, with numbers as they are in JSON.
func numbered(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(object{"value": value})
	if err != nil {
		t.Fatal(err)
	}
	packed, err := document.AppendFromJSON(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, packed)["value"]
}

func TestTagsInECSAreTheRecordsAndTheRules(t *testing.T) {
	got := inFormat(t, alert.FormatECS, crossAccountGrant(object{"tags": []any{"mine", "Domain: Cloud"}}))
	want := []any{"mine", "Domain: Cloud", "Data Source: AWS", "Data Source: Amazon Web Services", "Data Source: AWS Lambda",
		"Use Case: Threat Detection", "Tactic: Persistence", "Tactic: Defense Evasion", "Resources: Investigation Guide"}
	if !reflect.DeepEqual(got["tags"], want) {
		t.Errorf("tags are %v, want %v", got["tags"], want)
	}
}

func TestMessageOfARecordStaysInECS(t *testing.T) {
	// The event itself may be in it.
	got := inFormat(t, alert.FormatECS, crossAccountGrant(object{"message": "from the sender"}))
	if got["message"] != "from the sender" {
		t.Errorf("message is %v", got["message"])
	}
	if got["event"].(object)["reason"] != "111122223333 let account 444455556666 invoke Lambda function billing-export" {
		t.Errorf("event.reason is %v", got["event"])
	}
}

func TestRecordOnItsWayToElasticsPipelineIsNotFilledInForIt(t *testing.T) {
	event, err := json.Marshal(crossAccountGrant(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		record object
	}{
		{"a data stream", object{"data_stream": object{"dataset": "aws.cloudtrail"}}},
		{"a data stream by a dotted key", object{"data_stream.dataset": "aws.cloudtrail"}},
		{"a data set alone", object{"event.dataset": "aws.cloudtrail"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.record["message"] = string(event)
			got := inFormat(t, alert.FormatECS, test.record)
			want := object{"kind": "alert", "severity": 73, "risk_score": 73,
				"url":    "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/5d0ff5a1-0000-4000-8000-000000000001",
				"reason": "111122223333 let account 444455556666 invoke Lambda function billing-export"}
			if !equalJSON(t, got["event"], want) {
				t.Errorf("event is %v, want the verdict alone", got["event"])
			}
			if got["source"] != nil || got["cloud"] != nil {
				t.Errorf("the pipeline's fields are filled: %v", got)
			}
		})
	}
}

func TestARecordWithTheEventInAWrappingIsFoundAgain(t *testing.T) {
	event, err := json.Marshal(crossAccountGrant(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, record := range map[string]object{
		"JSON text":   {"log": string(event)},
		"EventBridge": {"detail-type": "AWS API Call via CloudTrail", "source": "aws.lambda", "detail": crossAccountGrant(nil)},
	} {
		first := newEngine(t, func(o *detect.Options) { o.AlertFormat = alert.FormatECS }).ThoroughEvaluator().Record(pack(t, record), time.Time{})
		if len(first) != 1 {
			t.Fatalf("%s: %d records", name, len(first))
		}
		tagged := bytes.Clone(first[0].Body)
		for _, path := range []string{"event.dataset", "event.module"} {
			if _, there := document.Path(tagged, path); there {
				t.Errorf("%s: the record has %s", name, path)
			}
		}
		// Another filter, with other rules, still reads the event and not what we say of it.
		other := ruleWith(t, `any where aws.cloudtrail.flattened.request_parameters.statementId == "partner"`)
		again := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{other} }).ThoroughEvaluator().Record(tagged, time.Time{})
		if len(again) != 1 || len(again[0].Alerts) != 1 {
			t.Errorf("%s: another rule does not find the event any more", name)
		}
	}
}

func TestECSHasTheAccountThatItHappenedInAndWhatIsLookedForFirst(t *testing.T) {
	got := inFormat(t, alert.FormatECS, crossAccountGrant(object{
		"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "recipientAccountId": "111122223333", "sourceIPAddress": "cloudformation.amazonaws.com",
		"userIdentity":      object{"type": "IAMUser", "userName": "mallory", "principalId": "AIDAEXAMPLE", "accountId": "999988887777"},
		"requestParameters": object{"userName": "bob"},
	}), func(o *detect.Options) { o.Rules = []*rule.Rule{ruleWith(t, `any where event.action == "CreateUser"`)} })
	for path, want := range map[string]any{
		"event.category":            []any{"iam"},
		"event.type":                []any{"user", "creation"},
		"related.user":              []any{"mallory", "bob", "AIDAEXAMPLE"},
		"related.hosts":             []any{"cloudformation.amazonaws.com"},
		"related.ip":                nil,
		"cloud.account.id":          "111122223333",
		"cloud.service.name":        "iam",
		"trailwire.actor.account":   "999988887777",
		"event.created":             nil, // a scan does not say when it was
		"observer":                  nil,
		"trailwire.session":         nil,
		"trailwire.raised_at":       nil,
		"trailwire.resource_arn":    nil,
		"event.module":              "aws",
		"event.dataset":             "aws.cloudtrail",
		"data_stream":               nil,
		"trailwire.actor.type":      "IAMUser",
		"trailwire.alerts":          nil,
		"trailwire.guide":           nil,
		"trailwire.session.created": nil,
	} {
		if have := valueAt(got, strings.Split(path, ".")...); !equalJSON(t, have, want) {
			t.Errorf("%s is %v, want %v", path, have, want)
		}
	}
}

func TestEverySeverityHasANumberInECS(t *testing.T) {
	for word, want := range map[string]float64{"low": 21, "medium": 47, "high": 73, "critical": 99} {
		got := inFormat(t, alert.FormatECS, crossAccountGrant(nil), func(o *detect.Options) { o.Rules = []*rule.Rule{ruleOf(t, word)} })
		if have := got["event"].(object)["severity"]; have != want {
			t.Errorf("event.severity of %s is %v, want %v", word, have, want)
		}
		if have := got["trailwire"].(object)["severity"]; have != word {
			t.Errorf("trailwire.severity of %s is %v", word, have)
		}
	}
}

// ruleOf returns a rule of a severity.
func ruleOf(t testing.TB, severity string) *rule.Rule {
	t.Helper()
	r := *ruleWith(t, `any where event.provider == "lambda.amazonaws.com"`)
	r.Severity = severity
	return &r
}

func TestSeveralAlertsInECS(t *testing.T) {
	several := func(o *detect.Options) {
		o.Rules = append([]*rule.Rule{ruleWith(t, `any where event.provider == "lambda.amazonaws.com"`)}, o.Rules...)
	}
	got := inFormat(t, alert.FormatECS, crossAccountGrant(nil), several)
	if id := got["rule"].(object)["id"]; id != rule.CrossAccountID {
		t.Errorf("rule.id is %v, want the rule with the highest risk score", id)
	}
	list := got["trailwire"].(object)["alerts"].([]any)
	if len(list) != 2 || list[0].(object)["risk_score"] != 73.0 || list[1].(object)["risk_score"] != 21.0 {
		t.Errorf("trailwire.alerts lists %v", list)
	}
	engine := newEngine(t, func(o *detect.Options) { o.AlertFormat = alert.FormatECS; several(o) })
	v := engine.ThoroughEvaluator()
	first := bytes.Clone(v.Record(pack(t, crossAccountGrant(nil)), time.Time{})[0].Body)
	if again := v.Record(first, time.Time{}); again != nil {
		t.Errorf("the second pass changed the record: %v", unpack(t, again[0].Body))
	}
}

func TestForgedVerdictInECSDoesNotStand(t *testing.T) {
	// The sender knows what we would write, byte for byte, but for a detail.
	verdict := func(record []byte) []detect.Output {
		return newEngine(t, func(o *detect.Options) { atCollector(o); o.AlertFormat = alert.FormatECS }).ThoroughEvaluator().Record(record, time.Time{})
	}
	written := verdict(pack(t, crossAccountGrant(nil)))[0].Body
	text, err := document.AppendJSON(nil, written)
	if err != nil {
		t.Fatal(err)
	}
	if verdict(pack(t, string(text))) != nil {
		t.Fatal("what is written is not taken for what it is")
	}
	for _, test := range []struct{ name, was, is string }{
		{"a suppression", `"dedup_key":`, `"suppressed":"duplicate","dedup_key":`},
		{"a time that is none", `"raised_at":"`, `"raised_at":"soon `},
		{"a host that is a number", `"hostname":"collector-7"`, `"hostname":7`},
		{"a link to somewhere else", `console.aws.amazon.com`, `console.aws.example`},
		{"another action beside the verdict", `"action":"AddPermission20150331v2"`, `"action":"ListFunctions"`},
		{"a lower severity", `"trailwire":{"severity":"high"`, `"trailwire":{"severity":"low"`},
		{"a field more", `"rule":{`, `"rule":{"category":"noise",`},
		{"a field less", `"severity":73,`, ``},
		{"a second spelling", `"event":{`, `"event.kind":"event","event":{`},
		{"a second spelling of the same", `"event":{`, `"event.kind":"alert","event":{`},
		{"one of ours in a second spelling", `"event":{"kind":"alert",`, `"event.kind":"alert","event":{`},
		{"a second spelling after ours", `"message":`, `"event.kind":"event","message":`},
	} {
		t.Run(test.name, func(t *testing.T) {
			forged := strings.Replace(string(text), test.was, test.is, 1)
			if forged == string(text) {
				t.Fatalf("there is no %s in %s", test.was, text)
			}
			outputs := verdict(pack(t, forged))
			if len(outputs) != 1 {
				t.Fatal("the forged verdict stands")
			}
			got, want := unpack(t, outputs[0].Body), unpack(t, written)
			delete(got["trailwire"].(object), "original")
			if !equalJSON(t, got, want) {
				t.Errorf("the record is\n%v\nwant\n%v", got, want)
			}
		})
	}
}

func TestSuppressedAndExtendedInECS(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) { o.AlertFormat, o.Coverage = alert.FormatECS, alert.CoverExtended })
	v := engine.ThoroughEvaluator()
	event := pack(t, crossAccountGrant(object{"requestParameters.action": "lambda:*"}))
	for _, want := range []any{nil, "duplicate"} {
		outputs := v.Record(event, time.Time{})
		if len(outputs) != 1 {
			t.Fatalf("%d outputs, want 1", len(outputs))
		}
		extension := unpack(t, outputs[0].Body)["trailwire"].(object)
		if extension["coverage"] != "extended" || extension["suppressed"] != want {
			t.Errorf("coverage is %v and suppressed %v, want extended and %v", extension["coverage"], extension["suppressed"], want)
		}
	}
}
