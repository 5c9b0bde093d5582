package policy_test

import (
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/grant/policy"
)

// A queue's policy lets a bucket send and a partner read. Its last statement was
// meant for one organization, and lets in everyone.
func Example() {
	list := policy.ReadJSON([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*",
		 "Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},"ArnLike":{"aws:SourceArn":"arn:aws:s3:::invoices"}}},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/reader"},"Action":"sqs:ReceiveMessage","Resource":"*"},
		{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*",
		 "Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}`),
		policy.Options{Owner: "111122223333"})
	for _, g := range list.Grants {
		fmt.Printf("%s %s: %s (%s)\n", g.Relation, g.Principal, strings.Join(g.Actions, " "), strings.Join(g.Classes.Names(), " "))
		fmt.Println("  ", g.Reason)
	}
	// Output:
	// public *: sqs:* (read write admin)
	//    condition StringEqualsIfExists aws:PrincipalOrgID does not bind it: it holds where the request does not have the key
	// cross_account arn:aws:iam::444455556666:role/reader: sqs:ReceiveMessage (read)
	//    it is of another account
	// service s3.amazonaws.com: sqs:SendMessage (write)
	//    bound by aws:SourceAccount 111122223333
}

// A role that GitHub's workflows may take.
func ExampleBinding() {
	for _, sub := range []string{"repo:octo-org/deploy:ref:refs/heads/main", "repo:octo-org/*", "repo:octo*"} {
		list := policy.ReadJSON([]byte(`{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
			"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
			"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"`+sub+`"}}}`), policy.Options{Owner: "111122223333"})
		fmt.Println(sub, "is", list.Grants[0].Relation, list.Grants[0].Binding)
	}
	// Output:
	// repo:octo-org/deploy:ref:refs/heads/main is federated subject
	// repo:octo-org/* is federated subject
	// repo:octo* is federated unbound
}

// What is cut off is unknown; what is before the cut is not.
func ExampleReadJSON_cut() {
	list := policy.ReadJSON([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*"},{"Eff`),
		policy.Options{Owner: "111122223333"})
	for _, g := range list.Grants {
		fmt.Println(g.Relation, g.Principal, g.Reason)
	}
	// Output:
	// unknown  the policy is cut off, or broken, after these statements
	// same_account 111122223333 it is of the resource's account
}
