package chunk

import (
	"errors"

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
	return FilterSuspects(dst, chunk, engine, nil)
}

// FilterSuspects is [Filter] for a chunk that has been searched already. next
// returns the first offset at or after from that is inside of something
// suspicious, len(chunk) where there is nothing: events without such an offset
// are passed over. A nil next looks into each event with [Engine.Suspects].
func FilterSuspects(dst, chunk []byte, engine *detect.Engine, next func(from int) int) (out []byte, changed bool) {
	v := engine.Evaluator()
	defer v.Release()
	start := len(dst)
	copied := 0 // how much of the chunk has gone to dst
	suspect := 0
	if next != nil {
		suspect = next(0)
	}
	for at := 0; at < len(chunk) && suspect < len(chunk); {
		e, rest, err := Next(chunk[at:])
		end := len(chunk) - len(rest)
		if errors.Is(err, ErrNotEvent) {
			engine.CountMalformed(1)
			at = end
			continue
		}
		if err != nil {
			engine.CountMalformed(1)
			break
		}
		body := end - len(e.Body)
		look := !e.IsMarker()
		switch {
		case next == nil:
			look = look && engine.Suspects(e.Body)
		case suspect < body: // in the header, where it means nothing
			suspect = next(body)
			fallthrough
		default:
			look = look && suspect < end
		}
		if look {
			if outputs := v.Record(e.Body, e.Time()); outputs != nil {
				dst = append(dst, chunk[copied:at]...)
				for _, o := range outputs {
					dst = append(dst, e.Header()...)
					dst = append(dst, o.Body...)
				}
				copied, changed = end, true
			}
		}
		if next != nil && suspect < end {
			suspect = next(end)
		}
		at = end
	}
	if !changed {
		return dst[:start], false
	}
	return append(dst, chunk[copied:]...), true
}
