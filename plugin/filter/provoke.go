//go:build !trailwire_panics

package filter

// provoke does nothing. Built for a test (provoked.go) it panics on demand.
func provoke([]byte) {}
