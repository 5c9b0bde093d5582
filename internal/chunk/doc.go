// Package chunk walks the event stream that Fluent Bit hands to filters and
// outputs, and writes the stream that takes its place.
//
// A chunk is a sequence of MessagePack values, each an event of two elements:
//
//	[[timestamp, metadata], body]   Fluent Bit 2.1 and later
//	[timestamp, body]               older hosts, and Forward
//
// The timestamp is an extension of type 0 (unsigned seconds and nanoseconds, 32
// bits each, big endian), an integer or a float. An event whose seconds are -1
// or -2 is not an event but a marker around a group of them: 0xffffffff and
// 0xfffffffe in an extension (FLB_LOG_EVENT_GROUP_START and _END in Fluent Bit).
// Markers are never looked into and never changed. Other seconds of 2^31 and
// above are times from the year 2038 on. Fluent Bit 5.1 delivers such records,
// the outputs of 4.2 pass over them.
//
// [Filter] and [Raise] evaluate a chunk with an engine, [Next] reads it event
// by event. Nothing here decodes a body or keeps one: everything is slices of
// the chunk. The functions keep no state, and any goroutine may call them.
package chunk
