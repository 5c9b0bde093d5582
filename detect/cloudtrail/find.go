package cloudtrail

import (
	"github.com/trailwire/trailwire/detect/document"
)

// MaxWraps is how many wrappings are looked through to find an event. An S3 log
// file in an SNS notification in an SQS message in a Lambda batch under a log key
// has six. What is wrapped deeper is left as it is.
const MaxWraps = 8

// Finder finds the CloudTrail events in a record, in any of these wrappings:
//
//   - the event itself, in CloudTrail's words or with Athena's lower-case keys
//   - an S3 log file: a list under Records
//   - EventBridge: a map under detail
//   - a CloudWatch Logs subscription: JSON text under message in each element
//     of logEvents
//   - SNS and SQS: JSON text under Message, Body or body, in a list under
//     Records where Lambda or a poller delivers a batch
//   - LookupEvents: JSON text under CloudTrailEvent in each element of Events
//   - CloudTrail Lake: eventData, eventJson
//   - CloudWatch Logs Insights: JSON text under @message
//   - OpenTelemetry: body, body.stringValue, attributes, in a whole export too, with
//     structures as lists of keys and typed values
//   - Splunk's result._raw, Elasticsearch's _source, event.original, log_processed
//   - under event, or under one of the JSON keys
//   - Elastic's ECS document, nested, dotted or mixed
//
// and these in one another up to [MaxWraps]. Under each of the keys may be a map,
// a list, or text with JSON in it: one value or several, with words before them, a
// byte order mark, or escaped once more.
//
// A Finder keeps buffers between calls and is for one goroutine at a time.
type Finder struct {
	jsonKeys   []string
	memberKeys []string                  // those of jsonKeys that are members of an event as well
	matcher    func(element []byte) bool // whether a rule may match in it; nil for yes
	hits       func(list []byte, from int) int

	noted document.List // of the record that is looked into next
	known []byte        // the list that is noted, nil for none

	traits    [MaxWraps + 2]traits // by depth, so that none has to be cleared
	wraps     []wrap
	beside    [][]byte // runs of pairs that are beside the lists; see measure
	parts     []Part
	events    int
	lists     int
	small     int  // elements in which there is no room for an event
	maxSmall  int  // how many of them may become records
	whole     bool // the record must not be split
	overLimit bool // because it would become too much
	growth    int  // by how much the parts are longer than the record
	malformed int
	text      []byte // JSON text as MessagePack
	keys      keySet // of the body that AppendBody is at
}

// wrap is a map that was looked through, and the key that led on.
type wrap struct {
	m   []byte
	key []byte
	led []byte // the value under key
	up  int    // index of the wrap around this one, -1 for none

	known    bool // whether what follows is set
	mayMatch bool // whether a rule may match in a pair beside key
	from, to int  // the pairs beside key, in Finder.beside
	pairs    int  // how many they are
	bytes    int  // and how long
}

// place is where in a record a value is.
type place struct {
	parent   []byte // the key that it is under
	element  []byte // the innermost list element around it
	list, up int    // indices of the innermost list wrap, and wrap of any kind; -1 for none
}

// Part is one event of a record, or another element of a list of events.
type Part struct {
	// Event is a MessagePack map. It is nil for an element that holds no
	// event, and for one in which no rule may match.
	Event []byte
	Form  Form

	element []byte  // the innermost list element around the event
	wrap    int     // the innermost list around the event, -1 for none
	traits  *traits // of the event, until the next map is read at its depth
}

// Show makes e the view of the part's event, as [Event.Reset] does, without a second walk through the
// event where the first is remembered. It is called before the next [Finder.Find].
func (p *Part) Show(e *Event) {
	if t := p.traits; t == nil || p.Form != Raw || len(t.of) == 0 || &t.of[0] != &p.Event[0] {
		e.Reset(p.Event, p.Form)
		return
	}
	e.begin(p.Event, p.Form)
	e.top = p.traits.top
	e.complete()
}

// SameRecord reports whether two parts of one record belong together when it is
// split: JSON text that is an array may hold several events.
func (p *Part) SameRecord(q *Part) bool {
	return p.wrap == q.wrap && len(p.element) > 0 && len(q.element) > 0 && &p.element[0] == &q.element[0]
}

// NewFinder returns a Finder that looks for events under jsonKeys also. An
// element of a list for which mayMatch returns false is not looked into, once it
// is known that the list is one of events; a nil mayMatch looks into all. mayMatch
// must return true for an element in which a list of events could be.
func NewFinder(jsonKeys []string, mayMatch func(element []byte) bool) *Finder {
	f := &Finder{jsonKeys: jsonKeys, matcher: mayMatch}
	for _, key := range jsonKeys {
		if topKey([]byte(key)) >= 0 {
			f.memberKeys = append(f.memberKeys, key)
		}
	}
	return f
}

// SearchBy sets how the elements of a list are searched all at once: hits returns the first offset
// at or after from that is inside of what mayMatch looks for, the list's length if there is nothing.
// Without it mayMatch is called for each element.
func (f *Finder) SearchBy(hits func(list []byte, from int) int) { f.hits = hits }

// Noted is where a list in the record that Find looks into next is noted by somebody who has walked
// over the record. It is for that record alone.
func (f *Finder) Noted() *document.List { return &f.noted }

// Find looks for events in record, a MessagePack map, and returns how many
// there are. The results are valid until the next call.
func (f *Finder) Find(record []byte) (events int) {
	f.wraps, f.beside, f.parts, f.text = f.wraps[:0], f.beside[:0], f.parts[:0], f.text[:0]
	f.events, f.lists, f.small, f.growth, f.malformed = 0, 0, 0, 0, 0
	f.whole, f.overLimit = false, false
	f.maxSmall = len(record)/16 + 64
	f.known = f.noted.In(record)
	f.visit(record, place{list: -1, up: -1, element: record}, 0)
	if f.Splits() {
		f.checkGrowth(len(record))
	}
	f.noted.Ends = f.noted.Ends[:0]
	return f.events
}

// Parts returns what the last record holds, in order. It is one Part with the
// record's event if the record is not a list of events.
func (f *Finder) Parts() []Part { return f.parts }

// Splits reports whether the events of the last record came from a list, so
// that each of them can be a record of its own.
func (f *Finder) Splits() bool { return f.lists > 0 && !f.whole }

// OverLimit reports whether the last record is not to be split because its
// records would be many times its size. Its events are found all the same.
func (f *Finder) OverLimit() bool { return f.overLimit }

// Growth returns by how many bytes the records that the last one is split into
// are longer than their elements.
func (f *Finder) Growth() int { return f.growth }

// Malformed returns how many JSON texts in the last record, or values in them,
// could not be read or nest too deep.
func (f *Finder) Malformed() int { return f.malformed }

// look looks for events in a value that may be a map, a list of maps, or text
// with JSON in it.
func (f *Finder) look(value []byte, at place, depth int) {
	switch document.KindOf(value) {
	case document.KindMap:
		if string(at.parent) == "kvlistValue" {
			values, _ := document.Get(value, "values")
			f.visitKeyValues(values, at, depth)
			return
		}
		f.visit(value, at, depth)
	case document.KindText:
		text, _ := document.Text(value)
		f.visitText(text, at, depth)
	case document.KindArray:
		if string(at.parent) == "attributes" && f.visitKeyValues(value, at, depth) {
			return
		}
		f.lookThrough(value, at, depth)
	}
}

// lookThrough looks for events in the elements of a list that stays in one piece:
// nothing in the bytes of a chunk would tell the prefilter that it is there.
func (f *Finder) lookThrough(array []byte, at place, depth int) {
	lists, several := f.lists, false
	items := document.OverArray(array)
	for n := 0; items.Next(); n++ {
		several = several || n > 0
		switch text, isText := document.Text(items.Value); {
		case len(items.Value) < minEvent:
		case isText && mayHoldJSON(text):
			f.visitText(text, at, depth+1)
		case document.IsMap(items.Value):
			f.visit(items.Value, at, depth)
		case document.IsArray(items.Value) && depth < MaxWraps:
			f.lookThrough(items.Value, at, depth+1)
		}
	}
	// To split the record by a list in one element would lose the others.
	f.whole = f.whole || several && f.lists > lists
}

// visit looks for events in a map.
func (f *Finder) visit(value []byte, at place, depth int) {
	if depth > MaxWraps {
		return
	}
	t := &f.traits[depth]
	if depth == 0 { // it is the record
		if first, ends := f.noted.Pairs(value); ends != nil {
			t.readNoted(value, first, ends, f)
		} else if !t.read(value, at.parent, f.known, f) {
			return
		}
	} else if !t.read(value, at.parent, nil, f) {
		return
	}
	if t.isRawEvent() {
		f.add(Part{Event: value, Form: Raw, element: at.element, wrap: at.list, traits: t})
		return
	}
	before := f.events
	if depth < MaxWraps {
		for _, l := range t.lists[:t.listCount] {
			f.source(before, func() { f.visitList(l.value, f.push(value, l, at.up), depth) })
		}
		if f.events > before {
			return
		}
	}
	if t.isECS(value) {
		f.add(Part{Event: value, Form: ECS, element: at.element, wrap: at.list})
		return
	}
	if depth < MaxWraps {
		f.visitCarriers(t, value, at, depth)
	}
}

// visitCarriers looks for events under the keys that may hold one.
func (f *Finder) visitCarriers(t *traits, m []byte, at place, depth int) {
	before := f.events
	for _, c := range t.carriers[:t.carrierCount] {
		inner := at
		inner.parent, _ = document.Text(c.key)
		f.source(before, func() {
			lists := f.lists
			inner.up = f.push(m, c, at.up)
			f.look(c.value, inner, depth+1)
			if f.lists == lists { // nothing will be split by what is around it
				f.wraps = f.wraps[:inner.up]
			}
		})
	}
}

// source looks for events in one of several places of a map; before is how many
// had been found when the first place was entered. Events in more than one
// place are all found. But it is then not clear by which place a record is to
// be split: it stays whole.
func (f *Finder) source(before int, visit func()) {
	events, lists, wraps := f.events, f.lists, len(f.wraps)
	visit()
	switch {
	case f.events == events:
		f.wraps = f.wraps[:wraps]
	case events > before && (f.lists > 0 || lists > 0):
		f.whole = true
	}
}

// visitList looks for events in each element of a list. A list in which there
// is none leaves nothing behind; in one that has some, an element without is
// kept as a part of its own.
func (f *Finder) visitList(array []byte, w, depth int) {
	parts, events, small := len(f.parts), f.events, f.small
	items := f.over(array)
	search := listSearch{list: array, finder: f, hit: -1}
	for items.Next() {
		before := len(f.parts)
		switch {
		case len(items.Value) < minEvent:
			if f.small++; f.small > f.maxSmall {
				continue
			}
		case f.events == events || search.mayMatch(&items):
			f.visitElement(items.Value, w, depth+1)
		}
		if len(f.parts) == before {
			f.add(Part{element: items.Value, wrap: w})
		}
	}
	if f.events == events || items.Err() != nil {
		f.parts, f.events, f.small = f.parts[:parts], events, small
		return
	}
	if f.small > f.maxSmall {
		f.whole, f.overLimit = true, true
	}
	if n, only, _ := document.ReadArrayHeader(array); n == 1 && !document.IsMap(only) {
		f.whole = true // it is what splitting makes of such a list
	}
	f.lists++
}

// over starts a walk over the elements of a list.
func (f *Finder) over(array []byte) document.Items {
	if len(f.known) > 0 && len(array) == len(f.known) && &array[0] == &f.known[0] {
		return f.noted.Over(array)
	}
	return document.OverArray(array)
}

// listSearch tells in which elements of a list a rule may match. It is asked about one after the
// other, and searches the list no more often than it finds something.
type listSearch struct {
	list   []byte
	finder *Finder
	hit    int // the last one found
}

// mayMatch is [Finder.mayMatch] of the element that a walk is at. It says yes too often where something begins in one
// element and ends in the next.
func (s *listSearch) mayMatch(at *document.Items) bool {
	if s.finder.hits == nil {
		return s.finder.mayMatch(at.Value)
	}
	start, end := at.Place()
	if s.hit < start {
		s.hit = s.finder.hits(s.list, start)
	}
	return s.hit < end
}

func (f *Finder) visitElement(value []byte, w, depth int) {
	at := place{element: value, list: w, up: w}
	switch text, isText := document.Text(value); {
	case isText && mayHoldJSON(text):
		f.visitText(text, at, depth)
	case document.IsMap(value):
		f.visit(value, at, depth)
	}
}

func (f *Finder) push(m []byte, led pair, up int) int {
	f.wraps = append(f.wraps, wrap{m: m, key: led.key, led: led.value, up: up})
	return len(f.wraps) - 1
}

func (f *Finder) add(p Part) {
	f.parts = append(f.parts, p)
	if p.Event != nil {
		f.events++
	}
}

func (f *Finder) mayMatch(raw []byte) bool { return f.matcher == nil || f.matcher(raw) }

// Footprint returns how many bytes of buffers f keeps for the next record.
func (f *Finder) Footprint() int {
	return cap(f.text) + 64*cap(f.parts) + 128*cap(f.wraps) + 24*cap(f.beside) + 4*cap(f.noted.Ends) + f.keys.footprint()
}
