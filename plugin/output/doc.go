// Package output is Trailwire as a Fluent Bit output: out_trailwire.so. It
// looks for what the filter looks for, and sends what it finds to where
// alerts_to says, nothing else.
//
// It is thin: what alerts are is decided in detect, where they go and what is
// promised in internal/deliver, what properties mean in internal/property.
//
// # The C contract
//
// Fluent Bit takes a shared object whose name does not begin with flb- for one
// of its Go proxy's (github.com/fluent/fluent-bit-go). It calls
//
//   - FLBPluginRegister when it has loaded the file, and FLBPluginUnregister
//     when it ends;
//   - FLBPluginInit once for every instance, with a struct through which
//     properties are read and the instance's context is left (host.h);
//   - FLBPluginFlushCtx once for every chunk, and again for one that was
//     answered with FLB_RETRY;
//   - FLBPluginExitCtx once for every instance. Hot reload makes the new
//     instances before it ends the old ones.
//
// Registration goes through fluent-bit-go. The rest does not: its contexts are
// never freed, and its decoder takes 35 µs and 285 allocations a record. The
// chunk is walked in place, by the filter's code.
//
// # Coroutines
//
// An output is flushed on a coroutine. Go's runtime, entered there, would do
// its own work (growing stacks, collecting garbage) on the coroutine's stack,
// of which hosts before 5.1 give 24 KB: too little. shim.c therefore searches
// the chunk on the coroutine, which is where nearly every chunk ends, and hands
// one that is suspect to a thread of its own, with a stack of its own, that it
// waits for. That costs some tens of microseconds for a chunk with alerts, and
// Coro_Stack_Size need not be set.
//
// # Workers
//
// The output has none, whatever the property workers says. It is flushed on the
// thread that does everything else in Fluent Bit; a delivery that takes longer
// than 100 ms goes on in the background, and Fluent Bit is told to hand the chunk
// in again.
//
// Fluent Bit 2.2 to 5.1 starts the workers of a Go output twice. Both
// flb_proxy_output_cb_init, right after FLBPluginInit, and flb_output_init_all,
// right after that, call flb_output_enable_multi_threading. The second call
// overwrites the instance's only reference to the first pool (ins->tp), so that
// flb_output_exit stops the second pool and frees the instance, while the threads
// of the first go on. Each of them wakes up every 1.5 seconds and walks the
// instance's list of upstreams (cb_thread_sched_timer). Once that memory has
// another use, the process ends with SIGSEGV, mostly in flb_upstream_conn_timeouts.
//
// No callback runs between the two calls. But FLBPluginInit runs before both of
// them, and the host's flb_output_set_property has the same signature and effect
// from 1.9 to 5.1: shim.c sets the number to zero there, and one line
// of the log says so.
//
// Lines for the log are collected and printed by the coroutine's thread: on a
// thread that it does not know, Fluent Bit prints to standard error whatever
// log_file says.
package output
