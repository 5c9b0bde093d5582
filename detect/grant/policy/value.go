package policy

import (
	"bytes"
	"net/netip"

	"github.com/trailwire/trailwire/detect/document"
)

// level says how far a condition narrows who gets in: more is narrower.
type level uint8

const (
	levelOpen         level = iota // not at all
	levelUnknown                   // to something whose owner the policy does not name
	levelOrganization              // to an organization that is named
	levelForeign                   // to an account, a network, a service or a secret that is named
	levelOwn                       // to the owner's account
)

// isFixed reports whether a value names one thing: it has no wildcard and no
// policy variable. StringEquals takes a wildcard literally, so that such a
// condition lets nobody in; who wrote it meant something else, so it is read as
// a pattern too.
func isFixed(value []byte) bool {
	return len(value) > 0 && fixedPart(value) == len(value)
}

// fixedPart returns how many bytes of a pattern are before its first wildcard
// or policy variable.
func fixedPart(pattern []byte) int {
	for i, c := range pattern {
		if c == '*' || c == '?' || (c == '$' && i+1 < len(pattern) && pattern[i+1] == '{') {
			return i
		}
	}
	return len(pattern)
}

// isVariable reports whether a value is one policy variable and nothing else.
func isVariable(value []byte, name string) bool {
	return bytes.HasPrefix(value, []byte("${")) && bytes.HasSuffix(value, []byte("}")) &&
		isWord(value[2:len(value)-1], name)
}

// isOrganizationID reports whether text is the ID of an organization: o- and 10
// to 32 lower-case letters or digits (Organizations API model, shape
// OrganizationId). A pattern such as o-* names every organization.
func isOrganizationID(text []byte) bool {
	id, found := bytes.CutPrefix(text, []byte("o-"))
	if !found || len(id) < 10 || len(id) > 32 {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// organizationOfPath returns the organization at the start of a path such as
// o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*. The IDs of organizational units are
// unique only within an organization, so a path with a wildcard for the
// organization names none (IAM User Guide, aws:PrincipalOrgPaths).
func organizationOfPath(path []byte) ([]byte, bool) {
	id, _, _ := bytes.Cut(path, []byte("/"))
	return id, isOrganizationID(id)
}

// arnPattern says what the pattern of an ARN names.
type arnPattern uint8

const (
	patternOpen    arnPattern = iota // anybody's resource
	patternBare                      // one resource, whose ARN has no account
	patternCrossed                   // an account after a wildcard that may match across colons
	patternAccount                   // an account
)

// readARNPattern returns what a pattern of ARNs names, and the account. The
// operators for ARNs compare field by field; those for strings do not know of
// fields, so that arn:aws:lambda:*:111122223333:* matches the ARN of an alias
// 111122223333:x in any account (IAM User Guide, "Amazon Resource Name (ARN)
// condition operators").
func readARNPattern(f family, pattern []byte) (arnPattern, []byte) {
	a, ok := parseARN(decodedARN(pattern))
	if !ok {
		return patternOpen, nil
	}
	before := [...][]byte{a.partition, a.service, a.region}
	hasWildcard := false
	for _, field := range before {
		hasWildcard = hasWildcard || fixedPart(field) < len(field)
		if bytes.IndexByte(field, '$') >= 0 { // a variable may hold colons itself
			return patternOpen, nil
		}
	}
	if isAccountID(a.account) {
		if f == familyString && hasWildcard {
			return patternCrossed, a.account
		}
		return patternAccount, a.account
	}
	// S3's own documents write the ARN of a bucket with wildcards for the region
	// and the account, neither of which it has.
	noAccount := len(a.account) == 0 || (string(a.service) == "s3" && string(a.account) == "*")
	if noAccount && isFixed(a.service) && isFixed(a.resource) {
		return patternBare, nil
	}
	return patternOpen, nil
}

// readUserID reads a value of aws:userid: an account ID for its root user
// and for federated users, a user's unique ID, a role's unique ID with a session
// name (IAM User Guide, "Understanding unique ID prefixes" and aws:userid).
func (r *reader) readUserID(value []byte) (level, []byte) {
	id, _, _ := bytes.Cut(value, []byte(":"))
	switch {
	case isAccountID(id):
		return r.levelOfAccount(id), id
	case isUniqueID(id):
		return levelUnknown, id
	}
	return levelOpen, nil
}

// levelOfAccount says whether an account is the owner's.
func (r *reader) levelOfAccount(account []byte) level {
	if string(account) == r.owner {
		return levelOwn
	}
	return levelForeign
}

// isNetworkID reports whether text is the ID of a VPC or of a VPC endpoint.
func isNetworkID(text []byte) bool {
	id, found := bytes.CutPrefix(text, []byte("vpce-"))
	if !found {
		id, found = bytes.CutPrefix(text, []byte("vpc-"))
	}
	if !found || len(id) < 8 {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// The widest address ranges that narrow anything: S3 calls a policy public from
// there on (S3 User Guide, "The meaning of public").
const (
	minBits4 = 8
	minBits6 = 32
)

// addresses adds up address ranges, as a list of narrow ones may cover the
// internet together.
type addresses struct {
	v4 uint64 // addresses
	v6 uint64 // networks of 64 bits
}

// add adds a range and returns false if the sum is wider than what narrows
// anything.
func (a *addresses) add(text []byte) bool {
	prefix, ok := parseRange(string(text))
	if !ok {
		return false
	}
	bits := prefix.Bits()
	if prefix.Addr().Is4In6() {
		if bits < 96 {
			return false
		}
		bits -= 96
	} else if prefix.Addr().Is6() {
		if bits < minBits6 {
			return false
		}
		if bits <= 64 {
			a.v6 += 1 << (64 - bits)
		}
		return a.v6 <= 1<<(64-minBits6)
	}
	a.v4 += 1 << (32 - bits)
	return a.v4 <= 1<<(32-minBits4)
}

// parseRange reads an address range. A single address is a range of one.
func parseRange(text string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

// valueText reads a value of a condition as text: a text, or a number that
// is an account ID.
func valueText(value []byte) ([]byte, bool) {
	if text, ok := document.Text(value); ok {
		return text, true
	}
	return numberAsAccount(value)
}

// isBool reports whether a value is the boolean want, as a boolean or, as in
// most policies, a text.
func isBool(value []byte, want bool) bool {
	if b, ok := document.Bool(value); ok {
		return b == want
	}
	text, ok := document.Text(value)
	if want {
		return ok && isWord(text, "true")
	}
	return ok && isWord(text, "false")
}

// eachValue calls visit with each value of a condition, one or a list of them,
// until it returns false. It returns how many there are that were visited.
func eachValue(values []byte, visit func(value []byte) bool) int {
	items := document.OverArray(values)
	if items.Err() != nil {
		visit(values)
		return 1
	}
	n := 0
	for items.Next() {
		n++
		if !visit(items.Value) {
			break
		}
	}
	return n
}
