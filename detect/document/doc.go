// Package document walks MessagePack documents in place.
//
// Everything Trailwire looks at is a MessagePack value: Fluent Bit hands its
// records over in that form, and JSON text is converted once, on input
// ([AppendFromJSON]). A document is therefore a []byte that starts with a
// value; nothing is decoded into Go maps, and the reading functions return
// slices of what they were given. Those slices live as long as the bytes they
// were cut from.
//
// # Bad input
//
// Every function checks every length against the bytes that are there. A
// truncated, malformed or hostile value gives an error (or a false) and never
// a panic: Fluent Bit handles SIGSEGV itself, so in a host that has seen a
// signal an out-of-range read would not even be recoverable. Functions that
// recurse stop at [MaxDepth]; [Skip] does not recurse at all.
//
// # Repeated keys
//
// A map may carry one key twice. The last one counts, as in JSON parsers and in
// Fluent Bit's own record accessor, so that an event cannot say one thing to
// the detector and another to a later reader.
//
// # Concurrency
//
// The package has no state. All functions may be called from any goroutine as
// long as nobody writes to the bytes they read.
package document
