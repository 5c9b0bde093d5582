/*
 * Steps over events in which nothing was found.
 */
#include <string.h>

#include "walk.h"

/* What the first byte of a value says: how many bytes the value takes, without
 * the values inside, and how many values are inside. Both are zero if the length
 * is in the next bytes, or if no value begins so. */
#define VALUE(bytes, inside) { bytes, inside }
#define FOUR(m, n) m(n), m((n) + 1), m((n) + 2), m((n) + 3)
#define SIXTEEN(m, n) FOUR(m, n), FOUR(m, (n) + 4), FOUR(m, (n) + 8), FOUR(m, (n) + 12)
#define NUMBER(n) VALUE(1, 0)
#define MAP(n) VALUE(1, 2 * (n))
#define ARRAY(n) VALUE(1, n)
#define TEXT(n) VALUE(1 + (n), 0)

static const struct {
    uint8_t bytes, inside;
} values[256] = {
    SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0),
    SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0),
    SIXTEEN(MAP, 0), SIXTEEN(ARRAY, 0), SIXTEEN(TEXT, 0), SIXTEEN(TEXT, 16),
    [0xc0] = VALUE(1, 0), [0xc2] = VALUE(1, 0), [0xc3] = VALUE(1, 0),
    [0xca] = VALUE(5, 0), [0xcb] = VALUE(9, 0),
    [0xcc] = VALUE(2, 0), [0xcd] = VALUE(3, 0), [0xce] = VALUE(5, 0), [0xcf] = VALUE(9, 0),
    [0xd0] = VALUE(2, 0), [0xd1] = VALUE(3, 0), [0xd2] = VALUE(5, 0), [0xd3] = VALUE(9, 0),
    [0xd4] = VALUE(3, 0), [0xd5] = VALUE(4, 0), [0xd6] = VALUE(6, 0), [0xd7] = VALUE(10, 0),
    [0xd8] = VALUE(18, 0),
    [0xe0] = SIXTEEN(NUMBER, 0), SIXTEEN(NUMBER, 0),
};

enum { TEXT_8 = 0xd9, MAP_32 = 0xdf, LONGEST = 2 + 255 }; /* bytes, of what value_end has a branch for */

static size_t big_endian(const uint8_t *data, size_t bytes)
{
    switch (bytes) {
    case 1:
        return data[0];
    case 2:
        return (size_t) data[0] << 8 | data[1];
    default:
        return (size_t) data[0] << 24 | (size_t) data[1] << 16 | (size_t) data[2] << 8 | data[3];
    }
}

/* Returns how many bytes a value takes that the table does not have, zero if its
 * header is cut off or there is no such value. Adds to open how many values are
 * inside. */
static size_t long_value(const uint8_t *data, size_t room, size_t *open)
{
    size_t width, type = 0, inside = 0;
    size_t n;

    switch (data[0]) {
    case 0xc4: case TEXT_8:
        width = 1;
        break;
    case 0xc5: case 0xda:
        width = 2;
        break;
    case 0xc6: case 0xdb:
        width = 4;
        break;
    case 0xc7: case 0xc8: case 0xc9:
        width = (size_t) 1 << (data[0] - 0xc7);
        type = 1;
        break;
    case 0xdc: case 0xdd:
        width = data[0] == 0xdc ? 2 : 4;
        inside = 1;
        break;
    case 0xde: case 0xdf:
        width = data[0] == 0xde ? 2 : 4;
        inside = 2;
        break;
    default:
        return 0;
    }
    if (1 + width > room) {
        return 0;
    }
    n = big_endian(data + 1, width);
    *open += inside * n;
    return 1 + width + (inside > 0 ? 0 : type + n);
}

#define IS_SHORT_TEXT(first) __builtin_expect((first) - 0xa0 < 0x20, 1)

/*
 * Returns where the value at the offset at ends, zero if that is after size or
 * there is none.
 *
 * What is frequent has a branch, and its length in the code: a processor that predicts
 * the branch need not wait for the table to know where the next value begins. Only a text
 * waits for its length, which is most of the time that is left: 130 to 145 ns an event in place of
 * 160 to 170 with the table for all that is not a text.
 *
 * If four values are open and there is room for four, neither count is checked between them: it takes a
 * quarter less instructions, in about the same time.
 */
static size_t value_end(const uint8_t *data, size_t at, size_t size)
{
    const uint8_t *next = data + at, *end = data + size;
    size_t open = 1, first, bytes;

#define STEP(left)                                                                                 \
    first = *next;                                                                                 \
    if (IS_SHORT_TEXT(first)) {                                                                    \
        next += first - 0x9f;                                                                      \
    } else if (first == TEXT_8) {                                                                  \
        next += 2 + next[1];                                                                       \
    } else if (values[first].bytes == 1) {                                                         \
        next++;                                                                                    \
        open += values[first].inside;                                                              \
    } else if (first == MAP_32) {                                                                  \
        open += 2 * big_endian(next + 1, 4);                                                       \
        next += 5;                                                                                 \
    } else if (values[first].bytes > 0) {                                                          \
        next += values[first].bytes;                                                               \
    } else {                                                                                       \
        open += (left) + 1;                                                                        \
        goto one;                                                                                  \
    }
    while (open > 0) {
        if (open >= 4 && end - next > 4 * LONGEST) {
            open -= 4;
            STEP(3)
            STEP(2)
            STEP(1)
            STEP(0)
            continue;
        }
    one:
        if (next == end) {
            return 0;
        }
        bytes = values[*next].bytes;
        open += values[*next].inside;
        if (bytes == 0) {
            bytes = long_value(next, end - next, &open);
        }
        if (bytes == 0 || bytes > (size_t) (end - next)) {
            return 0;
        }
        next += bytes;
        open--;
    }
#undef STEP
    return next - data;
}

/* Where a walk notes a list, and how many elements there is room for. The walk is to the event that
 * hit is in. */
struct note {
    uint32_t *ends;
    size_t room, hit;
    struct trailwire_list list;
};

static int is_array(uint8_t c)
{
    return (c & 0xf0) == 0x90 || c == 0xdc || c == 0xdd;
}

/* Returns how long the header of a map or a list is, zero if it is cut off, and how many values are
 * inside. */
static size_t header_of(const uint8_t *data, size_t room, size_t *inside)
{
    *inside = values[data[0]].inside;
    return values[data[0]].bytes > 0 ? values[data[0]].bytes : long_value(data, room, inside);
}

/* Is value_end, and quickest for texts of up to 255 bytes: nearly all keys, and most values. */
static inline size_t text_end(const uint8_t *data, size_t at, size_t size)
{
    if (size - at > LONGEST && IS_SHORT_TEXT((size_t) data[at])) {
        return at + data[at] - 0x9f;
    }
    if (size - at > LONGEST && data[at] == TEXT_8) {
        return at + 2 + data[at + 1];
    }
    return value_end(data, at, size);
}

/* Is value_end of a list or a body at an offset, whose first value is at next. Notes where each of the
 * values inside ends, for which there is room. */
static size_t values_end(const uint8_t *data, size_t at, size_t next, size_t size, size_t inside,
                         struct note *note)
{
    for (size_t i = 0; i < inside; i++) {
        next = text_end(data, next, size);
        if (next == 0) {
            return 0;
        }
        note->ends[i] = (uint32_t) (next - at);
    }
    note->list.at = at;
    note->list.count = inside;
    return next;
}

/* Is value_end of a list. Notes it if it is longer than the one that is noted. */
static size_t list_end(const uint8_t *data, size_t at, size_t size, struct note *note)
{
    size_t inside, header = header_of(data + at, size - at, &inside);

    if (header == 0 || size - at > UINT32_MAX) {
        return value_end(data, at, size);
    }
    if (inside > note->list.wanted) {
        note->list.wanted = inside;
    }
    if (inside <= note->list.count || inside > note->room) {
        return value_end(data, at, size);
    }
    return values_end(data, at, at + header, size, inside, note);
}

/*
 * Is value_end of a body. In one with few keys, as a wrapping has, it notes a list that is under one of
 * them. In one with some more, as an event has, it notes the keys and values themselves, where the hit is
 * so near that it may be in this event: of other events nobody asks for them.
 */
static size_t body_end(const uint8_t *data, size_t at, size_t size, struct note *note)
{
    enum { FEW = 8, SOME = 64, NEAR = 1024 };
    size_t inside, header = header_of(data + at, size - at, &inside), next = at + header;

    note->list = (struct trailwire_list) { 0 };
    if (header == 0 || inside > 2 * SOME || (inside > 2 * FEW && note->hit > at + NEAR)) {
        return value_end(data, at, size);
    }
    if (inside > 2 * FEW) {
        note->list.wanted = inside;
        if (inside > note->room || size - at > UINT32_MAX) {
            return value_end(data, at, size);
        }
        return values_end(data, at, next, size, inside, note);
    }
    for (; inside > 0; inside -= 2) {
        next = value_end(data, next, size);
        if (next == 0 || next == size) {
            return 0;
        }
        next = is_array(data[next]) ? list_end(data, next, size, note) : value_end(data, next, size);
        if (next == 0) {
            return 0;
        }
    }
    return next;
}

static int is_map(uint8_t c)
{
    return (c & 0xf0) == 0x80 || c == 0xde || c == 0xdf;
}

/* Returns how long an event is before its metadata, zero if none begins so. Fluent Bit 5.1 writes
 * both arrays with one byte, 4.2 with five. */
static size_t before_metadata(const uint8_t *event, size_t room)
{
    static const uint8_t brief[] = { 0x92, 0x92, 0xd7, 0 };
    static const uint8_t lengthy[] = { 0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2, 0xd7, 0 };
    enum { TIME = 8, BRIEF = sizeof(brief) + TIME, LENGTHY = sizeof(lengthy) + TIME };

    if (room > BRIEF && memcmp(event, brief, sizeof(brief)) == 0) {
        return BRIEF;
    }
    return room > LENGTHY && memcmp(event, lengthy, sizeof(lengthy)) == 0 ? LENGTHY : 0;
}

/*
 * Returns where the event at the offset from ends, zero if none is there as Fluent Bit writes
 * it: [[timestamp, metadata], body]. Sets body to where its body begins, and notes a list in it.
 */
static size_t event_end(const uint8_t *data, size_t size, size_t from, size_t *body, struct note *note)
{
    size_t before = before_metadata(data + from, size - from);

    if (before == 0) {
        return 0;
    }
    *body = value_end(data, from + before, size);
    if (*body == 0 || *body == size || !is_map(data[*body])) {
        return 0;
    }
    return body_end(data, *body, size, note);
}

struct trailwire_event trailwire_walk(const uint8_t *data, size_t size, size_t from, size_t hit,
                                      uint32_t *ends, size_t room)
{
    struct note note = { .ends = ends, .room = room, .hit = hit };
    struct trailwire_event event = { .at = from };

    while (event.at < size) {
        event.end = event_end(data, size, event.at, &event.body, &note);
        if (event.end == 0 || event.end > hit) {
            break;
        }
        event.at = event.end;
        event.end = 0;
    }
    if (event.end > 0) {
        event.list = note.list;
    }
    return event;
}
