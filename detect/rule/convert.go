package rule

import (
	"errors"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
)

// InEQL returns an EQL query that asks what the rule asks, with ECS names. The terms of a
// chain of and are on lines of their own. It is an error if EQL cannot say it.
func (r *Rule) InEQL() (string, error) {
	if r.Language == EQL {
		return r.Query, nil
	}
	query, err := eql.Write(r.program, func(slot int) (string, error) {
		if name := r.fields[slot].Name(); name != "" {
			return name, nil
		}
		return "", errors.New("there is no ECS field for it")
	}, cloudtrail.TypeOf)
	return strings.TrimSpace(query), err
}
