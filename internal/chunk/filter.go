package chunk

import (
	"errors"
	"slices"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
)

// Filter evaluates every event of a chunk and returns the chunk that takes its
// place, appended to dst. It returns dst and false if the chunk is to be
// left as it is.
//
// Events without alerts, markers, and values that are not events are copied
// byte for byte. From the first byte that is not MessagePack on, the rest of
// the chunk is copied as it is.
func Filter(dst, chunk []byte, engine *detect.Engine) (out []byte, changed bool) {
	if !engine.Suspects(chunk) {
		return dst, false
	}
	if out, changed = FilterSuspects(func() []byte { return dst }, chunk, engine, nil, nil); changed {
		return out, true
	}
	return dst, false
}

// maxHeaders limits the headers of the records that an event of n bytes is split
// into, in bytes. Beyond it the records get no metadata.
func maxHeaders(n int) int { return 4*n + 4<<10 }

// Search finds what is suspicious in a chunk. hit is the first offset at or after
// from that is inside something suspicious, or the chunk's length if there is
// none. event is the offset at which the walk goes on: from, or a later event, if
// all events before it end at or before hit. If end is not zero, the event is well-formed: its
// body, a map, begins at body, and it ends at end. list becomes a list that the search saw in the
// body; mostly it has none. onlyCalls says that all that is suspicious in that event is names of calls
// ([detect.Evaluator.OnlyCalls]).
//
// A nil Search looks into each event with [detect.Engine.Suspects].
type Search func(from int, list *document.List) (event, body, end, hit int, onlyCalls bool)

// FilterSuspects is [Filter] for a chunk that has been searched: it passes over
// events without a hit. verdicts says how alerts are judged; it may be nil
// ([detect.Verdicts]).
//
// If something changes, room is called once, and the chunk is appended to what
// it returns.
func FilterSuspects(room func() []byte, chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts) (out []byte, changed bool) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	copied := 0 // how much of the chunk is in out
	eachSuspect(chunk, engine, v, search, func(e *Event, at int) {
		outputs := v.Record(e.Body, e.Time())
		if outputs == nil {
			return
		}
		if !changed {
			out, changed = room(), true
		}
		out = append(out, chunk[copied:at]...)
		header := e.headerFor(len(outputs))
		out = slices.Grow(out, sizeOf(outputs)+len(header)*len(outputs))
		for _, o := range outputs {
			out = append(out, header...)
			out = append(out, o.Body...)
		}
		copied = at + len(e.Raw)
	})
	if !changed {
		return nil, false
	}
	return append(out, chunk[copied:]...), true
}

func sizeOf(outputs []detect.Output) (bytes int) {
	for _, o := range outputs {
		bytes += len(o.Body)
	}
	return bytes
}

// Alerts evaluates a chunk as [FilterSuspects] does and calls visit for each
// record that has alerts, in order. What visit gets is valid until it returns.
// The judgement of each alert is kept in verdicts. If verdicts was rewound, it
// is taken from there.
func Alerts(chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts, visit func(e *Event, o *detect.Output)) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	eachSuspect(chunk, engine, v, search, func(e *Event, _ int) {
		outputs := v.Alerts(e.Body, e.Time())
		for i := range outputs {
			visit(e, &outputs[i])
		}
	})
}

// Raise evaluates a chunk that goes on as it is. For each event with alerts it
// calls visit with the alert record ([detect.Evaluator.Raise]) and with the
// header that goes before its body: the event's time and metadata. What visit
// gets is valid until it returns.
func Raise(chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts, visit func(header []byte, o *detect.Output)) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	eachSuspect(chunk, engine, v, search, func(e *Event, _ int) {
		outputs := v.Raise(e.Body, e.Time())
		header := e.headerFor(len(outputs))
		for i := range outputs {
			visit(header, &outputs[i])
		}
	})
}

// eachSuspect calls visit with each event of a chunk that may raise an alert, and
// with its offset. It counts what is not an event as malformed and passes over it.
// The walk ends after the last hit, or at the first byte that is not MessagePack.
func eachSuspect(chunk []byte, engine *detect.Engine, v *detect.Evaluator, search Search, visit func(e *Event, at int)) {
	noted := v.Noted()
	hit := -1   // the last one found
	var e Event // visit keeps it alive: one for all events, so that each need not be allocated
	for at := 0; at < len(chunk); {
		body, end, onlyCalls := 0, 0, false
		if search != nil && hit < at {
			at, body, end, hit, onlyCalls = search(at, noted)
		}
		if hit == len(chunk) {
			return
		}
		var err error
		if end > 0 {
			e = found(chunk[at:end], body-at)
		} else {
			var rest []byte
			e, rest, err = Next(chunk[at:])
			end = len(chunk) - len(rest)
			body = end - len(e.Body)
		}
		if search != nil && hit < body && err == nil {
			_, _, _, hit, _ = search(body, noted) // what is found in a header means nothing
		}
		switch {
		case errors.Is(err, ErrNotEvent):
			engine.CountMalformed(1)
		case err != nil:
			engine.CountMalformed(1)
			return
		case e.IsMarker():
		case search == nil && engine.Suspects(e.Body), search != nil && hit < end:
			v.OnlyCalls(onlyCalls)
			visit(&e, at)
		}
		noted.Ends = noted.Ends[:0] // whether or not the event was evaluated
		at = end
	}
}
