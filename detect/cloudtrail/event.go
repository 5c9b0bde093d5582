package cloudtrail

import (
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/program"
)

// Form says in which of the two vocabularies an event is written.
type Form uint8

const (
	// Raw is CloudTrail's own: eventSource, eventName, requestParameters.
	Raw Form = iota + 1
	// ECS is Elastic's document: event.provider, event.action,
	// aws.cloudtrail.request_parameters; nested, dotted or mixed.
	ECS
)

// Event answers ECS field names for one CloudTrail event. It is a view: it
// keeps no copy of the event, and what it answers is valid until the next
// [Event.Reset]. Reuse one Event for many events; it is for one goroutine at a
// time.
type Event struct {
	body  []byte
	form  Form
	lower bool // its keys have no capitals, as Athena's
	top   [topKeys][]byte
	read  uint32 // by member: whether text in its place was tried as JSON
	json  []byte // of such texts as MessagePack
	text  [textKeys]javaText
	list  []program.Value

	databases geoip.Databases
	place     geoip.Place // of the address in located
	located   []byte
	isLocated bool

	identity identityMembers // of userIdentity
	once     readOnce
}

// javaText is one of the fields that Elastic's pipeline stores as Java text,
// rendered when it is first asked for.
type javaText struct {
	rendered bool
	some     bool
	text     []byte
}

// Reset makes e the view of the event in body, a MessagePack map.
func (e *Event) Reset(body []byte, form Form) {
	e.begin(body, form)
	clear(e.top[:])
	if form != Raw {
		return
	}
	pairs := document.OverMap(body)
	for pairs.Next() {
		if key, ok := pairs.Name(); ok {
			if k := topKey(key); k >= 0 {
				e.top[k] = pairs.Value
			}
		}
	}
	e.complete()
}

// begin forgets the event before.
func (e *Event) begin(body []byte, form Form) {
	e.body, e.form, e.lower, e.read = body, form, false, 0
	e.list, e.json = e.list[:0], e.json[:0]
	e.identity.of, e.once.resourceIsRead, e.once.categoriesAreRead = nil, false, false
	for i := range e.text {
		e.text[i].rendered = false
	}
}

// complete reads the members of a raw event again if they are not called as CloudTrail calls them.
func (e *Event) complete() {
	if e.top[topEventName] == nil || e.top[topEventSource] == nil {
		e.resetLower()
	}
}

// resetLower reads the keys of an event as Athena has them. CloudTrail's own keys
// have precedence.
func (e *Event) resetLower() {
	e.lower = true
	own := e.top
	for pairs := document.OverMap(e.body); pairs.Next(); {
		if key, ok := pairs.Name(); ok {
			if k, known := lowerTopKeys[string(key)]; known && own[k] == nil {
				e.top[k] = pairs.Value
			}
		}
	}
}

// member returns one of the event's members. Where one that is a structure has
// come as JSON text, as tables store it, or userIdentity as Java text, it returns the
// structure.
func (e *Event) member(k int) []byte {
	if e.read>>k&1 != 0 {
		return e.top[k]
	}
	e.read |= 1 << k
	if text, isText := document.Text(e.top[k]); isText && isStructure(k) && looksLikeJSON(text) {
		start := len(e.json)
		if grown, ok := appendStructure(e.json, text, k); ok {
			e.json = grown
			e.top[k] = grown[start:len(grown):len(grown)]
		}
	}
	return e.top[k]
}

// appendStructure appends the structure that a member's text describes.
func appendStructure(dst, text []byte, k int) (grown []byte, ok bool) {
	if grown, err := document.AppendFromJSON(dst, text); err == nil {
		return grown, true
	}
	if k == topUserIdentity {
		return appendIdentity(dst, string(text))
	}
	return dst, false
}

// isStructure reports whether CloudTrail writes a member as a map or a list.
func isStructure(k int) bool {
	switch k {
	case topAdditionalEventData, topRequestParameters, topResources, topResponseElements,
		topServiceEventDetails, topTLSDetails, topUserIdentity:
		return true
	}
	return false
}

// inside returns the values at a path below a member.
func (e *Event) inside(k int, path string) program.Value {
	if k == topUserIdentity && !e.lower {
		return e.insideIdentity(path)
	}
	v := e.at(e.member(k), path)
	if e.lower && v.Kind() == program.KindNull {
		v = e.at(e.member(k), strings.ToLower(path))
	}
	return v
}

// Form returns the vocabulary of the event.
func (e *Event) Form() Form { return e.form }

// Body returns the event as it was given to Reset.
func (e *Event) Body() []byte { return e.body }

// Value returns what the event says in the field f: null where it says
// nothing. What Elastic's pipeline drops counts as nothing: empty strings, and in a
// raw event - and none.
func (e *Event) Value(f Field) program.Value { return e.Read(&f) }

// Read is [Event.Value] for a field that stays where it is: rules read many.
func (e *Event) Read(f *Field) program.Value {
	if text, known := e.textAt(f.direct); known {
		return valueOf(text)
	}
	return e.look(f)
}

// look reads a field that may be anywhere.
func (e *Event) look(f *Field) program.Value {
	if f.grant != 0 || f.story != 0 {
		return program.Null()
	}
	if e.form == ECS {
		if f.leaves {
			return e.everyLeaf(e.body, f.name)
		}
		return e.at(e.body, f.name)
	}
	if f.raw == nil {
		return program.Null()
	}
	return f.raw(e, f.source)
}

// Text returns the text of the field f, the first of several, or nil if the
// field has no value or one that is not text.
func (e *Event) Text(f Field) []byte { return e.ReadText(&f) }

// ReadText is [Event.Text] for a field that stays where it is: alerts read many.
func (e *Event) ReadText(f *Field) []byte {
	if text, known := e.textAt(f.direct); known {
		return text
	}
	v := e.look(f)
	if list := v.List(); len(list) > 0 {
		v = list[0]
	}
	return v.Text()
}

// RequestText returns the field aws.cloudtrail.request_parameters.
func (e *Event) RequestText() []byte { return e.Text(FieldRequest) }

// at collects the values at a dotted path below m, through maps and lists, in
// any mixture of nested and dotted keys.
func (e *Event) at(m []byte, path string) program.Value {
	if path == "" && document.KindOf(m) == document.KindText { // as most members are
		text, _ := document.Text(m)
		if len(text) == 0 || e.form == Raw && document.IsDropped(text) {
			return program.Null()
		}
		return program.Text(text)
	}
	start := len(e.list)
	e.collect(m, path)
	return e.collected(start)
}

// collected makes one value of what was appended to e.list since start.
func (e *Event) collected(start int) program.Value {
	switch found := e.list[start:]; len(found) {
	case 0:
		return program.Null()
	case 1:
		v := found[0]
		e.list = e.list[:start]
		return v
	default:
		return program.List(found)
	}
}

// collect appends to e.list what a rule can compare of the values at a path.
func (e *Event) collect(value []byte, path string) {
	document.Leaves(value, path, e.leaf)
}

// everyLeaf collects all values below a path.
func (e *Event) everyLeaf(value []byte, path string) program.Value {
	start := len(e.list)
	document.LeavesBelow(value, path, e.leaf)
	return e.collected(start)
}

// leaf appends a value to e.list if a rule can compare it.
func (e *Event) leaf(value []byte) {
	v := scalar(value)
	if v.Kind() == program.KindNull || e.form == Raw && document.IsDropped(v.Text()) && v.Kind() == program.KindText {
		return
	}
	e.list = append(e.list, v)
}

// Footprint returns how many bytes of buffers e keeps for the next event.
func (e *Event) Footprint() int {
	n := 64*cap(e.list) + cap(e.json)
	for i := range e.text {
		n += cap(e.text[i].text)
	}
	return n
}

// scalar is the value that a rule can compare: a map is none, and an empty
// string is dropped by Elastic's pipeline.
func scalar(value []byte) program.Value {
	switch document.KindOf(value) {
	case document.KindText:
		if text, _ := document.Text(value); len(text) > 0 {
			return program.Text(text)
		}
	case document.KindBool:
		b, _ := document.Bool(value)
		return program.Bool(b)
	case document.KindInt, document.KindUint:
		if n, ok := document.Int(value); ok {
			return program.Int(n)
		}
		if n, ok := document.Uint(value); ok {
			return program.Float(float64(n))
		}
	case document.KindFloat:
		if f, ok := document.Float(value); ok {
			return program.Float(f)
		}
	}
	return program.Null()
}

// javaTextOf renders the member at key k once and answers with its text.
func (e *Event) javaTextOf(k int) program.Value {
	t := &e.text[k]
	if !t.rendered {
		t.rendered = true
		t.text, t.some, _ = document.AppendJavaText(t.text[:0], e.member(javaTextTop[k]))
	}
	if !t.some {
		return program.Null()
	}
	return program.Text(t.text)
}

// RequestParameters returns the event's requestParameters as a structure, nil
// if it has none: an ECS document may have their text alone.
func (e *Event) RequestParameters() []byte {
	return e.structure(topRequestParameters, "aws.cloudtrail.flattened.request_parameters")
}

// ResponseElements returns the event's responseElements as a structure, nil
// if it has none.
func (e *Event) ResponseElements() []byte {
	return e.structure(topResponseElements, "aws.cloudtrail.flattened.response_elements")
}

func (e *Event) structure(top int, path string) []byte {
	value := e.member(top)
	if e.form == ECS {
		value, _ = document.Path(e.body, path)
	}
	if !document.IsMap(value) {
		return nil
	}
	return value
}
