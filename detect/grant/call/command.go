package call

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// Command is a command of the AWS command line, not quoted for any shell: its words,
// and its options with their values.
type Command struct {
	Words   string // aws kms put-key-policy
	Options []Option
}

// Option is an option with its values. Without a value it is a word of its own.
type Option struct {
	Name   string
	Values []string
}

// command fills in a template. It returns the zero Command if a value is not
// known.
func (r *reader) command(template string) Command {
	if template == "" {
		return Command{}
	}
	var c Command
	for word := range strings.FieldsSeq(template) {
		switch {
		case strings.HasPrefix(word, "--"):
			c.Options = append(c.Options, Option{Name: word})
		case len(c.Options) == 0:
			c.Words = strings.TrimSpace(c.Words + " " + word)
		default:
			values, ok := r.values(word)
			if !ok {
				return Command{}
			}
			last := &c.Options[len(c.Options)-1]
			last.Values = append(last.Values, values...)
		}
	}
	if region := string(r.event.Text(cloudtrail.FieldRegion)); region != "" {
		c.Options = append(c.Options, Option{Name: "--region", Values: []string{region}})
	}
	return c
}

// values returns the values of a word of a template.
func (r *reader) values(word string) ([]string, bool) {
	before, rest, found := strings.Cut(word, "{")
	if !found {
		return []string{word}, true
	}
	path, after, _ := strings.Cut(rest, "}")
	switch path {
	case "principals":
		return r.principals(before, after)
	case "resource":
		return []string{before + r.opening.Resource + after}, r.opening.Resource != ""
	case "account":
		return []string{before + r.opening.Account + after}, r.opening.Account != ""
	case "only-the-account":
		return []string{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + r.opening.Account +
			`"},"Action":"` + r.opening.Service + `:*","Resource":"*"}]}`}, grant.IsAccountID(r.opening.Account)
	case "nobody":
		return []string{`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}`}, true
	}
	value := string(decodedARN(r.parameters.firstText(path)))
	if before+after != "" && strings.Trim(value, plain) != "" {
		return nil, false
	}
	return []string{before + value + after}, value != ""
}

// plain are the characters that mean nothing in the shorthand syntax of the AWS
// command line, Key=value,Key=value, which also reads files.
const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits + "-_./:"

// principals returns the principals of the foreign grants. A command that would leave
// some of them in is not one to give: there are none where there are more than a few.
func (r *reader) principals(before, after string) ([]string, bool) {
	var all []string
	for i := range r.list.Grants {
		g := &r.list.Grants[i]
		principal := g.Principal
		if g.Relation == policy.RelationUnknown || principal == "" || len(all) == policy.MaxItems {
			return nil, false
		}
		if g.Relation == policy.RelationPublic && r.call.everyone() != "" {
			principal = r.call.everyone()
		}
		if before+after != "" && strings.Trim(principal, plain) != "" {
			return nil, false
		}
		all = append(all, before+principal+after)
	}
	return all, true
}

// everyone is the word that a call has for everybody, if it is not *.
func (c *Call) everyone() string {
	switch c.Source {
	case "rds.amazonaws.com":
		return "all"
	case "ssm.amazonaws.com":
		return "All"
	}
	return ""
}
