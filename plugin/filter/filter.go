package filter

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
#cgo linux LDFLAGS: -Wl,-z,relro,-z,now
#include <stdlib.h>
#include "host.h"
*/
import "C"

//go:generate go run ../property/generate filter properties.h

import (
	"fmt"
	"runtime/cgo"
	"time"
	"unsafe"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/plugin/chunk"
	"github.com/trailwire/trailwire/plugin/metrics"
	"github.com/trailwire/trailwire/plugin/property"
	"github.com/trailwire/trailwire/plugin/search"
)

// instance is one filter of the configuration. Fluent Bit knows it by its
// handle. It may be called from several threads at once.
type instance struct {
	host   host
	engine *detect.Engine
	search *search.Search // nil where everything is suspect
	report *property.Report
	lease  *metrics.Lease // nil where no metrics are served
}

// trailwireFilterInit makes an instance of the properties that ins has. It
// returns zero, after saying so in the log, where one of them is wrong. found is
// set to the search that decides which chunks are worth a call of
// trailwireFilterChunk, or left NULL where all are; seesAll is set where all
// are to be counted.
//
//export trailwireFilterInit
func trailwireFilterInit(ins *C.struct_flb_filter_instance, found *unsafe.Pointer, seesAll *C.int) (handle C.uintptr_t) {
	defer func() {
		if r := recover(); r != nil {
			logLine(ins, C.LOG_ERROR, fmt.Sprintf("cannot start: %v", r))
			handle = 0
		}
	}()
	f, err := newInstance(host{ins})
	if err != nil {
		for _, line := range property.Lines(err) {
			logLine(ins, C.LOG_ERROR, line)
		}
		return 0
	}
	*found = f.search.C()
	if f.report.Wanted() || f.lease != nil {
		*seesAll = 1
	}
	logLine(ins, C.LOG_INFO, property.StartLine(f.engine))
	return C.uintptr_t(cgo.NewHandle(f))
}

func newInstance(h host) (*instance, error) {
	settings, err := property.Read(h)
	if err != nil {
		return nil, err
	}
	for _, line := range settings.Warnings {
		logLine(h.ins, C.LOG_WARN, line)
	}
	f := &instance{host: h}
	if f.engine, err = detect.New(settings.Options); err != nil {
		return nil, err
	}
	f.report = property.NewReport(f.engine, settings.StatsInterval)
	if f.search, err = search.For(f.engine); err != nil {
		return nil, err
	}
	if f.lease, err = metrics.Open(settings.MetricsListen, metrics.Instance{
		Plugin: "filter", Name: C.GoString(C.trailwire_name(h.ins)), Engine: f.engine, Chunks: f.report.Counts,
	}); err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

// end gives back what an instance holds outside of Go's memory.
func (f *instance) end() {
	f.lease.Release()
	f.search.Free()
}

// trailwireFilterChunk evaluates a chunk in which the search has its first hit
// at the offset hit (zero where there is no search). It returns FILTER_MODIFIED
// with a buffer from malloc in out, or FILTER_NOTOUCH.
//
//export trailwireFilterChunk
func trailwireFilterChunk(handle C.uintptr_t, ins *C.struct_flb_filter_instance, data unsafe.Pointer, size, hit C.size_t, out *unsafe.Pointer, outSize *C.size_t) (verdict C.int) {
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
	f.report.Saw(int(size))
	if line, due := f.report.Due(); due {
		logLine(ins, C.LOG_INFO, line)
	}
	if hit == size {
		return C.FILTER_NOTOUCH
	}
	result, changed := f.evaluate(unsafe.Slice((*byte)(data), int(size)), int(hit))
	if line, due := f.report.Trouble(); due {
		logLine(ins, C.LOG_WARN, line)
	}
	if !changed {
		return C.FILTER_NOTOUCH
	}
	*out, *outSize = unsafe.Pointer(unsafe.SliceData(result)), C.size_t(len(result))
	return C.FILTER_MODIFIED
}

// evaluate returns the chunk that takes the place of in, whose first hit is
// known, in memory that is the host's to free. It returns false where in is to
// be left as it is, for want of memory too.
func (f *instance) evaluate(in []byte, hit int) (out []byte, changed bool) {
	buffer := newHostBuffer(len(in) + len(in)/4 + roomForAlerts)
	defer buffer.free()
	if buffer.bytes == nil {
		return nil, false
	}
	start := f.evaluationStarts()
	provoke(in)
	out, changed = chunk.FilterSuspects(buffer.bytes[:0], in, f.engine, f.search.Over(in, hit))
	f.evaluationEnds(start)
	if !changed {
		return nil, false
	}
	return buffer.hand(out)
}

// roomForAlerts is for what a few alerts add to a small chunk.
const roomForAlerts = 16 << 10

// evaluationStarts returns the time, where somebody wants to know how long an
// evaluation takes.
func (f *instance) evaluationStarts() (start time.Time) {
	if f.lease != nil {
		start = time.Now()
	}
	return start
}

func (f *instance) evaluationEnds(start time.Time) {
	if f.lease != nil {
		f.lease.Observe(time.Since(start))
	}
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
	f.end()
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
