package terminal

import (
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

// alertMembers are those of an alert in the native form.
const (
	alertMembers = `"rule":{"id":"8f98","name":"Lambda opened to another account"},"severity":"high","risk_score":73,
		"reason":"111122223333 let account 444455556666 invoke Lambda function billing",
		"actor":{"arn":"arn:aws:iam::111122223333:user/mallory"},"source":{"ip":"198.51.100.7","user_agent":"aws-cli/2.15"},
		"event":{"id":"6c0f","time":"2026-06-18T12:00:00Z","action":"AddPermission20150331v2","provider":"lambda.amazonaws.com",
			"region":"eu-west-1","account":"111122223333"},
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

// storyMembers is a grant that an alert speaks of, and onStory what the text says of it.
const (
	storyMembers = `"grant":{"resource":"arn:aws:lambda:eu-west-1:111122223333:function:pay","resource_type":"AWS::Lambda::Function","principal":"444455556666",
		"account":"444455556666","relation":"cross_account","actions":["lambda:InvokeFunction"],"statement_id":"partner","means":"policy",
		"opened_at":"2026-06-18T09:00:00Z","opened_by":"arn:aws:iam::111122223333:user/alice","opened_event_id":"e-open","dedup_key":"8f98:e-open:0123",
		"granted_before":true,"closed_at":"2026-06-18T13:00:00Z","forgotten":true}`
	onStory = `    grant       arn:aws:lambda:eu-west-1:111122223333:function:pay (AWS::Lambda::Function)
                lambda:InvokeFunction to 444455556666 (cross_account)
                policy, statement partner
                opened 2026-06-18T09:00:00Z by arn:aws:iam::111122223333:user/alice (event e-open)
                closed 2026-06-18T13:00:00Z
                alert 8f98:e-open:0123
`
)

const heading = `HIGH 73  Lambda opened to another account
  111122223333 let account 444455556666 invoke Lambda function billing
`

func TestAnAlertAsText(t *testing.T) {
	tests := []struct {
		name   string
		record string
		want   string
	}{
		{
			"an alert says who did what, when and where from",
			`{"alert":{` + alertMembers + `,` + threat + `}}`,
			heading + onEvent + `    ATT&CK      TA0003 Persistence: T1546 Event Triggered Execution
                TA0005 Defense Evasion: T1578 Modify Cloud Compute Infrastructure, T1578.005 Modify Cloud Compute Configurations
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a grant says what was opened and to whom",
			`{"alert":{` + alertMembers + `,"coverage":"extended","grant":{
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
    coverage    extended: found by reading the grant; the rule's own query misses it
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the session, the resource and the page of the console are named",
			`{"alert":{` + strings.NewReplacer(`user/mallory"}`, `user/mallory"},"session":{"mfa_authenticated":false,"created_at":"2026-06-18T11:00:00.000Z"}`,
				`"account":"111122223333"}`, `"account":"111122223333","url":"https://eu-west-1.console.aws.amazon.com/x"}`).Replace(alertMembers) +
				`,"resource_arn":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"}}`,
			heading + strings.Replace(onEvent, "    source", "    session     since 2026-06-18T11:00:00Z, without MFA\n    source", 1) +
				`    resource    arn:aws:cloudtrail:eu-west-1:111122223333:trail/all
    event id    6c0f
    console     https://eu-west-1.console.aws.amazon.com/x
    read from   a.json:7

`,
		},
		{
			"the command that undoes a grant can be copied",
			`{"alert":{` + alertMembers + `,"respond":"aws lambda remove-permission --function-name billing --statement-id 'it'\"'\"'s' --region eu-west-1"}}`,
			heading + onEvent + `    respond     aws lambda remove-permission --function-name billing --statement-id 'it'"'"'s' --region eu-west-1
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"half a command is none",
			`{"alert":{` + alertMembers + `,"respond":"aws ` + strings.Repeat("x", 4096) + `"}}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a suppressed alert says so and why",
			`{"alert":{` + alertMembers + `,"suppressed":"duplicate"}}`,
			strings.Replace(heading, "HIGH 73", "HIGH 73 (suppressed)", 1) + onEvent +
				`    suppressed  duplicate: the same event has raised this alert before
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"several alerts are all printed",
			`{"alert":{` + alertMembers + `},
				"alerts":[{` + alertMembers + `},{"rule":{"id":"2","name":"Another rule"},"severity":"low","risk_score":21,"reason":"Another rule"}]}`,
			heading + onEvent + `    event id    6c0f
    read from   a.json:7

LOW 21  Another rule
    read from   a.json:7

`,
		},
		{
			"hostile texts cannot command the terminal",
			`{"alert":{"rule":{"id":"1","name":"\u001b[31mred"},"severity":"high\u0007","reason":"\u009b31m",
				"actor":{"arn":"arn:aws:sts::1:assumed-role/\u202egnp\r\nHIGH 99  forged"},
				"event":{"action":"AddPermission\u001b[2J","provider":"lambda.amazonaws.com"},
				"source":{"user_agent":"\u001b]0;owned\u0007` + strings.Repeat("A", 1<<20) + `"}}}`,
			`HIGH\A 0  \x1b[31mred
  \u009b31m
    call        AddPermission\x1b[2J (lambda.amazonaws.com)
    actor       arn:aws:sts::1:assumed-role/\u202egnp\r\nHIGH 99  forged
    source      (\x1b]0;owned\a` + strings.Repeat("A", 54) + `… (1,048,522 bytes more))
    read from   a.json:7

`,
		},
		{
			"of a long list of texts the first are printed",
			`{"alert":{` + alertMembers + `,"grant":{"evasion":[` + strings.Repeat(`"x",`, 99) + `"x"]}}}`,
			heading + onEvent + `    evasion     x` + strings.Repeat(", x", 19) + `
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a use says who used which grant",
			`{"alert":{` + alertMembers + `,"use":{"action":"lambda:InvokeFunction","takes_out":true,"account":"444455556666","principal":"AROAEXAMPLE:ci",
				"first":"2026-06-18T12:00:00Z","last":"2026-06-18T13:00:00Z","count":2,"addresses":["198.51.100.7","203.0.113.9"],"event_id":"e-use","late":true,` + storyMembers + `}}}`,
			heading + onEvent + `    use         lambda:InvokeFunction (takes out data, code or credentials) by 444455556666 (AROAEXAMPLE:ci)
                2 uses, 2026-06-18T12:00:00Z to 2026-06-18T13:00:00Z
                from 198.51.100.7, 203.0.113.9
                event e-use
                the use came in before the call that opened the resource
` + onStory + `                the same outsider had access before it was seen
                details are no longer remembered: the memory was full
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"the end of a grant says how long it was open and how it was used",
			`{"alert":{` + alertMembers + `,"closing":{"how":"removed","at":"2026-06-18T13:00:00Z","stood_seconds":14400,"used":true,
				"uses":[{"action":"lambda:InvokeFunction","count":4,"first":"2026-06-18T12:00:00Z","last":"2026-06-18T12:30:00Z"}],` + storyMembers + `}}}`,
			heading + onEvent + `    closing     removed 2026-06-18T13:00:00Z after 4 hours
                lambda:InvokeFunction, 4 uses, 2026-06-18T12:00:00Z to 2026-06-18T12:30:00Z
` + onStory + `                the same outsider had access before it was seen
                details are no longer remembered: the memory was full
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"a grant that nobody was seen to use",
			`{"alert":{` + alertMembers + `,"closing":{"how":"deleted","grant":{"resource":"pay"}}}}`,
			heading + onEvent + `    closing     deleted
                no use was seen
    grant       pay
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"what would be seen, and what the same actor called before",
			`{"alert":{` + alertMembers + `,"visibility":{"visible":["reading its code"],"not_visible":["invocations","function URLs"]},"related":[
				{"time":"2026-06-18T11:59:04+02:00","action":"UpdateFunctionCode20150331v2","provider":"lambda.amazonaws.com","event_id":"e1","target":"pay","address":"198.51.100.7"},
				{"action":"Create\u001b[2JUser","failed":true}]}}`,
			heading + onEvent + `    visible     reading its code
    not seen    invocations
                function URLs
    related     09:59:04 UpdateFunctionCode20150331v2 of lambda.amazonaws.com on pay, 198.51.100.7
                Create` + "�" + `[2JUser (failed)
    event id    6c0f
    read from   a.json:7

`,
		},
		{
			"an alert without a name is named by its rule",
			`{"alert":{"rule":{"id":"8f98"}}}`,
			" 0  8f98\n    read from   a.json:7\n\n",
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
	record, err := document.AppendFromJSON(nil, []byte(`{"alert":{"rule":{"id":"1","name":"Opened"},"severity":"high","risk_score":73,"reason":"A let B in",
		"event":{"action":"Invoke","provider":"lambda.amazonaws.com"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1;31mHIGH 73\x1b[0m  \x1b[1mOpened\x1b[0m\n" +
		"  A let B in\n" +
		"    \x1b[2mcall      \x1b[0m  Invoke (lambda.amazonaws.com)\n" +
		"    \x1b[2mread from \x1b[0m  a.json:7\n\n"
	if got := printed(record, true); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// printed is how the alerts of a native record are printed.
func printed(record []byte, color bool) string {
	var out strings.Builder
	p := NewAlertPrinter(&out, Colors(color))
	for _, a := range alert.Read(record, alert.FormatNative, "alert") {
		p.Print(&a, "a.json:7")
	}
	p.Flush()
	return out.String()
}
