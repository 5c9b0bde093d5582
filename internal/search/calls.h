/*
 * Needles that are names of calls. An event has such a name after one of a few keys. So the search
 * looks for the keys, and looks up what follows them: a hundred names cost what one costs.
 *
 * See call.go in detect/needle: the two must agree.
 */
#ifndef TRAILWIRE_CALLS_H
#define TRAILWIRE_CALLS_H

#include <stddef.h>
#include <stdint.h>

struct calls;

/* No names; NULL if there is no memory. */
struct calls *trailwire_calls_new(void);

/*
 * Adds a text of at least three ASCII characters: a name, or what a name begins with, or a part of one. With
 * fold set it is in lower case and matches any case. Returns 0, or -1 if there is no memory.
 */
enum part { WHOLE, BEGIN, ANYWHERE };
int trailwire_calls_add(struct calls *, const char *text, size_t length, int fold, enum part);

/* Makes the names ready, after the last one. Returns 0, or -1 if there is no memory. */
int trailwire_calls_ready(struct calls *);

/* The keys before names; NULL after the last. */
extern const char *const trailwire_call_keys[];

/*
 * Whether one of the names is after the key from start to end, or a name with one of the parts. Where the key
 * has a value that is not read here, there may be one, and that counts too. The byte before the key is one of
 * those that can be there.
 */
int trailwire_calls_after(const struct calls *, const uint8_t *data, size_t size, size_t start, size_t end);

void trailwire_calls_free(struct calls *);

#endif
