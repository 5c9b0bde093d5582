//go:build race

package detect_test

// raceDetector makes everything ten times as slow.
const raceDetector = true
