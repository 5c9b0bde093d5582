package main

import (
	"fmt"
	"strings"
	"testing"
)

// shared is a bucket that is opened to some principals.
func shared(principals string) string {
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333"},
		"eventTime":"2026-06-18T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"eu-west-1",
		"requestParameters":{"bucketName":"orders","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":[%s]},"Action":"s3:GetObject","Resource":"*"}]}},
		"eventID":"5a7e","recipientAccountId":"111122223333"}`, principals)
}

func TestScanExplainsWhatBecomesOfTheGrantsOfACall(t *testing.T) {
	const (
		covered = "  no alert about a grant that %s covers: account 444455556666 may use s3:GetObject on S3 bucket orders of account 111122223333\n"
		partner = `"444455556666"`
		bucket  = "arn:aws:s3:::orders"
	)
	for _, test := range []struct {
		name, event, flags, want string
	}{
		{"one that raises an alert", shared(partner), "",
			"  alert of AWS Data Shared With Another Account\n    reason 111122223333 let account 444455556666 use s3:GetObject on S3 bucket orders\n"},
		{"one that an exception covers", shared(partner), "--trusted-accounts 444455556666", fmt.Sprintf(covered, "trusted_accounts")},
		{"one by who called", shared(partner), "--trusted-actors arn:aws:iam::111122223333:user/alice", fmt.Sprintf(covered, "trusted_actors")},
		{"one on a resource", shared(partner), "--trusted-resources " + bucket, fmt.Sprintf(covered, "trusted_resources")},
		{"one of two that an exception covers", shared(partner + `,"777788889999"`), "--trusted-accounts 444455556666",
			fmt.Sprintf(covered, "trusted_accounts") +
				"  alert of AWS Data Shared With Another Account\n    reason 111122223333 let account 777788889999 use s3:GetObject on S3 bucket orders\n"},
		{"everybody is never covered", shared(`"*"`), "--trusted-resources " + bucket,
			"  alert of AWS Data Opened to Everyone\n    reason 111122223333 let anyone use s3:GetObject on S3 bucket orders\n"},
		{"the own account", shared(`"111122223333"`), "",
			"  no alert about who was let in: it is nobody from outside of the account, or everyday business of AWS\n"},
		{"a call that failed", strings.Replace(shared(partner), `"eventID"`, `"errorCode":"AccessDenied","eventID"`, 1), "",
			"  no alert about who was let in: the call failed\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"scan", "-q", "--coverage", "all", "--explain", "5a7e", "-"}, strings.Fields(test.flags)...)
			out, said, code := runWith(test.event, args...)
			if code != exitFine || said != "" || !strings.HasSuffix(out, "\n"+test.want) {
				t.Errorf("code %d, %s\n%s\nwant at the end\n%s", code, said, out, test.want)
			}
		})
	}
	if out, _, _ := runWith(shared(partner), "scan", "-q", "--explain", "5a7e", "-"); !strings.HasSuffix(out, "\n  no alert\n") {
		t.Errorf("with coverage rule\n%s", out)
	}
}

func TestRulesShowSaysWhatExceptionsLeaveOutOfARuleAboutGrants(t *testing.T) {
	const title = "What exceptions leave out"
	about, said, code := runWith("", "rules", "show", "5b0c1f3a-6d0e-4d55-9a64-0b1d8f6a1c05", "--coverage", "all")
	if code != exitFine || !strings.Contains(about, title+"\n  grants that trusted_accounts, trusted_orgs, trusted_actors or trusted_resources cover") {
		t.Errorf("code %d, %s\n%s", code, said, about)
	}
	if other, _, _ := runWith("", "rules", "show", "8f985da6-66e8-4838-a63e-21636eb9adc5"); strings.Contains(other, title) {
		t.Errorf("the rule about AddPermission asks for no grant:\n%s", other)
	}
}
