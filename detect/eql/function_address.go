package eql

import (
	"net/netip"
	"strings"
)

// cidrMatch is compiled by compiler.cidrMatch: its blocks are constants and are parsed once. The
// entry here is for the arity and the types.
var addressFunctions = []*function{
	{name: "cidrMatch", params: []valueType{textType, textType}, variadic: true, result: boolType},
}

// cidrTest says whether text is an address in one of the blocks. Text that is no address is in no
// block.
type cidrTest struct{ blocks []netip.Prefix }

func (t *cidrTest) check(v Value) Verdict {
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	if v.kind != KindText || len(v.text) > longest {
		return False
	}
	addr, err := netip.ParseAddr(string(v.text))
	if err != nil {
		return False
	}
	addr = addr.Unmap().WithZone("")
	for _, b := range t.blocks {
		if b.Contains(addr) {
			return True
		}
	}
	return False
}

// parseBlock reads a CIDR block or a single address. Bits after the prefix are ignored, as in
// Elasticsearch. An IPv4 block in IPv6 clothes (::ffff:10.0.0.0/104) is an IPv4 block.
func parseBlock(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), err == nil && addr.Zone() == ""
	}
	b, err := netip.ParsePrefix(s)
	if err != nil {
		return b, false
	}
	if b.Addr().Is4In6() && b.Bits() >= 96 {
		b = netip.PrefixFrom(b.Addr().Unmap(), b.Bits()-96)
	}
	return b.Masked(), true
}
