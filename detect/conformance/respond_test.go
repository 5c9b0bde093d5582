package conformance

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant"
)

// alertOn returns the one alert that an event raises.
func alertOn(t *testing.T, event any) alert.Alert {
	t.Helper()
	found := alerts(t, newEngine(t, nil), event)
	if len(found) != 1 {
		t.Fatalf("%d alerts, want 1", len(found))
	}
	return found[0]
}

func TestRespondIsTheCommandThatRemovesTheStatement(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes object
		want    string
	}{
		{"the function is named by its ARN, so that no other account's is meant", nil,
			"aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --region eu-west-1"},
		{"a statement on a version or an alias", object{"requestParameters.qualifier": "prod"},
			"aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --qualifier prod --region eu-west-1"},
		{"a region in China is in another partition", object{"awsRegion": "cn-north-1"},
			"aws lambda remove-permission --function-name arn:aws-cn:lambda:cn-north-1:111122223333:function:billing-export --statement-id partner --region cn-north-1"},
		{"where nothing says whose the function is, its name has to do",
			object{"recipientAccountId": absent, "userIdentity": object{"type": "AWSService"}},
			"aws lambda remove-permission --function-name billing-export --statement-id partner --region eu-west-1"},
		{"where nothing says where it is, the shell's own region has to do", object{"awsRegion": absent},
			"aws lambda remove-permission --function-name billing-export --statement-id partner"},
		{"a statement id that begins like an option stays a value", object{"requestParameters.statementId": "--debug"},
			"aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id=--debug --region eu-west-1"},
		{"the latest version has a name that shells read",
			object{"requestParameters.qualifier": "$LATEST"},
			"aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id partner --qualifier '$LATEST' --region eu-west-1"},
		{"no statement id, no command", object{"requestParameters.statementId": absent}, ""},
		{"no function name, no command", object{"requestParameters.functionName": absent}, ""},
		{"a file is not sent to AWS", object{"requestParameters.statementId": "file:///etc/passwd"}, ""},
		{"a binary file neither", object{"requestParameters.statementId": "fileb:///etc/passwd"}, ""},
		{"nor is a page fetched", object{"requestParameters.statementId": "https://203.0.113.9/"}, ""},
		{"a line would be run as it is pasted", object{"requestParameters.statementId": "x\nid"}, ""},
		{"an escape sequence would end the pasting", object{"requestParameters.statementId": "x\x1b[201~id"}, ""},
		{"a mark that turns the direction of writing would hide what is pasted", object{"requestParameters.statementId": "x\u202eid"}, ""},
		{"an argument is not endless", object{"requestParameters.statementId": strings.Repeat("x", 513)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := alertOn(t, crossAccountGrant(test.changes)).Respond; got != test.want {
				t.Errorf("respond is\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// hostile are texts that do harm where a shell reads them as its own.
var hostile = []string{
	`$(touch pwned)`, "`touch pwned`", `;touch pwned;`, `|touch pwned`, `&touch pwned&`, `>pwned`,
	`'; touch pwned; '`, `"; touch pwned; "`, `\'; touch pwned; '`, `\`, `\\'`, `'`, `''`, `"`, `x'"'"'y`,
	`${HOME}`, `$HOME`, `~`, `*`, `?`, `[a-z]`, `{a,b}`, `!!`, `!$`, `#x`, `a b`, `a  b`, ` x`, `=ls`, `%1`, `^a^b`,
	`-x`, `--endpoint-url=//203.0.113.9/`, `--`, `<(touch pwned)`, `(touch pwned)`, `x&&touch pwned`, `é`, `名`,
}

func TestHostileTextsAreArgumentsInARealShell(t *testing.T) {
	tried := 0
	for _, shell := range []string{"sh", "dash", "bash", "zsh", "fish", "busybox"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		tried++
		t.Run(shell, func(t *testing.T) {
			for _, text := range hostile {
				a := alertOn(t, crossAccountGrant(object{
					"requestParameters.functionName": text, "requestParameters.statementId": text,
					"requestParameters.qualifier": text,
					// With no account the function's text stands as it is.
					"recipientAccountId": absent, "userIdentity": absent,
				}))
				if a.Respond == "" {
					t.Errorf("%q: no command", text)
					continue
				}
				got := argumentsOf(t, path, a.Respond)
				want := []string{"lambda", "remove-permission"}
				for _, option := range []string{"--function-name", "--statement-id", "--qualifier"} {
					if strings.HasPrefix(text, "-") {
						want = append(want, option+"="+text)
					} else {
						want = append(want, option, text)
					}
				}
				want = append(want, "--region", "eu-west-1")
				if !slices.Equal(got, want) {
					t.Errorf("%q: the shell makes of %s\n%q\nwant\n%q", text, a.Respond, got, want)
				}
			}
		})
	}
	if tried == 0 {
		t.Fatal("there is no shell")
	}
}

// inBucket is a call that opens a bucket of this name.
func inBucket(name string) object {
	event := bucketPolicy("444455556666")
	event["requestParameters"].(map[string]any)["bucketName"] = name
	return crossAccountGrant(event)
}

func TestTheCommandsOfOtherCallsAreArgumentsInARealShellToo(t *testing.T) {
	engine := newEngine(t, withCoverage(alert.CoverAll))
	for _, shell := range []string{"sh", "bash"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		for _, text := range hostile {
			a := alerts(t, engine, inBucket(text))[0]
			for command, words := range map[string]string{a.Inspect: "s3api get-bucket-policy", a.Respond: "s3api delete-bucket-policy"} {
				if command == "" {
					t.Errorf("%q: no command", text)
					continue
				}
				want := append(strings.Fields(words), "--bucket", text, "--region", "eu-west-1")
				if strings.HasPrefix(text, "-") {
					want = append(strings.Fields(words), "--bucket="+text, "--region", "eu-west-1")
				}
				if got := argumentsOf(t, path, command); !slices.Equal(got, want) {
					t.Errorf("%q: the shell makes of %s\n%q\nwant\n%q", text, command, got, want)
				}
			}
		}
	}
	for _, text := range []string{"file:///etc/passwd", "https://203.0.113.9/", "x\nid", "x\u202eid", strings.Repeat("x", 513), ""} {
		if a := alerts(t, engine, inBucket(text))[0]; a.Inspect != "" || a.Respond != "" {
			t.Errorf("%q: there are the commands %s and %s", text, a.Inspect, a.Respond)
		}
	}
}

func TestACommandDoesNotTakeBackLessThanTheCallGrants(t *testing.T) {
	engine := newEngine(t, withCoverage(alert.CoverAll))
	share := func(values ...any) object {
		return crossAccountGrant(object{"eventSource": "rds.amazonaws.com", "eventName": "ModifyDBSnapshotAttribute", "responseElements": nil,
			"requestParameters": map[string]any{"attributeName": "restore", "dBSnapshotIdentifier": "orders", "valuesToAdd": values}})
	}
	const back = "aws rds modify-db-snapshot-attribute --db-snapshot-identifier orders --attribute-name restore --values-to-remove "
	for _, c := range []struct {
		event object
		want  string
	}{
		{share("444455556666"), back + "444455556666 --region eu-west-1"},
		{share("444455556666", "555566667777"), back + "444455556666 555566667777 --region eu-west-1"},
		{share("all"), back + "all --region eu-west-1"},
		{share("444455556666", "AIDACKCEVSQ6C2EXAMPLE"), ""},
		{share("444455556666", "-x"), ""},
	} {
		if got := alerts(t, engine, c.event)[0].Respond; got != c.want {
			t.Errorf("respond is\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestAValueWithinTheShorthandSyntaxHasNoneOfItsSigns(t *testing.T) {
	engine := newEngine(t, withCoverage(alert.CoverAll))
	for name, isFine := range map[string]bool{"orders": true, "x,Foo@=file:///etc/passwd": false, "x=y": false, "[x]": false} {
		event := crossAccountGrant(object{"eventSource": "dms.amazonaws.com", "eventName": "CreateReplicationInstance", "responseElements": nil,
			"requestParameters": map[string]any{"replicationInstanceIdentifier": name, "publiclyAccessible": true}})
		if got := alerts(t, engine, event)[0].Inspect; (got != "") != isFine {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// argumentsOf runs a command in a shell where aws is a program that prints its
// arguments, and fails if anything else happens.
func argumentsOf(t *testing.T, shell, command string) []string {
	t.Helper()
	const printed = "\u2420" // a mark that is in none of the arguments
	define := `aws() { for a in "$@"; do printf '%s` + printed + `' "$a"; done; }; `
	if strings.HasSuffix(shell, "fish") {
		define = `function aws; for a in $argv; printf '%s` + printed + `' $a; end; end; `
	}
	cmd := exec.Command(shell, "-c", define+command)
	if strings.HasSuffix(shell, "busybox") {
		cmd = exec.Command(shell, "sh", "-c", define+command)
	}
	cmd.Dir = t.TempDir()
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	if files, err := os.ReadDir(cmd.Dir); err != nil || len(files) > 0 {
		t.Errorf("%s has left %v, %v", command, files, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), printed), printed)
}

func TestWhatAnalystsAskFirstIsBounded(t *testing.T) {
	long := strings.Repeat("é", 1<<20)
	a := alertOn(t, crossAccountGrant(object{
		"userAgent": long, "sourceIPAddress": long,
		"userIdentity": object{
			"type": long, "arn": long, "userName": long, "accountId": long, "accessKeyId": long,
			"sessionContext":   object{"sessionIssuer": object{"arn": long}},
			"identityProvider": long, "invokedBy": long, "onBehalfOf": object{"userId": long, "identityStoreArn": long},
		},
		"recipientAccountId": long, "awsRegion": long, "eventTime": long,
	}))
	for name, text := range map[string]string{
		"actor.arn": a.Actor.ARN, "actor.type": a.Actor.Type, "actor.name": a.Actor.Name,
		"actor.account": a.Actor.Account, "actor.access_key_id": a.Actor.AccessKeyID,
		"actor.session_issuer_arn": a.Actor.SessionIssuerARN,
		"actor.identity_provider":  a.Actor.IdentityProvider, "actor.invoked_by": a.Actor.InvokedBy,
		"actor.on_behalf_of": a.Actor.OnBehalfOf, "actor.identity_store_arn": a.Actor.IdentityStoreARN,
		"source.address": a.Source.Address, "source.user_agent": a.Source.UserAgent,
		"event.time": a.Event.Time, "event.region": a.Event.Region, "event.account": a.Event.Account,
	} {
		if len(text) != grant.MaxText || !utf8.ValidString(text) {
			t.Errorf("%s has %d bytes, want %d of UTF-8", name, len(text), grant.MaxText)
		}
	}
	if a.Source.IP != "" {
		t.Errorf("source.ip is %.20s, which is not an address", a.Source.IP)
	}
}

func TestSourceIsAnAddressOrTheServiceThatCalled(t *testing.T) {
	for _, test := range []struct{ name, from, ip string }{
		{"IPv4", "198.51.100.7", "198.51.100.7"},
		{"IPv6", "2001:db8::7", "2001:db8::7"},
		{"a service", "cloudformation.amazonaws.com", ""},
		{"AWS itself", "AWS Internal", ""},
		{"an address with a zone, which databases refuse", "fe80::1%eth0", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := alertOn(t, crossAccountGrant(object{"sourceIPAddress": test.from}))
			if a.Source.Address != test.from || a.Source.IP != test.ip {
				t.Errorf("the source is %+v, want the address %q and the IP %q", a.Source, test.from, test.ip)
			}
		})
	}
}
