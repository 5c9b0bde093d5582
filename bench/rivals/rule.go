//go:build wasip1

// What is left of the rule when a filter gets each record as JSON text: a
// search for the action. It changes nothing, which is to its advantage.
package main

import (
	"bytes"
	"unsafe"
)

var (
	wanted  = []byte("lambda:InvokeFunction")
	matches int
)

// rule is what Fluent Bit calls with each record. Go's runtime has been started when the filter was.
//
//go:wasmexport rule
func rule(_ unsafe.Pointer, _, _, _ int32, record unsafe.Pointer, size int32) unsafe.Pointer {
	if bytes.Contains(unsafe.Slice((*byte)(record), size), wanted) {
		matches++
	}
	return record
}

func main() {}
