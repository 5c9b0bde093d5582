//go:build trailwire_panics

package filter

import "bytes"

// provoke panics where the chunk asks for it, as a fault in the evaluation would:
// see TestAPanicInTheEvaluationLeavesTheChunkAlone. No build but that test's has
// this file.
func provoke(chunk []byte) {
	if bytes.Contains(chunk, []byte("trailwire: panic")) {
		panic("trailwire: panic")
	}
}
