package call

import (
	"net/url"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
)

// readResource fills in what was opened and whose it is.
func (r *reader) readResource() {
	o := &r.opening
	account := r.account()
	for _, way := range alternatives(r.call.Resource) {
		arn, name, ok := r.resolve(way, account)
		if name != "" && o.name == "" {
			o.name = name
		}
		if ok {
			o.Resource = grant.Bounded(arn)
			break
		}
	}
	if o.Resource == "" {
		o.Resource = grant.Bounded(o.name)
	}
	o.Account = accountIn(o.Resource, account)
	o.name = grant.Bounded(nameOf(o.name, o.Resource))
}

// account returns the account that the resource belongs to, where its ARN does not
// say: by the call's own word, by the event's resources, else the one in which the
// event happened.
func (r *reader) account() string {
	if r.call.Owner != "" {
		if text := r.parameters.first(r.call.Owner); grant.IsAccountID(text) {
			return text
		}
	}
	accounts := r.texts(cloudtrail.FieldResourceAccounts)
	accounts = slices.DeleteFunc(accounts, func(text string) bool { return !grant.IsAccountID(text) })
	slices.Sort(accounts)
	switch accounts = slices.Compact(accounts); len(accounts) {
	case 0:
	case 1:
		return accounts[0]
	default: // so that it is not known whose
		return ""
	}
	for _, f := range []cloudtrail.Field{cloudtrail.FieldReceiver, cloudtrail.FieldAccount} {
		if text := string(r.event.Text(f)); grant.IsAccountID(text) {
			return text
		}
	}
	return ""
}

// texts returns the texts of a field.
func (r *reader) texts(f cloudtrail.Field) []string {
	v := r.event.Value(f)
	if list := v.List(); list != nil {
		var texts []string
		for _, one := range list {
			texts = append(texts, string(one.Text()))
		}
		return texts
	}
	if text := v.Text(); len(text) > 0 {
		return []string{string(text)}
	}
	return nil
}

// accountIn returns the account that an ARN names. One that has none, as those of S3
// buckets, is of the account that the event gives.
func accountIn(arn, otherwise string) string {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) == 6 && fields[0] == "arn" && fields[4] != "" {
		if grant.IsAccountID(fields[4]) {
			return fields[4]
		}
		return ""
	}
	return otherwise
}

// resolve makes an ARN of one of the ways to it. Where that cannot be done it
// returns the name that the event has.
func (r *reader) resolve(way, account string) (arn, name string, ok bool) {
	switch {
	case way == "resources":
		return r.resourceOfEvent()
	case !strings.Contains(way, "{"):
		text := decoded(r.parameters.first(way))
		return text, text, isARN(text)
	}
	complete := true
	var b strings.Builder
	for rest := way; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		var path string
		path, rest, _ = strings.Cut(after, "}")
		value := ""
		switch path {
		case "account":
			value = account
		case "region":
			value = string(r.event.Text(cloudtrail.FieldRegion))
		case "partition":
			value = grant.Partition(string(r.event.Text(cloudtrail.FieldRegion)))
		default:
			value = decoded(r.parameters.first(path))
			if isARN(value) {
				return value, value, true
			}
			if queue, isQueue := queueARN(value); isQueue {
				return queue, queue, true
			}
			switch {
			case name != "" && strings.Trim(value, digits) == "": // the version of a layer
				name += ":" + value
			case value != "":
				name = value
			}
		}
		complete = complete && value != ""
		b.WriteString(value)
	}
	return b.String(), name, complete
}

// resourceOfEvent returns the ARN in the event's resources that is of the row's
// service, the first of several.
func (r *reader) resourceOfEvent() (arn, name string, ok bool) {
	for _, text := range r.texts(cloudtrail.FieldResourceARNs) {
		if isARN(text) {
			return text, text, true
		}
	}
	return "", "", false
}

// queueARN makes the ARN of a queue of its URL:
// https://sqs.eu-west-1.amazonaws.com/111122223333/orders, or with queue.amazonaws.com
// in older regions (SQS Developer Guide, "Queue and message identifiers").
func queueARN(text string) (string, bool) {
	u, err := url.Parse(text)
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

// decoded decodes an ARN that is percent-encoded, as CloudTrail logs the
// parameters of a URL.
func decoded(text string) string {
	if len(text) < 6 || !strings.EqualFold(text[:6], "arn%3a") {
		return text
	}
	if out, err := url.PathUnescape(text); err == nil {
		return out
	}
	return text
}

func isARN(text string) bool {
	return strings.HasPrefix(text, "arn:") && strings.Count(text, ":") >= 5
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
