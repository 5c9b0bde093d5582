package host

import (
	"os"
	"runtime/debug"
	"sync"
)

// SoftLimit is how much memory Go's runtime may take before it collects without pause,
// unless rules with a larger memory ask for more.
const SoftLimit = 256 << 20

var limit struct {
	sync.Mutex
	bytes int64
}

// RoomFor raises the soft limit if rules may remember so many bytes: a memory as large as
// the limit would have Go collect all the time. The user's own GOMEMLIMIT stays.
func RoomFor(bytes int64) {
	limit.Lock()
	defer limit.Unlock()
	wanted := SoftLimit/2 + 2*bytes
	if os.Getenv("GOMEMLIMIT") == "" && wanted > max(limit.bytes, SoftLimit) {
		limit.bytes = wanted
		debug.SetMemoryLimit(wanted)
	}
}

// How much the heap may grow before Go collects, in percent of what is in use.
const (
	UsualGrowth   = 50
	loadingGrowth = 100
)

// Loading lets the heap grow further while rules are read and compiled, since each collection goes over
// all rules so far. When that is done, call the function that it returns. It gives the system what
// is not needed any more; the collector would do so late, as Go returns memory over minutes. The user's own
// GOGC stays.
func Loading() (done func()) {
	if os.Getenv("GOGC") != "" {
		return debug.FreeOSMemory
	}
	debug.SetGCPercent(loadingGrowth)
	return func() {
		debug.SetGCPercent(UsualGrowth)
		debug.FreeOSMemory()
	}
}
