package call

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// ReadMsg reads what [Opening.AppendGrant] and [Opening.AppendGrants] wrote: list
// may be nil, rest is the count beside it. It returns nil if worst is not a map
// that they write.
//
// Of a map that something else wrote, it reads what has the right key and type, as it
// is there: no text is bounded or checked. An Opening that was read has no commands
// and no sentence, and its conditions do not say which of them bind.
func ReadMsg(worst, list []byte, rest int) *Opening {
	if _, ours := document.Get(worst, "kind"); !ours {
		return nil
	}
	o := &Opening{call: &Call{}, Rest: rest}
	o.readResource(worst)
	for items := document.OverArray(list); items.Next() && len(o.Grants) < maxListed; {
		if document.IsMap(items.Value) {
			o.Grants = append(o.Grants, readGrant(items.Value))
		}
	}
	if len(o.Grants) == 0 {
		o.Grants = []policy.Grant{readGrant(worst)}
	}
	return o
}

func (o *Opening) readResource(m []byte) {
	text := func(key string) string {
		text, _ := document.GetText(m, key)
		return string(text)
	}
	o.Resource, o.ResourceType, o.Service = text("resource"), text("resource_type"), text("service")
	o.Account, o.Region, o.Kind = text("account"), text("region"), Kind(text("kind"))
}

func readGrant(m []byte) policy.Grant {
	var g policy.Grant
	for pairs := document.OverMap(m); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		readPair(&g, string(key), pairs.Value)
	}
	if len(g.Accounts) == 0 && g.PrincipalAccount != "" {
		g.Accounts = []string{g.PrincipalAccount}
	}
	return g
}

func readPair(g *policy.Grant, key string, value []byte) {
	raw, _ := document.Text(value)
	text := string(raw)
	n, _ := document.Int(value)
	flag, _ := document.Bool(value)
	switch key {
	case "relation":
		g.Relation = policy.Relation(text)
	case "binding":
		g.Binding = policy.Binding(text)
	case "principal":
		g.Principal = text
	case "principal_type":
		g.PrincipalType = policy.PrincipalType(text)
	case "not_principal":
		g.NotPrincipal = flag
	case "principal_account":
		g.PrincipalAccount = text
	case "accounts":
		g.Accounts = readTexts(value)
	case "accounts_rest":
		g.AccountsRest = int(n)
	case "organizations":
		g.Organizations = readTexts(value)
	case "organizations_rest":
		g.OrganizationsRest = int(n)
	case "statement_id":
		g.StatementID = text
	case "actions":
		g.Actions = readTexts(value)
	case "actions_rest":
		g.ActionsRest = int(n)
	case "not_action":
		g.NotAction = flag
	case "action_classes":
		names := readTexts(value)
		for _, c := range []policy.Class{policy.ClassRead, policy.ClassWrite, policy.ClassAdmin} {
			if slices.Contains(names, c.Names()[0]) {
				g.Classes |= c
			}
		}
	case "conditions":
		g.Conditions = nil
		for _, one := range readTexts(value) {
			operator, rest, _ := strings.Cut(one, " ")
			name, values, _ := strings.Cut(rest, " ")
			c := policy.Condition{Operator: operator, Key: name}
			if values != "" {
				c.Values = strings.Split(values, ", ")
			}
			g.Conditions = append(g.Conditions, c)
		}
	case "conditions_rest":
		g.ConditionsRest = int(n)
	case "bound_by":
		g.DecidedBy = text
	case "deny_beside":
		g.DenyBeside = flag
	case "reason":
		g.Reason = text
	}
}

func readTexts(value []byte) []string {
	var texts []string
	for items := document.OverArray(value); items.Next(); {
		if text, ok := document.Text(items.Value); ok {
			texts = append(texts, string(text))
		}
	}
	return texts
}
