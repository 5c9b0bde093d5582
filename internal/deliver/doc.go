// Package deliver brings alerts to where they are wanted: a Fluent Bit (the
// Forward protocol), a file, standard output. It is what out_trailwire.so is
// apart from its interface to Fluent Bit, without cgo.
//
// # What is promised
//
// An alert is delivered at least once. [Outlet.Chunk] says Delivered when every
// destination has all alerts of a chunk, and Retry when one has not; Fluent Bit
// then keeps the chunk and hands it in again, as often as its retry_limit says.
// Has means: the receiver has acknowledged it (Forward, unless ack is off), or
// the kernel has it (files, standard output).
//
// A chunk that comes again is known by a fingerprint of its bytes. What is kept
// about it ([memory]) is little: how its alerts were judged, so that they do
// not turn into duplicates of themselves, and how many of them each destination
// has, so that none gets them twice. Only where that memory is lost, because
// the process ended or because very many chunks failed since, does a
// destination get again what it had.
//
// What cannot be read in a chunk is counted and passed over. It is never a
// reason to retry: it would be as broken the next time.
package deliver
