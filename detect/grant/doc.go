// Package grant reads what a Lambda AddPermission event really granted, and to
// whom.
//
// AddPermission adds one statement to a function's resource-based policy.
// CloudTrail records it twice: as it was asked for (requestParameters) and as
// AWS stored it (responseElements.statement, JSON text). [Read] takes either
// of them, in any form in which a collector left it, and
// answers with a [Grant]: the function, the action, the principal, and the
// [Relation] between the principal and the account the function lives in.
//
// # Which source counts
//
// The stored statement is what takes effect, so it comes first for every field.
// The request fills in what the statement does not have, with two exceptions:
//
//   - Conditions are believed only if AWS stored them. A request that asks
//     for a condition which the statement lacks got no such condition.
//   - IAM replaces the ARN of a user or a role by a unique ID (AROA…, AIDA…)
//     when it stores a policy, and such an ID names no account. Where the
//     statement has only unique IDs and the request names an IAM ARN, the
//     request's principal is reported: it is the same one, legibly.
//
// The account of the function is the one in the statement's Resource, else the
// one in the functionName parameter, else the account that received the event,
// else the account of the actor.
//
// # Which way it errs
//
// If an event does not say, or can be read in more than one way, the answer
// is unknown: [RelationSameAccount] needs proof, because it is what exceptions
// are made of. The reader trusts what AWS validates before it answers with
// success (the patterns of the Lambda API model), and nothing else.
//
// Input may be malformed, hostile or a megabyte long. Nothing panics, every
// text in a Grant is valid UTF-8 of at most [MaxText] bytes, and the same input
// gives the same Grant.
package grant
