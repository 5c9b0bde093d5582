// Package deliver delivers alerts: to a Fluent Bit (the Forward protocol), to a
// file, to standard output. It is the output out_trailwire.so without cgo and
// without its interface to Fluent Bit. An [Outlet] evaluates chunks and
// delivers their alerts; any number of goroutines may use one.
//
// # What is promised
//
// An alert is delivered at least once. [Outlet.Chunk] says Delivered when every
// destination has all alerts of a chunk, and Retry when one has not; Fluent Bit
// then keeps the chunk and hands it in again, as often as its retry_limit says.
// A destination has an alert when the receiver has acknowledged it (Forward,
// unless ack is off), or when the kernel has it (files, standard output).
//
// A chunk that comes again is known by a fingerprint of its bytes. Little is
// kept about it ([memory]): how its alerts were judged, so that they do not
// become duplicates of themselves, and how many of them each destination has,
// so that none gets them twice. If that memory is lost, a destination gets
// alerts again. It is lost when the process ends or when very many chunks have
// failed since.
//
// What cannot be read in a chunk is counted and passed over. It is never a
// reason to retry: it would still be broken.
package deliver
