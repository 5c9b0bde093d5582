/*
 * A search for several needles at once, over bytes that nobody has parsed: the
 * prefilter of package detect, at the speed of memory.
 */
#ifndef TRAILWIRE_SEARCH_H
#define TRAILWIRE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "accounts.h"
#include "calls.h"
#include "walk.h"

struct trailwire_search;

/* A search without needles; NULL if there is no memory. */
struct trailwire_search *trailwire_search_new(void);

/*
 * Adds a needle of at least three ASCII characters. With fold set it is in
 * lower case and matches any case. With whole set it is all of a text, and so
 * has a quotation mark or the end of its MessagePack header before it. Returns
 * 0, or -1 if there is no memory.
 */
int trailwire_search_add(struct trailwire_search *, const char *text, size_t length, int fold,
                         int whole);

/*
 * Adds a needle of at least three ASCII characters that is in the name of a call: all of it, its beginning, or
 * any part. It is looked for after the keys of such names alone: eventName, and action in an ECS document. With fold
 * set it is in lower case and matches any case. Returns 0, or -1 if there is no memory.
 */
int trailwire_search_add_call(struct trailwire_search *, const char *text, size_t length, int fold, enum part);

/*
 * Makes the search ready, after the last needle, for data like the sample. The
 * sample decides how fast the search is, not what it finds. Returns 0, or -1 if
 * there is no memory.
 */
int trailwire_search_ready(struct trailwire_search *, const uint8_t *sample, size_t size);

/*
 * Looks for the texts and numbers of these accounts too from now on, in place of those of any
 * accounts before. The search takes a share of them. Returns 0, or -1 if there is no memory.
 * One thread at a time, while others may search.
 */
int trailwire_search_watch(struct trailwire_search *, struct trailwire_accounts *);

/*
 * Looks for accounts as a processor does that lacks the n fastest ways of this one: for tests.
 * Returns 0, or -1 if there are not so many. Call it before others search.
 */
int trailwire_search_slow(struct trailwire_search *, size_t n);

/*
 * Returns the first hit at or after from, size if there is none. A hit is an
 * offset inside a needle that is there, or the byte before it, or in the key before the name of a
 * call, or the beginning of a JSON escape \u00XX of a character that could be part of one, or an offset inside the
 * digits or at the beginning of the number of an account. Safe for any number of threads.
 */
size_t trailwire_search_next(const struct trailwire_search *, const uint8_t *data, size_t size,
                             size_t from);

/* The next hit at or after an offset, and the event that it is in. */
struct trailwire_found {
    size_t hit;
    struct trailwire_event event; /* as trailwire_walk returns it, if there is a hit */
    int only_calls; /* whether there are no needles in the event but names of calls, and no escapes */
};

/*
 * Returns the next hit in a chunk from the offset of an event on, and the event that it is
 * in. It is the hit known, if that is at from or after it. ends and room are trailwire_walk's. The rest of the
 * event is searched too if others is set. Else only_calls is not.
 */
struct trailwire_found trailwire_search_event(const struct trailwire_search *, const uint8_t *data,
                                              size_t size, size_t from, size_t known,
                                              uint32_t *ends, size_t room, int others);

/*
 * Returns which needles are in data: bit i modulo 64 is set if the needle that was
 * added as number i is there. None may be the name of a call. All bits are set if there is an escape.
 */
uint64_t trailwire_search_which(const struct trailwire_search *, const uint8_t *data, size_t size);

void trailwire_search_free(struct trailwire_search *);

#endif
