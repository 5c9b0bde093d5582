//go:build trailwire_panics

package filter

import "bytes"

// provoke panics if the chunk asks for it, as a fault in the evaluation would.
// Only the build of TestAPanicInTheEvaluationLeavesTheChunkAlone has this file.
func provoke(chunk []byte) {
	if bytes.Contains(chunk, []byte("trailwire: panic")) {
		panic("trailwire: panic")
	}
}
