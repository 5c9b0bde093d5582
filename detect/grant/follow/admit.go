package follow

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// admits reports whether the grant lets in who made a use, and for what was done.
func (o *open) admits(u *use.Use, account uint64) bool {
	return o.admitsCaller(u, account) && o.admitsAction(u.Action)
}

func (o *open) admitsCaller(u *use.Use, account uint64) bool {
	if slices.Contains(o.accounts, account) && account != 0 {
		return true
	}
	if !o.others {
		return false
	}
	switch policy.Relation(o.relation) {
	case policy.RelationFederated:
		return u.Federated
	case policy.RelationOrganization:
		return account != 0
	}
	return !u.Federated
}

// admitsAction compares actions as IAM does: without regard to case, with * and ?. Grants
// that are not made by policies name no service, or no actions at all.
func (o *open) admitsAction(action string) bool {
	if len(o.actions) == 0 || o.moreActions {
		return true
	}
	matches := slices.ContainsFunc(o.actions, func(pattern string) bool { return matchesAction(pattern, action) })
	return matches != o.allBut
}

// matchesAction matches a pattern with an action that has its service before a colon.
func matchesAction(pattern, action string) bool {
	if !strings.Contains(pattern, ":") && pattern != "*" {
		_, action, _ = strings.Cut(action, ":")
	}
	return grant.Matches(strings.ToLower(pattern), strings.ToLower(action))
}
