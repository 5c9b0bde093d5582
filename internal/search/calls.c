/*
 * Names of calls after their keys.
 *
 * Of the 294 needles of Elastic's rules, 271 are such names. With all 294 in the tables of teddy.c the search takes
 * 2,700 instructions an event (AVX2), and with the names here 1,360. A quarter of the events are calls that some
 * rule asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "needle.h"

const char *const trailwire_call_keys[] = { "eventName", "eventname", "action", NULL };

struct name {
    char *text;
    size_t length;
    int fold;
    enum part part;
    uint32_t next; /* another one with the same hash, 0 for none */
};

/* What a name begins with, or has in it, is known by its first three bytes. */
enum { FIRST = 3, FIRST_BITS = 10 };

struct calls {
    struct name *names; /* the first is none */
    uint32_t count;
    uint32_t *by_hash; /* the first of the whole names with this hash */
    unsigned shift;    /* of a hash, to as many bits as there are entries */
    uint32_t by_first[1 << FIRST_BITS]; /* the first of the others with this hash */
    int anywhere; /* whether there is one that may be anywhere in a name */
};

struct calls *trailwire_calls_new(void)
{
    struct calls *c = calloc(1, sizeof(*c));

    if (c != NULL) {
        c->names = calloc(1, sizeof(*c->names));
        c->count = 1;
    }
    if (c != NULL && c->names == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

int trailwire_calls_add(struct calls *c, const char *text, size_t length, int fold, enum part part)
{
    struct name *names = realloc(c->names, (c->count + 1) * sizeof(*names));
    struct name n = { .text = malloc(length), .length = length, .fold = fold, .part = part };

    if (names != NULL) {
        c->names = names;
    }
    if (names == NULL || n.text == NULL) {
        free(n.text);
        return -1;
    }
    memcpy(n.text, text, length);
    c->names[c->count++] = n;
    return 0;
}

void trailwire_calls_free(struct calls *c)
{
    if (c == NULL) {
        return;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        free(c->names[i].text);
    }
    free(c->names);
    free(c->by_hash);
    free(c);
}

/* The first eight of these bytes, or all, as an integer. */
static inline uint64_t first_bytes(const uint8_t *at, size_t length)
{
    uint64_t eight = 0;
    uint32_t first, last;

    if (length >= sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        return eight;
    }
    if (length >= sizeof(first)) {
        memcpy(&first, at, sizeof(first));
        memcpy(&last, at + length - sizeof(last), sizeof(last));
        return (uint64_t) last << 32 | first;
    }
    for (size_t i = 0; i < length; i++) {
        eight = eight << 8 | at[i];
    }
    return eight;
}

/*
 * A hash of the first eight bytes, the last eight and the length. Capitals have that of small
 * letters. The multipliers are the golden ratio and the square root of two as fractions of 2^64.
 */
static inline uint64_t hash(const uint8_t *at, size_t length)
{
    const uint64_t capitals = 0x2020202020202020;
    const size_t most = length < 8 ? length : 8;
    const uint64_t first = first_bytes(at, length) | capitals;
    const uint64_t last = first_bytes(at + length - most, most) | capitals;

    return (first + length) * 0x9e3779b97f4a7c15 ^ last * 0x6a09e667f3bcc909;
}

/* Capitals have the hash of small letters. */
static inline uint32_t hash_of_first(const uint8_t *at)
{
    const uint32_t three = (uint32_t) at[0] << 16 | (uint32_t) at[1] << 8 | at[2];

    return (three | 0x202020) * 0x9e3779b1u >> (32 - FIRST_BITS);
}

int trailwire_calls_ready(struct calls *c)
{
    unsigned bits = 4;

    while (1u << bits < 8 * c->count) {
        bits++;
    }
    c->shift = 64 - bits;
    c->by_hash = calloc((size_t) 1 << bits, sizeof(*c->by_hash));
    if (c->by_hash == NULL) {
        return -1;
    }
    for (uint32_t i = 1; i < c->count; i++) {
        struct name *n = &c->names[i];
        const uint8_t *text = (const uint8_t *) n->text;
        uint32_t *first = n->part == WHOLE ? &c->by_hash[hash(text, n->length) >> c->shift] : &c->by_first[hash_of_first(text)];
        n->next = *first;
        *first = i;
        c->anywhere |= n->part == ANYWHERE;
    }
    return 0;
}

static int is_at(const struct name *n, const uint8_t *at)
{
    return trailwire_is_same(at, n->text, n->length, n->fold);
}

/* Whether a text that need not be all of a name is at at, of a name of which length bytes are left. */
static int has_at(const struct calls *c, const uint8_t *at, size_t length, int is_begin)
{
    if (length < FIRST) {
        return 0;
    }
    for (uint32_t i = c->by_first[hash_of_first(at)]; i != 0; i = c->names[i].next) {
        const struct name *n = &c->names[i];
        if (n->length <= length && (is_begin || n->part == ANYWHERE) && is_at(n, at)) {
            return 1;
        }
    }
    return 0;
}

/* Whether a name is one of the names, or begins with or has one of the other texts. */
static int is_among(const struct calls *c, const uint8_t *at, size_t length)
{
    for (uint32_t i = c->by_hash[hash(at, length) >> c->shift]; i != 0; i = c->names[i].next) {
        if (c->names[i].length == length && is_at(&c->names[i], at)) {
            return 1;
        }
    }
    if (has_at(c, at, length, 1)) {
        return 1;
    }
    for (size_t i = 1; c->anywhere && i < length; i++) {
        if (has_at(c, at + i, length - i, 0)) {
            return 1;
        }
    }
    return 0;
}

/* Whether one of eight bytes is a y. */
static int has_y(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t eight;

    memcpy(&eight, at, sizeof(eight));
    eight ^= ones * 'y';
    return ((eight - ones) & ~eight & ones << 7) != 0;
}

/* Whether the key that begins at start can be the value of a pair that is called key, as it is in the JSON
 * encoding of OpenTelemetry's protocol: its own value comes later. */
static int is_value_of_key(const uint8_t *data, size_t start)
{
    enum { HEADER = 5, KEY = 3, EVENT = 6 }; /* the longest header of a text, "key" and "event." */

    if (data[start - 1] == '.') {
        start = start > EVENT ? start - EVENT : 0;
    }
    if (start >= HEADER + KEY && !has_y(data + start - HEADER - KEY)) {
        return 0;
    }
    for (size_t header = 1; header <= HEADER && header + KEY <= start; header++) {
        if (memcmp(data + start - header - KEY, "key", KEY) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Whether there can be a name in what begins so: a list or a long text of MessagePack, or what is
 * neither MessagePack nor JSON. */
static int may_have_name(uint8_t c)
{
    return (c & 0xf0) == 0x90 || (c >= 0xda && c <= 0xdd) || (c >= ' ' && c <= '~' && !is_letter_or_digit(c));
}

/* Returns what follows the quotation mark that text begins with, and sets how many backslashes are before
 * it; NULL if text does not begin so. */
static const uint8_t *after_quotation_mark(const uint8_t *text, const uint8_t *end, size_t *backslashes)
{
    const uint8_t *from = text;

    while (text < end && *text == '\\') {
        text++;
    }
    *backslashes = (size_t) (text - from);
    return text < end && *text == '"' ? text + 1 : NULL;
}

/* Returns what follows the white space that text begins with. In JSON text in a text it may be
 * written as \n. */
static const uint8_t *skip_white_space(const uint8_t *text, const uint8_t *end)
{
    while (text < end) {
        const uint8_t *next = text;
        while (next < end && *next == '\\') {
            next++;
        }
        int is_escaped = next > text && next < end && (*next == 'n' || *next == 'r' || *next == 't');
        if (!is_escaped && *text != ' ' && *text != '\t' && *text != '\n' && *text != '\r') {
            break;
        }
        text = is_escaped ? next + 1 : text + 1;
    }
    return text;
}

/* Is in_json for the text in quotation marks that text begins with. It ends with as many backslashes as it
 * begins with: another number of them is a character of the text. */
static int in_quoted(const struct calls *c, const uint8_t *text, const uint8_t *end)
{
    size_t before, after;
    const uint8_t *name = after_quotation_mark(text, end, &before);

    if (name == NULL) {
        return 1;
    }
    for (text = name; text < end && *text != '"' && *text != '\\';) {
        text++;
    }
    if (text == end) {
        return 0;
    }
    if (after_quotation_mark(text, end, &after) == NULL || before != after) {
        return 1;
    }
    return is_among(c, name, (size_t) (text - name));
}

/* Is trailwire_calls_after for JSON text, from the end of the key on. */
static int in_json(const struct calls *c, const uint8_t *text, const uint8_t *end)
{
    size_t backslashes;

    text = after_quotation_mark(text, end, &backslashes);
    if (text == NULL) {
        return 1;
    }
    text = skip_white_space(text, end);
    if (text == end || *text == '}' || *text == ']') {
        return 0; /* it is not a key */
    }
    if (*text != ':') {
        return 1;
    }
    text = skip_white_space(text + 1, end);
    if (text == end) {
        return 0;
    }
    if (*text == '"' || *text == '\\') {
        return in_quoted(c, text, end);
    }
    return !((*text >= '0' && *text <= '9') || *text == '-' || *text == 't' || *text == 'f' || *text == 'n' || *text == '{');
}

int trailwire_calls_after(const struct calls *c, const uint8_t *data, size_t size, size_t start, size_t end)
{
    const uint8_t *at = data + end;
    size_t length;

    if (end == size) {
        return 0;
    }
    if (*at == '"' || *at == '\\') {
        return in_json(c, at, data + size);
    }
    if ((*at & 0xe0) == 0xa0) {
        length = *at++ & 0x1f;
    } else if (*at == 0xd9 && size - end > 1) {
        length = at[1];
        at += 2;
    } else {
        return may_have_name(*at);
    }
    if (is_value_of_key(data, start)) {
        return 1;
    }
    return length <= (size_t) (data + size - at) && is_among(c, at, length);
}
