package filter

/*
#include "shim.h"
*/
import "C"

import (
	"math/bits"
	"unsafe"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/property"
)

// fullBatch is how many bytes of records a batch gets before another one is begun.
// Fluent Bit closes a chunk at 2 MB (FLB_INPUT_CHUNK_FS_MAX_SIZE in 5.1), and hands
// it to outputs whole.
const fullBatch = 1 << 20

// batches collects the alert records of a chunk in memory that the host can
// free. Each batch holds the records of one tag.
type batches struct {
	alerts *C.struct_trailwire_alerts
	tag    string // of the chunk
	route  *property.Filter
	open   map[string]int // by tag: the batch that is not full
}

// add appends an output's record to the batch of its tag. header goes before
// the record's body.
func (b *batches) add(header []byte, o *detect.Output) {
	if batch := b.batchFor(b.tagOf(o.Alerts)); batch == nil || !appendTo(batch, header, o.Body) {
		b.alerts.incomplete++
	}
}

// appendTo appends a record to a batch. It returns false if there is no memory.
func appendTo(batch *C.struct_trailwire_batch, header, body []byte) bool {
	before := int(batch.size)
	after := before + len(header) + len(body)
	if batch.records == nil || capacity(before) < capacity(after) {
		p := C.trailwire_realloc(batch.records, C.size_t(capacity(after)))
		if p == nil {
			return false
		}
		batch.records = p
	}
	room := unsafe.Slice((*byte)(batch.records), after)[before:]
	copy(room[copy(room, header):], body)
	batch.size = C.size_t(after)
	batch.count++
	return true
}

// capacity is how much memory a batch of this size has: a power of two, so that
// records are moved seldom when it grows.
func capacity(size int) int { return max(4<<10, 1<<bits.Len(uint(size))) }

// tagOf returns the tag for an event's alerts: that of the most severe one that
// is not suppressed, so that a suppressed alert does not hide another.
func (b *batches) tagOf(alerts []alert.Alert) string {
	template, a := b.route.SuppressedTag, &alerts[0]
	for i := range alerts {
		if alerts[i].Suppressed == alert.NotSuppressed {
			template, a = b.route.AlertTag, &alerts[i]
			break
		}
	}
	return template.Tag(a.Rule.Severity, a.Rule.ID, b.tag)
}

// batchFor returns the batch with this tag that is not full, or a new one. It
// returns nil if there is no memory.
func (b *batches) batchFor(tag string) *C.struct_trailwire_batch {
	if i, ok := b.open[tag]; ok {
		if batch := &unsafe.Slice(b.alerts.batches, int(b.alerts.count))[i]; batch.size < fullBatch {
			return batch
		}
	}
	if b.alerts.count == b.alerts.room {
		room := 2*b.alerts.room + 4
		p := C.trailwire_realloc(unsafe.Pointer(b.alerts.batches), room*C.sizeof_struct_trailwire_batch)
		if p == nil {
			return nil
		}
		b.alerts.batches, b.alerts.room = (*C.struct_trailwire_batch)(p), room
	}
	text := newHostBuffer(len(tag) + 1)
	if text.bytes == nil {
		return nil
	}
	text.bytes[copy(text.bytes, tag)] = 0
	if b.open == nil {
		b.open = make(map[string]int)
	}
	b.open[tag] = int(b.alerts.count)
	b.alerts.count++
	batch := &unsafe.Slice(b.alerts.batches, int(b.alerts.count))[b.open[tag]]
	*batch = C.struct_trailwire_batch{tag: (*C.char)(unsafe.Pointer(unsafe.SliceData(text.bytes))), tag_len: C.size_t(len(tag))}
	return batch
}

// keep stores how the alerts were judged.
func (b *batches) keep(verdicts *detect.Verdicts) {
	if b.alerts.count == 0 {
		return
	}
	given := verdicts.AppendBytes(nil)
	kept := newHostBuffer(len(given))
	if kept.bytes == nil {
		b.alerts.incomplete++
		return
	}
	copy(kept.bytes, given)
	b.alerts.verdicts, b.alerts.verdict_count = (*C.uchar)(unsafe.SliceData(kept.bytes)), C.size_t(len(given))
}
