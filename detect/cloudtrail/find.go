package cloudtrail

import (
	"errors"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// Limits of a [Finder]. A record that is over one of them is left as it is.
const (
	// MaxWraps is how many wrappings are looked through to find an event. An
	// S3 log file in an SNS notification in an SQS message in a Lambda batch
	// under a log key has six.
	MaxWraps = 8

	// MaxParts is how many records one record may be split into. CloudTrail's
	// own files hold a few thousand events.
	MaxParts = 100_000

	// maxGrowth is how many bytes the siblings of a list, which every part of
	// a split record repeats, may add in all.
	maxGrowth = 64 << 20

	// maxCompares is how often a key may be compared with another on the way.
	maxCompares = 1 << 28
)

var (
	// ErrParts says that a record holds more than [MaxParts] events.
	ErrParts = errors.New("more than 100000 events in a record")

	// ErrGrowth says that splitting a record would repeat more than 64 MiB of
	// what stands beside its events, or an absurd number of keys.
	ErrGrowth = errors.New("splitting would repeat too much of what stands beside the events")
)

// Finder finds the CloudTrail events in a record, whatever wrapping they
// arrived in:
//
//   - the event itself
//   - an S3 log file: a list under Records
//   - EventBridge: a map under detail
//   - a CloudWatch Logs subscription: JSON text under message in each element
//     of logEvents
//   - SNS and SQS: JSON text under Message, Body or body, in a list under
//     Records where Lambda or a poller delivers a batch
//   - LookupEvents: JSON text under CloudTrailEvent in each element of Events
//   - a map or JSON text under event, or under one of the JSON keys
//   - Elastic's ECS document, nested, dotted or mixed
//
// and these in one another up to [MaxWraps].
//
// A Finder keeps buffers between calls and is for one goroutine at a time.
type Finder struct {
	jsonKeys []string
	worth    func(element []byte) bool

	wraps     []wrap
	beside    []pair // what stands beside the lists; see besides
	parts     []Part
	events    int
	lists     int
	whole     bool // the record must not be split
	malformed int
	err       error
	text      []byte   // JSON text as MessagePack
	keys      [][]byte // of the body that AppendBody is at
}

// wrap is a map that was looked through, and the key that led on.
type wrap struct {
	m   []byte
	key []byte
	up  int // index of the wrap around this one, -1 for none

	known    bool // whether what follows is set
	from, to int  // the pairs beside key, in Finder.beside
	worth    bool // whether one of them is worth looking into
}

// Part is one event of a record, or another element of a list of events.
type Part struct {
	// Event is a MessagePack map. It is nil for an element that holds no
	// event, and for one that was not worth looking into.
	Event []byte
	Form  Form

	element []byte // the innermost list element around the event
	wrap    int    // the innermost list around the event, -1 for none
}

// SameRecord reports whether two parts of one record belong together when it is
// split: JSON text that is an array may hold several events.
func (p Part) SameRecord(q Part) bool {
	return p.wrap == q.wrap && len(p.element) > 0 && len(q.element) > 0 && &p.element[0] == &q.element[0]
}

// NewFinder returns a Finder that looks for JSON text under jsonKeys also. An
// element of a list for which worth returns false is not looked into, once it
// is known that the list is one of events; a nil worth looks into all. worth
// must return true for an element in which a list of events could be.
func NewFinder(jsonKeys []string, worth func(element []byte) bool) *Finder {
	return &Finder{jsonKeys: jsonKeys, worth: worth}
}

// Find looks for events in record, a MessagePack map, and returns how many
// there are. The results are valid until the next call.
//
// An error is one of the limits of this package; the record was not looked
// through to its end then, and nothing is known about it.
func (f *Finder) Find(record []byte) (events int, err error) {
	f.wraps, f.beside, f.parts, f.text = f.wraps[:0], f.beside[:0], f.parts[:0], f.text[:0]
	f.events, f.lists, f.whole, f.malformed, f.err = 0, 0, false, 0, nil
	f.visit(record, record, -1, -1, 0)
	if f.err == nil && f.lists > 0 {
		f.checkGrowth()
	}
	return f.events, f.err
}

// Parts returns what the last record holds, in order. It is one Part with the
// record's event where the record is no list of events.
func (f *Finder) Parts() []Part { return f.parts }

// Splits reports whether the events of the last record came from a list, so
// that each of them can be a record of its own.
func (f *Finder) Splits() bool { return f.lists > 0 && !f.whole }

// Malformed returns how many texts in the last record started like JSON and
// were not, or nested too deep.
func (f *Finder) Malformed() int { return f.malformed }

// visit looks for events in value. list is the innermost list wrap around it,
// element that list's element, up the innermost wrap of any kind.
func (f *Finder) visit(value, element []byte, list, up, depth int) {
	if f.err != nil {
		return
	}
	var t traits
	if !t.read(value, f.jsonKeys) {
		return
	}
	if t.isRawEvent() {
		f.add(Part{Event: value, Form: Raw, element: element, wrap: list})
		return
	}
	before := f.events
	if depth < MaxWraps {
		for _, l := range t.lists[:t.listCount] {
			f.source(before, func() { f.visitList(l.value, f.push(value, l.key, up), depth) })
		}
		if f.events > before || f.err != nil {
			return
		}
	}
	if t.isECS(value) {
		f.add(Part{Event: value, Form: ECS, element: element, wrap: list})
		return
	}
	if depth < MaxWraps {
		f.visitCarriers(&t, value, element, list, up, depth)
	}
}

// visitCarriers looks for events under the keys that may hold one.
func (f *Finder) visitCarriers(t *traits, m, element []byte, list, up, depth int) {
	before := f.events
	for _, c := range t.carriers[:t.carrierCount] {
		inner := c.value
		if text, ok := document.Text(inner); ok {
			if inner, ok = f.parse(text); !ok {
				continue
			}
		}
		f.source(before, func() {
			w := f.push(m, c.key, up)
			if !document.IsArray(inner) {
				f.visit(inner, element, list, w, depth+1)
				return
			}
			// Text that is an array stays in one piece: nothing in the bytes
			// of a chunk would tell the prefilter that it is there.
			_ = document.Elements(inner, func(value []byte) bool {
				f.visit(value, element, list, w, depth+1)
				return f.err == nil
			})
		})
	}
}

// source looks for events in one of several places of a map; before is how many
// had been found when the first place was entered. Events in more than one
// place are all found, but there is no telling then which of the places a
// record is to be split by: it stays whole.
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
	parts, events := len(f.parts), f.events
	items := document.OverArray(array)
	for items.Next() {
		before := len(f.parts)
		if f.events == events || f.isWorth(items.Value) {
			f.visit(items.Value, items.Value, w, w, depth+1)
		}
		if len(f.parts) == before {
			f.add(Part{element: items.Value, wrap: w})
		}
		if f.err != nil {
			return
		}
	}
	if f.events == events || items.Err() != nil {
		f.parts, f.events = f.parts[:parts], events
		return
	}
	f.lists++
}

func (f *Finder) push(m, key []byte, up int) int {
	f.wraps = append(f.wraps, wrap{m: m, key: key, up: up})
	return len(f.wraps) - 1
}

func (f *Finder) add(p Part) {
	if len(f.parts) == MaxParts {
		f.err = ErrParts
		return
	}
	f.parts = append(f.parts, p)
	if p.Event != nil {
		f.events++
	}
}

// parse turns JSON text into MessagePack. The slice stays valid when f.text
// grows, because nothing writes to what is already there.
func (f *Finder) parse(text []byte) (value []byte, ok bool) {
	start := len(f.text)
	grown, err := document.AppendFromJSON(f.text, text)
	if err != nil {
		f.malformed++
		return nil, false
	}
	f.text = grown
	return f.text[start:], true
}

// checkGrowth sums up what the parts would repeat of what stands beside them.
func (f *Finder) checkGrowth() {
	type size struct{ bytes, pairs int }
	beside := make([]size, len(f.wraps))
	for i, w := range f.wraps {
		_ = document.Each(w.m, func(key, value []byte) bool {
			if !sameKey(key, w.key) {
				beside[i].bytes += len(key) + len(value)
				beside[i].pairs++
			}
			return true
		})
		if w.up >= 0 { // an outer wrap always stands before its inner ones
			beside[i].bytes += beside[w.up].bytes
			beside[i].pairs += beside[w.up].pairs
		}
	}
	growth, compares := 0, 0
	for _, p := range f.parts {
		if p.wrap >= 0 {
			own, _, _ := document.ReadMapHeader(p.element)
			growth += beside[p.wrap].bytes
			compares += beside[p.wrap].pairs * (own + beside[p.wrap].pairs)
		}
		if growth > maxGrowth || compares > maxCompares {
			f.err = ErrGrowth
			return
		}
	}
}

// IsElement returns the record that p becomes when its record is split, where
// that is the list element as it stands: nothing stands beside its list. Nothing
// is copied then.
func (f *Finder) IsElement(p Part) (body []byte, ok bool) {
	for i := p.wrap; i >= 0; i = f.wraps[i].up {
		if len(f.besides(&f.wraps[i])) > 0 {
			return nil, false
		}
	}
	return p.element, document.IsMap(p.element)
}

// AppendBody appends the record that p becomes when its record is split: the
// list element's own keys, and after them those that stand beside the list, as
// far as what stands further inside does not have them. An element that is no
// map, and so cannot be a record, stays in its list, alone.
func (f *Finder) AppendBody(dst []byte, p Part) []byte {
	if p.wrap < 0 {
		return append(dst, p.element...)
	}
	at := len(dst)
	dst = append(dst, 0xdf, 0, 0, 0, 0)
	f.keys = f.keys[:0]
	pairs := 0
	if n, rest, err := document.ReadMapHeader(p.element); err == nil {
		pairs = n
		dst = append(dst, rest...)
		for own := document.OverMap(p.element); own.Next(); {
			f.keys = append(f.keys, own.Key)
		}
	} else {
		w := f.wraps[p.wrap]
		pairs = 1
		dst = append(dst, w.key...)
		dst = msgp.AppendArrayHeader(dst, 1)
		dst = append(dst, p.element...)
		f.keys = append(f.keys, w.key)
	}
	for i := p.wrap; i >= 0; i = f.wraps[i].up {
		inside := f.keys
		for _, p := range f.besides(&f.wraps[i]) {
			if hasKey(inside, p.key) {
				continue
			}
			dst = append(dst, p.key...)
			dst = append(dst, p.value...)
			f.keys = append(f.keys, p.key)
			pairs++
		}
	}
	return setMapHeader(dst, at, pairs)
}

// Worth reports whether the record that p becomes when its record is split is
// worth looking into: for its element, or for what stands beside the list.
func (f *Finder) Worth(p Part) bool {
	for i := p.wrap; i >= 0; i = f.wraps[i].up {
		if f.besides(&f.wraps[i]); f.wraps[i].worth {
			return true
		}
	}
	return f.isWorth(p.element)
}

func (f *Finder) isWorth(raw []byte) bool { return f.worth == nil || f.worth(raw) }

// besides returns the pairs of a wrap's map but the one that led on. They are
// found once: to skip a list again for each of its elements would take time in
// the square of its length.
func (f *Finder) besides(w *wrap) []pair {
	if !w.known {
		w.known, w.from = true, len(f.beside)
		walk := document.OverMap(w.m)
		for walk.Next() {
			if !sameKey(walk.Key, w.key) {
				f.beside = append(f.beside, pair{walk.Key, walk.Value})
				w.worth = w.worth || f.isWorth(walk.Key) || f.isWorth(walk.Value)
			}
		}
		w.to = len(f.beside)
	}
	return f.beside[w.from:w.to]
}

// setMapHeader writes the count of a map whose five header bytes at at were
// left open, in its shortest form.
func setMapHeader(dst []byte, at, pairs int) []byte {
	var head [5]byte
	h := msgp.AppendMapHeader(head[:0], uint32(pairs))
	n := copy(dst[at:], h)
	n += copy(dst[at+n:], dst[at+5:])
	return dst[:at+n]
}

func hasKey(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if sameKey(k, key) {
			return true
		}
	}
	return false
}

// sameKey compares two raw keys by their text, whatever header they have.
func sameKey(a, b []byte) bool {
	x, okA := document.Text(a)
	y, okB := document.Text(b)
	return okA && okB && string(x) == string(y)
}

// Footprint returns how many bytes of buffers f keeps for the next record.
func (f *Finder) Footprint() int {
	return cap(f.text) + 64*cap(f.parts) + 96*cap(f.wraps) + 48*cap(f.beside) + 24*cap(f.keys)
}
