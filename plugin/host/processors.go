package host

import (
	"os"
	"runtime"
	"sync"
)

// mostProcessors is how many threads may run Go code at a time, at most. Each that is
// used takes memory.
const mostProcessors = 4

var processors struct {
	sync.Once
	allowed int
}

// init leaves Go one processor. After each call into Go, its runtime watches the
// calling thread: for 10 ms, if another processor is idle, since the thread could come
// back; it looks twice, if there is none. threads.c says how often it looks. Fluent Bit's
// filters run on one thread, mostly.
//
// The user's own GOMAXPROCS stays.
func init() {
	if os.Getenv("GOMAXPROCS") == "" {
		processors.allowed = min(mostProcessors, runtime.GOMAXPROCS(0)) // what the container or the machine has
		runtime.GOMAXPROCS(1)
	}
}

// MoreProcessors lets several threads run Go code at a time, from now on. It is for what
// would otherwise wait: callbacks on several threads, and goroutines that compute while
// a callback comes.
func MoreProcessors() {
	processors.Do(func() {
		if processors.allowed > 1 {
			runtime.GOMAXPROCS(processors.allowed)
		}
	})
}
