package use

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// Table has every call that is known to use a resource of another account.
//
// The names of calls and parameters are those of AWS's API models, which CloudTrail
// logs with a small first letter, or those of recorded events and of samples in AWS's
// guides where there are any. Basis is about the event in the owner's trail: a model
// says how it is spelled, not that the owner gets it.
var Table = slices.Concat(
	roleUses, keyUses, secretUses,
	objectUses, snapshotUses, tableUses, streamUses, catalogUses, fileUses, archiveUses,
	functionUses, imageUses, packageUses,
	queueUses, topicUses, busUses, mailUses,
)

// action is a call of a service, for tables in which rows differ in little else.
type action struct {
	name     string // eventName
	action   string // as IAM names it, without the service
	takesOut bool
}

// rowsOf makes a row of each action: of row, and its name. Row.Action is the
// service's prefix.
func rowsOf(row Row, actions []action) []Row {
	rows := make([]Row, 0, len(actions))
	for _, a := range actions {
		r := row
		r.Name, r.Action, r.TakesOut = a.name, row.Action+":"+a.action, a.takesOut
		rows = append(rows, r)
	}
	return rows
}

// withBasis changes what is known of one of the rows.
func withBasis(rows []Row, name string, basis call.Basis, from string) []Row {
	for i := range rows {
		if rows[i].Name == name {
			rows[i].Basis, rows[i].From = basis, from
		}
	}
	return rows
}
