package alert

import "time"

// maxListed is the most entries that a list of a story, a use or a closing has.
const maxListed = 16

// GrantStory is a grant that was seen when it was opened, as far as it is remembered: the
// one that an alert about a use or a closing speaks of.
type GrantStory struct {
	Resource     string // its ARN, or the name that the call had for it
	ResourceType string // in CloudFormation's words

	// Principal is who was let in, Account its account, empty where there is none, and
	// Relation what it is to the owner, in the words of alert.grant.relation.
	Principal, Account, Relation string
	Actions                      []string // what was granted

	StatementID string // of the policy's statement, empty where there is none
	Means       string // what holds the grant: policy, acl, trust, grants, attribute, …

	OpenedAt      time.Time // zero: not known
	OpenedBy      string    // the ARN of who made the call, or a name
	OpenedEventID string
	DedupKey      string // of the alert that told of the opening

	GrantedBefore bool      // the same outsider used the resource before this grant was seen
	ClosedAt      time.Time // zero: open
	Forgotten     bool      // details were given up, because the memory was full
}

func (s *GrantStory) object() object {
	return object{
		{"resource", fit(s.Resource)}, {"resource_type", fit(s.ResourceType)},
		{"principal", fit(s.Principal)}, {"account", fit(s.Account)}, {"relation", fit(s.Relation)}, {"actions", allFit(s.Actions, maxListed)},
		{"statement_id", fit(s.StatementID)}, {"means", fit(s.Means)},
		at("opened_at", s.OpenedAt), {"opened_by", fit(s.OpenedBy)}, {"opened_event_id", fit(s.OpenedEventID)}, {"dedup_key", fit(s.DedupKey)},
		ifTrue("granted_before", s.GrantedBefore), at("closed_at", s.ClosedAt), ifTrue("forgotten", s.Forgotten),
	}
}

func readStory(m []byte) GrantStory {
	return GrantStory{
		Resource: textUnder(m, "resource"), ResourceType: textUnder(m, "resource_type"),
		Principal: textUnder(m, "principal"), Account: textUnder(m, "account"), Relation: textUnder(m, "relation"), Actions: textsUnder(m, "actions"),
		StatementID: textUnder(m, "statement_id"), Means: textUnder(m, "means"),
		OpenedAt: timeUnder(m, "opened_at"), OpenedBy: textUnder(m, "opened_by"), OpenedEventID: textUnder(m, "opened_event_id"),
		DedupKey: textUnder(m, "dedup_key"), GrantedBefore: flagUnder(m, "granted_before"), ClosedAt: timeUnder(m, "closed_at"),
		Forgotten: flagUnder(m, "forgotten"),
	}
}
