/*
 * The walk over the events of a chunk up to one in which something was found.
 */
#ifndef TRAILWIRE_WALK_H
#define TRAILWIRE_WALK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Steps over whole events, from the offset of one, as long as they end at or before
 * hit, which must not be after the end of the data. Returns the offset of the first
 * that does not: the one that hit is in, or a value before it that is not an event
 * as Fluent Bit 2.1 and later write it, which the caller then reads. What is stepped
 * over is well-formed MessagePack.
 */
size_t trailwire_walk(const uint8_t *data, size_t from, size_t hit);

#endif
