/*
 * The search for ids of accounts, however many there are.
 *
 * Every event has ids in it: those of the own accounts, five times and more. So what counts is
 * what each of these costs. It is done in three steps. The first goes through a part of the data
 * with vectors and makes a bit of each byte: whether it is a digit. It also says in which blocks
 * there may be a number of MessagePack. The second combines the bits of 64 bytes and more at a
 * time, and leaves a bit where a form of an id may begin: 7 in an event. Neither takes a decision
 * that depends on the data. The third looks up the first eight digits of each of these places
 * among the keys of the ids (ids.h). Where they are, all digits are read and the id is looked up.
 *
 * Measured over 1.2 MB of events of which 90 % are of Lambda's Invoke, with AVX-512: 12 us for the
 * first step, 4 for the second and 8 for the third. To look at words of four bytes, not at digits,
 * takes as long for the first two, but needs four keys for an id and others for short ones: 34 us
 * for all. An instruction that shifts two integers as one (vpshrdq) makes the second step 10 us
 * longer on an AMD Zen 5.
 */
#include "ids.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/*
 * A block is what a bit for numbers speaks of. It has as many integers of bits as the widest vector.
 * A part is the most that goes through a step before the next: its bits are on the stack, and Fluent
 * Bit has stacks of 24 KB.
 */
enum { BITS = 64, WIDEST = 8, BLOCK = WIDEST * BITS, PART = 32 * BLOCK };

/* So that no vector of integers crosses a line of the cache: it saves one percent. */
#define ALIGNED __attribute__((aligned(64)))

/* Where forms of an id may begin: a bit for each byte, of 64 integers of bits. */
struct group {
    uint64_t begins[BITS] ALIGNED;
    uint64_t some; /* a bit for each of these that is not zero */
    uint64_t more; /* and for each that has more than one bit */
};

/* What the first two steps find. */
struct places {
    /* A bit for each byte: whether it is a digit. The integer before the first is of what is before
     * the part, and the one after the last of what is after it. */
    uint64_t digits[WIDEST + PART / BITS + 1] ALIGNED;
    struct group groups[PART / BITS / BITS];
    size_t count; /* of these */
    uint32_t odd; /* a bit for each block that may have a number of MessagePack */
};

static inline int is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Whether an integer of 32 or 64 bits begins so, unsigned or signed. */
static inline int is_head(uint8_t c)
{
    return c == 0xce || c == 0xcf || c == 0xd2 || c == 0xd3;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The part of the data that is looked at. */
struct part {
    const uint8_t *data;
    size_t size;
    size_t from;
    size_t end;
};

/* Whether one of the ids begins at an offset: twelve digits, or fewer if there are no more. Where
 * there are fewer than the second step asks for, their number is below all ids. */
static int is_account(const struct ids *ids, const struct part *p, size_t at)
{
    const size_t end = least(p->size, at + DIGITS);
    uint64_t number = 0;

    for (; at < end && is_digit(p->data[at]); at++) {
        number = 10 * number + (p->data[at] - '0');
    }
    return trailwire_ids_have(ids, number);
}

/* Where the counts of keys are, as the loops over places need them: nearly all places end at
 * the first count, and there are some in every event. */
struct probe {
    const _Atomic uint8_t *counts;
    uint64_t seed;
    unsigned shift;
};

static inline struct probe probe_of(const struct ids *ids)
{
    return (struct probe) { ids->counts, ids->seeds[0], 64 - ids->key_bits };
}

static inline int is_counted(const struct probe *p, uint64_t key)
{
    return atomic_load_explicit(&p->counts[key * p->seed >> p->shift], memory_order_relaxed) > 0;
}

/* Whether one of the ids begins at a place whose key has a count. */
__attribute__((noinline))
static int is_counted_account(const struct ids *ids, const struct part *p, const uint8_t *at)
{
    return trailwire_ids_may_have_key(ids, trailwire_key(at)) && is_account(ids, p, (size_t) (at - p->data));
}

static inline int is_hit(const struct probe *probe, const struct ids *ids, const struct part *p, const uint8_t *at)
{
    return __builtin_expect(is_counted(probe, trailwire_key(at)), 0) && is_counted_account(ids, p, at);
}

/*
 * The third step, over a group that begins at data. Nearly all integers with bits have one. So
 * the first bit of each is looked at without a loop: a processor cannot guess how often that is run
 * through. With one the step takes 16 us, not 10.
 *
 * Both return the offset of the first id that they find, else the end of the part.
 */
__attribute__((always_inline))
static inline size_t in_first_bits(const struct ids *ids, const struct part *p, const struct group *g, const uint8_t *data)
{
    const struct probe probe = probe_of(ids);

    for (uint64_t some = g->some; some != 0; some &= some - 1) {
        const size_t i = (size_t) __builtin_ctzll(some);
        const uint8_t *at = data + i * BITS + (size_t) __builtin_ctzll(g->begins[i]);
        if (is_hit(&probe, ids, p, at)) {
            return (size_t) (at - p->data);
        }
    }
    return p->end;
}

__attribute__((always_inline))
static inline size_t in_other_bits(const struct ids *ids, const struct part *p, const struct group *g, const uint8_t *data)
{
    const struct probe probe = probe_of(ids);

    for (uint64_t more = g->more; more != 0; more &= more - 1) {
        const size_t i = (size_t) __builtin_ctzll(more);
        for (uint64_t left = g->begins[i] & (g->begins[i] - 1); left != 0; left &= left - 1) {
            const uint8_t *at = data + i * BITS + (size_t) __builtin_ctzll(left);
            if (is_hit(&probe, ids, p, at)) {
                return (size_t) (at - p->data);
            }
        }
    }
    return p->end;
}

__attribute__((always_inline))
static inline size_t in_text(const struct ids *ids, const struct part *p, const struct places *places)
{
    size_t hit = p->end;

    for (size_t i = 0; i < places->count && hit == p->end; i++) {
        const uint8_t *data = p->data + p->from + i * BITS * BITS;
        hit = in_first_bits(ids, p, &places->groups[i], data);
        hit = least(hit, in_other_bits(ids, p, &places->groups[i], data));
    }
    return hit;
}

/*
 * The second step, for integers W, or vectors of them, of which some follow each other. Four digits
 * begin with a byte if two begin with it, and two with the second byte after it. A form of an id may
 * begin there if the last four digits of the shortest form do at their distance. And then if twelve
 * digits end so, or if there is no digit before.
 *
 * Where no form is shorter than nine digits, that leaves out eight digits of a UUID, which are a
 * quarter of the places in a mixed account. One id in 10,000 has a form so short.
 */
#define BEGINS(W, at, distance)                                                                \
    __extension__({                                                                            \
        const W before = *(const W *) ((at) - 1), here = *(const W *) (at);                    \
        const W after = *(const W *) ((at) + 1), after2 = after & after >> 1;                  \
        const W after4 = after2 & after2 >> 2;                                                 \
        const W two = here & JOIN(here, after, 1);                                             \
        const W four = two & JOIN(two, after2, 2);                                             \
        const W shortest = four & JOIN(four, after4, distance);                                \
        shortest & (JOIN(four, after4, DIGITS - 4) | ~JOIN(before, here, 63));                 \
    })
#define JOIN(a, b, n) ((a) >> (n) | (b) << (64 - (n)))

/*
 * The steps for any vector V. LESS says which bytes are at most these, and 64 makes bits of what
 * is said of 64 bytes. W has as many integers as fit, and COMMON says which of them have a bit in
 * common with others, a bit for each.
 *
 * The heads of numbers are 0, 1, 4 and 5 after the first of them. The first step only asks for the
 * least of a block, and so takes two more values for heads.
 */
#define IS_DIGIT(V, p) V##_LESS(V##_SUB(V##_LOAD(p), V##_BYTE('0')), V##_BYTE(9))
#define IS_HEAD(V, p) V##_LESS(V##_AND(V##_SUB(V##_LOAD(p), V##_BYTE(0xce)), V##_BYTE(0xfb)), V##_BYTE(1))

#define FIND(v, V, features)                                                                   \
    __attribute__((target(features)))                                                          \
    static uint32_t digits_##v(const uint8_t *data, size_t blocks, uint64_t *digits)           \
    {                                                                                          \
        enum { WIDTH = sizeof(V##_VECTOR) };                                                   \
        const V##_VECTOR head = V##_BYTE(0xce), five = V##_BYTE(5);                            \
        uint32_t odd = 0;                                                                      \
                                                                                               \
        for (size_t block = 0; block < blocks; block++, data += BLOCK) {                       \
            V##_VECTOR least = V##_SUB(V##_LOAD(data), head);                                  \
            for (unsigned i = WIDTH; i < BLOCK; i += WIDTH) {                                  \
                least = V##_MIN(least, V##_SUB(V##_LOAD(data + i), head));                     \
            }                                                                                  \
            for (unsigned i = 0; i < BLOCK; i += BITS) {                                       \
                *digits++ = V##_64(IS_DIGIT, data + i);                                        \
            }                                                                                  \
            odd |= V##_HAS_LESS(least, five) << block;                                         \
        }                                                                                      \
        return odd;                                                                            \
    }                                                                                          \
                                                                                               \
    __attribute__((target(features)))                                                          \
    static void begins_##v(const uint64_t *digits, size_t count, unsigned distance, struct group *to) \
    {                                                                                          \
        enum { AT_ONCE = sizeof(V##_WORDS) / sizeof(uint64_t) };                               \
                                                                                               \
        for (; count > 0; count -= least(count, BITS), digits += BITS, to++) {                 \
            uint64_t some = 0, more = 0;                                                       \
            for (size_t i = 0; i < BITS && i < count; i += AT_ONCE) {                          \
                const V##_WORDS w = BEGINS(V##_WORDS, digits + i, distance);                   \
                *(V##_WORDS *) (to->begins + i) = w;                                           \
                some |= (uint64_t) V##_COMMON(w, w) << i;                                      \
                more |= (uint64_t) V##_COMMON(w, w - 1) << i;                                  \
            }                                                                                  \
            to->some = some;                                                                   \
            to->more = more;                                                                   \
        }                                                                                      \
    }                                                                                          \
                                                                                               \
    __attribute__((target(features)))                                                          \
    static size_t text_##v(const struct ids *ids, const struct part *p, const struct places *in) \
    {                                                                                          \
        return in_text(ids, p, in);                                                            \
    }                                                                                          \
                                                                                               \
    /* Sets a bit for each byte of a block that is the head of a number. Returns whether one is. */ \
    __attribute__((target(features)))                                                          \
    static int heads_##v(const uint8_t *data, uint64_t bits[BLOCK / BITS])                     \
    {                                                                                          \
        uint64_t any = 0;                                                                      \
                                                                                               \
        for (unsigned i = 0; i < BLOCK; i += BITS) {                                           \
            any |= bits[i / BITS] = V##_64(IS_HEAD, data + i);                                 \
        }                                                                                      \
        return any != 0;                                                                       \
    }

/* A way to go through the data. */
struct finder {
    uint32_t (*digits)(const uint8_t *, size_t blocks, uint64_t *digits);
    void (*begins)(const uint64_t *digits, size_t count, unsigned distance, struct group *);
    size_t (*text)(const struct ids *, const struct part *, const struct places *);
    int (*heads)(const uint8_t *, uint64_t bits[BLOCK / BITS]);
    int (*fits)(void); /* whether this processor has the instructions */
};

/* Vectors of integers that may be anywhere. */
typedef uint64_t one_word;
typedef uint64_t four_words __attribute__((vector_size(32), aligned(8), may_alias));
typedef uint64_t eight_words __attribute__((vector_size(64), aligned(8), may_alias));
#define ONE_COMMON(w, x) (((w) & (x)) != 0)

#if defined(__x86_64__)

#define AVX512_VECTOR __m512i
#define AVX512_BYTE(b) _mm512_set1_epi8((char) (b))
#define AVX512_LOAD(p) _mm512_loadu_si512((const void *) (p))
#define AVX512_SUB(v, w) _mm512_sub_epi8(v, w)
#define AVX512_MIN(v, w) _mm512_min_epu8(v, w)
#define AVX512_HAS_LESS(v, w) (uint32_t) (AVX512_LESS(v, w) != 0)
#define AVX512_AND(v, w) _mm512_and_si512(v, w)
#define AVX512_LESS(v, w) _mm512_cmple_epu8_mask(v, w)
#define AVX512_64(IS, p) IS(AVX512, p)
#define AVX512_WORDS eight_words
#define AVX512_COMMON(w, x) _mm512_test_epi64_mask((__m512i) (w), (__m512i) (x))
FIND(avx512, AVX512, "avx512f,avx512bw,bmi,bmi2")

#define AVX2_VECTOR __m256i
#define AVX2_BYTE(b) _mm256_set1_epi8((char) (b))
#define AVX2_LOAD(p) _mm256_loadu_si256((const __m256i *) (p))
#define AVX2_SUB(v, w) _mm256_sub_epi8(v, w)
#define AVX2_MIN(v, w) _mm256_min_epu8(v, w)
#define AVX2_AND(v, w) _mm256_and_si256(v, w)
#define AVX2_LESS(v, w) (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(v, w), v))
#define AVX2_HAS_LESS(v, w) (uint32_t) (AVX2_LESS(v, w) != 0)
#define AVX2_64(IS, p) (IS(AVX2, p) | (uint64_t) IS(AVX2, (p) + 32) << 32)
#define AVX2_WORDS four_words
#define AVX2_COMMON(w, x)                                                                      \
    (0xf ^ _mm256_movemask_pd((__m256d) _mm256_cmpeq_epi64((__m256i) ((w) & (x)), _mm256_setzero_si256())))
FIND(avx2, AVX2, "avx2,bmi,bmi2")

/* Every processor of 64 bits has it. */
#define SSE2_VECTOR __m128i
#define SSE2_BYTE(b) _mm_set1_epi8((char) (b))
#define SSE2_LOAD(p) _mm_loadu_si128((const __m128i *) (p))
#define SSE2_SUB(v, w) _mm_sub_epi8(v, w)
#define SSE2_MIN(v, w) _mm_min_epu8(v, w)
#define SSE2_AND(v, w) _mm_and_si128(v, w)
#define SSE2_LESS(v, w) (uint64_t) _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, w), v))
#define SSE2_HAS_LESS(v, w) (uint32_t) (SSE2_LESS(v, w) != 0)
#define SSE2_64(IS, p)                                                                         \
    (IS(SSE2, p) | IS(SSE2, (p) + 16) << 16 | IS(SSE2, (p) + 32) << 32 | IS(SSE2, (p) + 48) << 48)
#define SSE2_WORDS one_word
#define SSE2_COMMON ONE_COMMON
FIND(sse2, SSE2, "sse2")

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

static int has_sse2(void)
{
    return 1;
}

#define VECTOR_FINDERS                                                                         \
    { digits_avx512, begins_avx512, text_avx512, heads_avx512, has_avx512 },                   \
    { digits_avx2, begins_avx2, text_avx2, heads_avx2, has_avx2 },                             \
    { digits_sse2, begins_sse2, text_sse2, heads_sse2, has_sse2 },

#elif defined(__aarch64__)

#define NEON_VECTOR uint8x16_t
#define NEON_BYTE(b) vdupq_n_u8(b)
#define NEON_LOAD(p) vld1q_u8(p)
#define NEON_SUB(v, w) vsubq_u8(v, w)
#define NEON_MIN(v, w) vminq_u8(v, w)
#define NEON_HAS_LESS(v, w) (uint32_t) (vmaxvq_u8(vcleq_u8(v, w)) != 0)
#define NEON_AND(v, w) vandq_u8(v, w)
#define NEON_LESS(v, w) vcleq_u8(v, w)
#define NEON_64(IS, p) neon_bits(IS(NEON, p), IS(NEON, (p) + 16), IS(NEON, (p) + 32), IS(NEON, (p) + 48))
#define NEON_WORDS one_word
#define NEON_COMMON ONE_COMMON

/* The bytes, which are all ones or all zeros, with a bit left of each. */
static inline uint8x16_t neon_bit_of_each(uint8x16_t v)
{
    static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };

    return vandq_u8(v, vld1q_u8(bits));
}

static inline uint64_t neon_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    uint8x16_t first = vpaddq_u8(neon_bit_of_each(a), neon_bit_of_each(b));
    uint8x16_t last = vpaddq_u8(neon_bit_of_each(c), neon_bit_of_each(d));
    uint8x16_t all = vpaddq_u8(first, last);

    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}
FIND(neon, NEON, "+simd")

static int has_neon(void)
{
    return 1;
}

#define VECTOR_FINDERS { digits_neon, begins_neon, text_neon, heads_neon, has_neon },

#else

#define VECTOR_FINDERS

#endif

static uint32_t digits_bytes(const uint8_t *data, size_t blocks, uint64_t *digits)
{
    for (size_t i = 0; i < blocks * (BLOCK / BITS); i++, data += BITS) {
        digits[i] = 0;
        for (unsigned bit = 0; bit < BITS; bit++) {
            digits[i] |= (uint64_t) is_digit(data[bit]) << bit;
        }
    }
    return blocks == 0 ? 0 : UINT32_MAX >> (32 - blocks);
}

static void begins_bytes(const uint64_t *digits, size_t count, unsigned distance, struct group *to)
{
    for (; count > 0; count -= least(count, BITS), digits += BITS, to++) {
        to->some = to->more = 0;
        for (size_t i = 0; i < BITS && i < count; i++) {
            const uint64_t w = BEGINS(uint64_t, digits + i, distance);
            to->begins[i] = w;
            to->some |= (uint64_t) ONE_COMMON(w, w) << i;
            to->more |= (uint64_t) ONE_COMMON(w, w - 1) << i;
        }
    }
}

static size_t text_bytes(const struct ids *ids, const struct part *p, const struct places *in)
{
    return in_text(ids, p, in);
}

static int heads_bytes(const uint8_t *data, uint64_t bits[BLOCK / BITS])
{
    memset(bits, 0, BLOCK / 8);
    for (unsigned i = 0; i < BLOCK; i++) {
        bits[i / BITS] |= (uint64_t) is_head(data[i]) << i % BITS;
    }
    return 1;
}

static int has_bytes(void)
{
    return 1;
}

/* The fastest first. */
static const struct finder finders[] = {
    VECTOR_FINDERS { digits_bytes, begins_bytes, text_bytes, heads_bytes, has_bytes },
};

const struct finder *trailwire_finder(size_t n)
{
    for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
        if (finders[i].fits() && n-- == 0) {
            return &finders[i];
        }
    }
    return NULL;
}

/* The last block, which is cut off, with zeros after it. */
static const uint8_t *copy_of(const struct part *p, size_t block, uint8_t copy[BLOCK])
{
    memset(copy, 0, BLOCK);
    return memcpy(copy, p->data + block, p->size - block);
}

/* Returns the first number in a block that is an id, else the end of the part. */
static size_t in_block(const struct ids *ids, const struct part *p, const struct finder *finder, size_t block)
{
    uint64_t bits[BLOCK / BITS];
    const uint8_t *data = p->data + block;
    uint8_t copy[BLOCK];

    if (p->size - block < BLOCK) {
        data = copy_of(p, block, copy);
    }
    if (!finder->heads(data, bits)) {
        return p->end;
    }
    for (unsigned i = 0; i < BLOCK; i += BITS) {
        for (uint64_t left = bits[i / BITS]; left != 0; left &= left - 1) {
            size_t at = block + i + (unsigned) __builtin_ctzll(left);
            if (trailwire_ids_have_number(ids, p->data, p->size, at)) {
                return at;
            }
        }
    }
    return p->end;
}

static size_t in_numbers(const struct ids *ids, const struct part *p, const struct finder *finder, uint32_t odd)
{
    size_t hit = p->end;

    for (; odd != 0 && hit == p->end; odd &= odd - 1) {
        hit = in_block(ids, p, finder, p->from + BLOCK * (unsigned) __builtin_ctz(odd));
    }
    return hit;
}

/* The digits that follow each other from an offset on, as far as a form of an id goes that begins
 * before it. */
static uint64_t digits_after(const struct part *p)
{
    uint64_t digits = 0;

    for (size_t i = 0; i < DIGITS - 1 && p->end + i < p->size && is_digit(p->data[p->end + i]); i++) {
        digits |= (uint64_t) 1 << i;
    }
    return digits;
}

/* The first two steps, over a part. Its last block may be cut off: then it is a copy with zeros
 * after it. */
static void find(const struct ids *ids, const struct part *p, const struct finder *finder, struct places *to)
{
    const size_t whole = (p->end - p->from) / BLOCK, rest = (p->end - p->from) % BLOCK;
    const size_t count = (whole + (rest > 0)) * (BLOCK / BITS);
    uint64_t *digits = to->digits + WIDEST;

    to->odd = finder->digits(p->data + p->from, whole, digits);
    if (rest > 0) {
        uint8_t copy[BLOCK];
        to->odd |= finder->digits(copy_of(p, p->end - rest, copy), 1, digits + whole * (BLOCK / BITS)) << whole;
    }
    digits[-1] = p->from > 0 && is_digit(p->data[p->from - 1]) ? ~(uint64_t) 0 : 0;
    digits[count] = digits_after(p);
    finder->begins(digits, count, atomic_load_explicit(ids->shortest, memory_order_acquire) - 4, to->groups);
    to->count = (count + BITS - 1) / BITS;
}

size_t trailwire_ids_first(const uint8_t *data, size_t size, size_t from)
{
    size_t first = from;

    while (from < size && is_digit(data[from]) && first > 0 && from - first < DIGITS - 1 && is_digit(data[first - 1])) {
        first--;
    }
    return first;
}

size_t trailwire_ids_next(const struct ids *ids, const struct finder *finder, const uint8_t *data,
                          size_t size, size_t from, size_t *end)
{
    const size_t blocks = (least(*end - from, PART) + BLOCK - 1) / BLOCK;
    struct places places;

    *end = least(size, from + blocks * BLOCK);
    const struct part part = { data, size, from, *end };
    find(ids, &part, finder, &places);
    return least(finder->text(ids, &part, &places), in_numbers(ids, &part, finder, places.odd));
}
