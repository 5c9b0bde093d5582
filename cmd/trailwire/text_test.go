package main

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
)

// event is a CloudTrail event without its braces, and alertMembers the alert on it.
const (
	event = `"eventVersion":"1.08","eventTime":"2026-06-18T12:00:00Z","eventSource":"lambda.amazonaws.com",
		"eventName":"AddPermission20150331v2","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7",
		"userAgent":"aws-cli/2.15","eventID":"6c0f","recipientAccountId":"111122223333",
		"userIdentity":{"arn":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333"}`
	alertMembers = `"rule":{"id":"8f98","name":"Lambda opened to another account"},"severity":"high","risk_score":73,
		"reason":"111122223333 let account 444455556666 invoke Lambda function billing",
		"dedup_key":"8f98:6c0f"`
	threat = `"threat":[
		{"framework":"MITRE ATT&CK","tactic":{"id":"TA0003","name":"Persistence"},
		 "technique":[{"id":"T1546","name":"Event Triggered Execution"}]},
		{"framework":"MITRE ATT&CK","tactic":{"id":"TA0005","name":"Defense Evasion"},
		 "technique":[{"id":"T1578","name":"Modify Cloud Compute Infrastructure",
		               "subtechnique":[{"id":"T1578.005","name":"Modify Cloud Compute Configurations"}]}]}]`
)

// onEvent is what the text says of the event.
const onEvent = `    time        2026-06-18T12:00:00Z
    account     111122223333, eu-west-1
    call        AddPermission20150331v2 (lambda.amazonaws.com)
    actor       arn:aws:iam::111122223333:user/mallory
    source      198.51.100.7 (aws-cli/2.15)
`

const heading = `HIGH 73  Lambda opened to another account
  111122223333 let account 444455556666 invoke Lambda function billing
`

func TestAnAlertAsText(t *testing.T) {
	asText := `"` + strings.NewReplacer("\n", "", "\t", "", `"`, `\"`).Replace("{"+event+"}") + `"`
	tests := []struct {
		name   string
		record string
		want   string
	}{
		{
			"a record without an alert is nothing to print",
			`{` + event + `}`, "",
		},
		{
			"an alert says who did what, when and where from",
			`{` + event + `,"alert":{` + alertMembers + `,` + threat + `}}`,
			heading + onEvent + `    ATT&CK      TA0003 Persistence: T1546 Event Triggered Execution
                TA0005 Defense Evasion: T1578 Modify Cloud Compute Infrastructure, T1578.005 Modify Cloud Compute Configurations
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a grant says what was opened and to whom",
			`{` + event + `,"alert":{` + alertMembers + `,"coverage":"extended","grant":{
				"function_name":"billing","qualifier":"prod","function_account":"111122223333","region":"eu-west-1",
				"statement_id":"s1","action":"lambda:*","covers_invoke":true,
				"principal":"arn:aws:iam::444455556666:role/x","principal_type":"iam","principal_account":"444455556666",
				"relation":"cross_account","source_account":"777788889999","source_arn":"arn:aws:s3:::bucket",
				"org_id":"o-a1b2c3d4e5","function_url_auth_type":"NONE","invoked_via_function_url":true,
				"evasion":["wildcard_action","action_case"]}}}`,
			heading + onEvent + `    function    billing:prod of account 111122223333 in eu-west-1
    granted     lambda:* to arn:aws:iam::444455556666:role/x (iam)
    relation    cross_account
    statement   s1
    only for    source account 777788889999, source arn:aws:s3:::bucket, organization o-a1b2c3d4e5, function URL with auth type NONE
                calls through the function URL
    evasion     wildcard_action, action_case
    coverage    extended: found by reading the grant, the rule's own query misses it
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the command that undoes a grant can be copied",
			`{` + event + `,"alert":{` + alertMembers + `,"respond":"aws lambda remove-permission --function-name billing --statement-id 'it'\"'\"'s' --region eu-west-1"}}`,
			heading + onEvent + `    respond     aws lambda remove-permission --function-name billing --statement-id 'it'"'"'s' --region eu-west-1
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"half a command is none",
			`{` + event + `,"alert":{` + alertMembers + `,"respond":"aws ` + strings.Repeat("x", 4096) + `"}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a suppressed alert says so and why",
			`{` + event + `,"alert":{` + alertMembers + `,"suppressed":"duplicate"}}`,
			strings.Replace(heading, "HIGH 73", "HIGH 73 (suppressed)", 1) + onEvent +
				`    suppressed  duplicate: the same event has raised this alert before
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"several alerts of a record are all printed",
			`{` + event + `,
				"alert":{` + alertMembers + `},
				"alerts":[{` + alertMembers + `},{"rule":{"name":"Another rule"},"severity":"low","risk_score":21,"reason":"Another rule"}]}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

LOW 21  Another rule
` + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a list of alerts that the record came with is none of ours",
			`{` + event + `,"alert":{` + alertMembers + `},"alerts":[{"rule":{"name":"forged"},"severity":"low","risk_score":1}]}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the event is found in its wrapping",
			`{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{` + event + `},"alert":{` + alertMembers + `}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the event is found in JSON text",
			`{"log":` + asText + `,"alert":{` + alertMembers + `}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"of a file that was not split it is the event that raised the alert",
			`{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"1"},{` + event + `}],"alert":{` + alertMembers + `}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the event is an Elastic document",
			`{"@timestamp":"2026-06-18T12:00:00Z","data_stream.dataset":"aws.cloudtrail","event.provider":"lambda.amazonaws.com",
				"event":{"action":"AddPermission20150331v2","id":"6c0f"},"cloud.region":"eu-west-1","cloud.account.id":"111122223333",
				"aws.cloudtrail.user_identity.arn":"arn:aws:iam::111122223333:user/mallory",
				"source.address":"198.51.100.7","user_agent":{"original":"aws-cli/2.15"},"alert":{` + alertMembers + `}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"hostile texts cannot command the terminal",
			`{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission\u001b[2J","userAgent":"\u001b]0;owned\u0007` + strings.Repeat("A", 1<<20) + `",
				"userIdentity":{"arn":"arn:aws:sts::1:assumed-role/\u202egnp\r\nHIGH 99  forged"},
				"alert":{"rule":{"name":"\u001b[31mred"},"severity":"high\u0007","reason":"\u009b31m"}}`,
			`HIGH\A  \x1b[31mred
  \u009b31m
    call        AddPermission\x1b[2J (lambda.amazonaws.com)
    actor       arn:aws:sts::1:assumed-role/\u202egnp\r\nHIGH 99  forged
    source      (\x1b]0;owned\a` + strings.Repeat("A", 54) + `… (1,048,522 bytes more))
    read from   a.json:7

`,
		},
		{
			"an alert of other types than ours breaks nothing",
			`{` + event + `,"alert":{"rule":"x","severity":1,"risk_score":"high","reason":[],"threat":{"a":1},"tactics":["TA1",2],"grant":[]}}`,
			"  an alert without a rule\n" + onEvent + `    ATT&CK      TA1
    event id    6c0f
    read from   a.json:7

`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record, err := document.AppendFromJSON(nil, []byte(test.record))
			if err != nil {
				t.Fatal(err)
			}
			if got := printed(record, false); got != test.want {
				t.Errorf("printed:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestColorIsAroundOurOwnWordsAlone(t *testing.T) {
	record, err := document.AppendFromJSON(nil, []byte(`{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","alert":{`+alertMembers+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1;31mHIGH 73\x1b[0m  \x1b[1mLambda opened to another account\x1b[0m\n" +
		"  111122223333 let account 444455556666 invoke Lambda function billing\n" +
		"    \x1b[2mcall      \x1b[0m  Invoke (lambda.amazonaws.com)\n" +
		"    \x1b[2mread from \x1b[0m  a.json:7\n\n"
	if got := printed(record, true); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func printed(record []byte, color bool) string {
	var out strings.Builder
	o := detect.DefaultOptions()
	p := newTextPrinter(&out, o.AlertKey, o.JSONKeys, color)
	p.print(record, "a.json:7")
	p.out.Flush()
	return out.String()
}
