package grant

import (
	"bytes"
	"strings"
)

// Why the rule's predicate misses a grant.
const (
	// EvasionWildcardAction is an action that covers invocation by a wildcard
	// (lambda:*, *), so that lambda:InvokeFunction is not in the text.
	EvasionWildcardAction = "wildcard_action"

	// EvasionActionCase is an action in other letters (Lambda:invokefunction):
	// IAM ignores case, the predicate does not.
	EvasionActionCase = "action_case"

	// EvasionServiceSuffixInPrincipal is a principal that is not a service but has
	// .amazonaws.com in it, such as the name of a role.
	EvasionServiceSuffixInPrincipal = "service_suffix_in_principal"

	// EvasionServiceSuffixInParameters is .amazonaws.com in another parameter,
	// such as SourceArn or EventSourceToken.
	EvasionServiceSuffixInParameters = "service_suffix_in_parameters"

	// EvasionPublicMarkerInParameters is principal=* in the text though the
	// principal is not *.
	EvasionPublicMarkerInParameters = "public_marker_in_parameters"
)

// What the rule's predicate looks for in the text of requestParameters, with
// regard to case: the first must be in it, the others must not.
const (
	ruleAction        = "lambda:InvokeFunction"
	rulePublicMarker  = "principal=*"
	ruleServiceSuffix = ".amazonaws.com"
)

// FindEvasions fills Evasion with the reasons for which the rule's predicate
// misses the grant. requestText is what the predicate looks at: the Java text of
// requestParameters.
//
// Only a grant that the rule means to find is evaded. That is one that lets a
// principal invoke the function which is named, and is not known to be everyone,
// an organization, a service or the function's own account. An ambiguous grant
// is sought with any principal: somebody took pains to make it so.
//
// It also finds whether a public grant is one in plain words, for [Grant.Extended].
func (g *Grant) FindEvasions(requestText []byte) {
	hasAction := bytes.Contains(requestText, []byte(ruleAction))
	hasMarker := bytes.Contains(requestText, []byte(rulePublicMarker))
	hasSuffix := bytes.Contains(requestText, []byte(ruleServiceSuffix))
	g.Evasion = nil
	// In the words that Elastic's rule about public grants looks for
	// (151d8f72-0747-11ef-a0c2-f661ea17fbcc), with nothing that makes a service of it. Other
	// actions, and other spellings of this one, are nobody's.
	g.plainlyPublic = hasAction && hasMarker && !hasSuffix
	if !g.isSought() {
		return
	}
	if !hasAction {
		g.evades(EvasionWildcardAction, g.grantsInvokeBy(isWildcard))
		g.evades(EvasionActionCase, g.grantsInvokeBy(isOtherCase))
	}
	if hasSuffix {
		inPrincipal, elsewhere := strings.Contains(g.Principal, ruleServiceSuffix), requestText
		if inPrincipal {
			elsewhere = bytes.Replace(requestText, []byte(g.Principal), nil, 1)
		}
		g.evades(EvasionServiceSuffixInPrincipal, inPrincipal)
		g.evades(EvasionServiceSuffixInParameters, bytes.Contains(elsewhere, []byte(ruleServiceSuffix)))
	}
	g.evades(EvasionPublicMarkerInParameters, hasMarker)
}

// isSought reports whether the rule means to find a grant like this one.
func (g *Grant) isSought() bool {
	if !g.CoversInvoke || (g.PrincipalType == PrincipalUnknown && !g.Ambiguous) {
		return false
	}
	return g.Relation == RelationCrossAccount || g.Relation == RelationUnknown
}

func (g *Grant) evades(reason string, holds bool) {
	if holds {
		g.Evasion = append(g.Evasion, reason)
	}
}

// grantsInvokeBy reports whether the grant has an action of some form that
// covers invocation.
func (g *Grant) grantsInvokeBy(form func(action string) bool) bool {
	for action := range strings.SplitSeq(g.Action, actionSeparator) {
		if coversInvoke(action) && form(action) {
			return true
		}
	}
	return false
}

// isOtherCase reports whether an action that covers invocation is written in
// other letters than the predicate's.
func isOtherCase(action string) bool {
	return !isWildcard(action) && !strings.Contains(action, ruleAction)
}
