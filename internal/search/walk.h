/*
 * The walk over the events of a chunk up to the one in which something was found.
 */
#ifndef TRAILWIRE_WALK_H
#define TRAILWIRE_WALK_H

#include <stddef.h>
#include <stdint.h>

/*
 * A list under one of the keys of a body, or the body itself: where it begins, and how many values are in
 * it: elements, or keys and values. The count is zero if there is none, or none with its ends noted. The
 * longest list wants so much room for its ends, and so does the body.
 */
struct trailwire_list {
    size_t at, count, wanted;
};

/*
 * An event in a chunk: where it is, and if its end is not zero, where its body begins and where it
 * ends, and a list in the body.
 */
struct trailwire_event {
    size_t at, body, end;
    struct trailwire_list list;
};

/*
 * Steps over whole events, from the offset of one, as long as they end at or before
 * hit. Returns the first that does not: the one that hit is in, or without an end, a value
 * that is not an event as Fluent Bit 4.2 or 5.1 writes it, which the caller then reads.
 * What is stepped over, and an event with an end, is well-formed MessagePack.
 *
 * If the body of the event has few keys, as an S3 file has, and there are lists under some, the walk
 * writes into ends where the elements of the longest end, counted from the first byte of the list. If it
 * has from 9 to 64 keys, as an event has, the walk writes where each of its keys and values ends, counted
 * from the first byte of the body. room is how many ends there is room for: nothing with more is noted.
 */
struct trailwire_event trailwire_walk(const uint8_t *data, size_t size, size_t from, size_t hit,
                                      uint32_t *ends, size_t room);

#endif
