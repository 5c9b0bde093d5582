// Package chunk walks the event stream that Fluent Bit hands to filters and
// outputs, and writes the stream that takes its place.
//
// A chunk is a sequence of MessagePack values, each an event of two elements:
//
//	[[timestamp, metadata], body]   Fluent Bit 2.1 and later
//	[timestamp, body]               older hosts, and Forward
//
// The timestamp is an extension of type 0 (seconds and nanoseconds, 32 bits
// each, big endian), an integer or a float. A timestamp whose seconds are
// negative as a 32 bit integer is no event but a marker around a group of
// them (FLB_LOG_EVENT_GROUP_START and _END in Fluent Bit 5.1); markers are
// never looked into and never changed.
//
// Nothing here decodes a body or keeps one: everything is slices of the chunk.
package chunk
