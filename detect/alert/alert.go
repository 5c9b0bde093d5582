package alert

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/rule"
)

// Alert is one rule's verdict on one event.
type Alert struct {
	Rule     *rule.Rule
	Reason   string // one sentence: who did what to whom
	DedupKey string // the same for every delivery of the event
	EventID  string

	// RaisedAt is when the event was evaluated that the alert is about, in milliseconds and UTC, by
	// the clock of the machine that did so; Collector is its name. Neither is there if files were
	// evaluated.
	RaisedAt  time.Time
	Collector string

	// ResourceARN is the ARN of the resource that the alert is about, as far as the event says it.
	ResourceARN string

	Grant *grant.Grant // what an AddPermission granted; nil for other events

	// Opened is what the call let whom do, with all foreign grants. It is nil unless
	// the rule reads trailwire.grant.* or the coverage is all.
	Opened *call.Opening

	// Filled is what has come together for a rule about several events. It is nil for
	// others.
	Filled *Filled

	// Used is the use of a grant that the alert is about, Closed the end of one. Either
	// is nil for others; [Alert.Use] and [Alert.Close] set them.
	Used   *Used
	Closed *Closed

	// Related are earlier calls by the same actor, the newest first.
	Related []Related

	// Visible and NotVisible say, in an alert about a grant, which uses of it this trail
	// would show and which not: short sentences, for people.
	Visible, NotVisible []string

	Coverage   Coverage // CoverExtended if the rule's predicate does not match
	Suppressed Suppression

	// Actor, Source and Event are what an analyst asks first. Respond is the
	// command that undoes a grant, Inspect the one that shows what is there now, for
	// an alert with Opened; either is empty if there is none.
	Actor   Actor
	Source  Source
	Event   Event
	Respond string
	Inspect string

	names     map[string]string // of accounts that are known by one
	content   []byte            // what the event says; see Content
	encoded   *Template
	form      cloudtrail.Form
	requestID string
	hasGuide  bool // of one that was read

	categories cloudtrail.Categories // for FormatECS
	at         time.Time             // when the event happened
}

// TemplateOptions are what the alerts of one engine have in common.
type TemplateOptions struct {
	// Collector is the name of the machine that raises them.
	Collector string
	// Format is the one that they are written in, if that is known. Some fields are read for
	// FormatECS alone.
	Format Format
	// Guide says that each repeats its rule's description, false positives and note.
	Guide bool
}

// Template makes the alerts of one rule. What is the same in all of them is written
// once, as MessagePack pairs: those before the reason, and those after it. It does
// not change, and any goroutine may use it.
type Template struct {
	rule                    *rule.Rule
	options                 TemplateOptions
	before, after           []byte
	pairsBefore, pairsAfter uint32

	guide packed     // but for the description, which some formats have elsewhere
	inECS *saidInECS // for FormatECS
}

// NewTemplate returns the template of a rule's alerts.
func NewTemplate(r *rule.Rule) *Template { return NewTemplateWith(r, TemplateOptions{}) }

// NewTemplateWith is [NewTemplate] with options.
func NewTemplateWith(r *rule.Rule, o TemplateOptions) *Template {
	o.Collector = fit(o.Collector)
	before := object{
		{"rule", object{{"id", r.ID}, {"name", r.Name}, {"version", r.Version}, {"license", r.License}, {"author", r.Credit()}, {"building_block_type", r.BuildingBlock}}},
		{"severity", r.Severity},
		{"risk_score", r.RiskScore},
	}
	threats := make([]object, len(r.Threat))
	for i := range r.Threat {
		threats[i] = threatObject(&r.Threat[i])
	}
	// The lists are there even if they are empty.
	after := object{
		{"threat", pack(threats)},
		{"tactics", pack(r.Tactics())}, {"techniques", pack(r.Techniques())},
		{"tags", pack(r.Tags)}, {"references", pack(r.References)},
	}
	var guide packed
	if o.Guide {
		whole := guideObject(r)
		after = append(after, pair{"guide", whole})
		if beside := whole[1:]; beside.says() {
			guide = pack(beside)
		}
	}
	t := &Template{rule: r, options: o, guide: guide}
	t.before, t.pairsBefore = before.appendPairs(nil)
	t.after, t.pairsAfter = after.appendPairs(nil)
	if o.Format == FormatECS {
		t.inECS = newSaidInECS(r)
	}
	return t
}

// Granted is what an event granted, as far as it is known.
type Granted struct {
	Lambda *grant.Grant      // by an AddPermission
	Opened *call.Opening     // by any call
	Names  map[string]string // the names of accounts that are known by one
}

// Alert returns the alert of an event that happened at this time. The facts are those of the event; what
// they keep must not be used for another record while the alert is.
func (t *Template) Alert(event *cloudtrail.Event, f *Facts, g Granted, coverage Coverage, at time.Time) Alert {
	f.of(event)
	a := Alert{Rule: t.rule, Coverage: coverage, Grant: g.Lambda, Opened: g.Opened, names: g.Names, encoded: t, at: at, Collector: t.options.Collector}
	a.describe(event, f)
	return a
}

func threatObject(t *rule.Threat) object {
	var techniques []object
	for _, q := range t.Techniques {
		var below []object
		for _, s := range q.Subtechniques {
			below = append(below, referenceObject(&s))
		}
		techniques = append(techniques, append(referenceObject(&q.Reference), pair{"subtechnique", below}))
	}
	return object{{"framework", t.Framework}, {"tactic", referenceObject(&t.Tactic)}, {"technique", techniques}}
}

func referenceObject(r *rule.Reference) object {
	return object{{"id", r.ID}, {"name", r.Name}, {"reference", r.URL}}
}

// describe fills in what the alert says about the event.
func (a *Alert) describe(event *cloudtrail.Event, f *Facts) {
	a.content = f.content
	a.DedupKey = a.Rule.ID + f.key
	a.investigate(event, f)
	if a.encoded.options.Format == FormatECS && event.Form() == cloudtrail.Raw {
		a.categories = event.Categories()
	}
	switch {
	case a.Grant != nil:
		a.Reason = a.reasonOfGrant()
	case a.Opened != nil:
		a.Reason = a.Opened.Sentence(cmp.Or(a.Actor.insteadOfAccount(), a.Actor.Account), a.Actor.Account, a.names)
	default:
		a.Reason = a.reasonOfCall(string(event.ReadText(&cloudtrail.FieldReceiver)))
	}
}

// AppendContent appends what the alert's event says and grants. It is the same
// in any encoding and wrapping, and does not depend on what is beside its own
// members. Two events with one id and another content are not duplicates: one of
// them is forged.
func (a *Alert) AppendContent(dst []byte) []byte {
	dst = append(dst, a.content...)
	if a.Grant != nil {
		// Two structures can have one Java text; what they grant tells them apart.
		dst = a.Grant.AppendMsg(dst)
	}
	if a.Opened != nil {
		dst, _ = a.Opened.AppendGrants(dst, nil)
	}
	return dst
}

// AppendEvent appends the values of the fields that tell two events apart, but for their
// ids.
func AppendEvent(dst []byte, event *cloudtrail.Event) []byte {
	for i := range content {
		start := len(dst)
		dst = event.Read(&content[i]).Append(append(dst, noCount...))
		setCount(dst, start)
	}
	for i := range contentIfThere {
		f := &contentIfThere[i]
		if text := event.ReadText(f); len(text) > 0 {
			dst = appendCounted(appendCounted(dst, f.Name()), text)
		}
	}
	return dst
}

// appendCounted appends a text after its count, so that no text can pass for two.
func appendCounted[T string | []byte](dst []byte, text T) []byte {
	start := len(dst)
	dst = append(append(dst, noCount...), text...)
	setCount(dst, start)
	return dst
}

// noCount is room for a count: of its own bytes and those after it.
const noCount = "\x00\x00\x00\x00\x00\x00\x00\x00"

// setCount sets the count at start of what dst ends with.
func setCount(dst []byte, start int) {
	binary.BigEndian.PutUint64(dst[start:], uint64(len(dst)-start))
}

// content are the fields that tell two events apart.
var content = []cloudtrail.Field{
	cloudtrail.FieldTimestamp, cloudtrail.FieldProvider, cloudtrail.FieldAction, cloudtrail.FieldOutcome, cloudtrail.FieldActor, cloudtrail.FieldAccount, cloudtrail.FieldReceiver, cloudtrail.FieldRegion, cloudtrail.FieldResponse,
	cloudtrail.FieldRequest,
	cloudtrail.FieldAdditional,
	cloudtrail.FieldServiceDetails,
	cloudtrail.FieldRequestID,
	cloudtrail.FieldSharedEventID,
	cloudtrail.FieldAccessKeyID,
	cloudtrail.FieldAddress,
	cloudtrail.FieldActorID,
	cloudtrail.FieldActorType,
	cloudtrail.FieldIssuer,
	cloudtrail.FieldUserAgent,
}

// contentIfThere are further ones, which only events of some actors have.
var contentIfThere = []cloudtrail.Field{
	cloudtrail.FieldOnBehalfOf, cloudtrail.FieldIdentityStore, cloudtrail.FieldIdentityProvider, cloudtrail.FieldInvokedBy,
}

// reasonOfGrant says what a grant did. A grant to a service that nothing binds
// needs a word more, since services are granted things all day. The rule's own
// alerts say it only if no source is named at all, as they always have.
func (a *Alert) reasonOfGrant() string {
	reason := a.Grant.Sentence(a.Actor.Account)
	if actor := a.Actor.insteadOfAccount(); actor != "" {
		reason = a.Grant.SentenceBy(actor, a.Actor.Account)
	}
	if account := a.Grant.PrincipalAccount; a.names[account] != "" {
		reason = strings.Replace(reason, "account "+account, "account "+call.Named(account, a.names), 1)
	}
	if forWhom := a.Grant.ForWhom(); forWhom != "" && (a.Coverage == CoverExtended || a.Rule.IsAboutGrants() || !a.Grant.NamesSource()) {
		reason += " " + forWhom
	}
	return reason
}

// reasonOfCall says who did what where, for an event that nothing more is known of.
func (a *Alert) reasonOfCall(receiver string) string {
	text := cmp.Or(a.Actor.Label(), "somebody") + " called " + grant.Printable(a.Event.Action) + " of " + grant.Printable(a.Event.Provider)
	if receiver != "" {
		text += " in account " + grant.Printable(receiver)
	}
	return text
}

// template is the one that made the alert, or would have made one that was read.
func (a *Alert) template() *Template {
	if a.encoded == nil {
		a.encoded = NewTemplateWith(a.Rule, TemplateOptions{Guide: a.hasGuide})
	}
	return a.encoded
}

// append writes the alert's map.
func (a *Alert) append(b []byte) []byte {
	t := a.template()
	b, head := openMap(b, mostPairs)
	b, first := object{
		{"reason", a.Reason},
		{"actor", a.Actor.object()}, {"session", a.Actor.session()}, {"source", a.Source.object()}, {"event", a.Event.object()},
	}.appendPairs(append(b, t.before...))
	var room [mostPairs]pair
	last := append(a.verdict(room[:0]), a.related(), pair{"collector", &a.Collector})
	b, pairs := last.appendPairs(append(b, t.after...))
	return head.close(b, t.pairsBefore+first+t.pairsAfter+pairs)
}

// mostPairs is more than an alert's map has.
const mostPairs = 32

// verdict appends what no schema but ours has a place for.
func (a *Alert) verdict(o object) object {
	var all packed
	rest := pair{}
	if a.Opened != nil && len(a.Opened.Grants)+a.Opened.Rest > 1 {
		packed, n := a.Opened.AppendGrants(nil, a.names)
		if all = packed; n > 0 {
			rest = pair{"grants_rest", n}
		}
	}
	return append(o,
		pair{"grant", a.granted()}, pair{"grants", all}, rest,
		pair{"state", a.Filled.object()}, pair{"use", a.Used.object()}, pair{"closing", a.Closed.object()},
		pair{"visibility", a.visibility()},
		pair{"resource_arn", &a.ResourceARN}, pair{"inspect", &a.Inspect}, pair{"respond", &a.Respond}, pair{"dedup_key", &a.DedupKey},
		pair{"coverage", a.Coverage.String()}, pair{"suppressed", a.Suppressed.String()},
		pair{"raised_at", (*millisecond)(&a.RaisedAt)},
	)
}

func (a *Alert) visibility() object {
	if len(a.Visible) == 0 && len(a.NotVisible) == 0 {
		return nil
	}
	return object{{"visible", allFit(a.Visible, maxListed)}, {"not_visible", allFit(a.NotVisible, maxListed)}}
}

// related are the calls before, for the formats that have no place of their own for them.
func (a *Alert) related() pair {
	if len(a.Related) == 0 {
		return pair{}
	}
	return pair{"related", relatedObjects(a.Related)}
}

// granted is the worst grant, nil if there is none. Of an AddPermission
// it says what the reader of statements knows, and after that what an alert about any
// call says.
func (a *Alert) granted() any {
	name := ""
	if a.Grant != nil {
		name = a.names[a.Grant.PrincipalAccount]
	}
	switch {
	case a.Grant == nil && a.Opened == nil:
		return nil
	case a.Grant == nil:
		return packed(a.Opened.AppendGrant(nil, a.names))
	case a.Opened == nil && name == "":
		return a.Grant
	}
	var beside []byte
	var pairs uint32
	if a.Opened != nil {
		beside, pairs = a.Opened.AppendBeside(nil, a.names)
	} else {
		beside, pairs = object{{"principal_name", name}}.appendPairs(nil)
	}
	m := a.Grant.AppendMsg(nil)
	n, rest, err := document.ReadMapHeader(m)
	if err != nil {
		return packed(m)
	}
	return packed(append(append(msgp.AppendMapHeader(nil, uint32(n)+pairs), rest...), beside...))
}

// Grantee says whom the alert is about: what the outsider is to the account, and who
// it is. It returns false if the alert is not about a grant.
func (a *Alert) Grantee() (relation, who string, ok bool) {
	switch {
	case a.Grant != nil:
		return string(a.Grant.Relation), a.Grant.Grantee(), true
	case a.Opened != nil:
		return string(a.Opened.Worst().Relation), a.Opened.Grantee(), true
	}
	return "", "", false
}

// SortBySeverity puts the alert with the highest risk score first; among equal
// ones the order of the rules stays.
func SortBySeverity(found []Alert) {
	slices.SortStableFunc(found, func(a, b Alert) int { return b.Rule.RiskScore - a.Rule.RiskScore })
}

// alreadyThere is what a record has under the keys that it gets alerts under. It is nothing where nobody
// has put it there.
type alreadyThere struct {
	alert, alerts []byte
	pairs         []byte // all pairs of the record, if they can be read
}

// under reads what a record has under key and key+"s".
func under(body []byte, key string) (there alreadyThere) {
	walk := document.OverMap(body)
	first := walk.Rest()
	for walk.Next() {
		name, _ := walk.Name()
		switch which(name, key) {
		case 0:
			there.alert = walk.Value
		case 1:
			there.alerts = walk.Value
		}
	}
	if walk.Err() != nil {
		return alreadyThere{}
	}
	there.pairs = first[:len(first)-len(walk.Rest())]
	return there
}

// which is 0 for the name key, 1 for key+"s", and -1 for another.
func which(name []byte, key string) int {
	switch {
	case len(name) < len(key) || len(name) > len(key)+1 || string(name[:len(key)]) != key:
		return -1
	case len(name) == len(key):
		return 0
	case name[len(key)] == 's':
		return 1
	}
	return -1
}

// appendTagged writes the map body and, at its end, what it gains: key with the
// first alert and, if there are several, key+"s" with all of them. What is
// under keys that would pass for ours is kept under another name.
func appendTagged(b, body []byte, there *alreadyThere, key string, found []Alert) []byte {
	pairs, _, err := document.ReadMapHeader(body)
	if err != nil {
		return append(b, body...)
	}
	b = msgp.AppendMapHeader(b, uint32(pairs+min(len(found), 2)))
	if there.alert == nil && there.alerts == nil && there.pairs != nil {
		b = append(b, there.pairs...)
	} else {
		b = appendMoved(b, body, key)
	}
	b = msgp.AppendString(b, key)
	b = found[0].append(b)
	if len(found) > 1 {
		b = msgp.AppendString(b, key+"s")
		b = appendList(b, found)
	}
	return b
}

// appendMoved writes the pairs of a record, those under our keys under other ones.
func appendMoved(b, body []byte, key string) []byte {
	keys := [2]string{key, key + "s"}
	var moved [2]string // what the keys are renamed to, once one is met
	walk := document.OverMap(body)
	for walk.Next() {
		name, _ := walk.Name()
		if k := which(name, key); k < 0 {
			b = append(b, walk.Key...)
		} else {
			if moved[k] == "" {
				moved[k] = movedKey(body, keys[k])
			}
			b = msgp.AppendString(b, moved[k])
		}
		b = append(b, walk.Value...)
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

// movedKey returns key with the suffix _original, more than once if body has
// that key too.
func movedKey(body []byte, key string) string {
	for taken := true; taken; {
		key += "_original"
		_, taken = document.Get(body, key)
	}
	return key
}

// carries reports whether a record already has the verdict that it would gain, as
// it does when its own output comes round again (rewrite_tag can do that).
func (t *alreadyThere) carries(found []Alert) bool {
	if t.alert == nil || !found[0].alreadyWritten(t.alert) {
		return false
	}
	if (t.alerts != nil) != (len(found) > 1) {
		return false
	}
	return t.alerts == nil || allAlreadyWritten(t.alerts, found)
}

// allAlreadyWritten reports whether list is the list of these alerts, written earlier.
func allAlreadyWritten(list []byte, found []Alert) bool {
	items, n := document.OverArray(list), 0
	for items.Next() {
		if n == len(found) || !found[n].alreadyWritten(items.Value) {
			return false
		}
		n++
	}
	return items.Err() == nil && n == len(found)
}

// alreadyWritten reports whether have is this alert, written earlier. It is judged
// again now, and may now be a duplicate or past max_signals; the first judgement is
// kept then. A suppression that we would not give is not kept: it could be the
// sender's, to be routed aside. Nor need the related calls be the same: there may be
// further ones now. When the first alert was raised and by which machine is kept too.
func (a *Alert) alreadyWritten(have []byte) bool {
	fresh := a.atFirst()
	return a.sameBut(have, fresh.append(nil), "suppressed", "related", "raised_at", "collector")
}

// atFirst is the alert without what may differ when its event is judged again.
func (a *Alert) atFirst() Alert {
	fresh := *a
	fresh.Suppressed, fresh.Related = NotSuppressed, nil
	fresh.RaisedAt, fresh.Collector = time.Time{}, ""
	return fresh
}

// sameBut reports whether two maps have the same pairs in the same order but
// for those whose keys are given, which only have may have. Of them a
// suppression must be one that we would give, and what only have says must be of the
// type that we give it: Elasticsearch refuses a document in which a date is none.
func (a *Alert) sameBut(have, fresh []byte, but ...string) bool {
	ours, theirs := document.OverMap(fresh), document.OverMap(have)
	for theirs.Next() {
		key, _ := document.Text(theirs.Key)
		if slices.Contains(but, string(key)) {
			if !a.mayHaveSaid(string(key), theirs.Value) {
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

// mayHaveSaid reports whether we could have put a value under a key in which two verdicts may
// differ.
func (a *Alert) mayHaveSaid(key string, value []byte) bool {
	text, isText := document.Text(value)
	switch key {
	case "suppressed":
		return a.mayHaveWritten(string(text))
	case "raised_at", "event.created":
		_, err := time.Parse(time.RFC3339, string(text))
		return isText && err == nil
	case "collector", "observer.hostname":
		return isText && len(text) <= grant.MaxText && utf8.Valid(text)
	}
	return true
}

// mayHaveWritten reports whether a suppression could be what was said of the alert
// when it came first.
func (a *Alert) mayHaveWritten(suppressed string) bool {
	return suppressed == "" || suppressed == a.Suppressed.String() || a.Suppressed == Duplicate
}
