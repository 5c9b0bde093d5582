/*
 * What the parts of the search share: needles, and how one is compared.
 */
#ifndef TRAILWIRE_NEEDLE_H
#define TRAILWIRE_NEEDLE_H

#include <stddef.h>
#include <stdint.h>

#include "calls.h"

/* How many bytes can be before a whole needle: a quotation mark, its length, and a header of
 * MessagePack that has its length in it; before a key the dot of event.action too. */
enum { BEFORE = 4 };

struct needle {
    char *text;
    size_t length;
    int fold;
    int whole;
    uint8_t before[BEFORE]; /* the same one several times if there are fewer */
    const struct calls *calls; /* of a key: it is there if one of these names is after it. Else NULL */
};

static inline void trailwire_set_before(struct needle *n)
{
    n->before[0] = '"';
    n->before[1] = n->calls != NULL ? '.' : '"';
    n->before[2] = (uint8_t) n->length;
    n->before[3] = n->length < 32 ? 0xa0 | n->length : n->before[2];
}

/* A place in a needle by which the search knows it. It may be the byte before a
 * whole needle. */
struct place {
    const struct needle *needle;
    ptrdiff_t offset;
    uint32_t next; /* another one with the same hash, 0 for none */
};

/* Whether the needle of the place is there, if the place is at i. */
int trailwire_is_there(const struct place *, const uint8_t *data, size_t size, size_t i);

/* Whether a JSON escape of a character that could be part of a needle begins
 * at i. */
int trailwire_is_escape(const uint8_t *data, size_t size, size_t i);

/* Whether a text is at at, where there is room for it. With fold set it is in lower case, and matches any
 * case. */
int trailwire_is_same(const uint8_t *at, const char *text, size_t length, int fold);

static inline uint8_t in_upper_case(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? c ^ 0x20 : c;
}

enum { BUCKETS = 8, TABLES = 5, SETS = 2, LONGEST_BLOCK = 4 };

/*
 * Which halves (four bits each) of the bytes at a place are looked up. For a few
 * needles: the low halves of four bytes, which takes the fewest instructions. For
 * many: the high half of the first byte, both of the second, and the low halves of two
 * more. High halves tell capitals from small letters, and headers from either: a
 * capital after a header is what many needles have in common. SHORT is the same where
 * a needle has three bytes, so that any byte may be the fourth.
 *
 * For very many, or many that may be in any case, WIDE and WIDE_SHORT are the same with two
 * sets of tables, and so with twice as many buckets.
 */
enum form { FEW, MANY, SHORT, WIDE, WIDE_SHORT };

/* Bytes as they come. */
struct sample {
    const uint8_t *data;
    size_t size;
};

/*
 * bucket.c: chooses the offset of each needle's place, with at least a block
 * after it, and fills the tables, which say in which buckets a half is. Returns
 * the share of places that passes in data like the sample, or -1 if there is no
 * memory.
 */
double trailwire_bucket(const struct needle *, size_t count, size_t block, enum form,
                        const struct sample *, ptrdiff_t *offsets,
                        uint8_t tables[SETS][TABLES][16]);

/* teddy.c: the search itself. */
struct teddy;
struct teddy *trailwire_teddy_new(const struct needle *, size_t count, const struct sample *);
/* Which hits are looked for: the name of a call is one that is after its key. */
enum hits { ALL_HITS, ALL_BUT_CALLS };

/* Returns the first hit at or after from, if it is before end. Else it returns end, or a later
 * offset before which there is none. */
size_t trailwire_teddy_next(const struct teddy *, const uint8_t *data, size_t size, size_t from,
                            size_t end, enum hits);

/* Which needles are there, known by a place at i, a bit for each: see trailwire_search_which. */
uint64_t trailwire_teddy_at(const struct teddy *, const struct needle *, const uint8_t *data,
                            size_t size, size_t i);
void trailwire_teddy_free(struct teddy *);

#endif
