package main

import (
	"strings"
	"testing"
)

func TestQueryPrintsFieldsInEachFormat(t *testing.T) {
	const events = `{"eventTime":"2026-11-20T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"1","userAgent":"=cmd|' /C calc'!A0","userIdentity":{"userName":"alice, \"the\" first"},"resources":[{"ARN":"arn:aws:s3:::a"},{"ARN":"arn:aws:s3:::b"}],"readOnly":true}
{"eventTime":"2026-11-20T10:01:00Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","eventID":"2","userAgent":"-1.5"}
`
	const fields = "event.action,user.name,user_agent.original,aws.cloudtrail.resources.arn,aws.cloudtrail.read_only"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--fields", fields}, `{"event.action":"GetObject","user.name":"alice, \"the\" first","user_agent.original":"=cmd|' /C calc'!A0","aws.cloudtrail.resources.arn":["arn:aws:s3:::a","arn:aws:s3:::b"],"aws.cloudtrail.read_only":true}
{"event.action":"PutObject","user_agent.original":"-1.5"}
`},
		{[]string{"--format", "csv", "--fields", fields}, `event.action,user.name,user_agent.original,aws.cloudtrail.resources.arn,aws.cloudtrail.read_only
GetObject,"alice, ""the"" first",'=cmd|' /C calc'!A0,arn:aws:s3:::a; arn:aws:s3:::b,true
PutObject,,-1.5,,
`},
		{[]string{"--format", "table", "--fields", "event.action,user_agent.original"}, `event.action  user_agent.original
GetObject     =cmd|' /C calc'!A0
PutObject     -1.5
`},
		{[]string{"--format", "table"}, `@timestamp            event.provider    event.action  event.outcome  aws.cloudtrail.user_identity.arn  source.ip  cloud.region  event.id
2026-11-20T10:00:00Z  s3.amazonaws.com  GetObject     success        -                                 -          -             1
2026-11-20T10:01:00Z  s3.amazonaws.com  PutObject     success        -                                 -          -             2
`},
		{[]string{"--schema", "none", "--category-field", "x", "--fields", "userIdentity.userName,readOnly"}, `{"userIdentity.userName":"alice, \"the\" first","readOnly":true}
{}
`},
	} {
		args := append([]string{"query", "-q"}, test.args...)
		got := run(events, append(args, "any where true", "-")...)
		if got.code != exitFine || got.out != test.want || got.err != "" {
			t.Errorf("%q: code %d, %s\ngot  %s\nwant %s", test.args, got.code, got.err, got.out, test.want)
		}
	}
}

func TestATableOfManyRowsIsSetInParts(t *testing.T) {
	one := `{"eventTime":"2026-11-20T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"1"}` + "\n"
	got := run(strings.Repeat(one, rowsTogether+1), "query", "-q", "--format", "table", "--fields", "event.action", "any where true", "-")
	if n := strings.Count(got.out, "event.action"); n != 2 || strings.Count(got.out, "GetObject") != rowsTogether+1 {
		t.Errorf("%d headers", n)
	}
}
