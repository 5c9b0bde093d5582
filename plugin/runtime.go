package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Go's runtime is a guest in the collector's process, and nearly every chunk
// never reaches it. It therefore makes do with little, unless the user has said
// otherwise with Go's own environment variables. Figures are those of
// `go run ./bench -memory 100000`, which hands the same variables on:
//
//   - as many processors as the container or the machine has, four at most.
//     Each that is used is a thread: a Fluent Bit of 4 threads came to 8 with
//     one, 9 with two, 11 with four, 13 with eight, in the same time and memory
//     for one input, which is all that a machine of two can show;
//   - a collection for every half of the live heap instead of the whole of it.
//     With 1 % matches the plugin added 19 MiB to the peak at 25, 20 at 50, 22 at
//     100, 24 at 200, in a time that differs by less than two runs do;
//   - a soft limit of 256 MiB, for the record that is itself tens of megabytes.
//
// At rest Go's threads sleep: bench/RESULTS.md, "At rest".
func init() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) > 4 {
		runtime.GOMAXPROCS(4)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(256 << 20)
	}
}
