// Package filter is Trailwire as a Fluent Bit filter: flb-filter_trailwire.so.
//
// Fluent Bit's Go proxy has no filters, so the package implements the C
// interface of a filter itself. It is thin: internal/chunk and detect decide
// what a chunk becomes, internal/property what properties mean.
//
// # The C contract
//
// Fluent Bit (2.2 to 5.1) opens the file with dlopen, takes the file's name
// without flb- and .so, appends _plugin, and copies the struct of that name:
// filter_trailwire_plugin (shim.c). From then on it calls, for every instance
// that the configuration has:
//
//   - cb_pre_run and cb_init once, from the main thread. Both return 0, or -1
//     to stop the start. cb_init stores a context with flb_filter_set_context.
//   - cb_filter once per chunk, from the main thread, from an input's thread
//     (threaded inputs) or from several at once (processors). It returns
//     FLB_FILTER_NOTOUCH, or FLB_FILTER_MODIFIED with a buffer from malloc,
//     which the host frees.
//   - cb_exit once, with the context, if there is one. Hot reload creates the
//     new instances before it ends the old ones.
//
// The table of properties (config_map) has no size in the interface: the host
// walks it in steps of its own struct, which grew by a pointer in 5.0.3. At
// load the shim therefore measures the step with the host's own
// flb_config_map_create and lays the table out accordingly (map.c). Which
// versions share which layout, and how each is recognised, is in layouts.h.
//
// A context is a small C struct that holds a cgo.Handle, never a Go pointer.
// Every function that C can call recovers from panics, but the code below it
// does not rely on that: once Fluent Bit has handled a signal of its own, a
// nil dereference in Go ends the process.
package filter
