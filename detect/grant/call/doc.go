// Package call knows the AWS calls that let somebody reach a resource, and reads
// out of an event who gained what.
//
//	o := call.Read(event, nil)
//	if o != nil {
//		for _, g := range o.Grants { // the worst first
//			fmt.Println(o.Resource, g.Relation, g.Principal, g.Reason)
//		}
//	}
//
// [Table] has one row a call, as data: by which event source and name it is known,
// which resource it opens, and where the principals, actions, conditions and policy
// documents are. What is written there is read by [policy.Read], so that a share, a
// statement and a whole policy are judged alike. Lambda's AddPermission, which
// CloudTrail records twice, is read by [grant.Of].
//
// # What counts
//
// An [Opening] has the foreign grants of a successful call: those that let in
// somebody outside of the resource's account. Left out are Deny statements,
// removals, principals of the own account, services that act for the own account,
// and everyday business that [isEveryday] lists. A call writes a whole policy each
// time; what it repeats is not distinguished from what is new.
//
// # Which way it errs
//
// To unknown, never to harmless. A parameter that CloudTrail hides or leaves out, a
// policy that is cut off, a principal without an account: each is a grant of the
// relation unknown.
//
// # Cost
//
// An event that is not of a call in the table costs one look into a map. Reading
// one that is takes time and memory in proportion to the event. An Opening keeps at
// most [policy.MaxGrants] grants and counts the others.
//
// The package has no state; its functions may be called from any goroutine.
package call
