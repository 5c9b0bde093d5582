package chunk

import (
	"errors"

	"github.com/trailwire/trailwire/detect"
)

// Filter evaluates every event of a chunk and returns the chunk that takes its
// place, appended to dst. It returns dst and false where the chunk is to be
// left as it is.
//
// This is the whole way from Fluent Bit's call to the verdict: a search that
// parses nothing ends it for nearly every chunk; of the others each event is
// searched by itself, and only those in which something was found are
// evaluated. Events that are left alone, markers, and whatever is not an event
// go over byte for byte. From the first byte that is not MessagePack on the
// rest of the chunk goes over as it is.
func Filter(dst, chunk []byte, engine *detect.Engine) (out []byte, changed bool) {
	if !engine.Suspects(chunk) {
		return dst, false
	}
	v := engine.Evaluator()
	defer v.Release()
	start := len(dst)
	copied := chunk // what has not gone to dst yet
	for rest := chunk; len(rest) > 0; {
		e, after, err := Next(rest)
		if errors.Is(err, ErrNotEvent) {
			engine.CountMalformed(1)
			rest = after
			continue
		}
		if err != nil {
			engine.CountMalformed(1)
			break
		}
		if !e.IsMarker() && engine.Suspects(e.Body) {
			if outputs := v.Record(e.Body, e.Time()); outputs != nil {
				dst = append(dst, copied[:len(copied)-len(rest)]...)
				for _, o := range outputs {
					dst = append(dst, e.Header()...)
					dst = append(dst, o.Body...)
				}
				copied = after
				changed = true
			}
		}
		rest = after
	}
	if !changed {
		return dst[:start], false
	}
	return append(dst, copied...), true
}
