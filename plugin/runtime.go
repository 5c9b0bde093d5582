package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/trailwire/trailwire/plugin/host"
)

// Go's runtime is a guest in the collector's process, and nearly every chunk
// never reaches it. It therefore gets little, unless the user asks for more
// with Go's own environment variables. The figures are from `go run ./bench
// -memory 100000`, which passes these variables on:
//
//   - as many processors as the container or the machine has, four at most.
//     Each that is used is a thread: a Fluent Bit of 4 threads had 8 with one
//     processor, 9 with two, 11 with four, 13 with eight. Time and memory were
//     the same for one input; a machine with two processors cannot show more;
//   - a collection for every half of the live heap instead of the whole of it.
//     With 1 % matches the plugin added 19 MiB to the peak at 25, 20 at 50, 22 at
//     100, 24 at 200, in a time that differs by less than two runs do;
//   - a soft limit of 256 MiB, for a record of tens of megabytes; more if rules remember
//     more than 64 MiB.
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
		debug.SetMemoryLimit(host.SoftLimit)
	}
}
