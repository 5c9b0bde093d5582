package grant_test

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/grant"
)

// A document of Elastic's has the request as Java text, and the response too.
// The predicate misses this grant: the action is a wildcard.
func Example() {
	request := []byte("{functionName=billing-export, statementId=s1, action=lambda:*, principal=444455556666}")
	g, ok := grant.Read(grant.Source{
		RequestText: request,
		ResponseText: []byte(`{statement={"Sid":"s1","Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"lambda:*",` +
			`"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:billing-export"}}`),
	})
	g.FindEvasions(request)
	fmt.Println(ok, g.Relation, g.CrossAccountInvoke(), g.Evasion)
	fmt.Println(g.Sentence("111122223333"))
	// Output:
	// true cross_account true [wildcard_action]
	// 111122223333 let account 444455556666 invoke (lambda:*) Lambda function billing-export
}
