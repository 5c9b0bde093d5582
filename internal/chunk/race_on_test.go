//go:build race

package chunk

// raceDetector makes everything ten times as slow.
const raceDetector = true
