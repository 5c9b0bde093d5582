package filter

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import "unsafe"

// hostBuffer is memory that the host can free: it does so with its own
// allocator, which a plugin's malloc resolves to. What replaces a chunk is
// written there directly. On Go's heap it would grow step by step and stay for a
// while: the row of S3 files of `go run ./bench -memory 100000` shows the peak.
type hostBuffer struct {
	bytes []byte // nil without memory
}

func newHostBuffer(size int) hostBuffer {
	// Not C.malloc, which ends the process if there is no memory.
	p := C.trailwire_malloc(C.size_t(size))
	if p == nil {
		return hostBuffer{}
	}
	return hostBuffer{unsafe.Slice((*byte)(p), size)}
}

// hand gives away what was appended to the buffer, also if append has moved it
// to Go's heap. It returns false if there is no memory to copy it to.
func (b *hostBuffer) hand(appended []byte) (owned []byte, ok bool) {
	if unsafe.SliceData(appended) != unsafe.SliceData(b.bytes) {
		b.free()
		if *b = newHostBuffer(len(appended)); b.bytes == nil {
			return nil, false
		}
		copy(b.bytes, appended)
	}
	owned, b.bytes = b.bytes[:len(appended)], nil
	return owned, true
}

// free frees the memory unless it was handed on.
func (b *hostBuffer) free() {
	C.free(unsafe.Pointer(unsafe.SliceData(b.bytes)))
	b.bytes = nil
}
