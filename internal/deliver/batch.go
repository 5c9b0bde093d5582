package deliver

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
)

// batch is the alerts of one chunk.
type batch struct {
	alerts []Alert
	bodies []byte // all bodies, one after the other
	ends   []int  // where each ends
}

// add adds a record, whose timestamp and metadata stay in the chunk.
func (b *batch) add(e *chunk.Event, o *detect.Output, tag, alertKey string, onlyFields bool) {
	first := o.Alerts[0]
	b.alerts = append(b.alerts, Alert{
		Timestamp: e.Timestamp(),
		Metadata:  e.Metadata(),
		Severity:  first.Rule.Severity,
		RuleID:    first.Rule.ID,
		Tag:       tag,
	})
	if onlyFields {
		b.bodies = appendFields(b.bodies, o.Body, alertKey, first.EventID)
	} else {
		b.bodies = append(b.bodies, o.Body...)
	}
	b.ends = append(b.ends, len(b.bodies))
}

// detach copies what is still in the chunk's memory, for a batch that outlives
// the chunk.
func (b *batch) detach() {
	for i := range b.alerts {
		a := &b.alerts[i]
		a.Timestamp, a.Metadata = bytes.Clone(a.Timestamp), bytes.Clone(a.Metadata)
	}
}

// all returns the alerts. The batch must not grow any more.
func (b *batch) all() []Alert {
	start := 0
	for i, end := range b.ends {
		b.alerts[i].Body = b.bodies[start:end:end]
		start = end
	}
	return b.alerts
}

// appendFields writes the record that alerts_only: fields asks for: of body
// only the alert, which has the grant in it, and the event's ID. A body without
// an alert under that key is in another format, and stays whole.
func appendFields(b, body []byte, alertKey, eventID string) []byte {
	keys := []string{alertKey, alertKey + "s"}
	values := make([][]byte, len(keys))
	pairs := uint32(0)
	for i, k := range keys {
		if v, ok := document.Get(body, k); ok {
			values[i] = v
			pairs++
		}
	}
	if pairs == 0 {
		return append(b, body...)
	}
	if eventID != "" {
		pairs++
	}
	b = msgp.AppendMapHeader(b, pairs)
	if eventID != "" {
		b = msgp.AppendString(b, "eventID")
		b = msgp.AppendString(b, eventID)
	}
	for i, v := range values {
		if v != nil {
			b = msgp.AppendString(b, keys[i])
			b = append(b, v...)
		}
	}
	return b
}
