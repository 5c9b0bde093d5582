package alert

import "time"

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
