/*
 * The search as its users see it, and how a needle is compared.
 */
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "needle.h"
#include "search.h"

/* Accounts that are looked for. Those before stay until the search ends, since another
 * thread may be reading them. */
struct watch {
    struct trailwire_accounts *accounts;
    struct watch *older;
};

struct trailwire_search {
    struct needle *needles;
    size_t count;
    struct calls *calls; /* NULL if no needle is the name of a call */
    struct teddy *teddy;
    _Atomic(struct watch *) watch;
    const struct finder *finder; /* of ids */
};

/* How much is looked at for needles before ids are looked for in it, at first and at most. What
 * is after a hit is looked at again. 16 KB stay in the cache: with 32 it takes 4 % longer, with 4 as
 * much, since the loops begin more often. */
enum { FIRST_PART = 512, LONGEST_PART = 16384 };

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
    return c < ' ' || c > '~' || c == '&' || c == '\'' || c == '<' || c == '=' ||
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

int trailwire_is_same(const uint8_t *at, const char *text, size_t length, int fold)
{
    if (!fold) {
        return memcmp(at, text, length) == 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (in_lower_case(at[i]) != (uint8_t) text[i]) {
            return 0;
        }
    }
    return 1;
}

static int is_before(uint8_t c, const struct needle *n)
{
    return c == n->before[0] || c == n->before[1] || c == n->before[2] || c == n->before[3];
}

int trailwire_is_there(const struct place *p, const uint8_t *data, size_t size, size_t i)
{
    const struct needle *n = p->needle;
    ptrdiff_t start = (ptrdiff_t) i - p->offset;

    return start >= n->whole && size - (size_t) start >= n->length && (size_t) start <= size &&
           (!n->whole || is_before(data[start - 1], n)) && trailwire_is_same(data + start, n->text, n->length, n->fold) &&
           (n->calls == NULL || trailwire_calls_after(n->calls, data, size, (size_t) start, (size_t) start + n->length));
}

struct trailwire_search *trailwire_search_new(void)
{
    struct trailwire_search *s = calloc(1, sizeof(*s));

    if (s != NULL) {
        s->finder = trailwire_finder(0);
    }
    return s;
}

static int add_needle(struct trailwire_search *s, struct needle n, const char *text)
{
    struct needle *needles = realloc(s->needles, (s->count + 1) * sizeof(*needles));

    n.text = malloc(n.length);
    if (needles != NULL) {
        s->needles = needles;
    }
    if (needles == NULL || n.text == NULL) {
        free(n.text);
        return -1;
    }
    memcpy(n.text, text, n.length);
    trailwire_set_before(&n);
    s->needles[s->count++] = n;
    return 0;
}

int trailwire_search_add(struct trailwire_search *s, const char *text, size_t length, int fold,
                         int whole)
{
    return add_needle(s, (struct needle) { .length = length, .fold = fold, .whole = whole }, text);
}

int trailwire_search_add_call(struct trailwire_search *s, const char *text, size_t length, int fold,
                              enum part part)
{
    if (s->calls == NULL) {
        s->calls = trailwire_calls_new();
        for (const char *const *key = trailwire_call_keys; s->calls != NULL && *key != NULL; key++) {
            if (add_needle(s, (struct needle) { .length = strlen(*key), .whole = 1, .calls = s->calls }, *key) != 0) {
                return -1;
            }
        }
    }
    return s->calls == NULL ? -1 : trailwire_calls_add(s->calls, text, length, fold, part);
}

int trailwire_search_ready(struct trailwire_search *s, const uint8_t *sample, size_t size)
{
    if (s->calls != NULL && trailwire_calls_ready(s->calls) != 0) {
        return -1;
    }
    s->teddy = trailwire_teddy_new(s->needles, s->count, &(struct sample) { sample, size });
    return s->teddy == NULL ? -1 : 0;
}

int trailwire_search_watch(struct trailwire_search *s, struct trailwire_accounts *a)
{
    struct watch *w = malloc(sizeof(*w));

    if (w == NULL) {
        return -1;
    }
    trailwire_accounts_share(a);
    *w = (struct watch) { a, atomic_load_explicit(&s->watch, memory_order_relaxed) };
    atomic_store_explicit(&s->watch, w, memory_order_release);
    return 0;
}

int trailwire_search_slow(struct trailwire_search *s, size_t n)
{
    const struct finder *finder = trailwire_finder(n);

    if (finder == NULL) {
        return -1;
    }
    s->finder = finder;
    return 0;
}

void trailwire_search_free(struct trailwire_search *s)
{
    if (s == NULL) {
        return;
    }
    for (struct watch *w = s->watch, *older; w != NULL; w = older) {
        older = w->older;
        trailwire_accounts_release(w->accounts);
        free(w);
    }
    trailwire_teddy_free(s->teddy);
    for (size_t i = 0; i < s->count; i++) {
        free(s->needles[i].text);
    }
    free(s->needles);
    trailwire_calls_free(s->calls);
    free(s);
}

/*
 * The first hit at or after from, ids among them: part by part, first the needles, then the ids
 * before the first of them. The search for needles computes more than it loads, so that it does not
 * wait for the data; that for ids would, and finds it in the cache. It takes 4 us less so, of 28 for
 * 1.2 MB.
 */
static size_t next_with(const struct trailwire_search *s, const struct ids *ids, const uint8_t *data,
                        size_t size, size_t from)
{
    size_t needle = from, id = trailwire_ids_first(data, size, from); /* nothing begins before them */

    for (size_t length = FIRST_PART; from < size; length = length < LONGEST_PART ? 2 * length : length) {
        const size_t end = size - from < length ? size : from + length;
        if (needle < end) {
            needle = trailwire_teddy_next(s->teddy, data, size, needle, end, ALL_HITS);
        }
        size_t looked = needle < end ? needle : end, hit = looked;
        if (id < looked) {
            hit = trailwire_ids_next(ids, s->finder, data, size, id, &looked);
        }
        if (needle < end || hit < looked) {
            hit = needle < hit ? needle : hit;
            return hit < from ? from : hit;
        }
        from = id = looked;
    }
    return size;
}

size_t trailwire_search_next(const struct trailwire_search *s, const uint8_t *data, size_t size,
                             size_t from)
{
    const struct watch *w = atomic_load_explicit(&s->watch, memory_order_acquire);
    const struct ids *ids = w != NULL ? trailwire_ids_of(w->accounts) : NULL;

    if (from >= size) {
        return size;
    }
    if (ids != NULL) {
        return next_with(s, ids, data, size, from);
    }
    return trailwire_teddy_next(s->teddy, data, size, from, size, ALL_HITS);
}

uint64_t trailwire_search_which(const struct trailwire_search *s, const uint8_t *data, size_t size)
{
    const uint64_t all = s->count < 64 ? ((uint64_t) 1 << s->count) - 1 : ~(uint64_t) 0;
    uint64_t found = 0;

    for (size_t at = 0; at < size && (found & all) != all; at++) {
        at = trailwire_teddy_next(s->teddy, data, size, at, size, ALL_HITS);
        if (at < size) {
            found |= trailwire_teddy_at(s->teddy, s->needles, data, size, at);
        }
    }
    return found;
}

struct trailwire_found trailwire_search_event(const struct trailwire_search *s, const uint8_t *data,
                                              size_t size, size_t from, size_t known,
                                              uint32_t *ends, size_t room, int others)
{
    struct trailwire_found found = { .hit = known, .event.at = from };

    if (known < from) {
        found.hit = trailwire_search_next(s, data, size, from);
    }
    if (found.hit < size) {
        found.event = trailwire_walk(data, size, from, found.hit, ends, room);
    }
    if (others && found.event.end > 0) {
        const size_t end = found.event.end;
        found.only_calls = trailwire_teddy_next(s->teddy, data, size, found.hit, end, ALL_BUT_CALLS) >= end;
    }
    return found;
}
