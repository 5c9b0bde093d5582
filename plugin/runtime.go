package main

import (
	"os"
	"runtime/debug"

	"github.com/trailwire/trailwire/plugin/host"
)

// Go's runtime is a guest in the collector's process, and nearly every chunk
// never reaches it. It therefore gets little, unless the user asks for more
// with Go's own environment variables:
//
//   - one processor, until several threads ask for Go at a time (plugin/host);
//   - a collection for every half of the live heap instead of the whole of it.
//     GOGC=100 before `go run ./bench -memory 100000` shows what the whole adds;
//   - a soft limit of 256 MiB, for a record of tens of megabytes; more if rules remember
//     more than 64 MiB.
//
// At rest Go's threads sleep: bench/RESULTS.md, "At rest".
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(host.UsualGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(host.SoftLimit)
	}
}
