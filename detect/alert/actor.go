package alert

import (
	"cmp"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
)

// Actor is who made the call. Which of the members there are depends on the type of
// the identity (AWS CloudTrail User Guide, "CloudTrail userIdentity element"): users,
// roles and their sessions have an ARN, most others none.
type Actor struct {
	ARN              string
	Type             string // IAMUser, AssumedRole, Root, AWSService, IdentityCenterUser, …
	Name             string // the user's, for a session its role's
	ID               string // of one without an ARN: the principal's id, or a user's in IAM Identity Center
	Account          string
	AccessKeyID      string
	SessionIssuerARN string // the role that a session is of
	IdentityProvider string // who vouched for a SAML or web identity
	OnBehalfOf       string // the id of the user in IAM Identity Center for whom the call was made
	IdentityStoreARN string // where that user is
	InvokedBy        string // the service that made the call, for the actor or by itself

	MFA            MFA       // of the session, or of a sign-in to the console
	SessionCreated time.Time // when the session began, in milliseconds and UTC; zero: not known
}

// MFA says whether somebody has shown a second factor. A session of a role whose credentials
// came from a program has not.
type MFA uint8

const (
	MFAUnknown MFA = iota // the event does not say
	WithMFA
	WithoutMFA
)

// mfaOf is an answer, if there is one.
func mfaOf(shown, said bool) MFA {
	switch {
	case !said:
		return MFAUnknown
	case shown:
		return WithMFA
	}
	return WithoutMFA
}

// pair is the answer under a key, as a boolean. It says nothing if there is none.
func (m MFA) pair(key string) pair {
	if m == MFAUnknown {
		return pair{}
	}
	return pair{key, m == WithMFA}
}

func readMFA(m []byte, key string) MFA {
	value, _ := document.Get(m, key)
	return mfaOf(document.Bool(value))
}

// newActor reads the actor of an event. Each text is bounded and valid UTF-8.
func newActor(event *cloudtrail.Event, kept *texts) Actor {
	fieldText := func(f *cloudtrail.Field) string { return kept.bounded(event.ReadText(f)) }
	a := Actor{
		ARN: fieldText(&cloudtrail.FieldActor), Type: fieldText(&cloudtrail.FieldActorType), Name: fieldText(&cloudtrail.FieldActorName),
		Account: fieldText(&cloudtrail.FieldAccount), AccessKeyID: fieldText(&cloudtrail.FieldAccessKeyID), SessionIssuerARN: fieldText(&cloudtrail.FieldIssuer),
		IdentityProvider: fieldText(&cloudtrail.FieldIdentityProvider),
		OnBehalfOf:       fieldText(&cloudtrail.FieldOnBehalfOf), IdentityStoreARN: fieldText(&cloudtrail.FieldIdentityStore),
		InvokedBy: fieldText(&cloudtrail.FieldInvokedBy),
	}
	if a.ARN == "" {
		a.ID = fieldText(&cloudtrail.FieldActorID)
	}
	a.MFA = mfaOf(event.MFA())
	if text := event.ReadText(&cloudtrail.FieldSessionCreated); len(text) > 0 {
		if created, err := time.Parse(time.RFC3339, string(text)); err == nil {
			a.SessionCreated = inMilliseconds(created)
		}
	}
	return a
}

// nouns are what actors without an ARN are called, by their type. CloudTrail has their
// names under other members than those of users and roles of an account.
var nouns = map[string]string{
	"AWSService":         "service",
	"Directory":          "directory user",
	"IdentityCenterUser": "Identity Center user",
	"SAMLUser":           "SAML user",
	"Unknown":            "principal",
	"WebIdentityUser":    "web identity user",
}

// nounsOfAccount are the same for those who are known by their account.
var nounsOfAccount = map[string]string{
	"AssumedRole":   "role",
	"AWSAccount":    "principal",
	"FederatedUser": "federated user",
	"IAMUser":       "user",
	"Role":          "role",
	"Root":          "root user",
}

// Label names the actor in one line: by the ARN, else by what there is for the type:
//
//	service config.amazonaws.com
//	SAML user alice@example.com of identity provider ADFS
//	Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1 of account 111122223333
//
// It is bounded and printable for any event, and empty if the event names
// nobody.
func (a *Actor) Label() string {
	if a.ARN != "" {
		return grant.Printable(a.ARN)
	}
	who := cmp.Or(a.Name, a.ID)
	if a.Type == "AWSService" {
		who = cmp.Or(a.InvokedBy, who)
	}
	var words []string
	add := func(word, text string) {
		if text != "" {
			words = append(words, strings.TrimSpace(word+" "+grant.Printable(text)))
		}
	}
	add(cmp.Or(nouns[a.Type], nounsOfAccount[a.Type], "principal"), who)
	if who == "" {
		add(nouns["IdentityCenterUser"], a.OnBehalfOf)
	}
	if len(words) == 0 {
		add("the holder of access key", a.AccessKeyID)
	}
	if len(words) == 0 {
		add("service", a.InvokedBy)
	}
	if len(words) == 0 {
		add("account", a.Account)
		return strings.Join(words, " ")
	}
	add("of identity provider", a.IdentityProvider)
	add("of account", a.Account)
	return strings.Join(words, " ")
}

// insteadOfAccount names the actor where its account does not: if there is none, or
// where the actor is none of the account's own. It is empty if the account is all
// that a sentence needs.
func (a *Actor) insteadOfAccount() string {
	if a.Account == "" || a.ARN == "" && nouns[a.Type] != "" {
		return a.Label()
	}
	return ""
}

// object is all but what the actor's session says. The compiler puts it in its callers, where it
// takes no memory of its own.
func (a *Actor) object() object {
	return object{
		{"arn", a.ARN}, {"type", a.Type}, {"name", a.Name}, {"id", a.ID}, {"account", a.Account},
		{"access_key_id", a.AccessKeyID}, {"session_issuer_arn", a.SessionIssuerARN},
		{"identity_provider", a.IdentityProvider}, {"on_behalf_of", a.OnBehalfOf}, {"identity_store_arn", a.IdentityStoreARN},
		{"invoked_by", a.InvokedBy},
	}
}

// session is what the actor's session says.
func (a *Actor) session() object {
	if a.MFA == MFAUnknown && a.SessionCreated.IsZero() {
		return nil
	}
	return object{a.MFA.pair("mfa_authenticated"), {"created_at", (*moment)(&a.SessionCreated)}}
}

// readSession reads what [Actor.session] wrote.
func (a *Actor) readSession(m []byte) {
	a.MFA, a.SessionCreated = readMFA(m, "mfa_authenticated"), timeUnder(m, "created_at")
}

func readActor(m []byte) Actor {
	return Actor{
		ARN: textUnder(m, "arn"), Type: textUnder(m, "type"), Name: textUnder(m, "name"), ID: textUnder(m, "id"), Account: textUnder(m, "account"),
		AccessKeyID: textUnder(m, "access_key_id"), SessionIssuerARN: textUnder(m, "session_issuer_arn"),
		IdentityProvider: textUnder(m, "identity_provider"), OnBehalfOf: textUnder(m, "on_behalf_of"), IdentityStoreARN: textUnder(m, "identity_store_arn"),
		InvokedBy: textUnder(m, "invoked_by"),
	}
}
