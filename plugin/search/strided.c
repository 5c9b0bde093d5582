/*
 * A search for any number of needles.
 *
 * Every needle has at least as many bytes as the shortest, so that of all
 * blocks of a few bytes, a stride apart, one lies inside of each needle that is
 * there, wherever it is. The search knows the blocks at the first offsets of
 * each needle and looks at one position in a stride only: it hashes the block
 * there and compares the needles that have a block with that hash. Positions do
 * not depend on each other, which lets the processor look at several at once.
 */
#include <stdlib.h>
#include <string.h>

#include "needle.h"

enum { HASH_BITS = 14, LONGEST_BLOCK = 4 };

struct strided {
    size_t block;  /* bytes of one: four, or three where a needle has no more */
    size_t stride;
    struct place *by_hash[1 << HASH_BITS];
    uint8_t known[1 << HASH_BITS]; /* the same as a table that fits the cache */
};

/* Knuth's multiplier: the upper bits of a product depend on all of the block. */
static inline uint32_t hash(const uint8_t *at, unsigned shift)
{
    uint32_t x;

    memcpy(&x, at, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return (x << shift) * 0x9e3779b1u >> (32 - HASH_BITS);
}

static unsigned shift_of(const struct strided *s)
{
    return 32 - 8 * s->block;
}

/* Enters one spelling of a block. */
static int enter_spelling(struct strided *s, const struct needle *n, size_t offset,
                          const uint8_t *block)
{
    struct place *p = malloc(sizeof(*p));
    uint32_t h = hash(block, shift_of(s));

    if (p == NULL) {
        return -1;
    }
    *p = (struct place) { .needle = n, .offset = offset, .next = s->by_hash[h] };
    s->by_hash[h] = p;
    s->known[h] = 1;
    return 0;
}

/* Enters a block in each spelling that it can have. */
static int enter(struct strided *s, const struct needle *n, size_t offset)
{
    for (unsigned upper = 0; upper < 1u << s->block; upper++) {
        uint8_t block[LONGEST_BLOCK] = {0};
        int differs = 1;

        for (size_t k = 0; k < s->block; k++) {
            block[k] = n->text[offset + k];
            if (upper >> k & 1) {
                differs = differs && n->fold && in_upper_case(block[k]) != block[k];
                block[k] = in_upper_case(block[k]);
            }
        }
        if (differs && enter_spelling(s, n, offset, block) != 0) {
            return -1;
        }
    }
    return 0;
}

struct strided *trailwire_strided_new(const struct needle *needles, size_t count)
{
    struct strided *s = calloc(1, sizeof(*s));
    size_t shortest = SIZE_MAX;

    if (s == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        shortest = needles[i].length < shortest ? needles[i].length : shortest;
    }
    s->block = shortest < LONGEST_BLOCK ? shortest : LONGEST_BLOCK;
    s->stride = shortest - s->block + 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t offset = 0; offset < s->stride; offset++) {
            if (enter(s, &needles[i], offset) != 0) {
                trailwire_strided_free(s);
                return NULL;
            }
        }
    }
    return s;
}

void trailwire_strided_free(struct strided *s)
{
    for (size_t h = 0; s != NULL && h < sizeof(s->by_hash) / sizeof(s->by_hash[0]); h++) {
        while (s->by_hash[h] != NULL) {
            struct place *p = s->by_hash[h];
            s->by_hash[h] = p->next;
            free(p);
        }
    }
    free(s);
}

static int is_hit(const struct strided *s, const uint8_t *data, size_t size, size_t i, uint32_t h)
{
    for (const struct place *p = s->by_hash[h]; p != NULL; p = p->next) {
        if (trailwire_is_there(p, data, size, i)) {
            return 1;
        }
    }
    return 0;
}

size_t trailwire_strided_next(const struct strided *s, const uint8_t *data, size_t size,
                              size_t from)
{
    const size_t stride = s->stride;
    const unsigned shift = shift_of(s);
    size_t i = from;

    for (; i < size && size - i >= 3 * stride + sizeof(uint32_t); i += 4 * stride) {
        uint32_t h[4];
        for (int k = 0; k < 4; k++) {
            h[k] = hash(data + i + k * stride, shift);
        }
        if (!(s->known[h[0]] | s->known[h[1]] | s->known[h[2]] | s->known[h[3]])) {
            continue;
        }
        for (int k = 0; k < 4; k++) {
            if (s->known[h[k]] && is_hit(s, data, size, i + k * stride, h[k])) {
                return i + k * stride;
            }
        }
    }
    for (; i < size && size - i >= s->block; i += stride) {
        uint8_t block[LONGEST_BLOCK] = {0};
        memcpy(block, data + i, size - i < LONGEST_BLOCK ? size - i : LONGEST_BLOCK);
        uint32_t h = hash(block, shift);
        if (s->known[h] && is_hit(s, data, size, i, h)) {
            return i;
        }
    }
    return size;
}
