/*
 * What the two ways of searching share: needles, and how one is compared.
 */
#ifndef TRAILWIRE_NEEDLE_H
#define TRAILWIRE_NEEDLE_H

#include <stddef.h>
#include <stdint.h>

struct needle {
    char *text;
    size_t length;
    int fold;
    int whole;
};

/* A place in a needle by which the search knows it, in a list of those that
 * look alike. The place may be the byte before a whole needle. */
struct place {
    const struct needle *needle;
    ptrdiff_t offset;
    struct place *next;
};

/* Whether the needle of the place is there, if the place is at i. */
int trailwire_is_there(const struct place *, const uint8_t *data, size_t size, size_t i);

/* Whether a JSON escape of a character that could be part of a needle begins
 * at i. */
int trailwire_is_escape(const uint8_t *data, size_t size, size_t i);

static inline uint8_t in_upper_case(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? c ^ 0x20 : c;
}

/* teddy.c: a few needles, at the speed of memory. */
enum { TEDDY_MOST = 8 };

struct teddy;
struct teddy *trailwire_teddy_new(const struct needle *, size_t count);
size_t trailwire_teddy_next(const struct teddy *, const uint8_t *data, size_t size, size_t from);
void trailwire_teddy_free(struct teddy *);

/* strided.c: any number of needles, but no escapes. */
struct strided;
struct strided *trailwire_strided_new(const struct needle *, size_t count);
size_t trailwire_strided_next(const struct strided *, const uint8_t *data, size_t size, size_t from);
void trailwire_strided_free(struct strided *);

#endif
