/*
 * What the search reads of the accounts that it looks for.
 */
#ifndef TRAILWIRE_IDS_H
#define TRAILWIRE_IDS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "accounts.h"

/*
 * The forms of an id in text: its twelve digits, wherever they are, and a number, which is
 * a whole run of fewer digits, with leading zeros or none. A run has eight digits at least:
 * shorter numbers are in every event, and one id in 100,000 would be one.
 */
enum { DIGITS = 12, SHORTEST = 8 };

/*
 * The ids, as a hash table of open addresses, and the keys of their forms.
 *
 * A key is the first eight digits of a form, as the bytes are in memory. Of a key there are only
 * its two hashes: where both have a count, an id may begin.
 */
struct ids {
    uint64_t seeds[2];
    unsigned slot_bits;
    unsigned key_bits;
    _Atomic uint64_t *slots; /* an id and one, or one of the values below */
    _Atomic uint8_t *counts; /* of the keys that have this hash; the greatest stays */
    const _Atomic unsigned *shortest; /* how many digits the shortest form has */
    size_t size; /* of the memory that it is in */
    struct ids *older;
};

/* A slot that was never used, and one whose id was removed. */
static const uint64_t FREE = 0, GONE = UINT64_MAX;

/* Returns the ids to look for, NULL if there is none. */
const struct ids *trailwire_ids_of(const struct trailwire_accounts *);

int trailwire_ids_have(const struct ids *, uint64_t id);

/* Whether MessagePack's number at an offset is one of the ids. The byte there says that it
 * is an integer of 32 or 64 bits. */
int trailwire_ids_have_number(const struct ids *, const uint8_t *data, size_t size, size_t at);

/* The two counts of a key. Both are in one line of the cache. */
static inline size_t trailwire_count_of(const struct ids *ids, uint64_t key)
{
    return key * ids->seeds[0] >> (64 - ids->key_bits);
}

static inline size_t trailwire_other_count_of(const struct ids *ids, uint64_t key)
{
    return trailwire_count_of(ids, key) ^ (key * ids->seeds[1] >> 58 | 1);
}

static inline int trailwire_ids_may_have_key(const struct ids *ids, uint64_t key)
{
    return atomic_load_explicit(&ids->counts[trailwire_count_of(ids, key)], memory_order_relaxed) > 0 &&
           atomic_load_explicit(&ids->counts[trailwire_other_count_of(ids, key)], memory_order_relaxed) > 0;
}

/* The key of the form that begins here, which has eight digits at least. */
static inline uint64_t trailwire_key(const uint8_t *at)
{
    uint64_t key;

    memcpy(&key, at, sizeof(key));
    return key;
}

/*
 * A way to go through the data. Processors have several: 0 is the fastest of this one, and the
 * last needs no vectors. Returns NULL if there is no number n.
 */
struct finder;
const struct finder *trailwire_finder(size_t n);

/* Returns where to begin to look so that an id is found of which a digit is at from or after it,
 * if from is among digits. Else returns from. */
size_t trailwire_ids_first(const uint8_t *data, size_t size, size_t from);

/*
 * Looks for an id in any form, in the data from an offset up to the end, or less or a little
 * more: it sets the end to where it looked. Returns an offset in the first id that is found
 * there, else the end. The data goes on up to size.
 */
size_t trailwire_ids_next(const struct ids *, const struct finder *, const uint8_t *data, size_t size,
                          size_t from, size_t *end);

#endif
