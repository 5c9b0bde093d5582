package grant

import "github.com/trailwire/trailwire/detect/document"

// ReadMsg reads the map that [Grant.AppendMsg] wrote. It returns false if b is
// not a map. Of a map that something else wrote, it reads what has the right key
// and type, as it is there: no text is bounded or checked.
//
// A written grant does not say RequiresToken, Denies or Ambiguous, and of several
// principals it has the one that Relation is about. The grant that is read says
// false there, so ask nothing of it that depends on them ([Grant.OnlyFor],
// [Grant.FindEvasions]).
func ReadMsg(b []byte) (Grant, bool) {
	if !document.IsMap(b) {
		return Grant{}, false
	}
	var g Grant
	for pairs := document.OverMap(b); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		g.readPair(string(key), pairs.Value)
	}
	return g, true
}

func (g *Grant) readPair(key string, value []byte) {
	text, _ := document.Text(value)
	switch key {
	case "function_name":
		g.FunctionName = string(text)
	case "function_account":
		g.FunctionAccount = string(text)
	case "region":
		g.Region = string(text)
	case "qualifier":
		g.Qualifier = string(text)
	case "statement_id":
		g.StatementID = string(text)
	case "action":
		g.Action = string(text)
	case "covers_invoke":
		g.CoversInvoke, _ = document.Bool(value)
	case "principal":
		g.Principal = string(text)
	case "principal_type":
		g.PrincipalType = PrincipalType(text)
	case "principal_account":
		g.PrincipalAccount = string(text)
	case "relation":
		g.Relation = Relation(text)
	case "source_account":
		g.SourceAccount = string(text)
	case "source_arn":
		g.SourceARN = string(text)
	case "org_id":
		g.OrgID = string(text)
	case "function_url_auth_type":
		g.FunctionURLAuthType = string(text)
	case "invoked_via_function_url":
		g.InvokedViaFunctionURL, _ = document.Bool(value)
	case "evasion":
		g.Evasion = nil // of a key that is there twice, the last counts
		for items := document.OverArray(value); items.Next(); {
			if reason, ok := document.Text(items.Value); ok {
				g.Evasion = append(g.Evasion, string(reason))
			}
		}
	}
}
