package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
)

// Alert is one rule's verdict on one event.
type Alert struct {
	Rule       *Rule
	Reason     string // one sentence: who did what to whom
	DedupKey   string // the same for every copy of the event
	EventID    string
	Grant      *grant.Grant // what an AddPermission granted; nil for other events
	Coverage   Coverage     // CoverExtended where the rule's predicate does not match
	Suppressed Suppression

	// Actor, Source and Event are what an analyst asks first, and Respond is
	// the command that undoes a grant: empty where there is none.
	Actor   Actor
	Source  Source
	Event   Event
	Respond string

	encoded   *encodedRule
	form      cloudtrail.Form
	requestID string
	at        time.Time // when the event happened
}

// encodedRule is what is the same in every alert of a rule, as MessagePack
// pairs: those that stand before the reason, and those after it.
type encodedRule struct {
	before, after           []byte
	pairsBefore, pairsAfter uint32
}

func encodeRule(r *Rule) encodedRule {
	before := object{
		{"rule", object{{"id", r.ID}, {"name", r.Name}, {"version", r.Version}, {"license", r.License}, {"building_block_type", r.BuildingBlock}}},
		{"severity", r.Severity},
		{"risk_score", r.RiskScore},
	}
	threats := make([]object, len(r.Threat))
	for i := range r.Threat {
		threats[i] = r.Threat[i].object()
	}
	// The lists are there even where they are empty.
	after := object{
		{"threat", pack(threats)},
		{"tactics", pack(r.Tactics())}, {"techniques", pack(r.Techniques())},
		{"tags", pack(r.Tags)}, {"references", pack(r.References)},
	}
	return encodedRule{
		before: before.appendPairs(nil), pairsBefore: before.pairs(),
		after: after.appendPairs(nil), pairsAfter: after.pairs(),
	}
}

func (t *Threat) object() object {
	var techniques []object
	for _, q := range t.Techniques {
		var below []object
		for _, s := range q.Subtechniques {
			below = append(below, s.object())
		}
		techniques = append(techniques, append(q.Reference.object(), pair{"subtechnique", below}))
	}
	return object{{"framework", t.Framework}, {"tactic", t.Tactic.object()}, {"technique", techniques}}
}

func (r *Reference) object() object {
	return object{{"id", r.ID}, {"name", r.Name}, {"reference", r.URL}}
}

var (
	fieldTimestamp = cloudtrail.LookupField("@timestamp")
	fieldEventID   = cloudtrail.LookupField("event.id")
	fieldAction    = cloudtrail.LookupField("event.action")
	fieldProvider  = cloudtrail.LookupField("event.provider")
	fieldActor     = cloudtrail.LookupField("aws.cloudtrail.user_identity.arn")
)

// describe fills in what the alert says about the event.
func (a *Alert) describe(event *cloudtrail.Event) {
	a.EventID = bounded(event.Text(fieldEventID))
	a.DedupKey = a.Rule.ID + ":" + identify(event)
	if a.Grant != nil {
		a.Reason = reasonFor(a.Grant, string(event.Text(fieldAccount)))
	} else {
		a.Reason = reason(event)
	}
	a.investigate(event)
}

// maxEventID is the longest id that stands in a dedup_key as it is. CloudTrail's
// have 36 characters.
const maxEventID = 128

// identify returns what all copies of an event share: its id, a digest of one
// that is none of CloudTrail's, or a fingerprint where there is none.
func identify(event *cloudtrail.Event) string {
	id := event.Text(fieldEventID)
	switch {
	case len(id) == 0:
		return fingerprint(event)
	case len(id) > maxEventID || !utf8.Valid(id):
		return digest(sha256.Sum256(id))
	}
	return string(id)
}

// fingerprint stands in for the id of an event that has none: the same however
// the event is encoded and wrapped, and whatever stands beside its own members.
func fingerprint(event *cloudtrail.Event) string {
	h := sha256.New()
	for _, f := range identity {
		fmt.Fprintln(h, event.Value(f))
	}
	return digest([sha256.Size]byte(h.Sum(nil)))
}

func digest(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:16]) }

// identity are the fields that tell two events without an id apart.
var identity = []cloudtrail.Field{
	fieldTimestamp, fieldProvider, fieldAction, fieldOutcome, fieldActor, fieldAccount, fieldReceiver, fieldRegion, fieldResponse,
	cloudtrail.LookupField("aws.cloudtrail.request_parameters"),
	cloudtrail.LookupField("aws.cloudtrail.additional_eventdata"),
	cloudtrail.LookupField("aws.cloudtrail.service_event_details"),
	cloudtrail.LookupField("aws.cloudtrail.request_id"),
	cloudtrail.LookupField("aws.cloudtrail.shared_event_id"),
	cloudtrail.LookupField("aws.cloudtrail.user_identity.access_key_id"),
	cloudtrail.LookupField("source.address"),
	cloudtrail.LookupField("user.id"),
}

// reason says who did what where, for an event that nothing more is known of.
func reason(event *cloudtrail.Event) string {
	actor := grant.Printable(string(event.Text(fieldActor)))
	if actor == "" {
		actor = "somebody"
	}
	text := actor + " called " + grant.Printable(string(event.Text(fieldAction))) +
		" of " + grant.Printable(string(event.Text(fieldProvider)))
	if account := event.Text(fieldReceiver); len(account) > 0 {
		text += " in account " + grant.Printable(string(account))
	}
	return text
}

// append writes the alert's map.
func (a *Alert) append(b []byte) []byte {
	first := object{
		{"reason", a.Reason},
		{"actor", a.Actor.object()}, {"source", a.Source.object()}, {"event", a.Event.object()},
	}
	last := a.verdict()
	b = msgp.AppendMapHeader(b, a.encoded.pairsBefore+first.pairs()+a.encoded.pairsAfter+last.pairs())
	b = append(b, a.encoded.before...)
	b = first.appendPairs(b)
	b = append(b, a.encoded.after...)
	return last.appendPairs(b)
}

// verdict is what no schema but ours has a place for.
func (a *Alert) verdict() object {
	var granted packed
	if a.Grant != nil {
		granted = a.Grant.AppendMsg(nil)
	}
	coverage := ""
	if a.Coverage == CoverExtended {
		coverage = "extended"
	}
	return object{
		{"grant", granted}, {"respond", a.Respond}, {"dedup_key", a.DedupKey},
		{"coverage", coverage}, {"suppressed", a.Suppressed.String()},
	}
}

// sortBySeverity puts the alert with the highest risk score first; among equal
// ones the order of the rules stays.
func sortBySeverity(found []Alert) {
	slices.SortStableFunc(found, func(a, b Alert) int { return b.Rule.RiskScore - a.Rule.RiskScore })
}

// appendTagged writes the map body and, at its end, what it gains: key with the
// first alert and, where there are several, key+"s" with all of them. What
// stands under keys that would pass for ours is kept under another name.
func appendTagged(b, body []byte, key string, found []Alert) []byte {
	pairs, _, err := document.ReadMapHeader(body)
	if err != nil {
		return append(b, body...)
	}
	b = msgp.AppendMapHeader(b, uint32(pairs+min(len(found), 2)))
	keys := [2]string{key, key + "s"}
	var moved [2]string // what the keys are renamed to, once one is met
	walk := document.OverMap(body)
	for walk.Next() {
		which := -1
		if text, ok := document.Text(walk.Key); ok {
			which = slices.Index(keys[:], string(text))
		}
		if which < 0 {
			b = append(b, walk.Key...)
		} else {
			if moved[which] == "" {
				moved[which] = movedKey(body, keys[which])
			}
			b = msgp.AppendString(b, moved[which])
		}
		b = append(b, walk.Value...)
	}
	b = msgp.AppendString(b, key)
	b = found[0].append(b)
	if len(found) > 1 {
		b = msgp.AppendString(b, key+"s")
		b = appendList(b, found)
	}
	return b
}

func appendList(b []byte, found []Alert) []byte {
	b = msgp.AppendArrayHeader(b, uint32(len(found)))
	for i := range found {
		b = found[i].append(b)
	}
	return b
}

// movedKey returns key with the suffix _original, more than once where body has
// that key too.
func movedKey(body []byte, key string) string {
	for taken := true; taken; {
		key += "_original"
		_, taken = document.Get(body, key)
	}
	return key
}

// carries reports whether body already has the verdict that it would gain, as
// it does when its own output comes round again (rewrite_tag can do that).
func carries(body []byte, key string, found []Alert) bool {
	have, ok := document.Get(body, key)
	if !ok || !found[0].stands(have) {
		return false
	}
	list, several := document.Get(body, key+"s")
	if several != (len(found) > 1) {
		return false
	}
	return !several || allStand(list, found)
}

// allStand reports whether list is the list of these alerts, written earlier.
func allStand(list []byte, found []Alert) bool {
	items, n := document.OverArray(list), 0
	for items.Next() {
		if n == len(found) || !found[n].stands(items.Value) {
			return false
		}
		n++
	}
	return items.Err() == nil && n == len(found)
}

// stands reports whether have is this alert, written earlier. It is judged
// again now, and its second coming may be called a duplicate or one too many;
// the first word stands then. A suppression that we would not give does not:
// it could be the sender's, to be routed aside.
func (a *Alert) stands(have []byte) bool {
	fresh := *a
	fresh.Suppressed = NotSuppressed
	return a.sameBut(have, fresh.append(nil), "suppressed")
}

// sameBut reports whether two maps have the same pairs in the same order but
// for those whose keys are given, which only have may have. Of them a
// suppression must be one that we would give.
func (a *Alert) sameBut(have, fresh []byte, but ...string) bool {
	ours, theirs := document.OverMap(fresh), document.OverMap(have)
	for theirs.Next() {
		key, _ := document.Text(theirs.Key)
		if slices.Contains(but, string(key)) {
			if said, _ := document.Text(theirs.Value); string(key) == "suppressed" && !a.mayHaveSaid(string(said)) {
				return false
			}
			continue
		}
		if !ours.Next() || !document.Equal(ours.Key, theirs.Key) || !document.Equal(ours.Value, theirs.Value) {
			return false
		}
	}
	return theirs.Err() == nil && !ours.Next()
}

// mayHaveSaid reports whether a suppression could be what was said of the alert
// when it came first.
func (a *Alert) mayHaveSaid(suppressed string) bool {
	return suppressed == "" || suppressed == a.Suppressed.String() || a.Suppressed == Duplicate
}
