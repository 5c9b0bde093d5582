package follow

import (
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// Bounds of what is kept of one resource and one grant. Real ones stay below: the policy of a
// Lambda function has 20 KB at most (Lambda quotas), which are about 60 statements.
const (
	maxGrants    = 64 // of a resource, opened by those of one share
	maxUsages    = 16 // of a grant
	maxAddresses = 8  // of a usage
	maxAccounts  = 32 // of a grant
	maxActions   = 16
	maxKeptText  = 512
)

// open is a grant as it is remembered.
type open struct {
	resource, resourceType string
	means, statement       string
	qualifier, how         string
	relation, principal    string
	accounts               []uint64 // that are let in
	others                 bool     // and others than those
	actions                []string
	allBut                 bool // the actions are those that are not granted
	moreActions            bool // not all of them are listed
	at                     int64
	by, eventID, dedupKey  string
	before                 bool // an outsider used the resource before
	closed                 int64
	usages                 []usage
}

// usage is how a grant was used: one action, by one account where the grant names accounts.
type usage struct {
	action      string
	account     uint64 // zero: any
	principal   string
	takesOut    bool
	first, last int64 // times of events, in milliseconds
	count       uint64
	day         int64 // of the last event that raised an alert, in days since 1970
	addresses   []string
}

// newOpen is what is kept of one of the grants that a call has opened.
func newOpen(o *call.Opening, g *policy.Grant, resource string, by Origin, e *Event) open {
	kept := open{
		resource: cut(resource), resourceType: o.ResourceType, means: by.Means, statement: cut(by.Statement), qualifier: cut(by.Qualifier),
		relation: string(g.Relation), principal: cut(g.Principal),
		others: letsOthersIn(g), allBut: g.NotAction, moreActions: g.ActionsRest > 0 || len(g.Actions) > maxActions,
		at: e.At.UnixMilli(), by: cut(e.Actor), eventID: cut(e.ID), dedupKey: e.DedupKey,
	}
	if kept.statement == "" {
		kept.statement = cut(g.StatementID)
	}
	for _, account := range accountsOf(g) {
		if id, ok := accountID(account); ok && len(kept.accounts) < maxAccounts && !slices.Contains(kept.accounts, id) {
			kept.accounts = append(kept.accounts, id)
		}
	}
	for _, action := range g.Actions[:min(len(g.Actions), maxActions)] {
		kept.actions = append(kept.actions, cut(action))
	}
	return kept
}

// accountsOf are the accounts that a grant names.
func accountsOf(g *policy.Grant) []string {
	if len(g.Accounts) == 0 && g.PrincipalAccount != "" {
		return []string{g.PrincipalAccount}
	}
	return g.Accounts
}

// letsOthersIn reports whether somebody gets in whose account the grant does not name. A
// service acts by itself, and is nobody that a use could show.
func letsOthersIn(g *policy.Grant) bool {
	switch g.Relation {
	case policy.RelationCrossAccount:
		return g.AccountsRest > 0 || len(accountsOf(g)) == 0 || len(accountsOf(g)) > maxAccounts
	case policy.RelationService:
		return false
	}
	return true
}

// cut bounds a text that is kept. It may end within a character: it is compared, and made
// valid when it is written.
func cut(text string) string { return text[:min(len(text), maxKeptText)] }

// accountID is an account's id as a number.
func accountID(text string) (uint64, bool) {
	if !grant.IsAccountID(text) {
		return 0, false
	}
	id, err := strconv.ParseUint(text, 10, 64)
	return id, err == nil
}

// accountText is the id as AWS writes it; nothing for zero.
func accountText(id uint64) string {
	if id == 0 {
		return ""
	}
	text := strconv.FormatUint(id, 10)
	return "000000000000"[:max(12-len(text), 0)] + text
}

// same reports whether two grants let the same in to do the same, by the same means.
func (o *open) same(other *open) bool {
	return o.means == other.means && o.statement == other.statement && o.qualifier == other.qualifier && o.relation == other.relation &&
		o.principal == other.principal && o.others == other.others && o.allBut == other.allBut &&
		slices.Equal(o.accounts, other.accounts) && slices.Equal(o.actions, other.actions)
}

// isUsed reports whether a use was seen.
func (o *open) isUsed() bool { return len(o.usages) > 0 }

// opened is the grant as a closing looks at it.
func (o *open) opened() closing.Opened {
	g := closing.Opened{
		Resource: o.resource, Means: o.means, Statement: o.statement, Qualifier: o.qualifier, Principal: o.principal,
		Everyone: o.relation == string(policy.RelationPublic),
	}
	for _, id := range o.accounts {
		g.Accounts = append(g.Accounts, accountText(id))
	}
	return g
}

// story is what an alert says of the grant.
func (o *open) story() alert.GrantStory {
	s := alert.GrantStory{
		Resource: valid(o.resource), ResourceType: o.resourceType, Principal: valid(o.principal), Relation: o.relation,
		StatementID: valid(o.statement), Means: o.means, OpenedAt: timeOf(o.at), OpenedBy: valid(o.by), OpenedEventID: valid(o.eventID),
		DedupKey: o.dedupKey, GrantedBefore: o.before,
	}
	if len(o.accounts) > 0 {
		s.Account = accountText(o.accounts[0])
	}
	for _, a := range o.actions {
		s.Actions = append(s.Actions, valid(a))
	}
	if o.closed != 0 {
		s.ClosedAt = timeOf(o.closed)
	}
	return s
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// format is the version of what is kept.
const format = 1

// The bits of an open's flags.
const (
	flagOthers = 1 << iota
	flagAllBut
	flagMoreActions
	flagBefore
)

// appendOpens writes the grants of a resource; nothing for none.
func appendOpens(dst []byte, all []open) []byte {
	if len(all) == 0 {
		return dst
	}
	dst = append(dst, format)
	dst = appendText(dst, all[0].resource)
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for i := range all {
		dst = all[i].append(dst)
	}
	return dst
}

func (o *open) append(dst []byte) []byte {
	flags := byte(0)
	for i, set := range []bool{o.others, o.allBut, o.moreActions, o.before} {
		if set {
			flags |= 1 << i
		}
	}
	dst = append(dst, flags)
	for _, text := range []string{o.resourceType, o.means, o.statement, o.qualifier, o.how, o.relation, o.principal, o.by, o.eventID, o.dedupKey} {
		dst = appendText(dst, text)
	}
	dst = binary.AppendUvarint(dst, uint64(len(o.accounts)))
	for _, id := range o.accounts {
		dst = binary.AppendUvarint(dst, id)
	}
	dst = appendTexts(dst, o.actions)
	dst = binary.AppendVarint(dst, o.at)
	dst = binary.AppendVarint(dst, o.closed)
	dst = binary.AppendUvarint(dst, uint64(len(o.usages)))
	for i := range o.usages {
		dst = o.usages[i].append(dst)
	}
	return dst
}

func (u *usage) append(dst []byte) []byte {
	dst = appendText(dst, u.action)
	dst = binary.AppendUvarint(dst, u.account)
	dst = appendText(dst, u.principal)
	takes := byte(0)
	if u.takesOut {
		takes = 1
	}
	dst = append(dst, takes)
	dst = binary.AppendVarint(dst, u.first)
	dst = binary.AppendVarint(dst, u.last)
	dst = binary.AppendUvarint(dst, u.count)
	dst = binary.AppendVarint(dst, u.day)
	return appendTexts(dst, u.addresses)
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(texts)))
	for _, t := range texts {
		dst = appendText(dst, t)
	}
	return dst
}

// readOpens reads what appendOpens wrote. Of anything else it reads what it can: it comes
// out of a file with a checksum, which a later version may have written.
func readOpens(kept []byte) []open {
	if len(kept) == 0 || kept[0] != format {
		return nil
	}
	r := reader{kept[1:], false}
	resource := r.text()
	all := make([]open, 0, min(r.count(), maxGrants))
	for range cap(all) {
		o := open{resource: resource}
		o.read(&r)
		if r.failed {
			break
		}
		all = append(all, o)
	}
	return all
}

func (o *open) read(r *reader) {
	flags := r.byte()
	o.others, o.allBut, o.moreActions, o.before = flags&flagOthers != 0, flags&flagAllBut != 0, flags&flagMoreActions != 0, flags&flagBefore != 0
	for _, text := range []*string{&o.resourceType, &o.means, &o.statement, &o.qualifier, &o.how, &o.relation, &o.principal, &o.by, &o.eventID, &o.dedupKey} {
		*text = r.text()
	}
	for range r.count() {
		o.accounts = append(o.accounts, r.number())
	}
	o.actions = r.texts()
	o.at, o.closed = r.signed(), r.signed()
	for range r.count() {
		var u usage
		u.read(r)
		o.usages = append(o.usages, u)
	}
}

func (u *usage) read(r *reader) {
	u.action, u.account, u.principal, u.takesOut = r.text(), r.number(), r.text(), r.byte() != 0
	u.first, u.last, u.count, u.day = r.signed(), r.signed(), r.number(), r.signed()
	u.addresses = r.texts()
}

// reader reads what was written, and nothing once something was wrong.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) fail() { r.rest, r.failed = nil, true }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) signed() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// count is a number of things that follow, each of which has a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

func (r *reader) texts() []string {
	var all []string
	for range r.count() {
		all = append(all, r.text())
	}
	return all
}
