package call

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
)

// readResource finds out what was opened and whose it is. What it finds is made texts
// of by [reader.describe], once somebody wants to know.
func (r *reader) readResource() {
	account := r.account()
	r.name = r.name[:0]
	for way := range alternatives(r.call.Resource) {
		r.arn = r.arn[:0]
		name, ok := r.resolve(way, account)
		if len(r.name) == 0 {
			r.name = append(r.name, name...)
		}
		if ok {
			break
		}
		r.arn = r.arn[:0]
	}
	// Whose it is was mostly the same account for the event before.
	if in := accountIn(r.arn, account); string(in) != r.opening.Account {
		r.opening.Account = string(in)
	}
}

// describe fills in what the opening says about the resource.
func (r *reader) describe() {
	if r.isDescribed {
		return
	}
	r.isDescribed = true
	o := &r.opening
	o.ResourceType, o.Kind, o.Service = r.call.Type, r.call.Kind, serviceOf(r.call.Source)
	o.Region = grant.Bounded(string(r.event.Text(cloudtrail.FieldRegion)))
	if o.Resource = grant.Bounded(string(r.arn)); o.Resource == "" {
		o.Resource = grant.Bounded(string(r.name))
	}
	o.name = grant.Bounded(nameOf(string(r.name), o.Resource))
}

// account returns the account that the resource belongs to, where its ARN does not
// say: by the call's own word, by the event's resources, else the one in which the
// event happened.
func (r *reader) account() []byte {
	if r.call.Owner != "" {
		if text := r.parameters.firstText(r.call.Owner); isAccount(text) {
			return text
		}
	}
	var found []byte
	isOne := true
	r.eachText(cloudtrail.FieldResourceAccounts, func(text []byte) bool {
		if isAccount(text) {
			isOne = found == nil || bytes.Equal(found, text)
			found = text
		}
		return isOne
	})
	switch {
	case !isOne: // so that it is not known whose
		return nil
	case found != nil:
		return found
	}
	for _, f := range [...]cloudtrail.Field{cloudtrail.FieldReceiver, cloudtrail.FieldAccount} {
		if text := r.event.Text(f); isAccount(text) {
			return text
		}
	}
	return nil
}

func isAccount(text []byte) bool { return len(text) == 12 && grant.IsAccountID(string(text)) }

// eachText calls visit with the texts of a field until it returns false.
func (r *reader) eachText(f cloudtrail.Field, visit func(text []byte) bool) {
	eachText(r.event.Value(f), visit)
}

// accountIn returns the account that an ARN names. One that has none, as those of S3
// buckets, is of the account that the event gives.
func accountIn(arn, otherwise []byte) []byte {
	rest, isARN := bytes.CutPrefix(arn, []byte("arn:"))
	var account []byte
	for range 4 {
		var more bool
		if account, rest, more = bytes.Cut(rest, []byte(":")); !more {
			isARN = false
		}
	}
	switch {
	case !isARN || len(account) == 0:
		return otherwise
	case isAccount(account):
		return account
	}
	return nil
}

// resolve appends the ARN that one of the ways to it leads to. Where there is none it
// returns the name that the event has.
func (r *reader) resolve(way string, account []byte) (name []byte, ok bool) {
	switch {
	case way == "resources":
		return r.resourceOfEvent()
	case !strings.Contains(way, "{"):
		text := decodedARN(r.parameters.firstText(way))
		r.arn = append(r.arn, text...)
		return text, isARN(text)
	}
	complete := true
	for rest := way; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		r.arn = append(r.arn, before...)
		if !found {
			break
		}
		var path string
		path, rest, _ = strings.Cut(after, "}")
		var value []byte
		switch path {
		case "account":
			value = account
		case "region":
			value = r.event.Text(cloudtrail.FieldRegion)
		case "partition":
			r.arn = append(r.arn, grant.Partition(string(r.event.Text(cloudtrail.FieldRegion)))...)
			continue
		default:
			value = decodedARN(r.parameters.firstText(path))
			if isARN(value) {
				r.arn = append(r.arn[:0], value...)
				return value, true
			}
			if queue, isQueue := queueARN(value); isQueue {
				r.arn = append(r.arn[:0], queue...)
				return []byte(queue), true
			}
			switch {
			case len(name) > 0 && len(bytes.Trim(value, digits)) == 0: // the version of a layer
				name = append(append(name[:len(name):len(name)], ':'), value...)
			case len(value) > 0:
				name = value
			}
		}
		complete = complete && len(value) > 0
		r.arn = append(r.arn, value...)
	}
	return name, complete
}

// resourceOfEvent appends the ARN in the event's resources, the first of several.
func (r *reader) resourceOfEvent() (name []byte, ok bool) {
	r.eachText(cloudtrail.FieldResourceARNs, func(text []byte) bool {
		if ok = isARN(text); ok {
			r.arn, name = append(r.arn, text...), text
		}
		return !ok
	})
	return name, ok
}

// queueARN makes the ARN of a queue of its URL:
// https://sqs.eu-west-1.amazonaws.com/111122223333/orders, or with queue.amazonaws.com
// in older regions (SQS Developer Guide, "Queue and message identifiers").
func queueARN(address []byte) (string, bool) {
	if len(address) < 4 || !equalFold(address[:4], "http") {
		return "", false
	}
	u, err := url.Parse(string(address))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	account, name, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	host := strings.Split(u.Hostname(), ".")
	if !found || !grant.IsAccountID(account) || name == "" || strings.Contains(name, "/") || len(host) < 3 {
		return "", false
	}
	region := "us-east-1"
	switch {
	case host[0] == "sqs" && len(host) > 3:
		region = host[1]
	case host[1] == "queue":
		region = host[0]
	}
	return strings.Join([]string{"arn", grant.Partition(region), "sqs", region, account, name}, ":"), true
}

// decodedARN decodes an ARN that is percent-encoded, as CloudTrail logs the
// parameters of a URL.
func decodedARN(text []byte) []byte {
	if len(text) < 6 || !equalFold(text[:6], "arn%3a") {
		return text
	}
	if out, err := url.PathUnescape(string(text)); err == nil {
		return []byte(out)
	}
	return text
}

func isARN[T string | []byte](text T) bool {
	if len(text) < 4 || string(text[:4]) != "arn:" {
		return false
	}
	colons := 0
	for i := 0; i < len(text) && colons < 5; i++ {
		if text[i] == ':' {
			colons++
		}
	}
	return colons == 5
}

// nameOf returns what people call a resource: its name if the event has one, else
// what an ARN ends with.
func nameOf(name, arn string) string {
	if name != "" && !isARN(name) {
		return name
	}
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return arn
	}
	// arn:aws:kms:eu-west-1:111122223333:key/1234abcd is called 1234abcd.
	kind, rest, found := strings.Cut(fields[5], "/")
	if found && !strings.Contains(kind, ":") && rest != "" {
		return rest
	}
	if kind, rest, found := strings.Cut(fields[5], ":"); found && !strings.Contains(kind, "/") && rest != "" {
		return rest
	}
	return fields[5]
}

// serviceOf is the first part of an event source: kms of kms.amazonaws.com.
func serviceOf(source string) string {
	service, _, _ := strings.Cut(source, ".")
	return service
}
