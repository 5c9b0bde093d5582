/*
 * The search as its users see it. A few needles are looked for by teddy.c, more
 * by strided.c.
 */
#include <stdlib.h>
#include <string.h>

#include "needle.h"
#include "search.h"

struct trailwire_search {
    struct needle *needles;
    size_t count;
    struct teddy *teddy;
    struct strided *strided;
};

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* See neverInNeedle in package detect: the two must agree. */
static int never_in_needle(uint8_t c)
{
    return c < ' ' || c > '~' || c == '&' || c == '\'' || c == '/' || c == '<' || c == '=' ||
           c == '>';
}

int trailwire_is_escape(const uint8_t *data, size_t size, size_t i)
{
    if (size - i < 6 || memcmp(data + i, "\\u00", 4) != 0) {
        return 0;
    }
    int high = hex(data[i + 4]);
    int low = hex(data[i + 5]);
    return high >= 0 && low >= 0 && !never_in_needle(high << 4 | low);
}

static uint8_t in_lower_case(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static int is_same(const struct needle *n, const uint8_t *at)
{
    if (!n->fold) {
        return memcmp(at, n->text, n->length) == 0;
    }
    for (size_t i = 0; i < n->length; i++) {
        if (in_lower_case(at[i]) != (uint8_t) n->text[i]) {
            return 0;
        }
    }
    return 1;
}

/* Whether c can be the byte before a text of this length. */
static int is_before(uint8_t c, size_t length)
{
    return c == '"' || c == (uint8_t) length || (length < 32 && c == (0xa0 | length));
}

int trailwire_is_there(const struct place *p, const uint8_t *data, size_t size, size_t i)
{
    const struct needle *n = p->needle;
    ptrdiff_t start = (ptrdiff_t) i - p->offset;

    return start >= n->whole && size - (size_t) start >= n->length && (size_t) start <= size &&
           (!n->whole || is_before(data[start - 1], n->length)) && is_same(n, data + start);
}

struct trailwire_search *trailwire_search_new(void)
{
    return calloc(1, sizeof(struct trailwire_search));
}

int trailwire_search_add(struct trailwire_search *s, const char *text, size_t length, int fold,
                         int whole)
{
    struct needle *needles = realloc(s->needles, (s->count + 1) * sizeof(*needles));
    struct needle n = { .text = malloc(length), .length = length, .fold = fold, .whole = whole };

    if (needles != NULL) {
        s->needles = needles;
    }
    if (needles == NULL || n.text == NULL) {
        free(n.text);
        return -1;
    }
    memcpy(n.text, text, length);
    s->needles[s->count++] = n;
    return 0;
}

int trailwire_search_ready(struct trailwire_search *s)
{
    if (s->count <= TEDDY_MOST) {
        s->teddy = trailwire_teddy_new(s->needles, s->count);
    } else {
        s->strided = trailwire_strided_new(s->needles, s->count);
    }
    return s->teddy == NULL && s->strided == NULL ? -1 : 0;
}

void trailwire_search_free(struct trailwire_search *s)
{
    if (s == NULL) {
        return;
    }
    trailwire_teddy_free(s->teddy);
    trailwire_strided_free(s->strided);
    for (size_t i = 0; i < s->count; i++) {
        free(s->needles[i].text);
    }
    free(s->needles);
    free(s);
}

/* Returns the first escape in [from, end), end where there is none. */
static size_t next_escape(const uint8_t *data, size_t size, size_t from, size_t end)
{
    while (from < end) {
        const uint8_t *found = memchr(data + from, '\\', end - from);
        if (found == NULL) {
            return end;
        }
        if (trailwire_is_escape(data, size, found - data)) {
            return found - data;
        }
        from = found - data + 1;
    }
    return end;
}

size_t trailwire_search_next(const struct trailwire_search *s, const uint8_t *data, size_t size,
                             size_t from)
{
    if (from >= size) {
        return size;
    }
    if (s->teddy != NULL) {
        return trailwire_teddy_next(s->teddy, data, size, from);
    }
    return next_escape(data, size, from, trailwire_strided_next(s->strided, data, size, from));
}
