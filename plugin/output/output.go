package output

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"slices"
	"strings"
	"time"
	"unsafe"

	proxy "github.com/fluent/fluent-bit-go/output"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/deliver"
	"github.com/trailwire/trailwire/internal/metrics"
	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/search"

	plugin "github.com/trailwire/trailwire/plugin/host" // also what shim.c calls
)

// instance is one output of the configuration. Fluent Bit knows it by its
// handle. It is called from several threads at once.
type instance struct {
	engine   *detect.Engine
	outlet   *deliver.Outlet
	search   *search.Search // nil if every chunk is suspect
	counters *metrics.Counters
	lease    *metrics.Lease // nil if no metrics are served

	warnings     []string // of the settings
	destinations string   // for the start line
}

// trailwireOutputRegister tells the host the plugin's name and description.
//
//export trailwireOutputRegister
func trailwireOutputRegister(definition *C.struct_proxy_definition) (code C.int) {
	defer func() {
		if recover() != nil {
			code = -1
		}
	}()
	code = C.int(proxy.FLBPluginRegister(unsafe.Pointer(definition), "trailwire", "Send the alerts in AWS CloudTrail records to a Fluent Bit or a file"))
	C.trailwire_output_describe(definition)
	return code
}

// trailwireOutputUnregister frees what was registered.
//
//export trailwireOutputUnregister
func trailwireOutputUnregister(definition *C.struct_proxy_definition) {
	defer func() { _ = recover() }()
	proxy.FLBPluginUnregister(unsafe.Pointer(definition))
}

// trailwireOutputInit makes an instance from the properties of from. If one of
// them is wrong, it adds one line and returns zero. It sets found to the search
// that decides which chunks trailwireOutputFlush has to see, or leaves it NULL
// if it has to see all. It sets seesAll if all are to be counted, and timer to the
// milliseconds from one call of trailwireOutputTick to the next, 0 for none.
//
//export trailwireOutputInit
func trailwireOutputInit(from *C.struct_proxy_instance, lines *C.struct_lines, found *unsafe.Pointer, seesAll, timer *C.int) (handle C.uintptr_t) {
	defer func() {
		if r := recover(); r != nil {
			addLine(lines, C.LOG_ERROR, fmt.Sprintf("cannot start: %v", r))
			handle = 0
		}
	}()
	defer plugin.Loading()()
	name := C.GoString(C.trailwire_output_name(from.ins))
	o, stale, err := property.Start(&kept, name,
		func() (s settings, err error) {
			s.Settings, s.options, err = property.ReadOutput(host{from})
			return s, err
		},
		func(s settings) (*instance, error) { return newInstance(s, name) })
	if err != nil {
		addLine(lines, C.LOG_ERROR, err.Error())
		return 0
	}
	*found = o.search.C()
	if o.counters.LinesWanted() || o.lease != nil || stale != nil {
		*seesAll = 1
	}
	*timer = C.int(o.counters.TimerMilliseconds())
	for _, w := range o.warnings {
		addLine(lines, C.LOG_WARN, w)
	}
	if stale != nil {
		o.counters.SettingsAreStale(stale)
		o.tellStale(lines)
	}
	addLine(lines, C.LOG_INFO, metrics.StartLine(o.engine)+o.destinations)
	if line := metrics.LearningLine(o.engine, time.Now()); line != "" {
		addLine(lines, C.LOG_INFO, line)
	}
	plugin.MoreProcessors() // alerts are delivered while chunks come
	return C.uintptr_t(cgo.NewHandle(o))
}

// settings are what an instance is made of.
type settings struct {
	property.Settings
	options property.Output
}

// kept are the settings that stay in use if a reload brings wrong ones.
var kept property.Kept[settings]

func newInstance(s settings, name string) (o *instance, err error) {
	settings, options := s.Settings, s.options
	o = &instance{warnings: settings.Warnings, destinations: destinations(options)}
	settings.Options.Collector = plugin.Name()
	if settings.Options.Remember() {
		plugin.RoomFor(settings.Options.StateMemory)
		settings.Options.LearnFrom = time.Now()
		o.warnings = append(slices.Clone(o.warnings), forgetful)
	}
	if o.search, err = search.For(&settings.Options); err != nil {
		return nil, err
	}
	if o.engine, err = detect.New(settings.Options); err != nil {
		o.search.Free()
		return nil, err
	}
	o.counters = metrics.NewCounters(o.engine, settings.StatsInterval)
	if o.lease, err = metrics.Open(settings.MetricsListen, metrics.Instance{
		Plugin: "output", Name: name, Engine: o.engine, Chunks: o.counters.Chunks, Stale: o.counters.IsStale,
	}); err != nil {
		o.search.Free()
		return nil, err
	}
	o.outlet = deliver.NewOutlet(o.engine, deliver.Options{
		Addresses:      options.Addresses,
		AlertKey:       settings.Options.AlertKey,
		OnlyFields:     options.OnlyFields,
		TLS:            options.TLS,
		SharedKey:      options.SharedKey,
		ConnectTimeout: options.ConnectTimeout,
		SendTimeout:    options.SendTimeout,
		Evaluated:      o.lease.Observe,
	})
	return o, nil
}

// forgetful is what an output cannot promise. Whether it delivers a chunk is known after
// the events in it have been counted, and Fluent Bit hands in a chunk again after a restart.
const forgetful = "rules about several events (thresholds, new terms, sequences) and followed grants remember nothing through a restart of an output, " +
	"and an alert of theirs that waits to be delivered then is lost: evaluate them in the filter, with alert_tag and state_path"

func destinations(options property.Output) string {
	var names []string
	for _, a := range options.Addresses {
		names = append(names, a.String())
	}
	return "; alerts go to " + strings.Join(names, ", ")
}

// trailwireOutputFlush evaluates a chunk in which the search has its first hit
// at the offset hit (zero if there is no search), and delivers its alerts.
// If holdsUp is set, all of Fluent Bit waits for it.
//
//export trailwireOutputFlush
func trailwireOutputFlush(handle C.uintptr_t, lines *C.struct_lines, data unsafe.Pointer, size, hit C.size_t, tag *C.char, holdsUp C.int) (code C.int) {
	o := cgo.Handle(handle).Value().(*instance)
	defer func() {
		if r := recover(); r != nil {
			// It would panic again: no retry.
			o.engine.CountMalformed(1)
			if o.counters.WarningDue() {
				addLine(lines, C.LOG_ERROR, fmt.Sprintf("a chunk was given up: %v", r))
			}
			code = C.FLUSH_ERROR
		}
	}()
	o.counters.CountChunk(int(size))
	if o.counters.LineDue() {
		addLine(lines, C.LOG_INFO, o.line())
	}
	o.tellStale(lines)
	if hit == size {
		return C.FLUSH_OK
	}
	chunk := unsafe.Slice((*byte)(data), int(size))
	var hold time.Duration
	if holdsUp != 0 {
		hold = longestHold
	}
	result := o.outlet.Chunk(context.Background(), chunk, C.GoString(tag), o.search.Over(chunk, int(hit)), hold)
	for _, w := range result.Warnings {
		addLine(lines, C.LOG_WARN, w)
	}
	for _, trouble := range []func() (string, bool){o.counters.Trouble, o.counters.NoEvent, o.counters.Evicted, o.counters.Forgotten} {
		if line, due := trouble(); due {
			addLine(lines, C.LOG_WARN, line)
		}
	}
	for _, n := range result.Notes {
		addLine(lines, C.LOG_INFO, n)
	}
	if result.Retry {
		return C.FLUSH_RETRY
	}
	return C.FLUSH_OK
}

// longestHold is how long a delivery may hold up all of Fluent Bit. One that
// takes longer goes on in the background, and Fluent Bit hands the chunk in
// again.
const longestHold = 100 * time.Millisecond

func (o *instance) tellStale(lines *C.struct_lines) {
	if line, due := o.counters.Stale(); due {
		addLine(lines, C.LOG_ERROR, line)
	}
}

// line returns the counters in one line.
func (o *instance) line() string {
	delivered, retries := o.outlet.Counts()
	return fmt.Sprintf("%s delivered=%d retries=%d", o.counters.Line(), delivered, retries)
}

// trailwireOutputTick adds the line with the counters, where no chunk has had it added.
// Without a timer it says that there is none.
//
//export trailwireOutputTick
func trailwireOutputTick(handle C.uintptr_t, lines *C.struct_lines, hasTimer C.int) {
	defer func() { _ = recover() }()
	o := cgo.Handle(handle).Value().(*instance)
	switch {
	case hasTimer == 0:
		addLine(lines, C.LOG_WARN, metrics.NoTimerLine)
	case o.counters.TickDue():
		addLine(lines, C.LOG_INFO, o.line())
	}
}

// trailwireOutputExit ends an instance. If statistics were asked for, it logs
// them a last time.
//
//export trailwireOutputExit
func trailwireOutputExit(handle C.uintptr_t, lines *C.struct_lines) {
	defer func() { _ = recover() }()
	o := cgo.Handle(handle).Value().(*instance)
	cgo.Handle(handle).Delete()
	if o.counters.LinesWanted() {
		addLine(lines, C.LOG_INFO, o.line())
	}
	o.lease.Release()
	o.outlet.Close()
	o.search.Free()
}

// host reads properties from a Fluent Bit instance.
type host struct {
	instance *C.struct_proxy_instance
}

// Property implements [property.Source].
func (h host) Property(name string) (value string, set bool) {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	v := C.trailwire_output_property(h.instance, key)
	if v == nil {
		return "", false
	}
	return C.GoString(v), true
}

func addLine(lines *C.struct_lines, level C.int, line string) {
	text := C.CString(line)
	defer C.free(unsafe.Pointer(text))
	C.trailwire_output_line(lines, level, text)
}
