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

// ReturnMemory gives the system what compiling rules took and does not need any more.
// The collector would do so too, but late: Go returns memory over minutes, and it
// collects next when the heap has grown by half.
func ReturnMemory() { debug.FreeOSMemory() }
