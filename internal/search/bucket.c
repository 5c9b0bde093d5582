/*
 * Which needles share a bucket.
 *
 * A bucket has a set of halves for each table. Its cost is the share of places in ordinary
 * events that pass all tables without a needle there. Each needle begins in a bucket of its
 * own. Then the two buckets that add least to the cost are joined, until there are no more
 * buckets than the tables have bits.
 *
 * At first the cost is reckoned as if the bytes of a place had nothing to do with each other,
 * which is quick. It makes too little of what real events are full of, such as a capital after a
 * header. So when few buckets are left, the cost is what passes in a sample of events.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "needle.h"

/* How often each byte occurs in 1,134 real events as MessagePack: the binary
 * logarithm of four times its occurrences in 10,000 bytes. */
static const uint8_t frequency[256] = {
    10, 6,  6,  5,  4,  4,  5, 3, 2, 2, 4, 1, 1, 0, 2,  2,  2, 2, 4,  2,  3,  0,
    1,  0,  0,  0,  0,  2,  0, 0, 0, 0, 9, 1, 6, 6, 6,  4,  2, 4, 5,  5,  8,  5,
    5,  10, 9,  8,  10, 10, 10, 9, 9, 9, 8, 9, 9, 9, 9,  4,  4, 4, 4,  1,  2,  9,
    6,  8,  8,  8,  6,  6,  7, 9, 5, 7, 7, 7, 7, 7, 8,  5,  7, 8, 8,  6,  7,  6,
    6,  5,  6,  2,  1,  2,  1, 7, 1, 11, 8, 10, 10, 12, 8,  8, 8, 10, 5,  7,  9,
    10, 11, 10, 9,  7,  11, 11, 11, 10, 9, 8, 7, 9, 7,  3,  0, 3, 1,  0,
    /* 0x80 to 0xff: headers of maps, arrays, texts and numbers */
    1,  0,  0,  0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0, 0, 0,  0,  0,  0,
    0,  0,  0,  1,  0,  0,  0, 0, 0, 0, 2, 2, 2, 6, 7,  5,  4, 7, 6,  8,  7,  7,
    8,  6,  5,  6,  6,  6,  6, 5, 7, 5, 4, 3, 5, 4, 3,  4,  3, 2, 2,  2,  5,  0,
    5,  5,  0,  0,  0,  0,  0, 0, 0, 1, 0, 0, 0, 0, 0,  2,  0, 0, 0,  0,  0,  0,
    0,  7,  4,  0,  0,  5,  0, 8, 0, 0, 0, 0, 0, 2, 0,  0,  0, 0, 0,  0,  0,  0,
    0,  0,  0,  0,  1,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0,  0,
};


enum { SUM_OF_FREQUENCIES = 40000 };

/* So many times as many buckets as there are to be in the end are few. */
enum { COARSE = 3, FEW_BUCKETS = COARSE * SETS * BUCKETS };

/* More than any cost. */
enum { MORE = 2 };

struct bucket {
    uint16_t halves[TABLES]; /* a bit for each that passes */
    double cost;
    double passing; /* the cost in the sample */
    size_t nearest; /* of the buckets after it, the one that it costs least to join */
    double growth;  /* the cost of joining that one */
};

/* The occurrences of the bytes with a high half whose low half is one of these: of four low halves at a
 * time, a bit for each. A thousand rules ask a million times for the sum of some. */
static uint16_t occurrences[16][4][16];
static pthread_once_t occurrences_once = PTHREAD_ONCE_INIT;

static void count_occurrences(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned some = 0; some < 16; some++) {
            occurrences[byte >> 4][byte >> 2 & 3][some] += (some >> (byte & 3) & 1) << frequency[byte];
        }
    }
}

/* The part of all bytes whose halves pass. */
static double share(uint16_t low, uint16_t high)
{
    long sum = 0;

    for (unsigned left = high; left != 0; left &= left - 1) {
        uint16_t(*of)[16] = occurrences[__builtin_ctz(left)];
        sum += of[0][low & 15] + of[1][low >> 4 & 15] + of[2][low >> 8 & 15] + of[3][low >> 12];
    }
    return (double) sum / SUM_OF_FREQUENCIES;
}

static double cost_of(const struct bucket *b, enum form form)
{
    if (form != FEW) {
        return share(0xffff, b->halves[0]) * share(b->halves[1], b->halves[2]) *
               share(b->halves[3], 0x00ff) * share(b->halves[4], form == SHORT || form == WIDE_SHORT ? 0xffff : 0x00ff);
    }
    return share(b->halves[0], 0xffff) * share(b->halves[1], 0x00ff) * share(b->halves[2], 0x00ff) *
           share(b->halves[3], 0x00ff);
}

static struct bucket joined(const struct bucket *a, const struct bucket *b, enum form form)
{
    struct bucket j = { .cost = 0 };

    for (int k = 0; k < TABLES; k++) {
        j.halves[k] = a->halves[k] | b->halves[k];
    }
    j.cost = cost_of(&j, form);
    return j;
}

/* Looks whether bucket i costs less to join with bucket k than with any so far. */
static void compare(struct bucket *buckets, size_t i, size_t k, enum form form)
{
    double growth = joined(&buckets[i], &buckets[k], form).cost - buckets[i].cost - buckets[k].cost;

    if (growth < buckets[i].growth) {
        buckets[i].growth = growth;
        buckets[i].nearest = k;
    }
}

static void find_nearest(struct bucket *buckets, size_t count, size_t i, enum form form)
{
    buckets[i].growth = MORE;
    for (size_t k = i + 1; k < count; k++) {
        compare(buckets, i, k, form);
    }
}

/* Joins the two buckets that add least to the cost; returns how many are left. */
static size_t join_nearest(struct bucket *buckets, size_t count, enum form form)
{
    size_t best = 0, last = count - 1;

    for (size_t i = 0; i < last; i++) {
        best = buckets[i].growth < buckets[best].growth ? i : best;
    }
    size_t gone = buckets[best].nearest;
    buckets[best] = joined(&buckets[best], &buckets[gone], form);
    buckets[gone] = buckets[last];
    for (size_t i = 0; i < last; i++) {
        size_t nearest = buckets[i].nearest;
        if (i == best || i == gone || nearest == best || nearest == gone || nearest == last) {
            find_nearest(buckets, last, i, form);
            continue;
        }
        if (best > i) {
            compare(buckets, i, best, form);
        }
        if (gone > i && gone < last) {
            compare(buckets, i, gone, form);
        }
    }
    return last;
}

static void add_byte(struct bucket *b, enum form form, size_t at, uint8_t c)
{
    const uint16_t low = 1 << (c & 15), high = 1 << (c >> 4);

    if (form == FEW) {
        b->halves[at] |= low;
    } else if (at == 0) {
        b->halves[0] |= high;
    } else if (at == 1) {
        b->halves[1] |= low;
        b->halves[2] |= high;
    } else {
        b->halves[at + 1] |= low;
    }
}

/* The bucket of one needle, known by its place at offset. */
static struct bucket bucket_of(const struct needle *n, ptrdiff_t offset, enum form form)
{
    struct bucket b = { .cost = 0 };

    for (size_t k = 0; k < LONGEST_BLOCK && offset + (ptrdiff_t) k < (ptrdiff_t) n->length; k++) {
        ptrdiff_t at = offset + (ptrdiff_t) k;
        for (int which = 0; at < 0 && which < BEFORE; which++) {
            add_byte(&b, form, k, n->before[which]);
        }
        if (at >= 0) {
            add_byte(&b, form, k, n->text[at]);
        }
        if (at >= 0 && n->fold) {
            add_byte(&b, form, k, in_upper_case(n->text[at]));
        }
    }
    if (offset + LONGEST_BLOCK > (ptrdiff_t) n->length) { /* any byte may follow it */
        b.halves[LONGEST_BLOCK] = 0xffff;
    }
    b.cost = cost_of(&b, form);
    return b;
}

/* Whether a place at these bytes passes. */
static int passes(const struct bucket *b, enum form form, const uint8_t *at)
{
    if (form != FEW) {
        return (b->halves[0] >> (at[0] >> 4) & b->halves[1] >> (at[1] & 15) &
                b->halves[2] >> (at[1] >> 4) & b->halves[3] >> (at[2] & 15) &
                b->halves[4] >> (at[3] & 15)) & 1;
    }
    return (b->halves[0] >> (at[0] & 15) & b->halves[1] >> (at[1] & 15) &
            b->halves[2] >> (at[2] & 15) & b->halves[3] >> (at[3] & 15)) & 1;
}

/* The share of a sample that passes, plus that of random bytes; the limit if it is not less. */
static double cost_below(double limit, const struct sample *sample, const struct bucket *b, enum form form)
{
    const double most = (limit - b->cost) * (sample->size + 1);
    size_t passed = 0;

    for (size_t i = 0; i + LONGEST_BLOCK <= sample->size && passed < most; i++) {
        passed += passes(b, form, sample->data + i);
    }
    return passed < most ? b->cost + (double) passed / (sample->size + 1) : limit;
}

/* The places of a sample that pass if all buckets are one: each differs from the others, and
 * comes so many times. */
struct crowd {
    struct { uint8_t bytes[LONGEST_BLOCK]; size_t times; } *places;
    size_t count;
    size_t of; /* all places of the sample */
};

static int compare_bytes(const void *a, const void *b)
{
    return memcmp(a, b, LONGEST_BLOCK);
}

/* Finds the crowd. Its places are to be freed; they are NULL if there is no memory. */
static struct crowd crowd_of(const struct sample *sample, const struct bucket *buckets, size_t count,
                             enum form form)
{
    struct crowd c = { .places = calloc(sample->size + 1, sizeof(*c.places)), .of = sample->size + 1 };
    struct bucket all = { .cost = 0 };
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        all = joined(&all, &buckets[i], form);
    }
    for (size_t i = 0; c.places != NULL && i + LONGEST_BLOCK <= sample->size; i++) {
        if (passes(&all, form, sample->data + i)) {
            memcpy(c.places[found++].bytes, sample->data + i, LONGEST_BLOCK);
        }
    }
    if (c.places != NULL) {
        qsort(c.places, found, sizeof(*c.places), compare_bytes);
    }
    for (size_t i = 0; i < found; i++) {
        if (c.count == 0 || compare_bytes(&c.places[c.count - 1], &c.places[i]) != 0) {
            c.places[c.count] = c.places[i];
            c.places[c.count++].times = 0;
        }
        c.places[c.count - 1].times++;
    }
    return c;
}

/* The cost in the sample of a bucket whose places are in the crowd. */
static double cost_among(const struct crowd *c, const struct bucket *b, enum form form)
{
    size_t passed = 0;

    for (size_t i = 0; i < c->count; i++) {
        passed += passes(b, form, c->places[i].bytes) ? c->places[i].times : 0;
    }
    return b->cost + (double) passed / c->of;
}

/* How much more passes, for each two buckets, if they are joined. */
struct growths {
    double of[FEW_BUCKETS][FEW_BUCKETS];
};

/* Finds out what it costs to join a bucket with each of the others. */
static void join_with_each(struct growths *g, const struct bucket *buckets, size_t count, size_t i,
                           const struct crowd *c, enum form form)
{
    for (size_t k = 0; k < count; k++) {
        struct bucket j = joined(&buckets[i], &buckets[k], form);
        g->of[i][k] = g->of[k][i] = cost_among(c, &j, form) - buckets[i].passing - buckets[k].passing;
    }
}

/* Moves the last of the buckets to where one is gone. */
static void move_last(struct growths *g, struct bucket *buckets, size_t last, size_t to)
{
    buckets[to] = buckets[last];
    for (size_t k = 0; k < last; k++) {
        g->of[to][k] = g->of[k][to] = g->of[last][k];
    }
}

/* Joins the two buckets that let least more pass, until most are left. Returns -1 if there is no
 * memory. */
static int join_in_sample(struct bucket *buckets, size_t *count, size_t most,
                          const struct sample *sample, enum form form)
{
    struct crowd c = crowd_of(sample, buckets, *count, form);
    struct growths *g = malloc(sizeof(*g)); /* too large for the stack of a coroutine */

    if (c.places == NULL || g == NULL) {
        free(c.places);
        free(g);
        return -1;
    }
    for (size_t i = 0; i < *count; i++) {
        buckets[i].passing = cost_among(&c, &buckets[i], form);
        join_with_each(g, buckets, i, i, &c, form);
    }
    while (*count > most) {
        size_t left = 0, right = 1;
        for (size_t i = 0; i < *count; i++) {
            for (size_t k = i + 1; k < *count; k++) {
                if (g->of[i][k] < g->of[left][right]) {
                    left = i, right = k;
                }
            }
        }
        buckets[left] = joined(&buckets[left], &buckets[right], form);
        buckets[left].passing = cost_among(&c, &buckets[left], form);
        move_last(g, buckets, --*count, right);
        join_with_each(g, buckets, *count, left, &c, form);
    }
    free(c.places);
    free(g);
    return 0;
}

/*
 * The offset of the rarest place in a needle, with a block after it. Among many
 * needles, a whole one that is not a key is always known by the byte before it and its first
 * bytes. When buckets are shared it is best to look like the others, and a
 * header before a capital is rare enough. With the needles of a hundred rules
 * half as much passes as with each one's rarest place.
 */
static ptrdiff_t rarest_place(const struct needle *n, size_t block, enum form form,
                              const struct sample *sample)
{
    ptrdiff_t first = n->whole ? -1 : 0;
    ptrdiff_t last = n->whole && n->calls == NULL && form != FEW ? -1 : (ptrdiff_t) (n->length - block);
    ptrdiff_t best = first;
    double least = MORE;

    for (ptrdiff_t i = first; first < last && i <= last; i++) {
        struct bucket b = bucket_of(n, i, form);
        double cost = cost_below(least, sample, &b, form);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    return best;
}

/* Adds b, unless it is there. */
static size_t add_bucket(struct bucket *buckets, size_t count, struct bucket b)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(buckets[i].halves, b.halves, sizeof(b.halves)) == 0) {
            return count;
        }
    }
    buckets[count] = b;
    return count + 1;
}

double trailwire_bucket(const struct needle *needles, size_t count, size_t block, enum form form,
                        const struct sample *sample, ptrdiff_t *offsets,
                        uint8_t tables[SETS][TABLES][16])
{
    const struct needle escape = { .text = (char[]) { '\\', 'u', '0', '0' }, .length = 4 };
    struct bucket *buckets = calloc(count + 1, sizeof(*buckets));
    const size_t most = form == WIDE || form == WIDE_SHORT ? SETS * BUCKETS : BUCKETS;
    size_t used = 1;
    double cost = 0;

    if (buckets == NULL) {
        return -1;
    }
    pthread_once(&occurrences_once, count_occurrences);
    buckets[0] = bucket_of(&escape, 0, form);
    for (size_t i = 0; i < count; i++) {
        offsets[i] = rarest_place(&needles[i], block, form, sample);
        used = add_bucket(buckets, used, bucket_of(&needles[i], offsets[i], form));
    }
    for (size_t i = 0; i < used; i++) {
        find_nearest(buckets, used, i, form);
    }
    while (used > COARSE * most) {
        used = join_nearest(buckets, used, form);
    }
    if (used > most && join_in_sample(buckets, &used, most, sample, form) != 0) {
        free(buckets);
        return -1;
    }
    memset(tables, 0, SETS * sizeof(tables[0]));
    for (size_t i = 0; i < used; i++) {
        cost += cost_below(MORE, sample, &buckets[i], form);
        for (unsigned bit = 0; bit < TABLES * 16; bit++) {
            tables[i / BUCKETS][bit / 16][bit % 16] |= (buckets[i].halves[bit / 16] >> bit % 16 & 1)
                                                       << i % BUCKETS;
        }
    }
    free(buckets);
    return cost;
}
