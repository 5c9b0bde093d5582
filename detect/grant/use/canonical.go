package use

import (
	"net/url"
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
)

// Canonical returns the one form in which an ARN is written here, so that the call
// that opened a resource and the one that uses it have the same text for it. Of a
// text that is not an ARN nor the address of a queue it returns the text. Nothing is
// made lower case, and Canonical of what it returned is the same again. The result
// is valid UTF-8 of at most [grant.MaxText] bytes.
//
//   - A Lambda function has no version and no alias.
//   - A role has no path: its name is unique in the account (IAM User Guide, "IAM
//     identifiers").
//   - The six random characters after the name of a secret are six question marks,
//     as IAM policies write them (Secrets Manager User Guide, "Secret ARN").
//   - A snapshot and an image of EC2 have no account, since some events and policies
//     leave it out and their ids are unique.
//   - An object read through an access point is the access point. An object of a
//     bucket stays: a list of grants may be that of one object.
//   - The address of a queue is its ARN.
//   - A stream, an index, a backup or an export of a DynamoDB table is as it is.
//   - An alias of a key is as it is: nothing in an ARN says which key that is.
func Canonical(arn string) string {
	text := grant.Bounded(decoded(arn))
	if queue, ok := queueARN(text); ok {
		return queue
	}
	f, ok := split(text)
	if !ok {
		return text
	}
	switch f.service {
	case "lambda":
		if name, isFunction := strings.CutPrefix(f.resource, "function:"); isFunction {
			// An account may be there once more, from a name such as 111122223333:function:f.
			name, _, _ = strings.Cut(strings.TrimPrefix(name, f.account+":function:"), ":")
			f.resource = "function:" + name
		}
	case "iam":
		if name, isRole := strings.CutPrefix(f.resource, "role/"); isRole {
			f.resource = "role/" + name[strings.LastIndexByte(name, '/')+1:]
		}
	case "secretsmanager":
		if name, isSecret := strings.CutPrefix(f.resource, "secret:"); isSecret && name != "" {
			f.resource = "secret:" + withoutSuffix(name) + randomSuffix
		}
	case "ec2":
		if strings.HasPrefix(f.resource, "snapshot/") || strings.HasPrefix(f.resource, "image/") {
			f.account = ""
		}
	case "s3", "s3-object-lambda", "s3-outposts":
		if name, isPoint := strings.CutPrefix(f.resource, "accesspoint/"); isPoint {
			name, _, _ = strings.Cut(name, "/")
			f.resource = "accesspoint/" + name
		}
	}
	if out := f.text(); len(out) <= grant.MaxText {
		return out
	}
	return text
}

// randomSuffix stands for the characters that Secrets Manager appends to a name.
const randomSuffix = "-??????"

// withoutSuffix cuts off the random characters after the name of a secret, where
// they are there. They are letters and digits of which at least one is a capital or a
// digit, which leaves one secret in 180 that keeps them. Words such as "secret"
// after a hyphen are not taken for them.
func withoutSuffix(name string) string {
	at := len(name) - len(randomSuffix)
	if name == randomSuffix {
		return ""
	}
	if at <= 0 || name[at] != '-' {
		return name
	}
	suffix := name[at+1:]
	if suffix == randomSuffix[1:] {
		return name[:at]
	}
	isRandom := false
	for i := range len(suffix) {
		switch c := suffix[i]; {
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			isRandom = true
		case c < 'a' || c > 'z':
			return name
		}
	}
	if !isRandom {
		return name
	}
	return name[:at]
}

// fields are those of an ARN: arn:partition:service:region:account:resource (AWS
// General Reference, "Amazon Resource Names").
type fields struct{ partition, service, region, account, resource string }

func split(arn string) (f fields, ok bool) {
	rest, isARN := strings.CutPrefix(arn, "arn:")
	if !isARN {
		return fields{}, false
	}
	for _, field := range []*string{&f.partition, &f.service, &f.region, &f.account} {
		if *field, rest, ok = strings.Cut(rest, ":"); !ok {
			return fields{}, false
		}
	}
	f.resource = rest
	return f, f.partition != "" && f.service != "" && rest != ""
}

func (f fields) text() string {
	return strings.Join([]string{"arn", f.partition, f.service, f.region, f.account, f.resource}, ":")
}

// accountOf returns the account that an ARN names, empty for none.
func accountOf(arn string) string {
	if f, ok := split(arn); ok && grant.IsAccountID(f.account) {
		return f.account
	}
	return ""
}

// decoded decodes an ARN that is percent-encoded, as CloudTrail logs what was in the
// path of a request.
func decoded(text string) string {
	if len(text) < 6 || !strings.EqualFold(text[:6], "arn%3a") {
		return text
	}
	if out, err := url.PathUnescape(text); err == nil {
		return out
	}
	return text
}

// queueARN makes the ARN of a queue of its address (SQS Developer Guide, "Queue and
// message identifiers"): https://sqs.eu-west-1.amazonaws.com/111122223333/orders,
// and https://eu-west-1.queue.amazonaws.com/… or https://queue.amazonaws.com/… as
// older clients have it.
func queueARN(address string) (string, bool) {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return "", false
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	account, name, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !found || !grant.IsAccountID(account) || name == "" || strings.ContainsAny(name, "/:") {
		return "", false
	}
	region, isQueue := queueRegion(u.Hostname())
	if !isQueue {
		return "", false
	}
	return fields{grant.Partition(region), "sqs", region, account, name}.text(), true
}

func queueRegion(host string) (region string, ok bool) {
	labels := strings.Split(host, ".")
	switch {
	case labels[0] == "sqs" && len(labels) > 3:
		return labels[1], labels[1] != ""
	case labels[0] == "queue" && len(labels) > 2:
		return "us-east-1", true
	case len(labels) > 3 && labels[1] == "queue":
		return labels[0], labels[0] != ""
	}
	return "", false
}
