package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The events of a grant's life, as CloudTrail writes them. The outsider's call has neither
// the name of a call that opens something nor the type AWSAccount in it: the search finds
// it by the id of the account alone, once there is a grant to that.
const (
	opened = `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"},"eventTime":"2026-11-20T10:07:00Z","eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.24","requestParameters":{"functionName":"pay","statementId":"backup","action":"lambda:InvokeFunction","principal":"444455556666"},"responseElements":{"statement":"{\"Sid\":\"backup\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:root\"},\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"arn:aws:lambda:eu-west-1:111122223333:function:pay\"}"},"eventID":"opened","recipientAccountId":"111122223333"}`
	used   = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEROLEID0009:bob","arn":"arn:aws:sts::%s:assumed-role/visitor/bob","accountId":"%s"},"eventTime":"2026-11-20T%s:00:00Z","eventSource":"lambda.amazonaws.com","eventName":"Invoke","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.77","requestParameters":{"functionName":"arn:aws:lambda:eu-west-1:111122223333:function:pay"},"responseElements":null,"eventID":"used-%s-%s","eventCategory":"Data","managementEvent":false,"recipientAccountId":"111122223333"}`
	closed = `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"},"eventTime":"2026-11-20T20:00:00Z","eventSource":"lambda.amazonaws.com","eventName":"RemovePermission20150331v2","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.24","requestParameters":{"functionName":"pay","statementId":"backup"},"responseElements":null,"eventID":"closed","recipientAccountId":"111122223333"}`
)

func usedBy(account, hour string) string {
	return fmt.Sprintf(used, account, account, hour, account, hour)
}

func TestGrantsAreFollowedThroughReloadsAndSIGKILL(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		r := &remembering{t: t, fb: fb, dir: folder(t)}
		r.state = filepath.Join(r.dir, "state")
		write(t, filepath.Join(r.dir, "in", "a.json"), "")
		pipeline(t, r.dir, ", hot_reload: on", []string{tailing(r.dir, ""), "{name: trailwire, storage.type: filesystem}"},
			[]string{fmt.Sprintf("{name: trailwire, match: '*', alert_tag: alert.$severity, follow_grants: on, state_path: %s/state}", r.dir)},
			[]string{toFile(r.dir, "alert.*", "alerts"), toFile(r.dir, "cloudtrail", "records")})
		start := func() {
			t.Helper()
			r.process = r.fb.start(r.t, r.dir, "-c", "fluent-bit.yaml")
			r.waitFor("the start", func() bool { return strings.Contains(r.text(), "watching with 4 rules") })
		}
		send := func(event string) {
			t.Helper()
			r.sent++
			f, err := os.OpenFile(filepath.Join(r.dir, "in", "a.json"), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString(event + "\n"); err != nil {
				t.Fatal(err)
			}
			r.waitForLines(filepath.Join(r.dir, "records"), r.sent)
		}
		alerted := func(n int, want string) {
			t.Helper()
			r.waitForLines(filepath.Join(r.dir, "alerts"), n)
			lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(r.dir, "alerts"))), "\n")
			if last := lines[len(lines)-1]; len(lines) != n || !strings.Contains(last, want) {
				t.Errorf("%d alerts, want %d, the last with %q: %s", len(lines), n, want, last)
			}
		}

		start()
		send(usedBy("777788889999", "11")) // nobody has let it in
		send(opened)
		alerted(1, "let account 444455556666 invoke Lambda function pay")
		send(usedBy("777788889999", "12"))
		send(usedBy("444455556666", "12"))
		alerted(2, "account 444455556666 invoked Lambda function pay with the grant that alice opened 113 minutes earlier")
		r.saved()
		if err := r.command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		r.exit()

		start()
		send(usedBy("777788889999", "13"))
		send(strings.ReplaceAll(usedBy("444455556666", "13"), "2026-11-20", "2026-11-21"))
		alerted(3, "the first of 2 uses")
		if err := r.command.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		r.waitFor("the reload", func() bool { return strings.Count(r.text(), "watching with 4 rules") == 2 })
		send(closed)
		alerted(4, "alice removed the grant to account 444455556666 on Lambda function pay after 9 hours: it was used twice")
		r.stop()
		if text := r.text(); strings.Contains(text, "[error]") {
			t.Errorf("the log has errors:\n%s", text)
		}
	})
}
