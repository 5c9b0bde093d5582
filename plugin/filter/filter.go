package filter

/*
#cgo CFLAGS: -fvisibility=hidden
#cgo linux LDFLAGS: -Wl,-z,relro,-z,now
#include <stdlib.h>
#include "host.h"
*/
import "C"

//go:generate go run ../property/generate properties.h

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/plugin/chunk"
	"github.com/trailwire/trailwire/plugin/property"
)

// instance is one filter of the configuration. Fluent Bit knows it by its
// handle. It may be called from several threads at once.
type instance struct {
	host    host
	engine  *detect.Engine
	report  *property.Report
	buffers bufferPool
}

// trailwireFilterInit makes an instance of the properties that ins has. It
// returns zero, after one line in the log, where one of them is wrong.
//
//export trailwireFilterInit
func trailwireFilterInit(ins *C.struct_flb_filter_instance) (handle C.uintptr_t) {
	defer func() {
		if r := recover(); r != nil {
			logLine(ins, C.LOG_ERROR, fmt.Sprintf("cannot start: %v", r))
			handle = 0
		}
	}()
	h := host{ins}
	settings, err := property.Read(h)
	if err != nil {
		logLine(ins, C.LOG_ERROR, err.Error())
		return 0
	}
	engine, err := detect.New(settings.Options)
	if err != nil {
		logLine(ins, C.LOG_ERROR, err.Error())
		return 0
	}
	logLine(ins, C.LOG_INFO, property.StartLine(engine))
	return C.uintptr_t(cgo.NewHandle(&instance{
		host:   h,
		engine: engine,
		report: property.NewReport(engine, settings.StatsInterval),
	}))
}

// trailwireFilterChunk evaluates a chunk. It returns FILTER_MODIFIED with a
// buffer from malloc in out, or FILTER_NOTOUCH.
//
//export trailwireFilterChunk
func trailwireFilterChunk(handle C.uintptr_t, ins *C.struct_flb_filter_instance, data unsafe.Pointer, size C.size_t, out *unsafe.Pointer, outSize *C.size_t) (verdict C.int) {
	f := cgo.Handle(handle).Value().(*instance)
	defer func() {
		if r := recover(); r != nil {
			f.engine.CountMalformed(1)
			if f.report.Rare() {
				logLine(ins, C.LOG_ERROR, fmt.Sprintf("a chunk was left as it was: %v", r))
			}
			verdict = C.FILTER_NOTOUCH
		}
	}()
	if line, due := f.report.Due(); due {
		logLine(ins, C.LOG_INFO, line)
	}
	in := unsafe.Slice((*byte)(data), int(size))
	buffer := f.buffers.get()
	defer f.buffers.put(buffer)
	result, changed := chunk.Filter(buffer.bytes[:0], in, f.engine)
	buffer.bytes = result
	if !changed {
		return C.FILTER_NOTOUCH
	}
	// The host frees the buffer with its own allocator, which a plugin's
	// malloc resolves to.
	owned := C.malloc(C.size_t(len(result)))
	if owned == nil {
		return C.FILTER_NOTOUCH
	}
	copy(unsafe.Slice((*byte)(owned), len(result)), result)
	*out, *outSize = owned, C.size_t(len(result))
	return C.FILTER_MODIFIED
}

// trailwireFilterExit ends an instance, with a last line of statistics where
// they were asked for.
//
//export trailwireFilterExit
func trailwireFilterExit(handle C.uintptr_t) {
	defer func() { _ = recover() }()
	f := cgo.Handle(handle).Value().(*instance)
	cgo.Handle(handle).Delete()
	if f.report.Wanted() {
		logLine(f.host.ins, C.LOG_INFO, f.report.Line())
	}
}

// host answers properties from a Fluent Bit instance.
type host struct {
	ins *C.struct_flb_filter_instance
}

// Property implements [property.Source].
func (h host) Property(name string) (value string, set bool) {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	v := C.trailwire_property(h.ins, key)
	if v == nil {
		return "", false
	}
	return C.GoString(v), true
}

func logLine(ins *C.struct_flb_filter_instance, level C.int, line string) {
	text := C.CString(line)
	defer C.free(unsafe.Pointer(text))
	C.trailwire_log(ins, level, text)
}
