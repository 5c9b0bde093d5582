package program

import (
	"fmt"
	"net/netip"
	"strings"
)

var addressFunctions = []*Function{
	{name: "cidrMatch", params: []Type{TextType, TextType}, variadic: true, result: BoolType, condition: cidrMatch},
}

// cidrMatch makes the condition. Its blocks are constants and are parsed once.
func cidrMatch(b *Builder, at Span, args []Operand, _ bool) (Condition, error) {
	var blocks []netip.Prefix
	for _, a := range args[1:] {
		fixed, ok := a.Constant()
		switch {
		case !ok:
			return Condition{}, fail(a.at, "cidrMatch takes constant blocks")
		case fixed.kind == KindNull:
			return b.Always(at, Unknown), nil
		}
		block, err := ParseBlock(string(fixed.text))
		if err != nil {
			return Condition{}, fail(a.at, "%s", err)
		}
		blocks = append(blocks, block)
	}
	return b.InBlocks(at, args[0], blocks)
}

// cidrTest says whether text is an address in one of the blocks. Text that is not an address is in
// no block.
type cidrTest struct{ blocks []netip.Prefix }

func (t *cidrTest) check(v Value) Verdict {
	addr, ok := addressOf(v)
	if !ok {
		return False
	}
	for _, b := range t.blocks {
		if b.Contains(addr) {
			return True
		}
	}
	return False
}

// addressOf is the address that a text is, without the zone of an IPv6 one.
func addressOf(v Value) (netip.Addr, bool) {
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	if v.kind != KindText || len(v.text) > longest {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(string(v.text))
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

// ParseBlock reads a CIDR block or a single address. Bits after the prefix are ignored, as in
// Elasticsearch. An IPv4 block that is written as an IPv6 one (::ffff:10.0.0.0/104) is an IPv4 block.
func ParseBlock(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			return netip.PrefixFrom(addr, addr.BitLen()), nil
		}
	} else if block, err := netip.ParsePrefix(s); err == nil {
		return ordinaryBlock(block), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is not a CIDR block, as 10.0.0.0/8 is", shorten(s))
}

// ordinaryBlock gives a block the form that cidrTest compares with.
func ordinaryBlock(b netip.Prefix) netip.Prefix {
	if b.Addr().Is4In6() && b.Bits() >= 96 {
		b = netip.PrefixFrom(b.Addr().Unmap(), b.Bits()-96)
	}
	return b.Masked()
}
