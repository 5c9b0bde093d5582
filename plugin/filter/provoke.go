//go:build !trailwire_panics

package filter

// provoke does nothing. A test builds the one in provoked.go instead, which
// panics on demand.
func provoke([]byte) {}
