/*
 * A search for a few needles, and for escapes.
 *
 * Of each needle, the two neighbouring bytes that are rarest in CloudTrail stand
 * for it; of a whole one, its first and the byte before. A block of bytes is
 * looked up in four small tables, by the low and the high half of each byte and
 * of its right neighbour; each table says which needles a half could belong to,
 * a bit for each. Where all four agree on a bit, the needle itself is compared.
 * A table of sixteen entries is what one shuffle instruction looks up for a
 * whole vector at once (pshufb, tbl): four shuffles decide on 16 to 64
 * positions, however many needles there are.
 *
 * The method is known as Teddy, from Intel's Hyperscan.
 */
#include <stdlib.h>

#include "needle.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Which needles a byte could belong to, by its halves. */
struct halves {
    uint8_t low[16];
    uint8_t high[16];
};

struct teddy {
    struct halves first;
    struct halves second;
    struct place places[TEDDY_MOST]; /* a bit each; the first shares its with escapes */
    size_t count;
};

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

static void mark(struct halves *halves, uint8_t c, int fold, size_t bit)
{
    halves->low[c & 15] |= 1 << bit;
    halves->high[c >> 4] |= 1 << bit;
    if (fold) {
        halves->high[in_upper_case(c) >> 4] |= 1 << bit;
    }
}

static size_t rarest_pair(const struct needle *n)
{
    size_t best = 0;
    int least = 2 * UINT8_MAX;

    for (size_t i = 0; i + 1 < n->length; i++) {
        int f = frequency[(uint8_t) n->text[i]] + frequency[(uint8_t) n->text[i + 1]];
        if (f < least) {
            least = f;
            best = i;
        }
    }
    return best;
}

struct teddy *trailwire_teddy_new(const struct needle *needles, size_t count)
{
    struct teddy *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    mark(&t->first, '\\', 0, 0);
    mark(&t->second, 'u', 0, 0);
    for (t->count = 0; t->count < count; t->count++) {
        const struct needle *n = &needles[t->count];
        struct place *p = &t->places[t->count];

        p->needle = n;
        if (n->whole) {
            p->offset = -1;
            mark(&t->first, '"', 0, t->count);
            mark(&t->first, n->length, 0, t->count);
            if (n->length < 32) {
                mark(&t->first, 0xa0 | n->length, 0, t->count);
            }
        } else {
            p->offset = rarest_pair(n);
            mark(&t->first, n->text[p->offset], n->fold, t->count);
        }
        mark(&t->second, n->text[p->offset + 1], n->fold, t->count);
    }
    return t;
}

void trailwire_teddy_free(struct teddy *t)
{
    free(t);
}

/* Compares the needles whose two bytes could stand at i. */
static int is_hit(const struct teddy *s, const uint8_t *data, size_t size, size_t i)
{
    unsigned bits = s->first.low[data[i] & 15] & s->first.high[data[i] >> 4] &
                    s->second.low[data[i + 1] & 15] & s->second.high[data[i + 1] >> 4];

    if ((bits & 1) && trailwire_is_escape(data, size, i)) {
        return 1;
    }
    for (size_t k = 0; k < s->count; k++) {
        if ((bits >> k & 1) && trailwire_is_there(&s->places[k], data, size, i)) {
            return 1;
        }
    }
    return 0;
}

/*
 * The vector loops. Each returns the first hit from i on, or the first position
 * that is too near to the end for a whole block. They read one byte past the
 * block, so that a block may end at the byte before the last.
 *
 * A loop is written once, for any vector: LOAD loads one, LOOK_UP tells the
 * buckets that a byte could belong to, and LANES turns what both bytes agree on
 * into an integer with one bit in BITS for each position, set where a bucket is
 * left. The low halves must be masked out, but for the second byte, which is
 * ASCII: a shuffle of x86 takes the upper half of the alphabet for nothing.
 */
#define FIND(name, features, vector, WIDTH, PREPARE, LOAD, LOOK_UP, AND, OR, ANY, LANES, BITS)\
    __attribute__((target(features)))                                                         \
    static size_t name(const struct teddy *s, const uint8_t *data, size_t size,    \
                       size_t i)                                                              \
    {                                                                                         \
        const vector half = PREPARE##_BYTE(15);                                               \
        const vector low1 = PREPARE##_TABLE(s->first.low);                                    \
        const vector high1 = PREPARE##_TABLE(s->first.high);                                  \
        const vector low2 = PREPARE##_TABLE(s->second.low);                                   \
        const vector high2 = PREPARE##_TABLE(s->second.high);                                 \
                                                                                              \
        for (; size - i > 4 * WIDTH; i += 4 * WIDTH) {                                        \
            vector hits[4];                                                                   \
            for (int k = 0; k < 4; k++) {                                                     \
                vector here = LOAD(data + i + k * WIDTH);                                     \
                vector next = LOAD(data + i + k * WIDTH + 1);                                 \
                hits[k] = AND(LOOK_UP(low1, PREPARE##_LOW(here), high1, here),                \
                              LOOK_UP(low2, PREPARE##_ASCII(next), high2, next));             \
            }                                                                                 \
            if (!ANY(OR(OR(hits[0], hits[1]), OR(hits[2], hits[3])))) {                       \
                continue;                                                                     \
            }                                                                                 \
            for (int k = 0; k < 4; k++) {                                                     \
                for (uint64_t lanes = LANES(hits[k]); lanes != 0; lanes &= lanes - 1) {       \
                    size_t at = i + k * WIDTH + __builtin_ctzll(lanes) / BITS;                \
                    if (is_hit(s, data, size, at)) {                                          \
                        return at;                                                            \
                    }                                                                         \
                }                                                                             \
            }                                                                                 \
        }                                                                                     \
        return i;                                                                             \
    }

#if defined(__x86_64__)

#define AVX512_BYTE(b) _mm512_set1_epi8(b)
#define AVX512_TABLE(t) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) (t)))
#define AVX512_LOAD(p) _mm512_loadu_si512((const void *) (p))
#define AVX512_LOW(v) _mm512_and_si512(v, half)
#define AVX512_ASCII(v) (v)
#define AVX512_LOOK_UP(low, half_v, high, v)                                                          \
    _mm512_and_si512(_mm512_shuffle_epi8(low, half_v),                     \
                     _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v, 4), half)))
#define AVX512_LANES(v) _mm512_test_epi8_mask(v, v)
FIND(find_avx512, "avx512f,avx512bw", __m512i, 64, AVX512, AVX512_LOAD, AVX512_LOOK_UP,
     _mm512_and_si512, _mm512_or_si512, AVX512_LANES, AVX512_LANES, 1)

#define AVX2_BYTE(b) _mm256_set1_epi8(b)
#define AVX2_TABLE(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (t)))
#define AVX2_LOAD(p) _mm256_loadu_si256((const __m256i *) (p))
#define AVX2_LOW(v) _mm256_and_si256(v, half)
#define AVX2_ASCII(v) (v)
#define AVX2_LOOK_UP(low, half_v, high, v)                                                            \
    _mm256_and_si256(_mm256_shuffle_epi8(low, half_v),                     \
                     _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)))
#define AVX2_ANY(v) (!_mm256_testz_si256(v, v))
#define AVX2_LANES(v)                                                                         \
    (uint32_t) ~_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256()))
FIND(find_avx2, "avx2", __m256i, 32, AVX2, AVX2_LOAD, AVX2_LOOK_UP,
     _mm256_and_si256, _mm256_or_si256, AVX2_ANY, AVX2_LANES, 1)

#define SSSE3_BYTE(b) _mm_set1_epi8(b)
#define SSSE3_TABLE(t) _mm_loadu_si128((const __m128i *) (t))
#define SSSE3_LOAD(p) _mm_loadu_si128((const __m128i *) (p))
#define SSSE3_LOW(v) _mm_and_si128(v, half)
#define SSSE3_ASCII(v) (v)
#define SSSE3_LOOK_UP(low, half_v, high, v)                                                           \
    _mm_and_si128(_mm_shuffle_epi8(low, half_v),                              \
                  _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(v, 4), half)))
#define SSSE3_LANES(v) (uint16_t) ~_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128()))
FIND(find_ssse3, "ssse3", __m128i, 16, SSSE3, SSSE3_LOAD, SSSE3_LOOK_UP,
     _mm_and_si128, _mm_or_si128, SSSE3_LANES, SSSE3_LANES, 1)

typedef size_t find(const struct teddy *, const uint8_t *, size_t, size_t);

static find *fastest_find(void)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
        return find_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return find_avx2;
    }
    return __builtin_cpu_supports("ssse3") ? find_ssse3 : NULL;
}

static size_t find_fast(const struct teddy *s, const uint8_t *data, size_t size, size_t i)
{
    find *f = fastest_find();

    return f == NULL ? i : f(s, data, size, i);
}

#elif defined(__aarch64__)

#define NEON_BYTE(b) vdupq_n_u8(b)
#define NEON_TABLE(t) vld1q_u8(t)
#define NEON_LOW(v) vandq_u8(v, half)
#define NEON_ASCII(v) vandq_u8(v, half)
#define NEON_LOOK_UP(low, half_v, high, v)                                                            \
    vandq_u8(vqtbl1q_u8(low, half_v), vqtbl1q_u8(high, vshrq_n_u8(v, 4)))
#define NEON_ANY(v) (vmaxvq_u8(v) != 0)

/* Four bits a lane, of which one is left. */
static inline uint64_t neon_lanes(uint8x16_t v)
{
    uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(vtstq_u8(v, v)), 4);

    return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & 0x1111111111111111;
}
FIND(find_fast, "+simd", uint8x16_t, 16, NEON, vld1q_u8, NEON_LOOK_UP,
     vandq_u8, vorrq_u8, NEON_ANY, neon_lanes, 4)

#else

static size_t find_fast(const struct teddy *s, const uint8_t *data, size_t size, size_t i)
{
    (void) s;
    (void) data;
    (void) size;
    return i;
}

#endif

size_t trailwire_teddy_next(const struct teddy *s, const uint8_t *data, size_t size, size_t from)
{
    size_t i = find_fast(s, data, size, from);

    while (i + 1 < size && !is_hit(s, data, size, i)) {
        i++;
    }
    return i + 1 < size ? i : size;
}
