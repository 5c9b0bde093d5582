package conformance

import (
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// Elastic's AWS rules are not ours to copy. These tests read them from a
// checkout of elastic/detection-rules that the variable names, and are skipped
// without one. The events and the verdicts in testdata/aws-rules are ours: a
// file for each rule, called by its rule_id.
const checkoutVariable = "TRAILWIRE_DETECTION_RULES"

// elasticRules returns the rules of the checkout that are evaluated, of all types, by id.
func elasticRules(t testing.TB) map[string]*rule.Rule {
	t.Helper()
	checkout := os.Getenv(checkoutVariable)
	if checkout == "" {
		t.Skip("SKIPPED: set " + checkoutVariable + " to a checkout of github.com/elastic/detection-rules to test with its AWS rules")
	}
	all, _, err := rule.Load([]string{"-builtin", filepath.Join(checkout, "rules/integrations/aws/*.toml")}, rule.SkipUnsupported)
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[string]*rule.Rule)
	for _, r := range all {
		byID[r.ID] = r
	}
	for _, r := range all {
		for _, w := range r.Warnings() {
			t.Errorf("a rule that its authors run is warned of: %v", w)
		}
	}
	return byID
}

// elasticRows has events of rules as differences. Both it and testdata/aws-rules can have some of a rule.
const elasticRows = "testdata/elastic-rules.yaml"

// awsRuleTests returns our tests by rule_id.
func awsRuleTests(t testing.TB) map[string][]ruleCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/aws-rules/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests of rules: %v", err)
	}
	byID := make(map[string][]ruleCase)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tests, err := rule.ParseTests(path, text)
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimSuffix(filepath.Base(path), ".json")
		for _, test := range tests {
			byID[id] = append(byID[id], ruleCase{Test: test})
		}
	}
	for id, cases := range readRuleRows(t, elasticRows, byID) {
		byID[id] = append(byID[id], cases...)
	}
	return byID
}

func TestEveryAWSRuleHasAMatchAndANearMiss(t *testing.T) {
	for id, tests := range awsRuleTests(t) {
		said := make(map[string]bool)
		verdicts := make(map[bool]int)
		for _, test := range tests {
			verdicts[test.Expected]++
			if test.Why == "" || said[test.Why] {
				t.Errorf("%s:%d does not say what it shows, or says the same as another", id, test.Line)
			}
			said[test.Why] = true
		}
		if verdicts[true] == 0 || verdicts[false] == 0 {
			t.Errorf("%s has %d matches and %d near misses: it needs one of each", id, verdicts[true], verdicts[false])
		}
	}
}

// needed is what rules of the checkout ask for that this program does not have.
var needed = []string{
	"it asks for the anomalies of a machine learning job",
	"its query needs the command stats, which aggregates events",
	"its query needs the command dissect, which takes text apart",
	"its query needs the command grok, which takes text apart",
}

func TestEveryRuleOfElasticsForAWSLoadsUnmodifiedAndHasEvents(t *testing.T) {
	byID, tests := elasticRules(t), awsRuleTests(t)
	paths, err := filepath.Glob(filepath.Join(os.Getenv(checkoutVariable), "rules/integrations/aws/*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	loaded := make(map[string]int)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := rule.Parse(path, text)
		if err != nil {
			var refused *rule.Error
			if !errors.As(err, &refused) || !slices.Contains(needed, refused.Kind) {
				t.Error(err)
			}
			continue
		}
		loaded[r.Type()]++
		if byID[r.ID] == nil {
			t.Errorf("%s is not among the rules that were loaded", path)
		}
		if tests[r.ID] == nil {
			t.Errorf("%s (%s) has no events: %s has no row %s", filepath.Base(path), r.Name, elasticRows, r.ID)
		}
	}
	t.Logf("loaded, by type: %v", loaded)
	for kind, want := range map[string]int{"eql": 27, "query": 85, "new_terms": 49, "threshold": 5, "esql": 4} {
		if loaded[kind] < want {
			t.Errorf("%d rules of the type %s were loaded, want %d at least", loaded[kind], kind, want)
		}
	}
	for id := range tests {
		if byID[id] == nil {
			t.Errorf("there are events of the rule %s, which is not there", id)
		}
	}
}

func TestElasticsAWSRulesGiveTheVerdictOnEveryEventInEveryForm(t *testing.T) {
	byID := elasticRules(t)
	for id, tests := range awsRuleTests(t) {
		r := byID[id]
		if r == nil {
			continue // another test says so
		}
		for _, test := range tests {
			t.Run(r.Name+"/"+test.Why, func(t *testing.T) { checkInEveryForm(t, r, test) })
		}
	}
}

func TestTheBuiltInRuleGivesTheVerdictOnEveryEventInEveryForm(t *testing.T) {
	built, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range awsRuleTests(t)[rule.CrossAccountID] {
		t.Run(test.Why, func(t *testing.T) { checkInEveryForm(t, built[0], test) })
	}
}

// checkInEveryForm tries a rule on an event as AWS writes it and as the
// documents that Elastic makes of it, by itself and in an engine.
func checkInEveryForm(t *testing.T, r *rule.Rule, test ruleCase) {
	engine := newEngine(t, func(o *detect.Options) { o.Rules, o.Databases = []*rule.Rule{r}, placeDatabases(t) })
	forms := make(map[string][]byte)
	if inDocuments(r) {
		nested := test.ecsDocument(t)
		forms["an ECS document"] = pack(t, nested)
		forms["an ECS document, keys dotted"] = pack(t, dotted(nested))
	}
	if test.inRawEvents() {
		forms["the raw event"] = test.Record
		forms["the event as text under a key"] = pack(t, object{"log": string(jsonOf(t, test.Record))})
	}
	for form, record := range forms {
		if matches := tried(t, r, record); matches != test.Expected {
			t.Errorf("%s: matches: %t, want %t", form, matches, test.Expected)
		}
		if strings.HasPrefix(form, "an ECS document") || len(test.document) == 0 { // else a database says it, and Try has none
			if matches, why, err := r.Try(record); err != nil || matches != test.Expected {
				t.Errorf("%s: it is explained as %t, want %t (%v)\n%v", form, matches, test.Expected, err, why)
			}
		}
		if got := decided(engine, record)[r.ID]; got != test.Expected {
			t.Errorf("%s: the engine raises an alert, or waits for more: %t, want %t", form, got, test.Expected)
		}
		if test.Expected && !engine.Suspects(record) {
			t.Errorf("%s: the prefilter holds the event back", form)
		}
	}
}

// decided returns the ids of the rules that an engine takes an event for one of: they raise an
// alert or, if they are about several events, wait for more.
func decided(engine *detect.Engine, record []byte) map[string]bool {
	ids := make(map[string]bool)
	v := engine.ThoroughEvaluator()
	v.Observe(func(_ *cloudtrail.Event, decisions []detect.Decision) {
		for _, d := range decisions {
			if d.Alert != nil || d.Awaits != "" {
				ids[d.Rule.ID] = true
			}
		}
	})
	v.Record(record, time.Time{})
	return ids
}

// inDocuments reports whether ECS documents have all that a rule reads. They have no member of a raw event that
// Elastic's integration does not know.
func inDocuments(r *rule.Rule) bool {
	return !slices.ContainsFunc(r.Fields(), func(f cloudtrail.Field) bool { return f.Name() == "" })
}

func TestAllAWSRulesInOneEngineDecideAsEachAlone(t *testing.T) {
	byID := elasticRules(t)
	rules := slices.Collect(maps.Values(byID))
	engine := newEngine(t, func(o *detect.Options) {
		o.Rules, o.DedupWindow, o.MaxSignals, o.Databases = rules, -1, 1_000_000, placeDatabases(t)
	})
	for _, table := range awsRuleTests(t) {
		for _, test := range table {
			for _, record := range [][]byte{test.Record, pack(t, test.ecsDocument(t))} {
				event := eventIn(t, record)
				want := make(map[string]bool)
				for _, r := range rules {
					if r.Match(event) {
						want[r.ID] = true
					}
				}
				got := decided(engine, record)
				if len(got) != len(want) {
					t.Errorf("%s: %v, want %v", test.Why, got, want)
				}
				for id := range want {
					if !got[id] {
						t.Errorf("%s: nothing of %s", test.Why, byID[id].Name)
					}
				}
			}
		}
	}
}

func TestEveryFieldThatElasticsAWSRulesReadIsInTheMapping(t *testing.T) {
	for _, r := range elasticRules(t) {
		for _, f := range r.Fields() {
			if f.From() == "" && f.Absent() == "" {
				t.Errorf("%s reads %s, which nobody knows", r.Name, f.Name())
			}
		}
	}
}

func TestEveryElasticRuleForAWSHasANeedle(t *testing.T) {
	for _, r := range elasticRules(t) {
		if len(r.Needles()) == 0 {
			t.Errorf("%s makes every chunk suspect", r.Name)
		}
	}
}

// ecsDocument is the document that Elastic makes of the event, with the fields that only it has.
func (c *ruleCase) ecsDocument(t *testing.T) object {
	return merged(ecsDocument(t, c.Record), nestedFields(c.document))
}

// nestedFields spells dotted keys as a nested document.
func nestedFields(flat object) object {
	doc := object{}
	for path, value := range flat {
		putField(doc, path, value)
	}
	return doc
}

func putField(doc object, path string, value any) {
	keys := strings.Split(path, ".")
	for _, k := range keys[:len(keys)-1] {
		if _, ok := doc[k].(object); !ok {
			doc[k] = object{}
		}
		doc = doc[k].(object)
	}
	doc[keys[len(keys)-1]] = value
}

// ecsDocument turns a raw event into the document that Elastic's ingest
// pipeline for aws.cloudtrail would store. It is written from that pipeline's
// description, apart from the mapping that it is there to check, and has what
// the rules read.
func ecsDocument(t *testing.T, record []byte) object {
	t.Helper()
	var raw object
	if err := json.Unmarshal(jsonOf(t, record), &raw); err != nil {
		t.Fatal(err)
	}
	doc := object{}
	put := func(path string, value any) {
		if value == nil || value == "" {
			return
		}
		putField(doc, path, value)
	}
	at := func(keys ...string) any {
		var v any = raw
		for _, k := range keys {
			m, _ := v.(object)
			v = m[k]
		}
		return v
	}
	put("@timestamp", at("eventTime"))
	put("data_stream.dataset", "aws.cloudtrail")
	put("event.dataset", "aws.cloudtrail")
	put("event.provider", at("eventSource"))
	put("event.action", at("eventName"))
	put("event.id", at("eventID"))
	put("event.kind", "event")
	put("event.type", []any{"info"})
	outcome := "success"
	if at("errorCode") != nil || at("errorMessage") != nil {
		outcome = "failure"
	}
	if said, ok := at("responseElements", "ConsoleLogin").(string); ok && at("eventName") == "ConsoleLogin" {
		outcome = strings.ToLower(said)
	}
	put("event.outcome", outcome)
	if row, ok := map[string][]string{
		"ConsoleLogin":           {"authentication", "info"},
		"GetObject":              {"file", "info"},
		"PutObject":              {"file", "change"},
		"AttachRolePolicy":       {"iam", "change"},
		"AttachUserPolicy":       {"iam", "user", "change"},
		"DetachUserPolicy":       {"iam", "user", "change"},
		"AttachGroupPolicy":      {"iam", "group", "change"},
		"DetachGroupPolicy":      {"iam", "group", "change"},
		"CreateVirtualMFADevice": {"iam", "user", "change"},
		"EnableMFADevice":        {"iam", "user", "change"},
		"DeactivateMFADevice":    {"iam", "user", "change"},
	}[at("eventName").(string)]; ok {
		var types []any
		for _, kind := range row[1:] {
			types = append(types, kind)
		}
		put("event.category", []any{row[0]})
		put("event.type", types)
	}
	put("cloud.region", at("awsRegion"))
	put("cloud.account.id", at("userIdentity", "accountId"))
	put("user.id", at("userIdentity", "principalId"))
	put("user.name", at("userIdentity", "userName"))
	if at("userIdentity", "type") == "AssumedRole" {
		put("user.name", at("userIdentity", "sessionContext", "sessionIssuer", "userName"))
	}
	put("source.address", at("sourceIPAddress"))
	if address, ok := at("sourceIPAddress").(string); ok {
		if _, err := netip.ParseAddr(address); err == nil {
			put("source.ip", address)
		}
	}
	put("aws.cloudtrail.error_code", at("errorCode"))
	put("aws.cloudtrail.error_message", at("errorMessage"))
	put("user_agent.original", at("userAgent"))
	put("aws.cloudtrail.user_identity.type", at("userIdentity", "type"))
	put("aws.cloudtrail.user_identity.arn", at("userIdentity", "arn"))
	put("aws.cloudtrail.user_identity.access_key_id", at("userIdentity", "accessKeyId"))
	put("aws.cloudtrail.user_identity.invoked_by", at("userIdentity", "invokedBy"))
	put("aws.cloudtrail.user_identity.session_context.session_issuer.type", at("userIdentity", "sessionContext", "sessionIssuer", "type"))
	put("aws.cloudtrail.user_identity.session_context.session_issuer.arn", at("userIdentity", "sessionContext", "sessionIssuer", "arn"))
	put("user.target.name", at("requestParameters", "userName"))
	put("tls.client.server_name", at("tlsDetails", "clientProvidedHostHeader"))
	if used, ok := at("additionalEventData", "MFAUsed").(string); ok && at("eventName") == "ConsoleLogin" {
		put("aws.cloudtrail.console_login.additional_eventdata.mfa_used", used != "No")
	}
	put("aws.cloudtrail.event_type", at("eventType"))
	put("aws.cloudtrail.flattened.request_parameters", at("requestParameters"))
	put("aws.cloudtrail.flattened.response_elements", at("responseElements"))
	put("aws.cloudtrail.flattened.additional_eventdata", at("additionalEventData"))
	put("aws.cloudtrail.recipient_account_id", at("recipientAccountId"))
	put("aws.cloudtrail.session_credential_from_console", at("sessionCredentialFromConsole"))
	if list, ok := at("resources").([]any); ok {
		var resources []any
		for _, r := range list {
			r := r.(object)
			resources = append(resources, object{"arn": r["ARN"], "type": r["type"], "account_id": r["accountId"]})
		}
		put("aws.cloudtrail.resources", resources)
	}
	for from, to := range map[string]string{"requestParameters": "request_parameters", "responseElements": "response_elements", "additionalEventData": "additional_eventdata"} {
		if value := at(from); value != nil {
			text, some, err := document.AppendJavaText(nil, pack(t, value.(object)))
			if err != nil {
				t.Fatal(err)
			}
			if some {
				put("aws.cloudtrail."+to, string(text))
			}
		}
	}
	return doc
}

// dotted spells a nested document with dotted keys.
func dotted(nested object) object {
	flat := object{}
	var walk func(prefix string, m object)
	walk = func(prefix string, m object) {
		for k, v := range m {
			if inner, ok := v.(object); ok {
				walk(prefix+k+".", inner)
			} else {
				flat[prefix+k] = v
			}
		}
	}
	walk("", nested)
	return flat
}

func jsonOf(t testing.TB, record []byte) []byte {
	t.Helper()
	text, err := document.AppendJSON(nil, record)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
