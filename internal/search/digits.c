/*
 * The search for ids of accounts, however many there are.
 *
 * Every event has ids in it: those of the own accounts, ten times and more. So what counts is
 * what each of these costs. It is done in two steps. The first goes through a part of the data
 * with vectors, four bytes at a time as one word, and notes where two words that follow each
 * other are all digits: 9 places in an event. It takes no decision that depends on the data.
 * The second looks up the two words of each place among the keys of the ids (ids.h). Where
 * they may be there, the digits are read and the id is looked up.
 *
 * If there is an id of ten digits or less, the first step notes words alone too. And it says in
 * which blocks of 256 bytes there may be a number of MessagePack.
 */
#include "ids.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/*
 * A block is what a mask speaks of that has a bit for each word. A part is the most that goes
 * through the first step before the second: its places are on the stack, and Fluent Bit has
 * stacks of 24 KB.
 */
enum { WORD = 4, BLOCK = 64 * WORD, PART = 16 * BLOCK };

/* Places of words, in words from the beginning of the part. */
struct list {
    size_t count;
    uint16_t words[PART / WORD + 16]; /* so many may be written that do not count */
};

/* What the first step finds. */
struct places {
    struct list pairs; /* the second word of each */
    struct list alone;
    uint32_t odd;  /* a bit for each block that may have a number of MessagePack */
    uint64_t full; /* one if the word before the next block is all digits */
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

/*
 * The first step, for any vector V. WORDS says of four vectors which words have none of the
 * bits of a mask, a bit for each. A digit less '0' has no upper half. Nor have six characters
 * after the digits: that these are noted too does not matter, if no word has to be alone. With
 * what takes a nine to 0x7f a digit has no highest bit, and everything else has.
 *
 * The heads of numbers are among six values that follow each other. HAS_LESS says whether a
 * byte is at most this.
 */
#define LESS_ZERO(V, p) V##_XOR(V##_LOAD(p), zero)
#define EXACT(V, v) V##_ADD_TO_MOST(v, rest)
#define GROUP(V, p)                                                                            \
    a = LESS_ZERO(V, p), b = LESS_ZERO(V, (p) + WIDTH);                                        \
    c = LESS_ZERO(V, (p) + 2 * WIDTH), d = LESS_ZERO(V, (p) + 3 * WIDTH);
#define HEADS(V, p) V##_SUB(V##_LOAD(p), head)
#define HAS_HEAD(V, p)                                                                         \
    V##_HAS_LESS(V##_MIN(V##_MIN(HEADS(V, p), HEADS(V, (p) + WIDTH)),                          \
                         V##_MIN(HEADS(V, (p) + 2 * WIDTH), HEADS(V, (p) + 3 * WIDTH))), five)

#define FIND(v, V, APPEND, features)                                                           \
    __attribute__((target(features)))                                                          \
    static void pairs_##v(const uint8_t *data, size_t blocks, size_t word, struct places *to)  \
    {                                                                                          \
        enum { WIDTH = sizeof(V##_VECTOR), WORDS = 4 * WIDTH / WORD };                         \
        const V##_VECTOR zero = V##_BYTE('0'), upper = V##_BYTE(0xf0);                         \
        const V##_VECTOR head = V##_BYTE(0xce), five = V##_BYTE(5);                            \
        uint64_t before = to->full;                                                            \
        size_t count = to->pairs.count;                                                        \
        V##_VECTOR a, b, c, d;                                                                 \
                                                                                               \
        for (; blocks > 0; blocks--, data += BLOCK, word += BLOCK / WORD) {                    \
            uint64_t full = 0;                                                                 \
            uint32_t odd = 0;                                                                  \
            for (unsigned w = 0; w < BLOCK / WORD; w += WORDS) {                               \
                GROUP(V, data + w * WORD)                                                      \
                full |= (uint64_t) V##_WORDS(a, b, c, d, upper) << w;                          \
                odd |= HAS_HEAD(V, data + w * WORD);                                           \
            }                                                                                  \
            uint64_t pairs = full & (full << 1 | before);                                      \
            before = full >> 63;                                                               \
            to->odd |= odd << word / (BLOCK / WORD);                                           \
            APPEND(to->pairs.words, count, pairs, word)                                        \
        }                                                                                      \
        to->full = before;                                                                     \
        to->pairs.count = count;                                                               \
    }                                                                                          \
                                                                                               \
    __attribute__((target(features)))                                                          \
    static void all_##v(const uint8_t *data, size_t blocks, size_t word, struct places *to)    \
    {                                                                                          \
        enum { WIDTH = sizeof(V##_VECTOR), WORDS = 4 * WIDTH / WORD };                         \
        const V##_VECTOR zero = V##_BYTE('0'), top = V##_BYTE(0x80), rest = V##_BYTE(0x76);    \
        const V##_VECTOR head = V##_BYTE(0xce), five = V##_BYTE(5);                            \
        uint64_t before = to->full;                                                            \
        size_t pairs_count = to->pairs.count, alone_count = to->alone.count;                   \
        V##_VECTOR a, b, c, d;                                                                 \
                                                                                               \
        for (; blocks > 0; blocks--, data += BLOCK, word += BLOCK / WORD) {                    \
            uint64_t full = 0;                                                                 \
            uint32_t odd = 0;                                                                  \
            for (unsigned w = 0; w < BLOCK / WORD; w += WORDS) {                               \
                GROUP(V, data + w * WORD)                                                      \
                odd |= HAS_HEAD(V, data + w * WORD);                                           \
                a = EXACT(V, a), b = EXACT(V, b), c = EXACT(V, c), d = EXACT(V, d);            \
                full |= (uint64_t) V##_WORDS(a, b, c, d, top) << w;                            \
            }                                                                                  \
            uint64_t after = full << 1 | before;                                               \
            uint64_t pairs = full & after;                                                     \
            uint64_t alone = full & ~after & ~(full >> 1);                                     \
            before = full >> 63;                                                               \
            to->odd |= odd << word / (BLOCK / WORD);                                           \
            APPEND(to->pairs.words, pairs_count, pairs, word)                                  \
            APPEND(to->alone.words, alone_count, alone, word)                                  \
        }                                                                                      \
        to->full = before;                                                                     \
        to->pairs.count = pairs_count;                                                         \
        to->alone.count = alone_count;                                                         \
    }                                                                                          \
                                                                                               \
    /* Sets a bit for each byte of a block that is the head of a number. */                    \
    __attribute__((target(features)))                                                          \
    static void heads_##v(const uint8_t *data, uint64_t bits[BLOCK / 64])                      \
    {                                                                                          \
        enum { WIDTH = sizeof(V##_VECTOR) };                                                   \
        const V##_VECTOR u4 = V##_BYTE(0xce), u8 = V##_BYTE(0xcf);                             \
        const V##_VECTOR s4 = V##_BYTE(0xd2), s8 = V##_BYTE(0xd3);                             \
                                                                                               \
        for (unsigned i = 0; i < BLOCK; i += WIDTH) {                                          \
            V##_VECTOR x = V##_LOAD(data + i);                                                 \
            bits[i / 64] |= (uint64_t) (V##_BYTES(x, u4) | V##_BYTES(x, u8) |                  \
                                        V##_BYTES(x, s4) | V##_BYTES(x, s8)) << i % 64;        \
        }                                                                                      \
    }

/* Appends the place of each bit. */
#define APPEND_EACH(words, count, bits, word)                                                  \
    for (uint64_t left = bits; left != 0; left &= left - 1) {                                  \
        words[count++] = (uint16_t) (word + (unsigned) __builtin_ctzll(left));                 \
    }

/* The same for a processor that guesses branches: four are written, which is rarely less
 * than there are, and the count says how many hold. */
#define APPEND_FOUR(words, count, bits, word)                                                  \
    {                                                                                          \
        uint64_t left = bits;                                                                  \
        uint16_t *next = words + count;                                                        \
        count += (size_t) __builtin_popcountll(left);                                          \
        for (int n = 0; n < 4; n++, left = _blsr_u64(left)) {                                  \
            next[n] = (uint16_t) (word + _tzcnt_u64(left));                                    \
        }                                                                                      \
        for (next += 4; left != 0; left = _blsr_u64(left)) {                                   \
            *next++ = (uint16_t) (word + _tzcnt_u64(left));                                    \
        }                                                                                      \
    }

/* A way to take the first step. */
struct finder {
    void (*pairs)(const uint8_t *, size_t blocks, size_t word, struct places *);
    void (*all)(const uint8_t *, size_t blocks, size_t word, struct places *);
    void (*heads)(const uint8_t *, uint64_t bits[BLOCK / 64]);
    int (*fits)(void); /* whether this processor has the instructions */
};

#if defined(__x86_64__)

#define AVX512_VECTOR __m512i
#define AVX512_BYTE(b) _mm512_set1_epi8((char) (b))
#define AVX512_LOAD(p) _mm512_loadu_si512((const void *) (p))
#define AVX512_XOR(v, w) _mm512_xor_si512(v, w)
#define AVX512_ADD_TO_MOST(v, w) _mm512_adds_epu8(v, w)
#define AVX512_BYTES(v, w) _mm512_cmpeq_epi8_mask(v, w)
#define AVX512_WORDS(a, b, c, d, mask)                                                         \
    _mm512_kunpackd(_mm512_kunpackw(_mm512_testn_epi32_mask(d, mask), _mm512_testn_epi32_mask(c, mask)), \
                    _mm512_kunpackw(_mm512_testn_epi32_mask(b, mask), _mm512_testn_epi32_mask(a, mask)))
#define AVX512_SUB(v, w) _mm512_sub_epi8(v, w)
#define AVX512_MIN(v, w) _mm512_min_epu8(v, w)
#define AVX512_HAS_LESS(v, w) (uint32_t) (_mm512_cmple_epu8_mask(v, w) != 0)

/* The numbers of the bits as bytes, and then those of the first 16 as places. */
#define APPEND_AT_ONCE(words, count, bits, word)                                               \
    {                                                                                          \
        const uint64_t set = bits;                                                             \
        const __m512i numbers = _mm512_maskz_compress_epi8(set, avx512_numbers());             \
        const __m256i places = _mm256_add_epi16(_mm256_cvtepu8_epi16(_mm512_castsi512_si128(numbers)), \
                                                _mm256_set1_epi16((short) (word)));            \
        const size_t first = count;                                                            \
        _mm256_storeu_si256((__m256i *) (words + first), places);                              \
        count += (size_t) __builtin_popcountll(set);                                           \
        if (__builtin_expect(count - first > 16, 0)) {                                         \
            uint64_t left = set;                                                               \
            for (size_t n = first; left != 0; left = _blsr_u64(left)) {                        \
                words[n++] = (uint16_t) (word + _tzcnt_u64(left));                             \
            }                                                                                  \
        }                                                                                      \
    }

__attribute__((target("avx512f,avx512bw")))
static inline __m512i avx512_numbers(void)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    };

    return _mm512_loadu_si512((const void *) numbers);
}
FIND(avx512, AVX512, APPEND_AT_ONCE, "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,popcnt")

#define AVX2_VECTOR __m256i
#define AVX2_BYTE(b) _mm256_set1_epi8((char) (b))
#define AVX2_LOAD(p) _mm256_loadu_si256((const __m256i *) (p))
#define AVX2_XOR(v, w) _mm256_xor_si256(v, w)
#define AVX2_ADD_TO_MOST(v, w) _mm256_adds_epu8(v, w)
#define AVX2_SUB(v, w) _mm256_sub_epi8(v, w)
#define AVX2_MIN(v, w) _mm256_min_epu8(v, w)
#define AVX2_HAS_LESS(v, w) (uint32_t) (AVX2_BYTES(_mm256_min_epu8(v, w), v) != 0)
#define AVX2_BYTES(v, w) (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, w))
#define AVX2_WORDS(a, b, c, d, mask) avx2_words(a, b, c, d, mask)
#define AVX2_NONE(v) _mm256_cmpeq_epi32(_mm256_and_si256(v, mask), _mm256_setzero_si256())

/* Packing takes halves of vectors apart, which are put in order again. */
__attribute__((target("avx2")))
static inline uint32_t avx2_words(__m256i a, __m256i b, __m256i c, __m256i d, __m256i mask)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(AVX2_NONE(a), AVX2_NONE(b)),
                                        _mm256_packs_epi32(AVX2_NONE(c), AVX2_NONE(d)));

    return (uint32_t) _mm256_movemask_epi8(_mm256_permutevar8x32_epi32(packed, order));
}
FIND(avx2, AVX2, APPEND_FOUR, "avx2,bmi,popcnt")

/* Every processor of 64 bits has it. */
#define SSE2_VECTOR __m128i
#define SSE2_BYTE(b) _mm_set1_epi8((char) (b))
#define SSE2_LOAD(p) _mm_loadu_si128((const __m128i *) (p))
#define SSE2_XOR(v, w) _mm_xor_si128(v, w)
#define SSE2_ADD_TO_MOST(v, w) _mm_adds_epu8(v, w)
#define SSE2_SUB(v, w) _mm_sub_epi8(v, w)
#define SSE2_MIN(v, w) _mm_min_epu8(v, w)
#define SSE2_HAS_LESS(v, w) (uint32_t) (SSE2_BYTES(_mm_min_epu8(v, w), v) != 0)
#define SSE2_BYTES(v, w) (uint16_t) _mm_movemask_epi8(_mm_cmpeq_epi8(v, w))
#define SSE2_NONE(v, mask) _mm_cmpeq_epi32(_mm_and_si128(v, mask), _mm_setzero_si128())
#define SSE2_WORDS(a, b, c, d, mask)                                                           \
    (uint16_t) _mm_movemask_epi8(                                                              \
        _mm_packs_epi16(_mm_packs_epi32(SSE2_NONE(a, mask), SSE2_NONE(b, mask)),               \
                        _mm_packs_epi32(SSE2_NONE(c, mask), SSE2_NONE(d, mask))))
FIND(sse2, SSE2, APPEND_EACH, "sse2")

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2");
}

static int has_sse2(void)
{
    return 1;
}

#define VECTOR_FINDERS                                                                         \
    { pairs_avx512, all_avx512, heads_avx512, has_avx512 },                                    \
    { pairs_avx2, all_avx2, heads_avx2, has_avx2 }, { pairs_sse2, all_sse2, heads_sse2, has_sse2 },

#elif defined(__aarch64__)

#define NEON_VECTOR uint8x16_t
#define NEON_BYTE(b) vdupq_n_u8(b)
#define NEON_LOAD(p) vld1q_u8(p)
#define NEON_XOR(v, w) veorq_u8(v, w)
#define NEON_ADD_TO_MOST(v, w) vqaddq_u8(v, w)
#define NEON_SUB(v, w) vsubq_u8(v, w)
#define NEON_MIN(v, w) vminq_u8(v, w)
#define NEON_HAS_LESS(v, w) (uint32_t) (vmaxvq_u8(vcleq_u8(v, w)) != 0)
#define NEON_BYTES(v, w) neon_bits(vceqq_u8(v, w))
#define NEON_NONE(v, mask)                                                                     \
    vreinterpretq_u16_u32(vceqzq_u32(vreinterpretq_u32_u8(vandq_u8(v, mask))))
#define NEON_WORDS(a, b, c, d, mask)                                                           \
    neon_bits(vuzp1q_u8(vreinterpretq_u8_u16(vuzp1q_u16(NEON_NONE(a, mask), NEON_NONE(b, mask))), \
                        vreinterpretq_u8_u16(vuzp1q_u16(NEON_NONE(c, mask), NEON_NONE(d, mask)))))

/* A bit for each byte, which are all ones or all zeros. */
static inline uint16_t neon_bits(uint8x16_t v)
{
    static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t set = vandq_u8(v, vld1q_u8(bits));

    return (uint16_t) (vaddv_u8(vget_low_u8(set)) | vaddv_u8(vget_high_u8(set)) << 8);
}
FIND(neon, NEON, APPEND_EACH, "+simd")

static int has_neon(void)
{
    return 1;
}

#define VECTOR_FINDERS { pairs_neon, all_neon, heads_neon, has_neon },

#else

#define VECTOR_FINDERS

#endif

static void all_bytes(const uint8_t *data, size_t blocks, size_t word, struct places *to)
{
    for (; blocks > 0; blocks--, data += BLOCK, word += BLOCK / WORD) {
        uint64_t full = 0;
        for (unsigned w = 0; w < BLOCK / WORD; w++) {
            const uint8_t *at = data + w * WORD;
            full |= (uint64_t) (is_digit(at[0]) & is_digit(at[1]) & is_digit(at[2]) & is_digit(at[3])) << w;
        }
        uint64_t after = full << 1 | to->full;
        uint64_t pairs = full & after;
        uint64_t alone = full & ~after & ~(full >> 1);
        to->full = full >> 63;
        to->odd |= (uint32_t) 1 << word / (BLOCK / WORD);
        APPEND_EACH(to->pairs.words, to->pairs.count, pairs, word)
        APPEND_EACH(to->alone.words, to->alone.count, alone, word)
    }
}

static void heads_bytes(const uint8_t *data, uint64_t bits[BLOCK / 64])
{
    for (unsigned i = 0; i < BLOCK; i++) {
        bits[i / 64] |= (uint64_t) is_head(data[i]) << i % 64;
    }
}

static int has_bytes(void)
{
    return 1;
}

/* The fastest first. */
static const struct finder finders[] = { VECTOR_FINDERS { all_bytes, all_bytes, heads_bytes, has_bytes } };

const struct finder *trailwire_finder(size_t n)
{
    for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
        if (finders[i].fits() && n-- == 0) {
            return &finders[i];
        }
    }
    return NULL;
}

/*
 * Whether the word at an offset, which is all digits, is in a text of an id. An id of twelve
 * digits begins in the three bytes before the word, or with it: else the word before would be
 * whole too.
 */
static int is_in_account(const struct ids *ids, const uint8_t *data, size_t size, size_t word)
{
    static const uint64_t beyond = 1000000000000; /* twelve digits */
    size_t start = word, end;
    uint64_t number = 0;

    while (start > 0 && word - start < WORD && is_digit(data[start - 1])) {
        start--;
    }
    const int is_whole = word - start < WORD;
    start += !is_whole;
    for (end = start; end < size && end - start < DIGITS + 3 && is_digit(data[end]); end++) {
        number = 10 * number + (data[end] - '0');
        if (end - start >= DIGITS - 1 && trailwire_ids_have(ids, number % beyond)) {
            return 1;
        }
    }
    return is_whole && end - start >= SHORTEST && end - start < DIGITS && trailwire_ids_have(ids, number);
}

/* The part of the data that is looked at. */
struct part {
    const uint8_t *data;
    size_t size;
    size_t from;
    size_t end;
};

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

/* Whether the word at an offset, which has this key and is counted, is in an id. */
__attribute__((noinline))
static int is_hit(const struct ids *ids, const struct part *p, uint64_t key, size_t word)
{
    return trailwire_ids_may_have_key(ids, key) && is_in_account(ids, p->data, p->size, word);
}

/* Returns the first offset in the part that is in one of the pairs, and in an id; else its end. */
static size_t in_pairs(const struct ids *ids, const struct part *p, const struct list *pairs)
{
    const struct probe probe = probe_of(ids);
    const uint8_t *before = p->data + p->from - WORD; /* the first pair may begin there */

    for (const uint16_t *word = pairs->words, *end = word + pairs->count; word < end; word++) {
        uint64_t key = trailwire_key(before + WORD * (size_t) *word);
        if (__builtin_expect(is_counted(&probe, key), 0)) {
            size_t at = p->from + WORD * (size_t) *word - WORD;
            if (is_hit(ids, p, key, at)) {
                return at < p->from ? p->from : at;
            }
        }
    }
    return p->end;
}

static size_t in_words(const struct ids *ids, const struct part *p, const struct list *alone)
{
    const struct probe probe = probe_of(ids);

    for (size_t i = 0; i < alone->count; i++) {
        size_t at = p->from + WORD * (size_t) alone->words[i];
        if (at == 0 || p->size - at <= WORD) {
            continue; /* it has no digit on one side */
        }
        uint64_t key = trailwire_short_key(p->data + at - 1);
        if (__builtin_expect(is_counted(&probe, key), 0) && is_hit(ids, p, key, at)) {
            return at;
        }
    }
    return p->end;
}

/* Returns the first number in a block that is an id, else the end of the part. */
static size_t in_block(const struct ids *ids, const struct part *p, const struct finder *finder, size_t block)
{
    uint64_t bits[BLOCK / 64] = { 0 };
    uint8_t rest[BLOCK] = { 0 };
    const uint8_t *data = p->data + block;

    if (p->size - block < BLOCK) {
        data = memcpy(rest, data, p->size - block);
    }
    finder->heads(data, bits);
    for (unsigned i = 0; i < BLOCK; i += 64) {
        for (uint64_t left = bits[i / 64]; left != 0; left &= left - 1) {
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

static int is_word(const uint8_t *at)
{
    return is_digit(at[0]) && is_digit(at[1]) && is_digit(at[2]) && is_digit(at[3]);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The first step, over a part. Its last block may be cut off: then it is a copy with zeros
 * after it. */
static void find(const struct ids *ids, const struct part *p, const struct finder *finder, struct places *to)
{
    const int with_alone = atomic_load_explicit(ids->alone, memory_order_acquire) > 0;
    const size_t whole = (p->end - p->from) / BLOCK, rest = (p->end - p->from) % BLOCK;

    to->pairs.count = to->alone.count = to->odd = 0;
    to->full = p->from >= WORD && is_word(p->data + p->from - WORD);
    (with_alone ? finder->all : finder->pairs)(p->data + p->from, whole, 0, to);
    if (rest > 0) {
        uint8_t copy[BLOCK] = { 0 };
        memcpy(copy, p->data + p->end - rest, rest);
        (with_alone ? finder->all : finder->pairs)(copy, 1, whole * (BLOCK / WORD), to);
    }
}

size_t trailwire_ids_next(const struct ids *ids, const struct finder *finder, const uint8_t *data,
                          size_t size, size_t from, size_t *end)
{
    const size_t blocks = (least(*end - from, PART) + BLOCK - 1) / BLOCK;
    struct places places;
    size_t hit;

    *end = least(size, from + blocks * BLOCK);
    const struct part part = { data, size, from, *end };
    find(ids, &part, finder, &places);
    hit = in_pairs(ids, &part, &places.pairs);
    hit = least(hit, in_words(ids, &part, &places.alone));
    return least(hit, in_numbers(ids, &part, finder, places.odd));
}
