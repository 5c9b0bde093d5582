// Package output is Trailwire as a Fluent Bit output: out_trailwire.so. It
// evaluates records as the filter does, sends their alerts to the addresses in
// alerts_to, and nothing else.
//
// It is thin: detect decides what is an alert, internal/deliver delivers alerts
// and documents what is promised, internal/property says what properties mean.
//
// # The C contract
//
// Fluent Bit takes a shared object whose name does not begin with flb- for one
// of its Go proxy's (github.com/fluent/fluent-bit-go). It calls
//
//   - FLBPluginRegister when it has loaded the file, and FLBPluginUnregister
//     when it ends. What FLBPluginRegister returns is not looked at: a file
//     that does not want to be an output leaves the definition empty;
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
// Fluent Bit flushes an output on a coroutine. Go's runtime, entered there,
// would do its own work (growing stacks, collecting garbage) on the coroutine's
// stack. Hosts before 5.1 give it 24 KB, which is too little. shim.c therefore
// searches the chunk on the coroutine, where nearly every chunk ends. It hands
// a suspect chunk to a new thread, with a stack of its own, and waits for that
// thread. This costs some tens of microseconds for a chunk with alerts, and
// Coro_Stack_Size need not be set.
//
// # Workers
//
// The output has none, even if the property workers asks for some. It is flushed
// on the thread that does everything else in Fluent Bit. A delivery that takes
// longer than 100 ms goes on in the background, and Fluent Bit is asked to hand
// the chunk in again.
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
// them. There shim.c sets the number to zero with the host's
// flb_output_set_property, which has the same signature and effect from 1.9 to
// 5.1, and logs one line about it.
//
// Log lines are collected and printed by the coroutine's thread: on a thread
// that it does not know, Fluent Bit prints to standard error and ignores
// log_file.
package output
