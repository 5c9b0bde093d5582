package cloudtrail

import (
	"slices"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
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
		if k := identityKey([]byte(path)); k >= 0 {
			return directInIdentity + direct(k)
		}
		if k := slices.Index(sessionPaths[:], path); k >= 0 {
			return directInSession + direct(k)
		}
	}
	return directNowhere
}

// textAt returns the text in a place of a raw event, nil if it says nothing there. It returns false if
// [Event.Read] has to look further: for what is not text, or may be spelled in another way.
func (e *Event) textAt(d direct) (text []byte, known bool) {
	var value []byte
	mayBeElsewhere := false
	switch {
	case d == directNowhere || e.form != Raw:
		return nil, false
	case d < directInIdentity:
		value = e.top[d-directInEvent]
	default:
		i := e.readIdentity()
		switch {
		case i == nil:
		case d < directInSession:
			value, mayBeElsewhere = i.values[d-directInIdentity], e.lower || !i.plain
		default:
			s := i.readSession()
			value, mayBeElsewhere = s.values[d-directInSession], e.lower || !s.plain
		}
	}
	if len(value) == 0 {
		return nil, !mayBeElsewhere
	}
	text, isText := document.Text(value)
	if !isText || document.IsDropped(text) {
		return nil, isText && !mayBeElsewhere
	}
	return text, true
}

// valueOf is a text as a value: null for nothing.
func valueOf(text []byte) program.Value {
	if text == nil {
		return program.Null()
	}
	return program.Text(text)
}
