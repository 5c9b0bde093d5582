package grant

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// AppendMsg appends the grant to dst as a MessagePack map: the value of
// alert.grant. Keys are in a fixed order and empty fields are left out, but
// covers_invoke is always there.
func (g *Grant) AppendMsg(dst []byte) []byte {
	start := len(dst)
	w := pairs{b: append(dst, 0)} // room for the header of 15 pairs: nearly no grant has more
	w.text("function_name", g.FunctionName)
	w.text("function_account", g.FunctionAccount)
	w.text("region", g.Region)
	w.text("qualifier", g.Qualifier)
	w.text("statement_id", g.StatementID)
	w.text("action", g.Action)
	w.flag("covers_invoke", g.CoversInvoke)
	w.text("principal", g.Principal)
	w.text("principal_type", string(g.PrincipalType))
	w.text("principal_account", g.PrincipalAccount)
	w.text("relation", string(g.Relation))
	w.text("source_account", g.SourceAccount)
	w.text("source_arn", g.SourceARN)
	w.text("org_id", g.OrgID)
	w.text("function_url_auth_type", g.FunctionURLAuthType)
	if g.InvokedViaFunctionURL {
		w.flag("invoked_via_function_url", true)
	}
	if len(g.Evasion) > 0 {
		w.n++
		w.b = msgp.AppendArrayHeader(msgp.AppendString(w.b, "evasion"), uint32(len(g.Evasion)))
		for _, reason := range g.Evasion {
			w.b = msgp.AppendString(w.b, reason)
		}
	}
	var room [3]byte
	header := msgp.AppendMapHeader(room[:0], w.n)
	return slices.Replace(w.b, start, start+1, header...)
}

// pairs are those of a map that is written.
type pairs struct {
	b []byte
	n uint32
}

// text writes a pair, unless the text is empty.
func (p *pairs) text(key, value string) {
	if value != "" {
		p.n++
		p.b = msgp.AppendString(msgp.AppendString(p.b, key), value)
	}
}

func (p *pairs) flag(key string, value bool) {
	p.n++
	p.b = msgp.AppendBool(msgp.AppendString(p.b, key), value)
}
