package call

import (
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/grant/policy"
)

// maxListed is the most grants that a list in an alert has, and maxBytes about how
// many bytes it has at most. The first grant is written with any size, which is
// in proportion to the event's; the others repeat what their statement says.
const (
	maxListed = 32
	maxBytes  = 32 << 10
)

// AppendGrant appends the worst of the grants to dst as a MessagePack map: the value
// of alert.grant. Keys are in a fixed order and empty fields are left out. names are
// the accounts that are known by a name.
func (o *Opening) AppendGrant(dst []byte, names map[string]string) []byte {
	return o.append(dst, o.Worst(), names)
}

// AppendBeside appends what [Opening.AppendGrant] says and the grant of an
// AddPermission does not: pairs without a header. It returns how many there are.
func (o *Opening) AppendBeside(dst []byte, names map[string]string) (out []byte, pairs uint32) {
	var w writer
	w.skip = []string{"region", "statement_id", "principal", "principal_type", "principal_account", "relation"}
	w.opening(o)
	w.grant(o.Worst(), names)
	return append(dst, w.b...), w.pairs
}

// AppendGrants appends all grants as a list, the value of alert.grants, and returns
// how many are not in it.
func (o *Opening) AppendGrants(dst []byte, names map[string]string) (out []byte, rest int) {
	var list []byte
	n := 0
	for i := range o.Grants {
		before := len(list)
		list = o.append(list, &o.Grants[i], names)
		if n > 0 && (n == maxListed || len(list) > maxBytes) {
			list = list[:before]
			break
		}
		n++
	}
	return append(msgp.AppendArrayHeader(dst, uint32(n)), list...), len(o.Grants) - n + o.Rest
}

func (o *Opening) append(dst []byte, g *policy.Grant, names map[string]string) []byte {
	var w writer
	w.opening(o)
	w.grant(g, names)
	return append(msgp.AppendMapHeader(dst, w.pairs), w.b...)
}

// writer writes the pairs of a map.
type writer struct {
	b     []byte
	pairs uint32
	skip  []string
}

func (w *writer) key(key string) bool {
	for _, skipped := range w.skip {
		if key == skipped {
			return false
		}
	}
	w.b = msgp.AppendString(w.b, key)
	w.pairs++
	return true
}

func (w *writer) text(key, value string) {
	if value != "" && w.key(key) {
		w.b = msgp.AppendString(w.b, value)
	}
}

func (w *writer) texts(key string, values []string) {
	if len(values) > 0 && w.key(key) {
		w.b = appendTexts(w.b, values)
	}
}

func (w *writer) flag(key string, value bool) {
	if value && w.key(key) {
		w.b = msgp.AppendBool(w.b, true)
	}
}

func (w *writer) count(key string, n int) {
	if n > 0 && w.key(key) {
		w.b = msgp.AppendInt(w.b, n)
	}
}

func (w *writer) opening(o *Opening) {
	w.text("resource", o.Resource)
	w.text("resource_type", o.ResourceType)
	w.text("kind", string(o.Kind))
	w.text("service", o.Service)
	w.text("account", o.Account)
	w.text("region", o.Region)
}

func (w *writer) grant(g *policy.Grant, names map[string]string) {
	w.text("relation", string(g.Relation))
	w.text("binding", string(g.Binding))
	w.text("principal", g.Principal)
	w.text("principal_type", string(g.PrincipalType))
	w.flag("not_principal", g.NotPrincipal)
	w.text("principal_account", g.PrincipalAccount)
	w.text("principal_name", names[g.PrincipalAccount])
	if len(g.Accounts) > 1 {
		w.texts("accounts", g.Accounts)
	}
	w.count("accounts_rest", g.AccountsRest)
	w.texts("organizations", g.Organizations)
	w.count("organizations_rest", g.OrganizationsRest)
	w.text("statement_id", g.StatementID)
	w.texts("actions", g.Actions)
	w.count("actions_rest", g.ActionsRest)
	w.flag("not_action", g.NotAction)
	w.texts("action_classes", g.Classes.Names())
	w.texts("conditions", conditionTexts(g))
	w.count("conditions_rest", g.ConditionsRest)
	w.text("bound_by", g.DecidedBy)
	w.flag("deny_beside", g.DenyBeside)
	w.text("reason", g.Reason)
}

// conditionTexts are the conditions of a grant, each as one text: the operator, the
// key and the values.
func conditionTexts(g *policy.Grant) []string {
	var texts []string
	for _, c := range g.Conditions {
		text := c.Operator + " " + c.Key + " " + strings.Join(c.Values, ", ")
		if c.ValuesRest > 0 {
			text += ", …"
		}
		texts = append(texts, strings.TrimSpace(text))
	}
	return texts
}
