package alert

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

// ecsVersion is the version of the Elastic Common Schema that alerts are
// written in.
const ecsVersion = "8.11.0"

// ecsSeverity are the numbers that Elastic's own alerts have in event.severity.
var ecsSeverity = map[string]int{"low": 21, "medium": 47, "high": 73, "critical": 99}

// appendECS appends body with the verdict merged into it. It returns false
// if body has it already.
func appendECS(dst, body []byte, found []Alert) (out []byte, changed bool) {
	claims := ecsClaims(body, found)
	var gone []taken
	rest := without(body, claims, "", &gone)
	if ecsAlreadyWritten(claims, gone, found) {
		return dst, false
	}
	original := originalText(gone)
	for i := range claims {
		if claims[i].key == extension {
			claims[i].value = appendTrailing(claims[i].value, "original", original)
		}
	}
	return merge(dst, rest, claims), true
}

// extension is the field set of what ECS has no place for.
const extension = "trailwire"

// ecsClaims returns what the alerts say in a record's ECS fields.
func ecsClaims(body []byte, found []Alert) []claim {
	a := &found[0]
	r := a.Rule
	event := object{
		{"kind", "alert"},
		{"severity", ecsSeverity[r.Severity]},
		{"risk_score", r.RiskScore},
		{"reason", a.Reason},
		{"url", a.Event.URL},
	}
	var others object
	if a.form == cloudtrail.Raw && !namesDataSet(body) {
		event, others = append(append(event, a.ecsEvent()...), ecsDataSet(body)...), a.ecsOthers()
	}
	said := a.template().saidInECS()
	claims := []claim{
		{key: "event", below: claimsOf(event)},
		{key: "rule", value: said.rule},
		{key: "threat", value: said.threat},
		{key: "observer", below: claimsOf(object{{"hostname", a.Collector}})},
		{key: "tags", value: mergedTags(body, r.Tags)},
		{key: extension, value: pack(a.ecsExtension(found))},
	}
	if _, there := document.Get(body, "message"); !there {
		claims = append(claims, claim{key: "message", value: pack(a.Reason)})
	}
	claims = append(claims, claimsOf(others)...)
	return slices.DeleteFunc(claims, func(c claim) bool { return len(c.value) == 0 && len(c.below) == 0 })
}

// saidInECS is what all alerts of a rule say.
type saidInECS struct{ rule, threat packed }

// saidInECS returns what was written when the template was made, if it was known then that it is wanted.
func (t *Template) saidInECS() *saidInECS {
	if t.inECS != nil {
		return t.inECS
	}
	return newSaidInECS(t.rule)
}

func newSaidInECS(r *rule.Rule) *saidInECS {
	reference := ""
	if len(r.References) > 0 {
		reference = r.References[0]
	}
	return &saidInECS{
		rule: pack(object{
			{"id", r.ID}, {"uuid", r.ID}, {"name", r.Name}, {"version", strconv.Itoa(r.Version)},
			{"license", r.License}, {"author", r.Author}, {"description", strings.TrimSpace(r.Description)},
			{"reference", reference}, {"ruleset", "trailwire"},
		}),
		threat: pack(ecsThreat(r.Threat)),
	}
}

// claimsOf returns the claims to the pairs of an object that say something.
func claimsOf(o object) []claim {
	var claims []claim
	for i := range o {
		p := &o[i]
		if !p.says() {
			continue
		}
		if inner, isSet := p.value.(object); isSet {
			claims = append(claims, claim{key: p.key, below: claimsOf(inner)})
		} else {
			claims = append(claims, claim{key: p.key, value: pack(p.value)})
		}
	}
	return claims
}

// namesDataSet reports whether a record with an event in CloudTrail's own words
// is on its way to an ingest pipeline of Elastic's, which will fill the fields
// of the event. They are left to it: with them the record would look like one
// that the pipeline has done with. A record that is an event itself and has the event's
// provider too is not on its way there: that data set is ours, of an earlier evaluation.
func namesDataSet(body []byte) bool {
	if _, there := document.Path(body, "data_stream.dataset"); there {
		return true
	}
	_, there := document.Path(body, "event.dataset")
	if _, isFilled := document.Path(body, "event.provider"); isFilled && ecsDataSet(body) != nil {
		return false
	}
	return there
}

// ecsDataSet is the data set of a record that is an event itself. A record with the event in a
// wrapping must not name one: whoever looks for events in it would take it for a document of
// Elastic's, with next to nothing in it, and not look into the wrapping.
func ecsDataSet(body []byte) object {
	_, hasSource := document.GetText(body, "eventSource")
	_, hasName := document.GetText(body, "eventName")
	if !hasSource || !hasName {
		return nil
	}
	return object{{"module", "aws"}, {"dataset", "aws.cloudtrail"}}
}

// ecsEvent are the fields of the set event for an event in CloudTrail's own
// words. An ECS document has them already: they were read there.
func (a *Alert) ecsEvent() object {
	start := ""
	if at, err := time.Parse(time.RFC3339, a.Event.Time); err == nil {
		start = at.UTC().Format(ecsTime) // Elasticsearch refuses a document with another date
	}
	return object{
		{"id", a.Event.ID}, {"action", a.Event.Action}, {"provider", a.Event.Provider},
		{"outcome", a.Event.Outcome}, {"start", start}, {"created", ecsDate(a.RaisedAt)},
		{"category", allFit(a.categories.Category, maxListed)}, {"type", allFit(a.categories.Type, maxListed)},
	}
}

// ecsDate is a time as ECS has it, empty for none.
func ecsDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(ecsTime)
}

// ecsService is the name of the service that a call was made to: lambda of lambda.amazonaws.com.
func ecsService(provider string) string {
	name, _, _ := strings.Cut(provider, ".")
	return name
}

// ecsRelated are the values that people look for first, wherever a document has them.
func (a *Alert) ecsRelated() object {
	var ips, hosts []string
	switch {
	case a.Source.IP != "":
		ips = []string{a.Source.IP}
	case grant.IsServiceName(a.Source.Address):
		hosts = []string{a.Source.Address}
	}
	return object{{"ip", ips}, {"user", allFit(a.categories.Users, maxListed)}, {"hosts", hosts}}
}

const ecsTime = "2006-01-02T15:04:05.999Z07:00"

// ecsOthers are the other fields. There is no @timestamp among them: Fluent
// Bit's outputs write it from the record's own time, and a document with two is
// refused.
func (a *Alert) ecsOthers() object {
	return object{
		{"source", object{{"ip", a.Source.IP}, {"address", a.Source.Address}, {"as", ecsAS(a.Source.Place)}, {"geo", ecsGeo(a.Source.Place)}}},
		{"user_agent", object{{"original", a.Source.UserAgent}}},
		{"user", object{{"name", a.Actor.Name}, {"id", a.Actor.ID}}},
		{"cloud", object{
			{"provider", "aws"}, {"region", a.Event.Region}, {"account", object{{"id", a.Event.Account}}},
			{"service", object{{"name", ecsService(a.Event.Provider)}}},
		}},
		{"related", a.ecsRelated()},
		{"ecs", object{{"version", ecsVersion}}},
	}
}

// ecsAS is who the source's address belongs to.
func ecsAS(p *geoip.Place) object {
	if p == nil || p.ASNumber == 0 {
		return nil
	}
	return object{{"number", int(p.ASNumber)}, {"organization", object{{"name", bounded(p.ASOrganization)}}}}
}

func ecsGeo(p *geoip.Place) object {
	if p == nil {
		return nil
	}
	o := object{
		{"continent_name", bounded(p.Continent)}, {"country_name", bounded(p.Country)}, {"country_iso_code", bounded(p.CountryISO)},
		{"region_name", bounded(p.Region)}, {"region_iso_code", bounded(p.RegionISO)}, {"city_name", bounded(p.City)},
	}
	if p.HasLocation {
		o = append(o, pair{"location", object{{"lat", p.Latitude}, {"lon", p.Longitude}}})
	}
	return o
}

// ecsExtension is what ECS has no place for.
func (a *Alert) ecsExtension(found []Alert) object {
	var references []string
	if len(a.Rule.References) > 1 {
		references = a.Rule.References
	}
	o := object{{"severity", a.Rule.Severity}, {"actor", a.Actor.object()}, {"session", a.Actor.session()}}
	return append(a.verdict(o), a.related(), pair{"references", references}, pair{"guide", a.template().guide}, pair{"alerts", more(found)})
}

// ecsThreat writes an ATT&CK mapping the way ECS has it: a list for each field,
// with every tactic, technique and sub-technique once.
func ecsThreat(threats []rule.Threat) object {
	var framework string
	var tactics, techniques, subtechniques referenceLists
	for _, t := range threats {
		if framework == "" {
			framework = t.Framework
		}
		tactics.add(t.Tactic)
		for _, q := range t.Techniques {
			techniques.add(q.Reference)
			for _, s := range q.Subtechniques {
				subtechniques.add(s)
			}
		}
	}
	return object{
		{"framework", framework},
		{"tactic", tactics.object()},
		{"technique", append(techniques.object(), pair{"subtechnique", subtechniques.object()})},
	}
}

type referenceLists struct{ ids, names, urls []string }

func (l *referenceLists) add(r rule.Reference) {
	if !slices.Contains(l.ids, r.ID) {
		l.ids, l.names, l.urls = append(l.ids, r.ID), append(l.names, r.Name), append(l.urls, r.URL)
	}
}

func (l *referenceLists) object() object {
	return object{{"id", l.ids}, {"name", l.names}, {"reference", l.urls}}
}

// mergedTags returns the record's own tags and those of the rule, each once. A
// tag that is not text is not kept here: ECS has texts alone.
func mergedTags(body []byte, tags []string) packed {
	var all []string
	have := make(map[string]bool) // a sender may have given the record a million tags
	add := func(tag string) {
		if !have[tag] {
			have[tag] = true
			all = append(all, tag)
		}
	}
	own, _ := document.Get(body, "tags")
	if one, ok := document.Text(own); ok {
		add(string(one))
	}
	_ = document.Elements(own, func(value []byte) bool {
		if tag, ok := document.Text(value); ok {
			add(string(tag))
		}
		return true
	})
	for _, tag := range tags {
		add(tag)
	}
	if len(all) == 0 {
		return nil
	}
	return pack(all)
}

// ecsAlreadyWritten reports whether the places of the claims had exactly what the claims
// would put there: the record was evaluated before.
func ecsAlreadyWritten(claims []claim, gone []taken, found []Alert) bool {
	all := countValues(claims)
	if len(gone) != all {
		return false
	}
	same := 0
	eachValue(claims, "", func(path string, value packed) {
		for _, g := range gone {
			if g.path != path || g.dotted {
				continue
			}
			switch path {
			case extension:
				if extensionAlreadyWritten(g.value, found) {
					same++
				}
			case "observer.hostname", "event.created": // of the machine that raised it, which may be another
				if found[0].mayHaveSaid(path, g.value) {
					same++
				}
			default:
				if document.Equal(g.value, value) {
					same++
				}
			}
		}
	})
	return same == all
}

// extensionAlreadyWritten reports whether have is the extension of these alerts,
// written earlier, with what had to make room then.
func extensionAlreadyWritten(have []byte, found []Alert) bool {
	a := found[0].atFirst()
	list, several := document.Get(have, "alerts")
	if several != (len(found) > 1) || several && !allAlreadyWritten(list, found) {
		return false
	}
	return found[0].sameBut(have, a.ecsExtension(found[:1]).append(nil), "suppressed", "related", "original", "alerts", "raised_at")
}

// originalText is what had to make room, as the text of a JSON object with a
// path for each value. It is text, since a sender could give the values any
// type, and Elasticsearch refuses a document in which a field has another type
// than it had in the first.
//
// Tags are not in it if they are all among the merged ones.
func originalText(gone []taken) string {
	var o object
	for _, g := range gone {
		if g.path == "tags" && onlyTexts(g.value) {
			continue
		}
		o = append(o, pair{g.path, packed(g.value)})
	}
	if len(o) == 0 {
		return ""
	}
	text, err := document.AppendJSON(nil, o.append(nil))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// onlyTexts reports whether a value is a text or a list of texts.
func onlyTexts(value []byte) bool {
	if document.KindOf(value) == document.KindText {
		return true
	}
	only := document.IsArray(value)
	_ = document.Elements(value, func(one []byte) bool {
		only = only && document.KindOf(one) == document.KindText
		return only
	})
	return only
}

// appendTrailing returns the map m with one more pair at its end, or m where
// the text is empty.
func appendTrailing(m packed, key, text string) packed {
	if text == "" {
		return m
	}
	n, pairs, _ := document.ReadMapHeader(m)
	grown := msgp.AppendMapHeader(nil, uint32(n+1))
	grown = append(grown, pairs...)
	return msgp.AppendString(msgp.AppendString(grown, key), text)
}
