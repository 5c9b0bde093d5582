package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Go's runtime is a guest in the collector's process, and nearly every chunk
// never reaches it. It therefore makes do with little, unless the user has said
// otherwise with Go's own environment variables:
//
//   - as many processors as there are, four at most: more would only be more
//     threads to wake for a collection;
//   - a collection for every half of the live heap instead of the whole of it:
//     buffers that a burst of matches needed go back sooner;
//   - a soft limit of 256 MiB, for the record that is itself tens of megabytes.
func init() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(runtime.NumCPU(), 4))
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(256 << 20)
	}
}
