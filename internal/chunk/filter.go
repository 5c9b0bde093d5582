package chunk

import (
	"errors"
	"slices"

	"github.com/trailwire/trailwire/detect"
)

// Filter evaluates every event of a chunk and returns the chunk that takes its
// place, appended to dst. It returns dst and false where the chunk is to be
// left as it is.
//
// Events that are left alone, markers, and whatever is not an event go over
// byte for byte. From the first byte that is not MessagePack on, the rest of
// the chunk goes over as it is.
func Filter(dst, chunk []byte, engine *detect.Engine) (out []byte, changed bool) {
	if !engine.Suspects(chunk) {
		return dst, false
	}
	if out, changed = FilterSuspects(func() []byte { return dst }, chunk, engine, nil, nil); changed {
		return out, true
	}
	return dst, false
}

// maxHeaders is how many bytes the header of an event of n bytes, repeated for each
// record that comes of it, may take. Past it the records do without the metadata.
func maxHeaders(n int) int { return 4*n + 4<<10 }

// Search finds what is suspicious in a chunk. hit is the first offset at or after
// from that is inside of something suspicious, the chunk's length where there is
// nothing. event is where the walk goes on: at from, or at a later event, with
// nothing but whole events between them that end at or before hit.
//
// A nil Search looks into each event with [detect.Engine.Suspects].
type Search func(from int) (event, hit int)

// FilterSuspects is [Filter] for a chunk that has been searched already: events
// without a hit are passed over. Alerts are judged as verdicts say, which may be nil
// ([detect.Verdicts]).
//
// The chunk is appended to what room returns, which is called once, where something
// changes.
func FilterSuspects(room func() []byte, chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts) (out []byte, changed bool) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	copied := 0 // how much of the chunk has gone to out
	eachSuspect(chunk, engine, search, func(e *Event, at int) {
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
// How alerts are judged is kept in verdicts, or taken from there where it has
// been rewound.
func Alerts(chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts, visit func(e *Event, o *detect.Output)) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	eachSuspect(chunk, engine, search, func(e *Event, _ int) {
		outputs := v.Alerts(e.Body, e.Time())
		for i := range outputs {
			visit(e, &outputs[i])
		}
	})
}

// Raise evaluates a chunk that goes on as it is, and calls visit with the record
// of its own that each event with alerts becomes ([detect.Evaluator.Raise]), and
// with the header that goes before its body: the event's time and metadata. What
// visit gets is valid until it returns.
func Raise(chunk []byte, engine *detect.Engine, search Search, verdicts *detect.Verdicts, visit func(header []byte, o *detect.Output)) {
	v := engine.Evaluator()
	defer v.Release()
	v.Remember(verdicts)
	eachSuspect(chunk, engine, search, func(e *Event, _ int) {
		outputs := v.Raise(e.Body, e.Time())
		header := e.headerFor(len(outputs))
		for i := range outputs {
			visit(header, &outputs[i])
		}
	})
}

// eachSuspect calls visit for each event of a chunk that could have something in it,
// with its offset. What is not an event is counted as malformed and passed over. The
// walk ends at the first byte that is not MessagePack, and after the last hit.
func eachSuspect(chunk []byte, engine *detect.Engine, search Search, visit func(e *Event, at int)) {
	hit := -1 // the last that was found
	for at := 0; at < len(chunk); {
		if search != nil && hit < at {
			at, hit = search(at)
		}
		if hit == len(chunk) {
			return
		}
		e, rest, err := Next(chunk[at:])
		end := len(chunk) - len(rest)
		body := end - len(e.Body)
		if search != nil && hit < body && err == nil {
			_, hit = search(body) // what is found in a header means nothing
		}
		switch {
		case errors.Is(err, ErrNotEvent):
			engine.CountMalformed(1)
		case err != nil:
			engine.CountMalformed(1)
			return
		case e.IsMarker():
		case search == nil && engine.Suspects(e.Body), search != nil && hit < end:
			visit(&e, at)
		}
		at = end
	}
}
