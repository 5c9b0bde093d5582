/*
 * The set of accounts: one thread changes it, others read.
 *
 * The readers take no lock and do not wait. An id is entered into its slot and then its keys
 * are counted, each by one atomic store. A table that fills up is replaced by one of twice the
 * size, into which a few ids are moved whenever one is added; when all are there, the new one
 * takes the place of the old. Old tables stay until the set ends, since a reader may be in
 * one: together they are no larger than the newest. Nothing else ever needs a new table: slots
 * of ids that are gone are used again, and counts go down again.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "ids.h"

/* How many ids there is room for at first, and how many slots are moved at a time: four would
 * do, as half of the room is left when it begins. Each id that is moved may be the first in
 * two pages of memory, a short one in six, and the system can take 10 microseconds to bring one. */
enum { FIRST_ROOM_BITS = 10, MOVED_AT_A_TIME = 5 };

/* For each id that there is room for: two slots, and counts for 32 keys, of which an id has one
 * most often, with two hashes each. */
enum { SLOTS_BITS = 1, COUNTS_BITS = 5 };

/* With half of the slots free it is rare to look at ten. */
enum { MOST_PROBES = 128 };

static const uint64_t MOST_ID = 999999999999;

struct trailwire_accounts {
    _Atomic(const struct ids *) current; /* what is looked for: NULL if the set is empty */
    _Atomic unsigned shortest; /* how many digits the shortest form has */
    size_t with[DIGITS + 1];   /* how many ids have a shortest form of so many */
    _Atomic size_t shares;
    uint64_t seeds[2];
    struct ids *ids;
    struct ids *next; /* what the ids are being moved to, or NULL */
    size_t moved;     /* so many slots were */
    size_t count;
};

static uint64_t hash_of(const struct ids *ids, uint64_t id)
{
    uint64_t h = id * ids->seeds[0];

    return ((h ^ h >> 32) * ids->seeds[1]) >> (64 - ids->slot_bits);
}

static size_t slots_of(const struct ids *ids)
{
    return (size_t) 1 << ids->slot_bits;
}

static uint64_t slot(const struct ids *ids, size_t i)
{
    return atomic_load_explicit(&ids->slots[i & (slots_of(ids) - 1)], memory_order_acquire);
}

static void set_slot(struct ids *ids, size_t i, uint64_t to)
{
    atomic_store_explicit(&ids->slots[i & (slots_of(ids) - 1)], to, memory_order_release);
}

/* Returns the slot of an id, or what is not the number of a slot. Sets vacant to the first
 * slot in which it could be. */
static const size_t NOWHERE = SIZE_MAX;

static size_t find(const struct ids *ids, uint64_t id, size_t *vacant)
{
    const size_t first = hash_of(ids, id);

    *vacant = NOWHERE;
    for (size_t i = first; i < first + MOST_PROBES; i++) {
        uint64_t there = slot(ids, i);
        if (there == id + 1) {
            return i;
        }
        if ((there == FREE || there == GONE) && *vacant == NOWHERE) {
            *vacant = i;
        }
        if (there == FREE) {
            break;
        }
    }
    return NOWHERE;
}

int trailwire_ids_have(const struct ids *ids, uint64_t id)
{
    size_t vacant;

    return id <= MOST_ID && find(ids, id, &vacant) != NOWHERE;
}

static uint64_t big_endian(const uint8_t *data, size_t bytes)
{
    uint64_t n = 0;

    while (bytes-- > 0) {
        n = n << 8 | *data++;
    }
    return n;
}

int trailwire_ids_have_number(const struct ids *ids, const uint8_t *data, size_t size, size_t at)
{
    const uint8_t head = data[at];
    const size_t bytes = head == 0xcf || head == 0xd3 ? 8 : 4;
    const int is_signed = head == 0xd2 || head == 0xd3;

    if (size - at <= bytes || (is_signed && data[at + 1] >= 0x80)) {
        return 0;
    }
    return trailwire_ids_have(ids, big_endian(data + at + 1, bytes));
}

/* How many digits an id has as a number. */
static unsigned digits_of(uint64_t id)
{
    unsigned n = 1;

    while (id >= 10) {
        id /= 10;
        n++;
    }
    return n;
}

static void count_key(struct ids *ids, uint64_t key, int by)
{
    const size_t at[2] = { trailwire_count_of(ids, key), trailwire_other_count_of(ids, key) };

    for (int i = 0; i < 2; i++) {
        _Atomic uint8_t *count = &ids->counts[at[i]];
        uint8_t n = atomic_load_explicit(count, memory_order_relaxed);
        if (n < UINT8_MAX) { /* how many more there are is not known */
            atomic_store_explicit(count, (uint8_t) (n + by), memory_order_release);
        }
    }
}

/* Counts the key of an id in a form of so many digits. */
static void count_form(struct ids *ids, uint64_t id, unsigned digits, int by)
{
    uint8_t text[DIGITS];

    for (uint8_t *at = text + digits; at > text; id /= 10) {
        *--at = '0' + id % 10;
    }
    count_key(ids, trailwire_key(text), by);
}

/* How many digits the shortest form of an id has. */
static unsigned shortest_of(uint64_t id)
{
    const unsigned digits = digits_of(id);

    return digits > SHORTEST ? digits : SHORTEST;
}

static void count_keys(struct ids *ids, uint64_t id, int by)
{
    for (unsigned n = shortest_of(id); n <= DIGITS; n++) {
        count_form(ids, id, n, by);
    }
}

/* Enters an id that is not there. Returns -1 if there is no slot for it. */
static int enter(struct ids *ids, uint64_t id)
{
    size_t vacant;

    find(ids, id, &vacant);
    if (vacant == NOWHERE) {
        return -1;
    }
    set_slot(ids, vacant, id + 1);
    count_keys(ids, id, 1);
    return 0;
}

/* Takes out an id. If nothing is after its slot, no other id is found through it, nor
 * through such slots before it: they are free again. */
static void leave(struct ids *ids, uint64_t id)
{
    size_t vacant, at = find(ids, id, &vacant);

    if (at == NOWHERE) {
        return;
    }
    count_keys(ids, id, -1);
    set_slot(ids, at, GONE);
    if (slot(ids, at + 1) != FREE) {
        return;
    }
    for (at += slots_of(ids); slot(ids, at) == GONE; at--) {
        set_slot(ids, at, FREE);
    }
}

/* The memory comes from the system, which fills it with zeros page by page as it is used:
 * to clear it here would take longer than an addition may. */
static struct ids *new_ids(const struct trailwire_accounts *a, unsigned room_bits)
{
    struct ids *ids = malloc(sizeof(*ids));
    const size_t slots = sizeof(*ids->slots) << (room_bits + SLOTS_BITS);
    const size_t counts = (size_t) 1 << (room_bits + COUNTS_BITS);
    void *memory;

    if (ids == NULL) {
        return NULL;
    }
    memory = mmap(NULL, slots + counts, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        free(ids);
        return NULL;
    }
#ifdef MADV_NOHUGEPAGE
    madvise(memory, slots + counts, MADV_NOHUGEPAGE); /* 2 MB at a time take too long to fill */
#endif
    *ids = (struct ids) {
        .seeds = { a->seeds[0], a->seeds[1] },
        .slot_bits = room_bits + SLOTS_BITS,
        .key_bits = room_bits + COUNTS_BITS,
        .slots = memory,
        .counts = (_Atomic uint8_t *) memory + slots,
        .shortest = &a->shortest,
        .size = slots + counts,
    };
    return ids;
}

static void free_ids(struct ids *ids)
{
    while (ids != NULL) {
        struct ids *older = ids->older;
        munmap(ids->slots, ids->size);
        free(ids);
        ids = older;
    }
}

struct trailwire_accounts *trailwire_accounts_new(uint64_t seed, uint64_t other_seed)
{
    struct trailwire_accounts *a = calloc(1, sizeof(*a));

    if (a == NULL) {
        return NULL;
    }
    a->seeds[0] = seed | 1; /* a product with an even number forgets a bit */
    a->seeds[1] = other_seed | 1;
    atomic_init(&a->shares, 1);
    a->ids = new_ids(a, FIRST_ROOM_BITS);
    if (a->ids == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

void trailwire_accounts_share(struct trailwire_accounts *a)
{
    atomic_fetch_add_explicit(&a->shares, 1, memory_order_relaxed);
}

void trailwire_accounts_release(struct trailwire_accounts *a)
{
    if (atomic_fetch_sub_explicit(&a->shares, 1, memory_order_acq_rel) > 1) {
        return;
    }
    free_ids(a->next);
    free_ids(a->ids);
    free(a);
}

const struct ids *trailwire_ids_of(const struct trailwire_accounts *a)
{
    return atomic_load_explicit(&a->current, memory_order_acquire);
}

size_t trailwire_accounts_count(const struct trailwire_accounts *a)
{
    return a->count;
}

static size_t room_of(const struct ids *ids)
{
    return slots_of(ids) >> SLOTS_BITS;
}

size_t trailwire_accounts_room(const struct trailwire_accounts *a)
{
    return room_of(a->ids);
}

/* Moves a few ids to the next table, which becomes the table after the last. */
static void move_some(struct trailwire_accounts *a)
{
    for (int i = 0; a->next != NULL && i < MOVED_AT_A_TIME; i++) {
        uint64_t there = slot(a->ids, a->moved);
        if (there != FREE && there != GONE && !trailwire_ids_have(a->next, there - 1) &&
            enter(a->next, there - 1) != 0) {
            return;
        }
        if (++a->moved == slots_of(a->ids)) {
            a->next->older = a->ids;
            a->ids = a->next;
            a->next = NULL;
        }
    }
}

/* Makes the next table when half of the room is taken. That alone takes a while: nothing is
 * moved yet. */
static void begin_next(struct trailwire_accounts *a)
{
    if (a->count >= room_of(a->ids) / 2) {
        a->next = new_ids(a, a->ids->slot_bits - SLOTS_BITS + 1);
        a->moved = 0;
    }
}

static void count_id(struct trailwire_accounts *a, uint64_t id, int by)
{
    unsigned shortest = SHORTEST;

    a->count += by;
    a->with[shortest_of(id)] += by;
    while (shortest < DIGITS && a->with[shortest] == 0) {
        shortest++;
    }
    atomic_store_explicit(&a->shortest, shortest, memory_order_release);
}

int trailwire_accounts_add(struct trailwire_accounts *a, uint64_t id)
{
    if (trailwire_ids_have(a->ids, id)) {
        return 0;
    }
    if (id > MOST_ID || a->count == room_of(a->ids) || enter(a->ids, id) != 0) {
        return -1;
    }
    if (a->next != NULL && enter(a->next, id) != 0) {
        leave(a->ids, id);
        return -1;
    }
    count_id(a, id, 1);
    if (a->next != NULL) {
        move_some(a);
    } else {
        begin_next(a);
    }
    atomic_store_explicit(&a->current, a->ids, memory_order_release);
    return 0;
}

void trailwire_accounts_remove(struct trailwire_accounts *a, uint64_t id)
{
    if (!trailwire_ids_have(a->ids, id)) {
        return;
    }
    leave(a->ids, id);
    if (a->next != NULL) {
        leave(a->next, id);
    }
    count_id(a, id, -1);
    atomic_store_explicit(&a->current, a->count > 0 ? a->ids : NULL, memory_order_release);
}
