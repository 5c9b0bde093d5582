package filter

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
#cgo linux LDFLAGS: -Wl,-z,relro,-z,now
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"time"
	"unsafe"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/chunk"
	"github.com/trailwire/trailwire/internal/metrics"
	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/search"
	"github.com/trailwire/trailwire/internal/statefile"

	plugin "github.com/trailwire/trailwire/plugin/host" // also what shim.c calls
)

// instance is one filter of the configuration. Fluent Bit knows it by its
// handle. It may be called from several threads at once.
type instance struct {
	host     host
	engine   *detect.Engine
	search   *search.Search // nil if everything is suspect
	counters *metrics.Counters
	lease    *metrics.Lease  // nil if no metrics are served
	state    *statefile.File // nil if rules keep no memory in a file
	route    property.Filter
}

// trailwireFilterInit makes an instance from the properties of ins. If one of
// them is wrong, it logs that and returns zero. It fills started with what the
// shim has to know.
//
//export trailwireFilterInit
func trailwireFilterInit(ins *C.struct_flb_filter_instance, started *C.struct_trailwire_started) (handle C.uintptr_t) {
	defer func() {
		if r := recover(); r != nil {
			logLine(ins, C.LOG_ERROR, fmt.Sprintf("cannot start: %v", r))
			handle = 0
		}
	}()
	defer plugin.Loading()()
	h := host{ins}
	f, stale, err := property.Start(&kept, h.name(),
		func() (settings, error) { return read(h, started.input != 0) },
		func(s settings) (*instance, error) { return newInstance(h, s, uintptr(started.config)) })
	if err != nil {
		for _, line := range property.Lines(err) {
			logLine(ins, C.LOG_ERROR, line)
		}
		return 0
	}
	if stale != nil {
		f.counters.SettingsAreStale(stale)
		f.tellStale(ins)
		for _, line := range property.Lines(stale)[1:] {
			logLine(ins, C.LOG_ERROR, line)
		}
	}
	started.search = f.search.C()
	if f.counters.LinesWanted() || f.lease != nil || stale != nil {
		started.sees_all = 1
	}
	started.timer = C.int(f.counters.TimerMilliseconds())
	if f.route.AlertTag != nil {
		started.raises = 1
	}
	if f.route.TagRecords {
		started.tags_records = 1
	}
	logLine(ins, C.LOG_INFO, metrics.StartLine(f.engine))
	if line := metrics.LearningLine(f.engine, time.Now()); line != "" {
		logLine(ins, C.LOG_INFO, line)
	}
	return C.uintptr_t(cgo.NewHandle(f))
}

// trailwireFilterCrowded is called when a thread has a chunk while another one is in Go
// with a chunk.
//
//export trailwireFilterCrowded
func trailwireFilterCrowded() {
	defer func() { _ = recover() }()
	plugin.MoreProcessors()
}

// errNoInput shows the lines that a configuration with alert_tag needs.
var errNoInput = errors.New(`property "alert_tag": alerts come in by the input trailwire, and there is none: ` +
	`load flb-in_trailwire.so and add "- {name: trailwire, alias: alerts, storage.type: filesystem}" to the inputs, before an input that has this filter as its processor`)

// settings are what an instance is made of.
type settings struct {
	property.Settings
	route property.Filter
}

// kept are the settings that stay in use if a reload brings wrong ones.
var kept property.Kept[settings]

// read reads the settings of h. hasInput says that the configuration has an input
// trailwire.
func read(h host, hasInput bool) (s settings, err error) {
	if s.Settings, s.route, err = property.ReadFilter(h); err != nil {
		return s, err
	}
	if s.route.AlertTag == nil {
		return s, nil
	}
	if !hasInput {
		return s, errNoInput
	}
	if !s.route.TagRecords {
		// A list stays one record: nothing has to look for lists.
		s.Options.Split = false
	}
	return s, nil
}

func newInstance(h host, s settings, config uintptr) (_ *instance, err error) {
	for _, line := range s.Warnings {
		logLine(h.ins, C.LOG_WARN, line)
	}
	f := &instance{host: h, route: s.route}
	s.Options.Collector = plugin.Name()
	if err := f.remember(&s.Options, config); err != nil {
		return nil, err
	}
	if f.search, err = search.For(&s.Options); err != nil {
		f.end()
		return nil, err
	}
	if f.engine, err = detect.New(s.Options); err != nil {
		f.end()
		return nil, err
	}
	f.counters = metrics.NewCounters(f.engine, s.StatsInterval)
	shown := metrics.Instance{Plugin: "filter", Name: h.name(), Engine: f.engine, Chunks: f.counters.Chunks, Stale: f.counters.IsStale}
	if s.route.AlertTag != nil {
		shown.NotTaken = f.counters.CountNotTaken
	}
	if f.state != nil {
		shown.Unsaved = f.state.Failed
	}
	if f.lease, err = metrics.Open(s.MetricsListen, shown); err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

// remember prepares what rules about several events need: their memory, in the file that
// keeps it, and the time from which they learn.
func (f *instance) remember(o *detect.Options, config uintptr) error {
	if !o.Remember() {
		return nil
	}
	plugin.RoomFor(o.StateMemory)
	o.LearnFrom = time.Now()
	if f.route.StatePath == "" {
		return nil
	}
	file, warning, err := statefile.Open(f.route.StatePath, statefile.Owner{Name: f.host.name(), Configuration: config}, o.StateMemory, time.Now())
	if err != nil {
		return fmt.Errorf("property %q: %w", "state_path", err)
	}
	if warning != "" {
		logLine(f.host.ins, C.LOG_WARN, warning)
	}
	f.state, o.Memory = file, file.Memory()
	plugin.MoreProcessors() // the file is written while chunks come
	return nil
}

// end frees what an instance holds outside of Go's memory.
func (f *instance) end() {
	if f.engine != nil {
		f.engine.Close()
	}
	f.state.Close()
	f.lease.Release()
	f.search.Free()
}

// trailwireFilterChunk evaluates a chunk in which the search has its first hit
// at the offset hit (zero if there is no search). It returns FILTER_MODIFIED
// with a buffer from malloc in out, or FILTER_NOTOUCH.
//
//export trailwireFilterChunk
func trailwireFilterChunk(handle C.uintptr_t, ins *C.struct_flb_filter_instance, data unsafe.Pointer, size, hit C.size_t, out *unsafe.Pointer, outSize *C.size_t) (verdict C.int) {
	f := cgo.Handle(handle).Value().(*instance)
	defer f.recovered(ins, &verdict)
	if !f.sees(ins, size, hit) {
		return C.FILTER_NOTOUCH
	}
	in := unsafe.Slice((*byte)(data), int(size))
	start := f.evaluationStarts()
	provoke(in)
	verdict = f.tag(in, int(hit), nil, out, outSize)
	f.evaluationEnds(start)
	f.tellTrouble(ins)
	return verdict
}

// trailwireFilterRaise evaluates a chunk as trailwireFilterChunk does, and puts a
// record for each event with alerts into alerts, by tag. It leaves the chunk alone.
//
//export trailwireFilterRaise
func trailwireFilterRaise(handle C.uintptr_t, ins *C.struct_flb_filter_instance, data unsafe.Pointer, size, hit C.size_t, tag *C.char, tagLen C.int, alerts *C.struct_trailwire_alerts) {
	f := cgo.Handle(handle).Value().(*instance)
	defer f.recovered(ins, nil)
	if !f.sees(ins, size, hit) {
		return
	}
	in := unsafe.Slice((*byte)(data), int(size))
	start := f.evaluationStarts()
	provoke(in)
	b := batches{alerts: alerts, tag: C.GoStringN(tag, tagLen), route: &f.route}
	var verdicts detect.Verdicts
	chunk.Raise(in, f.engine, f.search.Over(in, int(hit)), &verdicts, b.add)
	b.keep(&verdicts)
	f.evaluationEnds(start)
	f.tellTrouble(ins)
}

// trailwireFilterTag puts the alerts of a chunk into its records, after
// trailwireFilterRaise. It does so because the user wants that too, or because the
// input took only the batches before the one at taken, for the reason given. It
// returns what trailwireFilterChunk does.
//
//export trailwireFilterTag
func trailwireFilterTag(handle C.uintptr_t, ins *C.struct_flb_filter_instance, data unsafe.Pointer, size, hit C.size_t, alerts *C.struct_trailwire_alerts, taken C.size_t, reason C.int, out *unsafe.Pointer, outSize *C.size_t) (verdict C.int) {
	f := cgo.Handle(handle).Value().(*instance)
	defer f.recovered(ins, &verdict)
	if reason != C.TAKEN {
		left := uint64(alerts.incomplete)
		for _, b := range unsafe.Slice(alerts.batches, int(alerts.count))[int(taken):] {
			left += uint64(b.count)
		}
		if line, due := f.counters.NotTaken(left, why[reason]); due {
			logLine(ins, C.LOG_WARN, line)
		}
	}
	verdicts := detect.VerdictsOf(unsafe.Slice((*byte)(alerts.verdicts), int(alerts.verdict_count)))
	return f.tag(unsafe.Slice((*byte)(data), int(size)), int(hit), verdicts, out, outSize)
}

// why is what the log says about alerts that did not leave by the input.
var why = map[C.int]string{
	C.NOT_TAKEN:    "the input trailwire did not take them: it is paused, or its storage is full",
	C.OTHER_THREAD: "this filter runs on another thread than the input trailwire, as a processor of a threaded input or of an output with workers does",
	C.NO_INPUT:     "the configuration has no input trailwire",
	C.NO_MEMORY:    "there is no memory, and those that no record has room for are lost",
}

// recovered recovers from a panic: the chunk is left as it is.
func (f *instance) recovered(ins *C.struct_flb_filter_instance, verdict *C.int) {
	r := recover()
	if r == nil {
		return
	}
	f.engine.CountMalformed(1)
	if f.counters.WarningDue() {
		logLine(ins, C.LOG_ERROR, fmt.Sprintf("a chunk was left as it was: %v", r))
	}
	if verdict != nil {
		*verdict = C.FILTER_NOTOUCH
	}
}

// sees counts a chunk and reports whether there is anything in it to look into.
func (f *instance) sees(ins *C.struct_flb_filter_instance, size, hit C.size_t) bool {
	f.counters.CountChunk(int(size))
	if f.counters.LineDue() {
		logLine(ins, C.LOG_INFO, f.line())
	}
	f.tellStale(ins)
	return hit != size
}

// trailwireFilterTick logs the counters, where no chunk has had them logged. Without a
// timer it says that there is none.
//
//export trailwireFilterTick
func trailwireFilterTick(handle C.uintptr_t, hasTimer C.int) {
	defer func() { _ = recover() }()
	f := cgo.Handle(handle).Value().(*instance)
	switch {
	case hasTimer == 0:
		logLine(f.host.ins, C.LOG_WARN, metrics.NoTimerLine)
	case f.counters.TickDue():
		logLine(f.host.ins, C.LOG_INFO, f.line())
	}
}

func (f *instance) tellStale(ins *C.struct_flb_filter_instance) {
	if line, due := f.counters.Stale(); due {
		logLine(ins, C.LOG_ERROR, line)
	}
}

// line returns the counters in one line.
func (f *instance) line() string {
	if f.route.AlertTag == nil {
		return f.counters.Line()
	}
	return fmt.Sprintf("%s not_taken=%d", f.counters.Line(), f.counters.CountNotTaken())
}

func (f *instance) tellTrouble(ins *C.struct_flb_filter_instance) {
	for _, trouble := range []func() (string, bool){f.counters.Trouble, f.counters.NoEvent, f.counters.Evicted, f.counters.Forgotten, f.state.Trouble} {
		if line, due := trouble(); due {
			logLine(ins, C.LOG_WARN, line)
		}
	}
}

// tag writes the chunk that replaces in to out, in memory that the host frees.
// hit is the first hit in it. The chunk is left as it is if nothing changes or
// if there is no memory.
func (f *instance) tag(in []byte, hit int, verdicts *detect.Verdicts, out *unsafe.Pointer, outSize *C.size_t) C.int {
	var buffer hostBuffer
	defer buffer.free()
	room := func() []byte {
		buffer = newHostBuffer(len(in) + len(in)/4 + roomForAlerts)
		return buffer.bytes[:0]
	}
	tagged, changed := chunk.FilterSuspects(room, in, f.engine, f.search.Over(in, hit), verdicts)
	if !changed {
		return C.FILTER_NOTOUCH
	}
	owned, ok := buffer.hand(tagged)
	if !ok {
		if f.counters.WarningDue() {
			logLine(f.host.ins, C.LOG_ERROR, "a chunk was left without its alerts: there is no memory")
		}
		return C.FILTER_NOTOUCH
	}
	*out, *outSize = unsafe.Pointer(unsafe.SliceData(owned)), C.size_t(len(owned))
	return C.FILTER_MODIFIED
}

// roomForAlerts is how many bytes a few alerts may add to a small chunk.
const roomForAlerts = 16 << 10

// evaluationStarts returns the time if evaluations are measured, else the zero
// time.
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

// trailwireFilterExit ends an instance. If statistics were asked for, it logs
// them a last time.
//
//export trailwireFilterExit
func trailwireFilterExit(handle C.uintptr_t) {
	defer func() { _ = recover() }()
	f := cgo.Handle(handle).Value().(*instance)
	cgo.Handle(handle).Delete()
	if f.counters.LinesWanted() {
		logLine(f.host.ins, C.LOG_INFO, f.line())
	}
	f.end()
}

// host reads properties from a Fluent Bit instance.
type host struct {
	ins *C.struct_flb_filter_instance
}

// name is what Fluent Bit calls the instance: its alias, or trailwire.0.
func (h host) name() string { return C.GoString(C.trailwire_name(h.ins)) }

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

// logLine logs a line. C.CString would end the process if there is no memory.
func logLine(ins *C.struct_flb_filter_instance, level C.int, line string) {
	text := newHostBuffer(len(line) + 1)
	defer text.free()
	if text.bytes == nil {
		return
	}
	text.bytes[copy(text.bytes, line)] = 0
	C.trailwire_log(ins, level, (*C.char)(unsafe.Pointer(unsafe.SliceData(text.bytes))))
}
