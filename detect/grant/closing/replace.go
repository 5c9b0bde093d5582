package closing

import (
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/grant/use"
)

// replace reads a call that writes a document or a setting anew.
func (r *reader) replace(row *call.Call, m means) (c Closing, ok bool) {
	arn, ok := r.resource(row.Resource, row.Owner)
	if !ok || !r.isWritten(row, m) || m.unless != "" && r.arguments.Has(m.unless) {
		return Closing{}, false
	}
	c = Closing{Resource: use.Canonical(arn), Means: m.name, Replaces: true}
	if m.isQualified {
		if c.Qualifier, ok = r.qualifier(arn); !ok {
			return Closing{}, false
		}
	}
	if m.statement != "" {
		c.Statement = grant.Bounded(r.arguments.First(m.statement))
		if c.Statement == "" || !r.arguments.IsClear(m.statement) {
			return Closing{}, false
		}
	}
	c.Kept = call.Read(r.event, nil)
	return c, isComplete(c.Kept)
}

// isWritten reports whether a call has the document or setting at all. SetQueueAttributes
// mostly sets something else. Where a forged event has two documents, Kept has those
// whom either lets in.
func (r *reader) isWritten(row *call.Call, m means) bool {
	if m.document != "" {
		return r.arguments.Has(m.document)
	}
	for i := range row.Parts {
		part := &row.Parts[i]
		if part.When != "" {
			path, _, _ := strings.Cut(part.When, "=")
			if holds, _ := r.arguments.Holds(part.When); !holds || !r.arguments.IsClear(path) {
				return false
			}
		}
		if paths := documentOf(part); paths == "" || !r.arguments.Has(paths) {
			return false
		}
	}
	return true
}

// documentOf returns the paths of what a part replaces.
func documentOf(part *call.Part) string {
	switch {
	case part.Inside != "":
		return part.Inside
	case part.Policy != "":
		return part.Policy
	case part.Provider != "":
		return part.Provider
	case part.Opens != "":
		path, _, _ := strings.Cut(part.Opens, "=")
		return path
	}
	return ""
}

// isComplete reports whether it is known of everybody whom a document lets in. A
// grant of which it is not known to whom may be the one that was open before.
func isComplete(kept *call.Opening) bool {
	if kept == nil {
		return true
	}
	if kept.Rest > 0 {
		return false
	}
	for i := range kept.Grants {
		if g := &kept.Grants[i]; g.Relation == policy.RelationUnknown || g.AccountsRest > 0 {
			return false
		}
	}
	return true
}
