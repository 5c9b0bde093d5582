package grant

import (
	"cmp"
	"slices"
	"strings"
)

// OnlyFor reports whether nobody outside the accounts and the function's own
// was granted anything: every principal is of one of them, or the grant is to a
// service that is bound to one of them.
func (g *Grant) OnlyFor(accounts []string) bool {
	if g.Relation == RelationService {
		source := g.foreignSource()
		return source != "" && slices.Contains(accounts, source)
	}
	for _, account := range append([]string{g.PrincipalAccount}, g.others...) {
		if account == "" || (account != g.FunctionAccount && !slices.Contains(accounts, account)) {
			return false
		}
	}
	return g.Relation == RelationCrossAccount
}

// FunctionARN returns the ARN of the function that was opened, with the
// qualifier where the grant has one, and nothing if a part of it is not
// known. The partition follows from the region (AWS General Reference, "Amazon
// Resource Names": aws, aws-cn, aws-us-gov, and the isolated ones).
func (g *Grant) FunctionARN() string {
	if g.Region == "" || g.FunctionAccount == "" || g.FunctionName == "" {
		return ""
	}
	separator := ""
	if g.Qualifier != "" {
		separator = ":"
	}
	return "arn:" + Partition(g.Region) + ":lambda:" + g.Region + ":" + g.FunctionAccount + ":function:" + g.FunctionName + separator + g.Qualifier
}

// Partition returns the partition that a region is in: aws-cn of cn-north-1.
func Partition(region string) string {
	for i := range otherPartitions {
		if p := &otherPartitions[i]; strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return "aws"
}

// otherPartitions are all but aws, by how the names of their regions begin.
var otherPartitions = [...]struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"},
	{"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"}, {"eu-isoe-", "aws-iso-e"}, {"us-iso-", "aws-iso"},
	{"eusc-", "aws-eusc"},
}

// Accounts returns the accounts that were let in: of each principal that names one,
// or the one that a service acts for. There are none if a principal does not name
// its account, so that nobody takes the others for all.
func (g *Grant) Accounts() []string {
	if g.Relation == RelationService {
		if source := g.foreignSource(); source != "" {
			return []string{source}
		}
		return nil
	}
	accounts := append([]string{g.PrincipalAccount}, g.others...)
	if slices.Contains(accounts, "") {
		return nil
	}
	return accounts
}

// Printable makes text of an event fit for a sentence: short, on one line, and
// without characters that a terminal acts on.
func Printable(text string) string { return printable(text) }

// Bounded makes text of an event fit for an alert's data: valid UTF-8 of at most
// [MaxText] bytes, cut between two characters. Control characters stay.
func Bounded(text string) string { return bounded(text) }

// IsAccountID reports whether text is an AWS account ID: twelve digits, leading zeros
// included.
func IsAccountID(text string) bool { return isAccountID(text) }

// IsServiceName reports whether text is the name of a service principal: a host name in
// one of AWS's domains.
func IsServiceName(text string) bool { return isServiceName(text) }

// AccountText reads a text that may be an account ID, which some collectors turn into
// a number and so rob of its leading zeros. It returns false for what is neither: a
// number that is not an account's is nobody's.
func AccountText(value []byte) (string, bool) { return accountText(value) }

// Grantee says to whom the grant is, in one text: the accounts of its principals, or
// the principal if no account is known, and what narrows it to an account or an
// organization. Two grants with another grantee let in somebody else.
func (g *Grant) Grantee() string {
	var few [8]string
	who := append(append(few[:0], cmp.Or(g.PrincipalAccount, g.Principal)), g.others...)
	return strings.Join(append(who, g.OrgID, g.SourceAccount, g.SourceARN), " ")
}
