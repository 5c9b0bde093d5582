package call

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
)

// Arguments reads what a call was made with and what it answered, for tables of
// other calls than those of [Table]. Paths, templates and the forms that parameters
// come in are the same as there; a path may also begin with serviceEventDetails. or
// additionalEventData. to lead into those members of the event.
//
// The zero Arguments has none. It is for one goroutine at a time, and what it is
// about stays valid as long as the event.
type Arguments struct {
	reader reader
	row    Call
}

// Reset makes a about an event.
func (a *Arguments) Reset(event *cloudtrail.Event) {
	a.row = Call{}
	a.reader.reset(&a.row, event, nil)
}

// First returns the first text at the paths, empty if there is none.
func (a *Arguments) First(paths string) string { return a.reader.parameters.first(paths) }

// Each calls visit with the texts at the paths, of booleans and numbers too, until
// visit returns false. A number that may be an account has twelve digits. Each
// returns whether anything is at the paths.
func (a *Arguments) Each(paths string, visit func(text string) bool) bool {
	return a.reader.parameters.each(paths, func(value []byte) bool {
		return visit(string(decodedARN([]byte(principalText(value)))))
	})
}

// Has reports whether anything is at one of the paths.
func (a *Arguments) Has(paths string) bool { return a.reader.parameters.has(paths) }

// Holds reports whether a condition, path=value, holds without regard to case, and
// whether the parameter is there.
func (a *Arguments) Holds(condition string) (holds, isThere bool) {
	return a.reader.parameters.holds(condition)
}

// IsOmitted reports whether CloudTrail left parameters out, hid them, or has them
// nested more deeply than those of any call. What is not found may have been there.
func (a *Arguments) IsOmitted() bool { return a.reader.parameters.isOmitted }

// ARN returns the ARN that a way leads to, a path or a template as in
// [Call.Resource]. account stands for {account}. Where there is no ARN, or a part of
// it is missing, ok is false.
func (a *Arguments) ARN(way, account string) (arn string, ok bool) {
	a.reader.arn = a.reader.arn[:0]
	_, ok = a.reader.resolve(way, []byte(account))
	return string(a.reader.arn), ok
}

// Resource returns the ARN of the first of the ways that leads to one, as
// [Opening.Resource] is found, and the account that the resource is in. owner is a
// path as [Call.Owner]. ok is false where no way leads to an ARN.
func (a *Arguments) Resource(ways, owner string) (arn, account string, ok bool) {
	a.row.Resource, a.row.Owner = ways, owner
	a.reader.readResource()
	return string(a.reader.arn), a.reader.opening.Account, isARN(a.reader.arn)
}

// IsClear reports whether no path of the ways has two different values. A text that
// Java wrote can be read in more than one way, and nothing keeps a forged event from
// saying a thing twice.
func (a *Arguments) IsClear(ways string) bool {
	for way := range alternatives(ways) {
		for path := range pathsIn(way) {
			first, some, isClear := "", false, true
			a.Each(path, func(text string) bool {
				isClear = !some || text == first
				first, some = text, true
				return isClear
			})
			if !isClear {
				return false
			}
		}
	}
	return true
}

// pathsIn goes through the paths of a way to a resource.
func pathsIn(way string) func(yield func(path string) bool) {
	return func(yield func(path string) bool) {
		if !strings.Contains(way, "{") {
			if way != "resources" {
				yield(way)
			}
			return
		}
		for rest := way; ; {
			_, after, found := strings.Cut(rest, "{")
			if !found {
				return
			}
			var path string
			path, rest, _ = strings.Cut(after, "}")
			switch path {
			case "account", "region", "partition":
				continue
			}
			if !yield(path) {
				return
			}
		}
	}
}

// Alternatives goes through what a row has between " | ".
func Alternatives(paths string) func(yield func(path string) bool) { return alternatives(paths) }
