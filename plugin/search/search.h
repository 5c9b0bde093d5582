/*
 * A search for several needles at once, over bytes that nobody has parsed: the
 * prefilter of detect/prefilter.go, at the speed of memory.
 */
#ifndef TRAILWIRE_SEARCH_H
#define TRAILWIRE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

struct trailwire_search;

/* A search that finds nothing but escapes yet; NULL without memory. */
struct trailwire_search *trailwire_search_new(void);

/* Adds a needle of at least two ASCII characters, in lower case where fold is
 * set. Returns 0, or -1 without memory. */
int trailwire_search_add(struct trailwire_search *, const char *text, size_t length, int fold);

/*
 * Returns the first hit at or after from, size where there is none. A hit is an
 * offset inside of a needle (the two bytes that stand for it in the search), or
 * the beginning of a JSON escape \u00XX of a character that could be part of
 * one. Safe for any number of threads once no needle is added any more.
 */
size_t trailwire_search_next(const struct trailwire_search *, const uint8_t *data, size_t size,
                             size_t from);

void trailwire_search_free(struct trailwire_search *);

#endif
