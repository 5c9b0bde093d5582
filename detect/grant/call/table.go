package call

import "slices"

// Table has every call that is known to let somebody in, by kind of resource and
// service.
//
// The names of parameters are those of AWS's API models (botocore's data folder),
// which CloudTrail logs with a small first letter, or those of recorded events and of
// the samples in AWS's guides if there are any.
var Table = slices.Concat(identityCalls, secretCalls, dataCalls, databaseCalls, codeCalls, messageCalls, networkCalls)

// policyAt is the part of a call that carries a policy document.
func policyAt(paths string) []Part { return []Part{{Policy: paths}} }

// list is the part of a call that lists principals.
func list(paths string) []Part { return []Part{{Principals: paths}} }

// Ways to a resource's ARN that many calls share.
const (
	byARN      = "resourceArn"
	deletesAll = "the service's Delete call, or another policy"
)

// objectACLs are in the events of the calls that write an object open to others: the
// name of a canned list, or a header that names grantees. The calls are most of what a
// bucket's data events are.
var objectACLs = []string{"public-read", "ted-read", "amz-grant-"}
