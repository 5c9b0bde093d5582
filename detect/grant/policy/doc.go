// Package policy reads IAM policy documents and says who gets in: for each Allow
// statement and each principal of it, what the principal is to the account that
// owns the resource, and which condition decided that.
//
//	list := policy.ReadJSON(text, policy.Options{Owner: "111122223333"})
//	for _, g := range list.Grants { // the worst first
//		fmt.Println(g.Relation, g.Principal, g.Reason)
//	}
//
// [Read] takes a policy as a MessagePack map, read in place, [ReadJSON] as text.
// Both take it as CloudTrail shows policies: with keys in any case, one statement
// or a list, percent-encoded, a single statement without the document around it.
// The package knows nothing of the calls that carry policies.
//
// # Relations
//
// A [Relation] is public, cross_account, organization, network, service,
// federated, unknown or same_account. A service and a federated identity also
// have a [Binding]: on whose behalf the service acts, or which of a provider's
// identities get in. [List] has the order of harm.
//
// # Which way it errs
//
// A principal is of the same account, or bound, only if the policy proves it.
// What is cut off, hidden, malformed or ambiguous is unknown, and listed as a
// grant of its own: it is never harmless. Where a policy demands what cannot be
// met, such as StringEquals with a wildcard, the reader takes it for what its
// author may have meant. A Deny beside an Allow is noted, not solved; service and
// resource control policies are not in the event.
//
// # How conditions are read
//
// Of several values of a key the one that lets in most counts, since one is
// enough. Of several keys the one that lets in least counts, since all must hold
// (IAM User Guide, "Conditions with multiple context keys or values"). From this
// follows the rest:
//
//   - A negated operator lets in everyone who does not have the key. It binds
//     nobody.
//   - IfExists and ForAllValues hold if the request does not have the key.
//     They bind only if every request has it, or another condition demands it
//     (Null with false, for one).
//   - A key that may have several values, such as aws:PrincipalOrgPaths, binds
//     only with a set operator.
//   - A wildcard or a policy variable names nobody. The operators for ARNs compare
//     field by field, so that one after the account does no harm; with StringLike
//     one before the account may match across colons.
//   - An ARN without an account, as those of S3 buckets, does not say whose it is.
//   - aws:SourceAccount and its like are only in the calls of AWS services. With
//     the principal * they leave services alone.
//   - A token of a provider that strangers share is bound by its subject, or by
//     the claim that has the tenant in it. An audience that is the same for
//     everyone binds nobody.
//   - An operator that occurs twice, and a key that occurs twice under one, binds
//     nobody: IAM does not take such a policy, so its meaning is not known.
//
// # Cost
//
// Time and memory are always in proportion to the policy: JSON text
// is turned into MessagePack once, each element is walked over a fixed number of
// times, and texts are made only of the grants that are listed. A [List] keeps
// the worst [MaxGrants] and counts the others. Every text of a [Grant] is valid
// UTF-8 of at most [MaxText] bytes, every list has at most [MaxItems] entries.
//
// # Concurrency
//
// The package has no state. Its functions may be called from any goroutine. A
// Grant holds no part of the bytes that were read.
package policy
