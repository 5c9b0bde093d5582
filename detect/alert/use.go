package alert

import (
	"strings"
	"time"
)

// MaxAddresses is the most addresses that a use lists.
const MaxAddresses = 8

// Used is the use of a grant that somebody outside of the account was given.
type Used struct {
	Grant    GrantStory
	Action   string // as IAM names it: lambda:InvokeFunction
	TakesOut bool   // data, code, secrets or credentials came out

	Account, Principal string // the user's; the account is empty for one who is not known by it

	First, Last time.Time
	Count       int
	Addresses   []string // different ones, at most [MaxAddresses]

	// EventID is the first use's. The alert's own event is the granting one if the use
	// came in before it, and Late says so.
	EventID string
	Late    bool
}

// Use makes the alert one about the use of a grant. Two alerts of one event about
// different grants or actions are not duplicates. Which uses are counted so far makes no
// difference to that.
func (a *Alert) Use(u *Used) {
	a.Used = u
	if isARN(u.Grant.Resource) {
		a.ResourceARN = fit(u.Grant.Resource)
	}
	a.tellApart("use", u.Grant.Resource, u.Grant.Means, u.Grant.StatementID, u.Grant.Principal, u.Grant.DedupKey, u.Action, u.Account, u.Principal, u.EventID)
	a.Reason = u.sentence(a.names)
}

// sentence says who did what, and which grant let them:
//
//	account 999988887777 invoked Lambda function pay with the grant that alice opened 3 hours earlier, the first of 2 uses
func (u *Used) sentence(names map[string]string) string {
	var b strings.Builder
	b.WriteString(outsider(u.Account, u.Principal, names) + " " + did(u.Action) + " " + u.Grant.resource() + " with " + u.grant())
	if u.Count > 1 {
		b.WriteString(", the first of " + counted(u.Count, "use"))
	}
	if u.Grant.GrantedBefore {
		b.WriteString("; it had access before this grant was seen")
	}
	return b.String()
}

// grant says which grant it was: who opened it, and how long before the first use.
func (u *Used) grant() string {
	opened := "opened"
	if u.Grant.OpenedBy != "" {
		opened = "that " + person(u.Grant.OpenedBy) + " opened"
	}
	switch before := u.First.Sub(u.Grant.OpenedAt); {
	case u.Grant.OpenedAt.IsZero() && u.Grant.OpenedBy == "":
		return "a grant of which no more is remembered"
	case u.Grant.OpenedAt.IsZero() || u.First.IsZero():
		return "the grant " + opened
	case before < 0:
		// The times are those that events say: the call that opened may take longer.
		return "the grant " + opened + " " + Span(-before) + " later"
	default:
		return "the grant " + opened + " " + Span(before) + " earlier"
	}
}

// object is what an alert says of it.
func (u *Used) object() object {
	if u == nil {
		return nil
	}
	return object{
		{"action", fit(u.Action)}, {"takes_out", u.TakesOut}, {"account", fit(u.Account)}, {"principal", fit(u.Principal)},
		at("first", u.First), at("last", u.Last), {"count", u.Count}, {"addresses", allFit(u.Addresses, MaxAddresses)},
		{"event_id", fit(u.EventID)}, ifTrue("late", u.Late), {"grant", u.Grant.object()},
	}
}

// AppendMsg appends it as an alert says it, as a MessagePack map, for [ReadUsed].
func (u *Used) AppendMsg(dst []byte) []byte { return u.object().append(dst) }

// ReadUsed reads what [Used.AppendMsg] has written. It returns nil for anything that does
// not say an action. A record may be anybody's: no text in it is checked.
func ReadUsed(m []byte) *Used {
	action := textUnder(m, "action")
	if action == "" {
		return nil
	}
	return &Used{
		Grant: readStory(mapUnder(m, "grant")), Action: action, TakesOut: flagUnder(m, "takes_out"),
		Account: textUnder(m, "account"), Principal: textUnder(m, "principal"),
		First: timeUnder(m, "first"), Last: timeUnder(m, "last"), Count: numberUnder(m, "count"), Addresses: textsUnder(m, "addresses"),
		EventID: textUnder(m, "event_id"), Late: flagUnder(m, "late"),
	}
}
