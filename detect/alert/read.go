package alert

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/rule"
)

// Read returns the alerts that [Format.Append] wrote into a record, in the same
// order. It returns none if the record carries none of that format, and leaves
// out what names no rule. key is the alert key, which only the native format has.
//
// What a format does not carry is empty in the alerts that are read:
//
//   - No format carries those members of the rule that no alert repeats: Query,
//     MaxSignals and so on, and Note and FalsePositives only if the alert has a guide. [grant.ReadMsg] and [call.ReadMsg] say what a grant lacks.
//   - Native carries all else but the rule's Description, unless the alert has a guide, and its Author where the
//     rule's license does not ask for it ([rule.Rule.Credit]).
//   - ECS carries the rule's Author and Description, but not its BuildingBlock, nor the
//     event's Account. Tags are the record's own and the rule's together. Of a rule
//     with several tactics ECS does not say which technique is whose: each tactic is a
//     row by itself, and the techniques are a row without a tactic. Source and the rest
//     of Event are read from the record's own fields, if it has them; Time is in
//     milliseconds and UTC.
//   - OCSF carries the rule's Description, but not its BuildingBlock, the framework of
//     its tactics, the event's Outcome, nor, unless the license asks for it, the rule's
//     Author. It carries the event's Provider if there is an action, and an Address if
//     there is no IP or if it is the IP. Neither the source nor the provider is there if
//     the finding has no evidence of the event: a user agent alone is none.
//   - Of related calls there are [MaxRelated] at most, and none without an Action.
//   - The lists of Used, Closed and their grants are cut as they are written, and a time
//     that a grant was open has whole seconds.
//
// A record with several alerts has each of them in the native form as well, so that
// they are read as completely as native ones.
//
// The record may be anybody's. Read takes what has the right key and type, in time
// and memory in proportion to the record. It does not say that an alert is genuine,
// and no text in one is bounded or checked.
func Read(record []byte, format Format, key string) []Alert {
	switch format {
	case FormatECS:
		return readECS(record)
	case FormatOCSF:
		return readFinding(record)
	}
	return readTagged(record, key)
}

// readTagged reads what [appendTagged] wrote. A list that does not begin with the
// alert under key is not ours.
func readTagged(record []byte, key string) []Alert {
	first := mapUnder(record, key)
	if first == nil {
		return nil
	}
	list, _ := document.Get(record, key+"s")
	if items := document.OverArray(list); items.Next() && document.Equal(items.Value, first) {
		return readList(list)
	}
	return appendRead(nil, first)
}

// readList reads a list of alerts in the native form.
func readList(list []byte) []Alert {
	var found []Alert
	for items := document.OverArray(list); items.Next(); {
		found = appendRead(found, items.Value)
	}
	return found
}

// appendRead appends the alert that m is. An Alert takes some hundred times the bytes of
// an empty map, so that what names no rule must not become one.
func appendRead(found []Alert, m []byte) []Alert {
	if textUnder(mapUnder(m, "rule"), "id") == "" {
		return found
	}
	return append(found, readNative(m))
}

// readNative reads what [Alert.append] wrote.
func readNative(m []byte) Alert {
	id := mapUnder(m, "rule")
	a := Alert{
		Rule: &rule.Rule{
			ID: textUnder(id, "id"), Name: textUnder(id, "name"), Version: numberUnder(id, "version"),
			License: textUnder(id, "license"), Author: textsUnder(id, "author"), BuildingBlock: textUnder(id, "building_block_type"),
			Severity: textUnder(m, "severity"), RiskScore: numberUnder(m, "risk_score"),
			Threat: readThreats(m), Tags: textsUnder(m, "tags"), References: textsUnder(m, "references"),
		},
		Reason: textUnder(m, "reason"),
		Actor:  readActor(mapUnder(m, "actor")),
	}
	a.Actor.readSession(mapUnder(m, "session"))
	source := mapUnder(m, "source")
	a.Source = Source{IP: textUnder(source, "ip"), Address: textUnder(source, "address"), UserAgent: textUnder(source, "user_agent")}
	a.Source.complete()
	event := mapUnder(m, "event")
	a.Event = Event{
		ID: textUnder(event, "id"), Time: textUnder(event, "time"), Action: textUnder(event, "action"),
		Provider: textUnder(event, "provider"), Outcome: textUnder(event, "outcome"),
		Region: textUnder(event, "region"), Account: textUnder(event, "account"), URL: textUnder(event, "url"),
	}
	a.Collector = textUnder(m, "collector")
	a.readGuide(mapUnder(m, "guide"))
	a.EventID = a.Event.ID
	a.readVerdict(m)
	return a
}

// readVerdict reads what [Alert.verdict] wrote.
func (a *Alert) readVerdict(m []byte) {
	granted := mapUnder(m, "grant")
	list, _ := document.Get(m, "grants")
	a.Opened = call.ReadMsg(granted, list, numberUnder(m, "grants_rest"))
	// Only AddPermission's reader says what covers invocation.
	if _, isLambda := document.Get(granted, "covers_invoke"); isLambda || a.Opened == nil {
		if g, ok := grant.ReadMsg(granted); ok {
			a.Grant = &g
		}
	}
	a.Filled = ReadFilled(mapUnder(m, "state"))
	if list, there := document.Get(m, "related"); there {
		a.Related = ReadRelated(list)
	}
	a.Used, a.Closed = ReadUsed(mapUnder(m, "use")), ReadClosed(mapUnder(m, "closing"))
	visibility := mapUnder(m, "visibility")
	a.Visible, a.NotVisible = textsUnder(visibility, "visible"), textsUnder(visibility, "not_visible")
	a.RaisedAt, a.ResourceARN = timeUnder(m, "raised_at"), textUnder(m, "resource_arn")
	a.Inspect, a.Respond, a.DedupKey = textUnder(m, "inspect"), textUnder(m, "respond"), textUnder(m, "dedup_key")
	if textUnder(m, "coverage") == coverageExtended {
		a.Coverage = CoverExtended
	}
	switch textUnder(m, "suppressed") {
	case Duplicate.String():
		a.Suppressed = Duplicate
	case OverMaxSignals.String():
		a.Suppressed = OverMaxSignals
	}
}

// complete fills in the address if it is the IP address, which is written once.
func (s *Source) complete() {
	if s.Address == "" {
		s.Address = s.IP
	}
}

// readThreats reads the rows that [threatObject] wrote.
func readThreats(m []byte) []rule.Threat {
	var threats []rule.Threat
	for rows := listUnder(m, "threat"); rows.Next(); {
		t := rule.Threat{Framework: textUnder(rows.Value, "framework"), Tactic: readReference(mapUnder(rows.Value, "tactic"))}
		for techniques := listUnder(rows.Value, "technique"); techniques.Next(); {
			q := rule.Technique{Reference: readReference(techniques.Value)}
			for below := listUnder(techniques.Value, "subtechnique"); below.Next(); {
				q.Subtechniques = append(q.Subtechniques, readReference(below.Value))
			}
			t.Techniques = append(t.Techniques, q)
		}
		threats = append(threats, t)
	}
	return threats
}

func readReference(m []byte) rule.Reference {
	return rule.Reference{ID: textUnder(m, "id"), Name: textUnder(m, "name"), URL: textUnder(m, "reference")}
}

// readECS reads what [appendECS] wrote.
func readECS(record []byte) []Alert {
	event, ours := mapUnder(record, "event"), mapUnder(record, extension)
	if textUnder(event, "kind") != "alert" || ours == nil {
		return nil
	}
	about := mapUnder(record, "rule")
	if textUnder(about, "id") == "" {
		return nil
	}
	version, _ := strconv.Atoi(textUnder(about, "version"))
	r := &rule.Rule{
		ID: textUnder(about, "id"), Name: textUnder(about, "name"), Version: version, License: textUnder(about, "license"),
		Author: textsUnder(about, "author"), Description: textUnder(about, "description"),
		Severity: textUnder(ours, "severity"), RiskScore: numberUnder(event, "risk_score"),
		Threat: readECSThreat(mapUnder(record, "threat")), Tags: textsUnder(record, "tags"), References: textsUnder(ours, "references"),
	}
	if found := readMore(ours, r.ID); found != nil {
		return found
	}
	if reference := textUnder(about, "reference"); reference != "" && r.References == nil {
		r.References = []string{reference}
	}
	at := func(path string) string {
		value, _ := document.Path(record, path)
		text, _ := document.Text(value)
		return string(text)
	}
	a := Alert{
		Rule: r, Reason: textUnder(event, "reason"), Actor: readActor(mapUnder(ours, "actor")),
		Source: Source{IP: at("source.ip"), Address: at("source.address"), UserAgent: at("user_agent.original")},
		Event: Event{
			ID: at("event.id"), Time: at("event.start"), Action: at("event.action"), Provider: at("event.provider"),
			Outcome: at("event.outcome"), Region: at("cloud.region"), URL: at("event.url"),
		},
		Collector: at("observer.hostname"),
	}
	a.Actor.readSession(mapUnder(ours, "session"))
	a.Source.complete()
	a.EventID = a.Event.ID
	a.readVerdict(ours)
	a.readGuide(mapUnder(ours, "guide"))
	return []Alert{a}
}

// readMore reads the list that [more] wrote, which begins with an alert of this rule.
func readMore(m []byte, rule string) []Alert {
	list, _ := document.Get(m, "alerts")
	items := document.OverArray(list)
	if !items.Next() || textUnder(mapUnder(items.Value, "rule"), "id") != rule {
		return nil
	}
	return readList(list)
}

// readECSThreat makes rows of the lists that [ecsThreat] wrote. A sub-technique has
// the id of its technique, a dot and a number (attack.mitre.org).
func readECSThreat(m []byte) []rule.Threat {
	framework := textUnder(m, "framework")
	var threats []rule.Threat
	for _, tactic := range readReferences(mapUnder(m, "tactic")) {
		threats = append(threats, rule.Threat{Framework: framework, Tactic: tactic})
	}
	technique := mapUnder(m, "technique")
	var techniques []rule.Technique
	index := make(map[string]int)
	for _, t := range readReferences(technique) {
		index[t.ID] = len(techniques)
		techniques = append(techniques, rule.Technique{Reference: t})
	}
	for _, s := range readReferences(mapUnder(technique, "subtechnique")) {
		parent, _, _ := strings.Cut(s.ID, ".")
		if i, known := index[parent]; known {
			techniques[i].Subtechniques = append(techniques[i].Subtechniques, s)
		}
	}
	switch {
	case len(techniques) == 0:
	case len(threats) == 1:
		threats[0].Techniques = techniques
	default:
		threats = append(threats, rule.Threat{Framework: framework, Techniques: techniques})
	}
	return threats
}

// readReferences reads what [referenceLists] wrote: a list for each field.
func readReferences(m []byte) []rule.Reference {
	names, urls := textsUnder(m, "name"), textsUnder(m, "reference")
	var all []rule.Reference
	for i, id := range textsUnder(m, "id") {
		r := rule.Reference{ID: id}
		if i < len(names) {
			r.Name = names[i]
		}
		if i < len(urls) {
			r.URL = urls[i]
		}
		all = append(all, r)
	}
	return all
}

// readFinding reads what [appendFinding] wrote.
func readFinding(record []byte) []Alert {
	info, metadata := mapUnder(record, "finding_info"), mapUnder(record, "metadata")
	product := mapUnder(metadata, "product")
	if numberUnder(record, "class_uid") != ocsfClass || textUnder(product, "name") != ocsfProduct {
		return nil
	}
	unmapped := mapUnder(record, "unmapped")
	analytic, ours := mapUnder(info, "analytic"), mapUnder(unmapped, "alert")
	id := textUnder(analytic, "uid")
	if id == "" {
		return nil
	}
	if found := readMore(unmapped, id); found != nil {
		return found
	}
	version, _ := strconv.Atoi(textUnder(analytic, "version"))
	a := Alert{
		Rule: &rule.Rule{
			ID: id, Name: textUnder(analytic, "name"), Version: version, License: textUnder(ours, "license"), Author: textsUnder(ours, "author"),
			Description: textUnder(info, "desc"), Severity: severityOf(numberUnder(record, "severity_id")),
			RiskScore: numberUnder(record, "risk_score"), Threat: readAttacks(record),
			Tags: textsUnder(metadata, "labels"), References: textsUnder(ours, "references"),
		},
		Reason: textUnder(record, "message"),
	}
	cloud := mapUnder(record, "cloud")
	a.Event = Event{
		ID: textUnder(metadata, "correlation_uid"), Time: textUnder(metadata, "original_time"), Action: textUnder(metadata, "event_code"),
		Region: textUnder(cloud, "region"), Account: textUnder(mapUnder(cloud, "account"), "uid"), URL: textUnder(info, "src_url"),
	}
	if loggers := listUnder(metadata, "loggers"); loggers.Next() {
		a.Collector = textUnder(loggers.Value, "name")
	}
	a.EventID = a.Event.ID
	a.Actor = readActor(mapUnder(ours, "actor"))
	a.readEvidences(record)
	a.readVerdict(ours)
	a.readGuide(mapUnder(ours, "guide"))
	return []Alert{a}
}

// readEvidences reads what [Alert.ocsfEvidence] and [Alert.ocsfRelated] wrote: the evidence of the alert's own
// event, which may be missing, and those of the related calls.
func (a *Alert) readEvidences(record []byte) {
	evidences := listUnder(record, "evidences")
	for first := true; evidences.Next() && len(a.Related) < MaxRelated; first = false {
		if r, ok := readRelatedEvidence(evidences.Value); ok {
			a.Related = append(a.Related, r)
		} else if first {
			a.readEvidence(evidences.Value)
		}
	}
}

// readRelatedEvidence reads what [Related.evidence] wrote.
func readRelatedEvidence(m []byte) (r Related, ok bool) {
	beside := mapUnder(mapUnder(m, "data"), "related")
	if beside == nil {
		return Related{}, false
	}
	r, _ = readRelated(beside)
	api, source := mapUnder(m, "api"), mapUnder(m, "src_endpoint")
	r.Action, r.Provider = textUnder(api, "operation"), textUnder(mapUnder(api, "service"), "name")
	r.Address = cmp.Or(textUnder(source, "ip"), textUnder(source, "domain"))
	return r, r.Action != ""
}

// readEvidence reads the evidence of the alert's own event.
func (a *Alert) readEvidence(m []byte) {
	actor := mapUnder(m, "actor")
	user := mapUnder(actor, "user")
	if a.Actor.ID == "" {
		a.Actor.ARN = textUnder(user, "uid")
	}
	a.Actor.Name, a.Actor.Account = textUnder(user, "name"), textUnder(mapUnder(user, "account"), "uid")
	a.Actor.Type = cmp.Or(textUnder(user, "type"), a.Actor.Type)
	a.Actor.AccessKeyID = cmp.Or(textUnder(user, "credential_uid"), a.Actor.AccessKeyID)
	session := mapUnder(actor, "session")
	a.Actor.SessionIssuerARN, a.Actor.InvokedBy = textUnder(session, "issuer"), textUnder(actor, "app_name")
	a.Actor.MFA, a.Actor.SessionCreated = readMFA(session, "is_mfa"), millisecondsUnder(session, "created_time")
	a.Actor.IdentityProvider = cmp.Or(textUnder(mapUnder(actor, "idp"), "name"), a.Actor.IdentityProvider)
	source := mapUnder(m, "src_endpoint")
	a.Source = Source{
		IP: textUnder(source, "ip"), Address: textUnder(source, "domain"),
		UserAgent: textUnder(mapUnder(m, "http_request"), "user_agent"),
	}
	a.Source.complete()
	a.Event.Provider = textUnder(mapUnder(mapUnder(m, "api"), "service"), "name")
}

// readAttacks makes rows of the entries that [ocsfAttacks] wrote: those of one tactic,
// and in them those of one technique, follow each other.
func readAttacks(record []byte) []rule.Threat {
	reference := func(m []byte) rule.Reference {
		return rule.Reference{ID: textUnder(m, "uid"), Name: textUnder(m, "name"), URL: textUnder(m, "src_url")}
	}
	var threats []rule.Threat
	for entries := listUnder(record, "attacks"); entries.Next(); {
		tactic := reference(mapUnder(entries.Value, "tactic"))
		if n := len(threats); n == 0 || threats[n-1].Tactic != tactic {
			threats = append(threats, rule.Threat{Tactic: tactic})
		}
		t := &threats[len(threats)-1]
		technique := mapUnder(entries.Value, "technique")
		if technique == nil {
			continue
		}
		named := reference(technique)
		if n := len(t.Techniques); n == 0 || t.Techniques[n-1].Reference != named {
			t.Techniques = append(t.Techniques, rule.Technique{Reference: named})
		}
		if below := mapUnder(entries.Value, "sub_technique"); below != nil {
			q := &t.Techniques[len(t.Techniques)-1]
			q.Subtechniques = append(q.Subtechniques, reference(below))
		}
	}
	return threats
}

// severityOf is the severity that a finding has this severity_id for.
func severityOf(id int) string {
	for severity, c := range ocsfSeverity {
		if c.id == id {
			return severity
		}
	}
	return ""
}

// mapUnder returns the map under a key of a map, nil for none.
func mapUnder(m []byte, key string) []byte {
	if value, ok := document.Get(m, key); ok && document.IsMap(value) {
		return value
	}
	return nil
}

// listUnder goes over the list under a key of a map; there may be none.
func listUnder(m []byte, key string) document.Items {
	list, _ := document.Get(m, key)
	return document.OverArray(list)
}

func textUnder(m []byte, key string) string {
	text, _ := document.GetText(m, key)
	return string(text)
}

// textsUnder returns the texts in the list under a key of a map.
func textsUnder(m []byte, key string) []string {
	var texts []string
	for items := listUnder(m, key); items.Next(); {
		if text, ok := document.Text(items.Value); ok {
			texts = append(texts, string(text))
		}
	}
	return texts
}

func numberUnder(m []byte, key string) int {
	value, _ := document.Get(m, key)
	n, _ := document.Int(value)
	return int(n)
}

// timeUnder returns the time that is written under a key of a map, zero for none.
func timeUnder(m []byte, key string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, textUnder(m, key))
	if err != nil {
		return time.Time{}
	}
	return t
}

// millisecondsUnder returns the time that is written under a key of a map as milliseconds
// since 1970, zero for none.
func millisecondsUnder(m []byte, key string) time.Time {
	value, _ := document.Get(m, key)
	n, ok := document.Int(value)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func flagUnder(m []byte, key string) bool {
	value, _ := document.Get(m, key)
	flag, _ := document.Bool(value)
	return flag
}
