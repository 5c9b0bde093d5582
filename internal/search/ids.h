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
 * A key is eight digits of a form, as the bytes are in memory. The search looks at words
 * of four bytes. Wherever a form of eleven digits or more is, two words that follow each
 * other are in it, so it has four keys, for the four places where it can begin in a word.
 * Shorter ones have keys for a word alone too. Of a key there are only its two hashes:
 * where both have a count, an id may be.
 */
struct ids {
    uint64_t seeds[2];
    unsigned slot_bits;
    unsigned key_bits;
    _Atomic uint64_t *slots; /* an id and one, or one of the values below */
    _Atomic uint8_t *counts; /* of the keys that have this hash; the greatest stays */
    const _Atomic size_t *alone; /* how many ids may be a word alone in a form */
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

/* The key of two words, and that of a word alone: it, and the digit on each side. */
static inline uint64_t trailwire_key(const uint8_t *at)
{
    uint64_t key;

    memcpy(&key, at, sizeof(key));
    return key;
}

static inline uint64_t trailwire_short_key(const uint8_t *at)
{
    uint32_t first;
    uint16_t last;

    memcpy(&first, at, sizeof(first));
    memcpy(&last, at + sizeof(first), sizeof(last));
    return (uint64_t) last << 32 | first;
}

/*
 * A way to go through the data. Processors have several: 0 is the fastest of this one, and the
 * last needs no vectors. Returns NULL if there is no number n.
 */
struct finder;
const struct finder *trailwire_finder(size_t n);

/*
 * Looks for an id in any form, in the data from an offset up to the end, or less or a little
 * more: it sets the end to where it looked. Returns an offset in the first id that is found
 * there, else the end. The data goes on up to size.
 */
size_t trailwire_ids_next(const struct ids *, const struct finder *, const uint8_t *data, size_t size,
                          size_t from, size_t *end);

#endif
