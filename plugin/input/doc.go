// Package input is Trailwire as a Fluent Bit input: flb-in_trailwire.so. It
// collects nothing. It is where the filter trailwire puts the alerts that it
// raises, so that each leaves Fluent Bit as a record of its own, with the buffer
// and the storage that an input has.
//
// # The C contract
//
// Fluent Bit (2.2 to 5.1) opens the file with dlopen, takes the file's name
// without flb- and .so, appends _plugin, and copies the struct of that name:
// in_trailwire_plugin (shim.c). The members of that struct up to cb_collect are
// the same in all these versions; what follows moved in 3.2 and in 5.0. Nothing
// after them is used. The rest is zero, and longer than the host's own struct,
// which the host copies: its layout need not be known.
//
// cb_init is called once for each instance, before the filters of the same
// configuration are started, on the thread that runs the pipeline. It remembers
// the instance for that thread (registry.c). A pipeline's thread ends with its
// configuration, and a hot reload starts another: an instance that is remembered
// is one that lives.
//
// The filter appends with flb_input_log_append, which has one signature from 2.0
// to 5.1, on the same thread. There is no collector, no timer and no thread, and
// no Go code: what is here runs without entering Go.
package input

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
*/
import "C"

import _ "github.com/trailwire/trailwire/plugin/host" // whose header shim.c includes
