package cloudtrail

import (
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// direct is where a raw event mostly has the text of a field: in a member of its own, or in one of
// userIdentity. Both are known after one walk, and most fields that rules and alerts ask for are there.
type direct uint8

const (
	directNowhere    direct = 0
	directInEvent    direct = 1                       // the first of the event's members; the others follow
	directInIdentity direct = directInEvent + topKeys // the first of those of userIdentity; the others follow
)

// directly is where the event has what is at a path below a member.
func directly(top int, path string) direct {
	switch {
	case path == "" && !isStructure(top):
		return directInEvent + direct(top)
	case top == topUserIdentity && !strings.Contains(path, "."):
		if k := identityKey(path); k >= 0 {
			return directInIdentity + direct(k)
		}
	}
	return directNowhere
}

// textAt returns the text in a place of a raw event. It returns false if there is none, or one that counts as
// none, or something else than text: [Event.Read] looks further. An ECS document has nothing there.
func (e *Event) textAt(d direct) (text []byte, ok bool) {
	var value []byte
	switch {
	case d == directNowhere:
		return nil, false
	case d < directInIdentity:
		value = e.top[d-directInEvent]
	default:
		if i := e.readIdentity(); i != nil {
			value = i.values[d-directInIdentity]
		}
	}
	text, ok = document.Text(value)
	return text, ok && !document.IsDropped(text)
}
