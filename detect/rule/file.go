package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/esql"
	"github.com/trailwire/trailwire/detect/kql"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/sigma"
)

// Parse reads a rule file in the schema of Elastic's detection-rules
// repository, or where its name ends in .yml or .yaml, a Sigma rule. name is what
// errors call it. An error is an [*Error].
//
// Of the schema it reads what an alert says and what decides about one. Keys
// that it does not know are left alone: the schema grows faster than this
// program.
func Parse(name string, text []byte) (*Rule, error) {
	if isSigma(name) {
		return parseSigma(name, text)
	}
	reader := tomlReaders.Get().(*tomlReader)
	defer reader.release()
	root, err := reader.read(name, text)
	if err != nil {
		return nil, err
	}
	f := &ruleFile{name: name, text: text}
	r := f.rule(root)
	if f.err != nil {
		f.err.Type = f.kind
		return nil, f.err
	}
	r.kind = f.kind
	r.warnings = f.sorted()
	return r, nil
}

// ruleFile is a rule file being read. Of its errors the first stays.
type ruleFile struct {
	name string
	text []byte
	kind string // the rule's type
	err  *Error

	warnings []warning
}

func (f *ruleFile) fail(at int, format string, args ...any) *Error {
	if f.err == nil {
		f.err = newError(f.name, f.text, at, format, args...)
	}
	return f.err
}

// section is a table of the file, and what errors call it.
type section struct {
	file *ruleFile
	path string
	v    *tomlValue
}

// find returns the value under a key, if it is there and of the kind.
func (s section) find(key string, kind tomlKind, expected string) *tomlValue {
	v := s.v.get(key)
	if v == nil {
		return nil
	}
	if v.kind != kind {
		s.file.fail(v.at, "%s.%s is %s: it must be %s", s.path, key, v.kind, expected)
		return nil
	}
	return v
}

// missing says that a key is needed.
func (s section) missing(key, expected string) {
	s.file.fail(s.v.at, "%s.%s is missing: it must be %s", s.path, key, expected)
}

// text is an optional string.
func (s section) text(key string) string {
	if v := s.find(key, tomlText, "a string"); v != nil {
		return v.text
	}
	return ""
}

// required is a string that must be there and not be empty.
func (s section) required(key, expected string) string {
	v := s.find(key, tomlText, expected)
	switch {
	case v == nil && s.v.get(key) == nil:
		s.missing(key, expected)
		return ""
	case v == nil:
		return ""
	case strings.TrimSpace(v.text) == "":
		s.file.fail(v.at, "%s.%s is empty: it must be %s", s.path, key, expected)
	}
	return strings.TrimSpace(v.text)
}

// word is a string that must be one of a few.
func (s section) word(key string, allowed ...string) string {
	expected := allowed[len(allowed)-1]
	if others := allowed[:len(allowed)-1]; len(others) > 0 {
		expected = strings.Join(others, ", ") + " or " + expected
	}
	text := s.required(key, expected)
	if text != "" && !slices.Contains(allowed, text) {
		s.file.fail(s.v.get(key).at, "%s.%s is %q: it must be %s", s.path, key, text, expected)
	}
	return text
}

// texts is an optional list of strings.
func (s section) texts(key string) []string {
	v := s.find(key, tomlList, "a list of strings")
	if v == nil {
		return nil
	}
	var texts []string
	for item := v.first; item != nil; item = item.next {
		if item.kind != tomlText {
			s.file.fail(item.at, "%s.%s has %s in it: it must be a list of strings", s.path, key, item.kind)
			return nil
		}
		texts = append(texts, item.text)
	}
	return texts
}

// number is a whole number within bounds, missing if there is none.
func (s section) number(key string, least, most, missing int) int {
	expected := fmt.Sprintf("a whole number from %d to %d", least, most)
	v := s.find(key, tomlInteger, expected)
	if v == nil {
		return missing
	}
	n, ok := v.integer()
	if !ok || n < least || n > most {
		s.file.fail(v.at, "%s.%s is %s: it must be %s", s.path, key, v.text, expected)
		return missing
	}
	return n
}

// table is a table in this one; if there is none its keys are missing.
func (s section) table(key string) section {
	v := s.find(key, tomlTable, "a table")
	if v == nil {
		v = &tomlValue{kind: tomlTable, at: s.v.at}
	}
	return section{s.file, s.path + "." + key, v}
}

// tables is an optional list of tables.
func (s section) tables(key string) []section {
	v := s.find(key, tomlList, "a list of tables, [["+s.path+"."+key+"]]")
	if v == nil {
		return nil
	}
	var all []section
	for item := v.first; item != nil; item = item.next {
		if item.kind != tomlTable {
			s.file.fail(item.at, "%s.%s has %s in it: it must be a list of tables", s.path, key, item.kind)
			return nil
		}
		all = append(all, section{s.file, s.path + "." + key, item})
	}
	return all
}

// maxMaxSignals is Kibana's own limit, which a rule file cannot raise.
const maxMaxSignals = 1_000_000

func (f *ruleFile) rule(root *tomlValue) *Rule {
	v := root.get("rule")
	if v == nil || v.kind != tomlTable {
		f.fail(0, "the table [rule] is missing: a rule file has one, as in Elastic's detection-rules repository")
		return nil
	}
	s := section{f, "rule", v}
	// First what kind of rule it is: what another kind needs is not known here.
	language := f.language(s)
	if language == "" {
		return nil
	}
	r := &Rule{
		File: f.name, Language: language,
		ID:   s.required("rule_id", "an id that no other rule has, such as a UUID"),
		Name: s.required("name", "a line for analysts to read"), Version: s.number("version", 1, 1<<30, 1),
		License: s.text("license"), Author: s.texts("author"),
		Description: strings.TrimSpace(s.text("description")), Note: s.text("note"),
		Severity:       s.word("severity", "low", "medium", "high", "critical"),
		RiskScore:      s.number("risk_score", 0, 100, -1),
		Tags:           s.texts("tags"),
		References:     s.texts("references"),
		MaxSignals:     s.number("max_signals", 1, maxMaxSignals, 100),
		Interval:       s.period("interval", "", 5*time.Minute, "a number and one of s, m, h, d, w, such as 5m"),
		LookBack:       s.period("from", "now-", 6*time.Minute, "now- and a period, such as now-6m"),
		CategoryField:  s.text("event_category_override"),
		BuildingBlock:  s.text("building_block_type"),
		FalsePositives: s.texts("false_positives"),
	}
	if id := v.get("rule_id"); id != nil {
		r.idAt = id.at
	}
	if r.RiskScore < 0 {
		s.missing("risk_score", "a whole number from 0 to 100")
	}
	if r.CategoryField == "" {
		r.CategoryField = "event.category"
	}
	if s.v.get("investigation_fields") != nil {
		r.InvestigationFields = s.table("investigation_fields").texts("field_names")
	}
	for _, t := range s.tables("threat") {
		r.Threat = append(r.Threat, t.threat())
	}
	f.readReason(s, r)
	f.readPast(s, s.text("type"), r)
	f.compile(s, r)
	return r
}

func (s section) threat() Threat {
	t := Threat{Framework: s.text("framework")}
	checked := isATTACK(t.Framework)
	if s.v.get("tactic") != nil {
		tactic := s.table("tactic")
		if t.Tactic = tactic.reference(); checked && t.Tactic.ID != "" && t.Tactic.Name != "" {
			tactic.warnOfTactic(t.Tactic)
		}
	}
	for _, q := range s.tables("technique") {
		technique := Technique{Reference: q.reference()}
		if checked {
			q.warnOfTechnique(technique.Reference)
		}
		for _, sub := range q.tables("subtechnique") {
			below := sub.reference()
			if checked {
				sub.warnOfSubtechnique(below, technique.Reference)
			}
			technique.Subtechniques = append(technique.Subtechniques, below)
		}
		t.Techniques = append(t.Techniques, technique)
	}
	return t
}

func (s section) reference() Reference {
	return Reference{ID: s.required("id", "an ATT&CK id"), Name: s.required("name", "its name"), URL: s.text("reference")}
}

// languageOf are the rule types that are evaluated, and the language of their queries.
var languageOf = map[string]string{"eql": EQL, "query": KQL, "esql": ESQL, "threshold": KQL, "new_terms": KQL}

// unsupportedTypes are the other rule types of Elastic's, and what is in their way.
var unsupportedTypes = map[string]string{
	"machine_learning": "it asks for the anomalies of a machine learning job",
	"saved_query":      "its query is stored in Kibana",
	"threat_match":     "it looks events up in an index of threat indicators",
}

// The languages of queries.
const (
	EQL  = "eql"   // Elastic's Event Query Language, about single events
	KQL  = "kuery" // Kibana's query language, by the name that rule files have for it
	ESQL = "esql"  // the Elasticsearch Query Language, as far as it filters
)

// language returns the language of the rule's query, and nothing where the rule is of
// a type that this program does not evaluate.
func (f *ruleFile) language(s section) string {
	kind := s.required("type", "eql, query, esql, threshold or new_terms")
	if f.err != nil {
		return ""
	}
	f.kind = kind
	at := s.v.get("type").at
	if why, known := unsupportedTypes[kind]; known {
		f.fail(at, "the rule type %s is not supported: %s; eql, query, esql, threshold and new_terms are", kind, why).unsupported(why)
		return ""
	}
	language := languageOf[kind]
	if language == "" {
		f.fail(at, "rule.type is %q: it must be eql, query, esql, threshold or new_terms", kind)
		return ""
	}
	if v := s.v.get("language"); v != nil {
		if language == KQL && v.kind == tomlText && v.text == "lucene" {
			f.fail(v.at, "the language lucene is not supported: a rule of the type %s is written in KQL (kuery)", kind).unsupported("the language lucene is not supported")
			return ""
		}
		s.word("language", language)
	}
	if filters := s.find("filters", tomlList, "a list of tables"); filters != nil && filters.first != nil {
		f.fail(filters.at, "rule.filters is not supported: filters are queries of Elasticsearch, beside the rule's own").unsupported("it has filters beside its query")
	}
	if f.err != nil {
		return ""
	}
	return language
}

// compile reads and compiles the query. The place of an error in the query is
// turned into its place in the file.
func (f *ruleFile) compile(s section, r *Rule) {
	s.required("query", map[string]string{
		EQL: "an EQL query: category where condition", KQL: "a KQL query: field: value",
		ESQL: "an ES|QL query that filters: from index | where condition",
	}[r.Language])
	if f.err != nil {
		return
	}
	v := s.v.get("query")
	r.Query = strings.TrimSpace(v.text)
	var query *program.Program
	var err error
	if r.Language == EQL && eql.IsSequence(v.text) {
		query, err = f.compileSequence(r, v)
	} else {
		query, err = CompileQuery(r.Language, v.text, r.CategoryField)
	}
	if err != nil {
		f.misread(v, err)
		return
	}
	r.compiled(query, lookupFields(query))
	f.doubt(r, v)
	r.completed()
}

// searchable are the names that a field with a star in it stands for. The list is made once.
var searchable = sync.OnceValue(cloudtrail.SearchableFields)

// indices are those that Elastic's integration, and Filebeat before it, write events to.
var indices = []string{"logs-aws.cloudtrail-default", "filebeat-9.1.0"}

// CompileQuery compiles a query about CloudTrail events, in one of the languages. Its
// fields are those of [LookupField]. The category field is that of EQL. An error is one
// of the language's own.
func CompileQuery(language, text, categoryField string) (*program.Program, error) {
	switch language {
	case EQL:
		query, err := eql.Parse(text)
		if err != nil {
			return nil, err
		}
		return eql.Compile(query, eql.CategoryField(categoryField), eql.Mapping(cloudtrail.TypeOf))
	case KQL:
		query, err := kql.Parse(text)
		if err != nil {
			return nil, err
		}
		return kql.Compile(query, kql.Mapping(cloudtrail.TypeOf), kql.Fields(searchable()))
	case ESQL:
		query, err := esql.Parse(text)
		if err != nil {
			return nil, err
		}
		return esql.Compile(query, esql.Mapping(cloudtrail.TypeOf), esql.Indices(indices))
	case Sigma:
		detection, err := sigma.ParseDetection([]byte(text))
		if err != nil {
			return nil, err
		}
		return detection.Compile()
	}
	return nil, fmt.Errorf("there is no query language %q", language)
}

// LookupField resolves a field that a query in one of the languages names: Sigma has
// CloudTrail's own names, the others have ECS names.
func LookupField(language, name string) cloudtrail.Field {
	if language == Sigma {
		return cloudtrail.LookupMember(name)
	}
	return cloudtrail.LookupField(name)
}

// misread says what is wrong with the query v, at its place in the file.
func (f *ruleFile) misread(v *tomlValue, err error) {
	var syntax *eql.SyntaxError
	var meaning *eql.CompileError
	var inKQL *kql.Error
	var inESQL *esql.Error
	switch {
	case errors.As(err, &syntax):
		e := f.fail(v.inside(syntax.Offset), "rule.query: %s", syntax.Msg)
		if syntax.SeveralEvents {
			e.unsupported("its query is about several events")
		}
	case errors.As(err, &meaning):
		f.fail(v.inside(meaning.Offset), "rule.query: %s", meaning.Msg)
	case errors.As(err, &inKQL):
		e := f.fail(v.inside(inKQL.Offset), "rule.query: %s", inKQL.Msg)
		if inKQL.Unsupported {
			e.unsupported("its KQL has a part that is not supported")
		}
	case errors.As(err, &inESQL):
		e := f.fail(v.inside(inESQL.Offset), "rule.query: %s", inESQL.Msg)
		if inESQL.Unsupported != "" {
			e.unsupported("its query needs " + inESQL.Unsupported)
		}
	default:
		f.fail(v.at, "rule.query: %v", err)
	}
}

// periods are Elastic's date math units, as far as intervals use them.
var periods = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// maxPeriod is the longest interval or look-back: a year.
const maxPeriod = 366 * 24 * time.Hour

// period is a period after a prefix, missing if there is none.
func (s section) period(key, prefix string, missing time.Duration, expected string) time.Duration {
	v := s.find(key, tomlText, expected)
	if v == nil {
		return missing
	}
	text, ok := strings.CutPrefix(v.text, prefix)
	var d time.Duration
	if n := len(text) - 1; ok && n > 0 && n <= 8 {
		count := time.Duration(0)
		for _, c := range text[:n] {
			if c < '0' || c > '9' {
				count = 0
				break
			}
			count = 10*count + time.Duration(c-'0')
		}
		d = count * periods[text[n]]
	}
	if d <= 0 || d > maxPeriod {
		s.file.fail(v.at, "%s.%s is %q: it must be %s", s.path, key, v.text, expected)
		return missing
	}
	return d
}
