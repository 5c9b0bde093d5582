package grant

import "strings"

// invokeActions are the actions that run a function, in lower case: IAM
// compares actions without regard to case (IAM User Guide, "IAM JSON policy
// elements: Action").
var invokeActions = [...]string{"lambda:invokefunction", "lambda:invokefunctionurl"}

// actionSeparator is between the actions of a grant that has several.
const actionSeparator = ", "

// coversInvoke reports whether an action of a policy, which may have IAM's
// wildcards in it, lets somebody run a function. AddPermission itself takes
// "lambda:*", "*" and full names only (Lambda API model, shape Action).
func coversInvoke(action string) bool {
	if action == ruleAction { // as nearly every one
		return true
	}
	pattern := strings.ToLower(action)
	for _, invoke := range invokeActions {
		if Matches(pattern, invoke) {
			return true
		}
	}
	return false
}

// isWildcard reports whether an action names more than one API call.
func isWildcard(action string) bool { return strings.ContainsAny(action, "*?") }

// Matches reports whether all of text is of the form of pattern, in which * stands for any
// text and ? for any one byte, as in the patterns of IAM. Case counts. It goes back to the last
// star only, so it takes at most len(pattern)·len(text) steps for any pattern.
func Matches(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
