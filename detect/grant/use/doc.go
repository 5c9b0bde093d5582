// Package use reads out of an event that somebody outside of an account used a
// resource of it: the calls that a grant of [call.Opening] makes possible.
//
//	if u, ok := use.Read(event); ok {
//		fmt.Println(u.Account, u.Action, u.Resources)
//	}
//
// [Table] has one row a call, as data: by which event source and name it is known,
// what it does to which resource, and how all that is known. [Visible] says of a type
// of resource which of its uses the owner's trail shows at all.
//
// # Whose trail
//
// CloudTrail delivers a call across accounts to the caller and to the owner of the
// resource, as two events with one sharedEventID (CloudTrail User Guide, "CloudTrail
// record contents"). The owner's is read: there userIdentity.accountId is not
// recipientAccountId. It mostly has the type AWSAccount and no ARN (CloudTrail User
// Guide, "CloudTrail userIdentity element"), so that nothing else is required. The
// copy that the caller gets is not a use, but for calls of which the owner gets none:
// [Row.CallersTrail].
//
// # What is not a use
//
// A call that failed, a call of the owner's own, and one of an AWS service for itself
// (the type AWSService). A service that an outside account has sent, as Athena is to
// read its data, is that account's use, and [Use.Via] names the service.
//
// # Cost
//
// An event that is not of a call in the table, or is by the owner, allocates nothing.
// One that is a use takes time and memory in proportion to the event. A Use keeps at
// most [MaxResources] resources and counts the others.
//
// The package has no state; its functions may be called from any goroutine.
package use
