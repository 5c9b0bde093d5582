package alert

import (
	"time"

	"github.com/trailwire/trailwire/detect/document"
)

// Format says in which vocabulary a record gets its alerts.
type Format uint8

const (
	// FormatNative adds one map to the record, under the alert key.
	FormatNative Format = iota
	// FormatECS spreads the alert over the fields that Elastic's Common Schema
	// 8.11 has for it, and merges them into those that the record has.
	FormatECS
	// FormatOCSF puts a Detection Finding of the Open Cybersecurity Schema
	// Framework 1.4 in the record's place, with the record in it.
	FormatOCSF
)

// Append appends the record that body becomes with these alerts, the most
// severe first. It returns false if body carries this verdict already. key
// is the alert key, which only the native format has. A finding was made now, unless its
// first alert has RaisedAt.
func (f Format) Append(dst, body []byte, found []Alert, key string, now time.Time) (out []byte, changed bool) {
	switch f {
	case FormatECS:
		return appendECS(dst, body, found)
	case FormatOCSF:
		return appendFinding(dst, body, found, now), true
	}
	there := under(body, key)
	if there.carries(found) {
		return dst, false
	}
	return appendTagged(dst, body, &there, key, found), true
}

// more returns all alerts of a record in the native form if there are
// several: no schema has room for a second rule.
func more(found []Alert) packed {
	if len(found) == 1 {
		return nil
	}
	return appendList(nil, found)
}

// IsTagged reports whether a record looks like one that has an alert of ours, in
// any format.
func IsTagged(body []byte, alertKey string) bool {
	for _, key := range []string{alertKey, extension} {
		alert, _ := document.Get(body, key)
		if _, ours := document.GetText(alert, "dedup_key"); ours {
			return true
		}
	}
	product, _ := document.Path(body, "metadata.product.name")
	name, _ := document.Text(product)
	return string(name) == "Trailwire"
}
