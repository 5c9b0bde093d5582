/*
 * A search for needles, and for escapes.
 *
 * Each needle is known by a place: a few bytes of it that are rare in CloudTrail,
 * or the byte before a whole needle and its first bytes. Every position is looked
 * up in small tables by halves of the bytes there, four bits each. A table says
 * which buckets of needles (bucket.c) a half could belong to, a bit for each; if
 * all tables agree on a bit, a needle may be there. A table of sixteen entries is
 * what one shuffle instruction looks up for a whole vector at once (pshufb, tbl):
 * four to ten shuffles decide on 16 to 64 positions, however many needles there
 * are. The method is known as Teddy, from Intel's Hyperscan.
 *
 * A few bytes of what passes are hashed and looked up among the needles. So many
 * needles cost little more than few if they look alike.
 *
 * The loops mark what passes in a group of blocks before anything is looked up. The key of a call's name is in
 * every event, so that something passes in each: to leave the loop for it and to begin it again would take longer.
 *
 * Measured by TestCoverageAllCostsTheSearchAtMostHalfAsMuchAgain over a thousand events of a mixed
 * account, 1.2 MB, with AVX-512 (Intel Sapphire Rapids): 40 ns an event for the 4 needles of the built-in
 * rule, 59 for coverage all, of which 20 are for the name of its call (calls.c).
 *
 * Other choices were measured with earlier loops. With both halves of the first byte, and without the fourth, it takes
 * twice as long: headers of chunks look like those of needles. If places are chosen without a sample of events,
 * a few needles take half as long again. Four vectors at a time take a quarter less instructions than one at a
 * time, in about the same time.
 */
#include <stdlib.h>
#include <string.h>

#include "needle.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { HASH_BITS = 14, VECTORS = 4, WIDEST = 64, BITS = 64 };

/* How many integers of bits a group has at most, and how many blocks the first. */
enum { GROUP = BITS, FIRST_BLOCKS = 4 };

struct teddy;

/* Where something passes in blocks that follow each other. */
struct group {
    uint64_t lanes[GROUP] __attribute__((aligned(64))); /* a bit for each position */
    uint64_t some; /* a bit for each of these integers that is not zero */
};

/*
 * A vector loop, over blocks of four vectors. An integer has as many positions as it has room for, lane bits for
 * each, the lowest of them set if something passes there.
 *
 * The bytes after the last block that its last places need can be read.
 */
struct loop {
    void (*pass)(const struct teddy *, const uint8_t *data, size_t blocks, struct group *);
    unsigned width; /* of a vector, in bytes */
    unsigned lane;
};

struct teddy {
    uint8_t tables[SETS][TABLES][16];
    struct loop loop;
    size_t block; /* bytes that are hashed: four, or three if a needle has no more */
    struct place *places; /* the first is none */
    uint32_t count;
    uint32_t room;
    uint32_t by_hash[1 << HASH_BITS]; /* the first of the places with this hash */
};

/* Knuth's multiplier: the upper bits of a product depend on all of the block. */
static inline uint32_t hash(const uint8_t *at, size_t block)
{
    uint32_t x;

    memcpy(&x, at, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return (x << (32 - 8 * block)) * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* Enters one spelling of a block. */
static int enter_spelling(struct teddy *t, const struct needle *n, ptrdiff_t offset,
                          const uint8_t *spelling)
{
    uint32_t h = hash(spelling, t->block);

    if (t->count >= t->room) {
        uint32_t room = 2 * t->room + 64;
        struct place *places = realloc(t->places, room * sizeof(*places));
        if (places == NULL) {
            return -1;
        }
        t->places = places;
        t->room = room;
    }
    t->places[t->count] = (struct place) { .needle = n, .offset = offset, .next = t->by_hash[h] };
    t->by_hash[h] = t->count++;
    return 0;
}

/* Enters the block of a place in each spelling that it can have, one for each
 * set of letters that are capitals. */
static int enter(struct teddy *t, const struct needle *n, ptrdiff_t offset)
{
    for (unsigned capitals = 0; capitals < 1u << t->block; capitals++) {
        for (int before = 0; before < (offset < 0 ? BEFORE : 1); before++) {
            uint8_t spelling[LONGEST_BLOCK] = { 0 };
            int differs = before == 0 || n->before[before] != n->before[before - 1];
            for (size_t k = 0; k < t->block; k++) {
                ptrdiff_t i = offset + (ptrdiff_t) k;
                spelling[k] = i < 0 ? n->before[before] : (uint8_t) n->text[i];
                if (capitals >> k & 1) {
                    differs = differs && i >= 0 && n->fold && in_upper_case(spelling[k]) != spelling[k];
                    spelling[k] = in_upper_case(spelling[k]);
                }
            }
            if (differs && enter_spelling(t, n, offset, spelling) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

void trailwire_teddy_free(struct teddy *t)
{
    if (t != NULL) {
        free(t->places);
    }
    free(t);
}

/* Whether an escape begins at i, or a needle's place. spelling has the bytes at
 * i, a block at least. */
static int is_hit(const struct teddy *t, const uint8_t *data, size_t size, size_t i,
                  const uint8_t *spelling, enum hits hits)
{
    if (data[i] == '\\' && trailwire_is_escape(data, size, i)) {
        return 1;
    }
    for (uint32_t p = t->by_hash[hash(spelling, t->block)]; p != 0; p = t->places[p].next) {
        const int counts = hits == ALL_HITS || t->places[p].needle->calls == NULL;
        if (counts && trailwire_is_there(&t->places[p], data, size, i)) {
            return 1;
        }
    }
    return 0;
}

uint64_t trailwire_teddy_at(const struct teddy *t, const struct needle *needles, const uint8_t *data,
                            size_t size, size_t i)
{
    uint8_t spelling[LONGEST_BLOCK] = { 0 };
    uint64_t found = 0;

    if (trailwire_is_escape(data, size, i)) {
        return ~(uint64_t) 0;
    }
    memcpy(spelling, data + i, size - i < LONGEST_BLOCK ? size - i : LONGEST_BLOCK);
    for (uint32_t p = t->by_hash[hash(spelling, t->block)]; p != 0; p = t->places[p].next) {
        if (trailwire_is_there(&t->places[p], data, size, i)) {
            found |= (uint64_t) 1 << (t->places[p].needle - needles) % 64;
        }
    }
    return found;
}

/*
 * The vector loops make no call, or the tables would leave the registers. What the compiler must not do is said where
 * it would: to load the second bytes twice takes 37 instead of 34 us for the 1.2 MB of coverage all's test.
 *
 * With AVX-512 the bits of a vector take one instruction, and are taken of each block: the loop decides nothing by
 * the data. Elsewhere they take several, and are taken of the blocks in which something passes.
 *
 * A loop is written once, for any vector V. SHUFFLE looks up sixteen bytes at
 * once in a table, by their lower four bits: LOW and HIGH leave those of a half.
 * x86's shuffle finds nothing for a byte with its top bit set. So ASCII, for a
 * byte that must be a character of a needle, leaves the byte as it is.
 */
#define FEW_PASS(V, p)                                                                        \
    V##_AND(V##_AND(V##_SHUFFLE(t0, V##_LOW(V##_LOAD(p))),                                    \
                    V##_SHUFFLE(t1, V##_ASCII(V##_LOAD((p) + 1)))),                           \
            V##_AND(V##_SHUFFLE(t2, V##_ASCII(V##_LOAD((p) + 2))),                            \
                    V##_SHUFFLE(t3, V##_ASCII(V##_LOAD((p) + 3)))))

#define MANY_PASS(V, p) MANY_IN(V, p, V##_ASCII, t0, t1, t2, t3, t4)
#define SHORT_PASS(V, p) MANY_IN(V, p, V##_LOW, t0, t1, t2, t3, t4)
#define WIDE_PASS(V, p) V##_OR(MANY_PASS(V, p), MANY_IN(V, p, V##_ASCII, u0, u1, u2, u3, u4))
#define WIDE_SHORT_PASS(V, p) V##_OR(SHORT_PASS(V, p), MANY_IN(V, p, V##_LOW, u0, u1, u2, u3, u4))
#define MANY_IN(V, p, LAST, t0, t1, t2, t3, t4)                                               \
    __extension__({                                                                           \
        V##_VECTOR second = V##_LOAD((p) + 1);                                                \
        __asm__("" : "+" V##_REGISTER(second));                                               \
        V##_AND(V##_AND(V##_AND(V##_SHUFFLE(t0, V##_HIGH(V##_LOAD(p))),                       \
                                V##_SHUFFLE(t1, V##_ASCII(second))),                          \
                        V##_AND(V##_SHUFFLE(t2, V##_HIGH(second)),                            \
                                V##_SHUFFLE(t3, V##_ASCII(V##_LOAD((p) + 2))))),              \
                V##_SHUFFLE(t4, LAST(V##_LOAD((p) + 3))));                                    \
    })

#define IN_BLOCK(V, FORM, p)                                                                  \
    a = FORM(V, p), b = FORM(V, (p) + WIDTH);                                                 \
    c = FORM(V, (p) + 2 * WIDTH), d = FORM(V, (p) + 3 * WIDTH);

#define PASS(name, V, FORM, features)                                                         \
    __attribute__((target(features), optimize("no-tree-slp-vectorize")))                      \
    static void name(const struct teddy *t, const uint8_t *p, size_t blocks, struct group *g) \
    {                                                                                         \
        enum { WIDTH = sizeof(V##_VECTOR), BLOCK = VECTORS * WIDTH, EACH = BLOCK * V##_LANE / BITS }; \
        const V##_VECTOR half = V##_BYTE(15);                                                 \
        const uint8_t(*t_)[16] = t->tables[0], (*u_)[16] = t->tables[1];                      \
        const V##_VECTOR t0 = V##_TABLE(t_[0]), t1 = V##_TABLE(t_[1]), t2 = V##_TABLE(t_[2]); \
        const V##_VECTOR t3 = V##_TABLE(t_[3]), t4 = V##_TABLE(t_[4]);                        \
        const V##_VECTOR u0 = V##_TABLE(u_[0]), u1 = V##_TABLE(u_[1]), u2 = V##_TABLE(u_[2]); \
        const V##_VECTOR u3 = V##_TABLE(u_[3]), u4 = V##_TABLE(u_[4]);                        \
        uint64_t *to = g->lanes, some = 0;                                                    \
        V##_VECTOR a, b, c, d;                                                                \
                                                                                              \
        (void) t4, (void) u0, (void) u1, (void) u2, (void) u3, (void) u4; /* not for all forms */ \
        for (size_t i = 0; i < blocks; i++, p += BLOCK, to += EACH) {                         \
            IN_BLOCK(V, FORM, p)                                                              \
            if (!V##_TAKES_ALL && !V##_ANY(V##_OR(V##_OR(a, b), V##_OR(c, d)))) {             \
                continue;                                                                     \
            }                                                                                 \
            V##_TAKE(to)                                                                      \
            for (unsigned k = 0; !V##_TAKES_ALL && k < EACH; k++) {                           \
                some |= (uint64_t) (to[k] != 0) << (i * EACH + k);                            \
            }                                                                                 \
        }                                                                                     \
        if (V##_TAKES_ALL) {                                                                  \
            some = V##_SOME(g->lanes, blocks * EACH);                                         \
        }                                                                                     \
        g->some = some;                                                                       \
    }

#define CHOOSE(form, v)                                                                       \
    ((form) == FEW ? few_##v : (form) == MANY ? many_##v : (form) == SHORT ? short_##v        \
     : (form) == WIDE ? wide_##v : wide_short_##v)

#if defined(__x86_64__)

#define AVX512_VECTOR __m512i
#define AVX512_REGISTER(v) "v"(v)
#define AVX512_BYTE(b) _mm512_set1_epi8(b)
#define AVX512_TABLE(t) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) (t)))
#define AVX512_LOAD(p) _mm512_loadu_si512((const void *) (p))
#define AVX512_LOW(v) _mm512_and_si512(v, half)
#define AVX512_HIGH(v) _mm512_and_si512(_mm512_srli_epi16(v, 4), half)
#define AVX512_ASCII(v) (v)
#define AVX512_SHUFFLE(t, v) _mm512_shuffle_epi8(t, v)
#define AVX512_AND(v, w) _mm512_and_si512(v, w)
#define AVX512_OR(v, w) _mm512_or_si512(v, w)
#define AVX512_ANY(v) _mm512_test_epi8_mask(v, v)
#define AVX512_LANES(v) _mm512_test_epi8_mask(v, v)
#define AVX512_LANE 1
#define AVX512_TAKE(to)                                                                       \
    (to)[0] = AVX512_LANES(a), (to)[1] = AVX512_LANES(b);                                     \
    (to)[2] = AVX512_LANES(c), (to)[3] = AVX512_LANES(d);
#define AVX512_TAKES_ALL 1
#define AVX512_SOME(lanes, count) avx512_some(lanes, count)

/* A bit for each of these integers that is not zero. */
__attribute__((target("avx512f"), always_inline))
static inline uint64_t avx512_some(const uint64_t *lanes, size_t count)
{
    uint64_t some = 0;

    for (size_t i = 0; i < count; i += 8) {
        some |= (uint64_t) _mm512_test_epi64_mask(AVX512_LOAD(lanes + i), AVX512_LOAD(lanes + i)) << i;
    }
    return count < BITS ? some & (((uint64_t) 1 << count) - 1) : some;
}

PASS(few_avx512, AVX512, FEW_PASS, "avx512f,avx512bw")
PASS(many_avx512, AVX512, MANY_PASS, "avx512f,avx512bw")
PASS(short_avx512, AVX512, SHORT_PASS, "avx512f,avx512bw")
PASS(wide_avx512, AVX512, WIDE_PASS, "avx512f,avx512bw")
PASS(wide_short_avx512, AVX512, WIDE_SHORT_PASS, "avx512f,avx512bw")

#define AVX2_VECTOR __m256i
#define AVX2_REGISTER(v) "x"(v)
#define AVX2_BYTE(b) _mm256_set1_epi8(b)
#define AVX2_TABLE(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (t)))
#define AVX2_LOAD(p) _mm256_loadu_si256((const __m256i *) (p))
#define AVX2_LOW(v) _mm256_and_si256(v, half)
#define AVX2_HIGH(v) _mm256_and_si256(_mm256_srli_epi16(v, 4), half)
#define AVX2_ASCII(v) (v)
#define AVX2_SHUFFLE(t, v) _mm256_shuffle_epi8(t, v)
#define AVX2_AND(v, w) _mm256_and_si256(v, w)
#define AVX2_OR(v, w) _mm256_or_si256(v, w)
#define AVX2_ANY(v) (!_mm256_testz_si256(v, v))
#define AVX2_NONE(v) (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256()))
#define AVX2_LANE 1
#define AVX2_TAKE(to)                                                                         \
    (to)[0] = ~(AVX2_NONE(a) | (uint64_t) AVX2_NONE(b) << 32);                                \
    (to)[1] = ~(AVX2_NONE(c) | (uint64_t) AVX2_NONE(d) << 32);
#define AVX2_TAKES_ALL 0
#define AVX2_SOME(lanes, count) 0
PASS(few_avx2, AVX2, FEW_PASS, "avx2")
PASS(many_avx2, AVX2, MANY_PASS, "avx2")
PASS(short_avx2, AVX2, SHORT_PASS, "avx2")
PASS(wide_avx2, AVX2, WIDE_PASS, "avx2")
PASS(wide_short_avx2, AVX2, WIDE_SHORT_PASS, "avx2")

#define SSSE3_VECTOR __m128i
#define SSSE3_REGISTER(v) "x"(v)
#define SSSE3_BYTE(b) _mm_set1_epi8(b)
#define SSSE3_TABLE(t) _mm_loadu_si128((const __m128i *) (t))
#define SSSE3_LOAD(p) _mm_loadu_si128((const __m128i *) (p))
#define SSSE3_LOW(v) _mm_and_si128(v, half)
#define SSSE3_HIGH(v) _mm_and_si128(_mm_srli_epi16(v, 4), half)
#define SSSE3_ASCII(v) (v)
#define SSSE3_SHUFFLE(t, v) _mm_shuffle_epi8(t, v)
#define SSSE3_AND(v, w) _mm_and_si128(v, w)
#define SSSE3_OR(v, w) _mm_or_si128(v, w)
#define SSSE3_LANES(v) (uint16_t) ~_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128()))
#define SSSE3_ANY(v) SSSE3_LANES(v)
#define SSSE3_LANE 1
#define SSSE3_TAKE(to)                                                                        \
    (to)[0] = SSSE3_LANES(a) | (uint32_t) SSSE3_LANES(b) << 16 |                              \
              (uint64_t) (SSSE3_LANES(c) | (uint32_t) SSSE3_LANES(d) << 16) << 32;
#define SSSE3_TAKES_ALL 0
#define SSSE3_SOME(lanes, count) 0
PASS(few_ssse3, SSSE3, FEW_PASS, "ssse3")
PASS(many_ssse3, SSSE3, MANY_PASS, "ssse3")
PASS(short_ssse3, SSSE3, SHORT_PASS, "ssse3")
PASS(wide_ssse3, SSSE3, WIDE_PASS, "ssse3")
PASS(wide_short_ssse3, SSSE3, WIDE_SHORT_PASS, "ssse3")

static struct loop fastest(enum form form)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
        return (struct loop) { CHOOSE(form, avx512), 64, AVX512_LANE };
    }
    if (__builtin_cpu_supports("avx2")) {
        return (struct loop) { CHOOSE(form, avx2), 32, AVX2_LANE };
    }
    if (__builtin_cpu_supports("ssse3")) {
        return (struct loop) { CHOOSE(form, ssse3), 16, SSSE3_LANE };
    }
    return (struct loop) { .pass = NULL };
}

#elif defined(__aarch64__)

#define NEON_VECTOR uint8x16_t
#define NEON_REGISTER(v) "w"(v)
#define NEON_BYTE(b) vdupq_n_u8(b)
#define NEON_TABLE(t) vld1q_u8(t)
#define NEON_LOAD(p) vld1q_u8(p)
#define NEON_LOW(v) vandq_u8(v, half)
#define NEON_HIGH(v) vshrq_n_u8(v, 4)
#define NEON_ASCII(v) vandq_u8(v, half)
#define NEON_SHUFFLE(t, v) vqtbl1q_u8(t, v)
#define NEON_AND(v, w) vandq_u8(v, w)
#define NEON_OR(v, w) vorrq_u8(v, w)
#define NEON_ANY(v) (vmaxvq_u8(v) != 0)
#define NEON_LANES(v) neon_lanes(v)

/* Four bits a lane, one of which is left. */
static inline uint64_t neon_lanes(uint8x16_t v)
{
    uint8x8_t halves = vshrn_n_u16(vreinterpretq_u16_u8(vtstq_u8(v, v)), 4);

    return vget_lane_u64(vreinterpret_u64_u8(halves), 0) & 0x1111111111111111;
}
#define NEON_LANE 4
#define NEON_TAKE(to)                                                                         \
    (to)[0] = NEON_LANES(a), (to)[1] = NEON_LANES(b);                                         \
    (to)[2] = NEON_LANES(c), (to)[3] = NEON_LANES(d);
#define NEON_TAKES_ALL 0
#define NEON_SOME(lanes, count) 0
PASS(few_neon, NEON, FEW_PASS, "+simd")
PASS(many_neon, NEON, MANY_PASS, "+simd")
PASS(short_neon, NEON, SHORT_PASS, "+simd")
PASS(wide_neon, NEON, WIDE_PASS, "+simd")
PASS(wide_short_neon, NEON, WIDE_SHORT_PASS, "+simd")

static struct loop fastest(enum form form)
{
    return (struct loop) { CHOOSE(form, neon), 16, NEON_LANE };
}

#else

static struct loop fastest(enum form form)
{
    (void) form;
    return (struct loop) { .pass = NULL };
}

#endif

/* How many needles count as few, and how much more may pass with a form that takes fewer
 * instructions, in parts of all places. */
enum { MOST_FEW = 4 * BUCKETS };
static const double FEW_SAVES = 0.001, NOT_WIDE_SAVES = 0.015;

/* What becomes of the needles in a form. */
struct choice {
    enum form form;
    double cost; /* negative if there is no memory */
    ptrdiff_t *offsets;
    uint8_t tables[SETS][TABLES][16];
};

/* Tries a form, and leaves the better of it and the choice so far. It takes less than
 * that did by the cost saved, which may be negative. */
static void try_form(struct choice *best, enum form form, double saved, size_t block,
                     const struct needle *needles, size_t count, const struct sample *sample)
{
    struct choice c = { .form = form, .cost = -1, .offsets = calloc(count + 1, sizeof(*c.offsets)) };

    if (c.offsets != NULL) {
        c.cost = trailwire_bucket(needles, count, block, form, sample, c.offsets, c.tables);
    }
    if (best->cost >= 0 && c.cost >= 0 && c.cost >= best->cost + saved) {
        free(c.offsets);
        return;
    }
    free(best->offsets);
    *best = c;
}

/* Returns the form that costs least. Its offsets are to be freed. */
static struct choice choose_form(size_t block, const struct needle *needles, size_t count,
                                 const struct sample *sample)
{
    const int is_short = block < LONGEST_BLOCK;
    struct choice best = { .cost = 1e9 }; /* more than there can be */

    try_form(&best, is_short ? SHORT : MANY, 0, block, needles, count, sample);
    if (best.cost > NOT_WIDE_SAVES) {
        try_form(&best, is_short ? WIDE_SHORT : WIDE, -NOT_WIDE_SAVES, block, needles, count, sample);
    }
    if (best.cost >= 0 && count <= MOST_FEW && !is_short) {
        try_form(&best, FEW, FEW_SAVES, block, needles, count, sample);
    }
    return best;
}

struct teddy *trailwire_teddy_new(const struct needle *needles, size_t count,
                                  const struct sample *sample)
{
    struct teddy *t = calloc(1, sizeof(*t));
    struct choice choice;
    int failed;

    if (t == NULL) {
        return NULL;
    }
    t->count = 1;
    t->block = LONGEST_BLOCK;
    for (size_t i = 0; i < count; i++) {
        size_t longest = needles[i].length + (needles[i].whole ? 1 : 0);
        t->block = longest < t->block ? longest : t->block;
    }
    choice = choose_form(t->block, needles, count, sample);
    failed = choice.cost < 0;
    for (size_t i = 0; i < count && !failed; i++) {
        failed = enter(t, &needles[i], choice.offsets[i]);
    }
    memcpy(t->tables, choice.tables, sizeof(t->tables));
    t->loop = fastest(choice.form);
    free(choice.offsets);
    if (failed) {
        trailwire_teddy_free(t);
        return NULL;
    }
    return t;
}

/* Returns the first hit in a group from i on, or size. bytes has what the group has, and after it what its
 * last places need. */
static size_t hit_in_group(const struct teddy *t, const uint8_t *data, size_t size, size_t i,
                           const uint8_t *bytes, const struct group *g, enum hits hits)
{
    const unsigned lane = t->loop.lane, positions = BITS / lane;

    for (uint64_t some = g->some; some != 0; some &= some - 1) {
        const unsigned k = (unsigned) __builtin_ctzll(some);
        for (uint64_t left = g->lanes[k]; left != 0; left &= left - 1) {
            const size_t hit = k * positions + (unsigned) __builtin_ctzll(left) / lane;
            if (i + hit < size && is_hit(t, data, size, i + hit, bytes + hit, hits)) {
                return i + hit;
            }
        }
    }
    return size;
}

/* Searches the rest from i on, which is too short for a block, in a copy with
 * zeros after it. Position by position it would take ten times as long, and half
 * of the time of a search through a single event. */
static size_t next_in_rest(const struct teddy *t, const uint8_t *data, size_t size, size_t i, enum hits hits)
{
    const size_t block = VECTORS * t->loop.width;
    uint8_t copy[2 * VECTORS * WIDEST + LONGEST_BLOCK] = { 0 };
    struct group group;

    memcpy(copy, data + i, size - i);
    t->loop.pass(t, copy, (size - i + block - 1) / block, &group);
    return hit_in_group(t, data, size, i, copy, &group, hits);
}

size_t trailwire_teddy_next(const struct teddy *t, const uint8_t *data, size_t size, size_t from,
                            size_t end, enum hits hits)
{
    const size_t block = VECTORS * t->loop.width, most = GROUP / (block * t->loop.lane / BITS);
    size_t i = from, blocks = FIRST_BLOCKS;

    while (t->loop.pass != NULL) {
        const size_t whole = size - i < LONGEST_BLOCK ? 0 : (size - i - LONGEST_BLOCK) / block;
        struct group group;
        if (i >= end) {
            return i;
        }
        if (whole == 0) {
            return next_in_rest(t, data, size, i, hits);
        }
        size_t count = (end - i + block - 1) / block; /* those that begin before end */
        count = count < whole ? count : whole;
        count = count < blocks ? count : blocks;
        t->loop.pass(t, data + i, count, &group);
        size_t hit = hit_in_group(t, data, size, i, data + i, &group, hits);
        if (hit < size) {
            return hit;
        }
        i += count * block;
        blocks = 2 * blocks < most ? 2 * blocks : most;
    }
    for (; i < end; i++) {
        uint8_t spelling[LONGEST_BLOCK] = { 0 };
        memcpy(spelling, data + i, size - i < LONGEST_BLOCK ? size - i : LONGEST_BLOCK);
        if (is_hit(t, data, size, i, spelling, hits)) {
            return i;
        }
    }
    return i;
}
