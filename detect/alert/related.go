package alert

import (
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
)

// MaxRelated is the most related calls that an alert lists.
const MaxRelated = 20

// Related is an earlier call by who made the alert's, of the short list that package
// related keeps.
type Related struct {
	Time     time.Time // when the event says that it happened
	Action   string
	Provider string
	EventID  string
	Target   string // the resource that the call was about, as far as the event says it
	Address  string // where the call came from
	Failed   bool
}

// Relate adds what the same actor called before. It is no part of what the alert says of
// its own event: neither the dedup_key nor the reason changes, and an alert that has
// other related calls is a duplicate all the same.
func (a *Alert) Relate(calls []Related) { a.Related = calls }

// AppendRelated appends calls as an alert lists them, as a MessagePack list.
func AppendRelated(dst []byte, calls []Related) []byte {
	return appendValue(dst, relatedObjects(calls))
}

// ReadRelated reads what [AppendRelated] has written: at most [MaxRelated] calls, and none
// without an action. A list may be anybody's: no text in it is checked.
func ReadRelated(list []byte) []Related {
	var calls []Related
	for items := document.OverArray(list); items.Next() && len(calls) < MaxRelated; {
		if r, ok := readRelated(items.Value); ok {
			calls = append(calls, r)
		}
	}
	return calls
}

func relatedObjects(calls []Related) []object {
	calls = calls[:min(len(calls), MaxRelated)]
	all := make([]object, len(calls))
	for i := range calls {
		all[i] = calls[i].object()
	}
	return all
}

func (r *Related) object() object {
	return object{
		at("time", r.Time), {"action", fit(r.Action)}, {"provider", fit(r.Provider)}, {"event_id", fit(r.EventID)},
		{"target", fit(r.Target)}, {"address", fit(r.Address)}, ifTrue("failed", r.Failed),
	}
}

func readRelated(m []byte) (r Related, ok bool) {
	r = Related{
		Time: timeUnder(m, "time"), Action: textUnder(m, "action"), Provider: textUnder(m, "provider"), EventID: textUnder(m, "event_id"),
		Target: textUnder(m, "target"), Address: textUnder(m, "address"), Failed: flagUnder(m, "failed"),
	}
	return r, r.Action != ""
}

// Line says it in one line, bounded and printable for any call:
//
//	12:03:04 UpdateFunctionCode of lambda.amazonaws.com on pay, 198.51.100.7
//
// The time of the day is in UTC.
func (r *Related) Line() string {
	text := grant.Printable(r.Action)
	if !r.Time.IsZero() {
		text = r.Time.UTC().Format(time.TimeOnly) + " " + text
	}
	for _, part := range []struct{ before, text string }{{" of ", r.Provider}, {" on ", r.Target}, {", ", r.Address}} {
		if part.text != "" {
			text += part.before + grant.Printable(part.text)
		}
	}
	if r.Failed {
		text += " (failed)"
	}
	return text
}
