package alert

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/version"
)

// ocsfVersion is the version of the Open Cybersecurity Schema Framework that
// findings are written in.
const ocsfVersion = "1.4.0"

// The class and the activity of every finding: Detection Finding, Create. A
// type is made of both.
const (
	ocsfCategory = 2
	ocsfClass    = 2004
	ocsfActivity = 1
	ocsfType     = ocsfClass*100 + ocsfActivity
)

// ocsfProduct is the product that a finding names, and its vendor.
const ocsfProduct = "Trailwire"

// caption is a number of the schema's and the word that goes with it.
type caption struct {
	id   int
	word string
}

// What a rule's severity is in the schema's severity_id and risk_level_id.
var (
	ocsfSeverity = map[string]caption{
		"low": {2, "Low"}, "medium": {3, "Medium"}, "high": {4, "High"}, "critical": {5, "Critical"},
	}
	ocsfRiskLevel = map[string]caption{
		"low": {1, "Low"}, "medium": {2, "Medium"}, "high": {3, "High"}, "critical": {4, "Critical"},
	}
)

// appendFinding appends the finding that replaces the record body.
func appendFinding(dst, body []byte, found []Alert, now time.Time) []byte {
	a := &found[0]
	r := a.Rule
	severity, known := ocsfSeverity[r.Severity]
	if !known {
		severity = caption{0, "Unknown"}
	}
	risk := ocsfRiskLevel[r.Severity]
	status, disposition := caption{1, "New"}, caption{19, "Alert"}
	if a.Suppressed != NotSuppressed {
		status, disposition = caption{3, "Suppressed"}, caption{17, "Logged"}
	}
	attacks := ocsfAttacks(r.Threat)
	own, resources := a.ocsfEvidence(), a.ocsfResources()
	var resource object
	if len(resources) > 0 {
		resource = resources[0]
	}
	return object{
		{"category_uid", ocsfCategory}, {"category_name", "Findings"},
		{"class_uid", ocsfClass}, {"class_name", "Detection Finding"},
		{"activity_id", ocsfActivity}, {"activity_name", "Create"},
		{"type_uid", ocsfType}, {"type_name", "Detection Finding: Create"},
		{"time", a.at.UnixMilli()},
		{"severity_id", severity.id}, {"severity", severity.word},
		{"risk_score", r.RiskScore}, {"risk_level_id", risk.id}, {"risk_level", risk.word},
		{"status_id", status.id}, {"status", status.word}, {"status_detail", a.Suppressed.String()},
		{"is_alert", a.Suppressed == NotSuppressed},
		// The call itself was neither allowed nor denied by us.
		{"action_id", 3}, {"action", "Observed"},
		{"disposition_id", disposition.id}, {"disposition", disposition.word},
		{"message", a.Reason},
		{"finding_info", a.ocsfFindingInfo(found, attacks, now)},
		{"attacks", attacks},
		{"metadata", object{
			{"version", ocsfVersion},
			{"product", object{{"name", ocsfProduct}, {"vendor_name", ocsfProduct}, {"version", version.Number}}},
			{"profiles", []string{"cloud", "security_control"}},
			{"log_name", "CloudTrail"}, {"log_provider", "AWS"}, {"original_time", a.Event.Time},
			{"event_code", a.Event.Action}, {"correlation_uid", a.Event.ID}, {"labels", r.Tags},
			{"loggers", a.ocsfLoggers()},
		}},
		{"cloud", object{
			{"provider", "AWS"}, {"region", a.Event.Region}, {"account", ocsfAccount(a.Event.Account)},
		}},
		{"evidences", append(own, a.ocsfRelated()...)},
		{"resources", resources},
		{"observables", a.ocsfObservables(len(own) > 0, resource)},
		{"remediation", a.ocsfRemediation()},
		{"unmapped", a.ocsfUnmapped(body, found)},
	}.append(dst)
}

// ocsfLoggers is the machine that raised the alert.
func (a *Alert) ocsfLoggers() []object {
	if a.Collector == "" {
		return nil
	}
	return []object{{{"name", a.Collector}, {"product", object{{"name", ocsfProduct}, {"vendor_name", ocsfProduct}, {"version", version.Number}}}}}
}

func (a *Alert) ocsfFindingInfo(found []Alert, attacks []object, now time.Time) object {
	if !a.RaisedAt.IsZero() {
		now = a.RaisedAt
	}
	var related []object
	for i := range found[1:] {
		related = append(related, ocsfAnalytic(found[i+1].Rule))
	}
	return object{
		{"uid", a.DedupKey},
		{"title", a.Rule.Name},
		{"desc", strings.TrimSpace(a.Rule.Description)},
		{"types", ocsfFindingTypes(a.Rule.Threat)},
		{"analytic", ocsfAnalytic(a.Rule)},
		{"related_analytics", related},
		{"attacks", attacks},
		{"data_sources", []string{"AWS CloudTrail"}},
		{"src_url", a.Event.URL},
		{"first_seen_time", a.at.UnixMilli()},
		{"created_time", now.UnixMilli()},
	}
}

// ocsfAnalytic is a rule as an analytic of the type Rule.
func ocsfAnalytic(r *rule.Rule) object {
	return object{
		{"type_id", 1}, {"type", "Rule"},
		{"name", r.Name}, {"uid", r.ID}, {"version", strconv.Itoa(r.Version)}, {"desc", ocsfCredit(r)},
	}
}

// ocsfCredit names the authors of a rule whose license wants that.
func ocsfCredit(r *rule.Rule) string {
	if authors := r.Credit(); len(authors) > 0 {
		return "By " + strings.Join(authors, ", ") + "; " + r.License
	}
	return ""
}

// ocsfFindingTypes are the tactics in the notation of AWS Security Hub:
// TTPs/Persistence.
func ocsfFindingTypes(threats []rule.Threat) []string {
	var types []string
	for _, t := range threats {
		if t.Tactic.Name != "" {
			if name := "TTPs/" + t.Tactic.Name; !slices.Contains(types, name) {
				types = append(types, name)
			}
		}
	}
	return types
}

// ocsfAttacks has an entry for each technique, or sub-technique, of each
// tactic. The version of ATT&CK, which the schema recommends, is left out: no
// rule file says it.
func ocsfAttacks(threats []rule.Threat) []object {
	var attacks []object
	for _, t := range threats {
		tactic := pair{"tactic", ocsfReference(&t.Tactic)}
		if len(t.Techniques) == 0 {
			attacks = append(attacks, object{tactic})
		}
		for _, q := range t.Techniques {
			technique := pair{"technique", ocsfReference(&q.Reference)}
			if len(q.Subtechniques) == 0 {
				attacks = append(attacks, object{tactic, technique})
			}
			for _, s := range q.Subtechniques {
				attacks = append(attacks, object{tactic, technique, {"sub_technique", ocsfReference(&s)}})
			}
		}
	}
	return attacks
}

func ocsfReference(r *rule.Reference) object {
	return object{{"uid", r.ID}, {"name", r.Name}, {"src_url", r.URL}}
}

func ocsfAccount(id string) object {
	if id == "" {
		return nil
	}
	return object{{"uid", id}, {"type_id", 10}, {"type", "AWS Account"}}
}

// ocsfUserTypes are the types of users that the schema has a number for, by
// CloudTrail's word. Any other is 99.
var ocsfUserTypes = map[string]int{"IAMUser": 1, "Root": 2, "AWSService": 3}

// ocsfRelated is the evidence of each related call, which goes after that of the alert's own event.
func (a *Alert) ocsfRelated() []object {
	var all []object
	actor := a.Actor.ocsfSame()
	for i := range a.Related[:min(len(a.Related), MaxRelated)] {
		if r := &a.Related[i]; r.Action != "" { // which the schema requires of a call
			all = append(all, r.evidence(actor))
		}
	}
	return all
}

// evidence is the call by the same actor as evidence. The schema has places for the call
// and the address; it has none for a time, an event's id or a resource that the call was
// about.
func (r *Related) evidence(actor object) object {
	source := object{{"domain", fit(r.Address)}}
	if ip, err := netip.ParseAddr(r.Address); err == nil && ip.Zone() == "" {
		source = object{{"ip", r.Address}}
	}
	return object{
		{"actor", actor}, {"src_endpoint", source},
		{"api", object{{"operation", fit(r.Action)}, {"service", object{{"name", fit(r.Provider)}}}}},
		{"data", object{{"related", object{
			// There even if nothing else is: it says that this is a related call.
			{"failed", r.Failed}, at("time", r.Time), {"event_id", fit(r.EventID)}, {"target", fit(r.Target)},
		}}}},
	}
}

// ocsfEvidence is who made which call from where, and what was granted.
func (a *Alert) ocsfEvidence() []object {
	source := object{{"ip", a.Source.IP}}
	if a.Source.IP == "" {
		source = object{{"domain", a.Source.Address}}
	}
	source = append(source, ocsfPlace(a.Source.Place)...)
	var api object
	if a.Event.Action != "" {
		api = object{
			{"operation", a.Event.Action}, {"service", object{{"name", a.Event.Provider}}},
			{"request", object{{"uid", a.requestID}}},
		}
	}
	var granted packed
	if g := a.granted(); g != nil {
		granted = object{{"grant", g}}.append(nil)
	}
	evidence := object{
		{"actor", a.Actor.ocsf()}, {"src_endpoint", source}, {"api", api},
		{"http_request", object{{"user_agent", a.Source.UserAgent}}},
		{"data", granted},
	}
	if !evidence[:3].says() && len(granted) == 0 {
		return nil // a user agent alone is not evidence by the schema
	}
	return []object{evidence}
}

// ocsfPlace is who the source's address belongs to, and where it is.
func ocsfPlace(p *geoip.Place) object {
	if p == nil {
		return nil
	}
	var system object
	if p.ASNumber != 0 {
		system = object{{"number", int(p.ASNumber)}, {"name", bounded(p.ASOrganization)}}
	}
	location := object{{"country", bounded(p.CountryISO)}, {"region", bounded(p.RegionISO)}, {"city", bounded(p.City)}}
	if !location.says() { // the schema wants one of these
		return object{{"autonomous_system", system}}
	}
	location = append(location, pair{"continent", bounded(p.Continent)})
	if p.HasLocation {
		location = append(location, pair{"lat", p.Latitude}, pair{"long", p.Longitude})
	}
	return object{{"autonomous_system", system}, {"location", location}}
}

// isOCSFUser reports whether the schema takes the actor for a user: it asks for one of
// these members.
func (a *Actor) isOCSFUser() bool { return cmp.Or(a.ARN, a.ID, a.Name, a.Account) != "" }

// isOCSFActor reports whether the schema takes it for an actor: a user, a session or a
// service that called.
func (a *Actor) isOCSFActor() bool {
	return a.isOCSFUser() || a.InvokedBy != "" || a.ocsfSession().says()
}

// ocsfSession is the session that the call was made in.
func (a *Actor) ocsfSession() object {
	session := object{{"issuer", a.SessionIssuerARN}, a.MFA.pair("is_mfa")}
	if !a.SessionCreated.IsZero() {
		session = append(session, pair{"created_time", a.SessionCreated.UnixMilli()})
	}
	return session
}

// ocsf is the actor as far as the schema has a place for it.
func (a *Actor) ocsf() object {
	if !a.isOCSFActor() {
		return nil
	}
	var user object
	if a.isOCSFUser() {
		user = object{{"uid", cmp.Or(a.ARN, a.ID)}, {"name", a.Name}, {"account", ocsfAccount(a.Account)}}
		user = append(user, pair{"credential_uid", a.AccessKeyID})
		if a.Type != "" {
			kind, known := ocsfUserTypes[a.Type]
			if !known {
				kind = 99
			}
			user = append(user, pair{"type_id", kind}, pair{"type", a.Type})
		}
	}
	return object{
		{"user", user}, {"session", a.ocsfSession()}, {"app_name", a.InvokedBy},
		{"idp", object{{"name", a.IdentityProvider}}},
	}
}

// ocsfSame is the actor of related calls. They are of the same principal or of the same
// access key: what differs between the sessions and keys of one principal is left out.
func (a *Actor) ocsfSame() object {
	if !a.isOCSFUser() {
		return nil
	}
	return object{{"user", object{{"uid", cmp.Or(a.ARN, a.ID)}, {"name", a.Name}, {"account", ocsfAccount(a.Account)}}}}
}

// ocsfRest is what the schema has no place for.
func (a *Actor) ocsfRest() object {
	rest := object{{"id", a.ID}, {"on_behalf_of", a.OnBehalfOf}, {"identity_store_arn", a.IdentityStoreARN}}
	if !a.isOCSFUser() {
		rest = append(rest, pair{"type", a.Type}, pair{"access_key_id", a.AccessKeyID})
	}
	if !a.isOCSFActor() {
		rest = append(rest, pair{"identity_provider", a.IdentityProvider})
	}
	return rest
}

// ocsfResources is the resource that was opened.
func (a *Alert) ocsfResources() []object {
	g := a.Grant
	if g == nil && a.Opened != nil {
		return a.ocsfOpened()
	}
	if g == nil || g.FunctionName == "" {
		return a.ocsfNamed()
	}
	var owner object
	if g.FunctionAccount != "" {
		owner = object{{"account", ocsfAccount(g.FunctionAccount)}}
	}
	return []object{{
		{"uid", g.FunctionARN()}, {"name", g.FunctionName}, {"type", "AWS::Lambda::Function"},
		{"region", g.Region}, {"owner", owner},
	}}
}

// ocsfNamed is the resource that the event names.
func (a *Alert) ocsfNamed() []object {
	if a.ResourceARN == "" {
		return nil
	}
	return []object{{{"uid", a.ResourceARN}}}
}

// ocsfOpened is the resource of a call other than AddPermission.
func (a *Alert) ocsfOpened() []object {
	o := a.Opened
	if o.Resource == "" {
		return a.ocsfNamed()
	}
	var owner object
	if o.Account != "" {
		owner = object{{"account", ocsfAccount(o.Account)}}
	}
	return []object{{
		{"uid", o.Resource}, {"name", o.Name()}, {"type", o.ResourceType}, {"region", o.Region}, {"owner", owner},
	}}
}

// ocsfRemediation is the command that undoes the grant.
func (a *Alert) ocsfRemediation() object {
	if a.Respond == "" {
		return nil
	}
	return object{{"desc", a.Respond}, {"references", a.Rule.References}}
}

// ocsfUnmapped is what the class has no place for, and the record itself.
func (a *Alert) ocsfUnmapped(body []byte, found []Alert) object {
	return object{
		{"event", packed(body)},
		{"alert", append(a.verdict(nil), pair{"actor", a.Actor.ocsfRest()}, pair{"license", a.Rule.License}, pair{"author", a.Rule.Credit()}, pair{"references", a.Rule.References}, pair{"guide", a.template().guide})},
		{"alerts", more(found)},
	}
}
