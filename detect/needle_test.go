package detect_test

import (
	"fmt"
	"testing"
)

func TestTheNeedleOfARuleIsTheRarestTextThatItRequires(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"a call rather than its service", `any where event.provider == "s3.amazonaws.com" and event.action == "PutBucketPolicy"`, "[{PutBucketPolicy false true}]"},
		{"a call rather than a longer word among its parameters", `any where event.action == "StopLogging" and stringContains(aws.cloudtrail.request_parameters, "arn:aws:cloudtrail:eu-west-1")`, "[{StopLogging false true}]"},
		{"a word rather than an everyday call", `any where event.action == "GetObject" and stringContains(aws.cloudtrail.request_parameters, "salaries.xlsx")`, "[{salaries.xlsx false false}]"},
		{"an everyday call rather than the service", `any where event.provider == "s3.amazonaws.com" and event.action == "GetObject"`, "[{GetObject false true}]"},
		{"all of several calls", `any where event.action in ("DeleteTrail", "StopLogging")`, "[{DeleteTrail false true} {StopLogging false true}]"},
		{"a call in any case where that is all", `any where event.action : "DeleteTrail"`, "[{deletetrail true true}]"},
		{"the beginning of a call", `any where event.action : "Delete*Trail*"`, "[{delete true false}]"},
		{"the last resort is the service", `any where event.provider == "s3.amazonaws.com"`, "[{s3.amazonaws.com false true}]"},
		{"a user, wherever the event names one", `any where user.name == "mallory"`, "[{mallory false true}]"},
		{"the object among the resources", `any where aws.cloudtrail.resources.arn : "*salaries*"`, "[{salaries true false}]"},
		{"nothing where nothing is required", `any where event.action != "A"`, "[]"},
		{"nothing where the text is computed", `any where event.outcome == "failure"`, "[]"},
		{"nothing where two letters are all", `any where event.action == "Go"`, "[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fmt.Sprint(ruleWith(t, test.query).Needles()); got != test.want {
				t.Errorf("looks for %s, want %s", got, test.want)
			}
		})
	}
}
