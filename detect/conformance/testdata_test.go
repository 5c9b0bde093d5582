package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/property"
)

// testdata holds what arrives and, beside each file, the verdict it must get.
// testdata/README.md describes the layout.
const testdata = "../../testdata"

// arrival is the timestamp that every record has in the tests: later than all
// events in testdata.
var arrival = time.Date(2025, time.December, 1, 12, 0, 0, 0, time.UTC)

// verdict is what a file NAME.toml says about NAME.json or NAME.ndjson.
type verdict struct {
	Why  string `toml:"why"`
	Runs []run  `toml:"run"`
}

// run is one evaluation of a file: with which properties, and what comes out.
type run struct {
	Properties map[string]string `toml:"properties"`

	Events  *int     `toml:"events"`
	Records *int     `toml:"records"`
	Alerts  []string `toml:"alerts"`

	// One entry for each alert. Those that a file leaves out are not checked;
	// an empty entry says that the alert has no such field.
	Rule             []string   `toml:"rule"` // its name
	Resource         []string   `toml:"resource"`
	Relation         []string   `toml:"relation"`
	PrincipalType    []string   `toml:"principal_type"`
	PrincipalAccount []string   `toml:"principal_account"`
	Evasion          [][]string `toml:"evasion"`
	Coverage         []string   `toml:"coverage"`
	Suppressed       []string   `toml:"suppressed"`
	Reason           []string   `toml:"reason"`

	// What the engine must have counted, where a file says so.
	Excepted  *uint64 `toml:"excepted"`
	Malformed *uint64 `toml:"malformed"`
	NoEvent   *uint64 `toml:"no_event"`
}

// String names a run after its properties.
func (r *run) String() string {
	if len(r.Properties) == 0 {
		return "with the defaults"
	}
	var set []string
	for name, value := range r.Properties {
		set = append(set, name+" "+value)
	}
	slices.Sort(set)
	return "with " + strings.Join(set, ", ")
}

// Property implements [property.Source].
func (r *run) Property(name string) (value string, set bool) {
	value, set = r.Properties[name]
	return value, set
}

// sample is one file of testdata with its verdict.
type sample struct {
	path    string // below testdata, without the ending
	records [][]byte
	verdict verdict
}

func TestEveryFileInTestdataGetsItsVerdict(t *testing.T) {
	for _, s := range readSamples(t) {
		t.Run(s.path+": "+s.verdict.Why, func(t *testing.T) {
			for i := range s.verdict.Runs {
				r := &s.verdict.Runs[i]
				t.Run(r.String(), func(t *testing.T) { s.check(t, r) })
			}
		})
	}
}

func TestEveryDataFileHasAVerdictAndEveryVerdictItsData(t *testing.T) {
	data, verdicts := make(map[string]string), make(map[string]bool)
	for _, path := range filesIn(t, testdata) {
		name, ending := strings.TrimSuffix(path, filepath.Ext(path)), filepath.Ext(path)
		switch ending {
		case ".toml":
			verdicts[name] = true
		case ".json", ".ndjson":
			if other, ok := data[name]; ok {
				t.Errorf("%s and %s would have one verdict", name+other, path)
			}
			data[name] = ending
		case ".md":
		default:
			t.Errorf("%s is neither data (.json, .ndjson) nor a verdict (.toml)", path)
		}
	}
	for name, ending := range data {
		if !verdicts[name] {
			t.Errorf("%s has no verdict: %s.toml is missing", name+ending, name)
		}
	}
	for name := range verdicts {
		if data[name] == "" {
			t.Errorf("%s.toml is a verdict about nothing: neither %s.json nor %s.ndjson is there", name, name, name)
		}
	}
	if len(data) == 0 {
		t.Error("there is no data at all")
	}
}

func TestEveryAlertHasTheKeysOfTheDesignAndNoOthers(t *testing.T) {
	checked := 0
	for _, s := range readSamples(t) {
		for i := range s.verdict.Runs {
			r := &s.verdict.Runs[i]
			if len(r.Alerts) == 0 {
				continue
			}
			if r.Properties["follow_grants"] == "on" {
				checkStories(t, &s, r)
				continue
			}
			if r.Properties["coverage"] == "all" {
				checkAlertsAboutGrants(t, &s, r)
				continue
			}
			t.Run(s.path+" "+r.String(), func(t *testing.T) {
				engine, options := r.engine(t)
				var alerts []map[string]any
				for _, o := range evaluate(engine, s.records).outputs() {
					alerts = append(alerts, alertsIn(t, o, options.AlertKey)...)
				}
				for i, a := range alerts {
					checkAlert(t, a, r.grants(i))
					checked++
				}
			})
		}
	}
	if checked == 0 {
		t.Error("testdata raises no alert at all")
	}
}

// check evaluates the sample on the thorough and on the fast path.
func (s *sample) check(t *testing.T, r *run) {
	if r.Events == nil || r.Records == nil || r.Alerts == nil {
		t.Fatal("the verdict does not say how many events, records or alerts there are")
	}
	engine, options := r.engine(t)
	thorough := evaluate(engine, s.records)
	stats := engine.Stats()

	if got := stats.Events; got != uint64(*r.Events) {
		t.Errorf("%d CloudTrail events were found, want %d", got, *r.Events)
	}
	if got := len(thorough.flat()); got != *r.Records {
		t.Errorf("%d records come out, want %d", got, *r.Records)
	}
	checkCount(t, "excepted", stats.Excepted, r.Excepted)
	checkCount(t, "malformed", stats.Malformed, r.Malformed)
	checkCount(t, "a mention without an event", stats.NoEvent, r.NoEvent)
	checkEventIDs(t, thorough, r.Alerts)
	r.checkAlerts(t, thorough, options.AlertKey)

	s.checkNothingElseChanged(t, thorough, options)
	s.checkFastPath(t, r, thorough)
	checkSecondPass(t, engine, thorough)
}

// engine builds an engine from the run's properties, the way a plugin does.
func (r *run) engine(t *testing.T) (*detect.Engine, detect.Options) {
	t.Helper()
	for name := range r.Properties {
		if !slices.ContainsFunc(property.Table, func(p property.Property) bool { return p.Name == name }) {
			t.Fatalf("there is no property %q", name)
		}
	}
	settings, err := property.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	settings.Options.Clock, settings.Options.Collector = standing, "collector-7"
	engine, err := detect.New(settings.Options)
	if err != nil {
		t.Fatal(err)
	}
	return engine, settings.Options
}

// evaluation is what became of each record: nil if it was left as it is.
type evaluation []evaluated

type evaluated struct {
	in      []byte
	touched bool
	out     []detect.Output
}

// outputs returns what was written anew, in order.
func (e evaluation) outputs() []detect.Output {
	var all []detect.Output
	for _, one := range e {
		all = append(all, one.out...)
	}
	return all
}

// flat returns the records that come out, in order.
func (e evaluation) flat() [][]byte {
	var all [][]byte
	for _, one := range e {
		all = append(all, one.bodies()...)
	}
	return all
}

func (e *evaluated) bodies() [][]byte {
	if !e.touched {
		return [][]byte{e.in}
	}
	var bodies [][]byte
	for _, o := range e.out {
		bodies = append(bodies, o.Body)
	}
	return bodies
}

// evaluate looks into every record, and keeps copies of what came out.
func evaluate(engine *detect.Engine, records [][]byte) evaluation {
	v := engine.ThoroughEvaluator()
	var all evaluation
	for _, record := range records {
		one := evaluated{in: record}
		in := bytes.Clone(record)
		if outputs := v.Record(in, arrival); outputs != nil {
			one.touched = true
			for _, o := range outputs {
				one.out = append(one.out, detect.Output{Body: bytes.Clone(o.Body), Alerts: slices.Clone(o.Alerts)})
			}
		}
		all = append(all, one)
	}
	return all
}

func checkCount(t *testing.T, what string, got uint64, want *uint64) {
	t.Helper()
	if want != nil && got != *want {
		t.Errorf("%d were counted as %s, want %d", got, what, *want)
	}
}

// checkEventIDs compares what the engine says it alerted on.
func checkEventIDs(t *testing.T, got evaluation, want []string) {
	t.Helper()
	ids := []string{}
	for _, o := range got.outputs() {
		for _, a := range o.Alerts {
			ids = append(ids, a.EventID)
		}
	}
	if !slices.Equal(ids, want) {
		t.Errorf("alerts on the events %q, want %q", ids, want)
	}
}

// checkAlerts compares what is in the records.
func (r *run) checkAlerts(t *testing.T, got evaluation, key string) {
	t.Helper()
	var alerts []map[string]any
	for _, o := range got.outputs() {
		alerts = append(alerts, alertsIn(t, o, key)...)
	}
	var ids []string
	for _, a := range alerts {
		_, id, _ := strings.Cut(textAt(a, "dedup_key"), ":")
		end := max(0, strings.LastIndexByte(id, ':'))
		ids = append(ids, id[:end])
	}
	if len(ids) != len(r.Alerts) {
		t.Errorf("the records carry alerts on the events %q, want %q", ids, r.Alerts)
		return
	}
	for i, want := range r.Alerts {
		if want != "" && ids[i] != want {
			t.Errorf("alert %d has the dedup_key of event %q, want %q", i, ids[i], want)
		}
	}
	for _, c := range []struct {
		name string
		path []string
		want []string
	}{
		{"rule", []string{"rule", "name"}, r.Rule},
		{"resource", []string{"grant", "resource"}, r.Resource},
		{"relation", []string{"grant", "relation"}, r.Relation},
		{"principal_type", []string{"grant", "principal_type"}, r.PrincipalType},
		{"principal_account", []string{"grant", "principal_account"}, r.PrincipalAccount},
		{"coverage", []string{"coverage"}, r.Coverage},
		{"suppressed", []string{"suppressed"}, r.Suppressed},
		{"reason", []string{"reason"}, r.Reason},
	} {
		if c.want == nil {
			continue
		}
		have := []string{}
		for _, a := range alerts {
			have = append(have, textAt(a, c.path...))
		}
		if !slices.Equal(have, c.want) {
			t.Errorf("%s is %q, want %q", c.name, have, c.want)
		}
	}
	if r.Evasion == nil {
		return
	}
	have := [][]string{}
	for _, a := range alerts {
		reasons := []string{}
		list, _ := valueAt(a, "grant", "evasion").([]any)
		for _, reason := range list {
			reasons = append(reasons, fmt.Sprint(reason))
		}
		have = append(have, reasons)
	}
	if !reflect.DeepEqual(have, r.Evasion) {
		t.Errorf("evasion is %q, want %q", have, r.Evasion)
	}
}

// checkNothingElseChanged compares the records with what comes out of an engine
// whose rule matches nothing: there, too, lists of events are split, but nothing
// is tagged. Whatever differs must be the alert.
func (s *sample) checkNothingElseChanged(t *testing.T, got evaluation, options detect.Options) {
	t.Helper()
	never, err := rule.Parse("silent.toml", []byte(`
		[rule]
		rule_id = "00000000-0000-4000-8000-000000000000"
		name = "Matches nothing"
		severity = "low"
		risk_score = 0
type = "eql"
		query = 'any where event.action == "no such action"'
	`))
	if err != nil {
		t.Fatal(err)
	}
	silent := detect.DefaultOptions()
	silent.Rules = []*rule.Rule{never}
	silent.AlertKey, silent.Split, silent.JSONKeys = options.AlertKey, options.Split, options.JSONKeys
	engine, err := detect.New(silent)
	if err != nil {
		t.Fatal(err)
	}
	want := evaluate(engine, s.records)
	for i := range got {
		tagged, untagged := got[i], want[i].bodies()
		switch {
		case !tagged.touched && want[i].touched:
			t.Errorf("record %d is split by one set of rules and not by another", i)
			continue
		case !tagged.touched:
			continue
		case !want[i].touched && len(tagged.out[0].Alerts) == 0:
			t.Errorf("record %d was neither tagged nor split, and yet written anew", i)
		}
		if len(tagged.out) != len(untagged) {
			t.Errorf("record %d becomes %d records where something matches and %d where nothing does", i, len(tagged.out), len(untagged))
			continue
		}
		for j, o := range tagged.out {
			if err := compareWithoutAlert(o, untagged[j], options.AlertKey); err != nil {
				t.Errorf("record %d, output %d: %v", i, j, err)
			}
		}
	}
}

// compareWithoutAlert checks that a record is its input and after that the
// alerts, if an input's key that would pass for an alert has got a suffix.
func compareWithoutAlert(o detect.Output, input []byte, key string) error {
	ours := []string{key, key + "s"}
	gained := ours[:min(len(o.Alerts), 2)]
	in, err := pairsOf(input)
	if err != nil {
		return err
	}
	out, err := pairsOf(o.Body)
	if err != nil {
		return err
	}
	if len(out) != len(in)+len(gained) {
		return fmt.Errorf("has %d keys, want %d of its own and %d for alerts", len(out), len(in), len(gained))
	}
	seen := make(map[string]bool)
	for i, p := range out {
		if seen[p.key] && !repeated(in, p.key) {
			return fmt.Errorf("has the key %q twice", p.key)
		}
		seen[p.key] = true
		if i >= len(in) {
			if want := gained[i-len(in)]; p.key != want {
				return fmt.Errorf("gained the key %q, want %q", p.key, want)
			}
			continue
		}
		if p.key != in[i].key && !isMoved(p.key, in[i].key, ours) {
			return fmt.Errorf("the key %q has become %q", in[i].key, p.key)
		}
		if len(gained) > 0 && slices.Contains(ours, p.key) {
			return fmt.Errorf("kept a key %q that passes for ours", p.key)
		}
		if !bytes.Equal(p.value, in[i].value) {
			return fmt.Errorf("the value of %q has changed", p.key)
		}
	}
	return nil
}

// isMoved reports whether the key name is what one that would pass for an alert,
// or for one that was moved before, has become.
func isMoved(name, was string, ours []string) bool {
	const suffix = "_original"
	return strings.HasPrefix(name, was+suffix) && strings.ReplaceAll(name[len(was):], suffix, "") == "" &&
		slices.Contains(ours, strings.ReplaceAll(was, suffix, ""))
}

type pair struct {
	key   string
	value []byte
}

func pairsOf(m []byte) ([]pair, error) {
	var all []pair
	walk := document.OverMap(m)
	for walk.Next() {
		key, _ := document.Text(walk.Key)
		all = append(all, pair{string(key), walk.Value})
	}
	if walk.Err() == nil && len(walk.Rest()) > 0 {
		return nil, fmt.Errorf("%d bytes too many", len(walk.Rest()))
	}
	return all, walk.Err()
}

func repeated(pairs []pair, key string) bool {
	n := 0
	for _, p := range pairs {
		if p.key == key {
			n++
		}
	}
	return n > 1
}

// checkFastPath sends all records through the filter as one chunk, which must
// give the very bytes that looking into every one of them gives.
func (s *sample) checkFastPath(t *testing.T, r *run, thorough evaluation) {
	t.Helper()
	engine, _ := r.engine(t)
	var whole, want []byte
	for _, record := range s.records {
		whole = chunk.Append(whole, arrival, record)
	}
	for _, record := range thorough.flat() {
		want = chunk.Append(want, arrival, record)
	}
	before := bytes.Clone(whole)
	got, changed := chunk.Filter(nil, whole, engine)
	if !bytes.Equal(whole, before) {
		t.Error("the filter wrote into the chunk it was given")
	}
	if !changed {
		got = whole
	}
	if bytes.Equal(got, want) {
		return
	}
	fast := split(t, got)
	slow := thorough.flat()
	if len(fast) != len(slow) {
		t.Errorf("%d records come out on the fast path and %d on the thorough one", len(fast), len(slow))
	}
	for i := range min(len(fast), len(slow)) {
		if !bytes.Equal(fast[i], slow[i]) {
			t.Errorf("record %d: the fast path gives %s", i, difference(fast[i], slow[i]))
			return
		}
	}
}

// split takes a chunk apart into the bodies of its events.
func split(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var bodies [][]byte
	for len(b) > 0 {
		e, rest, err := chunk.Next(b)
		if err != nil {
			t.Fatalf("event %d of the chunk: %v", len(bodies), err)
		}
		bodies = append(bodies, e.Body)
		b = rest
	}
	return bodies
}

// checkSecondPass gives an engine its own records once more, as rewrite_tag
// does where the filter matches the new tag too: none may change again.
func checkSecondPass(t *testing.T, engine *detect.Engine, first evaluation) {
	t.Helper()
	again := evaluate(engine, first.flat())
	for i := range again {
		if again[i].touched {
			t.Errorf("record %d comes round again and becomes %s", i, difference(again[i].out[0].Body, again[i].in))
			return
		}
	}
}

// alertsIn returns the alerts in an output, as JSON.
func alertsIn(t *testing.T, o detect.Output, key string) []map[string]any {
	t.Helper()
	if len(o.Alerts) == 0 {
		return nil
	}
	record := decode(t, o.Body)
	alert, ok := record[key].(map[string]any)
	if !ok {
		t.Errorf("a record with %d alerts has no map under %q", len(o.Alerts), key)
	}
	if len(o.Alerts) == 1 {
		return []map[string]any{alert}
	}
	var alerts []map[string]any
	list, _ := record[key+"s"].([]any)
	for _, one := range list {
		alert, _ := one.(map[string]any)
		alerts = append(alerts, alert)
	}
	if len(alerts) != len(o.Alerts) || !reflect.DeepEqual(alerts[0], alert) {
		t.Errorf("%q is not a list of the %d alerts that begins with the one under %q", key+"s", len(o.Alerts), key)
	}
	return alerts
}

// decode reads a record as a receiver of an output would: as JSON.
func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	text, err := document.AppendJSON(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.UseNumber()
	if err := reader.Decode(&record); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return record
}

// difference shows two records from where they begin to differ.
func difference(have, want []byte) string {
	a, errA := document.AppendJSON(nil, have)
	b, errB := document.AppendJSON(nil, want)
	if err := errors.Join(errA, errB); err != nil {
		return err.Error()
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	part := func(text []byte) string {
		return string(text[max(0, at-60):min(len(text), at+200)])
	}
	return fmt.Sprintf("…%s…, want …%s…", part(a), part(b))
}

// shape describes the JSON value that must stand somewhere: the name of a type,
// an exact value, a list, or a map of shapes.
type shape any

// optional is a key that may be missing.
type optional struct{ shape }

// textList is a list of texts that are not empty.
type textList struct{}

const (
	aText    = typeName("a text")
	aBoolean = typeName("true or false")
)

type typeName string

// alertShape is section 4 and 5 of the design, for the built-in rule, and what
// the last part of the plan adds: "the alert carries what the analyst needs
// first" (actor, source, event, respond).
var alertShape = map[string]shape{
	"rule": map[string]shape{
		"id":      rule.CrossAccountID,
		"name":    "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation",
		"version": json.Number("1"),
		"license": "Elastic License v2",
	},
	"severity":   "high",
	"risk_score": json.Number("73"),
	"reason":     aText,
	"actor": optional{map[string]shape{
		"arn":                optional{aText},
		"type":               optional{aText},
		"name":               optional{aText},
		"account":            optional{aText},
		"access_key_id":      optional{aText},
		"session_issuer_arn": optional{aText},
		"id":                 optional{aText},
		"identity_provider":  optional{aText},
		"on_behalf_of":       optional{aText},
		"identity_store_arn": optional{aText},
		"invoked_by":         optional{aText},
	}},
	"session": optional{map[string]shape{"mfa_authenticated": optional{aBoolean}, "created_at": optional{aText}}},
	"source": optional{map[string]shape{
		"ip":         optional{aText},
		"address":    optional{aText},
		"user_agent": optional{aText},
	}},
	"event": map[string]shape{
		"id":       optional{aText},
		"time":     optional{aText},
		"action":   aText,
		"provider": aText,
		"outcome":  aText,
		"region":   optional{aText},
		"account":  optional{aText},
		"url":      optional{aText},
	},
	"raised_at":    aText,
	"collector":    "collector-7",
	"resource_arn": optional{aText},
	"respond":      optional{aText},
	"threat": []any{
		map[string]shape{
			"framework": "MITRE ATT&CK",
			"tactic": map[string]shape{
				"id": "TA0003", "name": "Persistence",
				"reference": "https://attack.mitre.org/tactics/TA0003/",
			},
			"technique": []any{
				map[string]shape{
					"id": "T1546", "name": "Event Triggered Execution",
					"reference": "https://attack.mitre.org/techniques/T1546/",
				},
			},
		},
		map[string]shape{
			"framework": "MITRE ATT&CK",
			"tactic": map[string]shape{
				"id": "TA0005", "name": "Defense Evasion",
				"reference": "https://attack.mitre.org/tactics/TA0005/",
			},
			"technique": []any{
				map[string]shape{
					"id": "T1578", "name": "Modify Cloud Compute Infrastructure",
					"reference": "https://attack.mitre.org/techniques/T1578/",
					"subtechnique": []any{
						map[string]shape{
							"id": "T1578.005", "name": "Modify Cloud Compute Configurations",
							"reference": "https://attack.mitre.org/techniques/T1578/005/",
						},
					},
				},
			},
		},
	},
	"tactics":    []any{"TA0003", "TA0005"},
	"techniques": []any{"T1546", "T1578", "T1578.005"},
	"tags": []any{
		"Domain: Cloud", "Data Source: AWS", "Data Source: Amazon Web Services",
		"Data Source: AWS Lambda", "Use Case: Threat Detection", "Tactic: Persistence",
		"Tactic: Defense Evasion", "Resources: Investigation Guide",
	},
	"references": textList{},
	"grant": map[string]shape{
		"function_name":            optional{aText},
		"function_account":         optional{aText},
		"region":                   optional{aText},
		"qualifier":                optional{aText},
		"statement_id":             optional{aText},
		"action":                   optional{aText},
		"covers_invoke":            aBoolean,
		"principal":                optional{aText},
		"principal_type":           aText,
		"principal_account":        optional{aText},
		"relation":                 aText,
		"source_account":           optional{aText},
		"source_arn":               optional{aText},
		"org_id":                   optional{aText},
		"function_url_auth_type":   optional{aText},
		"invoked_via_function_url": optional{aBoolean},
		"evasion":                  optional{textList{}},
	},
	"dedup_key":  aText,
	"coverage":   optional{"extended"},
	"suppressed": optional{aText},
}

// grants says whether alert i must tell what was granted. A verdict that gives
// it no relation says that the event itself does not tell.
func (r *run) grants(i int) bool { return i >= len(r.Relation) || r.Relation[i] != "" }

func checkAlert(t *testing.T, alert map[string]any, grants bool) {
	t.Helper()
	want := alertShape
	if !grants {
		want = maps.Clone(alertShape)
		delete(want, "grant")
	}
	for _, problem := range compare("alert", alert, want) {
		t.Error(problem)
	}
	if key := textAt(alert, "dedup_key"); !strings.HasPrefix(key, rule.CrossAccountID+":") {
		t.Errorf("alert.dedup_key is %q: it must begin with the rule's id", key)
	}
	if s := textAt(alert, "suppressed"); !slices.Contains([]string{"", "duplicate", "max_signals"}, s) {
		t.Errorf("alert.suppressed is %q", s)
	}
	if !grants {
		return
	}
	for _, c := range []struct {
		value   string
		allowed []string
	}{
		{textAt(alert, "grant", "relation"), []string{
			"same_account", "cross_account", "public", "service", "organization", "unknown",
		}},
		{textAt(alert, "grant", "principal_type"), []string{
			"public", "account", "iam", "service", "federated", "unique_id", "unknown",
		}},
	} {
		if !slices.Contains(c.allowed, c.value) {
			t.Errorf("%q is not one of %q", c.value, c.allowed)
		}
	}
}

// compare returns what is wrong with a JSON value, by its path.
func compare(path string, have any, want shape) []string {
	switch want := want.(type) {
	case optional:
		return compare(path, have, want.shape)
	case typeName:
		switch value := have.(type) {
		case string:
			if want == aText && value != "" {
				return nil
			}
		case bool:
			if want == aBoolean {
				return nil
			}
		}
		return []string{fmt.Sprintf("%s is %v: it must be %s", path, have, string(want))}
	case aNumber:
		if _, ok := have.(json.Number); ok {
			return nil
		}
		return []string{fmt.Sprintf("%s is %v: it must be a number", path, have)}
	case textList:
		list, ok := have.([]any)
		problems := []string{}
		if !ok || len(list) == 0 {
			problems = append(problems, fmt.Sprintf("%s is %v: it must be a list", path, have))
		}
		for i, one := range list {
			problems = append(problems, compare(fmt.Sprintf("%s[%d]", path, i), one, aText)...)
		}
		return problems
	case []any:
		list, ok := have.([]any)
		if !ok || len(list) != len(want) {
			return []string{fmt.Sprintf("%s is %v: it must be a list of %d", path, have, len(want))}
		}
		var problems []string
		for i := range want {
			problems = append(problems, compare(fmt.Sprintf("%s[%d]", path, i), list[i], want[i])...)
		}
		return problems
	case map[string]shape:
		return compareMaps(path, have, want)
	}
	if !reflect.DeepEqual(have, any(want)) {
		return []string{fmt.Sprintf("%s is %v (%T): it must be %v (%T)", path, have, have, want, want)}
	}
	return nil
}

func compareMaps(path string, have any, want map[string]shape) []string {
	m, ok := have.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is %v: it must be a map", path, have)}
	}
	var problems []string
	for key, value := range m {
		if s, known := want[key]; known {
			problems = append(problems, compare(path+"."+key, value, s)...)
		} else {
			problems = append(problems, fmt.Sprintf("%s.%s is a key that the design does not have", path, key))
		}
	}
	for key, s := range want {
		if _, may := s.(optional); may {
			continue
		}
		if _, there := m[key]; !there {
			problems = append(problems, fmt.Sprintf("%s.%s is missing", path, key))
		}
	}
	slices.Sort(problems)
	return problems
}

func valueAt(m map[string]any, path ...string) any {
	var value any = m
	for _, key := range path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	return value
}

func textAt(m map[string]any, path ...string) string {
	text, _ := valueAt(m, path...).(string)
	return text
}

// readSamples reads all of testdata.
func readSamples(t *testing.T) []sample {
	t.Helper()
	var samples []sample
	for _, path := range filesIn(t, testdata) {
		ending := filepath.Ext(path)
		if ending != ".json" && ending != ".ndjson" {
			continue
		}
		s := sample{path: strings.TrimSuffix(path, ending)}
		data := readFile(t, path)
		texts := [][]byte{data}
		if ending == ".ndjson" {
			texts = bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
		}
		for i, text := range texts {
			record, err := document.AppendFromJSON(nil, text)
			if err != nil {
				t.Fatalf("%s, document %d: %v", path, i+1, err)
			}
			if !document.IsMap(record) {
				t.Fatalf("%s, document %d is not a map: no record of Fluent Bit's is", path, i+1)
			}
			s.records = append(s.records, record)
		}
		reader := toml.NewDecoder(bytes.NewReader(readFile(t, s.path+".toml"))).DisallowUnknownFields()
		if err := reader.Decode(&s.verdict); err != nil {
			t.Fatalf("%s.toml: %v", s.path, err)
		}
		if s.verdict.Why == "" || len(s.verdict.Runs) == 0 {
			t.Fatalf("%s.toml says not why, or has no run", s.path)
		}
		samples = append(samples, s)
	}
	return samples
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// filesIn returns every file below a directory, in order.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
