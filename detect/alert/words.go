package alert

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// nounOfType is what people call a resource of a type in CloudFormation's words.
var nounOfType = func() map[string]string {
	nouns := make(map[string]string)
	for i := range call.Table {
		if c := &call.Table[i]; nouns[c.Type] == "" {
			nouns[c.Type] = c.Noun
		}
	}
	return nouns
}()

// didTo says what an action did to its resource, in the past tense.
var didTo = map[string]string{
	"dynamodb:GetItem":              "read from",
	"dynamodb:Query":                "read from",
	"dynamodb:Scan":                 "read from",
	"ec2:CopySnapshot":              "copied",
	"ec2:CreateVolume":              "made a volume of",
	"ecr:BatchGetImage":             "pulled from",
	"ecr:GetDownloadUrlForLayer":    "pulled from",
	"kms:Decrypt":                   "decrypted with",
	"lambda:InvokeFunction":         "invoked",
	"lambda:InvokeFunctionUrl":      "invoked",
	"s3:GetObject":                  "read from",
	"s3:PutObject":                  "wrote to",
	"secretsmanager:GetSecretValue": "read",
	"sns:Publish":                   "published to",
	"sqs:ReceiveMessage":            "received from",
	"sqs:SendMessage":               "sent to",
	"sts:AssumeRole":                "assumed",
	"sts:AssumeRoleWithSAML":        "assumed",
	"sts:AssumeRoleWithWebIdentity": "assumed",
}

// did says in words what an action did, to go before a resource.
func did(action string) string {
	if words := didTo[action]; words != "" {
		return words
	}
	return "called " + cmp.Or(grant.Printable(action), "an unknown action") + " on"
}

// resource is the grant's resource in words: Lambda function pay.
func (s *GrantStory) resource() string {
	name := s.Resource
	if fields := strings.SplitN(s.Resource, ":", 6); len(fields) == 6 && fields[0] == "arn" {
		name = fields[5]
		if at := strings.IndexAny(name, ":/"); at >= 0 && at+1 < len(name) {
			name = name[at+1:]
		}
	}
	return cmp.Or(nounOfType[s.ResourceType], "resource") + " " + cmp.Or(grant.Printable(name), "of unknown name")
}

// grantee is in words who was let in.
func (s *GrantStory) grantee(names map[string]string) string {
	switch policy.Relation(s.Relation) {
	case policy.RelationPublic:
		return "anyone"
	case policy.RelationOrganization:
		return "an organization"
	case policy.RelationNetwork:
		return "anyone from a network"
	case policy.RelationService:
		return "service " + grant.Printable(s.Principal)
	case policy.RelationFederated:
		return "identities of " + grant.Printable(s.Principal)
	}
	return outsider(s.Account, s.Principal, names)
}

// outsider is somebody of another account, or of none, in words.
func outsider(account, principal string, names map[string]string) string {
	switch {
	case account != "":
		return "account " + call.Named(account, names)
	case principal != "":
		return "principal " + grant.Printable(principal)
	}
	return "somebody without an account"
}

// person names who made a call as briefly as a sentence wants it: a user by its name, a
// session by its name and its role's. The ARN is elsewhere in the alert.
func person(who string) string {
	fields := strings.SplitN(who, ":", 6)
	if len(fields) < 6 || fields[0] != "arn" {
		return grant.Printable(who)
	}
	switch kind, rest, _ := strings.Cut(fields[5], "/"); kind {
	case "user":
		if name := rest[strings.LastIndexByte(rest, '/')+1:]; name != "" {
			return grant.Printable(name)
		}
	case "assumed-role":
		if role, session, _ := strings.Cut(rest, "/"); role != "" && session != "" {
			return grant.Printable(session) + " of role " + grant.Printable(role)
		}
	}
	return grant.Printable(who)
}

// units are those in which people are told how long something was.
var units = []struct {
	word string
	is   time.Duration
}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}

// Span is how long something was, in words, in the largest unit of which there are two, or one exactly. It
// is rounded down.
func Span(d time.Duration) string {
	for _, unit := range units {
		if n := d / unit.is; n >= 2 || n == 1 && d%unit.is == 0 {
			return counted(int(n), unit.word)
		}
	}
	if d >= time.Second {
		return counted(1, "second")
	}
	return "a moment"
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// times is how often something was.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
