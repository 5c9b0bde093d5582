package grant

import "github.com/tinylib/msgp/msgp"

// AppendMsg appends the grant to dst as a MessagePack map: the value of
// alert.grant. Keys are in a fixed order and empty fields are left out, but
// covers_invoke is always there.
func (g *Grant) AppendMsg(dst []byte) []byte {
	type field struct{ key, value string }
	before := [...]field{
		{"function_name", g.FunctionName},
		{"function_account", g.FunctionAccount},
		{"region", g.Region},
		{"qualifier", g.Qualifier},
		{"statement_id", g.StatementID},
		{"action", g.Action},
	}
	after := [...]field{
		{"principal", g.Principal},
		{"principal_type", string(g.PrincipalType)},
		{"principal_account", g.PrincipalAccount},
		{"relation", string(g.Relation)},
		{"source_account", g.SourceAccount},
		{"source_arn", g.SourceARN},
		{"org_id", g.OrgID},
		{"function_url_auth_type", g.FunctionURLAuthType},
	}
	pairs := uint32(1) // covers_invoke
	for _, fields := range [][]field{before[:], after[:]} {
		for _, f := range fields {
			if f.value != "" {
				pairs++
			}
		}
	}
	if g.InvokedViaFunctionURL {
		pairs++
	}
	if len(g.Evasion) > 0 {
		pairs++
	}

	dst = msgp.AppendMapHeader(dst, pairs)
	write := func(fields []field) {
		for _, f := range fields {
			if f.value != "" {
				dst = msgp.AppendString(dst, f.key)
				dst = msgp.AppendString(dst, f.value)
			}
		}
	}
	write(before[:])
	dst = msgp.AppendString(dst, "covers_invoke")
	dst = msgp.AppendBool(dst, g.CoversInvoke)
	write(after[:])
	if g.InvokedViaFunctionURL {
		dst = msgp.AppendString(dst, "invoked_via_function_url")
		dst = msgp.AppendBool(dst, true)
	}
	if len(g.Evasion) > 0 {
		dst = msgp.AppendString(dst, "evasion")
		dst = msgp.AppendArrayHeader(dst, uint32(len(g.Evasion)))
		for _, reason := range g.Evasion {
			dst = msgp.AppendString(dst, reason)
		}
	}
	return dst
}
