/*
 * The walk over the events of a chunk up to the one in which something was found.
 */
#ifndef TRAILWIRE_WALK_H
#define TRAILWIRE_WALK_H

#include <stddef.h>
#include <stdint.h>

/* An event in a chunk: where it is, and if its end is not zero, where its body begins and where it ends. */
struct trailwire_event {
    size_t at, body, end;
};

/*
 * Steps over whole events, from the offset of one, as long as they end at or before
 * hit. Returns the first that does not: the one that hit is in, or without an end, a value
 * that is not an event as Fluent Bit 2.1 and later write it, which the caller then reads.
 * What is stepped over, and an event with an end, is well-formed MessagePack.
 */
struct trailwire_event trailwire_walk(const uint8_t *data, size_t size, size_t from, size_t hit);

#endif
