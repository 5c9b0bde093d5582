package main

import (
	"testing"
	"time"
)

// processTime skips the test: the clock of a machine that does other work shows nothing.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	t.Skip("SKIPPED: NO GETRUSAGE on Windows: what alerts cost was not compared")
	return 0
}
