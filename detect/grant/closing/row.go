package closing

import (
	"bytes"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
)

// Row is a call that takes back what another opened, or deletes what was open: a row
// of [Table]. Paths and ways are those of [call.Call] and [call.Arguments].
type Row struct {
	Source string // eventSource
	Name   string // eventName; * at its end means any version of the API

	// Means is what is closed, as [Closing] calls it. It is empty where the resource is
	// deleted.
	Means string

	// Resource has ways to the resource's ARN, tried in order, and Owner a path to the
	// account that it is in.
	Resource, Owner string

	// Statement is a path to the statement that is closed. Without it the call closes
	// nothing, unless AllIf, path=value, holds: then it closes all.
	Statement, AllIf string

	// Principals has the paths of who is taken out. With neither Statement nor
	// Principals, the call closes all that the means opened.
	Principals string

	// When is a condition, path=value, that must hold.
	When string

	// IsQualified says that the call is about one version or alias of a function where
	// it names one.
	IsQualified bool

	// Reversible says that the resource can be brought back for some time.
	Reversible bool

	Basis call.Basis
	From  string // where the names of the row are taken from
}

const digits = "0123456789"

var byName = func() map[string][]*Row {
	rows := make(map[string][]*Row)
	for i := range Table {
		name := strings.TrimSuffix(Table[i].Name, "*")
		rows[name] = append(rows[name], &Table[i])
	}
	return rows
}()

// find returns the row of a call, nil where the table has none.
func find(source, name []byte) *Row {
	for _, row := range byName[string(name)] {
		if row.Source == string(source) {
			return row
		}
	}
	at := bytes.IndexAny(name, digits)
	if at < 0 {
		return nil
	}
	for _, row := range byName[string(name[:at])] {
		if row.Source == string(source) && strings.HasSuffix(row.Name, "*") {
			return row
		}
	}
	return nil
}

// IsListed reports whether a call is in [Table], by an event's eventSource and eventName.
// Calls of [call.Table] can close something too, by replacing it.
func IsListed(source, name []byte) bool { return find(source, name) != nil }

// Needles returns what the events of the calls in [Table] are found by, each text
// once. Those of calls that replace are found by [call.Needles].
func Needles() []needle.Needle {
	var all []needle.Needle
	for i := range Table {
		if n := needle.OfCall(Table[i].Name); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// serviceOf is the first part of an event source.
func serviceOf(source string) string {
	service, _, _ := strings.Cut(source, ".")
	return service
}
