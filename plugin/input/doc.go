// Package input is Trailwire as a Fluent Bit input: flb-in_trailwire.so. It
// collects nothing. The filter trailwire appends its alerts to it, so that each
// leaves Fluent Bit as a record of its own, with the buffer and the storage of
// an input.
//
// # The C contract
//
// Fluent Bit (2.2 to 5.1) opens the file with dlopen, takes the file's name
// without flb- and .so, appends _plugin, and copies the struct of that name:
// in_trailwire_plugin (shim.c). The members of that struct up to cb_collect are
// the same in all these versions; what follows moved in 3.2 and in 5.0. Nothing
// after cb_collect is used. The struct ends in zeros and is longer than the
// host's, which the host copies: the rest of the layout need not be known.
//
// cb_init is called once for each instance, before the filters of the same
// configuration are started, on the thread that runs the pipeline. It remembers
// the instance for that thread (registry.c). A pipeline's thread ends with its
// configuration, and a hot reload starts another thread: a remembered instance
// is always alive.
//
// The filter appends with flb_input_log_append_records, which has one signature from 2.0
// to 5.1, on the same thread. There is no collector, no timer and no thread, and
// no Go code: what is here runs without entering Go.
package input

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
*/
import "C"

import _ "github.com/trailwire/trailwire/plugin/host" // whose header shim.c includes
