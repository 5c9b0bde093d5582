//go:build race

package conformance

// raceDetector makes everything ten times as slow.
const raceDetector = true
