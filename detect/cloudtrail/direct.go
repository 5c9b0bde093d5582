package cloudtrail

import (
	"slices"

	"github.com/trailwire/trailwire/detect/document"
)

// direct is where a raw event mostly has the text of a field: in a member of its own, or in one of
// userIdentity or of its sessionContext. Each is known after one walk, and most fields that rules and alerts
// ask for are there.
type direct uint8

const (
	directNowhere    direct = 0
	directInEvent    direct = 1                                      // the first of the event's members; the others follow
	directInIdentity direct = directInEvent + topKeys                // the first of those of userIdentity; the others follow
	directInSession  direct = directInIdentity + indexedIdentityKeys // the first of those of sessionContext; the others follow
)

// directly is where the event has what is at a path below a member.
func directly(top int, path string) direct {
	if path == "" && !isStructure(top) {
		return directInEvent + direct(top)
	}
	if top == topUserIdentity {
		if k := identityKey(path); k >= 0 {
			return directInIdentity + direct(k)
		}
		if k := slices.Index(sessionPaths[:], path); k >= 0 {
			return directInSession + direct(k)
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
		i := e.readIdentity()
		switch {
		case i == nil:
		case d < directInSession:
			value = i.values[d-directInIdentity]
		default:
			value = i.inSession(int(d - directInSession))
		}
	}
	text, ok = document.Text(value)
	return text, ok && !document.IsDropped(text)
}
