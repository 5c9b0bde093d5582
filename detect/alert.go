package detect

import (
	"bytes"
	"hash/fnv"
	"slices"
	"strconv"

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

	encoded *encodedRule
}

// encodedRule is what is the same in every alert of a rule, as MessagePack
// pairs: those that stand before the reason, and those after it.
type encodedRule struct {
	before, after           []byte
	pairsBefore, pairsAfter int
}

func encodeRule(r *Rule) encodedRule {
	var c encodedRule
	b := msgp.AppendString(nil, "rule")
	b = appendPairs(b, []field{
		{"id", r.ID}, {"name", r.Name}, {"version", r.Version}, {"license", r.License},
	})
	b = msgp.AppendString(b, "severity")
	b = msgp.AppendString(b, r.Severity)
	b = msgp.AppendString(b, "risk_score")
	b = msgp.AppendInt(b, r.RiskScore)
	c.before, c.pairsBefore = b, 3

	b = msgp.AppendString(nil, "threat")
	b = msgp.AppendArrayHeader(b, uint32(len(r.Threat)))
	for _, t := range r.Threat {
		b = appendThreat(b, t)
	}
	b = appendTexts(b, "tactics", r.Tactics())
	b = appendTexts(b, "techniques", r.Techniques())
	b = appendTexts(b, "tags", r.Tags)
	b = appendTexts(b, "references", r.References)
	c.after, c.pairsAfter = b, 5
	return c
}

// field is a key with a string or int value; one without a value is left out.
type field struct {
	key   string
	value any
}

func appendPairs(b []byte, fields []field) []byte {
	fields = slices.DeleteFunc(fields, func(f field) bool { return f.value == "" })
	b = msgp.AppendMapHeader(b, uint32(len(fields)))
	for _, f := range fields {
		b = msgp.AppendString(b, f.key)
		switch v := f.value.(type) {
		case string:
			b = msgp.AppendString(b, v)
		case int:
			b = msgp.AppendInt(b, v)
		}
	}
	return b
}

func appendThreat(b []byte, t Threat) []byte {
	pairs := uint32(2)
	if len(t.Techniques) > 0 {
		pairs++
	}
	b = msgp.AppendMapHeader(b, pairs)
	b = msgp.AppendString(b, "framework")
	b = msgp.AppendString(b, t.Framework)
	b = msgp.AppendString(b, "tactic")
	b = msgp.AppendMapHeader(b, 3)
	b = appendReference(b, t.Tactic)
	if len(t.Techniques) == 0 {
		return b
	}
	b = msgp.AppendString(b, "technique")
	b = msgp.AppendArrayHeader(b, uint32(len(t.Techniques)))
	for _, q := range t.Techniques {
		if len(q.Subtechniques) == 0 {
			b = msgp.AppendMapHeader(b, 3)
			b = appendReference(b, q.Reference)
			continue
		}
		b = msgp.AppendMapHeader(b, 4)
		b = appendReference(b, q.Reference)
		b = msgp.AppendString(b, "subtechnique")
		b = msgp.AppendArrayHeader(b, uint32(len(q.Subtechniques)))
		for _, s := range q.Subtechniques {
			b = msgp.AppendMapHeader(b, 3)
			b = appendReference(b, s)
		}
	}
	return b
}

func appendReference(b []byte, r Reference) []byte {
	b = msgp.AppendString(b, "id")
	b = msgp.AppendString(b, r.ID)
	b = msgp.AppendString(b, "name")
	b = msgp.AppendString(b, r.Name)
	b = msgp.AppendString(b, "reference")
	return msgp.AppendString(b, r.URL)
}

func appendTexts(b []byte, key string, texts []string) []byte {
	b = msgp.AppendString(b, key)
	b = msgp.AppendArrayHeader(b, uint32(len(texts)))
	for _, t := range texts {
		b = msgp.AppendString(b, t)
	}
	return b
}

var (
	fieldTimestamp = cloudtrail.LookupField("@timestamp")
	fieldEventID   = cloudtrail.LookupField("event.id")
	fieldAction    = cloudtrail.LookupField("event.action")
	fieldProvider  = cloudtrail.LookupField("event.provider")
	fieldActor     = cloudtrail.LookupField("aws.cloudtrail.user_identity.arn")
)

// describe fills in what the alert says about the event.
func (a *Alert) describe(event *cloudtrail.Event, alertKey string) {
	a.EventID = string(event.Text(fieldEventID))
	a.DedupKey = a.Rule.ID + ":" + a.EventID
	if a.EventID == "" {
		a.DedupKey += fingerprint(event.Body(), alertKey)
	}
	a.Reason = reason(event)
	if a.Grant != nil {
		a.Reason = reasonFor(a.Grant, string(event.Text(fieldAccount)))
	}
}

// fingerprint stands in for the id of an event that has none: the same however
// MessagePack encodes the event, and without what we have added to it.
func fingerprint(event []byte, alertKey string) string {
	h := fnv.New64a()
	var text []byte
	pairs := document.OverMap(event)
	for pairs.Next() {
		if k, _ := document.Text(pairs.Key); !bytes.HasPrefix(k, []byte(alertKey)) {
			text, _ = document.AppendJSON(text[:0], pairs.Key)
			text, _ = document.AppendJSON(text, pairs.Value)
			h.Write(text)
		}
	}
	return strconv.FormatUint(h.Sum64(), 16)
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
	pairs := a.encoded.pairsBefore + 1 + a.encoded.pairsAfter + 1
	for _, there := range []bool{a.Grant != nil, a.Coverage == CoverExtended, a.Suppressed != NotSuppressed} {
		if there {
			pairs++
		}
	}
	b = msgp.AppendMapHeader(b, uint32(pairs))
	b = append(b, a.encoded.before...)
	b = msgp.AppendString(b, "reason")
	b = msgp.AppendString(b, a.Reason)
	b = append(b, a.encoded.after...)
	if a.Grant != nil {
		b = msgp.AppendString(b, "grant")
		b = a.Grant.AppendMsg(b)
	}
	b = msgp.AppendString(b, "dedup_key")
	b = msgp.AppendString(b, a.DedupKey)
	if a.Coverage == CoverExtended {
		b = msgp.AppendString(b, "coverage")
		b = msgp.AppendString(b, "extended")
	}
	if a.Suppressed != NotSuppressed {
		b = msgp.AppendString(b, "suppressed")
		b = msgp.AppendString(b, a.Suppressed.String())
	}
	return b
}

// sortBySeverity puts the alert with the highest risk score first; among equal
// ones the order of the rules stays.
func sortBySeverity(found []Alert) {
	slices.SortStableFunc(found, func(a, b Alert) int { return b.Rule.RiskScore - a.Rule.RiskScore })
}

// appendAlertPairs writes what a record gains: key with the first alert and,
// where there are several, key+"s" with all of them.
func appendAlertPairs(b []byte, key string, found []Alert) []byte {
	b = msgp.AppendString(b, key)
	b = found[0].append(b)
	if len(found) == 1 {
		return b
	}
	b = msgp.AppendString(b, key+"s")
	b = msgp.AppendArrayHeader(b, uint32(len(found)))
	for i := range found {
		b = found[i].append(b)
	}
	return b
}

// appendTagged writes the map body, with the alert pairs at its end. What
// stands under keys that would pass for ours is kept under another name.
func appendTagged(b, body []byte, key string, alerts []byte, several bool) []byte {
	pairs, _, err := document.ReadMapHeader(body)
	if err != nil {
		return append(b, body...)
	}
	gained := 1
	if several {
		gained = 2
	}
	b = msgp.AppendMapHeader(b, uint32(pairs+gained))
	walk := document.OverMap(body)
	for walk.Next() {
		if text, ok := document.Text(walk.Key); ok && (string(text) == key || string(text) == key+"s") {
			b = msgp.AppendString(b, movedKey(body, string(text)))
		} else {
			b = append(b, walk.Key...)
		}
		b = append(b, walk.Value...)
	}
	return append(b, alerts...)
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
	if !several {
		return true
	}
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
	ours := document.OverMap(fresh.append(nil))
	theirs := document.OverMap(have)
	suppressed := ""
	for theirs.Next() {
		if k, ok := document.Text(theirs.Key); ok && string(k) == "suppressed" {
			text, _ := document.Text(theirs.Value)
			suppressed = string(text)
			continue
		}
		if !ours.Next() || !document.Equal(ours.Key, theirs.Key) || !document.Equal(ours.Value, theirs.Value) {
			return false
		}
	}
	if theirs.Err() != nil || ours.Next() {
		return false
	}
	return suppressed == "" || suppressed == a.Suppressed.String() || a.Suppressed == Duplicate
}
