/*
 * The C code of the plugin under the address and undefined behaviour
 * sanitizers: the search for needles and for ids of accounts, the walk over events,
 * the tables of properties, and timers. `make sanitize` compiles it together with
 * internal/search and parts of plugin/host, and runs it.
 *
 *     sanitize [ROUNDS]
 *
 * Every text that is searched has a block of memory of its exact size, so that
 * a read past either end is seen, vector instructions included. What the search
 * finds is compared with a search that looks at every place.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/host.h"
#include "../host/timer.h"
#include "../../internal/search/accounts.h"
#include "../../internal/search/needle.h"
#include "../../internal/search/search.h"
#include "../../internal/search/walk.h"

struct text {
    const char *text;
    int fold;
    int whole;
};

static const struct text samples[] = {
    { "lambda:InvokeFunction", 0, 0 }, { "addpermission", 1, 0 }, { "Records", 0, 1 },
    { "logEvents", 0, 1 }, { "AbC", 0, 0 }, { "xyz", 1, 1 },
    { "a.needle.that.is.longer.than.a.vector.of.thirty.two.bytes", 0, 0 }, { "zzz", 0, 0 },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]), LONGEST = 700 };

/* A sample of what texts are like, for the search. */
static const char sample[] = "lambda RAB.Records xyz";

static unsigned long long state = 88172645463325252ull;

static unsigned below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned) (state >> 33) % n;
}

static void fail(const char *what)
{
    fprintf(stderr, "FAILED: %s\n", what);
    exit(1);
}

/* Whether anything to be found begins at i or, if it is whole, after it. */
static int is_hit(const struct needle *needles, size_t count, const uint8_t *data, size_t size,
                  size_t i)
{
    for (size_t n = 0; n < count; n++) {
        struct place p = { .needle = &needles[n], .offset = 0 };
        if (trailwire_is_there(&p, data, size, i)) {
            return 1;
        }
    }
    return trailwire_is_escape(data, size, i);
}

static int has_hit(const struct needle *needles, size_t count, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_hit(needles, count, data, size, i)) {
            return 1;
        }
    }
    return 0;
}

/* Bytes, some of them close to a needle, a header or an escape. */
static void make_text(uint8_t *data, size_t size)
{
    static const char some[] = "\\u0049lambda:\"\xa7\xd9\x07RAB.";

    for (size_t i = 0; i < size; i++) {
        data[i] = below(3) ? (uint8_t) some[below(sizeof(some) - 1)] : (uint8_t) below(256);
    }
    for (unsigned n = below(3); n > 0; n--) {
        const struct text *s = &samples[below(SAMPLES)];
        size_t length = strlen(s->text) - below(2);
        if (length + 1 <= size) {
            size_t at = 1 + below((unsigned) (size - length));
            data[at - 1] = below(2) ? '"' : (uint8_t) (0xa0 | length);
            memcpy(data + at, s->text, length);
        }
    }
}

/* A search for the first few samples, and for so many texts more. */
static void search(size_t few, size_t more, size_t rounds)
{
    size_t count = 0, found = 0;
    struct needle *needles = calloc(few + more, sizeof(*needles));
    struct trailwire_search *s = trailwire_search_new();

    for (size_t i = 0; i < few + more; i++) {
        char text[32];
        struct text one = { text, 0, i % 2 };
        snprintf(text, sizeof(text), "Unrelated%zu", i);
        if (i < few) {
            one = samples[i];
        }
        needles[count].text = strdup(one.text);
        needles[count].length = strlen(one.text);
        needles[count].fold = one.fold;
        needles[count].whole = one.whole;
        trailwire_set_before(&needles[count]);
        if (trailwire_search_add(s, one.text, needles[count].length, one.fold, one.whole) != 0) {
            fail("no memory");
        }
        count++;
    }
    if (trailwire_search_ready(s, (const uint8_t *) sample, strlen(sample)) != 0) {
        fail("the search is not ready");
    }
    for (size_t round = 0; round < rounds; round++) {
        size_t size = below(LONGEST), from = 0, hits = 0;
        uint8_t *data = malloc(size ? size : 1);
        make_text(data, size);
        size_t first = trailwire_search_next(s, data, size, 0);
        if (first > size) {
            fail("a hit past the end");
        }
        if ((first < size) != has_hit(needles, count, data, size)) {
            fail("the search and a comparison at every place disagree");
        }
        found += first < size;
        while (from < size && hits <= size) {
            from = trailwire_search_next(s, data, size, from) + 1;
            hits++;
        }
        if (hits > size) {
            fail("more hits than bytes");
        }
        free(data);
    }
    printf("%zu needles: %zu texts searched, something found in %zu\n", count, rounds, found);
    if (found == 0 || found == rounds) {
        fail("all texts or none have a hit: the check has shown nothing");
    }
    trailwire_search_free(s);
    for (size_t i = 0; i < count; i++) {
        free(needles[i].text);
    }
    free(needles);
}

/* What texts with names of calls are made of. */
static const char *const call_parts[] = {
    "\xa9" "eventName", "\xd9\x09" "eventName", "\"eventName\"", "\\\"eventname\\\"", "\xa6" "action", "\"event.action\"", "key", ".",
    ":", " ", "\\n", "\"", "\\\"", "\\", ",", "}", "[", "\xa9", "\xd9", "\xda", "\x91", "\xa4" "Stop", "\xa9" "StopItNow", "StopItNow",
    "stopitnow", "BeginThis", "MiddleOf", "\\u0041", "x",
};

enum { CALL_PARTS = sizeof(call_parts) / sizeof(call_parts[0]), MOST_PARTS = 12 };

/* The search for names of calls. Go's tests compare what it finds: this only looks for what it reads. */
static void calls(size_t rounds)
{
    struct trailwire_search *s = trailwire_search_new();
    size_t found = 0;

    if (s == NULL || trailwire_search_add_call(s, "StopItNow", 9, 0, WHOLE) != 0 ||
        trailwire_search_add_call(s, "stopitnow", 9, 1, WHOLE) != 0 || trailwire_search_add_call(s, "BeginThis", 9, 0, BEGIN) != 0 ||
        trailwire_search_add_call(s, "middleof", 8, 1, ANYWHERE) != 0 || trailwire_search_add_call(s, "Stop", 4, 0, WHOLE) != 0 ||
        trailwire_search_ready(s, (const uint8_t *) sample, strlen(sample)) != 0) {
        fail("no memory");
    }
    for (size_t round = 0; round < rounds; round++) {
        char text[MOST_PARTS * 16];
        size_t size = 0;
        for (unsigned parts = 1 + below(MOST_PARTS); parts > 0; parts--) {
            const char *part = call_parts[below(CALL_PARTS)];
            memcpy(text + size, part, strlen(part));
            size += strlen(part);
        }
        uint8_t *data = malloc(size);
        memcpy(data, text, size);
        found += trailwire_search_next(s, data, size, 0) < size;
        free(data);
    }
    printf("names of calls: %zu texts searched, something found in %zu\n", rounds, found);
    if (found == 0 || found == rounds) {
        fail("all texts or none have a hit: the check has shown nothing");
    }
    trailwire_search_free(s);
}

static const uint64_t some_ids[] = { 111122223333, 98765432109, 4000000000, 987654321, 87654321, 1, 0 };

enum { SOME_IDS = sizeof(some_ids) / sizeof(some_ids[0]) };

static int is_id(uint64_t id)
{
    for (int i = 0; i < SOME_IDS; i++) {
        if (some_ids[i] == id) {
            return 1;
        }
    }
    return 0;
}

static int is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Whether an id begins at i: twelve digits, or a whole run of 8 to 11. */
static int is_id_in_text(const uint8_t *data, size_t size, size_t i)
{
    uint64_t id = 0;
    size_t n = 0;

    for (; n < 12 && i + n < size && is_digit(data[i + n]); n++) {
        id = 10 * id + (data[i + n] - '0');
    }
    return is_id(id) && (n == 12 || (n >= 8 && (i == 0 || !is_digit(data[i - 1]))));
}

static int is_id_in_number(const uint8_t *data, size_t size, size_t i)
{
    const int is_signed = data[i] == 0xd2 || data[i] == 0xd3;
    size_t bytes = data[i] == 0xce || data[i] == 0xd2 ? 4 : data[i] == 0xcf || data[i] == 0xd3 ? 8 : 0;
    uint64_t id = 0;

    if (bytes == 0 || size - i <= bytes || (is_signed && data[i + 1] >= 0x80)) {
        return 0;
    }
    for (size_t n = 1; n <= bytes; n++) {
        id = id << 8 | data[i + n];
    }
    return is_id(id);
}

static int has_id(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_id_in_text(data, size, i) || is_id_in_number(data, size, i) ||
            trailwire_is_escape(data, size, i)) {
            return 1;
        }
    }
    return 0;
}

/* Bytes, many of them digits or close to them, and perhaps an id in one of its forms. */
static void make_digits(uint8_t *data, size_t size)
{
    static const char some[] = "0123456789012345678901234567890123456789/:;?\0\xce\xcf\xd2\xd3.\\";
    uint64_t id = some_ids[below(SOME_IDS)];
    char form[16];
    size_t length = (size_t) snprintf(form, sizeof(form), "%0*llu", (int) (8 + below(5)), (unsigned long long) id);

    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t) some[below(sizeof(some) - 1)];
    }
    if (below(2)) {
        const unsigned bytes = below(2) ? 4 : 8;
        static const uint8_t heads[] = { 0xce, 0xd2, 0xcf, 0xd3 };
        id = below(8) ? id : ~(uint64_t) below(2); /* more than any id */
        form[0] = (char) heads[bytes / 4 * 2 - 2 + below(2)];
        for (length = 1; length <= bytes; length++) {
            form[length] = (char) (id >> (8 * (bytes - length)));
        }
    }
    if (below(2) && length <= size) {
        memcpy(data + below((unsigned) (size - length + 1)), form, length);
    }
}

/* The search for accounts, in one of the ways that this processor has. Returns 0 if there is
 * no such way. Another set has many more ids, which come and go in several tables. */
static int accounts(size_t way, size_t rounds)
{
    struct trailwire_accounts *few = trailwire_accounts_new(1, 2), *many = trailwire_accounts_new(3, 4);
    struct trailwire_search *s = trailwire_search_new();
    size_t found = 0;
    int has_way;

    if (few == NULL || many == NULL || s == NULL || trailwire_search_ready(s, NULL, 0) != 0 ||
        trailwire_search_watch(s, many) != 0 || trailwire_search_watch(s, few) != 0) {
        fail("no memory");
    }
    has_way = trailwire_search_slow(s, way) == 0;
    for (int i = 0; i < SOME_IDS; i++) {
        trailwire_accounts_add(few, some_ids[i]);
    }
    for (uint64_t id = 1000; id < 1100; id++) { /* slots that were used */
        trailwire_accounts_add(few, id);
        trailwire_accounts_remove(few, id);
    }
    for (uint64_t id = 0; has_way && id < 10000; id++) {
        trailwire_accounts_add(many, id * 99999989);
        trailwire_accounts_remove(many, (id - id % 7) * 99999989);
    }
    trailwire_accounts_release(few); /* the search has its share */
    trailwire_accounts_release(many);
    for (size_t round = 0; has_way && round < rounds; round++) {
        size_t size = below(round % 100 ? LONGEST : 20 * LONGEST);
        uint8_t *data = malloc(size ? size : 1);
        make_digits(data, size);
        size_t first = trailwire_search_next(s, data, size, 0);
        if (first > size || (first < size) != has_id(data, size)) {
            fail("the search for accounts and a comparison at every place disagree");
        }
        found += first < size;
        for (size_t from = 0, hit; from < size; from = hit + 1) {
            hit = trailwire_search_next(s, data, size, from);
            if (hit < from || hit > size) {
                fail("a hit before where the search began, or past the end");
            }
        }
        free(data);
    }
    trailwire_search_free(s);
    if (has_way) {
        printf("accounts, way %zu: %zu texts searched, something found in %zu\n", way, rounds, found);
    }
    if (has_way && (found == 0 || found == rounds)) {
        fail("all texts or none have an account: the check has shown nothing");
    }
    return has_way;
}

/* A chunk that begins with an event or two and ends in the middle of something. */
static void make_chunk(uint8_t *data, size_t size)
{
#define HEADER "\x92\x92\xd7\0" "12345678\x80"
    static const uint8_t one_key[] = HEADER "\x81\xa1k";
    static const uint8_t nine_keys[] = HEADER "\x89\xa1k\xa1v\xa1k\xc0\xa1k\x80\xa1k\x90\xa1k\1\xa1k\2\xa1k\3\xa1k\4\xa1k";
    static const uint8_t five_bytes[] = "\xdd\0\0\0\2\xdd\0\0\0\2\xd7\0" "12345678\x80\x81\xa1k";
    static const struct { const uint8_t *bytes; size_t length; } beginnings[] = {
        { one_key, sizeof(one_key) - 1 }, { nine_keys, sizeof(nine_keys) - 1 }, { five_bytes, sizeof(five_bytes) - 1 },
    };
    static const uint8_t some[] = "\x80\x81\x92\xa3\xc0\xc4\xc5\xc6\xc7\xc9\xcb\xd7\xd9\xda\xdb\xdc\xdd\xde\xdf\0\1";
    size_t at = 0;

    while (at < size) {
        const unsigned i = below(3);
        size_t copied = size - at < beginnings[i].length ? size - at : beginnings[i].length;
        memcpy(data + at, beginnings[i].bytes, copied);
        at += copied;
        for (unsigned n = 1 + below(3); n > 0 && at < size; n--) {
            data[at++] = below(4) ? some[below(sizeof(some) - 1)] : (uint8_t) below(256);
        }
    }
}

static void walk(size_t rounds)
{
    size_t stepped = 0, listed = 0, paired = 0;

    for (size_t round = 0; round < rounds; round++) {
        size_t size = 1 + below(120);
        uint8_t *data = malloc(size);
        make_chunk(data, size);
        size_t room = below(2) ? below(4) : below(129);
        uint32_t *ends = malloc(room ? room * sizeof(*ends) : 1);
        struct trailwire_event event = trailwire_walk(data, size, 0, below((unsigned) size + 1), ends, room);
        if (event.at > size || event.end > size || (event.end > 0 && event.body >= event.end)) {
            fail("the walk ends past the chunk");
        }
        if (event.list.count > room || (event.list.count > 0 && event.list.at + ends[event.list.count - 1] > event.end)) {
            fail("a list ends past its event");
        }
        listed += event.list.count > 0;
        paired += event.list.count > 0 && event.list.at == event.body;
        free(ends);
        stepped += event.at > 0;
        free(data);
    }
    printf("%zu chunks walked over, %zu of them past their first event, %zu to a list, %zu to pairs\n", rounds, stepped, listed, paired);
    if (listed == 0 || paired == 0 || stepped == 0 || stepped == rounds) {
        fail("all chunks or none begin with an event: the check has shown nothing");
    }
}

/* What the host does with a table: it walks in steps of its own. */

static size_t step_of_host;

struct list_head *flb_config_map_create(struct flb_config *config, void *map)
{
    struct list_head *list = malloc(sizeof(*list));

    (void) config;
    list->prev = list->next = list;
    for (unsigned char *at = map;; at += step_of_host) {
        struct property_entry entry;
        memcpy(&entry, at, sizeof(entry));
        if (entry.name == NULL) {
            return list;
        }
        struct list_head *link = malloc(sizeof(*link));
        link->prev = list->prev;
        link->next = list;
        list->prev->next = link;
        list->prev = link;
    }
}

void flb_config_map_destroy(struct list_head *list)
{
    for (struct list_head *link = list->next; link != list;) {
        struct list_head *next = link->next;
        free(link);
        link = next;
    }
    free(list);
}

/* The table for every host: there is one if we serve the host's step. */
static void lay_out_tables(void)
{
    size_t smallest = sizeof(struct property_entry);
    int known = 0;

    for (step_of_host = smallest; step_of_host <= smallest + 40 * sizeof(void *);
         step_of_host += sizeof(void *)) {
        void *filter = trailwire_filter_properties();
        void *output = trailwire_output_properties();
        if ((filter == NULL) != (output == NULL)) {
            fail("there is a table for the filter or for the output alone");
        }
        if (filter == NULL) {
            continue;
        }
        flb_config_map_destroy(flb_config_map_create(NULL, filter));
        flb_config_map_destroy(flb_config_map_create(NULL, output));
        known++;
    }
    printf("the tables of properties laid out for %d sizes of an entry\n", known);
    if (known != 13) {
        fail("that is not as many as map.c says");
    }
}

/*
 * A host with one timer, which fires when it is told to.
 */
struct flb_sched_timer {
    void (*fire)(struct flb_config *, void *);
    void *data;
};

static char scheduler;
static struct flb_sched_timer *of_host;
static int refuses;

struct flb_sched *flb_sched_ctx_get(void)
{
    return (struct flb_sched *) &scheduler;
}

int flb_sched_timer_cb_create(struct flb_sched *on, int type, int milliseconds,
                              void (*fire)(struct flb_config *, void *), void *data,
                              struct flb_sched_timer **timer)
{
    if (refuses) {
        return -1;
    }
    if ((char *) on != &scheduler || type != 4 || milliseconds != 1500) {
        fail("a timer is not made as it is asked for");
    }
    of_host = malloc(sizeof(*of_host));
    of_host->fire = fire;
    of_host->data = data;
    *timer = of_host;
    return 0;
}

int flb_sched_timer_cb_destroy(struct flb_sched_timer *timer)
{
    if (timer != of_host) {
        fail("a timer is destroyed that is another");
    }
    free(of_host);
    of_host = NULL;
    return 0;
}

static void count(void *ticks)
{
    ++*(int *) ticks;
}

static void *stop(void *timer)
{
    trailwire_timer_stop(timer);
    return NULL;
}

/* A timer ticks until it is stopped. Its own thread destroys it; from another thread
 * the host's timer is left alone, and may fire once more. */
static void timers(void)
{
    struct trailwire_timer *timer;
    pthread_t thread;
    int ticks = 0;

    refuses = 1;
    if (trailwire_timer_start(1500, count, &ticks) != NULL) {
        fail("there is a timer although the host made none");
    }
    refuses = 0;
    trailwire_timer_stop(NULL);
    timer = trailwire_timer_start(1500, count, &ticks);
    of_host->fire(NULL, of_host->data);
    of_host->fire(NULL, of_host->data);
    trailwire_timer_stop(timer);
    if (ticks != 2 || of_host != NULL) {
        fail("a timer does not tick, or is not destroyed");
    }
    timer = trailwire_timer_start(1500, count, &ticks);
    pthread_create(&thread, NULL, stop, timer);
    pthread_join(thread, NULL);
    if (of_host == NULL) {
        fail("a timer is destroyed by another thread than its own");
    }
    of_host->fire(NULL, of_host->data);
    if (ticks != 2) {
        fail("a timer ticks after its end");
    }
    free(of_host->data); /* it stays in a host */
    free(of_host);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;

    for (size_t few = 1; few <= SAMPLES; few++) {
        search(few, 0, rounds);
    }
    search(SAMPLES, 1, rounds);
    search(SAMPLES, 200, rounds / 10);
    calls(rounds);
    for (size_t way = 0; accounts(way, rounds); way++) {
    }
    walk(rounds);
    lay_out_tables();
    timers();
    return 0;
}
